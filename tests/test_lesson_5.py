"""Lesson 5, PyTorch: all that it shows, beside SciPy, algebra and training written otherwise.

Below the story: what the functions of the lesson promise to those who use them.
"""

import copy
import os
import runpy
import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special
from torch import nn
from torch.nn import functional

import activations_torch as lesson
import activations_utils as utils
import told
from activations_torch import FromTorch
from registry import REGISTRY
from told import draws_runs, figure, holds, named, parameter, rows_show, shows, spread, table

HE = 2**0.5
P = special.softmax([1, 2, 3])


def numbers(rows):
    return np.array(rows, dtype=float)


def value_and_slope(f, x):
    """f and its slope at x by autograd, as arrays."""
    x = torch.tensor(x, requires_grad=True)
    y = f(x)
    return y.detach().numpy(), torch.autograd.grad(y.sum(), x)[0].numpy()


# The modules beside the classes


@holds("torch", tables=["Forward passes of PyTorch's modules"])
def test_forward_passes_of_the_modules():
    x, *columns = numbers(table("torch", "Forward passes", "LeakyReLU")).T
    relu = np.where(x > 0, x, 0)
    leaky = np.where(x > 0, x, x / 100)
    expected = [special.expit(x), np.tanh(x), relu, leaky, special.softmax(x)]
    assert_allclose(columns, expected, rtol=6e-5)


@holds("torch", tables=["Far out, PyTorch computes"], figures=["torch_tails"])
def test_the_tails_of_the_slopes():
    x = np.linspace(0, 60, 1201)
    exact = {"Sigmoid": 1 / (4 * np.cosh(x / 2) ** 2), "Tanh": 1 / np.cosh(x) ** 2}
    panels = figure("torch", "torch_tails").axes
    ends = {row[0]: row[1:] for row in table("torch", "Far out, PyTorch computes")}
    for ax, (name, slope) in zip(panels, exact.items(), strict=True):
        (line,) = named(ax, "from scratch")
        assert_allclose(line.get_xydata(), np.transpose([x, slope]), rtol=1e-12)
        assert to_rgb(line.get_color()) == to_rgb(utils.COLORS[name])
        for dtype, end in zip(("float32", "float64"), ends[f"nn.{name}"]):
            line, dot = named(ax, f"nn.{name}, {dtype}", runs=1)
            by_autograd = value_and_slope(getattr(torch, name.lower()), x.astype(dtype))[1]
            shown = len(line.get_xdata())
            assert by_autograd[shown - 1] > 0
            assert not by_autograd[shown:].any()
            expected = np.transpose([x, by_autograd])[:shown]
            assert_allclose(line.get_xydata(), expected, rtol=1e-5)
            assert_allclose(dot.get_xydata(), expected[-1:], rtol=1e-5)
            assert (dot.get_marker(), dot.get_color()) == ("o", line.get_color())
            shows(end, x[shown - 1])


# Softmax


@holds("torch", tables=["Softmax: a row of scores becomes a row of probabilities: dim"])
def test_sums_of_rows_and_columns_after_softmax():
    scores = np.array([[1, 2, 3], [1, 1, 5]])
    by_row, by_column = special.softmax(scores, axis=1), special.softmax(scores, axis=0)
    expected = {}
    for dim, p in ((1, by_row), (0, by_column)):
        expected[dim] = [*p.sum(axis=1), *p.sum(axis=0)]
    rows_show(table("torch", "Softmax: a row", "dim"), expected)


@holds("torch", tables=["Softmax: a row of scores becomes a row of probabilities: added to all"])
def test_what_is_added_to_all_scores_does_not_matter():
    *rows, (shift, *texts) = table("torch", "Softmax: a row", "added to all")
    rows_show(rows, {"0": [*P, *P, *P], "0.1": [*P, *P, *P]})
    assert (shift, texts[0]) == ("1000", "nan, nan, nan")
    shows("  ".join(texts[1:]), [*P, *P])


def test_softmax_of_two_scores_is_a_sigmoid_of_their_difference():
    two, one = told.after("torch", "softmax of (2, 0): ").split("; sigmoid of 2: ")
    shows(two, special.softmax([2, 0]))
    shows(one, special.expit(2))


@holds("torch", tables=["The backward pass of softmax: dp / dz"])
def test_the_jacobian_of_softmax():
    jacobian = np.diag(P) - np.outer(P, P)
    rows = table("torch", "The backward pass of softmax", "dp / dz")
    rows_show(rows, {f"p{i + 1}": row for i, row in enumerate(jacobian)})


