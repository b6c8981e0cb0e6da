"""Refusals, one by one: what is raised, what it says, and that it leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from activations_utils import compare_activations, gradient_check, numerical_gradient
from leaky_relu_from_scratch import LeakyReLU
from registry import REGISTRY
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

every_layer = pytest.mark.parametrize(
    "make", [activation.make for activation in REGISTRY.values()], ids=REGISTRY
)

RECORD = np.array([(1, 2.0)], dtype=[("a", int), ("b", float)])

# What is not real numbers: the input, what is raised, and how the message names it.
NOT_REAL: dict[str, tuple[Any, Any, str]] = {
    "string": ("0.5", TypeError, "str"),
    "empty string": ("", TypeError, "str"),
    "bytes": (b"0.5", TypeError, "bytes"),
    "strings": (["1", "2"], TypeError, "list of dtype <U"),
    "string array": (np.array(["1", "2"]), TypeError, "<U1"),
    "None": (None, TypeError, "NoneType"),
    "None inside": ([1.0, None], TypeError, "list of dtype object"),
    "complex": (1j, TypeError, "complex"),
    "complex inside": ([1.0, 2 + 0j], TypeError, "complex128"),
    "complex array": (np.zeros(3, np.complex64), TypeError, "complex64"),
    "date": (np.datetime64("2024-01-01"), TypeError, "datetime64"),
    "dates": (np.array(["2024-01-01"], "M8[D]"), TypeError, r"datetime64\[D\]"),
    "durations": (np.array([1], "m8[s]"), TypeError, r"timedelta64\[s\]"),
    "object": (object(), TypeError, "object"),
    "object array": (np.array([1.0, 2.0], dtype=object), TypeError, "ndarray of dtype object"),
    "decimal": (Decimal("0.5"), TypeError, "Decimal"),
    "fractions": ([Fraction(1, 2)], TypeError, "list of dtype object"),
    "dict": ({"x": 1.0}, TypeError, "dict"),
    "set": ({1.0}, TypeError, "set"),
    "generator": ((i for i in range(3)), TypeError, "generator"),
    "function": (np.sin, TypeError, "ufunc"),
    "record array": (RECORD, TypeError, "ndarray of dtype"),
    "ragged list": ([[1.0, 2.0], [3.0]], ValueError, "list"),
    "ragged in depth": ([1.0, [2.0, 3.0]], ValueError, "list"),
    "ragged arrays": ([np.zeros(2), np.zeros(3)], ValueError, "list"),
    "masked array": (np.ma.array([1.0, 2.0], mask=[0, 1]), TypeError, "masked array"),
    "huge integer": (10**400, ValueError, "int"),
    "huge integers": ([0, -(10**400)], ValueError, "list"),
}
every_bad_input = pytest.mark.parametrize(
    ("bad", "error", "named"), NOT_REAL.values(), ids=NOT_REAL
)


class Trained:
    """A layer after a good forward; says later whether that one is still remembered."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.layer = make()
        self.ones = np.ones((2, 3), np.float32)
        self.layer.forward(np.array([[-2, -0.5, 0], [0.25, 1, 3]], np.float32))
        self.before: NDArray[Any] = self.layer.backward(self.ones)

    def assert_untouched(self) -> None:
        after = self.layer.backward(self.ones)
        np.testing.assert_array_equal(after, self.before, strict=True)


# Inputs -------------------------------------------------------------------------------


@every_bad_input
def test_input(bad: Any, error: Any, named: str) -> None:
    with pytest.raises(error, match=rf"^x must be real numbers.*, got .*{named}"):
        Sigmoid().forward(bad)


@every_layer
@pytest.mark.parametrize("method", ["forward", "__call__", "derivative"])
def test_a_refused_input_leaves_no_trace(make: Any, method: str) -> None:
    trained, fresh = Trained(make), make()
    for layer in (trained.layer, fresh):
        with pytest.raises(TypeError, match=r"^x must be real numbers"):
            getattr(layer, method)([1.0, None])
    trained.assert_untouched()
    with pytest.raises(RuntimeError, match=r"forward\(x\)"):
        fresh.backward(1.0)


# Upstream gradients -------------------------------------------------------------------


@every_layer
@pytest.mark.parametrize("bad", [None, "1", 1j, [[1.0], [2.0, 3.0]]])
def test_upstream_gradient(make: Any, bad: Any) -> None:
    trained = Trained(make)
    with pytest.raises((TypeError, ValueError), match=r"^grad_output must be real numbers"):
        trained.layer.backward(bad)
    trained.assert_untouched()


@every_layer
@pytest.mark.parametrize(
    "shape",
    [(), (3,), (6,), (1, 3), (2, 1), (3, 2), (2, 3, 1), (0,)],
)
def test_upstream_gradient_of_another_shape(make: Any, shape: tuple[int, ...]) -> None:
    trained = Trained(make)
    for bad in (np.ones(shape), np.ones(shape).tolist()):
        with pytest.raises(ValueError, match="shape") as info:
            trained.layer.backward(bad)
        assert "(2, 3)" in str(info.value)
        assert str(shape) in str(info.value).replace("(2, 3),", "")
        trained.assert_untouched()


@every_layer
def test_nothing_is_broadcast_to_or_from_a_single_number(make: Any) -> None:
    layer = make()
    layer.forward(0.5)
    with pytest.raises(ValueError, match=r"\(\).*\(1,\)"):
        layer.backward([1.0])
    layer.forward([0.5])
    with pytest.raises(ValueError, match=r"\(1,\).*\(\)"):
        layer.backward(1.0)
    layer.forward(np.zeros((0, 3)))
    with pytest.raises(ValueError, match=r"\(0, 3\).*\(3, 0\)"):
        layer.backward(np.zeros((3, 0)))


