# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 3 - ReLU, the rectified linear unit: all or nothing, and it can die.

The idea. Let what is positive through and stop the rest:

    ReLU(x) = max(0, x)          ReLU'(x) = 1 for x > 0, 0 for x <= 0

Where a unit is active the gradient passes whole, in whatever layer it is (Glorot, Bordes & Bengio
2011). Where it is not, nothing passes. A unit of the first layer that no
example activates gets no gradient, and gradient descent never changes it again: it is dead.

Run it:  python relu_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class ReLU:
    """The rectified linear unit, elementwise, for real numbers of any shape.

    Answers have the dtype of x if that is float16, 32 or 64, else float64. At 0, where the
    slope jumps from 0 to 1, it takes 0, as PyTorch does. Raises TypeError or ValueError for what
    is not real numbers, and RuntimeError if backward is called before forward.
    """

    slope = None  # 1 or 0 for the x of the latest forward

    def forward(self, x):
        x = utils.as_real_array(x)
        self.slope = (x > 0).astype(x.dtype)
        return np.maximum(0, x)

    def backward(self, grad_output):
        """The chain rule: the upstream gradient where x was positive, else 0."""
        grad_output = utils.upstream_gradient(grad_output, self.slope)  # checks shape and dtype
        return grad_output * self.slope

    def derivative(self, x):
        """The slope, 1 or 0. Does not change what forward stored for backward."""
        other = ReLU()
        other.forward(x)
        return other.slope

    def __call__(self, x):
        return self.forward(x)


class MisgatedReLU(ReLU):
    """A planted bug: backward asks whether the gradient is positive, not whether x was."""

    def backward(self, grad_output):
        return np.maximum(0, grad_output)


GREEN = utils.COLORS["ReLU"]


def show_kink():
    slope = utils.numerical_gradient(ReLU(), 0.0)
    print(f"\nAt 0, central differences say {slope:.3g}: the mean of the slopes on both sides.")
    print("gradient_check looks at each side, and allows every slope from 0 to 1 there.")


def show_curve():
    utils.explore(ReLU(), name="relu_curve", title="ReLU passes the gradient whole, or stops it")


# Random layers: sparse, not centred, and deep ---------------------------------------------
# What do the outputs of random ReLU layers look like, and what do 20 layers leave of a gradient
# and of the differences between examples?


def show_outputs(layers=(1, 5, 10, 20)):
    utils.heading("The outputs of random ReLU layers: sparse, and not centred")
    outputs_by_seed = [utils.random_passes(ReLU(), utils.HE, seed=seed)[0] for seed in utils.SEEDS]
    zeros, means = ["share that is exactly 0"], ["mean / typical size"]
    for layer in layers:
        h = np.array([outputs[layer] for outputs in outputs_by_seed])
        zeros.append(f"{np.mean(h == 0):.2f}")
        means.append(f"{np.mean(h) / np.sqrt(np.mean(h**2)):.2f}")
    utils.print_table(["layer:", *map(str, layers)], [zeros, means])
    print("Typical size: the root of the average of the squares. Centred: a mean of 0.")


def show_depth(panel, depth=20):
    utils.heading(f"What {depth} random layers of 64 units leave: median (lowest to highest)")
    contenders = [  # name, activation, weight scale, style
        ("no activation, scale 1", utils.NoActivation(), 1, {"color": utils.INK, "linestyle": ":"}),
        ("sigmoid, scale 1", utils.TextbookSigmoid(), 1, {"color": utils.COLORS["Sigmoid"]}),
        ("ReLU, scale 1", ReLU(), 1, {"color": GREEN, "linestyle": "--"}),
        ("ReLU, scale 1.41", ReLU(), utils.HE, {"color": GREEN}),
    ]
    rows = []
    for name, activation, scale, style in contenders:
        signals, gradients = utils.signal_and_gradient_flow(activation, scale, depth=depth)
        signal_left, gradient_left = signals[:, -1], gradients[:, 0]
        rows.append([name, utils.spread(gradient_left, ".1g"), utils.spread(signal_left, ".1g")])
        utils.plot_gradient_flow(gradients, ax=panel, label=name, **style)
    utils.print_table(["", "of the gradient", "of the signal"], rows)
    print(
        "About half of the units are inactive and stop the gradient. In each layer that\n"
        "halves the square of its norm, on average. Weights larger by sqrt(2) = 1.41 make\n"
        "up for it (He et al. 2015). The signal, how far examples lie apart, still falls."
    )
    panel.set_title(f"gradient's norm, {depth} random layers")
    panel.legend(fontsize=9)