@holds("torch", tables=["The backward pass of softmax: z1"])
def test_three_backward_passes_and_which_one_is_wrong():
    g = np.array([0.3, -1, 2])
    right = (np.diag(P) - np.outer(P, P)) @ g
    expected = {
        "p * (g - sum(g * p))": right,
        "autograd": right,
        "g * p * (1 - p), the diagonal alone": g * P * (1 - P),
    }
    rows = table("torch", "The backward pass of softmax", "check_gradients")
    rows_show(rows, expected)
    assert [row[-1] for row in rows] == ["right", "right", "WRONG"]


def test_the_gradient_of_the_loss_is_p_minus_y():
    difference = P - [0, 1, 0]
    shows(told.after("torch", "is p - y:\n"), difference, difference)


# Models


def train_five(layers, f, rate, steps, *, adam=False, softmax_first=False):
    """Train five networks, all at once, on the spirals; losses (5, steps + 1), and scores.

    A layer is [W, b] or, if a normalization follows, [W, b, its factor, its shift], each with five
    in front. Plain gradient descent, or Adam as in its paper.
    """
    x, labels = map(torch.tensor, told.spirals_of_all_seeds())
    layers = [[p.detach().requires_grad_() for p in layer] for layer in layers]
    parameters = [p for layer in layers for p in layer]
    mean, square = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    losses = []
    for step in range(1, steps + 2):
        h = x
        for W, b, *normalization in layers:
            h = (h if W is layers[0][0] else f(h)) @ W + b
            if normalization:
                factor, shift = normalization
                centred = h - h.mean(dim=1, keepdim=True)
                variance = (centred**2).mean(dim=1, keepdim=True)
                h = factor * centred / (variance + 1e-5) ** 0.5 + shift
        given = h.softmax(dim=-1) if softmax_first else h
        log_p = given - given.logsumexp(dim=-1, keepdim=True)
        loss = -log_p.gather(2, labels[:, :, None]).mean(dim=(1, 2))
        losses.append(loss.detach().numpy())
        gradients = torch.autograd.grad(loss.sum(), parameters)
        for i, g in enumerate(gradients if step <= steps else ()):
            if adam:
                mean[i] = 0.9 * mean[i] + 0.1 * g
                square[i] = 0.999 * square[i] + 0.001 * g**2
                g = mean[i] / (1 - 0.9**step) / ((square[i] / (1 - 0.999**step)) ** 0.5 + 1e-8)
            parameters[i].data -= rate * g
    return np.transpose(losses), h.detach().numpy()


@holds("torch", tables=["A real model: nn.Sequential"], figures=["torch_models"])
def test_models_train_as_by_hand():
    steps, rate = (parameter("torch", "show_training", name) for name in ("steps", "rate"))
    rows = table(
        "torch", f"A real model: nn.Sequential on the spirals, {steps} steps at rate {rate}"
    )
    panel = figure("torch", "torch_models").axes[0]
    for (label, autograd, by_hand, same), name in zip(rows, REGISTRY, strict=True):
        f = getattr(functional, REGISTRY[name].torch)
        networks = told.networks([2, 32, 32, 3], lesson.PAIRS[name][2])
        losses = told.losses_by_autograd(networks, f, rate, steps)
        assert (label, same) == (f"nn.{name}", "yes")
        shows(autograd, spread(losses[:, -1]))
        shows(by_hand, spread(losses[:, -1]))
        line, dots = named(panel, label, runs=1)
        assert_allclose(line.get_ydata(), np.median(losses, axis=0), atol=1e-9)
        assert to_rgb(line.get_color()) == to_rgb(utils.COLORS[name])
        assert_array_equal(dots.get_xdata(), [0, 10, 20, 30, 40])
        assert_allclose(dots.get_ydata(), np.median(losses, axis=0)[::10], atol=1e-9)
        assert (dots.get_marker(), dots.get_color()) == ("o", utils.INK)


@holds("torch", tables=["The weights that nn.Linear draws"])
def test_weights_that_are_drawn_by_default_and_by_kaiming_uniform():
    default, kaiming = table("torch", "The weights that nn.Linear draws")
    assert default[0].startswith("nn.Linear")
    assert_allclose(numbers(default[1:]), 3**-0.5, atol=0.02)  # of numbers from -1 to 1
    assert_allclose(numbers(kaiming[1:]), [HE, 0], atol=0.02)
    shows(told.after("torch", "The default is "), [1, 3, 3**-0.5, 2, HE])  # 1/sqrt(3), sqrt(2)


