# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.10.7"]
# ///
"""Lesson 4 - leaky ReLU: a small slope on the left keeps the gradient alive.

The idea. Let a little of what is negative through:

    f(x) = x for x > 0, alpha x for x <= 0          f'(x) = 1 for x > 0, alpha for x <= 0

A unit that no example activates still gets alpha times its gradient and can work its way
back (Maas, Hannun & Ng 2013, with alpha = 0.01; He et al. 2015 learn alpha). How fast
depends on alpha: the usual 0.01 leaks a hundredth, and revives that slowly. This lesson
repeats lesson 3's experiment with several alphas, from the same seeds: alpha = 0 is ReLU.

Run it:  python leaky_relu_from_scratch.py [--save DIR]
"""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from activations_utils import (
    HE,
    SEEDS,
    FloatArray,
    History,
    Network,
    as_real_array,
    heading,
    new_figure,
    note,
    panel_title,
    plot_spread,
    print_gradient_checks,
    print_table,
    print_values,
    run_lesson,
    spirals,
    spread,
    steps_to_reach,
    train,
    upstream_gradient,
)


class LeakyReLU:
    """The leaky rectified linear unit, x where x > 0 and alpha * x elsewhere, elementwise.

    Its slope is 1 for x > 0 and alpha for x <= 0. alpha = 0 is ReLU, alpha = 1 the identity.

    Inputs are real numbers of any shape. float16, float32 and float64 keep their dtype,
    anything else becomes float64. Every method leaves its input as it is and returns a new
    array. Products with alpha are formed in float64 and rounded to the dtype, because alpha
    need not fit into a float16 or float32: no value is off by more than half a unit in the
    last place (plus the 2^-29 of a unit that the float64 product may be off itself).

    Parameters
    ----------
    alpha : finite real number
        The slope on the left, 0.01 as in Maas, Hannun & Ng (2013) unless given. Usually
        between 0 and 1, but any finite value is right.

    Raises
    ------
    TypeError
        alpha is not a real number.
    ValueError
        alpha is not one number, or not finite.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        checked = as_real_array(alpha, "alpha")
        if checked.ndim != 0 or not math.isfinite(checked):
            raise ValueError(f"alpha must be one finite real number, got {alpha!r}")
        self.alpha = float(checked)
        self._slope: Any = None  # set by forward
        self._dtype: Any = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return max(x, 0) + alpha * min(x, 0) and remember what `backward` needs.

        Raises
        ------
        TypeError, ValueError
            x is not an array of real numbers; the layer still holds its last forward.
        """
        x = as_real_array(x)
        slope = self._local_slope(x)
        if self.alpha == 0:
            x = np.maximum(x, 0)  # 0 * -inf would be NaN; its limit is 0
        output = np.multiply(x, slope, out=np.empty_like(x), casting="same_kind")
        self._slope, self._dtype = slope, x.dtype
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/d(output) times the slope at the latest x, in the dtype of x.

        Parameters
        ----------
        grad_output : array of real numbers, of the shape of forward's output
            The upstream gradient. With alpha = 0, infinity or NaN arriving at a closed
            unit gives NaN (0 * inf), as in `ReLU`.

        Raises
        ------
        RuntimeError
            There was no forward yet.
        TypeError, ValueError
            grad_output is not an array of real numbers of the output's shape.
        """
        grad_output = upstream_gradient(grad_output, self._slope, self._dtype)
        grad_x = np.empty_like(grad_output)
        np.multiply(grad_output, self._slope, out=grad_x, casting="same_kind")
        return grad_x

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return the local slope: 1 where x > 0, alpha elsewhere; touches no state."""
        x = as_real_array(x)
        return self._local_slope(x).astype(x.dtype, copy=False)

    def __call__(self, x: ArrayLike) -> FloatArray:
        """The same as `forward`: a layer is also a plain function of x."""
        return self.forward(x)

    def _local_slope(self, x: FloatArray) -> NDArray[np.float64]:
        """1 where x > 0 and alpha elsewhere, in float64 whatever the dtype of x."""
        positive = x > 0
        # Sums of 1 * 0 or 0 * alpha are exact, and quicker than picking with np.where.
        slope = np.multiply(~positive, self.alpha, out=np.empty_like(x, dtype=np.float64))
        slope += positive
        return slope


ALPHAS = (0.0, 0.01, 0.03, 0.1, 0.3)


def show_values() -> None:
    heading("Forward and backward, alpha = 0.01")
    print_values(LeakyReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])


