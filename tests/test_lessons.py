"""Every number that the lessons print or draw, against a computation that is not theirs."""

import io
import re
from contextlib import redirect_stdout
from decimal import Decimal
from functools import cache
from importlib import import_module
from itertools import pairwise
from types import SimpleNamespace
from unittest.mock import MagicMock

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose as close
from torch.nn import Linear, functional, init

import activations_utils as utils

HE, leaky = 2**0.5, functional.leaky_relu
F = {  # the activations by PyTorch
    "no activation": lambda x: x, "Sigmoid": torch.sigmoid, "Tanh": torch.tanh, "ReLU": torch.relu,
    "Sigmoid - 1/2": lambda x: torch.sigmoid(x) - 0.5, "LeakyReLU": lambda x: leaky(x, 0.1),
    "GELU": functional.gelu, "SiLU": functional.silu, "ELU": functional.elu,
}  # fmt: skip
slope_of_sigmoid = lambda x: np.exp(-abs(x)) / (1 + np.exp(-abs(x))) ** 2
softmax = lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
stats = lambda runs: [np.median(runs), np.min(runs), np.max(runs)]
net = lambda sizes, scale, **how: utils.Network(sizes, utils.FORMULAS["Tanh"], scale, **how)
losses = lambda *how: np.array([loss for loss, *_ in descend(*how)])
axes = lambda lesson, name: told(lesson)[1][name].axes
columns = lambda *where: np.array(table(*where), float).T
look = lambda line: (to_rgb(line.get_color()), line.get_linestyle(), line.get_linewidth())
asked = lambda lesson, ask: [float(n) for n in re.search(ask, told(lesson)[0]).groups()]


@cache
def told(lesson):  # what a lesson prints, and its figures by name
    name = f"activations_{lesson}" if lesson in ("utils", "torch") else f"{lesson}_from_scratch"
    with plt.style.context(utils.STYLE, after_reset=True), redirect_stdout(io.StringIO()) as out:
        figures = import_module(name).main()
    for figure in figures.values():
        figure.canvas.draw_idle = lambda: None  # sliders and the film are seen without drawing
    return out.getvalue(), figures


def table(lesson, pattern):
    """The rows below the line in which pattern is found, as lists of their cells."""
    lines = iter(told(lesson)[0].splitlines())
    head = next(line for line in lines if re.search(pattern, line))
    ends, rows = [0, *(cell.end() for cell in re.finditer(r"\S+(?: \S+)*", head))], []
    while len(line := next(lines)) == len(head) and "  " in line:  # right-aligned
        first, *others = (line[a:b].strip() for a, b in pairwise(ends))
        rows.append([*re.split(r"\s{2,}", first), *others])  # the first has perhaps no header
    return rows


def shows(text, *wanted):  # the numbers in a text are these, to half a unit of the last digit shown
    text = re.sub(r"(?<=[\d.])-(?=\d+\.)", " ", re.sub(r",(?=\d{3}\b)", "", text))  # 0.1-0.2: two
    numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", text)
    for number, value in zip(numbers, np.ravel(wanted), strict=True):
        half = 0.501 * 10.0 ** Decimal(number).as_tuple().exponent
        assert float(number) == pytest.approx(value, abs=half), text


def tells(lesson, pattern, rows):
    """A table has these rows: their first cell, and the numbers that the others show."""
    found = table(lesson, pattern)
    assert [row[0] for row in found] == list(rows)
    for (_, *cells), wanted in zip(found, rows.values()):
        shows("  ".join(cells), *np.ravel(wanted))


def named(ax, name, runs=0):
    """The line whose look the legend gives this name, and so many lines after it."""
    legend = zip(ax.get_legend().get_texts(), ax.get_legend().get_lines(), strict=True)
    (sample,) = (look(line) for text, line in legend if text.get_text() == name)
    (place,) = (i for i, line in enumerate(ax.lines) if look(line) == sample)
    return ax.lines[place : place + 1 + runs]


def draws(lines, runs, x=None):
    """The first line is the median of runs (x, seeds); the others, thinner, are the runs."""
    x = range(len(runs)) if x is None else x
    for line, y in zip(lines, [np.median(runs, axis=1), *np.transpose(runs)], strict=True):
        close(line.get_xydata(), np.transpose([x, y]), rtol=1e-6, atol=1e-9)
        assert line.get_color() == lines[0].get_color()
    assert all(line.get_linewidth() < lines[0].get_linewidth() for line in lines[1:])


