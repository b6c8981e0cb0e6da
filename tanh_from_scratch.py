# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 2 - tanh: the sigmoid, centred on zero.

The idea. Squash any real number into (-1, 1), and leave zero at zero:

    tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))          tanh'(x) = 1 - tanh(x)^2

It is the sigmoid stretched, tanh(x) = 2 s(2x) - 1, so it saturates just as much. But its
slope reaches 1 instead of 1/4, and its outputs scatter around 0 instead of 1/2, which makes
the next layer easier to train (LeCun, Kanter & Solla 1990; LeCun, Bottou, Orr & Mueller
1998). This lesson measures what each of the two is worth, and why.

Run it:  python tanh_from_scratch.py [--save DIR]
"""

from functools import partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray


class Tanh:
    """The hyperbolic tangent of real numbers, elementwise; it keeps their shape and dtype.

    The textbook's fraction, divided by its larger exponential: (1 - e) / (1 + e) with
    e = exp(-2|x|). Within 6 units in the last place of the true value.
    """

    def __init__(self) -> None:
        self._slope: FloatArray | None = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return tanh(x), and remember its slope for `backward`."""
        x = utils.as_real_array(x)
        y = -2 * np.minimum(np.abs(x), 500)  # 2|x| cannot overflow; exp(y) is 0 anyway
        e = np.exp(y)
        output = np.copysign(np.expm1(y) / (1 + e), x)  # expm1(y) is e - 1; x gives the sign
        self._slope = 4 * e / (1 + e) ** 2
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/dt * (1 - t^2), t = tanh(x), for the x of the latest forward."""
        return utils.upstream_gradient(grad_output, self._slope) * self._slope

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return 1 - tanh(x)^2 = 4 e / (1 + e)^2."""
        e = np.exp(-2 * np.minimum(np.abs(utils.as_real_array(x)), 500))
        return 4 * e / (1 + e) ** 2

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


class UnsquaredTanh(Tanh):
    """A tanh with a planted bug: its slope is 1 - |t| for 1 - t^2."""

    def forward(self, x: ArrayLike) -> FloatArray:
        output = super().forward(x)
        self._slope = 1 - np.abs(output)
        return output


LAYERS = {"Tanh": Tanh(), "1 - |t| for 1 - t^2": UnsquaredTanh()}
OLIVE = "#999933"  # for what is no activation of the lessons


# From the textbook formula to one that is right everywhere ----------------------------


def measure_ladder(x: ArrayLike) -> FloatArray:
    """Rows of x, three ways to tanh(x), each better than the last, and two to its slope."""
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # inf / inf at 800
        textbook = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    e, t, layer = np.exp(-2 * np.abs(x)), np.tanh(x), Tanh()
    steps = [x, textbook, (1 - e) / (1 + e), layer(x), 1 - t * t, layer.derivative(x)]
    return np.transpose(steps)


def print_ladder(rows: FloatArray) -> None:
    columns = ["x", "textbook", "(1-e)/(1+e)", "with expm1", "1-t*t", "4e/(1+e)^2"]
    digits = (3, 9, 9, 9, 6, 6)
    utils.print_table(
        columns, [[f"{v:.{n}g}" for v, n in zip(row, digits, strict=True)] for row in rows]
    )
    print(
        "exp(800) is infinite, and inf / inf is not a number. e = exp(-2|x|) cannot\n"
        "overflow, but 1 - e loses the digits of a small x; expm1(y), which is exp(y) - 1\n"
        "computed as a whole, keeps them. 1 - t*t loses its digits where t nears 1."
    )


# What a layer passes on ---------------------------------------------------------------


LEVELS = (5, 25, 50, 75, 95)  # percentiles that say how outputs are distributed
ACTIVATIONS = {"Sigmoid": utils.FORMULAS["Sigmoid"], "Tanh": Tanh()}


def measure_outputs(activation: utils.Layer, scale: float, depth: int = 10) -> FloatArray:
    """Percentiles LEVELS of the outputs of every layer, as (depth + 1, 5); row 0: the input."""
    outputs = utils.layer_outputs(
        activation, depth=depth, weight_scale=scale, examples=100, seeds=[0]
    )
    return np.percentile(outputs, LEVELS, axis=(1, 2, 3)).T


