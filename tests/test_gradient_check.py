"""The gradient checks from both sides: right layers pass, planted bugs are caught."""

from functools import partial
from itertools import count

import numpy as np
import pytest
from scipy.special import expit, log_expit

from activations_utils import CHECK_AT, check_gradients, gradient_check, numerical_gradient
from leaky_relu_from_scratch import LeakyReLU
from registry import REGISTRY
from relu_from_scratch import ReLU


class Layer:
    """A function and its slope. backward is answer(upstream, slope at x), a product if right."""

    def __init__(self, function, slope, answer=np.multiply):
        self.function, self.slope, self.answer = function, slope, answer

    def forward(self, x):
        self.x = x  # no copy, as in much code
        return self.function(x)

    def backward(self, upstream):
        return self.answer(upstream, self.slope(self.x))


class First(Layer):
    """Remembers the very first x for ever."""

    def forward(self, x):
        self.x = getattr(self, "x", x)
        return self.function(x)


def by_mask(x):
    """ReLU as many write it; assignment fails where x is a bare number instead of an array."""
    y = x.copy()
    y[y < 0] = 0
    return y


def relu(x):
    return np.maximum(x, 0)


def step(x, at_zero=0.0, left=0.0, right=1.0):
    """The slope of a function with a kink in 0."""
    return np.where(x > 0, right, np.where(x < 0, left, at_zero))


def sigmoid_slope(x):
    return expit(x) * expit(-x)


# Functions and their slopes.
PAIRS = {
    "sigmoid": (expit, sigmoid_slope),
    "tanh": (np.tanh, lambda x: 4 * sigmoid_slope(2 * x)),
    "relu": (relu, step),
    "leaky": (LeakyReLU(), partial(step, at_zero=0.01, left=0.01)),
}
every_pair = pytest.mark.parametrize(("function", "slope"), PAIRS.values(), ids=PAIRS)

# Right layers pass --------------------------------------------------------------------

KNOTS = np.linspace(-8, 8, 1001)  # of a table; at a knot the slope is that on its right
TABLE = np.tanh(KNOTS)
SLOPES = np.concatenate([[0], np.diff(TABLE) / np.diff(KNOTS), [0]])
RIGHT = {
    "naive sigmoid": Layer(lambda x: 1 / (1 + np.exp(-x)), sigmoid_slope),
    "SiLU + 10,000": Layer(lambda x: x * expit(x) + 1e4, lambda x: expit(x) * (1 + x * expit(-x))),
    "cube": Layer(lambda x: x**3, lambda x: 3 * x**2),
    "slope in float32": Layer(expit, lambda x: sigmoid_slope(x).astype(np.float32)),
    "SIREN, sin 30x": Layer(lambda x: np.sin(30 * x), lambda x: 30 * np.cos(30 * x)),
    "steep softplus": Layer(lambda x: -log_expit(-1e3 * x) / 1e3, lambda x: expit(1e3 * x)),
    # Curvature jumps.
    "2x|x|": Layer(lambda x: 2 * x * np.abs(x), lambda x: 4 * np.abs(x)),
    "3 relu^2": Layer(lambda x: 3 * relu(x) ** 2, lambda x: 6 * relu(x)),
    "relu(x - 8)^2 / 2": Layer(lambda x: relu(x - 8) ** 2 / 2, lambda x: relu(x - 8)),
    "SmeLU": Layer(
        lambda x: np.where(x > 0.1, x, 2.5 * relu(x + 0.1) ** 2),
        lambda x: np.clip(5 * x + 0.5, 0, 1),
    ),
    # The slope jumps, or the output.
    "ReLU, slope 0 at 0": Layer(relu, step),
    "ReLU, slope 1/2 at 0": Layer(relu, partial(step, at_zero=0.5)),
    "ReLU times 1e-5": Layer(lambda x: 1e-5 * relu(x), lambda x: 1e-5 * step(x)),
    "-2x^2, then x": Layer(lambda x: np.where(x > 0, x, -2 * x * x), lambda x: step(x, 0, -4 * x)),
    "ReLU6": Layer(lambda x: np.clip(x, 0, 6), lambda x: 1.0 * ((x > 0) & (x < 6))),
    "a table": Layer(
        lambda x: np.interp(x, KNOTS, TABLE),
        lambda x: SLOPES[np.searchsorted(KNOTS, x, side="right")],
    ),
    "integers": Layer(lambda x: (x > 0).astype(int), np.zeros_like),
    "booleans, by element": Layer(np.vectorize(lambda v: v > 0), np.zeros_like),
}
OURS = [entry.make() for entry in REGISTRY.values()]
OURS += [LeakyReLU(alpha) for alpha in (0, 0.3, 1, 2, -0.5, 1e-6, 0.9999)]
SIGNS = np.random.default_rng(7).choice([-1, 1], (2, 500))
SIZES = np.random.default_rng(8).uniform(-8, 3, (2, 500))
INPUTS = {
    "near kinks": np.add.outer([-6, -1, 0, 1, 6], [0, 1e-12, -1e-9, 1e-7, -1e-7, 1e-4]),
    "magnitudes up to 30": SIGNS * 10 ** np.minimum(SIZES, 1.5),
    "one zero": np.array(0.0),
}


