# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.7"]
# ///
"""Lesson 6 - what the lessons share, and the four activations side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]

# --------------------------------------------------------------------------------------
# Input checking: one clear error at the door, before a layer has changed anything
# --------------------------------------------------------------------------------------


def as_real_array(x: ArrayLike, name: str = "x") -> FloatArray:
    """Return x as a float16, float32 or float64 array, without copying where it is one.

    Booleans, integers, lists and Python numbers become float64; other byte orders
    become native. The array may share memory with x: never write to it.

    Raises
    ------
    TypeError
        x holds something other than real numbers (strings, None, complex, dates, objects).
    ValueError
        x is a ragged list, or holds an integer beyond the float64 range.
    """
    try:
        array = np.asarray(x)
        if not hasattr(x, "dtype") and all(type(item) is int for item in array.flat):
            array = array.astype(np.float64)  # integers beyond int64 came as objects
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{name} must be real numbers in an array of regular shape, "
            f"got {type(x).__name__}: {error}"
        ) from error
    if array.dtype in (np.float16, np.float32, np.float64):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    raise TypeError(
        f"{name} must be real numbers (float, int or bool), "
        f"got {type(x).__name__} of dtype {array.dtype}"
    )


def upstream_gradient(
    grad_output: ArrayLike, remembered: NDArray[Any] | None, dtype: Any = None
) -> FloatArray:
    """Return grad_output, checked against what forward remembered.

    Parameters
    ----------
    grad_output : array of the shape of forward's output
        dL/d(output), from the layer above.
    remembered : array or None
        What the layer's latest forward kept, of the same shape; None before any forward.
    dtype : dtype, optional
        The dtype of the result; that of ``remembered`` unless given.

    Raises
    ------
    RuntimeError
        There was no forward yet.
    ValueError
        The shapes differ. Nothing is broadcast: a wrong shape here is nearly always a bug.
    TypeError
        grad_output does not hold real numbers.
    """
    if remembered is None:
        raise RuntimeError("backward has nothing to work with yet: call forward(x) first")
    gradient = as_real_array(grad_output, "grad_output")
    if gradient.shape != remembered.shape:
        raise ValueError(
            f"grad_output must have the shape of forward's output, {remembered.shape}, "
            f"got {gradient.shape}"
        )
    return gradient.astype(remembered.dtype if dtype is None else dtype, copy=False)


# --------------------------------------------------------------------------------------
# Gradient checking
# --------------------------------------------------------------------------------------


def numerical_gradient(func: Callable[[Any], ArrayLike], x: ArrayLike) -> NDArray[np.float64]:
    """Slope of an elementwise function by central differences, (f(x+h) - f(x-h)) / 2h.

    The truncation error falls with h squared and the rounding error grows with 1/h;
    h near the cube root of the machine epsilon, times max(1, |x|), balances the two and
    leaves about ten correct digits. At a kink the answer is the mean of the two slopes.

    Parameters
    ----------
    func : callable
        Elementwise: the output has the shape of its input. Called twice, whatever the size.
    x : array of real numbers, any shape
        Computed with in float64.

    Returns
    -------
    float64 array of the shape of x.

    Raises
    ------
    TypeError, ValueError
        x does not hold real numbers; func does not return one real number per element.
    """
    points = as_real_array(x).astype(np.float64)
    step = np.cbrt(np.finfo(np.float64).eps) * np.maximum(1, np.abs(points))
    above, below = points + step, points - step
    # Divide by the distance between the points as they were rounded, not by 2h.
    return np.asarray((_values(func, above) - _values(func, below)) / (above - below))


def _values(
    func: Callable[[Any], ArrayLike], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """func(points) as float64, of the shape of points; one lone number is spread over all."""
    values = as_real_array(func(points), "the function's output").astype(np.float64)
    if values.shape not in (points.shape, ()):
        raise ValueError(
            f"the function must be elementwise: for an input of shape {points.shape} "
            f"it returned {values.shape}"
        )
    return np.broadcast_to(values, points.shape)


@dataclass(frozen=True)
class GradientCheck:
    """What `gradient_check` found; true in an `if` or an `assert` when it passed.

    Attributes
    ----------
    passed : bool
    max_relative_error : float
        The largest distance between the slope `backward` used and the slope measured,
        relative to that slope (in a saturated tail, to the smallest slope that rounding
        lets a difference resolve). Infinite where `backward` gave NaN or a wrong shape.
    worst_input : float
        The x where that error occurred.
    kinks : int
        How many elements lie on a kink and were judged by its two one-sided slopes.
    """

    passed: bool
    max_relative_error: float
    worst_input: float
    kinks: int

    def __bool__(self) -> bool:
        return self.passed


def gradient_check(
    activation: Any,
    x: ArrayLike | None = None,
    *,
    tolerance: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Compare a layer's `backward` with finite differences of its `forward`, everywhere.

    `backward` runs once, at the precision of x, under a random upstream gradient; dividing
    its answer by that gradient gives the slope it used. `forward` runs in float64 at a few
    points around every element and gives the slope to expect. On a kink the left and the
    right slope differ and whatever lies between them, a subgradient, is right.

    Parameters
    ----------
    activation : object with forward(x) and backward(grad_output), elementwise
        It is left remembering some other input than x.
    x : array of finite real numbers, any shape, optional
        Where to check; by default from one saturated tail to the other, 0 included.
    tolerance : float, optional
        Largest acceptable relative error; 1e-6, or what the precision of x allows.
    seed : int
        Of the random upstream gradient.

    Raises
    ------
    TypeError
        activation has no forward or backward, or x does not hold real numbers.
    ValueError
        x is empty or not finite.

    Notes
    -----
    A few dozen forward passes, however many elements. The practice (centred differences,
    relative error, double precision, distrust of kinks) is that of the Stanford CS231n notes.
    """
    for method in ("forward", "backward"):
        if not callable(getattr(activation, method, None)):
            raise TypeError(f"activation must have a {method} method, got {activation!r}")
    x = _default_inputs() if x is None else as_real_array(x)
    if x.size == 0 or not np.all(np.isfinite(x)):
        raise ValueError("x must hold at least one number, and only finite ones")
    precision = np.finfo(x.dtype)
    if tolerance is None:
        tolerance = max(1e-6, 32 * float(precision.eps))

    points = x.astype(np.float64).ravel()
    slope = _slope_of_backward(activation, x, np.random.default_rng(seed)).ravel()
    measured = _measure_slopes(activation.forward, points)
    # A second, closer look where the two differ noticeably, or the slopes left and right do.
    suspect = measured.kink | ~(_relative_error(slope, measured, tolerance) <= tolerance / 10)
    if suspect.any():
        closer = _measure_slopes(activation.forward, points[suspect], levels=16)
        for kept, new in zip(measured, closer, strict=True):
            kept[suspect] = new

    # What rounding to the precision of x can do to a slope among its subnormal numbers.
    measured.doubt[...] += 8 * float(precision.smallest_subnormal)
    error = _relative_error(slope, measured, tolerance)
    error[np.isnan(error)] = np.inf
    worst = int(np.argmax(error))
    return GradientCheck(
        passed=bool(error[worst] <= tolerance),
        max_relative_error=float(error[worst]),
        worst_input=float(points[worst]),
        kinks=int(measured.kink.sum()),
    )


