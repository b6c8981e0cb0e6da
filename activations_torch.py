# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7", "torch>=2.6"]
# ///
"""Lesson 5 - the activations of PyTorch, beside the ones from scratch.

The idea. In real models one writes nn.ReLU() and autograd does the rest:

    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))

This lesson puts nn.Sigmoid, nn.Tanh, nn.ReLU and nn.LeakyReLU beside lessons 1 to 4, trains
models with them, and adds nn.Softmax, which turns a whole row of scores into probabilities:

    p_i = exp(x_i) / sum_j exp(x_j)          dp_i/dx_j = p_i ((1 if i = j else 0) - p_j)

Then it turns round: FromTorch puts elementwise activations of PyTorch, such as nn.GELU, on
the instruments of this folder. It ends with the two mistakes people make with the last layer.

Run it:  python activations_torch.py [--save DIR]
"""

import copy
import sys
from timeit import repeat

import numpy as np

import activations_utils as utils
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit('Lesson 5 needs PyTorch: python -m pip install "torch>=2.6"')


class FromTorch:
    """An elementwise nn.Module with the methods of lessons 1 to 4; autograd is its backward.

    It computes in the dtype of its input, with a copy of the module: parameters that it may
    have (nn.PReLU) stay as they are. Input and errors are those of lessons 1 to 4.
    """

    x = None  # of the latest forward

    def __init__(self, module):
        self.module = module() if isinstance(module, type) else module
        self.__name__ = type(self.module).__name__  # for titles and tables

    def run(self, x):
        """x as a tensor whose gradient is wanted, and what the module makes of it."""
        x = torch.tensor(np.array(utils.as_real_array(x), order="C"), requires_grad=True)
        module = copy.deepcopy(self.module).to(x.dtype)
        return x, module(x.clone())  # nn.ReLU(inplace=True) may overwrite a clone

    def forward(self, x):
        x, y = self.run(x)
        self.x = x.detach().numpy()
        return y.detach().numpy()

    def backward(self, grad_output):
        upstream = np.array(utils.upstream_gradient(grad_output, self.x), order="C")
        x, y = self.run(self.x)
        return torch.autograd.grad(y, x, torch.tensor(upstream))[0].numpy()

    def derivative(self, x):
        layer = FromTorch(self.module)  # another one, so that this one remembers its own x
        return layer.backward(np.ones_like(layer.forward(x)))

    def __call__(self, x):
        return self.forward(x)


PAIRS = {  # from scratch, built-in, weight scale
    "Sigmoid": (Sigmoid(), nn.Sigmoid(), 1),
    "Tanh": (Tanh(), nn.Tanh(), 1),
    "ReLU": (ReLU(), nn.ReLU(), utils.HE),
    "LeakyReLU": (LeakyReLU(0.01), nn.LeakyReLU(0.01), utils.HE),
}


def digits(values):
    return [f"{value:.5g}" for value in values.tolist()]  # of the seven of float32


def modules():
    utils.heading("Forward passes of the five modules")
    x = torch.tensor([-10.0, -2, -1, 0, 1, 2, 10])
    columns = {name: module(x) for name, (_, module, _) in PAIRS.items()}
    columns["Softmax"] = nn.Softmax(dim=0)(x)
    utils.print_table(["x", *columns], zip(*(digits(v) for v in (x, *columns.values()))))
    print("The first four work on each element by itself, Softmax on all of x at once.")


# Scratch beside built-in --------------------------------------------------------------


def differences():
    utils.heading("Scratch beside built-in: the largest difference, float32 from -8 to 8")
    x = np.linspace(-8, 8, 65_536, dtype=np.float32)

    def ulps(ours, theirs):  # in units in the last place; below ten it is rounding
        most = np.max(np.abs(ours - theirs) / np.spacing(np.abs(ours)))
        return "0" if most == 0 else "below 10" if most < 10 else f"{most:.0e}"

    rows = []
    for name, (layer, module, _) in PAIRS.items():
        theirs = FromTorch(module)
        slopes = layer.derivative(x), theirs.derivative(x)
        rows.append([name, ulps(layer.forward(x), theirs.forward(x)), ulps(*slopes)])
    utils.print_table(["in units in the last place:", "output", "slope"], rows)
    print("Where s nears 1, and t 1 or -1, s (1 - s) and 1 - t^2 lose digits.")

    figure, axes = utils.new_figure("At large inputs, autograd loses the slope", 2)
    x = np.linspace(0, 60, 1201)
    for ax, name in zip(axes, ("Sigmoid", "Tanh")):
        layer, module, _ = PAIRS[name]
        ax.plot(x, layer.derivative(x), color=utils.COLORS[name], label="from scratch")
        for dtype, color in (("float64", utils.INK), ("float32", utils.FAINT)):
            slope = FromTorch(module).derivative(x.astype(dtype))
            end = np.flatnonzero(slope)[-1]  # the last slope that is not 0
            label = f"nn.{name}, {dtype}: 0 beyond {x[end]:.1f}"
            ax.plot(x[: end + 1], slope[: end + 1], "--", color=color, label=label)
            ax.plot(x[end], slope[end], "o", color=color)
        ax.set(yscale="log", xlabel="input x", ylim=(1e-30, 1e8))
        ax.legend(loc="upper right", fontsize=9)
    axes[0].set(ylabel="slope")
    return figure