@pytest.mark.parametrize("layer", OURS, ids=lambda layer: type(layer).__name__)
def test_our_layers_pass_into_their_tails(layer):
    for x in (CHECK_AT, *INPUTS.values(), np.linspace(-700, 700, 1401), SIGNS * 10**SIZES):
        assert gradient_check(layer, x)  # each time as if it were the first
    assert gradient_check(layer, seed=1).max_relative_error < 1e-6


@pytest.mark.parametrize("layer", RIGHT.values(), ids=RIGHT)
def test_right_layers_pass(layer):
    assert gradient_check(layer)
    for name, x in INPUTS.items():
        assert gradient_check(layer, x), name


def test_right_layers_pass_near_the_edge_of_their_domain():
    assert gradient_check(Layer(np.log, lambda x: 1 / x), [1e-4, 0.1, 9])
    assert gradient_check(Layer(np.arctanh, lambda x: 1 / (1 - x * x)), [-0.9999, 0, 0.9999])


@pytest.mark.parametrize("x", [3.0, -3, np.array(-3.0), [-1, 2], [True, True], np.float32([[1]])])
def test_any_real_numbers_serve_and_layers_are_given_arrays(x):
    assert gradient_check(Layer(by_mask, step), x)
    np.testing.assert_allclose(numerical_gradient(by_mask, x), np.array(x) > 0, atol=1e-9)


# Bugs are caught ----------------------------------------------------------------------

