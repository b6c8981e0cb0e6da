# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 6 - the four activations side by side, and what all lessons share.

Imported, this file gives the lessons what they have in common, in this order:

    input checks        as_real_array, upstream_gradient
    gradient checking   numerical_gradient, gradient_check
    experiments         spirals, Network, train, gradient_flow
    plots               plot_activation_curve, plot_gradient, explore, ...
    running a script    print_table, spread, run_lesson

Run as a script, it compares sigmoid, tanh, ReLU and leaky ReLU: what a network learns with
each, their outputs and slopes, the ridge between vanishing and exploding gradients, and
whether a network drawn on that ridge learns.

Run it:  python activations_utils.py [--save DIR]
"""

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
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.widgets import Slider
from numpy.typing import ArrayLike, NDArray
from PIL import Image

FloatArray = NDArray[np.floating[Any]]

# --------------------------------------------------------------------------------------
# Input checks: one clear error at the door, before a layer has changed anything
# --------------------------------------------------------------------------------------


def as_real_array(x: ArrayLike, name: str = "x") -> FloatArray:
    """Return x as a float16, float32 or float64 array of its shape; maybe x itself.

    These keep their dtype, in native byte order; other real numbers become float64.
    Raises TypeError for anything else (strings, None, complex, dates, objects), ValueError
    for a ragged list or an integer beyond the float64 range.
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
    """Return dL/d(output) as an array, checked against what the latest forward remembered.

    It comes back in the dtype given, or else in that of ``remembered``. Raises RuntimeError
    if that is None, before any forward; ValueError if the shapes differ (nothing is
    broadcast: a wrong shape here is nearly always a bug); TypeError as `as_real_array`.
    Where a slope is 0, a gradient that became infinite makes NaN: what exploded stays visible.
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
        return gradient.astype(dtype or remembered.dtype, copy=False)


# --------------------------------------------------------------------------------------
# Gradient checking
# --------------------------------------------------------------------------------------


def numerical_gradient(func: Callable[[Any], ArrayLike], x: ArrayLike) -> NDArray[np.float64]:
    """Slope of an elementwise function by central differences, (f(x+h) - f(x-h)) / 2h.

    The truncation error falls with h squared and the rounding error grows with 1/h; h near
    the cube root of the machine epsilon, times max(1, |x|), balances the two and leaves
    about ten digits. At a kink the answer is the mean of the two slopes. func is called
    twice, whatever the size of x; the result has the shape of x. Raises TypeError or
    ValueError if x, or what func returns for each element, is no real number.
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
    """What `gradient_check` found; true in an `if` or an `assert` when it passed."""

    passed: bool
    max_relative_error: float  # infinite where backward gave NaN or a wrong shape
    worst_input: float  # the x where that error occurred
    kinks: int  # how many elements lie on a kink and were judged by both one-sided slopes

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
    the right slope differ and whatever lies between them, a subgradient, is right. Errors
    are relative to the slope or, in a saturated tail, to the smallest slope that rounding
    lets a difference resolve.

    activation is a layer, left remembering some other input, or its class. x holds finite
    real numbers of any shape, by default from one saturated tail to the other; give steep
    functions float64, for in float32 the rounding of x alone moves their slope. tolerance is
    the largest acceptable relative error: 1e-6, or what the precision of x allows.

    Raises TypeError if activation has no forward or backward, or x no real numbers;
    ValueError if x is empty or not finite, or tolerance not positive. It costs a few dozen
    forward passes, however many elements. The practice (centred differences, relative error,
    double precision, distrust of kinks) is that of the Stanford CS231n notes.
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

    Returns x (seeds, 3 * points, 2), float32 points within about the unit disc with Gaussian
    noise of the given deviation, and labels (seeds, 3 * points), the arm of each: 0, 1 or 2.
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

    ``sizes`` counts inputs, hidden units layer by layer, and classes. Every hidden layer gets
    its own copy of ``activation``, a class or an instance with forward and backward. There is
    one independent network for each seed. Weights are drawn with deviation weight_scale /
    sqrt(inputs), one number or one a network: 1 is that of LeCun et al. (1998), sqrt(2) that
    of He et al. (2015). The biases of the hidden units start at ``bias``, the others at 0.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Any,
        *,
        weight_scale: ArrayLike = 1.0,
        bias: float = 0.0,
        seeds: Iterable[int] = SEEDS,
        dtype: Any = np.float32,
    ) -> None:
        # (seed, 1): numbers of their own, not those that the data were drawn from
        generators = [np.random.default_rng((seed, 1)) for seed in seeds]
        scale = np.reshape(weight_scale, (-1, 1, 1))
        self.weights: list[FloatArray] = []
        self.biases: list[FloatArray] = []
        for inputs, outputs in itertools.pairwise(sizes):
            drawn = np.array([rng.normal(size=(inputs, outputs)) for rng in generators])
            self.weights.append((scale / np.sqrt(inputs) * drawn).astype(dtype))
            self.biases.append(np.full((len(drawn), 1, outputs), bias, dtype))
        self.biases[-1][...] = 0
        self.layers = [new_layer(activation) for _ in sizes[1:-1]]

    def forward(self, x: FloatArray) -> FloatArray:
        """Map x (seeds, examples, inputs) to logits (seeds, examples, classes)."""
        self.inputs, self.pre_activations = [x], []
        for weights, bias, layer in zip(self.weights, self.biases, self.layers, strict=False):
            x = self.inputs[-1] @ weights
            x += bias
            self.pre_activations.append(x)
            self.inputs.append(layer.forward(x))
        return self.inputs[-1] @ self.weights[-1] + self.biases[-1]

    def backward(self, gradient: FloatArray) -> None:
        """From dL/dlogits compute grad_weights and grad_biases, by the chain rule."""
        self.grad_weights: list[FloatArray] = []
        self.grad_biases: list[FloatArray] = []
        ones = np.ones((1, gradient.shape[1]), gradient.dtype)
        for index in reversed(range(len(self.weights))):
            self.grad_weights.insert(0, self.inputs[index].swapaxes(1, 2) @ gradient)
            self.grad_biases.insert(0, ones @ gradient)  # the sum over examples, but quicker
            if index > 0:
                gradient = gradient @ self.weights[index].swapaxes(1, 2)
                gradient = self.layers[index - 1].backward(gradient)

    def descend(self, rate: ArrayLike) -> None:
        """One step of gradient descent, at one rate or at one for each network."""
        rate = np.reshape(rate, (-1, 1, 1)).astype(self.weights[0].dtype)
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
    # Classes first: a few sums of long rows are far quicker than many sums of three numbers.
    scores = np.ascontiguousarray(np.moveaxis(logits, -1, 0))
    scores -= scores.max(axis=0)
    right = labels == np.arange(len(scores))[:, None, None]
    exp = np.exp(scores)
    total = exp.sum(axis=0)
    loss = (np.log(total) - (scores * right).sum(axis=0)).mean(axis=-1)
    gradient = (exp / total - right) / labels.shape[-1]
    return loss, np.moveaxis(gradient, 0, -1)


