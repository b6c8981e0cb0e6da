# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 3 - ReLU, the rectified linear unit: all or nothing, and it can die.

The idea. Let what is positive through and stop the rest:

    ReLU(x) = max(0, x)          ReLU'(x) = 1 for x > 0, 0 for x <= 0

Where a unit is active its slope is 1, however many layers there are (Nair & Hinton 2010;
Glorot, Bordes & Bengio 2011; Krizhevsky, Sutskever & Hinton 2012). Where it is not, nothing
passes: a unit of the first layer that no example activates learns nothing any more under
plain gradient descent. It is dead.

Run it:  python relu_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class ReLU:
    """The rectified linear unit, elementwise, for real numbers of any shape.

    float16, 32 and 64 come back as they are, other numbers as float64. At the kink in 0 any
    slope from 0 to 1 will do (a subgradient); like PyTorch, we take 0. Raises TypeError or
    ValueError for what is not real numbers, RuntimeError for backward first.
    """

    slope = None  # 1 or 0 for the x of the latest forward

    def forward(self, x):
        x = utils.as_real_array(x)
        self.slope = self.derivative(x)
        return np.maximum(0, x)

    def backward(self, grad_output):
        """The chain rule: the upstream gradient where x was positive, else 0."""
        return utils.upstream_gradient(grad_output, self.slope) * self.slope

    def derivative(self, x):
        x = utils.as_real_array(x)
        return (x > 0).astype(x.dtype)

    def __call__(self, x):
        return self.forward(x)


class MisgatedReLU(ReLU):
    """A planted bug, a common one: backward asks whether the gradient is positive, not x."""

    def backward(self, grad_output):
        return np.maximum(grad_output, 0)


def kink():
    slope = utils.numerical_gradient(ReLU(), 0.0)
    print(f"\nThe slope at the kink? Central differences say {slope:.3g}, the mean of both sides.")
    print("Right is any slope from 0 to 1; the check above knows that.")


# Sparse, and yet deep -----------------------------------------------------------------


def sparse():
    utils.heading("Sparse: the share of outputs that are exactly 0, in random layers")
    layers = (1, 5, 10, 20)
    rows = []
    for name, activation in {"Tanh": utils.FORMULAS["Tanh"], "ReLU": ReLU()}.items():
        h = utils.random_network(activation, utils.HE).h
        rows.append([name, *(f"{np.mean(h[layer] == 0):.2f}" for layer in layers)])
    utils.print_table(["layer:", *map(str, layers)], rows)
    print("About half of ReLU's outputs, none of tanh's.")


def flow(ax):
    utils.heading("Gradients that survive depth: 20 layers with random weights")
    green, blue = utils.COLORS["ReLU"], utils.COLORS["Sigmoid"]
    black = {"color": utils.INK, "linestyle": ":"}
    networks = {  # activation, weight scale, how it is drawn; the first two are the controls
        "no activation, scale 1": (utils.FORMULAS["no activation"], 1, black),
        "sigmoid, scale 1": (utils.FORMULAS["Sigmoid"], 1, {"color": blue}),
        "ReLU, scale 1": (ReLU(), 1, {"color": green, "linestyle": "--"}),
        "ReLU, He's sqrt(2)": (ReLU(), utils.HE, {"color": green}),
    }
    norms = {name: utils.gradient_flow(f, scale) for name, (f, scale, _) in networks.items()}
    rows = [[name, utils.spread(runs[0], ".1g")] for name, runs in norms.items()]
    utils.print_table(["", "of the gradient is left, 20 layers back"], rows)
    print(
        "About half of the units stop the gradient, which about halves the square of its\n"
        "norm in every layer. Weights larger by sqrt(2) make up for it (He et al. 2015)."
    )
    lines = {name: line for name, (_, _, line) in networks.items()}
    utils.plot_gradient_flow(norms, ax=ax, lines=lines)
    ax.set(title="gradient norm", ylabel="")


