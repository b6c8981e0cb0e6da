"""How fast are the layers, the gradient check and the scripts? Not part of the tests.

    python tests/benchmark.py             about a minute, on a machine with nothing else to do

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
from registry import REGISTRY

CHECK_MAY_TAKE = 60  # forward passes
FIRST_TABLE_WITHIN, SCRIPT_WITHIN = 2, 5  # seconds; without those of import torch
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


def passes(name, dtype, limit):
    """Print how long forward and backward take."""
    entry, layer = REGISTRY[name], REGISTRY[name].make()
    x, gradient = np.random.default_rng(0).normal(0, 3, (2, 16_384)).astype(dtype)
    tensor, upstream = torch.tensor(x, requires_grad=True), torch.tensor(gradient)
    function = getattr(torch.nn.functional, entry.torch)
    seconds = take_turns(
        lambda: (layer.forward(x), layer.backward(gradient)),
        lambda: entry.textbook_backward(gradient, x, entry.textbook(x)),
        lambda: torch.autograd.grad(function(tensor), tensor, upstream),
    )
    ratios = np.median(seconds[:, :1] / seconds[:, 1:], axis=0)
    each = f"{1e9 * np.median(seconds[:, 0]) / x.size:.2f} ns per element"
    line = verdict(f"{name} {dtype}", ratios[0], limit)
    print(f"{name:10}{dtype:9}{each:>24}{line:>32}{ratios[1]:14.2f}", flush=True)


def check():
    x, layer = np.random.default_rng(0).normal(size=1_000_000), REGISTRY["Sigmoid"].make()
    seconds = take_turns(lambda: gradient_check(layer, x), lambda: layer.forward(x), rounds=7)
    ratio = np.median(seconds[:, 0] / seconds[:, 1])
    print(f"{'Sigmoid':28}{verdict('check', ratio, CHECK_MAY_TAKE)}", flush=True)


def run(*command):
    """Seconds until the first row of the first table, and until the end."""
    start, first = perf_counter(), None
    command = [sys.executable, *command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ONE_THREAD) as process:
        for line in process.stdout:
            if first is None and set(line.strip()) == {"-"}:  # under a heading
                next(process.stdout)  # the names of the columns
                next(process.stdout)
                first = perf_counter() - start
    if process.returncode:
        sys.exit(f"{command} failed")
    return first, perf_counter() - start


def script(path, rounds=3):
    """Print how long a script takes with --save, the best of some rounds."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = [run(str(path), "--save", folder) for _ in range(rounds)]
    first, whole = np.min(seconds, axis=0)
    if path.name == "activations_torch.py":
        alone, both = (
            min(run("-c", f"import {modules}")[1] for _ in range(rounds))
            for modules in ("numpy", "numpy, torch")
        )
        first, whole = first - (both - alone), whole - (both - alone)
    print(f"{path.name:28}{verdict(f'{path.name}, first table', first, FIRST_TABLE_WITHIN)}")
    print(f"{'':28}{verdict(path.name, whole, SCRIPT_WITHIN)}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("Forward + backward: our time, over the textbook's, over PyTorch's")
    for name, entry in REGISTRY.items():
        for dtype, limit in zip(("float32", "float64"), entry.may_take):
            passes(name, dtype, limit)
    print("\nGradient check of a million elements, in forward passes")
    check()
    print("\nScripts with --save, in seconds: first table, all of it (lesson 5: less import torch)")
    for path in sorted([*ROOT.glob("*_from_scratch.py"), *ROOT.glob("activations_*.py")]):
        script(path)
    print(f"\nMissed: {', '.join(missed) or 'none'}")
    sys.exit(bool(missed))