def five_deep_models(hidden, *, he=False, normalize=False):
    """The layers, for `train_five`, that PyTorch draws from the seeds 0 to 4."""
    of_seeds = []
    for seed in utils.SEEDS:
        torch.manual_seed(seed)
        layers = []
        for inputs in [2] + (hidden - 1) * [16]:
            linear = nn.Linear(inputs, 16, dtype=torch.float64)
            layers.append([linear.weight.mT, linear.bias[None]])
            if he:
                bound = (6 / inputs) ** 0.5
                W = torch.empty(16, inputs, dtype=torch.float64).uniform_(-bound, bound)
                layers[-1] = [W.mT, torch.zeros(1, 16, dtype=torch.float64)]
            if normalize:
                layers[-1] += [torch.ones_like(layers[-1][1]), torch.zeros_like(layers[-1][1])]
        linear = nn.Linear(16, 3, dtype=torch.float64)
        of_seeds.append([*layers, [linear.weight.mT, linear.bias[None]]])
    return [[torch.stack(same) for same in zip(*layer)] for layer in zip(*of_seeds)]


@holds("torch", tables=["What people do about it"], figures=["torch_models"])
def test_default_weights_and_three_remedies():
    hidden, steps = (parameter("torch", "show_remedies", name) for name in ("hidden", "steps"))
    heading = f"What people do about it: {hidden} hidden layers, loss after {steps} steps"
    panel = figure("torch", "torch_models").axes[1]
    contenders = {
        "ReLU, default weights": ({}, torch.relu, 0.1, utils.INK),
        "ReLU, He's weights": ({"he": True}, torch.relu, 0.1, utils.COLORS["ReLU"]),
        "ReLU, BatchNorm": ({"normalize": True}, torch.relu, 0.1, "#0072B2"),
        "ReLU, Adam": ({}, torch.relu, 0.01, "#D55E00"),
        "sigmoid, default weights": ({}, torch.sigmoid, 5, None),
        "sigmoid, BatchNorm": ({"normalize": True}, torch.sigmoid, 5, None),
    }
    rows = table("torch", heading)
    for row, (name, (how, f, rate, color)) in zip(rows, contenders.items(), strict=True):
        layers = five_deep_models(hidden, **how)
        losses, _ = train_five(layers, f, rate, steps, adam=name.endswith("Adam"))
        assert row[:2] == [name, f"{rate}"]
        shows(row[2], spread(losses[:, -1]))
        if color:
            lines = named(panel, name, runs=5)
            draws_runs(lines, range(steps + 1), losses)
            assert to_rgb(lines[0].get_color()) == to_rgb(color)
    assert len(panel.lines) == 4 * 6
    assert panel.get_title("left") == f"{hidden} hidden layers of nn.ReLU"


# Other activations

MODERN = {
    "ReLU": torch.relu,
    "GELU": functional.gelu,
    "SiLU": functional.silu,
    "ELU": functional.elu,
}


@holds("torch", tables=["Gradient check"])
def test_modern_activations_pass_the_gradient_check():
    rows = table("torch", "Gradient check")
    assert rows == [[name, "right", "below 1e-6", ""] for name in MODERN]


@holds("torch", tables=["What 20 random layers leave of the gradient"])
def test_what_twenty_random_layers_leave_of_the_gradient():
    scales = (1, 1.25, HE, 1.5, 1.75)
    rows = table("torch", "What 20 random layers leave of the gradient", "weight scale:")
    for row, (name, f) in zip(rows, MODERN.items(), strict=True):
        left = [np.median(told.random_layers(f, scale, 20).gradients[:, -1]) for scale in scales]
        assert row[0] == name
        for cell, share in zip(row[1:], left, strict=True):
            assert float(cell) == float(f"{share:.1g}")
    (columns,) = (names for found, names, _ in told.tables("torch") if found.startswith("What 20"))
    assert columns == ["weight scale:", *(f"{scale:.3g}" for scale in scales)]


@holds("torch", figures=["torch_modern"])
def test_outputs_and_slopes_of_modern_activations():
    left, right = figure("torch", "torch_modern").axes
    x = np.linspace(-4, 4, 1201)
    for place, (name, f) in enumerate(MODERN.items()):
        y, slope = value_and_slope(f, x)
        (line,) = named(left, name)
        assert_allclose(line.get_xydata(), np.transpose([x, y]), atol=1e-12)
        assert_allclose(right.lines[place].get_xydata(), np.transpose([x, slope]), atol=1e-12)
        colors = {to_rgb(ax.lines[place].get_color()) for ax in (left, right)}
        assert colors == {to_rgb(utils.COLORS[name])}


