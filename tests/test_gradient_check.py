"""The gradient check from both sides: right layers pass, planted bugs are caught."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from activations_utils import GradientCheck, gradient_check, numerical_gradient
from leaky_relu_from_scratch import LeakyReLU
from registry import REGISTRY
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

Array = NDArray[Any]
Function = Callable[[Array], Array]


class Layer:
    """An activation made of two functions, or of one and a whole backward(layer, upstream).

    Like many a textbook layer it keeps references to its input and output, not copies.
    """

    x: Array
    y: Array

    def __init__(
        self,
        function: Function,
        slope: Function | None = None,
        backward: Callable[[Layer, Array], Any] | None = None,
    ) -> None:
        self.function = function
        self.backward_of = backward or (lambda layer, g: g * slope(layer.x) if slope else None)

    def forward(self, x: Array) -> Array:
        self.x, self.y = x, self.function(x)
        return self.y

    def backward(self, upstream: Array) -> Any:
        return self.backward_of(self, upstream)


class Counting:
    """Counts the forward and backward passes of a layer and the elements that went forward."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.passes = self.backwards = self.elements = 0

    def forward(self, x: Array) -> Any:
        self.passes += 1
        self.elements += x.size
        return self.layer.forward(x)

    def backward(self, upstream: Array) -> Any:
        self.backwards += 1
        return self.layer.backward(upstream)


def sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def sigmoid_slope(x: Array) -> Array:
    return sigmoid(x) * sigmoid(-x)


def tanh_slope(x: Array) -> Array:
    return 4 * sigmoid_slope(2 * x)


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def leaky(x: Array) -> Array:
    return np.where(x > 0, x, 0.01 * x)


def step(x: Array, at_zero: float = 0, left: float = 0, right: float = 1) -> Array:
    """The slope of a function with a kink in 0."""
    return np.where(x > 0, right, np.where(x < 0, left, at_zero))


def leaky_slope(x: Array) -> Array:
    return step(x, 0.01, 0.01)


def expm1_left(x: Array) -> Array:
    return np.expm1(np.minimum(x, 0))


def normal_cdf(x: Array) -> Array:
    return np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)), otypes=[float])(x)


