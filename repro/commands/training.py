"""The commands of the command line: each trains, prints, and returns its exit status."""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from queue import SimpleQueue

from repro.commands.output import RecordFile, say
from repro.engine.launcher import Launcher
from repro.engine.run import Run
from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import TWIST, apply_twist
from repro.records.events import Event, encode
from repro.script.script import script as script_of
from repro.server import status as server_status
from repro.studies import remote, saved
from repro.studies import report as studies_report
from repro.studies.jobs import Local
from repro.studies.matrix import Matrix, doubts
from repro.studies.pair import Pair
from repro.studies.seeds import Seeds, check
from repro.studies.study import Study
from repro.verdicts import report
from repro.verdicts.control import ControlState
from repro.verdicts.reasons import in_words
from repro.verdicts.verdict import compare as verdict_of

IDENTICAL, DIVERGED, BAD_INPUT, FAILED = 0, 1, 2, 3
PROGRESS_SECONDS = 0.2
RUN_NAMES = ("A", "B", "A again")


def train(experiment: Experiment, options: argparse.Namespace) -> int:
    """Trains once; returns the exit status."""
    with Launcher() as launcher:
        if options.json:
            events: SimpleQueue[Event] = SimpleQueue()
            launcher.start(experiment, watch=events.put)
            while True:
                event = events.get()
                say(encode(event))
                if event["event"] in ("finished", "failed"):
                    return 0 if event["event"] == "finished" else FAILED
        run = launcher.start(experiment)
        shown = 0
        for _ in progress([run]):
            for epoch in run.history.epochs[shown:]:
                _clear_progress()
                say(report.epoch_line(epoch, experiment.epochs))
            shown = len(run.history.epochs)
    if run.history.failure:
        return fail([run])
    say("\n".join(["", *report.digest_lines(run.history)]))
    return 0


def compare(experiment: Experiment, options: argparse.Namespace) -> int:
    """Trains a pair; returns the exit status."""
    apply_twist(experiment, options.twist)  # refused before anything is started
    with (
        contextlib.nullcontext() if options.record is None else RecordFile(options.record, experiment) as record,
        Launcher() as launcher,
    ):
        pair = Pair.start(launcher, experiment, options.twist, control=True)
        for _ in progress(pair.runs):
            pass
        a, b = pair.a.history, pair.b.history
        if not (a.finished and b.finished):
            return fail(pair.runs)
        if pair.control_run is not None and pair.control_run.failure:  # it takes no verdict away
            print(f"python -m repro: the control run failed: {pair.control_run.failure}", file=sys.stderr)
        verdict = verdict_of(a, b)
        if record is not None:
            record.write(saved.write(pair.saved()))
    if options.json:
        if options.twist != TWIST.default and pair.control.state is not ControlState.SAME:
            print(f"python -m repro: {pair.control.sentence}", file=sys.stderr)
        say(json.dumps(report.comparison_json(verdict, a, b)))
    else:
        say(report.summary_line(experiment, options.twist))
        words = in_words(verdict, a, b, options.twist, pair.control)
        say("\n".join(report.comparison_lines(words, verdict, a, b, pair.distances.by_epoch)))
    return IDENTICAL if verdict.identical else DIVERGED


def script(experiment: Experiment, options: argparse.Namespace) -> int:
    """Prints the experiment as a script, as a string in an object for JSON; returns the exit status."""
    source = script_of(experiment, options.twist)
    if options.json:
        say(json.dumps({"experiment": experiment.to_json(), "twist": options.twist, "script": source}))
    else:
        say(source, end="")
    return 0


def status(options: argparse.Namespace) -> int:
    """Prints what this user's servers do; returns the exit status."""
    try:
        answers = server_status.ask()
    except OSError as error:
        raise InputError(f"the servers of this user cannot be asked: {error}") from None
    if not answers:
        raise InputError("no server of yours runs on this machine: `streamlit run app.py` starts one")
    if options.json:
        say(json.dumps(answers))
    else:
        say("\n".join(line for answer in answers for line in server_status.lines(answer)))
    return 0


def matrix(experiment: Experiment, options: argparse.Namespace) -> int:
    """Trains every combination of steps; returns the exit status."""
    if experiment.steps != SETTINGS["steps"].default:
        print("python -m repro: --steps is not used: matrix trains all 16 combinations", file=sys.stderr)
    with _executor(options.scheduler) as executor:
        found = Matrix(executor, experiment, rerun=options.rerun, repeats=options.repeats)
        if not _finish(found.study):
            return FAILED
    if options.json:
        for doubt in doubts(found):
            print(f"python -m repro: {doubt.replace('`', '')}", file=sys.stderr)
        say(json.dumps(studies_report.matrix_json(found)))
    else:
        say(f"{experiment.program}, {options.rerun}, seed {experiment.seed}")
        say("\n".join(studies_report.matrix_lines(found)))
    return 0


def seeds(experiment: Experiment, options: argparse.Namespace) -> int:
    """Trains with many seeds; returns the exit status."""
    check(experiment, options.count)  # refused before anything is started
    with _executor(options.scheduler) as executor:
        tried = Seeds(executor, experiment, count=options.count)
        if not _finish(tried.study):
            return FAILED
    if options.json:
        say(json.dumps(studies_report.seeds_json(tried.found())))
    else:
        say("\n".join([report.summary_line(experiment), *studies_report.seeds_lines(tried.found(), experiment)]))
    return 0


@contextmanager
def _executor(scheduler: str | None) -> Iterator[Executor]:
    """What does the jobs of a study: this machine, or the Dask cluster of a scheduler."""
    if scheduler is not None:
        with remote.cluster(scheduler) as executor:
            yield executor
    else:
        with Launcher() as launcher, Local(launcher) as executor:
            yield executor


def _finish(study: Study) -> bool:
    """Waits for all runs, with progress on a terminal; whether all have finished. The first that fails ends it."""
    try:
        while not study.join(PROGRESS_SECONDS) and study.failure is None:
            if sys.stderr.isatty():
                line = f"{study.runs_finished} of {study.runs} runs finished"
                print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
    finally:
        study.cancel()
        _clear_progress()
    if study.failure is not None:
        print(f"python -m repro: a run failed: {study.failure}", file=sys.stderr)
    return study.failure is None


def progress(runs: Sequence[Run]) -> Iterator[None]:
    """Yields now and then until all runs have ended, and once after; on a terminal, keeps a line of progress."""
    names = RUN_NAMES if len(runs) > 1 else [""]
    while not all(run.join(0) for run in runs):
        if sys.stderr.isatty():
            line = "   ".join(
                f"Run {name}: {run.history.activity}".replace("Run : ", "")
                for name, run in zip(names, runs, strict=False)
            )
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        yield
        time.sleep(PROGRESS_SECONDS)
    _clear_progress()
    yield


def _clear_progress() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def fail(runs: Sequence[Run]) -> int:
    """Says which runs failed, and why; returns the exit status."""
    for name, run in zip(RUN_NAMES, runs, strict=False):
        if run.bug is not None:
            raise run.bug
        if run.history.failure:
            prefix = f"run {name} failed" if len(runs) > 1 else "the run failed"
            print(f"python -m repro: {prefix}: {run.history.failure}", file=sys.stderr)
    return FAILED
