"""Zeros, infinities, NaN and the extremes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

Array = NDArray[Any]

INF, NAN = np.inf, np.nan
FLOATS: list[Any] = [np.float16, np.float32, np.float64]
ALPHAS = [0, 1, 0.01, 0.3, 2, -0.5]

every_float = pytest.mark.parametrize("dtype", FLOATS)

# layer, x, value, slope; "max" and "min" are the largest and the smallest positive number
LIMITS: list[tuple[Any, Any, Any, float]] = [
    (Sigmoid(), 0.0, 0.5, 0.25),
    (Sigmoid(), -0.0, 0.5, 0.25),
    (Sigmoid(), INF, 1, 0),
    (Sigmoid(), -INF, 0, 0),
    (Sigmoid(), "max", 1, 0),
    (Sigmoid(), "-max", 0, 0),
    (Sigmoid(), "min", 0.5, 0.25),
    (Sigmoid(), "-min", 0.5, 0.25),
    (Tanh(), 0.0, 0.0, 1),
    (Tanh(), -0.0, -0.0, 1),
    (Tanh(), INF, 1, 0),
    (Tanh(), -INF, -1, 0),
    (Tanh(), "max", 1, 0),
    (Tanh(), "-max", -1, 0),
    (Tanh(), "min", "min", 1),
    (Tanh(), "-min", "-min", 1),
    (ReLU(), 0.0, 0, 0),
    (ReLU(), -0.0, 0, 0),
    (ReLU(), INF, INF, 1),
    (ReLU(), -INF, 0, 0),
    (ReLU(), "max", "max", 1),
    (ReLU(), "-max", 0, 0),
    (ReLU(), "min", "min", 1),
    (ReLU(), "-min", 0, 0),
    (LeakyReLU(0.25), 0.0, 0, 0.25),
    (LeakyReLU(0.25), -0.0, 0, 0.25),
    (LeakyReLU(0.25), INF, INF, 1),
    (LeakyReLU(0.25), -INF, -INF, 0.25),
    (LeakyReLU(0.25), "max", "max", 1),
    (LeakyReLU(0.25), "min", "min", 1),
    (LeakyReLU(0.25), "-min", 0, 0.25),
    (LeakyReLU(0), INF, INF, 1),
    (LeakyReLU(0), "-max", 0, 0),
    (LeakyReLU(1), "-max", "-max", 1),
    (LeakyReLU(1), "-min", "-min", 1),
    (LeakyReLU(-0.5), -INF, INF, -0.5),
    (LeakyReLU(-0.5), INF, INF, 1),
    (LeakyReLU(2), -INF, -INF, 2),
    (LeakyReLU(2), "-min", "-2min", 2),
]


def number(name: Any, dtype: Any) -> Any:
    info = np.finfo(dtype)
    named = {"max": info.max, "-max": -info.max}
    named |= {f"{k}min": dtype(float(f"{k}1") * info.smallest_subnormal) for k in ("", "-")}
    named["-2min"] = -2 * info.smallest_subnormal
    return dtype(named[name] if isinstance(name, str) else name)


def label(case: Any) -> str | None:
    if not hasattr(case, "forward"):
        return None
    return type(case).__name__ + (f"({case.alpha:g})" if hasattr(case, "alpha") else "")


@every_float
@pytest.mark.parametrize(("layer", "x", "value", "slope"), LIMITS, ids=label)
def test_limits(layer: Any, x: Any, value: Any, slope: float, dtype: Any) -> None:
    for count in (1, 33):  # one alone, and enough for the processor's vector instructions
        point = np.full(count, number(x, dtype))
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            output = layer.forward(point)
            derivative = layer.derivative(point)
            gradient = layer.backward(np.ones_like(point))
        np.testing.assert_array_equal(output, number(value, dtype))
        np.testing.assert_array_equal(derivative, dtype(slope))
        np.testing.assert_array_equal(gradient, dtype(slope))
        if isinstance(layer, Tanh):
            np.testing.assert_array_equal(np.signbit(output), np.signbit(point))


@every_float
@pytest.mark.parametrize(
    "layer", [Sigmoid(), Tanh(), ReLU(), *(LeakyReLU(a) for a in ALPHAS)], ids=label
)
def test_nan_comes_out_where_it_went_in(layer: Any, dtype: Any) -> None:
    for count in (1, 40):
        x = np.full(count, NAN, dtype)
        x[1::2] = 1
        output = layer.forward(x)
        np.testing.assert_array_equal(np.isnan(output), np.isnan(x))


# Upstream gradients that exploded -----------------------------------------------------


@every_float
@pytest.mark.parametrize("layer", [ReLU(), LeakyReLU(0)], ids=label)
@pytest.mark.parametrize("exploded", [INF, -INF, NAN])
def test_an_exploded_gradient_stays_visible(exploded: float, layer: Any, dtype: Any) -> None:
    """The docstrings promise NaN behind a closed unit, where PyTorch gives 0."""
    layer.forward(np.array([-1, 0, 1, -1], dtype))
    with np.errstate(invalid="ignore"):
        got = layer.backward(np.array([exploded, exploded, exploded, 1], dtype))
    np.testing.assert_array_equal(got, np.array([NAN, NAN, exploded, 0], dtype))


@pytest.mark.parametrize("layer", [Sigmoid(), Tanh()], ids=label)
def test_infinity_times_a_slope_of_zero_is_nan(layer: Any) -> None:
    layer.forward([-1e4, 0.0, 1e4])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(layer.backward([INF, INF, INF]), [NAN, INF, NAN])