def gelu_slope(x: Array) -> Array:
    return normal_cdf(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


ROOT = math.sqrt(2 / math.pi)


def gelu_tanh_slope(x: Array) -> Array:
    t = np.tanh(ROOT * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * ROOT * (1 + 3 * 0.044715 * x * x)


def silu_slope(x: Array) -> Array:
    return sigmoid(x) * (1 + x * sigmoid(-x))


def mish_slope(x: Array) -> Array:
    t = np.tanh(softplus(x))
    return t + x * sigmoid(x) * (1 - t * t)


def single(x: Any) -> Array:
    return np.asarray(x, dtype=np.float32)


def in_place(layer: Layer, upstream: Array) -> Array:
    upstream[layer.x <= 0] = 0  # right values, though written over the upstream gradient
    return upstream


# --------------------------------------------------------------------------------------
# Right layers pass
# --------------------------------------------------------------------------------------

ALPHAS = [0, 0.3, 1, 2, -0.5, 1e-6, 0.9999]
OURS: dict[str, Callable[[], Any]] = {
    **{name: activation.make for name, activation in REGISTRY.items()},
    **{f"LeakyReLU({a})": lambda a=a: LeakyReLU(a) for a in ALPHAS},  # type: ignore[misc]
}

SELU, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SMOOTH = {
    "textbook sigmoid": Layer(
        lambda x: 1 / (1 + np.exp(-x)), backward=lambda layer, g: g * layer.y * (1 - layer.y)
    ),
    "textbook tanh": Layer(
        lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
        backward=lambda layer, g: g * (1 - layer.y**2),
    ),
    "np.tanh": Layer(np.tanh, backward=lambda layer, g: g * (1 - layer.y**2)),
    "naive softplus": Layer(lambda x: np.log(1 + np.exp(x)), sigmoid),
    "softplus": Layer(softplus, sigmoid),
    "log-sigmoid": Layer(lambda x: -softplus(-x), lambda x: sigmoid(-x)),
    "GELU": Layer(lambda x: x * normal_cdf(x), gelu_slope),
    "GELU by tanh": Layer(
        lambda x: 0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x**3))), gelu_tanh_slope
    ),
    "SiLU": Layer(lambda x: x * sigmoid(x), silu_slope),
    "Mish": Layer(lambda x: x * np.tanh(softplus(x)), mish_slope),
    "ELU": Layer(lambda x: relu(x) + expm1_left(x), lambda x: 1 + expm1_left(x)),
    "naive ELU": Layer(
        lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1), lambda x: 1 + expm1_left(x)
    ),
    "softsign": Layer(lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2),
    "arctan": Layer(np.arctan, lambda x: 1 / (1 + x * x)),
    "Gaussian": Layer(lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "sin": Layer(np.sin, np.cos),
    "sin(50x)": Layer(lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x)),
    "exp": Layer(np.exp, backward=lambda layer, g: g * layer.y),
    "identity": Layer(lambda x: x, np.ones_like),
    "constant": Layer(lambda x: np.full_like(x, 3), np.zeros_like),
    "square": Layer(np.square, lambda x: 2 * x),
    "cube": Layer(lambda x: x**3, lambda x: 3 * x**2),
    "squared ReLU": Layer(lambda x: relu(x) ** 2, lambda x: 2 * relu(x)),
    "x|x|": Layer(lambda x: x * np.abs(x), lambda x: 2 * np.abs(x)),
    "float32 sigmoid": Layer(
        lambda x: sigmoid(single(x)),
        backward=lambda layer, g: single(g) * layer.y * (1 - layer.y),
    ),
    "float32 tanh": Layer(
        lambda x: np.tanh(single(x)), backward=lambda layer, g: single(g) * (1 - layer.y**2)
    ),
}
KINKED = {
    "textbook ReLU": Layer(relu, step),
    "ReLU, slope 0.5 at 0": Layer(relu, lambda x: step(x, 0.5)),
    "ReLU, slope 1 at 0": Layer(relu, lambda x: step(x, 1)),
    "ReLU, in place": Layer(relu, backward=in_place),
    "float32 ReLU": Layer(lambda x: relu(single(x)), lambda x: single(step(x))),
    "leaky, slope 0.5 at 0": Layer(leaky, lambda x: step(x, 0.5, 0.01)),
    "leaky, slope 1 at 0": Layer(leaky, lambda x: step(x, 1, 0.01)),
    "float32 leaky": Layer(
        lambda x: np.maximum(single(x), single(0.01) * single(x)), leaky_slope
    ),
    "SELU": Layer(
        lambda x: SELU * (relu(x) + SELU_ALPHA * expm1_left(x)),
        lambda x: SELU * np.where(x > 0, 1, SELU_ALPHA * (1 + expm1_left(x))),
    ),
    "ELU(0.3)": Layer(
        lambda x: relu(x) + 0.3 * expm1_left(x),
        lambda x: np.where(x > 0, 1, 0.3 * (1 + expm1_left(x))),
    ),
    "hard tanh, open": Layer(lambda x: np.clip(x, -1, 1), lambda x: 1.0 * (np.abs(x) < 1)),
    "hard tanh, closed": Layer(lambda x: np.clip(x, -1, 1), lambda x: 1.0 * (np.abs(x) <= 1)),
    "ReLU6": Layer(lambda x: np.clip(x, 0, 6), lambda x: 1.0 * ((x > 0) & (x < 6))),
    "hard sigmoid": Layer(
        lambda x: np.clip(x / 6 + 0.5, 0, 1), lambda x: (np.abs(x) < 3) / 6.0
    ),
    "hard swish": Layer(
        lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
        lambda x: np.where(np.abs(x) < 3, x / 3 + 0.5, 1.0 * (x >= 3)),
    ),
    "soft shrink": Layer(
        lambda x: np.sign(x) * relu(np.abs(x) - 0.5), lambda x: 1.0 * (np.abs(x) > 0.5)
    ),
    "abs": Layer(np.abs, np.sign),
    "abs, slope 1 at 0": Layer(np.abs, lambda x: step(x, 1, -1)),
    # Kinks between curved pieces, whose mean slope stands still as the step shrinks.
    "log(1 + |x|)": Layer(
        lambda x: np.log1p(np.abs(x)), lambda x: step(x, 1, -1) / (1 + np.abs(x))
    ),
    "|x| - x^2": Layer(lambda x: np.abs(x) - x * x, lambda x: step(x, 1, -1) - 2 * x),
    "exp(-|x|)": Layer(
        lambda x: np.exp(-np.abs(x)), lambda x: step(x, -1, 1, -1) * np.exp(-np.abs(x))
    ),
}
TEXTBOOK = SMOOTH | KINKED


