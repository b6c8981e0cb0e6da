"""Lesson 5: measures beside other computations, tables and figures with made-up data."""

import copy
import itertools
import math
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

torch = pytest.importorskip("torch", reason="lesson 5 needs PyTorch")

import activations_torch as lesson  # noqa: E402
import activations_utils as utils  # noqa: E402
from activations_torch import FromTorch, nn  # noqa: E402

X = np.array([-3.0, -0.5, 0.25, 2.0])


@pytest.fixture(autouse=True)
def _one_thread_no_figures():
    torch.set_num_threads(1)
    yield
    plt.close("all")


def grid(loss, accuracy, *, scale=1.0, rates=(0.1, 1.0)):
    loss, accuracy = np.array(loss, float), np.array(accuracy, float)
    return utils.Grid(np.array([scale]), np.array(rates), loss, 0 * loss, accuracy)


def table(text):
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


def lines_of(ax):
    return [line for line in ax.lines if len(line.get_xdata())]


# --- FromTorch -------------------------------------------------------------------------


def test_from_torch_gives_the_known_values_and_slopes_of_gelu():
    layer, cdf = FromTorch(nn.GELU()), [0.5 * (1 + math.erf(x / 2**0.5)) for x in X]
    density = np.exp(-(X**2) / 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(layer(X), X * cdf, rtol=1e-12)
    np.testing.assert_allclose(layer.derivative(X), cdf + X * density, rtol=1e-12)
    upstream = np.array([2.0, -1, 0.5, 3])
    np.testing.assert_allclose(layer.backward(upstream), upstream * layer.derivative(X))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_from_torch_keeps_dtype_and_shape(dtype, shape):
    layer, x = FromTorch(nn.ELU()), np.full(shape, -0.5, dtype)
    for answer in (layer.forward(x), layer.backward(x), layer.derivative(x)):
        assert (answer.dtype, answer.shape) == (dtype, shape)


def test_from_torch_reads_lists_integers_and_reversed_arrays():
    assert FromTorch(nn.ReLU())([-1, 2]).dtype == np.float64
    np.testing.assert_array_equal(FromTorch(nn.ReLU())(X[::-1]), [2, 0.25, 0, 0])


@pytest.mark.parametrize("module", [nn.Tanh(), nn.Sigmoid(), nn.ReLU(inplace=True), nn.ELU()])
def test_editing_arrays_later_changes_nothing(module):
    layer, x = FromTorch(module), X.copy()
    output = layer.forward(x)
    np.testing.assert_array_equal(x, X)
    expected = layer.derivative(X)
    x[:], output[:] = 7, 7
    gradient = np.ones(4)
    first = layer.backward(gradient)
    first[:] = gradient[:] = 9
    np.testing.assert_array_equal(layer.backward(np.ones(4)), expected)


def test_from_torch_refuses_as_the_lessons_do_and_stays_as_it_was():
    layer = FromTorch(nn.SiLU())
    with pytest.raises(RuntimeError, match="forward"):
        layer.backward(X)
    expected = layer.derivative(X)
    layer.forward(X)
    layer.derivative(X + 1)
    for bad in ("text", [1j], [[1], [1, 2]]):
        with pytest.raises((TypeError, ValueError)):
            layer.forward(bad)
    with pytest.raises(ValueError, match=re.escape("(4,)")):
        layer.backward(np.ones(3))
    np.testing.assert_array_equal(layer.backward(np.ones(4)), expected)


def test_a_copy_can_be_made_after_forward():
    layer = FromTorch(nn.GELU())
    layer.forward(X)
    other = copy.deepcopy(layer)
    other.forward(X + 1)
    np.testing.assert_array_equal(layer.backward(np.ones(4)), layer.derivative(X))


def test_the_instruments_take_it_and_call_a_wrong_backward_wrong():
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, gradient):
            return 2.001 * ctx.saved_tensors[0] * gradient

    for layer in lesson.MODERN.values():
        assert utils.gradient_check(layer)
    assert not utils.gradient_check(FromTorch(Wrong.apply))
    with pytest.raises(ValueError, match="elementwise"):
        utils.gradient_check(FromTorch(nn.Softmax(dim=-1)))
    flow = utils.gradient_flow(FromTorch(nn.ReLU()), depth=3, seeds=[0])
    np.testing.assert_allclose(
        flow, utils.gradient_flow(lesson.ReLU(), depth=3, seeds=[0]), rtol=1e-12
    )


