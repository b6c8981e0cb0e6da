"""Headings, labels, titles, colors: what a learner reads beside every number and line."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

import activations_utils as utils
import leaky_relu_from_scratch as s4
import relu_from_scratch as s3
import sigmoid_from_scratch as s1
import tanh_from_scratch as s2
import test_lesson_1 as t1
import test_lesson_2 as t2
import test_lesson_4 as t4
import test_lesson_6 as t6
from lessons import numbers_of


def heads(out):
    return [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]


def test_score_gradients_have_their_headings(capsys):
    s1.print_score_gradient([[1.0, 2, 3]])
    assert heads(capsys.readouterr().out)[0] == ["score", "dL/dp times s'", "p - y"]


def test_tails_have_their_axes():
    x = np.array([1.0, 2, 3])
    ax = s1.plot_tails(s1.Tails(x, x, x, np.array([0.5, 0.25, 0]), x)).axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("input x", "slope s'(x)")


def test_tails_are_annotated():
    x = np.array([1.0, 2, 3])
    ax = s1.plot_tails(s1.Tails(x, x, x, np.array([0.5, 0.25, 0]), x)).axes[0]
    assert ax.texts[0].get_text() == "e / (1 + e)^2"
    assert ax.texts[1].get_text().startswith("s*(1-s) is exactly 0")


def test_vanishing_has_its_headings(capsys):
    s1.print_vanishing(t1.made_up_flow())
    h = heads(capsys.readouterr().out)
    assert h[1] == ["layers", "signal, median [quartiles]", "gradient, median [quartiles]"]


def test_what_a_layer_leaves_has_its_headings(capsys):
    s1.print_vanishing(t1.made_up_flow())
    h = heads(capsys.readouterr().out)
    assert ["of the signal", "of the gradient"] in h


def test_vanishing_panels_are_titled():
    left, right = s1.plot_vanishing(t1.made_up_flow()).axes
    assert left.get_title(loc="left") + left.get_title() == "the signal: examples become alike"
    assert right.get_title(loc="left") + right.get_title() == "the gradient"


def test_vanishing_is_on_log_axes():
    assert [a.get_yscale() for a in s1.plot_vanishing(t1.made_up_flow()).axes] == ["log", "log"]


def test_vanishing_lines_have_their_dashes():
    assert [
        line.get_linestyle() for line in s1.plot_vanishing(t1.made_up_flow()).axes[0].lines
    ] == ["-", "--", ":", "-"]


def cl():
    x, y = s1.blobs([1], points=3)
    return s1.Classifier(
        np.array([[0.6, 0.7, 0.8], [0.3, 0.4, 0.5]]),
        np.array([[0.1, 0.2, 0.3], [0.91, 0.92, 0.93]]),
        x[0],
        y[0],
        np.array([[2.0], [0.0]]),
        np.array([[-1.0]]),
    )


def test_classifier_has_its_headings(capsys):
    s1.print_classifier(cl())
    assert heads(capsys.readouterr().out)[0] == [
        "step",
        "loss, median [quartiles]",
        "accuracy on new points",
    ]


def test_the_map_shows_the_probability_of_class_1():
    right = s1.plot_classifier(cl()).axes[1]
    filled = right.collections[0]
    # the last band, p from 0.9 to 1, lies to the right, where 2 x1 - 1 is large
    assert filled.get_paths()[-1].vertices[:, 0].min() > 1


def test_a_layers_share_is_of_the_median():
    assert s1.per_layer(np.array([[1.0, 1, 1], [0.1, 0.2, 0.9]])) == pytest.approx(0.2)


def test_the_first_seeds_weights_are_kept():
    learned = s1.measure_classifier(steps=30)
    x, y = s1.blobs([0])
    p = s1.Sigmoid()(x[0] @ learned.weights + learned.bias)
    np.testing.assert_array_equal(learned.x, x[0])
    assert -np.mean(y[0] * np.log(p) + (1 - y[0]) * np.log(1 - p)) == pytest.approx(
        learned.loss[-1, 0], rel=5e-3
    )


def test_the_last_layer_is_printed(capsys):
    levels = np.arange(15.0).reshape(3, 5)
    s2.print_outputs({("one", 0.3): levels})
    out = capsys.readouterr().out.splitlines()
    assert numbers_of(out[1]) == [0.3, 10, 11, 12, 13, 14]


def test_bands_lie_between_their_percentiles():
    fig = s2.plot_outputs((0.3, 1.0, 10.0))
    levels = s2.measure_outputs(s2.ACTIVATIONS["Sigmoid"], 0.3)
    ax = fig.axes[0]
    for band, (low, high) in zip(ax.collections, ((0, 4), (1, 3)), strict=True):
        ys = band.get_paths()[0].vertices[:, 1]
        assert {ys.min(), ys.max()} == {levels[:, low].min(), levels[:, high].max()}


def test_centring_has_its_headings(capsys):
    s2.print_centring(t2.STEPS, t2.STEEPNESS, {"A": 0.25})
    h = heads(capsys.readouterr().out)
    assert ["steps at rate", *t2.STEPS] in h
    assert ["inputs", *t2.STEPS] in h


def test_centring_lines_have_their_colors():
    left, right = s2.plot_centring(t2.STEPS, t2.STEEPNESS).axes
    for ax in (left, right):
        assert [line.get_color() for line in ax.lines] == [utils.INK, s2.OLIVE, utils.INK]
        assert [line.get_linestyle() for line in ax.lines] == ["-", "-", "--"]


def test_centring_panels_are_titled():
    left, right = s2.plot_centring(t2.STEPS, t2.STEEPNESS).axes
    assert left.get_title(loc="left") + left.get_title() == "steepest / flattest direction"
    assert "steps" in right.get_title(loc="left") + right.get_title()


def grid():
    steps = np.array([[[9.0] * 3, [8.0] * 3], [[4.0, 5, 9], [7.0] * 3]])
    return utils.Grid(np.array([1.0, 2]), np.array([0.1, 3]), steps, steps, steps / 1000)


def test_best_steps_are_medians(capsys):
    s2.print_scale_and_centring({"tanh": grid()})
    out = capsys.readouterr().out.splitlines()
    assert numbers_of(out[1])[:4] == [8, 5, 2, 0.1]


def test_accuracy_is_that_at_the_best(capsys):
    g = grid()._replace(new_accuracy=np.arange(12.0).reshape(2, 2, 3) / 20)
    s2.print_scale_and_centring({"tanh": g})
    out = capsys.readouterr().out.splitlines()
    assert numbers_of(out[1])[4:] == [0.35, 0.3, 0.4]


def test_scales_have_their_headings(capsys):
    s2.print_scale_and_centring({"tanh": grid()})
    assert heads(capsys.readouterr().out)[0] == [
        "scale",
        "1",
        "2",
        "best",
        "rate",
        "new points right",
    ]


def test_scales_have_their_colors():
    gs = {n: t2.made_up_grid(1) for n in ("sigmoid", "sigmoid - 1/2", "tanh")}
    assert [line.get_color() for line in s2.plot_scale_and_centring(gs).axes[0].lines] == [
        utils.COLORS["Sigmoid"],
        s2.OLIVE,
        utils.COLORS["Tanh"],
    ]


def test_the_sign_lock_is_of_the_second_layer():
    network = utils.Network([2, 32, 32, 3], s2.Tanh())
    network.forward(utils.spirals()[0])
    second = network.layers[1].forward(network.pre_activations[1])
    up = (second > 0).mean(axis=2)
    assert s2.measure_sign_lock()["Tanh"] == pytest.approx(
        np.maximum(up, 1 - up).mean(), rel=1e-6
    )


def test_the_goal_is_a_tenth_away():
    h = np.tile([[1.0, 0.0], [0.0, 1.0]], (1, 20, 1))
    # after 5 rounds at rate 0.4 the distance is .6^5 * sqrt 2 = 0.11: not there yet
    np.testing.assert_array_equal(s2.measure_steps(h, 0.4), [11])


def test_flow_lines_have_their_colors():
    norms = {n: np.ones((3, 3)) for n in "abcd"}
    assert [line.get_color() for line in s3.plot_flow(norms).axes[0].lines] == [
        utils.COLORS["ReLU"],
        "#56B4E9",
        utils.INK,
        utils.COLORS["Sigmoid"],
    ]


def test_cost_has_its_headings(capsys):
    s3.print_cost({"one": 2.0, "two": 5.0})
    assert heads(capsys.readouterr().out)[0] == ["ns per element", "times one"]


def learned():
    return {
        n: {
            d: s3.Learned(k + d / 100, (k + np.arange(3.0)) * d, np.full(3, k / 10))
            for d in (1, 3)
        }
        for k, n in enumerate(("Sigmoid", "Tanh", "ReLU"), 1)
    }


def test_depth_has_its_headings(capsys):
    s3.print_depth(learned())
    assert heads(capsys.readouterr().out)[0] == [
        "hidden layers",
        "best rate",
        "loss",
        "new points right",
    ]


def test_guessing_is_noted_where_it_is():
    ax = s3.plot_depth(learned()).axes[0]
    assert ax.texts[0].get_text() == "guessing"
    assert ax.texts[0].xy[1] == pytest.approx(np.log(3))


def races():
    b = np.array([[[9.0] * 3, [8.0] * 3], [[4.0, 5, 6], [7.0] * 3]])
    return {
        (d, n): utils.Grid(np.array([1.0, 2]), np.array([0.1, 3]), b, b, b / 100)
        for d in ("spirals", "digits")
        for n in ("ReLU", "Tanh")
    }


def test_races_have_their_labels():
    for ax in s3.plot_races(races()).axes:
        assert [line.get_label() for line in ax.lines] == ["ReLU", "Tanh"]


def dying():
    d = s3.Dying(np.array([[0, 0.1, 0.2], [0.3, 0.4, 0.5]]), 11, 21, np.array([0.7, 0.8, 0.9]))
    return {(4.0, 0.5): d}


def test_dying_has_its_headings(capsys):
    f = dying()
    s3.print_dying(f, list(f.values()))
    assert heads(capsys.readouterr().out)[0] == [
        "rate",
        "bias",
        "dead at 0",
        "dead at the end",
        "died",
        "revived",
        "accuracy",
    ]


def test_the_control_of_dying_has_its_headings(capsys):
    f = dying()
    s3.print_dying(f, list(f.values()))
    assert ["layer", "died", "revived"] in heads(capsys.readouterr().out)


def test_dying_says_what_share():
    f = dying()
    f[(1.0, -2.0)] = f[(4.0, 0.5)]
    assert s3.plot_dying(f).axes[0].get_ylabel() == "share of dead units"


def test_born_dead_has_its_headings(capsys):
    s3.print_born_dead({(2, 3): 0.111})
    assert heads(capsys.readouterr().out)[0] == [
        "width N",
        "depth L",
        "born dead",
        "1-(1-2^-N)^L",
    ]


def test_accuracy_is_that_of_the_end():
    (only,) = s3.measure_dying(1, 0, steps=30)
    x, labels = utils.spirals(turns=0.5, points=30)
    network = utils.Network([2, 32, 3], s3.ReLU, weight_scale=utils.HE)
    history = utils.train(network, x, labels, steps=30, rate=1)
    np.testing.assert_allclose(only.accuracy, history.accuracy[-1], atol=0.03)
    assert only.accuracy.min() > history.accuracy[0].max()


def test_who_died_and_came_back_counts():
    _, second = s3.measure_dying(2, 0, hidden=2, steps=150)
    assert second.died >= second.revived > 0
    assert second.died > round(float(second.share[-1].sum()) * 32)


def test_what_is_learned_is_at_one_rate(monkeypatch):
    g = utils.Grid(
        np.array([1.0]),
        np.array([0.1, 1]),
        np.array([[[3.0] * 3, [1, 2, 3]]]),
        None,
        np.array([[[0.1] * 3, [0.7, 0.8, 0.9]]]),
    )
    monkeypatch.setattr(utils, "train_grid", lambda *a, **k: g)
    learned = s3.learn("ReLU", 1, 2)
    assert learned.rate == 1
    np.testing.assert_array_equal(learned.new_accuracy, [0.7, 0.8, 0.9])


def odd():
    dead = np.zeros((2, 3, 10), bool)
    dead[0, 0, :1] = dead[0, 1, :2] = dead[0, 2, :9] = True
    return {0.25: s4.Run(dead, np.array([0.1, 0.2, 0.9]), np.array([0.7, 0.8, 0.9]))}


def test_dead_at_the_start_is_a_median(capsys):
    s4.print_runs(odd())
    assert numbers_of(capsys.readouterr().out.splitlines()[1])[1] == 0.2


def test_loss_is_a_median(capsys):
    s4.print_runs(odd())
    assert numbers_of(capsys.readouterr().out.splitlines()[1])[6] == 0.2


def test_revival_has_its_axes():
    ax = s4.plot_revival(t4.made_up(), window=2).axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "share of dead units")


def test_each_start_has_its_panel():
    a = t4.made_up()
    b = {k: r._replace(new_accuracy=r.new_accuracy / 2) for k, r in a.items()}
    _, right = s4.plot_accuracies({"a": a, "b": b}).axes
    assert [line.get_xdata()[0] for line in right.lines if line.get_marker() == "o"] == [
        0.4,
        0.1,
    ]


def test_notes_have_the_shade_of_their_line():
    ax = s4.plot_revival(t4.made_up(), window=2).axes[0]
    assert [to_hex(t.get_color()) for t in ax.texts] == [
        to_hex(line.get_color()) for line in ax.lines
    ]
    assert len({to_hex(line.get_color()) for line in ax.lines}) == 2


def test_accuracies_have_their_axis():
    for ax in s4.plot_accuracies({"a": t4.made_up(), "b": t4.made_up()}).axes:
        assert ax.get_xlabel() == "new points right"


def test_checks_are_printed_with_their_verdicts(capsys):
    utils.print_gradient_checks(
        {
            "A": utils.GradientCheck(True, 0.0, 1.0, 2),
            "B": utils.GradientCheck(False, 0.5, 3.0, 4),
        }
    )
    assert heads(capsys.readouterr().out) == [
        ["verdict", "max relative error", "at x =", "inputs at a kink"],
        ["A", "right", "0.0e+00", "-", "2"],
        ["B", "WRONG", "5.0e-01", "3", "4"],
    ]


def test_values_are_printed_in_their_columns(capsys):
    x = np.array([1.0])
    utils.print_values(utils.Values(x, x + 1, x + 2, 2.0, x + 3))
    assert heads(capsys.readouterr().out) == [
        ["x", "f(x)", "slope f'(x)", "dL/dx for dL/df = 2"],
        ["1", "2", "3", "4"],
    ]


def test_the_curves_say_which_is_output_and_which_slope():
    left, right = utils.explore(np.tanh).axes[:2]
    assert left.get_xlabel().startswith("f(")
    assert right.get_xlabel().startswith("f'(")


def test_examples_have_the_colors_of_their_arms():
    made_up = {n: t6.made_up_learning(np.array([0.5] * 5), 0) for n in "ab"}
    figure = utils.plot_learning(made_up, "c")
    figure.animation._draw_was_started = True  # or it complains that it was never drawn
    for ax in figure.axes:
        np.testing.assert_allclose(
            [plt.matplotlib.colors.to_rgb(line.get_color()) for line in ax.lines],
            utils.ARMS * 0.8,
        )
    x, labels = utils.spirals([0])
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), x[0][labels[0] == 1])


def test_ridges_have_their_headings(capsys):
    utils.print_ridges(t6.RIDGES)
    assert heads(capsys.readouterr().out)[0] == [
        "scale:",
        "0.5",
        "2",
        "norm is 1 at",
        "in theory",
    ]


def ridge():
    sc = 2 ** np.linspace(-1, 5, 4)
    n = np.outer(np.arange(41), [-2.0, -1, 0.5, 1])
    R = {"Tanh": utils.Ridge(sc, n, 3, 2.5), "ReLU": utils.Ridge(sc, n, 3, 2.5)}
    return utils.plot_ridges({"Tanh": t6.Tanh(), "ReLU": t6.ReLU()}, R)


def test_maps_have_their_scales():
    ax = ridge().axes[0]
    assert [float(t.get_text()) for t in ax.get_xticklabels()] == [
        2.0**t for t in ax.get_xticks()
    ]


def test_flows_have_their_colors():
    f = ridge()
    flow = next(a for a in f.axes if a.get_ylabel() == "gradient norm")
    assert [line.get_color() for line in flow.lines] == [
        utils.COLORS["Tanh"],
        utils.COLORS["ReLU"],
    ]


def test_training_has_its_headings(capsys):
    utils.print_training(t6.TRAINED)
    assert heads(capsys.readouterr().out)[0] == [
        "scale",
        "best rate",
        "loss, median [quartiles]",
        "new right",
    ]


def test_training_panels_are_titled():
    f = utils.plot_training(t6.TRAINED, {"ReLU": t6.RIDGES["Tanh"]})
    assert [t6.title(a) for a in f.axes] == [
        "loss, trained examples",
        "new examples right",
        "best rate",
    ]


def test_compared_curves_have_their_axes():
    left, right = utils.compare_activations([np.sin]).axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("output f(x)", "slope f'(x)")


def test_the_film_says_its_step():
    f = utils.plot_learning(
        {n: t6.made_up_learning(np.array([0.5] * 5), 0) for n in "ab"}, "caption"
    )
    f.animation._draw_was_started = True
    f.animation._draw_frame(3)
    words = f"caption, first seed; step {utils.FILM_STEPS[3]}"
    assert words in [text.get_text() for text in f.texts]


def test_best_is_by_the_median():
    assert utils.best(np.array([[[1.0, 1, 100], [2, 2, 2]]])) == (0, 0)


def test_times_are_medians(monkeypatch):
    ticks = iter([0, 1, 0, 1, 0, 100.0])
    monkeypatch.setattr(utils.time, "perf_counter", lambda: next(ticks))
    assert utils.time_each({"a": lambda: None}, 3) == {"a": 1}


def test_digits_keep_a_third_of_the_faces():
    x, _ = utils.digits([0])
    n, _ = utils.digits([0], new=True)
    k = len(utils.FACES) // 3
    assert (x.shape[1], n.shape[1]) == (10 * (len(utils.FACES) - k), 10 * k)


def test_deep_flow_is_a_median():
    flow = utils.gradient_flow(
        t6.Tanh(), depth=utils.DEPTH, weight_scale=2, examples=4, seeds=range(5)
    )
    np.testing.assert_allclose(utils.deep_flow(t6.Tanh(), 2), np.median(flow, axis=1)[::-1])
