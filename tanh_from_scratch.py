# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.10.7"]
# ///
"""Lesson 2 - tanh: the sigmoid, centred on zero.

The idea. Squash any real number into (-1, 1), and leave zero at zero:

    tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))          tanh'(x) = 1 - tanh(x)^2

It is the sigmoid stretched, tanh(x) = 2 s(2x) - 1, so it saturates just as much. But its
slope reaches 1 instead of 1/4, and its outputs have both signs, which the weights of the
next layer need in order to move freely (LeCun, Bottou, Orr & Mueller 1998). Both matter,
and this lesson measures both.

Run it:  python tanh_from_scratch.py [--save DIR]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from activations_utils import (
    COLORS,
    INK,
    SEEDS,
    FloatArray,
    as_real_array,
    compare_convergence,
    heading,
    new_figure,
    note,
    panel_title,
    print_gradient_checks,
    print_table,
    print_values,
    run_lesson,
    spread,
    upstream_gradient,
)


class Tanh:
    """The hyperbolic tangent, tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), elementwise.

    Dividing both sums by the larger exponential leaves tanh|x| = (1 - e) / (1 + e), with
    e = exp(-2|x|), which cannot overflow. 1 - e is taken from expm1, which keeps the digits
    that the subtraction loses for small x. The textbook's slope 1 - t^2 is (1 - |t|) (1 + |t|)
    with 1 - |t| = 2e / (1 + e), which keeps its digits where t itself has rounded to 1.

    Inputs are real numbers of any shape. float16, float32 and float64 keep their dtype,
    anything else becomes float64. Every method leaves its input as it is and returns a new
    array; each value is within 5 units in the last place of the exact one.
    """

    def __init__(self) -> None:
        self._slope: Any = None  # set by forward

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return tanh(x), of the shape of x, and remember its slope for `backward`.

        Raises
        ------
        TypeError, ValueError
            x is not an array of real numbers; the layer still holds its last forward.
        """
        x = as_real_array(x)
        exponent = _minus_two_abs(x)
        output = np.expm1(exponent, out=np.empty_like(x))  # e - 1
        e = np.exp(exponent, out=exponent)
        one_plus_e = np.add(1, e, out=np.empty_like(e))
        output /= one_plus_e
        np.copysign(output, x, out=output)
        self._slope = _slope(e, one_plus_e)
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/dt * (1 - t^2), t = tanh(x), for the latest forward.

        The result has the dtype of that forward's x.

        Parameters
        ----------
        grad_output : array of real numbers, of the shape of forward's output
            dL/dt, the upstream gradient. In a tail where the slope is 0, infinity times
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
        """Return the local slope 1 - tanh(x)^2, at most 1; touches no state."""
        exponent = _minus_two_abs(as_real_array(x))
        e = np.exp(exponent, out=exponent)
        return _slope(e, np.add(1, e, out=np.empty_like(e)))

    def __call__(self, x: ArrayLike) -> FloatArray:
        """The same as `forward`: a layer is also a plain function of x."""
        return self.forward(x)


def _minus_two_abs(x: FloatArray) -> FloatArray:
    exponent = np.abs(x, out=np.empty_like(x))
    with np.errstate(over="ignore"):  # -inf serves as well: e = 0
        exponent *= -2
    return exponent


def _slope(e: FloatArray, one_plus_e: FloatArray) -> FloatArray:
    """1 - t^2 = (1 - |t|) (1 + |t|), from 1 - |t| = 2e / (1 + e). Overwrites its arguments."""
    gap = np.divide(e, one_plus_e, out=e)
    gap *= 2
    slope = np.subtract(2, gap, out=one_plus_e)
    slope *= gap
    return slope


