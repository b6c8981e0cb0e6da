# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 4 - leaky ReLU: a small slope on the left keeps the gradient alive.

The idea. Let a little of what is negative through:

    f(x) = x for x > 0, alpha x for x <= 0          f'(x) = 1 for x > 0, alpha for x <= 0

A unit that no example activates still gets alpha times its gradient and can work its way
back (Maas, Hannun & Ng 2013, with alpha = 0.01; He et al. 2015 learn alpha). How fast
depends on alpha. This lesson repeats lesson 3's experiments with several alphas, from the
same seeds: alpha = 0 is ReLU.

Run it:  python leaky_relu_from_scratch.py [--save DIR]
"""

import math
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray


class LeakyReLU:
    """x where x > 0 and alpha * x elsewhere, of real numbers; keeps their shape and dtype.

    alpha, one finite real number, is rounded to the dtype of x, as PyTorch does it; outputs
    are within 1.5 units in the last place. Raises ValueError or TypeError for another alpha.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        checked = utils.as_real_array(alpha, "alpha")
        if checked.ndim != 0 or not math.isfinite(checked):
            raise ValueError(f"alpha must be one finite real number, got {alpha!r}")
        self.alpha = float(checked)
        self._slope: FloatArray | None = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return x times its slope, and remember the slope for `backward`."""
        x = utils.as_real_array(x)
        slope = self.derivative(x)
        output = x * slope
        self._slope = slope
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/df * f'(x), for the x of the latest forward."""
        return utils.upstream_gradient(grad_output, self._slope) * self._slope

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return 1 where x > 0, and alpha elsewhere."""
        x = utils.as_real_array(x)
        return np.where(x > 0, 1, self.alpha).astype(x.dtype)

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


class SealedLeakyReLU(LeakyReLU):
    """A leaky ReLU with a common bug: backward is ReLU's and forgets alpha."""

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        return (self._slope == 1) * np.asarray(grad_output)


ALPHAS = (0.0, 0.01, 0.03, 0.1, 0.3)
LAYERS = {
    **{f"alpha = {alpha:g}": LeakyReLU(alpha) for alpha in ALPHAS},
    "backward without alpha": SealedLeakyReLU(),
}


class Run(NamedTuple):
    """A network of one hidden layer of 32 units in training, at one alpha."""

    dead: np.ndarray  # (steps + 1, seeds, units): units that no example activates
    loss: FloatArray  # of each seed, at the end
    new_accuracy: FloatArray  # of each seed, on points that it was not trained on


# Two ways into trouble, and none: rate and starting bias.
STARTS = {"dead start": (1.0, -2.0), "large steps": (10.0, 0.0), "nothing wrong": (1.0, 0.0)}


def measure(rate: float, bias: float, steps: int = 800) -> dict[float, Run]:
    """Train 2-32-3 networks on spirals, one run for each of ALPHAS."""
    (x, labels), (new_x, new_labels) = (
        utils.spirals(turns=0.5, points=30, new=new) for new in (False, True)
    )
    runs = {}
    for alpha in ALPHAS:
        network = utils.Network([2, 32, 3], LeakyReLU(alpha), weight_scale=utils.HE, bias=bias)
        with np.errstate(all="ignore"):  # too large a step ends in infinity
            history = utils.train(
                network, x, labels, steps=steps, rate=rate, watch=utils.dead_units
            )
            learned = utils.accuracy(network.forward(new_x), new_labels)
        runs[alpha] = Run(history.watched, history.loss[-1], learned)
    return runs


def share_back(run: Run) -> float:
    """Of the units that started dead, in all seeds, the share that is alive at the end."""
    first, last = run.dead[[0, -1]]
    return float((first & ~last).sum() / first.sum()) if first.any() else math.nan


