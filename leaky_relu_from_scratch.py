# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 4 - leaky ReLU: a small slope on the left keeps the gradient alive.

The idea. Let a little of what is negative through:

    f(x) = x for x > 0, alpha x for x <= 0          f'(x) = 1 for x > 0, alpha for x <= 0

A unit that no example activates still gets alpha times the upstream gradient, and can work its
way back (Maas, Hannun & Ng 2013, with alpha = 0.01). alpha = 0 is ReLU, alpha = 1 no activation.
This lesson repeats lesson 3's dead start, from the same seeds, with several alphas.

Run it:  python leaky_relu_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class LeakyReLU:
    """x where x > 0 and alpha * x elsewhere, for real numbers of any shape.

    Answers have the dtype of x if that is float16, 32 or 64, else float64. Raises ValueError or
    TypeError if alpha is not one finite real number or x is not real numbers, and RuntimeError if
    backward is called before forward.
    """

    slope = None  # 1 or alpha for the x of the latest forward

    def __init__(self, alpha=0.01):
        checked = utils.as_real_array(alpha, "alpha")
        if checked.ndim > 0 or not np.isfinite(checked):
            raise ValueError(f"alpha must be one finite real number, got {alpha!r}")
        self.alpha = float(checked)

    def forward(self, x):
        x = utils.as_real_array(x)
        positive = (x > 0).astype(x.dtype)  # 1 where x > 0, else 0
        self.slope = 1 - positive
        self.slope *= self.alpha  # alpha where x <= 0, else 0
        self.slope += positive  # np.where(x > 0, 1, alpha) says the same, and is slower
        return x * self.slope

    def backward(self, grad_output):
        """The chain rule: dL/dx = dL/df * f'(x)."""
        grad_output = utils.upstream_gradient(grad_output, self.slope)  # checks shape and dtype
        return grad_output * self.slope

    def derivative(self, x):
        """The slope, 1 or alpha. Does not change what forward stored for backward."""
        other = LeakyReLU(self.alpha)
        other.forward(x)
        return other.slope

    def __call__(self, x):
        return self.forward(x)


class SealedLeakyReLU(LeakyReLU):
    """A planted bug: backward is ReLU's, and forgets alpha."""

    def backward(self, grad_output):
        return np.where(self.slope == 1, grad_output, 0)


PINK = utils.COLORS["LeakyReLU"]


def show_curve(start=0.1):
    layer = LeakyReLU(start)
    title = "With a leak the slope on the left is alpha instead of 0"
    figure = utils.explore(layer, name="leaky_relu_curve", title=title, start=-2.4)
    explorer = figure.explorer
    for alpha in (0, 1):  # the slider's ends, thin, so that all it can show lies in the picture
        thin = {"color": utils.FAINT, "linewidth": 0.7, "zorder": 1}
        utils.plot_activation_curve(LeakyReLU(alpha), ax=explorer.left, **thin)
        utils.plot_gradient(LeakyReLU(alpha), ax=explorer.right, **thin)

    def set_alpha(alpha):
        layer.alpha = alpha
        explorer.redraw()

    utils.add_slider(figure, "alpha", 0, 1, start, set_alpha)


# From a dead start ------------------------------------------------------------------------
# Networks with one hidden layer whose biases start so low that most units are dead: no example
# makes their sum positive. How many come back, and does it help? The control: the units that are
# dead at first stay as they are.


def train_and_watch(alpha, bias, rate, steps, seed, *, frozen=False):
    """Which units are dead before each step and after the last, and the share of points right.

    With frozen=True the units that are dead at first never change, and only they are returned.
    """
    x, labels = utils.spirals(seed)
    network = utils.Network([2, 32, 3], LeakyReLU(alpha), utils.HE, bias=bias, seed=seed)
    first = network.linears[0]
    dead = [utils.dead_units(network, x)[0]]
    for _ in range(steps):
        W, b = first.W, first.b
        utils.descend(network, x, labels, rate)
        if frozen:
            first.W = np.where(dead[0], W, first.W)
            first.b = np.where(dead[0], b, first.b)
        else:
            dead.append(utils.dead_units(network, x)[0])
    return np.array(dead), utils.accuracy(network, *utils.spirals(seed, new=True))


def show_revival(bias=-2, rate=1, steps=800):
    utils.heading(f"From a dead start: biases start at {bias}, rate {rate}, {steps} steps")
    alphas = (0, 0.01, 0.1, 0.3)
    title = "A leak can bring dead units back; here more with 0.1 than with 0.01"
    figure, (left, right) = utils.new_figure("leaky_relu_revival", title, 2, sharey=True)
    rows = []
    for place, alpha in enumerate(alphas):
        returned, alive, accuracies, accuracies_frozen = [], [], [], []
        for seed in utils.SEEDS:
            dead, accuracy = train_and_watch(alpha, bias, rate, steps, seed)
            came_back = np.any(dead[:-1] & ~dead[1:], axis=0)  # dead before a step, not after it
            returned.append(np.sum(came_back & dead[0]) / dead[0].sum())
            alive.append(np.sum(dead[0] & ~dead[-1]) / dead[0].sum())
            accuracies.append(accuracy)
            accuracies_frozen.append(
                train_and_watch(alpha, bias, rate, steps, seed, frozen=True)[1]
            )
        columns = (returned, alive, accuracies, accuracies_frozen)
        rows.append([f"{alpha:g}", *(utils.spread(runs) for runs in columns)])
        for panel, runs in ((left, alive), (right, accuracies)):
            panel.plot(runs, [place] * len(runs), "o", color=PINK, alpha=0.6)
            panel.plot(np.median(runs), place, "|", color=utils.INK, markersize=20)
    columns = ["alpha", "came back", "alive at the end", "points right", "right if frozen"]
    utils.print_table(columns, rows)
    print(
        "'came back' and 'alive at the end' are shares of the units that were dead at\n"
        "first: alive after some step, or after the last. 'points right' is the share of\n"
        "new points. 'if frozen': weights and biases of the units dead at first never\n"
        "change. Even so a leak helps in the median: a unit on its leak still passes\n"
        "something on."
    )
    left.set(xlabel="share of dead units alive at the end", ylabel="alpha", xlim=(-0.03, 1.03))
    left.set_yticks(range(len(alphas)), [f"{alpha:g}" for alpha in alphas])
    right.set(xlabel="share of new points right")
    figure.supxlabel("a dot: a network; the bar: their median", fontsize=10)


def show_remedy(rate=1, steps=800):
    accuracies, dead_first = [], []
    for seed in utils.SEEDS:
        dead, accuracy = train_and_watch(0, 0, rate, steps, seed)
        dead_first.append(dead[0].mean())
        accuracies.append(accuracy)
    print(
        f"\nWithout a leak, but with biases that start at 0: {utils.spread(dead_first)} of the\n"
        f"units are dead at first, and {utils.spread(accuracies)} of the points are right.\n"
        "So look at the biases first."
    )


def main():
    utils.print_values(LeakyReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])
    layers = {"LeakyReLU": LeakyReLU(), "backward without alpha": SealedLeakyReLU()}
    utils.print_gradient_checks(layers)
    show_curve()
    show_revival()
    show_remedy()
    print("\nRemember: with a leak a dead unit keeps a gradient, and can come back.")


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
