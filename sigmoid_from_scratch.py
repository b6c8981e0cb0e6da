# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 1 - the sigmoid: probability's own curve, and how it saturates (goes flat).

The idea. Squash any real number into (0, 1):

    s(x) = 1 / (1 + exp(-x))          s'(x) = s(x) (1 - s(x)) = s(x) s(-x)

That is a probability from a score, which is what the sigmoid is for: the last step of a
binary classifier. Inside deep networks it was the first choice for decades (Rumelhart,
Hinton & Williams 1986) and fell out of use for what this lesson measures: its slope is at
most 1/4 and next to nothing in both tails, so that with weights of the usual size signals
and gradients (the slopes of the loss, on their way back) vanish from layer to layer.

Run it:  python sigmoid_from_scratch.py [--save DIR]
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray


class Sigmoid:
    """The logistic sigmoid, elementwise, of real numbers of any shape and float dtype.

    The textbook's fraction, above and below multiplied by the exponential that cannot
    overflow: e = exp(-|x|). Within 6 units in the last place of the true value.
    `activations_utils.as_real_array` says what is refused.
    """

    def __init__(self) -> None:
        self._slope: FloatArray | None = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return s(x), and remember its slope for `backward`."""
        x = utils.as_real_array(x)
        e = np.exp(-np.abs(x))
        output = np.exp(np.minimum(x, 0)) / (1 + e)
        self._slope = e / (1 + e) ** 2
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/ds * s'(x), for the x of the latest forward."""
        return utils.upstream_gradient(grad_output, self._slope) * self._slope

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return s'(x) = s(x) s(-x)."""
        e = np.exp(-np.abs(utils.as_real_array(x)))
        return e / (1 + e) ** 2

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


class ForgetfulSigmoid(Sigmoid):
    """A sigmoid with a planted bug: its slope is s, the factor (1 - s) is forgotten."""

    def forward(self, x: ArrayLike) -> FloatArray:
        output = super().forward(x)
        self._slope = output  # and not output * (1 - output)
        return output


LAYERS = {"Sigmoid": Sigmoid(), "without (1 - s)": ForgetfulSigmoid()}


# Why the formula as typed goes wrong --------------------------------------------------


def textbook_sigmoid(x: FloatArray) -> FloatArray:
    with np.errstate(over="ignore"):  # without this NumPy warns: exp(750) overflows
        return 1 / (1 + np.exp(-x))


class Tails(NamedTuple):
    """Output and slope, by the textbook's formulas and by `Sigmoid`; all of the shape of x."""

    x: FloatArray
    textbook: FloatArray
    output: FloatArray
    textbook_slope: FloatArray
    slope: FloatArray


def measure_tails(x: ArrayLike) -> Tails:
    x = np.asarray(x, dtype=np.float64)
    s, layer = textbook_sigmoid(x), Sigmoid()
    return Tails(x, s, layer(x), s * (1 - s), layer.derivative(x))


def print_tails(tails: Tails) -> None:
    columns = ["x", "1/(1+exp(-x))", "Sigmoid", "s*(1-s)", "Sigmoid slope"]
    utils.print_table(columns, zip(*tails, strict=True))
    print(
        "Left of -709 exp(-x) overflows. On the right s rounds to 1, and 1 - s leaves\n"
        "nothing of a slope that float64 could well hold. exp(-|x|) is never above 1,\n"
        "and e / (1 + e)^2 subtracts nothing."
    )