def dead_units(network: Network) -> NDArray[np.bool_]:
    """Which units of the first hidden layer no example activates: (seeds, units)."""
    return np.asarray(network.pre_activations[0].max(axis=1) <= 0)


class History(NamedTuple):
    """What `train` saw before every step and after the last."""

    loss: NDArray[np.float64]  # (steps + 1, seeds), mean cross-entropy in nats
    accuracy: NDArray[np.float64]  # (steps + 1, seeds), share of examples classified right
    watched: NDArray[Any]  # (steps + 1, ...), what `watch` returned


def train(
    network: Network,
    x: FloatArray,
    labels: NDArray[np.intp],
    *,
    steps: int,
    rate: ArrayLike,
    watch: Callable[[Network], Any] = lambda network: None,
) -> History:
    """Train on all examples at once by plain gradient descent: nothing to tune but the rate."""
    loss, accuracy, watched = [], [], []
    for step in range(steps + 1):
        logits = network.forward(x)
        step_loss, grad_logits = softmax_cross_entropy(logits, labels)
        loss.append(step_loss)
        accuracy.append((logits.argmax(axis=-1) == labels).mean(axis=-1))
        watched.append(watch(network))
        network.backward(grad_logits)
        if step < steps:
            network.descend(rate)
    return History(np.array(loss, dtype=np.float64), np.array(accuracy), np.array(watched))


