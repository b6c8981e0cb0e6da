"""Lesson 4, leaky ReLU: all that it shows, beside networks that PyTorch's autograd trains."""

from functools import cache

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose
from torch.nn import functional

import activations_utils as utils
import leaky_relu_from_scratch as lesson
import told
from told import cells_of, figure, holds, parameter, shows, spread, table

ALPHAS = (0, 0.01, 0.1, 0.3)
BIAS, RATE, STEPS = (parameter("leaky_relu", "show_revival", n) for n in ("bias", "rate", "steps"))
DEAD_START = f"From a dead start: biases start at {BIAS}, rate {RATE}, {STEPS} steps"


@cache
def fates(alphas, bias, rate, steps):
    """What becomes of five networks for each alpha, as they are and with frozen units.

    All are trained at once. Returns by (alpha, frozen) which units have no positive sum, before
    each step and after the last (steps + 1, 5, units), and the share of new points right (5,).
    """
    cases = [(alpha, frozen) for alpha in alphas for frozen in (False, True)]
    weights, biases = told.weights_and_biases(told.networks([2, 32, 3], 2**0.5, bias=bias))
    parameters = []
    for five in (weights[0], biases[0], weights[1], biases[1]):
        copies = torch.stack(len(cases) * [five.detach()])  # (cases, 5, inputs or 1, units)
        parameters.append(copies.requires_grad_())
    W1, b1, W2, b2 = parameters
    slope = torch.tensor([alpha for alpha, _ in cases], dtype=torch.float64).view(-1, 1, 1, 1)
    frozen = torch.tensor([frozen for _, frozen in cases]).view(-1, 1, 1, 1)
    x, labels = map(torch.tensor, told.spirals_of_all_seeds())

    def sums_and_scores(x):
        sums = x @ W1 + b1
        return sums, torch.where(sums > 0, sums, slope * sums) @ W2 + b2

    dead = []
    for step in range(steps + 1):
        sums, scores = sums_and_scores(x)
        dead.append((sums <= 0).all(dim=2).numpy())
        if step == steps:
            break
        may_change = ~(frozen & torch.tensor(dead[0]).unsqueeze(2))
        loss = functional.cross_entropy(
            scores.flatten(0, 2), labels.expand(len(cases), -1, -1).flatten(), reduction="sum"
        )
        gradients = torch.autograd.grad(loss / x.shape[1], parameters)
        for number, (array, gradient) in enumerate(zip(parameters, gradients)):
            array.data -= rate * gradient * (may_change if number < 2 else 1)
    x, labels = map(torch.tensor, told.spirals_of_all_seeds(new=True))
    right = (sums_and_scores(x)[1].argmax(dim=-1) == labels).double().mean(dim=2).numpy()
    dead = np.array(dead)
    return {case: (dead[:, place], right[place]) for place, case in enumerate(cases)}


def shares_alive(alpha, *settings):
    """Of the units dead at first, the shares (5,) alive after some step and after the last."""
    dead, _ = fates(ALPHAS, *settings)[alpha, False]
    some_step, last_step = [], []
    for network in range(5):
        alive = ~dead[:, network, dead[0, network]]  # (steps + 1, units dead at first)
        some_step.append(alive.any(axis=0).mean())
        last_step.append(alive[-1].mean())
    return some_step, last_step


def check_dead_start(rows, *settings):
    """Rows of the table, without the column of what came back, against `fates`."""
    assert [row[0] for row in rows] == [f"{alpha:g}" for alpha in ALPHAS]
    for alpha, (_, _, *cells) in zip(ALPHAS, rows):
        free, frozen = (fates(ALPHAS, *settings)[alpha, frozen][1] for frozen in (False, True))
        alive = shares_alive(alpha, *settings)[1]
        shows("  ".join(cells), spread(alive), spread(free), spread(frozen))


@holds("leaky_relu", tables=["From a dead start"])
def test_how_many_units_live_after_a_dead_start_and_how_many_points_are_right():
    check_dead_start(table("leaky_relu", DEAD_START), BIAS, RATE, STEPS)
    (columns,) = (names for found, names, _ in told.tables("leaky_relu") if found == DEAD_START)
    assert columns == ["alpha", "came back", "alive at the end", "points right", "right if frozen"]