def times():
    utils.heading("Nanoseconds per element, forward + backward, one thread, measured now")
    x = np.random.default_rng(0).normal(size=16_384).astype(np.float32)
    ones, inputs = np.ones_like(x), torch.tensor(x, requires_grad=True)
    torch_ones = torch.ones_like(inputs)
    rows = []
    for name, (layer, module, _) in PAIRS.items():
        scratch = lambda: (layer.forward(x), layer.backward(ones))
        built_in = lambda: torch.autograd.grad(module(inputs), inputs, torch_ones)
        fastest = [min(repeat(call, number=5, repeat=20)) / 5 for call in (scratch, built_in)]
        rows.append([name, *(f"{1e9 * seconds / len(x):.1f}" for seconds in fastest)])
    utils.print_table(["", "from scratch", "PyTorch"], rows)


# Softmax ------------------------------------------------------------------------------


def softmax_backward(p, gradient):
    """dL/dx_i = sum_j g_j dp_j/dx_i = p_i (g_i - sum_j g_j p_j), g = dL/dp: (..., classes)."""
    return p * (gradient - (gradient * p).sum(axis=-1, keepdims=True))


def softmax():
    utils.heading("Softmax: a row of scores becomes a row of probabilities")
    listed = lambda p: ", ".join(f"{v:.3f}" for v in p.tolist())
    scores = torch.tensor([[1.0, 2, 3], [1, 1, 5]], dtype=torch.float64)
    rows = []
    for dim in (1, 0):
        p = nn.Softmax(dim=dim)(scores)
        rows.append([dim, listed(p.sum(dim=1)), listed(p.sum(dim=0))])
    utils.print_table(["dim", "sums of the rows (examples)", "of the columns"], rows)
    print("With examples in rows, dim=1 is right; dim=0 lets the examples compete.\n")
    rows = []
    for shift in (0, 0.1, 1000):
        x = scores[0] + shift
        rows.append([shift, listed(x.exp() / x.exp().sum()), listed(nn.Softmax(dim=-1)(x))])
    utils.print_table(["added to all scores", "exp(x) / sum(exp(x))", "nn.Softmax"], rows)
    print("Only differences count: nn.Softmax subtracts the largest score, to be safe.\n")

    jacobian = torch.autograd.functional.jacobian(nn.Softmax(dim=-1), scores[0])
    rows = [[f"p{i + 1}", *(f"{v:.4f}" for v in row.tolist())] for i, row in enumerate(jacobian)]
    utils.print_table(["dp / dx", "x1", "x2", "x3"], rows)
    print("A Jacobian, not a slope for each element: each score moves every probability.")
    layer, upstream = FromTorch(nn.Softmax(dim=-1)), np.array([0.3, -1, 2])
    ours = softmax_backward(layer.forward(scores[0]), upstream)
    rows = [["by hand", *ours.round(4)], ["autograd", *layer.backward(upstream).round(4)]]
    utils.print_table(["p * (g - sum(g * p))", "x1", "x2", "x3"], rows)


class Linears(nn.Module):
    """nn.Linear for one network a seed: x (seeds, examples, inputs) @ weights + biases."""

    def __init__(self, W, b):
        super().__init__()
        self.W, self.b = nn.Parameter(torch.tensor(W)), nn.Parameter(torch.tensor(b))

    def forward(self, x):
        return x @ self.W + self.b


def build_model(W, b, activation):
    """A network with these weights and biases, lists of one array a layer, as an nn.Sequential."""
    first, *others = map(Linears, W, b)
    layers = [module for linears in others for module in (activation, linears)]
    return nn.Sequential(first, *layers)


