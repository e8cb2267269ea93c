"""Which line of the person's a call comes from: the innermost frame of a file below their folder."""

import linecache
import os
import sys
from types import CodeType, FrameType
from typing import Any

from .format import Site

_OBSERVER = os.path.dirname(os.path.abspath(__file__))
_FOREIGN = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
# Functions of libraries that only pass a call on: naming them says nothing.
_PASSING_ON = {
    "error_handler",
    "wrapper",
    "tf_method_wrapper",
    "op_dispatch_handler",
    "binary_op_wrapper",
    "_call_impl",
}


class Sites:
    """Finds the person's lines. `folder` is the working copy of the script's folder."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder) + os.sep
        self.start = os.getcwd()
        self._own: dict[str, str | None] = {}
        self._sites: dict[tuple[CodeType, int], Site] = {}

    def own(self, filename: str) -> str | None:
        """The path of `filename` relative to the folder if it is the person's own, else None."""
        try:
            return self._own[filename]
        except KeyError:
            pass
        relative = None
        if not filename.startswith("<"):
            path = os.path.realpath(os.path.join(self.start, filename))
            inside = path.startswith(self.folder) and not path.startswith(_OBSERVER + os.sep)
            if inside and not any(part in path[len(self.folder) - 1 :] for part in _FOREIGN):
                relative = path[len(self.folder) :]
        self._own[filename] = relative
        return relative

    def make(self, filename: str, line: int, function: str) -> Site:
        code = linecache.getline(os.path.join(self.folder, filename), line).strip()
        return Site(file=filename, line=line, function=function, code=code)

    def of(self, frame: FrameType) -> Site:
        """The site of a frame that is the person's own."""
        key = (frame.f_code, frame.f_lineno)
        try:
            return self._sites[key]
        except KeyError:
            relative = self.own(frame.f_code.co_filename) or frame.f_code.co_filename
            site = self._sites[key] = self.make(relative, frame.f_lineno, frame.f_code.co_name)
            return site

    def find(self, frame: FrameType | None) -> tuple[Any, FrameType | None, bool]:
        """From `frame` outwards: (the site or the frame of the person's line, the outermost frame below it that says
        something, whether a module was being imported below it).

        The first is a frame, or a `Site` where AutoGraph rewrote the person's code, or None. It makes nothing, so it
        is quick enough for each draw.
        """
        own = self._own
        below = None
        while frame is not None:
            filename = frame.f_code.co_filename
            try:
                relative = own[filename]
            except KeyError:
                relative = self.own(filename)
            if relative is not None:
                return frame, below, False
            if filename == "<frozen importlib._bootstrap>":
                return None, below, True
            if "__autograph_generated_file" in filename:
                site = self._autograph()
                if site is not None:
                    return site, below, False
            elif frame.f_code.co_name not in _PASSING_ON and not filename.startswith(_OBSERVER):
                below = frame
            frame = frame.f_back
        return None, below, False

    def _autograph(self) -> Site | None:
        """The person's line in code that AutoGraph rewrote, through TensorFlow's own map of it."""
        stack = sys.modules.get("tensorflow.python.util.tf_stack")
        if stack is None:
            return None
        try:
            for frame in reversed(list(stack.extract_stack())):
                relative = self.own(frame.filename)
                if relative is not None:
                    return self.make(relative, frame.lineno, frame.name)
        except Exception:  # noqa: BLE001  # Another TensorFlow keeps its map elsewhere: then the caller's line it is.
            return None
        return None

    def site(self, depth: int = 1) -> tuple[Site | None, str, bool]:
        """(The person's line above the caller, the name of the function that it called, whether it was importing)."""
        found, below, importing = self.find(sys._getframe(depth + 1))
        site = found if found is None or isinstance(found, Site) else self.of(found)
        return site, name_of(below), importing


def name_of(frame: FrameType | None) -> str:
    """The name of a frame's function with its module: "keras.src.layers.core.dense.Dense.__init__"."""
    if frame is None:
        return ""
    name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)  # co_qualname: Python 3.11 and later
    return f"{frame.f_globals.get('__name__', '')}.{name}".replace(".<locals>", "")