# A mistake and a weakness at the last layer


def softmax_twice(score):
    """Loss and gradient for the score of a wrong class, with a softmax too many, and without."""
    q = special.softmax([score, 0, 0])
    r = special.softmax(q)
    gradient = (r - [0, 1, 0]) @ (q[0] * ([1, 0, 0] - q))  # times dq / dscore
    return -np.log(r[1]), gradient, np.log(np.exp(score) + 2), q[0]


def sigmoid_before_bce(target, score):
    """The same for a sigmoid before BCELoss, in float32, and for BCEWithLogitsLoss."""
    with np.errstate(over="ignore", divide="ignore"):
        p = 1 / (1 + np.exp(np.float32(-score)))
        loss = min(-np.log(p if target else 1 - p), 100)
    gradient = (p - target) / max(p * (1 - p), 1e-12) * p * (1 - p)
    return loss, gradient, np.logaddexp(0, abs(score)), special.expit(score) - target


@holds("torch", tables=["A mistake"])
def test_softmax_before_cross_entropy():
    rows = numbers(table("torch", "A mistake"))
    for score, *cells in rows:
        assert_allclose(cells, softmax_twice(score), rtol=2e-4, atol=1e-7)
    assert_array_equal(rows[:, 0], [1, 3, 10, 20])


def test_networks_trained_with_the_mistake(monkeypatch):
    steps, rate = (parameter("torch", "show_mistake", name) for name in ("steps", "rate"))
    weights, biases = told.weights_and_biases(told.networks([2, 32, 32, 3], HE))
    layers = [list(pair) for pair in zip(weights, biases)]
    how = {"adam": True, "softmax_first": True}
    losses, scores = train_five(layers, torch.relu, rate, steps, **how)
    right = (scores.argmax(axis=2) == told.spirals_of_all_seeds()[1]).mean(axis=1)
    trained, fit = [], lesson.fit
    monkeypatch.setattr(lesson, "fit", lambda *how: trained.append(fit(*how)) or trained[-1])
    with lesson.own_settings():
        lesson.show_mistake()
    assert_allclose(trained, losses, rtol=1e-6)  # as they are printed, all five look alike
    words = " ".join(told.told("torch", False)[0].split())
    start = f"Five networks trained with the mistake, {steps} steps of Adam: "
    sentence = words.split(start)[1].split(" with three classes")[0]
    perfect = np.log(np.e + 2) - 1
    shows(sentence, [*spread(right), *spread(losses[:, -1]), perfect])


@holds("torch", tables=["A weakness"])
def test_bce_far_on_the_wrong_side():
    rows = numbers(table("torch", "A weakness"))
    for target, score, *cells in rows:
        assert_allclose(cells, sigmoid_before_bce(target, score), rtol=2e-4, atol=1e-7)
    assert_array_equal(rows[:, 0], 5 * [0] + 4 * [1])
    assert_array_equal(rows[:, 1], [2, 10, 16, 18, 30, -2, -18, -30, -120])


@holds("torch", figures=["torch_mistakes"])
def test_gradients_of_losses_that_are_given_probabilities():
    left, right = figure("torch", "torch_mistakes").axes
    x = np.linspace(0, 40, 801)
    by_class = np.array([softmax_twice(score) for score in x])
    zero = np.array([sigmoid_before_bce(0, score) for score in x])
    one = np.array([sigmoid_before_bce(1, -score) for score in x])
    for ax, name, gradient in (
        (left, "softmax + CrossEntropyLoss", by_class[:, 1]),
        (left, "CrossEntropyLoss", by_class[:, 3]),
        (right, "sigmoid + BCELoss, target 0", zero[:, 1]),
        (right, "target 1", -one[:, 1]),
        (right, "BCEWithLogitsLoss", zero[:, 3]),
    ):
        (line,) = named(ax, name)
        assert_allclose(line.get_xydata(), np.transpose([x, gradient]), rtol=1e-3, atol=1e-6)
    assert len(left.lines) + len(right.lines) == 5


# FromTorch


def step(x):
    return (x > 0).to(x.dtype)


def constant(x):
    return torch.full(x.shape, 3.0, dtype=x.dtype)


