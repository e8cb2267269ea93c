"""The command that audits a person's own script."""

import argparse
import json
import signal
import sys
import threading
import time
from typing import Any

from repro.audits.against.result import Against
from repro.audits.interface import audit as audit_of
from repro.audits.report import words
from repro.audits.report.result import Result
from repro.audits.runs.pairs import NEW_PROCESS, SAME_PROCESS, Progress
from repro.commands.command import command
from repro.commands.output import RecordFile, say
from repro.experiment.errors import InputError, RecordError
from repro.experiment.twists import TWIST_OF_SCRIPT
from repro.records import audits

REPEATS, DIFFERS = 0, 1
CHANGES = ("twist", "against", "against_commit", "against_python")
PROGRESS_SECONDS = 0.2
# That end an audit in order, with all that it has begun; the second where a terminal is closed.
ENDING = (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


class _Module(argparse.Action):
    """Takes a module and all that stands behind it, as `python -m` does: no script is required then."""

    def __call__(self, parser: Any, namespace: Any, values: Any, _: str | None = None) -> None:
        if not values:
            parser.error("argument -m: expected a module")
        namespace.script, namespace.arguments, namespace.module = values[0], values[1:], True
        for action in parser._actions:
            action.required = False


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options of `audit`."""
    command.add_argument(
        "--rerun",
        choices=(NEW_PROCESS, SAME_PROCESS),
        default=NEW_PROCESS,
        help="how the script is run again: in a new process, or in that of the first run, as a notebook does"
        f" (default {NEW_PROCESS})",
    )
    command.add_argument("--max-steps", type=int, metavar="N", help="end each run after N training steps")
    command.add_argument(
        "--timeout", type=float, metavar="S", default=600.0, help="the most seconds one run may take (default 600)"
    )
    for older, name, kind in (("--steps", "max_steps", int), ("--seconds", "timeout", float)):
        command.add_argument(older, dest=name, type=kind, help=argparse.SUPPRESS)
    command.add_argument("--no-causes", action="store_true", help="run it twice and say whether it repeats, no more")
    command.add_argument(
        "--where",
        action="store_true",
        help="look for the line of yours where the difference enters, also if a draw names the cause",
    )
    command.add_argument(
        "--twist", metavar="NAME", help=f"have run B do one thing differently: {TWIST_OF_SCRIPT.kind.allowed}"
    )
    command.add_argument(
        "--against",
        metavar="FILE",
        help="have run B be another version of the script, with the same data and arguments",
    )
    command.add_argument(
        "--against-commit", metavar="REV", help="have run B be the version of a commit of the git folder"
    )
    command.add_argument(
        "--against-python", metavar="INTERPRETER", help="have run B run by another interpreter: Python 3.10 or newer"
    )
    command.add_argument("--directory", metavar="DIR", help="the folder that the script is part of, if not its own")
    command.add_argument(
        "--in-place", action="store_true", help="run in the script's folder, and leave what run B leaves"
    )
    command.add_argument(
        "--python", metavar="INTERPRETER", help="run the script with this interpreter: Python 3.10 or newer"
    )
    command.add_argument(
        "--ignore", metavar="REGEX", help="lines of output, and of files, in which this is found are not compared"
    )
    command.add_argument(
        "--patch", metavar="FILE", help="save the change that was tried and made the script repeat in this file"
    )
    command.add_argument("--record", metavar="FILE", help="save what was found in this file")
    command.add_argument("--json", action="store_true", help="print JSON, for programs")
    command.add_argument("--keep", metavar="DIR", help="keep what each run was told, recorded and printed in DIR")
    command.set_defaults(module=False)
    command.add_argument(
        "-m", action=_Module, nargs=argparse.REMAINDER, metavar="MODULE", help="run a module, as `python -m` does"
    )
    command.add_argument("script", metavar="SCRIPT", help="a Python script, or a notebook (.ipynb)")
    command.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="of the script")
    command.set_defaults(known=[name for action in command._actions for name in action.option_strings if name != "-h"])


@command(
    "audit",
    options=add_options,
    help="run your own script twice; say whether it repeats, which line makes it differ, what would be sufficient",
    description="""Run a TensorFlow, Keras or NumPy script, unmodified, twice, each time in a fresh process, and change
nothing of yours; say whether it repeats to the bit, which line makes it differ, what would be sufficient, and which of
its seeding lines matter; or, with --twist or one of --against, hold it against itself with one change. Everything after
SCRIPT belongs to the script. Exit status: 0 it repeats, or is the same; 1 it does not; 2 bad input; 3 the script
failed.""",
)
def audit(options: argparse.Namespace) -> int:
    """Audit a script; return the exit status."""
    if options.record is not None:
        # Whether it can be made. It may lie in the folder that is audited, where no run is to find it.
        RecordFile(options.record).close()
    for late in {argument.partition("=")[0] for argument in options.arguments} & {*options.known}:
        print(f"python -m repro: {late} stands after the script, so it is the script's", file=sys.stderr)
    change = next((one for one in CHANGES if getattr(options, one) is not None), None)
    if change is not None and (options.record is not None or options.patch is not None):
        raise InputError(f"--{change.replace('_', '-')} saves neither a record nor a patch: leave that option out")
    again = "twice in one process" if options.rerun == SAME_PROCESS else "in two processes"
    where = "in its folder" if options.in_place else "each with its files kept apart"
    trials = "" if options.no_causes else "; then trials of what makes it differ, or of its seeding lines"
    if change is not None:
        trials = "; then once with a change"
    shown = ProgressLine(f"Auditing {options.script}: {again}, {where}{trials}.", quiet=options.json)
    stop = threading.Event()
    before = {one: signal.getsignal(one) for one in ENDING if signal.getsignal(one) is not signal.SIG_IGN}  # as nohup's
    for one in before:
        signal.signal(one, lambda number, _: sys.exit(128 + number))
    try:
        result = audit_of(
            options.script,
            options.arguments,
            rerun=options.rerun,
            max_steps=options.max_steps,
            timeout=options.timeout,
            **{name: getattr(options, name) for name in CHANGES},
            causes=not options.no_causes,
            where=options.where,
            directory=options.directory,
            module=options.module,
            keep=options.keep,
            in_place=options.in_place,
            python=options.python,
            ignore=options.ignore,
            stdin=0,
            progress=shown.progress,
            stop=stop,
        )
    finally:
        stop.set()
        for one, handler in before.items():
            signal.signal(one, handler)
        shown.clear()
    if isinstance(result, Against):
        say(json.dumps(result.to_json()) if options.json else str(result))
        return REPEATS if result.identical else DIFFERS
    _save_patch(options.patch, result)
    if options.record is not None:
        try:
            with RecordFile(options.record) as file:
                file.write(audits.write(result))
        except RecordError as error:  # what was found is not lost with it
            print(f"python -m repro: {error}", file=sys.stderr)
    return show(result, json_=options.json)


def _save_patch(path: str | None, result: Result) -> None:
    """Saves the change that made the script repeat, if there is one, and says so if there is none."""
    if path is None:
        return
    if result.patch is None or not result.patch.repeats:
        print("python -m repro: no change made the script repeat, so no patch is saved", file=sys.stderr)
        return
    try:
        with RecordFile(path) as file:
            file.write(result.patch.diff)
    except RecordError as error:
        print(f"python -m repro: {error}", file=sys.stderr)


def show(result: Result, *, json_: bool) -> int:
    """Print what an audit found; return the exit status."""
    say(json.dumps(result.to_json()) if json_ else "\n".join(words.lines(result)))
    return REPEATS if result.repeats else DIFFERS


class ProgressLine:
    """Shows on standard error what the audit does: a line that changes on a terminal, one for each pair elsewhere."""

    def __init__(self, plan: str, *, quiet: bool) -> None:
        self._plan = plan
        self._terminal = sys.stderr.isatty()
        self._quiet = quiet and not self._terminal
        self._last, self._what = 0.0, ""
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        """A line that stays."""
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)

    def progress(self, now: Progress) -> None:
        """What is in progress; called from several threads."""
        with self._lock:
            if self._plan:
                self.line(self._plan)
                self._plan = ""
            if not self._terminal:
                if now.what != self._what:
                    self._what = now.what
                    self.line(f"[{now.seconds:4.0f} s] {now.what}")
                return
            if time.monotonic() - self._last < PROGRESS_SECONDS:
                return
            self._last = time.monotonic()
            runs = "   ".join(f"{label}: {steps:,} steps, {draws:,} draws" for label, steps, draws in now.runs)
            line = f"[{now.seconds:4.0f} s] {now.what}   {runs}"
            print(f"\r\x1b[K{line[:160]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line that changes away."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
