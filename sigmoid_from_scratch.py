# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.10.7"]
# ///
"""Lesson 1 - the sigmoid: probability's own curve, and how it saturates.

The idea. Squash any real number into (0, 1):

    s(x) = 1 / (1 + exp(-x))          s'(x) = s(x) (1 - s(x))

That is a probability from a score, which is what the sigmoid is for: the last step of a
binary classifier, the gates of an LSTM. Inside deep networks it was the first choice for
decades (Rumelhart, Hinton & Williams 1986) and fell out of use for what this lesson
measures: its slope is at most 1/4 and next to nothing in both tails, so each layer takes
most of the gradient away.

Run it:  python sigmoid_from_scratch.py [--save DIR]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from activations_utils import (
    COLORS,
    FAINT,
    INK,
    SEEDS,
    FloatArray,
    as_real_array,
    gradient_flow,
    heading,
    new_figure,
    note,
    panel_title,
    plot_activation_curve,
    plot_gradient,
    plot_gradient_flow,
    plot_spread,
    print_gradient_checks,
    print_table,
    print_values,
    run_lesson,
    spread,
    upstream_gradient,
)


class Sigmoid:
    """The logistic sigmoid, s(x) = 1 / (1 + exp(-x)), elementwise.

    Everything is computed from its small side, q = s(-|x|) = e / (1 + e) with
    e = exp(-|x|). q lies in [0, 1/2], so that neither exp can overflow nor 1 - q lose a
    digit. By symmetry s(x) is q where x < 0 and 1 - q elsewhere, and the textbook's slope
    s (1 - s) is q (1 - q).

    Inputs are real numbers of any shape. float16, float32 and float64 keep their dtype,
    anything else becomes float64. Every method leaves its input as it is and returns a new
    array; each value is within 5 units in the last place of the exact one.
    """

    def __init__(self) -> None:
        self._slope: Any = None  # set by forward

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return s(x), of the shape of x, and remember its slope for `backward`.

        Raises
        ------
        TypeError, ValueError
            x is not an array of real numbers; the layer still holds its last forward.
        """
        x = as_real_array(x)
        q = _small_side(x)
        p = np.subtract(1, q, out=np.empty_like(x))  # the large side, s(|x|)
        # x + 1/2 lies below q where x < 0 and above p where x > 0. Clamped between the two
        # it becomes the right one, without a branch for the processor to mispredict.
        output = np.add(x, 0.5, out=np.empty_like(x))
        np.maximum(output, q, out=output)
        np.minimum(output, p, out=output)
        p *= q
        self._slope = p
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/ds * s (1 - s) for the latest forward, in the dtype of its x.

        Parameters
        ----------
        grad_output : array of real numbers, of the shape of forward's output
            dL/ds, the upstream gradient. In a tail where the slope is 0, infinity times
            it is NaN.

        Raises
        ------
        RuntimeError
            There was no forward yet.
        TypeError, ValueError
            grad_output is not an array of real numbers of the output's shape.
        """
        grad_output = upstream_gradient(grad_output, self._slope)
        return np.multiply(grad_output, self._slope, out=np.empty_like(self._slope))

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return the local slope s'(x) = s(x) (1 - s(x)), at most 1/4; touches no state."""
        q = _small_side(as_real_array(x))
        slope = np.subtract(1, q, out=np.empty_like(q))
        slope *= q
        return slope

    def __call__(self, x: ArrayLike) -> FloatArray:
        """The same as `forward`: a layer is also a plain function of x."""
        return self.forward(x)


def _small_side(x: FloatArray) -> FloatArray:
    """s(-|x|) = e / (1 + e), with e = exp(-|x|); in place, for memory costs more than sums."""
    q = np.abs(x, out=np.empty_like(x))
    np.negative(q, out=q)
    np.exp(q, out=q)
    q /= 1 + q
    return q


