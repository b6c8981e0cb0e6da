"""Lesson 2: what is measured is true, and what is printed and drawn is what was measured."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

import activations_utils as utils
import tanh_from_scratch as lesson
from lessons import numbers_of, ticks_say_where_they_are


def test_the_planted_bug_is_seen_and_the_right_layer_passes() -> None:
    right, wrong = (utils.gradient_check(layer) for layer in lesson.LAYERS.values())
    assert right.passed
    assert not wrong.passed


def test_the_ladder_shows_each_fault_where_it_is(capsys) -> None:
    rows = lesson.measure_ladder([1e-20, 1, 20, 800])
    x, textbook, fraction, ours, lost, slope = rows.T
    assert (textbook[0], fraction[0], ours[0]) == (0, 0, 1e-20)
    assert np.isnan(textbook[3])
    assert (fraction[3], ours[3]) == (1, 1)
    assert lost[2] == 0
    np.testing.assert_allclose(slope, 1 / np.cosh(np.minimum(x, 300)) ** 2, atol=1e-200)
    lesson.print_ladder(np.arange(1.0, 7)[None])
    head, row, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "x",
        "textbook",
        "(1-e)/(1+e)",
        "with",
        "expm1",
        "1-t*t",
        "4e/(1+e)^2",
    ]
    assert numbers_of(row) == [1, 2, 3, 4, 5, 6]


def test_outputs_are_those_of_the_layers_and_show_collapse_offset_and_saturation() -> None:
    tanh, sigmoid = lesson.ACTIVATIONS["Tanh"], lesson.ACTIVATIONS["Sigmoid"]
    levels = lesson.measure_outputs(tanh, 1.5, depth=2)
    outputs = utils.layer_outputs(tanh, depth=2, weight_scale=1.5, examples=100, seeds=[0])
    np.testing.assert_allclose(levels[2], np.percentile(outputs[2], lesson.LEVELS))
    assert np.ptp(lesson.measure_outputs(tanh, 0.3)[-1]) < 0.01
    assert np.abs(lesson.measure_outputs(tanh, 10.0)[-1][[0, 4]]).min() > 0.99
    assert lesson.measure_outputs(sigmoid, 1.0)[-1][0] > 0


def test_outputs_are_printed_by_name_and_scale(capsys) -> None:
    levels = np.arange(10.0).reshape(2, 5)
    lesson.print_outputs({("one", 0.3): levels, ("two", 7.0): levels + 10})
    head, one, two, words = capsys.readouterr().out.splitlines()
    assert numbers_of(head.replace(" %", "")) == list(lesson.LEVELS)
    assert numbers_of(one) == [0.3, 5, 6, 7, 8, 9]
    assert numbers_of(two) == [7, 15, 16, 17, 18, 19]
    assert "layer 1 " in words


def test_the_slider_draws_the_last_column_anew() -> None:
    figure = lesson.plot_outputs((0.3, 1.0, 10.0))
    panels = {ax.get_title(): ax for ax in figure.axes if ax.get_title()}
    assert list(panels)[:2] == ["Sigmoid, scale 0.3", "Sigmoid, scale 1"]
    for name, layer in lesson.ACTIVATIONS.items():
        for scale in (0.3, 1.0, 10.0):
            line = panels[f"{name}, scale {scale:.3g}"].lines[0]
            expected = lesson.measure_outputs(layer, scale)[:, 2]
            np.testing.assert_allclose(line.get_ydata(), expected, atol=0.02)
            assert line.get_color() == utils.COLORS[name]
    event = plt.matplotlib.backend_bases.KeyEvent("key_press_event", figure.canvas, "down")
    for _ in range(4):  # of 120 key presses from -1 to 1.5
        figure.canvas.callbacks.process(event.name, event)
    panels = {ax.get_title(): ax for ax in figure.axes}
    for name, layer in lesson.ACTIVATIONS.items():
        scale = 10 ** (1 - 4 * 2.5 / 120)
        line = panels[f"{name}, scale {scale:.3g}"].lines[0]
        expected = lesson.measure_outputs(layer, scale)[:, 2]
        np.testing.assert_allclose(line.get_ydata(), expected, atol=0.02)
        assert f"{name}, scale 1" in panels


def test_the_control_has_the_length_of_the_lifted_and_the_centre_of_the_centred() -> None:
    inputs = lesson.centring_inputs(width=3, examples=500)
    squares = {name: np.mean(h**2) for name, h in inputs.items()}
    assert squares["centred, stretched"] == pytest.approx(squares["lifted"])
    assert squares["lifted"] > 3 * squares["centred"]
    assert inputs["lifted"].min() > 0
    np.testing.assert_allclose(inputs["lifted"] - inputs["centred"], 0.5)
    ratio = inputs["centred, stretched"] / inputs["centred"]
    np.testing.assert_allclose(ratio, ratio.flat[0])


def test_steps_to_the_goal_are_counted_by_hand() -> None:
    h = np.tile([[1.0, 0.0], [0.0, 1.0]], (2, 20, 1))  # w goes one axis at a time
    # The distance left of each weight halves every second step: 0.5^4 * sqrt(2) < 0.1.
    np.testing.assert_array_equal(lesson.measure_steps(h, 0.5), [8, 8])
    assert np.isinf(lesson.measure_steps(h, 2.5)).all()


def test_the_offset_steepens_one_direction_by_the_number_of_inputs() -> None:
    for width in (2, 16):
        steepness = lesson.measure_steepness(width)
        low, high = steepness["lifted"]
        assert low == pytest.approx(0.099, abs=0.01)
        assert high == pytest.approx(0.099 + width / 4, rel=0.03)
        low, high = steepness["centred, stretched"]
        assert high / low < 1.2


def test_what_limits_the_rate_is_length_and_not_the_sign_lock() -> None:
    inputs = lesson.centring_inputs()
    failing = {name: np.isinf(lesson.measure_steps(h, 3.0)).sum() for name, h in inputs.items()}
    assert failing["centred"] == 0
    assert failing["lifted"] >= 5
    assert failing["centred, stretched"] >= 5
    lock = lesson.measure_sign_lock()
    assert lock["Sigmoid"] == 1
    assert 0.5 < lock["Tanh"] < 0.65


STEPS = {
    name: {1.0: np.arange(5.0) + 10 * k, 2.0: np.arange(5.0) + 100 * k}
    for k, name in enumerate(("centred", "lifted", "centred, stretched"), start=1)
}
STEEPNESS = {n: {name: (n + k, 3.0 * n + k) for k, name in enumerate(STEPS)} for n in (2, 5)}


def test_centring_is_printed_from_its_data(capsys) -> None:
    lesson.print_centring(STEPS, STEEPNESS, {"A": 0.25, "B": 1.0})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("A 25%, B 100%.")
    (one,) = [line for line in lines if line.strip().startswith("1  ")]
    assert numbers_of(one) == [1, 12, 11, 13, 22, 21, 23, 32, 31, 33]
    (five,) = [line for line in lines if line.strip().startswith("5  ")]
    assert numbers_of(five) == [5, 5, 15, 6, 16, 7, 17]


def test_centring_is_drawn_from_its_data() -> None:
    figure = lesson.plot_centring(STEPS, STEEPNESS)
    assert ticks_say_where_they_are(figure)
    left, right = figure.axes
    for k, line in enumerate(left.lines):
        np.testing.assert_allclose(line.get_ydata(), [(6 + k) / (2 + k), (15 + k) / (5 + k)])
    for line, (name, runs) in zip(right.lines, STEPS.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_ydata(), [np.median(r) for r in runs.values()])
    assert [text.get_text() for text in left.texts] == ["centred, stretched or not", "lifted"]
    assert right.get_xlabel() == "rate"


def made_up_grid(factor: float) -> utils.Grid:
    steps = factor * np.array([[[9.0] * 3, [8.0] * 3], [[4.0, 5, 6], [7.0] * 3]])
    return utils.Grid(np.array([1.0, 2]), np.array([0.1, 3]), steps, steps, steps / 1000)


def test_scale_and_centring_are_printed_and_drawn_at_the_best_rate(capsys) -> None:
    grids = {
        "sigmoid": made_up_grid(10),
        "sigmoid - 1/2": made_up_grid(2),
        "tanh": made_up_grid(1),
    }
    lesson.print_scale_and_centring(grids)
    out = capsys.readouterr().out.splitlines()
    (tanh,) = [line for line in out if line.strip().startswith("tanh")]
    assert numbers_of(tanh)[:4] == [8, 5, 2, 0.1]
    assert "sigmoid 50 steps, sigmoid - 1/2 10 steps, tanh 5 steps" in out[-2]
    figure = lesson.plot_scale_and_centring(grids)
    assert ticks_say_where_they_are(figure)
    (ax,) = figure.axes
    for line, (name, grid) in zip(ax.lines, grids.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_allclose(line.get_ydata(), grid.steps[[0, 1], [1, 0], 1])
    assert ax.lines[2].get_color() == utils.COLORS["Tanh"]


def test_the_best_rate_is_that_of_the_median_and_not_of_each_seed() -> None:
    steps = np.array([[[9.0, 9, 1], [8, 8, 8], [1, 9, 9]]])  # one scale, three rates and seeds
    grid = utils.Grid(np.array([1]), np.array([1, 2, 3]), steps, steps, steps)
    np.testing.assert_array_equal(utils.steps_at_best_rate(grid), [[8, 8, 8]])
    (ax,) = lesson.plot_scale_and_centring(dict.fromkeys("abc", grid)).axes
    for line, band in zip(ax.lines, ax.collections, strict=True):
        assert line.get_ydata() == [8]
        assert set(band.get_paths()[0].vertices[:, 1]) == {8}
