"""Runs of the six scripts that several tests look at, two at a time, once a session."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import pytest

from lessons import SCRIPTS, Run, run_script

matplotlib.use("agg")


@pytest.fixture(scope="session")
def no_torch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """A PYTHONPATH on which torch cannot be imported."""
    folder = tmp_path_factory.mktemp("no torch")
    (folder / "torch.py").write_text("raise ImportError('there is no torch here')\n")
    return lambda: str(folder)


@pytest.fixture(scope="session")
def saved_runs(
    tmp_path_factory: pytest.TempPathFactory, no_torch: Callable[[], str]
) -> dict[str, Run]:
    """Each script with --save, from a folder of its own."""

    def run(script: str) -> Run:
        folder = tmp_path_factory.mktemp(script) / "my figures" / "here"
        without = {} if script == "activations_torch.py" else {"PYTHONPATH": no_torch()}
        done = run_script(
            script, "--save", str(folder), cwd=folder.parent.parent, environment=without
        )
        return done._replace(folder=folder)

    return _run_all(run)


@pytest.fixture(scope="session")
def blocked_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Each script in a folder where a file called plots is in its way."""

    def run(script: str) -> Run:
        folder = tmp_path_factory.mktemp(script)
        Path(folder, "plots").write_text("a file")
        return run_script(script, cwd=folder)

    return _run_all(run)


def _run_all(run: Callable[[str], Run]) -> dict[str, Run]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(SCRIPTS, pool.map(run, SCRIPTS), strict=True))
