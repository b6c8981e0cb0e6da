"""What a lesson does where it is run: terminals, pipes, folders, backends, sessions, notebooks.

A tiny lesson stands for all of them; the six scripts are run as well, once each.
"""

import base64
import io
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import pytest
from jupyter_client.manager import start_new_kernel

import activations_utils as utils
from transcript import ROOT, SCRIPTS

TINY = '''"""Lesson 9 - a tiny one."""
from matplotlib.animation import FuncAnimation

import activations_utils as utils


def main():
    print("A lesson.")
    still, _ = utils.new_figure("The still one", height=2)
    moving, _ = utils.new_figure("The moving one", height=3)
    moving.animation = FuncAnimation(moving, moving.set_linewidth, [1, 2])
    moving.canvas.draw()
    return {"still": still, "moving": moving}


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
'''
IMPORTS = """
import sys, matplotlib
settings = dict.copy(matplotlib.rcParams)  # as they are: to ask for the backend chooses one
lessons = [name.removesuffix(".py") for name in sys.argv[1:]]
for place, name in enumerate(lessons):
    __import__(name)
    others = {"torch", *lessons} & {*sys.modules} - {*lessons[: place + 1]}
    assert not others or name == "activations_torch", f"{name} brings {others}"
assert dict.__eq__(matplotlib.rcParams, settings)
assert matplotlib.pyplot.get_fignums() == []
"""
PICTURES = ["moving.gif", "still.png"]
WINDOWS = "WINDOW 1 of 2: The still one\nWINDOW 2 of 2: The moving one\nOpen until closed.\n"
READERS_OWN = "interactive: True\nfont.size: 24\naxes.facecolor: black\nsavefig.dpi: 50\n"
PATH = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
NOT_OURS = "DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONUNBUFFERED"
LINUX = sys.platform == "linux"  # elsewhere there always is a screen
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
ENVIRONMENT |= {"PYTHONIOENCODING": "ascii", "PYTHONPATH": PATH}
ENVIRONMENT |= {} if LINUX else {"MPLBACKEND": "agg"}
BACKENDS = ["svg", "module://matplotlib.backends.backend_agg", "module://no_such_thing"]
BACKENDS += ["module://matplotlib_inline.backend_inline", *(["tkagg"] if LINUX else [])]
RUN = ("sigmoid_from_scratch.py", "activations_utils.py")  # test_transcripts.py runs them all


