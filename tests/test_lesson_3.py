"""Lesson 3: what is measured is true, and what is printed and drawn is what was measured."""

from __future__ import annotations

import numpy as np
import pytest

import activations_utils as utils
import relu_from_scratch as lesson
from lessons import numbers_of, ticks_say_where_they_are


def rows_of(capsys) -> list[list[float]]:
    return [numbers_of(line) for line in capsys.readouterr().out.splitlines()]


def test_the_planted_bug_is_seen_and_the_right_layer_passes() -> None:
    right, wrong = (utils.gradient_check(layer) for layer in lesson.LAYERS.values())
    assert right.passed
    assert right.kinks
    assert not wrong.passed


def test_costs_are_of_like_with_like_and_printed_beside_the_first(capsys) -> None:
    cost = lesson.measure_cost(elements=1000, repeats=3)
    assert list(cost) == ["ReLU", "Sigmoid", "Tanh", "this lesson's class"]
    assert all(0.01 < spent < 1e5 for spent in cost.values())
    lesson.print_cost({"one": 2.0, "two": 5.0})
    assert rows_of(capsys)[1:3] == [[2.0, 1.0], [5.0, 2.5]]


def test_costs_are_nanoseconds_an_element_of_forward_and_backward(monkeypatch) -> None:
    def two_milliseconds(functions, repeats):
        return dict.fromkeys(functions, 2e-3)

    monkeypatch.setattr(utils, "time_each", two_milliseconds)
    assert set(lesson.measure_cost(elements=1000).values()) == {2000.0}
    passes = []

    class Spy:
        def forward(self, x):
            passes.append("forward")

        def backward(self, grad_output):
            passes.append("backward")

    lesson.pass_both_ways(Spy(), np.ones(2))
    assert passes == ["forward", "backward"]


def test_he_initialization_keeps_what_scale_1_halves() -> None:
    norms = lesson.measure_flow()
    he, one, plain, sigmoid = (np.median(runs[0]) for runs in norms.values())
    assert 0.3 < he < 3
    assert 0.5 < plain < 2
    assert one == pytest.approx(he * 2**-10, rel=1e-5)
    assert sigmoid < 1e-10
    assert "He" in next(iter(norms))


def test_flow_is_printed_and_drawn_by_name(capsys) -> None:
    norms = {n: np.full((4, 3), k) / [[8], [4], [2], [1]] for k, n in enumerate("abcd", 1)}
    lesson.print_flow(norms)
    head, *rows = capsys.readouterr().out.splitlines()[:5]
    assert "3 layers back" in head
    assert [numbers_of(row)[0] for row in rows] == pytest.approx(
        [0.125, 0.25, 0.375, 0.5], abs=0.01
    )
    (ax,) = lesson.plot_flow(norms).axes
    for line, (name, runs) in zip(ax.lines, norms.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_ydata(), runs[::-1, 0])
    assert ax.lines[0].get_color() == utils.COLORS["ReLU"]
    assert ax.lines[3].get_color() == utils.COLORS["Sigmoid"]
    assert "back" in ax.get_xlabel()


def test_the_best_rate_is_that_of_the_loss(monkeypatch) -> None:
    loss, right = np.array([[[0.9] * 3, [0.1] * 3]]), np.array([[[0.8] * 3, [0.5] * 3]])
    grid = utils.Grid(np.ones(1), np.array([1, 3]), loss, loss, right)
    monkeypatch.setattr(utils, "train_grid", lambda *args, **how: grid)
    learned = lesson.learn("ReLU", 1.0, 2)
    assert learned.rate == 3
    np.testing.assert_array_equal(learned.new_accuracy, [0.5] * 3)


def test_depth_is_printed_and_drawn_from_its_data(capsys) -> None:
    learned = {
        name: {
            depth: lesson.Learned(
                k + depth / 100, (k + np.arange(3.0)) * depth, np.full(3, k / 10)
            )
            for depth in (1, 3)
        }
        for k, name in enumerate(("Sigmoid", "Tanh", "ReLU"), start=1)
    }
    lesson.print_depth(learned)
    rows = rows_of(capsys)[1:]
    assert rows[0] == [1, 1.01, 2, 1, 3, 0.1, 0.1, 0.1]
    assert rows[3] == [3, 2.03, 9, 6, 12, 0.2, 0.2, 0.2]
    figure = lesson.plot_depth(learned)
    assert ticks_say_where_they_are(figure)
    (ax,) = figure.axes
    for k, (line, name) in enumerate(zip(ax.lines, learned, strict=False), start=1):
        assert line.get_label() == name
        assert line.get_color() == utils.COLORS[name]
        np.testing.assert_array_equal(line.get_xydata(), [[1, k + 1], [3, 3 * (k + 1)]])
    assert ax.lines[3].get_ydata()[0] == pytest.approx(np.log(3))