def test_explore_shows_it_by_its_name_and_in_its_colour():
    figure = utils.explore(FromTorch(nn.GELU()))
    left, right = figure.axes[:2]
    assert figure.get_suptitle() == "GELU"
    x, y = lines_of(left)[0].get_data()
    np.testing.assert_allclose(y, FromTorch(nn.GELU())(x))
    np.testing.assert_allclose(
        lines_of(right)[0].get_ydata(), FromTorch(nn.GELU()).derivative(x)
    )
    assert to_hex(lines_of(left)[0].get_color()).upper() == utils.COLORS["GELU"]
    assert len({*utils.COLORS.values(), utils.INK, utils.FAINT}) == len(utils.COLORS) + 2


def test_pytorch_is_asked_for_in_one_way():
    source = Path(lesson.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r"torch[>=]=[\d.]+", source)) == {"torch>=2.6"}


# --- Values, differences, tails --------------------------------------------------------


def test_modules_in_their_columns():
    columns = lesson.measure_modules(torch.tensor([-1.0, 2.0]))
    s = [1 / (1 + math.e), 1 / (1 + math.exp(-2))]
    e = [1 / (1 + math.exp(3)), 1 / (1 + math.exp(-3))]
    expected = {
        "x": [-1, 2], "Sigmoid": s, "Tanh": [math.tanh(-1), math.tanh(2)],
        "ReLU": [0, 2], "LeakyReLU": [-0.01, 2], "Softmax": e,
    }  # fmt: skip
    assert list(columns) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(columns[name], values, rtol=1e-6)


def test_columns_are_printed_under_their_names(capsys):
    lesson.print_columns({"a": [1.5, 2], "b": [[0.25, 3], [7.0]]})
    printed = table(capsys.readouterr().out)
    assert printed == [["a", "b"], ["1.5", "0.250, 3.000"], ["2", "7.000"]]


def test_comparison_counts_units_and_times_each_side(monkeypatch):
    ones = np.ones(4, np.float32)
    assert lesson.largest_distance(ones, ones + 3 * np.float32(2**-23)) == 3
    assert lesson.largest_distance(ones, ones) == 0
    seen = []

    def clock(calls, repeats):
        seen.append(list(calls))
        output, gradient = calls["scratch"]()  # forward and backward, of the same numbers
        np.testing.assert_allclose(calls["PyTorch"]()[0].numpy(), gradient, atol=1e-5)
        assert output.shape == gradient.shape == (1000,)
        assert not np.array_equal(output, gradient)
        return {"scratch": 2e-6, "PyTorch": 5e-7}

    monkeypatch.setattr(utils, "time_each", clock)
    compared = lesson.measure_comparison(1000)
    assert list(compared) == list(lesson.PAIRS)
    assert seen == [["scratch", "PyTorch"]] * 4
    for output, slope, scratch, built_in in compared.values():
        assert output <= 10
        assert (scratch, built_in) == pytest.approx((2, 0.5))
        assert slope >= 0
    assert compared["ReLU"][:2] == (0, 0)
    assert 100 < compared["Sigmoid"][1] < 1e5  # s (1 - s) has lost digits
    assert 1e4 < compared["Tanh"][1] < 1e8


def test_comparison_printed(capsys):
    lesson.print_comparison({"A": (0.0, 2.5, 12.0, 3.0), "B": (1.0, 1234.0, 7.0, 14.0)})
    printed = table(capsys.readouterr().out)
    assert printed[1:3] == [
        ["A", "0", "10", "12.0", "3.0", "4.0"],
        ["B", "1", "10,000", "7.0", "14.0", "0.5"],
    ]


def test_tails_end_where_the_output_rounds_to_one():
    x = np.linspace(0, 60, 601)
    tails = lesson.measure_tails(x)
    np.testing.assert_allclose(tails["Sigmoid"]["scratch"], np.exp(-x) / (1 + np.exp(-x)) ** 2)
    np.testing.assert_allclose(tails["Tanh"]["scratch"][:300], 1 / np.cosh(x[:300]) ** 2)
    last = {k: [x[np.flatnonzero(v)[-1]] for v in t.values()] for k, t in tails.items()}
    assert last["Sigmoid"] == pytest.approx([60, 16.6, 36.7], abs=0.11)
    assert last["Tanh"] == pytest.approx([60, 9.0, 19.0], abs=0.11)


