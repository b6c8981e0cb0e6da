"""The experiments' machinery: data, the network and its gradient, training, gradient flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from activations_utils import (
    HE,
    SEEDS,
    Network,
    best,
    dead_units,
    digits,
    gradient_flow,
    new_layer,
    print_table,
    softmax_cross_entropy,
    spirals,
    spread,
    steps_to_reach,
    train,
    train_grid,
)
from leaky_relu_from_scratch import LeakyReLU
from registry import REGISTRY
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

Array = NDArray[Any]

LAYERS = {name: activation.make for name, activation in REGISTRY.items()}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


def random_labels(seeds: int, examples: int) -> Array:
    return np.random.default_rng(7).integers(0, 3, (seeds, examples))


def copies(network: Network) -> list[Array]:
    return [parameter.copy() for parameter in (*network.weights, *network.biases)]


# Spirals ------------------------------------------------------------------------------


def test_spirals_are_float32_points_labelled_with_three_arms_of_equal_size() -> None:
    x, labels = spirals([4, 5], points=7)
    assert x.shape == (2, 21, 2)
    assert x.dtype == np.float32
    assert labels.shape == (2, 21)
    assert labels.dtype.kind == "i"
    assert all(np.bincount(row).tolist() == [7, 7, 7] for row in labels)


def test_spirals_follow_from_the_seed_alone() -> None:
    x, _ = spirals([4, 5])
    np.testing.assert_array_equal(spirals([4, 5])[0], x)
    np.testing.assert_array_equal(spirals([5])[0][0], x[1])
    assert not np.isclose(x[0], x[1]).any(axis=1).all()


def test_spirals_wind_outwards_by_so_many_turns_a_third_of_a_circle_apart() -> None:
    x, labels = spirals([0], turns=0.25, points=10, noise=0)
    arms = [(x[0] @ [1, 1j])[labels[0] == arm] for arm in range(3)]
    np.testing.assert_allclose(np.abs(arms[0]), np.linspace(0.1, 1, 10), rtol=1e-6)
    np.testing.assert_allclose(arms[0][-1], 1j, atol=1e-6)  # a quarter turn at radius 1
    third = np.exp(2j * np.pi / 3)
    np.testing.assert_allclose(arms[1], arms[0] * third, atol=1e-6)
    np.testing.assert_allclose(arms[2], arms[1] * third, atol=1e-6)


def test_noise_has_the_deviation_asked_for() -> None:
    moved = spirals(noise=0.2)[0] - spirals(noise=0)[0]
    assert moved.std() == pytest.approx(0.2, rel=0.05)


def test_spirals_and_gradient_flow_are_by_default_what_the_lessons_say() -> None:
    x, labels = spirals()
    expected = spirals(SEEDS, turns=0.75, points=60, noise=0.05)
    np.testing.assert_array_equal(x, expected[0])
    np.testing.assert_array_equal(labels, expected[1])
    usual: dict[str, Any] = {
        "depth": 20,
        "width": 64,
        "weight_scale": 1.0,
        "examples": 16,
        "seeds": SEEDS,
    }
    np.testing.assert_array_equal(gradient_flow(Tanh), gradient_flow(Tanh, **usual))
    assert len(SEEDS) % 2 == 1, "the median is one of the runs"


# Softmax and cross-entropy ------------------------------------------------------------


def test_cross_entropy_and_its_gradient_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(0).normal(0, 5, (4, 10, 3))
    labels = random_labels(4, 10)
    loss, gradient = softmax_cross_entropy(logits, labels)
    for seed in range(4):
        theirs = torch.tensor(logits[seed], requires_grad=True)
        expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(labels[seed]))
        expected.backward()
        np.testing.assert_allclose(loss[seed], expected.item(), rtol=1e-12)
        np.testing.assert_allclose(gradient[seed], theirs.grad.numpy(), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_large_logits_is_exact_and_silent(dtype: Any) -> None:
    logits = np.array([[[1000, -1000, 0]] * 2], dtype)
    loss, gradient = softmax_cross_entropy(logits, np.array([[0, 1]]))
    np.testing.assert_array_equal(loss, np.array([1000], dtype), strict=True)  # of 0 and 2000
    np.testing.assert_array_equal(gradient[0], [[0, 0, 0], [0.5, -0.5, 0]])
    assert gradient.dtype == dtype


def test_cross_entropy_leaves_the_logits_as_they_are() -> None:
    logits = np.ones((1, 2, 3))
    softmax_cross_entropy(logits, np.array([[0, 1]]))
    np.testing.assert_array_equal(logits, 1)


@pytest.mark.parametrize("bad", [-1, 3])
def test_a_label_that_is_no_class_is_refused(bad: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 2, got"):
        softmax_cross_entropy(np.ones((1, 2, 3)), np.array([[1, bad]]))


# The network --------------------------------------------------------------------------


@every_layer
def test_every_weight_and_bias_has_the_gradient_that_finite_differences_measure(
    make: Callable[[], Any],
) -> None:
    rng = np.random.default_rng(3)
    network = Network([2, 5, 4, 3], make(), seeds=[0, 1], dtype=np.float64)
    for bias in network.biases:
        bias += rng.uniform(-0.5, 0.5, bias.shape)
    x, labels = rng.normal(size=(2, 6, 2)), random_labels(2, 6)

    def loss() -> Array:
        return softmax_cross_entropy(network.forward(x), labels)[0]

    network.backward(softmax_cross_entropy(network.forward(x), labels)[1])
    # No difference may straddle a kink.
    assert min(np.abs(values).min() for values in network.pre_activations) > 1e-4
    step = 1e-6
    for parameters, gradients in (
        (network.weights, network.grad_weights),
        (network.biases, network.grad_biases),
    ):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            assert gradient.shape == parameter.shape
            measured = np.empty_like(parameter)
            for row, column in np.ndindex(parameter.shape[1:]):
                entry = parameter[:, row, column]  # of both seeds at once
                kept = entry.copy()
                entry[...] = kept + step
                above = loss()
                entry[...] = kept - step
                measured[:, row, column] = (above - loss()) / (2 * step)
                entry[...] = kept
            np.testing.assert_allclose(gradient, measured, rtol=1e-6, atol=1e-9)


def test_initial_weights_have_the_documented_deviation_and_biases_the_value() -> None:
    network = Network([100, 50, 40, 3], Tanh, weight_scale=3, bias=-0.5)
    assert [weights.shape[1:] for weights in network.weights] == [(100, 50), (50, 40), (40, 3)]
    for weights, inputs in zip(network.weights, (100, 50, 40), strict=True):
        assert weights.std() == pytest.approx(3 / inputs**0.5, rel=0.1)
    for bias, expected in zip(network.biases, (-0.5, -0.5, 0), strict=True):
        assert (bias == expected).all()


def test_weights_are_not_the_numbers_that_made_the_noise_of_the_data() -> None:
    noise = (spirals([0], noise=1)[0] - spirals([0], noise=0)[0]).ravel()
    weights = Network([1, 64, 3], ReLU, seeds=[0]).weights[0].ravel()
    assert abs(np.corrcoef(noise[:64], weights)[0, 1]) < 0.5


def test_training_in_float32_stays_in_float32() -> None:
    network = Network([2, 4, 3], Sigmoid, seeds=[0])
    train(network, *spirals([0], points=5), steps=2, rate=0.1)
    assert network.forward(spirals([0])[0]).dtype == np.float32
    assert {parameter.dtype for parameter in copies(network)} == {np.dtype(np.float32)}


# Layers of their own ------------------------------------------------------------------


@pytest.mark.parametrize("activation", [ReLU, ReLU(), LeakyReLU, LeakyReLU(0.3), Tanh()])
def test_new_layers_share_no_memory_with_each_other_or_the_original(activation: Any) -> None:
    layers = [new_layer(activation), new_layer(activation)]
    if not isinstance(activation, type):
        layers.append(activation)
    for value, layer in enumerate(layers):
        layer.forward([value - 1.0])
    for value, layer in enumerate(layers):
        np.testing.assert_array_equal(layer.backward([1.0]), layer.derivative([value - 1.0]))


def test_new_layers_keep_the_settings_of_an_instance() -> None:
    assert new_layer(LeakyReLU(0.3)).alpha == 0.3
    assert new_layer(LeakyReLU).alpha == 0.01
    network = Network([2, 4, 4, 3], LeakyReLU(0.3), seeds=[0])
    assert [layer.alpha for layer in network.layers] == [0.3, 0.3]


# Dead units ---------------------------------------------------------------------------


def test_a_unit_is_dead_when_no_example_activates_it() -> None:
    network = Network([2, 3, 3], ReLU, seeds=[0, 1], dtype=np.float64)
    network.weights[0][...] = 0
    network.biases[0][...] = np.array([[[-1, -0.0, 1e-30]], [[-1, 1, -2]]])
    network.weights[0][1, 0, 0] = 5  # of the second seed: positive for the second example
    network.forward(np.array([[[-1.0, 0], [1, 0]]] * 2))
    expected = [[True, True, False], [False, False, True]]
    np.testing.assert_array_equal(dead_units(network), expected)


@pytest.mark.parametrize(("layer", "leaks"), [(ReLU(), False), (LeakyReLU(0.01), True)])
def test_a_dead_unit_gets_no_gradient_unless_the_activation_leaks(
    layer: Any, leaks: bool
) -> None:
    x, labels = spirals([0, 1])
    network = Network([2, 6, 3], layer, seeds=[0, 1])
    network.biases[0][0, 0, [1, 4]] = network.biases[0][1, 0, 2] = -50
    network.backward(softmax_cross_entropy(network.forward(x), labels)[1])
    dead = dead_units(network)
    np.testing.assert_array_equal(np.argwhere(dead), [[0, 1], [0, 4], [1, 2]])
    for gradient in (network.grad_weights[0], network.grad_biases[0]):
        reached = np.any(gradient != 0, axis=1)
        assert reached[~dead].all()
        assert (reached[dead] == leaks).all()


def test_dead_relus_of_the_first_layer_stay_dead_and_leaky_ones_come_back() -> None:
    x, labels = spirals(range(3), points=20)
    revived = {}
    for name, layer in (("ReLU", ReLU()), ("LeakyReLU", LeakyReLU(0.3))):
        network = Network([2, 16, 3], layer, weight_scale=HE, bias=-1, seeds=range(3))
        dead = train(network, x, labels, steps=100, rate=5, watch=dead_units).watched
        assert (dead[1:] & ~dead[:-1]).any()  # some die on the way
        revived[name] = bool((dead[:-1] & ~dead[1:]).any())
    assert revived == {"ReLU": False, "LeakyReLU": True}


# Training -----------------------------------------------------------------------------


@every_layer
def test_training_lowers_the_loss_and_sees_every_step_and_the_end(
    make: Callable[[], Any],
) -> None:
    x, labels = spirals(range(2), turns=0.1, points=20)
    network = Network([2, 8, 3], make(), seeds=range(2))
    history = train(network, x, labels, steps=60, rate=0.1, watch=dead_units)
    assert history.loss.shape == history.accuracy.shape == (61, 2)
    assert history.watched.shape == (61, 2, 8)
    assert history.watched.dtype == bool
    assert (np.diff(history.loss, axis=0) < 0).all()
    logits = network.forward(x)
    np.testing.assert_array_equal(history.loss[-1], softmax_cross_entropy(logits, labels)[0])
    right = [(logits[seed].argmax(axis=1) == labels[seed]).mean() for seed in range(2)]
    np.testing.assert_array_equal(history.accuracy[-1], right)
    np.testing.assert_array_equal(history.watched[-1], dead_units(network))


def test_what_is_watched_is_seen_before_each_step() -> None:
    x, labels = spirals(range(2))
    network, fresh = (Network([2, 4, 3], ReLU, seeds=range(2)) for _ in range(2))
    weights = lambda network: network.weights[0].copy()
    history = train(network, x, labels, steps=3, rate=0.1, watch=weights)
    np.testing.assert_array_equal(history.watched[0], fresh.weights[0])
    np.testing.assert_array_equal(history.watched[-1], network.weights[0])


def test_a_step_goes_down_the_gradient_by_the_rate() -> None:
    x, labels = spirals([0])
    network = Network([2, 4, 3], Tanh, seeds=[0], dtype=np.float64)
    network.backward(softmax_cross_entropy(network.forward(x), labels)[1])
    before = copies(network)
    gradients = [*network.grad_weights, *network.grad_biases]
    train(network, x, labels, steps=1, rate=0.5)
    for old, gradient, new in zip(before, gradients, copies(network), strict=True):
        np.testing.assert_allclose(new, old - 0.5 * gradient, rtol=1e-12, atol=1e-15)


def test_zero_steps_look_at_the_start_and_change_nothing() -> None:
    x, labels = spirals([0])
    network = Network([2, 4, 3], Tanh, seeds=[0])
    before = copies(network)
    history = train(network, x, labels, steps=0, rate=1)
    assert history.loss.shape == (1, 1)
    for old, new in zip(before, copies(network), strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_same_seeds_give_the_same_numbers() -> None:
    def run() -> Any:
        network = Network([2, 8, 3], Sigmoid, seeds=[3, 1])
        return train(network, *spirals([3, 1]), steps=20, rate=1)[:2]

    for first, second in zip(run(), run(), strict=True):
        np.testing.assert_array_equal(first, second)


@every_layer
def test_a_seed_trained_alone_goes_the_same_way_as_among_others(
    make: Callable[[], Any],
) -> None:
    def run(seeds: list[int]) -> Any:
        network = Network([2, 6, 6, 3], make(), seeds=seeds, dtype=np.float64)
        return train(network, *spirals(seeds, points=10), steps=15, rate=0.3)[:2]

    together, alone = run([0, 2, 5]), run([2])
    assert not np.isclose(together[0][:, 0], together[0][:, 1]).all()
    for batch, single in zip(together, alone, strict=True):
        np.testing.assert_allclose(batch[:, 1:2], single, rtol=1e-9)


@every_layer
def test_networks_with_rates_and_scales_of_their_own_go_the_way_of_single_ones(
    make: Callable[[], Any],
) -> None:
    rates, scales, seeds = [0.1, 0.5, 0.2], [1.0, 1.4, 2.0], [3, 3, 4]
    x, labels = spirals(seeds, points=10)
    sizes = [2, 6, 6, 3]
    network = Network(sizes, make(), weight_scale=scales, seeds=seeds, dtype=np.float64)
    together = train(network, x, labels, steps=15, rate=rates).loss
    for i, (rate, scale, seed) in enumerate(zip(rates, scales, seeds, strict=True)):
        network = Network(sizes, make(), weight_scale=scale, seeds=[seed], dtype=np.float64)
        alone = train(network, x[[i]], labels[[i]], steps=15, rate=rate).loss
        np.testing.assert_allclose(together[:, [i]], alone, rtol=1e-9)


def test_a_grid_holds_what_each_network_learns_when_trained_alone() -> None:
    scales, rates, seeds = [1.0, 2.0], [0.1, 0.5, 1e9], [3, 4, 5]
    grid = train_grid(
        Tanh, spirals, [6], scales=scales, rates=rates, steps=20, goal=1, seeds=seeds
    )
    (x, labels), (new_x, new_labels) = spirals(seeds), spirals(seeds, new=True)
    for i, scale in enumerate(scales):
        for j, rate in enumerate(rates[:2]):
            network = Network([2, 6, 3], Tanh, weight_scale=scale, seeds=seeds)
            loss = train(network, x, labels, steps=20, rate=rate).loss
            np.testing.assert_allclose(grid.loss[i, j], loss[-1], rtol=1e-4)
            np.testing.assert_array_equal(grid.steps[i, j], steps_to_reach(loss, 1))
            right = (network.forward(new_x).argmax(axis=-1) == new_labels).mean(axis=-1)
            np.testing.assert_allclose(grid.new_accuracy[i, j], right, atol=0.01)
    assert grid.loss.max() <= np.log(3) + 1e-9, "who diverged knows no less than a guess"
    medians = np.median(grid.loss, axis=-1)
    assert medians[best(grid.loss)] == medians.min()


def test_digits_are_standardised_and_new_ones_come_from_other_faces() -> None:
    (x, labels), (new_x, new_labels) = digits([1, 2]), digits([1, 2], new=True)
    assert x.dtype == np.float32
    assert x.shape[2] == new_x.shape[2] == 100
    np.testing.assert_allclose(x.mean(axis=(1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose((x**2).mean(axis=(1, 2)), 1, atol=1e-4)
    for each in (labels, new_labels):
        assert (np.bincount(each.ravel()) == each.size / 10).all()
    assert np.abs(x[0] - x[1]).max() > 0.1
    np.testing.assert_array_equal(digits([2])[0][0], x[1])


def test_steps_to_reach_is_the_first_step_below_the_target_or_never() -> None:
    loss = np.array([
        [2.0, 0.2, 2.0, np.nan],
        [0.5, 0.9, 0.5, np.nan],
        [0.4, 0.9, 0.5, np.nan],
        [0.9, 0.9, 0.5, np.nan],
    ])  # fmt: skip
    np.testing.assert_array_equal(steps_to_reach(loss, 0.5), [2, 0, np.inf, np.inf])


# Gradient flow ------------------------------------------------------------------------


@every_layer
def test_gradient_flow_has_a_row_for_the_input_and_each_layer(make: Callable[[], Any]) -> None:
    flow = gradient_flow(make(), depth=4, width=8)
    assert flow.shape == (5, len(SEEDS))
    assert flow.dtype == np.float64
    np.testing.assert_array_equal(flow[-1], 1)
    assert (flow > 0).all()
    np.testing.assert_array_equal(gradient_flow(make(), depth=4, width=8), flow)
    alone = gradient_flow(make(), depth=4, width=8, seeds=[5])
    np.testing.assert_allclose(alone[:, 0], flow[:, 5], rtol=1e-12)
    np.testing.assert_array_equal(gradient_flow(make(), depth=0, seeds=[0, 1]), [[1, 1]])


def flow_by_hand(
    layer: Any, seed: int, depth: int, width: int, examples: int, scale: float
) -> tuple[Array, list[Array]]:
    """Norms example by example through explicit Jacobians, and the matrices."""
    rng = np.random.default_rng(seed)
    h, upstream = rng.normal(size=(2, examples, width))
    matrices = [rng.normal(0, scale / width**0.5, (width, width)) for _ in range(depth)]
    squares = np.zeros(depth + 1)
    for values, gradient in zip(h, upstream, strict=True):
        jacobians = []
        for matrix in matrices:
            before = values @ matrix
            jacobians.append(matrix @ np.diag(layer.derivative(before)))
            values = layer(before)
        squares[depth] += gradient @ gradient
        for index in reversed(range(depth)):
            gradient = jacobians[index] @ gradient
            squares[index] += gradient @ gradient
    return np.sqrt(squares / squares[depth]), matrices


@every_layer
def test_gradient_flow_is_that_of_explicit_jacobians(make: Callable[[], Any]) -> None:
    flow = gradient_flow(make(), depth=3, width=6, examples=4, weight_scale=1.5, seeds=[2, 8])
    for column, seed in enumerate([2, 8]):
        expected, _ = flow_by_hand(make(), seed, depth=3, width=6, examples=4, scale=1.5)
        np.testing.assert_allclose(flow[:, column], expected, rtol=1e-12)


@pytest.mark.parametrize("activation", [ReLU, LeakyReLU(0.5)])
def test_twice_the_weights_give_piecewise_linear_layers_exactly_twice_the_gradient(
    activation: Any,
) -> None:
    one, two = (gradient_flow(activation, depth=8, weight_scale=scale) for scale in (1, 2))
    np.testing.assert_array_equal(two, one * 2.0 ** np.arange(8, -1, -1)[:, None])


def test_a_sigmoid_layer_passes_at_most_a_quarter_of_what_its_matrix_lets_through() -> None:
    flow = gradient_flow(Sigmoid, depth=5, width=16, examples=4, seeds=[0])[:, 0]
    _, matrices = flow_by_hand(Sigmoid(), 0, depth=5, width=16, examples=4, scale=1)
    largest = np.array([np.linalg.norm(matrix, 2) for matrix in matrices])
    assert (flow[:-1] <= flow[1:] * largest / 4).all()


def test_only_the_sigmoid_vanishes_in_a_deep_network_with_fitting_weights() -> None:
    assert gradient_flow(Sigmoid)[0].max() < 1e-10
    for activation, scale in ((Tanh, 1.0), (ReLU, HE), (LeakyReLU, HE)):
        assert 0.1 < np.median(gradient_flow(activation, weight_scale=scale)[0]) < 10


# Printing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "form", "expected"),
    [
        ([5, 1, 3, 2, 4], ".2f", "3.00 [2.00, 4.00]"),
        ([5, 1, 3, 2, 4], ".0f", "3 [2, 4]"),
        ([1, 2, np.inf, np.inf, 3], ".0f", "3 [2, never]"),
        ([np.inf] * 3, ".0f", "never [never, never]"),
        ([-1e-9, -1e-9, -1e-9], ".2f", "0.00 [0.00, 0.00]"),
        ([-0.0, -0.0, -0.0], ".0f", "0 [0, 0]"),
        ([-1.5, -1.5, -1.5], ".2f", "-1.50 [-1.50, -1.50]"),
        ([-1e-9, -1e-9, -1e-9], ".1e", "-1.0e-09 [-1.0e-09, -1.0e-09]"),
    ],
)
def test_spread_writes_median_and_quartiles(
    runs: list[float], form: str, expected: str
) -> None:
    assert spread(np.array(runs), form) == expected


def test_tables_are_aligned_on_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[list[Any]] = [
        ["ReLU", -0.0, 1 / 3],
        ["a long name", np.float32(-0.0), -2],
        ["", 1234567.0, np.float64(-1e-7)],
    ]
    print_table(["", "x", "f(x)"], (tuple(row) for row in rows))
    assert capsys.readouterr().out.splitlines() == [
        "                       x      f(x)",
        "       ReLU            0  0.333333",
        "a long name            0        -2",
        "             1.23457e+06    -1e-07",
    ]


def test_a_table_without_rows_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["x", "f(x)"], [])
    assert capsys.readouterr().out == "x  f(x)\n"
