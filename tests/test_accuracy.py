"""Every number the activations return, measured against its true value."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from leaky_relu_from_scratch import LeakyReLU
from reference import exact, fast, round_once, ulp_error
from registry import REGISTRY, SMOOTH
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

Array = NDArray[Any]

FLOATS: list[Any] = [np.float16, np.float32, np.float64]

# Where something starts to round to 0 or 1, to overflow or to become subnormal, for some
# dtype and some way to write the formulas.
EDGES = [0.35, 0.55, 0.69, 4.2, 8.3, 8.7, 9.0, 9.7, 11.1, 16.6, 17, 18.7, 22, 36.7, 37, 43.7]
EDGES += [44.4, 51.6, 52, 87.3, 88.7, 103.3, 103.9, 354, 355, 372.2, 373, 708.4, 709.78]
EDGES += [745.13, 746, 1e4]


@cache
def hard_inputs(dtype: Any) -> Array:
    """Both signs of the powers of two, the edges, their neighbours and dense grids."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(1)
    exponents = np.arange(info.minexp + info.machep, info.maxexp)
    marks = np.concatenate([np.ldexp(1.0, exponents), EDGES]).astype(dtype)
    with np.errstate(over="ignore"):  # beyond the largest number lies infinity
        grids = [
            marks,
            np.nextafter(marks, dtype(np.inf)),
            np.nextafter(marks, dtype(0)),
            np.add.outer(EDGES, np.linspace(-1.5, 1.5, 7)).ravel().astype(dtype),
            np.linspace(0, 800, 201).astype(dtype),
            np.linspace(0, 2, 101).astype(dtype),
            np.geomspace(1e-4, 1e3, 101).astype(dtype),
            np.exp2(rng.uniform(exponents[0], exponents[-1], 100)).astype(dtype),
            np.arange(64).astype(dtype) * info.smallest_subnormal,
            np.array([info.max, info.tiny, info.eps], dtype),
        ]
    side = np.unique(np.abs(np.concatenate(grids)))
    side = side[np.isfinite(side)]
    return np.concatenate([-side, side])


@cache
def exact_at_hard_inputs(name: str, dtype: Any) -> tuple[Array, Array]:
    return exact(name, hard_inputs(dtype))


def all_float16() -> Array:
    return np.arange(2**16, dtype=np.uint16).view(np.float16)