def steps_to_reach(loss: FloatArray, target: float) -> NDArray[np.float64]:
    """For each seed the first step at which loss (steps, seeds) is below target, or inf."""
    below = loss < target
    return np.where(below.any(axis=0), below.argmax(axis=0), np.inf)


RATES = (0.003, 0.03, 0.3, 3.0, 30.0)


def loss_at_best_rate(
    layer: Any, depth: int, weight_scale: float, seeds: Sequence[int]
) -> FloatArray:
    """Loss of each seed after 200 steps, at the one of RATES with the lowest median loss."""
    x, labels = spirals(seeds, turns=0.5, points=20)
    sizes, repeats = [2, *[16] * depth, 3], len(RATES)
    network = Network(sizes, layer, weight_scale=weight_scale, seeds=[*seeds] * repeats)
    x, labels = np.tile(x, (repeats, 1, 1)), np.tile(labels, (repeats, 1))
    with np.errstate(all="ignore"):  # too large a rate ends in infinity and NaN
        loss = train(network, x, labels, steps=200, rate=np.repeat(RATES, len(seeds))).loss[-1]
    # A network that diverged knows no more than guessing does.
    losses = np.fmin(loss, np.log(3)).reshape(repeats, -1)
    return losses[np.median(losses, axis=1).argmin()]


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
    Returns, as (depth + 1, seeds), the norm of dL/dh for h the input (row 0) and the output
    of layer 1, 2, ..., depth, relative to that of the last, which is 1.
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


def new_figure(title: str, columns: int = 1, *, height: float = 4.0, **grid: Any) -> Any:
    """A Figure 8 inches wide that says its message on top, and its Axes (one or an array)."""
    figure, axes = plt.subplots(1, columns, figsize=(8, height), layout="constrained", **grid)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, axes


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


def slope_of(func: Any) -> Callable[[NDArray[np.float64]], ArrayLike]:
    """The slope of func as a function: its own `derivative`, or else finite differences."""
    return getattr(func, "derivative", None) or (lambda x: numerical_gradient(func, x))


