# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 6 - the four activations side by side, and what all lessons share.

Imported, this file gives the lessons what they have in common, in this order:

    input checks        as_real_array, upstream_gradient
    gradient checking   numerical_gradient, gradient_check
    data and networks   spirals, digits, Network, train, train_grid
    deep random nets    layer_outputs, gradient_flow
    plots               plot_activation_curve, plot_gradient, explore, ...
    running a script    print_table, spread, run_lesson

Run as a script, it shows how units add up to a curve, then compares sigmoid, tanh, ReLU and
leaky ReLU: their outputs and slopes, what a network learns with each, the ridge between
vanishing and exploding gradients, and what it is worth to start on that ridge.

Run it:  python activations_utils.py [--save DIR]
"""

import argparse
import copy
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple, Protocol

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import cbook
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.registry import backend_registry
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.widgets import Slider
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

FloatArray = np.ndarray  # of float16, float32 or float64


class Layer(Protocol):
    """What each lesson builds: an activation with its forward and backward pass."""

    def forward(self, x, /): ...
    def backward(self, grad_output, /): ...


# --------------------------------------------------------------------------------------
# Input checks: one clear error at the door, before a layer has changed anything
# --------------------------------------------------------------------------------------


def as_real_array(x: ArrayLike, name: str = "x") -> FloatArray:
    """Return x as a float16, float32 or float64 array of its shape; maybe x itself.

    These keep their dtype, in native byte order; other real numbers become float64.
    Raises TypeError for anything else (strings, None, complex, dates, objects, masked
    arrays), ValueError for a ragged list or an integer beyond the float64 range.
    """
    wanted = f"{name} must be real numbers (float, int or bool)"
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{wanted}, got a masked array, whose mask would be lost")
    try:
        array = np.asarray(x)
        if not hasattr(x, "dtype") and all(isinstance(v, (int, float)) for v in array.flat):
            array = array.astype(np.float64)  # integers beyond int64 came as objects
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{wanted} in an array of regular shape, got {type(x).__name__}: {error}"
        ) from error
    if array.dtype.char in "efd":  # float16, float32, float64
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind in "biuf":
        with np.errstate(over="ignore"):  # a long double beyond float64 is rounded to infinity
            return array.astype(np.float64)
    raise TypeError(f"{wanted}, got {type(x).__name__} of dtype {array.dtype}")


def upstream_gradient(
    grad_output: ArrayLike, remembered: FloatArray | None, dtype: np.dtype | None = None
) -> FloatArray:
    """Return dL/d(output) as an array, checked against what the latest forward remembered.

    It comes back in the dtype given, or else in that of ``remembered``. Raises RuntimeError
    if that is None, before any forward; ValueError if the shapes differ (nothing is
    broadcast: a wrong shape here is nearly always a bug); TypeError as `as_real_array`.
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


def numerical_gradient(func: Callable, x: ArrayLike) -> FloatArray:
    """Slope of an elementwise function by central differences, (f(x+d) - f(x-d)) / 2d.

    The truncation error falls with d squared and the rounding error grows with 1/d; d near
    the cube root of the machine epsilon, times max(1, |x|), balances the two and leaves
    about ten digits. At a kink the answer is the mean of the two slopes. func is called
    twice, whatever the size of x; the result is float64 of the shape of x. Raises TypeError
    or ValueError if x, or what func returns for each element, is no real number, and
    ValueError if func returns another shape, such as one loss for all elements.
    """
    points = as_real_array(x).astype(np.float64)
    step = np.cbrt(np.finfo(np.float64).eps) * np.maximum(1, np.abs(points))
    above, below = points + step, points - step
    # Divide by the distance between the points as they were rounded, not by 2d.
    return np.asarray((elementwise(func, above) - elementwise(func, below)) / (above - below))


def elementwise(func: Callable, points: FloatArray) -> FloatArray:
    """func(points) in float64; ValueError if it has not the shape of points."""
    values = as_real_array(func(points.copy()), "the function's output")
    if values.shape != points.shape:
        raise ValueError(
            f"the function must be elementwise: for an input of shape {points.shape} "
            f"it returned {values.shape}"
        )
    return values.astype(np.float64)


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found; true in an `if` or an `assert` when it passed."""

    passed: bool
    max_relative_error: float  # beyond rounding; infinite for NaN or a wrong shape or type
    worst_input: float  # the x where that error occurred
    kinks: int  # at how many elements the slopes to the left and to the right differ

    def __bool__(self) -> bool:
        return self.passed


def gradient_check(
    activation: Layer | type[Layer],
    x: ArrayLike | None = None,
    *,
    tolerance: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Check a layer's `backward` at every element of x against differences of its `forward`.

    One rule: *the slope lies between the one-sided slopes to the left and to the right.*
    Where the function is smooth these two agree; at a kink every number between them, every
    subgradient, is right. The slope is what `backward` returns for an upstream gradient,
    divided by that gradient.

    activation is a layer, left remembering another input, or its class. x holds finite real
    numbers of any shape; by default it runs from one saturated tail to the other. tolerance
    bounds the error relative to the slope: 1e-6, or what the precision of x allows. Costs
    ten forward passes, whatever the size of x.

    What it cannot see: an error smaller than the rounding of the differences (slopes below
    about 1e-10 in a tail), an error in a place that x does not hold, a wrong slope within a
    step of a kink if it lies between the two slopes there, and a wrong forward. forward has
    to compute in float64 when x is float64, without noise. Cusps, where a slope is infinite,
    and functions that turn within a step of 2e-5 |x| are called wrong though they may be right.

    Raises TypeError if activation has no forward and backward, or x no real numbers;
    ValueError if forward is not elementwise (a softmax), x is empty or not finite, or
    tolerance not positive. The practice (relative error, double precision, distrust of
    kinks) is that of the Stanford CS231n notes.
    """
    for method in ("forward", "backward"):
        if not callable(getattr(activation, method, None)):
            raise TypeError(f"activation must have a {method} method, got {activation!r}")
    if tolerance is not None and not tolerance > 0:
        raise ValueError(f"tolerance must be positive, got {tolerance!r}")
    x = default_inputs() if x is None else as_real_array(x)
    if x.size == 0 or not np.isfinite(x).all():
        raise ValueError("x must hold at least one number, and only finite ones")
    layer = activation() if isinstance(activation, type) else activation

    with np.errstate(all="ignore"):  # what is not finite counts as an infinite error
        slope, backward_rounding = slope_of_backward(layer, x, np.random.default_rng(seed))
        left, right, central, rounding = one_sided_slopes(layer.forward, x.astype(np.float64))
        # The central one errs the other way, so that the three enclose the true slope.
        low = np.minimum(np.minimum(left, right), central)
        high = np.maximum(np.maximum(left, right), central)
        refuse_mixing(layer.forward, x.astype(np.float64))
        outside = np.maximum(low - slope, slope - high)
        scale = np.maximum(np.abs(slope), np.maximum(np.abs(low), np.abs(high)))
        excess = np.maximum(outside - rounding - backward_rounding, 0)
        error = np.where(excess == 0, 0, excess / scale)
    error[np.isnan(error)] = np.inf
    worst = np.unravel_index(np.argmax(error), x.shape)
    allowed = tolerance or max(1e-6, 32 * float(np.finfo(x.dtype).eps))
    return GradientCheck(
        passed=bool(error[worst] <= allowed),
        max_relative_error=float(error[worst]),
        worst_input=float(x[worst]),
        kinks=int(np.sum(np.abs(right - left) > 2 * rounding + 1e-3 * scale + 1e-5)),
    )


def default_inputs() -> FloatArray:
    """Middle, saturated tails, the kink at 0 and its close neighbourhood."""
    one_side = np.concatenate([[1e-9, 1e-6, 1e-3], np.arange(1, 121) / 20, [8, 12, 20, 40]])
    return np.concatenate([-one_side[::-1], [0.0], one_side])


