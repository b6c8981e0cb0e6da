# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 6 - the activations side by side, and what all lessons share.

The other lessons import this file. Read the section Networks first: linear layers,
backpropagation and training. Checking holds the gradient checks; Printing, Plots and Running a
lesson are machinery that you can skip. The last section is lesson 6: how units add up to a curve,
the activations beside one another, what a network learns with each, and the weight scale at which
gradients keep their size.

Run it:  python activations_utils.py [--save DIR]
"""

import copy
import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import cbook
from matplotlib._pylab_helpers import Gcf
from matplotlib.animation import FuncAnimation
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.lines import Line2D
from matplotlib.widgets import Slider

# Printing ---------------------------------------------------------------------------------


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}")


def as_text(value):
    """A cell of a table; a number with a fraction gets six significant digits."""
    if isinstance(value, (float, np.floating)):
        return f"{value + 0.0:.6g}"  # + 0.0 makes 0 of -0
    return str(value)


def print_table(columns, rows):
    """Print rows right-aligned under the names of their columns."""
    lines = [columns]
    for row in rows:
        lines.append([as_text(value) for value in row])
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        print("  ".join(text.rjust(width) for text, width in zip(line, widths)))


def spread(runs, form=".2f"):
    """Median of the runs, lowest and highest, as text: '0.23 (0.21-0.27)'."""
    median, low, high = np.median(runs), np.min(runs), np.max(runs)
    dash = "-" if form.endswith("f") and low >= 0 else " to "  # 1e-05-3e-05 could not be read
    return f"{median:{form}} ({low:{form}}{dash}{high:{form}})"


# Checking ---------------------------------------------------------------------------------
# What the activations ask of their inputs; then: is a backward pass right?


def as_real_array(x, name="x"):
    """x as an array of float16, 32 or 64; TypeError or ValueError if it is not real numbers."""
    expected = f"{name} must be real numbers (float, int or bool)"
    try:
        array = np.asarray(x)
    except (ValueError, RuntimeError) as error:  # a ragged list; a tensor that autograd tracks
        raise ValueError(f"{expected}, got a {type(x).__name__}: {error}") from None
    if array.dtype.kind not in "biuf" or isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{expected}, got {type(x).__name__} of dtype {array.dtype}")
    kept = array.dtype.type in (np.float16, np.float32)
    return array.astype(array.dtype.type if kept else np.float64, copy=False)


def upstream_gradient(grad_output, slope):
    """grad_output in the dtype of slope; RuntimeError if there is no slope yet.

    ValueError if the shapes differ: nothing is broadcast, since that would hide mistakes.
    """
    if slope is None:
        raise RuntimeError("backward has nothing to work with yet: call forward(x) first")
    gradient = as_real_array(grad_output, "grad_output")
    if gradient.shape != slope.shape:
        raise ValueError(f"grad_output must have shape {slope.shape}, got {gradient.shape}")
    return gradient.astype(slope.dtype, copy=False)


def made(func):
    """func itself or, if it is a class such as Sigmoid, an object of it."""
    return func() if isinstance(func, type) else func


def layer_of(layer):
    """layer, made if it is a class; TypeError if it cannot go forward and backward."""
    layer = made(layer)
    if not (hasattr(layer, "forward") and hasattr(layer, "backward")):
        raise TypeError(f"a layer needs the methods forward and backward, got {layer!r}")
    return layer


def call(function, x, name):
    """function(x), if that is real numbers in the shape of x. Error messages use name for it."""
    copied = np.array(x)  # an array even where x is a single number
    with np.errstate(all="ignore"):  # what is not finite is judged later, or drawn as a gap
        y = as_real_array(function(copied), f"what {name} returns")
    if not np.array_equal(copied, x, equal_nan=True):
        raise ValueError(f"{name} must leave its input as it is, but it was overwritten")
    if y.shape != x.shape:
        raise ValueError(f"{name} must be elementwise: {x.shape} went in, {y.shape} came out")
    return y


def refuse_what_is_not_elementwise(function, x, name):
    """ValueError if function answers otherwise at a second call, or mixes elements of x."""
    y = call(function, x, name)
    if not np.array_equal(call(function, x, name), y, equal_nan=True):
        raise ValueError(f"{name} must give the same answer twice, but a second call gave another")
    rng = np.random.default_rng(0)
    elsewhere = np.abs(x).max(initial=0) + 1
    for _ in range(6):  # change a random half of the elements: the other half must not notice
        changed = rng.integers(2, size=x.shape, dtype=bool)
        other = call(function, np.where(changed, elsewhere, x), name)
        if not np.allclose(other[~changed], y[~changed], rtol=1e-6, atol=1e-12, equal_nan=True):
            raise ValueError(
                f"{name} must be elementwise, but changing elements of x changed other outputs; "
                "for a softmax or a network there is check_gradients"
            )


def output_at(func, x):
    """f(x), by the forward of func or by func itself; ValueError if that is not elementwise."""
    func = made(func)
    function = getattr(func, "forward", func)
    if not callable(function):
        raise TypeError(f"expected a function or an object with a forward method, got {func!r}")
    refuse_what_is_not_elementwise(function, x, "forward")
    return call(function, x, "forward")


def slope_at(func, x):
    """f'(x): what backward makes of upstream gradients of 1 or, without one, differences."""
    func = made(func)
    if not hasattr(func, "backward"):
        return numerical_gradient(func, x)
    call(func.forward, x, "forward")
    return call(func.backward, np.ones_like(x), "backward")


