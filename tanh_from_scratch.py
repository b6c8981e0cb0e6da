# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 2 - tanh: the sigmoid, centred on zero.

The idea. Squash any real number into (-1, 1), and leave zero at zero:

    tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))          tanh'(x) = 1 - tanh(x)^2

It is the sigmoid stretched, tanh(x) = 2 s(2x) - 1, and saturates at half the distance: with
other weights and biases a sigmoid network computes the same functions. What differs is where
training starts and how it moves: the slope at 0 is 1 instead of 1/4, and outputs scatter
around 0 instead of 1/2 (LeCun, Kanter & Solla 1990 on why that helps).

Run it:  python tanh_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class Tanh:
    """The hyperbolic tangent, elementwise, for real numbers of any shape.

    float16, 32 and 64 come back as they are, other numbers as float64, right to 6 units in the
    last place. The fraction is the textbook's, divided above and below by its larger exponential:
    (1 - e) / (1 + e), e = exp(-2|x|), with the sign of x. Raises TypeError or ValueError for what
    is not real numbers, RuntimeError for backward first.
    """

    slope = None  # 1 - tanh(x)^2 for the x of the latest forward

    def forward(self, x):
        x = utils.as_real_array(x)
        self.slope = self.derivative(x)
        y = -2 * np.minimum(np.abs(x), 500)  # so that 2|x| cannot overflow; exp(-1000) is 0
        m = np.expm1(y)  # e - 1, with all the digits of a small x
        return np.copysign(-m / (2 + m), x)  # (1 - e) / (1 + e)

    def backward(self, grad_output):
        """The chain rule: dL/dx = dL/dt * (1 - t^2), t = tanh(x)."""
        return utils.upstream_gradient(grad_output, self.slope) * self.slope

    def derivative(self, x):
        """1 - tanh(x)^2 = ((1 + e)^2 - (1 - e)^2) / (1 + e)^2 = 4 e / (1 + e)^2."""
        e = np.exp(-2 * np.minimum(np.abs(utils.as_real_array(x)), 500))
        return 4 * e / (1 + e) ** 2

    def __call__(self, x):
        return self.forward(x)


class UnsquaredTanh(Tanh):
    """A planted bug: the slope is 1 - t for 1 - t^2."""

    def forward(self, x):
        output = super().forward(x)
        self.slope = 1 - output
        return output


def formulas():
    utils.heading("From the textbook formula to one that is right everywhere")
    x = np.array([1e-20, 1e-9, 1e-3, 1, 20, 800])
    with np.errstate(over="ignore", invalid="ignore"):  # inf / inf at 800
        textbook = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    e, t, slope = np.exp(-2 * x), np.tanh(x), Tanh().derivative(x)
    columns = ["x", "textbook", "(1-e)/(1+e)", "with expm1", "1-t*t", "4e/(1+e)^2"]
    utils.print_table(columns, zip(x, textbook, (1 - e) / (1 + e), Tanh()(x), 1 - t * t, slope))
    print(
        "exp(800) is infinite, and inf / inf is not a number. e = exp(-2|x|) cannot\n"
        "overflow, but 1 - e loses the digits of a small x; expm1(y), which is exp(y) - 1\n"
        "computed as a whole, keeps them. 1 - t*t loses its digits where t nears 1."
    )


# What a layer passes on ---------------------------------------------------------------


def outputs(depth=10):
    utils.heading(f"What a layer passes on: the outputs of {depth} random layers")
    title = "The sigmoid's outputs lie around 1/2, tanh's around 0"
    figure, axes = utils.new_figure(title, 2, sharey=True)
    levels = (5, 25, 50, 75, 95)
    rows = []
    for ax, name in zip(axes, ("Sigmoid", "Tanh")):
        h = np.array(utils.random_network(utils.FORMULAS[name], depth=depth).h)
        percentiles = np.percentile(h, levels, axis=(1, 2, 3))  # over seeds, examples, units
        rows.append([name, *(f"{round(p[-1], 2) + 0.0:.2f}" for p in percentiles)])  # no -0
        low, lower, median, upper, high = percentiles
        color = utils.COLORS[name]
        ax.fill_between(range(depth + 1), low, high, color=color, alpha=0.2, linewidth=0)
        ax.fill_between(range(depth + 1), lower, upper, color=color, alpha=0.4, linewidth=0)
        ax.plot(median, color=color)
        ax.set(ylim=(-1.1, 1.1), title=name, xlabel="layer (0: the inputs)")
    utils.print_table(["last layer", *(f"{level} %" for level in levels)], rows)
    print(f"5 % of the sigmoid's outputs lie below {rows[0][1]}, and so on, at weight scale 1.")
    axes[0].set(ylabel="outputs (dark: half, light: 90 %)")
    return figure


# An offset turns the bowl of the loss into a valley -----------------------------------


