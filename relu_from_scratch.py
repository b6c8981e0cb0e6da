# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 3 - ReLU: all or nothing, good for depth, and easily killed.

The idea. Let what is positive through and stop the rest:

    ReLU(x) = max(0, x)          ReLU'(x) = 1 for x > 0, 0 for x <= 0

Where a unit is active the gradient passes undiminished, through any number of layers (Nair &
Hinton 2010; Glorot, Bordes & Bengio 2011; Krizhevsky, Sutskever & Hinton 2012). Where it is
not, nothing passes at all: a unit of the first layer that no example activates learns
nothing any more under plain gradient descent.

Run it:  python relu_from_scratch.py [--save DIR]
"""

from functools import cache, partial
from typing import NamedTuple

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
        self._active, self._dtype = None, None  # what forward remembers

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return max(0, x), and remember for `backward` where x was positive."""
        x = utils.as_real_array(x)
        self._active, self._dtype = x > 0, x.dtype  # booleans do not tell the dtype of x
        return np.maximum(0, x)

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx: the upstream gradient where the latest x was positive, else 0."""
        gradient = utils.upstream_gradient(grad_output, self._active, self._dtype)
        return gradient * self._active

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return 1 where x > 0, and 0 elsewhere (and for NaN)."""
        x = utils.as_real_array(x)
        return (x > 0).astype(x.dtype)

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


class MisgatedReLU(ReLU):
    """A ReLU with a common bug: backward asks whether the gradient is positive, not x."""

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        return np.maximum(grad_output, 0)


LAYERS = {"ReLU": ReLU(), "gated by the gradient": MisgatedReLU()}


# What it costs ------------------------------------------------------------------------


def measure_cost(elements: int = 65536, repeats: int = 100) -> dict[str, float]:
    """Nanoseconds per element of forward and backward by the bare formulas, and our class."""
    x = np.random.default_rng(0).normal(size=elements).astype(np.float32)
    layers = {name: utils.FORMULAS[name] for name in ("ReLU", "Sigmoid", "Tanh")}
    layers["this lesson's class"] = ReLU()
    runs = {name: partial(pass_both_ways, layer, x) for name, layer in layers.items()}
    seconds = utils.time_each(runs, repeats)
    return {name: spent / elements * 1e9 for name, spent in seconds.items()}


def pass_both_ways(layer: utils.Layer, x: FloatArray) -> None:
    layer.forward(x)
    layer.backward(x)


def print_cost(cost: dict[str, float]) -> None:
    first = next(iter(cost.values()))
    rows = [[name, f"{spent:.2f}", f"{spent / first:.1f}"] for name, spent in cost.items()]
    utils.print_table(["", "ns per element", f"times {next(iter(cost))}"], rows)
    print("How they compare depends on how well NumPy knows this processor.")


# Gradients that survive depth ---------------------------------------------------------


def measure_flow() -> dict[str, FloatArray]:
    """Gradient norms by layer; the last two are the controls."""
    return {
        "ReLU, He initialization": utils.gradient_flow(ReLU, weight_scale=utils.HE),
        "ReLU, weight scale 1": utils.gradient_flow(ReLU),
        "no activation, weight scale 1": utils.gradient_flow(utils.FORMULAS["no activation"]),
        "sigmoid, weight scale 1": utils.gradient_flow(utils.FORMULAS["Sigmoid"]),
    }


def print_flow(norms: dict[str, FloatArray]) -> None:
    rows = [[name, utils.spread(runs[0], ".1e")] for name, runs in norms.items()]
    depth = len(next(iter(norms.values()))) - 1
    utils.print_table([f"gradient norm {depth} layers back", "median [quartiles]"], rows)
    print(
        "Half of the units stop the gradient, which halves its square in every layer.\n"
        "Weights larger by sqrt(2) make up for that (He et al. 2015)."
    )