def numerical_gradient(func, x):
    """The slope of an elementwise function at every x by central differences, in float64.

    (f(x + d) - f(x - d)) / 2d: its error shrinks with d^2, while rounding errors grow with 1/d; d
    near 6e-6 suits both. At a kink it is the mean of both sides' slopes.
    """
    x = as_real_array(x).astype(np.float64)
    d = 6e-6 * np.maximum(1, np.abs(x))
    with np.errstate(all="ignore"):
        up = output_at(func, x + d).astype(np.float64)
        return (up - output_at(func, x - d)) / (2 * d)


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found; true if it passed."""

    passed: bool
    max_relative_error: float
    worst_input: float  # where that error is

    def __bool__(self):
        return self.passed


# Inputs for the check, in rows as a layer gets them: from tail to tail, in 0 and close to it.
POSITIVE = np.concatenate([[1e-6, 1e-3], np.linspace(0.05, 6, 120), [8, 12, 16, 20, 40]])
CHECK_AT = np.concatenate([-POSITIVE, [0], POSITIVE]).reshape(15, 17)  # 2 * 127 + 1 numbers


def slopes_of_forward(layer, x):
    """The slopes of forward to the left and to the right of every x, by differences.

    far = (f(x + d) - f(x)) / d has an error of about E = d f'' / 2; near, the same with d / 2, has
    half of that. So 2 * near - far has the error 2 E / 2 - E = 0: the two cancel.
    """
    d = 1e-7 * np.maximum(1, np.abs(x))  # small, to tell a kink nearby from one that is here
    y = call(layer.forward, x, "forward")
    slopes = []
    for step in (-d, d):
        near = (call(layer.forward, x + step / 2, "forward") - y) / (step / 2)
        far = (call(layer.forward, x + step, "forward") - y) / step
        slopes.append(2 * near - far)
    return slopes


@np.errstate(all="ignore")  # what is not finite counts as an infinite error
def gradient_check(layer, x=CHECK_AT, *, tolerance=1e-5, seed=0):
    """Compare `backward` with differences of `forward` at every x; return a GradientCheck.

    The rule: the slope that backward uses lies between the slopes of forward to the left and to
    the right. Where f is smooth the two are equal, and the rule says "equal"; at a kink it allows
    every subgradient. It cannot see errors at inputs that x does not hold, errors below 1e-5 of
    the slope or below 1e-7 (more for large outputs), or whether forward is what it should be. It
    wants x to be 1e-4 away from where a slope, or the slope of a slope, is infinite. Raises
    TypeError or ValueError for what is no layer, not elementwise, not in float64, or answers
    otherwise at a second call.
    """
    layer, x = layer_of(layer), as_real_array(x).astype(np.float64)
    if x.size == 0 or not np.isfinite(x).all():
        raise ValueError(f"x must hold at least one number, all of them finite, got {x}")
    call(layer.forward, np.roll(x / 2, 1), "forward")  # any other x: a layer must not keep it
    refuse_what_is_not_elementwise(layer.forward, x, "forward")
    y = call(layer.forward, x, "forward")
    if y.dtype != np.float64:
        raise ValueError(f"forward must compute in float64 when given float64, got {y.dtype}")
    left, right = slopes_of_forward(layer, x)

    # Upstream gradients of all sizes and both signs show whether they are ignored or clipped.
    upstream = 10 ** np.random.default_rng(seed).uniform(-6, 6, x.shape)
    # Errors are relative to the slope, or to 0.01 where it is smaller: differences of numbers
    # near 1 are off by 1e-9, and differences of larger numbers by more.
    steepness = np.abs(y) / np.maximum(1, np.abs(x))
    smallest = 0.01 * np.maximum(1, steepness)
    errors = []
    for gradient in (upstream, -upstream):
        call(layer.forward, x, "forward")
        slope = call(layer.backward, gradient, "backward") / gradient
        nearest = np.clip(slope, np.minimum(left, right), np.maximum(left, right))
        errors.append(np.abs(slope - nearest) / np.maximum(np.abs(slope), smallest))
    error = np.nan_to_num(np.maximum(errors[0], errors[1]), nan=np.inf)
    worst = error.argmax()
    largest = float(error.flat[worst])
    return GradientCheck(bool(largest <= tolerance), largest, float(x.flat[worst]))


def check_gradients(loss, arrays, gradients, *, seed=0):
    """Compare gradients with what loss() does when its arrays change; an error for each array.

    For what is not elementwise: a softmax, a layer with weights, a network. Each array, float64, is
    moved along a random direction by 1e-6, back and forth, and left as it was. The change of the
    loss, divided by the step, must be the sum of direction times gradient. A right gradient has a
    relative error near 1e-8, more where gradients are tiny or a ReLU switches within the step; a
    wrong one has 0.01 to 2, less if only few entries are wrong. TypeError or ValueError for other
    arrays.
    """
    if isinstance(arrays, np.ndarray):
        raise TypeError("arrays must be a list of arrays, and gradients a list of their gradients")
    rng, step, errors = np.random.default_rng(seed), 1e-6, []
    for array, gradient in zip(arrays, gradients, strict=True):
        if not isinstance(array, np.ndarray) or array.dtype != np.float64:
            raise TypeError(f"arrays must be NumPy arrays of float64, got {array!r}")
        if np.shape(gradient) != array.shape:
            raise ValueError(f"a gradient must have shape {array.shape}, got {np.shape(gradient)}")
        direction, before = rng.normal(size=array.shape), array.copy()
        try:
            array[...] = before + step * direction
            up = float(loss())
            array[...] = before - step * direction
            down = float(loss())
        finally:
            array[...] = before
        measured = (up - down) / (2 * step)
        expected = np.sum(gradient * direction)
        error = abs(measured - expected) / max(abs(measured), abs(expected), 1e-7)
        errors.append(float(np.nan_to_num(error, nan=np.inf)))
    return errors


def error_text(error):
    """A relative error in a table. How small a tiny one is depends on the processor."""
    return "below 1e-6" if error < 1e-6 else f"{error:.0e}"


def print_values(layer, x, upstream=2.0):
    """Print outputs and slopes at x, and what backward passes on of an upstream gradient."""
    heading(f"Forward and backward: {name_of(layer)}")
    x = np.array(x, dtype=np.float64)
    output, passed_on = layer.forward(x), layer.backward(np.full_like(x, upstream))
    columns = ["x", "f(x)", "slope f'(x)", f"dL/dx for dL/df = {upstream:g}"]
    print_table(columns, zip(x, output, slope_at(layer, x), passed_on))


def print_gradient_checks(layers):
    """Check layers, given by name, and print a line for each."""
    rows = []
    for name, layer in layers.items():
        found = gradient_check(layer)
        verdict, place = ("right", "") if found else ("WRONG", f"{found.worst_input:g}")
        rows.append([name, verdict, error_text(found.max_relative_error), place])
    heading("Gradient check: backward against differences of forward")
    print_table(["", "backward is", "largest relative error", "at x ="], rows)


# Networks ---------------------------------------------------------------------------------
# In this section and in all lessons:
#   x           the examples, one in each row: (examples, inputs)
#   h           what a linear layer gets, x or the outputs of the layer before: (examples, inputs)
#   W, b        its weights (inputs, units) and biases (units,)
#   h W + b     its sums (examples, units); delta is the gradient with respect to them
#   activation  a function such as tanh, and the object with its forward and backward
#   layer       whatever has forward and backward: a Linear, an activation
#   scores      the outputs of the last linear layer: (examples, classes)
#   labels      the right classes, whole numbers from 0: (examples,)
#   gradient    of the loss, with respect to something and in its shape
#   runs        what several networks did, one row for each seed; one network is one seed

CLASSES = 3  # of the spirals
SEEDS = range(5)  # most experiments are done with five random starts
HE = np.sqrt(2)  # the weight scale of He, Zhang, Ren & Sun (2015), for ReLU
# Second half of a seed such as (0, WEIGHTS): what is drawn for one does not change the others.
WEIGHTS, NOISE, NEW_NOISE, INPUTS = range(1, 5)


def spirals(seed=0, *, turns=0.5, points=20, new=False):
    """Three spiral arms with a little noise, which no straight lines tell apart.

    Returns x (3 * points, 2) and labels (3 * points,), 0 to 2. new=True gives other noise: points
    that the network has not seen.
    """
    radius = np.linspace(0.1, 1, points)
    arms = []
    for arm in range(CLASSES):
        angle = 2 * np.pi * (arm / CLASSES + turns * radius)
        arms.append(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    x = np.concatenate(arms)
    rng = np.random.default_rng((seed, NEW_NOISE if new else NOISE))
    return x + 0.05 * rng.normal(size=x.shape), np.repeat(np.arange(CLASSES), points)


def grid_of_points(low, high, count):
    """A side of a square grid (count,), and all its points, row by row: (count * count, 2)."""
    side = np.linspace(low, high, count)
    x1, x2 = np.meshgrid(side, side)
    return side, np.column_stack([x1.ravel(), x2.ravel()])


class Linear:
    """A linear layer: it computes the sums h W + b."""

    def __init__(self, W, b):
        self.W, self.b = W, b  # (inputs, units), (units,)

    def forward(self, h):
        self.h = h  # backward will need it
        return h @ self.W + self.b  # (examples, inputs) @ (inputs, units) + (units,)

    def backward(self, delta):
        """From delta (examples, units) to dW and db, which are kept, and dL/dh, returned."""
        self.dW = self.h.T @ delta  # (inputs, examples) @ (examples, units): sums over examples
        self.db = delta.sum(axis=0)  # sums over examples
        return delta @ self.W.T  # (examples, units) @ (units, inputs): sums over units

    def step(self, rate):
        """One step of gradient descent: weights and biases move against their gradients."""
        self.W = self.W - rate * self.dW
        self.b = self.b - rate * self.db


class SkipConnection:
    """Two layers and a way around them: h + f(h W + b), with as many units as inputs."""

    def __init__(self, linear, activation):
        self.linear, self.activation = linear, activation

    def forward(self, h):
        return h + self.activation.forward(self.linear.forward(h))

    def backward(self, gradient):  # h has two ways to the output: their gradients are added
        return gradient + self.linear.backward(self.activation.backward(gradient))


class Network:
    """A chain of layers: linear, activation, linear, activation, ..., linear.

    sizes counts the inputs, the units of each hidden layer, and the scores. Weights are normal
    with standard deviation weight_scale / sqrt(inputs of the layer). Hidden biases start at bias,
    the last ones at 0. With skip=True hidden layers, as wide as x, add their input to their output.
    The lists: layers, the chain; linears; hidden, the layers that give the hidden outputs.
    """

    def __init__(self, sizes, activation, weight_scale=1.0, *, bias=0.0, seed=0, skip=False):
        if len(sizes) < 2:
            raise ValueError(f"sizes must hold at least inputs and scores, got {sizes}")
        rng = np.random.default_rng((seed, WEIGHTS))
        self.layers, self.linears, self.hidden = [], [], []
        for inputs, units in zip(sizes, sizes[1:]):
            W = weight_scale / np.sqrt(inputs) * rng.normal(size=(inputs, units))
            self.linears.append(Linear(W, np.full(units, float(bias))))
        for linear in self.linears[:-1]:
            own = copy.deepcopy(layer_of(activation))  # it remembers, so each layer has its own
            self.layers += [SkipConnection(linear, own)] if skip else [linear, own]
            self.hidden.append(self.layers[-1])
        self.linears[-1].b[:] = 0
        self.layers.append(self.linears[-1])

    def forward(self, x):
        """Scores (examples, classes) for x (examples, inputs)."""
        h = as_real_array(x)
        for layer in self.layers:
            h = layer.forward(h)
        return h

    def backward(self, gradient):
        """Backpropagation: from dL/dscores through all layers to dL/dx, which is returned."""
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient

    def step(self, rate):
        """One step of gradient descent, for all weights and biases."""
        for linear in self.linears:
            linear.step(rate)

    def hidden_outputs(self, x):
        """What every hidden layer makes of x, going forward: (examples, units) for each."""
        outputs = []
        h = x
        for layer in self.layers[:-1]:
            h = layer.forward(h)
            if self.is_hidden(layer):
                outputs.append(h)
        return outputs

    def is_hidden(self, layer):
        """Whether this layer is one of those that give the hidden outputs."""
        return any(layer is one for one in self.hidden)


# What lessons compare their own activation with, typed as in a textbook.


class NoActivation:
    def forward(self, x):
        return x

    def backward(self, grad_output):
        return grad_output


class TextbookSigmoid:
    def __init__(self, subtract=0):
        self.subtract = subtract  # from every output

    def forward(self, x):
        self.s = 1 / (1 + np.exp(-x))
        return self.s - self.subtract

    def backward(self, grad_output):
        return grad_output * self.s * (1 - self.s)


class TextbookTanh:
    def forward(self, x):
        self.t = np.tanh(x)
        return self.t

    def backward(self, grad_output):
        return grad_output * (1 - self.t**2)


# Training: the loss, its gradient, and gradient descent.


def softmax_cross_entropy(scores, labels):
    """The mean loss of scores (examples, classes), and its gradient (p - y) / examples.

    p is the softmax of the scores; y has a 1 for the right class of each example and 0 elsewhere.
    Raises ValueError unless labels (examples,) are whole numbers from 0 to classes - 1.
    """
    scores, labels = as_real_array(scores, "scores"), np.asarray(labels)
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError(f"scores must have shape (examples, classes), got {scores.shape}")
    examples, classes = scores.shape
    if labels.shape != (examples,) or labels.dtype.kind not in "iu":
        got = f"got {labels.dtype} of shape {labels.shape}"
        raise ValueError(f"labels must be a whole number for each of {examples} examples, {got}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must lie between 0 and {classes - 1}, got {labels}")
    y = np.eye(classes)[labels]  # row k of np.eye, the identity matrix, has its 1 in place k
    z = scores - scores.max(axis=1, keepdims=True)  # the same softmax, and exp cannot overflow
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    log_p = z - np.log(total)
    loss = -(y * log_p).sum() / examples  # y picks the right class
    # An example's loss is log(total) - z of the right class. Its gradient with respect to z is
    # exp(z) / total = p from the first term, less y from the second.
    return loss, (p - y) / examples


def descend(network, x, labels, rate):
    """One step of gradient descent on all examples; returns the loss before it."""
    # Forward: from the examples to the loss.
    loss, gradient = softmax_cross_entropy(network.forward(x), labels)
    # Backward: from the loss to every weight.
    network.backward(gradient)
    # Downhill: every weight moves a little against its gradient.
    network.step(rate)
    return loss


def train(network, x, labels, rate, steps):
    """Gradient descent; returns the losses (steps + 1,) before every step and after the last."""
    losses = [descend(network, x, labels, rate) for _ in range(steps)]
    last, _ = softmax_cross_entropy(network.forward(x), labels)
    return np.array([*losses, last])


def accuracy(network, x, labels):
    """The share of examples for which the right class has the highest score."""
    return np.mean(network.forward(x).argmax(axis=1) == labels)


def dead_units(network, x):
    """Which units no example makes positive: for each hidden layer an array (units,)."""
    return [np.all(h <= 0, axis=0) for h in network.hidden_outputs(x)]


# Random networks: what do many layers leave of the differences between examples, going forward,
# and of the gradient, going back?


@np.errstate(all="ignore")  # at large weights an activation may overflow
def random_passes(activation, weight_scale=1.0, *, depth=20, width=64, examples=16, seed=0, **how):
    """Send random examples forward through random hidden layers, and random gradients back.

    Returns two lists of depth + 1 arrays (examples, width): x and the outputs of every layer, and
    the gradients with respect to them. how: skip=True, as in Network.
    """
    network = Network([width] * (depth + 2), activation, weight_scale, seed=seed, **how)
    rng = np.random.default_rng((seed, INPUTS))
    x = rng.normal(size=(examples, width))
    gradient = rng.normal(size=(examples, width))
    outputs = [x, *network.hidden_outputs(x)]
    gradients = []
    for layer in reversed(network.layers[:-1]):  # the hidden ones; scores are not needed
        if network.is_hidden(layer):
            gradients.append(gradient)  # with respect to its output, so before backward
        gradient = layer.backward(gradient)
    gradients.append(gradient)
    return outputs, gradients[::-1]


@np.errstate(all="ignore")
def signal_and_gradient_flow(activation, weight_scale=1.0, **how):
    """What is left of signal and gradient at x and after every layer: two runs, (5, depth + 1).

    The signal is how far examples lie apart: their standard deviation, averaged over the units,
    divided by that of x. The gradient is its norm, divided by that at the last layer.
    """
    signals, gradients = [], []
    for seed in SEEDS:
        outputs, gradients_back = random_passes(activation, weight_scale, seed=seed, **how)
        apart = np.array([h.std(axis=0).mean() for h in outputs])
        norms = np.array([np.linalg.norm(gradient) for gradient in gradients_back])
        signals.append(apart / apart[0])
        gradients.append(norms / norms[-1])
    overflowed = {"nan": np.inf, "posinf": np.inf}
    return np.nan_to_num(signals, **overflowed), np.nan_to_num(gradients, **overflowed)


def gradient_flow(activation, weight_scale=1.0, **how):
    """The norms of the gradients alone: runs (5, depth + 1), from x to the last layer."""
    return signal_and_gradient_flow(activation, weight_scale, **how)[1]


SCALES = 2.0 ** np.arange(-1, 10)  # weight scales from 1/2 to 512


def log_norms(activation, weight_scale, **how):
    """log10 of the median `gradient_flow` of four examples, (depth + 1,), within -300 and 300."""
    norms = gradient_flow(activation, weight_scale, examples=4, **how)
    with np.errstate(divide="ignore"):  # the logarithm of 0
        return np.clip(np.log10(np.median(norms, axis=0)), -300, 300)


def ridge(activation, **how):
    """At which weight scale do gradients keep their norm through random layers?

    Returns `log_norms` for all SCALES, and the lowest scale at which the norm at x rises through
    1, or NaN if it does so between none of them.
    """
    logarithms = np.array([log_norms(activation, scale, **how) for scale in SCALES])
    for i in range(len(SCALES) - 1):
        if logarithms[i, 0] < 0 <= logarithms[i + 1, 0]:
            low, high = SCALES[i], SCALES[i + 1]
            for _ in range(4):  # it lies between them: in which half?
                middle = np.sqrt(low * high)
                if log_norms(activation, middle, **how)[0] < 0:
                    low = middle
                else:
                    high = middle
            return logarithms, float(np.sqrt(low * high))
    return logarithms, np.nan


# Plots ------------------------------------------------------------------------------------
# What draws on Axes returns the Axes, what makes a figure the Figure; a caller, or run_lesson,
# shows it. A style is a dictionary of matplotlib's line options.

INK, FAINT = "#333333", "#999999"
COLORS = {  # Okabe and Ito's, which the common forms of colour blindness leave distinct
    "Sigmoid": "#0072B2", "Tanh": "#D55E00", "ReLU": "#009E73", "LeakyReLU": "#CC79A7",
    "GELU": "#E69F00", "SiLU": "#56B4E9", "ELU": "#000000", "no activation": INK,
}  # fmt: skip
STYLE = {
    "font.size": 11, "lines.linewidth": 2.2, "savefig.dpi": 150, "legend.frameon": False,
    "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "figure.titlesize": 13, "figure.titleweight": "bold", "axes.titlelocation": "left",
    "axes.titlesize": 11, "axes.edgecolor": FAINT, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "grid.color": "#E6E6E6",
}  # fmt: skip


def new_figure(name, title, columns=1, *, rows=1, height=4.0, **options):
    """A Figure 8 inches wide with its message on top, and its Axes (one, or an array).

    run_lesson saves it as name.png or, if it has an attribute `animation`, as name.gif.
    """
    if name and plt.fignum_exists(name):
        plt.close(name)  # that of an earlier run in the same session
    options.update(num=name, figsize=(8, height), layout="constrained")
    figure, axes = plt.subplots(rows, columns, **options)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, axes


def name_of(func):
    return getattr(func, "__name__", type(func).__name__)


def color_of(name):
    return COLORS.get(name, plt.rcParams["text.color"])  # which is light in a dark style


def inputs_between(x_range):
    """Inputs for a curve; ValueError or TypeError unless x_range is a low and a high number."""
    ends = as_real_array(x_range, "x_range")
    if ends.shape != (2,) or not np.isfinite(ends).all() or ends[0] >= ends[1]:
        raise ValueError(f"x_range must be two finite numbers, low and high, got {x_range!r}")
    return np.linspace(ends[0], ends[1], 1201)  # an odd number: a kink in the middle is met


def draw_curve(ax, name, x, y, ylabel, style):
    ax = ax or new_figure(None, name)[1]
    style = cbook.normalize_kwargs(style, Line2D)  # c="r" becomes color="r"
    ax.plot(x, y, **{"label": name, "color": color_of(name), **style})
    ax.set(xlabel="input x", ylabel=ylabel)
    return ax


def plot_activation_curve(func, x_range=(-6, 6), *, ax=None, **style):
    """Draw the output of func over its input, on ax or on new Axes; return the Axes.

    func is a function, or an object or a class with forward. Raises ValueError or TypeError,
    before anything is drawn, for what is no elementwise function.
    """
    x = inputs_between(x_range)
    return draw_curve(ax, name_of(func), x, output_at(func, x), "output f(x)", style)


def plot_gradient(func, x_range=(-6, 6), *, ax=None, **style):
    """Draw the slope of func (see `slope_at`) over its input, as `plot_activation_curve` does."""
    x = inputs_between(x_range)
    output_at(func, x)  # raises for what is no elementwise function
    return draw_curve(ax, name_of(func), x, slope_at(func, x), "slope f'(x)", style)


def distinct(names):
    """Names and colours for curves: repeated names are numbered, and no two colours alike."""
    spare = [*COLORS.values(), *plt.colormaps["tab20"].colors]
    told, colors = [], []
    for place, name in enumerate(names):
        number = names[: place + 1].count(name)
        told.append(name if names.count(name) == 1 else f"{name} {number}")
        own = COLORS.get(name) if number == 1 else None
        free = [c for c in spare if c not in colors and c not in map(COLORS.get, names)]
        colors.append(own or (free[0] if free else INK))
    return told, colors


def compare_activations(activations, x_range=(-4, 4), *, name=None, title="Outputs and slopes"):
    """Draw functions, in a list or a dictionary by name: outputs left, slopes right; the Figure."""
    x = inputs_between(x_range)
    if isinstance(activations, dict):
        names, functions = list(activations), list(activations.values())
    else:
        functions = list(activations)
        names = [name_of(func) for func in functions]
    if not functions:
        raise ValueError("activations must hold at least one function")
    curves = [(output_at(func, x), slope_at(func, x)) for func in functions]
    names, colors = distinct(names)
    figure, (left, right) = new_figure(name, title, 2)
    # Thick below, thin above: curves that run along one another all stay visible.
    widths = np.linspace(5, 2, len(functions))
    for (y, slope), label, color, width in zip(curves, names, colors, widths):
        style = {"color": color, "linewidth": width}
        draw_curve(left, label, x, y, "output f(x)", style)
        draw_curve(right, label, x, slope, "slope f'(x)", style)
    left.legend(left.lines, names)  # given, since matplotlib leaves out names like _relu
    return figure


def plot_runs(ax, x, runs, **style):
    """Draw the median of runs (seeds, len(x)) as a thick line, and each run as a thin one."""
    median = ax.plot(x, np.median(runs, axis=0), **style)[0]
    for run in runs:
        ax.plot(x, run, color=median.get_color(), linewidth=0.7, alpha=0.5)


def plot_gradient_flow(norms, *, ax=None, **style):
    """Draw a `gradient_flow` from the last layer, on the left, to x; return the Axes."""
    ax = ax or new_figure(None, "The gradient's norm, layer by layer")[1]
    norms = np.asarray(norms)
    plot_runs(ax, range(norms.shape[1]), norms[:, ::-1], **style)
    ax.set(yscale="log", xlabel="layers back from the last")
    return ax


def add_slider(figure, label, low, high, start, on_change, *, step=None):
    """Put a slider under the Axes of figure; it calls on_change(value)."""
    figure.get_layout_engine().set(rect=(0, 0.12, 1, 0.88))  # left, bottom, width, height
    below = figure.add_axes((0.2, 0.02, 0.6, 0.04))
    looks = {"valfmt": "%.3g", "color": FAINT, "initcolor": FAINT}
    slider = Slider(below, label, low, high, valinit=start, valstep=step, **looks)
    slider.on_changed(on_change)
    figure.slider = slider  # it would not answer if nobody kept it


class Explorer:
    """A function's output and slope side by side; a tangent and numbers follow the mouse.

    All that will move is made, and named, at the start: later the lesson's style is gone.
    """

    def __init__(self, func, x_range, name, title, start):
        self.func, self.x = made(func), inputs_between(x_range)
        y, slope = output_at(self.func, self.x), slope_at(self.func, self.x)
        told = name_of(func)
        self.figure, (self.left, self.right) = new_figure(name, title or told, 2)
        draw_curve(self.left, told, self.x, y, "output f(x)", {})
        draw_curve(self.right, told, self.x, slope, "slope f'(x)", {})
        self.output, self.slope = self.left.lines[0], self.right.lines[0]
        ink = plt.rcParams["text.color"]
        self.tangent = self.left.axline((0, 0), slope=0, color=ink, linewidth=1.2, linestyle="--")
        self.dot = self.left.plot([], [], "o", color=ink)[0]
        self.slope_dot = self.right.plot([], [], "o", color=ink)[0]
        self.output_text, self.slope_text = self.left.set_title(" "), self.right.set_title(" ")
        self.move_to(self.x[840] if start is None else start)  # 2.4 from -6 to 6
        self.figure.canvas.mpl_connect("motion_notify_event", self.follow)
        self.figure.explorer = self  # it would not answer if nobody kept it

    def move_to(self, x):
        """Put the dots, the tangent and the numbers to x."""
        self.place, point = x, np.array([x], dtype=np.float64)
        y = float(call(getattr(self.func, "forward", self.func), point, "forward")[0]) + 0.0
        slope = slope_at(self.func, point).astype(np.float64)[0] + 0.0  # + 0.0 makes 0 of -0
        self.dot.set_data([x], [y])
        self.slope_dot.set_data([x], [slope])
        self.tangent.set_xy1((x, y))
        self.tangent.set_slope(slope)
        with np.errstate(over="ignore"):
            power = slope**20
        self.output_text.set_text(f"f({x:.2f}) = {y:.4g}   (move the mouse)")
        self.slope_text.set_text(f"slope {slope:.3g}; to the power of 20: {power:.2g}")

    def redraw(self):
        """Draw the curves again, after the function has changed."""
        self.output.set_ydata(output_at(self.func, self.x))
        self.slope.set_ydata(slope_at(self.func, self.x))
        self.move_to(self.place)

    def follow(self, event):
        busy = self.figure.canvas.widgetlock.locked()  # while the toolbar pans or zooms
        if event.inaxes in (self.left, self.right) and not busy:
            self.move_to(event.xdata)
            self.figure.canvas.draw_idle()


def explore(func, x_range=(-6, 6), *, name=None, title=None, start=None):
    """The Figure of an `Explorer`, for a function, or an object or a class with forward.

    Raises ValueError or TypeError, before a figure exists, for what is no elementwise function.
    """
    return Explorer(func, x_range, name, title, start).figure


class InColumns:
    """A layer that is given every array as one column: many layers expect rows and columns."""

    def __init__(self, layer):
        self.layer, self.__name__ = layer, name_of(layer)

    def forward(self, x):
        return np.reshape(self.layer.forward(x.reshape(-1, 1)), x.shape)

    def backward(self, grad_output):
        return np.reshape(self.layer.backward(grad_output.reshape(-1, 1)), grad_output.shape)


def examine(layer):
    """Try all instruments of this file on a layer; return the Figure of `explore`.

    Prints the gradient check, values, what 20 random layers leave of signal and gradient, and the
    weight scale at which gradients keep their norm. Raises like `gradient_check`.
    """
    layer = layer_of(layer)
    fresh = copy.deepcopy(layer)  # for networks: what a pass leaves behind may resist copying
    print_gradient_checks({name_of(layer): layer})
    print_values(InColumns(layer), [-10, -3, -1, -0.1, 0, 0.1, 1, 3, 10])
    heading("What 20 random layers leave: median (lowest to highest) of five networks")
    rows = []
    for scale in (1, HE, 2, 4):
        signals, gradients = signal_and_gradient_flow(fresh, scale)
        left = spread(signals[:, -1], ".1g"), spread(gradients[:, 0], ".1g")
        rows.append([f"{scale:.3g}", *left])
    print_table(["weight scale", "of the signal", "of the gradient"], rows)
    scale = ridge(fresh)[1]
    if np.isnan(scale):
        print(
            f"From scale {SCALES[0]} to {SCALES[-1]:g} the gradient's norm never rises through 1."
        )
    else:
        print(f"The gradient keeps its norm at weight scale {scale:.2g}.")
    return explore(InColumns(layer))


# Running a lesson -------------------------------------------------------------------------
# Machinery, nothing to learn from: a lesson's main prints and draws; its figures are shown at the
# end or, without a screen or with --save, written to files. A notebook stays as it was.


def run_lesson(main, description):
    """Run a lesson as a script: main() tells it; then the figures that it made are shown or saved.

    Ctrl-C ends it without a traceback, and so does a reader who leaves (`| head`).
    """
    in_session = hasattr(sys, "ps1")  # IPython, or a notebook
    folder = folder_to_save_in(main, description)
    try:
        with plain_output(), plt.ioff(), plt.style.context(STYLE, after_reset=True):
            if not in_session:
                choose_backend(folder)
            before = open_figures()
            main()
            figures = [figure for figure in open_figures() if figure not in before]
            # IPython draws after %run if this is set, and without a figure it would make one.
            plt.draw_if_interactive.called = False
            if folder or not can_show(figures, in_session):
                save(figures, folder or Path("plots"))
            else:
                show(figures)
    except KeyboardInterrupt:
        if in_session:
            raise  # it has a way of its own to say so
        sys.exit(130)  # as a shell expects it
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's last flush
        sys.exit(141)


def folder_to_save_in(main, description):
    """The folder after --save, made if missing, or None; where it cannot be made the run ends."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--save", metavar="DIR", help="write the figures there, open no window")
    # In a notebook cell or an editor's console the command line is somebody else's.
    its_own = Path(sys.argv[0]).resolve() == Path(main.__code__.co_filename).resolve()
    given = parser.parse_args(None if its_own else []).save
    if given is None:
        return None
    try:
        folder = Path(given).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: ~ where no home is known
        sys.exit(f"{given} cannot be written: {error}")
    return folder


