"""What each script prints and shows is what it printed and showed when somebody last looked.

`python tests/update.py` renews the golden transcripts; look at what changed before you commit it.
"""

import math
import re

import matplotlib.pyplot as plt
import pytest
from matplotlib.offsetbox import AnchoredText

from transcript import GOLDEN, ROOT, SCRIPTS, WINDOWS, describe, golden, transcript, windows
from update import is_fresh

NUMBER = re.compile(r"(?<![\w.#])[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?![\w.])")


def assert_alike(old, new):
    """Words the same, numbers within a thousandth."""
    assert NUMBER.sub("#", new) == NUMBER.sub("#", old)
    for before, after in zip(NUMBER.findall(old), NUMBER.findall(new)):
        close = math.isclose(float(before), float(after), rel_tol=1e-3)
        assert before == after or close, f"{before} is now {after} in {new}"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_prints_and_shows_what_it_did(script):
    printed, _, shown = transcript(script).partition(WINDOWS)
    printed_before, _, shown_before = golden(script).partition(WINDOWS)
    assert printed_before, f"new? Then: python tests/update.py {script}"
    assert printed.splitlines() == printed_before.splitlines()
    hint = f"on purpose? Then: python tests/update.py {script}"
    assert [*windows(WINDOWS + shown)] == [*windows(WINDOWS + shown_before)], hint
    for old, new in zip(shown_before.splitlines(), shown.splitlines()):
        assert_alike(old, new)
    assert len(shown.splitlines()) == len(shown_before.splitlines())


@pytest.mark.parametrize("script", SCRIPTS)
def test_pictures_are_those_of_the_transcripts(script):
    for name, lines in windows(golden(script)).items():
        assert is_fresh(name, lines), f"{name} is stale or missing: python tests/update.py {script}"


def test_there_are_no_other_pictures_or_transcripts():
    drawn = {name for script in SCRIPTS for name in windows(golden(script))}
    assert {picture.stem for picture in (ROOT / "figures").iterdir()} == drawn
    assert {path.stem for path in GOLDEN.iterdir()} == {*SCRIPTS}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("title", {"fontsize": 9}),
        ("text below", {"fontweight": "bold"}),
        ("tick", {"fontsize": 9}),
        ("curve", {"zorder": 1}),
        ("curve", {"visible": False}),
        ("curve", {"ydata": [1e-13, 1]}),  # small, but not on a logarithmic axis
        ("legend", {"loc": "lower right"}),
        ("bar", {"facecolor": "red"}),
        ("bar", {"height": 1.1}),
        ("points", {"offsets": [[1, 2], [2, 1]]}),
        ("surface", {"cmap": "PuOr"}),
    ],
)
def test_a_transcript_sees_small_changes(name, change):
    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    left.set_yscale("log")
    artists = {
        "title": figure.suptitle("title"),
        "text below": figure.supxlabel("below"),
        "tick": left.yaxis.get_ticklabels()[0],
        "curve": left.plot([1, 10], [1e-12, 1], label="curve")[0],
        "legend": left.legend(loc="upper left"),
        "bar": right.hist([1, 1, 2, 3, 3, 3], bins=3)[2][1],
        "points": right.scatter([1, 2], [1, 2]),
        "surface": right.pcolormesh([[1, 2], [3, 4]], cmap="viridis"),
    }
    before = list(describe(figure))
    assert list(describe(figure)) == before
    artists[name].set(**change)
    assert list(describe(figure)) != before


def test_a_transcript_refuses_what_it_has_no_words_for():
    figure = plt.figure()
    figure.add_artist(AnchoredText("unheard of", "center"))
    with pytest.raises(NotImplementedError, match="AnchoredText"):
        list(describe(figure))