def plot_flow(norms: dict[str, FloatArray]) -> Figure:
    figure, ax = utils.new_figure("With He initialization ReLU keeps the gradient alive")
    colors = (utils.COLORS["ReLU"], "#56B4E9", utils.INK, utils.COLORS["Sigmoid"])
    utils.plot_gradient_flow(norms, colors=dict(zip(norms, colors, strict=True)), ax=ax)
    return figure


# And learning? ------------------------------------------------------------------------

USUAL_SCALES = {"Sigmoid": 1.0, "Tanh": 1.0, "ReLU": utils.HE}
DEPTHS = (1, 2, 4, 8)
DEPTH_RATES = (0.03, 0.1, 0.3, 1, 3, 10, 30)
EASY_SPIRALS = partial(utils.spirals, turns=0.5, points=20)


class Learned(NamedTuple):
    """Networks at the rate with the lowest median loss."""

    rate: float
    loss: FloatArray  # of each seed, after the last step
    new_accuracy: FloatArray  # of each seed, on points that it was not trained on


def measure_depth() -> dict[str, dict[int, Learned]]:
    """By activation and number of hidden layers; all at their usual weight scales."""
    return {
        name: {depth: learn(name, scale, depth) for depth in DEPTHS}
        for name, scale in USUAL_SCALES.items()
    }


def learn(name: str, scale: float, depth: int) -> Learned:
    grid = utils.train_grid(
        utils.FORMULAS[name], EASY_SPIRALS, [16] * depth,
        scales=[scale], rates=DEPTH_RATES, seeds=range(5), steps=150,
    )  # fmt: skip
    best = utils.best(grid.loss)
    return Learned(float(grid.rates[best[1]]), grid.loss[best], grid.new_accuracy[best])


def print_depth(learned: dict[str, dict[int, Learned]]) -> None:
    rows = [
        [
            name,
            depth,
            f"{each.rate:g}",
            utils.spread(each.loss, ".3f"),
            utils.spread(each.new_accuracy),
        ]
        for name, by_depth in learned.items()
        for depth, each in by_depth.items()
    ]
    utils.print_table(["", "hidden layers", "best rate", "loss", "new points right"], rows)


def plot_depth(learned: dict[str, dict[int, Learned]]) -> Figure:
    figure, ax = utils.new_figure(
        "At its usual weights an eight-layer sigmoid network learns at no rate"
    )
    for (name, by_depth), width in zip(learned.items(), (2.2, 4, 2), strict=True):
        losses = np.array([each.loss for each in by_depth.values()])
        style = {"color": utils.COLORS[name], "label": name, "linewidth": width, "marker": "o"}
        utils.plot_spread(ax, list(by_depth), losses, **style)
    ax.axhline(np.log(3), color=utils.FAINT, linestyle="--", linewidth=1)
    utils.note(ax, "guessing", (1, np.log(3)), (0, -14))
    ax.set(xscale="log", xlabel="hidden layers of 16 units")
    ax.set(ylabel="training loss at the best rate")
    ax.set_xticks(list(by_depth), map(str, by_depth))
    ax.minorticks_off()
    ax.legend(loc="center left")
    return figure


# Who is quicker? ----------------------------------------------------------------------

CONTENDERS = ("ReLU", "Tanh")
RACES = {  # data, weight scales and rates
    "spirals": (partial(utils.spirals, points=30), (1, 2, 4, 8, 16), (0.03, 0.1, 0.3, 1, 3)),
    "digits": (cache(utils.digits), (0.7, 1.4, 2.8, 5.6, 11.3), (0.1, 0.3, 1, 3)),
}


def measure_races() -> dict[tuple[str, str], utils.Grid]:
    """By data set and activation: 2 hidden layers of 32 units, steps to a loss of 0.3."""
    return {
        (data, name): utils.train_grid(
            utils.FORMULAS[name], source, [32, 32],
            scales=scales, rates=rates, seeds=range(5), steps=60,
        )
        for data, (source, scales, rates) in RACES.items()
        for name in CONTENDERS
    }  # fmt: skip