def test_tails_drawn():
    x = np.array([0.0, 1, 2, 3])
    made_up = {
        name: {
            "scratch": np.array([4.0, 3, 2, 1]) * k,
            "float32": np.array([40.0, 30, 0, 0]) * k,
            "float64": np.array([400.0, 300, 200, 0]) * k,
        }
        for k, name in ((1, "Tanh"), (5, "Sigmoid"))
    }
    figure = lesson.plot_tails(x, made_up)
    for ax, (name, slopes) in zip(figure.axes, made_up.items(), strict=True):
        assert ax.get_title() == f"line: {name} from scratch, dots: nn.{name}"
        assert ax.get_yscale() == "log"
        drawn = ax.lines
        np.testing.assert_array_equal(drawn[0].get_ydata(), slopes["scratch"])
        assert drawn[0].get_color() == utils.COLORS[name]
        np.testing.assert_array_equal(drawn[1].get_ydata(), slopes["float32"][:2])
        np.testing.assert_array_equal(drawn[3].get_ydata(), slopes["float64"][:3])
        words = [text.get_text() for text in ax.texts]
        assert words == ["float32: 0 beyond 1.0", "float64: 0 beyond 2.0"]


# --- Softmax ---------------------------------------------------------------------------


def test_softmax_sums_and_shifts():
    scores = torch.tensor([[0.0, math.log(3)], [math.log(7), 0.0]], dtype=torch.float64)
    sums = lesson.measure_softmax_sums(scores)
    by_row, by_column = list(sums.values())[1:]
    np.testing.assert_allclose(by_row[0], [1, 1])
    np.testing.assert_allclose(by_column[0], [1 / 4 + 7 / 8, 3 / 4 + 1 / 8])
    np.testing.assert_allclose(by_row[1], [1 / 8 + 3 / 4, 7 / 8 + 1 / 4])
    np.testing.assert_allclose(by_column[1], [1, 1])
    shifts = lesson.measure_shifts(scores[0], [0, 2, 1000])
    typed, built_in = list(shifts.values())[1:]
    np.testing.assert_allclose(typed[:2], [[0.25, 0.75]] * 2)
    np.testing.assert_allclose(built_in, [[0.25, 0.75]] * 3)
    assert np.isnan(typed[2]).all()


def test_softmax_backward_by_hand():
    p, gradient = np.array([[0.25, 0.75], [0.5, 0.5]]), np.array([[1.0, 3.0], [2.0, -2.0]])
    jacobians = [np.diag(row) - np.outer(row, row) for row in p]
    expected = [j @ g for j, g in zip(jacobians, gradient, strict=True)]
    np.testing.assert_allclose(lesson.softmax_backward(p, gradient), expected)


def test_softmax_backward_measured_and_its_gap_seen(monkeypatch, capsys):
    scores = torch.tensor([0.0, math.log(3)], dtype=torch.float64)
    jacobian, gap = lesson.measure_softmax_backward(scores)
    np.testing.assert_allclose(jacobian, [[3 / 16, -3 / 16], [-3 / 16, 3 / 16]], rtol=1e-12)
    assert gap < 1e-15
    monkeypatch.setattr(lesson, "softmax_backward", lambda p, g: p * (g - (g * p).mean()))
    assert lesson.measure_softmax_backward(scores)[1] > 1e-3
    lesson.print_softmax_backward(np.array([[0.1, 0.2], [0.3, 0.5]]), 0.0)
    printed = capsys.readouterr().out
    assert table(printed)[:3] == [
        ["dp / dx", "x1", "x2", "sum"], ["p1", "0.1", "0.2", "0.3"], ["p2", "0.3", "0.5", "0.8"]
    ]  # fmt: skip
    assert "agrees with autograd" in printed
    lesson.print_softmax_backward(np.eye(2), 0.25)
    assert "off by 2e-01" in capsys.readouterr().out


# --- Models ----------------------------------------------------------------------------