def pass_on(W, b, f, x):  # x, the outputs of the hidden layers, and the scores
    h = [torch.as_tensor(x)]
    for V, a in zip(W[:-1], b):
        h.append(f(h[-1] @ V + a))
    return [*h, h[-1] @ W[-1] + b[-1]]


def descend(network, f, rate, steps, data=None):
    """Losses (seeds,), layers, weights and biases, before every step and after the last."""
    W, b = ([torch.tensor(p, requires_grad=True) for p in ps] for ps in (network.W, network.b))
    x, labels = map(torch.tensor, data or utils.spirals())
    for step in range(int(steps) + 1):
        h = pass_on(W, b, f, x)
        loss = functional.cross_entropy(h[-1].mT, labels, reduction="none").mean(1)
        yield loss.detach().numpy(), h, (W, b)
        if step < steps:
            for p, gradient in zip(W + b, torch.autograd.grad(loss.sum(), W + b)):
                p.data -= rate * gradient


@cache
def flow(f, scale, depth=20, examples=16, skip=False):
    """Layers; signal and gradient that are left, (depth + 1, seeds)."""
    size = {"depth": int(depth), "examples": examples}
    given = utils.random_network(utils.FORMULAS["no activation"], scale, **size)
    h = [torch.tensor(given.h[0], requires_grad=True)]
    for W in map(torch.tensor, given.W[:-1]):
        h.append(F[f](h[-1] @ W) + (h[-1] if skip else 0))
    gradients = torch.autograd.grad(h[-1], h, torch.tensor(given.dh[-1]))
    norms = np.array([g.square().sum(dim=(1, 2)).sqrt().numpy() for g in gradients])
    h = np.array([layer.detach().numpy() for layer in h])
    apart = np.mean([np.std(h[..., unit], axis=2) for unit in range(64)], axis=0)
    return h, apart / apart[0], norms / norms[-1]


def value_and_slope(f, x):
    x = torch.tensor(x, requires_grad=True)
    y = f(x)
    return y.detach().numpy(), torch.autograd.grad(y.sum(), x)[0].numpy()


@pytest.mark.parametrize("lesson", ["sigmoid", "tanh", "relu", "leaky_relu"])
def test_values_slopes_and_the_planted_bug(lesson):
    name = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "ReLU", "leaky_relu": "LeakyReLU"}[lesson]
    x, *told_of = columns(lesson, r"x +f\(x\) +slope .*= 2")
    y, slope = value_and_slope(leaky if lesson == "leaky_relu" else F[name], x)
    close(told_of, [y, slope, 2 * slope], rtol=6e-6)
    right, wrong = table(lesson, "backward is .* error +at x = +kinks")
    assert (right[:2], wrong[1]) == ([name, "right"], "WRONG")
    assert float(right[2]) < 1e-7 < 0.1 < float(wrong[2])
    assert right[-1] == wrong[-1] == str(int("ReLU" in name))


def test_what_twenty_sigmoid_layers_leave():
    flows = {
        "sigmoid": flow("Sigmoid", 1), "weights x4": flow("Sigmoid", 4),
        "weights x4, s - 1/2": flow("Sigmoid - 1/2", 4), "no activation": flow("no activation", 1),
    }  # fmt: skip
    left = {name: (np.median(s[-1]), np.median(g[0])) for name, (_, s, g) in flows.items()}
    rows = {name: (a, a**0.05, b, b**0.05) for name, (a, b) in left.items()}
    tells("sigmoid", "signal .*a layer +gradient .*a layer", rows)
    assert all(0.06 < share < 0.15 for share in left["weights x4, s - 1/2"])  # "about a tenth"
    forth, back = axes("sigmoid", "sigmoid_vanishing")
    for share in left["sigmoid"]:
        shows(forth.figure.get_suptitle().split("scale 1, ")[1], share**0.05)
    for i, (name, (_, signal, gradient)) in enumerate(flows.items()):
        draws(forth.lines[6 * i : 6 * i + 6], signal)
        draws(lines := named(back, name, runs=5), gradient[::-1])
        assert look(lines[0]) == look(forth.lines[6 * i])


