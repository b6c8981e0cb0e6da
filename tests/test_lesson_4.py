"""Lesson 4: what is measured is true, and what is printed and drawn is what was measured."""

from __future__ import annotations

import numpy as np
import pytest

import activations_utils as utils
import leaky_relu_from_scratch as lesson
from lessons import numbers_of


def test_the_planted_bug_is_seen_and_every_alpha_passes() -> None:
    checks = {name: utils.gradient_check(layer) for name, layer in lesson.LAYERS.items()}
    wrong = checks.pop("backward without alpha")
    assert not wrong.passed
    assert all(check.passed for check in checks.values())
    assert len(checks) == len(lesson.ALPHAS)


def test_accuracy_is_on_new_points_and_alpha_is_the_only_difference() -> None:
    runs = lesson.measure(1.0, 0.0, steps=3)
    (x, labels) = utils.spirals(turns=0.5, points=30)
    new_x, new_labels = utils.spirals(turns=0.5, points=30, new=True)
    for alpha, run in runs.items():
        network = utils.Network([2, 32, 3], lesson.LeakyReLU(alpha), weight_scale=utils.HE)
        history = utils.train(network, x, labels, steps=3, rate=1.0)
        expected = utils.accuracy(network.forward(new_x), new_labels)
        np.testing.assert_allclose(run.new_accuracy, expected, atol=0.03)
        np.testing.assert_allclose(run.loss, history.loss[-1], rtol=1e-3)


def made_up() -> dict[float, lesson.Run]:
    dead = np.zeros((4, 3, 10), bool)
    dead[0, :, :6] = True
    dead[-1, 0, :3] = dead[-1, 1, :4] = dead[-1, 2, :5] = True
    other = np.zeros((4, 3, 10), bool)
    return {
        0.25: lesson.Run(dead, np.array([0.3, 0.4, 0.5]), np.array([0.7, 0.8, 0.9])),
        0.75: lesson.Run(other, np.full(3, np.nan), np.array([0.1, 0.2, 0.3])),
    }


def test_runs_are_printed_under_their_headings(capsys) -> None:
    lesson.print_runs(made_up())
    head, one, two = capsys.readouterr().out.splitlines()
    order = [
        head.index(word) for word in ("alpha", "at 0", "at the end", "back", "loss", "right")
    ]
    assert order == sorted(order)
    assert numbers_of(one) == [0.25, 0.6, 0.4, 0.3, 0.5, 33, 0.4, 0.8, 0.7, 0.9]
    assert "diverged" in two
    assert " - " in two
    assert lesson.share_back(made_up()[0.25]) == pytest.approx(6 / 18)


def test_revival_is_drawn_in_means_over_the_window() -> None:
    (ax,) = lesson.plot_revival(made_up(), window=2).axes
    one, two = ax.lines
    np.testing.assert_allclose(one.get_xydata(), [[0, 0.3], [2, 0.2]])
    np.testing.assert_allclose(two.get_ydata(), 0)
    assert ax.get_title().startswith("means over 2 steps")
    assert [text.get_text() for text in ax.texts] == ["alpha 0.25", "alpha 0.75"]
    assert ax.texts[0].xy == pytest.approx((2, 0.2))


def test_revival_leaves_out_a_window_that_is_not_full() -> None:
    (ax,) = lesson.plot_revival(made_up(), window=3).axes
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 0.2]])


def test_accuracies_are_drawn_by_start_and_alpha() -> None:
    runs = made_up()
    for alpha, few in ((0.25, [0.5, 0.7, 0.8, 0.9, 1.0]), (0.75, [0.0, 0.1, 0.2, 0.3, 0.4])):
        runs[alpha] = runs[alpha]._replace(new_accuracy=np.array(few))
    left, right = lesson.plot_accuracies({"a": runs, "b": dict(reversed(runs.items()))}).axes
    assert (left.get_title(), right.get_title()) == ("a", "b")
    points = [line for line in left.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in points] == [0.8, 0.2]
    bands = [line for line in left.lines if line.get_marker() != "o"]
    assert [list(line.get_xdata()) for line in bands] == [[0.7, 0.9], [0.1, 0.3]]
    assert [label.get_text() for label in left.get_yticklabels()] == ["0.25", "0.75"]


def test_main_draws_each_start_in_its_figure(monkeypatch) -> None:
    monkeypatch.setattr(lesson, "measure", lambda rate, bias: (rate, bias))
    monkeypatch.setattr(lesson, "print_runs", lambda runs: None)
    monkeypatch.setattr(lesson, "plot_revival", lambda runs: runs)
    monkeypatch.setattr(lesson, "plot_accuracies", lambda by_start: by_start)
    figures = lesson.main()
    assert figures["leaky_relu_revival"] == lesson.STARTS["dead start"]
    assert figures["leaky_relu_accuracy"] == lesson.STARTS
