# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7", "torch==2.13.0"]
# ///
"""Lesson 5 - the activations of PyTorch, beside the ones from scratch.

The idea. In real models one writes nn.ReLU() and autograd does the rest:

    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))

This lesson puts nn.Sigmoid, nn.Tanh, nn.ReLU and nn.LeakyReLU beside lessons 1 to 4 (values,
slopes in the tails, speed), trains a model with each, and adds nn.Softmax, which turns a
whole row of scores into probabilities. It ends with the two mistakes people make with the
last layer: a softmax before CrossEntropyLoss, and a sigmoid before BCELoss.

Run it:  python activations_torch.py [--save DIR]
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import activations_utils as utils
from activations_utils import FloatArray
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

if __name__ == "__main__":
    print("Loading PyTorch ...", flush=True)
try:
    import torch
    from torch import nn
except ImportError as error:
    HOW_TO_INSTALL = "Lesson 5 needs PyTorch: python -m pip install torch==2.13.0"
    if __name__ == "__main__":
        sys.exit(HOW_TO_INSTALL)
    raise ImportError(HOW_TO_INSTALL) from error

PAIRS: dict[str, tuple[Any, nn.Module]] = {
    "Sigmoid": (Sigmoid(), nn.Sigmoid()),
    "Tanh": (Tanh(), nn.Tanh()),
    "ReLU": (ReLU(), nn.ReLU()),
    "LeakyReLU": (LeakyReLU(0.01), nn.LeakyReLU(0.01)),
}


def show_values() -> None:
    utils.heading("Forward passes of the five modules")
    x = torch.tensor([-10.0, -2, -1, 0, 1, 2, 10])
    modules = {name: module for name, (_, module) in PAIRS.items()}
    modules["Softmax"] = nn.Softmax(dim=0)
    columns = [module(x).numpy() for module in modules.values()]
    utils.print_table(["x", *modules], zip(x.numpy(), *columns, strict=True))
    print("The first four work on each element by itself, Softmax on all of x at once.")


def torch_slope(module: nn.Module, x: FloatArray) -> FloatArray:
    """The slope that autograd uses at every element of x."""
    inputs = torch.tensor(x, requires_grad=True)
    module(inputs).sum().backward()
    assert inputs.grad is not None
    return inputs.grad.numpy()


def largest_distance(ours: FloatArray, theirs: FloatArray) -> str:
    """In units in the last place, rounded up to a power of ten: processors differ a little."""
    distance = np.max(np.abs(ours - theirs) / np.spacing(np.abs(ours)))
    return f"{10 ** np.ceil(np.log10(distance)):,.0f}" if distance else "0"


def compare_with_scratch() -> None:
    utils.heading("Scratch beside built-in: largest difference on [-8, 8], in ULP")
    rows = []
    for name, (layer, module) in PAIRS.items():
        for dtype in (np.float32, np.float64):
            x = np.linspace(-8, 8, 100_001, dtype=dtype)
            output = largest_distance(layer(x), module(torch.tensor(x)).numpy())
            slope = largest_distance(layer.derivative(x), torch_slope(module, x))
            rows.append([name, dtype.__name__, output, slope])
    utils.print_table(["", "dtype", "output, at most", "slope, at most"], rows)
    print(
        "ULP: units in the last place. Up to ten are rounding. Thousands (sigmoid) and\n"
        "millions (tanh) are digits that s(1-s) and 1-t*t have lost. Further out:\n"
    )
    x = np.array([10.0, 15, 20, 30, 36, 40])
    utils.print_table(
        ["x", "Sigmoid slope", "nn.Sigmoid slope", "Tanh slope", "nn.Tanh slope"],
        zip(x, Sigmoid().derivative(x), torch_slope(nn.Sigmoid(), x),
            Tanh().derivative(x), torch_slope(nn.Tanh(), x), strict=True),
    )  # fmt: skip


def plot_tails() -> Figure:
    figure, axes = utils.new_figure("In the tails autograd loses the slope", 2)
    x = np.linspace(0, 60, 1201)
    for ax, name in zip(axes, ("Sigmoid", "Tanh"), strict=True):
        layer, module = PAIRS[name]
        ax.plot(x, layer.derivative(x), color=utils.COLORS[name])
        for dtype, marker in ((np.float32, "s"), (np.float64, "o")):
            slope = torch_slope(module, x.astype(dtype))
            last = np.flatnonzero(slope)[-1]
            ax.plot(
                x[: last + 1], slope[: last + 1], color=utils.INK, linestyle=":", linewidth=1.5
            )
            ax.plot(x[last], slope[last], marker, color=utils.INK)
            words = f"{dtype.__name__}: 0 beyond {x[last]:.1f}"
            utils.note(ax, words, (x[last], slope[last]), (8, 4))
        ax.set(yscale="log", xlabel="input x", xlim=(-2, 85), ylim=(1e-30, 10))
        ax.set(title=f"{name}: line, nn.{name}: dots")
    return figure


def measure_speed() -> None:
    utils.heading("Speed, measured now: forward + backward, 65,536 float32, one thread")
    rng = np.random.default_rng(0)
    x, upstream = rng.normal(size=(2, 65536)).astype(np.float32)
    inputs, gradient = torch.tensor(x, requires_grad=True), torch.tensor(upstream)

    def run_scratch(layer: Any) -> None:
        layer.forward(x)
        layer.backward(upstream)

    def run_torch(module: nn.Module) -> None:
        inputs.grad = None
        module(inputs).backward(gradient)

    rows = []
    for name, (layer, module) in PAIRS.items():
        seconds = np.array([
            [seconds_of(run_scratch, layer), seconds_of(run_torch, module)] for _ in range(100)
        ])  # fmt: skip
        scratch, built_in = np.median(seconds, axis=0) / x.size * 1e9
        rows.append(
            [name, *(f"{value:.2f}" for value in (scratch, built_in, scratch / built_in))]
        )
    utils.print_table(["", "scratch, ns per element", "PyTorch", "ratio"], rows)


def seconds_of(function: Callable[[Any], None], argument: Any) -> float:
    start = time.perf_counter()
    function(argument)
    return time.perf_counter() - start


def explain_softmax() -> None:
    utils.heading("Softmax: a row of scores becomes a row of probabilities")
    scores = torch.tensor([[1.0, 2.0, 3.0], [1.0, 1.0, 5.0]], dtype=torch.float64)
    rows = []
    for dim in (1, 0):
        p = nn.Softmax(dim=dim)(scores)
        sums = [", ".join(f"{value:.3f}" for value in p.sum(dim=axis)) for axis in (1, 0)]
        rows.append([dim, *sums])
    utils.print_table(
        ["dim", "sums of the 2 examples (rows)", "sums of the 3 classes (columns)"], rows
    )
    print("With examples in rows, dim=1 is right; dim=0 lets the examples compete.\n")

    softmax = nn.Softmax(dim=-1)
    shifted = (softmax(scores + 0.1) - softmax(scores)).abs().max()
    print(f"Adding 0.1 to all scores changes the probabilities by {shifted:.0e} at most.")
    large = torch.tensor([1000.0, 1001.0])
    print(f"exp(x)/sum(exp(x)) of 1000, 1001: {(large.exp() / large.exp().sum()).tolist()}")
    print(f"nn.Softmax, which first subtracts the largest: {softmax(large).numpy().round(4)}\n")

    jacobian_of: Any = torch.autograd.functional.jacobian
    jacobian = jacobian_of(softmax, scores[0]).numpy()
    print("dp_i / dx_j at scores 1, 2, 3: a Jacobian, not a slope for each element")
    utils.print_table(
        ["", "x1", "x2", "x3", "sum"],
        [
            [f"p{i + 1}", *(f"{v:+.4f}" for v in row), f"{abs(row.sum()):.0e}"]
            for i, row in enumerate(jacobian)
        ],
    )


def build_model(activation: nn.Module, network: utils.Network, index: int) -> nn.Sequential:
    """The network of the other lessons as nn.Sequential, with one of its seeds' weights."""
    model = nn.Sequential(
        nn.Linear(2, 32), activation, nn.Linear(32, 32), activation, nn.Linear(32, 3)
    ).double()
    linears = [module for module in model if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for linear, weights in zip(linears, network.weights, strict=True):
            linear.weight.copy_(torch.tensor(weights[index]).T)
            linear.bias.zero_()
    return model


def fit(
    model: nn.Module, x: FloatArray, labels: Any, *, steps: int, rate: float
) -> tuple[list[float], list[float]]:
    """Train by gradient descent with autograd; loss and accuracy before each step."""
    inputs, targets = torch.tensor(x), torch.tensor(labels)
    loss_function = nn.CrossEntropyLoss()  # wants scores: its softmax is built in
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    losses, accuracies = [], []
    for _ in range(steps + 1):
        output = model(inputs)
        loss = loss_function(output, targets)
        losses.append(loss.item())
        accuracies.append((output.argmax(dim=1) == targets).double().mean().item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses, accuracies


FEW_SEEDS = range(3)
WEIGHT_SCALES = {"Sigmoid": 1.0, "Tanh": 1.0, "ReLU": utils.HE, "LeakyReLU": utils.HE}


def scratch_network(name: str) -> utils.Network:
    layer, _ = PAIRS[name]
    return utils.Network(
        [2, 32, 32, 3],
        layer,
        weight_scale=WEIGHT_SCALES[name],
        seeds=FEW_SEEDS,
        dtype=np.float64,
    )


def fit_each_seed(
    name: str, last: Sequence[nn.Module], *, steps: int, rate: float
) -> tuple[FloatArray, FloatArray]:
    """Losses and accuracies (steps + 1, seeds) of models that end in the modules `last`."""
    x, labels = utils.spirals(FEW_SEEDS)
    network = scratch_network(name)
    runs = []
    for index in range(len(x)):
        model = build_model(PAIRS[name][1], network, index).extend(last)
        runs.append(fit(model, x[index].astype(float), labels[index], steps=steps, rate=rate))
    losses, accuracies = (np.array(kind).T for kind in zip(*runs, strict=True))
    return losses, accuracies


def train_models() -> Figure:
    utils.heading("In a real model: nn.Sequential on lesson 2's spirals, rate 0.1, 3 seeds")
    print("Training 12 models with autograd, 300 steps each: about 2 s ...")
    x, labels = utils.spirals(FEW_SEEDS)
    rows, curves = [], {}
    for name in PAIRS:
        losses, accuracies = fit_each_seed(name, [], steps=300, rate=0.1)
        by_hand = utils.train(
            scratch_network(name), x.astype(float), labels, steps=300, rate=0.1
        ).loss
        ends = map(utils.spread, (losses[-1], by_hand[-1], accuracies[-1]))
        rows.append([name, *ends, f"{np.abs(losses - by_hand).max():.0e}"])
        curves[name] = losses, by_hand
    utils.print_table(["nn.", "loss at the end", "by hand", "accuracy", "largest gap"], rows)
    print("By hand: the NumPy network of the other lessons, from the same weights.")
    return plot_training(curves)


def plot_training(curves: Mapping[str, tuple[FloatArray, FloatArray]]) -> Figure:
    figure, ax = utils.new_figure("The modules train as the scratch versions do")
    for name, (losses, by_hand) in curves.items():
        width = 5 if name == "ReLU" else 2  # LeakyReLU runs along it
        style = {"label": f"nn.{name}", "color": utils.COLORS[name], "linewidth": width}
        utils.plot_spread(ax, range(len(losses)), losses, **style)
        steps = range(0, len(losses), 25)
        ax.plot(steps, np.median(by_hand[::25], axis=1), ".", color=utils.INK)
    ax.plot([], [], ".", color=utils.INK, label="by hand")
    ax.set(xlabel="step", ylabel="training loss, median and quartiles", yscale="log")
    ax.legend(loc="lower left")
    return figure


def softmax_twice(ax: Axes) -> None:
    utils.heading("Mistake 1: a softmax before CrossEntropyLoss, which has its own")
    perfect = torch.tensor([[1.0, 0.0, 0.0]])
    floor = nn.CrossEntropyLoss()(perfect, torch.tensor([0])).item()
    last_layers = {"scores": [], "softmax": [nn.Softmax(dim=1)]}
    rows, curves = [], {}
    for name, last in last_layers.items():
        losses, accuracies = fit_each_seed("ReLU", last, steps=200, rate=0.3)
        late = utils.steps_to_reach(-accuracies, -0.9)
        ends = utils.spread(losses[-1]), utils.spread(late, ".0f"), utils.spread(accuracies[-1])
        rows.append([name, *ends])
        curves[name] = losses
    utils.print_table(
        ["fed with", "loss at the end", "steps to accuracy 0.9", "accuracy"], rows
    )
    print(f"With probabilities for scores even a perfect answer costs {floor:.3f}.")

    for (name, losses), color in zip(curves.items(), ("ReLU", "Tanh"), strict=True):
        style = {"color": utils.COLORS[color]}
        utils.plot_spread(ax, range(len(losses)), losses, **style)
        utils.note(ax, f"loss of {name}", (100, np.median(losses[100])), (4, 10), **style)
    ax.axhline(floor, color=utils.INK, linestyle="--", linewidth=1)
    utils.note(ax, f"a perfect answer: {floor:.3f}", (200, floor), (0, -14), ha="right")
    ax.set(xlabel="step", ylabel="training loss", ylim=(0, None))
    ax.set(title="softmax before CrossEntropyLoss")


def sigmoid_apart(ax: Axes) -> None:
    utils.heading("Mistake 2: a sigmoid before BCELoss; BCEWithLogitsLoss has it built in")
    scores = torch.linspace(0, 30, 601, requires_grad=True)  # float32, as models are
    wrong = torch.zeros(601)  # the right answer is 0: the higher the score, the more wrong
    losses = {
        "sigmoid + BCELoss": nn.BCELoss(reduction="sum")(torch.sigmoid(scores), wrong),
        "BCEWithLogitsLoss": nn.BCEWithLogitsLoss(reduction="sum")(scores, wrong),
    }
    slopes = {name: torch.autograd.grad(loss, scores)[0] for name, loss in losses.items()}
    chosen = [20, 100, 200, 320, 340, 400, 600]
    columns = [
        values.detach().numpy() for values in (scores, torch.sigmoid(scores), *slopes.values())
    ]
    print("Gradient for a score whose target is 0, in float32:")
    rows = np.array(columns)[:, chosen].T
    utils.print_table(["score", "sigmoid", *slopes], [[s, f"{p:.7f}", *g] for s, p, *g in rows])
    print(
        "Where float32 rounds the sigmoid to 1, the answer is wrong with certainty and\n"
        "BCELoss has no gradient left to mend it."
    )
    for (name, slope), color, lift in zip(
        slopes.items(), (utils.COLORS["Tanh"], utils.COLORS["ReLU"]), (-60, 8), strict=True
    ):
        ax.plot(columns[0], slope, color=color)
        utils.note(ax, name, (30, 1), (0, lift), color=color, ha="right")
    ax.set(xlabel="score (target 0)", ylabel="gradient", ylim=(-0.05, 1.2))
    ax.set(title="sigmoid before BCELoss")


def main() -> dict[str, Figure]:
    torch.set_num_threads(1)  # for models this small threads cost more than they give
    show_values()
    compare_with_scratch()
    tails = plot_tails()
    measure_speed()
    explain_softmax()
    training = train_models()
    mistakes, (left, right) = utils.new_figure("Two mistakes with the last layer", 2)
    softmax_twice(left)
    sigmoid_apart(right)
    print(
        "\nRemember: give CrossEntropyLoss and BCEWithLogitsLoss the scores themselves. The\n"
        "softmax or sigmoid is for afterwards, when somebody wants to read a probability."
    )
    return {"torch_tails": tails, "torch_training": training, "torch_mistakes": mistakes}


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
