"""Zeros, infinities, NaN and the extremes, and PyTorch's opinion on them."""

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


# PyTorch ------------------------------------------------------------------------------


def pytorch(function: Any, x: Array, upstream: Array) -> tuple[Array, Array]:
    """Output and dL/dx as PyTorch's autograd has them."""
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(x, requires_grad=True)
    output = function(torch.nn.functional)(tensor)
    output.backward(torch.tensor(upstream))
    return output.detach().numpy(), tensor.grad.numpy()


def wide_inputs(dtype: Any) -> tuple[Array, Array]:
    info = np.finfo(dtype)
    extremes = [0, info.smallest_subnormal, info.tiny, info.eps, 1, 3e4, info.max / 4, INF]
    random = np.abs(np.random.default_rng(5).normal(0, 3, 500))
    side = np.concatenate([extremes, random]).astype(dtype)
    x = np.concatenate([side, -side])
    upstream = np.random.default_rng(6).normal(0, 3, x.shape).astype(dtype)
    return x, upstream


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu_against_pytorch(dtype: Any) -> None:
    x, upstream = wide_inputs(dtype)
    output, gradient = pytorch(lambda f: f.relu, x, upstream)
    relu = ReLU()
    np.testing.assert_array_equal(relu.forward(x), output, strict=True)
    np.testing.assert_array_equal(relu.backward(upstream), gradient, strict=True)
    assert relu.derivative(0.0) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_leaky_relu_against_pytorch(alpha: float, dtype: Any) -> None:
    x, upstream = wide_inputs(dtype)
    if alpha == 0:
        finite = ~np.isneginf(x)  # 0 times infinity: NaN, with a warning of NumPy's
        x, upstream = x[finite], upstream[finite]
    output, gradient = pytorch(
        lambda f: lambda tensor: f.leaky_relu(tensor, alpha), x, upstream
    )
    leaky = LeakyReLU(alpha)
    np.testing.assert_array_equal(leaky.forward(x), output, strict=True)
    np.testing.assert_array_equal(leaky.backward(upstream), gradient, strict=True)
    at_zero = pytorch(
        lambda f: lambda tensor: f.leaky_relu(tensor, alpha),
        np.zeros(1, dtype),
        np.ones(1, dtype),
    )[1]
    assert leaky.derivative(np.zeros(1, dtype)) == at_zero == dtype(alpha)


@pytest.mark.parametrize("exploded", [INF, NAN])
def test_pytorch_hides_an_exploded_gradient_behind_a_closed_relu(exploded: float) -> None:
    _, gradient = pytorch(lambda f: f.relu, np.array([-1.0]), np.array([exploded]))
    assert gradient == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("layer", "name"), [(Sigmoid(), "sigmoid"), (Tanh(), "tanh")])
def test_sigmoid_and_tanh_against_pytorch(layer: Any, name: str, dtype: Any) -> None:
    rng = np.random.default_rng(7)
    x = np.concatenate([np.linspace(-8, 8, 801), rng.normal(size=1000)]).astype(dtype)
    upstream = rng.normal(size=x.shape).astype(dtype)
    output, gradient = pytorch(lambda f: getattr(f, name), x, upstream)
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(layer.forward(x), output, rtol=6 * eps, atol=0)
    # s (1 - s) and 1 - t^2, as PyTorch has them, lose digits where s or t nears 1.
    np.testing.assert_allclose(layer.backward(upstream), gradient, rtol=6 * eps, atol=4 * eps)
