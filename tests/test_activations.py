"""The four activations: their values, what holds for every input, and what they refuse."""

import re
from functools import partial

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from leaky_relu_from_scratch import LeakyReLU
from reference import PRECISION, exact, fast, ulp_error
from registry import REGISTRY

INF, NAN = np.inf, np.nan
FLOATS = [np.float16, np.float32, np.float64]
LAYERS = {name: entry.make for name, entry in REGISTRY.items()}
LAYERS["LeakyReLU(-0.5)"] = partial(LeakyReLU, -0.5)

every_name = pytest.mark.parametrize("name", REGISTRY)
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
every_float = pytest.mark.parametrize("dtype", FLOATS)
few = settings(max_examples=20, deadline=None, derandomize=True)
loud = {"over": "raise", "invalid": "raise", "divide": "raise"}


def assert_same(got, expected):
    """Bit for bit, except that NaN is NaN."""
    np.testing.assert_array_equal(got, expected, strict=True)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


# Values and slopes against their true values ------------------------------------------

# Where, for some dtype and formula, something starts to round, to overflow, to be subnormal.
EDGES = [0.35, 0.55, 0.69, 4.2, 8.3, 8.7, 9, 9.7, 11.1, 16.6, 17, 18.7, 22, 36.7, 43.7, 51.6, 87.3]
EDGES += [88.7, 103.3, 103.9, 354, 355, 372.2, 373, 708.4, 709.78, 745.13, 746, 1e4]


def hard_inputs(dtype):
    """Both signs of powers of two, the edges, their neighbours, grids, the smallest numbers."""
    info = np.finfo(dtype)
    exponents = np.arange(info.minexp + info.machep, info.maxexp, 1 + (dtype == np.float64) * 15)
    marks = np.concatenate([np.ldexp(1.0, exponents), EDGES]).astype(dtype)
    with np.errstate(over="ignore"):  # beyond the largest number lies infinity
        around = [np.nextafter(marks, dtype(INF)), np.nextafter(marks, dtype(0))]
        grids = [np.add.outer(EDGES, np.linspace(-1.5, 1.5, 5)).ravel(), np.linspace(0, 2, 51)]
        side = np.concatenate([marks, *around, *(grid.astype(dtype) for grid in grids)])
    smallest = np.arange(20) * float(info.smallest_subnormal)
    side = np.concatenate([side, smallest, [info.max, info.tiny]]).astype(dtype)
    side = np.unique(side[np.isfinite(side)])
    return np.concatenate([-side, side])


def assert_within_bound(name, x, true):
    layer = REGISTRY[name].make()
    with np.errstate(**loud):
        output, slope = layer.forward(x), layer.derivative(x)
        gradient = layer.backward(np.ones_like(x))
    for got, right in ((output, true[0]), (slope, true[1]), (gradient, true[1])):
        assert got.dtype == x.dtype
        error = ulp_error(got, right)
        worst = error.argmax()
        assert error[worst] <= REGISTRY[name].bound, f"{x[worst]!r} -> {got[worst]!r}"


def every_float16():
    x = np.arange(2**16, dtype=np.uint16).view(np.float16)
    return x[np.isfinite(x)]


def many_float32():
    """Every 40,009th float32, and all near the inputs at which e / (1 + e)^2 is worst."""
    steep = np.float32([3.40665, 1.70333, 4.8483, 2.42415, 0.003886, 3.457029]).view(np.uint32)
    near = np.add.outer(steep, np.arange(-5000, 5000)).ravel()
    patterns = np.concatenate([np.arange(0, 2**32, 40_009), near, near + 2**31])
    x = patterns.astype(np.uint32).view(np.float32)
    return np.append(x[np.isfinite(x)], np.linspace(-105, 105, 50_001).astype(np.float32))


@every_name
@pytest.mark.parametrize("inputs", [every_float16, many_float32])
def test_every_float16_and_many_float32_are_right(name, inputs):
    x = inputs()
    assert_within_bound(name, x, fast(name, x))


@every_name
@every_float
def test_hard_inputs_are_right(name, dtype):
    x = hard_inputs(dtype)
    assert_within_bound(name, x, exact(name, x))