def show_values() -> None:
    heading("Forward and backward")
    print_values(Tanh(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    at_0, at_10 = Tanh().derivative([0, 10])
    print(f"The slope is largest at 0, {at_0:g}; at 10 it is down to {at_10:.1g}.")


class UnsquaredTanh(Tanh):
    """A tanh with a common bug: backward uses 1 - |t| for 1 - t^2."""

    def forward(self, x: ArrayLike) -> FloatArray:
        output = super().forward(x)
        self._slope = 1 - np.abs(output)
        return output


def check_gradients() -> None:
    heading("Gradient check: backward against finite differences of forward")
    print_gradient_checks({"Tanh": Tanh(), "1 - |t| for 1 - t^2": UnsquaredTanh()})


def climb_the_ladder() -> None:
    heading("From the textbook formula to one that is right everywhere")
    x = np.array([1e-20, 1e-9, 1e-3, 1, 20, 800])
    with np.errstate(over="ignore", invalid="ignore"):  # inf / inf at 800
        textbook = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    e = np.exp(-2 * np.abs(x))
    outputs = np.array([textbook, (1 - e) / (1 + e), Tanh()(x)])
    print_table(
        ["x", "textbook", "(1-e)/(1+e)", "with expm1"],
        [[f"{value:.11g}" for value in row] for row in np.vstack([x, outputs]).T],
    )
    print(
        "exp(800) is infinite, and inf / inf is not a number. e = exp(-2|x|) cannot\n"
        "overflow, but 1 - e loses the digits of a small x. expm1(y), which is exp(y) - 1\n"
        "computed as a whole, keeps them.\n"
    )
    t = np.tanh(x)
    print_table(
        ["x", "1-t*t", "g(2-g)"],
        zip(x[2:], (1 - t * t)[2:], Tanh().derivative(x)[2:], strict=True),
    )
    print(
        "The slope 1 - t*t loses its digits where t comes close to 1. g = 2e/(1+e), the\n"
        "gap between t and 1, has them all, and the slope is g (2 - g)."
    )


class SigmoidByTanh:
    """The sigmoid of lesson 1, s(x) = (1 + tanh(x / 2)) / 2: a tanh, squeezed and lifted."""

    def __init__(self) -> None:
        self._tanh = Tanh()

    def forward(self, x: FloatArray) -> FloatArray:
        return (1 + self._tanh.forward(x / 2)) / 2

    def backward(self, grad_output: FloatArray) -> FloatArray:
        return self._tanh.backward(grad_output) / 4


def mean_outputs(activation: type, depth: int = 10, width: int = 64) -> FloatArray:
    """Mean output of every layer of a deep random network, as (depth, seeds)."""
    generators = [np.random.default_rng(seed) for seed in SEEDS]
    h = np.array([rng.normal(size=(100, width)) for rng in generators])
    means = []
    for _ in range(depth):
        weights = [rng.normal(0, width**-0.5, (width, width)) for rng in generators]
        h = activation().forward(h @ np.array(weights))
        means.append(h.mean(axis=(1, 2)))
    return np.array(means)


def show_means() -> None:
    heading(f"Zero-centred: mean output by depth in a random network, over {len(SEEDS)} seeds")
    tanh, sigmoid = mean_outputs(Tanh), mean_outputs(SigmoidByTanh)
    print_table(
        ["layer", "tanh, median [quartiles]", "sigmoid"],
        [[n + 1, spread(tanh[n], ".3f"), spread(sigmoid[n], ".3f")] for n in (0, 1, 4, 9)],
    )


GOAL = np.array([1.0, -1.0])


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
    heading("Why it matters: the sign lock of all-positive inputs")
    z = np.array([np.random.default_rng(seed).normal(size=(5000, 2)) for seed in SEEDS])
    # Equal but for the offset, so that nothing else can make the difference.
    inputs = {"tanh(z)/2": Tanh()(z) / 2, "1/2 + tanh(z)/2": (1 + Tanh()(z)) / 2}
    figure, axes = new_figure(
        "All-positive inputs lock the signs, and descent zig-zags", columns=2, height=4.4
    )
    rows = []
    for ax, name, color in zip(axes, inputs, ("Tanh", "Sigmoid"), strict=True):
        for rate in (0.3, 1.0, 2.0, 3.0):
            runs = [follow_descent(h, rate) for h in inputs[name]]
            paths, alike, steps = zip(*runs, strict=True)
            rows.append([name, rate, f"{np.median(alike):.0%}", spread(np.array(steps), ".0f")])
            if rate == 2:
                ax.plot(*paths[0].T, ".-", color=COLORS[color], linewidth=1.2, markersize=5)
        ax.plot(*GOAL, "*", color=INK, markersize=14)
        note(ax, "goal", (1, -1), (9, 4))
        note(ax, "start", (0, 0), (-36, -4))
        ax.set(xlabel="weight 1", ylabel="weight 2", xlim=(-0.8, 2), ylim=(-2, 0.8))
        ax.set_aspect("equal")
        panel_title(ax, f"inputs {name}, rate 2, first seed")
    print_table(["inputs", "rate", "both weights move alike", "steps to the goal"], rows)
    print(
        "1/2 + tanh(z)/2 is the sigmoid of 2z. The weights of a neuron share its error\n"
        "and differ only in their inputs: where all are positive, an example moves both\n"
        "the same way, but the goal lies up for one and down for the other. At small\n"
        "rates the detours cost little; they limit the rate that descent can bear."
    )
    return figure


def show_convergence() -> Figure:
    heading(f"Convergence: one network with either activation, same data, {len(SEEDS)} seeds")
    contenders = {
        "tanh": (Tanh, 1.0, COLORS["Tanh"]),
        "sigmoid": (SigmoidByTanh, 1.0, COLORS["Sigmoid"]),
    }
    title = "The same network learns sooner with tanh"
    return compare_convergence(title, contenders, rates=(0.3, 1.0, 2.0))


def main() -> dict[str, Figure]:
    show_values()
    check_gradients()
    climb_the_ladder()
    show_means()
    zigzag = show_zigzag()
    convergence = show_convergence()
    print(
        "\nRemember: tanh is a sigmoid with four times the slope and outputs of both signs.\n"
        "Between layers it is the better of the two; it saturates all the same."
    )
    return {"tanh_zigzag": zigzag, "tanh_convergence": convergence}


if __name__ == "__main__":
    run_lesson(main, __doc__)
