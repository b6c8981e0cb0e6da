"""What the tests share: where the lessons are, and how one is run as a script."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).with_name("golden")  # what each script printed
TIMED = ("What it costs", "Scratch beside built-in")  # sections that measure time
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]\d+)?(?!\w)|never|nan|inf")
LESSONS = (
    "sigmoid_from_scratch.py",
    "tanh_from_scratch.py",
    "relu_from_scratch.py",
    "leaky_relu_from_scratch.py",
)
SCRIPTS = (*LESSONS, "activations_torch.py", "activations_utils.py")


class Run(NamedTuple):
    code: int
    output: str
    errors: str
    folder: Path


def run_script(
    script: str,
    *arguments: str,
    cwd: Path,
    root: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run a script without a screen, with warnings as errors, on an ASCII-only terminal."""
    environment = environment or {}
    variables = {**os.environ, "PYTHONIOENCODING": "ascii", **environment}
    variables["OPENBLAS_NUM_THREADS"] = "1"  # two scripts run at a time
    for name in {"DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"} - environment.keys():
        variables.pop(name, None)
    if sys.platform != "linux":  # macOS and Windows always have a screen
        variables.setdefault("MPLBACKEND", "agg")
    process = subprocess.run(
        [sys.executable, "-W", "error", str(root / script), *arguments],
        cwd=cwd, env=variables, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        encoding="utf-8",
    )  # fmt: skip
    return Run(process.returncode, process.stdout, process.stderr, cwd)


def skip_without_torch(script: str) -> None:
    """Skip the running test if it needs lesson 5 and there is no PyTorch."""
    if script == "activations_torch.py" and importlib.util.find_spec("torch") is None:
        pytest.skip("lesson 5 needs PyTorch: see tests/requirements.txt")


def numbers_of(line: str) -> list[float]:
    """The numbers that stand by themselves in a line of a table, percents as shares."""
    found = re.findall(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]\d+)?(?=[\s,\]%]|$)", line)
    return [float(number) for number in found]


def sections(output: str) -> list[str]:
    """A script's output from heading to heading, without the names of saved figures."""
    output = re.sub(r"\nFigure saved as .*", "", output)
    return re.split(r"\n(?=[^\n]+\n-{3,}\n)", output)


def section(output: str, heading: str) -> str:
    """The one section whose heading starts so, without the sentence to remember."""
    (found,) = (part for part in sections(output) if part.startswith(heading))
    return found.split("\n\nRemember: ")[0].rstrip() + "\n"


def ticks_say_where_they_are(figure) -> bool:
    """Whether each number at an axis stands where it says; for axes whose labels are set."""
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False):
            text = label.get_text()
            if re.fullmatch(r"[\d.]+", text) and abs(float(text) - place) > 0.05 * place:
                return False
    return True
