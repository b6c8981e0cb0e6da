"""Print the worst error of several sigmoids and tanhs, in units in the last place.

Run it:  python tests/accuracy.py

Measured at 24,000 inputs of each precision, dense around 0 and out into both tails as far as
the true values are not 0, against 200-bit references. About ten seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reference import exact, ulp_error
from registry import REGISTRY, SMOOTH

Array = NDArray[Any]
REACH = {np.float16: 20.0, np.float32: 120.0, np.float64: 800.0}


def inputs(dtype: Any) -> Array:
    """Evenly spaced, normal, and of every order of magnitude, with both signs."""
    rng, reach = np.random.default_rng(0), REACH[dtype]
    tiny = float(np.finfo(dtype).smallest_subnormal)
    magnitudes = np.exp(rng.uniform(np.log(tiny), np.log(reach), 8000)) * rng.choice(
        [-1, 1], 8000
    )
    return np.concatenate(
        [np.linspace(-reach, reach, 8000), rng.normal(0, 4, 8000), magnitudes]
    ).astype(dtype)


def by_torch(function: Callable[..., Any], x: Array) -> tuple[Array, Array]:
    tensor = torch.tensor(x, requires_grad=True)
    output = function(tensor)
    output.sum().backward()
    return output.detach().numpy(), np.asarray(tensor.grad)


def by_output(
    function: Callable[[Array], Array], slope: Callable[[Array], Array], x: Array
) -> Any:
    output = function(x).astype(x.dtype)
    return output, slope(output)


def ours(name: str, x: Array) -> tuple[Array, Array]:
    layer = REGISTRY[name].make()
    return layer(x), layer.derivative(x)


def quotient(x: Array) -> Array:
    return (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))


def logistic(s: Array) -> Array:
    return s * (1 - s)


def squared(t: Array) -> Array:
    return 1 - t * t


CONTENDERS: dict[str, dict[str, Callable[[Array], Any]]] = {
    "Sigmoid": {
        "textbook, 1/(1+exp(-x)), s*(1-s)": REGISTRY["Sigmoid"].textbook,
        "SciPy expit, s*(1-s)": lambda x: by_output(expit, logistic, x),
        "PyTorch": lambda x: by_torch(torch.sigmoid, x),
    },
    "Tanh": {
        "textbook, (e^x-e^-x)/(e^x+e^-x), 1-t*t": lambda x: by_output(quotient, squared, x),
        "NumPy tanh, 1-t*t": REGISTRY["Tanh"].textbook,
        "PyTorch": lambda x: by_torch(torch.tanh, x),
    },
}


def written(error: float) -> str:
    if np.isinf(error):
        return "NaN"
    return f"{error:.1f}" if error < 100 else f"{error:.0e}"


def main() -> None:
    columns = [f"{what} {dtype.__name__}" for dtype in REACH for what in ("output", "slope")]
    print(f"| | {' | '.join(columns)} |")
    print(f"| --- |{' ---: |' * len(columns)}")
    cases = {
        (name, dtype): (x, exact(name, x))
        for dtype in REACH
        for x in [inputs(dtype)]
        for name in SMOOTH
    }
    for name in SMOOTH:
        contenders: dict[str, Any] = {"ours": partial(ours, name), **CONTENDERS.get(name, {})}
        for label, compute in contenders.items():
            cells = []
            for dtype in REACH:
                x, trues = cases[name, dtype]
                with np.errstate(all="ignore"):
                    for got, true in zip(compute(x), trues, strict=True):
                        cells.append(written(float(ulp_error(got, true, dtype).max())))
            print(f"| {name.lower()}: {label} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