# What a wrong backward returns, given the upstream gradient and the right slope.
MISTAKES = {
    "wrong sign": lambda g, s: -g * s,
    "0.01 % too large": lambda g, s: g * s * 1.0001,
    "offset in the slope": lambda g, s: g * (s + 1e-6),
    "offset in the result": lambda g, s: g * s + 1e-6,
    "upstream ignored": lambda g, s: s,
    "upstream without sign": lambda g, s: np.abs(g) * s,
    "upstream clipped": lambda g, s: np.clip(g, -100, 100) * s,
    "small upstream lost": lambda g, s: np.where(np.abs(g) < 1e-4, 0, g) * s,
    "upstream rectified": lambda g, s: np.maximum(g, 0) * s,
    "shifted by one": lambda g, s: np.roll(g * s, 1),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
@every_pair
def test_a_mistake_is_caught(function, slope, mistake):
    assert not gradient_check(Layer(function, slope, mistake))


BUGS = {
    "slope of the output": Layer(expit, lambda x: sigmoid_slope(expit(x))),
    "s' cut beyond 8": Layer(expit, lambda x: sigmoid_slope(x) * (np.abs(x) < 8)),
    "s' wrong at 0": Layer(expit, lambda x: np.where(x == 0, 0.2499, sigmoid_slope(x))),
    "forward NaN": Layer(lambda x: x * np.nan, np.ones_like),
    "forward infinite": Layer(lambda x: np.where(x > 2, np.inf, x), np.ones_like),
    "0.01 % on one side": Layer(relu, partial(step, right=0.9999)),
    "opens at 1e-6": Layer(relu, lambda x: 1.0 * (x > 1e-6)),
    "remembers the first x": First(expit, sigmoid_slope),
    "leaks": Layer(relu, lambda x: np.where(x > 0, 1, 1e-4)),
}
for at_zero in (1.1, -0.1, -1e-4):
    BUGS[f"ReLU'(0) = {at_zero}"] = Layer(relu, partial(step, at_zero=at_zero))
for at_zero in (0, 1.01):
    BUGS[f"leaky'(0) = {at_zero}"] = Layer(LeakyReLU(), partial(step, at_zero=at_zero, left=0.01))
for alpha, wrong in [(0.01, 0.02), (-0.5, 0.5), (1e-6, 0), (0.01, 0.010001), (0.9999, 1)]:
    slope = partial(step, at_zero=wrong, left=wrong)
    BUGS[f"alpha {alpha} taken for {wrong}"] = Layer(LeakyReLU(alpha), slope)


@pytest.mark.parametrize("layer", BUGS.values(), ids=BUGS)
def test_a_bug_is_caught(layer):
    assert not gradient_check(layer)


@pytest.mark.parametrize("wrong", [1.01, 0.9999, np.nan, -np.inf])
@pytest.mark.parametrize("index", [0, 150, 299])
@every_pair
def test_one_wrong_element_among_hundreds_is_named(function, slope, index, wrong):
    x = np.abs(np.random.default_rng(1).normal(size=300)) + 0.01
    factor = np.where(np.arange(300) == index, wrong, 1)
    found = gradient_check(Layer(function, lambda x: factor * slope(x)), x)
    assert not found
    assert found.worst_input == x[index]
    size = abs(wrong - 1) if np.isfinite(wrong) else np.inf
    assert found.max_relative_error == pytest.approx(size, rel=0.02)


# Refusals: what is raised, and what it says -------------------------------------------


def softmax(x, axis=None):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


MIXING = {
    "softmax": softmax,
    "softmax of columns": lambda x: softmax(x, axis=0),
    "x - x.mean()": lambda x: x - x.mean(),
    "rolled by 2": lambda x: np.roll(x, 2),
    "x - x[-1]": lambda x: x - x[-1],
}


@pytest.mark.parametrize("shape", [(5,), (10,), (8, 4), (5, 3)])
@pytest.mark.parametrize("function", MIXING.values(), ids=MIXING)
@pytest.mark.parametrize("check", [gradient_check, numerical_gradient])
def test_what_mixes_elements_is_refused(check, function, shape):
    x = np.random.default_rng(0).normal(size=shape)
    with pytest.raises(ValueError, match="forward must be elementwise"):
        check(Layer(function, np.ones_like), x)


rng = np.random.default_rng(11)
counter = count(1)
RANDOM = {
    "RReLU": lambda x: np.where(x > 0, x, rng.uniform(0.1, 0.3, x.shape) * x),
    "dropout": lambda x: 2 * x * rng.integers(2, size=x.shape),
    "noise of 1e-11": lambda x: x + 1e-11 * rng.normal(size=x.shape),
    "counts its calls": lambda x: next(counter) * x,
}


@pytest.mark.parametrize("function", RANDOM.values(), ids=RANDOM)
@pytest.mark.parametrize("check", [gradient_check, numerical_gradient])
def test_what_answers_otherwise_at_a_second_call_is_refused_as_such(check, function):
    with pytest.raises(ValueError, match="forward must give the same answer twice"):
        check(Layer(function, np.ones_like), CHECK_AT)


def tanh_answering(answer):
    return Layer(np.tanh, np.cosh, lambda upstream, slope: answer(upstream))


REFUSED = [
    (gradient_check, np.tanh, TypeError, "forward and backward.*tanh"),
    (gradient_check, Layer(np.float32, step), ValueError, "^forward .*float64.*float32"),
    (gradient_check, Layer(lambda x: x + 0j, step), TypeError, "forward .*real.*complex128"),
    (gradient_check, Layer(softmax, step), ValueError, "check_gradients"),
    (gradient_check, tanh_answering(lambda g: g + 0j), TypeError, "backward .*real.*complex128"),
    (gradient_check, tanh_answering(lambda g: None), TypeError, "backward .*real.*NoneType"),
    (gradient_check, tanh_answering(lambda g: np.abs(g, out=g)), ValueError, "backward .*overwr"),
    (gradient_check, tanh_answering(lambda g: g[:-1]), ValueError, r"^backward .*17\).*\(14, 17\)"),
    (gradient_check, tanh_answering(np.sum), ValueError, r"^backward .*\(15, 17\).*\(\)"),
    (numerical_gradient, 3.0, TypeError, r"function.*forward.*3\.0"),
    (numerical_gradient, np.sum, ValueError, r"^forward .*\(15, 17\).*\(\)"),
    (numerical_gradient, lambda x: np.full(x.shape, np.sum(x)).tolist(), ValueError, "elementwise"),
    (numerical_gradient, lambda x: None, TypeError, "forward .*real numbers.*NoneType"),
    (numerical_gradient, lambda x: np.maximum(x, 9, out=x), ValueError, "^forward .*overwritten"),
]


@pytest.mark.parametrize(("check", "subject", "error", "words"), REFUSED)
def test_what_is_no_elementwise_layer_or_function_is_refused(check, subject, error, words):
    with pytest.raises(error, match=words):
        check(subject, CHECK_AT)


INPUTS_REFUSED = [([], ValueError, "at least one"), ([1.0, np.inf], ValueError, "all .* finite")]
INPUTS_REFUSED += [(x, TypeError, "^x must be real numbers") for x in ("1", 1j, [None])]


@pytest.mark.parametrize(("x", "error", "words"), INPUTS_REFUSED)
def test_a_check_needs_finite_real_numbers(x, error, words):
    with pytest.raises(error, match=words):
        gradient_check(ReLU(), x)


# What comes back, and at what cost ----------------------------------------------------


def test_the_result_says_what_was_found(capsys):
    good, bad = gradient_check(ReLU()), gradient_check(Layer(relu, lambda x: -step(x)))
    assert (good.passed, bool(good)) == (True, True)
    assert 0 < good.max_relative_error < 1e-6  # as it is, not rounded away
    assert (bad.passed, bool(bad), bad.worst_input > 0) == (False, False, True)
    assert bad.max_relative_error == pytest.approx(2)
    assert (type(bad.max_relative_error), type(bad.worst_input)) == (float, float)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("tolerance", [0.9e-4, 1.1e-4, np.float64(1.1e-4)])
def test_the_tolerance_decides(tolerance):
    layer = Layer(expit, lambda x: 1.0001 * sigmoid_slope(x))
    assert bool(gradient_check(layer, tolerance=tolerance)) == (tolerance > 1e-4)


@pytest.mark.parametrize("check", [gradient_check, numerical_gradient])
def test_the_cost_is_at_most_60_forward_passes(check):
    x, sizes = np.random.default_rng(4).normal(size=100_000), []

    def counted(x):
        sizes.append(x.size)
        return relu(x)

    check(Layer(counted, step), x)
    assert sum(sizes) <= 60 * x.size


# Central differences ------------------------------------------------------------------

SPANS = [(*PAIRS["sigmoid"], -8, 8), (*PAIRS["tanh"], -4, 4), (*PAIRS["relu"], 0.01, 100)]
SPANS += [(np.exp, np.exp, -5, 5), (np.square, lambda x: 2 * x, 0.1, 1000)]
SPANS += [(np.log, lambda x: 1 / x, 0.5, 1000), (lambda x: 3 * x, lambda x: 3 + 0 * x, -1e6, 1e6)]


@pytest.mark.parametrize(("function", "slope", "low", "high"), SPANS)
def test_numerical_gradient_is_accurate(function, slope, low, high):
    x = np.random.default_rng(5).uniform(low, high, 2000)
    np.testing.assert_allclose(numerical_gradient(function, x), slope(x), rtol=2e-8, atol=2e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4), (3, 0)])
