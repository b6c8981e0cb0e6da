# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7", "torch>=2.6"]
# ///
"""Lesson 5 - the activations of PyTorch, beside the ones from scratch.

The idea. In real models one writes nn.ReLU() and autograd does the rest:

    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))

This lesson puts nn.Sigmoid, nn.Tanh, nn.ReLU and nn.LeakyReLU beside lessons 1 to 4, trains
models with them, and adds nn.Softmax, which turns a whole row of scores into probabilities.
Then it turns round: FromTorch puts any activation of PyTorch, such as nn.GELU, on the
instruments of this folder. It ends with the two mistakes people make with the last layer.

Run it:  python activations_torch.py [--save DIR]
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

import activations_utils as utils
from activations_utils import FloatArray
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

if __name__ == "__main__":
    with utils.short_errors(), suppress(ImportError):  # which is dealt with below
        print("Loading PyTorch ...", flush=True)
        import torch
try:
    import torch
    from torch import nn
except ImportError as error:
    HOW_TO_INSTALL = 'Lesson 5 needs PyTorch: python -m pip install "torch>=2.6"'
    if __name__ == "__main__":
        sys.exit(HOW_TO_INSTALL)
    raise ImportError(HOW_TO_INSTALL) from error

SEEDS = range(5)


class FromTorch:
    """An elementwise nn.Module with the methods of lessons 1 to 4; autograd is its backward.

    Arrays go in and come out, in their dtype, and are copied: FromTorch(nn.GELU())(x).
    """

    def __init__(self, module: nn.Module) -> None:
        self.module, self.output = module, None
        self.__name__ = type(module).__name__  # for titles and tables

    def forward(self, x: ArrayLike) -> FloatArray:
        inputs = torch.from_numpy(utils.as_real_array(x).copy()).requires_grad_()
        output = self.module(inputs.clone())  # nn.ReLU(inplace=True) may overwrite a clone
        self.pull_back = lambda g: torch.autograd.grad(output, inputs, g, retain_graph=True)[0]
        self.output = output.detach().numpy()
        return self.output.copy()

    def backward(self, grad_output: ArrayLike) -> FloatArray:
        gradient = utils.upstream_gradient(grad_output, self.output)
        return self.pull_back(torch.from_numpy(gradient.copy())).numpy()

    def derivative(self, x: ArrayLike) -> FloatArray:
        layer = FromTorch(self.module)  # another one, so that this one remembers its own x
        return layer.backward(np.ones_like(layer.forward(x)))

    def __call__(self, x: ArrayLike) -> FloatArray:
        return self.forward(x)


PAIRS = {
    "Sigmoid": (Sigmoid(), nn.Sigmoid()),
    "Tanh": (Tanh(), nn.Tanh()),
    "ReLU": (ReLU(), nn.ReLU()),
    "LeakyReLU": (LeakyReLU(0.01), nn.LeakyReLU(0.01)),
}


def measure_modules(x: torch.Tensor) -> dict[str, FloatArray]:
    """x, and what each of the five modules makes of it."""
    modules = {name: module for name, (_, module) in PAIRS.items()}
    modules["Softmax"] = nn.Softmax(dim=0)
    return {"x": x.numpy()} | {name: module(x).numpy() for name, module in modules.items()}


def print_columns(columns: Mapping[str, Sequence]) -> None:
    """Print a table whose columns are given by name; a cell may be a list of numbers."""

    def write(cell):
        return ", ".join(f"{v:.3f}" for v in cell) if isinstance(cell, list) else cell

    rows = zip(*columns.values(), strict=True)
    utils.print_table(list(columns), [map(write, row) for row in rows])


# --- Scratch beside built-in -----------------------------------------------------------


def measure_comparison(points: int = 65_536) -> dict[str, tuple]:
    """Scratch and PyTorch at float32 numbers from -8 to 8, by name.

    The largest difference of the outputs and of the slopes, in units in the last place, and
    the nanoseconds per element that forward + backward take, from scratch and in PyTorch.
    """
    x, compared = np.linspace(-8, 8, points, dtype=np.float32), {}
    np.random.default_rng(0).shuffle(x)  # a sorted sign is quicker than those of life
    ones = np.ones_like(x)
    inputs, upstream = torch.tensor(x, requires_grad=True), torch.tensor(ones)
    for name, (layer, module) in PAIRS.items():
        theirs = FromTorch(module)
        output = largest_distance(layer.forward(x), theirs.forward(x))
        slope = largest_distance(layer.backward(ones), theirs.backward(ones))
        calls = {
            "scratch": lambda f=layer: (f.forward(x), f.backward(ones)),
            "PyTorch": lambda f=module: torch.autograd.grad(f(inputs), inputs, upstream),
        }
        times = [
            1e9 * seconds / points for seconds in utils.time_each(calls, repeats=30).values()
        ]
        compared[name] = (output, slope, *times)
    return compared


def largest_distance(ours: FloatArray, theirs: FloatArray) -> float:
    return float(np.max(np.abs(ours - theirs) / np.spacing(np.abs(ours))))


def print_comparison(compared: Mapping[str, tuple]) -> None:
    def at_most(ulp: float) -> str:  # a power of ten: processors differ a little
        return f"{10 ** np.ceil(np.log10(ulp)):,.0f}" if ulp else "0"

    columns = ["", "output <=", "slope <=", "ns: scratch", "PyTorch", "ratio"]
    utils.print_table(columns, [
        [name, at_most(output), at_most(slope), f"{a:.1f}", f"{b:.1f}", f"{a / b:.1f}"]
        for name, (output, slope, a, b) in compared.items()
    ])  # fmt: skip
    print(
        "output, slope: largest difference in ULP, units in the last place. Up to ten are\n"
        "rounding; thousands and millions are digits that s(1-s) and 1-t*t have lost.\n"
        "ns: nanoseconds per element, forward + backward, on one thread, measured now."
    )


def measure_tails(x: FloatArray) -> dict[str, dict[str, FloatArray]]:
    """Slopes at x by name: from scratch, and those of PyTorch in both dtypes."""
    tails = {}
    for name in ("Sigmoid", "Tanh"):
        layer, module = PAIRS[name]
        tails[name] = {"scratch": layer.derivative(x)}
        for dtype in ("float32", "float64"):
            tails[name][dtype] = FromTorch(module).derivative(x.astype(dtype))
    return tails


def plot_tails(x: FloatArray, tails: Mapping[str, Mapping]) -> Figure:
    figure, axes = utils.new_figure("In the tails autograd loses the slope", len(tails))
    for ax, (name, slopes) in zip(axes, tails.items(), strict=True):
        ax.plot(x, slopes["scratch"], color=utils.COLORS[name])
        for dtype in list(slopes)[1:]:
            end = np.flatnonzero(slopes[dtype])[-1]  # the last slope that is not 0
            ax.plot(x[: end + 1], slopes[dtype][: end + 1], ":", color=utils.INK)
            ax.plot(x[end], slopes[dtype][end], "o", color=utils.INK)
            words = f"{dtype}: 0 beyond {x[end]:.1f}"
            utils.note(ax, words, (x[end], slopes[dtype][end]), (8, 4))
        ax.set(yscale="log", xlabel="input x", xlim=(-2, 85), ylim=(1e-30, 10))
        ax.set(title=f"line: {name} from scratch, dots: nn.{name}")
    axes[0].set(ylabel="slope")
    return figure


# --- Softmax ---------------------------------------------------------------------------


def measure_softmax_sums(scores: torch.Tensor) -> dict[str, list]:
    """Sums of the probabilities of each row (example) and of each column (class), by dim."""
    by_dim = [nn.Softmax(dim=dim)(scores) for dim in (1, 0)]
    return {
        "dim": [1, 0],
        "sums of the examples (rows)": [p.sum(dim=1).tolist() for p in by_dim],
        "of the classes (columns)": [p.sum(dim=0).tolist() for p in by_dim],
    }


def measure_shifts(scores: torch.Tensor, shifts: list[float]) -> dict[str, list]:
    """Softmax of scores + each shift, as typed and as built in."""
    shifted = [scores + shift for shift in shifts]
    return {
        "added to all scores": shifts,
        "exp(x) / sum(exp(x))": [(x.exp() / x.exp().sum()).tolist() for x in shifted],
        "nn.Softmax": [nn.Softmax(dim=-1)(x).tolist() for x in shifted],
    }


def softmax_backward(p: FloatArray, gradient: FloatArray) -> FloatArray:
    """dL/dscores from p = softmax(scores) and dL/dp: each score has moved every p."""
    return p * (gradient - (gradient * p).sum(axis=-1, keepdims=True))


def measure_softmax_backward(scores: torch.Tensor) -> tuple[FloatArray, float]:
    """The Jacobian dp_i / dx_j at scores, and how far softmax_backward is from autograd."""
    layer = FromTorch(nn.Softmax(dim=-1))
    jacobian = torch.autograd.functional.jacobian(layer.module, scores).numpy()
    p = layer.forward(scores.numpy())
    upstream = np.random.default_rng(0).normal(size=p.shape)
    gap = np.abs(softmax_backward(p, upstream) - layer.backward(upstream)).max()
    return jacobian, float(gap)


def print_softmax_backward(jacobian: FloatArray, gap: float) -> None:
    columns = {"dp / dx": [f"p{i + 1}" for i in range(len(jacobian))]}
    columns |= {f"x{j + 1}": column.round(4) for j, column in enumerate(jacobian.T)}
    print_columns(columns | {"sum": jacobian.sum(axis=1).round(4)})
    print("A Jacobian, not a slope for each element. The backward pass p * (g - sum(g * p))")
    print("by hand", "agrees with" if gap < 1e-15 else f"is off by {gap:.0e} from", "autograd.")


# --- Models ----------------------------------------------------------------------------


class Linears(nn.Module):
    """nn.Linear for one network a seed: x (seeds, examples, inputs) @ weights + biases."""

    def __init__(self, weights: FloatArray, biases: FloatArray) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(weights))
        self.biases = nn.Parameter(torch.tensor(biases))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weights + self.biases


def build_model(network: utils.Network, activation: nn.Module) -> nn.Sequential:
    """The network of the other lessons, with its weights, as an nn.Sequential."""
    first, *others = map(Linears, network.weights, network.biases)
    return nn.Sequential(first, *(m for linears in others for m in (activation, linears)))


def fit(model, x, labels, optimizer: torch.optim.Optimizer, steps: int) -> FloatArray:
    """Train on all examples at once with autograd; losses (steps + 1, seeds)."""
    inputs, targets, losses = torch.tensor(x), torch.tensor(labels), []
    loss_function = nn.CrossEntropyLoss(reduction="none")  # wants scores: softmax is built in
    for step in range(steps + 1):
        scores = model(inputs).swapaxes(1, 2)  # (seeds, classes, examples), as it wants them
        loss = loss_function(scores, targets).mean(dim=1)
        losses.append(loss.detach().numpy())
        if step < steps:
            optimizer.zero_grad()
            loss.sum().backward()  # the seeds share no weights: each gets its own gradient
            optimizer.step()
    return np.array(losses)


def measure_descent(steps: int = 75, rate: float = 0.3) -> dict[str, tuple]:
    """Losses (steps + 1, seeds) of each module, and by hand from the same weights."""
    x, labels = utils.spirals(SEEDS)
    x, curves = x.astype(np.float64), {}
    for name, (layer, module) in PAIRS.items():
        scale = utils.HE if "ReLU" in name else 1.0
        how = {"weight_scale": scale, "seeds": SEEDS, "dtype": np.float64}
        network = utils.Network([2, 32, 32, 3], layer, **how)
        model = build_model(network, module)
        losses = fit(model, x, labels, torch.optim.SGD(model.parameters(), rate), steps)
        curves[name] = losses, utils.train(network, x, labels, steps=steps, rate=rate).loss
    return curves


def print_descent(curves: Mapping[str, tuple]) -> None:
    rows = []
    for name, (losses, by_hand) in curves.items():
        gap = np.abs(losses - by_hand).max()
        rows.append([f"nn.{name}", *map(utils.spread, (losses[-1], by_hand[-1])), f"{gap:.0e}"])
    utils.print_table(["", "loss at the end", "by hand", "largest gap"], rows)
    print("By hand: the NumPy network of the other lessons, from the same weights.")


def fit_grid(sizes, module, optimizer, rates, *, scale=1.0, last=(), steps=150) -> utils.Grid:
    """What models that end in the modules `last` learn of the spirals, rate by rate."""
    (x, labels), (new_x, new_labels) = utils.spirals(SEEDS), utils.spirals(SEEDS, new=True)
    losses, learned = [], []
    for rate in rates:
        network = utils.Network(sizes, FromTorch(module), weight_scale=scale, seeds=SEEDS)
        model = build_model(network, module).extend(last)
        losses.append(fit(model, x, labels, optimizer(model.parameters(), lr=rate), steps))
        scores = model(torch.tensor(new_x)).detach().numpy()
        learned.append(utils.accuracy(scores, new_labels))
    losses = np.fmin(losses, np.log(sizes[-1]))  # one that diverged knows what guessing does
    reached = [utils.steps_to_reach(loss, 0.3) for loss in losses]
    return utils.Grid(
        scales=np.array([scale]),
        rates=np.array(rates),
        loss=losses[None, :, -1],
        steps=np.array([reached]),
        new_accuracy=np.array([learned]),
    )


def print_grids(grids: Mapping[str, utils.Grid]) -> None:
    """The best rate of each, by the median training loss, and what it led to."""
    rows = []
    for name, grid in grids.items():
        scale, rate = utils.best(grid.loss)
        rates = f"{grid.rates[rate]:g} of {grid.rates.min():g} to {grid.rates.max():g}"
        ends = grid.loss[scale, rate], grid.new_accuracy[scale, rate]
        rows.append([name, f"{grid.scales[scale]:.2f}", rates, *map(utils.spread, ends)])
    columns = ["", "scale", "best rate", "training loss", "accuracy, new data"]
    utils.print_table(columns, rows)


OPTIMIZERS = {
    "descent": (torch.optim.SGD, (1, 3, 10)),
    "momentum 0.9": (partial(torch.optim.SGD, momentum=0.9), (0.3, 1, 3)),
    "Adam": (torch.optim.Adam, (0.01, 0.03, 0.1)),
}


def measure_optimizers() -> dict[str, utils.Grid]:
    """A deep sigmoid network, from the same weights with every optimizer."""
    sizes = [2, 16, 16, 16, 16, 3]
    return {name: fit_grid(sizes, nn.Sigmoid(), *how) for name, how in OPTIMIZERS.items()}


def plot_training(curves: Mapping[str, tuple], grids: Mapping[str, utils.Grid]) -> Figure:
    title = "The modules train as by hand; a deep sigmoid wants more than descent"
    figure, (left, right) = utils.new_figure(title, 2)
    for name, (losses, by_hand) in curves.items():
        width = 5 if name == "ReLU" else 2  # LeakyReLU runs along it
        style = {"label": f"nn.{name}", "color": utils.COLORS[name], "linewidth": width}
        left.plot(np.median(losses, axis=1), **style)
        steps = range(0, len(losses), 25)
        left.plot(steps, np.median(by_hand[::25], axis=1), ".", color=utils.INK)
    left.plot([], [], ".", color=utils.INK, label="by hand")
    left.set(title="two hidden layers, descent", xlabel="step", ylabel="training loss, median")
    for (name, grid), (line, marker) in zip(
        grids.items(), (":s", ("--", "D"), "-o"), strict=True
    ):
        style = {"color": utils.COLORS["Sigmoid"], "linestyle": line, "marker": marker}
        utils.plot_spread(right, grid.rates, grid.loss[0], label=name, **style)
    right.set(title="nn.Sigmoid, four hidden layers", xlabel="rate", xscale="log")
    for ax in (left, right):
        ax.set(ylim=(0, 1.2))
        ax.legend(loc="lower left" if ax is left else "lower right")
    return figure


# --- Any activation on the instruments of this folder ----------------------------------

MODERN = {m.__name__: FromTorch(m()) for m in (nn.ReLU, nn.GELU, nn.SiLU, nn.ELU, nn.SELU)}


DATA = {
    "spirals": partial(utils.spirals, points=20),
    "digits": cache(partial(utils.digits, faces=7)),  # eight layers take their time
}
# About where eight hidden layers learn best, from a search over eight scales from 0.8 to 2.5.
BEST_SCALES = {"spirals": (1.8, 2, 2, 1.8, 1.4), "digits": (1.4, 1.4, 1.4, 1.2, 1)}


def measure_modern(name: str, steps: int = 100) -> dict[str, utils.Grid]:
    """What networks of eight hidden layers learn of the named data with each of MODERN."""
    how = {"hidden": [16] * 8, "rates": (0.03, 0.1, 0.3), "steps": steps, "seeds": SEEDS}
    return {
        key: utils.train_grid(layer, DATA[name], scales=[scale], **how)
        for (key, layer), scale in zip(MODERN.items(), BEST_SCALES[name], strict=True)
    }


# --- Two mistakes with the last layer --------------------------------------------------


def measure_extra_softmax() -> dict[str, utils.Grid]:
    """Models that feed scores, or probabilities, to CrossEntropyLoss."""
    how = {"scale": utils.HE, "steps": 100, "rates": (0.3, 1, 3, 10)}
    train = partial(fit_grid, [2, 32, 32, 3], nn.ReLU(), torch.optim.SGD, **how)
    return {"scores": train(), "softmax": train(last=[nn.Softmax(dim=-1)])}


def gradient_of(loss: Callable, scores: ArrayLike) -> FloatArray:
    """Gradient of each loss for its own score, in float32, as models are."""
    inputs = torch.tensor(scores, dtype=torch.float32, requires_grad=True)
    return torch.autograd.grad(loss(inputs).sum(), inputs)[0].numpy()


def measure_wrong_class(scores: ArrayLike) -> dict[str, ArrayLike]:
    """The gradient for a score when another class, whose score is 0, is the right one."""
    right = torch.ones(len(scores), dtype=torch.long)
    loss, softmax = nn.CrossEntropyLoss(reduction="none"), nn.Softmax(dim=1)
    three = lambda score: torch.stack([score, 0 * score, 0 * score], dim=1)
    return {
        "score": scores,
        "softmax + CrossEntropyLoss": gradient_of(
            lambda s: loss(softmax(three(s)), right), scores
        ),
        "CrossEntropyLoss": gradient_of(lambda s: loss(three(s), right), scores),
    }


def measure_extra_sigmoid(scores: ArrayLike, target: float) -> dict[str, ArrayLike]:
    """Gradients for scores by what computes them."""
    targets = torch.full((len(scores),), float(target))
    by_p, by_score = nn.BCELoss(reduction="none"), nn.BCEWithLogitsLoss(reduction="none")
    x = np.asarray(scores, dtype=np.float32)
    p = torch.sigmoid(torch.tensor(x)).numpy()
    exact = gradient_of(lambda p: by_p(p, targets), p) * Sigmoid().derivative(x)
    return {
        "score": x,
        "p": p,
        "sigmoid + BCELoss": gradient_of(lambda x: by_p(torch.sigmoid(x), targets), x),
        "with exact slope": exact,
        "BCEWithLogitsLoss": gradient_of(lambda x: by_score(x, targets), x),
    }


def plot_mistakes(wrong: Mapping[str, ArrayLike], by_target: Mapping[float, Mapping]) -> Figure:
    title = "A layer too many: the most wrong answers get no gradient"
    figure, (left, right) = utils.new_figure(title, 2, sharey=True)
    target_0, target_1 = by_target[0], by_target[1]
    for ax, columns, name, words, style, x, shift in (
        (left, wrong, "CrossEntropyLoss", "CrossEntropyLoss", "--", 14, (0, 6)),
        (left, wrong, "softmax + CrossEntropyLoss", "with softmax before it", "-", 3, (8, 8)),
        (right, target_0, "BCEWithLogitsLoss", "BCEWithLogitsLoss", "--", 14, (0, 6)),
        (right, target_0, "sigmoid + BCELoss", "BCELoss,\ntarget 0", "-", 16.6, (-62, -80)),
        (right, target_1, "sigmoid + BCELoss", "BCELoss,\ntarget 1", ":", 28, (8, -30)),
    ):
        size, gradient = np.abs(columns["score"]), np.abs(columns[name])
        ax.plot(size, gradient, style, color=utils.INK)
        utils.note(ax, words, (x, np.interp(x, size, gradient)), shift)
    left.set(title="softmax before CrossEntropyLoss", xlabel="score of a wrong class")
    left.set(ylabel="size of the gradient", ylim=(-0.05, 1.15))
    right.set(title="sigmoid before BCELoss", xlabel="size of a score on the wrong side")
    return figure


def main() -> dict[str, Figure]:
    torch.set_num_threads(1)  # for models this small threads cost more than they give
    utils.heading(f"Forward passes of the five modules of PyTorch {torch.__version__}")
    print_columns(measure_modules(torch.tensor([-10.0, -2, -1, 0, 1, 2, 10])))
    print("The first four work on each element by itself, Softmax on all of x at once.")

    utils.heading("Scratch beside built-in: float32 from -8 to 8, and speed")
    print_comparison(measure_comparison())
    x = np.linspace(0, 60, 1201)
    tails = plot_tails(x, measure_tails(x))

    utils.heading("Softmax: a row of scores becomes a row of probabilities")
    scores = torch.tensor([[1.0, 2, 3], [1, 1, 5]], dtype=torch.float64)
    print_columns(measure_softmax_sums(scores))
    print("With examples in rows, dim=1 is right; dim=0 lets the examples compete.\n")
    print_columns(measure_shifts(scores[0], [0, 0.1, 1000]))
    print("nn.Softmax subtracts the largest score first: nothing overflows.\n")
    print_softmax_backward(*measure_softmax_backward(scores[0]))

    utils.heading(f"In a real model: nn.Sequential on the spirals, {len(SEEDS)} seeds")
    print("Training with autograd and by hand: about 2 s ...")
    curves = measure_descent()
    print_descent(curves)

    utils.heading("nn.Sigmoid in four hidden layers: descent, with momentum, Adam")
    count = sum(len(rates) for _, rates in OPTIMIZERS.values())
    print(f"Training at {count} rates: about 2 s ...")
    optimizers = measure_optimizers()
    print_grids(optimizers)

    utils.heading("Any activation on our instruments: FromTorch(nn.GELU()) and others")
    utils.print_gradient_checks({k: utils.gradient_check(f) for k, f in MODERN.items()})
    print("\nCritical weight scale in theory (lesson 6):")
    print_columns({k: [f"{utils.critical_scale(f):.2f}"] for k, f in MODERN.items()})
    title = "GELU and SiLU round ReLU's corner off; ELU and SELU level off below zero"
    modern = utils.compare_activations(MODERN, title=title)

    for name in DATA:
        utils.heading(f"What eight hidden layers of 16 learn of the {name}, {len(SEEDS)} seeds")
        print(f"Training with {len(MODERN)} activations: about 2 s ...")
        print_grids(measure_modern(name))

    utils.heading("Mistake 1: a softmax before CrossEntropyLoss, which has its own")
    print_grids(measure_extra_softmax())
    floor = nn.CrossEntropyLoss()(torch.eye(3), torch.arange(3))
    print(f"Given probabilities, even three perfect answers cost {floor:.3f} each.\n")
    print("Gradient for the score of a wrong class, the two others being 0:")
    print_columns(measure_wrong_class([1.0, 3, 10, 20]))

    utils.heading("Mistake 2: a sigmoid before BCELoss; BCEWithLogitsLoss has it built in")
    for target, chosen in {0: [2, 10, 16, 18, 30], 1: [-2, -10, -18, -30, -50]}.items():
        print(f"Gradient for a score whose target is {target}, in float32:")
        print_columns(measure_extra_sigmoid(chosen, target))
    print(
        "Where p is rounded to 1, what the score was is lost: no slope, however exact,\n"
        "brings it back. Far below 0 p is right, but BCELoss divides by p (1 - p), and by\n"
        "1e-12 at least. BCEWithLogitsLoss takes the score itself and gives p - target."
    )
    size = np.linspace(0, 40, 801)
    sides = {0: measure_extra_sigmoid(size, 0), 1: measure_extra_sigmoid(-size, 1)}
    mistakes = plot_mistakes(measure_wrong_class(size), sides)
    print(
        "\nRemember: give CrossEntropyLoss and BCEWithLogitsLoss the scores themselves. The\n"
        "softmax or sigmoid is for afterwards, when somebody wants to read a probability."
    )
    return {
        "torch_tails": tails,
        "torch_training": plot_training(curves, optimizers),
        "torch_modern": modern,
        "torch_mistakes": mistakes,
    }


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