def plot_tails(tails: Tails) -> Figure:
    kept = tails.textbook_slope > 0
    end = tails.x[kept].max()
    figure, ax = utils.new_figure("Computed as typed, the right tail loses its slope")
    ax.plot(tails.x, tails.slope, color=utils.COLORS["Sigmoid"], linewidth=5)
    ax.plot(tails.x[kept], tails.textbook_slope[kept], color=utils.INK, linestyle="--")
    ax.plot(end, tails.textbook_slope[tails.x == end], "o", color=utils.INK)
    left = (tails.x[len(tails.x) // 10], tails.slope[len(tails.x) // 10])
    utils.note(ax, "e / (1 + e)^2", left, (14, -8), color=utils.COLORS["Sigmoid"])
    last = (end, tails.textbook_slope[tails.x == end][0])
    utils.note(ax, f"s*(1-s) is exactly 0\nbeyond {end:.1f}", last, (-8, -34), ha="right")
    ax.set(yscale="log", xlabel="input x", ylabel="slope s'(x)")
    return figure


# Vanishing, both ways -----------------------------------------------------------------

# The sigmoid; what its slope alone would need, weights four times as large; and the controls:
# the same without the offset of 1/2, and the same matrices without any sigmoid between them.
NETWORKS = {
    "sigmoid": (Sigmoid(), 1.0),
    "sigmoid, weights x4": (Sigmoid(), 4.0),
    "the same, lowered by 1/2": (utils.FORMULAS["Sigmoid - 1/2"], 4.0),
    "no activation": (utils.FORMULAS["no activation"], 1.0),
}


class Flow(NamedTuple):
    """What is left after each layer of a deep random network, as (depth + 1, seeds)."""

    signal: FloatArray  # spread of the examples, going forward from the input
    gradient: FloatArray  # norm of the gradient, coming back from the last layer


def measure_vanishing() -> dict[str, Flow]:
    flows = {}
    for name, (activation, scale) in NETWORKS.items():
        outputs = utils.layer_outputs(activation, weight_scale=scale)
        spread = outputs.std(axis=2).mean(axis=-1)  # over the examples; then over the units
        gradient = utils.gradient_flow(activation, weight_scale=scale)
        flows[name] = Flow(spread / spread[0], gradient[::-1])
    return flows


def per_layer(left: FloatArray) -> float:
    """The factor by which a layer multiplies, on average over all of them."""
    return float(np.median(left[-1]) ** (1 / (len(left) - 1)))


def print_vanishing(flows: dict[str, Flow]) -> None:
    name, flow = next(iter(flows.items()))
    rows = [
        [n, utils.spread(flow.signal[n], ".1e"), utils.spread(flow.gradient[n], ".1e")]
        for n in (1, 2, 5, 10, 20)
        if n < len(flow.signal)
    ]
    columns = ["layers", "signal, median [quartiles]", "gradient, median [quartiles]"]
    print(f"Left after so many layers of {name}, over {flow.signal.shape[1]} seeds:")
    utils.print_table(columns, rows)
    print("\nA layer leaves, on average:")
    rows = [
        [n, f"{per_layer(f.signal):.2f}", f"{per_layer(f.gradient):.2f}"]
        for n, f in flows.items()
    ]
    utils.print_table(["", "of the signal", "of the gradient"], rows)
    print(
        "signal: how far the examples lie apart. Without a sigmoid nothing is lost: it is\n"
        "the slope. Weights x4 do not quite make up for 1/4: they multiply outputs that\n"
        "lie around 1/2, which spreads the next inputs. Lowered by 1/2 little is lost."
    )


def plot_vanishing(flows: dict[str, Flow]) -> Figure:
    left_per_layer = per_layer(next(iter(flows.values())).gradient)
    title = (
        f"Each sigmoid layer leaves about {left_per_layer:.2f}, of signal and gradient alike"
    )
    figure, axes = utils.new_figure(title, 2, sharey=True)
    blue = utils.COLORS["Sigmoid"]
    styles = [(blue, "-"), (blue, "--"), (blue, ":"), (utils.INK, "-")]
    for (name, flow), (color, line) in zip(flows.items(), styles, strict=True):
        for ax, runs in zip(axes, flow, strict=True):
            utils.plot_spread(
                ax, range(len(runs)), runs, color=color, linestyle=line, label=name
            )
    axes[0].set(xlabel="layers forward from the input", ylabel="share that is left")
    axes[0].set(yscale="log", title="the signal: examples become alike")
    axes[1].set(xlabel="layers back from the last", title="the gradient")
    axes[1].legend(loc="lower left")
    return figure


# What it is for: a classifier ---------------------------------------------------------


def blobs(seeds: Iterable, points: int = 100) -> tuple[FloatArray, FloatArray]:
    """Two overlapping clouds: x (seeds, 2 * points, 2), y (seeds, 2 * points, 1) of 0 and 1."""
    y = np.repeat([0.0, 1.0], points)[:, None]
    centers = np.where(y == 0, [-1.0, -0.5], [1.0, 0.5])
    x = [np.random.default_rng(seed).normal(centers) for seed in seeds]
    return np.array(x), np.tile(y, (len(x), 1, 1))


class Classifier(NamedTuple):
    """Losses and accuracies (steps + 1, seeds), and what the first seed learned."""

    loss: FloatArray
    new_accuracy: FloatArray  # on points that it was not trained on
    x: FloatArray
    y: FloatArray
    weights: FloatArray
    bias: FloatArray


def measure_classifier(steps: int = 100, rate: float = 1.0) -> Classifier:
    """One unit, trained by descent; backward and loss meet in p - y."""
    (x, y), (new_x, new_y) = blobs(utils.SEEDS), blobs((seed, 2) for seed in utils.SEEDS)
    weights, bias = np.zeros((len(x), 2, 1)), np.zeros((len(x), 1, 1))
    losses, accuracies = [], []
    for _ in range(steps + 1):
        p = Sigmoid()(x @ weights + bias)
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p), axis=(1, 2)))
        right = (Sigmoid()(new_x @ weights + bias) > 0.5) == new_y
        accuracies.append(right.mean(axis=(1, 2)))
        grad_score = (p - y) / y.shape[1]
        weights = weights - rate * x.swapaxes(1, 2) @ grad_score
        bias = bias - rate * grad_score.sum(axis=1, keepdims=True)
    return Classifier(np.array(losses), np.array(accuracies), x[0], y[0], weights[0], bias[0])