class SealedLeakyReLU(LeakyReLU):
    """A leaky ReLU with a common bug: backward is ReLU's and forgets alpha."""

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        return (self._slope == 1) * np.asarray(grad_output)


def check_gradients() -> None:
    heading("Gradient check: backward against finite differences of forward")
    layers: dict[str, Any] = {f"alpha = {alpha:g}": LeakyReLU(alpha) for alpha in ALPHAS}
    layers["backward without alpha"] = SealedLeakyReLU()
    print_gradient_checks(layers)


def revive() -> Figure:
    heading(f"Reviving: lesson 3's dead start again, biases at -2, over {len(SEEDS)} seeds")
    print("Training 2-32-3 networks on spirals, 1500 steps, 5 times: about 3 s ...")
    x, labels = spirals(turns=0.5)
    histories = {}
    for alpha in ALPHAS:
        network = Network([2, 32, 3], LeakyReLU(alpha), weight_scale=HE, bias=-2)
        histories[alpha] = train(network, x, labels, steps=1500, rate=1.0)
    dead = {alpha: history.dead.mean(axis=2) for alpha, history in histories.items()}
    print(f"Dead at the start: {spread(dead[0.0][0])} of the units (median [quartiles]).")
    rows = []
    for alpha, history in histories.items():
        back = (history.dead[0] & ~history.dead[-1]).sum() / history.dead[0].sum()
        rows.append([
            alpha, spread(dead[alpha][-1]), f"{back:.0%}",
            f"{np.median(history.loss[-1]):.2f}", spread(history.accuracy[-1]),
        ])  # fmt: skip
    print_table(["alpha", "dead at the end", "of the dead, back", "loss", "accuracy"], rows)
    return plot_revival(histories)


def plot_revival(histories: dict[float, History]) -> Figure:
    title = "A leak of 0.1 revives dead units, one of 0.01 hardly any"
    figure, (left, right) = new_figure(title, columns=2)
    shades = plt.colormaps["RdPu"](np.linspace(1, 0.45, len(histories)))
    for (alpha, history), shade in zip(histories.items(), shades, strict=True):
        # Units flicker in and out: means over 50 steps show where they are heading.
        share = history.dead[:1500].mean(axis=2).reshape(30, 50, -1).mean(axis=1)
        plot_spread(left, range(25, 1500, 50), share, label="", color=shade)
        note(left, f"alpha {alpha:g}", (1500, np.median(share[-1])), (2, -4), color=shade)
        low, median, high = np.percentile(history.accuracy[-1], [25, 50, 75])
        right.plot(
            [low, high],
            [f"{alpha:g}"] * 2,
            color=shade,
            linewidth=7,
            alpha=0.4,
            solid_capstyle="butt",
        )
        right.plot(median, f"{alpha:g}", "o", color=shade)
    left.set(xlabel="step", ylabel="share of dead units", ylim=(0, 1.03), xlim=(0, 2000))
    left.set_xticks([0, 500, 1000, 1500])
    panel_title(left, "dead units, means over 50 steps")
    right.set(xlabel="accuracy after 1500 steps", ylabel="alpha", xlim=(0.5, 1.01))
    panel_title(right, f"median and quartiles of {len(SEEDS)} seeds")
    return figure


def start_alive() -> None:
    heading(f"And where nothing starts dead: lesson 3's convergence task, {len(SEEDS)} seeds")
    print("Training 2-32-32-3 networks on spirals, 500 steps, 5 times: about 2 s ...")
    x, labels = spirals()
    rows, reached = [], {}
    for alpha in ALPHAS:
        network = Network([2, 32, 32, 3], LeakyReLU(alpha), weight_scale=HE)
        history = train(network, x, labels, steps=500, rate=0.3)
        reached[alpha] = steps_to_reach(history.loss, 0.3)
        rows.append([alpha, spread(reached[alpha], ".0f"), spread(history.loss[-1], ".3f")])
    print_table(["alpha", "steps to loss 0.3", "loss at the end"], rows)
    ratios = [np.median(reached[alpha] / reached[0.0]) for alpha in (0.01, 0.3)]
    print(
        "Steps beside ReLU's: x{:.2f} with alpha 0.01, x{:.2f} with alpha 0.3.".format(*ratios)
    )


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    revival = revive()
    start_alive()
    print(
        "\nRemember: with a leak a dead unit keeps a gradient and can come back. With the\n"
        "usual 0.01 few do; with 0.1 many do; and alphas much larger cost non-linearity."
    )
    return {"leaky_relu_revival": revival}


if __name__ == "__main__":
    run_lesson(main, __doc__)
