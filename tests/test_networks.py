"""Networks, data and flows against PyTorch, SciPy, mpmath, and small cases done by hand."""

import copy

import mpmath
import numpy as np
import pytest
import scipy.special
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest

import activations_utils as utils
from activations_utils import FORMULAS, HE, SEEDS, Formula, Network, spirals
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

torch.set_num_threads(1)
CASES = {  # the folder's activation, and PyTorch's
    "sigmoid": (Sigmoid(), torch.sigmoid),
    "tanh": (Tanh, torch.tanh),
    "relu": (ReLU(), torch.relu),
    "leaky": (LeakyReLU(0.3), lambda x: torch.nn.functional.leaky_relu(x, 0.3)),
    "formula": (FORMULAS["Sigmoid - 1/2"], lambda x: torch.sigmoid(x) - 0.5),
}
each = pytest.mark.parametrize(("ours", "theirs"), CASES.values(), ids=CASES)
SHAPES = {"plain": ([2, 5, 4, 6, 3], False), "skip": ([4, 4, 4, 4, 3], True), "none": ([2, 3], 0)}
shapes = pytest.mark.parametrize(("sizes", "skip"), SHAPES.values(), ids=SHAPES)


def some_network(sizes, activation, **how):
    """Three networks whose biases differ, inputs, and gradients for their scores."""
    rng = np.random.default_rng(2024)
    network = Network(sizes, activation, 1.3, seeds=range(3), **how)
    for b in network.b:
        b += rng.normal(size=b.shape)
    return network, rng.normal(size=(3, 7, sizes[0])), rng.normal(size=(3, 7, sizes[-1]))


def tensors(arrays, seed):
    return [torch.tensor(array[seed], requires_grad=True) for array in arrays]


def torch_pass(W, b, f, x, skip=False):
    """x, the outputs of the hidden layers, and the scores."""
    h = [x]
    for V, a in zip(W[:-1], b):
        h.append(f(h[-1] @ V + a) + (h[-1] if skip else 0))
    return [*h, h[-1] @ W[-1] + b[-1]]


def correlation(*blocks):  # the largest between any two
    return np.abs(np.corrcoef([np.ravel(block) for block in blocks]) - np.eye(len(blocks))).max()


@each
@shapes
def test_outputs_and_gradients_are_pytorchs(ours, theirs, sizes, skip):
    network, x, delta = some_network(sizes, ours, skip=skip)
    scores = network.forward(x)
    network.backward(delta)
    for seed in range(3):
        W, b, (x_seed,) = (tensors(arrays, seed) for arrays in (network.W, network.b, [x]))
        h = torch_pass(W, b, theirs, x_seed, skip)
        wanted = torch.autograd.grad(h[-1], [*W, *b, *h[:-1]], torch.tensor(delta[seed]))
        found = [*network.h, scores, *network.dW, *network.db, *network.dh]
        for mine, other in zip(found, [*h, *wanted], strict=True):
            assert_allclose(mine[seed], other.detach(), rtol=1e-11, atol=1e-13)


@shapes
def test_gradients_are_what_finite_differences_measure(sizes, skip):
    network, x, delta = some_network(sizes, Tanh(), skip=skip)
    network.forward(x)
    network.backward(delta)
    gradients = [*network.dW, *network.db, network.dh[0]]
    for array, gradient in zip([*network.W, *network.b, x], gradients, strict=True):
        for row, column in np.ndindex(array.shape[1:]):
            sums = []
            for d in (1e-6, -1e-6):
                array[:, row, column] += d
                sums.append((network.forward(x) * delta).sum(axis=(1, 2)))
                array[:, row, column] -= d
            measured = (sums[0] - sums[1]) / 2e-6
            assert_allclose(gradient[:, row, column], measured, rtol=1e-6, atol=1e-7)


def test_one_step_moves_every_parameter_against_its_gradient_by_the_rate():
    network, x, delta = some_network([2, 4, 3], Sigmoid())
    network.forward(x)
    network.backward(delta)
    before = copy.deepcopy(network.W + network.b)
    network.descend(0.25)
    for old, new, gradient in zip(before, network.W + network.b, network.dW + network.db):
        assert_array_equal(new, old - 0.25 * gradient)


@pytest.mark.parametrize("scale", [1, 2.5])
def test_weights_start_normal_with_the_documented_deviation_and_biases_at_bias(scale):
    sizes = [60, 50, 70, 40]
    network = Network(sizes, Tanh(), scale, bias=-0.7, seeds=range(6))
    for W, n, m in zip(network.W, sizes[:-1], sizes[1:], strict=True):
        assert W.shape == (6, n, m)
        assert kstest(W.ravel() * n**0.5 / scale, "norm").pvalue > 1e-3
        assert_allclose(W.std(axis=(1, 2)) * n**0.5, scale, rtol=0.06)
    for b, m, expected in zip(network.b, sizes[1:], (-0.7, -0.7, 0), strict=True):
        assert_array_equal(b, np.full((6, 1, m), expected))


