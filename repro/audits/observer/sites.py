"""Which line of the person's a call comes from: the innermost frame of a file below their folder."""

import linecache
import os
import re
import sys
import threading
from types import CodeType, FrameType
from typing import Any

from .format import Site

_OBSERVER = os.path.dirname(os.path.abspath(__file__))
_SENT = "<dynamic-code>"  # the file of code that cloudpickle has sent to another process, by value
_FOREIGN = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
# Functions of libraries that only pass a call on: naming them says nothing.
_PASSING_ON = {
    "error_handler",
    "wrapper",
    "tf_method_wrapper",
    "op_dispatch_handler",
    "binary_op_wrapper",
    "_call_impl",
    "inner_f",
    "converter_wrapper",
}
STARTED = "_audit_started"
"""The attribute of a thread that holds the site below which it was started."""

# What libraries call the argument that says how many workers there are, and the one that seeds.
_WORKERS = ("n_jobs", "max_workers", "workers", "num_workers", "processes")
_SEEDS = ("seed", "random_state", "random_seed", "rng")


class Sites:
    """Finds the person's lines: those of files below `folder`, and, if the `script` is a link, below the folder that
    it leads to."""

    def __init__(self, folder: str, script: str) -> None:
        self.folder = os.path.join(os.path.realpath(folder), "")
        self._script = os.path.realpath(script)
        self._name = os.path.relpath(script, folder)
        behind = os.path.join(os.path.dirname(self._script), "")
        self._behind = None if behind.startswith(self.folder) else behind
        self.start = os.getcwd()
        self.known: dict[str, str | None] = {}
        """What `own` has said of each file's name."""
        self._paths: dict[str, str] = {}  # of those behind a link
        self._codes: dict[CodeType, bool] = {}
        self._sites: dict[tuple[CodeType, int], Site] = {}

    def _started(self) -> Site | None:
        """The line below which this thread was started, where that is known (order.py)."""
        thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
        return getattr(thread, STARTED, None)

    def own(self, filename: str) -> str | None:
        """The path of `filename` relative to the folder if it is the person's own, else None."""
        try:
            return self.known[filename]
        except KeyError:
            pass
        relative = None
        if not filename.startswith("<"):
            path = os.path.realpath(os.path.join(self.start, filename))
            if path == self._script:
                self.known[filename] = self._name
                return self._name
            if self._behind is not None and path.startswith(self._behind):
                self.known[filename] = relative = path[len(self._behind) :]
                self._paths[relative] = path
                return relative
            inside = path.startswith(self.folder) and not path.startswith(_OBSERVER + os.sep)
            if inside and not any(part in path[len(self.folder) - 1 :] for part in _FOREIGN):
                relative = path[len(self.folder) :]
        self.known[filename] = relative
        return relative

    def make(self, filename: str, line: int, function: str) -> Site:
        path = self._paths.get(filename) or os.path.join(self.folder, filename)
        code = linecache.getline(path, line).strip()
        return Site(file=filename, line=line, function=function, code=code)

    def of(self, frame: FrameType) -> Site:
        """The site of a frame that is the person's own."""
        key = (frame.f_code, frame.f_lineno)
        try:
            return self._sites[key]
        except KeyError:
            relative = self.own(frame.f_code.co_filename)
            if relative is None:
                relative = self._name if frame.f_code.co_filename == _SENT else frame.f_code.co_filename
            site = self._sites[key] = self.make(relative, frame.f_lineno, frame.f_code.co_name)
            return site

    def find(self, frame: FrameType | None) -> tuple[Any, FrameType | None, bool]:
        """From `frame` outwards: (the site or the frame of the person's line, the outermost frame below it that says
        something, whether a module was being imported below it).

        The first is a frame, or a `Site` where AutoGraph rewrote the person's code, or None. It makes nothing, so it
        is quick enough for each draw.
        """
        own = self.known
        below = None
        while frame is not None:
            filename = frame.f_code.co_filename
            try:
                relative = own[filename]
            except KeyError:
                relative = self.own(filename)
            if relative is not None or (filename == _SENT and self._sent(frame.f_code)):
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
        return self._started(), below, False

    def _sent(self, code: CodeType) -> bool:
        """Whether code that another process has sent is a function of the script's: it has one of that name there."""
        try:
            return self._codes[code]
        except KeyError:
            line = linecache.getline(self._script, code.co_firstlineno)
            name = "lambda" if code.co_name == "<lambda>" else code.co_name
            found = self._codes[code] = bool(re.search(rf"\b{re.escape(name)}\b|^\s*@", line))
            return found

    def _of_libraries(self, frame: FrameType | None) -> list[FrameType]:
        """From `frame` outwards the frames of libraries up to the person's line, the nearest to it first; none if there
        is no such line, or a module was being imported."""
        frames: list[FrameType] = []
        while frame is not None and self.own(frame.f_code.co_filename) is None:
            if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
                return []
            if not frame.f_code.co_filename.startswith(_OBSERVER):
                frames.append(frame)
            frame = frame.f_back
        return [] if frame is None else frames[::-1]

    def takes_workers(self, depth: int = 1) -> str | None:
        """The argument by which the library that the person's line above the caller has called takes the number of
        workers, by its own signature; None if there is none."""
        for frame in self._of_libraries(sys._getframe(depth + 1)):
            for name in _WORKERS:
                if name in _arguments(frame.f_code):
                    return name
        return None

    def takes(self, depth: int = 1) -> list[str]:
        """What of a library takes a seed, by its own signature, on the way from the person's line above the caller to
        the caller, and was given none. Three words, none if there is nothing: "argument", the function and its
        argument; or "method", the class of the object whose function the line called and which has a method `seed`,
        and "seed"; or "made", the class of such an object and the argument with which it is made. Of several that of
        the function nearest to the person's line."""
        for place, one in enumerate(self._of_libraries(sys._getframe(depth + 1))):
            found = _takes(one, called=place == 0)
            if found:
                return found
        return []

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


def _takes(frame: FrameType, *, called: bool) -> list[str]:
    """What takes a seed in a library's function: see `Sites.takes`. `called`: the person's line called it."""
    names, held = _arguments(frame.f_code), frame.f_locals
    made = held.get(names[0]) if names and names[0] == "self" else None
    for name in _SEEDS:
        if name in names and held.get(name) is None:
            return [
                "argument",
                frame.f_code.co_name if frame.f_code.co_name != "__init__" else type(made).__name__,
                name,
            ]
    if made is None:
        return []
    kind = type(made)
    if called and callable(getattr(kind, "seed", None)):
        return ["method", kind.__name__, "seed"]
    function = kind.__init__
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    taken = _arguments(code) if code is not None else ()
    for name in _SEEDS:
        if name in taken and getattr(made, "__dict__", {}).get(name) is None:
            return ["made", kind.__name__, name]
    return []


def _arguments(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
