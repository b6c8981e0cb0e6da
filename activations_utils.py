# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.10.7"]
# ///
"""Lesson 6 - the four activations side by side, and what all lessons share.

Imported, this file gives the lessons what they have in common, in this order:

    input checks        as_real_array, upstream_gradient
    gradient checking   numerical_gradient, gradient_check
    experiments         spirals, Network, train, dead_units, gradient_flow
    plots               plot_activation_curve, plot_gradient, compare_activations, ...
    running a script    print_table, spread, run_lesson

Run as a script, it compares sigmoid, tanh, ReLU and leaky ReLU: their outputs and slopes,
what a network learns with each, their gradients by depth, and the ridge between vanishing
and exploding gradients.

Run it:  python activations_utils.py [--save DIR]
"""

from __future__ import annotations

import argparse
import copy
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import cbook
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]

# --------------------------------------------------------------------------------------
# Input checking: one clear error at the door, before a layer has changed anything
# --------------------------------------------------------------------------------------


def as_real_array(x: ArrayLike, name: str = "x") -> FloatArray:
    """Return x as a float16, float32 or float64 array, without copying where it is one.

    Booleans, integers, lists and Python numbers become float64; other byte orders
    become native. The array may share memory with x: never write to it.

    Raises
    ------
    TypeError
        x holds something other than real numbers (strings, None, complex, dates, objects).
    ValueError
        x is a ragged list, or holds an integer beyond the float64 range.
    """
    try:
        array = np.asarray(x)
        if not hasattr(x, "dtype") and all(type(item) is int for item in array.flat):
            array = array.astype(np.float64)  # integers beyond int64 came as objects
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{name} must be real numbers in an array of regular shape, "
            f"got {type(x).__name__}: {error}"
        ) from error
    if array.dtype.char in "efd":  # float16, float32, float64
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind in "biuf":
        with np.errstate(over="ignore"):  # a long double beyond float64 is rounded to infinity
            return array.astype(np.float64)
    raise TypeError(
        f"{name} must be real numbers (float, int or bool), "
        f"got {type(x).__name__} of dtype {array.dtype}"
    )


def upstream_gradient(
    grad_output: ArrayLike, remembered: NDArray[Any] | None, dtype: Any = None
) -> FloatArray:
    """Return grad_output, checked against what forward remembered.

    Parameters
    ----------
    grad_output : array of the shape of forward's output
        dL/d(output), from the layer above.
    remembered : array or None
        What the layer's latest forward kept, of the same shape; None before any forward.
    dtype : dtype, optional
        The dtype of the result; that of ``remembered`` unless given.

    Raises
    ------
    RuntimeError
        There was no forward yet.
    ValueError
        The shapes differ. Nothing is broadcast: a wrong shape here is nearly always a bug.
    TypeError
        grad_output does not hold real numbers.
    """
    if remembered is None:
        raise RuntimeError("backward has nothing to work with yet: call forward(x) first")
    gradient = as_real_array(grad_output, "grad_output")
    if gradient.shape != remembered.shape:
        raise ValueError(
            f"grad_output must have the shape of forward's output, {remembered.shape}, "
            f"got {gradient.shape}"
        )
    with np.errstate(over="ignore"):  # beyond a narrower dtype's range, infinity is right
        return gradient.astype(remembered.dtype if dtype is None else dtype, copy=False)


# --------------------------------------------------------------------------------------
# Gradient checking
# --------------------------------------------------------------------------------------


def numerical_gradient(func: Callable[[Any], ArrayLike], x: ArrayLike) -> NDArray[np.float64]:
    """Slope of an elementwise function by central differences, (f(x+h) - f(x-h)) / 2h.

    The truncation error falls with h squared and the rounding error grows with 1/h;
    h near the cube root of the machine epsilon, times max(1, |x|), balances the two and
    leaves about ten correct digits. At a kink the answer is the mean of the two slopes.

    Parameters
    ----------
    func : callable
        Elementwise: the output has the shape of its input. Called twice, whatever the size.
    x : array of real numbers, any shape
        Computed with in float64.

    Returns
    -------
    float64 array of the shape of x.

    Raises
    ------
    TypeError, ValueError
        x does not hold real numbers; func does not return one real number per element.
    """
    points = as_real_array(x).astype(np.float64)
    step = np.cbrt(np.finfo(np.float64).eps) * np.maximum(1, np.abs(points))
    above, below = points + step, points - step
    # Divide by the distance between the points as they were rounded, not by 2h.
    return np.asarray((_values(func, above) - _values(func, below)) / (above - below))


