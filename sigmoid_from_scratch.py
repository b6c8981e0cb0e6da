# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 1 - the sigmoid: any number becomes one between 0 and 1.

The idea. Turn any real number into a number between 0 and 1, to be read as a probability:

    s(x) = 1 / (1 + exp(-x))          s'(x) = s(x) (1 - s(x))

That is what the sigmoid is for, at the end of a network that answers yes or no. In hidden layers
it was used early (Rumelhart, Hinton & Williams 1986). This lesson measures what speaks against it
there: its slope is at most 1/4, and far from 0 almost 0. So at the usual weight scale differences
between examples shrink from layer to layer, and so do gradients on their way back.

Run it:  python sigmoid_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class Sigmoid:
    """The logistic sigmoid, elementwise, for real numbers of any shape.

    Answers have the dtype of x if that is float16, 32 or 64, else float64, and are right to 6
    units in the last place. Raises TypeError or ValueError for what is not real numbers, and
    RuntimeError if backward is called before forward.
    """

    slope = None  # s'(x) for the x of the latest forward

    def forward(self, x):
        x = utils.as_real_array(x)
        e = np.exp(-np.abs(x))  # never above 1, so it cannot overflow
        self.slope = e / (1 + e) ** 2  # s (1 - s) without a subtraction
        return np.exp(np.minimum(x, 0)) / (1 + e)  # 1 / (1 + e) or, where x < 0, e / (1 + e)

    def backward(self, grad_output):
        """The chain rule: dL/dx = dL/ds * s'(x)."""
        grad_output = utils.upstream_gradient(grad_output, self.slope)  # checks shape and dtype
        return grad_output * self.slope

    def derivative(self, x):
        """The slope s'(x). Does not change what forward stored for backward."""
        other = Sigmoid()
        other.forward(x)
        return other.slope

    def __call__(self, x):
        return self.forward(x)


class SigmoidOfTheOutput(Sigmoid):
    """A planted bug: the slope is taken at the output instead of the input."""

    def forward(self, x):
        y = super().forward(x)
        self.slope = self.derivative(y)  # right would be y (1 - y), or derivative(x)
        return y


BLUE = utils.COLORS["Sigmoid"]


# A network here has 2 inputs, 32 hidden units and 3 scores, Network([2, 32, 3], ...), and learns
# which of three spiral arms a point belongs to. Its weights are random numbers of standard
# deviation weight_scale / sqrt(inputs of the layer). activations_utils.py, section Networks, has it
# all.


def show_bug_in_a_network(steps=300, rate=1, weight_scale=4):
    utils.heading(f"Does the bug matter? A network with one hidden layer, {steps} steps")
    rows = []
    for name, activation in (("right", Sigmoid()), ("slope of the output", SigmoidOfTheOutput())):
        losses = []
        for seed in utils.SEEDS:
            network = utils.Network([2, 32, 3], activation, weight_scale, seed=seed)
            losses.append(utils.train(network, *utils.spirals(seed), rate, steps)[-1])
        rows.append([name, utils.spread(losses)])
    utils.print_table(["", "loss: median (lowest-highest) of five networks"], rows)
    print("With the bug the loss falls as well, but not as far: nothing looks broken.")


def show_curve():
    utils.explore(Sigmoid(), name="sigmoid_curve", title="A sigmoid has flat tails", start=4)


# Vanishing, both ways ---------------------------------------------------------------------
# Random layers of sigmoids: examples go forward, a gradient goes back. What is left of how far
# the examples lie apart, and of the gradient's norm? Two controls: the same with 1/2 subtracted
# from every output, and without an activation.

NETWORKS = {  # activation, weight scale, whether all layers leave about the same share, style
    "sigmoid": (Sigmoid(), 1, True, {"color": BLUE}),
    "weights 4 times as large": (Sigmoid(), 4, True, {"color": BLUE, "linestyle": "--"}),
    "4 times, minus 1/2": (
        utils.TextbookSigmoid(subtract=0.5),
        4,
        False,
        {"color": BLUE, "linestyle": ":"},
    ),
    "no activation": (utils.NoActivation(), 1, True, {"color": utils.INK}),
}


def typical_size(numbers):
    """The root of the average of the squares."""
    return np.sqrt(np.mean(np.square(numbers)))