def run(script, *arguments, cwd, flags=("-W", "error"), stdout=subprocess.PIPE, **variables):
    """Run a script in a process without a screen, on a terminal that can only print ASCII."""
    return subprocess.run(
        [sys.executable, *flags, str(script), *arguments], cwd=cwd, env=ENVIRONMENT | variables,
        stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.fixture(scope="module", autouse=True)
def runs(tmp_path_factory):
    """Two scripts, copied to a folder, run from another one while other tests go on."""
    folders = "my lessons", "my desk", "no torch"
    lessons, here, no_torch = map(tmp_path_factory.mktemp, folders)
    (no_torch / "torch.py").write_text("raise ImportError")
    for script in SCRIPTS:
        shutil.copy(ROOT / script, lessons)

    def start(script):
        folder = f"my plots/{script}"
        path = {"PYTHONPATH": str(no_torch)}
        return run(lessons / script, "--save", folder, cwd=here, **path), here / folder

    pool = ThreadPoolExecutor(1)
    yield {script: pool.submit(start, script) for script in RUN}
    pool.shutdown(cancel_futures=True)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """The current folder, with the tiny lesson and nothing else; no screen."""
    (tmp_path / "tiny.py").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tiny.py"])
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    handlers = {n: signal.getsignal(n) for n in {2, 13} & signal.valid_signals()}  # INT, PIPE
    yield tmp_path
    for number, handler in handlers.items():
        signal.signal(number, handler)


def run_here():
    runpy.run_path("tiny.py", run_name="__main__")


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_windows_figures_are_saved(backend, tiny):
    matplotlib.rcParams["backend"] = backend  # as MPLBACKEND does
    run_here()
    assert names("plots") == PICTURES


def test_windows_are_shown_at_the_end_numbered_and_titled(tiny):
    (tiny / "tiny.py").write_text(TINY.replace("A lesson", "Une le\u00e7on"), "utf-8")
    (tiny / "matplotlibrc").write_text(READERS_OWN)
    found = run("tiny.py", cwd=tiny, flags=("-W", "error", "-O"), MPLBACKEND="module://screen")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "Une le\\xe7on.\n" + WINDOWS
    assert names(tiny) == ["matplotlibrc", "tiny.py"], "shown, so not saved"


def test_a_readers_settings_do_not_change_the_pictures(tiny):
    run_here()
    Path("plots").rename("usual")
    (tiny / "matplotlibrc").write_text(READERS_OWN)
    found = run("tiny.py", cwd=tiny, flags=("-W", "error", "-OO"))
    assert (found.returncode, found.stderr) == (0, "")
    assert names("plots") == PICTURES
    for name in PICTURES:
        assert Path("plots", name).read_bytes() == Path("usual", name).read_bytes()


@pytest.mark.parametrize("in_the_way", ["plots", "plots/moving.gif/x"])
def test_what_cannot_be_written_gets_one_line_after_the_lesson(in_the_way, tiny):
    (tiny / in_the_way).parent.mkdir(parents=True, exist_ok=True)
    (tiny / in_the_way).touch()
    found = run("tiny.py", cwd=tiny)
    assert found.returncode == 1
    assert found.stdout.startswith("A lesson.\n")
    assert re.fullmatch("plots cannot be written: .+\n", found.stderr)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_control_c_and_a_reader_who_leaves_cause_no_traceback(tiny):
    stop = "\n    import signal; signal.raise_signal(signal.SIGINT)"
    (tiny / "stopped.py").write_text(TINY.replace('("A lesson.")', '("A lesson.")' + stop))
    found = run("stopped.py", cwd=tiny)
    assert (found.returncode, found.stderr) == (-signal.SIGINT, "")
    assert found.stdout == "A lesson.\n", "each line is there at once, in a pipe too"
    reader, writer = os.pipe()
    os.close(reader)
    found = run("tiny.py", cwd=tiny, stdout=writer)
    os.close(writer)
    assert (found.returncode, found.stderr) == (-signal.SIGPIPE, "")


def test_in_a_thread_and_on_a_plain_stream(tiny, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run_here).result()
    assert sys.stdout.getvalue().startswith("A lesson.\n")
    assert names("plots") == PICTURES


@pytest.mark.parametrize("argv", [["x.py", "--save", "x"], ["", "--help"], ["lab", "--foreign"]])
def test_a_foreign_command_line_is_not_read(argv, tiny, monkeypatch, capsys):
    matplotlib.use("module://screen")
    monkeypatch.setattr(sys, "argv", argv)
    exec(TINY, {"__name__": "__main__", "__file__": argv[0]})
    assert capsys.readouterr().out == "A lesson.\n" + WINDOWS
    utils.run_lesson(runpy.run_path("tiny.py")["main"], "")
    assert capsys.readouterr().out == "A lesson.\n" + WINDOWS


def test_its_own_command_line_is_read(tiny, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["", "--help"])
    with pytest.raises(SystemExit, match="0"):
        run_here()
    assert "[--save DIR]\n\nLesson 9 - a tiny one.\n" in capsys.readouterr().out
    run("tiny.py", "--save", "debugged", cwd=tiny, flags=("-m", "pdb", "-c", "continue", "--"))
    matplotlib.use("module://screen")
    monkeypatch.setattr(sys, "argv", ["", "--save", "~/mine"])
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tiny))
    run_here()
    assert matplotlib.get_backend() == "agg", "no window can open"
    assert names(tiny) == ["debugged", "mine", "tiny.py"]
    assert names("debugged") == names("mine") == PICTURES


STATE = """
import gc, signal, sys, warnings
import matplotlib.pyplot as plt
gc.collect()
print("STATE", plt.get_backend(), plt.isinteractive(), plt.get_fignums(), signal.getsignal(2),
      plt.rcParams["font.size"], plt.rcParams["axes.grid"], sys.stdout.errors)
"""
IPYTHON = f"""
import matplotlib.pyplot as plt; plt.ion(); plt.rcParams["font.size"] = 7
{STATE}
%run tiny.py
%run tiny.py --save here
{STATE}
plt.switch_backend("module://screen"); print("=====")
%run tiny.py
%matplotlib inline
print("=====")
%run tiny.py
print(plt.isinteractive(), plt.get_fignums(), "ipykernel" in sys.modules)
"""


