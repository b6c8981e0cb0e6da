"""The README keeps to the truth: what it shows is what the scripts print and draw now."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lessons import ROOT, Run
from update_readme import MARKED, section

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = [match.groupdict() for match in MARKED.finditer(README)]
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
PROSE = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]\d+)?(?!\w)")


def numbers_and_words(text: str) -> tuple[list[str], str]:
    return NUMBER.findall(text), " ".join(NUMBER.sub("#", text).split())


def close(shown: str, printed: str) -> bool:
    """Equal but for what other processors make of rounding and of long training runs."""
    one, other = (float(number.replace(",", "")) for number in (shown, printed))
    if len(re.sub(r"e.*|\D", "", shown).strip("0")) > 4:  # five digits are meant to be exact
        return abs(one - other) <= 1e-4 * abs(other)
    if max(abs(one), abs(other)) < 1e-5:  # small or a rounding error: the magnitude counts
        return one == other or (one * other > 0 and abs(np.log10(one / other)) < 1)
    return abs(one - other) <= 0.06 + 0.15 * abs(other)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block["heading"]))
def test_an_output_block_is_what_the_script_prints(
    block: dict[str, str], saved_runs: dict[str, Run]
) -> None:
    printed = section(saved_runs[block["script"]].output, block["heading"])
    shown_numbers, shown_words = numbers_and_words(block["block"])
    printed_numbers, printed_words = numbers_and_words(printed)
    assert shown_words == printed_words
    pairs = zip(shown_numbers, printed_numbers, strict=True)
    assert [pair for pair in pairs if not close(*pair)] == []


def test_the_comparison_can_fail() -> None:
    assert not close("0.5", "0.7")
    assert not close("4.2e-18", "4.2e-16")
    assert not close("0.00664806", "0.00665")
    assert close("0.83", "0.85")
    assert numbers_and_words("a 1.5e-03 [2, 1,000]") == (
        ["1.5e-03", "2", "1,000"],
        "a # [#, #]",
    )


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.split("class ")[-1][:12])
def test_python_blocks_run_and_their_answers_are_right(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(code, "README.md", "exec"), {})
    plt.close("all")
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
