# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 2 - tanh: the sigmoid, stretched and lowered.

The idea. Stretch the sigmoid s to twice its height, squeeze it to half its width, and lower it by
1, so that its outputs lie around 0:

    tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)) = 2 s(2x) - 1      tanh'(x) = 1 - tanh(x)^2

So whatever a network with tanh can compute, one with sigmoids can, too, with other
weights and biases. What differs is where training starts and how far a step goes. This lesson
makes one change at a time, and shows why outputs around 0 help (LeCun, Kanter & Solla 1990).

Run it:  python tanh_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class Tanh:
    """The hyperbolic tangent, elementwise, for real numbers of any shape.

    Answers have the dtype of x if that is float16, 32 or 64, else float64, and are right to 6
    units in the last place. Raises TypeError or ValueError for what is not real numbers, and
    RuntimeError if backward is called before forward.
    """

    slope = None  # tanh'(x) for the x of the latest forward

    def forward(self, x):
        x = utils.as_real_array(x)
        # exp(-1000) is 0 already, and 2 * |x| could overflow: float16 ends at 65504.
        y = -2 * np.minimum(np.abs(x), 500)
        e = np.exp(y)
        self.slope = 4 * e / (1 + e) ** 2  # 1 - tanh^2 without a subtraction
        m = np.expm1(y)  # e - 1, but with all digits where x is small; so 1 - e = -m
        return np.copysign(-m / (2 + m), x)  # (1 - e) / (1 + e), with the sign of x

    def backward(self, grad_output):
        """The chain rule: dL/dx = dL/dt * tanh'(x)."""
        grad_output = utils.upstream_gradient(grad_output, self.slope)  # checks shape and dtype
        return grad_output * self.slope

    def derivative(self, x):
        """The slope tanh'(x). Does not change what forward stored for backward."""
        other = Tanh()
        other.forward(x)
        return other.slope

    def __call__(self, x):
        return self.forward(x)


class UnsquaredTanh(Tanh):
    """A planted bug: the slope is 1 - t instead of 1 - t^2."""

    def forward(self, x):
        t = super().forward(x)
        self.slope = 1 - t
        return t


ORANGE = utils.COLORS["Tanh"]


def check_network(network, x, labels):
    """The largest error of any gradient of weights and biases; see check_gradients."""

    def loss():
        return utils.softmax_cross_entropy(network.forward(x), labels)[0]

    _, gradient = utils.softmax_cross_entropy(network.forward(x), labels)
    network.backward(gradient)
    arrays, gradients = [], []
    for linear in network.linears:
        arrays += [linear.W, linear.b]
        gradients += [linear.dW, linear.db]
    return max(utils.check_gradients(loss, arrays, gradients))


def show_network_checks():
    utils.heading("Gradient check of a whole network: weights, biases, and the change of the loss")
    rows = []
    for name in ("a Tanh for each layer", "one Tanh for both layers"):
        network = utils.Network([2, 16, 16, 3], Tanh())
        if name == "one Tanh for both layers":
            network.layers[3] = network.layers[1]  # the bug: it remembers the latest forward only
        error = check_network(network, *utils.spirals())
        verdict = "right" if error < 1e-5 else "WRONG"
        rows.append([name, verdict, utils.error_text(error)])
    utils.print_table(["two hidden layers with", "gradients are", "largest relative error"], rows)


def show_formulas():
    utils.heading("From the textbook's formula to one that is right everywhere")
    x = np.array([1e-20, 1e-9, 1e-3, 1, 20, 800])
    with np.errstate(over="ignore", invalid="ignore"):  # inf / inf at 800
        textbook = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    e, t = np.exp(-2 * x), np.tanh(x)
    columns = ["x", "textbook", "(1-e)/(1+e)", "Tanh", "1-t*t", "its slope"]
    values = [textbook, (1 - e) / (1 + e), Tanh()(x), 1 - t * t, Tanh().derivative(x)]
    utils.print_table(columns, zip(x, *values))
    print(
        "exp(800) is infinite, and inf / inf is not a number. e = exp(-2|x|) cannot\n"
        "overflow, but 1 - e loses the digits of a small x. np.expm1 computes e - 1 as a\n"
        "whole and keeps them. 1 - t*t loses its digits where t is close to 1."
    )


def show_curve():
    title = "Tanh has slope 1 at 0, and flat tails"
    utils.explore(Tanh(), name="tanh_curve", title=title, start=2)


# From sigmoid to tanh ---------------------------------------------------------------------
# Tanh's slope at 0 is larger, its outputs lie around 0, and its steps are longer. Which of these
# makes a network learn when it is the only change?

LOWERED = utils.TextbookSigmoid(subtract=0.5)