@contextmanager
def plain_output():
    """Print line by line and, where a terminal cannot print a letter, an escape for it."""
    out = sys.stdout
    if not hasattr(out, "reconfigure"):  # a notebook's
        yield
        return
    before = {"line_buffering": out.line_buffering, "errors": out.errors}
    out.reconfigure(line_buffering=True, errors="backslashreplace")
    try:
        yield
    finally:
        out.reconfigure(**before)


def open_figures():
    return [manager.canvas.figure for manager in Gcf.get_all_fig_managers()]


def is_for_notebooks(backend):
    words = ("inline", "nbagg", "notebook", "ipympl", "widget")
    return any(word in backend.lower() for word in words)


def choose_backend(folder):
    """Outside of a session: no windows where none are wanted, or none can be opened."""
    try:
        no_windows = folder or is_for_notebooks(plt.get_backend())
        plt.switch_backend("agg" if no_windows else plt.get_backend())
    except ImportError:  # a backend with windows, and no screen
        plt.switch_backend("agg")


def can_show(figures, in_session):
    """Whether somebody would see them: the backend has windows, or is that of a notebook."""
    if in_session and is_for_notebooks(plt.get_backend()):
        return True
    return all(type(figure.canvas.manager) is not FigureManagerBase for figure in figures)


def show(figures):
    """Open all windows, numbered in the order of the story, until they are closed."""
    for place, figure in enumerate(figures, start=1):
        title = f"{place} of {len(figures)}: {figure.get_suptitle()}"
        figure.canvas.manager.set_window_title(title)
    if "ipympl" in plt.get_backend() or "widget" in plt.get_backend():
        for figure in figures:  # this backend shows the current figure only
            plt.figure(figure)
            plt.show()
    elif figures:
        plt.show(block=True)