def plot_activation_curve(
    func: Callable[[Any], Any],
    x_range: tuple[float, float] = (-6, 6),
    *,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the output of func over its input, on ax or a new figure's Axes; return the Axes.

    func is one of our activations, or anything else that takes a float64 array and returns
    one of the same shape, or a lone number for all. line is passed on to ``Axes.plot``.
    """
    # A copy, so that a layer keeps its memory.
    return _plot_curve(func, copy.copy(func), "output f(x)", x_range, ax, line)


def plot_gradient(
    func: Callable[[Any], Any],
    x_range: tuple[float, float] = (-6, 6),
    *,
    ax: Axes | None = None,
    **line: Any,
) -> Axes:
    """Draw the slope of func (see `slope_of`); otherwise like `plot_activation_curve`."""
    return _plot_curve(func, slope_of(func), "slope f'(x)", x_range, ax, line)


def _plot_curve(
    func: Any, curve: Any, ylabel: str, x_range: Any, ax: Axes | None, line: dict[str, Any]
) -> Axes:
    low, high = x_range
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"x_range must be two finite numbers, low < high, got {x_range}")
    x = np.linspace(low, high, 1201)
    y = _values(curve, x)
    if ax is None:
        _, ax = new_figure(name_of(func))
    assert ax is not None
    style = {"label": name_of(func), "color": COLORS.get(name_of(func))}
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

    activations holds callables as for `plot_activation_curve`, or maps names to them; title
    is the message of the figure. Raises ValueError if there is nothing to draw.
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


def plot_spread(ax: Axes, x: Any, runs: NDArray[Any], **line: Any) -> None:
    """Draw the median of runs (len(x), seeds) as a line in a band from quartile to quartile."""
    low, median, high = np.percentile(runs, [25, 50, 75], axis=1)
    (drawn,) = ax.plot(x, median, **line)
    ax.fill_between(x, low, high, color=drawn.get_color(), alpha=0.25, linewidth=0)


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
        style = {"label": name, "color": colors.get(name, INK), "linewidth": width}
        plot_spread(ax, range(len(runs)), runs, **style)
    ax.set(yscale="log", xlabel="layer (0 is the input)", ylabel="gradient norm / last layer's")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))
    ax.legend(loc="lower right")
    return ax


def plot_guessing(ax: Axes, x: Sequence[float]) -> None:
    """Make a plot of losses over powers of two out of ax, and say what guessing costs."""
    ax.axhline(np.log(3), color=FAINT, linestyle="--", linewidth=1)
    note(ax, "guessing", (x[0], np.log(3)), (0, -14))
    ax.set(xscale="log", ylabel="loss after 200 steps, at the best rate")
    ax.set_xticks(x, map(str, x))
    ax.minorticks_off()
    ax.legend()


def explore(
    func: Any,
    x_range: tuple[float, float] = (-6, 6),
    *,
    title: str | None = None,
    layers: int = 20,
    **parameter: tuple[float, float, float],
) -> Figure:
    """Move along the curve of func with the mouse, the left and right keys or a slider.

    Shows the tangent and the numbers there, and what is left of a gradient that meets this
    slope in one layer after the other. func is as for `plot_activation_curve`; or, given a
    ``parameter=(low, high, start)``, makes such a function of it: explore(LeakyReLU,
    alpha=(0, 1, 0.1)) has a slider for alpha too.
    """
    low, high = x_range
    mosaic: Any = [["curve", "rest"], ["x", "x"], *([name, name] for name in parameter)]
    heights = [14] + [1] * (1 + len(parameter))
    figure, axes = plt.subplot_mosaic(
        mosaic, figsize=(8, 4.4), layout="constrained", height_ratios=heights
    )
    figure.suptitle(title or name_of(func), x=0.01, ha="left")
    limits = {"x": (low, high, low + (high - low) / 4), **parameter}
    knob: Any = {"color": FAINT, "initcolor": "none", "valfmt": "%+.2f"}
    sliders = {
        name: Slider(axes[name], name, *ends, valinit=start, **knob)
        for name, (*ends, start) in limits.items()
    }

    def function() -> Any:
        # Of a layer a copy, so that it keeps its memory.
        return (
            func(**{name: sliders[name].val for name in parameter})
            if parameter
            else copy.copy(func)
        )

    curve, rest = axes["curve"], axes["rest"]
    (line,) = plot_activation_curve(function(), x_range, ax=curve).lines
    inputs: Any = line.get_xdata()
    (tangent,) = curve.plot([], [], color=INK, linewidth=1.2, linestyle="--")
    (point,) = curve.plot([], [], "o", color=INK)
    (shares,) = rest.plot([], [], "o-", color=line.get_color(), markersize=4)
    curve.set(title="move the mouse here, press left/right", xlim=x_range)
    rest.set(xlabel="layers", ylabel="share of the gradient that is left")
    rest.set(yscale="log", xlim=(-0.5, layers + 0.5), ylim=(1e-30, 1e3))
    rest.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))

    def update(_: float) -> None:
        f, x = function(), sliders["x"].val
        with np.errstate(all="ignore"):  # where there is no number, NaN says so
            outputs = _values(f, inputs)
            y, slope = (float(_values(g, np.array([x]))[0]) for g in (f, slope_of(f)))
            left = abs(slope) ** np.arange(layers + 1)
        line.set_ydata(outputs)
        curve.update_datalim(np.column_stack([inputs, outputs]))
        curve.autoscale_view(scalex=False)
        point.set_data([x], [y])
        tangent.set_data(x_range, y + slope * (np.array(x_range) - x))
        curve.set(xlabel=f"f({x:.2f}) = {y:.4g},  slope f' = {slope:.4g}")
        shares.set_data(range(layers + 1), left)
        last = f"{left[-1]:.2g}" if slope else "nothing"
        rest.set(title=f"{layers} layers with this slope leave {last}")
        figure.canvas.draw_idle()

    steer(sliders["x"], [curve], update)
    for name in parameter:
        sliders[name].drawon = False  # update draws
        sliders[name].valstep = np.ptp(limits[name][:2]) / 100
        sliders[name].on_changed(update)
    return figure


def steer(slider: Slider, axes: Sequence[Axes], update: Callable[[float], None]) -> None:
    """Let the mouse over axes, and the left and right keys, move slider, and call update."""

    figure: Any = slider.ax.figure
    low, span = slider.valmin, slider.valmax - slider.valmin
    slider.valstep = span / 240

    def move_to(value: float) -> None:
        figure.set_layout_engine("none")  # nothing changes its size: drawn twice as quickly
        # On a grid, so that the middle, a kink perhaps, is met exactly.
        slider.set_val(low + span * (np.clip(round((value - low) / span * 240), 0, 240) / 240))

    def follow(event: Any) -> None:
        if event.inaxes in axes:
            move_to(event.xdata)

    def press(event: Any) -> None:
        steps = {"left": -1, "right": 1}.get(event.key, 0)
        if steps:
            move_to(slider.val + steps * span / 120)

    slider.drawon = False  # update draws
    slider.on_changed(update)
    # The canvas keeps these two alive, and they the slider.
    figure.canvas.mpl_connect("motion_notify_event", follow)
    figure.canvas.mpl_connect("key_press_event", press)
    figure.canvas.mpl_connect("resize_event", lambda _: figure.set_layout_engine("constrained"))
    update(slider.val)


class Film(NamedTuple):
    """What makes a figure move: draw(frame) for each (frame, ticks), a tick being 150 ms."""

    draw: Callable[[int], None]
    frames: Sequence[tuple[int, int]]

    def play(self, figure: Figure) -> FuncAnimation:
        """Move in the figure's window, as long as the answer is kept."""
        order = [frame for frame, ticks in self.frames for _ in range(ticks)]
        return FuncAnimation(figure, self.draw, order, interval=150)

    def save(self, figure: Any, path: Path) -> None:
        """Write an animated GIF."""
        pictures = []
        for frame, _ in self.frames:
            self.draw(frame)
            figure.canvas.draw()
            figure.set_layout_engine("none")  # it is laid out now; the rest is drawn quicker
            pixels = np.asarray(figure.canvas.buffer_rgba())
            pictures.append(Image.fromarray(pixels).convert("RGB"))
        palette = pictures[0].quantize(256)  # one for all, so that no color flickers
        first, *rest = (
            each.quantize(palette=palette, dither=Image.Dither.NONE) for each in pictures
        )
        times = [150 * ticks for _, ticks in self.frames]
        first.save(path, save_all=True, append_images=rest, duration=times, loop=0)


# --------------------------------------------------------------------------------------
# Printing, and running a lesson as a script
# --------------------------------------------------------------------------------------


def heading(text: str) -> None:
    """Print a section heading."""
    print(f"\n{text}\n{'-' * len(text)}")


def print_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print rows right-aligned under their columns; numbers to six significant digits."""
    cells = [list(columns)] + [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(map(str.rjust, row, widths)).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value + 0.0:.6g}"  # + 0.0 turns -0 into 0
    return str(value)


def spread(runs: NDArray[Any], form: str = ".2f") -> str:
    """Median and quartiles over seeds, as 'median [lower, upper]'."""
    # Of an odd number of seeds these are values that occurred, infinity included.
    low, median, high = np.percentile(runs, [25, 50, 75], method="nearest")
    return f"{written(median, form)} [{written(low, form)}, {written(high, form)}]"


def written(value: float, form: str = ".0f") -> str:
    """A number in the given form; infinity, a goal that is not reached, reads 'never'."""
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
    rows = []
    for name, layer in layers.items():
        check = gradient_check(layer)
        verdict, where = ("right", "-") if check else ("WRONG", f"{check.worst_input:g}")
        rows.append([name, verdict, f"{check.max_relative_error:.1e}", where, check.kinks])
    print_table(["", "verdict", "max relative error", "at x =", "kinks"], rows)


STYLE: Any = {
    "font.size": 11, "text.color": INK, "lines.linewidth": 2.2, "savefig.dpi": 150,
    "figure.titlesize": 13, "figure.titleweight": "bold", "legend.frameon": False,
    "axes.titlelocation": "left", "axes.titlesize": 11, "axes.titlecolor": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": "#E6E6E6",
}  # fmt: skip


def run_lesson(tell: Callable[[], Mapping[str, Figure]], description: str) -> None:
    """Run a lesson as a script: tell() prints it and returns its figures by file name.

    After the lesson the figures are shown, all at once and in their order; with ``--save DIR``
    they are written there instead, and without a screen to ``plots/`` in the current folder.
    The style of the figures does not depend on the reader's own settings of matplotlib.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--save",
        metavar="DIR",
        help="write the figures to DIR as picture files, open no window",
    )
    folder = parser.parse_args().save

    # Line by line also into a pipe, and no crash over a letter that the terminal lacks.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    # Lets glibc keep freed memory of up to that size: training is twice as quick.
    np.empty(2**24, np.uint8)

    try:
        plt.switch_backend("agg" if folder is not None else plt.get_backend())
    except ImportError:  # a backend with windows was asked for by name, without a screen
        plt.switch_backend("agg")
    try:
        with plt.style.context(STYLE, after_reset=True):
            figures = tell()
            if folder is None and plt.get_backend().lower() != "agg":
                show(figures, lesson=description.split(" - ")[0])
            else:
                save(figures, Path("plots" if folder is None else folder))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # whoever reads our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def show(figures: Mapping[str, Figure], lesson: str) -> None:
    """Open a window for each figure (or show it in the notebook), titled by its place."""
    for place, figure in enumerate(figures.values(), start=1):
        if hasattr(figure, "film"):
            figure.animation = figure.film.play(figure)  # type: ignore[attr-defined]
        manager: Any = figure.canvas.manager
        title = f"{lesson}, figure {place} of {len(figures)}: {figure.get_suptitle()}"
        manager.set_window_title(title)
        window: Any = getattr(manager, "window", None)
        x, y = 70 * (place - 1), 30 * (place - 1)
        if hasattr(window, "wm_geometry"):  # Tk; no window shall hide another's title
            window.wm_geometry(f"+{x}+{y}")
        elif hasattr(window, "move"):  # Qt
            window.move(x, y)
    plt.show()


