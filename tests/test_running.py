"""What a lesson does where it is run: terminals, pipes, folders, backends, sessions, notebooks.

A tiny lesson stands for all of them.
"""

import base64
import contextlib
import io
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest
from jupyter_client.manager import start_new_kernel

import activations_utils as utils
from transcript import ROOT, SCRIPTS

TINY = '''"""Lesson 9 - a tiny one."""
from matplotlib.animation import FuncAnimation

import activations_utils as utils


def main():
    print("A lesson.")
    utils.new_figure("still", "The still one", height=2)
    moving, _ = utils.new_figure("moving", "The moving one", height=3)
    moving.animation = FuncAnimation(moving, moving.set_linewidth, [1, 2])
    moving.canvas.draw()


if __name__ == "__main__":
    utils.run_lesson(main, __doc__)
'''
IMPORTS = """
import sys, matplotlib
settings = list(dict.items(matplotlib.rcParams))  # to ask rcParams for the backend chooses one
for name in sys.argv[1:]:
    __import__(name)
    brought = {"torch", *sys.argv[1:]} & {*sys.modules} - {name, "activations_utils"}
    assert not brought, f"{name} brings {brought}"
    del sys.modules[name]
assert list(dict.items(matplotlib.rcParams)) == settings
assert matplotlib.pyplot.get_fignums() == []
"""
LESSONS = sorted(path.name for path in ROOT.glob("*.py"))
PICTURES = ["moving.gif", "still.png"]
WINDOWS = "WINDOW 1 of 2: The still one\nWINDOW 2 of 2: The moving one\nOpen until closed.\n"
READERS_OWN = "interactive: True\nfont.size: 24\naxes.facecolor: black\nsavefig.dpi: 50\n"
PATH = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
NOT_OURS = "DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "PYTHONUNBUFFERED"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
ENVIRONMENT.update(PYTHONIOENCODING="ascii", PYTHONPATH=PATH, MPLBACKEND="agg")


