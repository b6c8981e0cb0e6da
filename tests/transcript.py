"""What a lesson prints and what its windows show, in words and numbers, so that it can be compared.

Run it:  python tests/transcript.py sigmoid_from_scratch.py

A picture's pixels change with fonts and versions; what it says does not: titles, labels, scales,
limits, ticks, legends, and of each line, surface, image and text its data, colour and style. The
same for what changes when the mouse moves, a slider is set, or the film reaches a frame.
"""

import hashlib
import os
import re
import runpy
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import AbstractMovieWriter
from matplotlib.backend_bases import MouseEvent
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import AxLine, Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).with_name("golden")
SCRIPTS = [
    f"{name}.py"
    for name in (
        "sigmoid_from_scratch",
        "tanh_from_scratch",
        "relu_from_scratch",
        "leaky_relu_from_scratch",
        "activations_torch",
        "activations_utils",
    )
]
WINDOWS = "\n======== windows\n"


def numbers(values):
    """How many numbers, how many finite, and five that change when any of them does."""
    values = np.asarray(values, dtype=float).ravel()
    if not values.size:
        return "none"
    finite = np.where(np.isfinite(values), values, 0)
    change = np.cos(np.arange(finite.size)) @ finite
    five = finite[0], finite[-1], finite.min(), finite.max(), change
    return f"{values.size} ({np.isfinite(values).sum()}) " + " ".join(f"{v:.6g}" for v in five)


def colors(values):
    values = np.asarray(values, dtype=float).reshape(-1, 4)
    return f"{to_hex(values[0], True)} {numbers(values)}" if len(values) else "none"


def line_style(line):
    style = line.get_linestyle(), line.get_linewidth(), line.get_marker(), line.get_markersize()
    face = to_hex(line.get_markerfacecolor())
    return f"{style} {to_hex(line.get_color())} {face} {line.get_alpha()}"


def describe_artist(artist):
    if isinstance(artist, AxLine):
        yield f"axline {line_style(artist)} {numbers([*artist.get_xy1(), artist.get_slope()])}"
    elif isinstance(artist, Line2D):
        data = f"x {numbers(artist.get_xdata())} y {numbers(artist.get_ydata())}"
        yield f"line {artist.get_label()!r} {line_style(artist)} {data}"
    elif isinstance(artist, Collection):
        values = artist.get_array()
        look = colors(artist.get_facecolor()), colors(artist.get_edgecolor())
        paths = np.concatenate([path.vertices.ravel() for path in artist.get_paths()] or [[]])
        data = f"{'' if values is None else numbers(values)} paths {numbers(paths)}"
        name = f"{type(artist).__name__} {numbers(artist.get_linewidth())}"
        yield f"{name} {look} {artist.get_clim()} {data}"
    elif isinstance(artist, AxesImage):
        image = artist.get_array()
        yield f"image {np.shape(image)} {numbers(image)} {artist.get_extent()} {artist.origin}"
    elif isinstance(artist, Legend):
        for handle, text in zip(artist.legend_handles, artist.get_texts()):
            look = line_style(handle) if isinstance(handle, Line2D) else type(handle).__name__
            yield f"legend {text.get_text()!r} {look}"
    elif isinstance(artist, Text) and artist.get_text():
        look = f"{to_hex(artist.get_color())} {artist.get_ha()} {artist.get_fontsize()}"
        yield f"text {artist.get_text()!r} {numbers(artist.get_position())} {look}"


def describe(figure):
    words = figure.get_suptitle(), figure.get_supxlabel(), figure.get_supylabel()
    yield f"figure {numbers(figure.get_size_inches())} {words}"
    for ax in figure.axes:
        yield f" axes {'on' if ax.axison else 'off'} {ax.get_aspect()}"
        for axis in (ax.xaxis, ax.yaxis):
            chosen = isinstance(axis.get_major_locator(), FixedLocator)  # not matplotlib's own
            ticks = [label.get_text() for label in axis.get_ticklabels()] if chosen else ""
            view = numbers(axis.get_view_interval())
            yield f"  axis {axis.get_label_text()!r} {axis.get_scale()} {view} {ticks}"
        for artist in ax.get_children():
            yield from ("  " + line for line in describe_artist(artist))


