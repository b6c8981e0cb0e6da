"""Runs of the six scripts that several tests look at, once a session.

They start when the session does, two at a time, and run beside the tests that need none.
"""

from __future__ import annotations

import os
from collections import UserDict
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: small products, shared cores

import matplotlib
import matplotlib.pyplot
import pytest

from lessons import SCRIPTS, Run, run_script, skip_without_torch

matplotlib.use("agg")


@pytest.fixture(scope="session")
def no_torch(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PYTHONPATH on which torch cannot be imported."""
    folder = tmp_path_factory.mktemp("no torch")
    (folder / "torch.py").write_text("raise ImportError('there is no torch here')\n")
    return str(folder)


@pytest.fixture(scope="session", autouse=True)
def _script_runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, no_torch: str
) -> Iterator[dict[str, dict[str, Future[Run]]]]:
    wanted = {
        name for item in request.session.items for name in getattr(item, "fixturenames", ())
    }
    started: dict[str, dict[str, Future[Run]]] = {"saved_runs": {}, "blocked_runs": {}}
    pool = ThreadPoolExecutor(max_workers=2)
    for kind, start in (("saved_runs", _save), ("blocked_runs", _block)):
        for script in SCRIPTS if kind in wanted else ():
            folder = tmp_path_factory.mktemp(script)
            started[kind][script] = pool.submit(start, script, folder, no_torch)
    yield started
    pool.shutdown(cancel_futures=True)


def _save(script: str, folder: Path, no_torch: str) -> Run:
    figures = folder / "my figures" / "here"
    without = {} if script == "activations_torch.py" else {"PYTHONPATH": no_torch}
    run = run_script(script, "--save", str(figures), cwd=folder, environment=without)
    return run._replace(folder=figures)


def _block(script: str, folder: Path, no_torch: str) -> Run:
    (folder / "plots").write_text("a file")
    return run_script(script, cwd=folder)


class _Runs(UserDict[str, Run]):
    """Runs by script; looking at one that needs PyTorch skips the test where there is none."""

    def __getitem__(self, script: str) -> Run:
        skip_without_torch(script)
        return super().__getitem__(script)


def _results(runs: Mapping[str, Future[Run]]) -> Mapping[str, Run]:
    return _Runs({script: run.result() for script, run in runs.items()})


@pytest.fixture(scope="session")
def saved_runs(_script_runs: dict[str, dict[str, Future[Run]]]) -> Mapping[str, Run]:
    """Each script with --save; but for lesson 5, where torch cannot be imported."""
    return _results(_script_runs["saved_runs"])


@pytest.fixture(scope="session")
def blocked_runs(_script_runs: dict[str, dict[str, Future[Run]]]) -> Mapping[str, Run]:
    """Each script in a folder where a file called plots is in its way."""
    return _results(_script_runs["blocked_runs"])


@pytest.fixture(autouse=True)
def _same_backend() -> Iterator[None]:
    """A test that switched pyplot's backend leaves the next ones as they were."""
    yield
    if matplotlib.get_backend() != "agg":
        matplotlib.pyplot.switch_backend("agg")
