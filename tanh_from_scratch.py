# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 2 - tanh: the sigmoid, centred on zero.

The idea. Squash any real number into (-1, 1), and leave zero at zero:

    tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))          tanh'(x) = 1 - tanh(x)^2

It is the sigmoid stretched, tanh(x) = 2 s(2x) - 1, so it saturates just as much. But its
slope reaches 1 instead of 1/4, and its outputs have both signs, which the weights of the
next layer need in order to move freely (LeCun, Bottou, Orr & Mueller 1998). This lesson
measures what each of the two is worth.

Run it:  python tanh_from_scratch.py [--save DIR]
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray


def exponent(x: FloatArray) -> FloatArray:
    """y = -2|x|: exp(y) cannot overflow. (Beyond 500 it is 0 as it is, and y stays finite.)"""
    return -2 * np.minimum(np.abs(x), 500)


def four_times_sigmoid_slope(e: FloatArray) -> FloatArray:
    """1 - tanh(x)^2, which is 4 s'(2x), from e = exp(-2|x|); lesson 1's (1 - q) q."""
    q = e / (1 + e)
    return np.asarray(4 * (1 - q) * q)


class Tanh:
    """The hyperbolic tangent of real numbers, elementwise; it keeps their shape and dtype.

    The textbook's fraction, divided by its larger exponential, is (1 - e) / (1 + e) with
    e = exp(-2|x|). Always within 5 units in the last place.
    """

    def __init__(self) -> None:
        self._slope: Any = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return tanh(x), and remember its slope for `backward`."""
        x = utils.as_real_array(x)
        y = exponent(x)
        e = np.exp(y)
        self._slope = four_times_sigmoid_slope(e)
        return np.asarray(np.copysign(np.expm1(y) / (1 + e), x))  # expm1(y) is e - 1

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/dt * (1 - t^2), t = tanh(x), for the x of the latest forward."""
        return np.asarray(utils.upstream_gradient(grad_output, self._slope) * self._slope)

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return 1 - tanh(x)^2."""
        return four_times_sigmoid_slope(np.exp(exponent(utils.as_real_array(x))))

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


def show_values() -> None:
    utils.heading("Forward and backward")
    utils.print_values(Tanh(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    at_0, at_10 = Tanh().derivative([0, 10])
    print(f"The slope is largest at 0, {at_0:g}; at 10 it is down to {at_10:.1g}.")


class UnsquaredTanh(Tanh):
    """A tanh with a planted bug: it remembers 1 - |t| for 1 - t^2."""

    def forward(self, x: ArrayLike) -> FloatArray:
        output = super().forward(x)
        self._slope = 1 - np.abs(output)
        return output


def check_gradients() -> None:
    utils.heading("Gradient check: backward against finite differences of forward")
    layers = {"Tanh": Tanh(), "1 - |t| for 1 - t^2": UnsquaredTanh()}
    utils.print_gradient_checks(layers)


def climb_the_ladder() -> None:
    utils.heading("From the textbook formula to one that is right everywhere")
    x = np.array([1e-20, 1e-9, 1e-3, 1, 20, 800])
    with np.errstate(over="ignore", invalid="ignore"):  # inf / inf at 800
        textbook = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    e = np.exp(-2 * np.abs(x))
    outputs = np.array([textbook, (1 - e) / (1 + e), Tanh()(x)])
    utils.print_table(
        ["x", "textbook", "(1-e)/(1+e)", "with expm1"],
        [[f"{value:.11g}" for value in row] for row in np.vstack([x, outputs]).T],
    )
    print(
        "exp(800) is infinite, and inf / inf is not a number. e = exp(-2|x|) cannot\n"
        "overflow, but 1 - e loses the digits of a small x. expm1(y), which is exp(y) - 1\n"
        "computed as a whole, keeps them.\n"
    )
    t = np.tanh(x)
    utils.print_table(
        ["x", "1-t*t", "4(1-q)q"],
        zip(x[2:], (1 - t * t)[2:], Tanh().derivative(x)[2:], strict=True),
    )
    print(
        "The slope 1 - t*t loses its digits where t comes close to 1. Four times the\n"
        "sigmoid's at 2x, 4 (1 - q) q with q = e/(1+e), has them all."
    )


class CentredSigmoid:
    """s(x) - 1/2 = tanh(x / 2) / 2: the sigmoid without its offset."""

    def __init__(self) -> None:
        self._tanh = Tanh()

    def forward(self, x: FloatArray) -> FloatArray:
        return self._tanh.forward(x / 2) / 2

    def backward(self, grad_output: FloatArray) -> FloatArray:
        return self._tanh.backward(grad_output) / 4


class Sigmoid(CentredSigmoid):
    """The sigmoid of lesson 1, s(x) = 1/2 + tanh(x / 2) / 2: lifted by a half."""

    def forward(self, x: FloatArray) -> FloatArray:
        return super().forward(x) + 0.5


def mean_outputs(activation: type, depth: int = 10, width: int = 64) -> FloatArray:
    """Mean output of every layer of a deep random network, as (depth, seeds)."""
    generators = [np.random.default_rng(seed) for seed in utils.SEEDS]
    h = np.array([rng.normal(size=(100, width)) for rng in generators])
    means = []
    for _ in range(depth):
        weights = [rng.normal(0, width**-0.5, (width, width)) for rng in generators]
        h = activation().forward(h @ np.array(weights))
        means.append(h.mean(axis=(1, 2)))
    return np.array(means)


def show_means() -> None:
    seeds = len(utils.SEEDS)
    utils.heading(f"Zero-centred: mean output by depth in a random network, over {seeds} seeds")
    tanh, sigmoid = mean_outputs(Tanh), mean_outputs(Sigmoid)
    utils.print_table(
        ["layer", "tanh, median [quartiles]", "sigmoid"],
        [
            [n + 1, utils.spread(tanh[n], ".3f"), utils.spread(sigmoid[n], ".3f")]
            for n in (0, 1, 4, 9)
        ],
    )


GOAL = np.array([1.0, -1.0])
RATES = (0.3, 1.0, 2.0, 3.0)


def follow_descent(inputs: FloatArray, rate: float) -> tuple[FloatArray, float, float]:
    """Fit the neuron w . h to the target h1 - h2, one example h after the other.

    Returns the path of w as (steps + 1, 2), the share of its steps that moved both weights
    in the same direction, and the number of steps to within 0.1 of GOAL, infinite if w
    never gets there.
    """
    w = np.zeros(2)
    path, alike = [w], []
    for h in inputs:
        gradient = (w @ h - GOAL @ h) * h  # of half the squared error
        w = w - rate * gradient
        path.append(w)
        alike.append(gradient[0] * gradient[1] > 0)
        distance = np.linalg.norm(w - GOAL)
        if distance < 0.1 or distance > 100:  # there, or diverging
            break
    steps = len(alike) if distance < 0.1 else np.inf
    return np.array(path), float(np.mean(alike)), steps


def show_zigzag() -> Figure:
    utils.heading("Why it matters: the sign lock of all-positive inputs")
    z = np.array([np.random.default_rng(seed).normal(size=(5000, 2)) for seed in utils.SEEDS])
    # Equal but for the offset, so that nothing else can make the difference.
    inputs = {"tanh(z)/2": Tanh()(z) / 2, "1/2 + tanh(z)/2": (1 + Tanh()(z)) / 2}
    rows, paths = [], {}
    for name, examples in inputs.items():
        for rate in RATES:
            runs = [follow_descent(h, rate) for h in examples]
            paths[name, rate] = runs[0][0]
            alike, steps = np.array([run[1:] for run in runs]).T
            rows.append([name, rate, f"{np.median(alike):.0%}", utils.spread(steps, ".0f")])
    utils.print_table(["inputs", "rate", "both weights move alike", "steps to the goal"], rows)
    print(
        "1/2 + tanh(z)/2 is the sigmoid of 2z. The weights of a neuron share its error\n"
        "and differ only in their inputs: where all are positive, an example moves both\n"
        "the same way, but the goal lies up for one and down for the other. At small\n"
        "rates the detours cost little; they limit the rate that descent can bear."
    )
    return plot_zigzag({name: paths[name, 2.0] for name in inputs})


def plot_zigzag(paths: dict[str, FloatArray]) -> Figure:
    figure, axes = utils.new_figure(
        "All-positive inputs lock the signs, and descent zig-zags", columns=2, height=4.4
    )
    for ax, (name, path), color in zip(axes, paths.items(), ("Tanh", "Sigmoid"), strict=True):
        ax.plot(*path.T, ".-", color=utils.COLORS[color], linewidth=1.2, markersize=5)
        ax.plot(*GOAL, "*", color=utils.INK, markersize=14)
        utils.note(ax, "goal", (1, -1), (9, 4))
        utils.note(ax, "start", (0, 0), (-36, -4))
        ax.set(xlabel="weight 1", ylabel="weight 2", xlim=(-0.8, 2), ylim=(-2, 0.8))
        ax.set(aspect="equal", title=f"inputs {name}, rate 2, first seed")
    return figure


# With weight scales: tanh differs from the sigmoid in both, the others in one at a time.
CONTENDERS = {
    "sigmoid": (Sigmoid, 1.0),
    "sigmoid, weights x4": (Sigmoid, 4.0),
    "centred sigmoid": (CentredSigmoid, 1.0),
    "centred, weights x4": (CentredSigmoid, 4.0),
    "tanh": (Tanh, 1.0),
}
LEARNING_RATES = (0.1, 0.3, 1.0, 3.0, 10.0)


def steps_at_each_rate(activation: type, weight_scale: float) -> FloatArray:
    """Steps to a loss of 0.3 on spirals with four hidden layers, as (rates, seeds)."""
    rates, seeds = len(LEARNING_RATES), list(utils.SEEDS)
    x, labels = utils.spirals(seeds, turns=0.5, points=20)
    network = utils.Network(
        [2, 16, 16, 16, 16, 3], activation, weight_scale=weight_scale, seeds=seeds * rates
    )
    history = utils.train(
        network,
        np.tile(x, (rates, 1, 1)),  # every seed once with each rate, all in one computation
        np.tile(labels, (rates, 1)),
        steps=600,
        rate=np.repeat(LEARNING_RATES, len(seeds)),
    )
    return utils.steps_to_reach(history.loss, 0.3).reshape(rates, len(seeds))


def show_scale_and_centring() -> Figure:
    seeds = len(utils.SEEDS)
    utils.heading(f"Scale or centring? Steps to loss 0.3, 2-16-16-16-16-3, {seeds} seeds")
    print("Training each of 5 networks at 5 rates, 600 steps: about 3 s ...")
    best, rows = {}, []
    for name, (activation, scale) in CONTENDERS.items():
        steps = steps_at_each_rate(activation, scale)
        medians = np.median(steps, axis=1)
        best[name] = steps[medians.argmin()]
        rows.append([name, *map(utils.written, medians), utils.spread(best[name], ".0f")])
    utils.print_table(
        ["rate", *(f"{rate:g}" for rate in LEARNING_RATES), "at its best [quartiles]"], rows
    )

    slow, *quicker = (np.median(steps) for steps in best.values())
    times = (f"{slow / steps:.1f}" for steps in quicker)
    words = "Times as quick as sigmoid: weights x4 {}, centred {}, both {}; tanh {}."
    print(words.format(*times))
    print("Both together are a tanh: s(4x) - 1/2 = tanh(2x) / 2.")
    return plot_scale_and_centring(best)


def plot_scale_and_centring(best: dict[str, FloatArray]) -> Figure:
    low, tanh, high = np.percentile(best.pop("tanh"), [25, 50, 75])
    runs = np.array(list(best.values())).reshape(2, 2, -1)  # (lifted or centred, x1 or x4)

    figure, ax = utils.new_figure("What makes tanh quicker: its scale, and being centred")
    words = ("sigmoid", "centred sigmoid")
    colors = (utils.COLORS["Sigmoid"], utils.COLORS["LeakyReLU"])
    for name, color, steps in zip(words, colors, runs, strict=True):
        quartiles = np.percentile(steps, [25, 50, 75], axis=1)
        error = np.abs(quartiles[[0, 2]] - quartiles[1])
        ax.errorbar([0, 1], quartiles[1], error, fmt="o-", color=color, capsize=4)
        utils.note(ax, name, (0, quartiles[1, 0]), (-8, -4), color=color, ha="right")
    ax.axhspan(low, high, color=utils.COLORS["Tanh"], alpha=0.25, linewidth=0)
    ax.axhline(tanh, color=utils.COLORS["Tanh"])
    utils.note(ax, "tanh", (-0.5, tanh), (4, 6), color=utils.COLORS["Tanh"])
    ax.set(xlim=(-0.5, 1.3), ylim=(30, 800), yscale="log")
    ax.set_xticks([0, 1], ["weights as usual", "weights x4"])
    ax.set_yticks([30, 100, 300], ["30", "100", "300"])
    ax.minorticks_off()
    ax.set(ylabel="steps to loss 0.3, at the best rate")
    return figure


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    climb_the_ladder()
    show_means()
    figures = {
        "tanh_curve": utils.explore(Tanh(), title="Tanh: slope 1 at 0, and flat tails too"),
        "tanh_zigzag": show_zigzag(),
        "tanh_scale": show_scale_and_centring(),
    }
    print(
        "\nRemember: tanh is a sigmoid with four times the slope and outputs of both signs.\n"
        "Both make it quicker between layers. It saturates all the same."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
