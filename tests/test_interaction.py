"""Figures that answer: driven with matplotlib's own mouse and key events, without a screen."""

from __future__ import annotations

import gc
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import backend_bases
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from activations_utils import explore
from registry import REGISTRY

EVENTS: Any = backend_bases
every_activation = pytest.mark.parametrize("name", REGISTRY)


@pytest.fixture(autouse=True)
def _draws_only_when_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FigureCanvasAgg, "draw_idle", lambda *_: None)


def send(event: Any) -> None:
    """As a window system would: through the canvas's callbacks."""
    event.canvas.callbacks.process(event.name, event)


def move_mouse(figure: Figure, axes: Any, x: float, y: float | None = None) -> None:
    """Put the mouse on the data point (x, y) of axes; y is their middle unless given."""
    middle = float(np.mean(axes.get_ylim())) if y is None else y
    at: Any = axes.transData.transform((x, middle))
    send(EVENTS.MouseEvent("motion_notify_event", figure.canvas, *at))


def press(figure: Figure, key: str) -> None:
    send(EVENTS.KeyEvent("key_press_event", figure.canvas, key))


def shown(figure: Figure) -> tuple[float, float, float]:
    """x, f(x) and the slope, as the labels of the two panels say them."""
    number = r"[-+]?(?:\d+\.?\d*(?:e[-+]\d+)?|nan|inf)"
    x, y = map(float, re.findall(number, figure.axes[0].get_xlabel()))
    _, slope = map(float, re.findall(number, figure.axes[1].get_xlabel()))
    return x, y, slope


def artists(figure: Figure) -> int:
    return len(figure.findobj())


# The curve ----------------------------------------------------------------------------


@every_activation
@pytest.mark.parametrize("x", [-5.5, -2, 0, 0.25, 3])
def test_the_numbers_under_the_mouse_are_those_of_forward_and_derivative(
    name: str, x: float
) -> None:
    layer = REGISTRY[name].make()
    figure = explore(layer)
    curve, slopes = figure.axes[:2]
    move_mouse(figure, curve, x)
    at, y, slope = shown(figure)
    assert at == pytest.approx(x, abs=0.02)  # a pixel is as wide
    (point,) = (line for line in curve.lines if line.get_marker() == "o")
    exact_x = float(np.asarray(point.get_xdata())[0])
    assert exact_x == pytest.approx(at, abs=0.006)
    assert y == pytest.approx(float(layer.forward(exact_x)), rel=1e-3)
    assert slope == pytest.approx(float(layer.derivative(exact_x)), rel=1e-3)
    (above,) = (line for line in slopes.lines if line.get_marker() == "o")
    assert above.get_xdata()[0] == exact_x
    assert above.get_ydata()[0] == pytest.approx(float(layer.derivative(exact_x)), rel=1e-6)
    np.testing.assert_array_equal(
        slopes.lines[0].get_ydata(), layer.derivative(np.linspace(-6, 6, 1201))
    )
    move_mouse(figure, slopes, -x)  # the mouse may be over either panel
    assert shown(figure)[0] == pytest.approx(-x, abs=0.03)


def test_the_tangent_touches_the_curve_with_its_slope() -> None:
    figure = explore(np.sin, (-3, 3))
    move_mouse(figure, figure.axes[0], 1.0)
    x = float(np.asarray(figure.axes[0].lines[2].get_xdata())[0])
    tangent = figure.axes[0].lines[1]
    (left, right), (low, high) = (
        np.asarray(tangent.get_xdata()),
        np.asarray(tangent.get_ydata()),
    )
    assert (high - low) / (right - left) == pytest.approx(np.cos(x), abs=1e-6)
    assert np.interp(x, [left, right], [low, high]) == pytest.approx(np.sin(x), abs=1e-6)


def test_keys_move_and_stop_at_the_ends() -> None:
    figure = explore(REGISTRY["Tanh"].make(), (-2, 2))
    start = shown(figure)[0]
    press(figure, "up")
    assert start < shown(figure)[0] < start + 0.1
    press(figure, "down")
    assert shown(figure)[0] == pytest.approx(start)
    for key in ("a", "left", "right", "down"):  # left and right are the toolbar's
        press(figure, key)
    assert shown(figure)[0] < start
    for _ in range(125):
        press(figure, "up")
    assert shown(figure)[0] == 2


@pytest.mark.parametrize("x_range", [(-6, 6), (-1.3, 1.3)])
def test_mouse_and_keys_meet_the_kink_exactly(x_range: tuple[float, float]) -> None:
    figure = explore(REGISTRY["ReLU"].make(), x_range)
    for _ in range(24):  # from seven tenths of the range to its middle
        press(figure, "down")
    assert shown(figure) == (0, 0, 0)
    press(figure, "up")
    assert shown(figure)[2] == 1
    move_mouse(figure, figure.axes[0], x_range[1] / 1000)
    assert shown(figure) == (0, 0, 0)
    assert "nothing" in figure.axes[1].get_title()


