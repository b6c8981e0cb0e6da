"""Make the README's figures and output blocks anew, and tests/golden, from what the scripts do.

Run it:  python tests/update_readme.py

Every block in README.md that follows a line such as

    <!-- output of sigmoid_from_scratch.py: Why the textbook code is wrong -->

holds the section of that name from the script's output. Blocks and tables after
`<!-- measured by ... -->` hold timings or take long: run what is named and paste them.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from lessons import GOLDEN, NUMBER, ROOT, SCRIPTS, TIMED, run_script, section, sections

MARKED = re.compile(
    r"<!-- output of (?P<script>\S+): (?P<heading>.+?) -->\n```text\n(?P<block>.*?)```\n",
    flags=re.DOTALL,
)


def updated(readme: str, outputs: dict[str, str]) -> str:
    def renewed(match: re.Match[str]) -> str:
        block = section(outputs[match["script"]], match["heading"])
        marker = f"<!-- output of {match['script']}: {match['heading']} -->"
        return f"{marker}\n```text\n{block}```\n"

    return MARKED.sub(renewed, readme)


def main() -> None:
    outputs = {}
    with tempfile.TemporaryDirectory() as elsewhere:
        for script in SCRIPTS:
            print(f"Running {script} ...")
            figures = str(ROOT / "figures")
            run = run_script(script, "--save", figures, cwd=Path(elsewhere))
            if run.code != 0:
                sys.exit(run.errors)
            outputs[script] = run.output
            parts = [
                NUMBER.sub("#", part) if part.startswith(TIMED) else part
                for part in sections(run.output)
            ]
            (GOLDEN / f"{script}.txt").write_text("\n".join(parts), "utf-8")
    path = ROOT / "README.md"
    path.write_text(updated(path.read_text("utf-8"), outputs), "utf-8")
    print("README.md and figures/ are up to date.")


if __name__ == "__main__":
    main()
