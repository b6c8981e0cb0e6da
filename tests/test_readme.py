"""The README keeps to the truth: what it shows is what the scripts print and draw now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import test_gradient_check as checker
from activations_utils import gradient_flow
from leaky_relu_from_scratch import LeakyReLU
from lessons import ROOT, Run
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh
from update_readme import MARKED, section

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = [match.groupdict() for match in MARKED.finditer(README)]
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]\d+)?(?!\w)")


def numbers_and_words(text: str) -> tuple[list[str], str]:
    return NUMBER.findall(text), " ".join(NUMBER.sub("#", text).split())


def close(shown: str, printed: str) -> bool:
    """Equal but for what other processors make of rounding and of long training runs."""
    one, other = (float(number.replace(",", "")) for number in (shown, printed))
    if len(re.sub(r"e.*|\D", "", shown).strip("0")) > 4:  # five digits are meant to be exact
        return abs(one - other) <= 1e-4 * abs(other)
    if max(abs(one), abs(other)) < 1e-5:  # small or a rounding error: the magnitude counts
        return one == other or (one * other > 0 and abs(np.log10(one / other)) < 1)
    return abs(one - other) <= 0.06 + 0.3 * abs(other)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block["heading"]))
def test_an_output_block_is_what_the_script_prints(
    block: dict[str, str], saved_runs: dict[str, Run]
) -> None:
    printed = section(saved_runs[block["script"]].output, block["heading"])
    shown_numbers, shown_words = numbers_and_words(block["block"])
    printed_numbers, printed_words = numbers_and_words(printed)
    assert shown_words == printed_words
    assert len(shown_numbers) == len(printed_numbers)
    far = [
        pair for pair in zip(shown_numbers, printed_numbers, strict=True) if not close(*pair)
    ]
    assert far == []


def test_the_comparison_can_fail() -> None:
    assert not close("0.5", "1.0")
    assert not close("4.2e-18", "4.2e-16")
    assert not close("0.00664806", "0.00665")
    assert close("0.83", "0.85")
    assert numbers_and_words("a 1.5e-03 [2, 1,000]") == (
        ["1.5e-03", "2", "1,000"],
        "a # [#, #]",
    )


def test_every_lesson_shows_some_output() -> None:
    scripts = {block["script"] for block in BLOCKS}
    assert len(scripts) == 6
    marked = README.count("<!-- output of ")
    assert marked == len(BLOCKS) == README.count("```text")


def test_no_timing_is_among_the_blocks() -> None:
    assert [block["heading"] for block in BLOCKS if "measured now" in block["block"]] == []


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_a_python_block_runs(code: str, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:FigureCanvasAgg", "-c", code],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    if "Swish" in code:
        assert run.stdout.startswith("False ")
    if "grad_weights" in code:
        assert run.stdout == "(4, 3)\n"


def test_figures_are_shown_made_and_not_orphaned(saved_runs: dict[str, Run]) -> None:
    shown = set(re.findall(r"!\[[^\]]+\]\(figures/([^)]+)\)", README))
    kept = {path.name for path in (ROOT / "figures").iterdir()}
    made = {path.name for run in saved_runs.values() for path in run.folder.iterdir()}
    assert shown == kept == made


def anchors() -> set[str]:
    """GitHub's anchors of all headings: lower case, no punctuation, hyphens for spaces."""
    text = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_resolves() -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", README)
    assert len(targets) > 30
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in anchors(), target
        elif not target.startswith("https://"):
            assert (ROOT / target).exists(), target


def test_every_source_is_listed_and_every_listed_one_cited() -> None:
    text, listed = README.split("## Sources\n")
    entries = re.findall(r"^- (\w+),.*?\((\d{4})\)", listed, flags=re.MULTILINE)
    assert len(entries) > 20
    for name, year in entries:
        assert re.search(rf"{name}[^\n]{{0,60}}?{year}", text), (name, year)


def test_quick_start_is_the_first_two_bash_blocks() -> None:
    blocks = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    assert len(blocks) == 2
    assert blocks[0].endswith("python sigmoid_from_scratch.py\n")
    assert blocks[1].endswith("python -m pytest\n")
    assert all(block.startswith("python3 -m venv .venv\n") for block in blocks)


def claims() -> list[tuple[str, Any, float]]:
    """Numbers in the prose, the text they stand in, and what they are held to."""
    sigmoid, tanh = Sigmoid(), Tanh()
    return [
        (r"at most 1/4", sigmoid.derivative(0.0), 0.25),
        (r"$4.2 \cdot 10^{-18}$", sigmoid.derivative(40.0), 4.2e-18),
        (r"$(1/4)^{20} \approx 10^{-12}$", 0.25**20, 1e-12),
        (r"the slope is below 0.007", sigmoid.derivative(5.0), 0.0067),
        (r"where the true slope is still 1e-16", tanh.derivative(19.0), 1.2e-16),
        (r"= 0.551$", -np.log(np.e / (np.e + 2)), 0.551),
        (r"1.461 for K = 10", -np.log(np.e / (np.e + 9)), 1.461),
        (r"$6 \cdot 10^{-6}$ in float64", np.cbrt(np.finfo(np.float64).eps), 6e-6),
        (r"the 4,294,967,296 float32 patterns", 2**32, 4294967296),
        (r"here -1000", min(-1000.0, 0.0) - np.log1p(np.exp(-1000.0)), -1000),
        (r"\sqrt{2 / (1 + \alpha^2)}", (2 / (1 + 0.01**2)) ** 0.5, 1.41414),
        (r"12 orders of magnitude in 40 layers", 40 * np.log10(2), 12),
    ]


@pytest.mark.parametrize(("text", "true", "claimed"), claims())
def test_a_number_in_the_prose_is_right(text: str, true: Any, claimed: float) -> None:
    assert text in README
    assert true == pytest.approx(claimed, rel=0.12)


def test_the_textbook_slopes_end_where_the_prose_says() -> None:
    t = np.tanh(19.1)
    assert 1 - t * t == 0
    assert "from about |x| = 19" in README
    s = 1 / (1 + np.exp(-40.0))
    assert s * (1 - s) == 0


def test_as_many_layers_and_bugs_as_the_prose_says() -> None:
    right, wrong = (
        len(checker.OURS) + len(checker.TEXTBOOK),
        len(checker.MISTAKES | checker.BUGS),
    )
    assert f"{right} right layers that must pass and {wrong} planted bugs" in README


def test_identity_is_no_activation() -> None:
    # "alpha = 1 no activation at all": random layers of scale 1 then keep the norm on average
    norms = gradient_flow(LeakyReLU(1.0), depth=5, width=256)
    np.testing.assert_allclose(np.median(norms, axis=1), 1, rtol=0.1)
