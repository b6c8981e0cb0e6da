# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 6 - the four activations side by side, and what all lessons share.

Imported, it gives the lessons what they share, in parts to be read by themselves: printing,
checks, networks, plots (with `examine`, for an activation of your own), and running a script.

Run as a script, it shows how units add up to a curve, the four activations beside one another,
what a network learns with each, and the weight scale at which gradients keep their size.

Run it:  python activations_utils.py [--save DIR]
"""

import copy
import signal
import sys
import threading
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import namedtuple
from functools import partial
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.widgets import Slider

# Printing -----------------------------------------------------------------------------


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}")


def print_table(columns, rows):
    """Print rows right-aligned under their columns; numbers to six significant digits."""
    cell = lambda v: f"{v:.6g}" if isinstance(v, (float, np.floating)) else str(v)
    cells = [columns, *([cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    print(*("  ".join(map(str.rjust, row, widths)) for row in cells), sep="\n")


def spread(runs, form=".2f"):
    """Median of the runs, lowest and highest, as text: '0.23 (0.21-0.27)'."""
    middle, low, high = (format(f(runs), form) for f in (np.median, np.min, np.max))
    return f"{middle} ({low}{' to ' if 'g' in form else '-'}{high})"


# Checks. At first skip to gradient_check, its one rule. ---------------------------------


def as_real_array(x, name="x"):
    """x as an array of float16, 32 or 64; TypeError or ValueError if it is not real numbers."""
    expected = f"{name} must be real numbers (float, int or bool)"
    try:
        array = np.asarray(x)
    except (ValueError, RuntimeError) as error:  # a ragged list, a tensor of autograd's
        raise ValueError(f"{expected}, got a {type(x).__name__}: {error}") from None
    if array.dtype.kind not in "biuf" or isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{expected}, got {type(x).__name__} of dtype {array.dtype}")
    return array.astype(array.dtype.char if array.dtype.char in "efd" else "d", copy=False)


def upstream_gradient(grad_output, slope):
    """grad_output in slope's dtype; RuntimeError before a forward, ValueError for a wrong shape."""
    if slope is None:
        raise RuntimeError("backward has nothing to work with yet: call forward(x) first")
    gradient = as_real_array(grad_output, "grad_output")
    if gradient.shape != slope.shape:  # nothing is broadcast: that is nearly always a bug
        raise ValueError(f"grad_output must have shape {slope.shape}, got {gradient.shape}")
    return gradient.astype(slope.dtype, copy=False)


def layer_of(layer):
    """layer, or for a class an object of it; TypeError if it cannot go forward and backward."""
    layer = layer() if isinstance(layer, type) else layer
    if not (hasattr(layer, "forward") and hasattr(layer, "backward")):
        raise TypeError(f"a layer needs forward and backward for arrays, got {layer!r}")
    return layer


def function_of(func):
    """func as a function of x: a callable, an object with `forward`, or a class of such."""
    func = func() if isinstance(func, type) else func
    function = getattr(func, "forward", func)
    if not callable(function):
        raise TypeError(f"expected a function or an object with a forward method, got {func!r}")
    return partial(elementwise, function)


def slope_of(func):
    """The slope of func as a function: its own `derivative`, or else finite differences."""
    func = func() if isinstance(func, type) else func
    derivative = getattr(func, "derivative", None)
    return partial(elementwise, derivative) if derivative else partial(numerical_gradient, func)


def elementwise(func, x, kinds="efd"):
    """func(x) in float64; ValueError if it writes to x, changes the shape, or is not of kinds."""
    given = np.array(x)  # a copy, and an array even where x is a single number
    with np.errstate(all="ignore"):  # what is not finite is judged, or drawn as a gap
        y = as_real_array(func(given), "the output")
    if not (np.array_equal(given, x) or np.array_equal(given, x, equal_nan=True)):
        raise ValueError("the input must be left alone, but it was overwritten")
    if y.shape != given.shape:
        raise ValueError(f"must be elementwise: {given.shape} went in, {y.shape} came out")
    if y.dtype.char not in kinds:
        raise ValueError(f"must compute in float64 when given float64, got {y.dtype}")
    return y.astype(np.float64)


