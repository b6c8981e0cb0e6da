# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7", "torch>=2.6"]
# ///
"""Lesson 5 - the activations of PyTorch, beside the ones from scratch.

The idea. In a real project you write the layers, and autograd computes the backward pass:

    model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 3))

This lesson puts nn.Sigmoid, nn.Tanh, nn.ReLU and nn.LeakyReLU beside lessons 1 to 4, and adds
nn.Softmax, which turns the scores z of an example into probabilities:

    p_i = exp(z_i) / (exp(z_1) + exp(z_2) + ...)        dp_i/dz_j = p_i ((1 if i = j else 0) - p_j)

It trains models as one does in PyTorch, shows what people do about the weights that nn.Linear
starts with, and ends with a mistake and a weakness at the last layer.

Run it:  python activations_torch.py [--save DIR]
"""

import sys
from contextlib import contextmanager

import numpy as np

import activations_utils as utils
from leaky_relu_from_scratch import LeakyReLU
from relu_from_scratch import ReLU
from sigmoid_from_scratch import Sigmoid
from tanh_from_scratch import Tanh

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise  # torch is there, but something that it needs is not
    message = 'Lesson 5 needs PyTorch: python -m pip install "torch>=2.6"'
    if __name__ == "__main__":
        sys.exit(message)
    raise ModuleNotFoundError(message, name="torch") from None


PAIRS = {  # from scratch, PyTorch's, weight scale
    "Sigmoid": (Sigmoid(), nn.Sigmoid(), 1),
    "Tanh": (Tanh(), nn.Tanh(), 1),
    "ReLU": (ReLU(), nn.ReLU(), utils.HE),
    "LeakyReLU": (LeakyReLU(0.01), nn.LeakyReLU(0.01), utils.HE),
}


def digits(values):
    """The numbers of a tensor or array as texts, to five of the seven digits of float32."""
    return [f"{value:.5g}" for value in (values + 0.0).tolist()]  # + 0.0 makes 0 of -0


# The modules beside the classes -----------------------------------------------------------


def show_modules():
    utils.heading("Forward passes of PyTorch's modules")
    x = torch.tensor([-10.0, -2, -1, 0, 1, 2, 10])
    columns = {name: module(x) for name, (_, module, _) in PAIRS.items()}
    columns["Softmax"] = nn.Softmax(dim=0)(x)
    texts = [digits(x)] + [digits(values) for values in columns.values()]
    utils.print_table(["x", *columns], zip(*texts))
    print("Softmax works on all of x at once, the others on each number by itself.")


def show_tails():
    utils.heading("Far out, PyTorch computes slopes from a rounded output")
    title = "At large positive inputs autograd's slope is 0 before the true one is"
    _, axes = utils.new_figure("torch_tails", title, 2)
    x = np.linspace(0, 60, 1201)
    rows = []
    for ax, name in zip(axes, ("Sigmoid", "Tanh")):
        layer, module, _ = PAIRS[name]
        ax.plot(x, layer.derivative(x), color=utils.COLORS[name], label="from scratch")
        row = [f"nn.{name}"]
        for dtype, color in (("float32", utils.FAINT), ("float64", utils.INK)):
            slope = FromTorch(module).derivative(x.astype(dtype))
            end = np.flatnonzero(slope)[-1]  # the last slope that is not 0
            ax.plot(x[: end + 1], slope[: end + 1], "--", color=color, label=f"nn.{name}, {dtype}")
            ax.plot(x[end], slope[end], "o", color=color)
            row.append(f"{x[end]:.1f}")
        rows.append(row)
        ax.set(yscale="log", xlabel="input x", ylim=(1e-30, 1e6))
        ax.legend(loc="upper right", fontsize=9)
    axes[0].set(ylabel="slope")
    utils.print_table(["the slope is exactly 0 beyond", "float32", "float64"], rows)
    print("Near s = 1, and t = 1 or -1, s (1 - s) and 1 - t^2 lose more and more digits.")


# Softmax ----------------------------------------------------------------------------------


