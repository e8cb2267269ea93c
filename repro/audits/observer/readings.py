"""Readings of the clock, the process id, memory and the machine: each is recorded, and those of another run are given.

A reading is known by the line that makes it, its function, what is read and how often that line did before; also those
of libraries are, as of a progress bar. The values of one process are one file, `readings-….jsonl`, beside its trace: a
line `[number, [file, line, function, what, thread]]` for each line that reads, and `number value` for each reading.

A run that is given the readings of another one takes its values where it makes the same reading, and goes on from the
last one where it makes more. They can be moved: by `Config.shift` seconds, and stretched by a thousandth. Each time
from one reading to the next is stretched by itself, to whole units of what the clock tells: one of under five hundred
units stays as it is, to the bit, and a longer one is rounded by at most a thousandth of itself.
"""

import builtins
import ctypes
import datetime
import functools
import gc
import io
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

from .format import Read, Site
from .observer import Observer, pose, replace

ID, TEMPORARY = "id", "temporary name"
"""What is read where a run makes up a name: a uuid or a token, in hexadecimal; the name of a temporary file."""

MAX_READINGS = 2_000_000  # recorded of one process
_TIMES = 20  # readings of one line that have records in the trace
_AT_ONCE = 256  # values written together
# These wait by the clock, or speak to processes by their ids: what they read has no part in any result.
_OF_THEIR_OWN = (
    *("/threading.py", "/queue.py", "/selectors.py", "/subprocess.py", "/socket.py", "/ssl.py", "/sched.py"),
    *("/random.py", "/tempfile.py", "/signal.py", "/uuid.py", "/email/utils.py"),
    *("/concurrent/futures/", "/multiprocessing/", "/asyncio/", "/importlib/", "/joblib/", "/loky/", "/zmq/"),
)
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_OF_THE_DAY = (  # clocks that count from 1970; the first of `time.clock_gettime` does
    *("time.time", "datetime.", "time.clock_gettime(0)", "time.clock_gettime_ns(0)"),
    *("time.localtime", "time.gmtime", "time.ctime", "time.asctime", "time.strftime"),
)
_CLOCKS = ("time", "perf_counter", "monotonic", "process_time", "thread_time")
_FORMATTED = {"localtime": 1, "gmtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}  # arguments with which none is read


class Readings:
    """What this process reads, and, if the configuration names them, the readings of another run."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self._now = time.time
        self._open, self._write, self._process = os.open, os.write, os.getpid
        self._excluded: dict[str, bool] = {}
        self._begin()
        self._seen: dict[str, set[Any]] = {}
        self._stretched: dict[str, dict[Any, Any]] = {}
        given = observer.config.readings
        self.given = None if given is None else self._read(Path(given))
        os.register_at_fork(after_in_child=self._begin)
        observer.at_end.append(self.end)

    def _begin(self) -> None:
        self._keys: dict[tuple[Any, ...], int] = {}
        self._counts: dict[tuple[Any, ...], int] = {}
        self._last: dict[str, tuple[Any, Any]] = {}
        self._buffer: list[str] = []
        self._handle: int | None = None
        self._left = MAX_READINGS
        self._often: dict[tuple[Any, ...], tuple[Site, str]] = {}

    def _read(self, folder: Path) -> dict[tuple[Any, ...], list[Any]]:
        """The readings of a run, by what makes them; of several processes those of its main one first."""
        found: dict[tuple[Any, ...], list[Any]] = {}
        main = (folder / "main").read_text(encoding="utf-8")
        files = sorted(folder.glob("readings-*.jsonl"), key=lambda path: path.name.split("-")[1] != main)
        for path in files:
            keys: dict[int, list[Any]] = {}
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith("["):
                        number, at = json.loads(line)
                        key = tuple(at)
                        values: list[Any] = []
                        found.setdefault((*key, path.name.split("-")[1] == main), values)
                        keys[number] = values
                    else:
                        number, _, value = line.partition(" ")
                        values = keys[int(number)]
                        values.append(json.loads(value))
        for (*_, what, _, _), values in found.items():
            if values and isinstance(values[0], (int, float)):
                self._seen.setdefault(what, set()).update(values)
        return found

    def excluded(self, frame: FrameType) -> bool:
        """Whether a frame's readings are left as they are."""
        name = frame.f_code.co_filename
        try:
            return self._excluded[name]
        except KeyError:
            own = name.startswith(_HERE) or (name.startswith("<frozen") or any(part in name for part in _OF_THEIR_OWN))
            self._excluded[name] = own and self.observer.sites.own(name) is None
            return self._excluded[name]

    def read(self, frame: FrameType, what: str, value: Any, unit: float | None) -> Any:
        """Record that a frame reads `value`; give what it is to have instead. `unit`: of a clock, how many of its
        units make a second."""
        observer = self.observer
        code = frame.f_code
        key = (code, frame.f_lineno, what, observer.trace.thread)
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        if self.given is not None:
            value = self._instead(key, count, value, unit)
        if (site := self._own_site(frame)) is not None:
            observer.reading = (what, site)
        if count < _TIMES:
            self._note(frame, site, what, count)
        if self._left > 0:
            self._left -= 1
            number = self._keys.get(key)
            if number is None:
                number = self._keys[key] = len(self._keys)
                self._buffer.append(json.dumps([number, [*self._named(key)]]) + "\n")
            written = repr(value) if type(value) in (int, float) else json.dumps(value)
            self._buffer.append(f"{number} {written}\n")
            if len(self._buffer) >= _AT_ONCE or not observer.trace.main_process:
                self.flush()
        return value

    def _named(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        code, line, what, thread = key
        return self.observer.sites.own(code.co_filename) or code.co_filename, line, code.co_name, what, thread

    def _instead(self, key: tuple[Any, ...], count: int, value: Any, unit: float | None) -> Any:
        assert self.given is not None
        named, what = self._named(key), key[2]
        if what in (ID, TEMPORARY) and not self.observer.config.ids:
            return value
        main = self.observer.trace.main_process
        values = self.given.get((*named, main)) or self.given.get((*named, not main)) or []
        if count < len(values):
            given = values[count]
            if unit is not None:
                given = self._moved(what, given, unit)
                self._last[what] = (given, value)
            return given
        if unit is not None and what in self._last:  # it goes on from there
            last, then = self._last[what]
            return last + (value - then)
        return value

    def _moved(self, what: str, value: Any, unit: float) -> Any:
        shift = self.observer.config.shift
        if shift is None:
            return value
        if what not in self._stretched:
            self._stretched[what] = stretched(self._seen.get(what, set()), from_zero=not what.startswith(_OF_THE_DAY))
        moved = self._stretched[what].get(value, value)
        if not what.startswith(_OF_THE_DAY):  # it counts from no moment that anybody knows
            return moved
        return moved + (int(shift * unit) if isinstance(value, int) else shift * unit)

    def _own_site(self, frame: FrameType) -> Site | None:
        sites = self.observer.sites
        return None if sites.own(frame.f_code.co_filename) is None else sites.of(frame)

    def _note(self, frame: FrameType, site: Site | None, what: str, count: int) -> None:
        observer, library = self.observer, None
        if site is None:
            if count:
                return  # of a library's line one record says it
            found, _, importing = observer.sites.find(frame)
            if importing or found is None:
                return
            site = found if isinstance(found, Site) else observer.sites.of(found)
            library = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"
        observer.trace.emit(Read(site=site, what=what, occurrence=count, library=library))

    def flush(self) -> None:
        """Write what is not written yet."""
        if self._handle is None:
            name = f"readings-{self._process()}-{time.time_ns()}.jsonl"
            path = os.path.join(self.observer.trace.folder, name)
            self._handle = self._open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._write(self._handle, "".join(self._buffer).encode("utf-8", "surrogatepass"))
        self._buffer.clear()

    def end(self) -> None:
        """Write what is left, and begin anew: a second run in the process has readings of its own."""
        for (code, line, what, thread), count in self._counts.items():
            if count > _TIMES and self.observer.sites.own(code.co_filename) is not None:
                name = self.observer.sites.own(code.co_filename) or ""
                site = self.observer.sites.make(name, line, code.co_name)
                self.observer.trace.emit(Read(site=site, what=what, occurrence=count - 1), thread)
        if self._buffer:
            self.flush()
        if self._handle is not None:
            os.close(self._handle)
        self._begin()


def stretched(values: Iterable[Any], *, from_zero: bool) -> dict[Any, Any]:
    """What each value of a clock becomes where the times between them are stretched by a thousandth; `from_zero`: also
    the time from 0 to the first of them.

    Each time between two is a whole number of units, of 1 for integers and of the last place for floats, before and
    after, so that no rounding of a short one adds up to a change that a reader would take for a result's.
    """
    found: dict[Any, Any] = {}
    before = moved = None
    for value in sorted(values):
        unit = 1 if isinstance(value, int) else math.ulp(value)
        if before is None:
            moved = value + round(value / unit) // 1000 * unit if from_zero else value
        else:
            moved += (round((value - before) / unit) * 1001 + 500) // 1000 * unit
        found[value] = moved
        before = value
    return found


class _Reading:
    """A function of C's own, watched. Unlike a function of Python's it does not become a method where a class keeps
    it, so it can stand everywhere that the original can."""

    def __init__(self, readings: Readings, original: Any, what: str, unit: float | None, module: str) -> None:
        self._readings, self._original, self._what, self._unit = readings, original, what, unit
        self._local = readings.observer.local
        self.__name__, self.__doc__, self.__module__ = original.__name__, original.__doc__, module
        self.__qualname__ = original.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        value = self._original(*args, **kwargs)
        frame = sys._getframe(1)
        if self._local.quiet or self._readings.excluded(frame):
            return value
        return self._value(frame, value, args)

    def _value(self, frame: FrameType, value: Any, args: tuple[Any, ...]) -> Any:
        what = f"{self._what}({args[0]})" if args else self._what
        return self._readings.read(frame, what, value, self._unit)

    def __reduce__(self) -> str:
        return str(self.__name__)

    def __repr__(self) -> str:
        return repr(self._original)


class _OfOneself(_Reading):
    """As `_Reading`, for a process id: libraries need the true one."""

    def _value(self, frame: FrameType, value: Any, args: tuple[Any, ...]) -> Any:
        name = frame.f_code.co_filename
        if self._readings.observer.sites.own(name) is None and not name.endswith("/logging/__init__.py"):
            return value
        return super()._value(frame, value, args)


class _Several(_Reading):
    """As `_Reading`, for several numbers: `make` gives the object from them."""

    def __init__(self, readings: Readings, original: Any, what: str, module: str, make: Callable[[Any], Any]) -> None:
        super().__init__(readings, original, what, None, module)
        self._make = make

    def _value(self, frame: FrameType, value: Any, _: tuple[Any, ...]) -> Any:
        given = self._readings.read(frame, self._what, list(value), None)
        return value if given == list(value) else self._make(given)


class _Formatted(_Reading):
    """A function that reads the clock where it is given no time, watched."""

    def __init__(self, readings: Readings, original: Any, given: int, of: Callable[..., Any]) -> None:
        super().__init__(readings, original, f"time.{original.__name__}", 1.0, "time")
        self._given, self._of, self._now = given, of, time.time

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        frame = sys._getframe(1)
        none = len(args) < self._given or args[self._given - 1] is None
        if not none or kwargs or self._local.quiet or self._readings.excluded(frame):
            return self._original(*args, **kwargs)
        seconds = self._readings.read(frame, self._what, self._readings._now(), 1.0)
        return self._of(seconds, *args[: self._given - 1])


class _ClassMethod:
    """`datetime.now` and `utcnow`, watched: they read the clock in C, in microseconds here."""

    def __init__(self, readings: Readings, original: Any, name: str) -> None:
        self._readings, self._original, self._name = readings, original, name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        method, readings, name = self._original.__get__(instance, owner), self._readings, self._name

        @functools.wraps(method)
        def watched(*args: Any, **kwargs: Any) -> Any:
            value = method(*args, **kwargs)
            frame = sys._getframe(1)
            if readings.observer.local.quiet or readings.excluded(frame):
                return value
            zone = datetime.UTC if name == "utcnow" else None
            aware = value.replace(tzinfo=zone) if zone is not None else value
            read = round(aware.timestamp()) * 1_000_000 + value.microsecond  # exact where a float is not
            read -= 1_000_000 if round(aware.timestamp()) > aware.timestamp() else 0
            given = readings.read(frame, f"datetime.{name}", read, 1e6)
            if given == read:
                return value
            seconds, rest = divmod(int(given), 1_000_000)
            if zone is not None:
                return owner.fromtimestamp(seconds, zone).replace(microsecond=rest, tzinfo=None)
            return owner.fromtimestamp(seconds, value.tzinfo).replace(microsecond=rest)

        return watched


def hook(observer: Observer) -> None:
    """Set the hooks of this file."""
    observer.readings = readings = Readings(observer)
    observer.hook("names that are made up", "system", lambda: _names(readings))
    observer.hook("clock", "clock", lambda: _clocks(readings))
    observer.hook("datetime", "clock", lambda: _dates(readings))
    observer.hook("process id", "clock", lambda: _processes(readings))
    observer.hook("memory and machine", "clock", lambda: _machine(readings))


def _names(readings: Readings) -> None:
    """The names of temporary files: drawn from a generator that no script has a part in."""

    def watch(module: Any) -> None:
        kind = module._RandomNameSequence
        original = kind.__next__

        @replace(kind, "__next__")
        def __next__(self: Any) -> Any:  # noqa: N807
            name = original(self)
            return name if readings.observer.local.quiet else readings.read(sys._getframe(1), TEMPORARY, name, None)

    readings.observer.finder.add("tempfile", watch)


def _clocks(readings: Readings) -> None:
    local, universal = time.localtime, time.gmtime
    of: dict[str, Callable[..., Any]] = {
        "localtime": local,
        "gmtime": universal,
        "ctime": time.ctime,
        "asctime": lambda seconds, _=time.asctime: _(local(seconds)),
        "strftime": lambda seconds, form, _=time.strftime: _(form, local(seconds)),
    }
    for name, given in _FORMATTED.items():
        setattr(time, name, _Formatted(readings, getattr(time, name), given, of[name]))
    for name in _CLOCKS:
        setattr(time, name, _Reading(readings, getattr(time, name), f"time.{name}", 1.0, "time"))
        name += "_ns"
        setattr(time, name, _Reading(readings, getattr(time, name), f"time.{name}", 1e9, "time"))
    for name, unit in (("clock_gettime", 1.0), ("clock_gettime_ns", 1e9)):
        if hasattr(time, name):
            setattr(time, name, _Reading(readings, getattr(time, name), f"time.{name}", unit, "time"))


def _dates(readings: Readings) -> None:
    """`datetime.now()` and `utcnow()`: their class takes no attribute, its dictionary does."""
    kind = datetime.datetime
    (held,) = (one for one in gc.get_referents(kind.__dict__) if isinstance(one, dict))
    for name in ("now", "utcnow"):
        held[name] = _ClassMethod(readings, held[name], name)
    # https://docs.python.org/3/c-api/type.html#c.PyType_Modified: what was looked up before is to be forgotten.
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _processes(readings: Readings) -> None:
    own = os.getpid
    for name in ("getpid", "getppid"):
        if hasattr(os, name):
            setattr(os, name, _OfOneself(readings, getattr(os, name), f"os.{name}", None, "os"))
    if readings.given is not None:
        kill = os.kill

        def to_oneself(process: int, signal: int, /) -> None:
            """The id that was given is that of a process of another run's."""
            given = {
                value for key, values in (readings.given or {}).items() if key[3] == "os.getpid" for value in values
            }
            kill(own() if process in given else process, signal)

        os.kill = pose(to_oneself, kill, "os")


def _machine(readings: Readings) -> None:
    observer = readings.observer
    os.times = _Several(readings, os.times, "os.times", "os", os.times_result)
    if hasattr(os, "getloadavg"):
        os.getloadavg = _Several(readings, os.getloadavg, "os.getloadavg", "os", tuple)

    def usage(module: Any) -> None:
        make = module.struct_rusage
        module.getrusage = _Several(readings, module.getrusage, "resource.getrusage", "resource", make)

    def traced(module: Any) -> None:
        original = module.get_traced_memory
        module.get_traced_memory = _Several(readings, original, "tracemalloc.get_traced_memory", "tracemalloc", tuple)

    observer.finder.add("resource", usage)
    observer.finder.add("tracemalloc", traced)
    opened = builtins.open

    def watched_open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        of_system = isinstance(file, str) and file.startswith("/proc/") and "/fd" not in file
        if not of_system or mode not in ("r", "rb", "rt") or observer.local.quiet:
            return opened(file, mode, *args, **kwargs)
        frame = sys._getframe(1)
        if readings.excluded(frame):
            return opened(file, mode, *args, **kwargs)
        try:
            with opened(file, mode, *args, **kwargs) as stream:
                text = stream.read()
        except ProcessLookupError:
            text = b"" if mode == "rb" else ""
        except FileNotFoundError:
            if readings.given is None:
                raise
            text = b"" if mode == "rb" else ""
        plain = text.decode("latin-1") if isinstance(text, bytes) else text
        given = readings.read(frame, f"the system ({os.path.basename(file)})", plain, None)
        return io.BytesIO(given.encode("latin-1")) if mode == "rb" else io.StringIO(given)

    builtins.open = pose(watched_open, opened, "_io")
    io.open = builtins.open
