"""What all lessons have in common; and whether each table and figure of theirs has a test.

Lesson by lesson the tests stand in test_lesson_1.py to test_lesson_6.py.
"""

import inspect
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose

import activations_utils as utils
from reference import exact
from registry import ALPHA, REGISTRY
from told import ACTIVATIONS, HELD, LESSONS, figure, shows, table, tables, told

for path in Path(__file__).parent.glob("test_lesson_*.py"):
    import_module(path.stem)  # fills HELD
for lesson, name in ACTIVATIONS.items():
    own = [f"Forward and backward: {name}", "Gradient check: backward"]
    HELD[lesson]["tables"] += own  # by the two tests below
    HELD[lesson]["figures"] += [f"{lesson}_curve"]


def test_lessons_5_and_6_and_the_registry_know_the_same_activations():
    of_lesson_5 = import_module("activations_torch").PAIRS
    assert {*REGISTRY} == {*of_lesson_5} == {*utils.lessons_activations()}
    colors = [utils.COLORS[name] for name in REGISTRY]
    assert len({*colors}) == len(colors), "each has a colour of its own"


def tables_named(lesson, entry):
    """Heading and first column of the tables that an entry of HELD names."""
    start, colon, column = entry.rpartition(": ")
    found = []
    for heading, names, _ in tables(lesson, briefly=True):
        by_column = colon and heading.startswith(start) and names[0] == column
        if heading.startswith(entry) or by_column:
            found.append((heading, names[0]))
    return found


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_table_and_figure_is_held_by_a_test(lesson):
    held = []
    for entry in HELD[lesson]["tables"]:
        named = tables_named(lesson, entry)
        assert named, f"@holds({lesson!r}, tables=[{entry!r}]): no such table is printed"
        assert len(named) == 1, f"{entry!r} names {named}: add ': ' and the first column"
        held += named
    printed = [(heading, names[0]) for heading, names, _ in tables(lesson, briefly=True)]
    drawn = told(lesson, briefly=True)[1]
    for entry in HELD[lesson]["figures"]:
        assert entry in drawn, f"@holds({lesson!r}, figures=[{entry!r}]): no such figure is drawn"
    without = [f"the table {names}" for names in printed if names not in held]
    without += [f"the figure {name!r}" for name in drawn if name not in HELD[lesson]["figures"]]
    assert not without, (
        f"No test says that it holds {', '.join(without)} of {lesson!r}. Compare it with the truth "
        f"in a test of its own, decorated with @holds({lesson!r}, tables=[...], figures=[...])."
    )


@pytest.mark.parametrize("lesson", ACTIVATIONS)
def test_values_slopes_and_what_is_passed_on(lesson):
    name = ACTIVATIONS[lesson]
    rows = table(lesson, f"Forward and backward: {name}", briefly=True)
    x, value, slope, passed_on = np.array(rows, float).T
    true_value, true_slope = np.array(exact(name, x), float)
    assert_allclose([value, slope], [true_value, true_slope], rtol=6e-6)
    assert_allclose(passed_on, 2 * true_slope, rtol=6e-6)
    assert 0 in x
    assert min(x) < 0 < max(x)


@pytest.mark.parametrize("lesson", ACTIVATIONS)
def test_the_planted_bug_is_found_and_the_class_is_right(lesson):
    name = ACTIVATIONS[lesson]
    subclasses = type(REGISTRY[name].make()).__subclasses__()
    (bug,) = [planted for planted in subclasses if planted.__module__ == LESSONS[lesson]]
    x = utils.CHECK_AT
    _, true_slope = REGISTRY[name].fast(x)
    layers = {"right": REGISTRY[name].make(), "WRONG": bug()}
    rows = table(lesson, "Gradient check: backward", briefly=True)
    assert rows[0][0] == name
    for (_, verdict, error, place), (wanted, layer) in zip(rows, layers.items(), strict=True):
        errors = []
        for upstream in (np.ones_like(x), -np.ones_like(x)):
            layer.forward(x)
            slope = layer.backward(upstream) * upstream
            errors.append(np.abs(slope - true_slope) / np.maximum(np.abs(slope), 0.01))
        largest = np.maximum(*errors)
        assert verdict == wanted
        if verdict == "right":
            assert (error, place) == ("below 1e-6", "")
            assert largest.max() < 1e-6
        else:
            shows(error, largest.max())
            there = largest[np.isclose(x, float(place), rtol=1e-5)]
            assert there == pytest.approx(largest.max(), rel=1e-4)
            assert there > 0.1


