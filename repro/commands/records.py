"""The commands that read a saved record: show it, or train it here and compare."""

import argparse
import json
from pathlib import Path

from repro.audits.report.result import Result
from repro.commands import audit
from repro.commands.command import command, seconds_of_a_template
from repro.commands.output import say
from repro.commands.training import DIVERGED, IDENTICAL, show_progress
from repro.engine.launcher import Launcher
from repro.experiment.errors import RecordError
from repro.experiment.twists import apply_twist
from repro.records import audits, saved
from repro.studies import interface, script_verification
from repro.studies.pair import Pair
from repro.studies.verification import environment_differences, verification
from repro.verdicts import report
from repro.verdicts.reasons import in_words
from repro.verdicts.verdict import compare


def _file_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a record, as the page or `--record` saves it")


@command(
    "show",
    options=_file_option,
    help="print the verdict of a saved record",
    description="Print the verdict of a saved pair, or of a saved audit. Exit status: 0 identical, or it repeats; 1"
    " diverged, or it does not repeat; 2 bad input.",
)
def show(options: argparse.Namespace) -> int:
    """Print the verdict of a saved pair, or of a saved audit; return the exit status."""
    data = _bytes(options.file)
    if audits.is_audit(data):
        return audit.show(audits.read(data), json_=options.json)
    found = saved.read(data)
    verdict = compare(found.a, found.b)
    if options.json:
        say(json.dumps(report.comparison_json(verdict, found.a, found.b)))
    else:
        say(report.summary_line(found.experiment, found.twist))
        words = in_words(verdict, found.a, found.b, found.twist, found.control)
        say("\n".join(report.comparison_lines(words, verdict, found.a, found.b, {})))
    return IDENTICAL if verdict.identical else DIVERGED


@command(
    "verify",
    options=_file_option,
    trains=True,
    help="train a saved record's pair here, or run its script, and compare with the record, bit by bit",
    description="Train a saved pair on this machine, and compare each run with the record's; of a saved audit run the"
    " script, in its folder. Exit status: 0 the same as the record; 1 different; 2 bad input; 3 a run failed.",
)
def verify(options: argparse.Namespace) -> int:
    """Train a saved pair here, and compare; return the exit status."""
    data = _bytes(options.file)
    if audits.is_audit(data):
        return _verify_script(audits.read(data), json_=options.json)
    theirs = saved.read(data)
    apply_twist(theirs.experiment, theirs.twist)  # refused before anything is started
    with Launcher(stays=seconds_of_a_template(options)) as launcher:
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


def _verify_script(theirs: Result, *, json_: bool) -> int:
    """Run the script of a saved audit here, and compare; return the exit status."""
    shown = audit.ProgressLine(f"Running {theirs.script} here, as the record has it.", quiet=json_)
    try:
        found = script_verification.verify(theirs, progress=shown.progress)
    finally:
        shown.clear()
    say(json.dumps(found.to_json()) if json_ else str(found))
    return IDENTICAL if found.identical else DIVERGED


def _bytes(path: str) -> bytes:
    """What a file holds, as far as a record may; RecordError, of one line, if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(saved.MAX_BYTES + 1)
    except OSError as error:
        raise RecordError(f"{path!r} cannot be read: {error.strerror}") from None
