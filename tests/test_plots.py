"""Plots, the explorer and examine: what is drawn where, what is refused, what follows the mouse."""

import gc
import re
import time
from types import SimpleNamespace
from unittest.mock import Mock

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backend_bases import MouseButton, MouseEvent
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose
from scipy.interpolate import CubicSpline
from scipy.stats import norm
from torch import nn

import activations_utils as utils
import told
from activations_torch import FromTorch
from activations_utils import compare_activations, explore, plot_activation_curve, plot_gradient
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh


def tanh_slope(x):
    return np.cosh(x) ** -2.0


def relu(x):
    return np.maximum(0, x)


def relu_slope(x):
    return np.where(x > 0, 1, 0)


def slope_42(x):
    return np.full_like(x, 42)


class Backward42:  # what backward says is drawn, true or not
    forward = staticmethod(np.square)
    backward = staticmethod(slope_42)


def slope_of_the_output(t):
    return 1 - t * t


def not_written_yet(x):
    raise NotImplementedError


def theirs(derivative):
    return SimpleNamespace(forward=np.tanh, derivative=derivative, __name__="Theirs")


X = np.linspace(-9, 9, 4001)
SHOWN = {  # what is shown: its name, values and slopes
    "function": (np.sin, "sin", np.sin, np.cos),
    "class": (Tanh, "Tanh", np.tanh, tanh_slope),
    "object": (ReLU(), "ReLU", relu, relu_slope),
    "backward": (Backward42, "Backward42", np.square, slope_42),
    "module": (FromTorch(nn.Tanh()), "Tanh", np.tanh, tanh_slope),
    # Nobody else's derivative is asked:
    "of the output": (theirs(slope_of_the_output), "Theirs", np.tanh, tanh_slope),
    "a number": (theirs(int), "Theirs", np.tanh, tanh_slope),
    "an array": (theirs(X), "Theirs", np.tanh, tanh_slope),
    "not written": (theirs(not_written_yet), "Theirs", np.tanh, tanh_slope),
    "spline": (CubicSpline(X, np.tanh(X)), "CubicSpline", np.tanh, tanh_slope),
}
each_shown = pytest.mark.parametrize("case", SHOWN.values(), ids=SHOWN.keys())


@each_shown
def test_curves_are_the_function_and_its_slope_under_its_name(case):
    func, name, f, slope = case
    output, gradient = plot_activation_curve(func, (-2, 4)), plot_gradient(func, (-2, 4))
    for ax, truth, words in ((output, f, "output"), (gradient, slope, "slope")):
        (line,) = ax.lines
        x, y = line.get_data()
        assert (x[0], x[-1]) == (-2, 4)
        assert np.diff(x).max() < 0.02
        assert_allclose(y, truth(x), rtol=1e-6, atol=1e-8)
        assert line.get_label() == name
        assert to_hex(line.get_color()) == to_hex(utils.COLORS.get(name, "black"))
        assert words in ax.get_ylabel()
        assert "input" in ax.get_xlabel()


@pytest.mark.parametrize("plot", [plot_activation_curve, plot_gradient])
def test_curves_go_on_the_axes_given_in_the_style_given_and_else_on_new_ones(plot):
    _, (wanted, current) = plt.subplots(1, 2)
    assert plot(np.sin, ax=wanted, c="r", lw=3, ls=":", label="mine") is wanted
    (line,) = wanted.lines
    assert (to_hex(line.get_color()), line.get_linewidth()) == ("#ff0000", 3)
    assert (line.get_linestyle(), line.get_label()) == (":", "mine")
    assert not current.lines
    assert plot(np.sin).figure is not plot(np.sin).figure
    assert plt.get_fignums() == [1, 2, 3]


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def _private(x):
    return x


def test_compared_curves_can_be_told_apart_whatever_they_are_called():
    leaky_ones = [LeakyReLU(alpha) for alpha in (0.01, 0.1, 0.3)]
    activations = [_private, np.sin, *leaky_ones, Tanh, _private, np.cos, FromTorch(nn.GELU())]
    left, right = compare_activations(activations).axes
    assert legend_of(left) == [
        "_private 1", "sin", "LeakyReLU 1", "LeakyReLU 2", "LeakyReLU 3", "Tanh", "_private 2",
        "cos", "GELU",
    ]  # fmt: skip
    colors = [to_hex(line.get_color()) for line in left.lines]
    assert len(set(colors)) == len(activations)
    widths = [line.get_linewidth() for line in left.lines]
    assert np.diff(widths).max() < 0, "a curve behind another can be seen beside it"
    assert [colors[2], colors[5]] == [to_hex(utils.COLORS[n]) for n in ("LeakyReLU", "Tanh")]
    assert [to_hex(line.get_color()) for line in right.lines] == colors
    assert [to_hex(line.get_color()) for line in left.get_legend().get_lines()] == colors


