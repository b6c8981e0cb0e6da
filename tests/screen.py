"""A matplotlib backend with windows that nobody sees: it draws them and prints their titles.

    MPLBACKEND=module://screen python sigmoid_from_scratch.py

WAIT=1 keeps them open, as a screen would, until the process is interrupted.
"""

from __future__ import annotations

import os
import time
from typing import Any

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class FigureManager(FigureManagerBase):
    title = ""

    def set_window_title(self, title: str) -> None:
        self.title = title

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        for manager in Gcf.get_all_fig_managers():
            manager.canvas.draw()
            width, height = manager.canvas.get_width_height()
            print(f"WINDOW {width} x {height}: {getattr(manager, 'title', '')}")
        if os.environ.get("WAIT"):
            time.sleep(60)


class FigureCanvas(FigureCanvasAgg):
    manager_class: Any = FigureManager
