"""What each script prints and shows is what it printed and showed when somebody last looked.

`python tests/update.py` renews the golden transcripts; look at what changed before you commit it.
"""

import math
import os
import re
import subprocess
import sys

import pytest

from transcript import GOLDEN, ROOT, SCRIPTS, WINDOWS, digest, windows, without_times

NUMBER = re.compile(r"(?<![\w.#])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?![\w.])")


def run(script):
    """The transcript of a script, from a process of its own that treats warnings as errors."""
    variables = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    process = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "tests" / "transcript.py"), script],
        capture_output=True, env=variables, encoding="utf-8",
    )  # fmt: skip
    assert (process.returncode, process.stderr) == (0, "")
    return without_times(process.stdout)


def assert_alike(old, new):
    """Words the same, numbers within a thousandth."""
    assert NUMBER.sub("#", new) == NUMBER.sub("#", old)
    for before, after in zip(NUMBER.findall(old), NUMBER.findall(new)):
        close = math.isclose(float(before), float(after), rel_tol=1e-3, abs_tol=1e-9)
        assert before == after or close, f"{before} is now {after} in {new}"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_prints_and_shows_what_it_did(script):
    printed, _, shown = run(script).partition(WINDOWS)
    golden, _, windows = (GOLDEN / f"{script}.txt").read_text("utf-8").partition(WINDOWS)
    assert printed.splitlines() == golden.splitlines()
    shown, windows = shown.splitlines(), windows.splitlines()
    for old, new in zip(windows, shown):
        assert_alike(old, new)
    assert len(shown) == len(windows)


@pytest.mark.parametrize("script", SCRIPTS)
def test_pictures_are_those_of_the_transcripts(script):
    for name, lines in windows((GOLDEN / f"{script}.txt").read_text("utf-8")).items():
        (picture,) = (ROOT / "figures").glob(f"{name}.*")
        assert digest(lines).encode() in picture.read_bytes(), f"{picture.name} is stale"


def test_there_are_no_other_pictures():
    texts = [(GOLDEN / f"{script}.txt").read_text("utf-8") for script in SCRIPTS]
    told = {name for text in texts for name in windows(text)}
    assert {picture.stem for picture in (ROOT / "figures").iterdir()} == told