def slope_of_backward(layer, x, rng):
    """The slope that backward multiplies by, at the precision of x, and its own rounding.

    The upstream gradients have both signs and sizes from 1/100 to 100, so that one ignored,
    clipped or rectified shows. NaN stands for an answer that is no array of real numbers
    of the shape of x.
    """
    upstream = rng.choice([-1, 1], x.shape) * 10 ** rng.uniform(-2, 2, x.shape)
    upstream = np.asarray(upstream, dtype=x.dtype)
    for values in (np.roll(x, 1), x):  # twice: a layer that clings to its past shows
        layer.forward(values.copy())
        answer = layer.backward(upstream.copy())
    try:
        grad_x = as_real_array(answer).astype(np.float64)
    except (TypeError, ValueError):
        grad_x = np.array(np.nan)
    slope = grad_x / upstream if grad_x.shape == x.shape else np.full(x.shape, np.nan)
    precision = np.finfo(x.dtype)  # s * (1 - s) loses what s has lost; small products underflow
    return slope, 4 * precision.eps + 8 * precision.smallest_subnormal / np.abs(upstream)


def one_sided_slopes(func, x):
    """The slopes to the left and to the right, the one across, and their rounding error.

    From three points, (-3 f(x) + 4 f(x+d) - f(x+2d)) / 2d errs by -d^2/3 f''', on either
    side. The central difference errs the other way, by d^2/6 f''': the three enclose the slope.
    """
    here = elementwise(func, x)
    epsilon = np.finfo(np.asarray(func(x.copy())).dtype).eps
    step = epsilon**0.3 * np.maximum(np.abs(x), 0.01)
    values, slopes = [here], {}
    for times in (-2, -1, 1, 2):
        point = x + times * step
        values.append(elementwise(func, point))
        slopes[times] = (values[-1] - here) / (point - x)
    left, right = 2 * slopes[-1] - slopes[-2], 2 * slopes[1] - slopes[2]
    central = (slopes[-1] + slopes[1]) / 2
    size = np.maximum(np.abs(values).max(axis=0), np.minimum(1, np.abs(x)))
    return left, right, central, 32 * epsilon * size / step


def refuse_mixing(func, x):
    """Raise ValueError if an output depends on other elements of x than its own."""
    changed, index = x.copy(), np.unravel_index(np.argmin(x), x.shape)
    changed[index] = x.max()
    before, after = elementwise(func, x), elementwise(func, changed)
    before[index] = after[index] = 0
    if not np.allclose(before, after, rtol=1e-9, atol=0, equal_nan=True):
        raise ValueError(
            "forward must be elementwise: changing one element of x changed other outputs"
        )


# --------------------------------------------------------------------------------------
# Data and networks. Several seeds run as one computation: every array has a leading axis of
# seeds, and NumPy multiplies all their matrices at once.
# --------------------------------------------------------------------------------------

SEEDS = range(9)  # an odd number, so that the median is one of the runs
HE = 2**0.5  # weight scale for ReLU by He, Zhang, Ren & Sun (2015)


def spirals(
    seeds: Iterable = SEEDS,
    *,
    turns: float = 0.75,
    points: int = 60,
    noise: float = 0.05,
    new: bool = False,
) -> tuple[FloatArray, np.ndarray]:
    """Three interleaved spiral arms, the classic problem that no straight line solves.

    Returns x (seeds, 3 * points, 2), float32 points within about the unit disc with Gaussian
    noise of the given deviation, and labels (seeds, 3 * points), the arm of each: 0, 1 or 2.
    new=True gives other points of the same arms, to test what was learned.
    """
    arm = np.repeat(np.arange(3), points)
    radius = np.tile(np.linspace(0.1, 1, points), 3)
    angle = 2 * np.pi * (arm / 3 + turns * radius)
    clean = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    generators = [np.random.default_rng((seed, 2) if new else seed) for seed in seeds]
    x = [clean + noise * rng.normal(size=clean.shape) for rng in generators]
    return np.array(x, dtype=np.float32), np.tile(arm, (len(x), 1))


FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
FACES = [
    path
    for family in ("DejaVuSans*", "DejaVuSerif*", "STIXGeneral*", "cm[brt]*10*", "cmss10*")
    for path in sorted(FONTS.glob(f"{family}.ttf"))
    if "Display" not in path.name  # which has no figures
]


def digits(
    seeds: Iterable = SEEDS, *, new: bool = False, faces: int = 14
) -> tuple[FloatArray, np.ndarray]:
    """The figures 0 to 9 in the typefaces that matplotlib brings along, slightly turned.

    Returns x (seeds, 10 * faces, 100), float32 pictures of 10 x 10 pixels with mean 0 and
    mean square 1, and labels (seeds, 10 * faces), the figure in each. A third of the 21 faces,
    others for each seed, is kept for new=True: examples that nobody trained on. faces gives
    at most so many of them.
    """
    x = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(FACES))
        kept = len(FACES) // 3
        order = order[:kept] if new else order[kept:]
        x.append(
            [draw_digit(text, FACES[face], rng) for face in order for text in "0123456789"]
        )
    pictures = np.array(x, dtype=np.float32)
    pictures -= pictures.mean(axis=(1, 2), keepdims=True)
    pictures /= pictures.std(axis=(1, 2), keepdims=True)
    pictures = pictures[:, : 10 * faces]
    return pictures, np.tile(np.arange(10), (len(x), pictures.shape[1] // 10))


def draw_digit(text: str, face: Path, rng: np.random.Generator) -> FloatArray:
    """One figure, 40 pixels high, turned by about 5 degrees, shifted, and shrunk to 10 x 10."""
    image = Image.new("L", (40, 40))
    middle = tuple(20 + rng.normal(0, 1.5, 2))
    font = ImageFont.truetype(face, 40)
    ImageDraw.Draw(image).text(middle, text, fill=255, font=font, anchor="mm")
    turned = image.rotate(rng.normal(0, 5), Image.Resampling.BILINEAR)
    return np.asarray(turned.resize((10, 10), Image.Resampling.BOX)).ravel()


def new_layer(activation):
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
        activation: Layer | type[Layer],
        *,
        weight_scale: ArrayLike = 1.0,
        bias: float = 0.0,
        seeds: Iterable[int] = SEEDS,
        dtype: type = np.float32,
    ) -> None:
        # (seed, 1): numbers of their own, not those that the data were drawn from
        generators = [np.random.default_rng((seed, 1)) for seed in seeds]
        scale = np.reshape(weight_scale, (-1, 1, 1))
        self.weights, self.biases = [], []
        for inputs, outputs in itertools.pairwise(sizes):
            drawn = np.array([rng.normal(size=(inputs, outputs)) for rng in generators])
            self.weights.append((scale / np.sqrt(inputs) * drawn).astype(dtype))
            self.biases.append(np.full((len(drawn), 1, outputs), bias, dtype))
        self.biases[-1][...] = 0
        self.layers = [new_layer(activation) for _ in sizes[1:-1]]

    def forward(self, x: FloatArray) -> FloatArray:
        """Map x (seeds, examples, inputs) to scores (seeds, examples, classes)."""
        self.inputs, self.pre_activations = [x], []
        for weights, bias, layer in zip(self.weights, self.biases, self.layers, strict=False):
            self.pre_activations.append(self.inputs[-1] @ weights + bias)
            self.inputs.append(layer.forward(self.pre_activations[-1]))
        return self.inputs[-1] @ self.weights[-1] + self.biases[-1]

    def backward(self, gradient: FloatArray) -> None:
        """From dL/dscores compute grad_weights and grad_biases, by the chain rule."""
        self.grad_weights, self.grad_biases = [], []
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
    scores: FloatArray, labels: np.ndarray
) -> tuple[FloatArray, FloatArray]:
    """Loss of each seed (mean over its examples) and its gradient for the scores.

    Shifting the scores by their largest leaves softmax as it is and lets no exp overflow.
    Raises ValueError for a label that is none of the classes 0, 1, ...
    """
    classes = scores.shape[-1]
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"labels must lie between 0 and {classes - 1}, got {np.unique(labels)}"
        )
    z = np.moveaxis(scores, -1, 0).copy()  # classes first, which is quicker
    z -= z.max(axis=0)
    exp = np.exp(z)
    total = exp.sum(axis=0)
    right = np.arange(classes)[:, None, None] == labels
    loss = (np.log(total) - np.where(right, z, 0).sum(axis=0)).mean(axis=-1)
    gradient = (exp / total - right) / scores.dtype.type(labels.shape[-1])
    return loss, np.moveaxis(gradient, 0, -1).copy()