@every_name
def test_random_float64_are_right(name):
    for low, high in REGISTRY[name].spans:
        x = np.random.default_rng(2).uniform(low, high, 500)
        assert_within_bound(name, x, exact(name, x))


@every_name
def test_the_yardstick_measures_and_both_references_agree(name):
    for true in (np.ones(3), np.array([mp.mpf(1)] * 3)):
        assert ulp_error(np.float32([1, 1 + 2**-22, NAN]), true).tolist() == [0, 2, INF]
    x = hard_inputs(np.float32)
    for mine, true in zip(fast(name, x), exact(name, x)):
        for value, right in zip(mine.tolist(), true):  # 1e-6 of a unit of float32
            assert abs(value - right) <= 1e-13 * abs(right) + 1e-300


ALPHAS = [0, 1, 1 / 3, 1.4, -0.5, -3, 6e4, 1e6, 1e-50, -1e38, 1e300, 5e-324]
HELD = [(dtype, a) for dtype in FLOATS for a in ALPHAS if abs(a) <= float(np.finfo(dtype).max)]


@pytest.mark.parametrize(("dtype", "alpha"), HELD)
def test_leaky_relu_rounds_alpha_and_then_the_product(dtype, alpha):
    x, layer, rounded = hard_inputs(dtype), LeakyReLU(alpha), dtype(alpha)
    with np.errstate(over="ignore"):  # a product may lie beyond the dtype
        got, slope = layer.forward(x), layer.derivative(x)
    np.testing.assert_array_equal(got[x >= 0], x[x >= 0], strict=True)
    np.testing.assert_array_equal(slope, np.where(x > 0, dtype(1), rounded), strict=True)
    with mp.workprec(PRECISION):
        product = np.array([mp.mpf(n) * mp.mpf(float(rounded)) for n in x[x < 0].tolist()])
    finite = abs(product) < float(np.finfo(dtype).max)
    assert np.all(ulp_error(got[x < 0][finite], product[finite]) <= 0.5)


# Zeros, infinities, NaN, extremes -----------------------------------------------------

LIMITS = [
    pytest.param(name, x, value, slope, id=f"{name} at {x}")
    for name, entry in REGISTRY.items()
    for inputs, value, slope in entry.limits
    for x in inputs
]


@every_float
@pytest.mark.parametrize(("name", "x", "value", "slope"), LIMITS)
def test_limits(name, x, value, slope, dtype):
    largest, smallest = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
    ends = {"max": largest, "-max": -largest, "min": smallest, "-min": -smallest}
    x = dtype(ends.get(x, x))
    expected = x if value == "x" else dtype(value)
    layer = REGISTRY[name].make()
    for count in (1, 33):  # one alone, and enough for the processor's vector instructions
        point = np.full(count, x)
        with np.errstate(**loud):
            output = layer.forward(point)
            slopes = layer.derivative(point), layer.backward(np.ones_like(point))
        np.testing.assert_array_equal(output, expected)
        np.testing.assert_array_equal(slopes, dtype(slope))
        if value == "x":  # that of -0 is -0
            assert np.all(np.signbit(output) == np.signbit(x))


@every_layer
@every_float
def test_nan_comes_out_where_it_went_in(make, dtype):
    x = np.where(np.arange(40) % 3 == 0, dtype(NAN), dtype(1))
    np.testing.assert_array_equal(np.isnan(make()(x)), np.isnan(x))


# What holds for every input -----------------------------------------------------------


def arrays(dtype):
    elements = hnp.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False)
    return hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0), elements=elements)


numbers = st.sampled_from(FLOATS).flatmap(arrays)  # finite floats of any dtype and shape


@every_name
@few
@given(x=numbers)
def test_ranges(name, x):
    y, slope = REGISTRY[name].make()(x), REGISTRY[name].make().derivative(x).astype(float)
    (lowest, highest), (low, high) = REGISTRY[name].values, REGISTRY[name].slopes
    assert np.all((lowest <= y) & (y <= highest))
    eps = float(np.finfo(x.dtype).eps)  # slopes are rounded
    assert np.all((low * (1 - eps) <= slope) & (slope <= high * (1 + eps)))