def outputs(layer: Any, x: Array) -> dict[str, Array]:
    """What the layer answers at x, in a NumPy told to raise on every mishap."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        return {
            "forward": layer.forward(x),
            "derivative": layer.derivative(x),
            "backward": layer.backward(np.ones_like(x)),
        }


def assert_within_bound(name: str, x: Array, true: tuple[Array, Array]) -> None:
    values, slopes = true
    for member, got in outputs(REGISTRY[name].make(), x).items():
        error = ulp_error(got, values if member == "forward" else slopes, x.dtype)
        worst = int(np.argmax(error))
        assert error[worst] <= REGISTRY[name].bound, (
            f"{name}.{member}({x[worst]!r}) = {got[worst]!r} is {error[worst]:.3g} units off"
        )


# All of them --------------------------------------------------------------------------


@pytest.mark.parametrize("name", REGISTRY)
def test_every_float16(name: str) -> None:
    x = all_float16()
    x = x[np.isfinite(x)]
    assert_within_bound(name, x, fast(name, x))


@pytest.mark.parametrize("name", REGISTRY)
def test_a_million_float32(name: str) -> None:
    x = np.arange(0, 2**32, 4099, dtype=np.uint64).astype(np.uint32).view(np.float32)
    x = x[np.isfinite(x)]
    assert_within_bound(name, x, fast(name, x))
    dense = np.linspace(-105, 105, 200_001).astype(np.float32)
    assert_within_bound(name, dense, fast(name, dense))


# Where slopes written as e / (1 + e)**2 are worst, and where those
# of other forms are: every float32 on both sides of these, and of the same with a minus.
STEEP = [3.40665, 1.70333, 4.8483, 2.42415, 0.003886, 3.45702887, 0.254510611]


@pytest.mark.parametrize("center", STEEP)
@pytest.mark.parametrize("name", SMOOTH)
def test_every_float32_near_the_worst(name: str, center: float) -> None:
    middle = int(np.float32(center).view(np.uint32))
    x = np.arange(middle - 50_000, middle + 50_000, dtype=np.uint32).view(np.float32)
    for side in (x, -x):
        assert_within_bound(name, side, fast(name, side))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", REGISTRY)
def test_hard_inputs(name: str, dtype: Any) -> None:
    assert_within_bound(name, hard_inputs(dtype), exact_at_hard_inputs(name, dtype))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("Sigmoid", -746.0, -700.0),  # into the subnormal values, and out of them to 0
        ("Sigmoid", -40.0, 40.0),
        ("Tanh", 350.0, 374.0),  # the slope becomes subnormal, then 0
        ("Tanh", -0.6, 0.6),  # where 1 - exp(-2|x|) cancels
        ("Tanh", -20.0, 20.0),
    ],
)
def test_random_float64(name: str, low: float, high: float) -> None:
    x = np.random.default_rng(2).uniform(low, high, 1500)
    assert_within_bound(name, x, exact(name, x))


@pytest.mark.parametrize("name", REGISTRY)
def test_every_float16_nan_stays_nan(name: str) -> None:
    x = all_float16()
    with np.errstate(invalid="ignore"):  # half of the NaN patterns are signalling ones
        output = REGISTRY[name].make().forward(x)
    np.testing.assert_array_equal(np.isnan(output), np.isnan(x))


def test_known_values() -> None:
    sigmoid, tanh = Sigmoid(), Tanh()
    assert sigmoid(0.0) == 0.5
    assert sigmoid.derivative(0.0) == 0.25
    assert tanh(0.0) == 0.0
    assert tanh.derivative(0.0) == 1.0
    assert sigmoid(np.log(3)) == pytest.approx(0.75, rel=1e-15)
    assert tanh(np.log(3)) == pytest.approx(0.8, rel=1e-15)
    assert tanh.derivative(np.log(3)) == pytest.approx(0.36, rel=1e-15)
    for x in (-40.0, 40.0):
        assert sigmoid.derivative(x) == pytest.approx(4.248354255291589e-18, rel=1e-15, abs=0)
        sigmoid.forward(x)
        assert sigmoid.backward(1.0) == sigmoid.derivative(x)
    assert sigmoid(-745.0) == 5e-324


# ReLU and leaky ReLU ------------------------------------------------------------------


ALPHAS = [0, 1, 0.01, 1 / 3, 1.4, -0.5, 1e5, 1e39, 1e-50, 1e300, 5e-324]


def assert_products_rounded(got: Array, numbers: Array, alpha: float) -> None:
    """got is numbers * alpha, rounded to the nearest; half a unit off at the most.

    Narrower products are rounded to float64 first. That can decide between two neighbours
    only where the product lies halfway to within 2**-53, and either is accepted there.
    """
    doubt = Fraction(0) if got.dtype == np.float64 else Fraction(1, 2**53)
    assert got.dtype == numbers.dtype
    for value, number in zip(got.tolist(), numbers.tolist(), strict=True):
        product = Fraction(number) * Fraction(alpha)
        assert value in [
            round_once(product * (1 + off), got.dtype) for off in (-doubt, 0, doubt)
        ]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("alpha", ALPHAS)
def test_leaky_relu_rounds_alpha_and_then_the_product(alpha: float, dtype: Any) -> None:
    with np.errstate(over="ignore"):
        rounded = float(dtype(alpha))
    if np.isinf(rounded):
        pytest.skip("beyond the largest number of this dtype")
    few = np.arange(300).astype(dtype)
    smallest = np.finfo(dtype).smallest_subnormal
    x = np.concatenate([hard_inputs(dtype)[::5], -few, -few * smallest])
    layer = LeakyReLU(alpha)
    with np.errstate(over="ignore"):  # a product may well lie beyond the dtype
        got = layer.forward(x)
        slope = layer.derivative(x)
        gradient = layer.backward(x[::-1])
    closed = x <= 0
    np.testing.assert_array_equal(got[~closed], x[~closed], strict=True)
    assert_products_rounded(got[closed], x[closed], rounded)
    np.testing.assert_array_equal(slope[~closed], 1)
    assert set(slope[closed].tolist()) == {round_once(Fraction(alpha), dtype)}
    np.testing.assert_array_equal(gradient[~closed], x[::-1][~closed])
    assert_products_rounded(gradient[closed], x[::-1][closed], rounded)


# The yardstick ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", REGISTRY)
def test_the_fast_reference_agrees_with_the_exact_one(name: str, dtype: Any) -> None:
    x = hard_inputs(dtype)
    with np.errstate(all="raise", under="ignore"):
        quick = fast(name, x)
    for mine, true in zip(quick, exact_at_hard_inputs(name, dtype), strict=True):
        # 2 ** -29 of a unit of float32 is a whole one of float64. What float64 loses to
        # underflow lies below its own smallest numbers and is nothing in float32.
        small_enough = 2.0**-26 * np.finfo(np.float32).eps
        for value, right in zip(mine.tolist(), true, strict=True):
            assert abs(value - right) <= small_enough * abs(right) + 1e-320


def test_the_yardstick() -> None:
    for dtype in FLOATS:
        info = np.finfo(dtype)
        for number, unit in [
            (1.0, info.eps),
            (1.999, info.eps),
            (-1.0, info.eps),
            (0.75, info.eps / 2),
            (float(info.tiny), info.smallest_subnormal),
            (0.0, info.smallest_subnormal),
        ]:
            true = np.array([dtype(number)])
            three_off = true + dtype(3) * dtype(unit)
            mpf = exact("Tanh", np.zeros(1))[0] + true.astype(float)
            assert ulp_error(true, mpf, dtype) == 0
            assert ulp_error(three_off, mpf, dtype) == 3
            if dtype != np.float64:
                assert ulp_error(three_off, true.astype(float), dtype) == 3
        for wrong in (np.nan, np.inf):
            assert ulp_error(np.array([wrong], dtype), mpf, dtype) == np.inf
    with pytest.raises(ValueError, match="float64"):
        ulp_error(np.ones(1), np.ones(1), np.float32)
