"""Plots and the explorer: what is drawn where, what is refused, what follows the mouse."""

import gc
import io
import re
import time
from contextlib import redirect_stdout
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import MouseButton, MouseEvent
from matplotlib.colors import to_hex, to_rgb
from scipy.stats import norm
from torch import nn

import activations_utils as utils
from activations_torch import FromTorch
from activations_utils import compare_activations, explore, plot_activation_curve, plot_gradient
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

logistic = lambda x: 1 / (1 + np.exp(-x))
step = lambda low: lambda x: np.where(x > 0, 1, low)
OBJECT = SimpleNamespace(forward=np.square, derivative=lambda x: np.full_like(x, 42))  # as it says
gelu = lambda x: x * norm.cdf(x), lambda x: norm.cdf(x) + x * norm.pdf(x)
SHOWN = {  # by name: what is shown, its values and slopes
    "sin": (np.sin, np.sin, np.cos),
    "<lambda>": (lambda x: x * x, np.square, lambda x: 2 * x),
    "SimpleNamespace": (OBJECT, np.square, lambda x: 42 + 0 * x),
    "Sigmoid": (Sigmoid, logistic, lambda x: logistic(x) * logistic(-x)),
    "Tanh": (Tanh(), np.tanh, lambda x: np.cosh(x) ** -2),
    "LeakyReLU": (LeakyReLU(0.1), lambda x: x * step(0.1)(x), step(0.1)),
    "Formula": (utils.Formula(np.tanh, lambda t: 1 - t * t), np.tanh, lambda x: np.cosh(x) ** -2),
    "PReLU": (FromTorch(nn.PReLU()), lambda x: x * step(0.25)(x), step(0.25)),
    "GELU": (FromTorch(nn.GELU()), *gelu),
}
shown = pytest.mark.parametrize("name", SHOWN)
both = pytest.mark.parametrize("plot", [plot_activation_curve, plot_gradient])
compare = lambda func, *x_range: compare_activations([np.sin, func], *x_range)
every = pytest.mark.parametrize("plot", [plot_activation_curve, plot_gradient, explore, compare])
close = lambda line, y: np.testing.assert_allclose(line.get_ydata(), y, rtol=1e-6, atol=1e-8)


@shown
@both
def test_what_is_drawn_is_the_function_or_its_slope(name, plot):
    func, *truths = SHOWN[name]
    ax = plot(func, (-2, 4))
    (line,) = ax.lines
    x = line.get_xdata()
    assert (x[0], x[-1]) == (-2, 4)
    assert np.diff(x).max() < 0.02
    close(line, truths[plot is plot_gradient](x))
    assert line.get_label() == name
    assert ("slope" if plot is plot_gradient else "output") in ax.get_ylabel()
    assert "input" in ax.get_xlabel()
    if name in utils.COLORS:
        assert to_hex(line.get_color()) == utils.COLORS[name].lower()


@both
def test_curves_go_on_the_axes_given_and_else_on_new_ones(plot):
    _, (wanted, current) = plt.subplots(1, 2)
    assert plot(np.sin, ax=wanted) is wanted
    assert plot(ReLU, ax=wanted, color="#ff0000", linestyle=":", label="mine") is wanted
    assert not current.lines
    line = wanted.lines[1]
    assert (line.get_color(), line.get_linestyle(), line.get_label()) == ("#ff0000", ":", "mine")
    assert plot(np.sin).figure is not plot(np.sin).figure
    assert plt.get_fignums() == [1, 2, 3]


def test_activations_are_compared_by_output_and_slope():
    figure = compare_activations((case[0] for case in SHOWN.values()), (-3, 3), title="Nine")
    (left, right), names = figure.axes, list(SHOWN)
    assert figure.get_suptitle() == "Nine"
    assert len(left.lines) == len(right.lines) == len(SHOWN)
    assert [text.get_text() for text in left.get_legend().get_texts()] == names
    samples = left.get_legend().get_lines()
    for name, above, below, sample in zip(names, left.lines, right.lines, samples):
        close(above, SHOWN[name][1](above.get_xdata()))
        close(below, SHOWN[name][2](below.get_xdata()))
        assert sample.get_color() == above.get_color()
        assert above.get_linewidth() == below.get_linewidth()
    assert all(np.diff([line.get_linewidth() for line in left.lines]) < 0)
    assert ("output" in left.get_ylabel(), "slope" in right.get_ylabel()) == (True, True)


