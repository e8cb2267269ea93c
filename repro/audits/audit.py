"""The audit of a person's script, from its start to its result.

This is the one entry for the command line, the Python interface and the page.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from repro.audits import findings
from repro.audits.comparison import Comparison, effects_of
from repro.audits.observer.format import LINE_BY_LINE, Moved, Seed
from repro.audits.pairs import NEW_PROCESS, SAME_PROCESS, Options, Progress, Run, Runs, Setting, Wanted, seeds_of
from repro.audits.printed import Printed
from repro.audits.result import Result, Seeding
from repro.audits.running import End
from repro.audits.search import RACES, TIMES_FOR_A_RACE, Found, Pins, Tried, search, smallest
from repro.audits.seen import Rung
from repro.audits.sources import SOURCES
from repro.audits.suspects import guesses, may_repeat_by_luck, seeded_by_the_clock
from repro.audits.workspace import Script, Workspace, find
from repro.experiment.errors import InputError, RunFailedError

RUNS_AT_ONCE = 2
SHARE_OF_MEMORY = 0.45  # of the machine's, that one run may take: there are two at once
MOST_SEEDING_LINES = 8  # that are tried, each in a run of its own
OLDEST_PYTHON = (3, 10)
LATER, NEXT_SECOND = "later", 1.1  # a run that begins so many seconds after A: a clock of whole seconds has gone on


def audit(
    script: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    *,
    rerun: str = NEW_PROCESS,
    steps: int | None = None,
    seconds: float = 600.0,
    causes: bool = True,
    directory: str | None = None,
    in_place: bool = False,
    python: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    executor: Executor | None = None,
) -> Result:
    """Runs a script twice or more often, and says whether it repeats, what makes it differ and what would be enough.

    `steps` ends each run after this number of training steps; `seconds` is the most that one run may take; without
    `causes` there are two runs and no trials; `python` is another interpreter. `progress` is called from other threads;
    setting `stop` ends the audit. `executor` does the runs, two at a time.

    InputError if the script cannot be run as asked for; RunFailedError if it fails, with its own last line of
    error; StoppedError if it was stopped.
    """
    if rerun not in (NEW_PROCESS, SAME_PROCESS):
        raise InputError(f"rerun cannot be {rerun!r}: it is {NEW_PROCESS!r} or {SAME_PROCESS!r}")
    if steps is not None and steps < 1:
        raise InputError(f"steps cannot be {steps}: it is 1 or more")
    if not seconds > 0:
        raise InputError(f"seconds cannot be {seconds}: it is more than 0")
    found = find(os.fspath(script), arguments, directory=directory)
    chosen = Options(
        rerun=rerun,
        steps=steps,
        seconds=seconds,
        causes=causes,
        in_place=in_place,
        python=_interpreter(python),
        memory=_memory(),
    )
    with contextlib.ExitStack() as stack:
        # Windows and some editors keep files open for a while.
        room = stack.enter_context(tempfile.TemporaryDirectory(prefix="audit-", ignore_cleanup_errors=True))
        workspace = Workspace(Path(room).resolve(), found, in_place=in_place)
        if executor is None:
            executor = stack.enter_context(ThreadPoolExecutor(RUNS_AT_ONCE))
        runs = Runs(workspace, chosen, executor, stop or threading.Event(), progress or (lambda _: None))
        try:
            return _Audit(found, runs).result()
        except BaseException:
            runs.stop.set()
            raise


def _memory() -> int | None:
    """How much memory one run may take, in bytes; None if the system does not say how much there is."""
    try:
        return int(SHARE_OF_MEMORY * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return None


def _interpreter(python: str | None) -> str:
    """The path of an interpreter that can be used; InputError if it cannot."""
    if python is None:
        return sys.executable
    path = os.path.expanduser(python)  # noqa: PTH111 — a bare name is looked for on PATH
    program = "import sys; sys.stdout.write('%d %d' % sys.version_info[:2])"  # Python 2 as well
    try:
        told = subprocess.run([path, "-c", program], capture_output=True, text=True, timeout=30, check=True).stdout
        version = tuple(map(int, told.split()))
    except (OSError, ValueError, subprocess.SubprocessError):
        raise InputError(f"--python {python!r} is not a Python interpreter that runs here") from None
    if version < OLDEST_PYTHON:
        raise InputError(
            f"--python {python!r} is Python {version[0]}.{version[1]}: the audit needs Python 3.10 or newer there"
        )
    if os.sep in path:
        return os.path.abspath(path)  # noqa: PTH100 — a link in a virtual environment must stay one
    return path


@dataclass
class _Audit:
    """One audit: its script and its runs."""

    script: Script
    runs: Runs
    repeated: dict[Pins, Run] = field(default_factory=dict)  # run A of pairs that repeated, by their pins

    def __post_init__(self) -> None:
        self.printed = Printed(self.runs)

    def result(self) -> Result:
        """Runs the pair and the trials that its outcome asks for."""
        runs = self.runs
        a, b = runs.pair("the script as it is, twice")
        self._check(a, b)
        if b.second and a.trace.observed and not b.trace.observed:
            raise RunFailedError("the script ended its process itself, so that it could not be run again in it")
        comparison = self.printed.compare(a, b)
        self._add_rung(frozenset(), Tried.REPEATS if comparison.repeats else Tried.DIFFERS)
        times = 2
        left = runs.workspace.left_in(a.place) if runs.options.rerun == NEW_PROCESS else []
        seeding = findings.seeding(a.trace)
        found: Found | None = None
        if comparison.repeats and runs.options.causes:
            wanted = [Wanted("B in A's folder", place=a.place)] if left else []
            raced = may_repeat_by_luck(a.trace) and runs.options.rerun == NEW_PROCESS
            # To their ends: they may become run B, whose steps and output are compared.
            wanted += [Wanted(name) for name in ("C", "D")] if raced else []
            timed = seeded_by_the_clock(a.trace) and runs.options.rerun == NEW_PROCESS
            wanted += [Wanted(LATER)] if timed else []
            lines = seeding[:MOST_SEEDING_LINES]
            wanted += [self._moved(line, a) for line in lines]
            if timed:
                runs.stop.wait(a.began + NEXT_SECOND - time.monotonic())
            made = runs.singles(self._what_is_tried(left, raced, timed, lines), wanted)
            others, moved = made[: len(made) - len(lines)], made[len(made) - len(lines) :]
            for run in others:
                if run.place.folder == a.place.folder and run.failed:
                    assert run.ended is not None
                    why = run.ended.last_error or run.ended.failure
                    runs.notes[f"run again in the folder that it leaves, the script fails: {why}"] = None
                    continue
                self._check(run)
                held = runs.compare(a, run)
                times += 1
                if not held.repeats:
                    if run.place.folder == a.place.folder:
                        comparison, found, b = self._of_files(a, run, held)
                    else:
                        comparison, b = held, run
                        runs.apart = NEXT_SECOND if run.label == LATER else 0.0
                    break
            if comparison.repeats:
                seeding = [
                    replace(line, matters=self._matters(line, (a, b), run))
                    for line, run in zip(lines, moved, strict=True)
                ] + seeding[MOST_SEEDING_LINES:]
        lines_that_matter: Pins | None = None
        if not comparison.repeats and runs.options.causes and found is None:
            found = self._search(a, b, comparison)
            if found.enough and found.enough & LINE_BY_LINE:
                lines_that_matter = self._lines(a, found.enough)
            if found.enough and left and not runs.options.in_place:
                found = self._with_files(a, found)
        return findings.result(
            self.script,
            runs,
            (a, b),
            comparison,
            found,
            seeding,
            left=left,
            times=times,
            lines_that_matter=lines_that_matter,
        )

    def _what_is_tried(self, left: Sequence[str], raced: bool, timed: bool, lines: Sequence[Seeding]) -> str:
        parts = [
            "the folder as run A has left it" if left else "",
            "two more runs, because the script may repeat by luck" if raced else "",
            "a run that begins in another second, because the clock is read before a seed is given" if timed else "",
            f"{len(lines)} seeding line{'s' if len(lines) > 1 else ''} with other values" if lines else "",
        ]
        return "; ".join(filter(None, parts))

    def _check(self, *runs: Run) -> None:
        """RunFailedError if a run failed."""
        failed = [run for run in runs if run.failed]
        if not failed:
            for run in runs:
                assert run.ended is not None
                if run.ended.left_running:
                    self.runs.notes[
                        f"the script left {run.ended.left_running} process(es) running at its end, which were ended"
                    ] = None
                if run.ended.out.left_out or run.ended.error.left_out:
                    self.runs.notes["the script printed more than 1 MB: its middle was not compared"] = None
            return
        first = failed[0]
        assert first.ended is not None
        in_one_process = len({id(run.ended) for run in runs}) == 1
        one_of_two = len(runs) == 2 and len(failed) == 1 and not in_one_process
        who = f"run {first.label} " if one_of_two else "the script "
        words = who + str(first.ended.failure)
        if first.ended.last_error and first.ended.end in (End.BY_ITSELF, End.MEMORY):
            words += f": {first.ended.last_error}"
        elif first.ended.end is End.TIME:
            words += ". Limit the number of training steps with --steps, or allow more time with --seconds"
        if one_of_two:
            words += ". The other run finished: whatever makes one of two runs fail differs between them"
        raise RunFailedError(words)

    def _moved(self, line: Seeding, a: Run) -> Wanted:
        return Wanted(f"line {line.line} moved", Setting(moved=Moved(file=line.file, line=line.line)), None, a.trace)

    def _matters(self, line: Seeding, pair: tuple[Run, Run], run: Run) -> bool | None:
        """Whether another value in a seeding line changed a result; None if that is not known."""
        a, b = pair
        assert run.ended is not None
        if not any(seed.moved for seed in run.trace.all(Seed)):
            return None
        if run.ended.end is End.STOPPED:
            return True
        if run.failed:
            self.runs.notes[f"another value in line {line.line} made the script fail"] = None
            return None
        if not self.runs.compare(a, run).repeats:
            return True
        wanted = self._moved(line, a)
        changed = self.printed.changed(
            a, run, lambda: self.runs.single(f"{wanted.label}, once more", wanted.setting, label=wanted.label)
        )
        # A file of another kind, such as a pickle, may hold what the seed has changed. Of a training the weights were
        # compared; A's folder may have been used since.
        in_files = not a.trace.trained and self.runs.workspace.differ_in_others(b.place, run.place)
        return None if changed is False and in_files else changed

    def _of_files(self, a: Run, again: Run, held: Comparison) -> tuple[Comparison, Found | None, Run]:
        """What a run in the folder that run A left shows: files, if a fresh folder repeats and a used one does not,
        both once more."""
        fresh, used = self.runs.singles(
            "a fresh folder and a used one, once more", [Wanted("fresh"), Wanted("used", place=again.place)]
        )
        self._check(fresh)
        self._check(used)
        otherwise = self.runs.compare(a, fresh)
        if not otherwise.repeats:
            return otherwise, None, fresh  # it is no matter of files
        if self.runs.compare(a, used).repeats:
            return held, None, again  # nor here: it differed once
        enough = frozenset({"files"})
        self.runs.tried.clear()  # it is the pair in a used folder that was to repeat
        self._add_rung(frozenset(), Tried.DIFFERS)
        self._add_rung(enough, Tried.REPEATS)
        return held, Found(enough, None, (), {enough: Tried.REPEATS}), again

    def _search(self, a: Run, b: Run, comparison: Comparison) -> Found:
        """Looks for a smallest set of pins."""
        values = seeds_of(a.trace)
        pins = [name for name in SOURCES if name != "files" or not self.runs.options.in_place]
        if self.runs.options.rerun == SAME_PROCESS:
            pins.remove("hash")  # both runs have the same one
        if "PYTHONHASHSEED" in os.environ and os.environ["PYTHONHASHSEED"] != "random" and "hash" in pins:
            pins.remove("hash")

        def trial(wanted: Pins, times: int) -> Tried:
            what = "with everything pinned" if len(wanted) > len(pins) // 2 else f"with {_listed(wanted)} pinned"
            came_to = self._trial(Setting(pins=wanted, values=values), times, what)
            self._add_rung(wanted, came_to, everything=wanted == frozenset(pins))
            return came_to

        same = self.runs.options.rerun == SAME_PROCESS
        first = comparison.first_effect.quantity if comparison.first_effect is not None else None
        ranked = guesses(a.trace, b.trace, comparison, same_process=same)
        # Where nothing was seen to be drawn, and a line that was printed is all that differs, any guess may be lucky.
        unseen = first == "output" and not a.trace.unseeded and not comparison.causes
        lucky = first == "steps" or unseen or may_repeat_by_luck(a.trace)
        return search(ranked, pins, trial, times=TIMES_FOR_A_RACE if lucky else 1)

    def _trial(self, setting: Setting, times: int, what: str) -> Tried:
        """The outcome of pairs with some pins: all of `times` must repeat, and one that differs ends the trial."""
        for number in range(times):
            count = f", {number + 1} of {times}" if times > 1 else ""
            pair = self.runs.pair(f"{what}{count}", setting, early=True)
            for run in pair:
                assert run.ended is not None
                if run.ended.end is not End.STOPPED and run.failed:
                    return Tried.BROKEN
                for one in run.trace.unpinned:
                    self.runs.notes[f"the pin {one.pin} could not be set: {one.why}"] = None
            if effects_of(pair[0].trace, pair[1].trace, so_far=True):
                return Tried.DIFFERS
            if any(run.ended is not None and run.ended.end is End.STOPPED for run in pair):
                return Tried.DIFFERS
            if not self.runs.compare(*pair).repeats:
                return Tried.DIFFERS
            if not setting.lines:
                self.repeated[setting.pins] = pair[0]
        return Tried.REPEATS

    def _add_rung(self, pins: Pins, came_to: Tried, *, everything: bool = False) -> None:
        ordered = tuple(name for name in SOURCES if name in pins)
        self.runs.add(Rung(pins=ordered, everything=everything, came_to=came_to.value))

    def _lines(self, a: Run, enough: Pins) -> Pins | None:
        """Which of the lines matter that make generators without a seed or draw from the system, if there are
        several: as `file:line`; None if that is not known."""
        drew = findings.entropy(a.trace, enough & LINE_BY_LINE)
        if len(drew) < 2:
            return None
        names = {f"{file}:{line}": (file, line) for file, line in drew}

        def is_enough(lines: Sequence[str]) -> bool:
            setting = Setting(pins=enough, values=seeds_of(a.trace), lines=tuple(names[line] for line in lines))
            times = TIMES_FOR_A_RACE if enough & RACES else 1
            return self._trial(setting, times, f"with what line {_listed(lines)} draws pinned") is Tried.REPEATS

        for name in names:  # mostly it is one
            if is_enough([name]):
                return frozenset({name})
        # A library may have drawn as well, without a line of the person's.
        return smallest(is_enough, list(names)) if is_enough(list(names)) else None

    def _with_files(self, a: Run, found: Found) -> Found:
        """Whether what a run leaves matters as well, once the rest is pinned."""
        assert found.enough is not None
        if "files" in found.enough:
            return found
        setting = Setting(pins=found.enough, values=seeds_of(a.trace))
        first = self.repeated[found.enough]
        what = f"with {_listed(found.enough)} pinned, in the folder that run A has left"
        again = self.runs.single(what, setting, label="B", place=first.place, against=first.trace)
        assert again.ended is not None
        stopped = again.ended.end is End.STOPPED
        if not stopped and (again.failed or self.runs.compare(first, again).repeats):
            return found
        return replace(found, enough=found.enough | {"files"})


def _listed(pins: Sequence[str] | Pins) -> str:
    return ", ".join(sorted(pins))