def test_the_sigmoids_tails():
    with np.errstate(over="ignore"):
        typed = lambda x: 1 / (1 + np.exp(-x))
        x, *told_of = columns("sigmoid", r"x +1/.* +Sigmoid's slope")
        s = np.exp(np.minimum(x, 0)) / (1 + np.exp(-abs(x)))
        close(told_of, [typed(x), s, typed(x) * (1 - typed(x)), slope_of_sigmoid(x)], rtol=6e-6)
        assert typed(-709.7) > 0 == typed(-709.8)
    (ax,) = axes("sigmoid", "sigmoid_tail")
    x, y = named(ax, "e / (1 + e)^2")[0].get_data()
    close(y, slope_of_sigmoid(x), rtol=1e-14)
    x, y = named(ax, "s (1 - s)")[0].get_data()
    close(y, typed(x) * (1 - typed(x)), rtol=1e-14)
    close(ax.lines[-1].get_xydata(), [[x[-1], y[-1]]])
    shows(ax.figure.get_suptitle().split("beyond")[1], x[-1])
    assert y[-1] > 0 == 1 - typed(x[-1] + 0.1)


def test_the_classifier_is_a_logistic_regression():
    clouds = import_module("sigmoid_from_scratch").clouds
    (x, y), (new_x, new_y) = (map(torch.tensor, clouds(*how)) for how in ((0,), (1, 5000)))
    w = torch.zeros(3, 1, dtype=torch.float64, requires_grad=True)  # the last is the bias
    (left, right, _), rows = axes("sigmoid", "sigmoid_classifier"), {}
    for step, drawn in enumerate(left.lines[0].get_ydata()):
        loss = functional.binary_cross_entropy_with_logits(x @ w[:2] + w[2], y)
        assert drawn == pytest.approx(loss.item(), rel=1e-10)
        correct = (new_x @ w[:2] + w[2] > 0) == (new_y > 0.5)
        rows[str(step)] = loss.item(), correct.double().mean().item()
        if step < 100:
            w.data -= torch.autograd.grad(loss, w)[0]
    rows = {step: rows[step] for step in ("0", "1", "5", "20", "100")}
    tells("sigmoid", "step +loss +share", rows)
    for place in np.random.default_rng(0).uniform(-3.9, 3.9, (200, 2)):
        bands = right.collections[0].get_paths()
        (band,) = (i for i, path in enumerate(bands) if path.contains_point(place))
        p = torch.sigmoid(torch.tensor(place) @ w[:2] + w[2]).item()
        assert band / 10 - 0.01 < p < band / 10 + 0.11
    score, *told_of = columns("sigmoid", "score .*dL/dp.* p - y")
    with np.errstate(divide="ignore"):
        p = 1 / (1 + np.exp(-score))
        close(told_of, [slope_of_sigmoid(score) / (1 - p), p], rtol=6e-6)


def test_formulas_of_tanh():
    x, *told_of = columns("tanh", r"x +textbook .*-e.*expm1 .*t.t +4e")
    with np.errstate(over="ignore", invalid="ignore"):
        e, up, down, t = np.exp(-2 * x), np.exp(x), np.exp(-x), np.tanh(x)
        wanted = (up - down) / (up + down), (1 - e) / (1 + e), t, 1 - t * t, 1 / np.cosh(x) ** 2
    close(told_of, wanted, rtol=6e-6)


def test_what_a_layer_passes_on():
    (depth,), rows = asked("tanh", r"of (\d+) random layers"), {}
    for name, ax in zip(("Sigmoid", "Tanh"), axes("tanh", "tanh_outputs"), strict=True):
        h = [layer.ravel() for layer in flow(name, 1, depth)[0]]
        low, lower, median, upper, high = np.percentile(h, (5, 25, 50, 75, 95), axis=1)
        rows[name] = low[-1], lower[-1], median[-1], upper[-1], high[-1]
        assert ax.get_title("left") == name
        close(ax.lines[0].get_ydata(), median, atol=1e-9)
        for band, ends in zip(ax.collections, ((low, high), (lower, upper)), strict=True):
            x, y = band.get_paths()[0].vertices.T
            found = [[f(y[x == layer]) for layer in range(len(h))] for f in (min, max)]
            close(found, ends, atol=1e-9)
    tells("tanh", "5 % +25 % +50 % +75 % +95 %", rows)