def test_gradient_flow_goes_back_from_the_last_layer_seed_by_seed():
    norms = {"Tanh": np.array([[1, 2, 9], [10, 30, 20], [7, 7, 7]]), "mine": np.ones((3, 3))}
    _, (wanted, current) = plt.subplots(1, 2)
    style = {"mine": {"color": "red", "linestyle": "--"}}
    assert utils.plot_gradient_flow(norms, ax=wanted, lines=style) is wanted
    thick, *thin = wanted.lines[:4]
    np.testing.assert_array_equal(thick.get_xydata(), [[0, 7], [1, 20], [2, 2]])  # medians
    for run, line in enumerate(thin):
        np.testing.assert_array_equal(line.get_ydata(), norms["Tanh"][::-1, run])
        assert line.get_linewidth() < thick.get_linewidth()
        assert line.get_color() == thick.get_color() == utils.COLORS["Tanh"]
    assert (wanted.lines[4].get_color(), wanted.lines[4].get_linestyle()) == ("red", "--")
    assert [text.get_text() for text in wanted.get_legend().get_texts()] == ["Tanh", "mine"]
    assert wanted.get_yscale() == "log"
    assert not current.lines
    assert utils.plot_gradient_flow(norms).figure is not wanted.figure


REFUSED = {
    "softmax": FromTorch(nn.Softmax(dim=-1)), "less its mean": lambda x: x - x.mean(),
    "sorted": np.sort, "fewer": lambda x: x[1:], "column": lambda x: x[:, None], "sum": np.sum,
    "complex": lambda x: x * 1j, "text": lambda x: x.astype(str), "nothing": lambda x: None,
    "overwrites": lambda x: np.negative(x, out=x), "None": None, "a word": "tanh", "a number": 3,
}  # fmt: skip
RANGES = [np.linspace(-6, 6, 100), (1, 1), (2, -2), (0, np.inf), (np.nan, 1), (0,), 3, None, "ab"]


@every
@pytest.mark.parametrize(
    "what", [*REFUSED.items(), *(("range", given) for given in RANGES)], ids=lambda what: what[0]
)
def test_what_cannot_be_drawn_is_refused_before_a_figure_exists(plot, what):
    given = (np.sin, what[1]) if what[0] == "range" else (what[1],)
    with pytest.raises((TypeError, ValueError), match=r"must be|expected a function"):
        plot(*given)
    assert not plt.get_fignums()


@every
@pytest.mark.parametrize("func", [np.log, lambda x: 1 / x, np.sqrt, lambda x: x * np.nan])
def test_where_there_is_no_number_there_is_a_gap_and_no_complaint(plot, func):
    with np.errstate(all="raise"):  # and warnings are errors
        drawn = plot(func, (-2, 2))
        if plot is explore:
            for x in (-1, 0, 1e-9):
                drawn.update(x)
        drawn.figure.canvas.draw()


def send(figure, ax, name, x, y=None, **how):
    """As a window would, with the mouse on (x, y) of ax; y is its middle unless given."""
    at = ax.transData.transform((x, np.mean(ax.get_ylim()) if y is None else y))
    figure.canvas.callbacks.process(name, MouseEvent(name, figure.canvas, *at, **how))


def move(figure, panel, x, y=None):
    send(figure, figure.axes[panel], "motion_notify_event", x, y)


def said(figure):
    """All numbers of the titles: x, f(x); the slope, how many layers, what they leave."""
    number = r"-?(?:\d+\.?\d*(?:e[-+]\d+)?|nan|inf)"
    titles = [ax.get_title() for ax in figure.axes[:2]]
    return [[float(text) for text in re.findall(number, title)] for title in titles]


@shown
@pytest.mark.parametrize(("panel", "place"), [(0, -1.74), (1, 0.657)])
def test_tangent_dots_and_numbers_follow_the_mouse(name, panel, place, monkeypatch):
    func, f, slope = SHOWN[name]
    figure, drawn = explore(func, layers=3), []
    monkeypatch.setattr(figure.canvas, "draw_idle", lambda: drawn.append(1))
    move(figure, panel, place)
    assert drawn
    (curve, tangent, dot), (slopes, other) = (ax.lines for ax in figure.axes)
    close(curve, f(curve.get_xdata()))
    close(slopes, slope(slopes.get_xdata()))
    x = dot.get_xdata()[0]
    assert x == pytest.approx(place, abs=0.03)  # a pixel
    y, m = float(f(x)), float(slope(x))
    told = *dot.get_xydata()[0], *other.get_xydata()[0], *tangent.get_xy1(), tangent.get_slope()
    assert told == pytest.approx((x, y, x, m, x, y, m), rel=1e-6)
    first, second = said(figure)
    assert first == [pytest.approx(x, abs=0.0051), pytest.approx(y, rel=6e-4)]
    assert second == [pytest.approx(m, rel=6e-3), 3, pytest.approx(m**3, rel=0.06)]


