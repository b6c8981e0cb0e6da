"""What the lessons print and draw, told once, and which test holds which table and figure.

    @holds("sigmoid", tables=["Vanishing, both ways"], figures=["sigmoid_vanishing"])
    def test_what_twenty_layers_leave(): ...

A table is named by its heading, or by the beginning of it; where several stand under one heading,
by "heading: first column" each. `test_lessons.py` asks that every one is held by some test.

Below: the truth. Networks with the same weights, in PyTorch, all seeds at once, with autograd; and
what compares numbers with printed texts and with drawn lines.
"""

import inspect
import io
import re
from contextlib import redirect_stdout
from decimal import Decimal
from functools import cache
from importlib import import_module
from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba
from numpy.testing import assert_allclose

import activations_utils as utils
from registry import REGISTRY

LESSONS = {}  # short names and modules, in the order of the lessons
ACTIVATIONS = {}  # which activation of the registry a lesson is about
for activation, entry in REGISTRY.items():
    module = type(entry.make()).__module__
    LESSONS[module.removesuffix("_from_scratch")] = module
    ACTIVATIONS[module.removesuffix("_from_scratch")] = activation
LESSONS.update(torch="activations_torch", utils="activations_utils")
HELD = {name: {"tables": [], "figures": []} for name in LESSONS}


def holds(lesson, *, tables=(), figures=()):
    """Say of a test which tables and figures of a lesson it compares with the truth."""

    def note(test):
        HELD[lesson]["tables"] += tables
        HELD[lesson]["figures"] += figures
        return test

    return note


def told(lesson, briefly=False):
    """All that a lesson prints, and its figures by file name; briefly: with one seed only."""
    return told_once(lesson, briefly)


@cache  # which tells told(lesson) from told(lesson, False): so here, where there is one way
def told_once(lesson, briefly):
    before, seeds = plt.get_fignums(), utils.SEEDS
    with plt.style.context(utils.STYLE, after_reset=True), redirect_stdout(io.StringIO()) as out:
        try:
            utils.SEEDS = seeds[:1] if briefly else seeds
            import_module(LESSONS[lesson]).main()
        finally:
            utils.SEEDS = seeds
    figures = [plt.figure(number) for number in plt.get_fignums() if number not in before]
    for figure in figures:
        figure.canvas.draw_idle = lambda: None  # sliders and films are seen without drawing
    return out.getvalue(), {figure.get_label(): figure for figure in figures}


def parameter(lesson, function, name):
    """The default of a parameter of one of the lesson's functions."""
    return getattr(parameters(lesson, function), name)


def parameters(lesson, function):
    """All of them: parameters("tanh", "show_offsets").layers."""
    signature = inspect.signature(getattr(import_module(LESSONS[lesson]), function))
    return SimpleNamespace(**{name: p.default for name, p in signature.parameters.items()})


@cache
def tables(lesson, briefly=False):
    """All tables of a lesson: (heading, names of the columns, rows of cells)."""
    found, heading = [], ""
    lines = told(lesson, briefly)[0].splitlines()
    place = 0
    while place < len(lines):
        line = lines[place]
        if place + 1 < len(lines) and lines[place + 1] == "-" * len(line) and line:
            heading = line
            place += 2
            continue
        rows = []
        while place < len(lines) and "  " in lines[place] and len(lines[place]) == len(line):
            rows.append(lines[place])
            place += 1
        if len(rows) > 1:
            found.append((heading, *cells_of(rows)))
        place += not rows
    return found


def cells_of(lines):
    """Names of columns, and rows of cells, from lines that are right-aligned under the first."""
    ends = [0, *(cell.end() for cell in re.finditer(r"\S+(?: \S+)*", lines[0]))]
    rows = []
    for line in lines:
        cells = [line[a:b].strip() for a, b in pairwise(ends)]
        rows.append([*re.split(r"\s{2,}", cells[0]), *cells[1:]])  # the first may have no name
    return rows[0], rows[1:]