@np.errstate(all="ignore")
def refuse_mixing(func, x):
    """Raise ValueError if elements of func(x) depend on others of x than their own (softmax)."""
    y, most = func(x), np.abs(x).max(initial=0) + 1
    group = np.random.default_rng(0).integers(8, size=x.shape, dtype=np.int8)
    for moved in [group & bit == side for bit in (1, 2, 4) for side in (0, bit)]:  # halves
        other = func(x + moved * (most - x))
        off = (other != y) & (y == y) & ~moved
        if np.any(np.abs(other[off] - y[off]) > 1e-6 * np.abs(y[off]) + 1e-12):
            raise ValueError("must be elementwise: changing elements of x changed other outputs")


@np.errstate(all="ignore")
def numerical_gradient(func, x):
    """Slope of an elementwise function by central differences, float64 of the shape of x.

    The formula errs by a multiple of d^2, the arithmetic by one of 1/d; d near 6e-6 suits both. At
    a kink it gives the mean of both sides' slopes. Raises ValueError if func is not elementwise.
    """
    f, x = function_of(func), as_real_array(x).astype(np.float64)
    refuse_mixing(f, x)
    d = 6e-6 * np.maximum(1, np.abs(x))
    return (f(x + d) - f(x - d)) / (2 * d)


class GradientCheck(namedtuple("Found", "passed max_relative_error worst_input kinks")):
    """What `gradient_check` found, true when it passed; worst_input has the largest error."""

    def __bool__(self):
        return self.passed


_SIDE = np.concatenate([[1e-6, 1e-3], np.arange(1, 121) / 20, [8, 12, 16, 20, 40]])
# From one saturated tail to the other, in two dimensions as a layer's inputs are.
CHECKED = np.concatenate([-_SIDE[::-1], [0], _SIDE]).reshape(15, -1)


def gradient_check(layer, x=CHECKED, *, tolerance=1e-5, seed=0):
    """Check `backward` at every element of x against differences of `forward`, in float64.

    One rule: where the slopes to the left and to the right agree, the slope is their mean; where
    they do not, at a kink, it lies between them, as every subgradient does. The slope is what
    backward returns for an upstream gradient, divided by it. Errors are relative to the slope, or
    to 0.01 where it is smaller: differences of numbers near 1 know no smaller ones.

    Raises TypeError or ValueError for what is no layer, not elementwise, or not in float64. Cannot
    see an error at inputs that x does not hold, nor one below 1e-5 of the slope or 1e-7 (of a large
    output), nor, at a kink or bend, one between the slopes; nor whether forward is as it should be.
    """
    layer, x = layer_of(layer), as_real_array(x).astype(np.float64)
    if not x.size or not np.isfinite(x).all():
        raise ValueError(f"x must hold at least one number, all finite, got {x}")
    forward = partial(elementwise, layer.forward, kinds="d")
    backward = partial(elementwise, layer.backward, kinds="d")
    forward(np.roll(x / 2, 1))  # a layer that clings to the first x it saw shows
    refuse_mixing(forward, x)

    size, slopes = 10 ** np.random.default_rng(seed).uniform(-6, 6, x.shape), []
    for upstream in (size, -size):  # one that is ignored, clipped or rectified shows
        y = forward(x)
        slopes.append(backward(upstream) / upstream)
    slope = np.array(slopes)

    d = 1e-7 * np.maximum(1, np.abs(x))  # small, to tell a kink nearby from one that is here
    with np.errstate(all="ignore"):  # what is not finite counts as an infinite error
        left, right = (y - forward(x - d)) / d, (forward(x + d) - y) / d
        middle, coarse = (left + right) / 2, np.maximum(1, 1e-7 * np.abs(y) / d)
        kink = np.abs(right - left) > 1e-5 * np.maximum(coarse, np.abs(middle))
        between = np.clip(slope, np.minimum(left, right), np.maximum(left, right))
        expected = np.where(kink, between, middle)
        unit = np.maximum(np.maximum(np.abs(slope), np.abs(expected)), 0.01 * coarse)
        error = np.nan_to_num(np.abs(slope - expected) / unit, nan=np.inf).max(axis=0)
    worst, x_worst = float(error.max()), float(x.flat[error.argmax()])
    return GradientCheck(bool(worst <= tolerance), worst, x_worst, int(kink.sum()))


def print_values(layer, x, upstream=2.0):
    """Print outputs and slopes at x, and what backward hands on of an upstream gradient."""
    heading(f"Forward and backward: {name_of(layer)}")
    x = np.array(x, dtype=np.float64)
    output, gradient = layer.forward(x), layer.backward(np.full_like(x, upstream))
    slope = slope_of(layer)(x)  # last: it may call forward
    last = f"dL/dx for dL/df = {upstream:g}"
    print_table(["x", "f(x)", "slope f'(x)", last], zip(x, output, slope, gradient))