def print_runs(runs: dict[float, Run]) -> None:
    rows = [
        [f"{alpha:g}", f"{np.median(run.dead[0].mean(axis=1)):.2f}",
         utils.spread(run.dead[-1].mean(axis=1)), f"{share_back(run):.0%}".replace("nan%", "-"),
         f"{np.median(run.loss):.2f}".replace("nan", "diverged"),
         utils.spread(run.new_accuracy)]
        for alpha, run in runs.items()
    ]  # fmt: skip
    utils.print_table(
        ["alpha", "dead at 0", "dead at the end", "came back", "loss", "new points right"], rows
    )


def plot_revival(runs: dict[float, Run], window: int = 20) -> Figure:
    title = "A leak revives dead units; alpha decides how fast"
    figure, ax = utils.new_figure(title)
    for (alpha, run), shade in zip(runs.items(), shades(len(runs)), strict=True):
        # Units flicker in and out: means over a window show where they are heading.
        share = run.dead.mean(axis=2)
        starts = range(0, len(share) - window + 1, window)
        means = np.array([share[i : i + window].mean(axis=0) for i in starts])
        utils.plot_spread(ax, np.arange(len(means)) * window, means, color=shade)
        at = ((len(means) - 1) * window, np.median(means[-1]))
        utils.note(ax, f"alpha {alpha:g}", at, (6, -4), color=shade)
    ax.set(xlabel="step", ylabel="share of dead units")
    ax.set(
        xlim=(0, 1.17 * len(share)), title=f"means over {window} steps, median and quartiles"
    )
    return figure


def plot_accuracies(by_start: dict[str, dict[float, Run]]) -> Figure:
    title = "What alpha should be depends on what goes wrong"
    figure, axes = utils.new_figure(title, len(by_start), sharey=True)
    for ax, (name, runs) in zip(axes, by_start.items(), strict=True):
        for (alpha, run), shade in zip(runs.items(), shades(len(runs)), strict=True):
            low, median, high = utils.quartiles(run.new_accuracy)
            band = {"linewidth": 7, "alpha": 0.4, "solid_capstyle": "butt"}
            ax.plot([low, high], [f"{alpha:g}"] * 2, color=shade, **band)
            ax.plot(median, f"{alpha:g}", "o", color=shade)
        ax.set(xlabel="new points right", xlim=(0.3, 1.02), title=name)
    axes[0].set(ylabel="alpha")
    return figure


def shades(count: int) -> FloatArray:
    """From dark to light in leaky ReLU's hue, for one alpha after the other."""
    return plt.colormaps["RdPu"](np.linspace(1, 0.45, count))


def main() -> dict[str, Figure]:
    utils.heading(f"Forward and backward, alpha = {LeakyReLU().alpha:g}")
    utils.print_values(utils.measure_values(LeakyReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10]))

    utils.heading("Gradient check: backward against finite differences of forward")
    checks = {name: utils.gradient_check(layer) for name, layer in LAYERS.items()}
    utils.print_gradient_checks(checks)

    by_start = {}
    for name, (rate, bias) in STARTS.items():
        seeds = len(utils.SEEDS)
        utils.heading(f"{name.capitalize()}: rate {rate:g}, biases at {bias:g}, {seeds} seeds")
        print(f"Training with {len(ALPHAS)} alphas ...")
        by_start[name] = measure(rate, bias)
        print_runs(by_start[name])

    print(
        "\nRemember: with a leak a dead unit keeps a gradient and can come back; alpha\n"
        "decides how fast. From a dead start 0.01 lags behind, with large steps 0.1 and\n"
        "0.3 diverge; where nothing goes wrong alpha changes little."
    )
    return {
        "leaky_relu_curve": utils.explore(
            LeakyReLU,
            title="The leak passes alpha of the gradient on the left",
            alpha=(0.0, 1.0, 0.1),
        ),
        "leaky_relu_revival": plot_revival(by_start["dead start"]),
        "leaky_relu_accuracy": plot_accuracies(by_start),
    }


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