def dead_units(network: Network) -> np.ndarray:
    """Which units of the first hidden layer no example activates: (seeds, units)."""
    return network.pre_activations[0].max(axis=1) <= 0


class History(NamedTuple):
    """What `train` saw before every step and after the last."""

    loss: FloatArray  # (steps + 1, seeds), mean cross-entropy in nats
    accuracy: FloatArray  # (steps + 1, seeds), share of examples classified right
    watched: np.ndarray  # (steps + 1, ...), what `watch` returned


def train(
    network: Network,
    x: FloatArray,
    labels: np.ndarray,
    *,
    steps: int,
    rate: ArrayLike,
    watch: Callable = lambda network: None,
) -> History:
    """Train on all examples at once by plain gradient descent: nothing to tune but the rate."""
    loss, right, watched = [], [], []
    for step in range(steps + 1):
        scores = network.forward(x)
        step_loss, grad_scores = softmax_cross_entropy(scores, labels)
        loss.append(step_loss)
        right.append(accuracy(scores, labels))
        watched.append(watch(network))
        if step < steps:
            network.backward(grad_scores)
            network.descend(rate)
    return History(np.array(loss, dtype=np.float64), np.array(right), np.array(watched))


def accuracy(scores: FloatArray, labels: np.ndarray) -> FloatArray:
    """Share of the examples whose highest score is that of their label, by seed."""
    return (scores.argmax(axis=-1) == labels).mean(axis=-1)


def steps_to_reach(loss: FloatArray, goal: float) -> FloatArray:
    """The first step at which loss (steps, ...) is below goal, or inf where it never is."""
    below = loss < goal
    return np.where(below.any(axis=0), below.argmax(axis=0), np.inf)


class Grid(NamedTuple):
    """Networks trained at every weight scale and rate, from every seed."""

    scales: FloatArray
    rates: FloatArray
    loss: FloatArray  # (scales, rates, seeds) after the last step; at most that of guessing
    steps: FloatArray  # (scales, rates, seeds) to the goal, or inf
    new_accuracy: FloatArray  # (scales, rates, seeds), on examples that were not trained on


def train_grid(
    activation: Layer | type[Layer],
    data: Callable,
    hidden: Sequence[int],
    *,
    scales: Sequence[float],
    rates: Sequence[float],
    steps: int,
    goal: float = 0.3,
    seeds: Sequence[int] = SEEDS,
) -> Grid:
    """Train a network for every scale, rate and seed, all in one computation.

    data is `spirals` or `digits`, or a function like them; hidden counts the units of the
    hidden layers. A network that diverged knows no more than guessing does.
    """
    shape = len(scales), len(rates), len(seeds)
    (x, labels), (new_x, new_labels) = data(seeds), data(seeds, new=True)
    copies = shape[0] * shape[1]
    repeat = lambda array: np.tile(array, (copies, *[1] * (array.ndim - 1)))
    classes = int(labels.max()) + 1
    network = Network(
        [x.shape[-1], *hidden, classes],
        activation,
        weight_scale=np.repeat(scales, shape[1] * shape[2]),
        seeds=[*seeds] * copies,
    )
    rate = np.tile(np.repeat(rates, shape[2]), shape[0])
    with np.errstate(all="ignore"):  # too large a rate ends in infinity and NaN
        loss = train(network, repeat(x), repeat(labels), steps=steps, rate=rate).loss
        learned = accuracy(network.forward(repeat(new_x)), repeat(new_labels))
    return Grid(
        np.asarray(scales),
        np.asarray(rates),
        np.fmin(loss[-1], np.log(classes)).reshape(shape),
        steps_to_reach(loss, goal).reshape(shape),
        learned.reshape(shape),
    )


def best(measured: FloatArray) -> tuple[int, int]:
    """Place (scale, rate) in measured (scales, rates, seeds) with the lowest median."""
    medians = np.median(measured, axis=-1)
    scale, rate = np.unravel_index(np.argmin(medians), medians.shape)
    return int(scale), int(rate)


def steps_at_best_rate(grid: Grid) -> FloatArray:
    """For each weight scale the steps of all seeds at its best rate, as (scales, seeds)."""
    rates = np.median(grid.steps, axis=-1).argmin(axis=1)
    return grid.steps[np.arange(len(rates)), rates]


# --------------------------------------------------------------------------------------
# Deep random networks: what a signal and a gradient meet before any training
# --------------------------------------------------------------------------------------


def layer_outputs(
    activation: Layer | type[Layer],
    *,
    depth: int = 20,
    width: int = 64,
    weight_scale: float = 1.0,
    examples: int = 16,
    seeds: Iterable[int] = SEEDS,
) -> FloatArray:
    """Inputs (row 0) and outputs of every layer, as (depth + 1, seeds, examples, width).

    Every layer is a random matrix with entries of deviation weight_scale / sqrt(width),
    without bias, and the activation. The inputs are standard normal.
    """
    return np.array(run_deep(activation, depth, width, weight_scale, examples, seeds)[0])


def gradient_flow(
    activation: Layer | type[Layer],
    *,
    depth: int = 20,
    width: int = 64,
    weight_scale: float = 1.0,
    examples: int = 16,
    seeds: Iterable[int] = SEEDS,
) -> FloatArray:
    """Gradient norm by layer in a deep random network, from a real forward and backward pass.

    The networks of `layer_outputs`: at weight_scale 1 the matrices alone keep the length of
    a gradient on average, so that what is lost or gained is the activation's doing.
    Returns, as (depth + 1, seeds), the norm of dL/dh for h the input (row 0) and the output
    of layer 1, 2, ..., depth, relative to that of the last, which is 1.
    """
    _, gradient, layers, matrices = run_deep(
        activation, depth, width, weight_scale, examples, seeds
    )
    norms = [np.linalg.norm(gradient, axis=(1, 2))]
    for matrix, layer in zip(reversed(matrices), reversed(layers), strict=True):
        gradient = layer.backward(gradient) @ matrix.swapaxes(1, 2)
        norms.append(np.linalg.norm(gradient, axis=(1, 2)))
    return np.array(norms[::-1]) / norms[0]


def run_deep(activation, depth, width, weight_scale, examples, seeds):
    """Forward pass: outputs by layer, an upstream gradient, the layers, their matrices."""
    generators = [np.random.default_rng(seed) for seed in seeds]
    outputs = [np.array([rng.normal(size=(examples, width)) for rng in generators])]
    upstream = np.array([rng.normal(size=(examples, width)) for rng in generators])
    layers, matrices = [new_layer(activation) for _ in range(depth)], []
    for layer in layers:
        drawn = [rng.normal(size=(width, width)) for rng in generators]
        matrices.append(weight_scale / np.sqrt(width) * np.array(drawn))
        outputs.append(layer.forward(outputs[-1] @ matrices[-1]))
    return outputs, upstream, layers, matrices


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
    "GELU": "#E69F00",  # this one and the next: only in lesson 5
    "SiLU": "#56B4E9",
    "ELU": "#882255",
    "SELU": "#000000",
}
INK = "#333333"
FAINT = "#999999"


