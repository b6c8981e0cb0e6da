# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.24", "matplotlib>=3.7"]
# ///
"""Lesson 1 - the sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from activations_utils import FloatArray, as_real_array, upstream_gradient


class Sigmoid:
    """The logistic sigmoid, s(x) = 1 / (1 + exp(-x)), elementwise.

    Everything is computed from its small side, q = s(-|x|) = e / (1 + e) with
    e = exp(-|x|). q lies in [0, 1/2], so that neither exp can overflow nor 1 - q lose a
    digit. By symmetry s(x) is q where x < 0 and 1 - q elsewhere, and the course's slope
    s (1 - s) is q (1 - q).

    Inputs are real numbers of any shape. float16, float32 and float64 keep their dtype,
    anything else becomes float64. Every method leaves its input as it is and returns a new
    array; each value is within 5 units in the last place of the exact one.
    """

    def __init__(self) -> None:
        self._q: Any = None  # set by forward

    def forward(self, x: ArrayLike) -> FloatArray:
        """Return s(x), of the shape of x, and remember what `backward` needs.

        Raises
        ------
        TypeError, ValueError
            x is not an array of real numbers; the layer still holds its last forward.
        """
        x = as_real_array(x)
        q = _small_side(x)
        # |1 - q| where x >= 0, |0 - q| elsewhere: no branch for the processor to mispredict.
        output = np.subtract(x >= 0, q, out=np.empty_like(x))
        np.abs(output, out=output)
        self._q = q
        return output

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        """Return dL/dx = dL/ds * s (1 - s) for the latest forward, in the dtype of its x.

        Parameters
        ----------
        grad_output : array of real numbers, of the shape of forward's output
            dL/ds, the upstream gradient. In a tail where the slope is 0, infinity times
            it is NaN.

        Raises
        ------
        RuntimeError
            There was no forward yet.
        TypeError, ValueError
            grad_output is not an array of real numbers of the output's shape.
        """
        grad_output = upstream_gradient(grad_output, self._q)
        grad_x = _slope(self._q)
        grad_x *= grad_output
        return grad_x

    def derivative(self, x: ArrayLike) -> FloatArray:
        """Return the local slope s'(x) = s(x) (1 - s(x)), at most 1/4; touches no state."""
        return _slope(_small_side(as_real_array(x)))

    __call__ = forward


def _small_side(x: FloatArray) -> FloatArray:
    """s(-|x|) = e / (1 + e), with e = exp(-|x|); in place, for memory costs more than sums."""
    q = np.abs(x, out=np.empty_like(x))
    np.negative(q, out=q)
    np.exp(q, out=q)
    q /= 1 + q
    return q


def _slope(q: FloatArray) -> FloatArray:
    """The course's s (1 - s), on the small side."""
    slope = np.subtract(1, q, out=np.empty_like(q))
    slope *= q
    return slope
