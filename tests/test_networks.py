"""Networks, training, data and flows against PyTorch, SciPy, and what algebra knows.

"Theirs" are PyTorch's: a network is written anew as a function of tensors, and autograd derives it.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import scipy.special
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest
from torch.nn import functional

import activations_utils as utils
import told
from activations_utils import Network, spirals
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

torch.set_num_threads(1)


ACTIVATIONS = {  # ours, and theirs
    "Sigmoid": (Sigmoid, torch.sigmoid),
    "ReLU": (ReLU(), torch.relu),
    "LeakyReLU": (LeakyReLU(0.3), torch.nn.LeakyReLU(0.3)),
    "TextbookSigmoid": (utils.TextbookSigmoid(), torch.sigmoid),
    "less 1/2": (utils.TextbookSigmoid(subtract=0.5), told.sigmoid_minus_half),
    "TextbookTanh": (utils.TextbookTanh(), torch.tanh),
    "NoActivation": (utils.NoActivation(), told.no_activation),
}
SHAPES = {  # sizes, skip
    "plain": ([2, 5, 4, 6, 3], False),
    "skip": ([4, 4, 4, 4, 3], True),
    "no hidden layer": ([2, 3], False),
}
each_activation = pytest.mark.parametrize(
    ("ours", "theirs"), ACTIVATIONS.values(), ids=ACTIVATIONS.keys()
)
each_shape = pytest.mark.parametrize(("sizes", "skip"), SHAPES.values(), ids=SHAPES.keys())


def parameters(network):
    """All weights, then all biases."""
    return [linear.W for linear in network.linears] + [linear.b for linear in network.linears]


def gradients(network):
    return [linear.dW for linear in network.linears] + [linear.db for linear in network.linears]


def tensors(arrays):
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def torch_scores(h, weights_and_biases, activation, skip):
    count = len(weights_and_biases) // 2
    weights, biases = weights_and_biases[:count], weights_and_biases[count:]
    for W, b in zip(weights[:-1], biases):
        h = activation(h @ W + b) + (h if skip else 0)
    return h @ weights[-1] + biases[-1]


def some_network(activation, sizes, skip=False):
    """A network whose biases differ, examples, and a gradient for their scores."""
    rng = np.random.default_rng(2024)
    network = Network(sizes, activation, 1.3, skip=skip)
    for linear in network.linears:
        linear.b += rng.normal(size=linear.b.shape)
    return network, rng.normal(size=(7, sizes[0])), rng.normal(size=(7, sizes[-1]))


# A network -----------------------------------------------------------------------------------


@each_activation
@each_shape
def test_scores_and_all_gradients_are_those_of_autograd(ours, theirs, sizes, skip):
    network, x, gradient = some_network(ours, sizes, skip)
    scores = network.forward(x)
    gradient_of_x = network.backward(gradient)
    found = [*gradients(network), gradient_of_x]
    inputs = tensors([*parameters(network), x])
    wanted_scores = torch_scores(inputs[-1], inputs[:-1], theirs, skip)
    wanted = torch.autograd.grad(wanted_scores, inputs, torch.tensor(gradient))
    assert_allclose(scores, wanted_scores.detach(), rtol=1e-11, atol=1e-13)
    for mine, other in zip(found, wanted, strict=True):
        assert_allclose(mine, other, rtol=1e-11, atol=1e-13)


def test_one_step_moves_every_parameter_against_its_gradient_by_the_rate():
    network, x, gradient = some_network(Tanh(), [2, 4, 3])
    network.forward(x)
    network.backward(gradient)
    before = [array.copy() for array in parameters(network)]
    network.step(0.25)
    for old, new, slope in zip(before, parameters(network), gradients(network), strict=True):
        assert_allclose(new, old - slope / 4, rtol=1e-14)


@pytest.mark.parametrize("scale", [1, 2.5])
def test_weights_start_normal_with_the_documented_deviation_and_biases_at_bias(scale):
    sizes = [150, 120, 170, 90]
    network = Network(sizes, Tanh(), scale, bias=-0.7)
    for linear, inputs, units in zip(network.linears, sizes[:-1], sizes[1:], strict=True):
        assert linear.W.shape == (inputs, units)
        assert kstest(linear.W.ravel() * inputs**0.5 / scale, "norm").pvalue > 1e-3
        assert linear.W.std() * inputs**0.5 == pytest.approx(scale, rel=0.03)
    for linear, units, bias in zip(network.linears, sizes[1:], (-0.7, -0.7, 0), strict=True):
        assert_array_equal(linear.b, np.full(units, bias))


def test_weights_do_not_depend_on_layers_behind_them_and_scale_exactly():
    short = Network([8, 8, 8], Tanh(), seed=3)
    long = Network([8, 8, 8, 8, 8], ReLU(), 2.0, bias=1, seed=3, skip=True)
    for one, other in zip(short.linears, long.linears):
        assert_array_equal(2 * one.W, other.W)


def test_seeds_layers_noise_inputs_and_gradients_are_all_drawn_independently():
    drawn = []
    for seed in (0, 1):
        drawn += [linear.W for linear in Network([8] * 5, Tanh(), seed=seed).linears]
        for new in (False, True):
            drawn.append(noise_of(spirals(seed, points=11, new=new)[0], turns=0.5)[:32])
        outputs, back = utils.random_passes(Tanh(), depth=2, width=8, examples=8, seed=seed)
        drawn += [outputs[0], back[-1]]
    flat = [np.ravel(array) for array in drawn]
    alike = np.abs(np.corrcoef(flat) - np.eye(len(flat)))
    assert alike.max() < 0.6


def test_every_hidden_layer_has_its_own_copy_of_the_activation_and_ours_is_left_alone():
    activation = Tanh()
    network = Network([2, 4, 4, 3], activation)
    network.forward(np.ones((1, 2)))
    own = [layer for layer in network.layers if isinstance(layer, Tanh)]
    assert len(own) == 2
    assert len({id(layer) for layer in [activation, *own]}) == 3
    assert activation.slope is None


def test_what_is_no_network_is_refused():
    with pytest.raises(ValueError, match="sizes must hold"):
        Network([2], Tanh())
    with pytest.raises(TypeError, match="forward and backward"):
        Network([2, 3, 3], np.tanh)


# Loss and training ---------------------------------------------------------------------------


def test_cross_entropy_is_scipys_and_its_gradient_pytorchs():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(0, 5, (9, 4)), rng.integers(0, 4, 9)
    loss, gradient = utils.softmax_cross_entropy(scores, labels)
    log_p = scipy.special.log_softmax(scores, axis=1)
    assert loss == pytest.approx(-np.mean([row[k] for row, k in zip(log_p, labels)]), rel=1e-13)
    theirs = torch.tensor(scores, requires_grad=True)
    functional.cross_entropy(theirs, torch.tensor(labels)).backward()
    assert_allclose(gradient, theirs.grad, rtol=1e-9, atol=1e-16)


def test_cross_entropy_of_very_large_scores_is_exact_and_leaves_them_alone():
    scores = np.array([[1000.0, -1000, 0], [1000, -1000, 0]])
    loss, gradient = utils.softmax_cross_entropy(scores, [0, 1])
    assert loss == 1000  # the mean of 0 and 2000
    assert_array_equal(gradient, [[0, 0, 0], [0.5, -0.5, 0]])
    assert_array_equal(scores, [[1000, -1000, 0], [1000, -1000, 0]])


NEGATIVE, TOO_LARGE, ONE_HOT, COLUMN = [0, -1], [0, 3], [[1, 0, 0], [0, 1, 0]], [[0], [1]]
REFUSED = [NEGATIVE, TOO_LARGE, ONE_HOT, COLUMN, [0.0, 1.0], [True, False], [0], [0, 1, 2], [], 1]


@pytest.mark.parametrize("labels", REFUSED, ids=repr)
def test_labels_that_would_train_something_else_are_refused(labels):
    with pytest.raises(ValueError, match="labels must"):
        utils.softmax_cross_entropy(np.zeros((2, 3)), labels)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (3,), (2, 3, 1), ()])
def test_scores_that_are_no_rows_of_classes_are_refused(shape):
    with pytest.raises(ValueError, match="scores must"):
        utils.softmax_cross_entropy(np.zeros(shape), [0, 1])


@each_activation
@pytest.mark.parametrize("skip", [False, True])
def test_training_goes_the_way_of_a_pytorch_loop(ours, theirs, skip):
    x, labels = spirals(1, points=5)
    network = Network([2, 2, 2, 3], ours, utils.HE, seed=1, skip=skip)
    theirs_too = tensors(parameters(network))
    losses = utils.train(network, x, labels, 0.4, 6)
    wanted = []
    for _ in range(7):
        scores = torch_scores(torch.tensor(x), theirs_too, theirs, skip)
        loss = functional.cross_entropy(scores, torch.tensor(labels))
        wanted.append(loss.item())
        for tensor, slope in zip(theirs_too, torch.autograd.grad(loss, theirs_too)):
            tensor.data -= 0.4 * slope
    assert_allclose(losses, wanted, rtol=1e-12)


def test_accuracy_is_the_share_whose_label_scores_highest():
    network = Network([3, 3], Tanh())
    network.linears[0].W = np.eye(3)  # scores are the inputs
    x = np.array([[1, 0, 0], [0, 2, 1], [0, 0, 1], [-3, -2, -1]])
    assert utils.accuracy(network, x, [0, 1, 2, 0]) == 0.75
    network.linears[0].b = np.array([0, 9, 0])
    assert utils.accuracy(network, x, [0, 1, 2, 0]) == 0.25


def test_dead_units_are_those_that_no_example_makes_positive():
    network = Network([2, 4, 2, 2], ReLU())
    network.linears[0].W = np.array([[1.0, -1, 0, 1], [0, 0, 1, -1]])
    network.linears[0].b = np.array([0.0, 0, -5, 0])
    network.linears[1].W = np.array([[1.0, -1], [0, -1], [1, -1], [0, -1]])
    first, second = utils.dead_units(network, np.array([[1.0, 1], [-2, -1]]))
    assert first.tolist() == [False, False, True, True]  # sums of the last: 0 and -1
    assert second.tolist() == [False, True]


# Data ----------------------------------------------------------------------------------------


def noise_of(x, turns):
    """What is left of spirals if the arms are taken away, each turned by a third of a circle."""
    points = len(x) // 3
    place = x[:, 0] + 1j * x[:, 1]
    radius = np.tile(np.linspace(0.1, 1, points), 3)
    third = np.repeat([0, 1, 2], points) / 3
    noise = place - radius * np.exp(2j * np.pi * (third + turns * radius))
    return np.column_stack([noise.real, noise.imag])


@pytest.mark.parametrize("new", [False, True])
def test_spirals_are_three_arms_with_noise_of_deviation_005(new):
    noises = []
    for seed in range(300):
        x, labels = spirals(seed, turns=0.75, points=10, new=new)
        assert_array_equal(labels, np.repeat([0, 1, 2], 10))
        noises.append(noise_of(x, turns=0.75))
    assert np.abs(np.mean(noises, axis=0)).max() < 0.015  # of every point, over 300 seeds
    assert np.std(noises, axis=(0, 1)) == pytest.approx([0.05, 0.05], rel=0.03)
    assert kstest(np.ravel(noises) / 0.05, "norm").pvalue > 1e-3


def test_a_grid_holds_its_points_row_by_row():
    side, points = utils.grid_of_points(-1, 2, 4)
    assert side.tolist() == [-1, 0, 1, 2]
    assert points.tolist() == [[x1, x2] for x2 in side for x1 in side]


# Flows through random layers -----------------------------------------------------------------


@each_activation
@pytest.mark.parametrize("skip", [False, True])
def test_random_passes_and_flows_are_those_of_autograd_layer_by_layer(ours, theirs, skip):
    how = {"depth": 3, "width": 5, "examples": 4, "skip": skip}
    signals, norms = utils.signal_and_gradient_flow(ours, 1.5, **how)
    assert signals.shape == norms.shape == (5, 4)
    assert_array_equal(utils.gradient_flow(ours, 1.5, **how), norms)
    for seed in utils.SEEDS:
        outputs, back = utils.random_passes(ours, 1.5, seed=seed, **how)
        h = [torch.tensor(outputs[0], requires_grad=True)]
        for linear in Network([5] * 4, ours, 1.5, seed=seed).linears:
            below = h[-1] if skip else 0
            h.append(theirs(h[-1] @ torch.tensor(linear.W)) + below)
        wanted = torch.autograd.grad(h[-1], h, torch.tensor(back[-1]))
        apart = []
        for place in range(4):
            assert_allclose(outputs[place], h[place].detach(), rtol=1e-11, atol=1e-13)
            assert_allclose(back[place], wanted[place], rtol=1e-11, atol=1e-13)
            deviations = [unit.std(correction=0).item() for unit in h[place].detach().T]
            apart.append(sum(deviations) / 5)
        lengths = np.array([slope.pow(2).sum().sqrt().item() for slope in wanted])
        assert_allclose(signals[seed], np.array(apart) / apart[0], rtol=1e-11)
        assert_allclose(norms[seed], lengths / lengths[-1], rtol=1e-11)


def test_random_passes_are_20_layers_of_64_units_for_16_normal_examples():
    outputs, back = utils.random_passes(Tanh())
    assert [array.shape for array in outputs] == [(16, 64)] * 21
    assert [array.shape for array in back] == [(16, 64)] * 21
    for drawn in (outputs[0], back[-1]):
        assert kstest(drawn.ravel(), "norm").pvalue > 1e-3


class Times:
    """The straight line factor * x; its slope may be said to be another one."""

    def __init__(self, factor, slope=None):
        self.factor, self.slope = factor, factor if slope is None else slope

    def forward(self, x):
        return self.factor * x

    def backward(self, grad_output):
        return self.slope * grad_output


def test_what_overflows_counts_as_exploded():
    signals, norms = utils.signal_and_gradient_flow(told.Square(), 8)
    assert_array_equal(signals[:, -1], np.inf)
    assert_array_equal(norms[:, 0], np.inf)
    assert_array_equal(utils.log_norms(told.Square(), 8)[:3], 300)


def test_log_norms_are_logarithms_of_the_median_and_end_at_300():
    runs = utils.gradient_flow(Tanh(), 2, depth=6, examples=4)
    medians = [sorted(column)[2] for column in runs.T]
    assert_allclose(10 ** utils.log_norms(Tanh(), 2, depth=6), medians, rtol=1e-11)
    assert utils.log_norms(Times(1, slope=0), 1)[0] == -300


RIDGES = {  # activation, where weights alone have it
    "no activation": (utils.NoActivation(), 1),
    "a quarter": (Times(0.25), 4),
    "ReLU": (ReLU(), 2**0.5),
    "LeakyReLU": (LeakyReLU(0.5), 1.6**0.5),
}


@pytest.mark.parametrize(("activation", "known"), RIDGES.values(), ids=RIDGES.keys())
def test_the_ridge_is_where_algebra_has_it(activation, known):
    logarithms, scale = utils.ridge(activation)
    assert logarithms.shape == (11, 21)
    assert_allclose(logarithms[2], utils.log_norms(activation, 2))  # the scales: 1/2, 1, 2, ...
    assert scale == pytest.approx(known, rel=0.05)


@pytest.mark.parametrize("activation", [LeakyReLU(3), Times(1, slope=0)])
def test_there_is_no_ridge_below_the_lowest_scale_or_without_a_slope(activation):
    assert np.isnan(utils.ridge(activation)[1])


def test_of_two_ridges_the_lower_counts(monkeypatch):
    asked = []

    def flow(activation, weight_scale, **how):
        asked.append((activation, how["depth"], how["skip"]))
        grown = 3 <= weight_scale < 20 or weight_scale >= 100
        norm = 10 if grown else 0.1
        return np.outer([norm, norm, norm, 1e9, 1e9], np.ones(31))  # their mean is always above 1

    monkeypatch.setattr(utils, "gradient_flow", flow)
    assert utils.ridge("mine", depth=30, skip=True)[1] == pytest.approx(3, rel=0.04)
    assert set(asked) == {("mine", 30, True)}


def test_layers_that_compare_their_arrays_can_be_sent_through():
    @dataclass
    class Remembering(utils.TextbookTanh):
        t: np.ndarray = None

    wanted = utils.gradient_flow(utils.TextbookTanh(), depth=3)
    assert_allclose(utils.gradient_flow(Remembering(), depth=3), wanted, rtol=1e-12)


def test_the_weight_scale_of_he_is_the_root_of_2():
    assert pytest.approx(2**0.5, rel=1e-15) == utils.HE