def changes(figure, before):
    """What differs from before, with its place."""
    after = list(describe(figure))
    for place, (old, new) in enumerate(zip(before, after)):
        if old != new:
            yield f"  {place}: {new.strip()}"
    if len(before) != len(after):
        yield f"  {len(after)} lines"


class Describing(AbstractMovieWriter):
    """Describes each frame of a film instead of writing it."""

    def __init__(self, before, lines):
        super().__init__(fps=1)
        self.before, self.lines, self.frame = before, lines, 0

    def setup(self, fig, outfile, dpi=None):
        self.fig = fig

    def grab_frame(self, **kwargs):
        self.lines.append(f" frame {self.frame}")
        self.lines += changes(self.fig, self.before)
        self.frame += 1

    def finish(self):
        pass


def move_mouse(figure, ax, x):
    place = ax.transData.transform((x, np.mean(ax.get_ylim())))
    event = MouseEvent("motion_notify_event", figure.canvas, *place)
    figure.canvas.callbacks.process("motion_notify_event", event)


def tell(figure):
    """All lines about a figure: itself, under the mouse, with its slider, as a film."""
    figure.draw_without_rendering()
    lines = list(describe(figure))
    before = list(lines)
    for place, ax in enumerate(figure.axes[:2]):
        for x in (-5.03, 1.34, -0.57):
            move_mouse(figure, ax, x)
            if moved := list(changes(figure, before)):
                lines += [f" mouse at {x} in axes {place}", *moved]
    if hasattr(figure, "slider"):
        low, high = figure.slider.valmin, figure.slider.valmax
        for value in (low, (2 * low + high) / 3, high):
            figure.slider.set_val(value)
            lines += [f" slider at {value:.6g}", *changes(figure, before)]
    if hasattr(figure, "animation"):
        lines.append(f" film, milliseconds a frame: {figure.animation.event_source.interval}")
        figure.animation.save("unused", writer=Describing(before, lines))
    return lines


def digest(lines):
    """Sixteen letters that change with what a figure says; its picture carries them."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def without_times(printed):
    """The printed text; of sections measured now, which no machine repeats, only the words."""
    sections = re.split(r"\n(?=[^\n]+\n-{5,}\n)", printed)
    for place, section in enumerate(sections):
        title, *rest = section.split("\n")
        if title.endswith("measured now"):
            rest = [re.sub(r"\s+", " ", re.sub(r"\d+\.\d+", "#", line)) for line in rest]
            sections[place] = "\n".join([title, *rest])
    return "\n".join(sections)


def windows(text):
    """The lines about each window of a transcript, by the figure's file name."""
    parts = re.split(r"^======== (\w+)\n", text.split(WINDOWS)[1], flags=re.MULTILINE)[1:]
    return {name: lines.splitlines() for name, lines in zip(parts[::2], parts[1::2])}


def show(block):
    """In the place of pyplot.show: print what each window says, by its figure's file name."""
    figures = sys._getframe(1).f_locals["figures"]  # run_lesson's
    print(WINDOWS, end="")
    for name, figure in figures.items():
        print(f"======== {name}", f"window {figure.canvas.manager.title!r}", sep="\n")
        print(*tell(figure), sep="\n")
    plt.close("all")


class Nudged(np.random.Generator):
    """Draws normal numbers that are off by some 1e-15, as if an unknown processor had rounded."""

    def normal(self, *arguments, **keywords):
        numbers = super().normal(*arguments, **keywords)
        others = np.random.Generator(np.random.PCG64(1))
        return numbers * (1 + 1e-15 * others.choice([-2, 2], np.shape(numbers)))


if __name__ == "__main__":
    if os.environ.get("NUDGED"):
        np.random.default_rng = lambda seed: Nudged(np.random.PCG64(seed))
    script = str(ROOT / sys.argv[1])
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    matplotlib.use("module://screen")
    plt.show = show
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")