def save(figures, folder):
    """Write each figure to folder, as PNG or, if it moves, as GIF, and close it."""
    print()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for figure in figures:
            moves = hasattr(figure, "animation")
            name = figure.get_label() or f"figure_{figure.number}"
            path = folder / f"{name}.{'gif' if moves else 'png'}"
            if moves:
                figure.animation.save(path, writer="pillow", dpi=100)
            else:
                figure.savefig(path, backend="agg")
            print(f"Figure saved as {path}")
    except BrokenPipeError:
        raise  # nobody reads what is printed: run_lesson knows what to do
    except OSError as error:
        sys.exit(f"{folder} cannot be written: {error}")
    finally:
        for figure in figures:
            plt.close(figure)


# Lesson 6: the activations side by side ---------------------------------------------------


def lessons_activations():
    """The activations of the other lessons by name: what is added here, lesson 6 compares."""
    # Imported here, because these lessons import this file. When it runs as a script, Python
    # therefore holds it twice: as the script, and as the module that they import.
    from leaky_relu_from_scratch import LeakyReLU
    from relu_from_scratch import ReLU
    from sigmoid_from_scratch import Sigmoid
    from tanh_from_scratch import Tanh

    return {"Sigmoid": Sigmoid(), "Tanh": Tanh(), "ReLU": ReLU(), "LeakyReLU": LeakyReLU(0.1)}