def show_values() -> None:
    heading("Forward and backward")
    print_values(Sigmoid(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    at_0, at_10 = Sigmoid().derivative([0, 10])
    print(f"The slope is largest at 0, {at_0:g}; at 10 it is down to {at_10:.1g}.")


class ForgetfulSigmoid(Sigmoid):
    """A sigmoid with a common bug: backward forgets the factor (1 - s)."""

    def forward(self, x: ArrayLike) -> FloatArray:
        self._slope = super().forward(x)
        return self._slope


def check_gradients() -> None:
    heading("Gradient check: backward against finite differences of forward")
    print_gradient_checks({"Sigmoid": Sigmoid(), "without (1 - s)": ForgetfulSigmoid()})


def textbook_sigmoid(x: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):  # without this NumPy warns: exp(750) overflows
        return 1 / (1 + np.exp(-x))


def compare_with_textbook() -> None:
    heading("Why the textbook code is wrong")
    x = np.array([-750.0, -745, -40, 0, 17, 36, 37, 40, 100, 750])
    s = textbook_sigmoid(x)
    layer = Sigmoid()
    print_table(
        ["x", "1/(1+exp(-x))", "Sigmoid", "s*(1-s)", "Sigmoid slope"],
        zip(x, s, layer(x), s * (1 - s), layer.derivative(x), strict=True),
    )
    print(
        "Left of -709 exp(-x) overflows. On the right s rounds to 1, and 1 - s leaves\n"
        "nothing of a slope that float64 could well hold. exp(-|x|) has neither fault: it\n"
        "is at most 1, and q = s(-|x|), the small side, keeps its digits for q (1 - q)."
    )


def show_vanishing() -> Figure:
    heading("Vanishing gradients: a network of 20 random sigmoid layers")
    norms = gradient_flow(Sigmoid())
    layers = np.arange(len(norms))
    bound = 0.25 ** (layers[-1] - layers)
    shown = [20, 19, 18, 15, 10, 5, 0]
    print_table(
        ["layer", f"gradient norm, median [quartiles] of {len(SEEDS)} seeds", "(1/4)^layers"],
        [[n, spread(norms[n], ".1e"), f"{bound[n]:.1e}"] for n in shown],
    )
    per_layer = np.median(norms[0]) ** (1 / layers[-1])
    print(f"On average a layer leaves {per_layer:.2f} of the gradient that reaches it.")

    figure, ax = new_figure(f"Each sigmoid layer leaves {per_layer:.2f} of the gradient")
    plot_gradient_flow({"measured": norms}, colors={"measured": COLORS["Sigmoid"]}, ax=ax)
    ax.plot(
        layers, bound, color=INK, linestyle="--", label="(1/4)^layers: slopes at their best"
    )
    ax.legend(loc="lower right")
    return figure


def plot_saturation() -> Figure:
    figure, (left, right) = new_figure(
        "Both tails are flat; computed badly, one loses its slope", 2
    )
    plot_activation_curve(Sigmoid(), (-10, 10), ax=left)
    plot_gradient(Sigmoid(), (-10, 10), ax=left, color=FAINT)
    left.set(ylabel="", ylim=(-0.05, 1.12))
    left.text(-9.5, 0.9, "s(x)", color=COLORS["Sigmoid"], fontweight="bold")
    left.text(-9.5, 0.8, "slope, at most 1/4", color="#777777", fontweight="bold")

    x = np.linspace(-60, 60, 1201)
    s = textbook_sigmoid(x)
    right.plot(x, Sigmoid().derivative(x), color=COLORS["Sigmoid"], linewidth=2.2)
    slope = s * (1 - s)
    right.plot(x, np.where(slope > 0, slope, np.nan), color=INK, linestyle="--")
    end = x[slope > 0].max()
    right.plot(end, slope[x == end], "o", color=INK)
    note(right, f"s*(1-s) is exactly\n0 beyond {end:.1f}", (0, 1e-20), (0, 0), ha="center")
    right.set(yscale="log", xlabel="input x")
    panel_title(right, "slope: Sigmoid (line), s*(1-s) (dashed)")
    return figure


def blobs(seeds: Iterable[Any], points: int = 100) -> tuple[FloatArray, FloatArray]:
    """Two overlapping clouds: x (seeds, 2 * points, 2), y (seeds, 2 * points, 1) of 0 and 1."""
    y = np.repeat([0.0, 1.0], points)[:, None]
    centers = np.where(y == 0, [-1.0, -0.5], [1.0, 0.5])
    x = [np.random.default_rng(seed).normal(centers) for seed in seeds]
    return np.array(x), np.tile(y, (len(x), 1, 1))


def train_classifier() -> Figure:
    heading("What it is for: a classifier trained with this very forward and backward")
    x, y = blobs(SEEDS)
    new_x, new_y = blobs((seed, 2) for seed in SEEDS)
    weights, bias = np.zeros((len(SEEDS), 2, 1)), np.zeros((len(SEEDS), 1, 1))
    layer = Sigmoid()
    losses, rows, gap = [], [], 0.0
    for step in range(101):
        p = layer.forward(x @ weights + bias)
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p), axis=(1, 2)))
        if step in (0, 1, 5, 20, 100):
            right = (Sigmoid()(new_x @ weights + bias) > 0.5) == new_y
            rows.append([step, spread(losses[-1]), spread(right.mean(axis=(1, 2)))])
        grad_p = (p - y) / (p * (1 - p)) / y.shape[1]  # dL/dp of the cross-entropy
        grad_score = layer.backward(grad_p)
        gap = max(gap, np.abs(grad_score - (p - y) / y.shape[1]).max())
        weights -= 1.0 * x.swapaxes(1, 2) @ grad_score
        bias -= 1.0 * grad_score.sum(axis=1, keepdims=True)
    print_table(["step", "loss, median [quartiles]", "accuracy on new points"], rows)
    print(
        "backward multiplies by p (1 - p), which cancels the one under dL/dp: p - y is\n"
        f"what arrives, to within {gap:.0e}, and it is large whenever the answer is wrong."
    )

    figure, (left, right) = new_figure("As an output, the sigmoid learns a probability", 2)
    plot_spread(left, range(101), np.array(losses), label="", color=COLORS["Sigmoid"])
    left.set(xlabel="step", ylim=(0, None))
    panel_title(left, "cross-entropy, median and quartiles")

    grid = np.stack(np.meshgrid(np.linspace(-4, 4, 121), np.linspace(-4, 4, 121)), axis=-1)
    surface = Sigmoid()(grid @ weights[0] + bias[0])[..., 0]
    levels = np.linspace(0, 1, 11)
    filled = right.contourf(*np.moveaxis(grid, -1, 0), surface, levels, cmap="PuOr", alpha=0.8)
    right.contour(*np.moveaxis(grid, -1, 0), surface, [0.5], colors=INK)
    for label, marker, face in ((0, "o", "white"), (1, "^", INK)):
        points = x[0, y[0, :, 0] == label]
        right.plot(*points.T, marker, markersize=4, color=INK, markerfacecolor=face)
    right.set(xlabel="x1", ylabel="x2", aspect="equal")
    panel_title(right, "probability of class 1 (triangles)")
    figure.colorbar(filled, ax=right, ticks=[0, 0.5, 1])
    return figure


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    compare_with_textbook()
    vanishing = show_vanishing()
    classifier = train_classifier()
    print(
        "\nRemember: a sigmoid turns a score into a probability. Between layers its slope\n"
        "takes three quarters of the gradient or more: keep it for outputs and gates."
    )
    return {
        "sigmoid_curve": plot_saturation(),
        "sigmoid_vanishing": vanishing,
        "sigmoid_classifier": classifier,
    }


if __name__ == "__main__":
    run_lesson(main, __doc__)