def run(script, *arguments, cwd, flags=("-W", "error"), stdout=subprocess.PIPE, **more):
    """Run a script in a process, without windows, on a terminal that can only print ASCII."""
    return subprocess.run(
        [sys.executable, *flags, str(script), *arguments], cwd=cwd, env=ENVIRONMENT | more,
        stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """The current folder, with the tiny lesson and nothing else; no screen."""
    (tmp_path / "tiny.py").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tiny.py"])
    for name in NOT_OURS:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run_here(*arguments):
    sys.argv[1:] = arguments
    runpy.run_path("tiny.py", run_name="__main__")


def run_main(main):
    """Run a lesson that is made here; the command line is then a foreign one."""
    utils.run_lesson(main, "")


def tell():
    print("Told.")


# Windows and files ---------------------------------------------------------------------------

LINUX = sys.platform == "linux"  # elsewhere there always is a screen
BACKENDS = [
    "svg", "module://matplotlib.backends.backend_agg", "module://no_such_thing", "ipympl", "widget",
    "module://ipympl.backend_nbagg", "inline", "nbagg",
    pytest.param("tkagg", marks=pytest.mark.skipif(not LINUX, reason="there is a screen")),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Passing unrecognized:DeprecationWarning")  # ipympl's own
@pytest.mark.parametrize("backend", BACKENDS)
def test_without_windows_figures_are_saved(backend, tiny):
    matplotlib.rcParams["backend"] = backend  # as MPLBACKEND does
    run_here()
    assert names("plots") == PICTURES


def test_windows_are_shown_numbered_and_titled_from_a_folder_with_spaces_in_another(tiny):
    lessons = tiny / "my lessons"
    lessons.mkdir()
    shutil.copy(ROOT / "activations_utils.py", lessons)
    (tiny / "matplotlibrc").write_text(READERS_OWN)
    (lessons / "mine.py").write_text(TINY.replace("A lesson", "Une le\u00e7on"), "utf-8")
    how = {"MPLBACKEND": "module://screen", "PYTHONPATH": str(ROOT / "tests")}
    found = run("my lessons/mine.py", cwd=tiny, flags=("-W", "error", "-O"), **how)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "Une le\\xe7on.\n" + WINDOWS
    assert names(tiny) == ["matplotlibrc", "my lessons", "tiny.py"], "shown, so not saved"


def test_a_readers_settings_do_not_change_the_pictures(tiny):
    run_here()
    Path("plots").rename("usual")
    (tiny / "matplotlibrc").write_text(READERS_OWN)
    found = run("tiny.py", cwd=tiny, flags=("-W", "error", "-OO"))
    assert (found.returncode, found.stderr) == (0, "")
    assert names("plots") == PICTURES
    for name in PICTURES:
        assert Path("plots", name).read_bytes() == Path("usual", name).read_bytes()


@pytest.mark.parametrize("backend", ["agg", "module://screen"])
def test_a_lesson_without_figures_is_fine(backend, tiny, capsys):
    plt.switch_backend(backend)
    plt.figure("somebody else's")
    run_main(tell)
    assert plt.get_figlabels() == ["somebody else's"]
    assert names(tiny) == ["tiny.py"]


def test_the_current_figure_of_a_session_stays_the_current_one(tiny):
    current = plt.figure()
    plt.figure()
    plt.figure(current)
    run_here("--save", "here")
    assert plt.gcf() is current


# The command line ----------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [["x.py", "--save", "x"], ["", "--help"], ["lab", "--foreign"]])
def test_a_foreign_command_line_is_not_read(argv, tiny, monkeypatch, capsys):
    plt.switch_backend("module://screen")
    monkeypatch.setattr(sys, "argv", argv)
    exec(TINY, {"__name__": "__main__"})
    assert capsys.readouterr().out == "A lesson.\n" + WINDOWS


def test_its_own_command_line_is_read(tiny, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="0"):
        run_here("--help")
    assert "[--save DIR]\n\nLesson 9 - a tiny one.\n" in capsys.readouterr().out
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tiny))
    plt.switch_backend("module://screen")
    run_here("--save", "~/my plots/new")
    assert plt.get_backend() == "agg", "no window can open"
    assert names("my plots/new") == PICTURES
    assert "WINDOW" not in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["~nosuchuser/plots", "tiny.py", "tiny.py/plots"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_lesson_is_told(folder, tiny, capsys):
    with pytest.raises(SystemExit, match=f"^{folder} cannot be written: .+$"):
        run_here("--save", folder)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("in_the_way", ["plots", "plots/moving.gif/x"])
def test_what_cannot_be_written_in_the_end_gets_one_line(in_the_way, tiny, capsys):
    (tiny / in_the_way).parent.mkdir(parents=True, exist_ok=True)
    (tiny / in_the_way).touch()
    with pytest.raises(SystemExit, match=r"^plots cannot be written: .+$"):
        run_here()
    assert capsys.readouterr().out.startswith("A lesson.\n")
    assert not plt.get_fignums()


# Signals, pipes and streams ------------------------------------------------------------------


@pytest.fixture
def terminal():
    """Ctrl-C as in a terminal: what a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def stop():
    signal.raise_signal(signal.SIGINT)


def handlers():
    return [signal.getsignal(number) for number in sorted(signal.valid_signals())]


@pytest.mark.parametrize("ending", [tell, stop])
def test_handlers_and_standard_output_are_as_before(ending, tiny, terminal, monkeypatch):
    before, during = handlers(), []
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, "ascii", "strict"))

    def main():
        print("Une le\u00e7on.")
        during.extend([handlers(), pipe.getvalue()])
        ending()

    with contextlib.suppress(SystemExit):
        run_main(main)
    assert during == [before, b"Une le\\xe7on." + os.linesep.encode()], "each line is there at once"
    assert handlers() == before
    assert (sys.stdout.errors, sys.stdout.line_buffering) == ("strict", False)


def test_control_c_ends_it_as_a_shell_expects(tiny, terminal):
    with pytest.raises(SystemExit) as ending:  # which prints no traceback
        run_main(stop)
    assert ending.value.code == 130


def test_in_a_session_control_c_is_the_sessions(tiny, terminal, monkeypatch):
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    with pytest.raises(KeyboardInterrupt):
        run_main(stop)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_reader_who_leaves_causes_no_traceback(tiny):
    reader, writer = os.pipe()
    os.close(reader)
    found = run("tiny.py", cwd=tiny, stdout=writer)
    os.close(writer)
    assert (found.returncode, found.stderr) == (141, "")


def test_a_reader_who_leaves_while_figures_are_saved_is_no_folder_that_cannot_be_written(
    tiny, monkeypatch
):
    class Pipe(io.StringIO):
        def write(self, text):
            if "saved" in text:
                raise BrokenPipeError

        def fileno(self):
            return file.fileno()

    monkeypatch.setattr(sys, "stdout", Pipe())
    with open("anywhere", "w") as file, pytest.raises(SystemExit, match="141"):
        run_here()


# Sessions ------------------------------------------------------------------------------------

STATE = """
import gc, signal, sys
import matplotlib.pyplot as plt
gc.collect()
print("STATE", plt.get_backend(), plt.isinteractive(), plt.get_fignums(), signal.getsignal(2),
      plt.rcParams["font.size"], plt.rcParams["axes.grid"], sys.stdout.errors)
"""
IPYTHON = f"""
import matplotlib.pyplot as plt; plt.ion(); plt.rcParams["font.size"] = 7
{STATE}
%run tiny.py --save here
{STATE}
plt.switch_backend("module://screen"); print("=====")
%run tiny.py
"""


def test_ipython_without_a_kernel_stays_as_it_was(tiny):
    found = run(IPYTHON, cwd=tiny, flags=("-m", "IPython", "-c"), IPYTHONDIR=str(tiny))
    saved, windows = found.stdout.split("=====\n")
    assert names("here") == PICTURES
    before, after = re.findall("STATE .+", saved)
    assert before == after
    assert before.startswith("STATE agg True [] ")
    assert windows.startswith("A lesson.\n" + WINDOWS)


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


@pytest.mark.parametrize("setup", ["", "%matplotlib inline", "%matplotlib widget"])
def test_a_notebook_shows_a_lesson_and_stays_as_it_was(setup, notebook):
    notebook(setup and f"{setup}\nplt.rcParams['font.size'] = 7")
    before = notebook(STATE)[0]
    for lesson in ("%run tiny.py", "import tiny; tiny.utils.run_lesson(tiny.main, '')"):
        assert notebook(lesson) == ("A lesson.\n", "", [200, 300])
        assert notebook(STATE)[0] == before
    if "inline" in setup:
        printed, complaints, heights = notebook("%run tiny.py --save here")
        assert (printed.count("Figure saved"), complaints, heights) == (2, "", [])
        assert notebook(STATE)[0] == before


def test_a_figure_that_is_still_open_from_an_earlier_run_is_made_and_shown_again(tiny):
    def main():
        utils.new_figure("one", "One")

    main()
    run_main(main)
    assert names("plots") == ["one.png"]


def test_figures_without_a_name_are_all_saved(tiny):
    def main():
        plt.figure()
        utils.explore(abs)

    run_main(main)
    assert len(names("plots")) == 2


# The six scripts -----------------------------------------------------------------------------


@pytest.mark.parametrize("script", LESSONS)
def test_a_script_says_what_it_is_and_needs(script):
    source = (ROOT / script).read_text("utf-8")
    needs = (ROOT / "requirements.txt").read_text().split()
    needs += re.findall(r'pip install "(torch>=[\d.]+)"', source)
    block = '# /// script\n# requires-python = ">=3.10"\n# dependencies = '
    assert source.startswith(block + str(needs).replace("'", '"') + "\n# ///\n")
    assert ("torch" in str(needs)) == (script == "activations_torch.py")
    description = source.split('"""')[1]
    number = int(re.match(r"Lesson (\d+) - .+\n\n", description)[1])
    assert SCRIPTS[number - 1] == script, "in the order of the lessons"
    assert description.endswith(f"\n\nRun it:  python {script} [--save DIR]\n")
    assert source.isascii(), "any terminal prints it"
    assert re.search(r"\n    (utils\.)?run_lesson\(main, __doc__\)\n$", source)


def test_importing_lessons_does_nothing_and_brings_no_other_lesson(tmp_path):
    lessons = [name.removesuffix(".py") for name in LESSONS if name != "activations_torch.py"]
    flags = ("-W", "error", "-c")
    found = run(IMPORTS, *lessons, cwd=tmp_path, flags=flags, MPLBACKEND="")  # not chosen yet
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert names(tmp_path) == []


def test_importing_lesson_5_does_nothing(tiny, capsys):
    settings = list(dict.items(matplotlib.rcParams))
    runpy.run_path(str(ROOT / "activations_torch.py"))
    assert list(dict.items(matplotlib.rcParams)) == settings
    assert (capsys.readouterr().out, plt.get_fignums(), names(tiny)) == ("", [], ["tiny.py"])
