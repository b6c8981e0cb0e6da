"""A matplotlib backend with windows that nobody sees: it draws them and prints their titles.

    MPLBACKEND=module://screen python sigmoid_from_scratch.py

WAIT=1 keeps them open until the process is interrupted. As on a real screen they then close at
once if matplotlib is in interactive mode, which leaves it to a session to keep them open.
"""

from __future__ import annotations

import os
import time
from typing import Any

from matplotlib import is_interactive
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class FigureManager(FigureManagerBase):
    title = ""

    def set_window_title(self, title: str) -> None:
        self.title = title

    def show(self) -> None:
        self.canvas.draw()
        width, height = self.canvas.get_width_height()
        print(f"WINDOW {width} x {height}: {self.title}")

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        for manager in Gcf.get_all_fig_managers():
            manager.show()
        if os.environ.get("WAIT") and not is_interactive():
            time.sleep(60)


class FigureCanvas(FigureCanvasAgg):
    manager_class: Any = FigureManager
