# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=2.0", "matplotlib>=3.10.7"]
# ///
"""Lesson 1 - the sigmoid: probability's own curve, and how it saturates (goes flat).

The idea. Squash any real number into (0, 1):

    s(x) = 1 / (1 + exp(-x))        s'(x) = s(x) (1 - s(x)) = s(x) s(-x), as 1 - s(x) = s(-x)

That is a probability from a score, which is what the sigmoid is for: the last step of a
binary classifier. Inside networks it was an early choice (Rumelhart, Hinton & Williams 1986).
What speaks against it there this lesson measures: its slope is at most 1/4 and next to nothing
in both tails, so that at weight scale 1 signals and gradients (the slopes of the loss, on their
way back) vanish from layer to layer.

Run it:  python sigmoid_from_scratch.py [--save DIR]
"""

import numpy as np

import activations_utils as utils


class Sigmoid:
    """The logistic sigmoid, elementwise, for real numbers of any shape.

    float16, 32 and 64 come back as they are, other numbers as float64. The fraction is the
    textbook's, its numerator and denominator times exp(x) where x < 0: e = exp(-|x|) cannot
    overflow. Results are right to 6 units in the last place, the gap to the next number. Raises
    TypeError or ValueError for what is not real numbers, RuntimeError for backward first.
    """

    slope = None  # s'(x) for the x of the latest forward

    def forward(self, x):
        x = utils.as_real_array(x)
        self.slope = self.derivative(x)
        e = np.exp(-np.abs(x))
        return np.exp(np.minimum(x, 0)) / (1 + e)  # 1 / (1 + e), and where x < 0: e / (1 + e)

    def backward(self, grad_output):
        """The chain rule: dL/dx = dL/ds * s'(x)."""
        return utils.upstream_gradient(grad_output, self.slope) * self.slope

    def derivative(self, x):
        """s'(x) = s(x) s(-x) = 1 / (1 + e) * e / (1 + e)."""
        e = np.exp(-np.abs(utils.as_real_array(x)))
        return e / (1 + e) ** 2

    def __call__(self, x):
        return self.forward(x)


class ForgetfulSigmoid(Sigmoid):
    """A planted bug: the slope is s, the factor (1 - s) is forgotten."""

    def forward(self, x):
        self.slope = super().forward(x)
        return self.slope


# Vanishing, both ways -----------------------------------------------------------------

BLUE = utils.COLORS["Sigmoid"]
NETWORKS = {  # activation, weight scale, how it is drawn
    "sigmoid": (Sigmoid(), 1, {"color": BLUE}),
    "weights x4": (Sigmoid(), 4, {"color": BLUE, "linestyle": "--"}),
    # The controls: the same without the offset of 1/2, and without any activation.
    "weights x4, s - 1/2": (utils.FORMULAS["Sigmoid - 1/2"], 4, {"color": BLUE, "linestyle": ":"}),
    "no activation": (utils.FORMULAS["no activation"], 1, {"color": utils.INK}),
}


def vanishing(depth=20):
    utils.heading(f"Vanishing, both ways: {depth} layers with random weights")
    title = "At weight scale 1, 0.23 a layer is left of signal and gradient"
    figure, (forth, back) = utils.new_figure(title, 2, sharey=True)
    rows = []
    for name, (activation, scale, line) in NETWORKS.items():
        signal = utils.signal_flow(activation, scale, depth=depth)
        gradient = utils.gradient_flow(activation, scale, depth=depth)
        utils.plot_runs(forth, range(depth + 1), signal, **line)
        utils.plot_gradient_flow({name: gradient}, ax=back, lines={name: line})
        left = np.median(signal[-1]), np.median(gradient[0])
        a_layer = [f"{share ** (1 / depth):.2f}" for share in left]
        rows.append([name, f"{left[0]:.1g}", a_layer[0], f"{left[1]:.1g}", a_layer[1]])

    columns = ["what is left:", "signal", "signal a layer", "gradient", "gradient a layer"]
    utils.print_table(columns, rows)
    print(
        "signal: how far the examples lie apart. At weight scale 1 weights alone keep the\n"
        "size of signal and gradient (last line): what is lost is lost to the slope.\n"
        "Weights x4 do not quite make up for its 1/4: they multiply outputs around 1/2,\n"
        "which moves sums into the flat tails. Lowered by 1/2, about a tenth is left."
    )
    forth.set(yscale="log", ylabel="share that is left", xlabel="layers forward from the input")
    forth.set(title="the signal: examples become alike")
    back.set(title="the gradient", ylabel="")
    return figure


# Typed as in the textbook, it goes wrong ----------------------------------------------


def textbook(x):
    with np.errstate(over="ignore"):  # exp(745) is infinite
        s = 1 / (1 + np.exp(-x))
    return s, s * (1 - s)


