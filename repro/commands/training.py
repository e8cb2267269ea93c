"""The commands about an experiment: train it, compare two runs, try every combination and many seeds, print it."""

import argparse
import contextlib
import json
import sys
import threading
from queue import SimpleQueue

from repro.commands.audit import ProgressLine
from repro.commands.command import command, experiment_of, seconds_of_a_template
from repro.commands.output import RecordFile, say
from repro.engine.launcher import Launcher
from repro.experiment.errors import FAILED, InputError
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import TWIST, apply_twist
from repro.history.events import Event, encode
from repro.records import saved
from repro.script.script import script as script_of
from repro.studies import interface
from repro.studies.matrix import REPEATS, RERUN
from repro.studies.script_seeds import seeds_of_script
from repro.studies.seeds import COUNT
from repro.verdicts import report

IDENTICAL, DIVERGED = 0, 1


@command(
    "train",
    experiment=True,
    trains=True,
    help="train once; print loss and accuracy of each epoch, and the digests",
    description="Train once; print loss and accuracy of each epoch, and the digests. Exit status: 0; 2 bad input; 3 the"
    " run failed.",
)
def train(options: argparse.Namespace) -> int:
    """Train once; return the exit status."""
    experiment = experiment_of(options)
    with Launcher(stays=seconds_of_a_template(options)) as launcher:
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
    say("\n".join(["", *report.digest_lines(run.history), *report.shuffling_lines(run.history)]))
    return 0


def _record_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--record", metavar="FILE", help="save the pair in this file")


@command(
    "compare",
    experiment=True,
    trains=True,
    settings=(TWIST,),
    options=_record_option,
    help="train twice; say whether the two runs are the same, to the bit, and why not",
    description="Train the same experiment twice; say whether the two runs are the same, to the bit, where they first"
    " differ, and why. Exit status: 0 identical; 1 diverged; 2 bad input; 3 a run failed.",
)
def compare(options: argparse.Namespace) -> int:
    """Train a pair; return the exit status."""
    experiment = experiment_of(options)
    apply_twist(experiment, options.twist)  # refused before the record's file is made
    if options.record is not None:
        saved.check(experiment)
    with contextlib.nullcontext() if options.record is None else RecordFile(options.record) as record:
        answer = interface.compare(
            experiment, twist=options.twist, progress=show_progress, stays=seconds_of_a_template(options)
        )
        if record is not None:
            record.write(saved.write(answer.pair.saved()))
    control = answer.pair.control_run
    if control is not None and control.failure:  # it takes no verdict away
        print(f"python -m repro: the control run failed: {control.failure}", file=sys.stderr)
    _say(answer, options)
    return IDENTICAL if answer.identical else DIVERGED


@command(
    "script",
    experiment=True,
    settings=(TWIST,),
    help="print the experiment as a stand-alone script",
    description="Print the experiment as a Python script that needs TensorFlow and NumPy only; with a twist, run B's."
    " If all that it draws is seeded, it gives the bits of `train` on the same machine. Exit status: 0; 2 bad input.",
)
def script(options: argparse.Namespace) -> int:
    """Print the experiment as a script, as a string in an object for JSON; return the exit status."""
    experiment = experiment_of(options)
    source = script_of(experiment, options.twist)
    if options.json:
        say(json.dumps({"experiment": experiment.to_json(), "twist": options.twist, "script": source}))
    else:
        say(source, end="")
    return 0


def _scheduler_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on the Dask cluster of this scheduler")


@command(
    "matrix",
    experiment=True,
    trains=True,
    settings=(RERUN, REPEATS),
    options=_scheduler_option,
    help="train every combination of seeding lines twice; say which sets are sufficient",
    description="Train every combination of the four seeding lines, whatever --steps says; say which sets of them are"
    " sufficient for a training to repeat. Exit status: 0; 2 bad input; 3 a run failed.",
)
def matrix(options: argparse.Namespace) -> int:
    """Train every combination of seeding lines; return the exit status."""
    experiment = experiment_of(options)
    if experiment.steps != SETTINGS["steps"].default:
        print("python -m repro: --steps is not used: matrix trains all 16 combinations", file=sys.stderr)
    answer = interface.matrix(
        experiment,
        rerun=options.rerun,
        repeats=options.repeats,
        scheduler=options.scheduler,
        progress=show_progress,
        stays=seconds_of_a_template(options),
    )
    _say(answer, options)
    return 0


def _seeds_options(parser: argparse.ArgumentParser) -> None:
    _scheduler_option(parser)
    parser.add_argument("--script", metavar="FILE", help="run this script of yours, with its seeding lines moved")
    parser.add_argument(
        "--metric", metavar="REGEX", help="which number that the script prints: the first group, or all that is found"
    )
    parser.add_argument("--against", metavar="FILE", help="compare with this script, paired by seed")
    parser.add_argument("--timeout", type=float, metavar="S", default=600.0, help="the most seconds one run may take")
    parser.add_argument("--python", metavar="INTERPRETER", help="run the script with this interpreter")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="of the script")
    # Whether one was given decides where the seeds of a script begin, and whether it is used at all.
    parser.set_defaults(**dict.fromkeys(SETTINGS))


@command(
    "seeds",
    experiment=True,
    trains=True,
    settings=(COUNT,),
    options=_seeds_options,
    help="train with many seeds, or run a script of yours; say how far a change of seed alone moves the result",
    description="Train the experiment with each of the seeds SEED … SEED + COUNT - 1; say how far a change of seed"
    " alone moves the test accuracy. With --script do so with a script of yours, from the seed of its first line on,"
    " for each number that it prints. Exit status: 0; 2 bad input; 3 a run failed.",
)
def seeds(options: argparse.Namespace) -> int:
    """Train with many seeds; return the exit status."""
    if options.script is not None:
        return _seeds_of_script(options)
    for name in ("metric", "against", "python"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name} is of a script of yours: name it with --script")
    if options.arguments:
        raise InputError(f"unrecognized arguments: {' '.join(options.arguments)[:200]}")
    for name, setting in SETTINGS.items():
        if getattr(options, name) is None:
            setattr(options, name, setting.default)
    experiment = experiment_of(options)
    answer = interface.seeds(
        experiment,
        count=options.count,
        scheduler=options.scheduler,
        progress=show_progress,
        stays=seconds_of_a_template(options),
    )
    _say(answer, options)
    return 0


def _seeds_of_script(options: argparse.Namespace) -> int:
    given = [SETTINGS[name].option for name in SETTINGS if name != "seed" and getattr(options, name) is not None]
    given += ["--scheduler"] if options.scheduler is not None else []
    if given:
        raise InputError(f"{given[0]} is of the article's program: the script's own arguments stand behind all options")
    shown = ProgressLine(f"Running {options.script} with {options.count} seeds.", quiet=options.json)
    stop = threading.Event()
    try:
        found = seeds_of_script(
            options.script,
            options.arguments,
            count=options.count,
            first=options.seed,
            metric=options.metric,
            against=options.against,
            timeout=options.timeout,
            python=options.python,
            progress=shown.progress,
            stop=stop,
        )
    finally:
        stop.set()
        shown.clear()
    say(json.dumps(found.to_json()) if options.json else str(found))
    return 0


def _say(answer: interface.Answer, options: argparse.Namespace) -> None:
    """Print an answer; with JSON, what its words say besides goes to standard error."""
    if options.json:
        for note in answer.notes:
            print(f"python -m repro: {note}", file=sys.stderr)
    say(json.dumps(answer.to_json()) if options.json else str(answer))


def show_progress(line: str) -> None:
    """Keep a line of progress on a terminal; take it away if `line` is empty."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
