"""The page keeps to the truth: what it quotes is what the scripts print, draw and hold now.

Marks on the page, comments that no reader sees, say what a block is:

    <!-- output of SCRIPT: HEADING -->    before ```text: a section that the script prints
    <!-- lines of SCRIPT -->              before ```python: lines of the script, in its order
    <!-- prints -->                       before ```text: what the program above prints
    <!-- changes of the program above --> before a table: | change | loss | why |, where a change
                                          is none, or `old` -> `new`, or several, with "; " between

Every other ```python block is a program, and runs by itself.
"""

import contextlib
import io
import math
import re
import warnings
from pathlib import Path

import pytest

from transcript import ROOT, SCRIPTS, WINDOWS, golden
from update import BLOCK, section

PAGE = (ROOT / "README.md").read_text("utf-8")
TEXT, _, SOURCES = PAGE.partition("## Sources")
PROSE = re.sub(r"```.*?```|<!--.*?-->", "", TEXT, flags=re.DOTALL)
OUTPUTS = [match.groupdict() for match in BLOCK.finditer(PAGE)]
LINES = re.findall(r"<!-- lines of (\S+) -->\n```python\n(.*?)```", PAGE, flags=re.DOTALL)
PRINTS = re.compile(r"<!-- prints -->\n```text\n(.*?)```", flags=re.DOTALL)
CHANGES = re.compile(r"<!-- changes of the program above -->\n+((?:\|.*\n)+)")
VERSIONS = {"3.10", "2.6", "2.8"}  # the oldest Python and PyTorch; gigabytes of its download
COMPUTED = {  # other numbers of the prose that neither a script nor a program of the page prints
    "2.30": math.log(10),  # guessing among ten classes
    "0.31": math.log(1 + math.exp(-1)),  # a softmax too many: a perfect answer, of two classes
    "1.46": math.log(1 + 9 * math.exp(-1)),  # and of ten
    "0.000045": 1 / (1 + math.exp(-10)) ** 2 / (1 + math.exp(10)),  # p * p (1 - p) at score 10
}
SEARCHED_FOR = """neuron; pre-activation; logit; linear activation; identity activation;
    backpropagation; dying ReLU; vanishing gradient; exploding gradient; zero-centered; residual
    connection; skip connection; universal approximation; LeCun; Xavier; Glorot; critical
    initialization; edge of chaos"""  # names by which people look for what has others here


def programs(page):
    """The programs of a page: code, what it prints (or None), and its table of changes."""
    before, *parts = page.split("```python\n")
    for part in parts:
        code, _, after = part.partition("```")
        if not re.search(r"<!-- lines of \S+ -->\n$", before):
            prints, changes = PRINTS.search(after), CHANGES.search(after)
            rows = changes[1].splitlines()[2:] if changes else []
            yield code, prints and prints[1], [row.replace(r"\|", "¦").split("|") for row in rows]
        before = part


