"""The gradient check from both sides: right layers pass, planted bugs are caught."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import erf, expit, log_expit

from activations_utils import CHECKED, gradient_check, numerical_gradient
from leaky_relu_from_scratch import LeakyReLU
from registry import REGISTRY
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid


class Layer:
    """A function and its slope, or a whole backward(layer, upstream). Keeps x and y, no copies."""

    def __init__(self, function, slope=None, backward=None):
        self.function, self.given = function, []
        self.answer = backward or (lambda layer, g: g * slope(layer.x))

    def forward(self, x):
        self.x, self.y = x, self.function(x)
        return self.y

    def backward(self, upstream):
        return self.answer(self, upstream)


by_output = lambda f, slope: Layer(f, backward=lambda layer, g: g * slope(layer.y))
sigmoid_slope = lambda x: expit(x) * expit(-x)
relu = lambda x: np.maximum(x, 0)
leaky = lambda x: np.where(x > 0, x, 0.01 * x)
phi = lambda x: 0.5 * (1 + erf(x / np.sqrt(2)))


def step(x, at_zero=0.0, left=0.0, right=1.0):
    """The slope of a function with a kink in 0."""
    return np.where(x > 0, right, np.where(x < 0, left, at_zero))


# Right layers pass --------------------------------------------------------------------

SMOOTH = {
    "naive sigmoid": by_output(lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
    "naive tanh": by_output(lambda x: np.sinh(x) / np.cosh(x), lambda y: 1 - y * y),
    "exp": by_output(np.exp, lambda y: y),
    "softplus": Layer(lambda x: -log_expit(-x), expit),
    "GELU": Layer(lambda x: x * phi(x), lambda x: phi(x) + x * np.exp(-x * x / 2) / 2.50662827463),
    "SiLU": Layer(lambda x: x * expit(x), lambda x: expit(x) * (1 + x * expit(-x))),
    "ELU": Layer(lambda x: relu(x) + np.expm1(-relu(-x)), lambda x: np.exp(-relu(-x))),
    "SiLU + 10,000": Layer(lambda x: x * expit(x) + 1e4, lambda x: expit(x) * (1 + x * expit(-x))),
    "constant": Layer(np.ones_like, np.zeros_like),
    "cube": Layer(lambda x: x**3, lambda x: 3 * x**2),
    "x|x|": Layer(lambda x: x * np.abs(x), lambda x: 2 * np.abs(x)),
    "slope in float32": Layer(expit, lambda x: sigmoid_slope(x).astype(np.float32)),
}
KINKED = {
    **{f"ReLU, slope {s} at 0": Layer(relu, lambda x, s=s: step(x, s)) for s in (0, 0.5, 1)},
    "abs": Layer(np.abs, np.sign),
    "|x| - x^2": Layer(lambda x: np.abs(x) - x * x, lambda x: np.sign(x) - 2 * x),
    "integers": Layer(lambda x: (x > 0).astype(int), np.zeros_like),
    "booleans, by element": Layer(np.vectorize(lambda v: v > 0), np.zeros_like),
    "hard tanh": Layer(lambda x: np.clip(x, -1, 1), lambda x: 1.0 * (np.abs(x) < 1)),
    "ReLU6": Layer(lambda x: np.clip(x, 0, 6), lambda x: 1.0 * ((x > 0) & (x < 6))),
}
OURS = [entry.make for entry in REGISTRY.values()]
OURS += [lambda a=a: LeakyReLU(a) for a in (0, 0.3, 1, 2, -0.5, 1e-6, 0.9999)]
RNG = np.random.default_rng(7)
SIGNS, SIZES = RNG.choice([-1, 1], (2, 500)), RNG.uniform(-8, 3, (2, 500))
INPUTS = {
    "near kinks": np.add.outer([-6, -1, 0, 1, 6], [0, 1e-12, -1e-9, 1e-7, -1e-7, 1e-4]),
    "magnitudes up to 30": SIGNS * 10 ** np.minimum(SIZES, 1.5),
    "one zero": np.array(0.0),
}


@pytest.mark.parametrize("make", OURS)
def test_our_layers_pass_into_their_tails(make):
    layer = make()
    for x in (CHECKED, *INPUTS.values(), np.linspace(-700, 700, 1401), SIGNS * 10**SIZES):
        assert gradient_check(layer, x)  # each time as if it were the first
    assert gradient_check(layer, seed=1).max_relative_error < 1e-7


@pytest.mark.parametrize("name", [*SMOOTH, *KINKED])
def test_right_layers_pass_with_their_kinks_counted(name):
    layer = (SMOOTH | KINKED)[name]
    kinks = 2 if name in ("hard tanh", "ReLU6") else int(name in KINKED)
    assert gradient_check(layer)[::3] == (True, kinks)
    for inputs, x in INPUTS.items():
        assert gradient_check(layer, x), inputs


DOMAINS = [(Layer(np.log, lambda x: 1 / x), edges) for edges in ([1e-6, 1e-4], [0.1, 9])]
DOMAINS += [(Layer(np.arctanh, lambda x: 1 / (1 - x * x)), [-1 + 1e-6, -0.999, 0, 1 - 1e-6])]


@pytest.mark.parametrize(("layer", "x"), DOMAINS)
def test_right_layers_pass_near_the_edge_of_their_domain(layer, x):
    assert gradient_check(layer, x)


class ByMask(ReLU):
    """ReLU as many write it; assignment fails where x is a bare number instead of an array."""

    def forward(self, x):
        self.slope, y = self.derivative(x), x.copy()
        y[y < 0] = 0
        return y


@pytest.mark.parametrize("x", [3.0, -3, np.array(-3.0), [-1, 2], [True, True], np.float32([[1]])])
def test_any_real_numbers_serve_and_layers_are_given_arrays(x):
    assert gradient_check(ByMask, x)
    np.testing.assert_allclose(numerical_gradient(ByMask, x), np.array(x) > 0, atol=1e-9)


# Bugs are caught ----------------------------------------------------------------------

RIGHT = {
    "sigmoid": (expit, sigmoid_slope),
    "tanh": (np.tanh, lambda x: 4 * sigmoid_slope(2 * x)),
    "relu": (relu, step),
    "leaky": (leaky, lambda x: step(x, 0.01, 0.01)),
}
every_pair = pytest.mark.parametrize(("function", "slope"), RIGHT.values(), ids=RIGHT)


# What a wrong backward returns, given the upstream gradient, the right slope and the layer.
MISTAKES = {
    "wrong sign": lambda g, s, layer: -g * s,
    "factor 2": lambda g, s, layer: 2 * g * s,
    "0.01 % too large": lambda g, s, layer: g * s * 1.0001,
    "0.01 % on one side": lambda g, s, layer: g * s * np.where(layer.x > 0, 0.9999, 1),
    "offset in the slope": lambda g, s, layer: g * (s + 1e-6),
    "offset in the result": lambda g, s, layer: g * s + 1e-6,
    "slope forgotten": lambda g, s, layer: g,
    "upstream ignored": lambda g, s, layer: s,
    "upstream without sign": lambda g, s, layer: np.abs(g) * s,
    "upstream summed": lambda g, s, layer: g.sum() * s,
    "upstream clipped": lambda g, s, layer: np.clip(g, -100, 100) * s,
    "small upstream lost": lambda g, s, layer: np.where(np.abs(g) < 1e-4, 0, g) * s,
    "upstream rectified": lambda g, s, layer: np.maximum(g, 0) * s,
    "always 0": lambda g, s, layer: 0 * g,
    "shifted by one": lambda g, s, layer: np.roll(g * s, 1),
    "upstream flipped": lambda g, s, layer: g[::-1] * s,
    "accumulates": lambda g, s, layer: layer.given.append(g * s) or sum(layer.given),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
@every_pair
def test_a_mistake_is_caught(function, slope, mistake):
    layer = Layer(function, backward=lambda layer, g: mistake(g, slope(layer.x), layer))
    assert not gradient_check(layer)


class First(Layer):
    """Remembers the very first forward for ever."""

    def forward(self, x):
        self.x = getattr(self, "x", x)
        return self.function(x)


BUGS = {
    **{f"first {name}": First(*pair) for name, pair in RIGHT.items()},
    "1 - s": by_output(expit, lambda s: 1 - s),
    "s' in float16": Layer(expit, lambda x: sigmoid_slope(x).astype(np.float16)),
    "s' cut beyond 8": Layer(expit, lambda x: sigmoid_slope(x) * (np.abs(x) < 8)),
    "s' wrong at 0": Layer(expit, lambda x: np.where(x == 0, 0.2499, sigmoid_slope(x))),
    **{f"ReLU opens at {t}": Layer(relu, lambda x, t=t: 1.0 * (x > t)) for t in (1e-6, -2e-6)},
    **{f"ReLU'(0) = {s}": Layer(relu, lambda x, s=s: step(x, s)) for s in (1.1, -0.1, -1e-4)},
    **{f"leaky'(0) = {s}": Layer(leaky, lambda x, s=s: step(x, s, 0.01)) for s in (0, 1.01)},
    **{
        f"alpha {a} taken for {b}": Layer(LeakyReLU(a), lambda x, b=b: step(x, b, b))
        for a, b in [(0.01, 0.02), (-0.5, 0.5), (1e-6, 0), (0.01, 0.010001), (0.9999, 1)]
    },
    "forward NaN": Layer(lambda x: x * np.nan, np.ones_like),
    "forward infinite": Layer(lambda x: np.where(x > 2, np.inf, x), np.ones_like),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_caught(name):
    assert not gradient_check(BUGS[name])


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
    "np.cumsum": np.cumsum,
    "rolled by 1": lambda x: np.roll(x, 1),
    "rolled by 2": lambda x: np.roll(x, 2),
    "x - x[-1]": lambda x: x - x[-1],
    "reversed": lambda x: x[::-1],
}


@pytest.mark.parametrize("shape", [(5,), (9,), (10,), (8, 4), (5, 3)])
@pytest.mark.parametrize("function", MIXING.values(), ids=MIXING)
def test_what_mixes_elements_is_refused(function, shape):
    x = np.random.default_rng(0).normal(size=shape)
    for check in (gradient_check, numerical_gradient):
        with pytest.raises(ValueError, match="elementwise"):
            check(Layer(function, np.ones_like), x)


answering = lambda answer: Layer(np.tanh, backward=lambda layer, g: answer(g))
in_place = Layer(relu, backward=lambda layer, g: np.multiply(g, step(layer.x), out=g))
REFUSED = [
    (np.tanh, TypeError, "forward and backward.*tanh"),
    (SimpleNamespace(forward=np.tanh), TypeError, "forward and backward.*tanh"),
    (Layer(np.float32, np.ones_like), ValueError, "float64.*float32"),
    (answering(np.float32), ValueError, "float64.*float32"),
    (answering(lambda g: g + 0j), TypeError, "real numbers.*complex128"),
    (answering(lambda g: None), TypeError, "real numbers.*NoneType"),
    (answering(lambda g: g[:-1]), ValueError, r"\(15, 17\).*\(14, 17\)"),
    (answering(np.sum), ValueError, r"\(15, 17\).*\(\)"),
    (in_place, ValueError, "overwritten"),
    (Layer(lambda x: np.maximum(x, 0, out=x), step), ValueError, "overwritten"),
]
FUNCTIONS = [
    (3.0, TypeError, "function.*forward.*3.0"),
    (np.sum, ValueError, r"elementwise.*\(15, 17\).*\(\)"),
    (lambda x: np.full(x.shape, np.sum(x)).tolist(), ValueError, "elementwise"),
    (lambda x: None, TypeError, "output.*real numbers.*NoneType"),
    (lambda x: np.maximum(x, 9, out=x), ValueError, "overwritten"),
]
REFUSED = [(gradient_check, *case) for case in REFUSED]
POINTS = [([], ValueError, "at least one"), (np.zeros((3, 0)), ValueError, "at least one")]
POINTS += [(x, ValueError, "x must .* finite") for x in (np.nan, [1.0, np.inf])]
POINTS += [(x, TypeError, "^x must be real numbers") for x in ("1", 1j, [None])]
REFUSED += [(lambda x: gradient_check(Sigmoid(), x), *case) for case in POINTS]
REFUSED += [(lambda f: numerical_gradient(f, CHECKED), *case) for case in FUNCTIONS]


@pytest.mark.parametrize(("check", "subject", "error", "words"), REFUSED)
def test_refusals(check, subject, error, words):
    before = CHECKED.copy()
    with pytest.raises(error, match=words):
        check(subject)
    np.testing.assert_array_equal(CHECKED, before)


# What comes back, and at what cost ----------------------------------------------------


def test_the_result_says_what_was_found(capsys):
    good, bad = gradient_check(ReLU()), gradient_check(Layer(relu, lambda x: -step(x)))
    assert [type(field) for field in good] == [bool, float, float, int]
    assert (good.passed, bool(good), good.kinks) == (True, True, 1)
    assert 0 < good.max_relative_error < 1e-6  # as it is, not rounded away
    assert (bad.passed, bool(bad), bad.worst_input > 0) == (False, False, True)
    assert bad.max_relative_error == pytest.approx(2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("tolerance", [0.9e-4, 1.1e-4, np.float64(1.1e-4)])
def test_the_tolerance_decides(tolerance):
    layer = Layer(expit, lambda x: 1.0001 * sigmoid_slope(x))
    assert bool(gradient_check(layer, tolerance=tolerance)) == (tolerance > 1e-4)


@pytest.mark.parametrize("zeros", [0, 1, 200])
def test_kinks_are_elements_on_the_kink(zeros):
    x = np.append(SIGNS * 10 ** (SIZES / 2), np.zeros(zeros))
    for layer, kinks in ((ReLU(), zeros), (LeakyReLU(0.3), zeros), (LeakyReLU(1), 0)):
        assert gradient_check(layer, x).kinks == kinks


@pytest.mark.parametrize("check", [gradient_check, numerical_gradient])
def test_the_cost_is_a_few_forward_passes(check):
    x, sizes = np.random.default_rng(4).normal(size=100_000), []
    check(Layer(lambda x: sizes.append(x.size) or np.tanh(x), np.ones_like), x)
    assert sum(sizes) <= 30 * x.size


SPANS = [(*RIGHT["sigmoid"], -8, 8), (*RIGHT["tanh"], -4, 4), (*RIGHT["relu"], 0.01, 100)]
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