def test_names_may_be_given_and_known_ones_have_their_colours():
    left, _ = compare_activations({"_mine": np.tanh, "ReLU": np.sin, "": np.cos}).axes
    assert legend_of(left) == ["_mine", "ReLU", ""]
    assert to_hex(left.lines[1].get_color()) == to_hex(utils.COLORS["ReLU"])
    for nothing in ([], {}):
        with pytest.raises(ValueError, match="at least one"):
            compare_activations(nothing)


def test_gradient_flow_is_a_thick_median_and_thin_runs_back_from_the_last_layer():
    _, (wanted, current) = plt.subplots(1, 2)
    norms = [[1, 10, 7], [2, 30, 7], [900, 20, 7]]
    style = {"c": "r", "linestyle": "--", "label": "_mine"}
    assert utils.plot_gradient_flow(norms, ax=wanted, **style) is wanted
    thick, *thin = wanted.lines
    assert thick.get_xydata().tolist() == [[0, 7], [1, 20], [2, 2]]
    assert [line.get_ydata()[::-1].tolist() for line in thin] == norms
    assert {to_hex(line.get_color()) for line in wanted.lines} == {"#ff0000"}
    assert max(line.get_linewidth() for line in thin) < thick.get_linewidth()
    assert (thick.get_linestyle(), thick.get_label()) == ("--", "_mine")
    assert wanted.get_yscale() == "log"
    assert not current.lines
    assert utils.plot_gradient_flow(norms).figure is not wanted.figure


# What is refused -----------------------------------------------------------------------------


def compare(func, x_range=(-4, 4)):
    return compare_activations([np.sin, func], x_range)


each_plot = pytest.mark.parametrize(
    "plot", [plot_activation_curve, plot_gradient, explore, compare]
)


def overwrite(x):
    return np.negative(x, out=x)


NOTHING = [].append  # which returns None
REFUSED = {  # and a word of the reason
    "softmax": (FromTorch(nn.Softmax(dim=-1)), "forward must be elementwise.*check_gradients"),
    "sorted": (np.sort, "forward must be elementwise"),
    "sum": (np.sum, r"forward must be elementwise: .* went in, \(\) came out"),
    "complex": (np.emath.sqrt, "forward returns must be real numbers"),
    "nothing": (NOTHING, "forward returns must be real numbers"),
    "overwrites": (overwrite, "forward must leave its input"),
    "dropout": (FromTorch(nn.Dropout()), "forward must give the same answer twice"),
    "rrelu": (FromTorch(nn.RReLU), "forward must give the same answer twice"),
    "None": (None, "expected a function"),
    "a word": ("tanh", "expected a function"),
}