def test_how_many_of_the_units_dead_at_first_came_back():
    for alpha, row in zip(ALPHAS, table("leaky_relu", DEAD_START)):
        shows(row[1], spread(shares_alive(alpha, BIAS, RATE, STEPS)[0]))


def test_a_leak_helps_in_the_median_even_if_the_dead_units_stay_as_they_are():
    without, *with_leak = (
        np.median(fates(ALPHAS, BIAS, RATE, STEPS)[alpha, True][1]) for alpha in ALPHAS
    )
    assert min(with_leak) > without


@holds("leaky_relu", figures=["leaky_relu_revival"])
def test_the_dots_and_bars_of_the_revival():
    left, right = figure("leaky_relu", "leaky_relu_revival").axes
    assert [label.get_text() for label in left.get_yticklabels()] == [f"{a:g}" for a in ALPHAS]
    assert (left.get_xlabel(), right.get_xlabel()) == (
        "share of dead units alive at the end",
        "share of new points right",
    )
    medians = []
    for place, alpha in enumerate(ALPHAS):
        alive = shares_alive(alpha, BIAS, RATE, STEPS)[1]
        points = fates(ALPHAS, BIAS, RATE, STEPS)[alpha, False][1]
        medians.append(np.median(alive))
        for panel, runs in ((left, alive), (right, points)):
            dots, bar = panel.lines[2 * place : 2 * place + 2]
            assert_allclose(dots.get_xydata(), [[run, place] for run in runs], atol=1e-12)
            assert_allclose(bar.get_xydata(), [[np.median(runs), place]], atol=1e-12)
            assert (dots.get_marker(), bar.get_marker()) == ("o", "|")
            assert to_rgb(dots.get_color()) == to_rgb(utils.COLORS["LeakyReLU"])
            assert to_rgb(bar.get_color()) == to_rgb(utils.INK)
    assert len(left.lines) == len(right.lines) == 2 * len(ALPHAS)
    nothing, little, more, _ = medians
    assert nothing <= little < more, "the title says: more with 0.1 than with 0.01"


def test_biases_that_start_at_0_are_the_first_remedy():
    settings = [parameter("leaky_relu", "show_remedy", name) for name in ("rate", "steps")]
    dead, right = fates((0,), 0, *settings)[0, False]
    words = " ".join(told.told("leaky_relu", False)[0].split())
    sentence = words.split("biases that start at 0: ")[1].split(" of the points are right")[0]
    shows(sentence, spread(dead[0].mean(axis=1)), spread(right))


def test_other_settings_are_told_and_computed_alike(capsys):
    lesson.show_revival(bias=-1, rate=3, steps=20)
    _, heading, _, *lines = capsys.readouterr().out.splitlines()
    assert heading == "From a dead start: biases start at -1, rate 3, 20 steps"
    check_dead_start(cells_of(lines[: 1 + len(ALPHAS)])[1], -1, 3, 20)


@holds("leaky_relu", figures=["leaky_relu_curve"])
def test_the_slider_bends_the_curve_between_no_activation_and_relu():
    shown = figure("leaky_relu", "leaky_relu_curve")
    (curve, _, dot, *thin), (slopes, slope_dot, *thin_slopes) = (ax.lines for ax in shown.axes[:2])
    x = curve.get_xdata()
    for alpha, line, slope_line in zip((0, 1), thin, thin_slopes, strict=True):
        assert_allclose(line.get_ydata(), np.where(x > 0, x, alpha * x))
        assert_allclose(slope_line.get_ydata(), np.where(x > 0, 1, alpha))
        assert line.get_linewidth() < curve.get_linewidth()
    slider = shown.slider
    assert (slider.label.get_text(), slider.valmin, slider.valmax) == ("alpha", 0, 1)
    assert slider.val == parameter("leaky_relu", "show_curve", "start")
    for alpha in (0.25, 1):
        slider.set_val(alpha)
        assert_allclose(curve.get_ydata(), np.where(x > 0, x, alpha * x))
        assert_allclose(slopes.get_ydata(), np.where(x > 0, 1, alpha))
        assert_allclose(dot.get_xydata(), [[-2.4, -2.4 * alpha]])
        assert_allclose(slope_dot.get_xydata(), [[-2.4, alpha]])
        assert shown.axes[0].get_title("left").startswith(f"f(-2.40) = {-2.4 * alpha:.4g} ")
    slider.reset()
    assert curve.get_ydata()[0] == pytest.approx(slider.val * x[0])
