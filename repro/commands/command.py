"""What a command of `python -m repro` is, and the table of all, to which each module of this room adds its own."""

import argparse
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.experiment.settings import SETTINGS, Setting

Run = Callable[[argparse.Namespace], int]


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command: `run` takes its options and returns the exit status. `help` is its line in the list of commands,
    `description` what its own help begins with. `experiment`: it takes the options of an experiment, and `settings`
    besides; `options` adds others. `trains`: its runs begin in a template, which `--fresh` avoids."""

    name: str
    run: Run
    help: str
    description: str
    experiment: bool = False
    settings: tuple[Setting, ...] = ()
    options: Callable[[argparse.ArgumentParser], None] | None = None
    trains: bool = False

    def add_to(self, subparsers: Any) -> None:
        """Add its parser."""
        parser = subparsers.add_parser(self.name, help=self.help, description=self.description, allow_abbrev=False)
        for setting in (*(SETTINGS.values() if self.experiment else ()), *self.settings):
            add_option(parser, setting)
        if self.options is not None:
            self.options(parser)
        if self.trains:
            parser.add_argument("--fresh", action="store_true", help="use no process of an earlier command, leave none")
        if all("--json" not in action.option_strings for action in parser._actions):
            parser.add_argument("--json", action="store_true", help="print JSON, for programs")
        parser.set_defaults(command=self.run)


COMMANDS: dict[str, Command] = {}


def command(name: str, **how: Any) -> Callable[[Run], Run]:
    """Make a command of a function: a decorator that takes the other fields of `Command`."""

    def add(run: Run) -> Run:
        COMMANDS[name] = Command(name=name, run=run, **how)
        return run

    return add


def load() -> None:
    """Import every module of this room, for each to add its commands."""
    for module in pkgutil.iter_modules(import_module(__package__ or "").__path__):
        import_module(f"{__package__}.{module.name}")


def experiment_of(options: argparse.Namespace) -> Experiment:
    """The experiment that the options say; InputError, of one line, if there can be none."""
    return Experiment(**{name: getattr(options, name) for name in SETTINGS})


def seconds_of_a_template(options: argparse.Namespace) -> int:
    """For how long a command's template stays for the next one: 0, also not to use one that has stayed."""
    return 0 if options.fresh else LIMITS.seconds_of_a_template


def add_option(parser: argparse.ArgumentParser, setting: Setting) -> None:
    """Add the option of a setting."""

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
