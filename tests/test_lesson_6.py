"""Lesson 6, the activations side by side: all that it shows, beside autograd and algebra."""

from functools import cache
from unittest.mock import MagicMock

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose
from torch.nn import functional

import activations_utils as utils
import told
from registry import REGISTRY
from told import figure, holds, parameter, shows, spread, table


def exact_sigmoid(x):
    """Its slope, unlike that of torch.sigmoid, is right far out on both sides."""
    return torch.exp(functional.logsigmoid(x))


def exact_tanh(x):
    return 2 * exact_sigmoid(2 * x) - 1


def leaky_relu(x):
    return functional.leaky_relu(x, 0.1)


# PyTorch's own, but where others are exact or have another alpha.
INSTEAD = {"Sigmoid": exact_sigmoid, "Tanh": exact_tanh, "LeakyReLU": leaky_relu}
FOUR = {name: INSTEAD.get(name, getattr(functional, REGISTRY[name].torch)) for name in REGISTRY}
FILMED = {"no activation": told.no_activation, **FOUR}
UNITS = {name: FILMED[name] for name in ("no activation", "Sigmoid", "Tanh", "ReLU")}


def color_of(name):
    return to_rgb(utils.COLORS.get(name, utils.INK))


@holds("utils", tables=["Gradient check"])
def test_all_four_pass_the_gradient_check():
    rows = table("utils", "Gradient check")
    assert rows == [[name, "right", "below 1e-6", ""] for name in FOUR]


# How units add up


def least_squares(f, count):
    """The zeros of the units' sums, what each unit adds, their sum, and how far it is off."""
    x = np.linspace(-3, 3, 601)
    curve = np.sin(2 * x) + x / 3
    zeros = -3 + 6 / count * np.arange(count)
    hidden = f(torch.tensor(count / 3 * (x[:, None] - zeros))).numpy()
    basis = np.column_stack([hidden, np.ones(601)])
    inverse = np.linalg.pinv(basis, rcond=601 * np.finfo(float).eps)
    # Of the best weights those nearest to the start: it stays in the directions that do not matter.
    start = 0.2 * np.random.default_rng(0).normal(size=count + 1)
    weights = inverse @ curve + start - inverse @ (basis @ start)
    total = basis @ weights
    return x, curve, zeros, basis[:, :-1] * weights[:-1], total, np.std(total - curve)


@holds("utils", tables=["How units add up"])
def test_how_far_the_sum_of_units_is_off_the_curve():
    counts = [2, 4, 8, 16, 32]
    rows = table("utils", "How units add up", "units:")
    for row, (name, f) in zip(rows, UNITS.items(), strict=True):
        off = [least_squares(f, count)[-1] for count in counts]
        assert row[0] == name
        assert_allclose(np.array(row[1:], float), off, atol=5.1e-4)
        if name != "no activation":
            assert (np.diff(off) < 0).all(), "all bent ones come closer with each doubling"


def check_units(shown, count):
    """The lines and titles of all panels; returns the width of grey, thin and thick lines."""
    for ax, (name, f) in zip(shown.axes, UNITS.items()):
        x, curve, zeros, parts, total, off = least_squares(f, count)
        grey, *thin, thick, dots = ax.lines
        assert_allclose(grey.get_xydata(), np.transpose([x, curve]), atol=1e-9)
        for line, part in zip(thin, parts.T, strict=True):
            assert_allclose(line.get_xydata(), np.transpose([x, part]), atol=1e-6)
        assert_allclose(thick.get_xydata(), np.transpose([x, total]), atol=1e-6)
        on_the_sum = np.transpose([zeros, np.interp(zeros, x, total)])
        assert_allclose(dots.get_xydata(), on_the_sum, atol=1e-6)
        assert (dots.get_marker(), dots.get_linestyle()) == ("o", "None")
        assert ax.get_title("left") == f"{name}: {count} units, {off:.2f} off"
        assert ax.get_title("center") == ""
        (width,) = {line.get_linewidth() for line in thin}
        assert width < thick.get_linewidth() / 2 < grey.get_linewidth() / 4
    return grey.get_linewidth(), width, thick.get_linewidth()


def check_colors(shown):
    for ax, name in zip(shown.axes, UNITS):
        grey, *others = ax.lines
        assert to_rgb(grey.get_color()) == to_rgb(utils.FAINT)
        assert {to_rgb(line.get_color()) for line in others} == {color_of(name)}
        assert to_rgb(ax._left_title.get_color()) == color_of(name)


