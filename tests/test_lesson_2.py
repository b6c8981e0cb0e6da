"""Lesson 2, tanh: its tables and figures, in the order of the story.

Values, gradient check and curve stand in test_lessons.py, as those of all lessons.
"""

import numpy as np
import torch
from numpy.testing import assert_allclose
from torch.nn import functional

import activations_utils as utils
import told
from reference import exact
from told import figure, holds, parameters, rows_show, shows, spread, table


@holds("tanh", tables=["Gradient check of a whole network"])
def test_one_activation_object_for_two_layers_is_found():
    weights, biases = told.weights_and_biases(told.networks([2, 16, 16, 3], 1)[:1])
    x, labels = utils.spirals()
    scores, (h1, h2) = told.send_forward(weights, biases, torch.tanh, x)
    loss = functional.cross_entropy(scores[0], torch.tensor(labels))
    right_W, right_b, upstream = torch.autograd.grad(loss, [weights[0], biases[0], h1])
    delta = upstream * (1 - h2**2)  # the mistake: h1 would be right
    pairs = (right_W, torch.tensor(x.T) @ delta), (right_b, delta.sum(dim=1))

    # check_gradients moves weights and biases along random directions: how far off is it there?
    rng, errors = np.random.default_rng(0), []
    for right, mistaken in pairs:
        direction = torch.tensor(rng.normal(size=right[0].squeeze().shape))
        right, mistaken = (direction * right).sum(), (direction * mistaken).sum()
        errors.append((right - mistaken).abs() / torch.maximum(right.abs(), mistaken.abs()))
    one_each, shared = table("tanh", "Gradient check of a whole network")
    assert one_each == ["a Tanh for each layer", "right", "below 1e-6"]
    assert shared[:2] == ["one Tanh for both layers", "WRONG"]
    shows(shared[2], max(errors).item())


@holds("tanh", tables=["From the textbook's formula"])
def test_where_the_textbooks_formula_fails():
    x, *columns = np.array(table("tanh", "From the textbook's formula"), float).T
    value, slope = np.array(exact("Tanh", x), float)
    with np.errstate(over="ignore", invalid="ignore"):
        textbook = np.sinh(x) / np.cosh(x)  # inf / inf at 800
    textbook[x < 1e-16] = 0  # exp(x) and exp(-x) are both rounded to 1
    without_expm1 = np.where(x < 1e-16, 0, value)
    subtracted = np.where(x < 19, slope, 0)  # from 19.1 on t is rounded to 1
    assert_allclose(columns, [textbook, without_expm1, value, subtracted, slope], rtol=6e-6)


@holds("tanh", tables=["From sigmoid to tanh"])
def test_one_change_at_a_time():
    given = parameters("tanh", "show_one_change_at_a_time")
    rate = given.rate
    contenders = {
        f"sigmoid (weight scale 1, rate {rate})": (torch.sigmoid, 1, rate),
        f"longer steps: rate {4 * rate}": (torch.sigmoid, 1, 4 * rate),
        "outputs around 0: minus 1/2": (told.sigmoid_minus_half, 1, rate),
        "weights 4 times as large": (torch.sigmoid, 4, rate),
        "weights 8 times as large": (torch.sigmoid, 8, rate),
        "4 times as large, minus 1/2": (told.sigmoid_minus_half, 4, rate),
        f"tanh (weight scale 1, rate {rate})": (torch.tanh, 1, rate),
    }

    def final_losses(hidden, f, weight_scale, rate):
        networks = told.networks([2, *[16] * hidden, 3], weight_scale)
        return spread(told.losses_by_autograd(networks, f, rate, given.steps)[:, -1])

    rows = {name: final_losses(2, *c) + final_losses(4, *c) for name, c in contenders.items()}
    rows_show(table("tanh", "From sigmoid to tanh"), rows)
    shows(told.after("tanh", "Guessing costs "), np.log(3))
    straight = told.after("tanh", "a network without a hidden layer reaches ").split(")")[0]
    shows(straight, final_losses(0, torch.sigmoid, 1, rate))


@holds("tanh", tables=["All three changes together are tanh"])
def test_tanh_and_sigmoids_minus_half_lose_the_same():
    given = parameters("tanh", "show_all_three_are_tanh")
    sizes, how = [2, *[16] * given.hidden, 3], (given.rate, given.steps)
    tanh = told.losses_by_autograd(told.networks(sizes, 1), torch.tanh, *how)
    larger = told.networks(sizes, 1)
    factors = [2, *[4] * (given.hidden - 1), 2]
    for network in larger:
        for linear, factor in zip(network.linears, factors, strict=True):
            linear.W = factor * linear.W
    rates = [factor**2 for factor in factors] + [4] * given.hidden + [1]  # of weights, of biases
    lowered = told.losses_by_autograd(larger, told.sigmoid_minus_half, *how, rates=rates)
    assert_allclose(lowered, tanh, atol=1e-9)
    rows = table("tanh", "All three changes together are tanh")
    assert [(seed, same) for seed, _, _, same in rows] == [(str(s), "yes") for s in utils.SEEDS]
    printed = np.array([row[1:3] for row in rows], float)
    assert_allclose(printed, np.transpose([tanh[:, -1], lowered[:, -1]]), atol=1.5e-9)


@holds("tanh", tables=["The mean output of each unit"])
def test_offsets_that_the_next_layer_gets():
    layers = parameters("tanh", "show_offsets").layers
    rows = {}
    for name, f in (("sigmoid", torch.sigmoid), ("tanh", torch.tanh)):
        outputs = told.random_layers(f, 1, max(layers)).outputs
        rows[name] = np.ravel([spread(outputs[layer].mean(axis=1)) for layer in layers])
    rows_show(table("tanh", "The mean output of each unit"), rows)


@holds("tanh", tables=["An offset turns the bowl"], figures=["tanh_valley"])
def test_the_bowl_and_the_valley():
    z, weight = np.polynomial.hermite_e.hermegauss(100)  # for means over a standard normal z
    variance = weight @ (np.tanh(z) / 2) ** 2 / weight.sum()
    shows(told.after("tanh", "independent inputs of variance ").removesuffix(".)"), variance)
    # All weights alike meet the variance and, for each input, the square of the offset.
    rows = {inputs: (1, 1 + inputs * 0.5**2 / variance) for inputs in (2, 16, 64)}
    rows_show(table("tanh", "An offset turns the bowl"), rows)

    goal = np.array([1, -0.5])
    axes = figure("tanh", "tanh_valley").axes
    for ax, where, offset in zip(axes, ("around 0", "around 1/2"), (0, 0.5), strict=True):
        C = variance * np.eye(2) + offset**2
        shrink = np.eye(2) - C / (variance + offset**2)  # a rate of 2 / (steepest + flattest)
        walk = [np.array([-1.0, 0])]
        while np.hypot(*(walk[-1] - goal)) > 0.01 * np.hypot(*(walk[0] - goal)):
            walk.append(goal + shrink @ (walk[-1] - goal))
        path, star = ax.lines
        assert_allclose(path.get_xydata(), walk, atol=1e-6)
        assert_allclose(star.get_xydata(), [goal])
        steps = "1 step" if len(walk) == 2 else f"{len(walk) - 1} steps"
        assert ax.get_title("left") == f"inputs {where}: {steps}"
        for away in (line.vertices - goal for line in ax.collections[0].get_paths()):
            loss = np.sum(away @ C * away, axis=1) / 2
            assert len(loss) == 0 or np.ptp(loss) < 0.02 * loss.mean() + 1e-3