def curvature(inputs, offset, bias=False):
    """The matrix of means of h_i h_j, for inputs h = tanh(z) / 2 + offset, z standard normal.

    A linear unit's squared error, the mean of (w . h - y)^2 / 2, is a bowl over w, as steep along
    its own axes as this matrix's eigenvalues say. A bias is one more input, which is always 1.
    """
    z = np.linspace(-8, 8, 1001)
    density = np.exp(-(z**2) / 2)
    variance = density @ (np.tanh(z) / 2) ** 2 / density.sum()
    means = np.append(np.full(inputs, offset), [1.0] * bias)
    return np.outer(means, means) + np.diag(np.append(np.full(inputs, variance), [0] * bias))


def way_down(C, goal, start=(-1.0, 0.0), most=100):
    """Descent until a hundredth of the distance is left: places (steps + 1, 2)."""
    rate = 2 / np.linalg.eigvalsh(C)[[0, -1]].sum()  # the best that stays the same
    path, far = [np.array(start)], np.linalg.norm(np.subtract(start, goal))
    while len(path) <= most and np.linalg.norm(path[-1] - goal) > 0.01 * far:
        path.append(path[-1] - rate * C @ (path[-1] - goal))
    return np.array(path)


def valley(goal=(1.0, -0.5)):
    utils.heading("An offset turns the bowl of the loss into a valley")
    rows = []
    for inputs in (2, 16, 64):
        row = []
        for bias in (False, True):
            for offset in (0, 0.5):
                steepness = np.linalg.eigvalsh(curvature(inputs, offset, bias))
                row.append(f"{steepness[-1] / steepness[0]:,.0f}")
        rows.append([inputs, *row])
    columns = ["inputs", "centred", "lifted by 1/2", "centred, and a bias", "lifted, and a bias"]
    utils.print_table(columns, rows)
    print(
        "How many times as steep a squared loss is in its steepest direction as in its\n"
        "flattest, over the weights of one unit. One rate has to serve both directions:\n"
        "small for the steep one, and so slow in the flat one. (A bias has an input of 1.)"
    )

    figure, axes = utils.new_figure("An offset turns the bowl into a valley", 2, sharey=True)
    plane = np.stack(np.meshgrid(*[np.linspace(-1.5, 2.5, 101)] * 2), axis=-1)
    for ax, offset, name in zip(axes, (0, 0.5), columns[1:]):
        C = curvature(2, offset)
        loss = ((plane - goal) @ C * (plane - goal)).sum(axis=-1) / 2
        path = way_down(C, goal)
        ax.contour(plane[..., 0], plane[..., 1], loss, 12, colors=utils.FAINT, linewidths=1)
        ax.plot(*path.T, "o-", color=utils.COLORS["Tanh"], markersize=4)
        ax.plot(*goal, "*", color=utils.INK, markersize=12)
        steps = f"{len(path) - 1} step{'s' * (len(path) > 2)}"
        ax.set(title=f"{name}: {steps} at the best rate", aspect="equal", xlabel="weight 1")
    axes[0].set(ylabel="weight 2")
    figure.supxlabel("grey: lines of equal loss; star: where it is lowest", fontsize=10)
    return figure


# From sigmoid to tanh -----------------------------------------------------------------


def one_change_at_a_time(rate=1, steps=200):
    utils.heading(f"From sigmoid to tanh, one change at a time: loss after {steps} steps")
    contenders = {  # activation, weight scale
        "sigmoid": (utils.FORMULAS["Sigmoid"], 1),
        "weights x4, for its slope of 1/4": (utils.FORMULAS["Sigmoid"], 4),
        "and lowered by 1/2": (utils.FORMULAS["Sigmoid - 1/2"], 4),
        "tanh": (Tanh(), 1),
    }
    rows = []
    for name, (activation, scale) in contenders.items():
        row = [name]
        for hidden in (2, 4):
            network = utils.Network([2, *[16] * hidden, 3], activation, scale)
            row.append(utils.spread(utils.train(network, *utils.spirals(), rate, steps)[-1]))
        rows.append(row)
    utils.print_table([f"all at rate {rate}", "two hidden layers", "four hidden layers"], rows)
    straight = utils.train(utils.Network([2, 3], Tanh()), *utils.spirals(), rate, steps)[-1]
    print(
        "Three spiral arms, five networks: median (lowest-highest). Guessing costs 1.10,\n"
        f"a network without a hidden layer {utils.spread(straight)}. Larger weights mend\n"
        "the slope; with four layers the centre helps again. Tanh, 2 s(2x) - 1, is the\n"
        "lowered sigmoid written otherwise: the same functions, from another start; and\n"
        "between hidden layers a step at the same rate is 4 x 4 times as long."
    )


def main():
    utils.print_values(Tanh(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    utils.print_gradient_checks({"Tanh": Tanh(), "1 - t for 1 - t^2": UnsquaredTanh()})
    formulas()
    figures = {
        "tanh_curve": utils.explore(Tanh(), title="Tanh: slope 1 at 0, flat tails too", start=2),
        "tanh_outputs": outputs(),
        "tanh_valley": valley(),
    }
    one_change_at_a_time()
    print(
        "\nRemember: tanh is a sigmoid with four times the slope and outputs around 0.\n"
        "Larger weights give the sigmoid the slope, not the centre. Both saturate."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
