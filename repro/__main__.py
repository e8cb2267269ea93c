"""The command line: `python -m repro`."""

import signal
import sys

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # An interrupt ends the process silently while the rest is imported, for which Python would print a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from repro.experiment.errors import BAD_INPUT, BUG, FAILED, InputError, OutputError, ReproError, missing

PROGRAM = "python -m repro"
try:
    import numpy  # noqa: F401 — the first package that is missed where none is installed
except ModuleNotFoundError as error:
    print(f"{PROGRAM}: {missing(error)}", file=sys.stderr)
    sys.exit(FAILED)

from repro.commands import audit as audit_command
from repro.commands import records as record_commands
from repro.commands import training as commands
from repro.commands.output import open_standard_streams
from repro.experiment import limits
from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS, Setting
from repro.experiment.twists import TWIST
from repro.studies.matrix import REPEATS, RERUN
from repro.studies.seeds import COUNT

INTERRUPTED = 128 + signal.SIGINT  # as shells have it

DESCRIPTION = """Which seed matters? Train MNIST in TensorFlow with the seeding steps that you choose, and see,
to the bit, whether a second run is identical."""
EXAMPLES = """examples:
  python -m repro compare                                  both runs seeded as in the article
  python -m repro compare --steps tensorflow,initializers  the same, with NumPy forgotten
  python -m repro train --seed 7 --epochs 1                one run
  python -m repro matrix --program keras --epochs 1        which steps Keras needs
  python -m repro script --twist one-bit > one_bit.py      the experiment as a script
  python -m repro seeds --count 20                         how far another seed moves the result
  python -m repro audit train.py mnist.npz                 your own script: does it repeat, and if not, why"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and ends with status 2."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())  # argparse gives back what it does not know as it stands
        self.exit(BAD_INPUT, f"{self.prog}: {line if len(line) <= 400 else line[:400] + '…'}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status."""
    parser = Parser(prog=PROGRAM)
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        open_standard_streams()
        limits.check()
        parser = _parser()
        options = parser.parse_args(arguments)
        if "command" not in options:
            parser.print_help()
            return 0
        return _perform(options)
    except InputError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    except ReproError as error:
        if not isinstance(error, OutputError) or not error.reader_is_gone:
            print(f"{parser.prog}: {error}", file=sys.stderr)
        return FAILED
    except Exception:  # noqa: BLE001 — a bug: Python's own status would be 1, which says that two runs diverged
        traceback.print_exc()
        print(f"{parser.prog}: this is a bug in the program", file=sys.stderr)
        return BUG


def _perform(options: argparse.Namespace) -> int:
    if "seed" not in options:
        return int(options.command(options))
    experiment = Experiment(**{name: getattr(options, name) for name in SETTINGS})
    return int(options.command(experiment, options))


def _parser() -> Parser:
    common = Parser(add_help=False, allow_abbrev=False)
    for setting in SETTINGS.values():
        _add_option(common, setting)
    common.add_argument("--json", action="store_true", help="print JSON, for programs")
    formatter = argparse.RawDescriptionHelpFormatter
    parser = Parser(
        prog=PROGRAM,
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=formatter,
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", title="commands")

    def add(name: str, run: Callable[..., int], help_: str, description: str, *own: Setting) -> argparse.ArgumentParser:
        command = subparsers.add_parser(name, parents=[common], help=help_, description=description, allow_abbrev=False)
        for setting in own:
            _add_option(command, setting)
        command.set_defaults(command=run)
        return command

    add(
        "train",
        commands.train,
        "train once; print loss and accuracy of each epoch, and the digests",
        "Trains once; prints loss and accuracy of each epoch, and the digests. Exit status: 0; 2 bad input; 3 the run"
        " failed.",
    )
    compare = add(
        "compare",
        commands.compare,
        "train twice; say whether the two runs are the same, to the bit, and why not",
        "Trains the same experiment twice, and says whether the two runs are the same, to the bit, where they first"
        " differ, and why. Exit status: 0 identical; 1 diverged; 2 bad input; 3 a run failed.",
        TWIST,
    )
    compare.add_argument("--record", metavar="FILE", help="save the pair in this file")
    add(
        "script",
        commands.script,
        "print the experiment as a stand-alone script",
        "Prints the experiment as a Python script that needs TensorFlow and NumPy only; with a twist, run B's. If all"
        " that it draws is seeded, it gives the bits of `train` on the same machine. Exit status: 0; 2 bad input.",
        TWIST,
    )
    matrix = add(
        "matrix",
        commands.matrix,
        "train every combination of seeding steps twice; say which sets are enough",
        "Trains every combination of the four seeding steps, whatever --steps says, and says which sets of steps are"
        " enough for a training to repeat. Exit status: 0; 2 bad input; 3 a run failed.",
        RERUN,
        REPEATS,
    )
    seeds = add(
        "seeds",
        commands.seeds,
        "train with many seeds; say how far a change of seed alone moves the test accuracy",
        "Trains the experiment with each of the seeds SEED … SEED + COUNT - 1, and says how far a change of seed alone"
        " moves the test accuracy. Exit status: 0; 2 bad input; 3 a run failed.",
        COUNT,
    )
    for study in (matrix, seeds):
        study.add_argument("--scheduler", metavar="ADDRESS", help="run on the Dask cluster of this scheduler")
    _add_commands_without_an_experiment(subparsers)
    return parser


def _add_commands_without_an_experiment(subparsers: Any) -> None:
    audit = subparsers.add_parser(
        "audit", help=audit_command.HELP, description=audit_command.DESCRIPTION, allow_abbrev=False
    )
    audit_command.add_options(audit)
    audit.set_defaults(command=audit_command.audit)
    for name, run, help_, description in (
        (
            "show",
            record_commands.show,
            "print the verdict of a saved record",
            "Prints the verdict of a saved pair, or of a saved audit. Exit status: 0 identical, or it repeats; 1"
            " diverged, or it does not repeat; 2 bad input.",
        ),
        (
            "verify",
            record_commands.verify,
            "train a saved record's pair here, and compare it with the record, bit by bit",
            "Trains a saved pair on this machine, and compares each run with the record's. Exit status: 0 the same as"
            " the record; 1 different; 2 bad input; 3 a run failed.",
        ),
        (
            "status",
            commands.status,
            "show what this user's servers are doing: who waits in the queue, what runs, memory",
            "Asks each server that this user runs on this machine what it is doing. Exit status: 0; 2 if none runs.",
        ),
    ):
        command = subparsers.add_parser(name, help=help_, description=description, allow_abbrev=False)
        if run is not commands.status:
            records = "a pair's or an audit's record" if run is record_commands.show else "a pair's record"
            command.add_argument("file", metavar="FILE", help=f"{records}, as the page or `--record` saves it")
        command.add_argument("--json", action="store_true", help="print JSON, for programs")
        command.set_defaults(command=run)


def _add_option(parser: argparse.ArgumentParser, setting: Setting) -> None:
    def read(text: str) -> Any:
        try:
            return setting.read(text)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    parser.add_argument(
        setting.option,
        type=read,
        default=setting.default,
        metavar=setting.name.upper(),
        help=f"{setting.help}: {setting.kind.allowed} (default {setting.text(setting.default)})",
    )


if __name__ == "__main__":
    status = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: nothing is left to interrupt
    sys.exit(status)
