"""Every float32 there is, through the activations: how far off is the worst answer?

All 2**32 bit patterns take some minutes. `--stride 1009` takes every 1009th, for a quick look.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reference import fast, ulp_error
from registry import REGISTRY

Array = NDArray[Any]

PATTERNS = 2**32
LAYERS = {name: activation.make() for name, activation in REGISTRY.items()}


class Finding(NamedTuple):
    """The worst answer so far of one method, and how many were wrong."""

    worst: float  # units in the last place
    where: float
    wrong: int  # answers over the bound
    first_wrong: float

    def merged_with(self, other: Finding) -> Finding:
        worse = max(self, other, key=lambda finding: finding.worst)
        wrong = self if self.wrong else other
        total = self.wrong + other.wrong
        return Finding(worse.worst, worse.where, total, wrong.first_wrong)


def finding(x: Array, error: Array, wrong: Array) -> Finding:
    worst = int(np.argmax(error))
    count = int(np.count_nonzero(wrong))
    first = float(x[np.argmax(wrong)]) if count else np.nan
    return Finding(float(error[worst]), float(x[worst]), count, first)


def check(job: tuple[int, int, int]) -> tuple[dict[str, Finding], int, int]:
    """Findings over the patterns start, start + stride, ... below stop; NaNs seen and lost."""
    patterns = np.arange(*job, dtype=np.uint64).astype(np.uint32).view(np.float32)
    is_nan = np.isnan(patterns)
    nan, x = patterns[is_nan], patterns[~is_nan]
    lost = 0
    with np.errstate(invalid="ignore"):  # half of the NaN patterns are signalling ones
        for layer in LAYERS.values():
            lost += int(np.count_nonzero(~np.isnan(layer.forward(nan))))
    findings: dict[str, Finding] = {}
    if not x.size:
        return findings, nan.size, lost

    ones = np.ones_like(x)
    for name, layer in LAYERS.items():
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            answers = {
                "forward": layer.forward(x),
                "derivative": layer.derivative(x),
                "backward": layer.backward(ones),
            }
        values, slopes = fast(name, x)
        for member, got in answers.items():
            true = values if member == "forward" else slopes
            with np.errstate(invalid="ignore"):
                error = ulp_error(got, true, np.float32)
            error[got == true] = 0  # also where both are infinite
            wrong = error > REGISTRY[name].bound
            findings[f"{name}.{member}"] = finding(x, error, wrong)
    return findings, nan.size, lost


def show_progress(done: int, total: int, since: float) -> None:
    elapsed = time.perf_counter() - since
    left = elapsed / done * (total - done)
    print(f"{done / total:6.1%}  {elapsed:6.0f} s gone, {left:6.0f} s to go", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stride", type=int, default=1, help="take every STRIDE-th pattern")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--chunk", type=int, default=2**14, help="patterns held at a time")
    options = parser.parse_args()
    if min(options.stride, options.processes, options.chunk) < 1:
        parser.error("--stride, --processes and --chunk must be at least 1")

    count = len(range(0, PATTERNS, options.stride))
    step = options.chunk * options.stride
    jobs = [
        (start, min(start + step, PATTERNS), options.stride)
        for start in range(0, PATTERNS, step)
    ]
    print(f"Checking {count:,} of the {PATTERNS:,} float32 bit patterns.", flush=True)

    findings: dict[str, Finding] = {}
    nans = lost = 0
    since = last = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for done, (latest, seen, gone) in enumerate(pool.imap(check, jobs, chunksize=8), 1):
            nans, lost = nans + seen, lost + gone
            for name, new in latest.items():
                old = findings.get(name)
                findings[name] = old.merged_with(new) if old else new
            if time.perf_counter() - last > 5:
                last = time.perf_counter()
                show_progress(done, len(jobs), since)

    print(f"\n{'':27}{'worst error':>11}  {'at x =':<16}{'wrong':>10}  first")
    for name, f in findings.items():
        first = f"{f.first_wrong:.9g}" if f.wrong else ""
        print(f"{name:27}{f.worst:7.4g} ULP  {f.where:<16.9g}{f.wrong:>10,}  {first}".rstrip())
    bounds = ", ".join(f"{name} {entry.bound:.9g}" for name, entry in REGISTRY.items())
    print(f"\nWrong: over so many ULP: {bounds}.")
    print(f"NaN patterns: {nans:,}, of which {lost:,} did not stay NaN.")
    return 1 if lost or any(f.wrong for f in findings.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
