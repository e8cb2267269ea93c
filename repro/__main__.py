"""The command line: `python -m repro`."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any, NoReturn

from repro import report
from repro.events import Event, encode
from repro.experiment import Experiment
from repro.launcher import Launcher, Run
from repro.pair import Pair
from repro.reasons import in_words
from repro.settings import SETTINGS, Setting
from repro.twists import TWIST, TWISTS
from repro.verdict import compare

IDENTICAL, DIVERGED, BAD_INPUT, FAILED = 0, 1, 2, 3
INTERRUPTED = 128 + signal.SIGINT  # as shells have it
PROGRESS_SECONDS = 0.2

DESCRIPTION = """Which seed matters? Train MNIST in TensorFlow with the seeding steps that you choose, and see,
to the bit, whether a second run gives the same."""
EXAMPLES = """examples:
  python -m repro compare                                  both runs seeded as in the article
  python -m repro compare --steps tensorflow,initializers  the same, with NumPy forgotten
  python -m repro train --seed 7 --epochs 1                one run"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and ends with status 2."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())  # argparse gives back what it does not know as it stands
        self.exit(BAD_INPUT, f"{self.prog}: {line if len(line) <= 400 else line[:400] + '…'}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        experiment = Experiment(**{name: getattr(options, name) for name in SETTINGS})
        return int(options.command(experiment, options))
    except ValueError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads our output any more; keep Python from saying so at its end.
        sys.stdout = None
        return FAILED


def _parser() -> Parser:
    common = Parser(add_help=False, allow_abbrev=False)
    for setting in SETTINGS.values():
        _add_option(common, setting)
    common.add_argument("--json", action="store_true", help="print JSON, for programs")
    formatter = argparse.RawDescriptionHelpFormatter
    parser = Parser(
        prog="python -m repro",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=formatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    train = commands.add_parser(
        "train",
        parents=[common],
        help="train once; print loss and accuracy of each epoch, and the digests",
        description="Trains once; prints loss and accuracy of each epoch, and the digests. Exit status: 0; 2 bad"
        " input; 3 the run failed.",
        allow_abbrev=False,
    )
    train.set_defaults(command=_train)
    comparison = commands.add_parser(
        "compare",
        parents=[common],
        help="train twice; say whether the two runs are the same, to the bit, and why not",
        description="Trains the same experiment twice, and says whether the two runs are the same, to the bit, where"
        " they part and why. Exit status: 0 identical; 1 diverged; 2 bad input; 3 a run failed.",
        allow_abbrev=False,
    )
    _add_option(comparison, TWIST)
    comparison.set_defaults(command=_compare)
    return parser


def _add_option(parser: argparse.ArgumentParser, setting: Setting) -> None:
    def read(text: str) -> Any:
        try:
            return setting.read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    parser.add_argument(
        setting.option,
        type=read,
        default=setting.default,
        metavar=setting.name.upper(),
        help=f"{setting.help}: {setting.kind.allowed} (default {setting.text(setting.default)})",
    )


def _train(experiment: Experiment, options: argparse.Namespace) -> int:
    with Launcher() as launcher:
        if options.json:
            events: SimpleQueue[Event] = SimpleQueue()
            launcher.start(experiment, watch=events.put)
            while True:
                event = events.get()
                print(encode(event), flush=True)
                if event["event"] in ("finished", "failed"):
                    return 0 if event["event"] == "finished" else FAILED
        run = launcher.start(experiment)
        shown = 0
        for _ in _progress([run]):
            for epoch in run.record.epochs[shown:]:
                _clear_progress()
                print(report.epoch_line(epoch, experiment.epochs), flush=True)
            shown = len(run.record.epochs)
    if run.record.failure:
        return _failed([run])
    print("\n".join(["", *report.digest_lines(run.record)]))
    return 0


def _compare(experiment: Experiment, options: argparse.Namespace) -> int:
    TWISTS[options.twist].change(experiment)  # refused before anything is started
    with Launcher() as launcher:
        pair = Pair.start(launcher, experiment, options.twist)
        for _ in _progress([pair.a, pair.b]):
            pass
    a, b = pair.a.record, pair.b.record
    if a.failure or b.failure:
        return _failed([pair.a, pair.b])
    verdict = compare(a, b)
    if options.json:
        print(json.dumps(report.comparison_json(verdict, a, b)))
    else:
        print(
            report.summary_line(experiment)
            + (f"; run B: {TWISTS[options.twist].label}" if options.twist != TWIST.default else "")
        )
        print("\n".join(report.comparison_lines(in_words(verdict, a, b), verdict, a, b)))
    return IDENTICAL if verdict.identical else DIVERGED


def _progress(runs: Sequence[Run]) -> Any:
    """Yields now and then until all runs have ended, and once after; on a terminal, keeps a line of progress."""
    names = "AB" if len(runs) > 1 else [""]
    while not all(run.join(0) for run in runs):
        if sys.stderr.isatty():
            line = "   ".join(
                f"Run {name}: {run.record.activity}".replace("Run : ", "")
                for name, run in zip(names, runs, strict=True)
            )
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        yield
        time.sleep(PROGRESS_SECONDS)
    _clear_progress()
    yield


def _clear_progress() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _failed(runs: Sequence[Run]) -> int:
    for name, run in zip("AB", runs, strict=False):
        if run.record.failure:
            prefix = f"run {name} failed" if len(runs) > 1 else "the run failed"
            print(f"python -m repro: {prefix}: {run.record.failure}", file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