def test_the_valley_follows_from_algebra():
    z, weight = np.polynomial.hermite_e.hermegauss(100)  # for means over a standard normal z
    v, rows = weight @ np.tanh(z) ** 2 / 4 / weight.sum(), {}
    for n in (2, 16, 64):
        total = 1 + v + n / 4  # of the two eigenvalues that a bias mixes; v is their product
        root = (total**2 - 4 * v) ** 0.5
        rows[str(n)] = 1, 1 + n / 4 / v, 1 / v, (total + root) / (total - root)
    tells("tanh", "inputs +centred +lifted .*centred.* lifted", rows)
    goal = np.array([1, -0.5])
    for ax, m in zip(axes("tanh", "tanh_valley"), (0, 0.5), strict=True):
        steep, rate, path = v * np.eye(2) + m * m, 1 / (v + m * m), [np.array([-1.0, 0])]
        while np.linalg.norm(path[-1] - goal) > 0.01 * np.linalg.norm(path[0] - goal):
            path.append(path[-1] - rate * steep @ (path[-1] - goal))
        close(ax.lines[0].get_xydata(), path, atol=1e-6)
        assert f": {len(path) - 1} step" in ax.get_title("left")
        for off in (path.vertices - goal for path in ax.collections[0].get_paths()):
            loss = (off @ steep * off).sum(axis=1)
            assert not len(loss) or np.ptp(loss) < 0.02 * loss.mean() + 1e-3


def test_from_sigmoid_to_tanh():
    (steps,), (rate,) = asked("tanh", r"loss after (\d+) steps"), asked("tanh", r"at rate (\d+)")
    train = lambda n, f, scale: losses(net([2, *[16] * n, 3], scale), F[f], rate, steps)
    contenders = ("Sigmoid", 1), ("Sigmoid", 4), ("Sigmoid - 1/2", 4), ("Tanh", 1)
    names = "sigmoid", "weights x4, for its slope of 1/4", "and lowered by 1/2", "tanh"
    ends = [[stats(train(n, *how)[-1]) for n in (2, 4)] for how in contenders]
    tells("tanh", "two .*four hidden", dict(zip(names, ends)))
    straight = re.search(r"without a hidden layer (.*?\))", told("tanh")[0])[1]
    shows(straight, stats(train(0, "Tanh", 1)[-1]))
    assert asked("tanh", r"Guessing costs (\d.\d+)") == pytest.approx([np.log(3)], abs=0.005)
    pair = [utils.Network([2, 8, 8, 3], utils.FORMULAS[f]) for f in ("Tanh", "Sigmoid - 1/2")]
    for i, factor in enumerate((2, 4, 2)):  # the same function: its steps are 4 x 4 times as large
        pair[1].W[i] *= factor
    for network in pair:
        network.backward(network.forward(utils.spirals()[0]))
    close(4 * pair[0].dW[1], 4 * 4 * pair[1].dW[1], rtol=1e-9, atol=1e-12)


def test_outputs_are_sparse_gradients_survive_depth_and_depth_learns():
    share = lambda name: [np.mean(flow(name, HE)[0][layer] == 0) for layer in (1, 5, 10, 20)]
    tells("relu", "layer: +1 +5 +10 +20", {name: share(name) for name in ("Tanh", "ReLU")})
    assert asked("relu", r"differences say ([\d.]+)") == [0.5]
    flows = {
        "no activation, scale 1": flow("no activation", 1), "sigmoid, scale 1": flow("Sigmoid", 1),
        "ReLU, scale 1": flow("ReLU", 1), "ReLU, He's sqrt(2)": flow("ReLU", HE),
    }  # fmt: skip
    rows = {name: stats(gradient[0]) for name, (_, _, gradient) in flows.items()}
    tells("relu", "of the gradient is left", rows)
    left, right = axes("relu", "relu_depth")
    for name, (_, _, gradient) in flows.items():
        draws(named(left, name, runs=5), gradient[::-1])
    (steps,), rows = asked("relu", r"Loss .*after (\d+) steps"), {n: [] for n in "1248"}
    learners = {"Sigmoid": (1, 1), "Tanh": (1, 0.03), "ReLU": (HE, 0.1), "ReLU, scale 1": (1, 0.1)}
    for name, (scale, rate) in learners.items():
        lines = named(right, f"{name} (rate {rate:g})", runs=5)
        drawn = np.transpose([line.get_ydata() for line in lines[1:]])
        draws(lines, drawn, x=(1, 2, 4, 8))
        for depth, x, runs in zip(rows, lines[0].get_xdata(), drawn, strict=True):
            rows[depth] += stats(runs)
            if depth in "14" or name == "ReLU, scale 1":  # to be quick
                network = net([2, *[16] * int(x), 3], scale)
                close(runs, losses(network, F[name.split(",")[0]], rate, steps)[-1], rtol=1e-6)
    tells("relu", "layers +Sigmoid +Tanh +ReLU +ReLU, scale 1", rows)