def save(figures: Mapping[str, Figure], folder: Path) -> None:
    """Write each figure to folder as PNG, or as GIF if it moves, and say so."""
    print()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            film = getattr(figure, "film", None)
            path = folder / f"{name}.{'gif' if film else 'png'}"
            film.save(figure, path) if film else figure.savefig(path)
            print(f"Figure saved as {path}")
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.exit(f"The figures cannot be written to {folder}: {error.strerror}")


# --------------------------------------------------------------------------------------
# Lesson 6: the four side by side. `Layers` maps names to layers and their weight scales.
# --------------------------------------------------------------------------------------

Layers = Mapping[str, tuple[Any, float]]


STEPS = [round(500 * (i / 31) ** 1.5) for i in range(32)]  # a picture after each
SIDES = np.linspace(-1.2, 1.2, 40, dtype=np.float32)
ARMS = np.array([to_rgb(color) for color in ("#0072B2", "#E69F00", "#009E73")])


def record_learning(layer: Any, scale: float) -> tuple[list[FloatArray], list[FloatArray]]:
    """After each of STEPS the accuracy by seed, and the first seed's classes as a picture."""
    x, labels = spirals()
    plane = np.stack(np.meshgrid(SIDES, SIDES), axis=-1).reshape(1, -1, 2)
    network = Network([2, 32, 32, 3], layer, weight_scale=scale)
    first = copy.copy(network)  # the first seed alone: views, which follow the training
    first.weights, first.biases = (
        [w[:1] for w in each] for each in (network.weights, network.biases)
    )
    accuracies, pictures = [], []
    for more in np.diff(STEPS, prepend=0):
        accuracies.append(train(network, x, labels, steps=int(more), rate=0.3).accuracy[-1])
        classes = first.forward(plane)[0].argmax(axis=-1)
        pictures.append((0.55 + 0.45 * ARMS[classes]).reshape(len(SIDES), len(SIDES), 3))
    return accuracies, pictures


