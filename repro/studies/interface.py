"""What `import repro` offers in Python, and what the command line calls: one function for each question."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, overload

from repro.engine.launcher import Launcher
from repro.engine.run import Run
from repro.experiment.errors import InputError, RunFailedError
from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST, apply_twist
from repro.studies import remote, report
from repro.studies.jobs import Local
from repro.studies.matrix import REPEATS, RERUN, Matrix, doubts
from repro.studies.pair import Pair
from repro.studies.script_seeds import ScriptSpread, seeds_of_script
from repro.studies.seeds import COUNT, Seeds, check
from repro.studies.study import Study
from repro.verdicts.control import ControlState
from repro.verdicts.reasons import in_words
from repro.verdicts.report import comparison_json, comparison_lines, summary_line
from repro.verdicts.verdict import compare as verdict_of

POLL_INTERVAL = 0.2
RUN_NAMES = ("A", "B", "A again")

Progress = Callable[[str], object]  # called with a line, some times a second, and with "" at the end


class Answer:
    """What was found. `str()` gives it in words, as the command line prints it; its fields, apart from those
    that are not shown by `repr()`, are those of `--json`."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the words say of how far the fields can be relied on."""
        return ()

    def to_json(self) -> dict[str, Any]:
        """The fields of `--json` as plain JSON values."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.repr}  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Comparison(Answer):
    """The verdict on a pair. `first_difference` has the `step`, from 0, and the `quantity` that differs first, or is
    None; `a` and `b` have the runs' digests, SHA-256 in hex, and test accuracies; `pair` the runs themselves."""

    identical: bool
    first_difference: dict[str, Any] | None
    first_loss_difference: int | None
    largest_loss_difference: float
    test_disagreements: int
    a: dict[str, Any]
    b: dict[str, Any]
    pair: Pair = field(repr=False, compare=False)

    def __str__(self) -> str:
        pair, a, b = self.pair, self.pair.a.history, self.pair.b.history
        verdict = verdict_of(a, b)
        words = in_words(verdict, a, b, pair.twist, pair.control)
        lines = comparison_lines(words, verdict, a, b, pair.distances.by_epoch)
        return "\n".join([summary_line(pair.experiment, pair.twist), *lines])

    @property
    def notes(self) -> tuple[str, ...]:
        if self.pair.twist == TWIST.default or self.pair.control.state is ControlState.SAME:
            return ()
        return (self.pair.control.sentence,)


@dataclass(frozen=True, kw_only=True)
class Combinations(Answer):
    """Which sets of seeding lines were sufficient. `cells` say for each combination what was the same in its runs;
    `sufficient` are the minimal sets with which the final weights were, None if that is not decided."""

    program: str
    rerun: str
    steps: list[str]
    cells: list[dict[str, Any]]
    sufficient: list[list[str]] | None
    matrix: Matrix = field(repr=False, compare=False)

    def __str__(self) -> str:
        head = f"{self.program}, {self.rerun}, seed {self.matrix.experiment.seed}"
        return "\n".join([head, *report.matrix_lines(self.matrix)])

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(doubt.replace("`", "") for doubt in doubts(self.matrix))


@dataclass(frozen=True, kw_only=True)
class Spread(Answer):
    """Test accuracy by seed, its mean, and its sample standard deviation, None for a single seed."""

    seeds: list[int]
    test_accuracy: list[float]
    mean: float
    std: float | None
    study: Seeds = field(repr=False, compare=False)

    def __str__(self) -> str:
        experiment = self.study.experiment
        return "\n".join([summary_line(experiment), *report.seeds_lines(self.study.found(), experiment)])


def compare(
    experiment: Experiment, *, twist: str = TWIST.default, progress: Progress = lambda _: None, stays: int = 0
) -> Comparison:
    """Train `experiment` twice, with `twist` in run B, and once more as a control run if there is one. The process in
    which they begin `stays` for so many seconds. InputError if there can be no such twist, RunFailedError if run A or
    run B fails."""
    apply_twist(experiment, twist)  # refused before anything is started
    with Launcher(stays=stays) as launcher:
        pair = Pair.start(launcher, experiment, twist, control=True)
        for _ in wait(pair.runs, progress):
            pass
    refuse_failed([pair.a, pair.b])  # a control run that fails takes no verdict away
    a, b = pair.a.history, pair.b.history
    return Comparison(**comparison_json(verdict_of(a, b), a, b), pair=pair)