@pytest.mark.parametrize("lesson", ACTIVATIONS)
def test_the_curve_its_slope_and_its_tangent(lesson):
    name = ACTIVATIONS[lesson]
    drawn = figure(lesson, f"{lesson}_curve", briefly=True)
    explorer = drawn.explorer
    if hasattr(drawn, "slider"):
        drawn.slider.set_val(ALPHA)
    x = explorer.output.get_xdata()
    value, slope = np.array(exact(name, x), float)
    assert (x[0], x[-1]) == (-6, 6)
    assert_allclose(explorer.output.get_ydata(), value, rtol=1e-14)
    assert_allclose(explorer.slope.get_xydata(), np.transpose([x, slope]), rtol=1e-14)
    for line in (explorer.output, explorer.slope):
        assert to_rgba(line.get_color()) == to_rgba(utils.COLORS[name])
    assert [explorer.output.axes, explorer.slope.axes] == drawn.axes[:2]

    place = explorer.dot.get_xdata()
    value, slope = np.array(exact(name, np.array(place)), float)
    assert -6 < place[0] < 6
    assert_allclose(explorer.dot.get_ydata(), value)
    assert_allclose(explorer.slope_dot.get_xydata(), [[place[0], slope[0]]])
    assert_allclose(explorer.tangent.get_xy1(), [place[0], value[0]])
    assert explorer.tangent.get_slope() == pytest.approx(slope[0])
    outputs = f"f({place[0]:.2f}) = {value[0]:.4g}   (move the mouse)"
    slopes = f"slope {slope[0]:.3g}; to the power of 20: {slope[0] ** 20:.2g}"
    assert [ax.get_title("left") for ax in drawn.axes[:2]] == [outputs, slopes]
    if hasattr(drawn, "slider"):
        drawn.slider.reset()


OTHER_PARAMETERS = [  # a function, what it is given, what it prints then
    ("sigmoid", "show_bug_in_a_network", {"steps": 2}, "one hidden layer, 2 steps"),
    ("sigmoid", "show_vanishing", {"depth": 3}, "both ways: 3 layers"),
    ("sigmoid", "show_classifier", {"steps": 3, "rate": 0.5}, "at rate 0.5"),
    ("tanh", "show_one_change_at_a_time", {"steps": 2}, "loss after 2 steps"),
    ("tanh", "show_one_change_at_a_time", {"steps": 2, "rate": 0.5}, "longer steps: rate 2.0"),
    ("tanh", "show_all_three_are_tanh", {"steps": 2, "hidden": 3}, "tanh: 3 hidden layers"),
    ("tanh", "show_all_three_are_tanh", {"steps": 2, "rate": 0.5}, "rate 0.5"),
    ("tanh", "show_all_three_are_tanh", {"steps": 2}, "tanh, step 2 "),
    ("relu", "show_depth", {"depth": 3}, "What 3 random layers"),
    ("relu", "show_learning", {"steps": 2}, "loss after 2 steps"),
    ("relu", "show_dying", {"steps": 2}, "activates, over 2 steps"),
    ("relu", "show_second_layer", {"steps": 2, "rate": 0.5}, "rate 0.5, 2 steps"),
    ("relu", "show_inputs_off_centre", {"steps": 2, "rate": 0.5}, "2 steps at rate 0.5"),
    ("leaky_relu", "show_revival", {"steps": 2}, "rate 1, 2 steps"),
    ("leaky_relu", "show_revival", {"steps": 2, "bias": -1}, "start at -1"),
    ("leaky_relu", "show_revival", {"steps": 2, "rate": 0.5}, "rate 0.5"),
]


@pytest.mark.parametrize(("lesson", "function", "given", "words"), OTHER_PARAMETERS)
def test_words_follow_from_parameters(lesson, function, given, words, capsys, monkeypatch):
    monkeypatch.setattr(utils, "SEEDS", range(1))
    show = getattr(import_module(LESSONS[lesson]), function)
    panel = [plt.subplots()[1]] if "panel" in inspect.signature(show).parameters else []
    show(*panel, **given)
    assert words in capsys.readouterr().out