def print_classifier(learned: Classifier) -> None:
    steps = [n for n in (0, 1, 5, 20, 100) if n < len(learned.loss)]
    rows = [
        [n, utils.spread(learned.loss[n]), utils.spread(learned.new_accuracy[n])] for n in steps
    ]
    utils.print_table(["step", "loss, median [quartiles]", "accuracy on new points"], rows)


def plot_classifier(learned: Classifier) -> Figure:
    figure, (left, right) = utils.new_figure(
        "As an output, the sigmoid learns a probability", 2
    )
    utils.plot_spread(
        left, range(len(learned.loss)), learned.loss, color=utils.COLORS["Sigmoid"]
    )
    left.set(
        xlabel="step", ylabel="training loss", ylim=(0, None), title="median and quartiles"
    )
    x1, x2 = np.meshgrid(np.linspace(-4, 4, 121), np.linspace(-4, 4, 121))
    p = Sigmoid()(np.stack([x1, x2], axis=-1) @ learned.weights + learned.bias)[..., 0]
    filled = right.contourf(x1, x2, p, np.linspace(0, 1, 11), cmap="PuOr", alpha=0.8)
    right.contour(x1, x2, p, [0.5], colors=utils.INK)
    for label, marker, face in ((0, "o", "white"), (1, "^", utils.INK)):
        points = learned.x[learned.y[:, 0] == label]
        right.plot(*points.T, marker, markersize=4, color=utils.INK, markerfacecolor=face)
    right.set(
        xlabel="x1", ylabel="x2", aspect="equal", title="probability of class 1 (triangles)"
    )
    figure.colorbar(filled, ax=right, ticks=[0, 0.5, 1])
    return figure


def measure_score_gradient(scores: ArrayLike) -> list[list[float]]:
    """Score, dL/dp * s' as backward multiplies them, and p - y, for the label y = 0."""
    rows = []
    for score in scores:
        layer = Sigmoid()
        p = layer.forward(float(score))
        with np.errstate(divide="ignore"):
            grad_p = 1 / (1 - p)  # of -log(1 - p)
        rows.append([float(score), float(layer.backward(grad_p)), float(p)])
    return rows


def print_score_gradient(rows: list[list[float]]) -> None:
    utils.print_table(["score", "dL/dp times s'", "p - y"], rows)
    print(
        "On paper the two are equal: s' = p (1 - p) cancels what is under dL/dp.\n"
        "Computed, 1 - p has lost its digits, so one takes p - y at once: it is large\n"
        "whenever the answer is wrong. BCEWithLogitsLoss in lesson 5 does that."
    )


def main() -> dict[str, Figure]:
    utils.heading("Forward and backward")
    utils.print_values(utils.measure_values(Sigmoid(), [-10, -5, -2, -1, 0, 1, 2, 5, 10]))

    utils.heading("Gradient check: backward against finite differences of forward")
    checks = {name: utils.gradient_check(layer) for name, layer in LAYERS.items()}
    utils.print_gradient_checks(checks)

    utils.heading("Why the textbook code is wrong")
    print_tails(measure_tails([-750, -745, -40, 0, 17, 36, 37, 40, 100, 750]))

    utils.heading("Vanishing, both ways: deep networks with random weights")
    flows = measure_vanishing()
    print_vanishing(flows)

    utils.heading("What it is for: a classifier trained with this very sigmoid")
    learned = measure_classifier()
    print_classifier(learned)

    utils.heading("And its gradient: label 0, an ever more wrong score")
    print_score_gradient(measure_score_gradient([0, 5, 36, 37, 40]))

    print(
        "\nRemember: a sigmoid turns a score into a probability. Between layers, with\n"
        "weights of the usual size, it leaves a quarter or less: keep it for outputs and\n"
        "gates."
    )
    return {
        "sigmoid_curve": utils.explore(Sigmoid(), title="The sigmoid is flat in both tails"),
        "sigmoid_tail": plot_tails(measure_tails(np.linspace(-60, 60, 1201))),
        "sigmoid_vanishing": plot_vanishing(flows),
        "sigmoid_classifier": plot_classifier(learned),
    }


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