def _values(
    func: Callable[[Any], ArrayLike], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """func(points) as float64, of the shape of points; one lone number is spread over all."""
    values = as_real_array(func(points.copy()), "the function's output").astype(np.float64)
    if values.shape not in (points.shape, ()):
        raise ValueError(
            f"the function must be elementwise: for an input of shape {points.shape} "
            f"it returned {values.shape}"
        )
    return np.broadcast_to(values, points.shape)


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found; true in an `if` or an `assert` when it passed.

    Attributes
    ----------
    passed : bool
    max_relative_error : float
        The largest distance between the slope `backward` used and the slope measured,
        relative to that slope (in a saturated tail, to the smallest slope that rounding
        lets a difference resolve). Infinite where `backward` gave NaN or a wrong shape.
    worst_input : float
        The x where that error occurred.
    kinks : int
        How many elements lie on a kink and were judged by its two one-sided slopes.
    """

    passed: bool
    max_relative_error: float
    worst_input: float
    kinks: int

    def __bool__(self) -> bool:
        return self.passed


def gradient_check(
    activation: Any,
    x: ArrayLike | None = None,
    *,
    tolerance: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Compare a layer's `backward` with finite differences of its `forward`, everywhere.

    `backward` runs at the precision of x under a random upstream gradient; dividing its
    answer by that gradient gives the slope it used. (It runs twice, the first time for other
    values, so that a layer which clings to its past is caught.) `forward` runs in float64 at
    a few points around every element and gives the slope to expect. On a kink the left and
    the right slope differ and whatever lies between them, a subgradient, is right.

    Parameters
    ----------
    activation : object with forward(x) and backward(grad_output), elementwise, or its class
        An object is left remembering some other input than x.
    x : array of finite real numbers, any shape, optional
        Where to check; by default from one saturated tail to the other, 0 included.
    tolerance : float, optional
        Largest acceptable relative error; 1e-6, or what the precision of x allows.
    seed : int
        Of the random upstream gradient.

    Raises
    ------
    TypeError
        activation has no forward or backward, or x does not hold real numbers.
    ValueError
        x is empty or not finite, or tolerance not positive.

    Notes
    -----
    Give steep functions a float64 x: in float32 the rounding of x alone moves their slope.
    A few dozen forward passes, however many elements. The practice (centred differences,
    relative error, double precision, distrust of kinks) is that of the Stanford CS231n notes.
    """
    for method in ("forward", "backward"):
        if not callable(getattr(activation, method, None)):
            raise TypeError(f"activation must have a {method} method, got {activation!r}")
    if isinstance(activation, type):
        activation = activation()
    if tolerance is not None and not tolerance > 0:
        raise ValueError(f"tolerance must be positive, got {tolerance!r}")
    x = _default_inputs() if x is None else as_real_array(x)
    if x.size == 0 or not np.all(np.isfinite(x)):
        raise ValueError("x must hold at least one number, and only finite ones")
    precision = np.finfo(x.dtype)
    if tolerance is None:
        tolerance = max(1e-6, 32 * float(precision.eps))

    points = x.astype(np.float64).ravel()
    slope = _slope_of_backward(activation, x, np.random.default_rng(seed)).ravel()
    measured = _measure_slopes(activation.forward, points)
    # A second, closer look where the two differ noticeably, or the slopes left and right do.
    suspect = measured.kink | ~(_relative_error(slope, measured, tolerance) <= tolerance / 10)
    if suspect.any():
        closer = _measure_slopes(activation.forward, points[suspect], levels=16)
        for kept, new in zip(measured, closer, strict=True):
            kept[suspect] = new

    # What rounding to the precision of x may do to a slope: s * (1 - s) loses what s has lost.
    measured.doubt[...] += 4 * float(precision.eps) + 8 * float(precision.smallest_subnormal)
    error = _relative_error(slope, measured, tolerance)
    # Where forward is not finite no level could be trusted, and the doubt is still infinite.
    error[np.isnan(error) | np.isinf(measured.doubt)] = np.inf
    worst = int(np.argmax(error))
    return GradientCheck(
        passed=bool(error[worst] <= tolerance),
        max_relative_error=float(error[worst]),
        worst_input=float(points[worst]),
        kinks=int(measured.kink.sum()),
    )


def _default_inputs() -> NDArray[np.float64]:
    """Middle, saturated tails, the kink at 0 and its close neighbourhood."""
    one_side = np.concatenate([[1e-9, 1e-6, 1e-3], np.arange(1, 121) / 20, [8, 12, 20, 40]])
    return np.concatenate([-one_side[::-1], [0.0], one_side])


def _slope_of_backward(activation: Any, x: FloatArray, rng: np.random.Generator) -> Any:
    """The local slope that backward multiplies by, in float64; NaN if the shape is wrong."""
    # Away from 0 and 1, of both signs: an ignored or misused upstream gradient shows.
    upstream = rng.uniform(1.1, 1.9, x.shape) * rng.choice([-1.0, 1.0], x.shape)
    upstream = np.asarray(upstream).astype(x.dtype)
    # First in another order: a layer that clings to its past shows in the second round.
    for values in (np.roll(x, 1), x):
        activation.forward(values.copy())
        grad_x = np.asarray(activation.backward(upstream.copy()), dtype=np.float64)
    if grad_x.shape != x.shape:
        return np.full(x.shape, np.nan)
    return np.where(np.isfinite(grad_x), grad_x, np.nan) / upstream


class _MeasuredSlopes(NamedTuple):
    """For each element the interval of right slopes (a point unless on a kink)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    doubt: NDArray[np.float64]  # how far off low and high may be
    kink: NDArray[np.bool_]


@np.errstate(invalid="ignore")  # inf - inf is NaN, which the caller sees
def _measure_slopes(
    func: Callable[[Any], ArrayLike], x: NDArray[np.float64], levels: int = 2
) -> _MeasuredSlopes:
    """One-sided differences at `levels` steps, each a quarter of the last.

    Of the levels each element keeps the one it can trust most: where the function curves
    strongly or a kink is near, a small step; where rounding dominates, a large one.
    """
    here = _values(func, x)
    first = as_real_array(func(x[:1].copy()))
    epsilon = np.finfo(first.dtype).eps  # float32 layers are noisier
    step = 2 * epsilon**0.2 * np.maximum(1, np.abs(x))
    best = _MeasuredSlopes(
        low=np.zeros(x.shape),
        high=np.zeros(x.shape),
        doubt=np.full(x.shape, np.inf),
        kink=np.zeros(x.shape, dtype=bool),
    )
    # The first level is in full doubt.
    last_left = last_right = last_center = last_gap = np.full(x.shape, np.inf)
    for _ in range(levels):
        above, below = x + step, x - step
        f_above, f_below = _values(func, above), _values(func, below)
        left = (here - f_below) / (x - below)
        right = (f_above - here) / (above - x)
        center, gap = (left + right) / 2, np.abs(right - left)
        size = np.maximum(np.maximum(np.abs(f_above), np.abs(f_below)), np.abs(here))
        noise = 8 * epsilon * np.maximum(size, np.minimum(1, np.abs(x))) / step
        # Central differences err by h^2: two steps give the error away (Richardson).
        correction = (center - last_center) / 15
        # Along a smooth curve the gap shrinks with the step; across a kink it stays.
        kink = (gap > last_gap / 2) & (gap > 4 * noise)
        # One-sided slopes err by h: a third of what this step moved them is still missing.
        sides = np.maximum(np.abs(left - last_left), np.abs(right - last_right))
        moved = np.where(kink, sides, np.abs(center - last_center))
        latest = _MeasuredSlopes(
            low=np.where(kink, np.minimum(left, right), center + correction),
            high=np.where(kink, np.maximum(left, right), center + correction),
            doubt=noise + moved / 2,
            kink=kink,
        )
        better = latest.doubt < best.doubt
        for kept, new in zip(best, latest, strict=True):
            kept[better] = new[better]
        last_left, last_right, last_center, last_gap = left, right, center, gap
        step = step / 4
    return best


def _relative_error(
    slope: NDArray[np.float64], measured: _MeasuredSlopes, tolerance: float
) -> NDArray[np.float64]:
    """Distance from slope to the measured interval, relative to the largest slope involved."""
    distance = np.maximum(np.maximum(measured.low - slope, slope - measured.high), 0)
    scale = np.maximum(np.abs(slope), np.maximum(np.abs(measured.low), np.abs(measured.high)))
    # A distance within the doubt counts as at most the tolerance, however small the slope.
    scale = np.maximum(scale, measured.doubt / tolerance)
    return distance / np.where(scale == 0, 1, scale)


# --------------------------------------------------------------------------------------
# Experiments: data, a small network, gradient flow. Several seeds run as one computation:
# every array has a leading axis of seeds, and NumPy multiplies all their matrices at once.
# --------------------------------------------------------------------------------------

SEEDS = range(9)  # an odd number, so that the median is one of the runs
HE = 2**0.5  # weight scale for ReLU by He, Zhang, Ren & Sun (2015)


def spirals(
    seeds: Iterable[int] = SEEDS, *, turns: float = 0.75, points: int = 60, noise: float = 0.05
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Three interleaved spiral arms, the classic problem that no straight line solves.

    Returns
    -------
    x : float32 array (seeds, 3 * points, 2)
        Points within about the unit disc, with Gaussian noise of the given deviation.
    labels : int array (seeds, 3 * points)
        The arm of each point: 0, 1 or 2.
    """
    arm = np.repeat(np.arange(3), points)
    radius = np.tile(np.linspace(0.1, 1, points), 3)
    angle = 2 * np.pi * (arm / 3 + turns * radius)
    clean = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    x = [clean + noise * np.random.default_rng(seed).normal(size=clean.shape) for seed in seeds]
    return np.array(x, dtype=np.float32), np.tile(arm, (len(x), 1))


def new_layer(activation: Any) -> Any:
    """A layer with a memory of its own: activation() of a class, a copy of an instance."""
    return activation() if isinstance(activation, type) else copy.deepcopy(activation)


class Network:
    """A fully connected classifier with its forward and backward pass written out by hand.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden units layer by layer, classes.
    activation : class or instance
        One of the four activations (or any layer with forward and backward); every hidden
        layer gets its own copy.
    weight_scale : float
        Weights are drawn with deviation weight_scale / sqrt(inputs): 1 is that of LeCun
        et al. (1998), sqrt(2) that of He et al. (2015) for ReLU.
    bias : float
        Where the biases of the hidden units start.
    seeds : iterable of int
        One independent network for each seed.
    dtype : dtype
        Precision of all parameters.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Any,
        *,
        weight_scale: float = 1.0,
        bias: float = 0.0,
        seeds: Iterable[int] = SEEDS,
        dtype: Any = np.float32,
    ) -> None:
        # (seed, 1): numbers of their own, not those that the data were drawn from
        generators = [np.random.default_rng((seed, 1)) for seed in seeds]
        self.weights: list[FloatArray] = []
        self.biases: list[FloatArray] = []
        for inputs, outputs in itertools.pairwise(sizes):
            deviation = weight_scale / np.sqrt(inputs)
            drawn = [rng.normal(0, deviation, (inputs, outputs)) for rng in generators]
            self.weights.append(np.array(drawn, dtype=dtype))
            self.biases.append(np.full((len(drawn), 1, outputs), bias, dtype=dtype))
        self.biases[-1][...] = 0
        self.layers = [new_layer(activation) for _ in sizes[1:-1]]
        self.pre_activations: list[FloatArray] = []
        self.grad_weights: list[FloatArray] = []
        self.grad_biases: list[FloatArray] = []
        self._inputs: list[FloatArray] = []

    def forward(self, x: FloatArray) -> FloatArray:
        """Map x (seeds, examples, inputs) to logits (seeds, examples, classes)."""
        self._inputs, self.pre_activations = [x], []
        for weights, bias, layer in zip(self.weights, self.biases, self.layers, strict=False):
            self.pre_activations.append(self._inputs[-1] @ weights + bias)
            self._inputs.append(layer.forward(self.pre_activations[-1]))
        return self._inputs[-1] @ self.weights[-1] + self.biases[-1]

    def backward(self, gradient: FloatArray) -> None:
        """From dL/dlogits compute grad_weights and grad_biases, by the chain rule."""
        self.grad_weights, self.grad_biases = [], []
        for index in reversed(range(len(self.weights))):
            self.grad_weights.insert(0, self._inputs[index].swapaxes(1, 2) @ gradient)
            self.grad_biases.insert(0, gradient.sum(axis=1, keepdims=True))
            if index > 0:
                gradient = gradient @ self.weights[index].swapaxes(1, 2)
                gradient = self.layers[index - 1].backward(gradient)

    def descend(self, rate: float) -> None:
        """One step of gradient descent."""
        parameters = [*self.weights, *self.biases]
        gradients = [*self.grad_weights, *self.grad_biases]
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= rate * gradient


def softmax_cross_entropy(
    logits: FloatArray, labels: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Loss of each seed (mean over its examples) and its gradient for the logits.

    Shifting the logits by their largest leaves softmax as it is and lets no exp overflow.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    log_probability = shifted - log_sum
    right = labels[..., None]
    loss = -np.take_along_axis(log_probability, right, axis=-1)[..., 0].mean(axis=-1)
    gradient = np.exp(log_probability)
    at_right = np.take_along_axis(gradient, right, axis=-1)
    np.put_along_axis(gradient, right, at_right - 1, axis=-1)
    return loss, gradient / labels.shape[-1]


def dead_units(pre_activation: FloatArray) -> NDArray[np.bool_]:
    """Which units no example activates: (seeds, examples, units) to bool (seeds, units)."""
    return np.all(pre_activation <= 0, axis=1)


class History(NamedTuple):
    """What `train` saw before every step and after the last."""

    loss: NDArray[np.float64]  # (steps + 1, seeds), mean cross-entropy in nats
    accuracy: NDArray[np.float64]  # (steps + 1, seeds), share of examples classified right
    dead: NDArray[np.bool_]  # (steps + 1, seeds, units of the first hidden layer)


def train(
    network: Network, x: FloatArray, labels: NDArray[np.intp], *, steps: int, rate: float
) -> History:
    """Train on all examples at once by plain gradient descent: nothing to tune but the rate."""
    loss, accuracy, dead = [], [], []
    for step in range(steps + 1):
        logits = network.forward(x)
        step_loss, grad_logits = softmax_cross_entropy(logits, labels)
        loss.append(step_loss)
        accuracy.append((logits.argmax(axis=-1) == labels).mean(axis=-1))
        dead.append(dead_units(network.pre_activations[0]))
        network.backward(grad_logits)
        if step < steps:
            network.descend(rate)
    return History(np.array(loss, dtype=np.float64), np.array(accuracy), np.array(dead))


def steps_to_reach(loss: NDArray[np.float64], target: float) -> NDArray[np.float64]:
    """For each seed the first step at which loss (steps, seeds) is below target, or inf."""
    below = loss < target
    return np.where(below.any(axis=0), below.argmax(axis=0), np.inf)


def gradient_flow(
    activation: Any,
    *,
    depth: int = 20,
    width: int = 64,
    weight_scale: float = 1.0,
    examples: int = 16,
    seeds: Iterable[int] = SEEDS,
) -> NDArray[np.float64]:
    """Gradient norm by layer in a deep random network, from a real forward and backward pass.

    Every layer is a random matrix with entries of deviation weight_scale / sqrt(width),
    without bias, and the activation. At weight_scale 1 the matrices alone keep the length
    of a gradient on average, so that what is lost or gained is the activation's doing.

    Returns
    -------
    float64 array (depth + 1, seeds)
        Norm of dL/dh for h the input (row 0) and the output of layer 1, 2, ..., depth,
        relative to that of the last, which is 1.
    """
    generators = [np.random.default_rng(seed) for seed in seeds]
    h = np.array([rng.normal(size=(examples, width)) for rng in generators])
    upstream = np.array([rng.normal(size=(examples, width)) for rng in generators])
    layers, matrices = [], []
    for _ in range(depth):
        drawn = [
            rng.normal(0, weight_scale / np.sqrt(width), (width, width)) for rng in generators
        ]
        matrices.append(np.array(drawn))
        layers.append(new_layer(activation))
        h = layers[-1].forward(h @ matrices[-1])
    gradient, norms = upstream, [np.linalg.norm(upstream, axis=(1, 2))]
    for matrix, layer in zip(reversed(matrices), reversed(layers), strict=True):
        gradient = layer.backward(gradient) @ matrix.swapaxes(1, 2)
        norms.append(np.linalg.norm(gradient, axis=(1, 2)))
    return np.array(norms[::-1]) / norms[0]


# --------------------------------------------------------------------------------------
# Plots. Functions that draw on Axes return the Axes, functions that make a figure the
# Figure; none shows anything, `run_lesson` does.
# --------------------------------------------------------------------------------------

# Okabe and Ito's palette, which the common forms of colour blindness leave distinct.
COLORS = {
    "Sigmoid": "#0072B2",
    "Tanh": "#D55E00",
    "ReLU": "#009E73",
    "LeakyReLU": "#CC79A7",
}
INK = "#333333"
FAINT = "#999999"

STYLE: Any = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def new_figure(title: str, columns: int = 1, *, height: float = 4.0, **grid: Any) -> Any:
    """A Figure 8 inches wide that says its message in bold, and its Axes (one or an array)."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, columns, figsize=(8, height), **grid)
        figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    return figure, axes


def panel_title(ax: Axes, text: str) -> None:
    """Say what one panel of a figure shows, above its left edge."""
    ax.set_title(text, loc="left", fontsize=11, color=INK)


def note(
    ax: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **style: Any
) -> None:
    """Write text beside the data point `at`, shifted by so many typographic points."""
    style = {"color": INK, "annotation_clip": False, **style}
    words = ax.annotate(text, at, shift, textcoords="offset points", **style)
    words.set_in_layout(False)  # the panels keep their sizes whatever is written in them


def name_of(func: Any) -> str:
    """What to call a layer or a function in a plot or a table."""
    return str(getattr(func, "__name__", type(func).__name__))


def plot_activation_curve(
    func: Callable[[Any], Any],
    x_range: tuple[float, float] = (-6, 6),
    *,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the output of func, one of our layers or any elementwise callable, over its input.

    Parameters
    ----------
    func : callable
        Takes a float64 array and returns one of the same shape, or a lone number for all.
    x_range : (low, high)
        The inputs to show.
    ax : Axes, optional
        Where to draw; a new figure's unless given.
    **line
        Passed on to ``Axes.plot``.

    Returns
    -------
    The Axes.
    """
    x = _plot_inputs(x_range)
    output = _values(copy.copy(func), x)  # a layer keeps its memory
    return _plot_curve(func, x, output, "output f(x)", ax, line)


def plot_gradient(
    func: Callable[[Any], Any],
    x_range: tuple[float, float] = (-6, 6),
    *,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the slope of func over its input; parameters as for `plot_activation_curve`.

    The slope is func's own ``derivative`` where it has one, else `numerical_gradient`.
    """
    x = _plot_inputs(x_range)
    derivative = getattr(func, "derivative", None)
    slope = numerical_gradient(func, x) if derivative is None else _values(derivative, x)
    return _plot_curve(func, x, slope, "slope f'(x)", ax, line)


def _plot_inputs(x_range: tuple[float, float]) -> NDArray[np.float64]:
    low, high = x_range
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"x_range must be two finite numbers, low < high, got {x_range}")
    return np.linspace(low, high, 1201)


def _plot_curve(
    func: Any,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ylabel: str,
    ax: Axes | None,
    line: dict[str, Any],
) -> Axes:
    if ax is None:
        _, ax = new_figure(name_of(func))
    assert ax is not None
    style = {"label": name_of(func), "color": COLORS.get(name_of(func)), "linewidth": 2.2}
    ax.plot(x, y, **{**style, **cbook.normalize_kwargs(line, Line2D)})
    ax.set(xlabel="input x", ylabel=ylabel)
    return ax


def compare_activations(
    activations: Iterable[Any] | Mapping[str, Any],
    x_range: tuple[float, float] = (-4, 4),
    *,
    title: str = "Outputs and slopes",
) -> Figure:
    """Draw several functions side by side: outputs on the left, slopes on the right.

    Parameters
    ----------
    activations : iterable of callables, or mapping from names to callables
        As for `plot_activation_curve`.
    x_range : (low, high)
        The inputs to show.
    title : str
        The message of the figure.
    """
    if isinstance(activations, Mapping):
        named = list(activations.items())
    else:
        named = [(name_of(func), func) for func in activations]
    if not named:
        raise ValueError("activations must hold at least one function to draw")
    figure, (left, right) = new_figure(title, columns=2)
    # Thick below, thin above: curves that run along one another all stay visible.
    for (name, func), width in zip(named, np.linspace(5, 2, len(named)), strict=True):
        plot_activation_curve(func, x_range, ax=left, label=name, linewidth=width)
        plot_gradient(func, x_range, ax=right, label=name, linewidth=width)
    left.legend(loc="upper left")
    return figure


def plot_spread(ax: Axes, x: Any, runs: NDArray[Any], *, label: str, color: str) -> None:
    """Draw the median of runs (len(x), seeds) as a line in a band from quartile to quartile."""
    low, median, high = np.percentile(runs, [25, 50, 75], axis=1)
    ax.fill_between(x, low, high, color=color, alpha=0.25, linewidth=0)
    ax.plot(x, median, color=color, linewidth=2.2, label=label)


def plot_gradient_flow(
    norms: Mapping[str, NDArray[np.float64]],
    *,
    title: str = "Gradient norm by layer",
    colors: Mapping[str, str] = COLORS,
    ax: Axes | None = None,
) -> Axes:
    """Draw what `gradient_flow` returned, a named line with a quartile band for each."""
    if ax is None:
        _, ax = new_figure(title)
    assert ax is not None
    # Thick below, thin above, so that lines along one another stay visible.
    for (name, runs), width in zip(norms.items(), np.linspace(4, 2, len(norms)), strict=True):
        plot_spread(ax, range(len(runs)), runs, label=name, color=colors.get(name, INK))
        ax.lines[-1].set_linewidth(width)
    ax.set(yscale="log", xlabel="layer (0 is the input)", ylabel="gradient norm / last layer's")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))
    ax.legend(loc="lower right")
    return ax