def plain_losses(network, index, module, x, labels, rate, steps):
    """One seed alone, with nn.Linear, as the lesson's docstring shows it."""
    linears = []
    for weights, biases in zip(network.weights, network.biases, strict=True):
        linear = nn.Linear(*weights[index].shape).double()
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights[index]).T)
            linear.bias.copy_(torch.tensor(biases[index][0]))
        linears += [linear, module]
    model, losses = nn.Sequential(*linears[:-1]), []
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for _ in range(steps + 1):
        loss = nn.CrossEntropyLoss()(model(torch.tensor(x)), torch.tensor(labels))
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def test_models_of_all_seeds_train_as_each_would_with_nn_linear():
    x, labels = utils.spirals(range(2), points=5)
    x = x.astype(np.float64)
    layer, module = lesson.PAIRS["Tanh"]
    sizes, style = [2, 4, 4, 3], {"seeds": range(2), "dtype": np.float64, "bias": 0.1}
    network = utils.Network(sizes, layer, **style)
    model = lesson.build_model(network, module)
    assert [type(part) for part in model[1::2]] == [nn.Tanh, nn.Tanh]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    losses = lesson.fit(model, x, labels, optimizer, steps=20)
    assert losses.shape == (21, 2)
    for index in range(2):
        alone = plain_losses(network, index, module, x[index], labels[index], 0.5, 20)
        np.testing.assert_allclose(losses[:, index], alone, rtol=1e-9)


def test_descent_is_the_same_by_hand(monkeypatch):
    monkeypatch.setattr(lesson, "SEEDS", range(2))
    curves = lesson.measure_descent(steps=10)
    assert list(curves) == list(lesson.PAIRS)
    for losses, by_hand in curves.values():
        assert losses.shape == by_hand.shape == (11, 2)
        assert losses[-1].mean() < losses[0].mean()
        np.testing.assert_allclose(losses, by_hand, rtol=1e-12)
    x, labels = utils.spirals(range(2))
    how = {"weight_scale": 2**0.5, "seeds": range(2), "dtype": np.float64}
    for name in ("ReLU", "LeakyReLU"):  # He initialization for both
        usual = utils.Network([2, 32, 32, 3], lesson.PAIRS[name][0], **how)
        start = utils.train(usual, x.astype(float), labels, steps=0, rate=1).loss[0]
        np.testing.assert_allclose(curves[name][0][0], start, rtol=1e-12)
    monkeypatch.setitem(lesson.PAIRS, "Tanh", (lesson.Tanh(), nn.Softsign()))
    losses, by_hand = lesson.measure_descent(steps=2)["Tanh"]
    assert np.abs(losses - by_hand).max() > 1e-3


def test_descent_printed(capsys):
    curves = {"A": (np.array([[9, 90, 9], [1, 2, 3]]), np.array([[9, 9, 9], [4, 6, 8]]))}
    lesson.print_descent(curves)
    head, row, *_ = table(capsys.readouterr().out)
    assert head == ["loss at the end", "by hand", "largest gap"]
    assert row == ["nn.A", "2.00 [1.00, 3.00]", "6.00 [4.00, 8.00]", "8e+01"]


def test_fit_grid_learns_what_train_grid_does(monkeypatch):
    monkeypatch.setattr(lesson, "SEEDS", range(2))
    original = utils.spirals

    def spirals(seeds, new=False):  # the new examples are others, and labelled otherwise
        x, labels = original(seeds, new=new)
        return x, (labels + 2 * new) % 3

    monkeypatch.setattr(utils, "spirals", spirals)
    rates = (0.1, 0.5)
    how = {"scales": [1.5], "rates": rates, "steps": 15, "seeds": range(2)}
    expected = utils.train_grid(FromTorch(nn.Tanh()), utils.spirals, [8], **how)
    made = lesson.fit_grid([2, 8, 3], nn.Tanh(), torch.optim.SGD, rates, scale=1.5, steps=15)
    np.testing.assert_allclose(made.loss, expected.loss, rtol=1e-3)
    np.testing.assert_allclose(made.new_accuracy, expected.new_accuracy, atol=1e-6)
    np.testing.assert_array_equal(made.rates, rates)
    np.testing.assert_array_equal(made.scales, [1.5])
    assert made.steps.shape == made.loss.shape == (1, 2, 2)