def run(code):
    """Run a program of the page; return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def changed(code, change):
    """A program with the changes of a row."""
    for step in change.split("; "):
        told = re.fullmatch(r"`(.+?)` -> `(.+?)`", step)
        assert told, f"neither none nor `old` -> `new`: {step}"
        old, new = told[1].replace("¦", "|"), told[2].replace("¦", "|")
        assert old in code, f"{old!r} is not in the program"
        code = code.replace(old, new)
    return code


def last_loss(printed):
    """The number after the last word loss."""
    return float(re.findall(r"loss\W*(nan|inf|[\d.]+(?:e[-+]\d+)?)", printed)[-1])


@pytest.mark.parametrize(("code", "prints", "rows"), list(programs(PAGE)))
def test_a_program_does_what_the_page_says(code, prints, rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = run(code)
    assert prints in (None, printed)
    for _, change, loss, *_ in rows:
        if change.strip() != "none":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a change may be a mistake that overflows
                printed = run(changed(code, change.strip()))
        digits = len(loss.strip().partition(".")[2])
        assert f"{last_loss(printed):.{digits}f}" == loss.strip().lower(), change


@pytest.mark.parametrize("block", OUTPUTS, ids=lambda block: block["heading"])
def test_an_output_block_is_what_the_script_prints(block):
    # test_transcripts.py holds the script to its golden transcript.
    assert block["block"] == section(block["script"], block["heading"])


def without_comments(text):
    return [line.split("  # ")[0].strip() for line in text.splitlines()]


@pytest.mark.parametrize(("script", "code"), LINES)
def test_quoted_lines_stand_in_the_script(script, code):
    held, place = without_comments((ROOT / script).read_text("utf-8")), 0
    for line in filter(None, without_comments(code)):
        assert line in held[place:], f"{line!r} is not in {script}, or not in this order"
        place = held.index(line, place) + 1


def test_every_number_of_the_prose_is_printed_somewhere():
    """Those with a decimal point, before the exercises. Tables of changes are tried above."""
    prose = CHANGES.sub("", TEXT.split("## Exercises")[0])
    prose = re.sub(r"```.*?```", "", prose, flags=re.DOTALL)
    printed = [prints for _, prints, _ in programs(PAGE) if prints]
    for script in SCRIPTS:
        told, _, shown = golden(script).partition(WINDOWS)
        printed += [told, *re.findall(r"'.*?'|\".*?\"", shown)]  # of figures their texts alone
    decimal = re.compile(r"(?<![\d.])\d+\.\d+(?!\d)")
    unknown = set(decimal.findall(prose)) - set(decimal.findall(" ".join(printed))) - VERSIONS
    for number in unknown:
        assert number in COMPUTED, f"{number} is printed nowhere: compute it in COMPUTED"
        assert f"{COMPUTED[number]:.{len(number.split('.')[1])}f}" == number


def test_pictures_are_all_shown_and_have_something_to_say():
    shown = re.findall(r"!\[([^\]]*)\]\((figures/[^)]+)\)", PAGE)
    pictures = [f"figures/{picture.name}" for picture in (ROOT / "figures").iterdir()]
    missing = {*pictures} - {path for _, path in shown}
    assert not missing, f"the page does not show {missing}"
    assert len(shown) == len(pictures), "a picture is shown twice, or does not exist"
    for text, path in shown:
        assert len(text) > 40, path
        assert re.search(rf"\({re.escape(path)}\)\n\n\*[^*]", PAGE), f"no caption under {path}"


def test_links_lead_somewhere():
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL), re.M)
    anchors = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in headings}
    for target in re.findall(r"\]\(([^)]+)\)", PROSE):
        path, _, anchor = target.partition("#")
        if not target.startswith("http"):
            assert (ROOT / path).exists() if path else anchor in anchors, target


def test_github_shows_the_page_as_it_is_meant():
    inline = re.findall(r"\$[^$\n]+\$", re.sub(r"`[^`]*`", "", PROSE))
    eaten = [formula for formula in inline if re.search(r"\\[,;!{}]", formula)]
    assert inline, "no formula was found"
    assert not eaten, "inside $...$ the backslash of these is lost"
    folds = "".join(re.findall(r"</?details", PAGE))
    assert folds == "<details</details" * PAGE.count("<details"), "opened and closed in turn"
    for after in re.findall(r"</summary>(..?)", PAGE, flags=re.DOTALL):
        assert after == "\n\n", "without an empty line after a summary Markdown is not read"
    assert PAGE.count("```bash") == 2, ".ci/block counts them: the set-up, and the tests"


def test_the_page_has_the_names_that_people_search_for():
    page, names = (" ".join(text.lower().split()) for text in (PROSE, SEARCHED_FOR))
    assert [name for name in names.split("; ") if name not in page] == []


def test_sources_are_cited_and_citations_have_a_source():
    listed = re.findall(r"^- (\w[\w-]*).*?\((\d{4})\)", SOURCES, flags=re.MULTILINE)
    assert len(listed) > 8
    for name, year in listed:
        assert re.search(rf"{name}.{{0,60}}{year}", TEXT, flags=re.DOTALL), f"{name} {year}"
    cited = re.findall(r"([A-Z][a-z]+)(?:,? [^()\d.]{0,40}| et al\.) \(?((?:19|20)\d\d)", PROSE)
    for name, year in cited:
        assert year in {year for _, year in listed}, f"{name} {year}"


def test_the_project_speaks_of_itself_alone():
    for path in [*ROOT.glob("*.py"), *ROOT.glob("*.md"), *Path(ROOT, "tests").rglob("*.*")]:
        if path.suffix in (".py", ".md", ".txt") and path != Path(__file__).resolve():
            assert not re.search(r"/(work|root|home|tmp)/", path.read_text("utf-8")), path