def fates(rate, bias, layers, layer):
    """Units that no example activates, (steps + 1, seeds, units), and how many meet each fate."""
    way = descend(net([2, *[32] * layers, 3], HE, bias=bias), F["ReLU"], rate, 100)
    dead = np.array([(h[layer] == 0).all(dim=1).numpy() for _, h, _ in way])
    units = dead.reshape(101, -1).T.tolist()
    later = sum(not unit[0] and any(unit) for unit in units)
    revived = sum(any(a and not b for a, b in pairwise(unit)) for unit in units)
    return dead, (len(units), sum(unit[0] for unit in units), later, revived)


def test_units_that_die():
    panels = {ax.get_title("left").split()[-1]: ax for ax in axes("relu", "relu_dying")}
    rows = table("relu", "rate +bias +units +dead at first +died later +revived +share")
    assert [row[:2] for row in rows] == [["1", "0"], ["3", "0"], ["10", "0"], ["1", "-2"]]
    for rate, bias, *cells in rows:
        dead, wanted = fates(float(rate), float(bias), 1, 1)
        shows("  ".join(cells), *wanted, *stats(dead[-1].mean(axis=1)))
        draws(named(panels[bias], f"rate {rate}", runs=5), dead.mean(axis=2))
    (rate,) = asked("relu", r"two hidden layers at rate (\d+)")
    rows = {str(layer): fates(rate, 0, 2, layer)[1] for layer in (1, 2)}
    tells("relu", "layer +units +dead at first +died later +revived$", rows)


def test_what_comes_back_from_a_dead_start_and_the_slider():
    rate, low, steps = asked("leaky_relu", r"rate (\d+), biases start at (-\d+), (\d+) steps")
    panels, (x, labels) = axes("leaky_relu", "leaky_relu_revival"), utils.spirals(new=True)
    for i, (alpha, *cells) in enumerate(table("leaky_relu", "alpha +share .*came back +new")):
        for ax, cell in zip(panels, cells[:2], strict=True):
            dots, bar = ax.lines[2 * i : 2 * i + 2]
            shows(cell, stats(dots.get_xdata()))
            assert bar.get_xdata() == np.median(dots.get_xdata())
            assert {*dots.get_ydata(orig=False), *bar.get_ydata(orig=False)} == {i}
        for bias in (low, 0) if alpha == "0.1" else ():  # one alpha, to be quick
            f = lambda x: leaky(x, 0.1)
            way = list(descend(net([2, 32, 3], HE, bias=bias), f, rate, steps))
            first, last = ((h[1] <= 0).all(dim=1).numpy() for _, h, _ in (way[0], way[-1]))
            says = pass_on(*way[-1][-1], f, x)[-1].argmax(dim=-1).numpy()
            right = (says == labels).mean(axis=1)
            if bias:
                back = (first & ~last).sum(axis=1) / first.sum(axis=1)
                close([ax.lines[2 * i].get_xdata() for ax in panels], [back, right])
            else:
                shows(cells[2], stats(right))
    shown, alpha = told("leaky_relu")[1]["leaky_relu_curve"], 0.25
    shown.slider.set_val(alpha)
    (curve, _, dot), (slopes, other) = shown.axes[0].lines[:3], shown.axes[1].lines[:2]
    x = curve.get_xdata()
    close(curve.get_ydata(), np.where(x > 0, x, alpha * x))
    close(slopes.get_ydata(), np.where(x > 0, 1, alpha))
    close([*dot.get_xydata(), *other.get_xydata()], [[-2.4, -2.4 * alpha], [-2.4, alpha]])