def last_sums_and_slopes(activation, weight_scale, depth, seed, width=64, examples=16):
    """The sums in the last of depth random layers, and the activation's slopes there."""
    network = utils.Network([width] * (depth + 1), activation, weight_scale, seed=seed)
    h = np.random.default_rng((seed, utils.INPUTS)).normal(size=(examples, width))
    for linear in network.linears:
        sums = linear.forward(h)
        h = activation.forward(sums)
    return sums, activation.backward(np.ones_like(sums))  # upstream gradients of 1: the slopes


def show_vanishing(depth=20):
    utils.heading(f"Vanishing, both ways: {depth} layers with random weights")
    title = "Sigmoids at weight scale 1: signal and gradient vanish"
    _, (forth, back) = utils.new_figure("sigmoid_vanishing", title, 2, sharey=True)
    rows = []
    for name, (activation, scale, evenly, style) in NETWORKS.items():
        signals, gradients = utils.signal_and_gradient_flow(activation, scale, depth=depth)
        utils.plot_runs(forth, range(depth + 1), signals, **style)
        utils.plot_gradient_flow(gradients, ax=back, label=name, **style)
        row = [name]
        for remaining in (np.median(signals[:, -1]), np.median(gradients[:, 0])):
            per_layer = f"{remaining ** (1 / depth):.2f}" if evenly else ""
            row += [f"{remaining:.1g}", per_layer]
        all_sums, all_slopes = [], []
        for seed in utils.SEEDS:
            sums, slopes = last_sums_and_slopes(activation, scale, depth, seed)
            all_sums.append(sums)
            all_slopes.append(slopes)
        sizes = f"{typical_size(all_sums):.2g}", f"{typical_size(all_slopes):.3f}"
        rows.append([*row, *sizes])
    columns = ["what is left of:", "signal", "per layer", "gradient", "per layer", "sums", "slopes"]
    utils.print_table(columns, rows)
    print(
        "Signal: how far the examples lie apart. Sums, slopes: their typical size in the\n"
        "last layer (the root of the average of the squares). Without an activation the\n"
        "weights keep both sizes, so it is the sigmoid's slopes that make them vanish.\n"
        "Weights 4 times as large do not make up for a slope of 1/4: they also multiply\n"
        "outputs around 1/2, so sums are larger, and slopes there smaller. With 1/2\n"
        "subtracted the share differs from layer to layer, so none is given."
    )
    forth.set(yscale="log", ylabel="share that is left", xlabel="layers forward from the input")
    forth.set_title("the signal: how far examples lie apart")
    back.set_title("the gradient's norm")
    back.legend(fontsize=9)


# The formula, typed as in the textbook ----------------------------------------------------


def textbook(x):
    """1 / (1 + exp(-x)) and s (1 - s), as they stand in books."""
    with np.errstate(over="ignore"):  # exp(745) is infinite
        s = 1 / (1 + np.exp(-x))
    return s, s * (1 - s)


def show_tails():
    utils.heading("The textbook's formulas, typed directly, fail in the tails")
    x = np.array([-745.0, -40, 0, 17, 36, 37, 100])
    s, slope = textbook(x)
    columns = ["x", "s=1/(1+exp(-x))", "1-s", "s*(1-s)", "Sigmoid", "its slope"]
    utils.print_table(columns, zip(x, s, 1 - s, slope, Sigmoid()(x), Sigmoid().derivative(x)))
    print(
        "For x below -709.8 exp(-x) overflows: there is a warning, and 0 instead of a\n"
        "very small number. For large x, s is rounded to 1; then 1 - s is 0, and so is\n"
        "the slope. In the class exp(-|x|) is never above 1, and the slope, computed as\n"
        "e / (1 + e)^2, subtracts nothing."
    )
    x = np.linspace(-60, 60, 1201)
    _, slope = textbook(x)
    last = np.flatnonzero(slope)[-1]  # the last slope that is not 0
    title = f"Typed as s (1 - s), the slope is exactly 0 beyond {x[last]:.1f} (float64)"
    _, ax = utils.new_figure("sigmoid_tail", title)
    ax.plot(x, Sigmoid().derivative(x), color=BLUE, linewidth=5, label="e / (1 + e)^2")
    ax.plot(x[slope > 0], slope[slope > 0], "--", color=utils.INK, label="s (1 - s)")
    ax.plot(x[last], slope[last], "o", color=utils.INK)
    ax.set(yscale="log", xlabel="input x", ylabel="slope s'(x)")
    ax.legend(loc="upper left")


