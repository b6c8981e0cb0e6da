"""What a lesson does where it is run: terminals, pipes, full disks, backends, notebooks.

A tiny lesson stands for all of them. `test_scripts.py` runs the real ones.
"""

from __future__ import annotations

import base64
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from PIL import Image

import activations_utils as utils
from lessons import ROOT, Run, run_script, skip_without_torch

TINY = '''"""Lesson 9 - a tiny one."""
import os
import time

from matplotlib.animation import FuncAnimation

import activations_utils as utils


def main():
    print("A lesson.")
    time.sleep(float(os.environ.get("SLEEP", 0)))
    figures = {}
    for place, name in enumerate(("one", "two"), start=2):
        figures[name], ax = utils.new_figure(f"Figure {name}", height=place)
        (line,) = ax.plot([1, 2, 3])
    moving = figures["two"]
    moving.animation = FuncAnimation(moving, line.set_linewidth, [1, 2], interval=100)
    if "BROKEN" in os.environ:
        figures["one"].savefig = broken
    return figures


def broken(path):
    raise OSError("encoder error -2")  # as Pillow says, without an errno


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
'''
PICTURES = ["one.png", "two.gif"]
SCREEN = {"MPLBACKEND": "module://screen"}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder with the tiny lesson and nothing else."""
    (tmp_path / "tiny.py").write_text(TINY)
    return tmp_path


def run_tiny(folder: Path, *arguments: str, **environment: str) -> Run:
    path = os.pathsep.join([str(folder / "first"), str(ROOT), str(ROOT / "tests")])
    environment = {"PYTHONPATH": path, **environment}
    return run_script("tiny.py", *arguments, cwd=folder, root=folder, environment=environment)


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---------------------------------------------------------------- backends and settings


def test_a_backend_without_windows_saves(tiny: Path) -> None:
    run = run_tiny(tiny, MPLBACKEND="svg")
    assert (run.code, run.errors) == (0, "")
    assert pictures(tiny / "plots") == PICTURES
    assert (tiny / "plots" / "two.gif").read_bytes().startswith(b"GIF89a")


def test_only_a_backend_with_windows_shows_outside_a_notebook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    try:
        drawing = ["agg", "pdf", "pgf", "ps", "svg", "template"]
        missing = ["module://no_such_thing"]
        if sys.platform == "linux":  # elsewhere there always is a screen
            missing += ["tkagg", "qtagg"]
        for_notebooks = [
            "inline",
            "module://matplotlib_inline.backend_inline",
            "nbAgg",
            "widget",
        ]
        by_module = ["module://matplotlib.backends.backend_agg"]
        for backend in drawing + missing + for_notebooks + by_module:
            assert not utils.shows_here(backend), backend
        assert utils.shows_here("module://screen")
    finally:
        plt.switch_backend("agg")


def test_a_file_in_the_way_gets_one_line_after_the_lesson(tiny: Path) -> None:
    (tiny / "plots").write_text("a file")
    run = run_tiny(tiny)
    assert run.code == 1
    assert run.output.startswith("A lesson.\n")
    assert re.fullmatch("Stopped: plots cannot be written: .*\n", run.errors)


@pytest.mark.parametrize(("level", "lesson"), [("0", "Lesson 9"), ("2", "Lesson")])
def test_windows_are_titled_by_their_place(level: str, lesson: str, tiny: Path) -> None:
    run = run_tiny(tiny, PYTHONOPTIMIZE=level, **SCREEN)  # 2 takes the docstrings away
    assert (run.code, run.errors) == (0, "")
    assert f"WINDOW 800 x 200: {lesson}, figure 1 of 2: Figure one\n" in run.output
    assert f"WINDOW 800 x 300: {lesson}, figure 2 of 2: Figure two\n" in run.output
    assert pictures(tiny) == ["tiny.py"], "shown, so not saved"


def test_save_knows_the_home_folder_and_a_readers_settings_do_not_matter(tiny: Path) -> None:
    home = {"HOME": str(tiny), "USERPROFILE": str(tiny)}
    for folder in ("usual", "mine"):
        run = run_tiny(tiny, f"--save=~/{folder}", **home)
        assert (run.code, run.errors) == (0, "")
        assert pictures(tiny / folder) == PICTURES
        settings = "axes.facecolor: black\nfont.size: 24\nlines.linewidth: 9\nsavefig.dpi: 50\n"
        (tiny / "matplotlibrc").write_text(settings + "text.color: yellow")
    for name in PICTURES:
        assert (tiny / "mine" / name).read_bytes() == (tiny / "usual" / name).read_bytes()


# ------------------------------------------------------------- what cannot be written


def test_a_figure_that_cannot_be_written_gets_one_line_with_a_reason(tiny: Path) -> None:
    # By a backend that cannot be loaded, for want of its web server.
    (tiny / "first").mkdir()
    (tiny / "first" / "tornado.py").write_text("raise ImportError")
    run = run_tiny(tiny, MPLBACKEND="webagg", BROKEN="1")
    assert run.code == 1
    assert run.output.startswith("A lesson.\n")
    assert run.errors == "Stopped: plots cannot be written: encoder error -2\n"


def start(folder: Path, **kinds: Any) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
    }
    command = [sys.executable, "-W", "error", str(kinds.pop("script", folder / "tiny.py"))]
    environment |= kinds.pop("environment", {})
    return subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, **kinds
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_for_the_output_gets_one_line(tiny: Path) -> None:
    with Path("/dev/full").open("w") as full, start(tiny, stdout=full) as process:
        errors = process.communicate()[1]
    assert process.returncode == 1
    assert errors == "Stopped: [Errno 28] No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows calls a closed pipe an invalid argument")
@pytest.mark.parametrize("script", ["tiny.py", "activations_torch.py"])
def test_nobody_reads_the_output(script: str, tiny: Path) -> None:
    skip_without_torch(script)
    path = tiny / script if script == "tiny.py" else ROOT / script
    reader, writer = os.pipe()
    os.close(reader)
    with start(tiny, script=path, stdout=writer) as process:
        os.close(writer)
        assert process.communicate()[1] == ""
    assert process.returncode == 1


# -------------------------------------------------------------------------- Control-C


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize(
    ("script", "sign", "environment"),
    [
        ("tiny.py", "A lesson", {"SLEEP": "60"}),
        ("tiny.py", "WINDOW 800 x 300", {"WAIT": "1"}),
        ("activations_torch.py", "Loading", {}),
    ],
    ids=["in a lesson", "while windows are open, interactive or not", "while torch loads"],
)
def test_control_c_ends_with_one_line(
    script: str, sign: str, environment: dict[str, str], tiny: Path
) -> None:
    skip_without_torch(script)
    (tiny / "matplotlibrc").write_text("interactive: True")
    path = tiny / script if script == "tiny.py" else ROOT / script
    with start(
        tiny,
        script=path,
        environment={**SCREEN, **environment},
        stdout=subprocess.PIPE,
        # A shell's background job, as these tests may be, passes on that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert any(sign in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
        # Under -W error Python itself may complain of a file that an import left open.
        assert errors.split("Exception ignored in")[0] == "\nStopped.\n"
    assert process.returncode == 130


# -------------------------------------------------------------------------- notebooks


class Notebook:
    """A real Jupyter kernel: run(cell) returns what is printed and the displayed data."""

    def __init__(self, folder: Path) -> None:
        jupyter = pytest.importorskip("jupyter_client.manager")
        pytest.importorskip("ipykernel")
        variables = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / ".ipython")}
        environment = {**os.environ, **variables}
        environment.pop("MPLBACKEND", None)
        self.manager, self.client = jupyter.start_new_kernel(cwd=str(folder), env=environment)

    def run(self, cell: str) -> tuple[str, list[dict[str, Any]]]:
        printed, displayed = [], []

        def receive(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                printed.append(content["text"].replace("\r", ""))
            elif message["msg_type"] == "error":
                printed.append(f"{content['ename']}: {content['evalue']}\n")
            elif message["msg_type"] == "display_data":
                displayed.append(content["data"])

        self.client.execute_interactive(cell, output_hook=receive, timeout=60)
        return "".join(printed), displayed

    def state(self) -> str:
        return self.run(
            "import matplotlib.pyplot as plt\n"
            "print(plt.get_backend(), plt.isinteractive(), plt.get_fignums())\n"
            "print(plt.rcParams['font.size'], plt.rcParams['axes.grid'])"
        )[0]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "tiny.py").write_text(TINY)
    notebook = Notebook(folder)
    yield notebook
    notebook.client.stop_channels()
    notebook.manager.shutdown_kernel(now=True)


def heights(displayed: list[dict[str, Any]]) -> list[int]:
    """In pixels, of the pictures, which are drawn for widgets too; the order shows in them."""
    files = [io.BytesIO(base64.b64decode(data["image/png"])) for data in displayed]
    return [round(Image.open(file).height, -2) for file in files]


def test_a_notebook_runs_a_lesson_in_a_process_of_its_own(notebook: Notebook) -> None:
    printed, displayed = notebook.run(f'!"{sys.executable}" tiny.py')
    assert displayed == []
    assert printed.count("Figure saved as plots") == len(PICTURES)


@pytest.mark.parametrize("magic", ["inline", "widget"])
def test_a_notebook_shows_a_lesson_and_stays_as_it_was(magic: str, notebook: Notebook) -> None:
    if magic == "widget":
        pytest.importorskip("ipympl")
    notebook.run(f"%matplotlib {magic}")
    before = notebook.state()
    assert before.startswith(f"{magic} True []")

    printed, displayed = notebook.run("%run tiny.py --save here")
    assert displayed == []
    assert printed.count("Figure saved as here") == len(PICTURES)
    assert notebook.state() == before

    for cell in ("%run tiny.py", "import tiny; tiny.utils.run_lesson(tiny.main, tiny.__doc__)"):
        printed, displayed = notebook.run(cell)
        assert printed == "A lesson.\n"
        assert heights(displayed) == [200, 300], cell
        assert notebook.state() == before

    printed, _ = notebook.run("%run tiny.py --save tiny.py")
    assert "SystemExit: Stopped: tiny.py cannot be written: File exists\n" in printed
    printed, _ = notebook.run(
        "def fail():\n    tiny.main()\n    1 / 0\ntiny.utils.run_lesson(fail, '')"
    )
    assert "ZeroDivisionError" in printed
    assert notebook.state() == before
