"""What a script takes from around it: clock and process id; files that are read, written and listed."""

import ctypes
import datetime
import functools
import gc
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from .format import File, Read, Site
from .observer import Observer, replace

_LIMIT = 64 << 20
_TIMES = 20
_CHANGES = ("os.truncate", "os.chmod", "os.chown", "os.utime", "sqlite3.connect")  # of a file that is named first
_CODE = (".py", ".pyc", ".pyi", ".so")


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    observer.hook("clock and process id", "clock", lambda: _readings(observer))
    observer.hook("datetime", "clock", lambda: _dates(observer))
    if observer.config.linked:
        observer.hook("large files", "files", lambda: _large_files(observer))
    observer.hook("files", "files", lambda: _files(observer))
    observer.hook("listings", "files", lambda: _listings(observer))
    observer.finder.add(
        "h5py._hl.files", lambda module: observer.hook("h5py", "files", lambda: _h5py(observer, module))
    )
    if "files" in observer.pins:
        observer.finder.add("tensorflow.python.lib.io.file_io", lambda module: _tensorflow(observer, module))


class _Reading:
    """A function of C's own, watched. Unlike a function of Python's it does not become a method where a class keeps
    it, so it can stand everywhere that the original can. With `given` arguments or more it reads no clock."""

    def __init__(self, observer: Observer, original: Any, what: str, given: int = 1 << 10) -> None:
        self._observer, self._original, self._what, self._given = observer, original, what, given
        self._counts: dict[Any, int] = {}
        self._often: dict[Any, Site] = {}  # the lines that have read more than _TIMES
        observer.at_end.append(self._end)
        self.__name__, self.__doc__, self.__module__ = original.__name__, original.__doc__, original.__module__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        value = self._original(*args, **kwargs)
        if len(args) < self._given:
            self.note(sys._getframe(1))
        return value

    def note(self, frame: FrameType) -> None:
        """Record a reading that the person's own line makes."""
        own = self._observer.sites.own
        if own(frame.f_code.co_filename) is not None and not self._observer.local.quiet:
            key = (frame.f_code, frame.f_lineno)
            count = self._counts[key] = self._counts.get(key, 0) + 1
            site = self._observer.sites.of(frame)
            self._observer.reading = (self._what, site)
            if count <= _TIMES:
                self._observer.trace.emit(Read(site=site, what=self._what, occurrence=count - 1))
            else:
                self._often[key] = site

    def _end(self) -> None:
        """Record the last reading of those lines of which it was not, and count anew."""
        for key, site in self._often.items():
            self._observer.trace.emit(Read(site=site, what=self._what, occurrence=self._counts[key] - 1))
        self._counts.clear()
        self._often.clear()

    def __reduce__(self) -> str:
        return str(self.__name__)

    def __repr__(self) -> str:
        return repr(self._original)


def _readings(observer: Observer) -> None:
    clocks = ("time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time")
    for module, name in (*((time, name) for name in clocks), (os, "getpid")):
        reading = _Reading(observer, getattr(module, name), f"{module.__name__}.{name}")
        if name == "getpid":
            reading.__module__ = "os"
        setattr(module, name, reading)
    # These read the clock where they are not given a time.
    for name, given in {"localtime": 1, "gmtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}.items():
        setattr(time, name, _Reading(observer, getattr(time, name), f"time.{name}", given))


class _ClassMethod:
    """A class method of a class of C's own, watched: it gives what the original does."""

    def __init__(self, original: Any, reading: _Reading) -> None:
        self._original, self._reading = original, reading

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        method, note = self._original.__get__(instance, owner), self._reading.note

        @functools.wraps(method)
        def watched(*args: Any, **kwargs: Any) -> Any:
            note(sys._getframe(1))
            return method(*args, **kwargs)

        return watched


def _dates(observer: Observer) -> None:
    """`datetime.now()` and `utcnow()` read the clock in C. Their class takes no attribute, its dictionary does."""
    kind = datetime.datetime
    (held,) = (one for one in gc.get_referents(kind.__dict__) if isinstance(one, dict))
    for name in ("now", "utcnow"):
        held[name] = _ClassMethod(held[name], _Reading(observer, getattr(kind, name), f"datetime.{name}"))
    # https://docs.python.org/3/c-api/type.html#c.PyType_Modified: what was looked up before is to be forgotten.
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _inside(observer: Observer, path: Any) -> str | None:
    """The path relative to the script's folder, if it is in it and holds no code."""
    if isinstance(path, int) or path is None:
        return None
    name = os.fsdecode(path)
    whole = os.path.realpath(name)
    if not whole.startswith(observer.sites.folder) or whole.endswith(_CODE):
        return None
    return whole[len(observer.sites.folder) :]


def _digest(path: str) -> str | None:
    try:
        if os.stat(path).st_size > _LIMIT:
            return None
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    digest = hashlib.sha256()
    try:
        while part := os.read(handle, 1 << 20):
            digest.update(part)
    except OSError:
        return None
    finally:
        os.close(handle)
    return digest.hexdigest()


def _record(observer: Observer, action: str, path: str, digest: str | None, depth: int = 2) -> None:
    site, _, importing = observer.sites.site(depth)
    if site is not None and not importing:
        occurrence = observer.trace.occurrence("file", action, path)
        if occurrence < _TIMES:
            observer.trace.emit(File(action=action, path=path, site=site, digest=digest, occurrence=occurrence))


def _opened(observer: Observer, path: Any, writes: bool, depth: int = 2) -> None:
    inside = _inside(observer, path)
    if inside is None:
        return
    observer.local.quiet += 1
    try:
        whole = observer.sites.folder + inside
        if writes:
            _record(observer, "write", inside, None, depth + 1)
        elif os.path.isfile(whole):
            _record(observer, "read", inside, _digest(whole), depth + 1)
    finally:
        observer.local.quiet -= 1


def _files(observer: Observer) -> None:
    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or observer.local.quiet:
            return
        try:
            path, mode, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR)) if isinstance(flags, int) else "r" not in (mode or "r")
            if path is not None and not isinstance(path, int):
                _opened(observer, path, writes)
        except Exception as error:  # noqa: BLE001  # Never the script's trouble.
            observer.once("files", error)

    sys.addaudithook(audit)


