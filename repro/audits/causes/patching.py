"""The advice tried: a change of the script, made in a copy of it, with which it is run again, twice or more often."""

import time
from dataclasses import dataclass, replace

from repro.audits.causes import patches, readings
from repro.audits.causes.entering import APART
from repro.audits.causes.fewer import Fewer, fewer
from repro.audits.causes.search import Found, Pins
from repro.audits.causes.suspects import may_repeat_by_luck
from repro.audits.comparison.values import Entry
from repro.audits.runs.pairs import Run, Runs, Setting
from repro.audits.runs.workspace import Script
from repro.audits.sources import SOURCES


@dataclass(frozen=True)
class Patching:
    """What became of the changes that were tried: the `diff` of the one that cured, or of the last, None if there was
    none to try, and what it is in a few words; how many runs were made with it, and whether they were the same; `why`
    none was tried, if that is known; its `changes`, part by part; and, in sentences, what is less in a run with it than
    in one without (fewer.py)."""

    diff: str | None
    kind: str = ""
    runs: int = 0
    repeats: bool = False
    why: str | None = None
    changes: tuple[patches.Change, ...] = ()
    fewer: tuple[Fewer, ...] = ()


def patching(
    runs: Runs, script: Script, a: Run, b: Run, found: Found | None, entry: Entry | None, lines: Pins | None
) -> Patching:
    """Tries the changes that may make the script repeat, until one does and draws as much as the script itself; if
    none is like that, it is the first that made it repeat."""
    sufficient = found.sufficient if found is not None else None
    sources = patches.reader(script.folder, script.runs_as, script.code)
    if runs.options.in_place:
        return Patching(None, why="a change is tried in a copy of the script, and it runs in place")
    cured: Patching | None = None
    last = Patching(None, why=patches.why_not(sources, sufficient, entry))
    # What nobody saw draw may be the seconds of a clock, which two runs that begin together read alike.
    by_luck = not sufficient or may_repeat_by_luck(a.trace) or any(SOURCES[name].races for name in sufficient)
    for number, one in enumerate(patches.candidates(sources, sufficient, a.trace, b.trace, entry, lines)):
        texts = tuple(sources.edited(one.edits).items())
        shown = patches.of_cells(one, sources, script.cells, script.name) if script.cells else sources.diff(one.edits)
        made, repeats, patched = _try(runs, Setting(patched=texts), by_luck, number)
        last = Patching(shown, one.kind, made, repeats, changes=tuple(sources.changes(one.edits)))
        if repeats:
            last = replace(last, fewer=tuple(fewer(a.trace, b.trace, patched.trace, sources.before(one.edits))))
            if not last.fewer:
                return last
            cured = cured or last
    return cured or last


def _try(runs: Runs, setting: Setting, by_luck: bool, number: int) -> tuple[int, bool, Run]:
    """How many runs were made with a change, whether they were the same, and the first of them; three where two may be
    so `by_luck`."""
    what = "with a change of the script" + (f", the {number + 1}th of its kind" if number > 2 else "")
    one, other = runs.pair(what, setting, early=True)
    if one.failed or other.failed or not (one.trace.ended and other.trace.ended):
        return 2, False, one
    comparison = runs.compare(one, other)
    if not comparison.repeats and readings.may_come_from_readings(comparison, one.trace):
        given = Setting(patched=setting.patched, readings=one.place.trace, ids=True)
        again = runs.single(f"{what}, with the times of its run A", given, label="B")
        return 3, not again.failed and runs.compare(one, again).repeats, one
    if not comparison.repeats or not by_luck:
        return 2, comparison.repeats, one
    runs.stop.wait(max(0.0, one.began + APART - time.monotonic()))
    third = runs.single(f"{what}, once more", setting, label="C", against=one.trace)
    return 3, not third.failed and third.trace.ended and runs.compare(one, third).repeats, one
