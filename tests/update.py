"""Renew what is kept of the scripts' runs: tests/golden, figures/ and the page's output blocks.

Run it:  python tests/update.py

Look at `git diff` afterwards, and at each picture that changed.
"""

import re
import subprocess
import sys
import tempfile

from PIL import Image, PngImagePlugin

from test_transcripts import run
from transcript import GOLDEN, ROOT, SCRIPTS, WINDOWS, digest, windows

BLOCK = re.compile(
    r"<!-- output of (?P<script>\S+): (?P<heading>.+?) -->\n```text\n(?P<block>.*?)```\n",
    flags=re.DOTALL,
)


def section(script, heading):
    """The one section of a golden transcript whose heading starts so, as printed."""
    printed = (GOLDEN / f"{script}.txt").read_text("utf-8").split(WINDOWS)[0]
    parts = re.split(r"\n(?=[^\n]+\n-{5,}\n)", printed.split("\n\nRemember: ")[0])
    (found,) = (part for part in parts if part.startswith(heading))
    return found.strip("\n") + "\n"


def renewed(page):
    """The page with every marked block as the script prints it now."""

    def block(match):
        script, heading = match["script"], match["heading"]
        text = section(script, heading)
        return f"<!-- output of {script}: {heading} -->\n```text\n{text}```\n"

    return BLOCK.sub(block, page)


def stamp(picture, mark):
    """Write mark into a PNG's or a GIF's comments."""
    if picture.suffix == ".png":
        comments = PngImagePlugin.PngInfo()
        comments.add_text("Transcript", mark)
        Image.open(picture).save(picture, pnginfo=comments, optimize=True)
    else:  # a comment block before the byte that ends the file
        block = b"!\xfe" + bytes([len(mark)]) + mark.encode() + b"\0"
        picture.write_bytes(picture.read_bytes()[:-1] + block + b";")


def save_pictures(script):
    """Let the script draw its pictures into figures/, each with its transcript's digest."""
    command = [sys.executable, str(ROOT / script), "--save", str(ROOT / "figures")]
    with tempfile.TemporaryDirectory() as elsewhere:
        subprocess.run(command, cwd=elsewhere, check=True, stdout=subprocess.DEVNULL)
    for name, lines in windows((GOLDEN / f"{script}.txt").read_text("utf-8")).items():
        (picture,) = (ROOT / "figures").glob(f"{name}.*")
        stamp(picture, digest(lines))


def main():
    for script in SCRIPTS:
        print(f"Running {script} ...")
        (GOLDEN / f"{script}.txt").write_text(run(script), "utf-8")
        save_pictures(script)
    page = ROOT / "README.md"
    page.write_text(renewed(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