def test_nothing_follows_outside_of_the_axes_or_while_the_toolbar_pans():
    figure = explore(Tanh())
    before = said(figure)
    assert before[0] == pytest.approx([2.4, np.tanh(2.4)], abs=1e-4)
    move(figure, 0, 1, y=1e6)
    assert said(figure) == before
    figure.canvas.widgetlock(before)
    move(figure, 0, 1)
    assert said(figure) == before
    figure.canvas.widgetlock.release(before)
    gc.collect()
    move(figure, 0, 1)
    assert said(figure)[0] == pytest.approx([1, np.tanh(1)], abs=0.03)


def test_in_a_dark_style_tangent_and_dots_are_light():
    with plt.style.context("dark_background"):
        left, right = explore(Tanh()).axes
    for line in (*left.lines[1:], *right.lines[1:]):
        assert min(to_rgb(line.get_color())) > 0.8


def test_a_slider_answers_by_steps_below_the_panels():
    figure, seen = explore(np.sin), []
    utils.add_slider(figure, "size", 0, 2, 1.5, seen.append, step=0.5)
    assert (figure.slider.val, seen) == (1.5, [])
    gc.collect()
    figure.draw_without_rendering()
    slider = figure.slider.ax
    assert slider.get_window_extent().y1 < figure.axes[0].get_tightbbox().y0
    for name in ("button_press_event", "button_release_event"):
        send(figure, slider, name, 0.9, button=MouseButton.LEFT)
    assert (figure.slider.val, seen) == (1, [1])


def examined(layer):
    with redirect_stdout(io.StringIO()) as out:
        figure = utils.examine(layer)
    return figure, [re.split(r"\s{2,}", line.strip()) for line in out.getvalue().splitlines()]


def test_examine_says_what_follows_from_algebra():
    wrong = utils.Formula(lambda x: x / 4, lambda y: 0.5 + 0 * y)  # a slope of 1/2 for 1/4
    figure, lines = examined(wrong)
    assert said(figure)[1][0] == 0.25
    assert next(line for line in lines if line[0] == "Formula")[1:3] == ["WRONG", "5e-01"]
    start = next(i for i, line in enumerate(lines) if line[:2] == ["x", "f(x)"]) + 1
    for x, *numbers in [[float(cell) for cell in line] for line in lines[start : start + 9]]:
        assert numbers == pytest.approx([x / 4, 0.25, 1], rel=1e-5)
    network = utils.random_network(wrong)
    h, dh = network.h[0], network.dh[-1]
    for W, V in zip(network.W[:20], network.W[19::-1]):
        h, dh = h @ W, dh @ V.mT
    signal = h.std(axis=1).mean(axis=-1) / network.h[0].std(axis=1).mean(axis=-1)
    gradient = np.linalg.norm(dh, axis=(1, 2)) / np.linalg.norm(network.dh[-1], axis=(1, 2))
    for line, scale in zip(lines[-5:-1], (1, 2**0.5, 2, 4), strict=True):
        told = [float(number) for number in re.findall(r"[\d.]+(?:e[-+]\d+)?", " ".join(line))]
        left = signal * (scale / 4) ** 20, gradient * (scale / 2) ** 20
        wanted = [f(share) for share in left for f in (np.median, np.min, np.max)]
        assert told[0] == pytest.approx(scale, abs=0.01)
        assert told[1:] == pytest.approx(wanted, rel=0.34)  # one digit
    assert float(re.search(r"scale ([\d.]+)", lines[-1][0])[1]) == pytest.approx(2, abs=0.1)


def test_examine_takes_pytorchs_in_two_seconds():
    start = time.process_time()
    figure, lines = examined(FromTorch(nn.GELU()))
    assert time.process_time() - start < 2
    assert next(line for line in lines if line[0] == "GELU")[1] == "right"
    assert said(figure)[0] == pytest.approx([2.4, gelu[0](2.4)], abs=1e-3)


@pytest.mark.parametrize("layer", [np.tanh, OBJECT, REFUSED["softmax"], None])
def test_nothing_can_be_compared_and_no_more_than_layers_examined(layer):
    with pytest.raises((TypeError, ValueError), match=r"a layer needs|must be elementwise"):
        utils.examine(layer)
    with pytest.raises(ValueError, match="at least one"):
        compare_activations([])
    assert not plt.get_fignums()