def softmax(z):
    """A row of scores becomes a row of probabilities: (..., classes)."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))  # only differences count; exp cannot overflow
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(p, gradient):
    """dL/dz_i = sum over j of g_j dp_j/dz_i = p_i (g_i - sum of g_j p_j), with g = dL/dp."""
    p, gradient = utils.as_real_array(p, "p"), utils.as_real_array(gradient, "gradient")
    if p.shape != gradient.shape:
        raise ValueError(f"gradient must have the shape of p, {p.shape}, got {gradient.shape}")
    return p * (gradient - (gradient * p).sum(axis=-1, keepdims=True))


def listed(values, form=".3f"):
    return ", ".join(f"{value + 0.0:{form}}" for value in values)


def show_softmax():
    utils.heading("Softmax: a row of scores becomes a row of probabilities")
    scores = torch.tensor([[1.0, 2, 3], [1, 1, 5]], dtype=torch.float64)
    rows = []
    for dim in (1, 0):
        p = nn.Softmax(dim=dim)(scores)
        rows.append([dim, listed(p.sum(dim=1).tolist()), listed(p.sum(dim=0).tolist())])
    utils.print_table(["dim", "sums of the rows (examples)", "of the columns"], rows)
    print("With examples in rows, dim=1 is right; with dim=0 the examples compete.\n")
    rows = []
    for shift in (0, 0.1, 1000):
        z = scores[0].numpy() + shift
        with np.errstate(over="ignore", invalid="ignore"):
            typed = np.exp(z) / np.exp(z).sum()
        rows.append(
            [shift, listed(typed), listed(softmax(z)), listed(nn.Softmax(-1)(torch.tensor(z)))]
        )
    utils.print_table(
        ["added to all", "exp(z) / sum(exp(z))", "less the largest", "nn.Softmax"], rows
    )
    print("Only differences between scores count, so the largest one may be subtracted.\n")
    z = np.array([[2.0, 0.0]])
    print(f"softmax of (2, 0): {listed(softmax(z)[0], '.6f')}; sigmoid of 2: {Sigmoid()(2):.6f}")
    print("A softmax over two scores is a sigmoid of their difference.")


def show_softmax_backward():
    utils.heading("The backward pass of softmax")
    z = np.array([[1.0, 2.0, 3.0]])
    p = softmax(z)
    jacobian = torch.autograd.functional.jacobian(nn.Softmax(dim=-1), torch.tensor(z[0]))
    rows = [[f"p{i + 1}", *(f"{v:.4f}" for v in row.tolist())] for i, row in enumerate(jacobian)]
    utils.print_table(["dp / dz", "z1", "z2", "z3"], rows)
    print("A matrix of slopes, the Jacobian: every score moves every probability.\n")

    g = np.array([[0.3, -1.0, 2.0]])

    def loss():
        return (g * softmax(z)).sum()

    by_autograd = FromTorch(nn.Softmax(dim=-1))
    by_autograd.forward(z)
    rows = []
    for name, gradient in (
        ("p * (g - sum(g * p))", softmax_backward(p, g)),
        ("autograd", by_autograd.backward(g)),
        ("g * p * (1 - p), the diagonal alone", g * p * (1 - p)),
    ):
        error = utils.check_gradients(loss, [z], [gradient])[0]
        verdict = "right" if error < 1e-5 else "WRONG"
        rows.append([name, *(f"{value:.4f}" for value in gradient[0]), verdict])
    utils.print_table(["", "z1", "z2", "z3", "check_gradients"], rows)
    y = np.array([[0.0, 1.0, 0.0]])
    print("\nThe loss -log p of class 2 has g = -y / p. Then p * (g - sum(g * p)) is p - y:")
    print(f"{listed(softmax_backward(p, -y / p)[0])} and {listed((p - y)[0])}")


# Models, as one trains them in PyTorch ----------------------------------------------------


def fit(model, x, labels, optimizer, steps, loss_function=None):
    """Train model with autograd; the losses (steps + 1,) before every step and after the last."""
    loss_function = loss_function or nn.CrossEntropyLoss()  # takes scores: softmax is built in
    x, labels = torch.tensor(x), torch.tensor(labels)
    losses = []
    for _ in range(steps):
        loss = loss_function(model(x), labels)
        losses.append(loss.item())
        optimizer.zero_grad()  # otherwise the gradients of the last step would be added
        loss.backward()
        optimizer.step()
    losses.append(loss_function(model(x), labels).item())
    return np.array(losses)


def in_pytorch(network, activation):
    """A network of lessons 1 to 4, its weights included, as an nn.Sequential."""
    modules = []
    for linear in network.linears:
        inputs, units = linear.W.shape
        module = nn.Linear(inputs, units)
        module.weight.data = torch.tensor(linear.W.T.copy())  # nn.Linear keeps W transposed
        module.bias.data = torch.tensor(linear.b)
        modules += [module, activation]
    return nn.Sequential(*modules[:-1])  # no activation after the scores


def show_training(panel, steps=40, rate=0.3):
    utils.heading(f"A real model: nn.Sequential on the spirals, {steps} steps at rate {rate}")
    rows = []
    widths = np.linspace(6, 2, len(PAIRS))  # thick below, thin above
    for (name, (layer, module, scale)), width in zip(PAIRS.items(), widths):
        by_autograd, by_hand = [], []
        for seed in utils.SEEDS:
            network = utils.Network([2, 32, 32, 3], layer, scale, seed=seed)
            model = in_pytorch(network, module)
            optimizer = torch.optim.SGD(model.parameters(), lr=rate)
            by_autograd.append(fit(model, *utils.spirals(seed), optimizer, steps))
            by_hand.append(utils.train(network, *utils.spirals(seed), rate, steps))
        by_autograd, by_hand = np.array(by_autograd), np.array(by_hand)
        same = "yes" if np.abs(by_autograd - by_hand).max() < 1e-12 else "no"
        ends = utils.spread(by_autograd[:, -1]), utils.spread(by_hand[:, -1])
        rows.append([f"nn.{name}", *ends, same])
        style = {"color": utils.COLORS[name], "label": f"nn.{name}", "linewidth": width}
        panel.plot(np.median(by_autograd, axis=0), **style)
        median = np.median(by_hand, axis=0)
        panel.plot(range(0, steps + 1, 10), median[::10], "o", color=utils.INK)
    utils.print_table(["loss at the end:", "autograd", "by hand", "same to 12 decimals"], rows)
    panel.set(xlabel="step", ylabel="training loss")
    panel.set_title("two hidden layers (dots: by hand)")
    panel.legend(loc="center right", bbox_to_anchor=(1, 0.6), fontsize=9)


def deep_model(activation, seed, *, he=False, normalize=False, hidden=5, width=16):
    """Hidden layers as nn.Linear starts them, or with He's weights, or with BatchNorm."""
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed a GPU as well
    modules, inputs = [], 2
    for _ in range(hidden):
        linear = nn.Linear(inputs, width)
        if he:
            nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu")
            nn.init.zeros_(linear.bias)
        modules.append(linear)
        if normalize:
            modules.append(nn.BatchNorm1d(width))
        modules.append(activation())
        inputs = width
    return nn.Sequential(*modules, nn.Linear(inputs, 3))


