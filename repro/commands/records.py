"""The commands that read a saved record: show it, or train it here and compare."""

import argparse
import json
from pathlib import Path

from repro.audits import record
from repro.commands import audit
from repro.commands.output import say
from repro.commands.training import DIVERGED, IDENTICAL, show_progress
from repro.engine.launcher import Launcher
from repro.experiment.errors import RecordError
from repro.experiment.twists import apply_twist
from repro.studies import interface, saved
from repro.studies.pair import Pair
from repro.studies.verification import environment_differences, verification
from repro.verdicts import report
from repro.verdicts.reasons import in_words
from repro.verdicts.verdict import compare


def show(options: argparse.Namespace) -> int:
    """Prints the verdict of a saved pair, or of a saved audit; returns the exit status."""
    data = _bytes(options.file)
    if record.is_audit(data):
        return audit.show(record.read(data), json_=options.json)
    found = saved.read(data)
    verdict = compare(found.a, found.b)
    if options.json:
        say(json.dumps(report.comparison_json(verdict, found.a, found.b)))
    else:
        say(report.summary_line(found.experiment, found.twist))
        words = in_words(verdict, found.a, found.b, found.twist, found.control)
        say("\n".join(report.comparison_lines(words, verdict, found.a, found.b, {})))
    return IDENTICAL if verdict.identical else DIVERGED


def verify(options: argparse.Namespace) -> int:
    """Trains a saved pair here, and compares; returns the exit status."""
    theirs = _read(options.file)
    apply_twist(theirs.experiment, theirs.twist)  # refused before anything is started
    with Launcher() as launcher:
        yours = Pair.start(launcher, theirs.experiment, theirs.twist)
        for _ in interface.wait(yours.runs, show_progress):
            pass
    interface.refuse_failed(yours.runs)
    found = verification(theirs, yours)
    if options.json:
        runs = (("a", found.a, theirs.a, yours.a.history), ("b", found.b, theirs.b, yours.b.history))
        answer = {name: report.comparison_json(verdict, saved_, here) for name, verdict, saved_, here in runs}
        environment = environment_differences(theirs.b.environment, yours.b.history.environment)
        say(json.dumps({"identical": found.identical, "environment": environment} | answer))
    else:
        say("\n".join([report.summary_line(theirs.experiment, theirs.twist), found.headline, *found.lines]))
    return IDENTICAL if found.identical else DIVERGED


def _read(path: str) -> saved.Saved:
    """The record in a file; RecordError, of one line, if there is none."""
    return saved.read(_bytes(path))


def _bytes(path: str) -> bytes:
    """What a file holds, as far as a record may; RecordError, of one line, if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(saved.MOST_BYTES + 1)
    except OSError as error:
        raise RecordError(f"{path!r} cannot be read: {error.strerror}") from None
