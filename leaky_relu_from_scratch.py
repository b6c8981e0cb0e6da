# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.7"]
# ///
"""Lesson 4 - leaky ReLU."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activations_utils import FloatArray, as_real_array, upstream_gradient


class LeakyReLU:
    """The leaky rectified linear unit, x where x > 0 and alpha * x elsewhere, elementwise.

    Its slope is 1 for x > 0 and alpha for x <= 0. alpha = 0 is ReLU, alpha = 1 the identity.

    Inputs are real numbers of any shape. float16, float32 and float64 keep their dtype,
    anything else becomes float64. Every method leaves its input as it is and returns a new
    array. Products with alpha are formed in float64 and then rounded to the dtype: alpha
    itself need not fit into a float16 or float32.

    Parameters
    ----------
    alpha : finite real number
        The slope on the left, 0.01 as in Maas, Hannun & Ng (2013) unless given. Usually
        between 0 and 1, but any finite value is right.

    Raises
    ------
    TypeError
        alpha is not a real number.
    ValueError
        alpha is not one number, or not finite.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        checked = as_real_array(alpha, "alpha")
        if checked.ndim != 0 or not math.isfinite(checked):
            raise ValueError(f"alpha must be one finite real number, got {alpha!r}")
        self.alpha = float(checked)
        self._slope: Any = None  # set by forward
        self._dtype: Any = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return max(x, 0) + alpha * min(x, 0) and remember what `backward` needs.

        Raises
        ------
        TypeError, ValueError
            x is not an array of real numbers; the layer still holds its last forward.
        """
        x = as_real_array(x)
        slope = self._local_slope(x)
        if self.alpha == 0:
            x = np.maximum(x, 0)  # 0 * -inf would be NaN; its limit is 0
        output = np.multiply(x, slope, out=np.empty_like(x), casting="same_kind")
        self._slope, self._dtype = slope, x.dtype
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/d(output) times the slope at the latest x, in the dtype of x.

        Parameters
        ----------
        grad_output : array of real numbers, of the shape of forward's output
            The upstream gradient. With alpha = 0, infinity or NaN arriving at a closed
            unit gives NaN (0 * inf), as in `ReLU`.

        Raises
        ------
        RuntimeError
            There was no forward yet.
        TypeError, ValueError
            grad_output is not an array of real numbers of the output's shape.
        """
        grad_output = upstream_gradient(grad_output, self._slope, self._dtype)
        grad_x = np.empty_like(grad_output)
        np.multiply(grad_output, self._slope, out=grad_x, casting="same_kind")
        return grad_x

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return the local slope: 1 where x > 0, alpha elsewhere; touches no state."""
        x = as_real_array(x)
        return self._local_slope(x).astype(x.dtype, copy=False)

    __call__ = forward

    def _local_slope(self, x: FloatArray) -> NDArray[np.float64]:
        """1 where x > 0 and alpha elsewhere, in float64 whatever the dtype of x."""
        positive = x > 0
        # Sums of 1 * 0 or 0 * alpha are exact, and quicker than picking with np.where.
        slope = np.multiply(~positive, self.alpha, out=np.empty_like(x, dtype=np.float64))
        slope += positive
        return slope