def signed(*magnitudes: float) -> Array:
    return np.array([-m for m in magnitudes] + list(magnitudes))


RNG = np.random.default_rng(7)
INPUTS: dict[str, Array] = {
    "near 0": signed(0, 1e-12, 1e-9, 1e-7, 1e-4),
    "near other kinks": signed(
        *(k + d for k in (0.5, 1, 3, 6) for d in (0, -1e-12, 1e-9, -1e-9, 1e-7, -1e-4))
    ),
    "normal": RNG.normal(size=1000),
    "uniform": RNG.uniform(-10, 10, 1000),
    "magnitudes": RNG.choice([-1, 1], 1000) * 10 ** RNG.uniform(-8, 1.5, 1000),
    "scalar": np.array(0.7),
    "scalar 0": np.array(0.0),
    "one element": np.array([-2.0]),
    "3-D": RNG.normal(size=(4, 5, 6)),
}
WIDE: dict[str, Array] = {
    "tails": np.linspace(-700, 700, 1401),
    "tail ends": signed(10, 17, 20, 37, 38, 40, 88, 104, 300, 600, 700),
    "large magnitudes": RNG.choice([-1, 1], 1000) * 10 ** RNG.uniform(-8, 3, 1000),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("name", OURS)
def test_our_layers_pass(name: str, dtype: Any) -> None:
    for x in WIDE.values():
        assert gradient_check(OURS[name](), x.astype(dtype))
    for seed in range(5):
        assert gradient_check(OURS[name](), seed=seed).max_relative_error < 1e-7


@pytest.mark.parametrize("name", TEXTBOOK)
def test_right_layers_pass(name: str) -> None:
    assert gradient_check(TEXTBOOK[name])
    for inputs, x in INPUTS.items():
        assert gradient_check(TEXTBOOK[name], x), inputs


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("name", ["textbook ReLU", "ReLU, slope 0.5 at 0", "abs", "identity"])
def test_right_layers_pass_in_lower_precision(name: str, dtype: Any) -> None:
    assert gradient_check(TEXTBOOK[name], INPUTS["normal"].astype(dtype))


@pytest.mark.parametrize("x", [[-1, 0, 2], [True, False], 3, [[0.5], [-2.5]], np.arange(4)])
def test_anything_that_reads_as_real_numbers_can_be_checked(x: Any) -> None:
    assert gradient_check(Sigmoid(), x)
    assert gradient_check(ReLU(), x)


def test_a_layer_restricted_to_its_domain_passes() -> None:
    assert gradient_check(Layer(np.log, lambda x: 1 / x), np.linspace(0.1, 9, 50))
    assert gradient_check(Layer(np.sqrt, lambda x: 0.5 / np.sqrt(x)), np.linspace(0.1, 9, 50))


# --------------------------------------------------------------------------------------
# Bugs are caught
# --------------------------------------------------------------------------------------

RIGHT: dict[str, tuple[Function, Function]] = {
    "sigmoid": (sigmoid, sigmoid_slope),
    "tanh": (np.tanh, tanh_slope),
    "relu": (relu, step),
    "leaky": (leaky, leaky_slope),
}


def put(values: Array, index: int, value: float) -> Array:
    values = np.array(values)
    values[index] = value
    return values


def accumulate(layer: Any, gradient: Array) -> Array:
    layer.total = getattr(layer, "total", 0) + gradient
    return np.asarray(layer.total)


# What a wrong backward returns, given the upstream gradient, the right slope and the layer.
MISTAKES: dict[str, Callable[[Array, Array, Layer], Any]] = {
    "wrong sign": lambda g, s, layer: -g * s,
    "factor 2": lambda g, s, layer: 2 * g * s,
    "factor 1/2": lambda g, s, layer: g * s / 2,
    "0.01 % too large": lambda g, s, layer: g * s * 1.0001,
    "0.01 % too small": lambda g, s, layer: g * s * 0.9999,
    "0.01 % too large on one side": lambda g, s, layer: (
        g * s * np.where(layer.x > 0, 1.0001, 1)
    ),
    "offset in the slope": lambda g, s, layer: g * (s + 1e-6),
    "negative offset in the slope": lambda g, s, layer: g * (s - 1e-6),
    "offset in the result": lambda g, s, layer: g * s + 1e-6,
    "x added": lambda g, s, layer: g * s + 0.01 * layer.x,
    "slope forgotten": lambda g, s, layer: g,
    "upstream ignored": lambda g, s, layer: s,
    "upstream squared": lambda g, s, layer: g * g * s,
    "upstream without sign": lambda g, s, layer: np.abs(g) * s,
    "sign of the upstream only": lambda g, s, layer: np.sign(g) * s,
    "mean of the upstream": lambda g, s, layer: g.mean() * s,
    "sum of the upstream": lambda g, s, layer: g.sum() * s,
    "divided by the size": lambda g, s, layer: g * s / g.size,
    "upstream clipped": lambda g, s, layer: np.clip(g, -1.5, 1.5) * s,
    "dead for a negative upstream": lambda g, s, layer: np.maximum(g, 0) * s,
    "always 0": lambda g, s, layer: 0 * g,
    "NaN everywhere": lambda g, s, layer: g * np.nan,
    "one NaN": lambda g, s, layer: put(g * s, 100, np.nan),
    "last one NaN": lambda g, s, layer: put(g * s, -1, np.nan),
    "one inf": lambda g, s, layer: put(g * s, 100, np.inf),
    "first one -inf": lambda g, s, layer: put(g * s, 0, -np.inf),
    "order flipped": lambda g, s, layer: (g * s)[::-1],
    "shifted by one": lambda g, s, layer: np.roll(g * s, 1),
    "upstream flipped": lambda g, s, layer: g[::-1] * s,
    "one element missing": lambda g, s, layer: (g * s)[:-1],
    "an axis too many": lambda g, s, layer: (g * s)[np.newaxis],
    "summed": lambda g, s, layer: (g * s).sum(),
    "nothing returned": lambda g, s, layer: None,
    "accumulates": lambda g, s, layer: accumulate(layer, g * s),
    "slope + 0.1 % of the output": lambda g, s, layer: g * (s + 1e-3 * layer.y),
}


def mistaken(activation: str, mistake: str) -> Layer:
    function, slope = RIGHT[activation]
    wrong = MISTAKES[mistake]
    return Layer(function, backward=lambda layer, g: wrong(g, slope(layer.x), layer))


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("activation", RIGHT)
def test_a_mistake_is_caught(activation: str, mistake: str) -> None:
    result = gradient_check(mistaken(activation, mistake))
    assert not result
    assert result.max_relative_error > 1e-6


class Stale(Layer):
    """Remembers the very first forward for ever."""

    def forward(self, x: Array) -> Array:
        if not hasattr(self, "x"):
            self.x = np.array(x)
        return self.function(x)


def swapped(name: str) -> Layer:
    """The slope of the neighbour."""
    names = list(RIGHT)
    return Layer(RIGHT[name][0], RIGHT[names[names.index(name) - 1]][1])


BUGS: dict[str, Any] = {
    **{f"{name} with another's slope": swapped(name) for name in RIGHT},
    **{f"stale {name}": Stale(*both) for name, both in RIGHT.items()},
    "s (1 - s) of x": Layer(sigmoid, lambda x: x * (1 - x)),
    "1 - s": Layer(sigmoid, backward=lambda layer, g: g * (1 - layer.y)),
    "s": Layer(sigmoid, backward=lambda layer, g: g * layer.y),
    "s (1 + s)": Layer(sigmoid, backward=lambda layer, g: g * layer.y * (1 + layer.y)),
    "s' at the output": Layer(sigmoid, backward=lambda layer, g: g * sigmoid_slope(layer.y)),
    "s' clipped below": Layer(sigmoid, lambda x: np.maximum(sigmoid_slope(x), 1e-3)),
    "s' clipped above": Layer(sigmoid, lambda x: np.minimum(sigmoid_slope(x), 0.2499)),
    "s' in float16": Layer(sigmoid, lambda x: sigmoid_slope(x).astype(np.float16)),
    "s' cut at |x| > 8": Layer(sigmoid, lambda x: sigmoid_slope(x) * (np.abs(x) < 8)),
    "s' cut at |x| > 15": Layer(sigmoid, lambda x: sigmoid_slope(x) * (np.abs(x) < 15)),
    "s' wrong at 0": Layer(sigmoid, lambda x: np.where(x == 0, 0.2499, sigmoid_slope(x))),
    "1 - t": Layer(np.tanh, backward=lambda layer, g: g * (1 - layer.y)),
    "1 + t^2": Layer(np.tanh, backward=lambda layer, g: g * (1 + layer.y**2)),
    "t (1 - t)": Layer(np.tanh, backward=lambda layer, g: g * layer.y * (1 - layer.y)),
    "1 - x^2": Layer(np.tanh, lambda x: 1 - x * x),
    "tanh' at the output": Layer(np.tanh, backward=lambda layer, g: g * tanh_slope(layer.y)),
    "tanh' clipped below": Layer(np.tanh, lambda x: np.maximum(tanh_slope(x), 1e-3)),
    "tanh' in float16": Layer(np.tanh, lambda x: tanh_slope(x).astype(np.float16)),
    "tanh' of 2x": Layer(np.tanh, lambda x: tanh_slope(2 * x)),
    "ReLU clipped below": Layer(relu, lambda x: np.maximum(step(x), 1e-3)),
    "ReLU mirrored": Layer(relu, lambda x: step(-x)),
    "ReLU capped at 6": Layer(relu, lambda x: step(x) * (x < 6)),
    **{
        f"ReLU opens at {t}": Layer(relu, lambda x, t=t: 1.0 * (x > t))  # type: ignore[misc]
        for t in (1e-3, -1e-3, 0.5, 1e-6, -1e-6, 1e-8)
    },
    **{
        f"leaky opens at {t}": Layer(leaky, lambda x, t=t: np.where(x > t, 1, 0.01))  # type: ignore[misc]
        for t in (1e-3, -1e-3, 0.5)
    },
    **{
        f"ReLU'(0) = {s}": Layer(relu, lambda x, s=s: step(x, s))  # type: ignore[misc]
        for s in (1.1, -0.1, 2, 1.0001, -1e-4)
    },
    **{
        f"leaky'(0) = {s}": Layer(leaky, lambda x, s=s: step(x, s, 0.01))  # type: ignore[misc]
        for s in (0.005, 0, -0.01, 0.00999, 1.01)
    },
    **{
        f"alpha {a} taken for {b}": Layer(LeakyReLU(a), lambda x, b=b: step(x, b, b))  # type: ignore[misc]
        for a, b in [
            (0.01, 0.02),
            (0.3, 1 / 0.3),
            (2, 0.5),
            (-0.5, 0.5),
            (1e-6, 2e-6),
            (1e-6, 0),
            (0.01, 0.010001),
            (0.9999, 1),
        ]
    },
    "alpha on the positive side": Layer(leaky, lambda x: step(x, 0.01, 1, 0.01)),
    "alpha on both sides": Layer(leaky, lambda x: np.full_like(x, 0.01)),
    "leaky in float16": Layer(leaky, lambda x: leaky_slope(x).astype(np.float16)),
    "abs'(0) = 1.01": Layer(np.abs, lambda x: step(x, 1.01, -1)),
    "(|x| + x^2)'(0) = 1.0001": Layer(
        lambda x: np.abs(x) + x * x, lambda x: step(x, 1.0001, -1) + 2 * x
    ),
    "cos without its minus": Layer(np.cos, np.sin),
    "SiLU without 1 - s": Layer(lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x)),
    "softplus with s'": Layer(softplus, sigmoid_slope),
    "square without its 2": Layer(np.square, lambda x: x),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_caught(name: str) -> None:
    result = gradient_check(BUGS[name])
    assert not result
    assert result.max_relative_error > 1e-6


@pytest.mark.parametrize("error", [1e-2, -1e-2, 1e-4])
@pytest.mark.parametrize("index", [0, 150, 299])
@pytest.mark.parametrize("activation", RIGHT)
def test_one_wrong_element_among_hundreds_is_caught_and_named(
    activation: str, index: int, error: float
) -> None:
    function, slope = RIGHT[activation]
    x = np.abs(np.random.default_rng(1).normal(size=300)) + 0.01
    factor = put(np.ones(300), index, 1 + error)
    result = gradient_check(Layer(function, lambda x: factor * slope(x)), x)
    assert not result
    assert result.worst_input == x[index]
    assert result.max_relative_error == pytest.approx(abs(error), rel=0.02)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e300])