# How units add up: the next layer multiplies the output of each by a weight, and sums.


def add_up(f, count):
    """Fit a curve with one hidden layer of count units; least squares finds the outgoing weights.

    Returns x (601,), the curve, what each unit adds (601, count), their sum with a constant, the
    inputs (count,) at which the sum inside a unit is 0, and how far the sum is off the curve.
    """
    x = np.linspace(-3, 3, 601)
    curve = np.sin(2 * x) + x / 3
    zeros = np.linspace(-3, 3, count, endpoint=False)
    hidden = np.column_stack([f.forward(count / 3 * (x - zero)) for zero in zeros])
    inputs = np.column_stack([hidden, np.ones_like(x)])
    # Straight units make the same sum in many ways. lstsq alone would take the smallest weights;
    # counted from a random start, it takes those nearest to the start.
    start = 0.2 * np.random.default_rng(0).normal(size=count + 1)
    weights = start + np.linalg.lstsq(inputs, curve - inputs @ start, rcond=None)[0]
    total = inputs @ weights
    off = np.sqrt(np.mean((total - curve) ** 2))  # the root mean square
    return x, curve, hidden * weights[:-1], total, zeros, off


def draw_units(ax, name, f, count):
    x, curve, parts, total, zeros, off = add_up(f, count)
    for line in list(ax.lines):  # those of another count
        line.remove()
    ax.plot(x, curve, color=FAINT, linewidth=6, alpha=0.5)
    ax.plot(x, parts, color=color_of(name), linewidth=0.8)
    ax.plot(x, total, color=color_of(name), linewidth=2.2)
    ax.plot(zeros, np.interp(zeros, x, total), "o", color=color_of(name), markersize=5)
    ax.set_title(f"{name}: {count} units, {off:.2f} off", loc="left", color=color_of(name))