def print_outputs(measured: dict[tuple[str, float], FloatArray]) -> None:
    rows = [
        [name, f"{scale:g}", *(utils.written(value, ".2f") for value in levels[-1])]
        for (name, scale), levels in measured.items()
    ]
    utils.print_table(["", "weight scale", *(f"{level} %" for level in LEVELS)], rows)
    depth = len(next(iter(measured.values()))) - 1
    print(f"So many of the outputs of layer {depth} lie below the number given.")


SCALES = (0.3, 1.0, 10.0)


def plot_outputs(scales: tuple[float, float, float]) -> Figure:
    """Fans of outputs by layer; the scale of the last column is under the mouse."""
    title = "Small weights: all alike. Large: saturated. Sigmoid: off centre"
    names = [[f"{name} {column}" for column in range(len(scales))] for name in ACTIVATIONS]
    mosaic = [*names, ["slider"] * len(scales)]
    figure, axes = utils.new_mosaic(title, mosaic, heights=[8, 8, 1], height=5)
    panels = np.array([[axes[name] for name in row] for row in names])
    start, ten_to = np.log10(scales[-1]), lambda power: 10**power
    slider = utils.new_slider(axes["slider"], "scale", -1, 1.5, start, shown=ten_to)

    def draw(ax, name: str, scale: float) -> None:
        levels = measure_outputs(ACTIVATIONS[name], scale)
        color, layers = utils.COLORS[name], range(len(levels))
        ax.clear()
        for low, high, shade in ((0, 4, 0.2), (1, 3, 0.35)):
            ax.fill_between(
                layers, levels[:, low], levels[:, high], color=color, alpha=shade, linewidth=0
            )
        ax.plot(layers, levels[:, 2], color=color)
        ax.set(ylim=(-1.1, 1.1), yticks=[-1, 0, 1], title=f"{name}, scale {scale:.3g}")

    for row, name in zip(panels, ACTIVATIONS, strict=True):
        for ax, scale in zip(row, scales, strict=True):
            draw(ax, name, scale)

    def update(log_scale: float) -> None:
        for ax, name in zip(panels[:, -1], ACTIVATIONS, strict=True):
            draw(ax, name, 10**log_scale)
        panels[1, -1].set(xlabel="layer; move the slider")
        figure.canvas.draw_idle()

    for ax in panels[1, :-1]:
        ax.set(xlabel="layer")
    for ax in panels[:, 0]:
        ax.set(ylabel="output")
    utils.steer(slider, [], update)
    return figure


# Why centring matters -----------------------------------------------------------------

GOAL = np.array([1.0, -1.0])  # one weight up, one down: the flat direction of the lifted
RATES = (0.1, 0.3, 1.0, 2.0, 3.0)


def centring_inputs(width: int = 2, examples: int = 1000) -> dict[str, FloatArray]:
    """Centred inputs; the same lifted by 1/2; the control: centred, as long as the lifted."""
    z = [np.random.default_rng(seed).normal(size=(examples, width)) for seed in utils.SEEDS]
    centred = np.tanh(z) / 2
    lifted = centred + 0.5
    stretch = np.sqrt(np.mean(lifted**2) / np.mean(centred**2))
    return {"centred": centred, "lifted": lifted, "centred, stretched": stretch * centred}


def measure_steps(inputs: FloatArray, rate: float) -> FloatArray:
    """Steps until w . h fits h1 - h2 with w within 0.1 of GOAL, one example h at a time."""
    w = np.zeros((len(inputs), 2))
    reached = np.full(len(inputs), np.inf)
    with np.errstate(all="ignore"):  # too large a rate ends in infinity
        for step, h in enumerate(inputs.swapaxes(0, 1), start=1):
            error = np.sum((w - GOAL) * h, axis=1, keepdims=True)
            w = w - rate * error * h  # of half the squared error
            there = np.linalg.norm(w - GOAL, axis=1) < 0.1
            reached[there & np.isinf(reached)] = step
    return reached


