# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 1 - the sigmoid: probability's own curve, and how it saturates (goes flat).

The idea. Squash any real number into (0, 1):

    s(x) = 1 / (1 + exp(-x))          s'(x) = s(x) (1 - s(x))

That is a probability from a score, which is what the sigmoid is for: the last step of a
binary classifier, the gates of an LSTM. Inside deep networks it was the first choice for
decades (Rumelhart, Hinton & Williams 1986) and fell out of use for what this lesson
measures: its slope is at most 1/4 and next to nothing in both tails, so each layer takes
most of the gradient (the slopes of the loss, on their way back) away.

Run it:  python sigmoid_from_scratch.py [--save DIR]
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray


def small_side(x: FloatArray) -> FloatArray:
    """q = s(-|x|), between 0 and 1/2: nothing overflows, and no digit of q is lost."""
    q = np.exp(-np.abs(x))
    q /= 1 + q
    return q


class Sigmoid:
    """The logistic sigmoid, elementwise, of real numbers of any shape and float dtype.

    Since s(-x) = 1 - s(x), s(x) is q on the left and 1 - q on the right. Always within 5
    units in the last place; `activations_utils.as_real_array` says what is refused.
    """

    def __init__(self) -> None:
        self._slope: Any = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return s(x), and remember its slope for `backward`."""
        x = utils.as_real_array(x)
        q = small_side(x)
        self._slope = (1 - q) * q
        return np.asarray(np.abs((x >= 0) - q))  # q where x < 0, 1 - q elsewhere

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/ds * s'(x), for the x of the latest forward."""
        return np.asarray(utils.upstream_gradient(grad_output, self._slope) * self._slope)

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return s'(x) = s(x) (1 - s(x)), which is (1 - q) q on either side."""
        q = small_side(utils.as_real_array(x))
        return np.asarray((1 - q) * q)

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


def show_values() -> None:
    utils.heading("Forward and backward")
    utils.print_values(Sigmoid(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    at_0, at_10 = Sigmoid().derivative([0, 10])
    print(f"The slope is largest at 0, {at_0:g}; at 10 it is down to {at_10:.1g}.")


class ForgetfulSigmoid(Sigmoid):
    """A sigmoid with a planted bug: it remembers s, and forgets the factor (1 - s)."""

    def forward(self, x: ArrayLike) -> FloatArray:
        self._slope = super().forward(x)
        return self._slope


def check_gradients() -> None:
    utils.heading("Gradient check: backward against finite differences of forward")
    layers = {"Sigmoid": Sigmoid(), "without (1 - s)": ForgetfulSigmoid()}
    utils.print_gradient_checks(layers)


def textbook_sigmoid(x: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):  # without this NumPy warns: exp(750) overflows
        return np.asarray(1 / (1 + np.exp(-x)))


def compare_with_textbook() -> None:
    utils.heading("Why the textbook code is wrong")
    x = np.array([-750.0, -745, -40, 0, 17, 36, 37, 40, 100, 750])
    s, layer = textbook_sigmoid(x), Sigmoid()
    utils.print_table(
        ["x", "1/(1+exp(-x))", "Sigmoid", "s*(1-s)", "Sigmoid slope"],
        zip(x, s, layer(x), s * (1 - s), layer.derivative(x), strict=True),
    )
    print(
        "Left of -709 exp(-x) overflows. On the right s rounds to 1, and 1 - s leaves\n"
        "nothing of a slope that float64 could well hold. exp(-|x|) has neither fault: it\n"
        "is at most 1, and q = s(-|x|), the small side, keeps its digits for q (1 - q)."
    )


def plot_tail() -> Figure:
    x = np.linspace(-60, 60, 1201)
    s = textbook_sigmoid(x)
    slope = s * (1 - s)
    end = x[slope > 0].max()

    figure, ax = utils.new_figure("Computed badly, the right tail loses its slope")
    ax.plot(x, Sigmoid().derivative(x), color=utils.COLORS["Sigmoid"], linewidth=5)
    ax.plot(x, np.where(slope > 0, slope, np.nan), color=utils.INK, linestyle="--")
    ax.plot(end, slope[x == end], "o", color=utils.INK)
    utils.note(ax, "Sigmoid: q (1 - q)", (-48, 1e-21), (14, -8), color=utils.COLORS["Sigmoid"])
    utils.note(
        ax, f"s*(1-s) is exactly 0\nbeyond {end:.1f}", (end, 1e-17), (-8, -24), ha="right"
    )
    ax.set(yscale="log", xlabel="input x", ylabel="slope s'(x)")
    return figure


def show_vanishing() -> Figure:
    utils.heading("Vanishing gradients: a network of 20 random sigmoid layers")
    norms = utils.gradient_flow(Sigmoid())
    layers = np.arange(len(norms))
    bound = 0.25 ** (layers[-1] - layers)
    per_layer = np.median(norms[0]) ** (1 / layers[-1])

    seeds = len(utils.SEEDS)
    utils.print_table(
        ["layer", f"gradient norm, median [quartiles] of {seeds} seeds", "(1/4)^layers"],
        [
            [n, utils.spread(norms[n], ".1e"), f"{bound[n]:.1e}"]
            for n in (20, 19, 18, 15, 10, 5, 0)
        ],
    )
    print(f"On average a layer leaves {per_layer:.2f} of the gradient that reaches it.")

    figure, ax = utils.new_figure(f"Each sigmoid layer leaves {per_layer:.2f} of the gradient")
    color = {"measured": utils.COLORS["Sigmoid"]}
    utils.plot_gradient_flow({"measured": norms}, colors=color, ax=ax)
    bound_label = "(1/4)^layers: slopes at their best"
    ax.plot(layers, bound, color=utils.INK, linestyle="--", label=bound_label)
    ax.legend(loc="lower right")
    return figure


def blobs(seeds: Iterable[Any], points: int = 100) -> tuple[FloatArray, FloatArray]:
    """Two overlapping clouds: x (seeds, 2 * points, 2), y (seeds, 2 * points, 1) of 0 and 1."""
    y = np.repeat([0.0, 1.0], points)[:, None]
    centers = np.where(y == 0, [-1.0, -0.5], [1.0, 0.5])
    x = [np.random.default_rng(seed).normal(centers) for seed in seeds]
    return np.array(x), np.tile(y, (len(x), 1, 1))


def train_classifier() -> Figure:
    utils.heading("What it is for: a classifier trained with this very forward and backward")
    x, y = blobs(utils.SEEDS)
    new_x, new_y = blobs((seed, 2) for seed in utils.SEEDS)
    weights, bias = np.zeros((len(x), 2, 1)), np.zeros((len(x), 1, 1))
    layer = Sigmoid()
    losses, rows, gap = [], [], 0.0
    for step in range(101):
        p = layer.forward(x @ weights + bias)
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p), axis=(1, 2)))
        if step in (0, 1, 5, 20, 100):
            right = (Sigmoid()(new_x @ weights + bias) > 0.5) == new_y
            rows.append([step, utils.spread(losses[-1]), utils.spread(right.mean(axis=(1, 2)))])
        grad_p = (p - y) / (p * (1 - p)) / y.shape[1]  # dL/dp of the cross-entropy
        grad_score = layer.backward(grad_p)
        gap = max(gap, np.abs(grad_score - (p - y) / y.shape[1]).max())
        weights -= 1.0 * x.swapaxes(1, 2) @ grad_score
        bias -= 1.0 * grad_score.sum(axis=1, keepdims=True)

    utils.print_table(["step", "loss, median [quartiles]", "accuracy on new points"], rows)
    print(
        "backward multiplies by p (1 - p), which cancels the one under dL/dp: p - y is\n"
        f"what arrives, to within {gap:.0e}, and it is large whenever the answer is wrong."
    )
    return plot_classifier(np.array(losses), x[0], y[0], weights[0], bias[0])


