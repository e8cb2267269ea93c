"""Where two runs first differ in a value of the person's own lines.

The lines of the main thread are walked side by side, in their order in time. Those of other threads come in another
order in each run: of them the values are compared that a line had in all its visits, in any order.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from repro.audits.comparison.trace import Trace, where
from repro.audits.observer.format import Site, Value


@dataclass(frozen=True)
class Entry:
    """Where a difference enters: the line, and its visit, from 1; the name whose value differs after it, None where the
    runs go on in different lines; and what run A and run B have there, in a few characters. `thread`: it is a line of
    another thread than the main one. `reading`: it is no more than a reading of the clock or of a process id."""

    site: Site
    name: str | None
    a: str
    b: str
    visit: int
    thread: bool = False
    reading: bool = False


def entry(a: Trace, b: Trace, *, so_far: bool = False) -> Entry | None:
    """The first value of the person's own lines that differs, None if none does. What was read from a clock counts
    where nothing else differs. `so_far`: the runs are still in progress, and what only one of them has is no
    difference yet."""
    readings = _Readings(a, b)
    first_reading: Entry | None = None
    last: Value | None = None
    for here, there in zip_longest(_main(a), _main(b)):
        if here is None or there is None:
            if so_far or last is None:
                break
            return _other_way(last, here, there)
        if _key(here) != _key(there):
            return _other_way(last or here, here, there)
        found = _differing(here, there, readings)
        if found is not None and not found.reading:
            return found
        first_reading = first_reading or found
        last = here
    return None if so_far else _of_threads(a, b) or first_reading


def entry_by_line(a: Trace, b: Trace) -> Entry | None:
    """The same of two versions of a script: in the order of run A the first visit of a line that both have after which
    a name has another value."""
    readings = _Readings(a, b)
    in_b = {_key(one): one for one in _main(b)}
    for here in _main(a):
        there = in_b.get(_key(here))
        found = None if there is None else _differing(here, there, readings)
        if found is not None and not found.reading:
            return found
    return None


def looked(trace: Trace) -> bool:
    """Whether the values of a run were looked at."""
    return any(True for _ in _main(trace))


def _main(trace: Trace) -> Iterator[Value]:
    return (one for one in trace.main if isinstance(one, Value) and one.thread == "main")


def _key(value: Value) -> Hashable:
    return where(value.site), value.site.function, value.visit


def _other_way(last: Value, here: Value | None, there: Value | None) -> Entry:
    """The runs go on in different lines after one that both have."""
    a, b = ("goes no further" if one is None else f"goes on to line {one.site.line}" for one in (here, there))
    return Entry(last.site, None, a, b, last.visit)


def _differing(here: Value, there: Value, readings: "_Readings") -> Entry | None:
    """The first name in a line that differs, one that is more than a reading before others."""
    found: Entry | None = None
    in_b = {one[0]: one for one in there.names}
    differing = [(one, in_b[one[0]]) for one in here.names if one[0] in in_b and one[1] != in_b[one[0]][1]]
    explained = readings.explain(here, [(one[1], other[1]) for one, other in differing], differing)
    for (one, other), is_reading in zip(differing, explained, strict=True):
        name, a, b = _part(one, other)
        entry = Entry(here.site, name, a, b, here.visit, reading=is_reading)
        if not is_reading:
            return entry
        found = found or entry
    return found


def _part(a: list[Any], b: list[Any]) -> tuple[str, str, str]:
    """The part of a value that differs first, by its name, and how it looks in both: one whose looks differ, if
    there is one."""
    name, _, shown_a, _, parts_a = a
    _, _, shown_b, _, parts_b = b
    by_path = {path: (digest, shown) for path, digest, shown in parts_b}
    inner = [
        (f"{name}{path}", shown, by_path[path][1])
        for path, digest, shown in parts_a
        if path in by_path and by_path[path][0] != digest
    ]
    if shown_a != shown_b and not (shown_a.startswith("<") and inner):
        return name, shown_a, shown_b
    return next((one for one in inner if one[1] != one[2]), inner[0] if inner else (name, shown_a, shown_b))


class _Readings:
    """Numbers and texts that are no more than a reading of a clock or a process id, in lines that make one, and what is
    reckoned from such numbers alone. Where run B is given run A's readings there are none that differ."""

    def __init__(self, a: Trace, b: Trace) -> None:
        self._lines = {where(read.site) for trace in (a, b) for read in trace.readings}
        self._known: set[tuple[str, str]] = set()

    def explain(
        self, value: Value, digests: list[tuple[str, str]], names: list[tuple[list[Any], list[Any]]]
    ) -> list[bool]:
        """Of each differing name in a line whether it is such a reading."""
        read = where(value.site) in self._lines
        found = []
        carried = any(pair in self._known for pair in digests)
        for pair, (one, _) in zip(digests, names, strict=True):
            explained = pair in self._known or ((read or carried) and _is_plain(one[2]))
            if explained:
                self._known.add(pair)
            found.append(explained)
        return found


def _is_plain(shown: str) -> bool:
    """Whether a value looks like a number, a date or a text."""
    return bool(shown) and (shown[0] in "'\"-" or shown[0].isdigit())


def _of_threads(a: Trace, b: Trace) -> Entry | None:
    """The first line of other threads that had other values in its visits."""
    in_a, in_b = _by_line(a), _by_line(b)
    for key, here in in_a.items():
        there = in_b.get(key, [])
        if len(here) != len(there):
            continue  # more visits than are looked at, or another number: no value that differs
        digests = Counter(str(one[1]) for _, one in there)
        for value, one in here:
            if not digests[one[1]]:
                left = Counter(str(one[1]) for _, one in here)
                other = next(one for _, one in there if not left[one[1]])
                name, shown_a, shown_b = _part(one, other)
                return Entry(value.site, name, shown_a, shown_b, value.visit, thread=True)
            digests[one[1]] -= 1
    return None


def _by_line(trace: Trace) -> dict[Hashable, list[tuple[Value, list[Any]]]]:
    found: dict[Hashable, list[tuple[Value, list[Any]]]] = defaultdict(list)
    for one in trace.main:
        if isinstance(one, Value) and one.thread != "main":
            for name in one.names:
                found[where(one.site), one.site.function, name[0]].append((one, name))
    return found
