"""What holds for all inputs: symmetry, range, shape, dtype, and state nobody can reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from leaky_relu_from_scratch import LeakyReLU
from registry import REGISTRY
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

Array = NDArray[Any]

LAYERS: dict[str, Callable[[], Any]] = {
    **{name: activation.make for name, activation in REGISTRY.items()},
    "LeakyReLU(-0.5)": lambda: LeakyReLU(-0.5),
}
FLOATS: list[Any] = [np.float16, np.float32, np.float64]

every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
every_float = pytest.mark.parametrize("dtype", FLOATS)
# The same examples on every run, and no database of failures left behind.
few = settings(max_examples=25, deadline=None, derandomize=True)


def numbers(dtype: Any = None, largest: float | None = None) -> Any:
    """Arrays of finite floats, of any shape; with no dtype given, of any dtype too."""

    def arrays(chosen: Any) -> Any:
        limit = None if largest is None else float(chosen(largest))
        elements = hnp.from_dtype(
            np.dtype(chosen),
            allow_nan=False,
            allow_infinity=False,
            min_value=None if limit is None else -limit,
            max_value=limit,
        )
        shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
        return hnp.arrays(chosen, shapes, elements=elements)

    return st.sampled_from(FLOATS).flatmap(arrays) if dtype is None else arrays(dtype)


def assert_same(got: Any, expected: Array) -> None:
    """Bit for bit, except that NaN is NaN."""
    np.testing.assert_array_equal(got, expected, strict=True)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


# The functions ------------------------------------------------------------------------


@few
@given(numbers())
def test_sigmoid_is_symmetric(x: Array) -> None:
    sigmoid = Sigmoid()
    eps = float(np.finfo(x.dtype).eps)
    np.testing.assert_allclose(sigmoid(-x), 1 - sigmoid(x), rtol=0, atol=3 * eps)
    assert_same(sigmoid.derivative(-x), sigmoid.derivative(x))


@few
@given(numbers())
def test_tanh_is_odd(x: Array) -> None:
    tanh = Tanh()
    assert_same(tanh(-x), -tanh(x))
    assert_same(tanh.derivative(-x), tanh.derivative(x))


@few
@given(numbers(largest=1e4))
def test_tanh_is_a_scaled_sigmoid(x: Array) -> None:
    eps = float(np.finfo(x.dtype).eps)
    np.testing.assert_allclose(Tanh()(x), 2 * Sigmoid()(2 * x) - 1, rtol=0, atol=8 * eps)
    np.testing.assert_allclose(
        Tanh().derivative(x), 4 * Sigmoid().derivative(2 * x), rtol=16 * eps, atol=8 * eps
    )


@few
@given(numbers())
def test_leaky_relu_joins_relu_and_the_identity(x: Array) -> None:
    np.testing.assert_array_equal(LeakyReLU(0)(x), ReLU()(x))
    np.testing.assert_array_equal(LeakyReLU(0).derivative(x), ReLU().derivative(x))
    np.testing.assert_array_equal(LeakyReLU(1)(x), x)
    np.testing.assert_array_equal(LeakyReLU(-1)(x), np.abs(x))


@every_float
@pytest.mark.parametrize("name", [name for name, entry in REGISTRY.items() if entry.rising])
def test_never_falls(name: str, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    grid = np.linspace(-20, 20, 20_001)
    x = np.unique(np.concatenate([grid, rng.normal(size=20_000)]).astype(dtype))
    y = REGISTRY[name].make()(x)
    slack = 10 * np.spacing(np.abs(y[:-1]))  # two values, each within 5 units
    assert np.all(np.diff(y.astype(np.float64)) >= -slack.astype(np.float64))
    assert y[-1] > y[0]


@pytest.mark.parametrize("name", REGISTRY)
@few
@given(x=numbers())
def test_ranges(name: str, x: Array) -> None:
    entry = REGISTRY[name]
    layer = entry.make()
    y, slope = layer.forward(x), layer.derivative(x).astype(float)
    assert np.all((entry.values[0] <= y) & (y <= entry.values[1]))
    eps = float(np.finfo(x.dtype).eps)  # alpha is rounded to the dtype
    assert np.all((entry.slopes[0] * (1 - eps) <= slope) & (slope <= entry.slopes[1]))


# backward -----------------------------------------------------------------------------


@every_layer
@few
@given(x=numbers(), data=st.data())
def test_backward_is_upstream_times_slope(make: Any, x: Array, data: Any) -> None:
    layer = make()
    layer.forward(x)
    info = np.finfo(x.dtype)
    upstream = data.draw(
        hnp.arrays(x.dtype, x.shape, elements=st.integers(-100, 100).map(float))
    )
    got = layer.backward(upstream)
    expected = upstream.astype(float) * layer.derivative(x)
    tolerance = 2 * float(info.eps), 101 * float(info.smallest_subnormal)
    assert got.dtype == x.dtype
    np.testing.assert_allclose(got, expected, *tolerance)


@every_layer
@few
@given(x=numbers(np.float64), data=st.data())
def test_backward_is_linear_in_its_upstream(make: Any, x: Array, data: Any) -> None:
    layer = make()
    layer.forward(x)
    gradients = hnp.arrays(np.float64, x.shape, elements=st.floats(-1e6, 1e6))
    g, h = data.draw(gradients), data.draw(gradients)
    a, b = 3.0, -0.7
    got = layer.backward(a * g + b * h)
    expected = a * layer.backward(g) + b * layer.backward(h)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-8)
    assert np.all(layer.backward(np.zeros_like(x)) == 0)


@every_layer
@every_float
def test_backward_answers_in_the_dtype_of_its_forward(make: Any, dtype: Any) -> None:
    layer = make()
    x = np.linspace(-2, 2, 5).astype(dtype)
    layer.forward(x)
    expected = layer.backward(np.arange(5).astype(dtype))
    assert expected.dtype == dtype
    for other in [*FLOATS, np.int64, np.uint8]:
        assert_same(layer.backward(np.arange(5).astype(other)), expected)
    assert_same(layer.backward([0, 1, 2, 3, 4]), expected)


# Shapes, dtypes, layouts --------------------------------------------------------------


def answers(layer: Any, x: Any) -> list[Any]:
    output = layer.forward(x)
    return [output, layer.backward(np.full(np.shape(x), -3.0)), layer.derivative(x)]


def assert_answers_alike(make: Any, x: Any, plain: Array) -> None:
    """x, however it lies in memory, is treated like the plain array of the same numbers."""
    for got, expected in zip(answers(make(), x), answers(make(), plain), strict=True):
        assert isinstance(got, np.ndarray) or got.shape == ()  # maybe a NumPy scalar
        assert got.shape == plain.shape
        assert got.dtype == plain.dtype
        assert got.dtype.isnative
        # The processor's vector and scalar instructions may round differently.
        eps = float(np.finfo(plain.dtype).eps)
        np.testing.assert_allclose(got, expected, rtol=8 * eps, atol=0)


def read_only(x: Array) -> Array:
    x.flags.writeable = False
    return x


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "strided": lambda x: np.repeat(x, 3, axis=1)[:, ::3],
    "reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": lambda x: x.T.copy().T,
    "Fortran order": np.asfortranarray,
    "broadcast": lambda x: np.broadcast_to(x[0], x.shape),
    "read-only": read_only,
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "little-endian": lambda x: x.astype(x.dtype.newbyteorder("<")),
    "misaligned": lambda x: np.frombuffer(b"\0" + x.tobytes(), x.dtype, offset=1).reshape(
        x.shape
    ),
    "matrix": lambda x: x.view(np.matrix),
}


@every_layer
@every_float
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(make: Any, dtype: Any, layout: Callable[[Array], Array]) -> None:
    x = np.random.default_rng(3).normal(0, 4, (5, 7)).astype(dtype)
    laid_out = layout(x.copy())
    plain = np.array(laid_out, dtype=dtype, order="C", subok=False)
    assert_answers_alike(make, laid_out, plain)
    upstream = layout(x.copy())
    layer = make()
    layer.forward(plain)
    expected = layer.backward(np.array(upstream, dtype=dtype, order="C", subok=False))
    np.testing.assert_array_equal(layer.backward(upstream), expected, strict=True)


@every_layer
@every_float
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (1, 1, 1), (2, 3, 4, 5)])
def test_every_shape(make: Any, dtype: Any, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(4).normal(size=shape).astype(dtype)
    assert_answers_alike(make, x, np.asarray(x))


@every_layer
@pytest.mark.parametrize(
    "x",
    [
        [-2, 0, 3],
        (-1.5, 2.5),
        [[True, False], [False, True]],
        [],
        [[], []],
        7,
        -7.5,
        True,
        [2**70, -(2**70)],
        [1, 2.5, True],
        range(-3, 3),
        np.array([-3, 0, 9], np.int8),
        np.array([0, 200], np.uint8),
        np.array([-(2**62), 2**62]),
        np.array([2**64 - 1], np.uint64),
        np.array([True, False]),
        np.array([-1.25, 3.5], np.longdouble),
        np.int32(-4),
    ],
    ids=repr,
)
def test_other_real_numbers_become_float64(make: Any, x: Any) -> None:
    assert_answers_alike(make, x, np.array(x, dtype=np.float64))


# State --------------------------------------------------------------------------------


@every_layer
@every_float
def test_inputs_are_never_modified(make: Any, dtype: Any) -> None:
    x = np.linspace(-3, 3, 12).astype(dtype).reshape(3, 4)
    upstream = np.linspace(2, -2, 12).astype(dtype).reshape(3, 4)
    x_before, upstream_before = x.copy(), upstream.copy()
    layer = make()
    layer.forward(x)
    layer.backward(upstream)
    layer.derivative(x)
    layer(x)
    assert_same(x, x_before)
    assert_same(upstream, upstream_before)


@every_layer
@every_float
@pytest.mark.parametrize("span", [(-3, 3), (0.5, 3), (-3, -0.5)])
def test_edits_never_reach_what_backward_answers(make: Any, dtype: Any, span: Any) -> None:
    x = np.linspace(span[0], span[1], 12).astype(dtype)
    upstream = np.linspace(2, -1, 12).astype(dtype)
    layer = make()
    output = layer.forward(x)
    expected_output = output.copy()
    first = layer.backward(upstream)
    expected = first.copy()
    slope = layer.derivative(x)
    expected_slope = slope.copy()
    results = [output, first, slope]
    for i, result in enumerate(results):
        for other in [x, upstream, *results[i + 1 :]]:
            assert not np.shares_memory(result, other)

    x[...] = 7
    assert_same(output, expected_output)
    assert_same(layer.backward(upstream), expected)
    for result in results:
        result[...] = -9
    assert_same(layer.backward(upstream), expected)
    kept = upstream.copy()
    upstream[...] = 5
    assert_same(layer.backward(kept), expected)
    x[...] = np.linspace(span[0], span[1], 12)
    assert_same(layer.derivative(x), expected_slope)


@every_layer
def test_the_latest_forward_counts(make: Any) -> None:
    layer, fresh = make(), make()
    layer.forward([-1.0, 2.0])
    column = np.array([[0.5], [-4.0], [1.0]], np.float32)
    layer.forward(column)
    fresh.forward(column)
    ones = np.ones_like(column)
    assert_same(layer.backward(ones), fresh.backward(ones))


@every_layer
def test_derivative_touches_no_state(make: Any) -> None:
    layer = make()
    layer.derivative([1.0, 2.0])
    with pytest.raises(RuntimeError, match="forward"):
        layer.backward([1.0, 1.0])
    layer.forward([-1.0, 2.0])
    before = layer.backward([1.0, 1.0])
    layer.derivative([3.0, -4.0])
    layer.derivative(np.zeros((2, 2), np.float32))
    assert_same(layer.backward([1.0, 1.0]), before)


@every_layer
@few
@given(x=numbers())
def test_calling_a_layer_is_forward(make: Any, x: Array) -> None:
    called, forwarded = make(), make()
    assert_same(called(x), forwarded.forward(x))
    ones = np.ones_like(x)
    assert_same(called.backward(ones), forwarded.backward(ones))


@every_layer
def test_a_forward_that_raises_halfway_is_not_remembered(make: Any) -> None:
    layer = make()
    layer.forward([-1.0, 2.0])
    before = layer.backward([1.0, 1.0])

    class Halfway:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
            raise ValueError("no array today")

    with pytest.raises(ValueError, match="no array today"):
        layer.forward(Halfway())
    assert_same(layer.backward([1.0, 1.0]), before)


def test_an_overflow_that_numpy_raises_is_not_remembered() -> None:
    layer = LeakyReLU(1e300)
    layer.forward([-1.0, 2.0])
    before = layer.backward([1.0, 1.0])
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        layer.forward([-1e300, 1.0])
    assert_same(layer.backward([1.0, 1.0]), before)