def print_races(races: dict[tuple[str, str], utils.Grid]) -> None:
    rows = []
    for (data, name), grid in races.items():
        scale, rate = utils.best(grid.steps)
        rows.append([
            data, name, f"{grid.scales[scale]:g}", f"{grid.rates[rate]:g}",
            utils.spread(grid.steps[scale, rate], ".0f"),
            utils.spread(grid.new_accuracy[scale, rate]),
        ])  # fmt: skip
    utils.print_table(
        ["data", "", "best scale", "rate", "steps to loss 0.3", "new right"], rows
    )


def plot_races(races: dict[tuple[str, str], utils.Grid]) -> Figure:
    sets = list(dict.fromkeys(data for data, _ in races))
    figure, axes = utils.new_figure(
        "Who is quicker depends on the data", len(sets), sharey=True
    )
    for (data, name), grid in races.items():
        ax = axes[sets.index(data)]
        steps, color = utils.steps_at_best_rate(grid), utils.COLORS[name]
        utils.plot_spread(ax, grid.scales, steps, color=color, marker="o", label=name)
        ax.set(xscale="log", yscale="log", xlabel="weight scale (missing: never)", title=data)
        ax.set_xticks(grid.scales, [f"{scale:g}" for scale in grid.scales])
        ax.set_yticks([10, 30, 60], ["10", "30", "60"])
        ax.minorticks_off()
    axes[0].set(ylabel="steps to loss 0.3, at the best rate")
    axes[0].legend()
    return figure


# Dying --------------------------------------------------------------------------------

STARTS = ((1, 0), (4, 0), (5, 0), (10, 0), (1, -2))  # rate, bias
HIDDEN_LAYERS = (1, 2)


class Dying(NamedTuple):
    """Dead units of one hidden layer in training, at one rate from one starting bias."""

    share: FloatArray  # (steps + 1, seeds)
    died: int  # units dead at some step, over all seeds
    revived: int  # of those, the ones that came back at some step
    accuracy: FloatArray  # of each seed, at the end


def dead_by_layer(network: utils.Network) -> list[np.ndarray]:
    """For each hidden layer, which units no example activates: (seeds, units)."""
    return [before.max(axis=1) <= 0 for before in network.pre_activations]


def measure_dying(rate: float, bias: float, hidden: int = 1, steps: int = 300) -> list[Dying]:
    """One entry for each hidden layer of a network of `hidden` layers of 32 units."""
    x, labels = utils.spirals(turns=0.5, points=30)
    network = utils.Network([2, *[32] * hidden, 3], ReLU, weight_scale=utils.HE, bias=bias)
    with np.errstate(all="ignore"):
        history = utils.train(network, x, labels, steps=steps, rate=rate, watch=dead_by_layer)
    found = []
    for dead in np.moveaxis(history.watched, 1, 0):  # (steps + 1, seeds, units) for each layer
        revived = np.any(dead[:-1] & ~dead[1:], axis=0)
        found.append(
            Dying(
                dead.mean(axis=2),
                int(dead.any(axis=0).sum()),
                int(revived.sum()),
                history.accuracy[-1],
            )
        )
    return found


def print_dying(first: dict[tuple[float, float], Dying], second: list[Dying]) -> None:
    """first: by rate and bias; second: the layers of the control, at rate 2."""
    rows = [
        [f"{rate:g}", f"{bias:g}", f"{np.median(d.share[0]):.2f}", utils.spread(d.share[-1]),
         d.died, d.revived, utils.spread(d.accuracy)]
        for (rate, bias), d in first.items()
    ]  # fmt: skip
    utils.print_table(
        ["rate", "bias", "dead at 0", "dead at the end", "died", "revived", "accuracy"], rows
    )
    print("\nThe control, two hidden layers at rate 2: only the first's inputs never move.")
    rows = [[n, d.died, d.revived] for n, d in enumerate(second, start=1)]
    utils.print_table(["layer", "died", "revived"], rows)