def measure_steepness(width: int) -> dict[str, tuple[float, float]]:
    """Smallest and largest eigenvalue of E[h h^T]: how steep the loss is, by direction."""
    steepness = {}
    for name, h in centring_inputs(width).items():
        h = h.reshape(-1, width)
        values = np.linalg.eigvalsh(h.T @ h / len(h))
        steepness[name] = float(values[0]), float(values[-1])
    return steepness


def measure_sign_lock() -> dict[str, float]:
    """Share of a unit's weight gradients that have the more frequent sign, for one example.

    They are delta * h, one delta for all, so that the signs are those of h, in the second
    layer of 2-32-32-3 networks before any training.
    """
    x, _ = utils.spirals()
    shares = {}
    for name, activation in ACTIVATIONS.items():
        network = utils.Network([2, 32, 32, 3], activation)
        network.forward(x)
        positive = (network.inputs[2] > 0).mean(axis=2)
        shares[name] = float(np.mean(np.maximum(positive, 1 - positive)))
    return shares


def print_centring(steps: dict, steepness: dict, lock: dict) -> None:
    """steps: {name: {rate: steps by seed}}; steepness: {width: {name: eigenvalues}}."""
    words = ", ".join(f"{name} {share:.0%}" for name, share in lock.items())
    print(f"Same sign among the weight gradients of a unit: {words}.\n")
    rows = [
        [f"{rate:g}", *(utils.spread(runs[rate], ".0f") for runs in steps.values())]
        for rate in next(iter(steps.values()))
    ]
    utils.print_table(["steps at rate", *steps], rows)
    print("\nHow steep the loss is in its flattest and its steepest direction:")
    rows = [
        [n, *(f"{low:.2f} {high:.2f}" for low, high in by_name.values())]
        for n, by_name in steepness.items()
    ]
    utils.print_table(["inputs", *next(iter(steepness.values()))], rows)
    print(
        "lifted: all inputs positive, so that an example moves all weights one way. Yet\n"
        "centred inputs of the same length fail at the same rate: with one example at a\n"
        "time it is their length that limits the rate, not their sign. What the offset\n"
        "costs: all the length that it adds makes one direction steep, ever more so with\n"
        "more inputs, and the others stay flat."
    )


def plot_centring(steps: dict, steepness: dict) -> Figure:
    figure, (left, right) = utils.new_figure(
        "An offset makes one direction steep, and leaves the rest flat", 2
    )
    styles = {
        "centred": (utils.INK, "-"),
        "lifted": (OLIVE, "-"),
        "centred, stretched": (utils.INK, "--"),
    }
    for name, (color, line) in styles.items():
        low, high = np.transpose([by_name[name] for by_name in steepness.values()])
        left.plot(list(steepness), high / low, "o", color=color, linestyle=line)
        at = (list(steepness)[-1], (high / low)[-1])
        runs = np.array(list(steps[name].values()))
        rates = list(steps[name])
        utils.plot_spread(
            right, rates, runs, color=color, linestyle=line, marker="o", label=name
        )
        if name != "centred, stretched":
            words = name.replace("centred", "centred, stretched or not")
            utils.note(left, words, at, (-4, 8), ha="right", color=color)
    left.set(
        xscale="log",
        yscale="log",
        xlabel="number of inputs",
        title="steepest / flattest direction",
    )
    left.set_xticks(list(steepness), map(str, steepness))
    left.minorticks_off()
    left.margins(y=0.15)
    right.set(
        xscale="log", yscale="log", xlabel="rate", title="steps to the goal (missing: never)"
    )
    right.set_xticks(rates, [f"{rate:g}" for rate in rates])
    right.minorticks_off()
    right.legend()
    return figure


# Scale or centring? -------------------------------------------------------------------

CONTENDERS = {
    "sigmoid": utils.FORMULAS["Sigmoid"],
    "sigmoid - 1/2": utils.FORMULAS["Sigmoid - 1/2"],
    "tanh": utils.FORMULAS["Tanh"],
}
WEIGHT_SCALES = (1, 2, 4, 8, 16, 32)
LEARNING_RATES = (0.1, 0.3, 1, 3, 10)
HIDDEN = (16, 16, 16, 16)


