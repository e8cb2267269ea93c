"""What all hooks share: the trace, the sites, the pins, and how a seed, a birth or a draw is recorded."""

import dataclasses
import functools
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from .format import LINE_BY_LINE, LINE_LIMIT, Birth, Config, Hook, Moved, Seed, Site, Unpinned, Version
from .imports import Finder
from .sites import Sites, name_of
from .trace import Line, Trace

PINNED = 20_260_101
"""The seed that pins use. Any number would do: it is never shown as the person's."""

_REMEMBERED = 4096
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Local(threading.local):
    """What each thread keeps: `quiet` is how many of our own calls, or of those already counted, are under way;
    `inside` how many calls whose steps are counted elsewhere; `fit` the training that `fit` makes; `entropy` what a
    generator is to take instead of the system's."""

    quiet = 0
    inside = 0
    fit: Any = None
    entropy: bytes | None = None


# Pins that seed a generator: a second run in the process starts from the same state as the first.
_SET_AGAIN = ("python", "numpy", "tensorflow", "torch")


class Observer:
    """The state of one process under observation."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.pins = frozenset(config.pins)
        self.pinned = PINNED + config.another
        """The seed that pins use."""
        self._set_again: list[tuple[str, Callable[[], None]]] = []
        self.sites = Sites(config.folder, config.script)
        self.finder = Finder()
        self.local = Local()
        self.trace = Trace(config.trace)
        self.origins: dict[str, int | None] = {}
        """For each global generator, the number of the record that set it last; absent if nothing did."""
        self.seeded: dict[str, bool] = {}
        """For each global generator, whether that record was a seed."""
        self._drawn: dict[int, int] = {}
        self._kept: dict[tuple[str, bytes], tuple[bool, int | None]] = {}
        self._given = {
            (seed["source"], *_place(seed["site"]), seed["what"], seed["occurrence"]): seed["value"]
            for seed in config.values
        }
        self._generators = 0
        self.reading: tuple[str, Site] | None = None
        """The last reading of the person's of a clock or a process id, and its line."""
        self.unlimited = dataclasses.replace(config, steps=None)
        self._failed: set[str] = set()
        self.readings: Any = None
        self.at_end: list[Callable[[], None]] = []
        self.at_again: list[Callable[[], None]] = []
        self.passing_on: set[str] = set()
        """Packages that seed with what was drawn elsewhere: such a seed is no seeding line."""
        self.trainings: Any = None
        self.torch_steps: Any = None

    # Hooks

    def hook(self, name: str, source: str, function: Callable[[], None]) -> None:
        """Set a hook and record whether that went well. A name that has gone leaves it inactive."""
        try:
            function()
        except Exception as error:  # noqa: BLE001  # Whatever another version lacks: the script continues.
            self.trace.emit(Hook(name=name, source=source, active=False, why=f"{type(error).__name__}: {error}"))
        else:
            self.trace.emit(Hook(name=name, source=source, active=True))

    def pin(self, name: str, function: Callable[[], None]) -> None:
        """Set a pin if it is asked for, and record if that cannot be done."""
        if name in self.pins:
            if name in _SET_AGAIN:
                self._set_again.append((name, function))
            self._pin(name, function)

    def _pin(self, name: str, function: Callable[[], None]) -> None:
        try:
            function()
        except Exception as error:  # noqa: BLE001  # As with hooks.
            self.unpinned(name, error)

    def unpinned(self, name: str, error: Exception) -> None:
        self.trace.emit(Unpinned(pin=name, why=f"{type(error).__name__}: {error}"))

    def failed(self, name: str, error: Exception) -> None:
        """Record that a whole group of hooks could not be set, or stopped working."""
        self.trace.emit(Hook(name=name, source="", active=False, why=f"{type(error).__name__}: {error}"))

    def once(self, name: str, error: Exception) -> None:
        """Record that a hook stopped working, the first time."""
        if name not in self._failed:
            self._failed.add(name)
            self.failed(name, error)

    def guarded(self, function: Callable[..., None], *args: Any) -> None:
        """Call something of ours: what fails in it is not the script's trouble, and is recorded once."""
        try:
            function(*args)
        except Exception as error:  # noqa: BLE001
            self.once(function.__qualname__, error)

    def version(self, name: str, module: Any) -> None:
        self.trace.emit(Version(name=name, version=str(getattr(module, "__version__", "unknown"))))

    def again(self) -> None:
        """Begin the trace of a second run in this process."""
        config = self.config
        for function in reversed(self.at_end):
            function()
        self.config = config
        self.trace.again(config.again or config.trace)
        self.origins.clear()
        self._drawn.clear()
        self._kept.clear()
        self.reading = None
        for name, pin in self._set_again:
            self._pin(name, pin)
        for function in self.at_again:
            function()

    def end(self) -> None:
        """Write what is left when the process ends in order."""
        for function in reversed(self.at_end):
            function()
        for name, source in self.finder.gone().items():
            self.trace.emit(Hook(name=name, source=source, active=False, why="this version has no such module"))
        self.trace.end()

    def generator(self) -> int:
        """A number for a new generator."""
        self._generators += 1
        return self._generators

    # Seeds

    def seed(
        self,
        sources: Sequence[str],
        value: Any,
        what: str,
        *,
        level: str = "global",
        generator: int | None = None,
        depth: int = 1,
    ) -> Any:
        """Record that a call sets a generator with `value`; give the value that is to be used: the same one, unless
        this line's values are to be moved or are to be those of run A."""
        if self.passing_on and self.passes_on(depth + 1):
            if level == "global":
                for source in sources:
                    self.seeded[source] = True
                    self.origins.pop(source, None)
            return value
        site, library, _ = self.sites.site(depth + 1)
        plain = _plain(value)
        label = library if library and not _same(library, what) else None
        result = value
        for source in sources:
            occurrence = self.trace.occurrence("seed", source, site, what)
            used, moved = self._used(plain, value, source, site, what, occurrence)

            def record(
                first: int,
                count: int = 1,
                digest: str = "",
                value: Any = None,
                source: str = source,
                moved: bool = moved,
            ) -> Seed:
                return Seed(
                    source=source,
                    site=site,
                    what=what,
                    library=label,
                    level=level,
                    value=value,
                    generator=generator,
                    derived=self._derived(plain),
                    clock=self._read_for(site),
                    occurrence=first,
                    moved=moved,
                    count=count,
                    digest=digest,
                )

            if occurrence < LINE_LIMIT:
                number = self.trace.emit(record(occurrence, value=_plain(used)))
            else:
                number = self.trace.many(("seed", source, site, what), occurrence, _plain(used), record)
            if level == "global":
                self.origins[source] = number
                self.seeded[source] = True
            result = used
        return result

    def passes_on(self, depth: int = 1) -> bool:
        """Whether it is a package of `passing_on` that calls, outside of the observer."""
        frame: Any = sys._getframe(depth + 1)
        while frame is not None and frame.f_code.co_filename.startswith(_HERE):
            frame = frame.f_back
        name = "" if frame is None else str(frame.f_globals.get("__name__", ""))
        return any(name.startswith(package) for package in self.passing_on)

    def _read_for(self, site: Site | None) -> str | None:
        """What the function that a seed was given in read last, of clock and process id."""
        if site is None or self.reading is None or self.reading[1].function != site.function:
            return None
        return self.reading[0]

    def _derived(self, plain: Any) -> int | None:
        """The unseeded draw whose value `plain` is, or one less: `randint(1, n)` adds one to what it draws."""
        if not isinstance(plain, int):
            return None
        number = self._drawn.get(plain)
        return self._drawn.get(plain - 1) if number is None else number

    def _used(
        self, plain: Any, value: Any, source: str, site: Site | None, what: str, occurrence: int
    ) -> tuple[Any, bool]:
        if site is None:
            return value, False
        moved = self.config.moved
        if moved is not None and (site.file, site.line) in moved.lines:
            return _move(value, plain, moved)
        if "clock" in self.pins:
            key = (source, site.file, site.line, site.function, what, occurrence)
            if key in self._given and self._given[key] != plain and isinstance(plain, (int, str, list)):
                return _of_kind(value, self._given[key]), False
        return value, False

    def birth(self, source: str, what: str, *, generator: int | None = None, depth: int = 1) -> bytes | None:
        """Record that a generator takes entropy; give the entropy to use instead if the source is pinned."""
        site, _, _ = self.sites.site(depth + 1)
        occurrence = self.trace.occurrence("birth", source, site, what)
        takes = [] if occurrence else self._takes(depth + 1)

        def record(first: int, count: int = 1, _: str = "") -> Birth:
            return Birth(
                source=source,
                site=site,
                what=what,
                generator=generator,
                occurrence=first,
                count=count,
                takes=takes,
            )

        if occurrence < LINE_LIMIT:
            number = self.trace.emit(record(occurrence))
        else:
            number = self.trace.many(("birth", source, site, what), occurrence, 0, record)
        if generator is None:
            self.origins[source] = number
            self.seeded[source] = False
        if not self.pins_entropy(source, site):
            return None
        return self.fixed(source, site, what, occurrence)

    def _takes(self, depth: int) -> list[str]:
        try:
            return self.sites.takes(depth + 1)
        except Exception:  # noqa: BLE001  # A library's object may answer anything: nothing is known then.
            return []

    def pins_entropy(self, source: str, site: Site | None) -> bool:
        """Whether the entropy that a source takes in a line is to be replaced."""
        if self.is_free(site):
            return False
        lines = self.config.lines
        everywhere = not lines or source not in LINE_BY_LINE
        return source in self.pins and (everywhere or (site is not None and (site.file, site.line) in lines))

    def is_free(self, site: Site | None) -> bool:
        """Whether no pin is to hold what a line draws."""
        return site is not None and (site.file, site.line) == self.config.free

    def draws_freely(self, depth: int = 1) -> bool:
        """Whether no pin is to hold what the person's line above the caller draws."""
        return self.config.free is not None and self.is_free(self.sites.site(depth + 1)[0])

    def fixed(self, source: str, site: Site | None, what: str, occurrence: int) -> bytes:
        """Sixty-four bytes that are the same in each run for the same line, function and occurrence."""
        place = _place(vars(site) if site else None)
        return hashlib.sha512(repr((self.pinned, source, place, what, occurrence)).encode()).digest()

    # States

    def kept(self, source: str, state: bytes) -> None:
        """Remember that the person keeps the state of a global generator, and what had set it."""
        if len(self._kept) < _REMEMBERED:
            self._kept[source, state] = self.seeded.get(source, False), self.origins.get(source)

    def restored(self, source: str, state: bytes, what: str) -> None:
        """A state is set again. One that was kept brings its seed with it; another comes from elsewhere, as a seed."""
        if (source, state) in self._kept:
            self.seeded[source], self.origins[source] = self._kept[source, state]
        else:
            self.seed([source], None, what, depth=2)

    # Draws

    def draw(self, source: str, name: str, value: int, drawn: Sequence[Any] = (), depth: int = 1) -> None:
        """Record a draw from a global generator. `value` is a hash of what was drawn, the same in each process;
        an integer among `drawn`, what was drawn, is known again where it becomes a seed."""
        seeded = self.seeded.get(source, False)
        number = self.trace.draw(self.line(source, name, depth + 1), value, seeded, self.origins.get(source))
        if number is not None and not seeded:
            for one in drawn:
                if isinstance(one, int) and one > 999:
                    self.remember(number, one)

    def remember(self, number: int, value: int) -> None:
        if len(self._drawn) >= _REMEMBERED:
            self._drawn.clear()
        self._drawn[value] = number

    def line(self, source: str, name: str, depth: int = 1, named: bool = False) -> Line:
        """The count of the person's line above the caller, which draws from `source`. What drew is the function that
        the line called, or `name` where it called `name` itself or where that is `named`."""
        found, below, importing = self.sites.find(sys._getframe(depth + 1))
        thread = self.trace.thread
        key = (
            source,
            (found.f_code, found.f_lineno) if hasattr(found, "f_code") else found,
            below and below.f_code,
            name,
            thread,
        )
        line = self.trace.lines.get(key)
        if line is None:
            site = found if found is None or isinstance(found, Site) else self.sites.of(found)
            line = Line(source, site, name if named else name_of(below) or name, thread, importing)
            line.takes = self._takes(depth + 1)
            with self.trace.lock:
                line = self.trace.lines.setdefault(key, line)
        return line