def print_gradient_checks(layers):
    """Check layers, given by name, and print a line for each."""
    rows = []
    for name, layer in layers.items():
        found = gradient_check(layer)
        verdict, place = ("right", "") if found else ("WRONG", f"{found.worst_input:g}")
        rows.append([name, verdict, f"{found.max_relative_error:.0e}", place, found.kinks])
    heading("Gradient check: backward against finite differences of forward")
    print_table(["", "backward is", "largest relative error", "at x =", "kinks"], rows)


# Networks. Those of all seeds run as one: every array has a leading axis of seeds. --------

SEEDS = range(5)
HE = 2**0.5  # the weight scale for ReLU of He, Zhang, Ren & Sun (2015)


def spirals(seeds=SEEDS, *, turns=0.5, points=20, new=False):
    """Three spiral arms, which no straight line tells apart; the noise depends on the seed.

    Returns x (seeds, 3 points, 2) and arms as labels (seeds, 3 points); new=True: other points.
    """
    arm = np.repeat(np.arange(3), points)
    radius = np.tile(np.linspace(0.1, 1, points), 3)
    angle = 2 * np.pi * (arm / 3 + turns * radius)
    clean = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    noise = [np.random.default_rng((seed, 2 + new)).normal(size=clean.shape) for seed in seeds]
    return clean + 0.05 * np.array(noise), np.tile(arm, (len(noise), 1))


class Network:
    """A fully connected network with its chain rule written out, one for each seed.

    sizes counts inputs, hidden units layer by layer, and outputs. Every hidden layer has its own
    copy of activation, and biases that start at bias. Weights are normal with standard deviation
    weight_scale / sqrt(n), n being the inputs of their layer. With skip, hidden layers add their
    input to their output: h + f(h W + b), all of one width.
    """

    def __init__(self, sizes, activation, weight_scale=1.0, *, bias=0.0, seeds=SEEDS, skip=False):
        self.skip = skip
        generators = [np.random.default_rng((seed, 1)) for seed in seeds]
        self.W, self.b = [], []
        for n, m in pairwise(sizes):
            normal = np.array([rng.normal(size=(n, m)) for rng in generators])
            self.W.append(weight_scale / n**0.5 * normal)
            self.b.append(np.full((len(generators), 1, m), float(bias)))
        self.b[-1][:] = 0
        self.layers = [copy.deepcopy(layer_of(activation)) for _ in sizes[1:-1]]
        self.dW, self.db, self.dh = ([None] * len(self.W) for _ in range(3))

    def forward(self, x):
        """Scores (seeds, examples, outputs) for x (seeds, examples, inputs)."""
        self.h = [x]  # what each layer is given: x, then the outputs of hidden layers
        for W, b, layer in zip(self.W, self.b, self.layers):
            f = layer.forward(self.h[-1] @ W + b)
            self.h.append(self.h[-1] + f if self.skip else f)
        return self.h[-1] @ self.W[-1] + self.b[-1]

    def backward(self, delta):
        """From delta = dL/dscores to dW, db and dh of every layer: the chain rule."""
        for i in reversed(range(len(self.W))):  # delta: the gradient for h[i] @ W[i] + b[i]
            self.dW[i] = self.h[i].mT @ delta  # .mT swaps the last two axes
            self.db[i] = delta.sum(axis=-2, keepdims=True)
            self.dh[i] = delta @ self.W[i].mT
            if self.skip and i < len(self.layers):
                self.dh[i] += self.dh[i + 1]
            if i > 0:
                delta = self.layers[i - 1].backward(self.dh[i])

    def descend(self, rate):
        """One step of gradient descent: every parameter moves against its gradient."""
        for parameter, gradient in zip(self.W + self.b, self.dW + self.db):
            parameter -= rate * gradient


class Formula:
    """An activation as a textbook types it, its slope in terms of its output y = f(x)."""

    def __init__(self, output, slope):
        self.output, self.slope = output, slope

    def forward(self, x):
        self.y = self.output(x)
        return self.y

    def backward(self, grad_output):
        return grad_output * self.slope(self.y)