def tails():
    utils.heading("Typed as in the textbook, it goes wrong in the tails")
    x = np.array([-745.0, -40, 0, 17, 36, 37, 40, 100])
    s, slope = textbook(x)
    columns = ["x", "1/(1+exp(-x))", "Sigmoid", "s*(1-s)", "Sigmoid's slope"]
    utils.print_table(columns, zip(x, s, Sigmoid()(x), slope, Sigmoid().derivative(x)))
    print(
        "Left of -709.8 exp(-x) overflows: a warning, and 0 for a very small number. On the\n"
        "right s rounds to 1, and 1 - s leaves nothing of a slope that float64 could well\n"
        "hold. exp(-|x|) is never above 1, and e / (1 + e)^2 subtracts nothing."
    )

    x = np.linspace(-60, 60, 1201)
    slope = textbook(x)[1]
    end = x[slope > 0][-1]
    title = f"Typed as s (1 - s), the slope is exactly 0 beyond {end:.1f}"
    figure, ax = utils.new_figure(title)
    ax.plot(x, Sigmoid().derivative(x), color=BLUE, linewidth=5, label="e / (1 + e)^2")
    ax.plot(x[slope > 0], slope[slope > 0], "--", color=utils.INK, label="s (1 - s)")
    ax.plot(end, slope[x == end], "o", color=utils.INK)
    ax.set(yscale="log", xlabel="input x", ylabel="slope s'(x)")
    ax.legend(loc="upper left")
    return figure


# What it is for: a classifier ---------------------------------------------------------


def clouds(seed, points=100):
    """Two overlapping clouds of points, one shifted: x (2 points, 2), labels y (2 points, 1)."""
    y = np.repeat([[0.0], [1.0]], points, axis=0)
    x = np.random.default_rng(seed).normal(size=(2 * points, 2)) + (2 * y - 1) * [1, 0.5]
    return x, y


def classifier(steps=100, rate=1.0):
    utils.heading("What it is for: one unit learns to classify, by p - y")
    (x, y), (new_x, new_y) = clouds(seed=0), clouds(seed=1, points=5000)
    w, b = np.zeros((2, 1)), 0.0
    losses, rows = [], []
    for step in range(steps + 1):
        p = Sigmoid()(x @ w + b)  # (200, 1); a score above 0 is a p above 1/2
        losses.append(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))  # the cross-entropy
        if step in (0, 1, 5, 20, 100):
            right = np.mean((new_x @ w + b > 0) == new_y)
            rows.append([step, f"{losses[-1]:.2f}", f"{right:.2f}"])
        w -= rate * x.T @ (p - y) / len(y)
        b -= rate * np.mean(p - y)
    utils.print_table(["step", "loss", "share of new points right"], rows)

    print("\nWhy p - y and not s'(x) times dL/dp = (p - y) / (p (1 - p))? Label y = 0:")
    rows = []
    for score in (0.0, 5.0, 36.0, 37.0):
        p = Sigmoid()(score)
        with np.errstate(divide="ignore"):
            rows.append([score, 1 / (1 - p) * Sigmoid().derivative(score), p])
    utils.print_table(["score", "dL/dp times s'", "p - y"], rows)
    print(
        "On paper s' = p (1 - p) cancels what is under dL/dp. Computed, 1 - p has lost its\n"
        "digits, and an exact s' does not help. p - y needs neither (lesson 5)."
    )

    title = "As an output, the sigmoid makes a probability of a score"
    figure, (left, right) = utils.new_figure(title, 2)
    left.plot(losses, color=BLUE)
    left.set(xlabel="step", ylim=(0, None), title="training loss")
    plane = np.stack(np.meshgrid(*[np.linspace(-4, 4, 121)] * 2), axis=-1)
    p = Sigmoid()(plane @ w + b)[..., 0]
    levels, look = np.linspace(0, 1, 11), {"cmap": "PuOr", "alpha": 0.6}
    filled = right.contourf(*plane.transpose(2, 0, 1), p, levels, **look)
    for label, marker, face in ((0, "o", "white"), (1, "^", utils.INK)):
        line = {"markersize": 4, "color": utils.INK, "markerfacecolor": face}
        right.plot(*x[y[:, 0] == label].T, marker, **line)
    right.set(xlabel="x1", ylabel="x2", title="probability of class 1 (triangles)")
    figure.colorbar(filled, ax=right, ticks=[0, 0.5, 1])
    return figure


def main():
    utils.print_values(Sigmoid(), [-10, -5, -2, -1, 0, 1, 2, 5, 10])
    utils.print_gradient_checks({"Sigmoid": Sigmoid(), "without (1 - s)": ForgetfulSigmoid()})
    figures = {
        "sigmoid_curve": utils.explore(Sigmoid(), title="A sigmoid has flat tails", start=4),
        "sigmoid_vanishing": vanishing(),
        "sigmoid_tail": tails(),
        "sigmoid_classifier": classifier(),
    }
    print(
        "\nRemember: a sigmoid turns a score into a probability. Between layers, at weight\n"
        "scale 1, it leaves about a quarter: keep it for outputs and gates."
    )
    return figures


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