def test_races_are_printed_and_drawn_in_their_panels(capsys) -> None:
    base = np.array([[[9.0] * 3, [8.0] * 3], [[4.0, 5, 6], [7.0] * 3]])
    races = {
        (data, name): utils.Grid(
            np.array([k, 2.0 * k]), np.array([0.1, 3]), base, base * k, base / 100 / k
        )
        for k, (data, name) in enumerate(
            [("spirals", "ReLU"), ("spirals", "Tanh"), ("digits", "ReLU"), ("digits", "Tanh")],
            1,
        )
    }
    lesson.print_races(races)
    lines = capsys.readouterr().out.splitlines()
    assert lines[4].split()[:2] == ["digits", "Tanh"]
    assert numbers_of(lines[4]) == [8, 0.1, 20, 16, 24, 0.01, 0.01, 0.01]
    figure = lesson.plot_races(races)
    assert ticks_say_where_they_are(figure)
    left, right = figure.axes
    assert left.get_ylabel().startswith("steps to loss 0.3")
    assert (left.get_title(), right.get_title()) == ("spirals", "digits")
    for ax, factors in ((left, (1, 2)), (right, (3, 4))):
        for line, name, k in zip(ax.lines, ("ReLU", "Tanh"), factors, strict=True):
            assert line.get_color() == utils.COLORS[name]
            np.testing.assert_allclose(line.get_xydata(), [[k, 8 * k], [2 * k, 5 * k]])


def test_the_dead_of_the_first_layer_stay_dead_and_those_of_the_second_come_back() -> None:
    (only,) = lesson.measure_dying(5, 0, steps=150)
    assert only.died > 20
    assert only.revived == 0
    assert (np.diff(only.share, axis=0) >= 0).all()
    first, second = lesson.measure_dying(2, 0, hidden=2, steps=150)
    assert first.revived == 0
    assert second.revived > 5
    (low,) = lesson.measure_dying(1, -2, steps=1)
    assert 0.8 < np.median(low.share[0]) < 1


def test_died_and_revived_are_counted_at_any_step(monkeypatch) -> None:
    # Three units: always alive, dead at once for good, dead and back and dead again.
    dead = np.array([[[0, 0, 0]], [[0, 1, 1]], [[0, 1, 0]], [[0, 1, 1]]], bool)
    history = utils.History(np.ones((4, 1)), np.full((4, 1), 0.75), dead[:, None])
    monkeypatch.setattr(utils, "train", lambda *args, **how: history)
    (found,) = lesson.measure_dying(1, 0)
    assert (found.died, found.revived) == (2, 1)
    np.testing.assert_allclose(found.share, np.array([[0], [2], [1], [2]]) / 3)


def test_dead_units_are_those_that_no_example_makes_positive() -> None:
    network = utils.Network([2, 4, 3, 2], lesson.ReLU, seeds=[0])
    network.pre_activations = [
        np.array([[[-1.0, 0, 1, -2], [-3, -1, -1, 2]]]),
        np.array([[[1.0, -1, -1], [1, 1, -1]]]),
    ]
    first, second = lesson.dead_by_layer(network)
    assert first.tolist() == [[True, True, False, False]]
    assert second.tolist() == [[False, False, True]]


def test_dying_is_printed_and_drawn_by_its_bias(capsys) -> None:
    def made_up(k: int) -> lesson.Dying:
        share = np.array([[0.0, 0.1, 0.2], [0.3, 0.4, 0.5]]) + k / 100
        return lesson.Dying(share, 10 + k, 20 + k, np.array([0.7, 0.8, 0.9]) - k / 100)

    first = {(4.0, 0.5): made_up(1), (7.0, -1.5): made_up(2)}
    lesson.print_dying(first, [made_up(3), made_up(4)])
    rows = rows_of(capsys)
    assert rows[1] == [4, 0.5, 0.11, 0.41, 0.31, 0.51, 11, 21, 0.79, 0.69, 0.89]
    assert rows[2][:3] == [7, -1.5, 0.12]
    assert rows[-2:] == [[1, 13, 23], [2, 14, 24]]
    left, right = lesson.plot_dying(first).axes
    assert (left.get_title(), right.get_title()) == (
        "biases start at 0.5",
        "biases start at -1.5",
    )
    np.testing.assert_allclose(left.lines[0].get_xydata(), [[1, 0.11], [2, 0.41]])
    np.testing.assert_allclose(right.lines[0].get_ydata(), [0.12, 0.42])
    assert [text.get_text() for text in right.texts] == ["rate 7"]


def test_as_many_are_born_dead_as_theory_says(capsys) -> None:
    for width, depth in ((2, 4), (3, 2)):
        theory = 1 - (1 - 2.0**-width) ** depth
        assert lesson.measure_born_dead(width, depth) == pytest.approx(theory, abs=0.04)
    lesson.print_born_dead({(2, 3): 0.111})
    assert rows_of(capsys)[1] == [2, 3, 0.111, 0.578]
