"""The README keeps to the truth: what it shows is what the scripts print and draw now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from activations_utils import RATES, gradient_flow, numerical_gradient
from leaky_relu_from_scratch import LeakyReLU
from lessons import ROOT, Run
from sigmoid_from_scratch import Sigmoid
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


# Runs so close to failing that the last digits of the processor decide: at the highest rate
# that still arrives.
ON_THE_EDGE = {"Scale or centring?": ["75"]}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block["heading"]))
def test_an_output_block_is_what_the_script_prints(
    block: dict[str, str], saved_runs: dict[str, Run]
) -> None:
    printed = section(saved_runs[block["script"]].output, block["heading"])
    shown_numbers, shown_words = numbers_and_words(block["block"])
    printed_numbers, printed_words = numbers_and_words(printed)
    assert shown_words == printed_words
    assert len(shown_numbers) == len(printed_numbers)
    known = ON_THE_EDGE.get(block["heading"], [])
    assert set(known) <= set(shown_numbers)
    pairs = zip(shown_numbers, printed_numbers, strict=True)
    assert [pair for pair in pairs if not close(*pair) and pair[0] not in known] == []


def test_the_comparison_can_fail() -> None:
    assert not close("0.5", "1.0")
    assert sum(map(len, ON_THE_EDGE.values())) == 1, "nothing else is let off"
    assert not close("4.2e-18", "4.2e-16")
    assert not close("0.00664806", "0.00665")
    assert close("0.83", "0.85")
    assert numbers_and_words("a 1.5e-03 [2, 1,000]") == (
        ["1.5e-03", "2", "1,000"],
        "a # [#, #]",
    )


def test_every_output_block_is_marked_with_what_makes_it() -> None:
    assert len({block["script"] for block in BLOCKS}) >= 2
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
    if "SoftPlus" in code:
        assert run.stdout == "[1.00000000e+03 4.24835426e-18] True\n"


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
    first, second = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    assert second.endswith("python -m pytest\n")
    assert all(block.startswith("python3 -m venv .venv\n") for block in (first, second))
    # A picture on the screen before anything large is fetched, and a warning before that.
    steps = [
        "requirements.txt",
        "sigmoid_from_scratch.py",
        "GB",
        "torch==",
        "activations_torch",
    ]
    places = [first.index(step) for step in steps]
    assert places == sorted(places)
    assert "torch" not in (ROOT / "requirements.txt").read_text()


def test_the_page_is_light() -> None:
    assert len(README.split()) <= 6500


def rows(run: Run, heading: str) -> dict[str, list[str]]:
    """The cells of each row of the table under a heading, by the row's name."""
    lines = section(run.output, heading).splitlines()[2:]
    cells = (re.split(r"\s{2,}", line.strip()) for line in lines)
    return {name: rest for name, *rest in cells}


def medians(cells: list[str]) -> list[float]:
    return [float(cell.split()[0].rstrip("%").replace("never", "inf")) for cell in cells]


def test_what_the_prose_says_of_lesson_1_is_measured(saved_runs: dict[str, Run]) -> None:
    sigmoid = Sigmoid()
    assert "at most 1/4" in README
    assert sigmoid.derivative(np.linspace(-9, 9, 1001)).max() == 0.25
    assert r"the true slope at $x = 40$ is $4.2 \cdot 10^{-18}$" in README
    assert sigmoid.derivative(40.0) == pytest.approx(4.2e-18, rel=0.02)
    assert "for |x| above 5 the slope is below 0.007" in README
    assert sigmoid.derivative(5.0) < 0.007
    lost = float(np.median(gradient_flow(Sigmoid)[0]))
    assert "a learning rate about a trillion times larger" in README
    assert 1e11 < 1 / lost < 1e14
    textbook = rows(saved_runs["sigmoid_from_scratch.py"], "Why the textbook")
    assert textbook["40"][2] == "0"
    assert textbook["-750"][0] == "0"


def test_what_the_prose_says_of_lesson_2_is_measured(saved_runs: dict[str, Run]) -> None:
    run = saved_runs["tanh_from_scratch.py"]
    assert "At rate 3 the centred inputs arrive in about ten steps" in README
    lines = [line.split() for line in section(run.output, "Why it matters").splitlines()]
    at_3 = [line for line in lines if "3" in line[1:4]]
    near, far = (line[line.index("3") + 2] for line in at_3)
    assert 5 <= float(near) <= 20
    assert far == "never"
    table = rows(run, "Scale or centring?")
    names = ("sigmoid", "sigmoid, weights x4", "centred sigmoid", "centred, weights x4", "tanh")
    slow, scaled, centred, both, tanh = (float(table[name][-1].split()[0]) for name in names)
    assert "Most of tanh's lead is scale" in README
    assert tanh < both < scaled < centred < slow
    assert both == pytest.approx(tanh, rel=0.4)