def test_a_nan_or_an_infinity_is_named(wrong: float) -> None:
    x = np.linspace(-3, 3, 301)
    layer = Layer(sigmoid, backward=lambda layer, g: put(g * sigmoid_slope(layer.x), 77, wrong))
    result = gradient_check(layer, x)
    assert not result
    assert result.worst_input == x[77]
    if not math.isfinite(wrong):
        assert result.max_relative_error == math.inf


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_where_forward_is_not_finite_no_backward_is_right(wrong: float) -> None:
    for slope in (np.ones_like, np.zeros_like):
        result = gradient_check(Layer(lambda x: np.where(x > 2, wrong, x), slope), [-1, 1, 3])
        assert not result
    only_here = Layer(lambda x: np.where(x == 1, wrong, x), np.ones_like)
    result = gradient_check(only_here, [-1, 1, 3])
    assert not result
    assert result.worst_input == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("activation", RIGHT)
def test_a_gross_error_is_caught_in_lower_precision(activation: str, dtype: Any) -> None:
    function, slope = RIGHT[activation]
    x = np.linspace(-3, 3, 301).astype(dtype)
    for factor in (-1, 1.2, 0.5, 0):
        layer = Layer(function, lambda x, k=factor: (k * slope(x)).astype(x.dtype))  # type: ignore[misc]
        assert not gradient_check(layer, x)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "leaky"])