def show_default_weights():
    utils.heading("The weights that nn.Linear draws, and He's")
    rows = []
    for name, he in (("nn.Linear's default", False), ("kaiming_uniform_", True)):
        linear = deep_model(nn.ReLU, 0, he=he, hidden=2, width=1024)[2]
        scale = linear.weight.std().item() * 1024**0.5
        bias = linear.bias.std().item() * 1024**0.5
        rows.append([name, f"{scale:.2f}", f"{bias:.2f}"])
    utils.print_table(["", "weight scale", "biases, times sqrt(inputs)"], rows)
    print("The default is 1/sqrt(3) = 0.58, for biases, too. He's is sqrt(2) = 1.41.")


def show_remedies(panel, hidden=5, steps=100):
    utils.heading(f"What people do about it: {hidden} hidden layers, loss after {steps} steps")
    sgd, adam = torch.optim.SGD, torch.optim.Adam
    ink, green = utils.INK, utils.COLORS["ReLU"]
    contenders = [  # name, activation, how the model is made, optimizer, rate, style
        ("ReLU, default weights", nn.ReLU, {}, sgd, 0.1, {"color": ink}),
        ("ReLU, He's weights", nn.ReLU, {"he": True}, sgd, 0.1, {"color": green}),
        ("ReLU, BatchNorm", nn.ReLU, {"normalize": True}, sgd, 0.1, {"color": "#0072B2"}),
        ("ReLU, Adam", nn.ReLU, {}, adam, 0.01, {"color": "#D55E00"}),
        ("sigmoid, default weights", nn.Sigmoid, {}, sgd, 5, None),
        ("sigmoid, BatchNorm", nn.Sigmoid, {"normalize": True}, sgd, 5, None),
    ]
    rows = []
    for name, activation, how, make_optimizer, rate, style in contenders:
        runs = []
        for seed in utils.SEEDS:
            model = deep_model(activation, seed, hidden=hidden, **how)
            optimizer = make_optimizer(model.parameters(), lr=rate)
            runs.append(fit(model, *utils.spirals(seed), optimizer, steps))
        rows.append([name, rate, utils.spread(np.array(runs)[:, -1])])
        if style:
            utils.plot_runs(panel, range(steps + 1), runs, label=name, **style)
    utils.print_table(["", "rate", "loss"], rows)
    print(
        "Under plain gradient descent the default weights are too small to learn so fast.\n"
        "Larger weights, a normalization layer, or Adam: each helps ReLU here. With\n"
        "BatchNorm the sigmoid learns, too."
    )
    panel.set(xlabel="step", ylim=(0, 1.9))
    panel.set_title(f"{hidden} hidden layers of nn.ReLU")
    panel.legend(loc="upper right", fontsize=9)


