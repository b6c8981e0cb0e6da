"""Runs of the six scripts that several tests look at, each once a session."""

from __future__ import annotations

import os
from collections import UserDict
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: small products, shared cores

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest

from lessons import Run, run_script, skip_without_torch

matplotlib.use("agg")
np.empty(2**25 - 2**16, np.uint8)  # as in run_lesson: training is quicker


@pytest.fixture(scope="session")
def no_torch(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PYTHONPATH on which torch cannot be imported."""
    folder = tmp_path_factory.mktemp("no torch")
    (folder / "torch.py").write_text("raise ImportError('there is no torch here')\n")
    return str(folder)


class SavedRuns(UserDict[str, Run]):
    """Each script with --save, run when first looked at; but for lesson 5 without torch."""

    def __init__(self, factory: pytest.TempPathFactory, no_torch: str) -> None:
        super().__init__()
        self.factory, self.no_torch = factory, no_torch

    def __missing__(self, script: str) -> Run:
        skip_without_torch(script)
        folder: Path = self.factory.mktemp(script)
        figures = folder / "my figures" / "here"
        without = {} if script == "activations_torch.py" else {"PYTHONPATH": self.no_torch}
        run = run_script(script, "--save", str(figures), cwd=folder, environment=without)
        self[script] = run._replace(folder=figures)
        return self[script]


@pytest.fixture(scope="session")
def saved_runs(tmp_path_factory: pytest.TempPathFactory, no_torch: str) -> SavedRuns:
    return SavedRuns(tmp_path_factory, no_torch)


@pytest.fixture(autouse=True)
def _left_as_it_was() -> object:
    """No test leaves figures, or another backend of pyplot, to the next ones."""
    yield
    matplotlib.pyplot.close("all")
    if matplotlib.get_backend() != "agg":
        matplotlib.pyplot.switch_backend("agg")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First the files that take one of the two processes longest: all six scripts, kernels."""
    longest = ("test_running.py", "test_golden.py")
    items.sort(key=lambda item: item.path.name in longest, reverse=True)