def table(lesson, heading, column="", *, briefly=False):
    """The one table under this heading with this column, as rows of cells; else a clear failure."""
    there = tables(lesson, briefly)
    fits = [t for t in there if t[0].startswith(heading) and (not column or column in t[1])]
    assert len(fits) == 1, (
        f"{len(fits)} tables of {lesson!r} stand under {heading!r} with a column {column!r}; there "
        f"are {[(found, columns) for found, columns, _ in there]}"
    )
    return fits[0][2]


def figure(lesson, name, *, briefly=False):
    figures = told(lesson, briefly)[1]
    assert name in figures, f"{lesson!r} draws no {name!r}, only {[*figures]}"
    return figures[name]


def after(lesson, words):
    """What is printed after these words, which stand in one place: the rest of their line."""
    text = told(lesson)[0]
    assert text.count(words) == 1, f"{lesson!r} prints {words!r} {text.count(words)} times"
    return text.split(words)[1].split("\n")[0]


# Numbers in texts, and lines in figures -----------------------------------------------------


def shows(text, *numbers):
    """The numbers in a text are these, to half a unit of the last digit that each one shows."""
    text = re.sub(r"(?<=[\d.])-(?=\d+\.)", " to ", text)  # 0.1-0.2: two numbers
    found = re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", text)
    for number, value in zip(found, np.ravel(numbers), strict=True):
        half = 0.501 * 10.0 ** Decimal(number).as_tuple().exponent
        hint = f"{text!r} should show {numbers}; if NUDGED=1 changes it too, see tests/README.md"
        assert float(number) == pytest.approx(value, abs=half), hint


def rows_show(rows, wanted):
    """The rows begin with the names in wanted, and their other cells show its numbers."""
    names = [row[0] for row in rows]
    assert names == [str(name) for name in wanted], f"rows begin with {names}"
    for (_, *cells), numbers in zip(rows, wanted.values()):
        shows("  ".join(cells), *numbers)


def spread(runs):
    """Median, lowest and highest, as the lessons print them."""
    return [np.median(runs), np.min(runs), np.max(runs)]


def look(line):
    shape = line.get_linestyle(), line.get_linewidth(), line.get_marker()
    return to_rgba(line.get_color()), *shape


def named(ax, name, runs=0):
    """The line that looks as the legend shows this name, and as many lines drawn after it."""
    legend = ax.get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    assert names.count(name) == 1, f"the legend has {names}, not one {name!r}"
    wanted = look(legend.get_lines()[names.index(name)])
    places = [place for place, line in enumerate(ax.lines) if look(line) == wanted]
    assert len(places) == 1, f"{len(places)} lines look like {name!r} in the legend"
    return ax.lines[places[0] : places[0] + 1 + runs]


def draws_runs(lines, x, runs):
    """The first line is the median of runs (seeds, len(x)); the others, thinner, are the runs."""
    assert len(lines) == 1 + len(runs), f"{len(lines)} lines are left for {len(runs)} runs"
    median = np.median(runs, axis=0)
    low, high = sorted(lines[0].axes.get_ylim())
    assert low <= median.min(), "the panel cuts the median off below"
    assert median.max() <= high, "the panel cuts the median off above"
    for line, y in zip(lines, [median, *runs]):
        assert_allclose(line.get_xydata(), np.transpose([x, y]), rtol=1e-6, atol=1e-9)
        thin = line.get_linewidth() < lines[0].get_linewidth() / 2
        assert line.get_color() == lines[0].get_color(), "a run has another colour"
        assert thin or line is lines[0], "a run is as thick as the median"


# Networks by autograd -----------------------------------------------------------------------


def no_activation(z):
    return z


class Square:
    """A layer whose outputs and gradients soon overflow."""

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, grad_output):
        return 2 * self.x * grad_output


def sigmoid_minus_half(z):
    return torch.sigmoid(z) - 0.5


def networks(sizes, weight_scale, **how):
    """One network for each seed, for its weights: which activation it has does not matter."""
    none = utils.NoActivation()
    return [utils.Network(sizes, none, weight_scale, seed=seed, **how) for seed in utils.SEEDS]


