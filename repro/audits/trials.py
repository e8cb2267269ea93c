"""The trials of an audit: the pair as it is, then what its outcome asks for, until what makes it differ is known."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from repro.audits.causes import readings
from repro.audits.causes.entering import APART, Entering, entering, is_known
from repro.audits.causes.patching import Patching, patching
from repro.audits.causes.search import TIMES_FOR_A_RACE, Found, Outcome, Pins, races, search, smallest
from repro.audits.causes.suspects import guesses, may_read_a_clock_unseen, may_repeat_by_luck
from repro.audits.comparison.comparison import Comparison, effects_of
from repro.audits.comparison.moved import SHIFT, SHIFTS
from repro.audits.comparison.output import Place
from repro.audits.comparison.seen import Trial
from repro.audits.comparison.trace import where
from repro.audits.observer.format import LINE_BY_LINE, Draw, Moved, Read, Seed
from repro.audits.report import findings
from repro.audits.report.draws import entropy, seeding_lines
from repro.audits.report.facts import Repeated, Seeding
from repro.audits.report.repeated import repeated_inside
from repro.audits.report.result import Result
from repro.audits.runs.failures import check
from repro.audits.runs.pairs import NEW_PROCESS, SAME_PROCESS, Run, Runs, Setting, Wanted, seeds_of
from repro.audits.runs.process import End
from repro.audits.runs.workspace import Script
from repro.audits.sources import SOURCES, Kind
from repro.experiment.errors import RunFailedError

MAX_SEEDING_LINES = 8  # that are tried, each in a run of its own
TIMES_MOVED = 3  # values that a seeding line is tried with before it is said to change nothing
GLOBAL = frozenset(
    {"python", "numpy", "tensorflow", "torch"}
)  # sources of which a line draws from what all lines share
CLOCK = frozenset({"clock"})
# Values of what nothing seeds that are tried before it is said to change nothing, and how many of a script whose run
# takes less than `QUICK` seconds: a fair coin falls alike 8 times in one of 128 audits, 22 times in one of two million.
MORE_VALUES, MANY_VALUES, QUICK = 6, 20, 1.0
# Values that a sufficient set gives beside the first, three in all: one may take the branch where nothing else draws.
OTHER_PINS = (1, 2)
MAX_LINES_OFF = 4  # seeding lines, at most, for each to be switched off where something repeats inside of a run
MAX_LINES = 6  # whose draws are set free, each by itself, to know which of them matter


@dataclass(frozen=True)
class _Doubt:
    """A trial of a script that has repeated: what is tried, in words; the runs that it takes, none if it is not called
    for; and what is concluded from them."""

    what: str
    wanted: list[Wanted]
    judge: Callable[[list[Run]], None]


@dataclass
class Trials:
    """The trials of one audit: its script, its runs, and what is known so far."""

    script: Script
    runs: Runs
    repeated: dict[Pins, Run] = field(default_factory=dict)  # run A of pairs that repeated, by their pins

    def __post_init__(self) -> None:
        self.came: tuple[Read, ...] = ()  # the lines whose readings are all that differs
        self.places: frozenset[Place] = frozenset()  # what came from them
        self.lines_that_matter: Pins | None = None
        self.found: Found | None = None
        self.matter: dict[tuple[str, str, int], bool] = {}  # of lines that draw from a global generator, by source
        self.compared = 2  # runs of the script as it is

    def result(self) -> Result:
        """Run the pair and the trials that its outcome asks for."""
        runs, causes = self.runs, self.runs.options.causes
        self.a, self.b = runs.pair("the script as it is, twice")
        self._check(self.a, self.b)
        if self.b.second and self.a.trace.observed and not self.b.trace.observed:
            raise RunFailedError("the script ended its process itself, so that it could not be run again in it")
        self.comparison = self._without_readings(runs.compare(self.a, self.b))
        if self.found is None:
            self._add_trial(frozenset(), Outcome.REPEATS if self.comparison.repeats else Outcome.DIFFERS)
        self.left = runs.workspace.left_in(self.a.place) if runs.options.rerun == NEW_PROCESS else []
        self.seeding = seeding_lines(self.a.trace)
        if causes and self.comparison.repeats:
            self._doubt()
        if causes and not self.comparison.repeats and self.found is None:
            self._look_for_a_clock_unseen()
        if causes and not self.comparison.repeats and self.found is None:
            self.found = self._search()
        where = self._where()
        patch = self._patch(where)
        repeated = self._repeated_inside()
        return findings.result(
            self.script,
            runs,
            (self.a, self.b),
            self.comparison,
            self.found,
            self.seeding,
            left=self.left,
            times=self.compared,
            lines_that_matter=self.lines_that_matter,
            readings=self.came,
            came=len(self.places),
            where=where,
            matter=self.matter,
            patch=patch,
            repeated=repeated,
        )

    def _repeated_inside(self) -> list[Repeated]:
        """What run A was seen to repeat inside of itself, and, of a script that repeats, the seeding lines without
        which it does not. Two at a time are tried, until for all that repeats there is one."""
        found = repeated_inside(self.a.trace)
        options = self.runs.options
        asked = options.causes and options.rerun == NEW_PROCESS and self.comparison.repeats
        if not (found and asked and len(self.seeding) <= MAX_LINES_OFF):
            return found
        places = {(one.file, one.line) for one in found}
        drawn = {draw.source for draw in self.a.trace.of_main(Draw) if where(draw.site) in places}
        # First a line that repeats itself, then those that set what was drawn from in a line that does.
        lines = sorted(
            self.seeding, key=lambda one: ((one.file, one.line) not in places, drawn.isdisjoint(one.sets), one.line)
        )
        without: dict[tuple[str, int], set[object]] = {}  # what each line's run repeated
        while lines and not all(any(_place(one) not in kept for kept in without.values()) for one in found):
            tried, lines = lines[:2], lines[2:]
            wanted = [
                Wanted(
                    f"line {one.line} off",
                    readings.given(self.a, setting=Setting(moved=Moved(lines=((one.file, one.line),), by=None))),
                )
                for one in tried
            ]
            made = self.runs.singles("seeding lines switched off, for what repeats inside of a run", wanted)
            for one, run in zip(tried, made, strict=True):
                if not run.failed and any(seed.moved for seed in run.trace.all(Seed)):
                    without[one.file, one.line] = {_place(again) for again in repeated_inside(run.trace)}
        by = [tuple(line for line, kept in without.items() if _place(one) not in kept) for one in found]
        known = len(without) == len(self.seeding)  # each was switched off
        return [replace(one, seeded_by=those if those or known else None) for one, those in zip(found, by, strict=True)]

    def _without_readings(self, comparison: Comparison) -> Comparison:
        """The comparison of the pair without what comes from readings alone, as far as further runs show it. Where a
        reading decides a result, and nothing else can, that is found with it."""
        if not self.runs.options.causes or not readings.may_come_from_readings(comparison, self.a.trace):
            return comparison
        shown = readings.of(self.runs, self.a, comparison)
        if shown.left:
            return replace(comparison, came=shown.came)
        if shown.decides:
            if not self.a.trace.unseeded:
                self._find_the_clock()
            return comparison
        self.came, self.places = tuple(readings.lines_that_read(self.a.trace)), shown.came
        return comparison.without_output()

    def _find_the_clock(self) -> None:
        """That the clock is the cause: with A's readings a run was as A, with others it was not."""
        self.runs.trials.clear()
        self._add_trial(frozenset(), Outcome.DIFFERS)
        self._add_trial(CLOCK, Outcome.REPEATS)
        self.found = Found(CLOCK, None, ())

    def _where(self) -> Entering | None:
        """The line where the difference enters, looked for where no draw names it, or where that is asked for."""
        options = self.runs.options
        if self.comparison.repeats or not (options.where or options.causes) or not self.a.trace.observed:
            return None
        if not options.where and is_known(self.found, self.comparison, self.a.trace):
            return None
        return entering(self.runs, self.a, self.found)

    def _patch(self, where: Entering | None) -> Patching | None:
        """A change of the script that was tried, where it does not repeat and causes are looked for."""
        if self.comparison.repeats or not self.runs.options.causes or not self.a.trace.observed:
            return None
        entry = None if where is None else where.entry
        return patching(self.runs, self.script, self.a, self.b, self.found, entry, self.lines_that_matter)

    def _doubts(self) -> list[_Doubt]:
        """What may show that a script which has repeated does not, in the order in which it is judged."""
        lines = self.seeding[:MAX_SEEDING_LINES]
        new_process = self.runs.options.rerun == NEW_PROCESS
        assert self.a.ended is not None
        values = MANY_VALUES if self.a.ended.seconds < QUICK else MORE_VALUES
        return [
            _Doubt(
                "the folder as run A has left it",
                [Wanted("B in A's folder", readings.given(self.a), self.a.place)] if self.left else [],
                self._judge_in_used_folder,
            ),
            _Doubt(
                "two more runs, because the script may repeat by luck",
                # To their ends: they may become run B, whose steps and output are compared. One has times of its own.
                [Wanted("C", readings.given(self.a)), Wanted("D")]
                if new_process and may_repeat_by_luck(self.a.trace)
                else [],
                self._judge,
            ),
            _Doubt(
                f"{values} more values of what nothing seeds",
                [Wanted(f"value {number + 2}", readings.given(self.a)) for number in range(1, values + 1)]
                if new_process and self._draws_unseeded()
                else [],
                self._judge,
            ),
            _Doubt(
                "a run that reads another time",
                [Wanted("another time", readings.given(self.a, shift=SHIFT))]
                if new_process and not self.places and readings.reads_the_time_of_day(self.a.trace)
                else [],
                self._judge_another_time,
            ),
            _Doubt(
                "two runs that begin later",
                self._later() if not self.places else [],
                self._judge_later,
            ),
            _Doubt(
                f"{len(lines)} seeding line{'s' if len(lines) > 1 else ''} with other values",
                [self._moved(line) for line in lines],
                self._judge_moved,
            ),
        ]

    def _draws_unseeded(self) -> bool:
        """Whether a line of the person's draws what nothing seeds, but for the names that it makes up."""
        drawn = self.a.trace.unseeded | self.b.trace.unseeded
        return bool(drawn - {"system"}) or ("system" in drawn and not self.a.trace.ids)

    def _doubt(self) -> None:
        """Make the runs of all doubts at once, two at a time, and judge them until one differs."""
        doubts = [doubt for doubt in self._doubts() if doubt.wanted]
        if any(doubt.judge == self._judge_later for doubt in doubts):
            self.runs.stop.wait(max(0.0, self.a.began + APART - time.monotonic()))
        wanted = [one for doubt in doubts for one in doubt.wanted]
        made = iter(self.runs.singles("; ".join(doubt.what for doubt in doubts), wanted))
        for doubt in doubts:
            runs = [next(made) for _ in doubt.wanted]
            if self.comparison.repeats:
                doubt.judge(runs)

    def _judge(self, others: list[Run]) -> None:
        """The first of the runs that differs from run A becomes run B."""
        for run in others:
            self._check(run)
            held = self.runs.compare(self.a, run)
            if run.setting.readings is None:  # its times are its own
                held = held.without_output()
            self.compared += 1
            if not held.repeats:
                self.comparison, self.b = held, run
                return

    def _judge_another_time(self, others: list[Run]) -> None:
        """The clock, if something differs where it was moved, and not as a time does. Durations that A and B agreed in,
        as one in whole seconds, are known by a run in which times are stretched alone."""
        (run,) = others
        if run.failed or not readings.jumps(self.runs, self.a, run, self.places):
            return
        shifts = {"longer": 0.0, "later": SHIFTS[1]}
        stretched, later = self.runs.singles(
            "durations that are longer, and one more time",
            [Wanted(name, readings.given(self.a, shift=shift)) for name, shift in shifts.items()],
        )
        if not (stretched.failed or later.failed):
            durations = frozenset(self.runs.compare(self.a, stretched).lines.lines)
            if not any(readings.jumps(self.runs, self.a, one, durations) for one in (run, later)):
                return
        self.comparison, self.b = self.runs.compare(self.a, run), run
        self.runs.notes[
            "run B read a clock that was moved by three days and an hour: two runs that begin together read the same"
        ] = None
        self._find_the_clock()

    def _later(self) -> list[Wanted]:
        """Two runs that are to begin together later, where something may read a clock that no hook sees."""
        asked = self.runs.options.rerun == NEW_PROCESS and may_read_a_clock_unseen(self.runs.workspace.code)
        return [Wanted(f"later, {n}", readings.given(self.a, ids=True)) for n in (1, 2)] if asked else []

    def _look_for_a_clock_unseen(self) -> None:
        """Whether a pair differs because its runs did not begin in the same second: nothing but output differs, nothing
        drew unseeded, and two further runs that begin together are the same."""
        wanted = self._later()
        drawn = self.a.trace.unseeded - {"system"}
        if not wanted or drawn or any(effect.quantity != "output" for effect in self.comparison.effects):
            return
        self.runs.stop.wait(max(0.0, self.a.began + APART - time.monotonic()))
        self._judge_later(self.runs.singles("two runs that begin later", wanted))

    def _judge_later(self, others: list[Run]) -> None:
        """A clock that no hook sees, if two runs that began together later differ from run A, and not from each
        other."""
        one, other = others
        if one.failed or other.failed:
            return
        held = self.runs.compare(self.a, one)
        self.compared += 2
        if held.repeats:
            return
        self.comparison, self.b = held, one
        if self.runs.compare(one, other).repeats:
            self.runs.notes[
                "run B began a second or more after run A: runs that begin together read the same of the clock"
            ] = None
            self._find_the_clock()

    def _judge_in_used_folder(self, others: list[Run]) -> None:
        """Files, if a fresh folder repeats and one that run A has left does not, both once more."""
        (again,) = others
        if again.failed:
            why = again.error or again.failure
            self.runs.notes[f"run again in the folder that it leaves, the script fails: {why}"] = None
            return
        self._check(again)
        held = self.runs.compare(self.a, again)
        self.compared += 1
        if held.repeats:
            return
        given = readings.given(self.a)
        fresh, used = self.runs.singles(
            "a fresh folder and a used one, once more", [Wanted("fresh", given), Wanted("used", given, self.a.place)]
        )
        self._check(fresh)
        self._check(used)
        otherwise = self.runs.compare(self.a, fresh)
        if not otherwise.repeats:
            self.comparison, self.b = otherwise, fresh  # it is no matter of files
            return
        self.comparison, self.b = held, again
        if not self.runs.compare(self.a, used).repeats:  # nor is it if it differed once
            files = frozenset({"files"})
            self.runs.trials.clear()  # it is the pair in a used folder that was to repeat
            self._add_trial(frozenset(), Outcome.DIFFERS)
            self._add_trial(files, Outcome.REPEATS)
            self.found = Found(files, None, ())

    def _judge_moved(self, moved: list[Run]) -> None:
        """Whether each seeding line matters: another value there changes a result."""
        known = [
            replace(line, matters=self._matters(line, run)) for line, run in zip(self.seeding, moved, strict=False)
        ]
        self.seeding = known + self.seeding[len(known) :]

    def _check(self, *runs: Run) -> None:
        check(self.runs, *runs)

    def _moved(self, line: Seeding, by: int = 1) -> Wanted:
        setting = Setting(moved=Moved(lines=((line.file, line.line),), by=by))
        return Wanted(f"line {line.line} moved", readings.given(self.a, setting=setting), None, self.a.trace)

    def _matters(self, line: Seeding, run: Run) -> bool | None:
        """Whether other values in a seeding line changed a result; None if that is not known."""
        changed = [self._changed(line, run)]
        if changed[0] is False:
            again = [self._moved(line, by) for by in range(2, TIMES_MOVED + 1)]
            made = self.runs.singles(f"line {line.line} with further values", again)
            changed += [self._changed(line, one) for one in made]
        return True if True in changed else None if None in changed else False

    def _changed(self, line: Seeding, run: Run) -> bool | None:
        assert run.ended is not None
        if not any(seed.moved for seed in run.trace.all(Seed)):
            return None
        if run.ended.end is End.STOPPED:
            return True
        if run.failed:
            self.runs.notes[f"another value in line {line.line} made the script fail"] = None
            return None
        return not self.runs.compare(self.a, run).repeats

    def _search(self) -> Found:
        """Look for a smallest set of pins, for the lines in it that matter, and for files besides."""
        found = self._smallest_set()
        if found.sufficient and found.sufficient & LINE_BY_LINE:
            self.lines_that_matter = self._lines(found.sufficient)
        if found.sufficient and self.runs.options.rerun == NEW_PROCESS:
            found = self._with_other_values(found)
            self._set_lines_free(found)
        if found.sufficient and self.left and not self.runs.options.in_place and found.sufficient in self.repeated:
            found = self._with_files(found)
        if found.sufficient and "clock" not in found.sufficient and self.runs.options.rerun == NEW_PROCESS:
            found = self._with_the_clock(found)
        return found

    def _with_other_values(self, found: Found) -> Found:
        """The set with what else draws where its pins give other values: with one of them the script may take a branch
        in which something draws that they do not hold."""
        assert found.sufficient is not None
        if not any(SOURCES[name].kind is Kind.SEED for name in found.sufficient):
            return found
        setting = readings.given(self.a, setting=Setting(pins=found.sufficient, values=seeds_of(self.a.trace)))
        others = [replace(setting, another=number) for number in OTHER_PINS]
        what = f"with {_listed(found.sufficient)} pinned to {len(others)} other values"
        made = self.runs.singles(what, [Wanted(f"value {one.another + 1}", one) for one in others])
        for run, other in zip(made, others, strict=True):
            more = frozenset(run.trace.unseeded - {"system"} - found.sufficient)
            if run.failed or not more:
                continue
            again = self.runs.single(f"{what}, once more", other, label="B", against=run.trace)
            stopped = again.ended is not None and again.ended.end is End.STOPPED
            if not stopped and (again.failed or self.runs.compare(run, again).repeats):
                continue
            wider = replace(other, pins=found.sufficient | more)
            pair = self.runs.pair(f"with {_listed(wider.pins)} pinned", wider)
            if not any(one.failed for one in pair) and self.runs.compare(*pair).repeats:
                self._add_trial(wider.pins, Outcome.REPEATS)
                self.repeated[wider.pins] = pair[0]
                return replace(found, sufficient=wider.pins)
        return found

    def _set_lines_free(self, found: Found) -> None:
        """Which lines that draw from the sources of the set matter: with all pinned but what one of them draws, three
        times, the result changes."""
        assert found.sufficient is not None
        if found.sufficient not in self.repeated or races(found.sufficient):
            return
        drew = dict.fromkeys(
            (draw.source, draw.site.file, draw.site.line)
            for draw in self.a.trace.of_main(Draw)
            if draw.source in found.sufficient & GLOBAL
            and draw.site is not None
            and not (draw.seeded or draw.importing)
        )
        if not 1 < len(drew) <= MAX_LINES:
            return
        first = self.repeated[found.sufficient]
        self.matter = dict.fromkeys(drew, False)
        setting = readings.given(self.a, setting=Setting(pins=found.sufficient, values=seeds_of(self.a.trace)))
        for _ in range(3):
            left = [one for one, matters in self.matter.items() if not matters]
            wanted = [
                Wanted(f"line {line} free", replace(setting, free=(file, line)), None, first.trace)
                for _, file, line in left
            ]
            made = self.runs.singles("all pinned but what one line draws", wanted) if wanted else []
            for one, run in zip(left, made, strict=True):
                stopped = run.ended is not None and run.ended.end is End.STOPPED
                self.matter[one] = stopped or run.failed or not self.runs.compare(first, run).repeats

    def _with_the_clock(self, found: Found) -> Found:
        """Whether the clock decides a result as well, once the rest is pinned: in all trials it read the same."""
        assert found.sufficient is not None
        if not self.a.trace.readings or found.sufficient not in self.repeated:
            return found
        first = self.repeated[found.sufficient]
        setting = Setting(pins=found.sufficient, values=seeds_of(self.a.trace))
        what = f"with {_listed(found.sufficient)} pinned, and another time"
        moved = self.runs.single(what, readings.given(self.a, shift=SHIFT, setting=setting), label="B")
        places = frozenset(self.runs.compare(first, moved).lines.lines)
        if not moved.failed and not readings.jumps(self.runs, first, moved, places):
            return found
        alone = self._trial(Setting(pins=CLOCK, values=seeds_of(self.a.trace)), 1, "with the clock pinned")
        return replace(found, sufficient=CLOCK if alone is Outcome.REPEATS else found.sufficient | CLOCK)

    def _smallest_set(self) -> Found:
        a, b, comparison = self.a, self.b, self.comparison
        values = seeds_of(a.trace)
        options = self.runs.options
        pins = [
            source.name
            for source in SOURCES.values()
            if (source.in_place or not options.in_place)
            and (source.in_one_process if options.rerun == SAME_PROCESS else source.in_new_process)
            and not any(os.environ.get(name, "random") != "random" for name in source.environment)
        ]

        def trial(wanted: Pins, times: int) -> Outcome:
            what = "with everything pinned" if len(wanted) > len(pins) // 2 else f"with {_listed(wanted)} pinned"
            outcome = self._trial(Setting(pins=wanted, values=values), times, what)
            self._add_trial(wanted, outcome, everything=wanted == frozenset(pins))
            return outcome

        same = self.runs.options.rerun == SAME_PROCESS
        first = comparison.first_effect.quantity if comparison.first_effect is not None else None
        ranked = guesses(a.trace, b.trace, comparison, same_process=same)
        # Where nothing was seen to be drawn, and a line that was printed is all that differs, any guess may be lucky.
        unseen = first == "output" and not a.trace.unseeded and not comparison.causes
        lucky = first == "steps" or unseen or may_repeat_by_luck(a.trace)
        return search(ranked, pins, trial, times=TIMES_FOR_A_RACE if lucky else 1)

    def _trial(self, setting: Setting, times: int, what: str) -> Outcome:
        """The outcome of pairs with some pins: all of `times` must repeat, and one that differs ends the trial."""
        for number in range(times):
            count = f", {number + 1} of {times}" if times > 1 else ""
            # Runs that begin together would read the same of a clock that no hook sees.
            apart = APART if self._later() else 0.0
            given = readings.given(self.a, setting=setting)
            pair = self.runs.pair(f"{what}{count}", given, early=True, apart=apart)
            for run in pair:
                assert run.ended is not None
                if run.ended.end is not End.STOPPED and run.failed:
                    return Outcome.BROKEN
                for one in run.trace.unpinned:
                    self.runs.notes[f"the pin {one.pin} could not be set: {one.why}"] = None
            if effects_of(pair[0].trace, pair[1].trace, so_far=True):
                return Outcome.DIFFERS
            if any(run.ended is not None and run.ended.end is End.STOPPED for run in pair):
                return Outcome.DIFFERS
            if not self.runs.compare(*pair).repeats:
                return Outcome.DIFFERS
            if not setting.lines:
                self.repeated[setting.pins] = pair[0]
        return Outcome.REPEATS

    def _add_trial(self, pins: Pins, outcome: Outcome, *, everything: bool = False) -> None:
        ordered = tuple(name for name in SOURCES if name in pins)
        self.runs.add(Trial(pins=ordered, everything=everything, outcome=outcome.value))

    def _lines(self, sufficient: Pins) -> Pins | None:
        """Which of the lines matter that make generators without a seed or draw from the system, if there are
        several: as `file:line`; None if that is not known."""
        drew = entropy(self.a.trace, sufficient & LINE_BY_LINE)
        if len(drew) < 2:
            return None
        names = {f"{file}:{line}": (file, line) for file, line in drew}

        def repeats(lines: Sequence[str]) -> bool:
            setting = Setting(
                pins=sufficient, values=seeds_of(self.a.trace), lines=tuple(names[line] for line in lines)
            )
            times = TIMES_FOR_A_RACE if races(sufficient) else 1
            return self._trial(setting, times, f"with what line {_listed(lines)} draws pinned") is Outcome.REPEATS

        for name in names:  # mostly it is one
            if repeats([name]):
                return frozenset({name})
        # A library may have drawn as well, without a line of the person's.
        return smallest(repeats, list(names)) if repeats(list(names)) else None

    def _with_files(self, found: Found) -> Found:
        """Whether what a run leaves matters as well, once the rest is pinned."""
        assert found.sufficient is not None
        if "files" in found.sufficient:
            return found
        pinned = Setting(pins=found.sufficient, values=seeds_of(self.a.trace))
        setting = readings.given(self.a, setting=pinned)
        first = self.repeated[found.sufficient]
        what = f"with {_listed(found.sufficient)} pinned, in the folder that run A has left"
        again = self.runs.single(what, setting, label="B", place=first.place, against=first.trace)
        assert again.ended is not None
        stopped = again.ended.end is End.STOPPED
        if not stopped and (again.failed or self.runs.compare(first, again).repeats):
            return found
        return replace(found, sufficient=found.sufficient | {"files"})


def _place(one: Repeated) -> object:
    return one.kind, one.file, one.line


def _listed(pins: Sequence[str] | Pins) -> str:
    return ", ".join(sorted(pins))