# Lessons 1 to 4 import no other: what they compare their own class with comes from here.
FORMULAS = {
    "no activation": Formula(lambda x: x, np.ones_like),
    "Sigmoid": Formula(lambda x: 1 / (1 + np.exp(-x)), lambda s: s * (1 - s)),
    "Sigmoid - 1/2": Formula(lambda x: np.tanh(x / 2) / 2, lambda y: 0.25 - y * y),
    "Tanh": Formula(np.tanh, lambda t: 1 - t * t),
}


def softmax_cross_entropy(scores, labels):
    """Loss of each network (seeds,), the mean over its examples, and dL/dscores.

    scores (seeds, examples, classes); labels (seeds, examples), from 0 to classes - 1.
    """
    z = scores - scores.max(axis=-1, keepdims=True)  # leaves softmax as it is; no overflow
    total = np.exp(z).sum(axis=-1, keepdims=True)
    loss = np.log(total) - np.take_along_axis(z, labels[..., None], axis=-1)
    gradient = np.exp(z) / total - np.eye(z.shape[-1])[labels]  # p - y
    return loss.mean(axis=(1, 2)), gradient / labels.shape[-1]


def descent(network, x, labels, rate, steps):
    """Plain gradient descent; yields the loss (seeds,) before every step and after the last."""
    for step in range(steps + 1):
        loss, gradient = softmax_cross_entropy(network.forward(x), labels)
        network.backward(gradient)  # at once: whoever looks may send other examples forward
        yield loss
        if step < steps:
            network.descend(rate)


def train(network, x, labels, rate, steps):
    """All losses of a `descent`: (steps + 1, seeds)."""
    return np.array(list(descent(network, x, labels, rate, steps)))


def accuracy(network, x, labels):
    """The share of examples whose highest score is that of their label: (seeds,)."""
    return (network.forward(x).argmax(axis=-1) == labels).mean(axis=-1)


def random_network(activation, weight_scale=1.0, *, depth=20, width=64, examples=16, skip=False):
    """A deep Network, untrained, after a pass forward and back; h: (seeds, examples, width)."""
    network = Network([width] * (depth + 2), activation, weight_scale, skip=skip)
    inputs, upstream = np.random.default_rng(0).normal(size=(2, len(SEEDS), examples, width))
    network.forward(inputs)
    network.backward(upstream)
    return network


@np.errstate(all="ignore")  # an activation may overflow at large weights
def signal_flow(activation, weight_scale=1.0, **sizes):
    """How far examples lie apart after each layer, relative to the inputs: (depth + 1, seeds)."""
    h = np.array(random_network(activation, weight_scale, **sizes).h)
    apart = h.std(axis=2).mean(axis=-1)  # over the examples, then over the units
    return apart / apart[0]


@np.errstate(all="ignore")
def gradient_flow(activation, weight_scale=1.0, **sizes):
    """Norm of dL/dh, inputs (row 0) to last layer, relative to the last: (depth + 1, seeds)."""
    dh = random_network(activation, weight_scale, **sizes).dh
    norms = np.linalg.norm(dh, axis=(2, 3))
    return norms / norms[-1]


SCALES = 2 ** np.linspace(-1, 4, 11)  # weight scales from 1/2 to 16


@np.errstate(all="ignore")
def ridge(activation, depth=20, **how):
    """log10 of the median gradient norms (SCALES, depth + 1), and the scale that keeps them.

    That is the lowest at which the norm at the input passes 1 from below, NaN if it never does.
    """
    flows = [gradient_flow(activation, s, depth=depth, examples=4, **how) for s in SCALES]
    norms = np.log10(np.median(flows, axis=-1))
    ends = norms[:, 0]
    rising = np.flatnonzero((ends[:-1] < 0) & (ends[1:] >= 0))
    if not rising.size:
        return norms, np.nan
    i = slice(rising[0], rising[0] + 2)  # the two scales it lies between
    return norms, float(np.exp(np.interp(0, ends[i], np.log(SCALES[i]))))


# Plots. What draws on Axes returns the Axes, what makes a figure the Figure; none shows it. --

