"""The runs of an audit: one, or two side by side, each in its own place, observed, with or without pins."""

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from repro.audits import output, seen
from repro.audits.comparison import Comparison, compare, effects_of
from repro.audits.observer.format import (
    BETWEEN_THE_RUNS,
    VARIABLE,
    Birth,
    Config,
    Draw,
    Moved,
    Race,
    Seed,
    again_script,
    hook_folder,
)
from repro.audits.running import Command, Ended, environment, run
from repro.audits.trace import Trace, where
from repro.audits.workspace import Place, Workspace
from repro.experiment.errors import RunFailedError

LOOK_SECONDS = 0.25  # between two looks at the traces of runs in progress

STREAMS = ("standard output", "standard error")

NEW_PROCESS, SAME_PROCESS = "new-process", "same-process"


class StoppedError(RunFailedError):
    """The audit was stopped."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an audit is run, as the options of the command say it. `python` is the interpreter; `memory` the most bytes
    that a run may take, None for no limit."""

    rerun: str = NEW_PROCESS
    steps: int | None = None
    seconds: float = 600.0
    causes: bool = True
    in_place: bool = False
    python: str = sys.executable
    memory: int | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a run is made to do differently: nothing, some sources pinned, or one seeding line's value moved. `values`
    are run A's, for the pin `clock`; `lines` those to which the pins of `LINE_BY_LINE` are limited, none for all."""

    pins: frozenset[str] = frozenset()
    moved: Moved | None = None
    values: tuple[dict[str, Any], ...] = ()
    lines: tuple[tuple[str, int], ...] = ()


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
        return self.ended is not None and self.ended.failure is not None

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
    losses of the pair as it is, as far as they are known; and the trials that have ended."""

    what: str
    runs: tuple[tuple[str, int, int], ...] = ()
    seconds: float = 0.0
    losses: tuple[seen.Losses, seen.Losses] = ((), ())
    tried: tuple[seen.Rung, ...] = ()


@dataclass
class Runs:
    """Starts runs on an executor; `progress` is called from time to time, `stop` ends all."""

    workspace: Workspace
    options: Options
    executor: Executor
    stop: threading.Event
    progress: Callable[[Progress], None]
    began: float = field(default_factory=time.monotonic)
    made: int = 0
    what: str = ""
    times: output.Times = field(default_factory=output.Times)  # that the script prints
    results: set[output.Place] = field(default_factory=set)  # lines of its output that trials have shown to be results
    notes: dict[str, None] = field(default_factory=dict)  # in the order in which they were made, each once
    first: tuple[Trace, Trace] | None = None  # the traces of the pair as it is
    tried: list[seen.Rung] = field(default_factory=list)
    apart: float = 0.0  # seconds between the starts of A and B: more where seeds are read from a coarse clock

    def pair(self, what: str, setting: Setting = PLAIN, *, early: bool = False) -> tuple[Run, Run]:
        """Run A and run B of the same setting, side by side; `early`, they are ended as soon as they differ."""
        self.what = what
        if self.options.rerun == SAME_PROCESS:
            return self._in_one_process(setting, early=early)
        if self.options.in_place:
            first = self.single(what, setting, label="A")
            return first, self.single(what, setting, label="B", against=first.trace if early else None)
        a, b = self._prepare("A", setting), self._prepare("B", setting)
        self.first = self.first or (a.trace, b.trace)
        watch = _Watch([(a.trace, b.trace)] if early else [], [a, b], self._tell)
        self._wait([self._start(a, watch), self._start(b, watch, delay=self.apart)])
        return a, b

    def singles(self, what: str, wanted: Sequence["Wanted"]) -> list[Run]:
        """Several runs, two at a time, each ended as soon as it differs from the run that it is held against."""
        self.what = what
        runs: list[Run] = []
        futures: list[Future[None]] = []
        watch = _Watch([], runs, self._tell)
        for one in wanted:
            made = self._prepare(one.label, one.setting, one.place)
            runs.append(made)
            own = _Watch([(one.against, made.trace)] if one.against else [], runs, self._tell, watch)
            futures.append(self._start(made, own))
            if self.options.in_place:
                self._wait(futures)
        self._wait(futures)
        return runs

    def single(
        self, what: str, setting: Setting, *, label: str, place: Place | None = None, against: Trace | None = None
    ) -> Run:
        """One run, in a fresh place or in that of another one."""
        return self.singles(what, [Wanted(label, setting, place, against)])[0]

    def compare(self, a: Run, b: Run) -> Comparison:
        """What differs between two runs that have ended."""
        printed, lines = self._printed(a, b)
        return replace(compare(a.trace, b.trace, printed), lines=lines)

    def _printed(self, a: Run, b: Run) -> tuple[output.Difference | None, output.Differing]:
        """Where what two runs printed differs first, or, of the files that both left, a text or an array; and all lines
        that differ."""
        ids = any(
            draw.source == "system" and draw.site is not None and not draw.importing for draw in a.trace.all(Draw)
        )
        # Where nothing else can have made a number, and the script reads the clock, a number that differs is a time.
        still = a.setting.pins | {"system"}
        drawn = [draw.source for draw in a.trace.all(Draw) if not draw.seeded]
        drawn += [birth.source for birth in a.trace.all(Birth) if birth.site is not None]
        times = bool(a.trace.readings) and still.issuperset(drawn) and not a.setting.lines
        times = times and all(change.source == "system" for change in compare(a.trace, b.trace).causes)
        times = times and all(race.source in a.setting.pins for race in a.trace.all(Race))
        # A script that does as much as the clock lets it reads it in one run more often than in the other.
        self.times.learning = times and _readings(a.trace) == _readings(b.trace)
        differing = output.Differing()
        own = tuple([str(run.place.temporary), str(run.place.folder), str(run.place.room)] for run in (a, b))
        texts = [(name, *both) for name, both in zip(STREAMS, zip(a.printed, b.printed, strict=True), strict=True)]
        if a.place.folder != b.place.folder:
            texts += self.workspace.results(a.place, b.place)
        first: output.Difference | None = None
        for name, here, there in texts:
            found = output.difference(
                here,
                there,
                own=(own[0], own[1]),
                processes=(a.trace.processes, b.trace.processes),
                now=time.time(),
                ids_are_drawn=ids,
                times=self.times,
                text=name,
                results=self.results,
                differing=differing,
            )
            if found is not None and name not in STREAMS:
                in_file = (f"in the file {name}: {line or 'nothing more'}" for line in (found.a, found.b))
                found = output.Difference(*in_file)
            first = first or found
        return first, differing

    def _prepare(self, label: str, setting: Setting, again: Place | None = None) -> Run:
        place = self.workspace.fresh() if again is None else self.workspace.again(again)
        return Run(label, place, Trace(place.trace), setting)

    def _in_one_process(self, setting: Setting, *, early: bool) -> tuple[Run, Run]:
        first = self._prepare("A", setting)
        again = first.place.room / "again"
        again.mkdir()
        second = Run("B", first.place, Trace(again), setting, second=True)
        self.first = self.first or (first.trace, second.trace)
        watch = _Watch([(first.trace, second.trace)] if early else [], [first, second], self._tell)
        self._wait([self._start(first, watch, again=again)])
        second.ended = first.ended
        second.trace.read_on()
        return first, second

    def _start(self, one: Run, watch: "_Watch", again: Path | None = None, delay: float = 0.0) -> Future[None]:
        script, setting = self.workspace.script, one.setting
        config = one.place.room / "config.json"
        Config(
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
        ).write(config)
        own = environment(os.environ)
        own["PYTHONPATH"] = os.pathsep.join([str(hook_folder()), *filter(None, [own.get("PYTHONPATH")])])
        own["TMPDIR"] = str(one.place.temporary)
        own[VARIABLE] = str(config)
        if "hash" in setting.pins:
            own["PYTHONHASHSEED"] = "0"
        script_of = [] if again is None else [str(again_script())]
        job = Command(
            [self.options.python, *script_of, script.runs_as, *script.arguments],
            one.place.folder,
            own,
            f"{VARIABLE}={config}",
            self.options.seconds * (1 if again is None else 2),
            self.options.memory,
        )
        self.made += 1 if again is None else 2

        def go() -> None:
            self.stop.wait(delay)
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

    def add(self, rung: seen.Rung) -> None:
        """Adds the outcome of a trial, and reports it."""
        self.tried.append(rung)
        self._tell([])

    def _tell(self, runs: Sequence[Run]) -> None:
        going = tuple((one.label, one.trace.steps, sum(one.trace.draws.values())) for one in runs if one.ended is None)
        losses = ((), ()) if self.first is None else (seen.losses(self.first[0]), seen.losses(self.first[1]))
        self.progress(Progress(self.what, going, time.monotonic() - self.began, losses, tuple(self.tried)))


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
    ) -> None:
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
                self.differs = any(effects_of(a, b, so_far=True) for a, b in self._held)
                # Long traces take longer: look at most a tenth of the time.
                self._next = now + max(LOOK_SECONDS, 10 * (time.monotonic() - now))
            return self.differs


def _readings(trace: Trace) -> dict[tuple[Any, str], int]:
    """How often each line read a clock or a process id."""
    found: dict[tuple[Any, str], int] = {}
    for read in trace.readings:
        key = (where(read.site), read.what)
        found[key] = max(found.get(key, 0), read.occurrence + 1)
    return found


def seeds_of(trace: Trace) -> tuple[dict[str, Any], ...]:
    """The seeds of run A as the pin `clock` takes them."""
    return tuple(seed.to_json() for seed in trace.all(Seed))
