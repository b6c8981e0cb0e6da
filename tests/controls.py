"""Train wide grids of networks, and print what decides the comparisons of lessons 2, 3 and 6.

Run it:  python tests/controls.py [FIRST_SEED]

Nine seeds from 100 on, which nobody tuned on, or from FIRST_SEED. Every contender is trained
at every weight scale and rate; a best value marked with ! lies on the edge of its grid. About
ten minutes. A lesson runs a part of these grids; its test asserts that the best lies inside.
"""

import sys
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
    table(["contender, spirals, 4 x 16", "best scale", "rate", "steps to 0.3"])
    x, labels = spirals(seeds, turns=0.5, points=20)
    for name, share in (("sigmoid", 0), ("sigmoid, biases start at -1/2 sum W", 0.5),
                        ("sigmoid - 1/2", 0), ("tanh", 0)):  # fmt: skip
        found = {}
        for scale in (2, 4, 8, 16, 32):
            for rate in (0.1, 0.3, 1, 3, 10):
                formula = CONTENDERS[name.split(",")[0]]
                network = Network([2, *[16] * 4, 3], formula, weight_scale=scale, seeds=seeds)
                for weights, bias in zip(network.weights[1:], network.biases[1:], strict=True):
                    bias -= share * weights.sum(axis=1, keepdims=True)
                with np.errstate(all="ignore"):
                    loss = train(network, x, labels, steps=150, rate=rate).loss
                found[np.median(steps_to_reach(loss, 0.3))] = scale, rate
        steps = min(found)
        row(name, *found[steps], written(steps))


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
    where_the_offset_hurts(range(first, first + 9))
    in_other_units(range(first, first + 9))
    what_the_ridge_is_worth(range(first, first + 9))
    who_learns_sooner(range(first, first + 9))
