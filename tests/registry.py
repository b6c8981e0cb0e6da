"""The activations under test, and what is known of them from elsewhere than their lessons."""

from collections import namedtuple

import numpy as np
from mpmath import mp
from scipy.special import expit

from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

ALPHA = 0.01

# make: a new layer; truth: value and slope at an mpmath number; fast: the same for arrays, in
# float64, to judge narrower types; bound: the units in the last place that answers may be off;
# values and slopes: their ranges.
Activation = namedtuple("Activation", "make truth fast bound values slopes")

# The slopes are written with cosh, unlike in the lessons, and no formula subtracts.
REGISTRY = {
    "Sigmoid": Activation(
        make=Sigmoid,
        truth=lambda x: (1 / (1 + mp.exp(-x)), 1 / (4 * mp.cosh(x / 2) ** 2)),
        fast=lambda x: (expit(x), expit(x) * expit(-x)),
        bound=6,
        values=(0, 1),
        slopes=(0, 0.25),
    ),
    "Tanh": Activation(
        make=Tanh,
        truth=lambda x: (mp.tanh(x), 1 / mp.cosh(x) ** 2),
        fast=lambda x: (np.tanh(x), 4 * expit(2 * x) * expit(-2 * x)),
        bound=6,
        values=(-1, 1),
        slopes=(0, 1),
    ),
    "ReLU": Activation(
        make=ReLU,
        truth=lambda x: (x, mp.mpf(1)) if x > 0 else (mp.mpf(0), mp.mpf(0)),
        fast=lambda x: (np.where(x > 0, x, 0), np.where(x > 0, 1.0, 0.0)),
        bound=0,
        values=(0, np.inf),
        slopes=(0, 1),
    ),
    "LeakyReLU": Activation(
        make=LeakyReLU,
        truth=lambda x: (x, mp.mpf(1)) if x > 0 else (x * mp.mpf(ALPHA), mp.mpf(ALPHA)),
        fast=lambda x: (np.where(x > 0, x, ALPHA * x), np.where(x > 0, 1.0, ALPHA)),
        bound=1.5 + 2**-29,  # alpha is rounded to the dtype of x first; `fast` is rounded too
        values=(-np.inf, np.inf),
        slopes=(ALPHA, 1),
    ),
}