def test_how_units_add_up():
    x, names = np.linspace(-3, 3, 601), ("no activation", "Sigmoid", "Tanh", "ReLU")
    curve = np.sin(2 * x) + x / 3

    def least(name, count):
        joints = -3 + 6 / count * np.arange(count)
        hidden = F[name](torch.tensor(count / 3 * (x[:, None] - joints)))
        basis = np.column_stack([hidden, np.ones(601)])
        total = basis @ (np.linalg.pinv(basis) @ curve)
        return joints, basis, total, np.mean((total - curve) ** 2) ** 0.5

    rows = {name: [least(name, n)[-1] for n in (2, 4, 8, 16, 32)] for name in names}
    tells("utils", "units: +2 +4 +8 +16 +32", rows)
    for count in (8, 5):
        with plt.style.context(utils.STYLE, after_reset=True):  # titles on the left
            told("utils")[1]["compare_units"].slider.set_val(count)
        for ax, name in zip(axes("utils", "compare_units"), names):
            joints, basis, total, gap = least(name, count)
            shows(ax.get_title("left").split(f"{name}: ")[1], count, gap)
            goal, *parts, thick, dots = (line.get_ydata() for line in ax.lines)
            close([goal, thick], [curve, total], atol=1e-6)
            assert np.ptp(thick - np.sum(parts, axis=0)) < 1e-6  # the constant
            for column, part in zip(basis.T[:-1], parts, strict=True):
                close(column * (column @ part) / (column @ column), part, atol=1e-6)
            close(
                [ax.lines[-1].get_xdata(), dots], [joints, np.interp(joints, x, total)], atol=1e-6
            )


def test_the_film_and_what_was_learned():
    (x, labels), (new_x, new_y) = (utils.spirals(turns=0.75, points=60, new=n) for n in (0, 1))
    scale, rate = asked("utils", r"scale ([\d.]+)\), rate \(([\d.]+)\)")
    shown, frames = told("utils")[1]["compare_learning"], []
    pictures = lambda: [ax.images[0].get_array().copy() for ax in shown.axes]
    step_of = lambda: int(shown.get_supxlabel().split("step ")[1])  # as it is written below
    look_at = lambda **_: frames.append((step_of(), pictures()))
    shown.animation.save("", writer=MagicMock(**{"grab_frame.side_effect": look_at}))
    steps = [step for step, _ in frames]
    assert steps[0] == steps[-1] == 300
    assert steps[1:11] == sorted({0, *steps})
    plane = np.stack(np.meshgrid(*[np.linspace(-1.2, 1.2, 32)] * 2), axis=-1)
    for i, (name, cell) in enumerate(table("utils", "share of new points right")):
        ax, f = shown.axes[i], F[name]
        colors = np.array([to_rgb(line.get_color()) for line in ax.lines]) / 0.8
        close([line.get_xydata() for line in ax.lines], x[0].reshape(3, 60, 2))
        assert (ax.get_title("left"), ax.images[0].origin) == (name, "lower")
        if name in ("no activation", "ReLU"):  # to be quick
            continue
        way = descend(net([2, 32, 32, 3], scale), f, rate, 300, (x, labels))
        for step, (_, _, (W, b)) in enumerate(way):
            if step in steps:
                says = pass_on([w[0] for w in W], [a[0] for a in b], f, plane)[-1].argmax(dim=-1)
                for picture in (seen[i] for other, seen in frames if other == step):
                    close(picture, 0.4 + 0.6 * colors[says.numpy()])
        says = pass_on(W, b, f, new_x)[-1].argmax(dim=-1).numpy()
        shows(cell, stats((says == new_y).mean(axis=1)))


def test_the_ridge():
    shown = re.search(r"weight scale: +(.*\d) +norm is 1 at", told("utils")[0])[1].split()
    scales, rows = float(shown[0]) * 2 ** np.arange(0, len(shown) - 0.5, 0.5), {}
    close([float(scale) for scale in shown], scales[::2])
    flows = lambda name, skip: [flow(name, scale, 20, 4, skip)[2] for scale in scales]
    norms_of = lambda name, skip=False: np.log10(np.median(flows(name, skip), axis=2))
    for name, ax in zip(("Sigmoid", "Tanh", "ReLU", "LeakyReLU"), axes("utils", "compare_ridge")):
        norms = norms_of(name)
        i = int(np.argmax(norms[:, 0] > 0))
        place = scales[i] * 2 ** (norms[i, 0] / (norms[i - 1, 0] - norms[i, 0]) / 2)
        rows[name] = *norms[::2, 0], place
        close(ax.lines[0].get_xdata(), place)
        close(ax.collections[0].get_array(), norms.T[::-1], atol=1e-3)
        assert ax.get_title("left") == name
    rows["h + s(h W)"] = norms_of("Sigmoid", skip=True)[::2, 0]
    tells("utils", "weight scale: .* norm is 1 at", rows)