def _large_files(observer: Observer) -> None:
    """The working copy links to the person's own large files: one that is about to be changed becomes a copy first."""

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR)) if isinstance(flags, int) else (mode or "r") != "r"
        else:
            path, writes = arguments[0] if arguments else None, event in _CHANGES
        if writes and isinstance(path, (str, bytes, os.PathLike)):
            own_copy(observer, path)

    sys.addaudithook(audit)


def own_copy(observer: Observer, path: Any) -> None:
    """Replace a link to one of the person's large files with a copy of it."""
    whole = os.path.abspath(os.fsdecode(path))
    whole = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
    inside = whole[len(observer.sites.folder) :] if whole.startswith(observer.sites.folder) else None
    if inside in observer.config.linked and os.path.islink(whole):
        shutil.copy2(whole, whole + ".copy")
        os.replace(whole + ".copy", whole)


def _h5py(observer: Observer, module: Any) -> None:
    kind = module.File
    original = kind.__init__

    @replace(kind, "__init__")
    def __init__(self: Any, name: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> None:  # noqa: N807
        try:
            if isinstance(name, (str, bytes, os.PathLike)) and not observer.local.quiet:
                if mode != "r":
                    own_copy(observer, name)
                _opened(observer, name, mode != "r")
        except Exception as error:  # noqa: BLE001
            observer.once("h5py", error)
        original(self, name, mode, *args, **kwargs)


def _listed(observer: Observer, path: Any, names: list[Any]) -> None:
    """Record a listing of the person's: in their folder by its relative path, elsewhere by its own."""
    if observer.local.quiet or isinstance(path, int):  # `shutil.rmtree` lists what it removes by descriptor
        return
    try:
        whole = os.path.realpath(os.fsdecode(path) if path is not None else os.curdir)
        if (whole + os.sep).startswith(observer.sites.folder):
            whole = whole[len(observer.sites.folder) :] or os.curdir
        elif whole.startswith((os.path.realpath(tempfile.gettempdir()), sys.prefix, sys.base_prefix)):
            return
        text = "\n".join(os.fsdecode(name) for name in names)
        _record(observer, "list", whole, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), 3)
    except Exception as error:  # noqa: BLE001
        observer.once("listings", error)


class _Entries:
    """What `os.scandir` gives, in an order of its own."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> "_Entries":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _listings(observer: Observer) -> None:
    in_order = "files" in observer.pins
    listdir, scandir = os.listdir, os.scandir

    @replace(os, "listdir")
    def watched_listdir(path: Any = None) -> Any:
        names = listdir(path)
        if in_order:
            names.sort()
        _listed(observer, path, names)
        return names

    @replace(os, "scandir")
    def watched_scandir(path: Any = None) -> Any:
        with scandir(path) as found:
            entries = list(found)
        if in_order:
            entries.sort(key=lambda entry: os.fsencode(entry.name))
        _listed(observer, path, [entry.name for entry in entries])
        return _Entries(entries)


def _tensorflow(observer: Observer, module: Any) -> None:
    def sort(name: str) -> None:
        original = getattr(module, name)

        @replace(module, name)
        def in_order(*args: Any, **kwargs: Any) -> Any:
            return sorted(original(*args, **kwargs))

    for name in ("list_directory_v2", "get_matching_files_v2"):
        try:
            sort(name)
        except Exception as error:  # noqa: BLE001
            observer.unpinned("files", error)
