"""The trace: numbers each record, says in which thread it was made, counts draws, and writes each line at once."""

import json
import os
import threading
import time
import zlib
from collections.abc import Callable
from typing import Any

from .format import LINE_LIMIT, Draw, End, Process, Record, Site

# Taken before anything is hooked, so that writing a trace is not itself recorded.
_open, _write, _hash = os.open, os.write, hash
_CHUNK_LIMIT = 1 << 20
_APART = 1 << 28  # bytes between two pieces of memory that are told apart
_encode = json.JSONEncoder(default=repr).encode


class Line:
    """What one line of the person's drew from one source: how often, and the part that is not written yet."""

    __slots__ = (
        "chunk",
        "count",
        "digest",
        "first",
        "importing",
        "origin",
        "seeded",
        "site",
        "source",
        "takes",
        "thread",
        "what",
    )

    def __init__(self, source: str, site: Site | None, what: str, thread: str, importing: bool) -> None:
        self.source, self.site, self.what, self.thread, self.importing = source, site, what, thread, importing
        self.count = self.first = 0
        self.chunk = LINE_LIMIT
        self.digest = 0
        self.seeded: bool = False
        self.origin: int | None = None
        self.takes: list[str] = []


class Many:
    """What one line of the person's does so often that a record holds many: their count, the first, one digest."""

    __slots__ = ("chunk", "count", "digest", "first", "make", "number")

    def __init__(self, make: Callable[[int, int, str], Record]) -> None:
        self.make = make
        self.first = self.count = self.digest = 0
        self.chunk = LINE_LIMIT
        self.number = -1


class Trace:
    """Where the records of this process go. Safe for threads; a forked child begins a file of its own."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.lines: dict[Any, Line] = {}
        self.often: dict[Any, Many] = {}
        self.steps = 0
        self._counts: dict[Any, int] = {}
        self.main_process = self._is_the_first()
        self._begin()
        os.register_at_fork(after_in_child=self._after_fork)

    def _is_the_first(self) -> bool:
        """Whether this process is the script's own: the first that came here. One that starts another program in its
        place, by `os.execv`, keeps its id and is the script's still."""
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, "main")
        own = str(os.getpid()).encode()
        try:
            handle = _open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            handle = _open(path, os.O_RDONLY)
            try:
                return os.read(handle, 100) == own
            finally:
                os.close(handle)
        _write(handle, own)
        os.close(handle)
        return True

    def _begin(self) -> None:
        import sys

        self.lock = threading.RLock()
        self.main = threading.get_ident()
        self.n = 0
        self.lines.clear()
        self.often.clear()
        self._counts.clear()
        os.makedirs(self.folder, exist_ok=True)
        self.file = os.path.join(self.folder, f"{os.getpid()}-{time.time_ns()}.jsonl")
        self.handle = _open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.emit(
            Process(
                pid=os.getpid(),
                main=self.main_process,
                versions={"python": ".".join(map(str, sys.version_info[:3]))},
            )
        )

    def _after_fork(self) -> None:
        self.main_process = False
        self._begin()

    def again(self, folder: str) -> None:
        """Begin the trace of a second run in this process."""
        self.end()
        self.folder = folder
        self.steps = 0
        self._begin()

    @property
    def thread(self) -> str:
        return "main" if threading.get_ident() == self.main else "other"

    def emit(self, record: Record, thread: str | None = None) -> int:
        """Write `record` with its number, and give the number back. It was made in this thread, or in `thread`."""
        with self.lock:
            n = self.n
            self.n += 1
            data = record.to_json()
            data["n"] = n
            data["thread"] = thread or self.thread
            _write(self.handle, (_encode(data) + "\n").encode("utf-8", "surrogatepass"))
            return n

    def occurrence(self, *key: Any) -> int:
        """How often `key` came before, in this process."""
        with self.lock:
            count = self._counts.get(key, 0)
            self._counts[key] = count + 1
            return count

    def count(self, *key: Any) -> int:
        """How often `occurrence` was asked for `key`."""
        return int(self._counts.get(key, 0))

    def many(self, key: Any, occurrence: int, value: Any, make: Callable[[int, int, str], Record]) -> int:
        """Count one more of what `key` did more than `LINE_LIMIT` times. `make` gives the record of several, from the
        first occurrence, how many there are, and a digest of their values. Gives the number of the last such record."""
        with self.lock:
            many = self.often.get(key)
            if many is None:
                many = self.often[key] = Many(make)
            if many.count == 0:
                many.first = occurrence
            many.count += 1
            if type(value) is not int:
                value = zlib.crc32(repr(value).encode("utf-8", "surrogatepass"))
            many.digest = _hash((many.digest, value))
            if many.count >= many.chunk:
                self._flush_many(many)
                many.chunk = min(2 * many.chunk, _CHUNK_LIMIT)
            return many.number

    def _flush_many(self, many: Many) -> None:
        if many.count:
            many.number = self.emit(many.make(many.first, many.count, f"{many.digest & 0xFFFFFFFFFFFFFFFF:016x}"))
            many.count = many.digest = 0

    def draw(self, line: Line, value: int, seeded: bool, origin: int | None) -> int | None:
        """Count one draw of `line`. `value` is a hash of what was drawn that is the same in each process. Gives the
        number of its record if it has one of its own."""
        with self.lock:
            count = line.count
            if count < LINE_LIMIT:
                line.count = line.first = count + 1
                return self._emit_draw(line, count, 1, value, seeded, origin)
            if seeded is not line.seeded or origin != line.origin:
                self._flush(line)  # those before this one
                line.seeded, line.origin = seeded, origin
            line.count = count + 1
            line.digest = _hash((line.digest, value))
            if line.count - line.first >= line.chunk:
                self._flush(line)
                line.chunk = min(2 * line.chunk, _CHUNK_LIMIT)
            return None

    def _flush(self, line: Line) -> None:
        if (count := line.count - line.first) > 0:
            self._emit_draw(line, line.first, count, line.digest, line.seeded, line.origin)
            line.first = line.count
            line.digest = 0

    def _emit_draw(self, line: Line, first: int, count: int, digest: int, seeded: bool, origin: int | None) -> int:
        return self.emit(
            Draw(
                source=line.source,
                site=line.site,
                what=line.what,
                seeded=seeded,
                origin=origin,
                occurrence=first,
                count=count,
                digest=f"{digest & 0xFFFFFFFFFFFFFFFF:016x}" if digest else "",
                importing=line.importing,
                takes=line.takes if first == 0 else [],
            ),
            line.thread,  # what is left is written at the end, by the main thread
        )

    def flush(self) -> None:
        """Write the counts of all lines that drew, seeded or made generators often."""
        with self.lock:
            for many in self.often.values():
                self._flush_many(many)
            for line in self.lines.values():
                self._flush(line)

    def end(self) -> None:
        """Write what is left, and the last record."""
        self.flush()
        self.emit(End(memory=_memory()))


def _memory() -> list[list[int]]:
    """The addresses of this process's memory, in few pieces; none if the system does not say."""
    found: list[list[int]] = []
    try:
        handle = _open("/proc/self/maps", os.O_RDONLY)
    except OSError:
        return found
    text = b""
    while part := os.read(handle, 1 << 16):
        text += part
    os.close(handle)
    for line in text.splitlines():
        low, high = (int(number, 16) for number in line.split()[0].split(b"-"))
        if found and low - found[-1][1] < _APART:
            found[-1][1] = high
        else:
            found.append([low, high])
    return found