# --------------------------------------------------------------------------------------
# Printing, and running a lesson as a script
# --------------------------------------------------------------------------------------


def heading(text: str) -> None:
    """Print a section heading."""
    print(f"\n{text}\n{'-' * len(text)}")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows right-aligned under their columns; numbers to six significant digits."""
    cells = [list(columns)] + [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print(
            "  ".join(
                cell.rjust(width) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        )


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value + 0.0:.6g}"  # + 0.0 turns -0 into 0
    return str(value)


def spread(runs: NDArray[Any], form: str = ".2f") -> str:
    """Median and quartiles over seeds, as 'median [lower, upper]'; infinity reads 'never'."""
    # Of an odd number of seeds these are values that occurred, infinity included.
    low, median, high = np.percentile(runs, [25, 50, 75], method="nearest")
    low, median, high = (_written(value, form) for value in (low, median, high))
    return f"{median} [{low}, {high}]"


def _written(value: float, form: str) -> str:
    if np.isinf(value):
        return "never"
    text = format(value, form)
    return text.lstrip("-") if float(text) == 0 else text


def print_values(layer: Any, x: ArrayLike) -> None:
    """Print a layer's outputs and slopes at x, and backward for an upstream gradient of 2."""
    x = as_real_array(x)
    output = layer.forward(x)
    grad_x = layer.backward(np.full_like(x, 2))
    print_table(
        ["x", "f(x)", "slope f'(x)", "dL/dx for dL/df = 2"],
        zip(x, output, layer.derivative(x), grad_x, strict=True),
    )