def _default_inputs() -> NDArray[np.float64]:
    """Middle, saturated tails, the kink at 0 and its close neighbourhood."""
    one_side = np.concatenate([[1e-9, 1e-6, 1e-3], np.arange(1, 121) / 20, [8, 12, 20, 40]])
    return np.concatenate([-one_side[::-1], [0.0], one_side])


def _slope_of_backward(activation: Any, x: FloatArray, rng: np.random.Generator) -> Any:
    """The local slope that backward multiplies by, in float64; NaN if the shape is wrong."""
    # Away from 0 and 1, of both signs: an ignored or misused upstream gradient shows.
    upstream = rng.uniform(1.1, 1.9, x.shape) * rng.choice([-1.0, 1.0], x.shape)
    upstream = np.asarray(upstream).astype(x.dtype)
    activation.forward(x)
    grad_x = np.asarray(activation.backward(upstream), dtype=np.float64)
    if grad_x.shape != x.shape:
        return np.full(x.shape, np.nan)
    return grad_x / upstream


class _MeasuredSlopes(NamedTuple):
    """For each element the interval of right slopes (a point unless on a kink)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    doubt: NDArray[np.float64]  # how far off low and high may be
    kink: NDArray[np.bool_]


def _measure_slopes(
    func: Callable[[Any], ArrayLike], x: NDArray[np.float64], levels: int = 2
) -> _MeasuredSlopes:
    """One-sided differences at `levels` steps, each a quarter of the last.

    Of the levels each element keeps the one it can trust most: where the function curves
    strongly or a kink is near, a small step; where rounding dominates, a large one.
    """
    here = _values(func, x)
    epsilon = np.finfo(as_real_array(func(x[:1])).dtype).eps  # float32 layers are noisier
    step = 2 * epsilon**0.2 * np.maximum(1, np.abs(x))
    best = _MeasuredSlopes(
        low=np.zeros(x.shape),
        high=np.zeros(x.shape),
        doubt=np.full(x.shape, np.inf),
        kink=np.zeros(x.shape, dtype=bool),
    )
    last_center = last_gap = np.full(x.shape, np.inf)  # the first level is in full doubt
    for _ in range(levels):
        above, below = x + step, x - step
        f_above, f_below = _values(func, above), _values(func, below)
        left = (here - f_below) / (x - below)
        right = (f_above - here) / (above - x)
        center, gap = (left + right) / 2, np.abs(right - left)
        size = np.maximum(np.maximum(np.abs(f_above), np.abs(f_below)), np.abs(here))
        noise = 8 * epsilon * np.maximum(size, np.minimum(1, np.abs(x))) / step
        # Central differences err by h^2: two steps give the error away (Richardson).
        correction = (center - last_center) / 15
        # Along a smooth curve the gap shrinks with the step; across a kink it stays.
        kink = (gap > last_gap / 2) & (gap > 4 * noise)
        latest = _MeasuredSlopes(
            low=np.where(kink, np.minimum(left, right), center + correction),
            high=np.where(kink, np.maximum(left, right), center + correction),
            doubt=noise + np.abs(correction),
            kink=kink,
        )
        better = latest.doubt < best.doubt
        for kept, new in zip(best, latest, strict=True):
            kept[better] = new[better]
        last_center, last_gap = center, gap
        step = step / 4
    return best


def _relative_error(
    slope: NDArray[np.float64], measured: _MeasuredSlopes, tolerance: float
) -> NDArray[np.float64]:
    """Distance from slope to the measured interval, relative to the largest slope involved."""
    distance = np.maximum(np.maximum(measured.low - slope, slope - measured.high), 0)
    scale = np.maximum(np.abs(slope), np.maximum(np.abs(measured.low), np.abs(measured.high)))
    # A distance within the doubt counts as at most the tolerance, however small the slope.
    scale = np.maximum(scale, measured.doubt / tolerance)
    return distance / np.where(scale == 0, 1, scale)
