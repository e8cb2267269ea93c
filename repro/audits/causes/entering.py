"""The line where a difference enters: one pair more, in which the values of the person's lines are looked at.

It is never the pair that gives the verdict. What is not the cause is pinned in it, so that a draw that changes nothing
is not taken for one that does; it is stopped at the first difference.
"""

from dataclasses import dataclass

from repro.audits.causes.search import Found, Pins
from repro.audits.causes.suspects import may_repeat_by_luck
from repro.audits.comparison.comparison import Comparison
from repro.audits.comparison.trace import Trace
from repro.audits.comparison.values import Entry, entry, looked
from repro.audits.observer.format import Birth, Draw
from repro.audits.runs.pairs import SAME_PROCESS, Run, Runs, Setting, seeds_of
from repro.audits.runs.process import End
from repro.audits.sources import SOURCES

PAIRS_OF_A_RACE = 4
APART = 1.05  # seconds between two runs, for a clock of whole seconds to tell them two times


@dataclass(frozen=True)
class Entering:
    """Where the difference enters, None if no value of the person's was seen to differ; of how many pairs that were
    looked at it was seen in how many; why nothing was looked at, if so; and whether other sources were pinned."""

    entry: Entry | None
    seen: int
    pairs: int
    why: str | None = None


def is_known(found: Found | None, comparison: Comparison, trace: Trace) -> bool:
    """Whether the cause is named already, in a line of the person's: by draws that were seen to differ, or by
    generators that were made there without a seed, whose numbers no hook sees."""
    if found is None or not found.sufficient or any(SOURCES[name].races for name in found.sufficient):
        return False
    drawn = {
        change.source
        for change in comparison.causes
        if change.site is not None and not (isinstance(change.record, Draw) and not change.record.digest)
    }
    if any(change.quantity == "seed" for change in comparison.causes):
        drawn.add("clock")
    drawn |= {birth.source for birth in trace.all(Birth) if birth.site is not None}
    return found.sufficient <= drawn


def entering(runs: Runs, a: Run, found: Found | None) -> Entering:
    """Looks for the line in a pair, in several where it may differ by luck. Both runs are given what run A read from
    the clock, unless nothing differs then."""
    clock = "clock" in ((found and found.sufficient) or ()) or runs.options.rerun == SAME_PROCESS
    setting = Setting(
        pins=_others(runs, found),
        values=seeds_of(a.trace),
        readings=None if clock else a.place.trace,
        ids=True,
        look=True,
    )
    bare = Setting(look=True)
    raced = may_repeat_by_luck(a.trace) or any(SOURCES[name].races for name in (found and found.sufficient) or ())
    pairs, first, differed, why = 0, None, 0, None
    while pairs < PAIRS_OF_A_RACE:
        made, why = _look(runs, setting, pairs, APART if clock else 0.0)
        if (why is not None or made is None) and setting is not bare and not differed:
            setting = bare  # a pin may break the script, or be part of the cause, as a reading may
            made, why = _look(runs, setting, pairs, APART if clock else 0.0)
        if why is not None:
            break
        pairs += 1
        differed += made is not None
        first = first or made
        if differed == pairs and not raced:
            break
    return Entering(first, differed, pairs, why)


def _others(runs: Runs, found: Found | None) -> Pins:
    """The pins of what is not the cause; those that decide an order are left out, since they change the program."""
    sufficient = (found and found.sufficient) or frozenset()
    names = {source.name for source in SOURCES.values() if not source.races and source.name not in sufficient}
    names -= set(found.could_not_be_tried if found is not None else ())
    variables = {variable for name in sufficient for variable in SOURCES[name].environment}
    names -= {name for name in names if variables & SOURCES[name].environment.keys()}  # they pin the cause as well
    names -= {source.name for source in SOURCES.values() if runs.options.in_place and not source.in_place}
    if runs.options.rerun == SAME_PROCESS:
        names -= {source.name for source in SOURCES.values() if not source.in_one_process}
    else:
        names -= {source.name for source in SOURCES.values() if not source.in_new_process}
    return frozenset(names)


def _look(runs: Runs, setting: Setting, number: int, apart: float) -> tuple[Entry | None, str | None]:
    """The first difference in one pair; why there was nothing to look at, if so."""
    what = "the values of its own lines" + (f", pair {number + 1}" if number else "")
    pair = one, other = runs.pair(what, setting, early=True, apart=apart)
    for run in pair:
        assert run.ended is not None
        if run.ended.end is not End.STOPPED and run.failed:
            return None, f"looked at in this way the script fails: {run.error or run.failure}"
    if not (looked(one.trace) and looked(other.trace)):
        gone = [hook.why for hook in one.trace.unwatched if "values" in hook.name]
        return None, (gone[0] if gone and gone[0] else "no line of yours was seen")
    return entry(one.trace, other.trace), None