def show_learning(contenders: Layers) -> Figure:
    heading(f"Why an activation at all: spirals, 2-32-32-3 networks, {len(SEEDS)} seeds")
    print(f"Training {len(contenders)} times, {STEPS[-1]} steps at rate 0.3: about 2 s ...")
    records = {name: record_learning(*layer) for name, layer in contenders.items()}
    rows = [[name, spread(accuracies[-1])] for name, (accuracies, _) in records.items()]
    print_table(["", "accuracy, median [quartiles]"], rows)

    x, labels = spirals(seeds=[0])
    title = "Five networks learn to tell three arms apart"
    figure, axes = new_figure(title, len(records), height=2.5)
    clock = figure.text(0.99, 0.98, "", ha="right", va="top", fontsize=16)
    panels = []
    for ax, (name, record) in zip(axes, records.items(), strict=True):
        image = ax.imshow(record[1][-1], extent=(-1.2, 1.2) * 2, origin="lower")
        image.set_interpolation("bilinear")
        for arm, color in enumerate(ARMS):
            ax.plot(*x[0, labels[0] == arm].T, ".", color=color, markersize=3.5)
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize=14)
        panels.append((image, ax.set_xlabel("", fontsize=16), *record))

    def draw(frame: int) -> None:
        clock.set_text(f"step {STEPS[frame]}")
        for image, words, accuracies, pictures in panels:
            image.set_data(pictures[frame])
            words.set_text(f"{accuracies[frame][0]:.0%} right")

    last = len(STEPS) - 1
    draw(last)
    # The end comes first, for print, and stays for three seconds before all starts anew.
    figure.film = Film(draw, [(last, 7), *((i, 1) for i in range(last)), (last, 20)])
    return figure


