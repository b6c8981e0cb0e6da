"""The activations under test, and all that is known of them from elsewhere than their lessons.

A fifth activation is one more class here, and its name in REGISTRY at the end.
"""

import numpy as np
from mpmath import mp
from scipy.special import expit

import leaky_relu_from_scratch
import relu_from_scratch
import sigmoid_from_scratch
import tanh_from_scratch

ALPHA = 0.01
INF = np.inf

# Every class answers the same questions:
#   make()         a new layer: the lesson's class
#   truth(x)       value and slope at a number of mpmath
#   fast(x)        the same for arrays of float64, to judge narrower types
#   bound          by how many units in the last place answers may be off
#   values         the lowest and the highest value; slopes likewise
#   limits         rows of inputs, their value and their slope; "max" and "min" are the largest and
#                  the smallest positive number of a dtype, and the value "x" is the input itself
#   spans          where random float64 inputs are worth a try
#   torch          its name in torch.nn.functional; torch_right: from where to where PyTorch's
#                  slopes keep their digits
#   textbook(x)    what books say; textbook_backward(g, x, y) for upstream gradients g, outputs y
#   may_take       how many times the textbook's time: float32, float64
# The slopes are written with cosh, unlike in the lessons, and no formula of truth or fast subtracts
# numbers that are nearly equal.


class Sigmoid:
    make = sigmoid_from_scratch.Sigmoid
    bound, values, slopes = 6, (0, 1), (0, 0.25)
    limits = (
        ([0.0, -0.0, "min", "-min"], 0.5, 0.25),
        ([INF, "max"], 1, 0),
        ([-INF, "-max"], 0, 0),
    )
    spans = ((-746, -700), (-40, 40))  # into the subnormal values and out of them to 0; the middle
    torch, torch_right = "sigmoid", (-700, 2)
    may_take = (2.5, 2.5)

    def truth(self, x):
        return 1 / (1 + mp.exp(-x)), 1 / (4 * mp.cosh(x / 2) ** 2)

    def fast(self, x):
        return expit(x), expit(x) * expit(-x)

    def textbook(self, x):
        return 1 / (1 + np.exp(-x))

    def textbook_backward(self, g, x, y):
        return g * y * (1 - y)


class Tanh:
    make = tanh_from_scratch.Tanh
    bound, values, slopes = 6, (-1, 1), (0, 1)
    limits = (([0.0, -0.0, "min", "-min"], "x", 1), ([INF, "max"], 1, 0), ([-INF, "-max"], -1, 0))
    spans = ((350, 374), (-0.6, 0.6))  # subnormal slopes; where 1 - exp(-2|x|) cancels
    torch, torch_right = "tanh", (-2, 2)
    may_take = (6, 3.5)

    def truth(self, x):
        return mp.tanh(x), 1 / mp.cosh(x) ** 2

    def fast(self, x):
        return np.tanh(x), 4 * expit(2 * x) * expit(-2 * x)

    def textbook(self, x):
        return np.tanh(x)

    def textbook_backward(self, g, x, y):
        return g * (1 - y * y)


class ReLU:
    make = relu_from_scratch.ReLU
    bound, values, slopes = 0, (0, INF), (0, 1)
    limits = (([0.0, -0.0, "-min", "-max", -INF], 0, 0), (["min", "max", INF], "x", 1))
    spans = ((-10, 10),)
    torch, torch_right = "relu", (-99, 99)
    may_take = (1.2, 1.2)

    def truth(self, x):
        return (x, mp.mpf(1)) if x > 0 else (mp.mpf(0), mp.mpf(0))

    def fast(self, x):
        return np.where(x > 0, x, 0), np.where(x > 0, 1.0, 0.0)

    def textbook(self, x):
        return np.maximum(x, 0)

    def textbook_backward(self, g, x, y):
        return g * (x > 0)


class LeakyReLU:
    make = leaky_relu_from_scratch.LeakyReLU
    bound = 1.5 + 2**-29  # alpha is rounded to the dtype of x first; `fast` is rounded too
    values, slopes = (-INF, INF), (ALPHA, 1)
    limits = (
        ([0.0, -0.0, "-min"], 0, ALPHA),
        ([-INF], "x", ALPHA),
        (["min", "max", INF], "x", 1),
    )
    spans = ((-10, 10),)
    torch, torch_right = "leaky_relu", (-99, 99)
    may_take = (0.5, 0.5)

    def truth(self, x):
        return (x, mp.mpf(1)) if x > 0 else (x * mp.mpf(ALPHA), mp.mpf(ALPHA))

    def fast(self, x):
        return np.where(x > 0, x, ALPHA * x), np.where(x > 0, 1.0, ALPHA)

    def textbook(self, x):
        return np.where(x > 0, x, ALPHA * x)

    def textbook_backward(self, g, x, y):
        return g * np.where(x > 0, x.dtype.type(1), x.dtype.type(ALPHA))


REGISTRY = {entry.__name__: entry() for entry in (Sigmoid, Tanh, ReLU, LeakyReLU)}
