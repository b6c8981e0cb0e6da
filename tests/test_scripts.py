"""The lessons run as a learner runs them: as scripts, from anywhere, on any terminal.

`test_running.py` tries everywhere else with a lesson that takes no time.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lessons import LESSONS, ROOT, SCRIPTS, Run, run_script, skip_without_torch


@pytest.mark.parametrize("script", SCRIPTS)
def test_saves_its_figures_without_a_screen_or_a_warning(
    script: str, saved_runs: dict[str, Run]
) -> None:
    # Run with --save, from another folder, under -W error, on an ASCII-only terminal, and,
    # but for lesson 5, where importing torch fails.
    run = saved_runs[script]
    assert run.code == 0, run.errors
    assert run.errors == ""
    assert run.output.isascii()
    names = re.findall(r"^Figure saved as (.*)$", run.output, flags=re.MULTILINE)
    assert {Path(name) for name in names} == set(run.folder.iterdir())
    assert names
    for name in names:
        magic = b"GIF89a" if name.endswith(".gif") else b"\x89PNG"
        assert Path(name).read_bytes().startswith(magic)
        assert Path(name).stat().st_size > 10_000, "an empty picture"


@pytest.mark.parametrize("script", SCRIPTS)
def test_prints_tables_for_eighty_columns(script: str, saved_runs: dict[str, Run]) -> None:
    text = saved_runs[script].output.replace(str(saved_runs[script].folder), "")
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert text.count("\n---") >= 3, "headings"
    assert "\nRemember: " in text
    if script != "activations_torch.py":
        assert re.search(r" right +[0-9.e+-]+ ", text), "a gradient check"


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_folder_that_cannot_be_written_gets_one_line(
    script: str, blocked_runs: dict[str, Run], saved_runs: dict[str, Run]
) -> None:
    # A file stands where the folder plots/ should be made.
    run = blocked_runs[script]
    assert run.code != 0
    assert run.errors.count("\n") == 1
    assert "plots" in run.errors
    assert "cannot be written" in run.errors
    assert "\nRemember: " in run.output, "the lesson comes first"
    assert "Figure saved" not in run.output


def test_without_a_screen_figures_go_to_plots_here(tmp_path: Path) -> None:
    here = tmp_path / "a folder with spaces"
    here.mkdir()
    run = run_script("sigmoid_from_scratch.py", cwd=here)
    assert run.code == 0, run.errors
    assert run.errors == ""
    saved = sorted(path.name for path in (here / "plots").iterdir())
    assert saved == [
        f"sigmoid_{name}.png" for name in ("classifier", "curve", "tail", "vanishing")
    ]


def test_runs_from_a_path_with_spaces_and_accents(tmp_path: Path) -> None:
    elsewhere = tmp_path / "mes leçons à moi"
    elsewhere.mkdir()
    for name in ("sigmoid_from_scratch.py", "activations_utils.py"):
        (elsewhere / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    run = run_script(
        "sigmoid_from_scratch.py", "--save", str(elsewhere / "à"), root=elsewhere, cwd=tmp_path
    )
    assert (run.code, run.errors) == (0, "")
    assert len(list((elsewhere / "à").iterdir())) == 4


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_explains(script: str, tmp_path: Path) -> None:
    skip_without_torch(script)
    run = run_script(script, "--help", cwd=tmp_path)
    assert run.code == 0, run.errors
    assert "--save DIR" in run.output
    assert "Lesson" in run.output
    assert list(tmp_path.iterdir()) == []


def test_lesson_5_without_torch_says_how_to_install_it(tmp_path: Path, no_torch: str) -> None:
    run = run_script("activations_torch.py", cwd=tmp_path, environment={"PYTHONPATH": no_torch})
    assert run.code != 0
    assert run.errors.count("\n") == 1
    assert 'pip install "torch>=' in run.errors


@pytest.mark.parametrize("script", SCRIPTS)
def test_importing_a_lesson_does_nothing(script: str, tmp_path: Path) -> None:
    skip_without_torch(script)
    module = script.removesuffix(".py")
    lessons = [name.removesuffix(".py") for name in LESSONS]
    code = f"""