def critical_scale(layer: Any) -> float:
    """Weight scale at which theory has a gradient neither vanish nor explode, or NaN.

    There the mean of (scale * slope)^2 is 1. Where f(0) = 0 that slope is the one around 0:
    ReLU passes half of its inputs (He et al. 2015), tanh shrinks them to where its slope is
    1 (Poole et al. 2016; Schoenholz et al. 2017).
    """
    slopes = layer.derivative([-1e-6, 1e-6])
    return float(np.mean(slopes**2) ** -0.5) if layer(0.0) == 0 else np.nan


def deep_flow(layer: Any, scale: float) -> NDArray[np.float64]:
    """Median gradient norm of three networks, 0 to 40 layers back from the output."""
    flow = gradient_flow(layer, depth=40, weight_scale=scale, examples=8, seeds=range(3))
    return np.asarray(np.median(flow, axis=1)[::-1])


def map_gradient_flow(layers: Layers) -> tuple[dict[str, float], Figure]:
    """For each name the weight scale at which the gradient stays level, and the figure."""
    heading("Vanishing and exploding: log10 of the gradient norm, 40 layers back")
    print(f"Running {len(layers)} x 19 random networks, 3 seeds each: about 1 s ...")
    scales = 2 ** np.linspace(-1, 5, 19)
    maps, ridges, rows = {}, {}, []
    for name, (layer, _) in layers.items():
        maps[name] = np.log10([deep_flow(layer, scale) for scale in scales]).T
        ridges[name] = float(2 ** np.interp(0, maps[name][-1], np.log2(scales)))
        ends = [f"{value:.0f}" for value in maps[name][-1, ::3]]
        theory = f"{critical_scale(layer):.2f}".replace("nan", "-")
        rows.append([name, *ends, f"{ridges[name]:.1f}", theory])
    print_table(["weight scale:", *(f"{s:g}" for s in scales[::3]), "ridge", "theory"], rows)
    print(
        "ridge: the scale at which the measured norm is 1. theory: for infinite depth,\n"
        "dashed in the figure; tanh comes close to it only slowly."
    )
    return ridges, plot_ridge(layers, np.log2(scales), maps)