def show_learning(panel, steps=150):
    guessing = np.log(utils.CLASSES)
    utils.heading(
        f"Hidden layers that learn: loss after {steps} steps (guessing costs {guessing:.2f})"
    )
    contenders = [  # name, activation, weight scale, rate, style
        ("sigmoid", utils.TextbookSigmoid(), 1, 1, {"color": utils.COLORS["Sigmoid"]}),
        ("tanh", utils.TextbookTanh(), 1, 0.05, {"color": utils.COLORS["Tanh"]}),
        ("ReLU", ReLU(), 1, 0.1, {"color": GREEN, "linestyle": "--"}),
        ("ReLU", ReLU(), utils.HE, 0.1, {"color": GREEN}),
    ]
    depths = (2, 4, 8)
    rows = []
    for name, activation, scale, rate, style in contenders:
        row = [name, f"{scale:.3g}", f"{rate:g}"]
        for hidden in depths:
            runs = []
            for seed in utils.SEEDS:
                sizes = [2] + hidden * [16] + [3]
                network = utils.Network(sizes, activation, scale, seed=seed)
                runs.append(utils.train(network, *utils.spirals(seed), rate, steps))
            row.append(utils.spread(np.array(runs)[:, -1]))
        rows.append(row)
        if name != "tanh":  # drawn at its small rate, it would look slow
            utils.plot_runs(panel, range(steps + 1), np.array(runs), **style)
    columns = ["layers:", "scale", "rate", *map(str, depths)]
    utils.print_table(columns, rows)
    print(
        "The rates differ, so losses do not say who is ahead. Tanh, too, learns in depth.\n"
        "Eight layers of sigmoids at scale 1 do not, and eight of ReLUs at scale 1 differ\n"
        "much from seed to seed."
    )
    panel.set(xlabel="step", ylim=(0, 1.6))
    panel.set_title(f"training loss, {depths[-1]} hidden layers")


def show_depth_and_learning():
    title = "At weight scale 1.41 gradients survive, and eight layers learn sooner"
    _, (left, right) = utils.new_figure("relu_depth", title, 2)
    show_depth(left)
    show_learning(right)


# Units that die ---------------------------------------------------------------------------
# Two ways to kill units of the first layer: steps that are too large, and biases that start so
# low that no example reaches them. And a third: examples far from 0.


def train_and_watch(rate, bias, steps, seed, hidden=1):
    """Which units are dead before each step and after the last, (steps + 1, hidden, units).

    Returns also the share of new points that are right at the end.
    """
    x, labels = utils.spirals(seed)
    network = utils.Network([2] + hidden * [32] + [3], ReLU(), utils.HE, bias=bias, seed=seed)
    dead = [utils.dead_units(network, x)]
    for _ in range(steps):
        utils.descend(network, x, labels, rate)
        dead.append(utils.dead_units(network, x))
    return np.array(dead), utils.accuracy(network, *utils.spirals(seed, new=True))


def came_back(dead):
    """Which units were dead before some step and not after it, from dead (steps + 1, units)."""
    return np.any(dead[:-1] & ~dead[1:], axis=0)


