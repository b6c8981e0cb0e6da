"""The plot functions: what they draw, on which Axes, and that they leave all else alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from activations_utils import (
    COLORS,
    compare_activations,
    gradient_flow,
    plot_activation_curve,
    plot_gradient,
    plot_gradient_flow,
)
from leaky_relu_from_scratch import LeakyReLU
from registry import REGISTRY
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

LAYERS: list[Any] = [activation.make() for activation in REGISTRY.values()]
every_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
both = pytest.mark.parametrize("plot", [plot_activation_curve, plot_gradient])
NORMS = {"one": np.geomspace(1e-4, 1, 15).reshape(5, 3), "two": np.full((5, 3), 0.5)}


class Odd:
    """Says of itself that its slope is 42."""

    def __call__(self, x: NDArray[Any]) -> NDArray[Any]:
        return x

    def derivative(self, x: NDArray[Any]) -> NDArray[Any]:
        return np.full_like(x, 42)


@pytest.fixture(autouse=True)
def nothing_is_shown_or_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def show(*_: Any, **__: Any) -> None:
        raise AssertionError("plt.show was called")

    monkeypatch.setattr(plt, "show", show)
    monkeypatch.setattr(Figure, "show", show)
    with plt.rc_context():  # so that no test sees settings that another changed
        yield
    plt.close("all")


def drawn(ax: Axes) -> tuple[NDArray[Any], NDArray[Any]]:
    """The data of the only line."""
    (line,) = ax.lines
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def legend_of(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


# One curve ----------------------------------------------------------------------------


@every_layer
def test_a_layers_outputs_and_own_slopes_are_drawn(layer: Any) -> None:
    x, y = drawn(plot_activation_curve(layer))
    np.testing.assert_array_equal(y, layer.forward(x))
    x, slope = drawn(plot_gradient(layer))
    np.testing.assert_array_equal(slope, layer.derivative(x))


def test_any_elementwise_callable_is_drawn_with_its_measured_slope() -> None:
    x, y = drawn(plot_activation_curve(np.sin))
    np.testing.assert_array_equal(y, np.sin(x))
    x, slope = drawn(plot_gradient(np.sin))
    np.testing.assert_allclose(slope, np.cos(x), atol=1e-9)
    x, slope = drawn(plot_gradient(lambda x: x**2))
    np.testing.assert_allclose(slope, 2 * x, atol=1e-8)


def test_a_derivative_is_believed_where_there_is_one() -> None:
    assert (drawn(plot_gradient(Odd()))[1] == 42).all()


@pytest.mark.parametrize("constant", [3, 3.0, np.float32(3), True])
def test_a_constant_is_a_level_line_of_slope_zero(constant: Any) -> None:
    x, y = drawn(plot_activation_curve(lambda x: constant))
    assert y.shape == x.shape
    assert (y == float(constant)).all()
    assert (drawn(plot_gradient(lambda x: constant))[1] == 0).all()


@both
def test_the_curve_spans_the_range_finely(plot: Callable[..., Axes]) -> None:
    x, _ = drawn(plot(np.tanh, (-2, 5)))
    assert (x[0], x[-1]) == (-2, 5)
    assert 0 < np.diff(x).min() <= np.diff(x).max() < 0.05


@both
def test_a_function_may_work_in_place(plot: Callable[..., Axes]) -> None:
    def double(x: NDArray[Any]) -> NDArray[Any]:
        x *= 2
        return x

    x, y = drawn(plot(double, (-1, 1)))
    assert (x[0], x[-1]) == (-1, 1)
    np.testing.assert_allclose(y, 2 * x if plot is plot_activation_curve else 2.0, rtol=1e-9)


def test_drawing_slopes_leaves_a_layers_memory_alone() -> None:
    layer = Tanh()
    layer.forward([0.5])
    plot_gradient(layer)
    np.testing.assert_array_equal(layer.backward([1.0]), layer.derivative([0.5]))


@both
def test_curves_go_on_the_axes_given(plot: Callable[..., Axes]) -> None:
    _, (wanted, current) = plt.subplots(1, 2)
    assert plt.gca() is current
    assert plot(np.sin, ax=wanted) is wanted
    assert plot(ReLU(), ax=wanted) is wanted
    assert len(wanted.lines) == 2
    assert not current.lines
    assert len(plt.get_fignums()) == 1


@both
def test_without_axes_there_is_a_new_figure_each_time(plot: Callable[..., Axes]) -> None:
    first, second = plot(np.sin), plot(np.sin)
    assert first.figure is not second.figure
    assert len(plt.get_fignums()) == 2


@both
def test_line_style_is_passed_on(plot: Callable[..., Axes]) -> None:
    ax = plot(ReLU(), color="#ff0000", linestyle="--", label="mine", linewidth=1, alpha=0.5)
    (line,) = ax.lines
    style = (line.get_color(), line.get_linestyle(), line.get_label(), line.get_linewidth())
    assert style == ("#ff0000", "--", "mine", 1)
    assert line.get_alpha() == 0.5


@both
def test_line_style_has_matplotlibs_short_names(plot: Callable[..., Axes]) -> None:
    (line,) = plot(ReLU(), c="#ff0000", ls="--", lw=1).lines
    assert (line.get_color(), line.get_linestyle(), line.get_linewidth()) == (
        "#ff0000",
        "--",
        1,
    )


@both
def test_curves_are_named_and_the_layers_keep_their_colors(plot: Callable[..., Axes]) -> None:
    for func, name in ((Sigmoid(), "Sigmoid"), (np.sin, "sin"), (Odd(), "Odd")):
        (line,) = plot(func).lines
        assert line.get_label() == name
        if name in COLORS:
            assert to_hex(line.get_color()) == COLORS[name].lower()


@both
def test_axes_say_what_they_show(plot: Callable[..., Axes]) -> None:
    ax = plot(np.sin)
    assert "input" in ax.get_xlabel()
    assert ("slope" if plot is plot_gradient else "output") in ax.get_ylabel()


@both
@pytest.mark.parametrize(
    "x_range",
    [(1, 1), (2, -2), (0, np.inf), (-np.inf, 0), (np.nan, 1), (0, np.nan), (0,), (0, 1, 2)],
)
def test_a_range_must_be_finite_and_ascending(plot: Callable[..., Axes], x_range: Any) -> None:
    with pytest.raises(ValueError, match=r"x_range|unpack"):
        plot(np.sin, x_range)
    assert not plt.get_fignums()


@both
@pytest.mark.parametrize(
    "func", [lambda x: x[1:], lambda x: x[:, None], lambda x: [x, x], lambda x: [1.0, 2.0]]
)
def test_a_function_must_be_elementwise(plot: Callable[..., Axes], func: Any) -> None:
    with pytest.raises(ValueError, match=r"elementwise"):
        plot(func)
    assert not plt.get_fignums()


@both
@pytest.mark.parametrize(
    "func", [lambda x: x * 1j, lambda x: None, lambda x: "f(x)", lambda x: x.astype(str)]
)
def test_a_function_must_return_real_numbers(plot: Callable[..., Axes], func: Any) -> None:
    with pytest.raises(TypeError, match=r"function's output must be real numbers"):
        plot(func)
    assert not plt.get_fignums()


# Several curves -----------------------------------------------------------------------


def test_activations_are_compared_by_output_and_slope() -> None:
    figure = compare_activations([*LAYERS, np.sin], (-2, 3), title="Five")
    assert isinstance(figure, Figure)
    left, right = figure.axes
    names = [*REGISTRY, "sin"]
    assert legend_of(left) == names
    for func, curve, slope in zip([*LAYERS, np.sin], left.lines, right.lines, strict=True):
        x = np.asarray(curve.get_xdata())
        assert (x[0], x[-1]) == (-2, 3)
        np.testing.assert_array_equal(curve.get_ydata(), func(x))
        expected = np.cos(x) if func is np.sin else func.derivative(x)
        np.testing.assert_allclose(np.asarray(slope.get_ydata()), expected, atol=1e-9)
        assert slope.get_label() == curve.get_label()
        assert slope.get_linewidth() == curve.get_linewidth()
        if func is not np.sin:
            assert slope.get_color() == curve.get_color()
    assert "Five" in [text.get_text() for text in figure.texts]


def test_compared_activations_may_have_names_and_come_from_a_generator() -> None:
    named = {"a tenth": LeakyReLU(0.1), "a third": LeakyReLU(1 / 3)}
    left, right = compare_activations(named).axes
    assert legend_of(left) == list(named)
    assert [line.get_label() for line in right.lines] == list(named)
    assert left.lines[0].get_linewidth() > left.lines[1].get_linewidth(), "both are seen"
    left, _ = compare_activations(func for func in (np.sin, np.cos)).axes
    assert legend_of(left) == ["sin", "cos"]


def test_compared_activations_of_one_name_are_all_drawn() -> None:
    left, right = compare_activations([LeakyReLU(0.1), LeakyReLU(0.3)]).axes
    assert len(left.lines) == len(right.lines) == 2


# Gradient flow ------------------------------------------------------------------------


def test_gradient_flow_has_a_named_line_of_medians_on_a_log_scale() -> None:
    ax = plot_gradient_flow(NORMS, title="Flow", colors={"one": "#ff0000"})
    assert ax.get_yscale() == "log"
    assert legend_of(ax) == ["one", "two"]
    assert ax.lines[0].get_color() == "#ff0000"
    for line, runs in zip(ax.lines, NORMS.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), range(5))
        np.testing.assert_array_equal(line.get_ydata(), np.median(runs, axis=1)[::-1])  # back
    figure = ax.get_figure()
    assert figure is not None
    assert "Flow" in [text.get_text() for text in figure.texts]


def test_gradient_flow_is_banded_from_quartile_to_quartile() -> None:
    runs = np.array([[1.0, 2, 3, 4, 5], [10, 20, 30, 40, 50]])
    (band,) = plot_gradient_flow({"runs": runs}).collections
    corners = np.unique(np.asarray(band.get_paths()[0].vertices), axis=0)
    np.testing.assert_array_equal(corners, [[0, 20], [0, 40], [1, 2], [1, 4]])


def test_gradient_flow_goes_on_the_axes_given_in_the_layers_colors() -> None:
    _, (wanted, current) = plt.subplots(1, 2)
    flow = gradient_flow(Tanh, depth=3, width=4)
    assert plot_gradient_flow({"Tanh": flow}, ax=wanted) is wanted
    assert wanted.lines[0].get_color() == COLORS["Tanh"]
    assert not current.lines
    assert len(plt.get_fignums()) == 1


# All of them --------------------------------------------------------------------------


def test_no_setting_of_matplotlib_is_changed_and_all_can_be_rendered() -> None:
    before = plt.rcParams.copy()
    plot_activation_curve(LAYERS[0])
    plot_gradient(np.sin)
    plot_gradient_flow(NORMS)
    compare_activations(LAYERS)
    assert plt.rcParams == before
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    assert plt.rcParams == before