def show_models():
    title = "Modules train as by hand; default weights start slowly in depth"
    _, (left, right) = utils.new_figure("torch_models", title, 2)
    show_training(left)
    show_default_weights()
    show_remedies(right)


# Other activations ------------------------------------------------------------------------
# FromTorch is a bridge: with it, gradient_check and all other functions of this folder accept an
# activation of PyTorch.


class FromTorch:
    """An elementwise nn.Module, or a function of tensors, with the methods of lessons 1 to 4.

    It computes on the CPU, in the dtype of its input; autograd is its backward. The module's own
    parameters (nn.PReLU has one) stay as they are. Raises TypeError for what is no module and no
    function, or returns no tensor; other errors are those of lessons 1 to 4.
    """

    x = y = None  # tensors of the latest forward

    def __init__(self, module):
        self.module = utils.made(module)
        if not callable(self.module):
            raise TypeError(f"FromTorch needs an nn.Module or a function, got {module!r}")
        self.__name__ = utils.name_of(self.module)  # for titles and tables

    def forward(self, x):
        array = np.array(utils.as_real_array(x), order="C")
        with torch.inference_mode(False), torch.enable_grad():
            x = torch.tensor(array, device="cpu", requires_grad=True)
            y = self.run(x.clone())  # nn.ReLU(inplace=True) may overwrite a clone
        if not isinstance(y, torch.Tensor):
            raise TypeError(f"{self.__name__} must return a tensor, got {type(y).__name__}")
        self.x, self.y = x, y
        return y.detach().cpu().numpy().copy()  # autograd keeps its own

    def run(self, x):
        """What the module makes of x, with copies of its parameters in the dtype of x."""
        state = {}
        if isinstance(self.module, nn.Module):
            state = {**dict(self.module.named_parameters()), **dict(self.module.named_buffers())}
        if not state:
            return self.module(x)
        cast = {}
        for name, value in state.items():  # masks and counts keep their dtype
            dtype = x.dtype if value.is_floating_point() else value.dtype
            cast[name] = value.detach().to("cpu", dtype)
        return torch.func.functional_call(self.module, cast, (x,))

    def backward(self, grad_output):
        given = None if self.x is None else self.x.detach().numpy()
        upstream = np.array(utils.upstream_gradient(grad_output, given), order="C")
        if not self.y.requires_grad:  # a constant, or a step
            return np.zeros_like(upstream)
        upstream = torch.tensor(upstream, device="cpu")
        options = {"retain_graph": True, "allow_unused": True, "materialize_grads": True}
        gradient = torch.autograd.grad(self.y, self.x, upstream, **options)[0]
        return gradient.numpy()

    def derivative(self, x):
        other = FromTorch(self.module)  # this one goes on remembering its own x
        return other.backward(np.ones_like(other.forward(x)))

    def __call__(self, x):
        return self.forward(x)

    def __deepcopy__(self, memo):  # autograd's tensors cannot be copied, and need not be
        return FromTorch(self.module)