def new_figure(title: str, columns: int = 1, *, height: float = 4.0, **grid):
    """A Figure 8 inches wide that says its message on top, and its Axes (one or an array)."""
    figure, axes = plt.subplots(1, columns, figsize=(8, height), layout="constrained", **grid)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, axes


def new_mosaic(title: str, mosaic: list, heights: list, height: float = 6.0):
    """The same with named Axes, which `mosaic` places; returns Figure and Axes by name."""
    figure = plt.figure(figsize=(8, height), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    return figure, figure.subplot_mosaic(mosaic, height_ratios=heights)


def note(ax: Axes, text: str, at: tuple, shift: tuple, **style) -> None:
    """Write text beside the data point `at`, shifted by so many typographic points."""
    style = {"color": INK, "annotation_clip": False, **style}
    words = ax.annotate(text, at, shift, textcoords="offset points", **style)
    words.set_in_layout(False)  # the panels keep their sizes whatever is written in them


def name_of(func) -> str:
    """What to call a layer, its class or a function in a plot or a table."""
    return str(getattr(func, "__name__", type(func).__name__))


def function_of(func) -> Callable:
    """func as a function of x: a class becomes an instance, a layer a copy of its own."""
    return func() if isinstance(func, type) else copy.copy(func)


def slope_of(func: Callable) -> Callable:
    """The slope of func as a function: its own `derivative`, or else finite differences."""
    differences = lambda x: numerical_gradient(lambda x: values_of(func, x), x)
    return getattr(func, "derivative", differences)


def values_of(func: Callable, x: FloatArray) -> FloatArray:
    """func(x) in float64; a lone number, as lambda x: 3 returns it, is spread over all x."""

    def spread_out(x):
        y = func(x)
        return np.full(x.shape, y) if np.ndim(y) == 0 else y

    return elementwise(spread_out, x)


def inputs_between(x_range: tuple[float, float]) -> FloatArray:
    """1201 points; ValueError unless x_range is two finite numbers, the lower one first."""
    low, high = x_range
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"x_range must be two finite numbers, low < high, got {x_range}")
    return np.linspace(low, high, 1201)


def plot_activation_curve(
    func: Callable, x_range: tuple[float, float] = (-6, 6), *, ax: Axes | None = None, **line
) -> Axes:
    """Draw the output of func over its input, on ax or a new figure's Axes; return the Axes.

    func is one of our activations or its class, or anything else that takes a float64 array
    and returns one of the same shape, or a lone number for all. line is passed on to
    ``Axes.plot``. Raises ValueError or TypeError, before it draws, for anything else.
    """
    x = inputs_between(x_range)
    y = values_of(function_of(func), x)
    return draw_curve(func, x, y, "output f(x)", ax, line)


def plot_gradient(
    func: Callable, x_range: tuple[float, float] = (-6, 6), *, ax: Axes | None = None, **line
) -> Axes:
    """Draw the slope of func (see `slope_of`); otherwise like `plot_activation_curve`."""
    x = inputs_between(x_range)
    y = values_of(slope_of(function_of(func)), x)
    return draw_curve(func, x, y, "slope f'(x)", ax, line)


def draw_curve(func, x, y, ylabel, ax, line):
    if ax is None:
        _, ax = new_figure(name_of(func))
    style = {"label": name_of(func), "color": COLORS.get(name_of(func))}
    ax.plot(x, y, **{**style, **cbook.normalize_kwargs(line, Line2D)})
    ax.set(xlabel="input x", ylabel=ylabel)
    return ax


def compare_activations(
    activations: Iterable | Mapping,
    x_range: tuple[float, float] = (-4, 4),
    *,
    title: str = "Outputs and slopes",
) -> Figure:
    """Draw several functions side by side: outputs on the left, slopes on the right.

    activations holds what `plot_activation_curve` takes, or maps names to it; title is the
    message of the figure. Raises ValueError if there is nothing to draw.
    """
    if not isinstance(activations, Mapping):
        activations = list(activations)
        names = map(name_of, activations)
    else:
        names, activations = activations.keys(), list(activations.values())
    if not activations:
        raise ValueError("activations must hold at least one function to draw")
    x = inputs_between(x_range)
    functions = [function_of(func) for func in activations]
    curves = [(values_of(f, x), values_of(slope_of(f), x)) for f in functions]

    figure, (left, right) = new_figure(title, columns=2)
    # Thick below, thin above: curves that run along one another all stay visible.
    widths = np.linspace(5, 2, len(curves))
    for name, func, (y, slope), width in zip(names, activations, curves, widths, strict=True):
        line = {"label": name, "linewidth": width}
        draw_curve(func, x, y, "output f(x)", left, line)
        draw_curve(func, x, slope, "slope f'(x)", right, line)
    left.legend(loc="upper left")
    return figure


def quartiles(runs: FloatArray) -> FloatArray:
    """Lower quartile, median and upper quartile over the last axis, the seeds.

    Of an odd number of seeds these are values that occurred, infinity included.
    """
    return np.percentile(runs, [25, 50, 75], axis=-1, method="nearest")


def plot_spread(ax: Axes, x, runs: FloatArray, **line) -> None:
    """Draw the median of runs (len(x), seeds) as a line in a band from quartile to quartile."""
    low, median, high = quartiles(runs)
    (drawn,) = ax.plot(x, median, **line)
    ax.fill_between(x, low, high, color=drawn.get_color(), alpha=0.25, linewidth=0)


def plot_gradient_flow(
    norms: Mapping[str, FloatArray],
    *,
    title: str = "Gradient norm by layer",
    colors: Mapping[str, str] = COLORS,
    ax: Axes | None = None,
) -> Axes:
    """Draw what `gradient_flow` returned, a named line with a quartile band for each.

    The gradient starts at the last layer, on the left, and comes back to the input.
    """
    if ax is None:
        _, ax = new_figure(title)
    # Thick below, thin above, so that lines along one another stay visible.
    for (name, runs), width in zip(norms.items(), np.linspace(4, 2, len(norms)), strict=True):
        style = {"label": name, "color": colors.get(name, INK), "linewidth": width}
        plot_spread(ax, range(len(runs)), runs[::-1], **style)
    ax.set(yscale="log", xlabel="layers back from the last", ylabel="gradient norm")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 5, 10]))
    ax.legend(loc="lower left")
    return ax


def explore(
    func: Callable,
    x_range: tuple[float, float] = (-6, 6),
    *,
    title: str | None = None,
    layers: int = 20,
    **parameter: tuple[float, float, float],
) -> Figure:
    """Move along the curve of func with the mouse, the up and down keys or a slider.

    Shows output and slope side by side, the tangent and the numbers there, and what is left
    of a gradient that meets this slope in so many layers in a row. func is as for
    `plot_activation_curve`; or, given ``parameter=(low, high, start)``, makes such a function
    of it: explore(LeakyReLU, alpha=(0, 1, 0.1)) has a slider for alpha too.
    """
    x, (low, high) = inputs_between(x_range), x_range
    start = {name: value for name, (_, _, value) in parameter.items()}
    make = (lambda values: func(**values)) if parameter else (lambda _: function_of(func))
    values_of(make(start), x[:1])  # what is no function is refused before there is a figure

    bars = [f"slider {row}" for row in range(1 + len(parameter))]
    mosaic = [["output", "slope"], *([bar, bar] for bar in bars)]
    heights = [14, *[1] * len(bars)]
    figure, axes = new_mosaic(title or name_of(func), mosaic, heights, height=4.4)
    place = new_slider(axes[bars[0]], "input x", low, high, low + 0.7 * (high - low))
    knobs = {
        name: new_slider(axes[bar], name, *parameter[name])
        for bar, name in zip(bars[1:], parameter, strict=True)
    }
    color = COLORS.get(name_of(func))
    left, right = axes["output"], axes["slope"]
    curves = [ax.plot(x, 0 * x, color=color)[0] for ax in (left, right)]
    (tangent,) = left.plot([], [], color=INK, linewidth=1.2, linestyle="--")
    points = [ax.plot([], [], "o", color=INK)[0] for ax in (left, right)]
    left.set(title="output: move the mouse, press up/down", xlim=x_range)
    right.set(xlim=x_range)

    def update(_: float) -> None:
        f, at = make({name: knob.val for name, knob in knobs.items()}), place.val
        with np.errstate(all="ignore"):  # where there is no number, NaN says so
            for g, ax, curve, point in zip(
                (f, slope_of(f)), (left, right), curves, points, strict=True
            ):
                curve.set_ydata(values_of(g, x))
                point.set_data([at], values_of(g, np.array([at])))
                ax.relim()
                ax.autoscale_view(scalex=False)
            (y,), (slope,) = (point.get_ydata() for point in points)
            rest = abs(slope) ** layers
        tangent.set_data(x_range, y + slope * (np.array(x_range) - at))
        left.set(xlabel=f"f({at:.2f}) = {y:.4g}")
        right.set(xlabel=f"f'({at:.2f}) = {slope:.4g}")
        right.set(
            title=f"slope: {layers} such layers leave {f'{rest:.2g}' if slope else 'nothing'}"
        )

    steer(place, [left, right], update)
    for knob in knobs.values():
        knob.on_changed(update)
    return figure


