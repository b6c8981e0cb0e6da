"""What a lesson prints and what its windows show, in words and numbers, so that it can be compared.

Run it:  python tests/transcript.py sigmoid_from_scratch.py

A picture's pixels change with fonts and versions; what it says does not: titles, labels, scales,
limits, ticks, legends, and of everything that is drawn its data, colour and style. The same for
what changes when the mouse moves, a slider is set, or the film reaches a frame.
"""

import hashlib
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backend_bases import MouseEvent

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).with_name("golden")
WINDOWS = "\n======== windows\n"


def lesson_number(path):
    found = re.search(r'^"""Lesson (\d+) - ', path.read_text("utf-8"), flags=re.MULTILINE)
    assert found, f'the docstring of {path.name} must begin with "Lesson N - "'
    return int(found[1])


LESSONS = [*ROOT.glob("*_from_scratch.py"), *ROOT.glob("activations_*.py")]
SCRIPTS = [path.name for path in sorted(LESSONS, key=lesson_number)]

# One figure in words ----------------------------------------------------------------------

LINE = "linestyle linewidth marker markersize color markerfacecolor markeredgecolor"
TEXT = "color ha va fontsize fontweight rotation"
AREA = "facecolor edgecolor linewidth hatch"
KINDS = {  # kind of artist: what its look, and what its content, is read from
    mpl.lines.AxLine: (LINE, "xy1 slope"),
    mpl.lines.Line2D: (LINE, "xdata ydata"),
    mpl.text.Annotation: (TEXT, "text position xy arrowprops"),
    mpl.text.Text: (TEXT, "text position"),
    mpl.patches.Patch: (f"{AREA} linestyle", "corners"),
    mpl.collections.Collection: (f"{AREA} dashes cmap", "array clim shapes offsets transforms"),
    mpl.image.AxesImage: ("cmap interpolation origin", "array clim extent"),
}


def numbers(values):
    """How many numbers, how many finite, and five that change when any of them does."""
    values = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel()
    if not values.size:
        return "none"
    finite = np.where(np.isfinite(values), values, 0)
    change = np.cos(np.arange(finite.size)) @ finite
    five = np.array([finite[0], finite[-1], finite.min(), finite.max(), change])
    five[np.abs(five) < 1e-9 * max(1, np.abs(finite).max())] = 0  # each processor has its own
    return f"{values.size} ({np.isfinite(values).sum()}) " + " ".join(f"{v:.6g}" for v in five)


def along(axis, values):
    """Numbers along an axis; on a logarithmic one their logarithms, so that small ones count."""
    with np.errstate(all="ignore"):
        return numbers(np.log10(values) if axis.get_scale() == "log" else values)


def read(artist, name):
    """One property of an artist, in words: of matplotlib's, or one of these three."""
    if name == "corners":
        return numbers(artist.get_patch_transform().transform(artist.get_path().vertices))
    if name == "shapes":
        paths = [path.vertices.ravel() for path in artist.get_paths()]
        return numbers(np.concatenate([[], *paths]))
    if name == "dashes":
        return str([dashes and [float(dash) for dash in dashes] for _, dashes in artist.get_ls()])
    getter = getattr(artist, f"get_{name}", None)
    value = getter() if getter else getattr(artist, name)
    if name in ("xdata", "ydata") and artist.axes:
        return along(getattr(artist.axes, f"{name[0]}axis"), value)
    if name.endswith("color") and np.ndim(value) < 2:
        return mpl.colors.to_hex(value, keep_alpha=True)
    if name == "cmap":
        return numbers(value(np.linspace(0, 1, 9)))
    if isinstance(value, (tuple, np.ndarray)):
        return numbers([np.nan if number is None else number for number in np.ravel(value)])
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def words(artist, which):
    """What KINDS lists of an artist, 0 its look or 1 its content; refuses an unknown kind."""
    for kind, names in KINDS.items():
        if isinstance(artist, kind):
            return " ".join(read(artist, name) for name in names[which].split())
    raise NotImplementedError(f"KINDS in tests/transcript.py does not know {type(artist)} yet")