def fit(model, x, labels, rate, steps):
    """Train with autograd; losses before each step and after the last: (steps + 1, seeds)."""
    x, labels, losses = torch.tensor(x), torch.tensor(labels), []
    loss_function = nn.CrossEntropyLoss(reduction="none")  # wants scores: softmax is built in
    optimizer = torch.optim.SGD(model.parameters(), rate)
    for step in range(steps + 1):
        scores = model(x).swapaxes(1, 2)  # (seeds, classes, examples), as it wants them
        loss = loss_function(scores, labels).mean(dim=1)
        losses.append(loss.detach().numpy())
        if step < steps:
            optimizer.zero_grad()
            loss.sum().backward()  # the seeds share no weights: each gets its own gradient
            optimizer.step()
    return np.array(losses)


def training(ax, steps=75, rate=0.3):  # by hand: the NumPy network of the other lessons
    utils.heading(f"In a real model: nn.Sequential on the spirals, {steps} steps at rate {rate}")
    rows = []
    for (name, (layer, module, scale)), width in zip(PAIRS.items(), np.linspace(6, 2, len(PAIRS))):
        network = utils.Network([2, 32, 32, 3], layer, scale)
        losses = fit(build_model(network.W, network.b, module), *utils.spirals(), rate, steps)
        by_hand = utils.train(network, *utils.spirals(), rate, steps)
        same = "yes" if np.abs(losses - by_hand).max() < 1e-12 else "no"
        rows.append([f"nn.{name}", utils.spread(losses[-1]), utils.spread(by_hand[-1]), same])
        line = {"color": utils.color_of(name), "label": f"nn.{name}", "linewidth": width}
        ax.plot(np.median(losses, axis=1), **line)
        ax.plot(range(0, steps + 1, 25), np.median(by_hand[::25], axis=1), "o", color=utils.INK)
    utils.print_table(["loss at the end:", "autograd", "by hand", "same to 12 decimals"], rows)
    ax.set(title="two hidden layers (dots: by hand)", xlabel="step", ylabel="training loss")
    ax.legend(loc="center right", bbox_to_anchor=(1, 0.6))


def he(linear):
    nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu")
    nn.init.zeros_(linear.bias)


def deep(start, sizes=(2, *[16] * 8, 3)):
    """What nn.Linear draws for each seed, after start(linear): W, b as `build_model` takes them."""
    networks = []
    for seed in utils.SEEDS:
        torch.manual_seed(seed)
        networks.append([nn.Linear(n, m, dtype=torch.float64) for n, m in zip(sizes, sizes[1:])])
        for linear in networks[-1]:
            start(linear)
    stacked = lambda values: np.array([value.detach().numpy() for value in values])
    W = [stacked(linear.weight.T for linear in seeds) for seeds in zip(*networks)]
    return W, [stacked(linear.bias[None] for linear in seeds) for seeds in zip(*networks)]


def starts(ax, steps=300, rate=0.03):
    utils.heading("The weights that nn.Linear starts with, and He's: eight layers of nn.ReLU")
    rows = []
    for name, start, line in (("default", lambda linear: None, "--"), ("He", he, "-")):
        W, b = deep(start)
        losses = fit(build_model(W, b, nn.ReLU()), *utils.spirals(), rate, steps)
        rows.append([name, f"{np.std(W[1:-1]) * 16**0.5:.2f}", utils.spread(losses[-1])])
        style = {"color": utils.COLORS["ReLU"], "linestyle": line, "label": name}
        utils.plot_runs(ax, range(steps + 1), losses, **style)
    utils.print_table(["", "weight scale", f"loss after {steps} steps"], rows)
    print(
        "nn.Linear draws its weights at scale 0.58, 1/sqrt(3); ReLU wants 1.41. For plain\n"
        "descent in depth: nn.init.kaiming_uniform_(linear.weight, nonlinearity='relu')."
    )
    ax.set(title="eight hidden layers of nn.ReLU", xlabel="step", ylim=(0, 1.4))
    ax.legend(loc="center right")


def models():
    title = "The modules train as by hand; in depth the default weights are too small"
    figure, (left, right) = utils.new_figure(title, 2)
    training(left)
    starts(right)
    return figure


# Any activation on the instruments of this folder -------------------------------------


def modern():
    layers = [FromTorch(module()) for module in (nn.ReLU, nn.GELU, nn.SiLU, nn.ELU)]
    utils.print_gradient_checks({utils.name_of(layer): layer for layer in layers})
    utils.heading("Any activation on our instruments: the gradient after 20 random layers")
    rows = []
    for layer in layers:
        left = [utils.gradient_flow(layer, scale)[0] for scale in (3**-0.5, utils.HE)]
        rows.append([utils.name_of(layer), *(utils.spread(runs, ".1g") for runs in left)])
    utils.print_table(["is left at:", "nn.Linear's scale 0.58", "He's 1.41"], rows)
    title = "GELU and SiLU round ReLU's corner off; ELU levels off below zero"
    return utils.compare_activations(layers, title=title)