class NewSlider(Slider):
    """A slider that is not drawn while its figure is being made, which would take long."""

    drawon = False


def new_slider(
    ax: Axes, name: str, low: float, high: float, start: float, steps: int = 240, shown=float
) -> Slider:
    """A slider in so many steps, an even number so that the middle, a kink perhaps, is met.

    shown turns its value into the number beside its name.
    """
    slider = NewSlider(ax, name, low, high, valinit=start, color=FAINT, initcolor="none")
    slider.valstep = np.linspace(low, high, steps + 1)
    ax.format_coord = lambda x, y: ""  # nothing for the toolbar to say
    form = ".2f" if slider.valstep[1] % 1 else ".0f"
    width = max(len(f"{shown(end):{form}}") for end in (low, high))

    def label(value: float) -> None:
        slider.valtext.set_text("")
        number = f"{shown(value):{form}}".rjust(width, "\u2007")  # a space as wide as a digit
        slider.label.set_text(f"{name} {number}")

    slider.on_changed(label)
    slider.set_val(start)
    slider.drawon = True
    return slider


def steer(slider: Slider, axes: Sequence[Axes], update: Callable, value_at=float) -> None:
    """Let the mouse over axes, and the up and down keys, move slider, and call update.

    value_at turns the place of the mouse, an x of these axes, into a value of the slider.
    """
    figure = slider.ax.figure
    for ax in axes:
        ax.format_coord = lambda x, y: ""  # the figure itself says where the mouse is

    def move_to(value: float) -> None:
        figure.set_layout_engine("none")  # nothing changes its size: drawn twice as quickly
        slider.set_val(slider.valstep[np.abs(slider.valstep - value).argmin()])

    def follow(event) -> None:
        # While the toolbar pans or zooms it holds the lock.
        if event.inaxes in axes and not figure.canvas.widgetlock.locked():
            move_to(value_at(event.xdata))

    def press(event) -> None:
        steps = {"down": -1, "up": 1}.get(event.key, 0)  # left and right are the toolbar's
        if steps:
            one = slider.valstep[1] - slider.valstep[0]
            move_to(slider.val + steps * max(one, (slider.valmax - slider.valmin) / 120))

    slider.on_changed(update)
    # The canvas keeps these two alive, and they the slider.
    figure.canvas.mpl_connect("motion_notify_event", follow)
    figure.canvas.mpl_connect("key_press_event", press)
    figure.canvas.mpl_connect("resize_event", lambda _: figure.set_layout_engine("constrained"))
    update(slider.val)


# --------------------------------------------------------------------------------------
# Printing, measuring what all lessons measure, and running a lesson as a script
# --------------------------------------------------------------------------------------


def heading(text: str) -> None:
    """Print a section heading."""
    print(f"\n{text}\n{'-' * len(text)}")


def print_table(columns: Sequence[str], rows: Iterable[Iterable]) -> None:
    """Print rows right-aligned under their columns; numbers to six significant digits."""
    cells = [list(columns)] + [[cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        print("  ".join(map(str.rjust, row, widths)).rstrip())


def cell(value) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value + 0.0:.6g}"  # + 0.0 turns -0 into 0
    return str(value)


def spread(runs: FloatArray, form: str = ".2f") -> str:
    """Median and quartiles over seeds, as 'median [lower, upper]'."""
    low, median, high = (written(value, form) for value in quartiles(runs))
    return f"{median} [{low}, {high}]"


def written(value: float, form: str = ".0f") -> str:
    """A number in the given form; infinity, a goal that is not reached, reads 'never'."""
    if np.isinf(value):
        return "never"
    text = format(value, form)
    return text.lstrip("-") if float(text) == 0 else text


class Values(NamedTuple):
    """What a layer answers at some inputs; all arrays have the shape of x."""

    x: FloatArray
    output: FloatArray
    slope: FloatArray
    upstream: float
    grad_x: FloatArray


def measure_values(layer, x: ArrayLike, upstream: float = 2.0) -> Values:
    """Outputs and slopes at x, and what backward hands on of an upstream gradient."""
    x = as_real_array(x)
    output = layer.forward(x)
    grad_x = layer.backward(np.full_like(x, upstream))
    return Values(x, output, layer.derivative(x), upstream, grad_x)


def print_values(values: Values) -> None:
    columns = ["x", "f(x)", "slope f'(x)", f"dL/dx for dL/df = {values.upstream:g}"]
    rows = zip(values.x, values.output, values.slope, values.grad_x, strict=True)
    print_table(columns, rows)


def print_gradient_checks(checks: Mapping[str, GradientCheck]) -> None:
    """Print a line for what `gradient_check` found of each layer."""
    rows = []
    for name, check in checks.items():
        verdict, where = ("right", "-") if check.passed else ("WRONG", f"{check.worst_input:g}")
        rows.append([name, verdict, f"{check.max_relative_error:.1e}", where, check.kinks])
    print_table(["", "verdict", "max relative error", "at x =", "inputs at a kink"], rows)


def time_each(functions: Mapping[str, Callable], repeats: int = 100) -> dict[str, float]:
    """Median seconds that each function takes, called in turn: a busy moment meets all."""
    seconds = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(times)) for name, times in seconds.items()}


class Formula:
    """An activation as a textbook types it, the slope in terms of the output y = f(x).

    For comparisons: quick, and good enough where nothing overflows or saturates.
    """

    def __init__(self, output: Callable, slope: Callable) -> None:
        self.output, self.slope = output, slope

    def forward(self, x: FloatArray) -> FloatArray:
        self.y = self.output(x)
        return self.y

    def backward(self, grad_output: FloatArray) -> FloatArray:
        return grad_output * self.slope(self.y)


FORMULAS = {
    "Sigmoid": Formula(lambda x: 1 / (1 + np.exp(-x)), lambda s: s * (1 - s)),
    "Sigmoid - 1/2": Formula(lambda x: np.tanh(x / 2) / 2, lambda y: 0.25 - y * y),
    "Tanh": Formula(np.tanh, lambda t: 1 - t * t),
    "ReLU": Formula(lambda x: np.maximum(x, 0), lambda y: y > 0),
    "no activation": Formula(lambda x: x, np.ones_like),
}


STYLE = {
    "font.size": 11, "text.color": INK, "lines.linewidth": 2.2, "savefig.dpi": 150,
    "figure.titlesize": 13, "figure.titleweight": "bold", "legend.frameon": False,
    "axes.titlelocation": "left", "axes.titlesize": 11, "axes.titlecolor": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": "#E6E6E6",
}  # fmt: skip