@every_layer
@few
@given(x=numbers, data=st.data())
def test_backward_is_upstream_times_slope(make, x, data):
    layer = make()
    assert_same(layer(x), make().forward(x))
    whole = st.integers(-100, 100)
    g = data.draw(hnp.arrays(x.dtype, x.shape, elements=whole))
    slope, eps = layer.derivative(x).astype(float), float(np.finfo(x.dtype).eps)
    near = {"rtol": 2 * eps, "atol": 200 * float(np.finfo(x.dtype).smallest_subnormal)}
    got = layer.backward(g)
    assert got.dtype == x.dtype
    np.testing.assert_allclose(got, g.astype(float) * slope, **near)


LAYOUTS = {
    "strided": lambda x: np.repeat(x, 3, axis=1)[:, ::3],
    "reversed": lambda x: x[::-1, ::-1],
    "Fortran": np.asfortranarray,
    "broadcast, read-only": lambda x: np.broadcast_to(x[0], x.shape),
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
}


def assert_answers_alike(make, x, plain, upstream):
    """x, however it lies in memory, is treated like the plain array of the same numbers."""
    layer, other = make(), make()
    pairs = [(layer(x), other(plain)), (layer.derivative(x), other.derivative(plain))]
    pairs.append((layer.backward(upstream), other.backward(np.array(upstream, plain.dtype))))
    for got, expected in pairs:
        assert (got.shape, got.dtype) == (plain.shape, plain.dtype)
        # The processor's vector and scalar instructions may round differently.
        np.testing.assert_allclose(got, expected, rtol=8 * np.finfo(plain.dtype).eps, atol=0)


@every_layer
@every_float
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts(make, dtype, layout):
    x = layout(np.random.default_rng(3).normal(0, 4, (5, 7)).astype(dtype))
    assert_answers_alike(make, x, np.array(x, dtype=dtype, order="C"), upstream=x)


@every_layer
@every_float
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1, 1, 1), (2, 3, 4, 5)])
def test_shapes(make, dtype, shape):
    x = np.random.default_rng(4).normal(size=shape).astype(dtype)
    assert_answers_alike(make, x, np.asarray(x), upstream=np.ones(shape))


OTHERS = [[-2, 0, 3], (-1.5, 2.5), [[True, False], [False, True]], [], [[], []], 7, -7.5, True]
OTHERS += [[1, 2.5, True], range(-3, 3), np.int8([-3, 0, 9]), np.uint8([0, 200]), 2**63]
OTHERS += [np.array([-(2**62), 2**62]), np.longdouble([-1.25, 3.5]), np.int32(-4), np.True_]


@every_layer
@pytest.mark.parametrize("x", OTHERS, ids=repr)
def test_other_real_numbers_become_float64(make, x):
    assert_answers_alike(make, x, np.array(x, dtype=np.float64), upstream=x)


@every_layer
@every_float
@pytest.mark.parametrize("span", [(-3, 3), (0.5, 3), (-3, -0.5)])
def test_arrays_are_left_alone_and_no_edit_reaches_backward(make, dtype, span):
    x, upstream = np.linspace(*span, 12).astype(dtype), np.linspace(2, -1, 12).astype(dtype)
    x_before, upstream_before = x.copy(), upstream.copy()
    layer = make()
    results = [layer.forward(x), layer.backward(upstream), layer.derivative(x)]
    assert_same(x, x_before)
    assert_same(upstream, upstream_before)
    expected = [result.copy() for result in results]
    x[...] = upstream[...] = 7
    for result, before in zip(results, expected):
        assert_same(result, before)
        result[...] = -9
    assert_same(layer.backward(upstream_before), expected[1])


@every_layer
def test_only_the_latest_forward_counts(make):
    layer, fresh = make(), make()
    layer.forward([-1.0, 2.0])
    column = np.array([[0.5], [-4.0], [1.0]], np.float32)
    fresh.forward(column)
    layer.forward(column)
    layer.derivative([3.0, -4.0])
    for upstream in (np.ones_like(column), [[2], [3], [4]]):
        assert_same(layer.backward(upstream), fresh.backward(upstream))


# Bad input: what is raised, what it says, and that it leaves no trace -----------------

