"""The lessons run as a learner runs them: as scripts, from anywhere, on any terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lessons import LESSONS, ROOT, SCRIPTS, Run, run_script


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
        assert Path(name).read_bytes().startswith(b"\x89PNG")
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
    assert saved == ["sigmoid_classifier.png", "sigmoid_curve.png", "sigmoid_vanishing.png"]


def test_a_window_backend_without_a_screen_is_no_error(tmp_path: Path) -> None:
    run = run_script(
        "sigmoid_from_scratch.py", cwd=tmp_path, environment={"MPLBACKEND": "TkAgg"}
    )
    assert (run.code, run.errors) == (0, "")
    assert (tmp_path / "plots" / "sigmoid_curve.png").exists()


def test_runs_from_a_path_with_spaces_and_accents(tmp_path: Path) -> None:
    elsewhere = tmp_path / "mes leçons à moi"
    elsewhere.mkdir()
    for name in ("sigmoid_from_scratch.py", "activations_utils.py"):
        (elsewhere / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    run = run_script(
        "sigmoid_from_scratch.py", "--save", str(elsewhere / "à"), root=elsewhere, cwd=tmp_path
    )
    assert (run.code, run.errors) == (0, "")
    assert len(list((elsewhere / "à").iterdir())) == 3


def test_a_closed_pipe_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "sigmoid_from_scratch.py"), "--save", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_explains(script: str, tmp_path: Path) -> None:
    run = run_script(script, "--help", cwd=tmp_path)
    assert run.code == 0, run.errors
    assert "--save DIR" in run.output
    assert "Lesson" in run.output
    assert list(tmp_path.iterdir()) == []


def test_lesson_5_without_torch_says_how_to_install_it(tmp_path: Path, no_torch: str) -> None:
    run = run_script("activations_torch.py", cwd=tmp_path, environment={"PYTHONPATH": no_torch})
    assert run.code != 0
    assert run.errors.count("\n") == 1
    assert "pip install torch" in run.errors


@pytest.mark.parametrize("script", SCRIPTS)
def test_importing_a_lesson_does_nothing(script: str, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("script", SCRIPTS)
def test_inline_metadata_names_what_requirements_do(script: str) -> None:
    source = (ROOT / script).read_text("utf-8")
    block = re.search(r"^# /// script\n(.*?)^# ///$", source, flags=re.MULTILINE | re.DOTALL)
    assert block is not None
    dependencies = re.search(r"^# dependencies = \[(.*)\]$", block[1], flags=re.MULTILINE)
    assert dependencies is not None
    assert '# requires-python = ">=3.10"' in block[1]
    wanted = (ROOT / "requirements.txt").read_text().split()
    if script != "activations_torch.py":
        wanted.remove("torch==2.13.0")
    assert re.findall(r'"([^"]+)"', dependencies[1]) == wanted