def run_lesson(tell: Callable[[], Mapping[str, Figure]], description: str | None) -> None:
    """Run a lesson as a script: tell() prints it and returns its figures by file name.

    After the lesson the figures are shown, all at once and in their order; with ``--save DIR``
    they are written there instead, and to ``plots/`` where they cannot be shown. The reader's
    own settings of matplotlib do not change the figures, and the lesson does not change them.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = "write the figures to DIR as picture files, open no window"
    parser.add_argument("--save", metavar="DIR", type=os.path.expanduser, help=what)
    folder = parser.parse_args(None if is_script() else []).save

    # Line by line also into a pipe, and no crash over a letter that the terminal lacks.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")

    np.empty(2**25 - 2**16, np.uint8)  # what is freed later, glibc now keeps: a quarter quicker
    with short_errors(), own_pyplot(show=folder is None) as can_show:
        figures = tell()
        if can_show:
            show(figures, (description or "Lesson").split(" - ")[0])  # none under python -OO
        else:
            save(figures, Path(folder or "plots"))


def is_script() -> bool:
    """Whether a script is running (also by %run), and not somebody typing in a session."""
    return hasattr(sys.modules["__main__"], "__file__")


@contextmanager
def short_errors() -> Iterator[None]:
    """End a script that is stopped, or cannot print or save, with a line, not a traceback."""

    def stop(*_: object) -> None:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)

    usual = signal.default_int_handler
    ours = is_script() and signal.getsignal(signal.SIGINT) is usual
    if ours:
        signal.signal(signal.SIGINT, stop)  # Tk would only print a KeyboardInterrupt and go on
    try:
        yield
    except OSError as error:
        if not is_script():
            raise
        try:
            print(end="", flush=True)
        except OSError:  # the disk is full, or whoever reads, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1 if isinstance(error, BrokenPipeError) else f"Stopped: {error}")
    finally:
        if ours:
            signal.signal(signal.SIGINT, usual)


@contextmanager
def own_pyplot(show: bool) -> Iterator[bool]:
    """Set pyplot up for a lesson; yield whether, as wished, it can show figures here.

    Afterwards all is as it was: settings, a session's backend, and the open figures, but for
    those that were shown.
    """
    session, opened = hasattr(sys, "ps1"), set(plt.get_fignums())
    backend = plt.get_backend() if show or session else "agg"
    can_show, shown = shows_here(backend) and show, False
    if not can_show:
        plt.switch_backend("agg")
    try:
        with plt.ioff(), plt.style.context(STYLE, after_reset=True):
            yield can_show
        shown = can_show
    finally:
        for number in () if shown else set(plt.get_fignums()) - opened:
            if hasattr(plt.figure(number), "animation"):
                plt.gcf().canvas.draw()  # an animation that was never drawn complains
            plt.close(number)
        if session:
            shows_here(backend)
            vars(plt.draw_if_interactive)["called"] = False  # else %run opens one more figure


def shows_here(backend: str) -> bool:
    """Switch to a backend; return whether it can show figures, in windows or a notebook."""
    names = ("inline", "widget", "ipympl", "notebook", "nbagg")
    for_notebooks = any(name in backend.lower() for name in names)
    if for_notebooks and "ipykernel" not in sys.modules:
        return False
    try:
        plt.switch_backend(backend)
    except (ImportError, RuntimeError):  # there is no screen, or no toolkit, or no web server
        return False
    module = backend_registry.load_backend_module(backend)
    manager = getattr(module, "FigureManager", module.FigureCanvas.manager_class)
    return for_notebooks or manager.show is not FigureManagerBase.show


def show(figures: Mapping[str, Figure], lesson: str) -> None:
    """Open a window for each figure (or show it in the notebook), titled by its place."""
    for place, figure in enumerate(figures.values(), start=1):
        manager = figure.canvas.manager
        title = f"{lesson}, figure {place} of {len(figures)}: {figure.get_suptitle()}"
        manager.set_window_title(title)
        window = getattr(manager, "window", None)
        x, y = 70 * (place - 1), 30 * (place - 1)
        if hasattr(window, "wm_geometry"):  # Tk; no window shall hide another's title
            window.wm_geometry(f"+{x}+{y}")
        elif hasattr(window, "move"):  # Qt
            window.move(x, y)
        if hasattr(figure, "animation"):
            figure.canvas.draw()  # for a notebook's still picture, too, it has to be started
    one_by_one = [each for each in figures.values() if "ipympl" in type(each.canvas).__module__]
    for figure in one_by_one:
        plt.figure(figure)
        plt.show()
    if not one_by_one:
        plt.show()


def save(figures: Mapping[str, Figure], folder: Path) -> None:
    """Write each figure to folder as PNG, or as GIF if it moves, and say so."""
    print()
    for name, figure in figures.items():
        film = getattr(figure, "animation", None)
        path = folder / f"{name}.{'gif' if film else 'png'}"
        if film:
            figure.canvas.draw_idle = lambda *_: None  # else every picture is drawn thrice
        try:
            folder.mkdir(parents=True, exist_ok=True)
            film.save(path, writer="pillow", dpi=100) if film else figure.savefig(path)
        except OSError as error:
            raise OSError(f"{folder} cannot be written: {error.strerror or error}") from error
        print(f"Figure saved as {path}")


# --------------------------------------------------------------------------------------
# Lesson 6: the four side by side
# --------------------------------------------------------------------------------------


class Units(NamedTuple):
    """One hidden layer of units, whose weighted outputs add up to a curve."""

    x: FloatArray
    target: FloatArray  # the curve to be drawn
    parts: FloatArray  # (len(x), units), what each unit contributes
    total: FloatArray  # the sum of the parts and a bias
    bends: FloatArray  # the x at which each unit's own input is 0


def measure_units(f: Callable, units: int) -> Units:
    """Draw a curve with f(units / 3 * (x - bend)); least squares chooses the output weights."""
    x = np.linspace(-3, 3, 601)
    target = np.sin(2 * x) + x / 3
    bends = np.linspace(-3, 3, units, endpoint=False)
    hidden = f(units / 3 * (x[:, None] - bends))
    design = np.column_stack([hidden, np.ones(len(x))])
    weights = np.linalg.lstsq(design, target)[0]
    return Units(x, target, hidden * weights[:-1], design @ weights, bends)


def gap(units: Units) -> float:
    """The largest distance between the sum and the curve to be drawn."""
    return float(np.abs(units.total - units.target).max())


def print_units(drawn: Mapping[str, Sequence[Units]]) -> None:
    counts = [len(units.bends) for units in next(iter(drawn.values()))]
    rows = [[name, *(f"{gap(units):.3f}" for units in row)] for name, row in drawn.items()]
    print_table(["units:", *map(str, counts)], rows)
    print("Largest gap between the curve to be drawn and the sum of the units.")


def plot_units(layers: Mapping[str, Callable], start: int = 8) -> Figure:
    """The units of each layer, thin, and their sum; their number follows the mouse."""
    title = "Bent units add up to a curve; straight ones stay straight"
    names = list(layers)
    mosaic = [names[:2], names[2:], ["units", "units"]]
    figure, axes = new_mosaic(title, mosaic, [12, 12, 1])
    slider = new_slider(axes["units"], "units", 1, 25, start, steps=24)
    panels = [axes[name] for name in names]
    for ax in panels:
        ax.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[-3, 0, 3], yticks=[-2, 0, 2])

    def update(count: float) -> None:
        for (name, f), ax in zip(layers.items(), panels, strict=True):
            for drawn in [*ax.lines, *ax.texts]:
                drawn.remove()
            units = measure_units(f, round(count))
            color = COLORS.get(name, INK)
            ax.plot(units.x, units.target, color=FAINT, linewidth=6, alpha=0.5)
            ax.plot(units.x, units.parts, color=color, linewidth=0.8)
            ax.plot(units.x, units.total, color=color, linewidth=2.5)
            joints = np.interp(units.bends, units.x, units.total)
            ax.plot(units.bends, joints, "o", color=color, markersize=5)
            ax.set_title(f"{name}: largest gap {gap(units):.2f}", color=color, weight="bold")
        words = "grey: the curve to draw, thin: units,\nthick: their sum + a bias, dots: bends"
        panels[0].text(-2.9, -2.8, words, color=INK, fontsize=10)

    across = lambda x: np.interp(x, (-3, 3), (slider.valmin, slider.valmax))
    steer(slider, panels, update, across)
    return figure


FILM_STEPS = [round(300 * (i / 9) ** 1.5) for i in range(10)]  # a picture after each
SIDES = np.linspace(-1.2, 1.2, 32, dtype=np.float32)
ARMS = np.array([to_rgb(color) for color in ("#56B4E9", "#F0E442", "#777777")])


class Learning(NamedTuple):
    """What networks knew after each of so many steps."""

    steps: Sequence[int]
    accuracy: FloatArray  # (len(steps), seeds), on points that were not trained on
    classes: np.ndarray  # (len(steps), side, side), what the first network says in the plane


def measure_learning(
    layer: Layer, weight_scale: float, rate: float, seeds=range(5)
) -> Learning:
    """Train 2-32-32-3 networks on the spirals."""
    (x, labels), (new_x, new_labels) = spirals(seeds), spirals(seeds, new=True)
    plane = np.stack(np.meshgrid(SIDES, SIDES), axis=-1).reshape(-1, 2)
    new_x = np.hstack([new_x, np.broadcast_to(plane, (len(x), *plane.shape))])
    network = Network([2, 32, 32, 3], layer, weight_scale=weight_scale, seeds=seeds)
    accuracies, classes = [], []
    for more in np.diff(FILM_STEPS, prepend=0):
        train(network, x, labels, steps=int(more), rate=rate)
        said = network.forward(new_x)
        points = new_labels.shape[1]
        accuracies.append(accuracy(said[:, :points], new_labels))
        classes.append(said[0, points:].argmax(axis=-1).reshape(len(SIDES), len(SIDES)))
    return Learning(FILM_STEPS, np.array(accuracies), np.array(classes))


def print_learning(learned: Mapping[str, Learning]) -> None:
    rows = [[name, spread(each.accuracy[-1])] for name, each in learned.items()]
    print_table(["", "new points right, median [quartiles]"], rows)


def plot_learning(learned: Mapping[str, Learning], caption: str) -> Figure:
    """A film of what the first network says in the plane; its last frame comes first."""
    title = "Without an activation the borders stay straight; with one they bend"
    figure, axes = new_figure(title, len(learned), height=2.5)
    x, labels = spirals(seeds=[0])
    panels = []
    for ax, (name, each) in zip(axes, learned.items(), strict=True):
        image = ax.imshow(np.ones((1, 1, 3)), extent=(-1.2, 1.2) * 2, origin="lower")
        for arm, color in enumerate(ARMS):
            ax.plot(*x[0, labels[0] == arm].T, ".", color=color * 0.8, markersize=3)
        ax.axis("off")
        words = ax.set_title(name, color=COLORS.get(name, INK), fontsize=10)
        panels.append((image, words, name, each))

    def draw(frame: int) -> None:
        for image, words, name, each in panels:
            image.set_data(0.4 + 0.6 * ARMS[each.classes[frame]])
            words.set_text(f"{name}\n{each.accuracy[frame][0]:.0%} right")
        clock.set_text(f"{caption}, first seed; step {each.steps[frame]}")

    clock = figure.supxlabel("", x=0.01, ha="left", fontsize=11)
    last = len(FILM_STEPS) - 1
    draw(last)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # nothing changes its size: drawn four times as quickly
    # The end comes first, for print, and stays for a while before all starts anew.
    frames = [last, *range(last), *[last] * 3]
    figure.animation = FuncAnimation(
        figure, draw, frames, interval=400, cache_frame_data=False, init_func=lambda: None
    )
    return figure


DEPTH = 40


def critical_scale(activation: Callable) -> float:
    """Weight scale from 1/32 to 32 at which theory keeps the gradient level, or NaN.

    There the mean of (scale * slope)^2 is 1 at the variance that the layers settle at, in
    infinitely wide networks without biases (Poole et al. 2016; Schoenholz et al. 2017): 1 for
    tanh, sqrt(2) for ReLU (He et al. 2015). GELU and SiLU settle nowhere: below this scale
    the signal dies out, above it grows without end, if it starts from inputs of variance 1.
    """
    f = function_of(activation)
    low, high = 2.0**-5, 2.0**5
    if not mean_squared_factor(f, low) < 1 < mean_squared_factor(f, high):
        return np.nan
    while high / low > 1.0005:
        middle = np.sqrt(low * high)
        grows = mean_squared_factor(f, middle) > 1
        low, high = (low, middle) if grows else (middle, high)
    return float(np.sqrt(low * high))


def mean_squared_factor(f: Callable, scale: float, layers: int = 300) -> float:
    """What a layer multiplies the squared gradient by once the layers have settled."""
    z = np.linspace(-8, 8, 400)  # an even number, so that a kink at 0 falls between two
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    variance, before = scale**2, np.inf  # of h W, for inputs h of variance 1
    for _ in range(layers):
        if abs(variance / before - 1) < 1e-6 or not 1e-9 < variance < 1e9:
            break
        before = variance
        variance = scale**2 * weight @ values_of(f, np.sqrt(before) * z) ** 2
    return float(scale**2 * weight @ values_of(slope_of(f), np.sqrt(variance) * z) ** 2)


def deep_flow(layer: Callable, scale: float) -> FloatArray:
    """Median gradient norm of five networks, 0 to DEPTH layers back from the output."""
    flow = gradient_flow(layer, depth=DEPTH, weight_scale=scale, examples=4, seeds=range(5))
    return np.median(flow, axis=1)[::-1]


class Ridge(NamedTuple):
    """Gradients by depth and weight scale, and where they neither vanish nor explode."""

    scales: FloatArray
    norms: FloatArray  # (layers back, scales), log10
    measured: float  # the scale at which the norm is 1 after all layers
    theory: float  # the same for networks infinitely wide and deep


def measure_ridge(layer: Callable, scales: FloatArray) -> Ridge:
    norms = np.log10([deep_flow(layer, scale) for scale in scales]).T
    measured = 2 ** np.interp(0, norms[-1], np.log2(scales))
    return Ridge(scales, norms, float(measured), critical_scale(layer))


def print_ridges(ridges: Mapping[str, Ridge]) -> None:
    scales = next(iter(ridges.values())).scales[::2]
    rows = [
        [name, *(f"{norm:.0f}" for norm in r.norms[-1, ::2]), *(f"{s:.1f}" for s in r[2:])]
        for name, r in ridges.items()
    ]
    print_table(["scale:", *(f"{s:g}" for s in scales), "norm is 1 at", "in theory"], rows)


def plot_ridges(layers: Mapping[str, Callable], ridges: Mapping[str, Ridge]) -> Figure:
    """Heat maps over weight scale and depth; the scale under the mouse is measured below."""
    title = "Beside a narrow ridge of weight scales, gradients vanish or explode"
    mosaic = [list(ridges), ["flow"] * len(ridges), ["slider"] * len(ridges)]
    figure, axes = new_mosaic(title, mosaic, [12, 10, 1])
    ends = np.log2(next(iter(ridges.values())).scales[[0, -1]])
    slider = new_slider(axes["slider"], "weight scale", *ends, 1, shown=np.exp2)
    flow, panels = axes["flow"], [axes[name] for name in ridges]
    lines, cursors = [], []
    widths = np.linspace(5, 2, len(ridges))  # curves along one another all stay visible
    for ax, (name, ridge), width in zip(panels, ridges.items(), widths, strict=True):
        log_scales, back = np.log2(ridge.scales), range(len(ridge.norms))
        style = {"cmap": "PuOr_r", "vmin": -12, "vmax": 12}
        image = ax.pcolormesh(log_scales, back, ridge.norms, **style)
        ax.contour(log_scales, back[4:], ridge.norms[4:], [0], colors=INK, linewidths=3)
        ax.axvline(np.log2(ridge.theory), color=INK, linestyle="--", linewidth=1)
        cursors.append(ax.axvline(1, color=FAINT, linewidth=0.8))
        ax.set_xticks([-1, 1, 3, 5], ["0.5", "2", "8", "32"])
        ax.set(xlabel="weight scale", yticks=[0, 20, 40] if ax is panels[0] else [])
        ax.set_title(name, color=COLORS.get(name, INK), weight="bold")
        ax.grid(False)
        lines += flow.plot([], [], color=COLORS.get(name, INK), linewidth=width)
    panels[0].set(ylabel="layers back")
    figure.colorbar(image, ax=panels, label="log10 of the gradient norm", extend="both")
    flow.set(xlim=(0, DEPTH), ylim=(1e-16, 1e16), yscale="log", xlabel="layers back")
    flow.set(ylabel="gradient norm", title="at the grey line; move the mouse, press up/down")
    arrow = {"arrowstyle": "-", "color": "white"}
    at = (np.log2(ridge.measured), 0.8 * len(back))
    note(panels[-1], "ridge", at, (24, 8), color="white", weight="bold", arrowprops=arrow)
    at, arrow = (np.log2(ridge.theory), 0.04 * len(back)), {"arrowstyle": "-", "color": INK}
    note(panels[-1], "theory", at, (14, 4), color=INK, arrowprops=arrow)

    def update(log_scale: float) -> None:
        for line, cursor, layer in zip(lines, cursors, layers.values(), strict=True):
            line.set_data(range(DEPTH + 1), deep_flow(layer, 2**log_scale))
            cursor.set_xdata([log_scale] * 2)

    steer(slider, panels, update)
    return figure


TRAINING_SCALES = (0.5, 1.4, 4, 11.3)
TRAINING_RATES = {  # the middle of the three that are tried at each scale
    "Sigmoid": (3, 3, 2, 1),
    "Tanh": (1, 1, 0.5, 0.2),
    "ReLU": (0.5, 0.3, 0.005, 0.0003),
}


class Trained(NamedTuple):
    """What networks learned at the best rate for each weight scale."""

    scales: Sequence[float]
    rates: FloatArray  # the best ones
    loss: FloatArray  # (scales, seeds), on the examples that were trained on
    new_accuracy: FloatArray  # (scales, seeds), on others


def measure_training(layer, data, middle_rates, scales=TRAINING_SCALES) -> Trained:
    """Train four hidden layers of 32 at every scale, at three rates, a factor of 3 apart."""
    found, options = [], {"steps": 100, "seeds": range(5)}
    for scale, middle in zip(scales, middle_rates, strict=True):
        rates = [middle / 3, middle, middle * 3]
        grid = train_grid(layer, data, [32] * 4, scales=[scale], rates=rates, **options)
        place = best(grid.loss)
        found.append((grid.rates[place[1]], grid.loss[place], grid.new_accuracy[place]))
    return Trained(scales, *map(np.array, zip(*found, strict=True)))


def print_training(trained: Mapping[str, Trained]) -> None:
    columns = ["", "scale", "best rate", "loss, median [quartiles]", "new right"]
    rows = [
        [name, scale, f"{rate:.1g}", spread(loss, ".3f"), spread(right)]
        for name, each in trained.items()
        for scale, rate, loss, right in zip(*each, strict=True)
    ]
    print_table(columns, rows)


def plot_training(trained: Mapping[str, Trained], ridges: Mapping[str, Ridge]) -> Figure:
    title = "Large weights fit the examples and fail on new ones"
    figure, (left, middle, right) = new_figure(title, columns=3)
    for name, each in trained.items():
        line = {"color": COLORS.get(name, INK), "label": name, "marker": "o"}
        plot_spread(left, each.scales, each.loss, **line)
        plot_spread(middle, each.scales, each.new_accuracy, **line)
        right.plot(each.scales, each.rates, **line)
        middle.plot(ridges[name].measured, 0, "^", color=line["color"], clip_on=False)
    for ax in (left, middle, right):
        ax.set(xscale="log", xlabel="weight scale")
        ax.set_xticks(each.scales, [f"{scale:g}" for scale in each.scales])
        ax.minorticks_off()
    left.set(yscale="log", ylim=(3e-5, 5), title="loss, trained examples")
    middle.set(ylim=(0, 1), title="new examples right")
    middle.set_xlabel("weight scale (triangles: ridge)")
    right.set(yscale="log", title="best rate")
    right.legend(loc="lower left")
    return figure


def main() -> dict[str, Figure]:
    # Imported here because the lessons themselves import this file.
    from leaky_relu_from_scratch import LeakyReLU
    from relu_from_scratch import ReLU
    from sigmoid_from_scratch import Sigmoid
    from tanh_from_scratch import Tanh

    three = {"Sigmoid": Sigmoid(), "Tanh": Tanh(), "ReLU": ReLU()}
    bare = {"no activation": LeakyReLU(1), **three}  # alpha = 1 is f(x) = x
    four = {**three, "LeakyReLU": LeakyReLU(0.1)}
    figures = {}

    heading("How units add up: one hidden layer draws a curve")
    counts = (2, 4, 8, 16, 32)
    print_units({name: [measure_units(f, n) for n in counts] for name, f in bare.items()})
    figures["compare_units"] = plot_units(bare)

    heading("Gradient checks: backward against finite differences of forward")
    print_gradient_checks({name: gradient_check(layer) for name, layer in four.items()})
    figures["compare_curves"] = compare_activations(
        four, title="Sigmoid and tanh go flat on both sides, ReLU on one, leaky ReLU on none"
    )

    scale, rate = 4, 0.3
    caption = f"same weights (scale {scale}), rate ({rate}) and data"
    heading(f"Three spiral arms: {caption}")
    print("Training five times: about 2 s ...")
    five = {**bare, **four}
    learned = {name: measure_learning(layer, scale, rate) for name, layer in five.items()}
    print_learning(learned)
    figures["compare_learning"] = plot_learning(learned, caption)

    scales = 2 ** np.linspace(-1, 5, 13)
    heading(f"Vanishing and exploding: log10 of the gradient norm, {DEPTH} layers back")
    print("Running deep random networks: about 2 s ...")
    ridges = {name: measure_ridge(layer, scales) for name, layer in four.items()}
    print_ridges(ridges)
    figures["compare_ridge"] = plot_ridges(four, ridges)

    heading("On and off the ridge: four hidden layers of 32 learn to read digits")
    print("Training at every scale and three rates: about 2 s ...")
    data = cache(partial(digits, faces=7))
    trained = {
        name: measure_training(FORMULAS[name], data, rates)
        for name, rates in TRAINING_RATES.items()
    }
    print_training(trained)
    print("loss: on the examples that were trained on (guessing: 2.303), at the best rate.")
    figures["compare_training"] = plot_training(trained, ridges)
    print(
        "\nRemember: units that bend add up to curves. Each layer multiplies the gradient\n"
        "by weights and slopes, so the scale of the weights has to suit the activation:\n"
        "on a narrow ridge gradients neither vanish nor explode. Weights three times as\n"
        "large as the best still fitted their examples of digits, and failed on new ones."
    )
    return figures


if __name__ == "__main__":
    run_lesson(main, __doc__)