@each_plot
@pytest.mark.parametrize(("func", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_elementwise_function_is_refused_before_a_figure_exists(plot, func, reason):
    with pytest.raises((TypeError, ValueError), match=reason):
        plot(func)
    assert not plt.get_fignums()


@pytest.mark.parametrize("plot", [plot_gradient, explore, compare])
@pytest.mark.parametrize("backward", [np.sum, NOTHING, overwrite])
def test_a_backward_that_gives_no_slopes_is_refused_by_name(plot, backward):
    with pytest.raises((TypeError, ValueError), match=r"backward (returns )?must"):
        plot(SimpleNamespace(forward=np.tanh, backward=backward))
    assert not plt.get_fignums()


RANGES = [(1, 1), (2, -2), (0, np.inf), (np.nan, 1), (0,), (0, 1, 2), 3, None, "ab"]


@each_plot
@pytest.mark.parametrize("x_range", RANGES, ids=repr)
def test_a_range_that_is_no_low_and_high_number_is_refused(plot, x_range):
    with pytest.raises((TypeError, ValueError), match="x_range must be"):
        plot(np.sin, x_range)
    assert not plt.get_fignums()


@each_plot
@pytest.mark.parametrize("func", [np.log, np.sqrt, np.reciprocal])
def test_where_there_is_no_number_there_is_a_gap_and_no_complaint(plot, func):
    with np.errstate(all="raise"):  # and warnings are errors
        drawn = plot(func, (-2, 2))
        if plot is explore:
            for x in (-1, 0, 1e-9):
                drawn.explorer.move_to(x)
        drawn.figure.canvas.draw()


# What follows the mouse ----------------------------------------------------------------------


def send(ax, name, x, y=None, **options):
    """As a window would, with the mouse on (x, y) of ax; y is its middle unless given."""
    at = ax.transData.transform((x, np.mean(ax.get_ylim()) if y is None else y))
    canvas = ax.figure.canvas
    canvas.callbacks.process(name, MouseEvent(name, canvas, *at, **options))


def titles(figure):
    """What stands over the two panels; there must be one title over each."""
    told = []
    for ax in figure.axes[:2]:
        all_three = [ax.get_title(loc=loc) for loc in ("left", "center", "right")]
        told += [text for text in all_three if text]
    assert len(told) == 2
    return told


def numbers(text):
    return [float(n) for n in re.findall(r"-?(?:\d+\.?\d*(?:e[-+]\d+)?|nan|inf)", text)]


@each_shown
def test_tangent_dots_and_numbers_follow_the_mouse(case, monkeypatch):
    func, _, f, slope = case
    with plt.style.context(utils.STYLE):
        figure = explore(func)
    explorer, redraw = figure.explorer, Mock()
    monkeypatch.setattr(figure.canvas, "draw_idle", redraw)
    for ax, place in zip(figure.axes, (-1.74, 0.657)):
        send(ax, "motion_notify_event", place)
        x = explorer.dot.get_xdata()[0]
        assert x == pytest.approx(place, abs=0.03)  # a pixel
        y, m = float(f(x)), float(slope(x))
        dots = *explorer.dot.get_xydata()[0], *explorer.slope_dot.get_xydata()[0]
        assert dots == pytest.approx((x, y, x, m), rel=1e-6)
        tangent = *explorer.tangent.get_xy1(), explorer.tangent.get_slope()
        assert tangent == pytest.approx((x, y, m), rel=1e-6)
        first, second = titles(figure)
        assert numbers(first) == [pytest.approx(x, abs=0.0051), pytest.approx(y, rel=6e-4)]
        assert numbers(second) == [pytest.approx(m, rel=6e-3), 20, pytest.approx(m**20, rel=0.06)]
    assert redraw.call_count == 2


def test_nothing_follows_outside_of_the_panels_or_while_the_toolbar_pans():
    figure = explore(Tanh())
    before = titles(figure)
    assert numbers(before[0]) == pytest.approx([2.4, np.tanh(2.4)], abs=1e-4)
    send(figure.axes[0], "motion_notify_event", 1, y=1e6)
    figure.canvas.widgetlock(figure)
    send(figure.axes[0], "motion_notify_event", 1)
    assert titles(figure) == before
    figure.canvas.widgetlock.release(figure)
    send(figure.axes[0], "motion_notify_event", 1)
    assert numbers(titles(figure)[0]) == pytest.approx([1, np.tanh(1)], abs=0.03)


def test_after_a_change_the_curves_are_drawn_anew_and_look_as_in_the_lesson():
    layer = LeakyReLU(0.5)
    with plt.style.context(utils.STYLE):
        figure = explore(layer, start=-2)
    explorer = figure.explorer
    before = [line.get_linewidth() for ax in figure.axes for line in ax.lines]
    layer.alpha = 0.25
    explorer.redraw()
    assert numbers(titles(figure)[0]) == [-2, -0.5]
    assert numbers(titles(figure)[1])[0] == 0.25
    assert (explorer.output.get_ydata()[0], explorer.slope.get_ydata()[0]) == (-1.5, 0.25)
    assert [line.get_linewidth() for ax in figure.axes for line in ax.lines] == before


def test_the_panels_of_explore_say_what_they_show():
    left, right = explore(np.tanh).axes
    assert [left.get_xlabel(), left.get_ylabel()] == ["input x", "output f(x)"]
    assert [right.get_xlabel(), right.get_ylabel()] == ["input x", "slope f'(x)"]


def test_the_figure_of_explore_has_all_that_figures_have():
    figure = explore(np.tanh)
    plt.setp(figure, facecolor="y")
    figure.update({"edgecolor": "w"})
    assert to_hex(figure.get_facecolor()) == to_hex("y")


def test_a_slider_answers_by_steps_below_the_panels():
    figure, seen = explore(np.sin), []
    utils.add_slider(figure, "size", 0, 2, 1.5, seen.append, step=0.5)
    assert (figure.slider.val, seen) == (1.5, [])
    gc.collect()
    figure.draw_without_rendering()
    slider = figure.slider.ax
    assert slider.get_window_extent().y1 < figure.axes[0].get_tightbbox().y0
    for name in ("button_press_event", "button_release_event"):
        send(slider, name, 0.9, button=MouseButton.LEFT)
    assert (figure.slider.val, seen) == (1, [1])


def test_the_status_line_of_the_ridge_figure_can_be_read(capsys):
    activations = {"Sigmoid": Sigmoid(), "ReLU": ReLU()}
    utils.show_vanishing_and_exploding(activations, depth=2)
    ax = plt.gcf().axes[0]
    assert numbers(ax.format_coord(5.5, 1.25)) == pytest.approx([5.5, 1.25], rel=0.01)


# Examine -------------------------------------------------------------------------------------


def examined(layer, capsys):
    """The explorer's figure, and what is printed, in lines of cells."""
    figure = utils.examine(layer)
    lines = capsys.readouterr().out.splitlines()
    return figure, [re.split(r"\s{2,}", line.strip()) for line in lines]


class QuarterInRows:
    """x / 4 for matrices only, as many layers are written; backward says 1/2 for its slope."""

    def forward(self, x):
        N, D = x.shape
        return x.reshape(N, D) / 4

    def backward(self, grad_output):
        N, D = grad_output.shape
        return grad_output.reshape(N, D) / 2


def test_examine_says_what_follows_from_algebra(capsys):
    figure, lines = examined(QuarterInRows, capsys)
    assert numbers(titles(figure)[0])[1] == pytest.approx(0.6)  # at 2.4
    assert next(line for line in lines if line[0] == "QuarterInRows")[1:3] == ["WRONG", "5e-01"]
    start = next(i for i, line in enumerate(lines) if line[:2] == ["x", "f(x)"]) + 1
    for x, *row in [[float(cell) for cell in line] for line in lines[start : start + 9]]:
        assert row == pytest.approx([x / 4, 0.5, 1])
    straight = utils.signal_and_gradient_flow(utils.NoActivation())
    for line, scale in zip(lines[-5:-1], (1, 2**0.5, 2, 4), strict=True):
        wanted = [scale]
        for runs, share in zip((straight[0][:, -1], straight[1][:, 0]), (scale / 4, scale / 2)):
            left = sorted(runs * share**20)
            wanted += [left[2], left[0], left[4]]
        assert numbers(" ".join(line).replace("to", " ")) == pytest.approx(wanted, rel=0.34)
    assert numbers(lines[-1][0]) == pytest.approx([2], abs=0.1)  # the ridge


def test_examine_takes_pytorchs_in_two_seconds(capsys):
    start = time.process_time()
    figure, lines = examined(FromTorch(nn.GELU()), capsys)
    assert time.process_time() - start < 2
    assert next(line for line in lines if line[0] == "GELU")[1] == "right"
    assert numbers(titles(figure)[0]) == pytest.approx([2.4, 2.4 * norm.cdf(2.4)], abs=1e-3)


def test_examine_says_infinite_and_never_nan_where_layers_overflow(capsys):
    _, lines = examined(told.Square, capsys)
    assert "nan" not in str(lines)
    assert lines[-2] == ["4", "inf (inf to inf)", "inf (inf to inf)"]


NO_LAYERS = [
    (np.tanh, "a layer needs the methods forward and backward"),
    (theirs(not_written_yet), "a layer needs the methods forward and backward"),
    (FromTorch(nn.Softmax(dim=-1)), r"must be elementwise.*check_gradients"),
    (FromTorch(nn.Dropout()), "must give the same answer twice"),
]


@pytest.mark.parametrize(("layer", "reason"), NO_LAYERS)
def test_examine_refuses_what_is_no_elementwise_layer(layer, reason):
    with pytest.raises((TypeError, ValueError), match=reason):
        utils.examine(layer)
    assert not plt.get_fignums()
