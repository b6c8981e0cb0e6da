# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.7"]
# ///
"""Lesson 3 - ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from activations_utils import FloatArray, as_real_array, upstream_gradient


class ReLU:
    """The rectified linear unit, max(0, x), elementwise.

    Its slope is 1 for x > 0 and 0 for x <= 0 (at the kink in 0 any slope from 0 to 1 is a
    subgradient; like PyTorch, the course takes 0).

    Inputs are real numbers of any shape. float16, float32 and float64 keep their dtype,
    anything else becomes float64. Every method leaves its input as it is and returns a new
    array; all values are exact.
    """

    def __init__(self) -> None:
        self._active: Any = None  # set by forward
        self._dtype: Any = None

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return max(0, x), of the shape of x, and remember what `backward` needs.

        Raises
        ------
        TypeError, ValueError
            x is not an array of real numbers; the layer still holds its last forward.
        """
        x = as_real_array(x)
        output = np.zeros_like(x)
        np.maximum(x, output, out=output)
        self._active, self._dtype = x > 0, x.dtype
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx: dL/d(output) where the latest x was positive, 0 elsewhere.

        The result has the dtype of that x.

        Parameters
        ----------
        grad_output : array of real numbers, of the shape of forward's output
            The upstream gradient. It is multiplied by the slope, as in every layer here:
            infinity or NaN arriving at a closed unit gives NaN (0 * inf), so that an
            exploded gradient stays visible. PyTorch gives 0.

        Raises
        ------
        RuntimeError
            There was no forward yet.
        TypeError, ValueError
            grad_output is not an array of real numbers of the output's shape.
        """
        grad_output = upstream_gradient(grad_output, self._active, self._dtype)
        grad_x = np.empty_like(grad_output)
        np.multiply(grad_output, self._active, out=grad_x)
        return grad_x

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return the local slope: 1 where x > 0, 0 elsewhere; touches no state."""
        x = as_real_array(x)
        return np.asarray(x > 0).astype(x.dtype)

    __call__ = forward