def print_gradient_checks(layers: Mapping[str, Any]) -> None:
    """Run `gradient_check` on each layer and print a line for it."""
    checks = {name: gradient_check(layer) for name, layer in layers.items()}
    print_table(
        ["", "verdict", "max relative error", "at x =", "kinks"],
        [
            [name, "right" if check else "WRONG", f"{check.max_relative_error:.1e}",
             "-" if check else f"{check.worst_input:g}", check.kinks]
            for name, check in checks.items()
        ],
    )  # fmt: skip


def run_lesson(tell: Callable[[], Mapping[str, Figure]], description: str | None) -> None:
    """Run a lesson as a script: tell() prints it and returns its figures by file name.

    The figures are shown, all at once, after the lesson; with ``--save DIR`` they are written
    there instead, and without a screen to ``plots/`` in the current folder.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--save", metavar="DIR", help="write the figures to DIR as PNG files and open no window"
    )
    folder = parser.parse_args().save

    # Line by line also into a pipe, and no crash over a letter that the terminal lacks.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")

    try:
        plt.switch_backend("agg" if folder is not None else plt.get_backend())
    except ImportError:  # a backend with windows was asked for by name, without a screen
        plt.switch_backend("agg")
    try:
        figures = tell()
        # A canvas that can be shown names the window system it needs; others name none.
        windows = [figure.canvas.required_interactive_framework for figure in figures.values()]
        if folder is None and all(windows):
            plt.show()
        else:
            _save(figures, Path("plots" if folder is None else folder))
    except BrokenPipeError:  # whoever reads our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _save(figures: Mapping[str, Figure], folder: Path) -> None:
    print()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            path = folder / f"{name}.png"
            figure.savefig(path, dpi=150)
            print(f"Figure saved as {path}")
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.exit(f"The figures cannot be written to {folder}: {error.strerror}")


# --------------------------------------------------------------------------------------
# The experiment that lessons 2 and 3 share
# --------------------------------------------------------------------------------------


def compare_convergence(
    title: str, contenders: Mapping[str, tuple[Any, float, str]], rates: Sequence[float]
) -> Figure:
    """Train one network with two activations at several learning rates; print and draw both.

    Parameters
    ----------
    title : str
        The message of the figure.
    contenders : mapping from two names to (activation, weight scale, color)
        The one expected to be quicker comes first.
    rates : sequence of float
        Learning rates, a panel each.
    """
    times = len(rates) * len(contenders)
    print(f"Training 2-32-32-3 networks on spirals, 1000 steps, {times} times: about 4 s ...")
    x, labels = spirals()
    quicker, slower = contenders
    reached, rows = {}, []
    figure, axes = new_figure(title, len(rates), sharey=True)
    for ax, rate in zip(axes, rates, strict=True):
        for name, (activation, scale, color) in contenders.items():
            network = Network([2, 32, 32, 3], activation, weight_scale=scale)
            loss, accuracy, _ = train(network, x, labels, steps=1000, rate=rate)
            reached[name, rate] = steps_to_reach(loss, 0.3)
            steps = spread(reached[name, rate], ".0f")
            rows.append([name, rate, steps, spread(loss[-1], ".3f"), spread(accuracy[-1])])
            plot_spread(ax, range(len(loss)), loss, label=name, color=color)
            at, shift = (600, np.median(loss[600])), -24 if name == quicker else 12
            note(ax, name, at, (0, shift), color=color, fontweight="bold")
        ax.set(xlabel="step", yscale="log")
        panel_title(ax, f"learning rate {rate:g}")
    axes[0].set(ylabel="training loss, median and quartiles")
    print_table(["", "rate", "steps to loss 0.3", "loss at the end", "accuracy"], rows)
    best = {name: min(np.median(reached[name, rate]) for rate in rates) for name in contenders}
    ratio = best[slower] / best[quicker]
    print(
        f"At the best of these rates {slower} needs {ratio:.1f} times the steps of {quicker}."
    )
    return figure


# --------------------------------------------------------------------------------------
# Lesson 6: the four side by side
# --------------------------------------------------------------------------------------


def show_values(activations: Mapping[str, Any]) -> None:
    x = np.array([-10, -3, -1, 0, 1, 3, 10])
    for title, method in (("Outputs", "forward"), ("Slopes", "derivative")):
        heading(title)
        columns = [getattr(layer, method)(x) for layer in activations.values()]
        print_table(["x", *activations], zip(x, *columns, strict=True))


ARMS = ("#0072B2", "#E69F00", "#009E73")  # a color for each arm of the spirals


def show_need(activations: Mapping[str, Any]) -> Figure:
    heading(f"Why an activation at all: spirals, 2-32-32-3 networks, {len(SEEDS)} seeds")
    print("Training 5 times, 500 steps at rate 0.3: about 2 s ...")
    x, labels = spirals()
    # f(x) = x has slope 1 everywhere; for the start the two ReLUs want larger weights.
    identity = type(activations["LeakyReLU"])(1.0)
    rows, networks = [], {}
    for name, layer in {"none": identity, **activations}.items():
        network = Network([2, 32, 32, 3], layer, weight_scale=HE if "ReLU" in name else 1.0)
        history = train(network, x, labels, steps=500, rate=0.3)
        rows.append([name, spread(history.loss[-1], ".3f"), spread(history.accuracy[-1])])
        networks[name] = network
        if name == "none":
            first, second, third = network.weights
            flat = x @ (first @ second @ third) + network.forward(np.zeros_like(x[:, :1]))
            gap = np.abs(network.forward(x) - flat).max()
    print_table(["activation", "loss, median [quartiles]", "accuracy"], rows)
    print(
        f"Without one, the three trained layers are a single matrix to within {gap:.0e}.\n"
        "The sigmoid is curved, but learns slowly: lesson 2 gives it more time and rate."
    )

    figure, axes = new_figure("Without an activation only straight borders", 2, sharey=True)
    sides = np.linspace(-1.2, 1.2, 201, dtype=np.float32)
    grid = np.stack(np.meshgrid(sides, sides), axis=-1).reshape(1, -1, 2)
    for ax, name in zip(axes, ("none", "ReLU"), strict=True):
        scores = networks[name].forward(np.repeat(grid, len(x), axis=0))[0]
        classes = scores.argmax(axis=-1).reshape(201, 201)
        ax.pcolormesh(sides, sides, classes, cmap=ListedColormap(ARMS), alpha=0.35)
        for arm, color in enumerate(ARMS):
            ax.plot(*x[0, labels[0] == arm].T, ".", color=color)
        ax.set(xlabel="x1", aspect="equal")
        ax.grid(False)
        panel_title(ax, f"activation: {name}")
    axes[0].set(ylabel="x2")
    return figure


def check_gradients(activations: Mapping[str, Any]) -> None:
    heading("Gradient checks: backward against finite differences of forward")
    print_gradient_checks(activations)


def compare_gradient_flow(activations: Mapping[str, Any]) -> Figure:
    heading(f"Gradient norm by depth: 20 random layers, median over {len(SEEDS)} seeds")
    norms = {
        name: gradient_flow(layer, weight_scale=HE if "ReLU" in name else 1.0)
        for name, layer in activations.items()
    }
    rows = (
        [n, *(f"{np.median(runs[n]):.1e}" for runs in norms.values())]
        for n in (20, 15, 10, 5, 0)
    )
    print_table(["layer", *norms], rows)
    print("Weight scale 1 for sigmoid and tanh, sqrt(2) (He) for the two ReLUs.")
    figure, ax = new_figure("Through 20 layers the sigmoid alone loses the gradient")
    plot_gradient_flow(norms, ax=ax)
    return figure


# Where theory has a gradient neither vanish nor explode: there the mean of (scale * slope)^2
# is 1. ReLU passes half of its inputs, leaky ReLU alpha^2 of the other half too (He et al.
# 2015). tanh shrinks its inputs to where its slope is 1 (Poole et al. 2016; Schoenholz et al.
# 2017, without biases). For the sigmoid there is no closed form.
CRITICAL_SCALE = {"Tanh": 1.0, "ReLU": HE, "LeakyReLU": (2 / (1 + 0.01**2)) ** 0.5}


def map_gradient_flow(activations: Mapping[str, Any]) -> Figure:
    heading("Vanishing and exploding: log10 of the gradient norm, 40 layers back")
    print("Running 4 x 31 random networks, 3 seeds each: about 2 s ...")
    scales = 2 ** np.linspace(-1, 5, 31)
    figure, axes = new_figure("The ridge between vanishing and exploding", 4, sharey=True)
    rows = []
    for ax, (name, layer) in zip(axes, activations.items(), strict=True):
        flows = [
            gradient_flow(layer, depth=40, weight_scale=scale, examples=8, seeds=range(3))
            for scale in scales
        ]
        logs = np.log10(np.median(flows, axis=2))[:, ::-1].T  # (layers back, scales)
        ridge = 2 ** np.interp(0, logs[-1], np.log2(scales))
        theory = CRITICAL_SCALE.get(name)
        rows.append([
            name, *(f"{value:.0f}" for value in logs[-1, ::5]),
            f"{ridge:.2f}", "-" if theory is None else f"{theory:.2f}",
        ])  # fmt: skip
        image = ax.pcolormesh(scales, range(41), logs, cmap="PuOr_r", vmin=-12, vmax=12)
        if theory is not None:
            ax.axvline(theory, color=INK, linestyle="--", linewidth=1)
        ax.set(xscale="log", xlabel="weight scale")
        ax.set_xticks(
            [0.5, 1, 2, 4, 8, 16, 32], ["0.5", "1", "2", "4", "8", "16", ""], minor=False
        )
        ax.minorticks_off()
        ax.grid(False)
        panel_title(ax, name)
    axes[0].set(ylabel="layers back from the output")
    figure.colorbar(image, ax=axes, label="log10 of the gradient norm", extend="both")
    print_table(
        ["weight scale:", *(f"{scale:g}" for scale in scales[::5]), "ridge", "theory"], rows
    )
    print(
        "ridge: the scale at which the measured norm is 1. theory: for infinite depth,\n"
        "dashed in the figure; tanh comes close to it only slowly."
    )
    return figure


def main() -> dict[str, Figure]:
    # Imported here because the lessons themselves import this file.
    from leaky_relu_from_scratch import LeakyReLU
    from relu_from_scratch import ReLU
    from sigmoid_from_scratch import Sigmoid
    from tanh_from_scratch import Tanh

    activations = {name_of(layer): layer for layer in (Sigmoid(), Tanh(), ReLU(), LeakyReLU())}
    show_values(activations)
    need = show_need(activations)
    check_gradients(activations)
    flow = compare_gradient_flow(activations)
    ridge = map_gradient_flow(activations)
    curves = compare_activations(activations, title="Four activations and their slopes")
    print(
        "\nRemember: an activation multiplies the gradient by its slope, layer after layer.\n"
        "Each has a narrow range of weight scales in which depth costs little: it and the\n"
        "way the weights are drawn belong together."
    )
    return {
        "compare_curves": curves,
        "compare_need": need,
        "compare_flow": flow,
        "compare_ridge": ridge,
    }


if __name__ == "__main__":
    run_lesson(main, __doc__)