def test_forward_passes_and_softmax():
    x, *told_of = columns("torch", "x +Sigmoid +Tanh +ReLU +LeakyReLU +Softmax")
    s, relu = 1 / (1 + np.exp(-x)), np.maximum(x, 0)
    close(told_of, [s, np.tanh(x), relu, np.maximum(x, x / 100), softmax(x)], rtol=6e-5)
    scores = np.array([[1.0, 2, 3], [1, 1, 5]])
    sums = lambda p: [*p.sum(axis=1), *p.sum(axis=0)]
    rows = {"1": sums(softmax(scores)), "0": sums(softmax(scores.T).T)}
    tells("torch", "dim +sums of the rows .*of the columns", rows)
    p = softmax(scores[0])
    rows = {"0": [p, p], "0.1": [p, p], "1000": [p]}  # of the textbook's no number is left
    tells("torch", r"added to all.*exp\(x\).* nn.Softmax", rows)
    jacobian = np.diag(p) - np.outer(p, p)
    tells("torch", "dp / dx +x1 +x2 +x3", dict(zip(("p1", "p2", "p3"), jacobian)))
    rows = dict.fromkeys(("by hand", "autograd"), jacobian @ [0.3, -1, 2])
    tells("torch", r"p \* \(g.* +x1 +x2 +x3", rows)
    two = import_module("activations_torch").softmax_backward(np.array([p, p]), np.eye(3)[:2])
    close(two, jacobian[:2])


def test_scratch_beside_built_in():
    rows = {row[0]: row[1:] for row in table("torch", "last place: +output +slope")}
    assert rows["ReLU"] == rows["LeakyReLU"] == ["0", "0"]
    x, grid = np.linspace(-8, 8, 65_536, dtype=np.float32), np.linspace(0, 60, 1201)
    slopes = {"Sigmoid": slope_of_sigmoid, "Tanh": lambda x: 1 / np.cosh(x) ** 2}
    for (name, slope), ax in zip(slopes.items(), axes("torch", "torch_tails")):
        true = slope(x.astype(float))
        off = np.abs(true - value_and_slope(F[name], x)[1]) / np.spacing(true.astype(np.float32))
        assert rows[name] == ["below 10", f"{np.max(off):.0e}"]
        close(named(ax, "from scratch")[0].get_ydata(), slope(grid), rtol=1e-12)
        for dtype in ("float64", "float32"):
            y = value_and_slope(F[name], grid.astype(dtype))[1]
            end = np.flatnonzero(y)[-1]
            line, dot = named(ax, f"nn.{name}, {dtype}: 0 beyond {grid[end]:.1f}", runs=1)
            close(line.get_xydata(), np.transpose([grid, y])[: end + 1], rtol=1e-5)
            close(dot.get_xydata(), [[grid[end], y[end]]], rtol=1e-5)


def test_times_stand_under_what_they_measure(monkeypatch, capsys):
    """From scratch a call gives output and gradient, by PyTorch the gradient alone."""
    lesson = import_module("activations_torch")
    second = 16_384 / 1e9  # for so many numbers: a nanosecond for each
    seconds = lambda call, number, repeat: [number * len(call()) * second] * repeat
    monkeypatch.setattr(lesson, "repeat", seconds)
    lesson.times()
    heading, _, columns, *rows = capsys.readouterr().out.strip().splitlines()
    assert heading.startswith("Nanoseconds per element, forward + backward")
    assert columns.split() == ["from", "scratch", "PyTorch"]
    assert [row.split() for row in rows] == [[name, "2.0", "1.0"] for name in lesson.PAIRS]


def test_models_train_as_by_hand():
    (steps, rate), rows = asked("torch", r"(\d+) steps at rate ([\d.]+)"), {}
    for name, scale in (("Sigmoid", 1), ("Tanh", 1), ("ReLU", HE), ("LeakyReLU", HE)):
        f = leaky if name == "LeakyReLU" else F[name]
        found = losses(net([2, 32, 32, 3], scale), f, rate, steps)
        rows[f"nn.{name}"] = [stats(found[-1])] * 2
        for line in named(axes("torch", "torch_models")[0], f"nn.{name}", runs=1):
            wanted = np.median(found, axis=1)[np.array(line.get_xdata(), int)]
            close(line.get_ydata(), wanted, atol=1e-9)
    tells("torch", "loss at the end: +autograd +by hand +same", rows)
    assert {row[-1] for row in table("torch", "autograd +by hand +same")} == {"yes"}