@every_layer
@pytest.mark.parametrize("upstream", [1.0, [1.0, 2.0], "not even numbers", None])
def test_backward_before_forward(make: Any, upstream: Any) -> None:
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        make().backward(upstream)


# alpha --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "error"),
    [
        ("0.01", TypeError),
        (b"0.01", TypeError),
        (None, TypeError),
        (0.1j, TypeError),
        (np.complex64(1), TypeError),
        ([0.1j], TypeError),
        (object(), TypeError),
        (Decimal("0.01"), TypeError),
        (np.timedelta64(1, "s"), TypeError),
        (np.array(0.1, dtype=object), TypeError),
        ({}, TypeError),
        (abs, TypeError),
        (np.nan, ValueError),
        (np.inf, ValueError),
        (-np.inf, ValueError),
        (np.float16(np.inf), ValueError),
        (np.array(np.nan), ValueError),
        ([0.1], ValueError),
        ([0.1, 0.2], ValueError),
        ((), ValueError),
        (np.full((1, 1), 0.1), ValueError),
        ([[0.1], [0.2, 0.3]], ValueError),
        (10**400, ValueError),
    ],
)
def test_alpha(alpha: Any, error: Any) -> None:
    with pytest.raises(error, match=r"^alpha must be ") as info:
        LeakyReLU(alpha)
    message = str(info.value)
    assert "real number" in message
    assert type(alpha).__name__ in message or repr(alpha) in message


@pytest.mark.parametrize(
    "alpha",
    [0, 1, -3, 10**30, 0.01, -1e308, 5e-324, np.float32(0.1), np.array(0.2), np.int8(2)],
)
def test_any_finite_real_number_is_an_alpha(alpha: Any) -> None:
    layer = LeakyReLU(alpha)
    assert type(layer.alpha) is float
    assert layer.alpha == float(alpha)
    assert layer.derivative(-1.0) == float(alpha)


def test_alpha_is_a_hundredth_unless_given() -> None:
    assert LeakyReLU().alpha == 0.01


# The gradient checks ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("func", "error", "words"),
    [
        (lambda x: x[:-1], ValueError, ["elementwise", "(3,)", "(2,)"]),
        (lambda x: x[None], ValueError, ["elementwise", "(3,)", "(1, 3)"]),
        (lambda x: np.ones(1), ValueError, ["elementwise", "(3,)", "(1,)"]),
        (lambda x: None, TypeError, ["function's output", "real numbers", "NoneType"]),
        (lambda x: x.astype(str), TypeError, ["function's output", "real numbers", "<U"]),
        (lambda x: x * 1j, TypeError, ["function's output", "real numbers", "complex128"]),
        (lambda x: [[1.0], [2.0, 3.0]], ValueError, ["function's output", "list"]),
    ],
)
def test_numerical_gradient_function(func: Any, error: Any, words: list[str]) -> None:
    with pytest.raises(error) as info:
        numerical_gradient(func, [1.0, 2.0, 3.0])
    for word in words:
        assert word in str(info.value)


def test_numerical_gradient_of_no_function() -> None:
    nothing: Any = 3.0
    with pytest.raises(TypeError):
        numerical_gradient(nothing, [1.0])


class OnlyForward:
    def forward(self, x: Any) -> Any:
        return x


class OnlyBackward:
    def backward(self, grad_output: Any) -> Any:
        return grad_output


class NotCallable(OnlyForward):
    backward = 3


@pytest.mark.parametrize(
    ("activation", "missing"),
    [
        (OnlyForward(), "backward"),
        (OnlyBackward(), "forward"),
        (NotCallable(), "backward"),
        (np.tanh, "forward"),
        (None, "forward"),
    ],
)
def test_gradient_check_of_what_is_no_layer(activation: Any, missing: str) -> None:
    expected = f"{missing} method, got {re.escape(repr(activation))}"
    with pytest.raises(TypeError, match=expected):
        gradient_check(activation)


@pytest.mark.parametrize("bad", ["1", 1j, [None]])
def test_input_of_the_gradient_checks(bad: Any) -> None:
    trained = Trained(Sigmoid)
    for check in (numerical_gradient, gradient_check):
        with pytest.raises(TypeError, match=r"^x must be real numbers"):
            check(trained.layer, bad)
    trained.assert_untouched()


@pytest.mark.parametrize(
    "x", [[], np.zeros((3, 0)), np.nan, [1.0, np.inf], [-np.inf], np.array([np.nan, 0], "f4")]
)
def test_gradient_check_needs_finite_points(x: Any) -> None:
    trained = Trained(Tanh)
    with pytest.raises(ValueError, match=r"^x must .*at least one.*finite"):
        gradient_check(trained.layer, x)
    trained.assert_untouched()


@pytest.mark.parametrize("tolerance", [0, -1e-6, -np.inf, np.nan])
def test_gradient_check_needs_a_positive_tolerance(tolerance: float) -> None:
    with pytest.raises(ValueError, match=r"^tolerance must be positive, got"):
        gradient_check(Sigmoid(), tolerance=tolerance)


@pytest.mark.parametrize("nothing", [[], {}, ()])
def test_there_is_no_comparison_of_nothing(nothing: Any) -> None:
    with pytest.raises(ValueError, match=r"^activations must hold at least one"):
        compare_activations(nothing)
