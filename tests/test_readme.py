"""The README keeps to the truth: what it shows is what the scripts print and draw now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons import GOLDEN, ROOT, section
from update_readme import MARKED

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = [match.groupdict() for match in MARKED.finditer(README)]
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
PROSE = re.sub(r"```.*?```", "", README, flags=re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block["heading"]))
def test_an_output_block_is_what_the_script_printed(block: dict[str, str]) -> None:
    # test_golden.py holds the script to it.
    golden = (GOLDEN / f"{block['script']}.txt").read_text("utf-8")
    assert block["block"] == section(golden, block["heading"])


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.split("class ")[-1][:12])
def test_python_blocks_run_and_their_answers_are_right(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(code, "README.md", "exec"), {})
    out = capsys.readouterr().out
    if "print(" in code:  # the one with a bug
        passed, error, _ = out.split()
        assert passed == "False"
        assert float(error) > 0.1
    else:
        assert "assert" in code


def test_pictures_exist_are_all_used_and_have_something_to_say() -> None:
    used = re.findall(r"!\[([^\]]*)\]\((figures/[^)]+)\)", README)
    assert {path for _, path in used} == {
        f"figures/{p.name}" for p in (ROOT / "figures").iterdir()
    }
    assert min(len(text) for text, _ in used) > 40


def test_links_lead_somewhere() -> None:
    lines = re.findall(r"^#+ (.*)$", PROSE, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in lines}
    for target in re.findall(r"\]\(([^)]+)\)", PROSE):
        path, _, anchor = target.partition("#")
        if target.startswith("http"):
            continue
        if path:
            assert (ROOT / path).exists(), target
        else:
            assert anchor in anchors, target


def test_mathematics_survives_github() -> None:
    """Inside $...$ its renderer eats the backslash of these."""
    inline = re.findall(r"\$[^$\n]+\$", re.sub(r"`[^`]*`", "", PROSE))
    assert len(inline) > 20
    assert [formula for formula in inline if re.search(r"\\[,;!{}]", formula)] == []


def test_the_page_stays_readable_in_one_sitting() -> None:
    text, _ = PROSE.split("## Sources")
    assert len(re.sub(r"<[^>]+>", "", text).split()) <= 7000
    assert README.count("```bash") == 2
    assert README.count("<details>") == README.count("</details>")


def test_sources_are_cited_and_citations_have_a_source() -> None:
    text, sources = PROSE.split("## Sources")
    listed = re.findall(r"^- (\w[\w-]*).*?\((\d{4})\)", sources, flags=re.MULTILINE)
    assert len(listed) > 20
    for name, year in listed:
        assert re.search(rf"{name}.{{0,80}}{year}", text, flags=re.DOTALL), f"{name} {year}"
    cited = re.findall(
        r"([A-Z][a-z]+)(?: et al\.|,? [^()\d]{0,60}&[^()\d]{0,30}?)? \(?(\d{4})", text
    )
    for name, year in cited:
        assert year in {y for _, y in listed}, f"{name} {year}"


def test_no_path_of_a_machine_is_named() -> None:
    for path in [*ROOT.glob("*.py"), *ROOT.glob("*.md"), *Path(ROOT, "tests").glob("*.*")]:
        assert (
            not re.search(r"/(work|root|home)/", path.read_text("utf-8"))
            or path.name == Path(__file__).name
        )