def plot_ridge(layers: Layers, log_scales: FloatArray, maps: Mapping[str, Any]) -> Figure:
    """Heat maps over weight scale and depth; the scale under the mouse is measured below."""
    figure = plt.figure(figsize=(8, 5.6), layout="constrained")
    figure.suptitle("The ridge between vanishing and exploding", x=0.01, ha="left")
    mosaic: Any = [list(maps), ["flow"] * len(maps), ["slider"] * len(maps)]
    axes = figure.subplot_mosaic(mosaic, height_ratios=[12, 10, 1])
    slider = Slider(axes["slider"], "scale", -1, 5, valinit=1, color=FAINT, initcolor="none")
    slider.valtext.set_visible(False)
    flow, panels = axes["flow"], [axes[name] for name in maps]
    lines, markers = [], []
    for ax, (name, (layer, _)) in zip(panels, layers.items(), strict=True):
        style = {"cmap": "PuOr_r", "vmin": -12, "vmax": 12}
        image = ax.pcolormesh(log_scales, range(41), maps[name], **style)
        ax.axvline(np.log2(critical_scale(layer)), color=INK, linestyle="--", linewidth=1)
        markers.append(ax.axvline(1, color=INK))
        ax.set_xticks([-1, 1, 3, 5], ["0.5", "2", "8", "32"])
        ax.set(xlabel="weight scale", yticks=[0, 20, 40] if ax is panels[0] else [])
        ax.set_title(name, color=COLORS[name], weight="bold")
        ax.grid(False)
        width = 5 if name == "ReLU" else 2  # leaky ReLU runs along it
        lines += flow.plot([], [], color=COLORS[name], linewidth=width)
    panels[0].set(ylabel="layers back")
    figure.colorbar(image, ax=panels, label="log10 of the norm", extend="both")
    flow.set(xlim=(0, 40), ylim=(1e-16, 1e16), yscale="log", xlabel="layers back")
    flow.set(ylabel="gradient norm")

    def update(log_scale: float) -> None:
        for line, marker, (layer, _) in zip(lines, markers, layers.values(), strict=True):
            line.set_data(range(41), deep_flow(layer, 2**log_scale))
            marker.set_xdata([log_scale] * 2)
        how = "move the mouse over a map, press left/right"
        flow.set(title=f"weight scale {2**log_scale:.1f}: {how}")
        figure.canvas.draw_idle()

    steer(slider, panels, update)
    return figure


def train_on_the_ridge(layers: Layers, ridges: Mapping[str, float]) -> Figure:
    heading("Does the ridge foretell learning? 8 hidden layers at other weight scales")
    print(f"Training {len(layers)} activations at 5 scales and 5 rates, 3 seeds: about 2 s ...")
    scales = (1, 2, 4, 8, 16)
    losses = {
        name: np.array([loss_at_best_rate(layer, 8, scale, range(3)) for scale in scales])
        for name, (layer, _) in layers.items()
    }
    rows = [
        [name, *(f"{np.median(loss):.2f}" for loss in runs), f"{ridges[name]:.1f}"]
        for name, runs in losses.items()
    ]
    print_table(["weight scale:", *map(str, scales), "ridge"], rows)
    print("Median loss after 200 steps at the best rate. Guessing costs 1.10.")

    figure, ax = new_figure("A deep network learns near the ridge of its activation")
    for name, runs in losses.items():
        plot_spread(ax, scales, runs, color=COLORS[name], label=name, marker="o")
        ax.plot(ridges[name], 0, "^", color=COLORS[name], markersize=11, clip_on=False)
    plot_guessing(ax, scales)
    ax.set(xlabel="weight scale (triangles: the ridge, measured above)")
    return figure


def main() -> dict[str, Figure]:
    # Imported here because the lessons themselves import this file.
    from leaky_relu_from_scratch import LeakyReLU
    from relu_from_scratch import ReLU
    from sigmoid_from_scratch import Sigmoid
    from tanh_from_scratch import Tanh

    layers = {"Sigmoid": (Sigmoid(), 1.0), "Tanh": (Tanh(), 1.0), "ReLU": (ReLU(), HE)}
    three, layers = layers, layers | {"LeakyReLU": (LeakyReLU(), HE)}
    contenders = {"no activation": (LeakyReLU(1), 1.0), **layers}  # alpha = 1 is f(x) = x
    functions = {name: layer for name, (layer, _) in layers.items()}

    heading("Gradient checks: backward against finite differences of forward")
    print_gradient_checks(functions)
    learning = show_learning(contenders)
    curves = compare_activations(functions, title="Four activations and their slopes")
    ridges, ridge = map_gradient_flow(layers)
    training = train_on_the_ridge(three, ridges)
    print(
        "\nRemember: an activation multiplies the gradient by its slope, layer after layer.\n"
        "A deep network learns where that keeps the gradient level: the activation and\n"
        "the scale of the weights belong together."
    )
    return {
        "compare_learning": learning,
        "compare_curves": curves,
        "compare_ridge": ridge,
        "compare_training": training,
    }


if __name__ == "__main__":
    run_lesson(main, __doc__)