COLORS = {  # Okabe and Ito's, which the common forms of colour blindness leave distinct
    "Sigmoid": "#0072B2", "Tanh": "#D55E00", "ReLU": "#009E73", "LeakyReLU": "#CC79A7",
    "GELU": "#E69F00", "SiLU": "#56B4E9", "ELU": "#000000",
}  # fmt: skip
INK, FAINT = "#333333", "#999999"
STYLE = {
    "font.size": 11, "lines.linewidth": 2.2, "savefig.dpi": 150, "legend.frameon": False,
    "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "figure.titlesize": 13, "figure.titleweight": "bold", "axes.titlelocation": "left",
    "axes.titlesize": 11, "axes.edgecolor": FAINT, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "grid.color": "#E6E6E6",
}  # fmt: skip


def new_figure(title, columns=1, *, rows=1, height=4.0, **grid):
    """A Figure 8 inches wide that says its message on top, and its Axes (one or an array)."""
    figure, axes = plt.subplots(rows, columns, figsize=(8, height), layout="constrained", **grid)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, axes


def name_of(func):
    return getattr(func, "__name__", type(func).__name__)


def color_of(name):
    return COLORS.get(name, plt.rcParams["text.color"])  # which is light in a dark style


def curves(func, x_range):
    """Inputs on a grid, outputs and slopes of func; what cannot be drawn raises."""
    ends = as_real_array(x_range, "x_range")
    if ends.shape != (2,) or not np.isfinite(ends).all() or ends[0] >= ends[1]:
        raise ValueError(f"x_range must be two finite numbers, low and high, got {x_range!r}")
    x = np.linspace(*ends, 1201)  # an odd number, so that a kink in the middle is met
    refuse_mixing(function_of(func), x)
    return x, function_of(func)(x), slope_of(func)(x)


def plot_activation_curve(func, x_range=(-6, 6), *, ax=None, **line):
    """Draw the output of func over its input, on ax or new Axes; return the Axes.

    Raises ValueError or TypeError before anything is drawn, for what is no elementwise function.
    """
    x, y, _ = curves(func, x_range)
    return draw_curve(ax, name_of(func), x, y, "output f(x)", line)


def plot_gradient(func, x_range=(-6, 6), *, ax=None, **line):
    """Draw the slope of func (see `slope_of`) over its input, as `plot_activation_curve` does."""
    x, _, slope = curves(func, x_range)
    return draw_curve(ax, name_of(func), x, slope, "slope f'(x)", line)


def draw_curve(ax, name, x, y, ylabel, line):
    ax = ax or new_figure(name)[1]
    ax.plot(x, y, **{"label": name, "color": color_of(name), **line})
    ax.set(xlabel="input x", ylabel=ylabel)
    return ax


def compare_activations(activations, x_range=(-4, 4), *, title="Outputs and slopes"):
    """Draw several functions, outputs on the left, slopes on the right; return the Figure."""
    drawn = [(name_of(func), *curves(func, x_range)) for func in activations]
    if not drawn:
        raise ValueError("activations must hold at least one function")
    figure, (left, right) = new_figure(title, 2)
    for (name, x, y, slope), width in zip(drawn, np.linspace(5, 2, len(drawn))):
        # Thick below, thin above: curves that run along one another all stay visible.
        draw_curve(left, name, x, y, "output f(x)", {"linewidth": width})
        draw_curve(right, name, x, slope, "slope f'(x)", {"linewidth": width})
    left.legend()
    return figure


def plot_runs(ax, x, runs, **line):
    """Draw runs (len(x), seeds): their median, and thin, each of them."""
    (median,) = ax.plot(x, np.median(runs, axis=1), **line)
    ax.plot(x, runs, color=median.get_color(), linewidth=0.7, alpha=0.5)


def plot_gradient_flow(norms, *, ax=None, lines=None):
    """Draw `gradient_flow`s by name, from the last layer (left) to the input; return the Axes."""
    ax = ax or new_figure("Gradient norm by layer")[1]
    for name, runs in norms.items():
        line = {"label": name, "color": color_of(name), **(lines or {}).get(name, {})}
        plot_runs(ax, range(len(runs)), runs[::-1], **line)
    ax.set(yscale="log", xlabel="layers back from the last", ylabel="gradient norm")
    ax.legend()
    return ax


def add_slider(figure, label, low, high, start, update, step=None):
    """Put a slider under the Axes of figure; it calls update(value)."""
    figure.get_layout_engine().set(rect=(0, 0.12, 1, 0.88))
    ax = figure.add_axes((0.2, 0.02, 0.6, 0.04))
    how = {"valinit": start, "valstep": step, "valfmt": "%.3g", "color": FAINT, "initcolor": FAINT}
    figure.slider = Slider(ax, label, low, high, **how)
    figure.slider.on_changed(update)  # the figure keeps it: it would not answer otherwise


