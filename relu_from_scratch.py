# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.10.7"]
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

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from activations_utils import (
    COLORS,
    HE,
    INK,
    SEEDS,
    FloatArray,
    Network,
    as_real_array,
    compare_convergence,
    gradient_flow,
    heading,
    new_figure,
    note,
    numerical_gradient,
    panel_title,
    plot_gradient_flow,
    plot_spread,
    print_gradient_checks,
    print_table,
    print_values,
    run_lesson,
    spirals,
    spread,
    train,
    upstream_gradient,
)


class ReLU:
    """The rectified linear unit, max(0, x), elementwise.

    Its slope is 1 for x > 0 and 0 for x <= 0 (at the kink in 0 any slope from 0 to 1 is a
    subgradient; like PyTorch, we take 0).

    Inputs are real numbers of any shape. float16, float32 and float64 keep their dtype,
    anything else becomes float64. Every method leaves its input as it is and returns a new
    array; all values are exact.
    """

    def __init__(self) -> None:
        self._slope: Any = None  # set by forward

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return max(0, x), of the shape of x, and remember its slope for `backward`.

        Raises
        ------
        TypeError, ValueError
            x is not an array of real numbers; the layer still holds its last forward.
        """
        x = as_real_array(x)
        output = np.zeros_like(x)
        np.maximum(x, output, out=output)
        self._slope = self.derivative(x)
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx: dL/d(output) where the latest x was positive, 0 elsewhere.

        The result has the dtype of that x.

        Parameters
        ----------
        grad_output : array of real numbers, of the shape of forward's output
            The upstream gradient. It is multiplied by the slope, as in every layer here:
            infinity or NaN arriving at a closed unit gives NaN (0 * inf), so that an
            exploded gradient stays visible. PyTorch gives 0.

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
        """Return the local slope: 1 where x > 0, 0 elsewhere (and at NaN); touches no state."""
        x = as_real_array(x)
        return np.asarray(x > 0).astype(x.dtype)

    def __call__(self, x: ArrayLike) -> FloatArray:
        """The same as `forward`: a layer is also a plain function of x."""
        return self.forward(x)


def show_values() -> None:
    heading("Forward and backward")
    print_values(ReLU(), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])


class MisgatedReLU(ReLU):
    """A ReLU with a common bug: backward asks whether the gradient is positive, not x."""

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        return np.maximum(grad_output, 0)


def check_gradients() -> None:
    heading("Gradient check: backward against finite differences of forward")
    print_gradient_checks({"ReLU": ReLU(), "gated by the gradient": MisgatedReLU()})
    middle = numerical_gradient(ReLU(), 0.0)
    print(
        f"At the kink in 0 the slope is 0 from the left and 1 from the right, and central\n"
        f"differences give {middle:g}. The check accepts 0 to 1; the usual choice is 0."
    )


def show_silence() -> None:
    heading(f"Sparse: silent outputs in a random network of width 64, over {len(SEEDS)} seeds")
    generators = [np.random.default_rng(seed) for seed in SEEDS]
    h = np.array([rng.normal(size=(100, 64)) for rng in generators])
    rows = []
    for layer in range(1, 11):
        weights = [rng.normal(0, HE / 64**0.5, (64, 64)) for rng in generators]
        h = ReLU()(h @ np.array(weights))
        if layer in (1, 2, 5, 10):
            rows.append([layer, spread((h == 0).mean(axis=(1, 2)))])
    print_table(["layer", "share of zeros, median [quartiles]"], rows)


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


def measure_cost() -> None:
    heading("What it costs: forward + backward, measured now, 65,536 float32")
    rng = np.random.default_rng(0)
    x, upstream = rng.normal(size=(2, 65536)).astype(np.float32)
    layers: dict[str, Any] = {
        "ReLU": ReLU(),
        "sigmoid": TEXTBOOK_SIGMOID,
        "tanh": TEXTBOOK_TANH,
    }
    seconds: dict[str, list[float]] = {name: [] for name in layers}
    for _ in range(100):  # in turn, so that a busy moment of the machine meets all
        for name, layer in layers.items():
            start = time.perf_counter()
            layer.forward(x)
            layer.backward(upstream)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: np.median(times) for name, times in seconds.items()}
    print_table(
        ["", "ns per element", "times ReLU"],
        [
            [name, f"{median / x.size * 1e9:.2f}", f"{median / medians['ReLU']:.1f}"]
            for name, median in medians.items()
        ],
    )
    print(
        "(sigmoid and tanh by their textbook formulas.) How they compare depends on how\n"
        "well NumPy knows this processor. The matrix product before them costs far more."
    )


def show_gradient_flow() -> Figure:
    heading(f"Gradients that survive depth: 20 random layers, over {len(SEEDS)} seeds")
    norms = {
        "ReLU, He initialization": gradient_flow(ReLU, weight_scale=HE),
        "ReLU, weight scale 1": gradient_flow(ReLU),
        "sigmoid, weight scale 1": gradient_flow(TEXTBOOK_SIGMOID),
    }
    print_table(
        ["gradient norm at the input", "median [quartiles]"],
        [[name, spread(runs[0], ".1e")] for name, runs in norms.items()],
    )
    print(
        "Half of the units stop the gradient, so that each layer leaves half of its\n"
        "square. Weights larger by sqrt(2) make up for that (He et al. 2015)."
    )
    figure, ax = new_figure("With He initialization ReLU keeps the gradient alive")
    colors = dict(zip(norms, (COLORS["ReLU"], INK, COLORS["Sigmoid"]), strict=True))
    plot_gradient_flow(norms, colors=colors, ax=ax)
    return figure


def show_convergence() -> Figure:
    heading(f"Convergence: the network, data and {len(SEEDS)} seeds of lesson 2")
    contenders = {
        "ReLU": (ReLU, HE, COLORS["ReLU"]),
        "tanh": (TEXTBOOK_TANH, 1.0, COLORS["Tanh"]),
    }
    title = "ReLU learns the spirals sooner than tanh"
    figure = compare_convergence(title, contenders, rates=(0.1, 0.3, 1.0))
    print("(tanh by its textbook formula: its rounding differs from that of lesson 2.)")
    return figure


def show_dying() -> Figure:
    heading(f"Dying: hidden units that no example activates, over {len(SEEDS)} seeds")
    print("Training 2-32-3 networks on spirals, 1500 steps, 5 times: about 3 s ...")
    x, labels = spirals(turns=0.5)
    figure, (left, right) = new_figure(
        "Large steps kill ReLUs, and the dead stay dead", 2, sharey=True
    )
    rows = []
    for rate, bias in ((1.0, 0.0), (3.0, 0.0), (5.0, 0.0), (10.0, 0.0), (1.0, -2.0)):
        network = Network([2, 32, 3], ReLU, weight_scale=HE, bias=bias)
        history = train(network, x, labels, steps=1500, rate=rate)
        share = history.dead.mean(axis=2)
        revived = np.any(history.dead[:-1] & ~history.dead[1:], axis=0)
        gradient = np.abs(network.grad_weights[0]).max(axis=1)[history.dead[-1]]
        rows.append([
            f"{rate:g}", f"{bias:g}", f"{np.median(share[0]):.2f}", spread(share[-1]),
            revived.sum(), gradient.max(initial=0), spread(history.accuracy[-1]),
        ])  # fmt: skip
        ax = left if bias == 0 else right
        plot_spread(ax, range(1, 1502), share, label="", color=COLORS["ReLU"])
        at, lift = (1500, np.median(share[-1])), -14 if (rate, bias) == (1, 0) else 5
        note(ax, f"rate {rate:g}", at, (0, lift), ha="right")
    print_table(
        ["rate", "bias", "dead at 0", "dead at the end", "revived", "gradient", "accuracy"],
        rows,
    )
    print(
        "revived: how many of the dead, in all seeds, came back at any step.\n"
        "gradient: the largest that still reaches a weight of a dead unit."
    )
    for ax, start in ((left, 0), (right, -2)):
        ax.set(xlabel="step (the first is 1)", xscale="log", xlim=(1, 1500), ylim=(-0.08, 1.1))
        panel_title(ax, f"biases start at {start}")
    left.set(ylabel="share of dead units")
    return figure


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    show_silence()
    measure_cost()
    flow = show_gradient_flow()
    convergence = show_convergence()
    dying = show_dying()
    print(
        "\nRemember: a ReLU passes the whole gradient or none. With He initialization and\n"
        "moderate steps that trains deep networks fast; a unit that never fires is lost."
    )
    return {"relu_flow": flow, "relu_convergence": convergence, "relu_dying": dying}


if __name__ == "__main__":
    run_lesson(main, __doc__)