def plot_dying(first: dict[tuple[float, float], Dying]) -> Figure:
    biases = sorted({bias for _, bias in first}, reverse=True)
    figure, axes = utils.new_figure(
        "First-layer ReLUs that die stay dead", len(biases), sharey=True
    )
    for (rate, bias), dying in first.items():
        ax, steps = axes[biases.index(bias)], len(dying.share)
        utils.plot_spread(ax, range(1, steps + 1), dying.share, color=utils.COLORS["ReLU"])
        at = (steps, np.median(dying.share[-1]))
        utils.note(ax, f"rate {rate:g}", at, (0, 5), ha="right")
        ax.set(
            xlabel="step (the first is 1)", xscale="log", xlim=(1, steps), ylim=(-0.03, 1.12)
        )
        ax.set(title=f"biases start at {bias:g}")
    axes[0].set(ylabel="share of dead units")
    return figure


def measure_born_dead(width: int, depth: int, networks: int = 4000) -> float:
    """Share of random networks without biases whose last layer answers 0 to a random input."""
    rng = np.random.default_rng((width, depth))
    h = rng.normal(size=(networks, 1, width))
    for _ in range(depth):
        h = ReLU()(h @ rng.normal(size=(networks, width, width)))
    return float(np.mean((h == 0).all(axis=(1, 2))))


def print_born_dead(shares: dict[tuple[int, int], float]) -> None:
    rows = [
        [width, depth, f"{share:.3f}", f"{1 - (1 - 2.0**-width) ** depth:.3f}"]
        for (width, depth), share in shares.items()
    ]
    utils.print_table(["width N", "depth L", "born dead", "1-(1-2^-N)^L"], rows)


def main() -> dict[str, Figure]:
    utils.heading("Forward and backward")
    utils.print_values(utils.measure_values(ReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10]))

    utils.heading("Gradient check: backward against finite differences of forward")
    checks = {name: utils.gradient_check(layer) for name, layer in LAYERS.items()}
    utils.print_gradient_checks(checks)
    middle = float(utils.numerical_gradient(ReLU(), 0.0))
    print(f"At the kink central differences give {middle:g}; right is 0 to 1, usual is 0.")

    utils.heading("What it costs: forward + backward by the bare formulas, measured now")
    print_cost(measure_cost())

    utils.heading("Gradients that survive depth: random layers")
    norms = measure_flow()
    print_flow(norms)

    utils.heading("And learning? Loss on spirals by depth; guessing costs 1.10")
    print(f"Training {len(USUAL_SCALES)} activations at {len(DEPTH_RATES)} rates ...")
    learned = measure_depth()
    print_depth(learned)

    utils.heading("Who is quicker, each at its best scale and rate?")
    print(f"Training on {' and '.join(RACES)} ...")
    races = measure_races()
    print_races(races)

    utils.heading(
        f"Dying: first-layer units that no example activates, {len(utils.SEEDS)} seeds"
    )
    print(f"Training {len(STARTS) + 1} times ...")
    first = {(rate, bias): measure_dying(rate, bias)[0] for rate, bias in STARTS}
    print_dying(first, measure_dying(2, 0, hidden=2))

    utils.heading("Born dead: narrow networks that answer 0 from the start")
    sizes = [(2, 4), (2, 8), (3, 8), (5, 8)]
    print_born_dead({size: measure_born_dead(*size) for size in sizes})

    print(
        "\nRemember: a ReLU passes the whole gradient or none. With He initialization deep\n"
        "networks learn; a unit of the first layer that no example activates is lost."
    )
    return {
        "relu_curve": utils.explore(
            ReLU(), title="ReLU passes the gradient whole, or stops it"
        ),
        "relu_flow": plot_flow(norms),
        "relu_depth": plot_depth(learned),
        "relu_quicker": plot_races(races),
        "relu_dying": plot_dying(first),
    }


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
