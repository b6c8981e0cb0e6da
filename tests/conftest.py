"""What all tests share: lessons that print and draw without a screen, and no figure left open."""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before NumPy: small products, shared cores

import matplotlib  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
import pytest  # noqa: E402

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def _left_as_it_was():
    """No test leaves figures, or another backend of pyplot, to the next ones."""
    yield
    plt.close("all")
    if matplotlib.get_backend() != "agg":
        plt.switch_backend("agg")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Two processes, if pytest-xdist is there and the command line says nothing else."""
    is_one_of_them = hasattr(config, "workerinput")
    processes = config.getoption("numprocesses", default=0)  # None: not said; 0: no pytest-xdist
    if processes is None and not is_one_of_them and not config.getoption("usepdb"):
        config.option.numprocesses = 2
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False  # the order is that of the next function


def pytest_collection_modifyitems(items):
    """First the files that keep one of the two processes busy longest."""
    longest = ["test_transcripts.py", "test_running.py", "test_lessons.py"]
    place = {name: -len(longest) + i for i, name in enumerate(longest)}
    items.sort(key=lambda item: place.get(item.path.name, 0))
