"""Lesson 1, the sigmoid: its tables and figures, in the order of the story.

Values, gradient check and curve stand in test_lessons.py, as those of all lessons.
"""

import numpy as np
import torch
from numpy.testing import assert_allclose
from torch.nn import functional

import told
from reference import exact
from sigmoid_from_scratch import clouds
from told import figure, holds, look, named, parameters, rows_show, shows, spread, table

SIX_DIGITS = 6e-6  # as tables print numbers


def typed_as_in_the_textbook(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def sigmoid_with_the_bug(z):
    """A sigmoid in PyTorch whose slope is that of a sigmoid at the output."""
    s = torch.sigmoid(z).detach()
    return s + torch.sigmoid(s) * (1 - torch.sigmoid(s)) * (z - z.detach())


@holds("sigmoid", tables=["Does the bug matter?"])
def test_losses_with_and_without_the_bug():
    given = parameters("sigmoid", "show_bug_in_a_network")
    rows = {}
    for name, f in (("right", torch.sigmoid), ("slope of the output", sigmoid_with_the_bug)):
        networks = told.networks([2, 32, 3], given.weight_scale)
        losses = told.losses_by_autograd(networks, f, given.rate, given.steps)
        rows[name] = spread(losses[:, -1])
    rows_show(table("sigmoid", "Does the bug matter?"), rows)


@holds("sigmoid", tables=["Vanishing, both ways"], figures=["sigmoid_vanishing"])
def test_what_random_layers_leave_of_signal_and_gradient():
    depth = parameters("sigmoid", "show_vanishing").depth
    uneven = "4 times, minus 1/2"  # so nothing is said per layer
    contenders = {
        "sigmoid": told.random_layers(torch.sigmoid, 1, depth),
        "weights 4 times as large": told.random_layers(torch.sigmoid, 4, depth),
        uneven: told.random_layers(told.sigmoid_minus_half, 4, depth),
        "no activation": told.random_layers(told.no_activation, 1, depth),
    }
    forth, back = figure("sigmoid", "sigmoid_vanishing").axes
    assert forth.get_title("left") == "the signal: how far examples lie apart"
    assert back.get_title("left") == "the gradient's norm"
    rows = {}
    for place, (name, layers) in enumerate(contenders.items()):
        wanted = []
        for runs in (layers.signals, layers.gradients):
            left = np.median(runs[:, -1])
            wanted += [left] if name == uneven else [left, left ** (1 / depth)]
        for numbers in (layers.sums[-1], layers.slopes[-1]):
            wanted.append(np.linalg.norm(numbers) / numbers.size**0.5)
        rows[name] = wanted
        there, and_back = forth.lines[6 * place : 6 * place + 6], named(back, name, runs=5)
        told.draws_runs(there, range(depth + 1), layers.signals)
        told.draws_runs(and_back, range(depth + 1), layers.gradients)
        assert look(there[0]) == look(and_back[0])
    rows_show(table("sigmoid", "Vanishing, both ways"), rows)


@holds("sigmoid", tables=["The textbook's formulas"], figures=["sigmoid_tail"])
def test_where_the_textbooks_formulas_fail():
    rows = np.array(table("sigmoid", "The textbook's formulas"), float)
    x, s, rest, product, right, slope = rows.T
    typed = typed_as_in_the_textbook(x)
    assert_allclose([s, rest, product], [typed, 1 - typed, typed * (1 - typed)], rtol=SIX_DIGITS)
    assert_allclose([right, slope], np.array(exact("Sigmoid", x), float), rtol=SIX_DIGITS)
    edge = float(told.after("sigmoid", "For x below ").split()[0])
    with np.errstate(over="ignore"):
        assert np.exp(-edge - 0.1) < np.inf == np.exp(-edge + 0.1)

    drawn = figure("sigmoid", "sigmoid_tail")
    line = named(drawn.axes[0], "e / (1 + e)^2")[0]
    x = line.get_xdata()
    assert_allclose(line.get_ydata(), np.array(exact("Sigmoid", x)[1], float), rtol=1e-14)
    line, dot = named(drawn.axes[0], "s (1 - s)", runs=1)
    typed = typed_as_in_the_textbook(x)
    curve = np.transpose([x, typed * (1 - typed)])[typed < 1]
    assert_allclose(line.get_xydata(), curve, rtol=1e-12)
    assert_allclose(dot.get_xydata(), curve[-1:], rtol=1e-12)
    shows(drawn.get_suptitle().split("beyond ")[1].split()[0], curve[-1, 0])


@holds("sigmoid", tables=["What it is for"], figures=["sigmoid_classifier"])
def test_one_unit_learns_yes_or_no():
    given = parameters("sigmoid", "show_classifier")
    x, y, new_x, new_y = map(torch.tensor, (*clouds(seed=0), *clouds(seed=1, points=5000)))
    w = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    losses, shares_right = [], []
    for step in range(given.steps + 1):
        loss = functional.binary_cross_entropy_with_logits(x @ w + b, y)
        losses.append(loss.item())
        right = (new_x @ w + b > 0) == (new_y == 1)
        shares_right.append(right.double().mean().item())
        if step < given.steps:
            for parameter, gradient in zip((w, b), torch.autograd.grad(loss, (w, b))):
                parameter.data -= given.rate * gradient
    rows = {step: (losses[step], shares_right[step]) for step in (0, 1, 5, 20, given.steps)}
    rows_show(table("sigmoid", "What it is for"), rows)

    left, plane, _ = figure("sigmoid", "sigmoid_classifier").axes
    assert_allclose(left.lines[0].get_ydata(), losses)
    for cloud, label, marker in zip(plane.lines, (0, 1), "o^", strict=True):
        assert_allclose(cloud.get_xydata(), x[y[:, 0] == label])
        assert cloud.get_marker() == marker
    bands, edges = plane.collections[0].get_paths(), plane.collections[0].levels
    for place in np.random.default_rng(0).uniform(-3.9, 3.9, (200, 2)):
        inside = [band for band, path in enumerate(bands) if path.contains_point(place)]
        p = torch.sigmoid(torch.tensor(place) @ w + b).item()
        assert edges[inside[0]] - 0.01 < p < edges[inside[-1] + 1] + 0.01


@holds("sigmoid", tables=["Why p - y?"])
def test_the_gradient_of_a_score():
    rows = np.array(table("sigmoid", "Why p - y?"), float)
    score, p_minus_y, divided, squared_error = rows.T
    z = torch.tensor(score, requires_grad=True)
    by_autograd = torch.autograd.grad(functional.softplus(z).sum(), z)[0]  # -log(1 - p)
    assert_allclose(p_minus_y, by_autograd, rtol=SIX_DIGITS)
    p, slope = typed_as_in_the_textbook(score), np.array(exact("Sigmoid", score)[1], float)
    with np.errstate(divide="ignore"):
        assert_allclose(divided, slope / (1 - p), rtol=SIX_DIGITS)  # 1 - p has lost its digits
    assert_allclose(squared_error, p * slope, rtol=SIX_DIGITS)
