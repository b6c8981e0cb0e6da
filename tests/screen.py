"""A matplotlib backend with windows that nobody sees: it draws them and prints their titles.

MPLBACKEND=module://screen python sigmoid_from_scratch.py
"""

from matplotlib import is_interactive
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class FigureManager(FigureManagerBase):
    def __init__(self, canvas, num):
        super().__init__(canvas, num)
        if is_interactive():  # a window then opens when its figure is made
            self.show()

    def set_window_title(self, title):
        self.title = title

    def show(self):
        self.canvas.draw()
        print(f"WINDOW {self.title}")

    @classmethod
    def pyplot_show(cls, *, block=None):
        for manager in Gcf.get_all_fig_managers():
            manager.show()
        stay = not is_interactive() if block is None else block
        print("Open until closed." if stay else "Closed at once.")
        Gcf.destroy_all()


class FigureCanvas(FigureCanvasAgg):
    manager_class = FigureManager