def describe(artist):
    """Lines about an artist and all that it holds; NotImplementedError for an unknown kind."""
    empty = isinstance(artist, mpl.text.Text) and not artist.get_text().strip()
    if isinstance(artist, mpl.spines.Spine) or empty or not artist.get_visible():
        return
    children = []
    if isinstance(artist, mpl.figure.Figure):
        layout, children = artist.get_layout_engine(), artist.get_children()
        yield f"figure {numbers(artist.get_size_inches())} {layout and layout.get().get('rect')}"
    elif isinstance(artist, mpl.axes.Axes):
        children = artist.get_children()
        yield f"axes {artist.axison} {artist.get_facecolor()} {artist.get_aspect()}"
    elif isinstance(artist, mpl.axis.Axis):
        ticks, grid = artist.get_ticklabels(), artist.get_gridlines()
        chosen = isinstance(artist.get_major_locator(), mpl.ticker.FixedLocator)
        told = [tick.get_text() for tick in ticks] if chosen else "matplotlib's own"
        yield f"axis {artist.get_scale()} {along(artist, artist.get_view_interval())} {told}"
        yield f" label {artist.get_label_text()!r} {words(artist.label, 0)}"
        yield from (f" ticks {words(tick, 0)}" for tick in ticks[:1])
        yield from (f" grid {words(line, 0)}" for line in grid[:1] if line.get_visible())
    elif isinstance(artist, mpl.legend.Legend):
        yield f"legend {artist._loc}"
        for handle, text in zip(artist.legend_handles, artist.get_texts()):
            yield f" {text.get_text()!r} {words(text, 0)} {words(handle, 0)}"
    else:
        general = f"{artist.get_label()!r} {artist.get_zorder():g} {artist.get_alpha()}"
        yield f"{type(artist).__name__} {general} {words(artist, 0)} | {words(artist, 1)}"
    for child in children:
        if child is not artist.patch:
            yield from (f" {line}" for line in describe(child))


# What moves -------------------------------------------------------------------------------


def changes(figure, before):
    """What differs from before, with its place."""
    after = list(describe(figure))
    for place, (old, new) in enumerate(zip(before, after)):
        if old != new:
            yield f"  {place}: {new.strip()}"
    if len(before) != len(after):
        yield f"  {len(after)} lines"


def tell(figure):
    """All lines about a figure: itself, under the mouse, with its slider, as a film."""
    figure.draw_without_rendering()
    before = list(describe(figure))
    lines = list(before)
    for place, ax in enumerate(figure.axes[:2]):
        for x in (-5.03, 1.34, -0.57):
            on_screen = ax.transData.transform((x, np.mean(ax.get_ylim())))
            event = MouseEvent("motion_notify_event", figure.canvas, *on_screen)
            figure.canvas.callbacks.process(event.name, event)
            if moved := list(changes(figure, before)):
                lines += [f" mouse at {x} in axes {place}", *moved]
    if hasattr(figure, "slider"):
        lines.append(f" slider in {numbers(figure.slider.ax.get_position().bounds)}")
        low, high = figure.slider.valmin, figure.slider.valmax
        for value in (low, (2 * low + high) / 3, high):
            figure.slider.set_val(value)
            lines += [f" slider at {value:.6g}", *changes(figure, before)]
    if hasattr(figure, "animation"):
        lines.append(f" film, milliseconds a frame: {figure.animation.event_source.interval}")
        for number, frame in enumerate(figure.animation.new_saved_frame_seq()):
            figure.animation._draw_frame(frame)
            lines += [f" frame {number}", *changes(figure, before)]
    return lines


# A script's transcript --------------------------------------------------------------------


def transcript(script):
    """The transcript of a script, from a process of its own that treats warnings as errors."""
    command = [sys.executable, "-W", "error", __file__, script]
    variables = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    process = subprocess.run(command, capture_output=True, env=variables, encoding="utf-8")
    assert (process.returncode, process.stderr) == (0, ""), f"{script} ends so:\n{process.stderr}"
    return process.stdout


def golden(script):
    """The transcript that was kept; empty for a new script."""
    path = GOLDEN / f"{script}.txt"
    return path.read_text("utf-8") if path.exists() else ""


def windows(text):
    """The lines about each window of a transcript, by the figure's file name."""
    parts = re.split(r"^======== (.+)\n", text.partition(WINDOWS)[2], flags=re.MULTILINE)[1:]
    return {name: lines.splitlines() for name, lines in zip(parts[::2], parts[1::2])}


def digest(lines):
    """Sixteen letters that change with what a figure says; its picture carries them."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def show(block):
    """In the place of pyplot.show, where every script ends: print what each window says."""
    figures = [plt.figure(number) for number in plt.get_fignums()]
    print(WINDOWS, end="")
    for figure in figures:  # their numbers stand here: no picture has to change with them
        print(figure.canvas.manager.title)
    for figure in figures:
        print(f"======== {figure.get_label()}", *tell(figure), sep="\n")
    plt.close("all")


class Nudged(np.random.Generator):
    """Draws normal numbers that are off by some 1e-15, as if an unknown processor had rounded."""

    def __init__(self, seed):
        super().__init__(np.random.PCG64(seed))

    def normal(self, *arguments, **keywords):
        drawn = super().normal(*arguments, **keywords)
        others = np.random.Generator(np.random.PCG64(1))
        return drawn * (1 + 1e-15 * others.choice([-2, 2], np.shape(drawn)))


if __name__ == "__main__":
    if os.environ.get("NUDGED"):
        np.random.default_rng = Nudged
    script = str(ROOT / sys.argv[1])
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    mpl.use("module://screen")
    plt.show = show
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")
