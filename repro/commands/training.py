"""The commands of the command line: each trains, prints, and returns its exit status."""

import argparse
import contextlib
import json
import sys
from queue import SimpleQueue

from repro.commands.output import RecordFile, say
from repro.engine.launcher import Launcher
from repro.experiment.errors import FAILED, InputError
from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import apply_twist
from repro.records.events import Event, encode
from repro.script.script import script as script_of
from repro.server import status as server_status
from repro.studies import interface, saved
from repro.verdicts import report

IDENTICAL, DIVERGED = 0, 1


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
        for _ in interface.wait([run], show_progress):
            for epoch in run.history.epochs[shown:]:
                show_progress("")
                say(report.epoch_line(epoch, experiment.epochs))
            shown = len(run.history.epochs)
    interface.refuse_failed([run])
    say("\n".join(["", *report.digest_lines(run.history)]))
    return 0


def compare(experiment: Experiment, options: argparse.Namespace) -> int:
    """Trains a pair; returns the exit status."""
    apply_twist(experiment, options.twist)  # refused before the record's file is made
    if options.record is not None:
        saved.check(experiment)
    with contextlib.nullcontext() if options.record is None else RecordFile(options.record) as record:
        answer = interface.compare(experiment, twist=options.twist, progress=show_progress)
        if record is not None:
            record.write(saved.write(answer.pair.saved()))
    control = answer.pair.control_run
    if control is not None and control.failure:  # it takes no verdict away
        print(f"python -m repro: the control run failed: {control.failure}", file=sys.stderr)
    _say(answer, options)
    return IDENTICAL if answer.identical else DIVERGED


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
        answers, silent = server_status.ask()
    except OSError as error:
        raise InputError(f"the servers of this user cannot be asked: {error}") from None
    if silent:
        names = " and ".join(f"server {process}" for process in silent)
        print(
            f"python -m repro: {names} did not answer within {server_status.PATIENCE:g} s: ask again", file=sys.stderr
        )
    elif not answers:
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
    answer = interface.matrix(
        experiment,
        rerun=options.rerun,
        repeats=options.repeats,
        scheduler=options.scheduler,
        progress=show_progress,
    )
    _say(answer, options)
    return 0


def seeds(experiment: Experiment, options: argparse.Namespace) -> int:
    """Trains with many seeds; returns the exit status."""
    _say(interface.seeds(experiment, count=options.count, scheduler=options.scheduler, progress=show_progress), options)
    return 0


def _say(answer: interface.Answer, options: argparse.Namespace) -> None:
    """Prints an answer; with JSON, what its words say besides goes to standard error."""
    if options.json:
        for note in answer.notes:
            print(f"python -m repro: {note}", file=sys.stderr)
    say(json.dumps(answer.to_json()) if options.json else str(answer))


def show_progress(line: str) -> None:
    """Keeps a line of progress on a terminal; takes it away if `line` is empty."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
