"""How fast are the layers, the gradient check and the scripts? Not part of the tests.

    python tests/benchmark.py                 about a minute, on a machine with nothing else to do

Competitors take turns, so that a slow spell hits all of them, and a ratio is the median of the
rounds' ratios. Forward and backward passes work on 16,384 elements, few enough to stay in the
cache and on the heap, with signs that no processor can predict, on one thread. Seconds are
those of a clock on the wall: on a busy machine the scripts take longer.
"""

# ruff: noqa: E402

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from activations_utils import gradient_check
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

ALPHA = 0.01
TEXTBOOK = {  # forward, and backward from the upstream gradient, the input and the output
    "Sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda g, x, y: g * y * (1 - y)),
    "Tanh": (np.tanh, lambda g, x, y: g * (1 - y * y)),
    "ReLU": (lambda x: np.maximum(x, 0), lambda g, x, y: g * (x > 0)),
    "LeakyReLU": (
        lambda x: np.where(x > 0, x, ALPHA * x),
        lambda g, x, y: g * np.where(x > 0, x.dtype.type(1), x.dtype.type(ALPHA)),
    ),
}
LAYERS = {"Sigmoid": Sigmoid(), "Tanh": Tanh(), "ReLU": ReLU(), "LeakyReLU": LeakyReLU(ALPHA)}
LIMITS = {  # of our time over the textbook's
    ("Sigmoid", "float32"): 2.5, ("Sigmoid", "float64"): 2.5,
    ("Tanh", "float32"): 6, ("Tanh", "float64"): 3.5,
    ("ReLU", "float32"): 1.2, ("ReLU", "float64"): 1.2,
    ("LeakyReLU", "float32"): 0.5, ("LeakyReLU", "float64"): 0.5,
}  # fmt: skip
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
missed = []


def take_turns(*calls, rounds=60, least=1e-3):
    """Seconds of each call in each round: (rounds, calls). A turn lasts least seconds or more."""
    repeats = []
    for call in calls:
        start = perf_counter()
        call()
        call()
        repeats.append(1 + int(2 * least / (perf_counter() - start)))
    seconds = np.empty((rounds, len(calls)))
    for i in range(rounds):
        for j in range(len(calls))[:: 1 if i % 2 else -1]:
            start = perf_counter()
            for _ in range(repeats[j]):
                calls[j]()
            seconds[i, j] = (perf_counter() - start) / repeats[j]
    return seconds


def verdict(what, figure, limit):
    if figure > limit:
        missed.append(what)
    return f"{figure:6.2f}   limit {limit:g}{'   MISSED' if figure > limit else ''}"


def in_torch(name, x, gradient):
    """Forward and backward pass of PyTorch, by autograd, as a call."""
    module = torch.nn.LeakyReLU(ALPHA) if name == "LeakyReLU" else getattr(torch.nn, name)()
    x, gradient = torch.tensor(x, requires_grad=True), torch.tensor(gradient)
    return lambda: torch.autograd.grad(module(x), x, gradient)


def passes():
    print("Forward + backward: our time, over the textbook's, over PyTorch's")
    rng = np.random.default_rng(0)
    for (name, dtype), limit in LIMITS.items():
        x, gradient = rng.normal(0, 3, (2, 16_384)).astype(dtype)
        layer, (forward, backward) = LAYERS[name], TEXTBOOK[name]
        seconds = take_turns(
            lambda: (layer.forward(x), layer.backward(gradient)),
            lambda: backward(gradient, x, forward(x)),
            in_torch(name, x, gradient),
        )
        ratios = np.median(seconds[:, :1] / seconds[:, 1:], axis=0)
        each = f"{1e9 * np.median(seconds[:, 0]) / x.size:.2f} ns per element"
        line = verdict(f"{name} {dtype}", ratios[0], limit)
        print(f"{name:10}{dtype:9}{each:>24}{line:>32}{ratios[1]:14.2f}", flush=True)


def checks():
    print("\nGradient check of a million elements, in forward passes")
    x = np.random.default_rng(0).normal(size=1_000_000)
    for name in ("Sigmoid", "ReLU"):
        layer = LAYERS[name]
        seconds = take_turns(lambda: gradient_check(layer, x), lambda: layer.forward(x), rounds=7)
        ratio = np.median(seconds[:, 0] / seconds[:, 1])
        bare = f"{ratio:6.2f}   (a forward pass that does next to nothing)"
        print(f"{name:10}{verdict('check', ratio, 30) if name == 'Sigmoid' else bare}", flush=True)


def seconds_of(*command):
    start = perf_counter()
    subprocess.run(
        [sys.executable, *command], check=True, stdout=subprocess.DEVNULL, env=ONE_THREAD
    )
    return perf_counter() - start


def scripts(rounds=3):
    print(
        "\nWhole scripts with --save, in seconds, the best of three (lesson 5: less import torch)"
    )
    paths = [*ROOT.glob("*_from_scratch.py"), *ROOT.glob("activations_*.py")]
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(paths):
            best = min(seconds_of(str(path), "--save", folder) for _ in range(rounds))
            if path.name == "activations_torch.py":
                numpy, both = (
                    min(seconds_of("-c", f"import {names}") for _ in range(rounds))
                    for names in ("numpy", "numpy, torch")
                )
                best -= both - numpy
            print(f"{path.name:28}{verdict(path.name, best, 5)}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    passes()
    checks()
    scripts()
    print(f"\nMissed: {', '.join(missed) or 'none'}")
    sys.exit(bool(missed))
