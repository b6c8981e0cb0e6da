# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 3 - ReLU: sparse, quick to learn, and easily killed.

The idea. Let what is positive through and stop the rest:

    ReLU(x) = max(0, x)          ReLU'(x) = 1 for x > 0, 0 for x <= 0

Where a unit is active the gradient passes undiminished, through any number of layers; that,
more than its price of one comparison, made deep networks trainable without tricks (Nair &
Hinton 2010; Glorot, Bordes & Bengio 2011; Krizhevsky, Sutskever & Hinton 2012). Where it is
not, nothing passes at all: a unit that no example activates learns nothing any more.

Run it:  python relu_from_scratch.py [--save DIR]
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray


class ReLU:
    """The rectified linear unit of real numbers, elementwise; it keeps their shape and dtype.

    Exact. At the kink in 0 any slope from 0 to 1 is a subgradient; like PyTorch, we take 0.
    """

    def __init__(self) -> None:
        self._slope: Any = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return max(0, x), and remember its slope for `backward`."""
        x = utils.as_real_array(x)
        self._slope = self.derivative(x)
        return np.asarray(np.maximum(0, x))

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx: the upstream gradient where the latest x was positive, else 0."""
        return np.asarray(utils.upstream_gradient(grad_output, self._slope) * self._slope)

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return 1 where x > 0, and 0 elsewhere (and for NaN)."""
        x = utils.as_real_array(x)
        return np.asarray(x > 0).astype(x.dtype)

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


def show_values() -> None:
    utils.heading("Forward and backward")
    utils.print_values(ReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])


class MisgatedReLU(ReLU):
    """A ReLU with a common bug: backward asks whether the gradient is positive, not x."""

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        return np.maximum(grad_output, 0)


def check_gradients() -> None:
    utils.heading("Gradient check: backward against finite differences of forward")
    utils.print_gradient_checks({"ReLU": ReLU(), "gated by the gradient": MisgatedReLU()})
    middle = utils.numerical_gradient(ReLU(), 0.0)
    print(
        f"At the kink in 0 the slope is 0 from the left and 1 from the right, and central\n"
        f"differences give {middle:g}. The check accepts 0 to 1; the usual choice is 0."
    )


def show_silence() -> None:
    seeds = len(utils.SEEDS)
    utils.heading(f"Sparse: silent outputs in a random network of width 64, over {seeds} seeds")
    generators = [np.random.default_rng(seed) for seed in utils.SEEDS]
    h = np.array([rng.normal(size=(100, 64)) for rng in generators])
    rows = []
    for layer in range(1, 11):
        weights = [rng.normal(0, utils.HE / 64**0.5, (64, 64)) for rng in generators]
        h = ReLU()(h @ np.array(weights))
        if layer in (1, 2, 5, 10):
            rows.append([layer, utils.spread((h == 0).mean(axis=(1, 2)))])
    utils.print_table(["layer", "share of zeros, median [quartiles]"], rows)


class Textbook:
    """An activation from two formulas, the slope in terms of the output; to compare with."""

    def __init__(self, output: Callable[..., Any], slope: Callable[..., Any]) -> None:
        self._output, self._slope = output, slope

    def forward(self, x: FloatArray) -> FloatArray:
        self._y = self._output(x)
        return self._y

    def backward(self, grad_output: FloatArray) -> FloatArray:
        return grad_output * self._slope(self._y)


TEXTBOOK_SIGMOID = Textbook(lambda x: 1 / (1 + np.exp(-x)), lambda s: s * (1 - s))
TEXTBOOK_TANH = Textbook(np.tanh, lambda t: 1 - t * t)


def time_each(layers: Mapping[str, Any], x: FloatArray) -> dict[str, float]:
    """Median seconds of a forward and a backward pass of each layer."""
    seconds: dict[str, list[float]] = {name: [] for name in layers}
    for _ in range(100):  # in turn, so that a busy moment of the machine meets all
        for name, layer in layers.items():
            start = time.perf_counter()
            layer.forward(x)
            layer.backward(x)
            seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(times)) for name, times in seconds.items()}


def show_cost() -> None:
    utils.heading("What it costs: forward + backward, measured now, 65,536 float32")
    x = np.random.default_rng(0).normal(size=65536).astype(np.float32)
    layers = {"ReLU": ReLU(), "sigmoid": TEXTBOOK_SIGMOID, "tanh": TEXTBOOK_TANH}
    seconds = time_each(layers, x)
    utils.print_table(
        ["", "ns per element", "times ReLU"],
        [
            [name, f"{spent / x.size * 1e9:.2f}", f"{spent / seconds['ReLU']:.1f}"]
            for name, spent in seconds.items()
        ],
    )
    print(
        "(sigmoid and tanh by their textbook formulas.) How they compare depends on how\n"
        "well NumPy knows this processor. The matrix product before them costs far more."
    )


def show_gradient_flow() -> Figure:
    seeds = len(utils.SEEDS)
    utils.heading(f"Gradients that survive depth: 20 random layers, over {seeds} seeds")
    norms = {
        "ReLU, He initialization": utils.gradient_flow(ReLU, weight_scale=utils.HE),
        "ReLU, weight scale 1": utils.gradient_flow(ReLU),
        "sigmoid, weight scale 1": utils.gradient_flow(TEXTBOOK_SIGMOID),
    }
    utils.print_table(
        ["gradient norm at the input", "median [quartiles]"],
        [[name, utils.spread(runs[0], ".1e")] for name, runs in norms.items()],
    )
    print(
        "Half of the units stop the gradient, so that each layer leaves half of its\n"
        "square. Weights larger by sqrt(2) make up for that (He et al. 2015)."
    )
    figure, ax = utils.new_figure("With He initialization ReLU keeps the gradient alive")
    colors = (utils.COLORS["ReLU"], utils.INK, utils.COLORS["Sigmoid"])
    utils.plot_gradient_flow(norms, colors=dict(zip(norms, colors, strict=True)), ax=ax)
    return figure


TEXTBOOK_LEAKY = Textbook(
    lambda x: np.where(x > 0, x, x / 100), lambda y: np.where(y > 0, 1, 0.01)
)
DEPTHS = (1, 2, 4, 8)


def show_depth() -> Figure:
    utils.heading("And learning? Loss after 200 steps at the best rate; guessing costs 1.10")
    print("Training 4 activations with 1 to 8 hidden layers at 5 rates, 5 seeds: 2 s ...")
    layers = {
        "Sigmoid": (TEXTBOOK_SIGMOID, 1.0),
        "Tanh": (TEXTBOOK_TANH, 1.0),
        "ReLU": (ReLU, utils.HE),
        "LeakyReLU": (TEXTBOOK_LEAKY, utils.HE),
    }
    losses = {
        name: np.array([utils.loss_at_best_rate(layer, n, scale, range(5)) for n in DEPTHS])
        for name, (layer, scale) in layers.items()
    }
    spreads = (map(utils.spread, runs) for runs in losses.values())
    utils.print_table(["", *losses], zip(DEPTHS, *spreads, strict=True))

    figure, ax = utils.new_figure("With depth the sigmoid stops learning, the others do not")
    for (name, runs), width in zip(losses.items(), (2.2, 6, 4, 2), strict=True):
        style = {"color": utils.COLORS[name], "label": name, "linewidth": width}
        utils.plot_spread(ax, DEPTHS, runs, marker="o", **style)
    utils.plot_guessing(ax, DEPTHS)
    ax.set(xlabel="hidden layers of 16 units")
    return figure


CONTENDERS = {"ReLU": (ReLU, utils.HE), "tanh": (TEXTBOOK_TANH, 1.0)}  # with weight scales
RATES = (0.1, 0.3, 1.0)


def show_convergence() -> Figure:
    seeds = len(utils.SEEDS)
    utils.heading(f"Convergence: the network and the spirals of lesson 2, {seeds} seeds")
    print("Training 2-32-32-3 networks, 600 steps, 6 times: about 2 s ...")
    x, labels = utils.spirals()
    losses, reached, rows = {}, {}, []
    for rate in RATES:
        for name, (activation, scale) in CONTENDERS.items():
            network = utils.Network([2, 32, 32, 3], activation, weight_scale=scale)
            history = utils.train(network, x, labels, steps=600, rate=rate)
            losses[name, rate] = history.loss
            reached[name, rate] = utils.steps_to_reach(history.loss, 0.3)
            rows.append([
                name, rate, utils.spread(reached[name, rate], ".0f"),
                utils.spread(history.loss[-1], ".3f"), utils.spread(history.accuracy[-1]),
            ])  # fmt: skip
    utils.print_table(["", "rate", "steps to loss 0.3", "loss at the end", "accuracy"], rows)
    best = {name: min(np.median(reached[name, rate]) for rate in RATES) for name in CONTENDERS}
    ratio = best["tanh"] / best["ReLU"]
    print(f"At the best of these rates tanh needs {ratio:.1f} times the steps of ReLU.")
    return plot_convergence(losses)


def plot_convergence(losses: Mapping[tuple[str, float], FloatArray]) -> Figure:
    figure, axes = utils.new_figure(
        "ReLU learns the spirals sooner than tanh", len(RATES), sharey=True
    )
    for ax, rate in zip(axes, RATES, strict=True):
        for name, color, shift in (("ReLU", "ReLU", -24), ("tanh", "Tanh", 12)):
            loss, style = losses[name, rate], {"color": utils.COLORS[color]}
            utils.plot_spread(ax, range(len(loss)), loss, **style)
            at = (400, np.median(loss[400]))
            utils.note(ax, name, at, (0, shift), fontweight="bold", **style)
        ax.set(xlabel="step", yscale="log", title=f"learning rate {rate:g}")
    axes[0].set(ylabel="training loss, median and quartiles")
    return figure


STARTS = ((1.0, 0.0), (3.0, 0.0), (5.0, 0.0), (10.0, 0.0), (1.0, -2.0))  # rate, bias


def show_dying() -> Figure:
    seeds = len(utils.SEEDS)
    utils.heading(f"Dying: hidden units that no example activates, over {seeds} seeds")
    print("Training 2-32-3 networks on spirals, 1500 steps, 5 times: about 2 s ...")
    x, labels = utils.spirals(turns=0.5)
    shares, rows = {}, []
    for rate, bias in STARTS:
        network = utils.Network([2, 32, 3], ReLU, weight_scale=utils.HE, bias=bias)
        history = utils.train(network, x, labels, steps=1500, rate=rate, watch=utils.dead_units)
        dead = history.watched  # (steps + 1, seeds, units)
        shares[rate, bias] = dead.mean(axis=2)
        start, end = shares[rate, bias][[0, -1]]
        revived = np.any(dead[:-1] & ~dead[1:], axis=0)
        gradient = np.abs(network.grad_weights[0]).max(axis=1)[dead[-1]]
        rows.append([
            f"{rate:g}", f"{bias:g}", f"{np.median(start):.2f}", utils.spread(end),
            revived.sum(), gradient.max(initial=0), utils.spread(history.accuracy[-1]),
        ])  # fmt: skip
    utils.print_table(
        ["rate", "bias", "dead at 0", "dead at the end", "revived", "gradient", "accuracy"],
        rows,
    )
    print(
        "revived: how many of the dead, in all seeds, came back at any step.\n"
        "gradient: the largest that still reaches a weight of a dead unit."
    )
    return plot_dying(shares)


def plot_dying(shares: Mapping[tuple[float, float], FloatArray]) -> Figure:
    figure, (left, right) = utils.new_figure(
        "Large steps kill ReLUs, and the dead stay dead", 2, sharey=True
    )
    for (rate, bias), share in shares.items():
        ax = left if bias == 0 else right
        utils.plot_spread(ax, range(1, len(share) + 1), share, color=utils.COLORS["ReLU"])
        at, lift = (len(share), np.median(share[-1])), -14 if (rate, bias) == (1, 0) else 5
        utils.note(ax, f"rate {rate:g}", at, (0, lift), ha="right")
    for ax, start in ((left, 0), (right, -2)):
        ax.set(xlabel="step (the first is 1)", xscale="log", xlim=(1, 1500), ylim=(-0.08, 1.1))
        ax.set(title=f"biases start at {start}")
    left.set(ylabel="share of dead units")
    return figure


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    show_silence()
    show_cost()
    figures = {
        "relu_curve": utils.explore(
            ReLU(), title="ReLU passes the gradient whole, or stops it"
        ),
        "relu_flow": show_gradient_flow(),
        "relu_depth": show_depth(),
        "relu_convergence": show_convergence(),
        "relu_dying": show_dying(),
    }
    print(
        "\nRemember: a ReLU passes the whole gradient or none. With He initialization and\n"
        "moderate steps that trains deep networks fast; a unit that never fires is lost."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
