"""Train wide grids of networks, and print what decides the comparisons of lessons 2, 3 and 6.

Run it:  python tests/controls.py [FIRST_SEED]

Nine seeds from 100 on, which nobody tuned on, or from FIRST_SEED. Every contender is trained
at every weight scale and rate; a best value marked with ! lies on the edge of its grid. About
ten minutes. A lesson runs a part of these grids; its test asserts that the best lies inside.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from activations_utils import (
    FORMULAS,
    Formula,
    Grid,
    Network,
    best,
    digits,
    spirals,
    steps_to_reach,
    train,
    train_grid,
    written,
)

CONTENDERS = {
    "sigmoid": FORMULAS["Sigmoid"],
    "sigmoid - 1/2": Formula(lambda x: 1 / (1 + np.exp(-x)) - 0.5, lambda y: 0.25 - y * y),
    "tanh": FORMULAS["Tanh"],
    "ReLU": FORMULAS["ReLU"],
}
DATA = {"spirals": spirals, "digits": digits}
SHAPES = ([32, 32], [16] * 4, [16] * 8)
SCALES = (0.5, 1, 1.4, 2, 4, 8, 16, 32, 64)
RATES = 10.0 ** np.arange(-1.5, 1.5, 0.5)
RIDGE_SCALES = (0.7, 1.4, 2.8, 5.6, 11.3)
RIDGE_RATES = 10.0 ** np.arange(-5, 1.5, 0.5)


def table(columns: list[str]) -> None:
    print(f"\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")


def row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def marked(values: np.ndarray, place: int) -> str:
    """A value of a grid, with ! on its edge."""
    return f"{values[place]:.2g}{'' if 0 < place < len(values) - 1 else ' !'}"


def who_learns_sooner(seeds: range) -> None:
    """Lessons 2 and 3: every contender at its best scale and rate, and at its usual scale."""
    table(["data", "hidden", "", "scale", "rate", "steps to 0.3", "new examples right",
           "at the usual scale: loss", "new examples right"])  # fmt: skip
    for (data_name, data), hidden in ((d, h) for d in DATA.items() for h in SHAPES):
        for name, formula in CONTENDERS.items():
            grid = train_grid(
                formula, data, hidden, scales=SCALES, rates=RATES, steps=200, seeds=seeds
            )
            usual = SCALES.index(1.4 if name == "ReLU" else 1)
            steps, loss = np.median(grid.steps, axis=-1), np.median(grid.loss, axis=-1)
            # Where the goal is out of reach the loss decides.
            scale, rate = best(grid.steps if np.isfinite(steps).any() else grid.loss)
            usual_rate = loss[usual].argmin()
            row(data_name, f"{len(hidden)} x {hidden[0]}", name,
                marked(grid.scales, scale), marked(grid.rates, rate),
                written(steps[scale, rate]), f"{np.median(grid.new_accuracy[scale, rate]):.2f}",
                f"{loss[usual, usual_rate]:.3f}",
                f"{np.median(grid.new_accuracy[usual, usual_rate]):.2f}")  # fmt: skip


def what_the_ridge_is_worth(seeds: range) -> None:
    """Lesson 6: at every weight scale the best rate, and what is learned at it."""
    table(["data", "hidden", "steps", "", "scale", "best rate", "loss", "new examples right"])
    for (data_name, data), width, steps in (
        (d, w, s) for d in DATA.items() for w, s in ((32, 100), (16, 200))
    ):
        for name in ("sigmoid", "tanh", "ReLU"):
            for scale in RIDGE_SCALES:
                grid: Grid = train_grid(
                    CONTENDERS[name], data, [width] * 4, scales=[scale], rates=RIDGE_RATES,
                    steps=steps, seeds=seeds,
                )  # fmt: skip
                _, rate = best(grid.loss)
                row(data_name, f"4 x {width}", steps, name, scale, marked(grid.rates, rate),
                    f"{np.median(grid.loss[0, rate]):.4f}",
                    f"{np.median(grid.new_accuracy[0, rate]):.2f}")  # fmt: skip


def where_the_offset_hurts(seeds: range) -> None:
    """Lesson 2: the sigmoid as it is, and with biases that take its 1/2 off at the start."""
    table(["data", "hidden", "", "best scale", "rate", "steps to 0.3"])
    scales, rates = (2, 4, 8, 16, 32), (0.1, 0.3, 1, 3, 10)
    tasks = [("spirals", easy_spirals, shape) for shape in SHAPES]
    for data_name, data, hidden in [*tasks, ("digits", few_digits, [16] * 4)]:
        x, labels = data(seeds)
        for name, share in (("sigmoid", 0), ("sigmoid, biases start at -1/2 sum W", 0.5),
                            ("sigmoid - 1/2", 0), ("tanh", 0)):  # fmt: skip
            steps = np.empty((len(scales), len(rates), len(seeds)))
            for place in np.ndindex(steps.shape[:2]):
                network = Network(
                    [x.shape[-1], *hidden, labels.max() + 1], CONTENDERS[name.split(",")[0]],
                    weight_scale=scales[place[0]], seeds=seeds,
                )  # fmt: skip
                for weights, bias in zip(network.weights[1:], network.biases[1:], strict=True):
                    bias -= share * weights.sum(axis=1, keepdims=True)
                with np.errstate(all="ignore"):
                    loss = train(network, x, labels, steps=150, rate=rates[place[1]]).loss
                steps[place] = steps_to_reach(loss, 0.3)
            scale, rate = best(steps)
            row(data_name, f"{len(hidden)} x {hidden[0]}", name,
                marked(np.array(scales), scale), marked(np.array(rates), rate),
                written(np.median(steps[scale, rate])))  # fmt: skip


def easy_spirals(seeds: range, new: bool = False) -> tuple:
    return spirals(seeds, turns=0.5, points=20, new=new)


few_digits = partial(digits, faces=7)


def without_bends(seeds: range) -> None:
    """Lessons 3, 5 and 6: how far a network without any activation comes on the digits."""
    table(["digits of", "hidden layers, f(x) = x", "rate", "steps to 0.3", "new right"])
    for faces, data in (("14 faces", digits), ("7 faces", few_digits)):
        for hidden in ([], [16] * 8):
            grid = train_grid(
                FORMULAS["no activation"], data, hidden, scales=[1], steps=100,
                rates=10.0 ** np.arange(-2.5, 0.6, 0.5), seeds=seeds,
            )  # fmt: skip
            _, rate = best(grid.loss)
            row(faces, len(hidden), marked(grid.rates, rate),
                written(np.median(grid.steps[0, rate])),
                f"{np.median(grid.new_accuracy[0, rate]):.2f}")  # fmt: skip


def whose_scale_it_is(seeds: range) -> None:
    """Lesson 6: the scale of the hidden layers and that of the output layer, one at a time."""
    table(["4 x 32, digits of 7 faces", "hidden", "output", "rate", "loss", "new right"])
    (x, labels), (new_x, new_labels) = few_digits(seeds), few_digits(seeds, new=True)
    for name, usual, large in (("tanh", 1.4, 4), ("ReLU", 1.4, 4)):
        for hidden, output in ((usual, usual), (usual, large), (large, usual), (large, large),
                               (usual, 30), (large, 0.04)):  # fmt: skip
            found = []
            for rate in RIDGE_RATES:
                network = Network(
                    [100, *[32] * 4, 10], CONTENDERS[name], weight_scale=hidden, seeds=seeds
                )
                network.weights[-1] *= output / hidden
                with np.errstate(all="ignore"):
                    loss = train(network, x, labels, steps=100, rate=rate).loss[-1]
                right = (network.forward(new_x).argmax(-1) == new_labels).mean(-1)
                found.append((np.median(np.fmin(loss, np.log(10))), rate, np.median(right)))
            loss, rate, right = min(found)
            row(name, hidden, output, f"{rate:.2g}", f"{loss:.3f}", f"{right:.2f}")


def deep_sigmoids(seeds: range) -> None:
    """Lessons 3 and 6: what larger weights do for a sigmoid of many layers."""
    table(["data", "hidden", "steps", "scale", "rate", "loss", "steps to 0.3", "new right"])
    for data_name, data, hidden, steps, scales in (
        ("spirals", easy_spirals, [16] * 8, 150, (1, 4, 8, 16)),
        ("digits", few_digits, [32] * 8, 300, (4, 11.3)),
        ("digits", few_digits, [32] * 12, 300, (5.6, 11.3)),
    ):
        for scale in scales:
            grid = train_grid(
                CONTENDERS["sigmoid"], data, hidden, scales=[scale], steps=steps,
                rates=(0.03, 0.1, 0.3, 1, 3, 10), seeds=seeds,
            )  # fmt: skip
            _, rate = best(grid.loss)
            row(data_name, f"{len(hidden)} x {hidden[0]}", steps, scale,
                marked(grid.rates, rate), f"{np.median(grid.loss[0, rate]):.3f}",
                written(np.median(grid.steps[0, rate])),
                f"{np.median(grid.new_accuracy[0, rate]):.2f}")  # fmt: skip


def in_other_units(seeds: range) -> None:
    """Lesson 3: the spirals as they are, and stretched to a mean square of 1."""
    table(["spirals times", "", "best scale", "rate", "steps to 0.3"])
    for factor in (1, 2.38):

        def stretched(seeds: range, new: bool = False, factor: float = factor) -> tuple:
            x, labels = spirals(seeds, points=30, new=new)
            return (factor * x).astype(np.float32), labels

        for name in ("ReLU", "tanh"):
            grid = train_grid(
                CONTENDERS[name], stretched, [32, 32], scales=SCALES[1:8],
                rates=(0.03, 0.1, 0.3, 1, 3, 10), steps=80, seeds=seeds,
            )  # fmt: skip
            scale, rate = best(grid.steps)
            row(factor, name, marked(grid.scales, scale), marked(grid.rates, rate),
                written(np.median(grid.steps[scale, rate])))  # fmt: skip


if __name__ == "__main__":
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(f"Seeds {first} to {first + 8}; medians.")
    nine = range(first, first + 9)
    for measure in (
        where_the_offset_hurts, in_other_units, without_bends, whose_scale_it_is, deep_sigmoids,
        what_the_ridge_is_worth, who_learns_sooner,
    ):  # fmt: skip
        measure(nine)