def show_dying(steps=100):
    utils.heading(f"Units of the first layer that no example activates, over {steps} steps")
    title = "Dead ReLUs of the first layer stay dead, since their inputs never change"
    _, axes = utils.new_figure("relu_dying", title, 2, sharey=True)
    experiments = [  # rate, bias at the start, panel, style
        (1, 0, axes[0], {"color": "#66C2A4", "linestyle": ":"}),
        (3, 0, axes[0], {"color": GREEN}),
        (10, 0, axes[0], {"color": "#00441B"}),
        (1, -2, axes[1], {"color": "#66C2A4", "linestyle": ":"}),
    ]
    rows = []
    for rate, bias, panel, style in experiments:
        shares, returned, accuracies = [], 0, []
        for seed in utils.SEEDS:
            dead, accuracy = train_and_watch(rate, bias, steps, seed)
            shares.append(dead[:, 0].mean(axis=1))
            returned += np.sum(came_back(dead[:, 0]))
            accuracies.append(accuracy)
        at_first = utils.spread([share[0] for share in shares])
        at_the_end = utils.spread([share[-1] for share in shares])
        rows.append([rate, bias, at_first, at_the_end, returned, utils.spread(accuracies)])
        utils.plot_runs(panel, range(steps + 1), shares, label=f"rate {rate}", **style)
    columns = ["rate", "bias", "dead at first", "dead at the end", "came back", "new points right"]
    utils.print_table(columns, rows)
    print("None came back: a dead unit has no gradient, and its inputs do not change.")
    for panel, bias in zip(axes, (0, -2)):
        panel.set(xlabel="step", ylim=(-0.03, 1.03))
        panel.set_title(f"biases start at {bias}")
        panel.legend(loc="center right")
    axes[0].set(ylabel="share of dead units")


def show_second_layer(rate=2, steps=100):
    utils.heading(f"And in a second layer? Two hidden layers, rate {rate}, {steps} steps")
    runs = [train_and_watch(rate, 0, steps, seed, hidden=2)[0] for seed in utils.SEEDS]
    rows = []
    for layer in (0, 1):
        ever = sum(np.sum(dead[:, layer].any(axis=0)) for dead in runs)
        back = sum(np.sum(came_back(dead[:, layer])) for dead in runs)
        last = sum(np.sum(dead[-1, layer]) for dead in runs)
        units = sum(dead.shape[2] for dead in runs)
        rows.append([layer + 1, units, ever, back, last])
    columns = ["layer", "units", "dead at some time", "came back", "dead at the end"]
    utils.print_table(columns, rows)
    print("The inputs of the second layer change, and so its dead units can come back.")


def show_inputs_off_centre(rate=0.1, steps=300):
    utils.heading(f"Do negative inputs kill units? {steps} steps at rate {rate}")
    sizes = [2, 32, 32, 3]
    rows = []
    for shift in (0, 1, 3, -3):
        dead, losses, control = [], [], []
        for seed in utils.SEEDS:
            x, labels = utils.spirals(seed)
            x = x + shift
            network = utils.Network(sizes, ReLU(), utils.HE, seed=seed)
            dead.append(np.mean(utils.dead_units(network, x)[0]))
            losses.append(utils.train(network, x, labels, rate, steps)[-1])
            network = utils.Network(sizes, ReLU(), utils.HE, seed=seed)
            first = network.linears[0]
            first.b = -shift * first.W.sum(axis=0)  # cancels what the shift adds to the sums
            control.append(utils.train(network, x, labels, rate, steps)[-1])
        rows.append([shift, *map(utils.spread, (dead, losses, control))])
    columns = ["added to all inputs", "dead at first", "loss", "if biases cancel it"]
    utils.print_table(columns, rows)
    print(
        "No: weights have both signs. With biases of 0, inputs far from 0 on either side\n"
        "kill units of the first layer. Last column: the loss with biases that, at the\n"
        "start, cancel what is added. None of its units is dead then."
    )


def main():
    utils.print_values(ReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])
    utils.print_gradient_checks({"ReLU": ReLU(), "gated by the gradient": MisgatedReLU()})
    show_kink()
    show_curve()
    show_outputs()
    show_depth_and_learning()
    show_dying()
    show_second_layer()
    show_inputs_off_centre()
    print(
        "\nRemember: a ReLU passes the whole gradient, or none. At weight scale sqrt(2) it\n"
        "survives depth; a dead unit of the first layer is lost to gradient descent."
    )


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
