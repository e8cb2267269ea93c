"""The values of the person's own lines: after each line the digests of the names that stand in it.

From Python 3.12 on `sys.monitoring` reports the lines of the person's code objects, and of no others, beside whatever
else watches the script. Before, it is `sys.settrace`, which can have one user: where the script traces itself, or is
traced already, this is left out, and said. A line is looked at when it is visited the first times, and then when the
number of its visits is a power of two. Other processes that the script starts are not looked at.
"""

# ruff: noqa: ARG001, ARG002  # what Python passes to a callback

import ctypes
import dis
import os
import sys
import threading
from types import CodeType, FrameType
from typing import Any

from .digests import Digest, digest
from .format import Hook, Value
from .observer import Observer, replace
from .weights import read

FIRST_VISITS = 8  # of each line that are all looked at
MAX_OF_THREADS = 64  # visits of a line by other threads that are looked at
MAX_RECORDS = 30_000
LARGE = 1 << 20  # bytes: what is larger, and only used in a line, is looked at less often there
NAME = "values of its own lines"
RETURNED, YIELDED = "what it returns", "what it yields"
# Of a comprehension the names are not seen where the interpreter has no frame for it, which is from 3.12 on.
_COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_GENERATOR = 0x20  # inspect.CO_GENERATOR
_STORES = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST")
_LOADS = ("LOAD_FAST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE", "LOAD_FROM_DICT")


def hook(observer: Observer) -> None:
    """Set the hooks of this file, in the script's own process alone."""
    if observer.config.look and observer.trace.main_process:
        observer.hook(NAME, "", lambda: _Looking(observer).begin())


class _Code:
    """A code object of the person's: the names in each of its lines, and how often each was visited."""

    __slots__ = ("code", "lines", "names", "others", "visits", "waiting")

    def __init__(self, code: CodeType) -> None:
        self.code = code  # kept, or another could get its id
        self.lines: dict[int, tuple[tuple[str, bool], ...]] | None = None
        self.visits: dict[int, int] = {}
        self.others: dict[int, int] = {}
        self.waiting: dict[int, tuple[int, int]] = {}  # by the frame's id: the line that is to be looked at, its visit

    def of(self, line: int) -> tuple[tuple[str, bool], ...]:
        """The names in a line, and whether it sets them: those that it sets first."""
        if self.lines is None:
            self.lines = _names_by_line(self.code)
        return self.lines.get(line, ())