def test_seeds_and_layers_are_independent_and_the_same_whatever_stands_beside_them():
    three = Network([8, 8, 8, 8], ReLU(), seeds=[4, 0, 9])
    alone = Network([8, 8, 8, 8], ReLU(), 2.0, seeds=[9])
    for W, other in zip(three.W, alone.W):
        assert_array_equal(other[0], 2 * W[2])
    noise = (spirals([4], points=32)[0][0] @ [1, 1j] - arms(0.5, 32)).view(float)
    assert correlation(*three.W[0], *three.W[1], *three.W[2], noise[:64]) < 0.5


@each
def test_descent_goes_the_way_of_pytorch_seed_by_seed(ours, theirs):
    x, labels = spirals(range(3), points=5)
    network = Network([2, 5, 4, 3], ours, HE, seeds=range(3))
    looks = lambda loss: (loss, network.forward(x[:, 1:]))[0]  # at other examples, on the way
    together = np.array([looks(loss) for loss in utils.descent(network, x, labels, 0.4, 6)])
    assert together.shape == (7, 3)
    for seed in range(3):
        start = Network([2, 5, 4, 3], ours, HE, seeds=[seed])
        W, b = tensors(start.W, 0), tensors(start.b, 0)
        for mine in together[:, seed]:
            scores = torch_pass(W, b, theirs, torch.tensor(x[seed]))[-1]
            loss = torch.nn.functional.cross_entropy(scores, torch.tensor(labels[seed]))
            assert mine == pytest.approx(loss.item(), rel=1e-12)
            for p, gradient in zip([*W, *b], torch.autograd.grad(loss, [*W, *b])):
                p.data -= 0.4 * gradient


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_descent_yields_the_loss_of_the_network_as_it_then_is(steps, monkeypatch):
    data, taken = spirals([1, 2], points=4), []
    network, step = Network([2, 4, 3], Tanh(), seeds=[1, 2]), Network.descend
    monkeypatch.setattr(Network, "descend", lambda *args: (taken.append(args[1]), step(*args)))
    for count, loss in enumerate(utils.descent(network, *data, 0.7, steps)):
        assert taken == [0.7] * count
        now = utils.softmax_cross_entropy(copy.deepcopy(network).forward(data[0]), data[1])[0]
        assert_array_equal(loss, now)
    assert len(taken) == count == steps


def test_cross_entropy_is_pytorchs_and_scipys():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(0, 5, (4, 9, 3)), rng.integers(0, 3, (4, 9))
    loss, gradient = utils.softmax_cross_entropy(scores, labels)
    logs = np.take_along_axis(scipy.special.log_softmax(scores, -1), labels[..., None], -1)
    assert_allclose(loss, -logs.mean(axis=(1, 2)), rtol=1e-13)
    theirs = torch.tensor(scores, requires_grad=True)
    losses = torch.nn.functional.cross_entropy(theirs.mT, torch.tensor(labels), reduction="none")
    wanted = torch.autograd.grad(losses.mean(1).sum(), theirs)[0]
    assert_allclose(gradient, wanted, rtol=1e-9, atol=1e-16)
    huge = np.array([[[1000.0, -1000, 0]] * 2])
    loss, gradient = utils.softmax_cross_entropy(huge, np.array([[0, 1]]))
    assert loss == 1000  # the mean of 0 and 2000
    assert_array_equal(gradient[0], [[0, 0, 0], [0.5, -0.5, 0]])
    assert_array_equal(huge[0, 1], [1000, -1000, 0])


def arms(turns, points):  # without noise, as complex numbers
    radius = np.linspace(0.1, 1, points)
    return np.ravel([radius * np.exp(2j * np.pi * (arm / 3 + turns * radius)) for arm in range(3)])


@pytest.mark.parametrize("new", [False, True])
def test_spirals_are_three_arms_with_noise(new):
    x, labels = spirals(range(400), turns=0.75, points=10, new=new)
    assert_array_equal(labels, [np.repeat([0, 1, 2], 10)] * 400)
    noise = x @ [1, 1j] - arms(0.75, 10)
    assert np.abs(noise.mean(axis=0)).max() < 0.013  # of 400
    assert [noise.real.std(), noise.imag.std()] == pytest.approx([0.05, 0.05], rel=0.02)
    assert correlation(*noise.real.T, *noise.imag.T) < 0.25


def test_new_points_and_other_seeds_differ_and_the_same_seed_does_not():
    old, new = spirals()[0], spirals(new=True)[0]
    noise = np.concatenate([old, new]) @ [1, 1j] - arms(0.5, 20)
    assert correlation(*noise.view(float)) < 0.4
    for flag, x in ((False, old), (True, new)):
        assert_array_equal(spirals([3], new=flag)[0][0], x[3])


def test_accuracy_is_the_share_whose_label_scores_highest():
    network = Network([3, 3], Tanh(), seeds=range(2))
    network.W[0][:] = np.eye(3)  # scores are the inputs
    x = np.array([[[1, 0, 0], [0, 2, 1], [0, 0, 1], [-3, -2, -1]], [[1, 0, 0]] * 4])
    found = utils.accuracy(network, x, np.array([[0, 1, 2, 0], [0, 1, 1, 1]]))
    assert_array_equal(found, [0.75, 0.25])