def test_fit_grid_holds_the_loss_after_the_last_step(monkeypatch):
    monkeypatch.setattr(lesson, "fit", lambda *how: np.array([[3.0, 3], [0.1, 0.2], [0.5, 1]]))
    grid = lesson.fit_grid([2, 8, 3], nn.Tanh(), torch.optim.SGD, (1, 2))
    np.testing.assert_array_equal(grid.loss, [[[0.5, 1], [0.5, 1]]])
    np.testing.assert_array_equal(grid.steps, [[[1, 1], [1, 1]]])


def test_fit_grid_ends_in_last_and_diverges_to_guessing(monkeypatch):
    monkeypatch.setattr(lesson, "SEEDS", range(2))
    how = {"rates": (1e-9, 1e9), "steps": 3}
    softmax = [nn.Softmax(dim=-1)]
    made = lesson.fit_grid([2, 8, 3], nn.ReLU(), torch.optim.SGD, last=softmax, scale=30, **how)
    assert (made.loss[0, 0] > 0.551).all()
    assert (made.loss <= np.log(3) + 1e-12).all()


def test_grids_printed_at_their_best_rate(capsys):
    grids = {
        "A": grid([[[5, 6, 7], [1, 2, 3]]], [[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]], scale=1.25),
        "B": grid([[[0, 0.5, 4], [8, 9, 9]]], [[[0.7, 0.8, 0.9], [1, 1, 1]]], rates=(3, 30)),
    }
    lesson.print_grids(grids)
    assert table(capsys.readouterr().out) == [
        ["scale", "best rate", "training loss", "accuracy, new data"],
        ["A", "1.25", "1 of 0.1 to 1", "2.00 [1.00, 3.00]", "0.50 [0.40, 0.60]"],
        ["B", "1.00", "3 of 3 to 30", "0.50 [0.00, 4.00]", "0.80 [0.70, 0.90]"],
    ]


def test_every_optimizer_gets_its_own_rates(monkeypatch):
    monkeypatch.setattr(lesson, "fit_grid", lambda *how: how)
    for name, how in lesson.measure_optimizers().items():
        sizes, module, optimizer, rates = how
        assert (sizes, type(module)) == ([2, 16, 16, 16, 16, 3], nn.Sigmoid)
        made = optimizer([torch.zeros(1, requires_grad=True)], lr=0.1)
        kind = torch.optim.Adam if name == "Adam" else torch.optim.SGD
        assert isinstance(made, kind)
        assert made.defaults.get("momentum", 0) == (0.9 if "momentum" in name else 0)
        assert max(b / a for a, b in itertools.pairwise(rates)) < 3.4


def test_training_drawn():
    names = list(lesson.PAIRS)
    curves = {
        name: (np.array([[1.0, 2, 3]] * 30) * k, np.array([[4.0, 5, 6]] * 30) * k)
        for k, name in enumerate(names, start=1)
    }
    grids = {
        name: grid(np.array([[[1, 2, 3], [4, 5, 6]]]) * k, [[[0] * 3] * 2])
        for k, name in enumerate(("one", "two", "three"), start=1)
    }
    left, right = lesson.plot_training(curves, grids).axes
    drawn = lines_of(left)
    for k, name in enumerate(names, start=1):
        line, dots = drawn[2 * k - 2 : 2 * k]
        assert (line.get_label(), line.get_color()) == (f"nn.{name}", utils.COLORS[name])
        np.testing.assert_array_equal(line.get_ydata(), [2 * k] * 30)
        np.testing.assert_array_equal(dots.get_xdata(), [0, 25])
        np.testing.assert_array_equal(dots.get_ydata(), [5 * k] * 2)
    for k, (line, name) in enumerate(zip(right.lines, grids, strict=True), start=1):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xdata(), [0.1, 1])
        np.testing.assert_array_equal(line.get_ydata(), [2 * k, 5 * k])
    assert right.get_xscale() == "log"