def test_moving_shifts_no_panel_and_a_new_size_lays_out_anew() -> None:
    figure = explore(REGISTRY["Tanh"].make())
    figure.canvas.draw()
    before = [ax.get_position().bounds for ax in figure.axes]
    for x in (-5, 0, 5):
        move_mouse(figure, figure.axes[0], x)
        figure.canvas.draw()
        assert [ax.get_position().bounds for ax in figure.axes] == before
    figure.set_size_inches(12, 9)
    send(EVENTS.ResizeEvent("resize_event", figure.canvas))
    figure.canvas.draw()
    wide = [ax.get_position().width for ax in figure.axes[:2]]
    assert sum(wide) > before[0][2] + before[1][2], "the margins do not grow along"


def test_a_saved_picture_stands_where_relu_is_alive() -> None:
    figure = explore(REGISTRY["ReLU"].make())
    x, y, slope = shown(figure)
    assert x == y > 0
    assert slope == 1
    assert "mouse" in figure.axes[0].get_title()


def test_a_pointer_elsewhere_changes_nothing() -> None:
    figure = explore(REGISTRY["Sigmoid"].make())
    before = shown(figure)
    move_mouse(figure, figure.axes[2], 5)
    send(EVENTS.MouseEvent("motion_notify_event", figure.canvas, -5, 1e6))
    assert shown(figure) == before


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "func", [np.log, np.sqrt, lambda x: 1 / x, lambda x: x * np.nan, np.exp, lambda x: 3.0]
)
def test_a_function_without_a_number_there_does_no_harm(func: Any) -> None:
    with np.errstate(all="ignore"):
        figure = explore(func, (-2, 2))
        for x in (-1.9, -1, 0, 1):
            move_mouse(figure, figure.axes[0], x)
        figure.canvas.draw()
    assert shown(figure)[0] == pytest.approx(1, abs=0.02)


def test_a_sweep_draws_nothing_twice() -> None:
    figure = explore(REGISTRY["ReLU"].make())
    drawn = []
    figure.canvas.draw_idle = lambda *_: drawn.append(1)  # type: ignore[method-assign]
    before = artists(figure)
    for x in np.linspace(-5.9, 5.9, 200):
        move_mouse(figure, figure.axes[0], x)
    assert len(drawn) == 200
    assert artists(figure) == before
    assert shown(figure)[0] == pytest.approx(5.9, abs=0.02)


def test_widgets_survive_the_garbage_collector_and_a_closed_window_is_no_error() -> None:
    figure = explore(REGISTRY["Sigmoid"].make())
    gc.collect()
    move_mouse(figure, figure.axes[0], 1)
    assert shown(figure)[0] == pytest.approx(1, abs=0.02)
    send(EVENTS.CloseEvent("close_event", figure.canvas))
    plt.close(figure)
    press(figure, "up")


def test_alpha_has_a_slider_of_its_own() -> None:
    make = type(REGISTRY["LeakyReLU"].make())
    figure = explore(make, alpha=(0.0, 1.0, 0.25))
    move_mouse(figure, figure.axes[0], -4)
    assert shown(figure)[1:] == pytest.approx((-1, 0.25), abs=0.01)
    (slider,) = (
        ax for ax in figure.axes if [t.get_text()[:5] for t in ax.texts][:1] == ["alpha"]
    )
    at: Any = slider.transAxes.transform((0.5, 0.5))
    send(EVENTS.MouseEvent("button_press_event", figure.canvas, *at, EVENTS.MouseButton.LEFT))
    send(EVENTS.MouseEvent("button_release_event", figure.canvas, *at, EVENTS.MouseButton.LEFT))
    assert shown(figure)[1:] == pytest.approx((-2, 0.5), abs=0.02)
    line = np.asarray(figure.axes[0].lines[0].get_ydata())
    assert line[0] == pytest.approx(-6 * shown(figure)[2], abs=1e-3)
    low, _ = figure.axes[0].get_ylim()
    assert low < line[0], "the curve stays inside"


@every_activation
def test_exploring_leaves_a_layers_memory_alone(name: str) -> None:
    layer = REGISTRY[name].make()
    layer.forward([0.5, -0.5])
    figure = explore(layer)
    move_mouse(figure, figure.axes[0], 2)
    np.testing.assert_array_equal(layer.backward([1, 1]), layer.derivative([0.5, -0.5]))


def test_the_titles_and_the_slider_say_what_the_mouse_is_on() -> None:
    figure = explore(lambda x: x / (1 + np.exp(-x)), layers=5, title="Swish")
    assert figure.get_suptitle() == "Swish"
    for place in (-4, 0.5):  # a negative slope and a positive one
        move_mouse(figure, figure.axes[0], place)
        x, _, slope = shown(figure)
        words, rest = figure.axes[1].get_title().rsplit(" ", 1)
        assert words == "slope: 5 such layers leave"
        assert float(rest) == pytest.approx(abs(slope) ** 5, rel=0.05)
        assert figure.axes[2].texts[0].get_text().split() == ["input", "x", f"{x:.2f}"]
