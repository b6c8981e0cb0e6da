"""Lesson 3, ReLU: its tables and figures, in the order of the story.

Values, gradient check and curve stand in test_lessons.py, as those of all lessons.
"""

import numpy as np
import torch

import told
from told import figure, holds, look, named, parameters, rows_show, shows, spread, table

HE = 2**0.5


def test_central_differences_at_the_kink_say_the_mean_of_both_slopes():
    assert float(told.after("relu", "central differences say ").split(":")[0]) == (0 + 1) / 2


@holds("relu", tables=["The outputs of random ReLU layers"])
def test_outputs_are_sparse_and_not_centred():
    outputs = told.random_layers(torch.relu, HE, 20).outputs
    h = [outputs[layer].ravel() for layer in parameters("relu", "show_outputs").layers]
    rows = {
        "share that is exactly 0": np.count_nonzero(np.less_equal(h, 0), axis=1) / len(h[0]),
        "mean / typical size": np.sum(h, axis=1) / np.linalg.norm(h, axis=1) / len(h[0]) ** 0.5,
    }
    rows_show(table("relu", "The outputs of random ReLU layers"), rows)


@holds("relu", tables=["What 20 random layers"], figures=["relu_depth"])
def test_what_random_layers_leave():
    depth = parameters("relu", "show_depth").depth
    contenders = {
        "no activation, scale 1": told.random_layers(told.no_activation, 1, depth),
        "sigmoid, scale 1": told.random_layers(torch.sigmoid, 1, depth),
        "ReLU, scale 1": told.random_layers(torch.relu, 1, depth),
        "ReLU, scale 1.41": told.random_layers(torch.relu, HE, depth),
    }
    panel = figure("relu", "relu_depth").axes[0]
    assert panel.get_title("left") == f"gradient's norm, {depth} random layers"
    rows = {}
    for name, layers in contenders.items():
        rows[name] = spread(layers.gradients[:, -1]) + spread(layers.signals[:, -1])
        told.draws_runs(named(panel, name, runs=5), range(depth + 1), layers.gradients)
    rows_show(table("relu", f"What {depth} random layers"), rows)


@holds("relu", tables=["Hidden layers that learn"], figures=["relu_depth"])
def test_losses_of_two_to_eight_hidden_layers():
    steps = parameters("relu", "show_learning").steps
    contenders = [  # name, activation, weight scale, rate, its name in the other panel
        ("sigmoid", torch.sigmoid, 1, 1, "sigmoid, scale 1"),
        ("tanh", torch.tanh, 1, 0.05, None),  # is not drawn
        ("ReLU", torch.relu, 1, 0.1, "ReLU, scale 1"),
        ("ReLU", torch.relu, HE, 0.1, "ReLU, scale 1.41"),
    ]
    rows = table("relu", "Hidden layers that learn")
    left, right = figure("relu", "relu_depth").axes
    drawn = list(right.lines)
    for row, (name, f, scale, rate, label) in zip(rows, contenders, strict=True):
        assert row[:3] == [name, f"{scale:.3g}", f"{rate:g}"]
        for cell, hidden in zip(row[3:], (2, 4, 8), strict=True):
            networks = told.networks([2, *[16] * hidden, 3], scale)
            losses = told.losses_by_autograd(networks, f, rate, steps)
            shows(cell, spread(losses[:, -1]))
        if label:
            lines, drawn = drawn[:6], drawn[6:]
            told.draws_runs(lines, range(steps + 1), losses)
            assert look(lines[0]) == look(named(left, label)[0])
    assert not drawn
    assert right.get_title("left") == "training loss, 8 hidden layers"
    shows(told.after("relu", f"Hidden layers that learn: loss after {steps} steps"), np.log(3))


def fates(rate, bias, hidden, steps):
    """Of ReLUs: which are dead, (steps + 1, seeds, units) by layer; the share right (seeds,)."""
    networks = told.networks([2, *[32] * hidden, 3], HE, bias=bias)
    states = list(told.descend_by_autograd(networks, torch.relu, rate, steps))
    dead = []
    for layer in range(hidden):
        dead.append(np.array([state.hidden[layer].max(axis=1) == 0 for state in states]))
    new_x, new_labels = told.spirals_of_all_seeds(new=True)
    scores, _ = told.send_forward(states[-1].weights, states[-1].biases, torch.relu, new_x)
    right = scores.argmax(dim=2).numpy() == new_labels
    return dead, right.mean(axis=1)


def units_that_came_back(dead):
    """How many units are alive at some step, and were dead at the one before."""
    returns = np.diff(dead.astype(int), axis=0) == -1
    return np.count_nonzero(returns.sum(axis=0))


@holds("relu", tables=["Units of the first layer that no example"], figures=["relu_dying"])
def test_units_of_the_first_layer_die_and_stay_dead():
    steps = parameters("relu", "show_dying").steps
    rows = table("relu", "Units of the first layer that no example")
    assert [row[:2] for row in rows] == [["1", "0"], ["3", "0"], ["10", "0"], ["1", "-2"]]
    panels = {ax.get_title("left"): ax for ax in figure("relu", "relu_dying").axes}
    for rate, bias, *cells in rows:
        (dead,), right = fates(float(rate), float(bias), 1, steps)
        shares = dead.mean(axis=2).T
        back = units_that_came_back(dead)
        wanted = [*spread(shares[:, 0]), *spread(shares[:, -1]), back, *spread(right)]
        shows("  ".join(cells), *wanted)
        lines = named(panels[f"biases start at {bias}"], f"rate {rate}", runs=5)
        told.draws_runs(lines, range(steps + 1), shares)


@holds("relu", tables=["And in a second layer?"])
def test_units_of_the_second_layer_can_come_back():
    given = parameters("relu", "show_second_layer")
    layers, _ = fates(given.rate, 0, 2, given.steps)
    rows = {}
    for number, dead in enumerate(layers, start=1):
        ever, back = np.count_nonzero(dead.sum(axis=0)), units_that_came_back(dead)
        rows[number] = dead[0].size, ever, back, dead[-1].sum()
    rows_show(table("relu", "And in a second layer?"), rows)


@holds("relu", tables=["Do negative inputs kill units?"])
def test_inputs_far_from_0_make_units_dead_unless_biases_cancel_the_shift():
    given = parameters("relu", "show_inputs_off_centre")
    shifts = [0, 1, 3, -3]
    x, labels = told.spirals_of_all_seeds()
    networks = []
    for shift in [0] * len(shifts) + shifts:  # first without, then with biases that cancel it
        networks += told.networks([2, 32, 32, 3], HE)
        for network in networks[-len(x) :]:
            network.linears[0].b -= np.array([shift, shift]) @ network.linears[0].W
    shifted = np.concatenate([x + shift for shift in shifts])
    data = np.tile(shifted, (2, 1, 1)), np.tile(labels, (2 * len(shifts), 1))
    how = torch.relu, given.rate, given.steps
    first, *_, last = told.descend_by_autograd(networks, *how, data=data)
    dead = np.mean(first.hidden[0].max(axis=1) == 0, axis=1).reshape(2, len(shifts), -1)
    losses = last.losses.reshape(2, len(shifts), -1)
    assert (dead[1] == 0).all()
    rows = {}
    for shift, *runs in zip(shifts, dead[0], losses[0], losses[1], strict=True):
        rows[shift] = [number for run in runs for number in spread(run)]
    rows_show(table("relu", "Do negative inputs kill units?"), rows)
