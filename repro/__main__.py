"""The command line: `python -m repro`."""

import signal
import sys

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # An interrupt ends the process silently while the rest is imported, for which Python would print a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import traceback
from collections.abc import Sequence
from typing import NoReturn

import repro
from repro.experiment.errors import BAD_INPUT, BUG, FAILED, InputError, OutputError, ReproError, missing

PROGRAM = "python -m repro"
try:
    import numpy  # noqa: F401 — the first package that is missed where none is installed
except ModuleNotFoundError as error:
    print(f"{PROGRAM}: {missing(error)}", file=sys.stderr)
    sys.exit(FAILED)

from repro.commands.command import COMMANDS, load
from repro.commands.output import open_standard_streams
from repro.experiment import limits

load()

INTERRUPTED = 128 + signal.SIGINT  # as shells have it

DESCRIPTION = """Which seed matters? Train MNIST in TensorFlow with the seeding lines that you choose, and see,
to the bit, whether a second run is identical."""
EXAMPLES = """examples:
  python -m repro compare                                  both runs seeded as in the article
  python -m repro compare --steps tensorflow,initializers  the same, with NumPy forgotten
  python -m repro train --seed 7 --epochs 1                one run
  python -m repro matrix --program keras --epochs 1        which seeding lines Keras needs
  python -m repro script --twist one-bit > one_bit.py      the experiment as a script
  python -m repro seeds --count 20                         how far another seed moves the result
  python -m repro audit train.py mnist.npz                 your own script: does it repeat, and if not, why"""


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and ends with status 2."""

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.split())  # argparse gives back what it does not know as it stands
        self.exit(BAD_INPUT, f"{self.prog}: {line if len(line) <= 400 else line[:400] + '…'}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
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
        return int(options.command(options))
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


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {repro.__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", title="commands")
    for each in COMMANDS.values():
        each.add_to(subparsers)
    return parser


if __name__ == "__main__":
    status = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: nothing is left to interrupt
    sys.exit(status)
