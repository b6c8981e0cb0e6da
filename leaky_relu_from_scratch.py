# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
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

import math
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray


class LeakyReLU:
    """x where x > 0 and alpha * x elsewhere, of real numbers; keeps their shape and dtype.

    alpha, one finite real number, need not fit into a float16 or float32: products with it
    are formed in float64, and rounded to half a unit in the last place.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        checked = utils.as_real_array(alpha, "alpha")
        if checked.ndim != 0 or not math.isfinite(checked):
            raise ValueError(f"alpha must be one finite real number, got {alpha!r}")
        self.alpha = float(checked)
        self._slope: Any = None
        self._dtype: Any = None

    def _local_slope(self, x: FloatArray) -> FloatArray:
        return np.asarray(
            np.take([self.alpha, 1.0], x > 0)
        )  # False takes the first, True the second

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return x times its slope, and remember the slope for `backward`."""
        x = utils.as_real_array(x)
        slope = self._local_slope(x)
        if self.alpha == 0:
            x = np.maximum(x, 0)  # 0 * -inf would be NaN; its limit is 0
        output = np.asarray(x * slope).astype(x.dtype)
        self._slope, self._dtype = slope, x.dtype
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/df * f'(x), for the x of the latest forward."""
        grad_output = utils.upstream_gradient(grad_output, self._slope, self._dtype)
        return np.asarray(grad_output * self._slope).astype(self._dtype)

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return 1 where x > 0, and alpha elsewhere."""
        x = utils.as_real_array(x)
        return self._local_slope(x).astype(x.dtype)

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


ALPHAS = (0.0, 0.01, 0.03, 0.1, 0.3)


def show_values() -> None:
    utils.heading("Forward and backward, alpha = 0.01")
    utils.print_values(LeakyReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])


class SealedLeakyReLU(LeakyReLU):
    """A leaky ReLU with a common bug: backward is ReLU's and forgets alpha."""

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        return (self._slope == 1) * np.asarray(grad_output)


def check_gradients() -> None:
    utils.heading("Gradient check: backward against finite differences of forward")
    layers: dict[str, Any] = {f"alpha = {alpha:g}": LeakyReLU(alpha) for alpha in ALPHAS}
    layers["backward without alpha"] = SealedLeakyReLU()
    utils.print_gradient_checks(layers)


def revive() -> Figure:
    seeds = len(utils.SEEDS)
    utils.heading(f"Reviving: lesson 3's dead start again, biases at -2, over {seeds} seeds")
    print("Training 2-32-3 networks on spirals, 1500 steps, 5 times: about 2 s ...")
    x, labels = utils.spirals(turns=0.5)
    histories = {}
    for alpha in ALPHAS:
        network = utils.Network([2, 32, 3], LeakyReLU(alpha), weight_scale=utils.HE, bias=-2)
        histories[alpha] = utils.train(
            network, x, labels, steps=1500, rate=1.0, watch=utils.dead_units
        )
    print_revival(histories)
    return plot_revival(histories)


def print_revival(histories: Mapping[float, utils.History]) -> None:
    at_start = histories[0.0].watched[0].mean(axis=1)
    print(f"Dead at the start: {utils.spread(at_start)} of the units (median [quartiles]).")
    rows = []
    for alpha, history in histories.items():
        first, last = history.watched[[0, -1]]
        back = (first & ~last).sum() / first.sum()
        rows.append([
            alpha, utils.spread(last.mean(axis=1)), f"{back:.0%}",
            f"{np.median(history.loss[-1]):.2f}", utils.spread(history.accuracy[-1]),
        ])  # fmt: skip
    utils.print_table(
        ["alpha", "dead at the end", "of the dead, back", "loss", "accuracy"], rows
    )


def plot_revival(histories: Mapping[float, utils.History]) -> Figure:
    title = "A leak of 0.1 revives dead units, one of 0.01 hardly any"
    figure, (left, right) = utils.new_figure(title, columns=2)
    shades = plt.colormaps["RdPu"](np.linspace(1, 0.45, len(histories)))
    for (alpha, history), shade in zip(histories.items(), shades, strict=True):
        # Units flicker in and out: means over 50 steps show where they are heading.
        share = history.watched[:1500].mean(axis=2).reshape(30, 50, -1).mean(axis=1)
        utils.plot_spread(left, range(25, 1500, 50), share, color=shade)
        at = (1500, np.median(share[-1]))
        utils.note(left, f"alpha {alpha:g}", at, (2, -4), color=shade)

        low, median, high = np.percentile(history.accuracy[-1], [25, 50, 75])
        band = {"linewidth": 7, "alpha": 0.4, "solid_capstyle": "butt"}
        right.plot([low, high], [f"{alpha:g}"] * 2, color=shade, **band)
        right.plot(median, f"{alpha:g}", "o", color=shade)
    left.set(xlabel="step", ylabel="share of dead units", ylim=(0, 1.03), xlim=(0, 2000))
    left.set(xticks=[0, 500, 1000, 1500], title="dead units, means over 50 steps")
    right.set(xlabel="accuracy after 1500 steps", ylabel="alpha", xlim=(0.5, 1.01))
    right.set(title=f"median and quartiles of {len(utils.SEEDS)} seeds")
    return figure


def start_alive() -> None:
    seeds = len(utils.SEEDS)
    utils.heading(f"And where nothing starts dead: lesson 3's convergence task, {seeds} seeds")
    print("Training 2-32-32-3 networks on spirals, 500 steps, 5 times: about 1 s ...")
    x, labels = utils.spirals()
    rows, reached = [], {}
    for alpha in ALPHAS:
        network = utils.Network([2, 32, 32, 3], LeakyReLU(alpha), weight_scale=utils.HE)
        history = utils.train(network, x, labels, steps=500, rate=0.3)
        reached[alpha] = utils.steps_to_reach(history.loss, 0.3)
        rows.append(
            [alpha, utils.spread(reached[alpha], ".0f"), utils.spread(history.loss[-1], ".3f")]
        )
    utils.print_table(["alpha", "steps to loss 0.3", "loss at the end"], rows)
    ratios = [np.median(reached[alpha] / reached[0.0]) for alpha in (0.01, 0.3)]
    print(
        "Steps beside ReLU's: x{:.2f} with alpha 0.01, x{:.2f} with alpha 0.3.".format(*ratios)
    )


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    figures = {
        "leaky_relu_curve": utils.explore(
            LeakyReLU, title="The leak keeps some gradient alive", alpha=(0.0, 1.0, 0.1)
        ),
        "leaky_relu_revival": revive(),
    }
    start_alive()
    print(
        "\nRemember: with a leak a dead unit keeps a gradient and can come back. With the\n"
        "usual 0.01 few do; with 0.1 many do; and alphas much larger cost non-linearity."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
