# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 4 - leaky ReLU: a small slope on the left keeps the gradient alive.

The idea. Let a little of what is negative through:

    f(x) = x for x > 0, alpha x for x <= 0          f'(x) = 1 for x > 0, alpha for x <= 0

A unit that no example activates still gets alpha times its gradient and can work its way
back (Maas, Hannun & Ng 2013, with alpha = 0.01; He et al. 2015 learn alpha). This lesson
repeats lesson 3's dead start with several alphas, from the same seeds: alpha = 0 is ReLU.

Run it:  python leaky_relu_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class LeakyReLU:
    """x where x > 0 and alpha * x elsewhere, elementwise, for real numbers of any shape.

    float16, 32 and 64 come back as they are, other numbers as float64. Raises ValueError or
    TypeError if alpha is not one finite real number or x not real numbers, RuntimeError for
    backward first.
    """

    slope = None  # 1 or alpha for the x of the latest forward

    def __init__(self, alpha=0.01):
        checked = utils.as_real_array(alpha, "alpha")
        if checked.shape != () or not np.isfinite(checked):
            raise ValueError(f"alpha must be one finite real number, got {alpha!r}")
        self.alpha = float(checked)

    def forward(self, x):
        x = utils.as_real_array(x)
        slope = self.derivative(x)
        output, self.slope = x * slope, slope  # remembered only if the product succeeds
        return output

    def backward(self, grad_output):
        """The chain rule: dL/dx = dL/df * f'(x)."""
        return utils.upstream_gradient(grad_output, self.slope) * self.slope

    def derivative(self, x):
        x = utils.as_real_array(x)
        most = np.finfo(x.dtype).max  # 1e6 would be infinite in float16, and 0 times it NaN
        alpha = x.dtype.type(np.clip(self.alpha, -most, most))
        return (x > 0) + alpha * (x <= 0)  # True counts as 1, False as 0

    def __call__(self, x):
        return self.forward(x)


class SealedLeakyReLU(LeakyReLU):
    """A planted bug, a common one: backward is ReLU's and forgets alpha."""

    def backward(self, grad_output):
        return (self.slope == 1) * grad_output


ALPHAS = (0.0, 0.01, 0.03, 0.1, 0.3)


def curve(start=0.1):
    layer = LeakyReLU(start)
    title = "With a leak the slope on the left is alpha instead of 0"
    figure = utils.explore(layer, title=title, start=-2.4)
    x = figure.axes[0].lines[0].get_xdata()
    for alpha in (0, 1):  # thin, and so that all that the slider can show lies in the picture
        for ax, y in zip(figure.axes, (LeakyReLU(alpha)(x), LeakyReLU(alpha).derivative(x))):
            ax.plot(x, y, color=utils.FAINT, linewidth=0.7, zorder=1)

    def set_alpha(alpha):
        layer.alpha = alpha
        for ax, y in zip(figure.axes, (layer(x), layer.derivative(x))):
            ax.lines[0].set_ydata(y)
        figure.update(figure.axes[0].lines[2].get_xdata()[0])  # where the dot is

    utils.add_slider(figure, "alpha", 0, 1, start, set_alpha)
    return figure


# From a dead start --------------------------------------------------------------------


def measure(alpha, bias, rate=1, steps=800):
    """Train 2-32-3 networks: dead units (steps + 1, seeds, units), new points right (seeds,)."""
    network = utils.Network([2, 32, 3], LeakyReLU(alpha), utils.HE, bias=bias)
    dead = []
    for _ in utils.descent(network, *utils.spirals(), rate, steps):
        dead.append(np.all(network.h[1] <= 0, axis=1))
    return np.array(dead), utils.accuracy(network, *utils.spirals(new=True))


def revival():
    utils.heading("Lesson 3's dead start, with a leak: rate 1, biases start at -2, 800 steps")
    title = "A leak can bring dead units back; here more with 0.1 than with 0.01"
    figure, (left, right) = utils.new_figure(title, 2, sharey=True)
    rows = []
    for alpha in ALPHAS:
        dead, accuracy = measure(alpha, bias=-2)
        _, healthy = measure(alpha, bias=0)
        back = (dead[0] & ~dead[-1]).sum(axis=-1) / dead[0].sum(axis=-1)
        rows.append([f"{alpha:g}", *map(utils.spread, (back, accuracy, healthy))])
        for ax, runs in ((left, back), (right, accuracy)):
            place = [f"{alpha:g}"] * len(runs)
            ax.plot(runs, place, "o", color=utils.COLORS["LeakyReLU"], alpha=0.6)
            ax.plot(np.median(runs), place[0], "|", color=utils.INK, markersize=20)
    columns = ["alpha", "share that came back", "new points right", "the same, biases at 0"]
    utils.print_table(columns, rows)
    print("With biases at 0 nothing starts dead, and all alphas do well.")
    left.set(xlabel="share of dead units that came back", ylabel="alpha")
    right.set(xlabel="share of new points right")
    figure.supxlabel("a dot: a network; the bar: their median", fontsize=10)
    return figure


def main():
    utils.print_values(LeakyReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])
    layers = {"LeakyReLU": LeakyReLU(), "backward without alpha": SealedLeakyReLU()}
    utils.print_gradient_checks(layers)
    figures = {"leaky_relu_curve": curve(), "leaky_relu_revival": revival()}
    print(
        "\nRemember: with a leak a dead unit keeps a gradient and can come back. Here more\n"
        "did with 0.1 than with 0.01."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
