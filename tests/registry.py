"""The one list of activations: every test and measuring tool goes by it.

What is in here is tested for its values, slopes, range, dtypes, shapes, memory, refusals and
gradient check; what is not is an error. `test_registry.py` sees that no lesson is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

Array = NDArray[Any]
INF = np.inf
ALPHA = 0.01


class Activation(NamedTuple):
    """An activation, and what is known of it from elsewhere than its lesson."""

    make: Callable[[], Any]
    truth: Callable[[Any], tuple[Any, Any]]  # value and slope at an mpmath number
    fast: Callable[
        [Array], tuple[Array, Array]
    ]  # the same, in float64, to judge narrower types
    bound: float  # units in the last place that values and slopes may be off
    values: tuple[float, float]  # range
    slopes: tuple[float, float]
    rising: bool  # never falls
    textbook: Callable[[Array], tuple[Array, Array]]  # as a course has it: value and slope


def _fast_sigmoid(x: Array) -> tuple[Array, Array]:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e), e / (1 + e) ** 2


def _fast_tanh(x: Array) -> tuple[Array, Array]:
    y = -2 * np.abs(x)
    e = np.exp(y)
    return np.copysign(np.expm1(y) / (1 + e), x), 4 * e / (1 + e) ** 2


def _textbook_sigmoid(x: Array) -> tuple[Array, Array]:
    s = 1 / (1 + np.exp(-x))
    return s, s * (1 - s)


def _textbook_tanh(x: Array) -> tuple[Array, Array]:
    t = np.tanh(x)
    return t, 1 - t * t


class _Registry(dict[str, Activation]):
    def __missing__(self, name: str) -> Activation:
        raise LookupError(f"{name!r} is not in the registry, only {', '.join(self)}")


# The slopes are written with cosh, unlike in the lessons, and no formula subtracts.
REGISTRY = _Registry({
    "Sigmoid": Activation(
        make=Sigmoid,
        truth=lambda x: (1 / (1 + mp.exp(-x)), 1 / (4 * mp.cosh(x / 2) ** 2)),
        fast=_fast_sigmoid,
        bound=6, values=(0, 1), slopes=(0, 0.25), rising=True,
        textbook=_textbook_sigmoid,
    ),
    "Tanh": Activation(
        make=Tanh,
        truth=lambda x: (mp.tanh(x), 1 / mp.cosh(x) ** 2),
        fast=_fast_tanh,
        bound=6, values=(-1, 1), slopes=(0, 1), rising=True,
        textbook=_textbook_tanh,
    ),
    "ReLU": Activation(
        make=ReLU,
        truth=lambda x: (x, mp.mpf(1)) if x > 0 else (mp.mpf(0), mp.mpf(0)),
        fast=lambda x: (np.where(x > 0, x, 0), np.where(x > 0, 1.0, 0.0)),
        bound=0, values=(0, INF), slopes=(0, 1), rising=True,
        textbook=lambda x: (x * (x > 0), (x > 0).astype(x.dtype)),
    ),
    "LeakyReLU": Activation(
        make=lambda: LeakyReLU(ALPHA),
        truth=lambda x: (x, mp.mpf(1)) if x > 0 else (x * mp.mpf(ALPHA), mp.mpf(ALPHA)),
        fast=lambda x: (np.where(x > 0, x, ALPHA * x), np.where(x > 0, 1.0, ALPHA)),
        bound=1.5 + 2**-29,  # alpha is rounded to the dtype of x first
        values=(-INF, INF), slopes=(ALPHA, 1), rising=True,
        textbook=lambda x: (
            np.where(x > 0, x, ALPHA * x),
            np.where(x > 0, np.ones(1, x.dtype), np.full(1, ALPHA, x.dtype)),
        ),
    ),
})  # fmt: skip

SMOOTH = [name for name, activation in REGISTRY.items() if activation.bound > 1]