# What it is for: yes or no ----------------------------------------------------------------
# One unit without a hidden layer learns to tell two clouds of points apart.


def clouds(seed, points=100):
    """Two overlapping clouds: x (2 * points, 2) and y (2 * points, 1), 0 or 1 for each point."""
    y = np.repeat([[0.0], [1.0]], points, axis=0)
    centers = np.where(y == 1, [1, 0.5], [-1, -0.5])
    return centers + np.random.default_rng(seed).normal(size=(2 * points, 2)), y


def train_unit(x, y, steps, rate):
    """Train one unit by p - y; for every step its weights, bias and loss before the step."""
    w, b = np.zeros((2, 1)), 0.0
    history = []
    for _ in range(steps + 1):
        scores = x @ w + b  # (points, 1)
        # -log p = log(1 + exp(-score)) and -log(1 - p) = log(1 + exp(score)): no log of 0.
        loss = np.mean(np.logaddexp(0, scores) - y * scores)
        history.append((w, b, loss))
        delta = (Sigmoid()(scores) - y) / len(y)  # dL/dscores
        w = w - rate * x.T @ delta
        b = b - rate * delta.sum()
    return history


def show_classifier(steps=100, rate=1.0):
    utils.heading(f"What it is for: one unit learns to answer yes or no, at rate {rate:g}")
    x, y = clouds(seed=0)
    new_x, new_y = clouds(seed=1, points=5000)
    history = train_unit(x, y, steps, rate)
    rows = []
    for step in [step for step in (0, 1, 5, 20) if step < steps] + [steps]:
        w, b, loss = history[step]
        rows.append([step, f"{loss:.2f}", f"{np.mean((new_x @ w + b > 0) == new_y):.2f}"])
    utils.print_table(["step", "loss", "share of new points right"], rows)

    title = "At the end of a network, the sigmoid's output is read as a probability"
    figure, (left, right) = utils.new_figure("sigmoid_classifier", title, 2)
    left.plot([loss for _, _, loss in history], color=BLUE)
    left.set(xlabel="step", ylim=(0, None), title="training loss")
    side, points = utils.grid_of_points(-4, 4, 121)
    p = Sigmoid()(points @ w + b).reshape(121, 121)
    filled = right.contourf(side, side, p, np.linspace(0, 1, 11), cmap="PuOr", alpha=0.6)
    for label, marker, face in ((0, "o", "white"), (1, "^", utils.INK)):
        cloud = x[y[:, 0] == label]
        style = {"markersize": 4, "color": utils.INK, "markerfacecolor": face}
        right.plot(cloud[:, 0], cloud[:, 1], marker, **style)
    right.set(xlabel="x1", ylabel="x2", title="probability of class 1 (triangles)")
    figure.colorbar(filled, ax=right, ticks=[0, 0.5, 1])


def show_why_p_minus_y():
    utils.heading("Why p - y? The gradient for a score, when y = 0 is right")
    rows = []
    for score in (0.0, 5.0, 10.0, 36.0, 37.0):
        p, slope = Sigmoid()(score), Sigmoid().derivative(score)
        with np.errstate(divide="ignore"):
            rows.append([score, p, p / (p * (1 - p)) * slope, p * slope])
    columns = ["score", "p - y", "(p - y) / (p (1 - p)) * s'", "squared error: (p - y) * s'"]
    utils.print_table(columns, rows)
    print(
        "On paper the first two are the same, as s' = p (1 - p). On a computer 1 - p has\n"
        "lost its digits at large scores, while p - y divides by nothing. With a squared\n"
        "error the factor s' stays: a very wrong answer gets next to no gradient."
    )


def main():
    utils.print_values(Sigmoid(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    layers = {"Sigmoid": Sigmoid(), "slope of the output": SigmoidOfTheOutput()}
    utils.print_gradient_checks(layers)
    show_bug_in_a_network()
    show_curve()
    show_vanishing()
    show_tails()
    show_classifier()
    show_why_p_minus_y()
    print(
        "\nRemember: a sigmoid turns a score into a number to read as a probability. In\n"
        "hidden layers at weight scale 1, each leaves about a quarter of the gradient."
    )


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
