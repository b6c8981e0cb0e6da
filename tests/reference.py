"""True values of the activations, and the yardstick: errors in units in the last place.

`exact` computes with 200 bits and is the judge. `fast` computes with float64, which is far
more than float16 and float32 can tell apart; a test holds it to `exact`.
"""

import numpy as np
from mpmath import mp

from registry import REGISTRY

PRECISION = 200  # bits; mpmath's exponents are unbounded, so nothing over- or underflows


def exact(name, x):
    """Values and slopes of a registered activation at finite x, as mpmath numbers."""
    values, slopes = np.empty(x.shape, object), np.empty(x.shape, object)
    with mp.workprec(PRECISION):
        for i, number in enumerate(x.ravel().tolist()):
            values.flat[i], slopes.flat[i] = REGISTRY[name].truth(mp.mpf(number))
    return values, slopes


def fast(name, x):
    """The same for float16 and float32 x, in float64: right to 1e-6 units of float32."""
    return REGISTRY[name].fast(x.astype(np.float64))


def ulp_error(got, true):
    """|got - true|, in units in the last place that got's dtype has in the binade of true.

    true holds mpmath numbers, or float64 where the dtype is narrower. Below the normal numbers
    the unit is the smallest subnormal. The error is infinite where got is not finite and true is.
    """
    info = np.finfo(got.dtype)
    smallest = info.minexp + info.machep
    if true.dtype == object:
        error = np.empty(true.shape)
        with mp.workprec(PRECISION):
            for i, (g, t) in enumerate(zip(got.ravel().tolist(), true.flat, strict=True)):
                unit = max(mp.mag(t) - 1 + info.machep, smallest) if t else smallest
                error.flat[i] = mp.ldexp(abs(g - t), -unit)
    else:
        unit = np.maximum(np.frexp(true)[1] - 1 + info.machep, smallest)
        error = np.ldexp(np.abs(got - true), -unit)
        error[got == true] = 0  # both may be infinite
    error[np.isnan(error)] = np.inf
    return error
