"""Each script run as a learner runs it: all that it prints and draws is what it did before.

`golden/` holds what the scripts printed and `figures/` what they drew when somebody last looked
at it and ran `update_readme.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.testing.compare import compare_images
from PIL import Image, ImageSequence

import activations_utils as utils
from lessons import (
    GOLDEN,
    NUMBER,
    ROOT,
    SCRIPTS,
    TIMED,
    Run,
    numbers_of,
    section,
    sections,
)

every_script = pytest.mark.parametrize("script", SCRIPTS)

# Elsewhere numbers agree to four digits on every processor. Here rounding decides, in what a
# formula has lost or in long training runs: the relative and the absolute difference that we
# allow, for all but one number in twenty, is about twice what we saw with AVX2, without it,
# and with five BLAS kernels. Shares and losses get the absolute one alone.
MOVES = {
    "Why the textbook code is wrong": (0.5, 3e-16),
    "And its gradient": (0.1, 0),
    "From the textbook formula": (0.1, 3e-16),
    "Scale or centring?": (0.6, 0.05),
    "And learning?": (0.5, 0.25),
    "Who is quicker": (0.6, 0.3),
    "Dying": (0.25, 0.25),
    "Dead start": (0.1, 0.05),
    "Large steps": (0.1, 0.7),
    "Nothing wrong": (0.1, 0.05),
    "Mistake 1": (0.05, 0.05),
    "Three spiral arms": (0, 0.05),
    "Why centring matters": (0.1, 0.02),
    "Forward passes of the five modules": (0, 2e-6),
    "In a real model": (0.01, 0.01),
    "nn.Sigmoid in four hidden layers": (0.1, 0.05),
    "What eight hidden layers of 16 learn": (0.3, 0.6),
    "On and off the ridge": (0.3, 0.5),
}
# The root mean square difference of the pixels, which are from 0 to 255, likewise.
BLURRED = {
    "compare_ridge.png": 3,
    "compare_training.png": 30,
    "leaky_relu_accuracy.png": 8,
    "relu_depth.png": 15,
    "relu_dying.png": 15,
    "leaky_relu_revival.png": 3,
    "relu_quicker.png": 18,
    "sigmoid_classifier.png": 3,
    "torch_training.png": 3,
    "tanh_scale.png": 35,
}


def close(shown: str, printed: str, relative: float, absolute: float) -> bool:
    if "never" in (shown, printed):  # 150 steps were run at most
        shown, printed = (number.replace("never", "150") for number in (shown, printed))
    if shown == printed:
        return True
    one, other = (float(number.replace(",", "")) for number in (shown, printed))
    if re.fullmatch(r"-?0?\.\d\d|-?[01]\.\d{2,3}", shown):  # shares and losses
        relative = min(relative, 1e-4)
    return abs(one - other) <= relative * max(abs(one), abs(other)) + absolute


def words_of(text: str) -> str:
    text = re.sub(r"(PyTorch [\d.]+)\+\w+", r"\1", text)  # built for a CPU or a GPU
    return " ".join(NUMBER.sub("#", re.sub("-{3,}", "---", text)).split())


@every_script
def test_prints_what_it_did_before(script: str, saved_runs: dict[str, Run]) -> None:
    before = sections((GOLDEN / f"{script}.txt").read_text("utf-8"))
    now = sections(saved_runs[script].output)
    assert [words_of(part) for part in now] == [words_of(part) for part in before]
    for old, new in zip(before, now, strict=True):
        if old.startswith(TIMED):
            continue
        pairs = list(zip(NUMBER.findall(old), NUMBER.findall(new), strict=True))
        moves = [by for start, by in MOVES.items() if old.startswith(start)]
        outside = [pair for pair in pairs if not close(*pair, *(moves or [(1e-4, 0)])[0])]
        assert len(outside) <= (len(pairs) / 20 if moves else 0), (outside, new)


def test_the_comparison_can_fail() -> None:
    assert not close("0.00664806", "0.00665", 1e-4, 0)
    assert not close("4.2e-18", "0", 1e-4, 0)
    assert not close("33", "never", 0.4, 0)
    assert close("1,000", "1000", 0, 0)
    assert words_of("a 1.5e-03 [2, never]  b") == "a # [#, #] b"
    parts = [part for text in GOLDEN.iterdir() for part in sections(text.read_text("utf-8"))]
    for start in (*MOVES, *TIMED):
        assert any(part.startswith(start) for part in parts), start


@every_script
def test_draws_what_it_did_before(script: str, saved_runs: dict[str, Run]) -> None:
    run = saved_runs[script]
    printed = re.findall(r"^Figure saved as (.*)$", run.output, flags=re.MULTILINE)
    assert {Path(name) for name in printed} == set(run.folder.iterdir())
    for path in map(Path, printed):
        page = ROOT / "figures" / path.name
        with Image.open(path) as now, Image.open(page) as before:
            # On a small laptop's screen, at 100 dots per inch, there are 1366 x 768.
            assert now.size == before.size
            assert now.width in (800, 1200)
            assert now.height <= 960
            if path.suffix == ".gif":
                pairs = list(zip(frames(now), frames(before), strict=True))
                assert all(one[1] == other[1] for one, other in pairs), "pace"
                assert max(np.sqrt(np.mean((a - b) ** 2)) for (a, _), (b, _) in pairs) < 3
                continue
            # Another version of matplotlib sets its letters a little differently.
            alike = now.info["Software"] == before.info["Software"]
        tolerance = max(BLURRED.get(path.name, 0.1), 0 if alike else 12)
        assert compare_images(str(page), str(path), tolerance) is None


def frames(film: Image.Image) -> list[tuple[np.ndarray, int]]:
    """The pixels of each, and for how many milliseconds it stays."""
    return [
        (np.asarray(frame.convert("RGB"), dtype=float), frame.info["duration"])
        for frame in ImageSequence.Iterator(film)
    ]


@every_script
def test_runs_without_a_warning_on_any_terminal(
    script: str, saved_runs: dict[str, Run]
) -> None:
    # Run with --save, from another folder, under -W error, without a screen, printing ASCII
    # only, and, but for lesson 5, where importing torch fails.
    run = saved_runs[script]
    assert (run.code, run.errors) == (0, "")
    assert run.output.isascii()
    text = run.output.replace(str(run.folder), "")
    assert [line for line in text.splitlines() if len(line) > 80] == []


# What the lessons conclude, on whatever processor this is --------------------------------


def row(run: Run, heading: str, *start: str) -> list[float]:
    """The numbers in the row that starts so of the table under a heading."""
    lines = section(run.output, heading).replace("never", "999").splitlines()
    (found,) = [line for line in lines if tuple(line.split()[: len(start)]) == start]
    return numbers_of(found)


def test_scale_takes_the_sigmoid_far_and_the_centre_the_rest(saved_runs) -> None:
    run = saved_runs["tanh_from_scratch.py"]
    heading = "Scale or centring?"
    sigmoid, tanh = row(run, heading, "sigmoid", "999")[:6], row(run, heading, "tanh")[:6]
    lowered = row(run, heading, "sigmoid", "-", "1/2")[1:7]
    assert min(sigmoid) < 1.5 * tanh[0], "scale alone reaches tanh at its usual scale"
    assert min(sigmoid) > 3 * min(lowered), "what scale does not mend"
    assert min(lowered) < 2.5 * min(tanh)
    for steps in (sigmoid, lowered, tanh):
        assert min(steps) not in (steps[0], steps[-1]), "the best scale is bracketed"


def test_depth_stops_the_sigmoid_only_and_the_data_decide_who_is_quicker(saved_runs) -> None:
    run = saved_runs["relu_from_scratch.py"]
    for name, low, high in (("Sigmoid", 1.05, 1.1), ("Tanh", 0, 0.1), ("ReLU", 0, 0.1)):
        _, rate, loss, *_ = row(run, "And learning?", name, "8")
        assert low <= loss <= high
        assert name == "Sigmoid" or rate in (0.1, 0.3, 1), "bracketed"
    scales = {"spirals": (2, 4, 8), "digits": (1.4, 2.8, 5.6)}
    steps = {}
    for data in scales:
        for name in ("ReLU", "Tanh"):
            scale, rate, steps[data, name], *_ = row(run, "Who is quicker", data, name)
            assert scale in scales[data], "bracketed"
            assert rate in (0.1, 0.3, 1), "bracketed"
    assert steps["spirals", "ReLU"] < 0.8 * steps["spirals", "Tanh"]
    assert steps["digits", "Tanh"] < 0.8 * steps["digits", "ReLU"]


def test_a_leak_revives_and_none_is_best_everywhere(saved_runs) -> None:
    run = saved_runs["leaky_relu_from_scratch.py"]
    # dead at 0, dead at the end [..], came back in %, loss, new points right [..]
    back = {alpha: row(run, "Dead start", alpha)[-5] for alpha in ("0", "0.01", "0.1", "0.3")}
    assert back["0"] == 0
    assert 0 < back["0.01"] < 15
    assert min(back["0.1"], back["0.3"]) > 2 * back["0.01"]

    def right(heading: str, *alphas: str) -> list[float]:
        return [row(run, heading, alpha)[-3] for alpha in alphas]

    assert right("Dead start", "0") < right("Dead start", "0.03") < right("Dead start", "0.1")
    assert min(right("Large steps", "0.03")) > 0.8
    assert max(right("Large steps", "0", "0.1", "0.3")) < 0.6
    fine = right("Nothing wrong", "0", "0.01", "0.03", "0.1", "0.3")
    assert max(fine) - min(fine) < 0.03


def test_the_best_rates_lie_inside_what_the_lesson_tries(saved_runs) -> None:
    table = section(saved_runs["activations_utils.py"].output, "On and off the ridge")
    on_ridge = {"Sigmoid": 2, "Tanh": 1, "ReLU": 1}  # the sigmoid: below its ridge
    for name, middles in utils.TRAINING_RATES.items():
        rows = [numbers_of(line) for line in table.splitlines() if line.split()[:1] == [name]]
        scales, rates, loss, _, _, right, *_ = np.transpose(rows)
        np.testing.assert_array_equal(scales, utils.TRAINING_SCALES)
        little = loss > 1  # where little is learned no rate stands out
        assert np.all((rates == middles) | little)
        assert right[on_ridge[name]] > right.max() - 0.05
        assert right[-1] < 0.5 < 0.7 < right.max()
        if name != "Sigmoid":  # weights too large: fitted, but not learned
            assert loss[2] < 0.2
            assert right[2] < 0.65