def explore(func, x_range=(-6, 6), *, title=None, start=None, layers=20):
    """Output and slope of func side by side; the tangent and the numbers follow the mouse.

    Returns the Figure, whose update(x) moves the tangent. Raises like `plot_activation_curve`.
    """
    (x, y, slope), f, slope_at = curves(func, x_range), function_of(func), slope_of(func)
    figure, (left, right) = new_figure(title or name_of(func), 2)
    draw_curve(left, name_of(func), x, y, "output f(x)", {})
    draw_curve(right, name_of(func), x, slope, "slope f'(x)", {})
    ink = plt.rcParams["text.color"]
    tangent = left.axline((x[0], y[0]), slope=0, color=ink, linewidth=1.2, linestyle="--")
    points = [ax.plot([], [], "o", color=ink)[0] for ax in (left, right)]

    @np.errstate(over="ignore")
    def update(x):
        y, slope = float(f(x)) + 0.0, np.float64(slope_at(x))  # no -0
        points[0].set_data([x], [y])
        points[1].set_data([x], [slope])
        tangent.set_xy1((x, y))
        tangent.set_slope(slope)
        left.set(title=f"f({x:.2f}) = {y:.4g}   (move the mouse)")
        right.set(title=f"{slope:.3g}, {layers} times in a row: {slope**layers:.2g}")

    def follow(event):
        # While the toolbar pans or zooms it holds the lock.
        if event.inaxes in (left, right) and not figure.canvas.widgetlock.locked():
            update(event.xdata)
            figure.canvas.draw_idle()

    figure.update = update
    figure.update(x[840] if start is None else start)  # 2.4 from -6 to 6
    figure.canvas.mpl_connect("motion_notify_event", follow)
    return figure


def examine(layer):
    """Put a layer, or a class of such, on all instruments; return the Figure of `explore`.

    Prints values, the gradient check, what 20 random layers leave of signal and gradient, and the
    weight scale at which they keep the gradient's norm. Raises like `gradient_check`.
    """
    layer = layer_of(layer)
    print_gradient_checks({name_of(layer): layer})
    print_values(layer, [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])
    heading("What 20 random layers leave: median (lowest to highest) of five networks")
    rows = []
    for scale in (1, HE, 2, 4):
        flows = signal_flow(layer, scale)[-1], gradient_flow(layer, scale)[0]
        rows.append([f"{scale:.3g}", *(spread(left, ".1g") for left in flows)])
    print_table(["weight scale", "of the signal", "of the gradient"], rows)
    scale = f"{ridge(layer)[1]:.2g}".replace("nan", "none from 0.5 to 16")
    print(f"The gradient keeps its norm at weight scale {scale}.")
    return explore(layer)


# Running a lesson as a script -------------------------------------------------------------


def run_lesson(tell, description):
    """Run a lesson as a script: tell() prints it and returns its figures by file name.

    They are shown when it has been told, or, with --save or where there is no screen, written.
    """
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--save", metavar="DIR", help="write the figures there, open no window")
    # In a notebook cell or an editor's console the command line is somebody else's.
    own = Path(sys.argv[0]).resolve() == Path(tell.__code__.co_filename).resolve()
    folder = parser.parse_args(None if own else []).save
    in_session = hasattr(sys, "ps1")  # IPython or a notebook: it stays as it was
    if not in_session:
        prepare_process(folder)
    with plt.ioff(), plt.style.context(STYLE, after_reset=True):
        figures = tell()
        vars(plt.draw_if_interactive)["called"] = False  # else %run opens one more figure
        windows = type(plt.gcf().canvas.manager) is not FigureManagerBase
        if folder or not (in_session if "inline" in plt.get_backend() else windows):
            save(figures, Path(folder or "plots").expanduser())
        else:
            for place, figure in enumerate(figures.values(), start=1):
                title = f"{place} of {len(figures)}: {figure.get_suptitle()}"
                figure.canvas.manager.set_window_title(title)
            one_by_one = any(name in plt.get_backend() for name in ("ipympl", "widget"))  # its way
            for shown in figures.values() if one_by_one else [figure]:
                plt.figure(shown)
                plt.show(block=True)