def show_units(activations, start=8):
    heading("How units add up: one hidden layer follows a curve")
    counts = [2, 4, 8, 16, 32]
    rows = []
    for name, f in activations.items():
        rows.append([name, *(f"{add_up(f, count)[-1]:.3f}" for count in counts)])
    print_table(["units:", *map(str, counts)], rows)
    print(
        "How far the sum is off the curve (root mean square). Which bent activation is\n"
        "ahead depends on the curve, and on how steep the units are. Here all bent ones\n"
        "come closer with each doubling."
    )
    title = "Bent units add up to a curve; straight ones stay straight"
    grid = {"rows": (len(activations) + 1) // 2, "sharex": True, "sharey": True}
    figure, axes = new_figure("compare_units", title, 2, height=5.4, **grid)
    axes[0, 0].set(xlim=(-3, 3), ylim=(-3, 3))
    for ax in axes.flat[len(activations) :]:
        ax.axis("off")
    caption = "grey: the curve; thin: units; thick: their sum, and a constant; dots: bends"
    figure.supxlabel(caption, y=0.08, fontsize=10)

    def draw(count):
        for ax, (name, f) in zip(axes.flat, activations.items()):
            draw_units(ax, name, f, round(count))

    draw(start)
    add_slider(figure, "units", counts[0], counts[-1], start, draw, step=1)


def show_curves(activations):
    title = "Sigmoid and tanh go flat on both sides, ReLU on one, leaky ReLU on none"
    compare_activations(activations, name="compare_curves", title=title)


# What a network learns with each: a film of the classes that it sees in the plane.


def train_and_film(network, x, labels, rate, film_steps, points):
    """Train network; return the class that it predicts for every point after each film step."""
    pictures = []
    done = 0
    for step in film_steps:
        train(network, x, labels, rate, step - done)
        done = step
        pictures.append(network.forward(points).argmax(axis=1))
    return pictures


def show_learning(activations, scale=4, rate=0.3, steps=300):
    settings = f"weight scale {scale}, rate {rate}, {steps} steps"
    heading(f"Three longer spiral arms: {settings}")
    film_steps = [round(steps * (i / 6) ** 1.5) for i in range(7)]  # closer together at first
    side, points = grid_of_points(-1.2, 1.2, 32)
    longer = {"turns": 0.75, "points": 30}
    rows, films = [], {}
    for name, activation in activations.items():
        right = []
        for seed in SEEDS:
            network = Network([2, 32, 32, 3], activation, scale, seed=seed)
            film = train_and_film(network, *spirals(seed, **longer), rate, film_steps, points)
            films.setdefault(name, film)  # that of the first seed is shown
            right.append(accuracy(network, *spirals(seed, new=True, **longer)))
        rows.append([name, spread(right)])
    print_table(["", "share of new points right: median (lowest-highest)"], rows)
    show_films(films, film_steps, side, *spirals(SEEDS[0], **longer), settings)


def show_films(films, film_steps, side, x, labels, settings):
    title = "Without an activation the borders stay straight; with one they bend"
    figure, axes = new_figure("compare_learning", title, len(films), height=2.5)
    clock = figure.supxlabel(" ", x=0.01, ha="left", fontsize=11)
    shades = np.array([[0.34, 0.71, 0.91], [0.94, 0.89, 0.26], [0.47, 0.47, 0.47]])
    extent = (side[0], side[-1], side[0], side[-1])
    images = {}
    for ax, name in zip(axes, films):
        blank = np.zeros((len(side), len(side), 3))
        images[name] = ax.imshow(blank, extent=extent, origin="lower")
        for label in range(len(shades)):
            arm = x[labels == label]
            ax.plot(arm[:, 0], arm[:, 1], ".", color=0.8 * shades[label], markersize=3)
        ax.set_title(name, color=color_of(name))
        ax.axis("off")

    def draw(frame):
        for name, pictures in films.items():
            classes = pictures[frame].reshape(len(side), len(side))
            images[name].set_data(0.4 + 0.6 * shades[classes])  # paler than the points
        clock.set_text(f"{settings}; first seed, step {film_steps[frame]}")

    last = len(film_steps) - 1
    frames = [last, *range(len(film_steps)), last]  # the end first, for print
    figure.animation = FuncAnimation(figure, draw, frames, interval=600)
    draw(last)
    figure.canvas.draw()  # a film that was never drawn complains
    figure.set_layout_engine("none")  # its size stays, and so it is drawn four times as fast


# Where weights are too small gradients vanish, where they are too large they explode.


def show_vanishing_and_exploding(activations, depth=20):
    heading(f"Vanishing and exploding: log10 of the gradient's norm, {depth} layers back")
    title = "At the black line, the ridge, gradients keep their size"
    figure, axes = new_figure("compare_ridge", title, len(activations), sharey=True)
    rows = []
    for ax, (name, activation) in zip(axes, activations.items()):
        logarithms, scale = ridge(activation, depth=depth)
        rows.append([name, *(round(norm) for norm in logarithms[:, 0]), f"{scale:.1f}"])
        colors = {"cmap": "PuOr_r", "vmin": -12, "vmax": 12}
        image = ax.pcolormesh(SCALES, range(depth + 1), logarithms.T[::-1], **colors)
        ax.axvline(scale, color=INK, linewidth=3)
        ax.set(xscale="log", xlabel="weight scale", xticks=[0.5, 8, 128])
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
        ax.set_title(name, color=color_of(name))
        ax.grid(False)
    for name in ("Sigmoid", "ReLU"):
        logarithms, _ = ridge(activations[name], depth=depth, skip=True)
        rows.append([f"skip: h + {name}", *(round(norm) for norm in logarithms[:, 0]), ""])
    print_table(["weight scale:", *(f"{scale:g}" for scale in SCALES), "norm is 1 at"], rows)
    exploded = np.median(gradient_flow(activations["ReLU"], HE, depth=depth, skip=True)[:, 0])
    print(
        "With small weights gradients vanish, with larger ones they explode. With very\n"
        "large ones these 64 sigmoids or tanhs are flat nearly everywhere, and gradients\n"
        "vanish again. Last lines: layers that add their input to their output. With\n"
        "these skip connections, h + f(h W + b), the sigmoid's gradients do not vanish,\n"
        f"and ReLU's explode: at scale {HE:.2f} their norm grows to 10^{np.log10(exploded):.1f}."
    )
    axes[0].set(ylabel="layers back from the last", yticks=range(0, depth + 1, 5))
    figure.colorbar(image, ax=axes, label="log10 of the gradient's norm", extend="both")
    figure.supxlabel("violet: gradients vanish; orange: they explode", fontsize=10)


def main():
    activations = lessons_activations()
    straight = {"no activation": NoActivation()}
    three = {name: activations[name] for name in ("Sigmoid", "Tanh", "ReLU")}
    print_gradient_checks(activations)
    print(f"LeakyReLU has alpha {activations['LeakyReLU'].alpha} in this lesson.")
    show_units({**straight, **three})
    show_curves(activations)
    show_learning({**straight, **activations})
    show_vanishing_and_exploding(activations)
    print(
        "\nRemember: units that bend add up to curves. Each layer multiplies the gradient\n"
        "by weights and slopes, so the scale of the weights has to suit the activation."
    )


if __name__ == "__main__":
    run_lesson(main, __doc__)