def test_a_hundredth_of_a_percent_is_caught_in_float32(activation: str) -> None:
    function, slope = RIGHT[activation]
    x = np.linspace(-2, 2, 301).astype(np.float32)
    layer = Layer(function, lambda x: (1.0001 * slope(x)).astype(np.float32))
    assert not gradient_check(layer, x)


@pytest.mark.parametrize("offset", [s * d for d in (1e-4, 1e-6, 1e-7, 1e-8) for s in (1, -1)])
def test_the_wrong_side_of_a_kink_is_caught_from_close_by(offset: float) -> None:
    for kink, function in (
        (0.0, relu),
        (1.0, lambda x: np.clip(x, -1, 1)),
        (-3.0, lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    ):
        x = np.array([kink + offset])
        there, mirrored = (numerical_gradient(function, kink + d) for d in (0.01, -0.01))
        right, wrong = (there, mirrored) if offset > 0 else (mirrored, there)
        assert gradient_check(Layer(function, lambda x, s=right: s + 0 * x), x, tolerance=0.02)  # type: ignore[misc]
        caught = not gradient_check(Layer(function, lambda x, s=wrong: s + 0 * x), x)  # type: ignore[misc]
        # Within a step of a bent piece the wrong slope may lie between those on both sides.
        assert caught or (kink == -3 and -1e-7 <= offset < 0)


def test_the_second_check_of_a_layer_is_as_good_as_the_first() -> None:
    first, second = np.linspace(-3, 2, 50), np.linspace(-1, 4, 50)
    for make in OURS.values():
        layer = make()
        assert gradient_check(layer, first)
        assert gradient_check(layer, second)
    stale = Stale(sigmoid, sigmoid_slope)
    gradient_check(stale, first)
    assert not gradient_check(stale, second)
    accumulating = mistaken("sigmoid", "accumulates")
    gradient_check(accumulating, first)
    assert not gradient_check(accumulating, second)


@pytest.mark.parametrize("name", REGISTRY)
def test_a_class_is_checked_like_an_object_of_it(name: str) -> None:
    layer = REGISTRY[name].make()
    assert gradient_check(type(layer)) == gradient_check(layer)


def test_the_tolerance_decides() -> None:
    layer = Layer(sigmoid, lambda x: 1.0001 * sigmoid_slope(x))
    assert not gradient_check(layer, INPUTS["normal"])
    assert not gradient_check(layer, INPUTS["normal"], tolerance=0.9e-4)
    assert gradient_check(layer, INPUTS["normal"], tolerance=1.1e-4)


# --------------------------------------------------------------------------------------
# What comes back, and at what cost
# --------------------------------------------------------------------------------------


def test_the_result_says_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = gradient_check(ReLU()), gradient_check(mistaken("relu", "wrong sign"))
    assert isinstance(good, GradientCheck)
    assert good.passed is True
    assert bool(good) is True
    assert type(good.max_relative_error) is float
    assert type(good.worst_input) is float
    assert good.kinks == 3  # 0, and the inputs within a step of it, 1e-9 on both sides
    assert type(good.kinks) is int
    assert 0 <= good.max_relative_error < 1e-6
    assert bad.passed is False
    assert bool(bad) is False
    assert bad.max_relative_error == pytest.approx(2)
    assert bad.worst_input > 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("zeros", [0, 1, 5, 200])
def test_kinks_counts_the_elements_on_the_kink(zeros: int) -> None:
    rng = np.random.default_rng(zeros)
    away = rng.choice([-1, 1], 300) * 10 ** rng.uniform(-6, 2, 300)
    x = rng.permutation(np.concatenate([away, np.zeros(zeros)]))
    assert gradient_check(ReLU(), x).kinks == zeros
    assert gradient_check(LeakyReLU(0.3), x).kinks == zeros
    assert gradient_check(Layer(np.abs, np.sign), x).kinks == zeros
    assert gradient_check(LeakyReLU(1), x).kinks == 0


# exp(x) - 1 cancels near 0: what rounding leaves there looks like a tiny kink.
@pytest.mark.parametrize("name", [name for name in SMOOTH if name != "naive ELU"])
def test_a_smooth_function_has_no_kinks(name: str) -> None:
    assert gradient_check(SMOOTH[name]).kinks == 0


def test_an_input_overwritten_by_forward_is_left_alone() -> None:
    x = np.linspace(-2, 2, 41)
    original = x.copy()
    gradient_check(Layer(lambda x: np.maximum(x, 0, out=x), step), x)
    np.testing.assert_array_equal(x, original)


@pytest.mark.parametrize("name", OURS)
def test_the_cost_does_not_grow_with_the_number_of_elements(name: str) -> None:
    for size in (1_000, 100_000):
        counted = Counting(OURS[name]())
        assert gradient_check(counted, np.random.default_rng(4).normal(size=size))
        assert counted.passes <= 48
        assert counted.backwards <= 2
        assert counted.elements <= 10 * size


@pytest.mark.parametrize(
    "function", [lambda x: x[:-1], lambda x: x[:, np.newaxis], lambda x: x @ np.ones((255, 2))]
)
def test_a_function_that_is_not_elementwise_is_refused(function: Function) -> None:
    x = np.linspace(-1, 1, 255)
    with pytest.raises(ValueError, match="elementwise"):
        gradient_check(Layer(function, backward=lambda layer, g: g), x)


# --------------------------------------------------------------------------------------
# numerical_gradient
# --------------------------------------------------------------------------------------


def test_numerical_gradient_refuses_one_number_for_many() -> None:
    for function in (lambda x: 7.0, lambda w: np.sum(w * w)):
        with pytest.raises(ValueError, match="elementwise"):
            numerical_gradient(function, [2.0, 4.0, 6.0])


@pytest.mark.parametrize(
    ("function", "slope", "low", "high"),
    [
        (sigmoid, sigmoid_slope, -8, 8),
        (np.tanh, tanh_slope, -4, 4),
        (relu, step, 0.01, 100),
        (leaky, leaky_slope, -100, -0.01),
        (np.exp, np.exp, -5, 5),
        (np.sin, np.cos, -1.4, 1.4),
        (np.square, lambda x: 2 * x, 0.1, 1000),
        (lambda x: x**3, lambda x: 3 * x * x, 0.5, 1000),
        (np.log, lambda x: 1 / x, 0.5, 1000),
        (lambda x: 3 * x - 2, lambda x: 3 + 0 * x, -1e6, 1e6),
    ],
)
def test_numerical_gradient_is_accurate(
    function: Any, slope: Function, low: float, high: float
) -> None:
    x = np.random.default_rng(5).uniform(low, high, 2000)
    # Ten digits of the largest values involved; eight where the slope is of their size.
    np.testing.assert_allclose(numerical_gradient(function, x), slope(x), 2e-8, 2e-10)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3, 4), (0,), (3, 0)])
def test_numerical_gradient_is_float64_of_the_shape_of_x(
    shape: tuple[int, ...], dtype: Any
) -> None:
    x = np.ones(shape, dtype)
    gradient = numerical_gradient(np.sin, x)
    assert isinstance(gradient, np.ndarray)
    assert gradient.dtype == np.float64
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient, math.cos(1), rtol=1e-9)
    np.testing.assert_array_equal(x, np.ones(shape, dtype))


def test_numerical_gradient_evaluates_twice_whatever_the_size() -> None:
    for size in (1, 10, 100_000):
        counted = Counting(Tanh())
        numerical_gradient(counted.forward, np.zeros(size))
        assert counted.passes == 2
        assert counted.elements == 2 * size


def test_numerical_gradient_takes_lists_and_layers_and_gives_the_mean_at_a_kink() -> None:
    np.testing.assert_allclose(numerical_gradient(ReLU(), [-1, 0, 2]), [0, 0.5, 1], atol=1e-12)
    np.testing.assert_allclose(numerical_gradient(LeakyReLU(0.3), 0), 0.65, rtol=1e-9)