def test_what_the_prose_says_of_lesson_3_is_measured(saved_runs: dict[str, Run]) -> None:
    run = saved_runs["relu_from_scratch.py"]
    depth = rows(run, "And learning?")
    assert "With eight the sigmoid does no better than guessing" in README
    assert medians(depth["8"])[0] == pytest.approx(1.10, abs=0.011)
    assert "With one or two hidden layers all four learn" in README
    assert max(medians(depth["1"]) + medians(depth["2"])) < 0.5
    assert max(medians(depth["8"])[1:]) < 0.5
    assert f"at any of five rates from {RATES[0]:g} to {RATES[-1]:g}" in README
    assert len(RATES) == 5
    assert "in a third of tanh's steps" in README
    ratio = re.search(r"tanh needs (\S+) times", run.output)
    assert ratio is not None
    assert 2.5 < float(ratio[1]) < 3.7
    dying = [line.split() for line in section(run.output, "Dying").splitlines()]
    shares = {(line[0], line[1]): float(line[3]) for line in dying if line[-1].endswith("]")}
    assert "At rate 5 a third to nine tenths are dead" in README
    assert 0.25 < shares["5", "0"] < 0.95
    assert "At rate 10 all are dead" in README
    assert shares["10", "0"] == 1
    gone = [line for line in dying if line[-1].endswith("]")]
    assert all(line[6:8] == ["0", "0"] for line in gone), "revived, gradient"


def test_what_the_prose_says_of_lesson_4_is_measured(saved_runs: dict[str, Run]) -> None:
    run = saved_runs["leaky_relu_from_scratch.py"]
    revived = rows(run, "Reviving")
    share = {a: float(cells[1][:-1]) for a, cells in revived.items() if a[:1] == "0"}
    assert "about one in twenty of them is back" in README
    assert 1 <= share["0.01"] <= 10
    assert "with 0.1 about half are" in README
    assert 35 <= share["0.1"] <= 70
    assert float(revived["0.01"][2]) < float(revived["0"][2]), "0.01 learns more than 0"
    assert "0.3 costs half as many steps again" in README
    times = re.search(r"x(\S+) with alpha 0.01, x(\S+) with alpha 0.3", run.output)
    assert times is not None
    assert float(times[1]) < 1.1
    assert 1.25 < float(times[2].rstrip(".")) < 1.75


def test_what_the_prose_says_of_lesson_6_is_measured(saved_runs: dict[str, Run]) -> None:
    run = saved_runs["activations_utils.py"]
    ridge = rows(run, "Vanishing and exploding")
    assert "off by a factor of 2 costs 12 orders of magnitude in 40 layers" in README
    ends = list(map(float, ridge["ReLU"][:7]))
    np.testing.assert_allclose(np.diff(ends), 12, atol=1)
    assert "about ten times the usual weights" in README
    assert 8 < float(ridge["Sigmoid"][-2]) < 14
    trained = rows(run, "Does the ridge foretell")
    sigmoid, tanh, relu = (medians(trained[name][:5]) for name in ("Sigmoid", "Tanh", "ReLU"))
    assert sigmoid[0] == pytest.approx(1.10, abs=0.011)
    assert sigmoid[3] < 0.3, "at 8"
    assert "Tanh learns from 1 to 4 and ReLU only around its" in README
    assert max(tanh[:3]) < 0.2
    assert relu[1] < 0.2
    assert relu[2] > 1, "at 4"
    assert min(sigmoid) > min(tanh), "even on its ridge"


def test_what_the_prose_says_of_lesson_5_is_right() -> None:
    torch = pytest.importorskip("torch")
    for classes, loss in ((3, "0.551"), (10, "1.461")):
        perfect = torch.eye(classes)[:1]
        cost = torch.nn.CrossEntropyLoss()(perfect, torch.tensor([0])).item()
        assert f"{cost:.3f}" == loss
        assert loss in README


def test_the_exercises_have_the_answers_they_say() -> None:
    per_layer = float(np.median(gradient_flow(Sigmoid, weight_scale=4)[0])) ** (1 / 20)
    assert "you measure 0.62 per layer" in README
    assert per_layer == pytest.approx(0.62, abs=0.005)


def test_the_step_of_the_differences_is_what_the_page_says() -> None:
    seen = []
    numerical_gradient(lambda x: seen.append(x) or x, [0.5])  # type: ignore[func-returns-value]
    (above,), (below,) = seen
    assert r"which is $6 \cdot 10^{-6}$" in README
    assert (above - below) / 2 == pytest.approx(6e-6, rel=0.02)


def test_identity_is_no_activation() -> None:
    # "alpha = 1 no activation at all": random layers of scale 1 then keep the norm on average
    norms = gradient_flow(LeakyReLU(1.0), depth=5, width=256)
    np.testing.assert_allclose(np.median(norms, axis=1), 1, rtol=0.1)
