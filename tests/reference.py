"""True values of the activations, and the yardstick: errors in units in the last place.

`exact` computes with 200 bits and is the judge. `fast` computes with float64, which is far
more than float16 and float32 can tell apart; a test holds it to `exact`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from registry import REGISTRY

PRECISION = 200  # bits; mpmath's exponents are unbounded, so nothing over- or underflows
_EXPONENT_BITS = np.uint64(0x7FF0_0000_0000_0000)


def exact(name: str, x: NDArray[Any]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Values and slopes of a registered activation at finite x, as mpmath numbers."""
    truth = REGISTRY[name].truth
    values, slopes = np.empty(x.shape, object), np.empty(x.shape, object)
    with mp.workprec(PRECISION):
        for i, number in enumerate(x.ravel().tolist()):
            values.flat[i], slopes.flat[i] = truth(mp.mpf(number))
    return values, slopes


def fast(name: str, x: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same for float16 and float32 x, in float64: right to 1e-6 units of float32."""
    return REGISTRY[name].fast(x.astype(np.float64))  # there, float32's subnormals are normal


def ulp_error(got: NDArray[Any], true: NDArray[Any], dtype: Any) -> NDArray[np.float64]:
    """|got - true|, in units in the last place that dtype has in the binade of true.

    true holds mpmath numbers, or float64 where dtype is narrower. Below the normal numbers
    the unit is the smallest subnormal. The error is infinite where got is NaN.
    """
    if got.dtype != dtype or got.shape != true.shape:
        raise ValueError(f"{got.dtype} {got.shape} measured as {dtype} {true.shape}")
    info = np.finfo(dtype)
    if true.dtype == object:
        smallest = info.minexp + info.machep
        error = np.empty(true.shape)
        with mp.workprec(PRECISION):
            for i, (g, t) in enumerate(zip(got.ravel().tolist(), true.flat, strict=True)):
                unit = max(mp.mag(t) - 1 + info.machep, smallest) if t else smallest
                error.flat[i] = mp.ldexp(abs(g - t), -unit)
    else:
        error = np.abs(got - true) / last_place(true, dtype)
    error[np.isnan(error)] = np.inf
    return error


def last_place(true: NDArray[Any], dtype: Any) -> NDArray[np.float64]:
    """The unit in the last place that dtype has in the binade of true."""
    info = np.finfo(dtype)
    # Without its fraction bits a float64 is the power of two that opens its binade.
    binade = (true.astype(np.float64).view(np.uint64) & _EXPONENT_BITS).view(np.float64)
    return np.asarray(np.maximum(binade * float(info.eps), float(info.smallest_subnormal)))


def round_once(true: Fraction, dtype: Any) -> float:
    """The number of dtype nearest to true, ties to even, infinite beyond the largest."""
    if true == 0:
        return 0.0
    info = np.finfo(dtype)
    binade = abs(true.numerator).bit_length() - true.denominator.bit_length()
    if abs(true) < Fraction(2) ** binade:
        binade -= 1
    unit = Fraction(2) ** max(binade + info.machep, info.minexp + info.machep)
    rounded = round(true / unit) * unit  # Python rounds a Fraction half to even
    if abs(rounded) > Fraction(float(info.max)):
        return float("inf") if rounded > 0 else float("-inf")
    return float(rounded)