def test_gradients_at_default_weights_and_hes_and_how_they_train():
    ends = lambda name: [stats(flow(name, scale)[2][0]) for scale in (3**-0.5, HE)]
    rows = {name: ends(name) for name in ("ReLU", "GELU", "SiLU", "ELU")}
    tells("torch", "is left at: .*scale 0.58 .*1.41", rows)
    (steps,), rows = asked("torch", r"loss after (\d+) steps"), {}
    for name, scale in (("default", 3**-0.5), ("He", HE)):
        models = []
        for seed in utils.SEEDS:
            torch.manual_seed(seed)
            sizes = pairwise([2, *[16] * 8, 3])
            models.append([Linear(n, m, dtype=torch.float64) for n, m in sizes])
            for linear in models[-1] if name == "He" else ():
                init.uniform_(linear.weight, -(bound := (6 / linear.in_features) ** 0.5), bound)
                init.zeros_(linear.bias)
        of = lambda kind: [
            np.array([getattr(m, kind).data for m in layer]) for layer in zip(*models)
        ]
        network = SimpleNamespace(
            W=[w.mT for w in of("weight")], b=[b[:, None] for b in of("bias")]
        )
        found = losses(network, F["ReLU"], 0.03, steps)
        rows[name] = scale, *stats(found[-1])
        draws(named(axes("torch", "torch_models")[1], name, runs=5), found)
    tells("torch", "weight scale +loss after", rows)
    scales = asked("torch", r"at scale (\d\.\d+), 1/sqrt\(3\); ReLU wants (\d\.\d+)")
    assert scales == pytest.approx([3**-0.5, HE], abs=0.005)


def one_too_many(score):
    """Loss and gradient for the score of a wrong class, with a softmax too many, and without."""
    q = softmax(np.array([score, 0, 0]))
    r = softmax(q)
    gradient = (r - [0, 1, 0]) @ (q[0] * ([1, 0, 0] - q))  # times dq / dscore
    return -np.log(r[1]), gradient, np.log(np.exp(score) + 2), q[0]


def one_before_bce(target, score):
    """The same for a sigmoid before BCELoss, in float32, and for BCEWithLogitsLoss."""
    with np.errstate(over="ignore", divide="ignore"):
        p = 1 / (1 + np.exp(np.float32(-score)))
        loss = min(-np.log(p if target else 1 - p), 100)
    gradient = (p - target) / max(p * (1 - p), 1e-12) * p * (1 - p)
    return loss, gradient, np.logaddexp(0, abs(score)), 1 / (1 + np.exp(-score)) - target


def test_a_layer_too_many():
    scores, *told_of = columns("torch", "score +loss with softmax +its gradient +without")
    close(np.transpose(told_of), [*map(one_too_many, scores)], rtol=2e-4, atol=1e-7)
    targets, scores, *told_of = columns("torch", "target +score +BCELoss .*BCEWithLogitsLoss +its")
    wanted = [*map(one_before_bce, targets, scores)]
    close(np.transpose(told_of), wanted, rtol=2e-4, atol=1e-7)
    left, right = axes("torch", "torch_mistakes")
    x = np.linspace(0, 40, 801)
    by_class = np.array([one_too_many(s) for s in x])
    zero, one = (np.array([one_before_bce(t, s - 2 * t * s) for s in x]) for t in (0, 1))
    for ax, name, wanted in (
        (left, "softmax + CrossEntropyLoss", by_class[:, 1]),
        (left, "CrossEntropyLoss", by_class[:, 3]),
        (right, "sigmoid + BCELoss, target 0", zero[:, 1]),
        (right, "sigmoid + BCELoss, target 1", -one[:, 1]),
        (right, "BCEWithLogitsLoss", zero[:, 3]),
    ):
        close(named(ax, name)[0].get_xydata(), np.transpose([x, wanted]), rtol=1e-3, atol=1e-6)
    floor = asked("torch", r"costs ([\d.]+) with three")
    assert floor == pytest.approx([-np.log(np.e / (np.e + 2))], abs=0.0005)