# Two mistakes with the last layer -----------------------------------------------------


def loss_and_gradient(loss, scores):
    """Each loss and its gradient for its own score, in float32, as models are."""
    inputs = torch.tensor(scores, dtype=torch.float32, requires_grad=True)
    losses = loss(inputs)
    return losses.detach().numpy(), torch.autograd.grad(losses.sum(), inputs)[0].numpy()


def wrong_class(scores):
    """For scores of a wrong class, the two others being 0: softmax first, and without."""
    right = torch.ones(len(scores), dtype=torch.long)
    loss, softmax = nn.CrossEntropyLoss(reduction="none"), nn.Softmax(dim=1)
    three = lambda score: torch.stack([score, 0 * score, 0 * score], dim=1)
    without = loss_and_gradient(lambda s: loss(three(s), right), scores)
    return loss_and_gradient(lambda s: loss(softmax(three(s)), right), scores), without


def wrong_side(scores, target):
    """For scores on the wrong side of target: sigmoid and BCELoss, and BCEWithLogitsLoss."""
    targets = torch.full((len(scores),), float(target))
    by_p, by_score = nn.BCELoss(reduction="none"), nn.BCEWithLogitsLoss(reduction="none")
    without = loss_and_gradient(lambda x: by_score(x, targets), scores)
    return loss_and_gradient(lambda x: by_p(torch.sigmoid(x), targets), scores), without


def mistakes():
    utils.heading("Mistake 1: a softmax before CrossEntropyLoss, which has its own")
    floor = nn.CrossEntropyLoss()(torch.eye(3), torch.arange(3))
    print(f"Given probabilities, even a perfect answer costs {floor:.3f} with three classes.\n")
    print("For the score of a wrong class, the two others being 0:")
    scores = [1.0, 3, 10, 20]
    (loss, gradient), (right_loss, right) = wrong_class(scores)
    columns = ["score", "loss with softmax", "its gradient", "without", "its gradient"]
    utils.print_table(columns, zip(scores, *map(digits, (loss, gradient, right_loss, right))))

    utils.heading("Mistake 2: a sigmoid before BCELoss; BCEWithLogitsLoss has it built in")
    print("For a score on the wrong side, in float32:")
    rows = []
    for target, scores in {0: [2.0, 10, 16, 18, 30], 1: [-2.0, -18, -30, -120]}.items():
        values = (digits(v + 0.0) for pair in wrong_side(scores, target) for v in pair)
        rows += [[target, *row] for row in zip(scores, *values)]
    columns = ["target", "score", "BCELoss", "its gradient", "BCEWithLogitsLoss", "its gradient"]
    utils.print_table(columns, rows)
    print(
        "Where p is rounded to 1 or 0, the score is lost: BCELoss says 100 and has no\n"
        "gradient. Before, at target 1, it divides by p (1 - p), held above 1e-12: too small.\n"
        "BCEWithLogitsLoss takes the score itself, and its gradient is p - target."
    )

    title = "A layer too many: very wrong answers get next to no gradient"
    figure, (left, right) = utils.new_figure(title, 2, sharey=True)
    size = np.linspace(0, 40, 801)
    pale = {"color": utils.FAINT, "linewidth": 6, "zorder": 1}
    (_, twice), (_, once) = wrong_class(size)
    left.plot(size, np.abs(twice), color=utils.INK, label="softmax + CrossEntropyLoss")
    left.plot(size, np.abs(once), label="CrossEntropyLoss", **pale)
    for target, line in ((0, "-"), (1, ":")):
        (_, twice), (_, once) = wrong_side(size if target == 0 else -size, target)
        label = f"sigmoid + BCELoss, target {target}"
        right.plot(size, np.abs(twice), line, color=utils.INK, label=label)
    right.plot(size, np.abs(once), label="BCEWithLogitsLoss", **pale)
    left.set(xlabel="score of a wrong class", ylabel="size of the gradient", ylim=(-0.05, 1.6))
    right.set(xlabel="size of a score on the wrong side")
    for ax in (left, right):
        ax.legend(loc="upper right")
    return figure


def main():
    torch.set_num_threads(1)  # for models this small threads cost more than they give
    modules()
    figures = {"torch_tails": differences()}
    times()
    softmax()
    figures |= {"torch_models": models(), "torch_modern": modern(), "torch_mistakes": mistakes()}
    print(
        "\nRemember: give CrossEntropyLoss and BCEWithLogitsLoss the scores themselves. The\n"
        "softmax or sigmoid is for afterwards, when somebody wants to read a probability."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