def test_modern_ones_are_trained_at_their_own_scale(monkeypatch):
    monkeypatch.setattr(utils, "train_grid", lambda layer, data, **how: (layer, data, how))
    for name, scales in lesson.BEST_SCALES.items():
        measured = lesson.measure_modern(name)
        for (key, (layer, data, how)), scale in zip(measured.items(), scales, strict=True):
            assert layer.__name__ == key
            assert data is lesson.DATA[name]
            assert how["scales"] == [scale]
            assert how["hidden"] == [16] * 8
    x, _ = lesson.DATA["spirals"](range(2))
    new, _ = lesson.DATA["spirals"](range(2), new=True)
    assert x.shape == new.shape == (2, 60, 2)
    assert not np.array_equal(x, new)
    x, labels = lesson.DATA["digits"](range(2))
    assert (x.shape, labels.shape) == ((2, 70, 100), (2, 70))
    np.testing.assert_array_equal(np.bincount(labels[0]), [7] * 10)
    for new in (False, True):
        x, labels = lesson.DATA["digits"](range(2), new=new)
        pictures, figures = utils.digits(range(2), new=new)
        np.testing.assert_array_equal(x, pictures[:, :70])
        np.testing.assert_array_equal(labels, figures[:, :70])


# --- The two mistakes ------------------------------------------------------------------


def test_a_softmax_too_many_before_the_loss():
    scores = np.array([0.0, 1, 5, 10])
    e = np.exp(scores)
    p = np.array([e, 1 + 0 * e, 1 + 0 * e]) / (e + 2)
    q = np.exp(p) / np.exp(p).sum(axis=0)
    upstream = q - np.array([[0], [1], [0]])
    by_hand = p[0] * (upstream[0] - (upstream * p).sum(axis=0))
    measured = lesson.measure_wrong_class(scores)
    np.testing.assert_allclose(measured["CrossEntropyLoss"], p[0], rtol=1e-5)
    np.testing.assert_allclose(measured["softmax + CrossEntropyLoss"], by_hand, rtol=1e-3)
    assert measured["softmax + CrossEntropyLoss"][-1] == pytest.approx(7.85e-5, rel=0.01)


def test_models_fed_with_scores_or_with_probabilities(monkeypatch):
    calls = []
    monkeypatch.setattr(
        lesson, "fit_grid", lambda *a, **how: calls.append((a, how)) or len(calls)
    )
    assert lesson.measure_extra_softmax() == {"scores": 1, "softmax": 2}
    (plain, how), (same, mistaken) = calls
    assert [type(module) for module in mistaken.pop("last")] == [nn.Softmax]
    assert how == mistaken
    assert plain == same


def test_a_sigmoid_before_the_loss():
    score = [2.0, 18, 30]
    m = lesson.measure_extra_sigmoid(score, 0)
    p = 1 / (1 + math.exp(-2))
    names = ("sigmoid + BCELoss", "with exact slope", "BCEWithLogitsLoss")
    assert [m[name][0] for name in names] == pytest.approx([p] * 3, rel=1e-5)
    assert [m[name][1] for name in names] == pytest.approx([0, 15230, 1], rel=1e-3)
    assert [m[name][2] for name in names] == pytest.approx([0, 0.0936, 1], rel=1e-3)
    assert list(m["p"][1:]) == [1, 1]
    m = lesson.measure_extra_sigmoid([-2.0, -18, -30], 1)
    assert [m[name][0] for name in names] == pytest.approx([p - 1 - (2 * p - 1)] * 3, rel=1e-5)
    assert [m[name][1] for name in names] == pytest.approx([-1] * 3, rel=1e-5)
    assert [m[name][2] for name in names] == pytest.approx([-0.0936, -0.0936, -1], rel=1e-3)


def test_mistakes_drawn():
    score = np.array([0.0, 20, 40])
    wrong = {
        "score": score,
        "softmax + CrossEntropyLoss": score + 1,
        "CrossEntropyLoss": score + 2,
    }
    sides = {
        target: {"score": sign * score, "sigmoid + BCELoss": sign * (score + 3 + target),
                 "BCEWithLogitsLoss": sign * (score + 5 + target)}
        for target, sign in ((0, 1), (1, -1))
    }  # fmt: skip
    figure = lesson.plot_mistakes(wrong, sides)
    left, right = figure.axes
    for ax, above in ((left, (2, 1)), (right, (5, 3, 4))):
        for line, rise in zip(ax.lines, above, strict=True):
            np.testing.assert_array_equal(line.get_xdata(), score)
            np.testing.assert_array_equal(line.get_ydata(), score + rise)
            assert line.get_color() == utils.INK
    assert [t.get_text() for t in left.texts] == ["CrossEntropyLoss", "with softmax before it"]
    assert [t.get_text().split("\n")[-1] for t in right.texts] == [
        "BCEWithLogitsLoss", "target 0", "target 1"
    ]  # fmt: skip