def weights_and_biases(networks):
    """Of all networks, as tensors: (seeds, inputs, units) and (seeds, 1, units) for each layer."""
    weights, biases = [], []
    for linears in zip(*[network.linears for network in networks]):
        weights.append(torch.tensor(np.array([linear.W for linear in linears])))
        biases.append(torch.tensor(np.array([[linear.b] for linear in linears])))
    for tensor in weights + biases:
        tensor.requires_grad = True
    return weights, biases


def send_forward(weights, biases, f, x):
    """Scores, and the outputs of the hidden layers: (seeds, examples, units)."""
    h, hidden = torch.as_tensor(x), []
    for W, b in zip(weights[:-1], biases[:-1]):
        h = f(h @ W + b)
        hidden.append(h)
    return h @ weights[-1] + biases[-1], hidden


def spirals_of_all_seeds(**how):
    pairs = [utils.spirals(seed, **how) for seed in utils.SEEDS]
    return np.array([x for x, _ in pairs]), np.array([labels for _, labels in pairs])


def descend_by_autograd(networks, f, rate, steps, *, data=None, rates=None):
    """Train on the spirals, or on data; yields the state before every step and after the last.

    A state has losses (seeds,), hidden outputs, weights and biases. rates: the factors of the rate
    for weights and for biases, layer by layer.
    """
    x, labels = map(torch.tensor, data or spirals_of_all_seeds())
    weights, biases = weights_and_biases(networks)
    factors = rates or [1] * 2 * len(weights)
    for step in range(steps + 1):
        scores, hidden = send_forward(weights, biases, f, x)
        each = torch.nn.functional.cross_entropy(scores.mT, labels, reduction="none")
        losses = each.mean(dim=1)
        state = {"losses": losses.detach().numpy(), "hidden": [h.detach().numpy() for h in hidden]}
        yield SimpleNamespace(**state, weights=weights, biases=biases)
        if step < steps:
            gradients = torch.autograd.grad(losses.sum(), weights + biases)
            for parameter, gradient, factor in zip(weights + biases, gradients, factors):
                parameter.data -= factor * rate * gradient


def losses_by_autograd(*how, **options):
    """The losses of a descent: (seeds, steps + 1)."""
    return np.transpose([state.losses for state in descend_by_autograd(*how, **options)])


@cache
def random_layers(f, weight_scale, depth):
    """Random layers of 64 units: their sums, outputs and slopes, what is left of signal, gradient.

    sums, outputs, slopes (seeds, examples, units) by layer; signals (seeds, depth + 1) from the
    first layer on, gradients from the last one back.
    """
    passes = [utils.random_passes(utils.NoActivation(), depth=depth, seed=s) for s in utils.SEEDS]
    weights, _ = weights_and_biases(networks([64] * (depth + 2), weight_scale))
    outputs = [torch.tensor(np.array([x[0] for x, _ in passes]), requires_grad=True)]
    upstream = torch.tensor(np.array([gradients[-1] for _, gradients in passes]))
    sums = []
    for W in weights[:depth]:
        sums.append(outputs[-1] @ W)
        outputs.append(f(sums[-1]))
    gradients = torch.autograd.grad(outputs[-1], outputs, upstream, retain_graph=True)
    norms = np.array([np.sqrt(np.sum(g.numpy() ** 2, axis=(1, 2))) for g in reversed(gradients)])
    slopes = [torch.autograd.grad(h.sum(), z)[0].numpy() for z, h in zip(sums, outputs[1:])]
    sums, outputs = ([array.detach().numpy() for array in arrays] for arrays in (sums, outputs))
    apart = np.array([np.sqrt(h.var(axis=1)).mean(axis=1) for h in outputs])
    found = {"sums": sums, "outputs": outputs, "slopes": slopes}
    return SimpleNamespace(**found, signals=(apart / apart[0]).T, gradients=(norms / norms[0]).T)
