"""The runs of an audit: one, or two side by side, each in its own place, observed, with or without pins."""

import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repro.audits.comparison import left, output, seen
from repro.audits.comparison.comparison import Comparison, compare, effects_of
from repro.audits.comparison.trace import Trace
from repro.audits.comparison.values import entry
from repro.audits.observer.format import (
    BETWEEN_THE_RUNS,
    Config,
    Moved,
    Seed,
    again_script,
)
from repro.audits.runs.process import Command, End, Ended, environment, run
from repro.audits.runs.standard_input import StandardInput
from repro.audits.runs.workspace import Place, Workspace
from repro.audits.sources import SOURCES
from repro.experiment.errors import RunFailedError

POLL_INTERVAL = 0.25  # between two looks at the traces of runs in progress


TEMPORARY_FOLDERS = tuple({f"{folder}{os.sep}" for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp")})

NEW_PROCESS, SAME_PROCESS = "new-process", "same-process"


class StoppedError(RunFailedError):
    """The audit was stopped."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an audit is run, as the options of the command say it. `where`: look for the line where a difference enters
    also if the cause is known; `python` is the interpreter; `memory` the most bytes that a run may take, None for no
    limit; lines of output in which `ignore` is found are not compared; `keep`: all runs are kept until its end."""

    rerun: str = NEW_PROCESS
    steps: int | None = None
    seconds: float = 600.0
    causes: bool = True
    where: bool = False
    in_place: bool = False
    python: str = sys.executable
    memory: int | None = None
    stdin: StandardInput | None = None
    ignore: re.Pattern[str] | None = None
    keep: bool = False


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a run is made to do differently: nothing, some sources pinned, or one seeding line's value moved. `values`
    are run A's, for the pin `clock`; `lines` those to which the pins of `LINE_BY_LINE` are limited, none for all.
    `readings`: the trace's folder of the run whose readings of clock and machine it is given; moved by `shift` seconds
    and stretched; with the `ids` that it made up. `another`: which of several values the pins give; `free`: the line
    whose draws none of them holds. `look`: the values of the person's own lines are looked at, and a pair is stopped
    when one of them differs. `patched`: the texts that it finds in place of files of the script's folder, by their
    relative paths. `environment`: variables that it starts with; `python`: the
    interpreter that runs it in place of the audit's own. `variables`: those whose values at its end are recorded."""

    pins: frozenset[str] = frozenset()
    moved: Moved | None = None
    values: tuple[dict[str, Any], ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    readings: Path | None = None
    shift: float | None = None
    ids: bool = False
    look: bool = False
    another: int = 0
    free: tuple[str, int] | None = None
    patched: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    python: str | None = None
    variables: tuple[str, ...] | None = None


PLAIN = Setting()


@dataclass
class Run:
    """One run: its place, its trace, when it began, by `time.monotonic`, and, at its end, how it ended. Two runs in one
    process share `ended`."""

    label: str
    place: Place
    trace: Trace
    setting: Setting
    ended: Ended | None = None
    second: bool = False
    began: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether it has ended, and cannot be compared."""
        return self.failure is not None

    @property
    def failure(self) -> str | None:
        """Why it cannot be compared, in words; None if it can. A script may end with a status of its own."""
        if self.ended is None or (self.ended.own_status and self.trace.ended and self.trace.failure is None):
            return None
        return self.ended.failure

    @property
    def error(self) -> str:
        """What the script says of its failure: its exception, else its last line of error; empty if there is none."""
        if self.ended is None:
            return ""
        failure = self.trace.failure
        return self.ended.last_error if failure is None else failure.error.splitlines()[0][:300]

    @property
    def printed(self) -> tuple[str, str]:
        """What the run printed, on standard output and on standard error."""
        assert self.ended is not None
        return self._own(self.ended.out.text), self._own(self.ended.error.text)

    def _own(self, text: str) -> str:
        first, _, second = text.partition(BETWEEN_THE_RUNS)
        return second if self.second else first


@dataclass(frozen=True)
class Progress:
    """What an audit does now: in words, and of each run in progress its label, its training steps and draws; the
    losses of the pair as it is, as far as they are known; the trials that have ended; and which of the libraries that
    are watched a run in progress has imported."""

    what: str
    runs: tuple[tuple[str, int, int], ...] = ()
    seconds: float = 0.0
    losses: tuple[seen.Losses, seen.Losses] = ((), ())
    trials: tuple[seen.Trial, ...] = ()
    imported: frozenset[str] = frozenset()


@dataclass
class Runs:
    """Starts runs on an executor; `progress` is called from time to time, `stop` ends all."""

    workspace: Workspace
    options: Options
    executor: Executor
    stop: threading.Event
    progress: Callable[[Progress], object]
    began: float = field(default_factory=time.monotonic)
    made: int = 0
    all: list[tuple[str, Run]] = field(default_factory=list)  # that are kept, each with what it was made for
    what: str = ""
    notes: dict[str, None] = field(default_factory=dict)  # in the order in which they were made, each once
    first: tuple[Trace, Trace] | None = None  # the traces of the pair as it is
    trials: list[seen.Trial] = field(default_factory=list)
    one_by_one: bool = False  # two at once get in each other's way

    def pair(self, what: str, setting: Setting = PLAIN, *, early: bool = False, apart: float = 0.0) -> tuple[Run, Run]:
        """Run A and run B of the same setting, side by side, B so many seconds after A as `apart`; `early`, they are
        ended as soon as they differ."""
        self.what = what
        if self.options.rerun == SAME_PROCESS:
            return self._in_one_process(setting, early=early)
        if self.options.in_place or self.one_by_one:
            first = self.single(what, setting, label="A")
            return first, self.single(what, setting, label="B", against=first.trace if early else None)
        a, b = self._prepare("A", setting), self._prepare("B", setting)
        self.first = self.first or (a.trace, b.trace)
        watch = _Watch([(a.trace, b.trace)] if early else [], [a, b], self._tell, look=setting.look)
        first_of_two = self._start(a, watch)
        self.stop.wait(apart)
        self._wait([first_of_two, self._start(b, watch)])
        return self._alone(a, b, setting)

    def _alone(self, a: Run, b: Run, setting: Setting) -> tuple[Run, Run]:
        """The pair; where one of it failed beside the other and does not alone, with the one that was made alone, and
        from then on all runs are made one after the other."""
        failed = [one for one in (a, b) if one.failed and one.ended is not None and one.ended.end is End.BY_ITSELF]
        if len(failed) != 1 or self.stop.is_set():
            return a, b
        again = self.single(
            f"run {failed[0].label} alone, which failed beside the other", setting, label=failed[0].label
        )
        if again.failed:
            return a, b
        self._make_one_by_one(failed[0])
        pair = (again, b) if failed[0] is a else (a, again)
        if self.first is not None and self.first[0] is a.trace:
            self.first = (pair[0].trace, pair[1].trace)
        return pair

    def _make_one_by_one(self, failed: Run) -> None:
        self.one_by_one = True
        self.notes[
            f"run {failed.label} failed beside another, and not alone: {failed.error}. The runs were made one after the"
            " other"
        ] = None

    def singles(self, what: str, wanted: Sequence["Wanted"]) -> list[Run]:
        """Several runs, two at a time, each ended as soon as it differs from the run that it is held against."""
        self.what = what
        runs: list[Run] = []
        futures: list[Future[None]] = []
        watch = _Watch([], runs, self._tell)
        for one in wanted:
            made = self._prepare(one.label, one.setting, one.place)
            runs.append(made)
            held = [(one.against, made.trace)] if one.against else []
            own = _Watch(held, runs, self._tell, watch, look=one.setting.look)
            futures.append(self._start(made, own))
            if self.options.in_place or self.one_by_one:
                self._wait(futures)
        self._wait(futures)
        failed = [one for one in runs if one.failed and one.ended is not None and one.ended.end is End.BY_ITSELF]
        if len(runs) > 1 and failed and not self.options.in_place and not self.one_by_one:
            for run in failed:
                again = self.single(f"{run.label}, alone", run.setting, label=run.label, place=run.place.after)
                if not again.failed:
                    runs[runs.index(run)] = again
                    self._make_one_by_one(run)
        return runs

    def single(
        self, what: str, setting: Setting, *, label: str, place: Place | None = None, against: Trace | None = None
    ) -> Run:
        """One run, in a fresh place or in that of another one."""
        return self.singles(what, [Wanted(label, setting, place, against)])[0]

    def compare(self, a: Run, b: Run) -> Comparison:
        """What differs between two runs that have ended."""
        assert a.ended is not None
        assert b.ended is not None
        lines, alike = self._differing(a, b)
        if a.ended.status != b.ended.status:
            told = [f"exit status {ended.status}" for ended in (a.ended, b.ended)]
            lines.lines[output.STATUS, output.WHOLE] = told[0], told[1]
        return compare(a.trace, b.trace, lines, alike)

    def _differing(self, a: Run, b: Run) -> tuple[output.Differing, list[str]]:
        """The lines of what two runs printed, and of what they left, that differ; and the files that do in bytes
        alone."""
        names = self.names(a), self.names(b)
        differing = output.Differing()
        for name, here, there in zip(output.STREAMS, a.printed, b.printed, strict=True):
            output.difference(name, here, there, names, differing, self.options.ignore)
        # A run in a place as another one has left it may find there what that one made.
        apart = a.place is not b.place and b.place.after is None and not self.options.in_place
        if not apart:
            return differing, []
        in_a, in_b = (_results(self.workspace.left(run.place), run.trace) for run in (a, b))
        return differing, left.compare(in_a, in_b, names, differing, self.options.ignore)

    def names(self, run: Run) -> output.Names:
        """What a run has to itself."""
        trace = run.trace
        return output.Names(own_paths(run), frozenset(trace.processes), trace.ids, trace.memory)

    def _prepare(self, label: str, setting: Setting, again: Place | None = None) -> Run:
        place = self.workspace.fresh() if again is None else self.workspace.again(again)
        for name, text in setting.patched:
            self.workspace.put(place, name, text.encode())
        run = Run(label, place, Trace(place.trace), setting)
        self._keep(run)
        return run

    def _keep(self, run: Run) -> None:
        """Keep a run to the end if that is asked for; its place goes when nothing needs it otherwise."""
        if self.options.keep:
            self.all.append((self.what, run))

    def _in_one_process(self, setting: Setting, *, early: bool) -> tuple[Run, Run]:
        first = self._prepare("A", setting)
        again = first.place.room / "again"
        second = Run("B", first.place, Trace(again), setting, second=True)
        self._keep(second)
        self.first = self.first or (first.trace, second.trace)
        held = [(first.trace, second.trace)] if early else []
        watch = _Watch(held, [first, second], self._tell, look=setting.look)
        self._wait([self._start(first, watch, again=again)])
        second.ended = first.ended
        second.trace.read_on()
        return first, second

    def _start(self, one: Run, watch: "_Watch", again: Path | None = None) -> Future[None]:
        script, setting = self.workspace.script, one.setting
        way_in = Config(
            trace=str(one.place.trace),
            folder=str(one.place.folder),
            script=str(one.place.folder / script.runs_as),
            steps=self.options.steps,
            pins=tuple(sorted(setting.pins)),
            lines=setting.lines,
            values=setting.values if "clock" in setting.pins else (),
            moved=setting.moved,
            again=None if again is None else str(again),
            linked=tuple(self.workspace.linked),
            hooks=tuple(str(source.hook) for source in SOURCES.values() if source.hook is not None),
            readings=None if setting.readings is None else str(setting.readings),
            shift=setting.shift,
            ids=setting.ids,
            look=setting.look,
            another=setting.another,
            free=setting.free,
            variables=setting.variables,
        ).way_in(one.place.room / "way")
        own = environment(os.environ)
        own["PYTHONPATH"] = os.pathsep.join([str(way_in), *filter(None, [own.get("PYTHONPATH")])])
        if one.place.temporary is not None:
            own["TMPDIR"] = str(one.place.temporary)
        for pin in setting.pins:
            own |= SOURCES[pin].environment
        own |= dict(setting.environment)
        script_of = [] if again is None else [str(again_script())]
        job = Command(
            [setting.python or self.options.python, *script_of, *script.command],
            one.place.folder,
            own,
            one.place.room,
            self.options.seconds * (1 if again is None else 2),
            self.options.memory,
            one.place.layer,
            self.options.stdin,
            "addresses" in setting.pins,
        )
        self.made += 1 if again is None else 2

        def go() -> None:
            one.began = time.monotonic()
            one.ended = run(job, self.stop, watch.look)
            one.trace.read_on()

        try:
            return self.executor.submit(go)
        except RuntimeError:  # as executors have it that were shut down meanwhile
            if self.stop.is_set():
                raise StoppedError("The audit was stopped.") from None
            raise

    def _wait(self, futures: Sequence[Future[None]]) -> None:
        try:
            for future in futures:
                future.result()
        except BaseException:
            self.stop.set()
            wait(futures)  # their folders are about to be removed
            raise
        if self.stop.is_set():
            raise StoppedError("The audit was stopped.")

    def add(self, trial: seen.Trial) -> None:
        """Add the outcome of a trial, and report it."""
        self.trials.append(trial)
        self._tell([])

    def _tell(self, runs: Sequence[Run]) -> None:
        running = [one for one in runs if one.ended is None]
        going = tuple((one.label, one.trace.steps, sum(one.trace.draws.values())) for one in running)
        imported = frozenset(name for one in running for name in one.trace.versions)
        losses = ((), ()) if self.first is None else (seen.losses(self.first[0]), seen.losses(self.first[1]))
        self.progress(Progress(self.what, going, time.monotonic() - self.began, losses, tuple(self.trials), imported))


@dataclass(frozen=True)
class Wanted:
    """A run to be made: its label and setting, whose place it takes, and the run that it is held against."""

    label: str
    setting: Setting = PLAIN
    place: Place | None = None
    against: Trace | None = None


class _Watch:
    """Looks at the traces of runs in progress, from their threads: reports the progress, and whether two differ."""

    def __init__(
        self,
        held: Sequence[tuple[Trace, Trace]],
        runs: list[Run],
        tell: Callable[[Sequence[Run]], None],
        shared: "_Watch | None" = None,
        *,
        look: bool = False,
    ) -> None:
        self._values = look
        self._held, self._runs, self._tell = held, runs, tell
        self._lock: threading.Lock = threading.Lock() if shared is None else shared._lock
        self._next = 0.0
        self.differs = False

    def look(self) -> bool:
        """Whether the runs may be ended."""
        with self._lock:
            now = time.monotonic()
            if now >= self._next and not self.differs:
                for one in self._runs:
                    one.trace.read_on()
                self._tell(self._runs)
                self.differs = any(self._differ(a, b) for a, b in self._held)
                # Long traces take longer: look at most a tenth of the time.
                self._next = now + max(POLL_INTERVAL, 10 * (time.monotonic() - now))
            return self.differs

    def _differ(self, a: Trace, b: Trace) -> bool:
        if self._values:
            found = entry(a, b, so_far=True)
            return found is not None and not found.reading
        return bool(effects_of(a, b, so_far=True))


def own_paths(run: Run) -> tuple[str, ...]:
    """The paths that a run has to itself: in a layer everybody's are the person's."""
    return run.place.own if run.place.layer is None else (str(run.place.room),)


def _results(found: Mapping[str, left.Left], trace: Trace) -> dict[str, left.Left]:
    """What a run left, but for temporary files whose name, or whose folder's, `tempfile` made up."""
    names = set(trace.temporary)

    def temporary(path: str) -> bool:
        return path.startswith(TEMPORARY_FOLDERS) and any(name in path for name in names)

    return {name: one for name, one in found.items() if not temporary(one.path)}


def seeds_of(trace: Trace) -> tuple[dict[str, Any], ...]:
    """The seeds of run A as the pin `clock` takes them."""
    return tuple(seed.to_json() for seed in trace.all(Seed))