def measure_scale_and_centring() -> dict[str, utils.Grid]:
    data = partial(utils.spirals, turns=0.5, points=20)
    grid = {"scales": WEIGHT_SCALES, "rates": LEARNING_RATES, "seeds": range(5), "steps": 150}
    return {
        name: utils.train_grid(layer, data, HIDDEN, **grid)
        for name, layer in CONTENDERS.items()
    }


def print_scale_and_centring(grids: dict[str, utils.Grid]) -> None:
    rows = []
    for name, grid in grids.items():
        medians = map(utils.written, np.median(utils.steps_at_best_rate(grid), axis=1))
        scale, rate = utils.best(grid.steps)
        rows.append(
            [
                name,
                *medians,
                f"{grid.scales[scale]:g}",
                f"{grid.rates[rate]:g}",
                utils.spread(grid.new_accuracy[scale, rate]),
            ]
        )
    scales = [f"{scale:g}" for scale in next(iter(grids.values())).scales]
    utils.print_table(["scale", *scales, "best", "rate", "new points right"], rows)
    best = {name: np.median(grid.steps, axis=-1).min() for name, grid in grids.items()}
    print(
        "At their best: "
        + ", ".join(f"{name} {utils.written(n)} steps" for name, n in best.items())
        + ".\nnever: not in the steps that were run."
    )


def plot_scale_and_centring(grids: dict[str, utils.Grid]) -> Figure:
    figure, ax = utils.new_figure(
        "Larger weights bring the sigmoid far, but only the centred reach tanh"
    )
    colors = (utils.COLORS["Sigmoid"], OLIVE, utils.COLORS["Tanh"])
    for (name, grid), color in zip(grids.items(), colors, strict=True):
        steps = utils.steps_at_best_rate(grid)
        utils.plot_spread(ax, grid.scales, steps, color=color, marker="o", label=name)
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="weight scale (missing: never)",
        ylabel="steps to loss 0.3, at the best rate",
    )
    ax.set_xticks(grid.scales, [f"{scale:g}" for scale in grid.scales])
    ax.set_yticks([5, 10, 30, 100], ["5", "10", "30", "100"])
    ax.minorticks_off()
    ax.legend(loc="lower left")
    return figure


def main() -> dict[str, Figure]:
    utils.heading("Forward and backward")
    utils.print_values(utils.measure_values(Tanh(), [-10, -5, -2, -1, 0, 1, 2, 5, 10]))

    utils.heading("Gradient check: backward against finite differences of forward")
    checks = {name: utils.gradient_check(layer) for name, layer in LAYERS.items()}
    utils.print_gradient_checks(checks)

    utils.heading("From the textbook formula to one that is right everywhere")
    print_ladder(measure_ladder([1e-20, 1e-9, 1e-3, 1, 20, 800]))

    utils.heading("What a layer passes on: outputs in deep random networks")
    pairs = [(name, scale) for name in ACTIVATIONS for scale in SCALES]
    print_outputs(
        {(name, scale): measure_outputs(ACTIVATIONS[name], scale) for name, scale in pairs}
    )

    utils.heading("Why centring matters: inputs with an offset")
    steps = {
        name: {rate: measure_steps(h, rate) for rate in RATES}
        for name, h in centring_inputs().items()
    }
    steepness = {width: measure_steepness(width) for width in (2, 16, 64)}
    print_centring(steps, steepness, measure_sign_lock())

    utils.heading("Scale or centring? Steps to loss 0.3 on spirals")
    size = f"{len(WEIGHT_SCALES)} weight scales and {len(LEARNING_RATES)} rates"
    print(f"Training {len(CONTENDERS)} activations at {size} ...")
    grids = measure_scale_and_centring()
    print_scale_and_centring(grids)

    print(
        "\nRemember: tanh is a sigmoid with four times the slope and outputs around 0.\n"
        "Larger weights give the sigmoid the slope, not the centre. Both saturate."
    )
    return {
        "tanh_curve": utils.explore(Tanh(), title="Tanh: slope 1 at 0, and flat tails too"),
        "tanh_outputs": plot_outputs(SCALES),
        "tanh_centring": plot_centring(steps, steepness),
        "tanh_scale": plot_scale_and_centring(grids),
    }


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