def show_modern():
    layers = [FromTorch(module()) for module in (nn.ReLU, nn.GELU, nn.SiLU, nn.ELU)]
    utils.print_gradient_checks({utils.name_of(layer): layer for layer in layers})
    utils.heading("What 20 random layers leave of the gradient, by weight scale (median)")
    scales = (1, 1.25, utils.HE, 1.5, 1.75)
    rows = []
    for layer in layers:
        row = [utils.name_of(layer)]
        for scale in scales:
            left = np.median(utils.gradient_flow(layer, scale)[:, 0])
            row.append(f"{left:.1g}")
        rows.append(row)
    utils.print_table(["weight scale:", *(f"{scale:.3g}" for scale in scales)], rows)
    title = "GELU and SiLU round ReLU's corner off; ELU levels off below zero"
    utils.compare_activations(layers, name="torch_modern", title=title)


# A mistake and a weakness at the last layer -----------------------------------------------
# Losses as functions of one score for each example, in float32 as models usually are.


def cross_entropy(score, softmax_first=False):
    """CrossEntropyLoss for the score of a wrong class, those of the two others being 0."""
    scores = torch.stack([score, 0 * score, 0 * score], dim=1)
    if softmax_first:  # the mistake
        scores = torch.softmax(scores, dim=1)
    right_class = torch.ones(len(score), dtype=torch.long)
    return functional.cross_entropy(scores, right_class, reduction="none")


def softmax_and_cross_entropy(score):
    return cross_entropy(score, softmax_first=True)


def bce_with_logits(score, target=0.0):
    targets = torch.full_like(score, target)
    return functional.binary_cross_entropy_with_logits(score, targets, reduction="none")


def sigmoid_and_bce(score, target=0.0):
    targets = torch.full_like(score, target)
    return functional.binary_cross_entropy(torch.sigmoid(score), targets, reduction="none")


def loss_and_gradient(loss, scores, *target):
    """The loss of every score, and its gradient with respect to the score."""
    inputs = torch.tensor(scores, dtype=torch.float32, requires_grad=True)
    losses = loss(inputs, *target)
    return losses.detach().numpy(), torch.autograd.grad(losses.sum(), inputs)[0].numpy()


class SoftmaxFirst(nn.CrossEntropyLoss):
    """The mistake, as the loss of a training."""

    def forward(self, scores, labels):
        return super().forward(torch.softmax(scores, dim=1), labels)


