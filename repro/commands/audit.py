"""The command that audits a person's own script."""

import argparse
import json
import signal
import sys
import threading
import time

from repro.audits import record, report
from repro.audits.audit import audit as audit_of
from repro.audits.pairs import NEW_PROCESS, SAME_PROCESS, Progress
from repro.audits.result import Result
from repro.commands.output import RecordFile, say
from repro.experiment.errors import RecordError

REPEATS, DIFFERS = 0, 1
PROGRESS_SECONDS = 0.2
HELP = "run your own script twice; say whether it repeats, which line makes it differ, what would be enough"
DESCRIPTION = """Runs a TensorFlow, Keras or NumPy script, unmodified, twice, each time in a fresh process and in a copy
of its folder; says whether it repeats to the bit, which line makes it differ, what would be enough, and which of its
seeding lines matter. Everything after SCRIPT belongs to the script. Exit status: 0 it repeats; 1 it does not; 2 bad
input; 3 the script failed."""


def add_options(command: argparse.ArgumentParser) -> None:
    """Adds the options of `audit`."""
    command.add_argument(
        "--rerun",
        choices=(NEW_PROCESS, SAME_PROCESS),
        default=NEW_PROCESS,
        help="how the script is run again: in a new process, or in that of the first run, as a notebook does"
        f" (default {NEW_PROCESS})",
    )
    command.add_argument("--steps", type=int, metavar="N", help="end each run after N training steps")
    command.add_argument(
        "--seconds", type=float, metavar="S", default=600.0, help="the most that one run may take (default 600)"
    )
    command.add_argument("--no-causes", action="store_true", help="run it twice and say whether it repeats, no more")
    command.add_argument("--directory", metavar="DIR", help="the folder that the script is part of, if not its own")
    command.add_argument("--in-place", action="store_true", help="run in the script's folder, not in copies of it")
    command.add_argument(
        "--python", metavar="INTERPRETER", help="run the script with this interpreter: Python 3.10 or newer"
    )
    command.add_argument("--record", metavar="FILE", help="save what was found in this file")
    command.add_argument("--json", action="store_true", help="print JSON, for programs")
    command.add_argument("script", metavar="SCRIPT", help="a Python script, or a notebook (.ipynb)")
    command.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="of the script")


def audit(options: argparse.Namespace) -> int:
    """Audits a script; returns the exit status."""
    if options.record is not None:
        # Whether it can be made. It may lie in the folder that is audited, where no run is to find it.
        RecordFile(options.record).close()
    again = "twice in one process" if options.rerun == SAME_PROCESS else "in two processes"
    where = "in its folder" if options.in_place else "in copies of its folder"
    trials = "" if options.no_causes else "; then trials of what makes it differ, or of its seeding lines"
    shown = ProgressLine(f"Auditing {options.script}: {again}, {where}{trials}.", quiet=options.json)
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        result = audit_of(
            options.script,
            options.arguments,
            rerun=options.rerun,
            steps=options.steps,
            seconds=options.seconds,
            causes=not options.no_causes,
            directory=options.directory,
            in_place=options.in_place,
            python=options.python,
            progress=shown.progress,
            stop=stop,
        )
    finally:
        stop.set()
        signal.signal(signal.SIGTERM, before)
        shown.clear()
    if options.record is not None:
        try:
            with RecordFile(options.record) as file:
                file.write(record.write(result))
        except RecordError as error:  # what was found is not lost with it
            print(f"python -m repro: {error}", file=sys.stderr)
    return show(result, json_=options.json)


def show(result: Result, *, json_: bool) -> int:
    """Prints what an audit found; returns the exit status."""
    say(json.dumps(result.to_json()) if json_ else "\n".join(report.lines(result)))
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
        """Takes the line that changes away."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