def depth(ax, depths=(1, 2, 4, 8), steps=200):
    utils.heading(f"And learning? Loss on the spirals after {steps} steps; guessing costs 1.10")
    contenders = {  # activation, weight scale, rate, how it is drawn
        "Sigmoid": (utils.FORMULAS["Sigmoid"], 1, 1, {}),
        "Tanh": (utils.FORMULAS["Tanh"], 1, 0.03, {}),
        "ReLU": (ReLU(), utils.HE, 0.1, {}),
        "ReLU, scale 1": (ReLU(), 1, 0.1, {"color": utils.COLORS["ReLU"], "linestyle": "--"}),
    }
    columns = [depths]
    for name, (activation, scale, rate, line) in contenders.items():
        losses = []
        for hidden in depths:
            network = utils.Network([2, *[16] * hidden, 3], activation, scale)
            losses.append(utils.train(network, *utils.spirals(), rate, steps)[-1])
        columns.append([utils.spread(loss) for loss in losses])
        line = {"color": utils.color_of(name), "marker": "o", **line}
        line["label"] = f"{name} (rate {rate:g})"
        utils.plot_runs(ax, depths, np.array(losses), **line)
    utils.print_table(["layers", *contenders], zip(*columns))
    print(
        "Five networks: median (lowest-highest). Rates: 1, 0.03 (smaller than lesson 2's),\n"
        "0.1 and 0.1. ReLU has He's weight scale, and scale 1 as the control. Tanh, too,\n"
        "gains by depth at this rate."
    )
    look = {"xscale": "log", "ylim": (-0.05, 1.9)}
    ax.set(xlabel="hidden layers", title=f"loss after {steps} steps", **look)
    ax.set_xticks(depths, map(str, depths))
    ax.minorticks_off()
    ax.legend(loc="upper left", handlelength=3.2)


def survival():
    title = "With He's weights the gradient survives depth, and eight layers learn"
    figure, (left, right) = utils.new_figure(title, 2)
    flow(left)
    depth(right)
    return figure


# Dying --------------------------------------------------------------------------------


def dead_by_step(rate, bias=0.0, hidden=1, steps=100):
    """Which units no example activates: (steps + 1, hidden layers, seeds, units) of booleans."""
    network = utils.Network([2, *[32] * hidden, 3], ReLU(), utils.HE, bias=bias)
    dead = []
    for _ in utils.descent(network, *utils.spirals(), rate, steps):
        dead.append([np.all(h == 0, axis=1) for h in network.h[1:]])
    return np.array(dead)


def counts(dead):
    """Of the units in dead (steps + 1, seeds, units): all, dead at first, died later, revived."""
    died = ~dead[0] & dead.any(axis=0)
    revived = (dead[:-1] & ~dead[1:]).any(axis=0)
    return dead[0].size, dead[0].sum(), died.sum(), revived.sum()


def dying():
    utils.heading("Dying: first-layer units that no example activates, over 100 steps")
    figure, axes = utils.new_figure("First-layer ReLUs that die stay dead", 2, sharey=True)
    columns = ["units", "dead at first", "died later", "revived"]
    shades = {1: "#66C2A4", 3: utils.COLORS["ReLU"], 10: "#00441B"}
    rows = []
    for rate, bias in ((1, 0), (3, 0), (10, 0), (1, -2)):
        dead = dead_by_step(rate, bias)[:, 0]
        rows.append([rate, bias, *counts(dead), utils.spread(dead[-1].mean(axis=-1))])
        ax = axes[0] if bias == 0 else axes[1]
        share = dead.mean(axis=-1)  # (steps + 1, seeds)
        utils.plot_runs(ax, range(len(share)), share, color=shades[rate], label=f"rate {rate}")
    utils.print_table(["rate", "bias", *columns, "share dead at the end"], rows)

    print("\nThe control, two hidden layers at rate 2: the first's inputs are the data, which")
    print("never move; the second's do move.")
    dead = dead_by_step(2, hidden=2)
    utils.print_table(["layer", *columns], [[i + 1, *counts(dead[:, i])] for i in range(2)])

    for ax, bias in zip(axes, (0, -2)):
        ax.set(xlabel="step", title=f"biases start at {bias}", ylim=(-0.03, 1.03))
        ax.legend(loc="center right")
    axes[0].set(ylabel="share of dead units")
    return figure


def main():
    utils.print_values(ReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])
    utils.print_gradient_checks({"ReLU": ReLU(), "gated by the gradient": MisgatedReLU()})
    kink()
    title = "ReLU passes the gradient whole, or stops it"
    figures = {"relu_curve": utils.explore(ReLU(), title=title)}
    sparse()
    figures |= {"relu_depth": survival(), "relu_dying": dying()}
    print(
        "\nRemember: a ReLU passes the whole gradient or none. With He's weights it survives\n"
        "depth; a unit of the first layer that no example activates is lost to plain descent."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
