"""What is true of the six scripts as files: imports, help, metadata, a run with no options.

`test_golden.py` looks at all that they print and draw, `test_running.py` at where they run.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import activations_utils as utils
from lessons import LESSONS, ROOT, SCRIPTS, run_script, skip_without_torch


def test_without_a_screen_figures_go_to_plots_here(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "a folder with spaces", tmp_path / "mes leçons à moi"
    for folder in (here, elsewhere):
        folder.mkdir()
    for name in ("sigmoid_from_scratch.py", "activations_utils.py"):
        (elsewhere / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    run = run_script("sigmoid_from_scratch.py", root=elsewhere, cwd=here)
    assert (run.code, run.errors) == (0, "")
    saved = sorted(path.name for path in (here / "plots").iterdir())
    assert saved == [
        f"sigmoid_{name}.png" for name in ("classifier", "curve", "tail", "vanishing")
    ]


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_explains(script: str, monkeypatch, capsys) -> None:
    skip_without_torch(script)
    lesson = importlib.import_module(script.removesuffix(".py"))
    assert (ROOT / script).read_text("utf-8").endswith("run_lesson(main, __doc__)\n")
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    monkeypatch.setattr(utils, "is_script", lambda: True)
    with pytest.raises(SystemExit):
        utils.run_lesson(lesson.main, lesson.__doc__)
    assert f"Lesson {(*SCRIPTS,).index(script) + 1} - " in capsys.readouterr().out


def test_lesson_5_without_torch_says_how_to_install_it(tmp_path: Path, no_torch: str) -> None:
    run = run_script("activations_torch.py", cwd=tmp_path, environment={"PYTHONPATH": no_torch})
    assert run.code != 0
    assert run.errors.count("\n") == 1
    assert 'pip install "torch>=' in run.errors


def test_importing_lessons_does_nothing(tmp_path: Path) -> None:
    code = f"""
import importlib.util, sys
import matplotlib
before = dict.__getitem__(matplotlib.rcParams, "backend")
style = {{key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != "backend"}}
lessons, seen = {[name.removesuffix(".py") for name in LESSONS]!r}, set()
for module in ("activations_utils", *lessons, "activations_torch"):
    if module == "activations_torch":
        assert "torch" not in sys.modules, "torch came along"
        if importlib.util.find_spec("torch") is None:
            continue
    importlib.import_module(module)
    seen.add(module)
    others = set(lessons) & set(sys.modules) - seen
    assert not others, f"{{module}} brought {{others}}"
assert dict.__getitem__(matplotlib.rcParams, "backend") == before, "a backend was chosen"
assert all(matplotlib.rcParams[key] == value for key, value in style.items()), "a new style"
import matplotlib.pyplot as plt
assert plt.get_fignums() == [], "something was drawn"
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("MPLBACKEND", None)
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_outside_a_lesson_the_readers_own_settings_count() -> None:
    with plt.rc_context({"lines.linewidth": 7, "axes.facecolor": "black"}):
        ax = utils.plot_activation_curve(np.sin)
        assert ax.lines[0].get_linewidth() == 7
        assert ax.get_facecolor() == (0, 0, 0, 1)


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