class Keeps(nn.Module):
    """It keeps a tensor of its latest pass, which belongs to a graph."""

    def forward(self, x):
        self.latest = torch.tanh(x)
        return self.latest


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mask", torch.tensor([True, False, True]))

    def forward(self, x):
        return torch.where(self.mask, torch.tanh(x), x)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    "module",
    [nn.GELU, nn.Softplus(2), torch.tanh, nn.ReLU(inplace=True), nn.PReLU(init=0.5), Keeps, Masked],
)
def test_from_torch_has_the_values_and_gradients_of_autograd(module, dtype):
    x = np.array([[-3, -0.5, 0.25], [0.5, 1, 8]], dtype=dtype)
    given = x.copy()
    layer = FromTorch(module)
    y = layer.forward(given)
    gradient = layer.backward(np.full_like(x, -2))
    made = module() if isinstance(module, type) else copy.deepcopy(module)
    if isinstance(made, nn.Module):
        made.to(getattr(torch, dtype))
    expected, slope = value_and_slope(lambda z: made(z.clone()), x)
    assert y.dtype == gradient.dtype == layer.derivative(x).dtype == x.dtype
    assert_array_equal(y, expected)
    assert_allclose(gradient, -2 * slope, rtol=2 * np.finfo(dtype).eps)
    assert_array_equal(given, x)


@pytest.mark.parametrize("function", [step, constant])
def test_constants_and_steps_have_slope_0(function):
    layer = FromTorch(function)
    assert_array_equal(layer.forward([-1, 2]), function(torch.tensor([-1.0, 2])))
    assert_array_equal(layer.backward([5, 5]), [0, 0])


@pytest.fixture
def _other_settings():
    """PyTorch as somebody may have set it."""
    torch.set_default_dtype(torch.float16)
    torch.set_default_device("meta")
    yield
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)


@pytest.mark.usefixtures("_other_settings")
@pytest.mark.parametrize("without_gradients", [torch.no_grad, torch.inference_mode])
def test_from_torch_does_not_heed_settings_outside(without_gradients):
    with without_gradients():
        layer = FromTorch(torch.tanh)
        assert_allclose(layer.forward([0.5]), np.tanh([0.5]), rtol=1e-15)
        assert_allclose(layer.backward([2]), 2 - 2 * np.tanh([0.5]) ** 2, rtol=1e-15)


def test_a_module_that_keeps_tensors_of_an_earlier_pass():
    module = Keeps()
    module(torch.ones(1, requires_grad=True))
    layer = FromTorch(module)
    layer.forward([1.0])
    network = utils.Network([2, 4, 3], layer)  # which copies it
    assert network.forward([[1.0, 2]]).shape == (1, 3)
    fresh = copy.deepcopy(layer)
    with pytest.raises(RuntimeError, match="call forward"):
        fresh.backward([1.0])
    assert utils.gradient_check(fresh)


def test_prelu_keeps_its_own_parameter():
    module = nn.PReLU()
    layer = FromTorch(module)
    layer.backward(layer.forward([-2.0, 1]))
    assert module.weight.dtype == torch.float32
    assert module.weight.tolist() == [0.25]
    assert module.weight.grad is None


def test_editing_arrays_afterwards_and_derivative_change_no_answer():
    layer, x = FromTorch(nn.Sigmoid), np.array([0.5, -1])
    y = layer.forward(x)
    before = layer.backward([1, 1])
    assert_allclose(before, y * (1 - y), rtol=1e-12)
    for array in (x, y):
        array[:] = 9
    layer.derivative([3.0, 3.0])
    with pytest.raises(TypeError):
        layer.forward(["a", "b"])
    after = layer.backward([1, 1])
    assert_array_equal(after, before)
    after[:] = 9
    assert_array_equal(layer.backward([1, 1]), before)


def two_tensors(x):
    return x, x


def test_from_torch_says_what_is_wrong():
    with pytest.raises(TypeError, match="function, got 3"):
        FromTorch(3)
    with pytest.raises(TypeError, match="two_tensors must return a tensor, got tuple"):
        FromTorch(two_tensors).forward([1.0])
    with pytest.raises(TypeError, match=r"real numbers.*complex"):
        FromTorch(nn.GELU).forward([1j])
    layer = FromTorch(nn.GELU)
    with pytest.raises(RuntimeError, match="call forward"):
        layer.backward([1.0])
    layer.forward([1.0, 2.0])
    with pytest.raises(ValueError, match=r"\(2,\), got \(1,\)"):
        layer.backward([1.0])