def plot_classifier(
    losses: FloatArray, x: FloatArray, y: FloatArray, weights: FloatArray, bias: FloatArray
) -> Figure:
    """Losses (steps, seeds), and what the first seed learned from its points x, y."""
    figure, (left, right) = utils.new_figure(
        "As an output, the sigmoid learns a probability", 2
    )
    utils.plot_spread(left, range(len(losses)), losses, color=utils.COLORS["Sigmoid"])
    left.set(xlabel="step", ylim=(0, None), title="cross-entropy, median and quartiles")

    x1, x2 = np.meshgrid(np.linspace(-4, 4, 121), np.linspace(-4, 4, 121))
    p = Sigmoid()(np.stack([x1, x2], axis=-1) @ weights + bias)[..., 0]
    filled = right.contourf(x1, x2, p, np.linspace(0, 1, 11), cmap="PuOr", alpha=0.8)
    right.contour(x1, x2, p, [0.5], colors=utils.INK)
    for label, marker, face in ((0, "o", "white"), (1, "^", utils.INK)):
        points = x[y[:, 0] == label]
        right.plot(*points.T, marker, markersize=4, color=utils.INK, markerfacecolor=face)
    right.set(
        xlabel="x1", ylabel="x2", aspect="equal", title="probability of class 1 (triangles)"
    )
    figure.colorbar(filled, ax=right, ticks=[0, 0.5, 1])
    return figure


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    compare_with_textbook()
    figures = {
        "sigmoid_curve": utils.explore(Sigmoid(), title="The sigmoid is flat in both tails"),
        "sigmoid_tail": plot_tail(),
        "sigmoid_vanishing": show_vanishing(),
        "sigmoid_classifier": train_classifier(),
    }
    print(
        "\nRemember: a sigmoid turns a score into a probability. Between layers its slope\n"
        "takes three quarters of the gradient or more: keep it for outputs and gates."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
