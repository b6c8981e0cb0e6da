"""Renew what is kept of the scripts' runs: tests/golden, figures/ and the page's output blocks.

Run it:  python tests/update.py [SCRIPT ...]    (without a name: all scripts)

Look at `git diff` afterwards, and at each picture that changed.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, PngImagePlugin

from transcript import GOLDEN, ROOT, SCRIPTS, WINDOWS, digest, golden, transcript, windows

FIGURES = ROOT / "figures"
PAGE = ROOT / "README.md"
BLOCK = re.compile(
    r"<!-- output of (?P<script>\S+): (?P<heading>.+?) -->\n```text\n(?P<block>.*?)```\n",
    flags=re.DOTALL,
)


def section(script, heading):
    """The one section of a golden transcript whose heading starts so, as printed."""
    printed = golden(script).split(WINDOWS)[0].split("\n\nRemember: ")[0]
    parts = re.split(r"\n(?=[^\n]+\n-{5,}\n)", printed)
    found = [part.strip("\n") + "\n" for part in parts if part.startswith(heading)]
    if len(found) != 1:
        raise LookupError(f"{len(found)} sections of {script} have a heading like {heading!r}")
    return found[0]


def renewed_block(match):
    """A marked block of the page as the script prints it now."""
    try:
        return match[0].replace(match["block"], section(match["script"], match["heading"]))
    except LookupError as error:
        print(f"Mend the page by hand: {error}")
        return match[0]


def pictures_of(name):
    return [path for path in FIGURES.iterdir() if path.stem == name]


def is_fresh(name, lines):
    """Whether there is one picture of this name, and it carries the digest of these lines."""
    found = pictures_of(name)
    return len(found) == 1 and digest(lines).encode() in found[0].read_bytes()


def stamp(picture, mark):
    """Write mark into a PNG's or a GIF's comments."""
    if picture.suffix == ".png":
        comments = PngImagePlugin.PngInfo()
        comments.add_text("Transcript", mark)
        Image.open(picture).save(picture, pnginfo=comments, optimize=True)
    else:  # a comment block before the byte that ends the file
        block = b"!\xfe" + bytes([len(mark)]) + mark.encode() + b"\0"
        picture.write_bytes(picture.read_bytes()[:-1] + block + b";")


def renew(script):
    """Write the transcript, and draw those pictures anew that say something else than before."""
    print(f"Running {script} ...")
    (GOLDEN / f"{script}.txt").write_text(transcript(script), "utf-8")
    told = windows(golden(script))
    stale = [name for name, lines in told.items() if not is_fresh(name, lines)]
    if stale:  # a second run, since the first one has moved the mouse and the sliders
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, ROOT / script, "--save", folder]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            for name in stale:
                (drawn,) = Path(folder).glob(f"{name}.*")
                stamp(drawn, digest(told[name]))
                for old in pictures_of(name):
                    old.unlink()
                (FIGURES / drawn.name).write_bytes(drawn.read_bytes())
                print(f"  drew figures/{drawn.name}")


def main(scripts):
    for script in scripts or SCRIPTS:
        renew(script)
    drawn = {name for script in SCRIPTS for name in windows(golden(script))}
    for path in [*FIGURES.iterdir(), *GOLDEN.iterdir()]:
        if path.stem not in drawn | {*SCRIPTS}:
            print(f"Removing {path.relative_to(ROOT)}, which no script makes")
            path.unlink()
    PAGE.write_text(BLOCK.sub(renewed_block, PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