def test_numerical_gradient_is_float64_of_the_shape_of_x(shape, dtype):
    gradient = numerical_gradient(np.sin, np.ones(shape, dtype))
    assert (gradient.dtype, gradient.shape) == (np.float64, shape)
    np.testing.assert_allclose(gradient, np.cos(1), rtol=1e-9)


@pytest.mark.parametrize("form", [ReLU, ReLU(), ReLU().forward, relu])
def test_numerical_gradient_takes_any_form_and_gives_the_mean_at_a_kink(form):
    np.testing.assert_allclose(numerical_gradient(form, [-1, 0, 2]), [0, 0.5, 1], atol=1e-9)


@pytest.mark.parametrize("kind", [int, bool, np.uint8])
def test_differences_of_integers_and_booleans_do_not_wrap_around(kind):
    slope = numerical_gradient(lambda x: (x < 0).astype(kind), [-1.0, 0.0, 1.0])
    assert slope[1] < 0 == slope[0] == slope[2]


# check_gradients: for what is not elementwise ------------------------------------------
# Losses are written for NumPy and for PyTorch at once, whose autograd knows their gradients.

UPSTREAM = np.array([[0.3, -1, 2], [1, 0.5, -0.2]])


def linear(library, x, W, b):
    return ((x @ W + b) ** 2).sum()