@each
@pytest.mark.parametrize("skip", [False, True])
def test_flows_are_those_of_explicit_jacobians(ours, theirs, skip):
    how = {"depth": 3, "width": 5, "examples": 4, "skip": skip}
    network = utils.random_network(ours, 1.5, **how)
    signal, gradient = utils.signal_flow(ours, 1.5, **how), utils.gradient_flow(ours, 1.5, **how)
    assert signal.shape == gradient.shape == (4, len(SEEDS))
    for seed in SEEDS:
        W = [torch.tensor(w[seed]) for w in network.W]
        layer = [lambda h, V=V: theirs(h @ V) + (h if skip else 0) for V in W[:3]]
        h, squares = [torch.tensor(network.h[0][seed])], np.zeros(4)
        for f in layer:
            h.append(f(h[-1]))
        for example, delta in enumerate(torch.tensor(network.dh[-1][seed])):
            for i in (3, 2, 1, 0):
                if i < 3:
                    delta = delta @ torch.autograd.functional.jacobian(layer[i], h[i][example])
                squares[i] += float(delta @ delta)
        assert_allclose(gradient[:, seed], (squares / squares[3]) ** 0.5, rtol=1e-11)
        apart = np.array([np.mean([np.std(unit) for unit in outputs.numpy().T]) for outputs in h])
        assert_allclose(signal[:, seed], apart / apart[0], rtol=1e-11)


def test_random_networks_are_as_deep_and_wide_as_they_say_with_normal_inputs_of_their_own():
    network = utils.random_network(Tanh(), 2.0)
    assert len(network.h) == len(network.dh) == len(network.W) == 21
    assert {h.shape for h in (*network.h, *network.dh)} == {(5, 16, 64)}
    assert_array_equal(network.W[4], Network([64] * 22, Tanh(), 2.0).W[4])
    upstream = np.linalg.solve(network.W[-1], network.dh[-1].mT).mT  # dL/dscores
    for drawn in (network.h[0], upstream):
        assert kstest(drawn.ravel(), "norm").pvalue > 1e-3
    assert correlation(*network.h[0], *upstream) < 0.15


LINEAR = Formula(lambda x: x, np.ones_like)
RIDGES = {  # where matrices alone have it, f(x) = x / 4 has it at exactly four times the scale
    "linear": (LINEAR, 1, 0.03),
    "a quarter": (Formula(lambda x: x / 4, lambda y: 0 * y + 0.25), 4 * utils.ridge(LINEAR)[1], 0),
    "relu": (ReLU(), 2**0.5, 0.05),
    "leaky": (LeakyReLU(0.5), 1.6**0.5, 0.05),
    "below the lowest scale": (LeakyReLU(3), np.nan, 0),
    "no slope": (Formula(lambda x: x, np.zeros_like), np.nan, 0),
}


@pytest.mark.parametrize(("layer", "known", "within"), RIDGES.values(), ids=RIDGES)
def test_the_ridge_is_where_it_is_known_to_be(layer, known, within):
    norms, scale = utils.ridge(layer)
    assert norms.shape == (len(utils.SCALES), 21)
    assert scale == pytest.approx(known, rel=within + 1e-12, nan_ok=True)


def test_the_ridge_is_the_lowest_scale_at_which_the_median_rises_through_1(monkeypatch):
    ends, seen = [7, 0.5, 2, 0.1, 0.01, 1e-3, 10, *[0.1] * (len(utils.SCALES) - 7)], []

    def flow(activation, scale, **how):
        seen.append((activation, scale, how["depth"], how["skip"]))
        return np.outer([ends[len(seen) - 1], 7, 1], [1, 1, 1e9])  # the mean is not the median

    monkeypatch.setattr(utils, "gradient_flow", flow)
    norms, scale = utils.ridge("f", 30, skip=True)
    assert_allclose(norms, np.log10([[end, 7, 1] for end in ends]))
    assert scale == pytest.approx(0.5 * 2**0.75)  # half-way, as logarithms, from 0.7 to 1
    assert seen == [("f", pytest.approx(2 ** (k / 2 - 1)), 30, True) for k in range(len(ends))]


EXACT = {
    "no activation": lambda x: x,
    "Sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "Sigmoid - 1/2": lambda x: 1 / (1 + mpmath.exp(-x)) - mpmath.mpf(1) / 2,
    "Tanh": mpmath.tanh,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_what_they_are_called(name):
    x = np.linspace(-8, 8, 33)
    wanted = [float(EXACT[name](value)) for value in x]
    assert_allclose(FORMULAS[name].forward(x), wanted, rtol=1e-13, atol=1e-15)
    slopes = [float(mpmath.diff(EXACT[name], value)) for value in x]
    assert_allclose(FORMULAS[name].backward(3 * x), 3 * x * slopes, rtol=1e-8)
    assert pytest.approx(2**0.5) == HE