def final_losses(activation, weight_scale, rate, hidden, steps):
    losses = []
    for seed in utils.SEEDS:
        sizes = [2] + hidden * [16] + [3]
        network = utils.Network(sizes, activation, weight_scale, seed=seed)
        losses.append(utils.train(network, *utils.spirals(seed), rate, steps)[-1])
    return losses


def show_one_change_at_a_time(rate=1, steps=200):
    utils.heading(f"From sigmoid to tanh, one change at a time: loss after {steps} steps")
    sigmoid = utils.TextbookSigmoid()
    contenders = {  # activation, weight scale, rate
        f"sigmoid (weight scale 1, rate {rate})": (sigmoid, 1, rate),
        f"longer steps: rate {4 * rate}": (sigmoid, 1, 4 * rate),
        "outputs around 0: minus 1/2": (LOWERED, 1, rate),
        "weights 4 times as large": (sigmoid, 4, rate),
        "weights 8 times as large": (sigmoid, 8, rate),
        "4 times as large, minus 1/2": (LOWERED, 4, rate),
        f"tanh (weight scale 1, rate {rate})": (Tanh(), 1, rate),
    }
    rows = []
    for name, (activation, scale, its_rate) in contenders.items():
        two = final_losses(activation, scale, its_rate, 2, steps)
        four = final_losses(activation, scale, its_rate, 4, steps)
        rows.append([name, utils.spread(two), utils.spread(four)])
    utils.print_table(["", "two hidden layers", "four hidden layers"], rows)
    straight = utils.spread(final_losses(sigmoid, 1, rate, 0, steps))
    print(
        "Three spiral arms, five networks: median (lowest-highest). Guessing costs "
        f"{np.log(utils.CLASSES):.2f},\n"
        f"a network without a hidden layer reaches {straight}. With four hidden\n"
        "layers, in so few steps, only larger weights help much on their own."
    )


def train_lowered_sigmoids(seed, hidden, rate, steps):
    """Train sigmoids minus 1/2 from the weights of a tanh network, so that they stay the same.

    s(2z) - 1/2 = tanh(z) / 2. So sums have to be twice as large, and outputs are half as large:
    weights are 2 times as large in the first layer, 4 times between, 2 times in the last; hidden
    biases are 2 times as large. A parameter that is k times as large has to move k times as far,
    and its gradient is k times smaller: it needs a rate k^2 times as large.
    """
    x, labels = utils.spirals(seed)
    network = utils.Network([2] + hidden * [16] + [3], LOWERED, seed=seed)
    weight_factors = [2] + (hidden - 1) * [4] + [2]
    bias_factors = hidden * [2] + [1]
    for linear, factor in zip(network.linears, weight_factors):
        linear.W = factor * linear.W  # biases start at 0
    losses = []
    for _ in range(steps + 1):
        loss, gradient = utils.softmax_cross_entropy(network.forward(x), labels)
        losses.append(loss)
        network.backward(gradient)
        for linear, of_weights, of_biases in zip(network.linears, weight_factors, bias_factors):
            linear.W = linear.W - of_weights**2 * rate * linear.dW
            linear.b = linear.b - of_biases**2 * rate * linear.db
    return np.array(losses)


def show_all_three_are_tanh(hidden=4, rate=0.1, steps=200):
    utils.heading(f"All three changes together are tanh: {hidden} hidden layers, rate {rate}")
    rows = []
    for seed in utils.SEEDS:
        network = utils.Network([2] + hidden * [16] + [3], Tanh(), seed=seed)
        tanh = utils.train(network, *utils.spirals(seed), rate, steps)
        lowered = train_lowered_sigmoids(seed, hidden, rate, steps)
        same = "yes" if np.abs(tanh - lowered).max() < 1e-9 else "no"
        rows.append([seed, f"{tanh[-1]:.9f}", f"{lowered[-1]:.9f}", same])
    columns = ["seed", f"tanh, step {steps}", "sigmoids minus 1/2", "same at all steps"]
    utils.print_table(columns, rows)
    print(
        "Sigmoids minus 1/2 have the losses of tanh if their weights are 4 times and the\n"
        "rates 16 times as large; in the first and the last layer, 2 times and 4 times.\n"
        "The rates of hidden biases are 4 times as large."
    )


# Why outputs around 0? --------------------------------------------------------------------
# They are the inputs of the next layer. For one linear unit, without a bias and with a squared
# loss, an offset of its inputs turns the bowl of the loss into a valley.