def show_mistake(steps=60, rate=0.03):
    utils.heading("A mistake: softmax before CrossEntropyLoss, which has its own; in float32")
    scores = [1.0, 3.0, 10.0, 20.0]
    columns = [scores]
    for loss in (softmax_and_cross_entropy, cross_entropy):
        columns += [digits(values) for values in loss_and_gradient(loss, scores)]
    print("For the score of a wrong class, the two others being 0:")
    names = ["score", "with softmax: loss", "gradient", "without: loss", "gradient"]
    utils.print_table(names, zip(*columns))
    losses, right = [], []
    for seed in utils.SEEDS:
        x, labels = utils.spirals(seed)
        model = in_pytorch(utils.Network([2, 32, 32, 3], ReLU(), utils.HE, seed=seed), nn.ReLU())
        optimizer = torch.optim.Adam(model.parameters(), lr=rate)
        losses.append(fit(model, x, labels, optimizer, steps, SoftmaxFirst())[-1])
        predicted = model(torch.tensor(x)).argmax(dim=1).numpy()
        right.append(np.mean(predicted == labels))
    perfect = nn.CrossEntropyLoss()(torch.eye(utils.CLASSES), torch.arange(utils.CLASSES))
    print(
        f"\nFive networks trained with the mistake, {steps} steps of Adam: training points right\n"
        f"{utils.spread(right)}, loss {utils.spread(losses, '.3f')}. Even a perfect answer costs\n"
        f"{perfect:.3f} with three classes. Here accuracy does not show the mistake."
    )


def show_weakness():
    utils.heading("A weakness: sigmoid and BCELoss, far on the wrong side of 0; in float32")
    rows = []
    for target, scores in ((0.0, [2.0, 10, 16, 18, 30]), (1.0, [-2.0, -18, -30, -120])):
        columns = [scores]
        for loss in (sigmoid_and_bce, bce_with_logits):
            columns += [digits(values) for values in loss_and_gradient(loss, scores, target)]
        rows += [[f"{target:g}", *row] for row in zip(*columns)]
    names = ["target", "score", "BCELoss", "its gradient", "BCEWithLogitsLoss", "its gradient"]
    utils.print_table(names, rows)
    print(
        "Where p is rounded to 1 or 0 the score is lost: BCELoss says 100, without a\n"
        "gradient. Before that, at target 1, it divides by p (1 - p), but never by less\n"
        "than 1e-12, and so the gradient comes out too small. BCEWithLogitsLoss takes the\n"
        "score, and its gradient is p - target."
    )


def show_last_layer():
    title = "If a loss is given probabilities, very wrong answers get almost no gradient"
    _, (left, right) = utils.new_figure("torch_mistakes", title, 2, sharey=True)
    size = np.linspace(0, 40, 801)
    pale = {"color": utils.FAINT, "linewidth": 6}
    ink = {"color": utils.INK}
    curves = [  # panel, loss, scores, target, style
        (left, cross_entropy, size, [], {**pale, "label": "CrossEntropyLoss"}),
        (left, softmax_and_cross_entropy, size, [], {**ink, "label": "softmax + CrossEntropyLoss"}),
        (right, bce_with_logits, size, [0.0], {**pale, "label": "BCEWithLogitsLoss"}),
        (right, sigmoid_and_bce, size, [0.0], {**ink, "label": "sigmoid + BCELoss, target 0"}),
        (right, sigmoid_and_bce, -size, [1.0], {**ink, "label": "target 1", "linestyle": ":"}),
    ]
    for panel, loss, scores, target, style in curves:
        _, gradient = loss_and_gradient(loss, scores, *target)
        panel.plot(size, np.abs(gradient), **style)
    left.set(xlabel="score of a wrong class", ylabel="size of its gradient", ylim=(-0.05, 1.7))
    right.set(xlabel="how far the score is on the wrong side of 0")
    for panel in (left, right):
        panel.legend(loc="upper right", fontsize=9)


# Running ----------------------------------------------------------------------------------


@contextmanager
def own_settings():
    """float64 on the CPU, one thread, seeds of its own; afterwards PyTorch is as it was."""
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    threads = torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_default_device(None)  # none in particular: the CPU
    torch.set_num_threads(1)  # for models this small threads cost more than they give
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_default_device(None if device.type == "cpu" else device)
        torch.set_num_threads(threads)


def main():
    with own_settings():
        show_modules()
        show_tails()
        show_softmax()
        show_softmax_backward()
        show_models()
        show_modern()
        show_mistake()
        show_weakness()
        show_last_layer()
    print(
        "\nRemember: give CrossEntropyLoss and BCEWithLogitsLoss the scores. Softmax or\n"
        "sigmoid is for afterwards, when somebody wants to read a probability."
    )


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
