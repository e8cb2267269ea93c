"""Which lines of a script's output are results although they look like times or ids, found by trying.

What differs between any two runs, such as a clock time, is left out when outputs are compared (output.py). It may be a
result all the same: a simulated time, a score of "3:1", a checksum. A line is one if it differs between runs as they
are, and no longer where what it may be made of is pinned. For a line that differs with the pins as well it stays
unknown, and it counts as none.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from repro.audits.comparison import Comparison
from repro.audits.observer.format import Race, Seed
from repro.audits.output import MASKED, OF_IDS, Place
from repro.audits.pairs import PLAIN, Run, Runs, Setting, seeds_of

TIMES_MOVED = 2  # that a moved seed must give the same lines once more


@dataclass
class Printed:
    """The output of an audit's runs. `lines`: those that differ in the pair as it is, times and ids among them, with
    their shapes."""

    runs: Runs
    lines: Mapping[Place, str] = field(default_factory=dict)

    def compare(self, a: Run, b: Run) -> Comparison:
        """What differs between the runs of the pair; trials, if causes are looked for, show what of their output is a
        time and what a result."""
        comparison = self.runs.compare(a, b)
        if self.runs.options.causes and self._learn_times(a, comparison):
            comparison = self.runs.compare(a, b)
        self.lines = comparison.lines.all
        if self.runs.options.causes and comparison.repeats:
            self._find_results(a, comparison)
            comparison = self.runs.compare(a, b)
        if comparison.repeats and comparison.lines.times:
            site = a.trace.readings[0].site
            assert site is not None
            self.runs.notes[
                f"numbers in its output differ and were taken for times, since line {site.line} of {site.file} reads"
                f" the clock: {comparison.lines.shown[:80]!r}"
            ] = None
        return comparison

    def _learn_times(self, a: Run, comparison: Comparison) -> bool:
        """Where the pair differs in its output alone, and a script that reads the clock draws unseeded or shares work
        out: has a pair with these pinned show which numbers are times. Whether it could."""
        pins = (a.trace.unseeded - {"system"}) | {race.source for race in a.trace.all(Race)}
        by_output = bool(comparison.effects) and all(effect.quantity == "output" for effect in comparison.effects)
        if not (pins and by_output and a.trace.readings):
            return False
        return self._pair(frozenset(pins | {"system", "hash"}), a) is not None

    def _find_results(self, a: Run, comparison: Comparison) -> None:
        """Adds to `runs.results` the lines of the pair that are results."""
        lines, drawn = comparison.lines, a.trace.unseeded
        # An id that the system has drawn is no result; what is made of a seed that it has drawn is one.
        pins, masked = drawn - {"system"}, lines.masked
        if any(seed.derived is not None for seed in a.trace.all(Seed)):
            pins, masked = drawn, {place for place in masked if not OF_IDS.search(lines.all[place])}
        if any(isinstance(change.record, Seed) for change in comparison.causes):
            pins = pins | {"clock", "hash"}
        if not a.trace.trained and not a.trace.readings:  # a time, and no clock was read
            pins = pins | {"hash"}
        # A number that was taken for a time may come from anything.
        for places, pinned in ((masked, pins), (lines.times, drawn | {"system", "hash"})):
            self.runs.results |= self._made_of(frozenset(pinned), places, a)

    def _made_of(self, pins: frozenset[str], places: set[Place], a: Run) -> set[Place]:
        """Those of the lines that differ in one more pair as it is, and in none of two pairs with these pins."""
        for pinned in (True, False, True):
            if not places or not pins:
                return set()
            found = self._pair(pins if pinned else frozenset(), a)
            if found is None:
                return set()
            # Of lines of one shape, as of each epoch, none is a result if one of them differs with the pins.
            times = _shapes(found) if pinned else set()
            places = places - found.keys() if pinned else places & found.keys()
            places = {place for place in places if self.lines[place] not in times}
        return places

    def _pair(self, pins: frozenset[str], a: Run) -> Mapping[Place, str] | None:
        """The lines that differ in a pair with these pins, with their shapes; None if one of its runs failed."""
        with_pins = f"with {', '.join(sorted(pins))} pinned" if pins else "the script as it is, twice"
        setting = Setting(pins=pins, values=seeds_of(a.trace)) if pins else PLAIN
        one, other = self.runs.pair(f"{with_pins}, to know times in its output from results", setting)
        return None if one.failed or other.failed else self.runs.compare(one, other).lines.all

    def changed(self, a: Run, moved: Run, again: Callable[[], Run]) -> bool | None:
        """Whether a run in which a seeding line's value was moved printed another result than run A where a time may
        stand: where the pair was the same, and where `again`, such a run once more, prints the same twice more. None if
        that run fails."""
        times = _shapes(self.lines)
        differing = self.runs.compare(a, moved).lines.all
        places = {place for place, shape in differing.items() if shape not in times and place not in self.lines}
        for _ in range(TIMES_MOVED):
            if not places:
                return False
            run = again()
            if run.failed:
                return None
            places = places - self.runs.compare(moved, run).lines.all.keys()
            places = places & self.runs.compare(a, run).lines.all.keys()
        return bool(places)


def _shapes(lines: Mapping[Place, str]) -> set[str]:
    """The shapes of lines that say what they print: words beside numbers, and no ids."""
    return {
        shape for shape in lines.values() if re.search("[A-Za-z]", MASKED.sub("", shape)) and not OF_IDS.search(shape)
    }