def prepare_process(folder):
    """Any terminal, an end by Ctrl-C and `| head` without a traceback, a backend that works."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    if threading.current_thread() is threading.main_thread():
        for name in {"SIGINT", "SIGPIPE"} & set(dir(signal)):  # Windows has no SIGPIPE
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        plt.switch_backend("agg" if folder else plt.get_backend())
    except ImportError:  # a backend with windows, and no screen
        plt.switch_backend("agg")


def save(figures, folder):
    """Write each figure to folder as PNG, or as GIF if it moves, and close it."""
    print()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            if hasattr(figure, "animation"):
                figure.animation.save(path := folder / f"{name}.gif", writer="pillow", dpi=100)
            else:
                figure.savefig(path := folder / f"{name}.png", backend="agg")
            print(f"Figure saved as {path}")
    except OSError as error:
        sys.exit(f"{folder} cannot be written: {error}")
    finally:
        for figure in figures.values():
            plt.close(figure)


# Lesson 6: the four side by side -----------------------------------------------------------


def add_up(f, count):
    """One hidden layer of so many units draws a curve; least squares finds its weights.

    Returns x (601,), the curve, what each unit adds (601, count), their sum with a constant, the
    joints (count,), where a unit's input is 0, and the gap: the root mean square of what is off.
    """
    x = np.linspace(-3, 3, 601)
    curve = np.sin(2 * x) + x / 3
    joints = np.linspace(-3, 3, count, endpoint=False)
    hidden = f(count / 3 * (x[:, None] - joints))
    inputs = np.column_stack([hidden, np.ones_like(x)])
    weights = np.linalg.lstsq(inputs, curve)[0]
    total = inputs @ weights
    return x, curve, hidden * weights[:-1], total, joints, np.sqrt(np.mean((total - curve) ** 2))


def units(layers, start=8):
    heading("How units add up: one hidden layer draws a curve")
    counts = (2, 4, 8, 16, 32)
    gaps = [[name, *(f"{add_up(f, n)[-1]:.3f}" for n in counts)] for name, f in layers.items()]
    print_table(["units:", *map(str, counts)], gaps)
    print(
        "The gap between the curve and the sum (root mean square). Which bent one is\n"
        "ahead depends on the curve; all of them come closer with each doubling here."
    )
    grid = {"rows": -(-len(layers) // 2), "height": 6, "sharex": True, "sharey": True}
    figure, axes = new_figure(
        "Bent units add up to a curve; straight ones stay straight", 2, **grid
    )
    axes[0, 0].set(xlim=(-3, 3), ylim=(-3, 3))
    caption = "grey: the curve; thin: units; thick: their sum + a constant; dots: joints"
    figure.supxlabel(caption, y=0.08, fontsize=10)

    def draw(count):
        for ax, (name, f) in zip(axes.flat, layers.items()):
            x, curve, parts, total, joints, gap = add_up(f, round(count))
            color = color_of(name)
            for line in list(ax.lines):
                line.remove()
            ax.plot(x, curve, color=FAINT, linewidth=6, alpha=0.5)
            ax.plot(x, parts, color=color, linewidth=0.8)
            ax.plot(x, total, color=color)
            ax.plot(joints, np.interp(joints, x, total), "o", color=color, markersize=5)
            ax.set_title(f"{name}: {count:.0f} units, gap {gap:.2f}", color=color)

    for ax in axes.flat[len(layers) :]:
        ax.axis("off")
    draw(start)
    add_slider(figure, "units", 2, 32, start, draw, step=1)
    return figure


FILM_STEPS = [round(300 * (i / 9) ** 1.5) for i in range(10)]  # a picture after each
SIDE = np.linspace(-1.2, 1.2, 32)
ARMS = np.array([[0.34, 0.71, 0.91], [0.94, 0.89, 0.26], [0.47, 0.47, 0.47]])


def learning(layers, scale=4, rate=0.3):
    caption = f"same weights (scale {scale}), rate ({rate}) and data"
    heading(f"Three longer spiral arms: {caption}")
    (x, labels), new_data = (spirals(turns=0.75, points=60, new=new) for new in (False, True))
    plane = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)
    title = "Without an activation the borders stay straight; with one they bend"
    figure, axes = new_figure(title, len(layers), height=2.5)
    rows, panels = [], []
    for ax, (name, layer) in zip(axes, layers.items()):
        network, frames = Network([2, 32, 32, 3], layer, scale), []
        for step, _ in enumerate(descent(network, x, labels, rate, FILM_STEPS[-1])):
            if step in FILM_STEPS:  # what the first network says, everywhere
                says = network.forward(plane)[0].argmax(axis=-1)
                frames.append(says.reshape(len(SIDE), -1))
        rows.append([name, spread(accuracy(network, *new_data))])
        image = ax.imshow(ARMS[frames[-1]], extent=(-1.2, 1.2) * 2, origin="lower")
        panels.append((image, frames))
        for arm in range(3):
            ax.plot(*x[0, labels[0] == arm].T, ".", color=ARMS[arm] * 0.8, markersize=3)
        ax.set_title(name, color=color_of(name))
        ax.axis("off")
    print_table(["", "share of new points right: median (lowest-highest)"], rows)

    def draw(frame):
        for image, frames in panels:
            image.set_data(0.4 + 0.6 * ARMS[frames[frame]])
        clock.set_text(f"{caption}, first seed; step {FILM_STEPS[frame]}")

    clock = figure.supxlabel("", x=0.01, ha="left", fontsize=11)
    frames = [-1, *range(len(FILM_STEPS)), -1, -1, -1]  # the end first, for print; it stays
    figure.animation = FuncAnimation(figure, draw, frames, interval=400)
    draw(-1)
    figure.canvas.draw()  # a film that was never drawn complains
    figure.set_layout_engine("none")  # nothing changes its size: drawn four times as quickly
    return figure


def vanishing_and_exploding(layers, depth=20):
    heading(f"Vanishing and exploding: log10 of the gradient norm, {depth} layers of 64 units back")
    title = "Beside a ridge of weight scales, gradients vanish or explode"
    figure, axes = new_figure(title, len(layers), sharey=True)
    rows = []
    for ax, (name, layer) in zip(axes, layers.items()):
        norms, scale = ridge(layer, depth)
        rows.append([name, *(f"{norm:.0f}" for norm in norms[::2, 0]), f"{scale:.1f}"])
        back = norms.T[::-1]  # (layers back, scales)
        image = ax.pcolormesh(SCALES, range(depth + 1), back, cmap="PuOr_r", vmin=-12, vmax=12)
        ax.axvline(scale, color=INK, linewidth=3)
        ax.set(xscale="log", xlabel="weight scale")
        ax.set_xticks([0.5, 2, 8], ["0.5", "2", "8"])
        ax.minorticks_off()
        ax.set_title(name, color=color_of(name))
        ax.grid(False)
    norms, _ = ridge(layers["Sigmoid"], depth, skip=True)
    rows.append(["h + s(h W)", *(f"{norm:.0f}" for norm in norms[::2, 0]), ""])
    print_table(["weight scale:", *(f"{s:g}" for s in SCALES[::2]), "norm is 1 at"], rows)
    print(
        "The last line is a way round vanishing: each layer adds its sigmoid s to its\n"
        "input h, and the gradient has a path that no slope and no weight shrinks."
    )
    axes[0].set(ylabel="layers back from the last", yticks=range(0, depth + 1, 5))
    figure.colorbar(image, ax=axes, label="log10 of the gradient norm", extend="both")
    figure.supxlabel(f"thick: the scale at which the norm is 1, {depth} layers back", fontsize=10)
    return figure


def main():
    # Imported here because the lessons themselves import this file.
    from leaky_relu_from_scratch import LeakyReLU
    from relu_from_scratch import ReLU
    from sigmoid_from_scratch import Sigmoid
    from tanh_from_scratch import Tanh

    three = {"Sigmoid": Sigmoid(), "Tanh": Tanh(), "ReLU": ReLU()}
    four = {**three, "LeakyReLU": LeakyReLU(0.1)}
    straight = {"no activation": LeakyReLU(1)}  # alpha = 1 is f(x) = x
    print_gradient_checks(four)
    words = "Sigmoid and tanh go flat on both sides, ReLU on one, leaky ReLU on none"
    figures = {
        "compare_units": units({**straight, **three}),
        "compare_curves": compare_activations(four.values(), title=words),
        "compare_learning": learning({**straight, **four}),
        "compare_ridge": vanishing_and_exploding(four),
    }
    print(
        "\nRemember: units that bend add up to curves. Each layer multiplies the gradient\n"
        "by weights and slopes, so the scale of the weights has to suit the activation."
    )
    return figures


if __name__ == "__main__":
    run_lesson(main, __doc__)
