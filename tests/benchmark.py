"""How fast are the layers, beside the textbook formulas, SciPy and PyTorch?

    python tests/benchmark.py            about 50 s
    python tests/benchmark.py --quick    a few seconds: does it run?

Inputs are drawn from N(0, 3), so that signs are random and no branch is predictable; the
upstream gradient is drawn once and kept. Everything runs on one thread.

The machine may be busy with other things, so the competitors take turns: a round runs each
of them once (small arrays: many times, until a turn lasts a millisecond), every other round
in reverse order, after a warm-up. A time is the median over the rounds; a ratio is the median
of the ratios within each round, which a slow spell hits on both sides of the fraction.

A call returns new arrays. Allocating them, page faults included, is part of what is measured.
One large array is allocated and freed beforehand: from then on glibc keeps freed blocks of up
to that size for reuse. Without it the accidents of the heap decide whether each call returns
its memory to the system and faults it in again, and a ratio may be 0.4 one day, 1.4 the next.
"Both" passes are a forward whose output is kept while backward runs, as in training.
PyTorch is measured without its autograd tape: the forward operator, then the very ATen
operator that autograd would call (aten::sigmoid_backward and so on).
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import platform
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from activations_utils import gradient_check
from registry import ALPHA, REGISTRY

DTYPES = ("float32", "float64")
TARGET_SIZE = 65_536

Array = NDArray[Any]


def optional(module: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


scipy_special = optional("scipy.special")
torch = optional("torch")


class Pair(NamedTuple):
    """A forward pass, and the backward pass that goes with it."""

    forward: Callable[[Any], Any]  # x -> y
    backward: Callable[[Any, Any, Any], Any]  # g, x, y -> dL/dx

    def both(self, x: Any, g: Any) -> Any:
        y = self.forward(x)
        return self.backward(g, x, y)


class Contest(NamedTuple):
    layer: Callable[[], Any]
    textbook: Pair
    torch: Pair | None
    targets: dict[str, float]  # dtype -> largest ratio ours / textbook, both passes


def textbook_leaky_slope(x: Array) -> Array:
    one, alpha = np.array([1, ALPHA], x.dtype)
    slope: Array = np.where(x > 0, one, alpha)
    return slope


def torch_pairs() -> dict[str, Pair]:
    if torch is None:
        return {}
    aten, leaky = torch.ops.aten, torch.nn.functional.leaky_relu
    return {
        "Sigmoid": Pair(torch.sigmoid, lambda g, x, y: aten.sigmoid_backward(g, y)),
        "Tanh": Pair(torch.tanh, lambda g, x, y: aten.tanh_backward(g, y)),
        "ReLU": Pair(torch.relu, lambda g, x, y: aten.threshold_backward(g, x, 0)),
        "LeakyReLU": Pair(
            lambda x: leaky(x, ALPHA),
            lambda g, x, y: aten.leaky_relu_backward(g, x, ALPHA, False),
        ),
    }


def contests() -> dict[str, Contest]:
    built_in = torch_pairs()
    sigmoid = Pair(lambda x: 1 / (1 + np.exp(-x)), lambda g, x, y: g * y * (1 - y))
    tanh = Pair(np.tanh, lambda g, x, y: g * (1 - y * y))
    relu = Pair(lambda x: x * (x > 0), lambda g, x, y: g * (x > 0))
    leaky = Pair(
        lambda x: np.where(x > 0, x, ALPHA * x), lambda g, x, y: g * textbook_leaky_slope(x)
    )
    textbooks = {"Sigmoid": sigmoid, "Tanh": tanh, "ReLU": relu, "LeakyReLU": leaky}
    targets = {  # float32, float64
        "Sigmoid": (2.5, 2.5), "Tanh": (6.0, 2.7), "ReLU": (1.5, 1.3), "LeakyReLU": (1.0, 1.0),
    }  # fmt: skip
    return {
        name: Contest(
            activation.make,
            textbooks[name],
            built_in.get(name),
            dict(zip(DTYPES, targets[name], strict=True)),
        )
        for name, activation in REGISTRY.items()
    }


def normal(dtype: str, size: int, scale: float, seed: int) -> Array:
    return np.random.default_rng(seed).normal(0, scale, size).astype(dtype)


# --------------------------------------------------------------------------------------
# Measuring
# --------------------------------------------------------------------------------------


def take_turns(
    calls: dict[str, Callable[[], object]], seconds: float, least_rounds: int = 5
) -> dict[str, NDArray[np.float64]]:
    """Nanoseconds that one call takes: name -> one number per round."""

    def turn(call: Callable[[], object], repeats: int) -> float:
        start = time.perf_counter_ns()
        for _ in range(repeats):
            call()
        return (time.perf_counter_ns() - start) / repeats

    repeats = {}
    for name, call in calls.items():
        turn(call, 2)  # warm-up
        repeats[name] = math.ceil(1e6 / turn(call, 1))
    times: dict[str, list[float]] = {name: [] for name in calls}
    order, rounds = list(calls), 0
    end = time.perf_counter() + seconds
    while rounds < least_rounds or time.perf_counter() < end:
        for name in order:
            times[name].append(turn(calls[name], repeats[name]))
        order.reverse()
        rounds += 1
    return {name: np.array(values) for name, values in times.items()}


def ways_to_compute(name: str, contest: Contest, x: Array, g: Array) -> dict[str, Any]:
    layer, after_forward = contest.layer(), contest.layer()
    after_forward.forward(x)
    ours = Pair(layer.forward, lambda g, x, y: layer.backward(g))
    calls: dict[str, Callable[[], object]] = {
        "forward": lambda: layer.forward(x),
        "backward": lambda: after_forward.backward(g),
        "ours": lambda: ours.both(x, g),
        "textbook": lambda: contest.textbook.both(x, g),
        "copy": x.copy,
    }
    if contest.torch is not None:
        pair, x_torch, g_torch = contest.torch, torch.from_numpy(x), torch.from_numpy(g)
        calls["torch"] = lambda: pair.both(x_torch, g_torch)
    if name == "Sigmoid" and scipy_special is not None:
        calls["textbook forward"] = lambda: contest.textbook.forward(x)
        calls["expit"] = lambda: scipy_special.expit(x)
    return calls


def peak_memory(run: Callable[[], object]) -> int:
    """Most bytes held at a time while run() runs, beyond those held before."""
    run()  # whatever Python and NumPy set up once
    tracemalloc.start()
    try:
        result = run()  # noqa: F841  (kept alive)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def loop_over_elements(layer: Any, x: Array) -> float:
    """The checker of many courses: nudges one element at a time and runs the whole array."""
    layer.forward(x)
    slopes = layer.backward(np.ones_like(x))
    worst, step = 0.0, 1e-5
    for i in range(x.size):
        kept = x[i]
        x[i] = kept + step
        above = layer.forward(x).sum()
        x[i] = kept - step
        below = layer.forward(x).sum()
        x[i] = kept
        worst = max(worst, abs((above - below) / (2 * step) - slopes[i]))
    return worst


# --------------------------------------------------------------------------------------
# Reporting
# --------------------------------------------------------------------------------------


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A Markdown table whose columns also line up in a terminal; numbers to the right."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    left = [not any(row[i][:1].isdigit() for row in rows) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(cells, widths, left, strict=True)
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * width if is_left else "-" * (width - 1) + ":"
        for width, is_left in zip(widths, left, strict=True)
    ]
    print(f"\n{title}\n", *map(line, (header, rule, *rows)), sep="\n", flush=True)


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    try:
        found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
        simd = " ".join(found) or "baseline only"
    except (TypeError, KeyError):  # NumPy before 1.26 only prints it
        simd = "unknown"
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__} (SIMD: {simd})"]
    for label, name in (("SciPy", "scipy"), ("torch", "torch")):
        module = optional(name)
        versions.append(f"{label} {module.__version__ if module else '-'}")
    return f"{cpu}, {os.cpu_count()} cores\n{', '.join(versions)}"


def verdict(ratio: float, target: float | None) -> str:
    if target is None:
        return "-"
    missed_by = round(ratio, 2) - target
    return f"{target:.1f} met" if missed_by <= 0 else f"{target:.1f} missed by {missed_by:.2f}"


def report_speed(sizes: Sequence[int], seconds: float) -> None:
    times, ratios = [], []
    for name, contest in contests().items():
        for dtype in DTYPES:
            for size in sizes:
                x, g = normal(dtype, size, 3, seed=0), normal(dtype, size, 1, seed=1)
                spent = take_turns(ways_to_compute(name, contest, x, g), seconds)

                def each(key: str, spent: Any = spent, size: int = size) -> str:
                    return f"{np.median(spent[key]) / size:.2f}" if key in spent else "-"

                def ratio(key: str, to: str = "textbook", spent: Any = spent) -> str:
                    return f"{np.median(spent[key] / spent[to]):.2f}" if key in spent else "-"

                row = [name, dtype, f"{size:,}"]
                keys = ("forward", "backward", "ours", "textbook", "torch", "expit", "copy")
                times.append([*row, *map(each, keys)])
                low, median, high = np.quantile(
                    spent["ours"] / spent["textbook"], [0.25, 0.5, 0.75]
                )
                target = contest.targets.get(dtype) if size == TARGET_SIZE else None
                ratios.append(
                    [
                        *row,
                        f"{median:.2f}",
                        f"{low:.2f}-{high:.2f}",
                        verdict(float(median), target),
                        ratio("torch"),
                        ratio("expit", to="textbook forward"),
                        ratio("copy"),
                    ]
                )
    what = ["activation", "dtype", "elements"]
    print_table(
        "Nanoseconds per element (expit: forward only; copy: the floor)",
        [*what, "forward", "backward", "both", "textbook", "torch", "expit", "copy"],
        times,
    )
    print_table(
        "Ratio to the textbook formulas, both passes (expit: forward only)",
        [*what, "ours", "quartiles", "target", "torch", "expit", "copy"],
        ratios,
    )


def report_gradient_check(
    sizes: Sequence[int], loop_sizes: Sequence[int], budget: float
) -> None:
    rows = []

    def add_row(checker: str, layer: Any, size: int, check: Callable[[Array], object]) -> None:
        x = normal("float64", size, 1, seed=2)
        calls = {"check": lambda: check(x), "forward": lambda: layer.forward(x)}
        spent = take_turns(calls, budget, least_rounds=3)
        seconds = np.median(spent["check"]) / 1e9
        passes = np.median(spent["check"] / spent["forward"])
        per_element = f"{seconds / size * 1e6:.2f}"
        name = type(layer).__name__
        rows.append(
            [checker, name, f"{size:,}", f"{seconds:.4f}", per_element, f"{passes:,.0f}"]
        )

    smooth, kinked = (REGISTRY[name].make() for name in ("Sigmoid", "ReLU"))
    for layer in (smooth, kinked):
        for size in sizes:
            add_row("gradient_check", layer, size, partial(gradient_check, layer))
    for size in loop_sizes:
        add_row("loop", smooth, size, partial(loop_over_elements, smooth))
    print_table(
        "Checking gradients, float64 (loop: one element nudged at a time)",
        ["checker", "layer", "elements", "seconds", "us per element", "in forward passes"],
        rows,
    )


def report_memory(size: int) -> None:
    rows = []
    for name, contest in contests().items():
        for dtype in DTYPES:
            x, g = normal(dtype, size, 3, seed=0), normal(dtype, size, 1, seed=1)

            def run_ours(backward: bool, x: Array = x, g: Array = g, c: Any = contest) -> Any:
                layer = c.layer()
                y = layer.forward(x)
                return (layer, y, layer.backward(g)) if backward else (layer, y)

            def run_textbook(
                backward: bool, x: Array = x, g: Array = g, c: Any = contest
            ) -> Any:
                y = c.textbook.forward(x)
                return (y, c.textbook.backward(g, x, y)) if backward else y

            peaks = [
                peak_memory(partial(run, backward)) / x.nbytes
                for backward in (False, True)
                for run in (run_ours, run_textbook)
            ]
            rows.append([name, dtype, *(f"{peak:.2f}" for peak in peaks)])
    print_table(
        f"Peak memory as a multiple of the input's bytes, {size:,} elements",
        ["activation", "dtype", "forward", "textbook", "both passes", "textbook"],
        rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the layers; see the top of this file.")
    parser.add_argument("--quick", action="store_true", help="small arrays, few rounds")
    parser.add_argument("--seconds", type=float, help="spent on each row timed (default 1)")
    options = parser.parse_args()
    seconds = options.seconds
    if seconds is None:
        seconds = 0.02 if options.quick else 1.0
    if torch is not None:
        torch.set_num_threads(1)
    np.empty(24_000_000, np.uint8)  # settles the allocator, see the top

    print(machine(), flush=True)
    if options.quick:
        report_speed([1_000, TARGET_SIZE], seconds)
        report_gradient_check([1_000, 10_000], [200], seconds)
        report_memory(TARGET_SIZE)
    else:
        report_speed([1_000, TARGET_SIZE, 4_194_304], seconds)
        report_gradient_check(
            [1_000, 10_000, 100_000, 1_000_000], [1_000, 4_000, 16_000], seconds
        )
        report_memory(1_000_000)


if __name__ == "__main__":
    main()