def matrix(
    experiment: Experiment,
    *,
    rerun: str = RERUN.default,
    repeats: int = REPEATS.default,
    scheduler: str | None = None,
    progress: Progress = lambda _: None,
    stays: int = 0,
) -> Combinations:
    """Train every combination of seeding lines `repeats` times, on this machine or on the Dask cluster of a
    `scheduler`; `stays` as in `compare`. InputError if `rerun` or `repeats` is not allowed, RunFailedError if a run
    fails."""
    with _executor(scheduler, stays) as executor:
        found = Matrix(executor, experiment, rerun=rerun, repeats=repeats)
        _finish(found.study, progress)
    return Combinations(**report.matrix_json(found), matrix=found)


@overload
def seeds(
    experiment: Experiment, *, count: int = ..., scheduler: str | None = ..., progress: Progress = ..., stays: int = ...
) -> Spread: ...
@overload
def seeds(
    experiment: None = None, *, script: str | os.PathLike[str], count: int = ..., progress: Progress = ..., **how: Any
) -> ScriptSpread: ...
def seeds(
    experiment: Experiment | None = None,
    *,
    script: str | os.PathLike[str] | None = None,
    count: int = COUNT.default,
    scheduler: str | None = None,
    progress: Progress = lambda _: None,
    stays: int = 0,
    **how: Any,
) -> Spread | ScriptSpread:
    """Train the experiment with the seeds seed … seed + `count` - 1, each once; or run a person's `script`, with the
    keywords of `script_seeds.seeds_of_script`. InputError if `count` is not allowed, RunFailedError if a run fails."""
    if script is not None:
        if experiment is not None or scheduler is not None:
            raise InputError("the seeds are those of an experiment or of a script: name one, and no scheduler with it")
        return seeds_of_script(script, count=count, progress=lambda now: progress(now.what), **how)
    if experiment is None:
        raise InputError("whose seeds? Name an experiment or a script")
    check(experiment, count)  # refused before anything is started
    with _executor(scheduler, stays) as executor:
        study = Seeds(executor, experiment, count=count)
        _finish(study.study, progress)
    return Spread(**report.seeds_json(study.found()), study=study)


def wait(runs: Sequence[Run], progress: Progress) -> Iterator[None]:
    """Yield some times a second until all runs have ended, and once after; call `progress` with what they do."""
    while not all(run.join(0) for run in runs):
        activities = (run.activity for run in runs)
        names = [f"Run {name}: " for name in RUN_NAMES] if len(runs) > 1 else ["Run: "]
        progress("   ".join(name + activity for name, activity in zip(names, activities, strict=False)))
        yield
        time.sleep(POLL_INTERVAL)
    progress("")
    yield


def refuse_failed(runs: Sequence[Run]) -> None:
    """Raise RunFailedError if one of `runs`, which have ended, has not finished, or the bug that ended it."""
    for run in runs:
        if run.bug is not None:
            raise run.bug
    names = [f"run {name}" for name in RUN_NAMES] if len(runs) > 1 else ["the run"]
    failures = [
        f"{name} failed: {run.failure or run.reason or 'it was stopped'}"
        for name, run in zip(names, runs, strict=False)
        if not run.history.finished
    ]
    if failures:
        raise RunFailedError("; ".join(failures))


@contextmanager
def _executor(scheduler: str | None, stays: int) -> Iterator[Executor]:
    """What does the jobs of a study: this machine, or the Dask cluster of a scheduler."""
    if scheduler is not None:
        with remote.cluster(scheduler) as executor:
            yield executor
    else:
        with Launcher(stays=stays) as launcher, Local(launcher) as executor:
            yield executor


def _finish(study: Study, progress: Progress) -> None:
    """Wait for all runs. The first that fails ends the study, and is a RunFailedError."""
    try:
        while not study.join(POLL_INTERVAL) and study.failure is None:
            progress(f"{study.runs_finished} of {study.runs} runs finished")
    finally:
        study.cancel()
        progress("")
    if study.failure is not None:
        raise RunFailedError(f"a run failed: {study.failure}")