def test_ipython_without_a_kernel_stays_as_it_was(tiny):
    found = run(IPYTHON, cwd=tiny, flags=("-m", "IPython", "-c"), IPYTHONDIR=str(tiny))
    saved, windows, inline = found.stdout.split("=====\n")
    assert names("plots") == names("here") == PICTURES
    before, after = re.findall("STATE .+", saved)
    assert before == after
    assert before.startswith("STATE agg True [] ")
    assert windows.startswith("A lesson.\n" + WINDOWS)
    figures = "<Figure size 800x200 with 1 Axes>\n<Figure size 800x300 with 1 Axes>\n"
    assert inline.startswith(f"A lesson.\n{figures}True [] False\n")


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A real Jupyter kernel: notebook(cell) gives what it prints, complaints, images' heights."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "tiny.py").write_text(TINY)
    environment = {**ENVIRONMENT, "IPYTHONDIR": str(folder)}
    environment.pop("MPLBACKEND", None)
    manager, client = start_new_kernel(cwd=str(folder), env=environment)

    def run_cell(cell):
        printed, complaints, heights = [], [], []

        def receive(message):
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                (printed if content["name"] == "stdout" else complaints).append(content["text"])
            elif kind == "error":
                complaints.append(content["evalue"])
            elif kind == "display_data":
                png = base64.b64decode(content["data"].get("image/png", ""))
                heights.append(round(int.from_bytes(png[20:24], "big"), -2))

        client.execute_interactive(cell, output_hook=receive, timeout=60)
        return "".join(printed), "".join(complaints), heights

    yield run_cell
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("magic", ["inline", "widget"])
def test_a_notebook_shows_a_lesson_and_stays_as_it_was(magic, notebook):
    for cell in ("", f"%matplotlib {magic}\nplt.rcParams['font.size'] = 7"):
        notebook(cell)
        before = notebook(STATE)[0]
        printed, complaints, heights = notebook("%run tiny.py --save here")
        assert (printed.count("Figure saved"), complaints, heights) == (2, "", [])
        assert notebook(STATE)[0] == before
        for lesson in ("%run tiny.py", "import tiny; tiny.utils.run_lesson(tiny.main, '')"):
            assert notebook(lesson) == ("A lesson.\n", "", [200, 300])
            assert notebook(STATE)[0] == before


def test_a_notebook_shows_and_says_nothing_else(notebook):
    notebook(f"%matplotlib inline\n{STATE}\nwarnings.simplefilter('always')")
    notebook("%run tiny.py")
    _, complaint, heights = notebook("%run tiny.py --save tiny.py")
    assert re.fullmatch("tiny.py cannot be written: .+", complaint)
    assert heights == []
    assert notebook(STATE)[1] == ""


@pytest.mark.parametrize(("place", "script"), list(enumerate(SCRIPTS, start=1)))
def test_a_script_says_what_it_is_and_needs(place, script):
    source = (ROOT / script).read_text("utf-8")
    needs = (ROOT / "requirements.txt").read_text().split()
    needs += re.findall(r'pip install "(torch>=[\d.]+)"', source)
    block = '# /// script\n# requires-python = ">=3.10"\n# dependencies = '
    assert source.startswith(block + str(needs).replace("'", '"') + "\n# ///\n")
    assert ("torch" in str(needs)) == (script == "activations_torch.py")
    description = source.split('"""')[1]
    assert re.match(rf"Lesson {place} - .+\n\n", description)
    assert description.isascii(), "--help prints it anywhere"
    assert description.endswith(f"\n\nRun it:  python {script} [--save DIR]\n")
    assert source.endswith("run_lesson(main, __doc__)\n")


def test_importing_lessons_does_nothing(tmp_path):
    found = run(IMPORTS, SCRIPTS[-1], *SCRIPTS[:-1], cwd=tmp_path, flags=("-W", "error", "-c"))
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert names(tmp_path) == []


def test_lesson_5_without_torch_says_how_to_install_it(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError")
    found = run(ROOT / "activations_torch.py", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert (found.returncode, found.stdout) == (1, "")
    assert re.fullmatch('Lesson 5 .+ pip install "torch>=.+"\n', found.stderr)


@pytest.mark.parametrize("script", RUN)
def test_a_lesson_runs_anywhere(script, runs):
    found, folder = runs[script].result()
    assert (found.returncode, found.stderr) == (0, "")
    story, *saved = found.stdout.split("\nFigure saved as ")
    assert "\nRemember: " in story
    assert "\\" not in story, "not ASCII"
    written = [str(Path("my plots", script, name)) for name in names(folder)]
    assert sorted(name.strip() for name in saved) == written
    for path in folder.iterdir():
        kind = (".gif", b"GIF8") if path.stem == "compare_learning" else (".png", b"\x89PNG")
        assert (path.suffix, path.read_bytes()[:4]) == kind
    assert names(folder.parent.parent) == ["my plots"]
