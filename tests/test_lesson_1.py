"""Lesson 1: what is measured is true, and what is printed and drawn is what was measured."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

import activations_utils as utils
import sigmoid_from_scratch as lesson
from lessons import numbers_of


def test_the_planted_bug_is_seen_and_the_right_layer_passes() -> None:
    right, wrong = (utils.gradient_check(layer) for layer in lesson.LAYERS.values())
    assert right.passed
    assert not wrong.passed
    assert wrong.max_relative_error > 0.5  # at 40, s is 1 and the slope nothing


def test_tails_hold_the_textbooks_faults_and_ours_do_not() -> None:
    tails = lesson.measure_tails([-750, 0, 37, 40])
    assert tails.textbook[0] == 0
    np.testing.assert_allclose(tails.textbook_slope[2:], 0)
    np.testing.assert_allclose(tails.slope, [0, 0.25, np.exp(-37), np.exp(-40)], rtol=1e-9)
    np.testing.assert_allclose(tails.output, [0, 0.5, 1, 1])


def test_tails_are_printed_and_drawn_in_their_columns(capsys) -> None:
    data = lesson.Tails(*np.arange(1.0, 16).reshape(5, 3))
    lesson.print_tails(data)
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["x", "1/(1+exp(-x))", "Sigmoid", "s*(1-s)", "Sigmoid", "slope"]
    assert [numbers_of(row) for row in rows[:3]] == [list(range(n, 16, 3)) for n in (1, 2, 3)]

    shown = data._replace(textbook_slope=np.array([0.5, 0.25, 0.0]))
    (ax,) = lesson.plot_tails(shown).axes
    ours, textbook, last = ax.lines
    np.testing.assert_array_equal(ours.get_xydata(), np.transpose([data.x, data.slope]))
    assert to_hex(ours.get_color()) == utils.COLORS["Sigmoid"].lower()
    np.testing.assert_array_equal(textbook.get_xydata(), [[1, 0.5], [2, 0.25]])
    np.testing.assert_array_equal(last.get_xydata(), [[2, 0.25]])
    assert "beyond 2.0" in ax.texts[1].get_text()
    assert ax.get_yscale() == "log"


def test_without_activation_nothing_vanishes_and_the_sigmoids_losses_are_the_slopes() -> None:
    flows = lesson.measure_vanishing()
    assert list(flows) == list(lesson.NETWORKS)
    plain = flows["no activation"]
    assert 0.9 < lesson.per_layer(plain.signal) < 1.1
    assert 0.9 < lesson.per_layer(plain.gradient) < 1.1
    for flow in flows.values():
        np.testing.assert_array_equal(flow.signal[0], 1)
        np.testing.assert_array_equal(flow.gradient[0], 1)  # the last layer: where it starts
    for kind in flows["sigmoid"]:
        assert 0.2 < lesson.per_layer(kind) < 0.25
        assert (np.diff(np.median(kind, axis=1)) < 0).all()
    assert 0.55 < lesson.per_layer(flows["sigmoid, weights x4"].gradient) < 0.7
    for kind in flows["the same, lowered by 1/2"]:
        assert 0.8 < lesson.per_layer(kind) < 1
    # by hand: the signal after one layer of the first seed
    outputs = utils.layer_outputs(lesson.Sigmoid(), depth=1)[:, 0]
    expected = outputs[1].std(axis=0).mean() / outputs[0].std(axis=0).mean()
    assert flows["sigmoid"].signal[1, 0] == pytest.approx(expected)


def made_up_flow() -> dict[str, lesson.Flow]:
    signal = np.array([[1.0, 1, 1], [0.1, 0.2, 0.3], [0.01, 0.04, 0.05]])
    return {
        "one": lesson.Flow(signal, signal**2),
        "two": lesson.Flow(signal**3, signal**4),
        "three": lesson.Flow(signal**5, signal**6),
        "four": lesson.Flow(signal**7, signal**8),
    }


def test_vanishing_is_printed_under_its_names(capsys) -> None:
    flows = made_up_flow()
    lesson.print_vanishing(flows)
    out = capsys.readouterr().out
    assert out.startswith("Left after so many layers of one, over 3 seeds:")
    rows = out.splitlines()[2:4]
    assert numbers_of(rows[0]) == [1, 0.2, 0.1, 0.3, 0.04, 0.01, 0.09]
    assert numbers_of(rows[1])[:3] == [2, 0.04, 0.01]
    for name in flows:
        (row,) = [line for line in out.splitlines() if line.strip().startswith(f"{name} ")]
        shares = [0.04 ** (flow_power / 2) for flow_power in powers(name)]
        assert numbers_of(row) == pytest.approx(shares, abs=0.006)


def powers(name: str) -> tuple[int, int]:
    return {"one": (1, 2), "two": (3, 4), "three": (5, 6), "four": (7, 8)}[name]


def test_vanishing_is_drawn_falling_both_ways_in_its_panels() -> None:
    flows = made_up_flow()
    figure = lesson.plot_vanishing(flows)
    left, right = figure.axes
    for ax, kind in ((left, "signal"), (right, "gradient")):
        for line, (name, flow) in zip(ax.lines, flows.items(), strict=True):
            assert line.get_label() == name
            np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
            np.testing.assert_array_equal(
                line.get_ydata(), np.median(getattr(flow, kind), axis=1)
            )
    assert "forward" in left.get_xlabel()
    assert "back" in right.get_xlabel()
    assert "0.04" in figure.get_suptitle()  # 0.04^2 in two layers
    assert left.lines[3].get_color() == utils.INK


def test_the_classifier_learns_and_its_accuracy_is_on_points_it_has_not_seen() -> None:
    learned = lesson.measure_classifier(steps=30)
    assert learned.loss.shape == learned.new_accuracy.shape == (31, len(utils.SEEDS))
    np.testing.assert_allclose(learned.loss[0], np.log(2))
    np.testing.assert_array_equal(learned.new_accuracy[0], 0.5)  # weights of 0 say class 0
    assert (np.diff(learned.loss, axis=0) < 0).all()
    # the first seed again, by the formulas alone
    (x, y), (new_x, new_y) = lesson.blobs([0]), lesson.blobs([(0, 2)])
    for rate in (1.0, 0.1):
        learned = lesson.measure_classifier(steps=30, rate=rate)
        w, b = np.zeros((2, 1)), 0.0
        for _ in range(31):
            before = w, b
            error = (1 / (1 + np.exp(-(x[0] @ w + b))) - y[0]) / len(y[0])
            w, b = w - rate * x[0].T @ error, b - rate * error.sum()
        np.testing.assert_allclose(learned.weights, w, rtol=1e-9)
        np.testing.assert_allclose(learned.bias, [[b]], rtol=1e-9)
        expected = ((new_x[0] @ before[0] + before[1] > 0) == (new_y[0] == 1)).mean()
        assert learned.new_accuracy[-1, 0] == pytest.approx(expected, abs=0.011)
    assert not np.array_equal(x, new_x)


def test_the_classifier_is_printed_and_drawn(capsys) -> None:
    x, y = lesson.blobs([1], points=3)
    data = lesson.Classifier(
        np.array([[0.6, 0.7, 0.8], [0.3, 0.4, 0.5]]),
        np.array([[0.1, 0.2, 0.3], [0.91, 0.92, 0.93]]),
        x[0], y[0], np.array([[2.0], [0.0]]), np.array([[-1.0]]),
    )  # fmt: skip
    lesson.print_classifier(data)
    _, *rows = capsys.readouterr().out.splitlines()
    assert [numbers_of(row) for row in rows] == [
        [0, 0.7, 0.6, 0.8, 0.2, 0.1, 0.3],
        [1, 0.4, 0.3, 0.5, 0.92, 0.91, 0.93],
    ]
    left, right, _ = lesson.plot_classifier(data).axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), [0.7, 0.4])
    assert "loss" in left.get_ylabel()
    circles, triangles = right.lines
    np.testing.assert_array_equal(circles.get_xydata(), x[0][:3])
    np.testing.assert_array_equal(triangles.get_xydata(), x[0][3:])
    assert (circles.get_marker(), triangles.get_marker()) == ("o", "^")
    border = right.collections[-1].get_paths()[0].vertices  # where p = 1/2: 2 x1 = 1
    np.testing.assert_allclose(border[:, 0], 0.5, atol=0.01)


def test_the_product_goes_wrong_where_p_rounds_to_one(capsys) -> None:
    rows = lesson.measure_score_gradient([0, 5, 36, 37])
    np.testing.assert_allclose([row[1] for row in rows[:2]], [0.5, 1 / (1 + np.exp(-5))])
    assert rows[2][1] == pytest.approx(1.045, abs=0.01)
    assert np.isinf(rows[3][1])
    assert rows[3][2] == 1
    lesson.print_score_gradient([[1.0, 2.0, 3.0]])
    assert numbers_of(capsys.readouterr().out.splitlines()[1]) == [1, 2, 3]