def leave(function: Any) -> Any:
    """Mark a function as AutoGraph marks its own, or it would rewrite it."""
    function.autograph_info__ = {}
    return function


def pose(function: Any, original: Any, module: str) -> Any:
    """Give a function that stands for one of C's own its name there, by which it is pickled and known."""
    name = original.__name__
    function.__name__ = function.__qualname__ = name
    function.__doc__, function.__module__ = original.__doc__, module
    return function


def replace(owner: Any, name: str) -> Callable[[Callable[..., Any]], Any]:
    """Put the decorated function in place of the function `name` of a class or module, under the same name, and marked
    for AutoGraph. AttributeError if there is none."""

    def put(function: Callable[..., Any]) -> Any:
        wrapper = leave(functools.wraps(getattr(owner, name))(function))
        setattr(owner, name, wrapper)
        return wrapper

    return put


def stand_in(base: type, module: str, names: dict[str, Any]) -> type:
    """A subclass to stand for `base` in a module: instances of `base`, which C code makes, pass for its own."""

    class Meta(type(base)):  # type: ignore[misc]  # PyTorch's generator has one of its own
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, base) if cls is watched else type.__instancecheck__(cls, instance)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, base) if cls is watched else type.__subclasscheck__(cls, subclass)

    watched = Meta(base.__name__, (base,), {**names, "__doc__": base.__doc__, "__module__": module})
    return watched