import sys
import matplotlib
before = dict.__getitem__(matplotlib.rcParams, "backend")
style = {{key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != "backend"}}
import {module}
assert dict.__getitem__(matplotlib.rcParams, "backend") == before, "a backend was chosen"
assert all(matplotlib.rcParams[key] == value for key, value in style.items()), "a new style"
import matplotlib.pyplot as plt
assert plt.get_fignums() == [], "something was drawn"
others = set({lessons!r}) & set(sys.modules) - {{{module!r}}}
assert not others or {module!r} == "activations_torch", others
assert "torch" not in sys.modules or {module!r} == "activations_torch", "torch came along"
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("MPLBACKEND", None)
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def run_python(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", **variables}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


# A backend that prints the windows it is asked to show, instead of opening them.
SCREEN = {"MPLBACKEND": "module://screen", "PYTHONPATH": str(ROOT / "tests")}


@pytest.mark.parametrize("script", ["sigmoid_from_scratch.py", "activations_utils.py"])
def test_windows_are_titled_by_their_place_in_the_story(
    script: str, saved_runs: dict[str, Run], tmp_path: Path
) -> None:
    run = run_script(script, cwd=tmp_path, environment=SCREEN)
    assert (run.code, run.errors) == (0, "")
    windows = re.findall(r"^WINDOW (\d+) x (\d+): (.*)$", run.output, flags=re.MULTILINE)
    assert len(windows) == saved_runs[script].output.count("\nFigure saved as ")
    lesson = SCRIPTS.index(script) + 1
    for place, (width, height, title) in enumerate(windows, start=1):
        assert re.match(rf"Lesson {lesson}, figure {place} of {len(windows)}: \w.+", title)
        # A small laptop's screen has 1366 x 768; bars take some.
        assert int(width) <= 1366
        assert int(height) <= 640
    assert len({title.split(": ")[1] for _, _, title in windows}) == len(windows)
    assert list(tmp_path.iterdir()) == [], "shown, so not saved"


def test_figures_look_the_same_whatever_the_readers_own_settings(
    saved_runs: dict[str, Run], tmp_path: Path
) -> None:
    settings = (
        "axes.facecolor: black\nfigure.facecolor: black\nfont.size: 24\nlines.linewidth: 9\n"
    )
    (tmp_path / "matplotlibrc").write_text(settings + "savefig.dpi: 50\ntext.color: yellow\n")
    script = "sigmoid_from_scratch.py"
    run = run_script(script, "--save", str(tmp_path / "mine"), cwd=tmp_path)
    assert (run.code, run.errors) == (0, "")
    for path in (tmp_path / "mine").iterdir():
        usual = saved_runs[script].folder / path.name
        assert path.read_bytes() == usual.read_bytes(), path.name


def test_outside_a_lesson_the_readers_own_settings_count(tmp_path: Path) -> None:
    code = """
import matplotlib.pyplot as plt, numpy as np
import activations_utils as utils
plt.rcParams["lines.linewidth"], plt.rcParams["axes.facecolor"] = 7, "black"
ax = utils.plot_activation_curve(np.sin)
print(ax.lines[0].get_linewidth(), ax.get_facecolor()[:3])
"""
    run = run_python(code, tmp_path)
    assert (run.stdout, run.stderr) == ("7.0 (0.0, 0.0, 0.0)\n", "")


def wanted() -> list[str]:
    """What the lessons need, and the range of PyTorch that lesson 5 asks for."""
    oldest = re.search(
        r'pip install "(torch>=[\d.]+)"', (ROOT / "activations_torch.py").read_text()
    )
    assert oldest is not None
    return [*(ROOT / "requirements.txt").read_text().split(), oldest[1]]


@pytest.mark.parametrize("script", SCRIPTS)
def test_inline_metadata_names_what_requirements_do(script: str) -> None:
    source = (ROOT / script).read_text("utf-8")
    block = re.search(r"^# /// script\n(.*?)^# ///$", source, flags=re.MULTILINE | re.DOTALL)
    assert block is not None
    dependencies = re.search(r"^# dependencies = \[(.*)\]$", block[1], flags=re.MULTILINE)
    assert dependencies is not None
    assert '# requires-python = ">=3.10"' in block[1]
    named = re.findall(r'"([^"]+)"', dependencies[1])
    assert named == (wanted() if script == "activations_torch.py" else wanted()[:-1])


def test_the_page_installs_the_version_that_the_tests_measure_with() -> None:
    tests = (ROOT / "tests" / "requirements.txt").read_text().splitlines()
    assert tests[0] == "-r ../requirements.txt"
    (exact,) = (line for line in tests if line.startswith("torch"))
    page = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"torch==[\d.]+\d", page)) == {exact}
    oldest = wanted()[-1].removeprefix("torch>=")
    assert f"from {oldest} on" in page
    version = [tuple(map(int, v.split("."))) for v in (oldest, exact.removeprefix("torch=="))]
    assert version[0] <= version[1]