def show_offsets(layers=(1, 2, 10)):
    utils.heading("The mean output of each unit, over the examples: median (lowest-highest)")
    rows = []
    for name, activation in (("sigmoid", utils.TextbookSigmoid()), ("tanh", Tanh())):
        means = {layer: [] for layer in layers}
        for seed in utils.SEEDS:
            outputs, _ = utils.random_passes(activation, depth=layers[-1], seed=seed)
            for layer in layers:
                means[layer] += outputs[layer].mean(axis=0).tolist()
        rounded = [np.round(means[layer], 1) + 0.0 for layer in layers]  # + 0.0 makes 0 of -0
        rows.append([name, *(utils.spread(runs, ".1f") for runs in rounded)])
    utils.print_table(["layer:", *map(str, layers)], rows)
    print("Random layers, weight scale 1. These are the offsets that the next layer gets.")


def curvature(inputs, offset):
    """C[i, j]: how fast the slope of the loss in weight i grows when weight j grows.

    The loss is the mean of (w . h - y)^2 / 2, so C[i, j] is the mean of h_i h_j. The inputs are
    h = tanh(z) / 2 + offset, with independent normal z: for different i and j it is offset^2.
    Along a direction d of length 1 the second derivative of the loss is d C d.
    """
    z = np.linspace(-8, 8, 1001)
    density = np.exp(-(z**2) / 2)
    variance = np.sum(density * (np.tanh(z) / 2) ** 2) / np.sum(density)
    return variance * np.eye(inputs) + offset**2 * np.ones((inputs, inputs))


def steepest_and_flattest(C):
    """For such a C, the second derivative where all weights grow alike, and at right angles."""
    inputs = len(C)
    alike = np.ones(inputs) / np.sqrt(inputs)  # both directions have length 1
    against = np.zeros(inputs)
    against[0], against[1] = np.sqrt(0.5), -np.sqrt(0.5)
    return alike @ C @ alike, against @ C @ against


def way_down(C, goal, start=(-1.0, 0.0)):
    """Descend until a hundredth of the distance is left: the places (steps + 1, 2)."""
    steepest, flattest = steepest_and_flattest(C)
    rate = 2 / (steepest + flattest)  # the best constant rate: it is as wrong in both directions
    path = [np.array(start)]
    distance = np.linalg.norm(path[0] - goal)
    while np.linalg.norm(path[-1] - goal) > 0.01 * distance:
        path.append(path[-1] - rate * C @ (path[-1] - goal))
    return np.array(path)


def show_valley():
    utils.heading("An offset turns the bowl of the loss into a valley")
    rows = []
    for inputs in (2, 16, 64):
        row = [inputs]
        for offset in (0, 0.5):
            steepest, flattest = steepest_and_flattest(curvature(inputs, offset))
            row.append(f"{steepest / flattest:.0f}")
        rows.append(row)
    utils.print_table(["inputs", "around 0", "around 1/2"], rows)
    print(
        "The second derivative of the loss in the steepest direction, divided by that in\n"
        "the flattest. One rate has to serve both: if it is small enough for the steep\n"
        "direction, it is too small for the flat one. (This is one linear unit without a\n"
        "bias, with a squared loss and independent inputs of variance "
        f"{curvature(1, 0)[0, 0]:.4f}.)"
    )
    title = "An offset of the inputs turns the bowl into a valley"
    figure, axes = utils.new_figure("tanh_valley", title, 2, sharey=True)
    goal = np.array([1.0, -0.5])
    side, points = utils.grid_of_points(-1.5, 2.5, 101)
    for ax, offset, where in zip(axes, (0, 0.5), ("around 0", "around 1/2")):
        C = curvature(2, offset)
        away = points - goal
        loss = np.sum((away @ C) * away, axis=1) / 2
        path = way_down(C, goal)
        ax.contour(side, side, loss.reshape(101, 101), 12, colors=utils.FAINT, linewidths=1)
        ax.plot(path[:, 0], path[:, 1], "o-", color=ORANGE, markersize=4)
        ax.plot(goal[0], goal[1], "*", color=utils.INK, markersize=12)
        steps = len(path) - 1
        ax.set_title(f"inputs {where}: {steps} step{'' if steps == 1 else 's'}")
        ax.set(aspect="equal", xlabel="weight 1")
    axes[0].set(ylabel="weight 2")
    figure.supxlabel("grey: lines of equal loss; star: the lowest place", fontsize=10)


def main():
    utils.print_values(Tanh(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    utils.print_gradient_checks({"Tanh": Tanh(), "1 - t for 1 - t^2": UnsquaredTanh()})
    show_network_checks()
    show_formulas()
    show_curve()
    show_one_change_at_a_time()
    show_all_three_are_tanh()
    show_offsets()
    show_valley()
    print(
        "\nRemember: tanh can compute nothing more than the sigmoid, but here it trains at\n"
        "weight scale 1 and rate 1. And centre your inputs."
    )


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
