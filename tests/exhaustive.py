"""Every float32 there is, through the activations: how far off is the worst answer?

Run it:  python tests/exhaustive.py [--stride N] [--processes N]

All 2**32 bit patterns take a quarter of an hour on one core; `--stride 1009` takes every 1009th,
for a quick look. Exits with 1 if an answer is further off than its bound, or a NaN is lost.
"""

import argparse
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reference import fast, ulp_error
from registry import REGISTRY

PATTERNS, CHUNK = 2**32, 2**16


def check(job):
    """By answer: the worst error, where, how many were wrong; over patterns range(*job)."""
    x = np.arange(*job, dtype=np.uint64).astype(np.uint32).view(np.float32)
    nan, x = x[np.isnan(x)], x[~np.isnan(x)]
    found = {}
    for name, entry in REGISTRY.items():
        layer = entry.make()
        with np.errstate(invalid="ignore"):  # half of the NaN patterns are signalling ones
            lost = np.count_nonzero(~np.isnan(layer.forward(nan)))
        found[f"{name}: lost NaNs"] = 0, 0, lost
        if not x.size:
            continue
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            answers = {"forward": layer.forward(x), "derivative": layer.derivative(x)}
            answers["backward"] = layer.backward(np.ones_like(x))
        values, slopes = fast(name, x)
        for member, got in answers.items():
            with np.errstate(invalid="ignore"):  # infinities
                error = ulp_error(got, values if member == "forward" else slopes)
            wrong = np.count_nonzero(error > entry.bound)
            found[f"{name}.{member}"] = error.max(), x[error.argmax()], wrong
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stride", type=int, default=1, help="take every STRIDE-th pattern")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    size = CHUNK * options.stride
    starts = range(0, PATTERNS, size)
    jobs = [(start, min(start + size, PATTERNS), options.stride) for start in starts]
    print(f"{PATTERNS // options.stride:,} of the {PATTERNS:,} float32 patterns", flush=True)

    worst = {}
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for found in pool.imap_unordered(check, jobs):
            for answer, (error, where, wrong) in found.items():
                before = worst.get(answer, (-1, 0, 0))
                worst[answer] = *max(before[:2], (error, where)), before[2] + wrong
    print(f"\n{'':22}{'worst, ULP':>10}  {'at x =':<16}{'wrong':>8}")
    for answer, (error, where, wrong) in sorted(worst.items()):
        print(f"{answer:22}{error:>10.4g}  {where:<16.9g}{wrong:>8,}")
    return int(any(wrong for *_, wrong in worst.values()))


if __name__ == "__main__":
    sys.exit(main())