def _place(site: Any) -> tuple[Any, ...]:
    return (site["file"], site["line"], site["function"]) if site else (None, None, None)


def _same(library: str, what: str) -> bool:
    """Whether the function that the person's line called is the one that sets the generator, by another path."""
    return library.rpartition(".")[2] in (what.rpartition(".")[2], "__init__")


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it: an integer, text, a list of integers, or None."""
    if value is None or isinstance(value, (bool, int)):
        # Python writes no number of more than 4,300 digits: sys.set_int_max_str_digits.
        return None if value is None or int(value).bit_length() > 8_192 else int(value)
    if isinstance(value, (str, bytes, bytearray)):
        return value if isinstance(value, str) else value.hex()
    if isinstance(value, float):
        return repr(value)
    try:
        if hasattr(value, "tolist"):
            value = value.tolist()
        elif hasattr(value, "numpy"):
            value = value.numpy().tolist()
        if isinstance(value, int):
            return value
        if isinstance(value, (list, tuple)) and len(value) <= 1000 and all(isinstance(part, int) for part in value):
            return list(value)
    except Exception:  # noqa: BLE001  # A tensor of a graph has no value yet.
        return None
    return None


def _of_kind(value: Any, plain: Any) -> Any:
    """What `_plain` made `plain` of, where that was of the kind of `value`."""
    if isinstance(value, float):
        return float(plain)
    return bytes.fromhex(plain) if isinstance(value, (bytes, bytearray)) else plain


def _move(value: Any, plain: Any, moved: Moved) -> tuple[Any, bool]:
    if moved.by is None:
        return None, True
    if isinstance(value, str):
        return value + " moved" * moved.by, True
    if isinstance(value, (bytes, bytearray)):
        return value + bytes([moved.by]), True
    if isinstance(value, float):
        return value + moved.by, True
    if isinstance(plain, int):
        return plain + moved.by, True
    if isinstance(plain, list) and plain:
        return [plain[0] + moved.by, *plain[1:]], True
    return value, False