NOT_REAL = ["0.5", b"0.5", ["1", "2"], None, [1.0, None], object(), np.array([1.0, 2.0], object)]
NOT_REAL += [1j, [1.0, 2 + 0j], np.zeros(3, np.complex64), np.array(["2024-01-01"], "M8[D]")]
NOT_REAL += [np.timedelta64(1, "s"), {"x": 1.0}, np.sin]
NOT_REAL += [np.zeros(2, [("a", int), ("b", float)]), np.ma.array([1.0, 2.0], mask=[0, 1])]
RAGGED = [[[1.0, 2.0], [3.0]], [np.zeros(2), np.zeros(3)]]


REMEMBERED = np.float32([[-2, -0.5, 0], [0.25, 1, 3]])


@every_layer
@pytest.mark.parametrize("bad", NOT_REAL + RAGGED)
def test_what_is_not_real_numbers_is_refused_and_forgotten(make, bad):
    layer, ones = make(), np.ones_like(REMEMBERED)
    layer.forward(REMEMBERED)
    before = layer.backward(ones)
    ragged = any(bad is entry for entry in RAGGED)
    named = type(bad).__name__ if ragged else re.escape(str(np.asarray(bad).dtype))
    for method in (layer.forward, layer, layer.derivative, layer.backward):
        name = "grad_output" if method == layer.backward else "x"
        expected = rf"^{name} must be real numbers.*, got .*{named}"
        with pytest.raises(ValueError if ragged else TypeError, match=expected):
            method(bad)
    assert_same(layer.backward(ones), before)


SHAPES = [((2, 3), bad) for bad in [(), (3,), (6,), (1, 3), (2, 1), (3, 2), (2, 3, 1), (0,)]]
SHAPES += [((), (1,)), ((1,), ()), ((0, 3), (3, 0))]  # nor is a single number blown up


@every_layer
@pytest.mark.parametrize(("shape", "bad"), SHAPES)
def test_an_upstream_gradient_of_another_shape(make, shape, bad):
    layer, ones = make(), np.ones(shape)
    layer.forward(-ones)
    before = layer.backward(ones)
    with pytest.raises(ValueError, match=rf"{re.escape(str(shape))}.*{re.escape(str(bad))}"):
        layer.backward(np.ones(bad).tolist())
    assert_same(layer.backward(ones), before)


@every_layer
def test_backward_before_forward(make):
    layer = make()
    layer.derivative(1.0)
    with pytest.raises(TypeError):
        layer.forward([1.0, None])
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        layer.backward(1.0)


NO_ALPHAS = [(bad, TypeError) for bad in ("0.01", b"1", None, 0.1j, [0.1j], {}, abs, object())]
NO_ALPHAS += [(bad, ValueError) for bad in (NAN, INF, -INF, [0.1], [0.1, 0.2], (), [[0.1], [1, 2]])]


@pytest.mark.parametrize(("alpha", "error"), NO_ALPHAS)
def test_what_is_no_alpha(alpha, error):
    with pytest.raises(error, match=r"^alpha must be .*real number") as caught:
        LeakyReLU(alpha)
    assert type(alpha).__name__ in str(caught.value) or repr(alpha) in str(caught.value)


@pytest.mark.parametrize("alpha", [0, 1, -3, -1e308, np.float32(0.1), np.array(0.2), np.int8(2)])
def test_any_finite_real_number_is_an_alpha(alpha):
    assert LeakyReLU(alpha).derivative(-1.0) == float(alpha)


# Other implementations, where they are right ------------------------------------------


@every_name
def test_pytorch_agrees_where_its_slopes_keep_their_digits(name):
    torch = pytest.importorskip("torch")
    entry = REGISTRY[name]
    x = np.append(np.linspace(*entry.torch_right, 1001), 0.0)
    upstream = np.random.default_rng(0).normal(size=x.shape)
    tensor, layer = torch.tensor(x, requires_grad=True), entry.make()
    output = getattr(torch.nn.functional, entry.torch)(tensor)
    output.backward(torch.tensor(upstream))
    np.testing.assert_allclose(layer(x), output.detach().numpy(), rtol=4e-15)
    np.testing.assert_allclose(layer.backward(upstream), tensor.grad.numpy(), rtol=2e-14)