@holds("utils", figures=["compare_units"])
def test_units_at_first_and_as_the_slider_asks():
    shown = figure("utils", "compare_units")
    slider = shown.slider
    assert (slider.label.get_text(), slider.valmin, slider.valmax) == ("units", 2, 32)
    assert slider.val == parameter("utils", "show_units", "start")
    check_colors(shown)
    widths = check_units(shown, slider.val)
    with plt.rc_context({"lines.linewidth": 9, "axes.titlelocation": "center"}):
        for value, count in ((5.2, 5), (2, 2)):
            slider.set_val(value)
            assert check_units(shown, count) == widths
    slider.reset()


def test_the_units_keep_their_colours_under_another_style():
    shown = figure("utils", "compare_units")
    with plt.rc_context({"text.color": "red"}):
        shown.slider.set_val(4)
    try:
        check_colors(shown)
    finally:
        with plt.style.context(utils.STYLE, after_reset=True):
            shown.slider.reset()


@holds("utils", figures=["compare_curves"])
def test_outputs_and_slopes_of_the_four():
    left, right = figure("utils", "compare_curves").axes
    legend = left.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [*FOUR]
    for place, (name, f) in enumerate(FOUR.items()):
        x = torch.linspace(-4, 4, 1201, dtype=torch.float64, requires_grad=True)
        y = f(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
        for ax, values in ((left, y), (right, slope)):
            expected = torch.stack([x, values], dim=1).detach()
            assert_allclose(ax.lines[place].get_xydata(), expected, atol=1e-12)
        lines = left.lines[place], right.lines[place], legend.get_lines()[place]
        assert {to_rgb(line.get_color()) for line in lines} == {color_of(name)}
        assert len({line.get_linewidth() for line in lines}) == 1
    shows(told.after("utils", "LeakyReLU has alpha "), 0.1)


# What a network learns with each

SCALE, RATE, STEPS = (parameter("utils", "show_learning", n) for n in ("scale", "rate", "steps"))
SETTINGS = f"weight scale {SCALE}, rate {RATE}, {STEPS} steps"


def longer_spirals(new=False):
    return told.spirals_of_all_seeds(turns=0.75, points=30, new=new)


@cache
def learned(name):
    """Weights and biases of the first network after each step, and the share of new points that
    each of the five networks has right at the end."""
    networks = told.networks([2, 32, 32, 3], SCALE)
    first = []
    for state in told.descend_by_autograd(
        networks, FILMED[name], RATE, STEPS, data=longer_spirals()
    ):
        first.append([[p[0].detach().clone() for p in ps] for ps in (state.weights, state.biases)])
    x, labels = longer_spirals(new=True)
    scores, _ = told.send_forward(state.weights, state.biases, FILMED[name], x)
    return first, (scores.argmax(dim=-1).numpy() == labels).mean(axis=1)


def classes_seen(name, step):
    """By the first network at this step, row by row from the bottom of the picture."""
    side = np.linspace(-1.2, 1.2, 32)
    rows = []
    for height in side:
        points = np.column_stack([side, np.full(32, height)])
        scores, _ = told.send_forward(*learned(name)[0][step], FILMED[name], points)
        rows.append(scores.argmax(dim=1).numpy())
    return np.array(rows)


@holds("utils", tables=["Three longer spiral arms"])
def test_what_share_of_new_points_is_right():
    rows = table("utils", f"Three longer spiral arms: {SETTINGS}")
    for (name, cell), filmed in zip(rows, FILMED, strict=True):
        assert name == filmed
        shows(cell, spread(learned(filmed)[1]))


def frames_of(shown):
    """The step that the clock tells, and the pictures, of each frame of a film."""
    frames = []

    def look(**_):
        clock = shown.get_supxlabel()
        assert clock.startswith(f"{SETTINGS}; first seed, step ")
        pictures = [ax.images[0].get_array().copy() for ax in shown.axes]
        frames.append((int(clock.split()[-1]), pictures))

    look()  # as it is printed
    shown.animation.save("", writer=MagicMock(**{"grab_frame.side_effect": look}))
    return frames


@holds("utils", figures=["compare_learning"])
def test_the_film_shows_what_the_first_network_sees_at_each_step():
    shown = figure("utils", "compare_learning")
    frames = frames_of(shown)
    steps = [step for step, _ in frames]
    assert steps[:2] == [STEPS, STEPS], "the end is shown first"
    assert steps[-2:] == [STEPS, STEPS], "and stays a while"
    assert steps[2] == 0
    assert (np.diff(steps[2:-1]) > 0).all()
    x, labels = longer_spirals()
    for place, (ax, name) in enumerate(zip(shown.axes, FILMED, strict=True)):
        assert ax.get_title("left") == name
        assert to_rgb(ax._left_title.get_color()) == color_of(name), name
        for label, line in enumerate(ax.lines):
            assert_allclose(line.get_xydata(), x[0][labels[0] == label])
        shades = np.array([to_rgb(line.get_color()) for line in ax.lines]) / 0.8
        assert len(shades) == len(np.unique(shades, axis=0)) == 3
        assert (ax.images[0].origin, ax.images[0].get_extent()) == ("lower", [-1.2, 1.2, -1.2, 1.2])
        for step, pictures in frames:
            paler = 0.4 + 0.6 * shades[classes_seen(name, step)]
            assert_allclose(pictures[place], paler, atol=1e-9)


# Where gradients vanish and explode

DEPTH = parameter("utils", "show_vanishing_and_exploding", "depth")
SCALES = [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]


@cache
def random_layers(examples):
    """Of five networks: weights at scale 1 (5, 64, 64), inputs and upstream gradients."""
    weights, _ = told.weights_and_biases(told.networks((DEPTH + 2) * [64], 1))
    inputs, upstream = [], []
    for seed in utils.SEEDS:
        how = {"depth": DEPTH, "examples": examples, "seed": seed}
        outputs, gradients = utils.random_passes(utils.NoActivation(), **how)
        inputs.append(outputs[0])
        upstream.append(gradients[-1])
    inputs = torch.tensor(np.array(inputs), requires_grad=True)
    return [W.detach() for W in weights[:DEPTH]], inputs, torch.tensor(np.array(upstream))


@cache
def log_norms(name, scale, *, skip=False, examples=4):
    """log10 of the median norm of the gradient in five networks, from the last layer back to x."""
    weights, inputs, upstream = random_layers(examples)
    h = [inputs]
    for W in weights:
        around = h[-1] if skip else 0
        h.append(FOUR[name](h[-1] @ (scale * W)) + around)
    gradients = torch.autograd.grad(h[-1], h[::-1], upstream)
    norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients])
    return np.log10(np.median(norms / norms[0], axis=1))