@pytest.mark.parametrize("module", [nn.Dropout(), nn.RReLU()])
def test_random_modules_are_refused(module):
    with pytest.raises(ValueError, match="same answer twice"):
        utils.gradient_check(FromTorch(module))


# softmax, fit and in_pytorch


@pytest.mark.parametrize("shape", [(3,), (4, 5), (2, 3, 4)])
def test_softmax_and_its_backward(shape):
    rng = np.random.default_rng(0)
    z, g = 100 * rng.normal(size=shape), rng.normal(size=shape)
    tracked = torch.tensor(z, requires_grad=True)
    tracked.softmax(dim=-1).backward(torch.tensor(g))
    p = lesson.softmax(z)
    assert_allclose(p, special.softmax(z, axis=-1), rtol=1e-12, atol=1e-300)
    assert_allclose(lesson.softmax_backward(p, g), tracked.grad, rtol=1e-9, atol=1e-15)


def test_softmax_backward_wants_equal_shapes():
    with pytest.raises(ValueError, match=r"\(2, 3\), got \(3,\)"):
        lesson.softmax_backward(np.ones((2, 3)) / 3, np.ones(3))


def test_fit_trains_a_network_in_pytorch_and_leaves_the_network_as_it_was():
    x, labels = utils.spirals()
    network = utils.Network([2, 8, 3], lesson.Tanh(), bias=0.5)
    before = network.forward(x)
    model = lesson.in_pytorch(network, nn.Tanh())
    assert_allclose(model(torch.tensor(x)).detach(), before, rtol=1e-12)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    losses = lesson.fit(model, x, labels, optimizer, 5, nn.MultiMarginLoss())
    assert_array_equal(network.forward(x), before)

    W1, W2 = (torch.tensor(linear.W, requires_grad=True) for linear in network.linears)
    b1, b2 = (torch.tensor(linear.b, requires_grad=True) for linear in network.linears)
    parameters, speeds = [W1, b1, W2, b2], 4 * [0]
    for found in losses:
        scores = torch.tanh(torch.tensor(x) @ W1 + b1) @ W2 + b2
        loss = functional.multi_margin_loss(scores, torch.tensor(labels))
        assert found == pytest.approx(loss.item(), rel=1e-12)
        for i, gradient in enumerate(torch.autograd.grad(loss, parameters)):
            speeds[i] = 0.9 * speeds[i] + gradient
            parameters[i].data -= 0.5 * speeds[i]
    assert len(losses) == 6


# PyTorch's settings, and PyTorch's absence


def settings():
    return (
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.get_num_threads(),
        torch.initial_seed(),
        torch.get_rng_state().tolist(),
        torch.is_grad_enabled(),
    )


@pytest.mark.usefixtures("_other_settings")
def test_the_lesson_prints_the_same_under_other_settings_and_leaves_them(monkeypatch, capsys):
    monkeypatch.setattr(lesson, "show_models", lesson.show_default_weights)  # to be quick
    monkeypatch.setattr(lesson, "show_modern", print)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        before = settings()
        lesson.main()
        after = settings()
    torch.set_num_threads(threads)
    assert after == before
    everything = told.told("torch", False)[0]
    for block in capsys.readouterr().out.split("\n\n"):
        assert block.strip() in everything


def fail_with_own_settings():
    with lesson.own_settings():
        assert torch.get_num_threads() == 1
        torch.manual_seed(5)
        raise ZeroDivisionError


def test_an_error_inside_leaves_the_settings_too():
    before = settings()
    with pytest.raises(ZeroDivisionError):
        fail_with_own_settings()
    assert settings() == before


def test_without_torch_importing_raises_and_running_says_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not there
    with pytest.raises(ModuleNotFoundError, match="pip install") as error:
        runpy.run_path(lesson.__file__)
    assert error.value.name == "torch"
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(lesson.__file__, run_name="__main__")
    assert str(stop.value).startswith("Lesson 5 needs PyTorch")
    assert "\n" not in str(stop.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("raise ImportError('undefined symbol')", "undefined symbol"), ("import no_such", "no_such")],
)
def test_a_torch_that_cannot_be_loaded_shows_why(content, reason, tmp_path):
    (tmp_path / "torch.py").write_text(content)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, lesson.__file__, "--save", str(tmp_path)]
    found = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert found.returncode == 1
    assert reason in found.stderr.splitlines()[-1]
    assert "pip install" not in found.stderr