def softmax_loss(library, scores):
    e = library.exp(scores)
    return (library.asarray(UPSTREAM) * e / e.sum(axis=1, keepdims=True)).sum()


def two_layers(library, x, W1, b1, W2, b2):
    return ((library.tanh(library.tanh(x @ W1 + b1) @ W2 + b2)) ** 2).mean()


LOSSES = {
    linear: [(5, 4), (4, 3), (3,)],
    softmax_loss: [(2, 3)],
    two_layers: [(5, 3), (3, 4), (4,), (4, 2), (2,)],
}
every_loss = pytest.mark.parametrize("loss", LOSSES)


def arrays_and_gradients(loss):
    torch = pytest.importorskip("torch")
    arrays = [np.random.default_rng(6).normal(size=shape) for shape in LOSSES[loss]]
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    loss(torch, *tensors).backward()
    return arrays, [tensor.grad.numpy() for tensor in tensors]


@every_loss
def test_autograds_gradients_are_right(loss):
    arrays, gradients = arrays_and_gradients(loss)
    for seed in range(3):
        errors = check_gradients(lambda: loss(np, *arrays), arrays, gradients, seed=seed)
        assert [type(error) for error in errors] == [float] * len(arrays)
        assert max(errors) < 1e-6


WRONG = {
    "wrong sign": lambda gradient: -gradient,
    "5 % too large": lambda gradient: 1.05 * gradient,
    "forgotten": np.zeros_like,
    "in another order": lambda gradient: np.roll(gradient, 1),
    "NaN": lambda gradient: gradient * np.nan,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@every_loss
def test_a_wrong_gradient_is_found_and_the_others_stay_right(loss, wrong):
    arrays, gradients = arrays_and_gradients(loss)
    for place in range(len(arrays)):
        given = list(gradients)
        given[place] = wrong(given[place])
        errors = check_gradients(lambda: loss(np, *arrays), arrays, given)
        assert [error > 0.01 for error in errors] == [i == place for i in range(len(arrays))]
        assert (errors[place] == np.inf) == np.isnan(given[place]).any()


def test_mistakes_that_no_check_of_a_formula_finds():
    (scores,), _ = arrays_and_gradients(softmax_loss)
    p = softmax(scores, axis=1)
    diagonal = UPSTREAM * p * (1 - p)  # a softmax that forgets the other scores
    assert check_gradients(lambda: softmax_loss(np, scores), [scores], [diagonal])[0] > 0.01


def test_arrays_are_left_as_they_were_bit_for_bit_though_the_loss_raises():
    x, seen = np.array([0.1, -0.0, 1e-310, 1e300, np.nan]), []
    before = x.tobytes()

    def loss():
        seen.append(x.tobytes())
        if len(seen) == 4:
            raise KeyboardInterrupt
        return 0.0

    assert check_gradients(loss, [x], [np.zeros(5)]) == [0]  # nothing depends on x
    assert x.tobytes() == before
    with pytest.raises(KeyboardInterrupt):
        check_gradients(loss, [x], [np.zeros(5)])
    assert x.tobytes() == before
    assert len({before, *seen}) == 3  # it was moved forth and back


ONES = np.ones((2, 3))
NOT_CHECKED = [
    ([ONES.astype(np.float32)], [ONES], TypeError, "float64"),
    ([[1.0, 2.0]], [[1.0, 2.0]], TypeError, r"NumPy arrays.*\[1.0, 2.0\]"),
    (ONES, ONES, TypeError, "list of arrays"),
    ([ONES], [ONES.T], ValueError, r"\(2, 3\), got \(3, 2\)"),
    ([ONES, ONES], [ONES], ValueError, "shorter"),
    ([ONES], [ONES, ONES], ValueError, "longer"),
]


@pytest.mark.parametrize(("arrays", "gradients", "error", "words"), NOT_CHECKED)
def test_what_check_gradients_refuses(arrays, gradients, error, words):
    with pytest.raises(error, match=words):
        check_gradients(lambda: 6.0, arrays, gradients)
    np.testing.assert_array_equal(ONES, 1)