class _Looking:
    """The looking at one process."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.codes: dict[int, _Code] = {}
        self.main = threading.get_ident()
        self.records = 0
        self.tool = -1
        self.traces = False
        self._files = observer.sites.known
        self._raised: set[int] = set()  # frames in which an exception is under way

    def begin(self) -> None:
        if sys.version_info >= (3, 12):
            self._monitor()
        else:
            self._trace()
        os.register_at_fork(after_in_child=self.end)
        self.observer.at_again.append(self._again)

    def end(self) -> None:
        """Look no longer."""
        if self.tool >= 0:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
            tool, self.tool = self.tool, -1
            monitoring.set_events(tool, 0)
            for one in self.codes.values():
                monitoring.set_local_events(tool, one.code, 0)
            monitoring.free_tool_id(tool)
        if self.traces:
            self.traces = False
            if getattr(sys.gettrace(), "__self__", None) is self:
                sys.settrace(None)

    def said(self, why: str) -> None:
        """Say that from here on nothing is looked at."""
        self.observer.trace.emit(Hook(name=NAME, source="", active=False, why=why))

    def _again(self) -> None:
        self.records = 0
        for one in self.codes.values():
            one.visits.clear()
            one.others.clear()
            one.waiting.clear()

    # Python 3.12 and later

    def _monitor(self) -> None:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        events = monitoring.events
        tool = next(number for number in (4, 3, 5, 1, 2, 0) if monitoring.get_tool(number) is None)
        monitoring.use_tool_id(tool, "repro")
        self.tool = tool
        local = events.LINE | events.PY_RETURN | events.PY_YIELD
        codes, getframe = self.codes, sys._getframe

        def start(code: CodeType, offset: int) -> Any:
            own = codes.get(id(code))
            if own is None:
                if code.co_name in _COMPREHENSIONS or self.observer.sites.own(code.co_filename) is None:
                    return monitoring.DISABLE
                own = codes[id(code)] = _Code(code)
            if own.waiting:
                own.waiting.pop(id(getframe(1)), None)  # of a frame that an exception ended
            if not monitoring.get_local_events(tool, code):
                monitoring.set_local_events(tool, code, local)
            return None

        def line(code: CodeType, number: int) -> Any:
            own = codes.get(id(code))
            if own is not None:
                self.line(own, getframe(1), number)

        def returned(code: CodeType, offset: int, value: Any) -> Any:
            own = codes.get(id(code))
            if own is not None and own.waiting:
                self.leave(own, getframe(1), RETURNED, value)

        def yielded(code: CodeType, offset: int, value: Any) -> Any:
            own = codes.get(id(code))
            if own is not None and own.waiting and code.co_flags & _GENERATOR:
                self.leave(own, getframe(1), YIELDED, value)

        monitoring.register_callback(tool, events.PY_START, start)
        monitoring.register_callback(tool, events.LINE, line)
        monitoring.register_callback(tool, events.PY_RETURN, returned)
        monitoring.register_callback(tool, events.PY_YIELD, yielded)
        monitoring.set_events(tool, events.PY_START)

    # Python 3.11 and earlier

    def _trace(self) -> None:
        if sys.gettrace() is not None:
            raise RuntimeError("the script is traced already, as by a debugger or by coverage")
        originals = sys.settrace, threading.settrace
        for module, original in zip((sys, threading), originals, strict=True):
            self._give_way(module, original)
        for original in originals[::-1]:
            original(self.call)
        self.traces = True

    def _give_way(self, module: Any, original: Any) -> None:
        """Have another tracer that the script sets take our place."""

        @replace(module, "settrace")
        def settrace(function: Any, /) -> None:
            if self.traces and getattr(function, "__self__", None) is not self:
                self.traces = False
                module.settrace = original
                self.said("the script sets a tracer of its own, as a debugger does")
            original(function)

    def call(self, frame: FrameType, event: str, argument: Any) -> Any:
        """A frame begins: of the person's, it is traced; others are not."""
        code = frame.f_code
        try:
            if self._files[code.co_filename] is None:
                return None
        except KeyError:
            if self.observer.sites.own(code.co_filename) is None:
                return None
        own = self.codes.get(id(code))
        if own is None:
            if code.co_name in _COMPREHENSIONS:
                return None
            own = self.codes[id(code)] = _Code(code)
        own.waiting.pop(id(frame), None)  # of a frame that an exception ended
        return self.local if self.traces else None

    def local(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Something happens in a frame of the person's."""
        own = self.codes.get(id(frame.f_code))
        if own is None or not self.traces:
            return None
        if event == "line":
            if self._raised:
                self._raised.discard(id(frame))
            self.line(own, frame, frame.f_lineno)
        elif event == "exception":
            self._raised.add(id(frame))
        elif event == "return":
            raised = id(frame) in self._raised
            self._raised.discard(id(frame))
            if raised and argument is None:
                own.waiting.pop(id(frame), None)
            elif own.waiting:
                generator = frame.f_code.co_flags & _GENERATOR
                self.leave(own, frame, YIELDED if generator and argument is not None else RETURNED, argument)
        return self.local

    # Both

    def line(self, own: _Code, frame: FrameType, number: int) -> None:
        """A line begins, and with it the one before it in this frame has ended."""
        main = threading.get_ident() == self.main
        visits = own.visits if main else own.others
        visit = visits[number] = visits.get(number, 0) + 1
        if own.waiting:
            waited = own.waiting.pop(id(frame), None)
            if waited is not None:
                self._look(own, frame, *waited, ())
        if (visit <= FIRST_VISITS or not visit & (visit - 1)) if main else visit <= MAX_OF_THREADS:
            own.waiting[id(frame)] = (number, visit)

    def leave(self, own: _Code, frame: FrameType, what: str, value: Any) -> None:
        """A frame is left, with a value."""
        waited = own.waiting.pop(id(frame), None)
        if waited is not None:
            self._look(own, frame, *waited, () if value is None else ((what, value),))

    def _look(self, own: _Code, frame: FrameType, line: int, visit: int, more: tuple[tuple[str, Any], ...]) -> None:
        """Write the digests of the names that stand in a line that has ended, and of `more`."""
        observer = self.observer
        observer.local.quiet += 1
        try:
            held = [(name, True, value) for name, value in more]
            for name, sets in own.of(line):
                found, value = _value(frame, name)
                if found:
                    held.append((name, sets, value))
            names = []
            for name, sets, value in held:
                made = self._digest(sets, value, visit)
                if made is not None:
                    parts = [list(part) for part in made.parts]
                    names.append([name, made.digest, made.shown, made.whole, parts])
            site = observer.sites.make(
                observer.sites.own(own.code.co_filename) or own.code.co_filename, line, own.code.co_name
            )
            observer.trace.emit(Value(site=site, visit=visit, names=names))
            self.records += 1
            if self.records >= MAX_RECORDS:
                self.end()
                self.said(f"more than {MAX_RECORDS:,} lines were looked at: those after them were not")
        except Exception as error:  # noqa: BLE001  # The script continues, and it is said.
            observer.once(NAME, error)
        finally:
            observer.local.quiet -= 1

    def _digest(self, sets: bool, value: Any, visit: int) -> Digest | None:
        if not sets and visit > 2 and visit & (visit - 1):
            size = getattr(value, "nbytes", 0) if type(value).__module__ == "numpy" else 0
            if size > LARGE:
                return None
        return digest(value, read)


def _value(frame: FrameType, name: str) -> tuple[bool, Any]:
    """Whether a name has a value in a frame, or among its globals, and that value. It leaves no trace in the frame."""
    code = frame.f_code
    if not code.co_flags & 2:  # inspect.CO_NEWLOCALS: a module's names, or those of a class
        held = frame.f_locals
        if type(held) is dict and name in held:
            return True, held[name]
    elif name in code.co_varnames or name in code.co_cellvars or name in code.co_freevars:
        if (3, 12) <= sys.version_info < (3, 13):
            # `f_locals` would renew the dictionary that an earlier `locals()` of the person's has given.
            try:
                return True, _get_variable(frame, name)
            except NameError:
                return False, None
        held = frame.f_locals
        return (True, held[name]) if name in held else (False, None)
    if type(frame.f_globals) is dict and name in frame.f_globals:
        return True, frame.f_globals[name]
    return False, None


def _get_variable(frame: FrameType, name: str) -> Any:
    get = ctypes.pythonapi.PyFrame_GetVarString
    get.argtypes, get.restype = (ctypes.py_object, ctypes.c_char_p), ctypes.py_object
    return get(frame, name.encode())


def _names_by_line(code: CodeType) -> dict[int, tuple[tuple[str, bool], ...]]:
    """The names that stand in each line of a code object, and whether the line sets them: those that it sets first."""
    found: dict[int, dict[str, bool]] = {}
    line: int | None = None
    for instruction in dis.get_instructions(code):
        positions = getattr(instruction, "positions", None)  # from Python 3.11 on
        if positions is not None:
            line = positions.lineno
        elif instruction.starts_line is not None:
            line = instruction.starts_line
        name = instruction.opname
        if line is None or not name.startswith(("STORE_", "LOAD_")):
            continue
        sets = name in _STORES
        if not sets and not name.startswith(_LOADS):
            continue
        value = instruction.argval
        names = value if isinstance(value, tuple) else (value,)
        for number, one in enumerate(names):
            if type(one) is str and not one.startswith("."):
                stored = sets and not (name == "STORE_FAST_LOAD_FAST" and number)
                known = found.setdefault(line, {})
                known[one] = known.get(one, False) or stored
    return {number: tuple(sorted(names.items(), key=lambda item: not item[1])) for number, names in found.items()}