def check_it_keeps_its_norm_at(name, scale):
    """Four halvings, on a logarithmic scale, find it to a factor of 2**(1/32)."""
    before, after = (log_norms(name, scale * 2.0 ** (side / 31))[-1] for side in (-1, 1))
    assert before < 0 < after
    assert all(log_norms(name, s)[-1] < 0 for s in SCALES if s < scale), "the lowest such scale"


@holds("utils", tables=["Vanishing and exploding"])
def test_at_which_weight_scale_gradients_vanish_and_explode():
    heading = f"Vanishing and exploding: log10 of the gradient's norm, {DEPTH} layers back"
    rows = table("utils", heading)
    contenders = [(name, name, False) for name in FOUR]
    contenders += [(f"skip: h + {name}", name, True) for name in ("Sigmoid", "ReLU")]
    for row, (label, name, skip) in zip(rows, contenders, strict=True):
        norms = [log_norms(name, scale, skip=skip)[-1] for scale in SCALES]
        assert row[0] == label
        assert_allclose(np.array(row[1:-1], float), norms, atol=0.501)
    (columns,) = (names for found, names, _ in told.tables("utils") if found == heading)
    assert columns == ["weight scale:", *(f"{scale:g}" for scale in SCALES), "norm is 1 at"]


def test_how_far_relus_gradients_grow_with_skip_connections():
    power = log_norms("ReLU", 2**0.5, skip=True, examples=16)[-1]
    shows(told.after("utils", "ReLU's explode: at scale 1.41 their norm grows to 10^"), power)


@holds("utils", figures=["compare_ridge"])
def test_the_ridge_on_the_map_of_norms():
    *panels, colorbar = figure("utils", "compare_ridge").axes
    rows = {row[0]: row for row in table("utils", "Vanishing and exploding")}
    for ax, name in zip(panels, FOUR, strict=True):
        assert ax.get_title("left") == name
        (mesh,), (line,) = ax.collections, ax.lines
        expected = np.transpose([log_norms(name, scale) for scale in SCALES])
        assert_allclose(mesh.get_array(), expected, atol=1e-3)  # row k is k layers back
        corners = mesh.get_coordinates()
        assert (corners[0, :-1, 0] < SCALES).all()
        assert (corners[0, 1:, 0] > SCALES).all()
        assert_allclose(corners[:, 0, 1], np.arange(DEPTH + 2) - 0.5)
        ridge = line.get_xdata()[0]
        check_it_keeps_its_norm_at(name, ridge)
        assert rows[name][-1] == f"{ridge:.1f}"
        low, middle, high = mesh.cmap([0.0, 0.5, 1.0])[:, :3]
        assert low[2] > low[1] < middle[1] > high[1] > high[2], "violet, white, orange"
        assert mesh.norm.vmin == -mesh.norm.vmax
    assert colorbar.get_ylabel() == "log10 of the gradient's norm"
