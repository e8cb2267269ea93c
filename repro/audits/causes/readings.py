"""What comes from readings of the clock, the process id, memory and the machine, found by giving them to a further run.

Run R is given all that run A read, and the names that it made up. What differs between A and B, and not between A and
R, came from there. Two runs M are given A's readings moved (comparison/moved.py): a time moves with them, a result that
a reading decides jumps.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from repro.audits.comparison.comparison import Comparison
from repro.audits.comparison.moved import PRECISION, SHIFT, SHIFTS, Clock, is_time
from repro.audits.comparison.output import Place, aligned
from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Read, Seed
from repro.audits.runs.pairs import SAME_PROCESS, Run, Runs, Setting, Wanted

REPLAYED, MOVED = "with what A read", "with another time"


@dataclass(frozen=True)
class Readings:
    """What a run R has shown: the places that came from readings, those that did not, and whether a reading decides a
    result, None if that was not tried."""

    came: frozenset[Place]
    left: frozenset[Place]
    decides: bool | None = None


def given(a: Run, *, shift: float | None = None, ids: bool = False, setting: Setting | None = None) -> Setting:
    """The setting of a run that is given what A read; or `setting`, so extended."""
    base = Setting() if setting is None else setting
    return replace(base, readings=a.place.trace, shift=shift, ids=ids)


def may_come_from_readings(comparison: Comparison, a: Trace) -> bool:
    """Whether what differs may come from readings alone: nothing but output and files does, and something was read."""
    only_output = all(effect.quantity == "output" for effect in comparison.effects)
    seeds = any(isinstance(change.record, Seed) for change in comparison.causes)
    return bool(comparison.effects) and only_output and not seeds and bool(a.values)


def reads_the_time_of_day(a: Trace) -> bool:
    """Whether a line of the person's reads a clock that two runs which begin together read alike."""
    return any(not read.what.startswith(("os.", "resource.", "tracemalloc.", "the system")) for read in a.readings)


def of(runs: Runs, a: Run, comparison: Comparison) -> Readings:
    """Make run R, and, if lines of the person's read something, run M, of a pair whose output differs."""
    places = frozenset(comparison.lines.lines)
    what = "what A read of clock, ids and machine given to a third run"
    if runs.options.rerun == SAME_PROCESS:
        replayed = runs.pair(what, given(a, ids=True))
        held = frozenset(runs.compare(*replayed).lines.lines) if not any(one.failed for one in replayed) else places
        return Readings(places - held, held)
    own = bool(a.trace.readings) or bool(a.trace.ids)
    wanted = [Wanted(REPLAYED, given(a, ids=True))] + (
        [Wanted(MOVED, given(a, shift=shift)) for shift in SHIFTS] if own else []
    )
    made = runs.singles(what, wanted)
    if made[0].failed:
        return Readings(frozenset(), places)
    left = frozenset(runs.compare(a, made[0]).lines.lines)
    came = places - left
    decides = None
    if own and not left:
        decides = any(one.failed or jumps(runs, a, one, came) for one in made[1:])
    return Readings(came, left, decides)


def jumps(runs: Runs, a: Run, moved: Run, differed: Iterable[Place]) -> bool:
    """Whether something differs between run A and one whose readings were moved, and not as times do. `differed`: the
    places that differ between runs as they are."""
    held = runs.compare(a, moved)
    if any(effect.quantity != "output" for effect in held.effects):
        return True
    precision = max(PRECISION, a.trace.precision)
    shift = SHIFT if moved.setting.shift is None else moved.setting.shift
    clocks = (
        Clock(a.trace.times_of_the_day),
        Clock(moved.trace.times_of_the_day, shift, precision),
    )
    known = set(differed)
    names = runs.names(a), runs.names(moved)

    def as_a(here: str | None, there: str | None) -> str | None:
        return there if here is None or there is None else aligned(here, there, names)

    return not all(
        is_time(here, as_a(here, there), clocks, differed=place in known)
        or (place in known and here is not None and there is not None and here.startswith("SHA-256"))
        for place, (here, there) in held.lines.lines.items()
    )


def lines_that_read(a: Trace) -> list[Read]:
    """Of each line of the person's that reads something, or calls a library that does, the first reading of each kind;
    their own first."""
    found: dict[tuple[str, int, str], Read] = {}
    for read in sorted(a.all(Read), key=lambda one: one.library is not None):
        if read.site is not None:
            found.setdefault((read.site.file, read.site.line, kind(read.what)), read)
    return list(found.values())


def kind(what: str) -> str:
    """What was read, in a word for people."""
    if what in ("id", "temporary name"):
        return "a made-up name"
    if what in ("os.getpid", "os.getppid"):
        return "the process id"
    if what.startswith(("resource.", "tracemalloc.", "the system", "os.times", "os.getloadavg")):
        return "memory or the machine"
    return "the clock"
