"""The table of commands: another one is a function with a decorator."""

import argparse

import pytest

from repro import __main__ as command_line
from repro import __version__
from repro.commands.command import COMMANDS, command, experiment_of, load
from repro.commands.output import say
from repro.studies.seeds import COUNT


def test_another_command_adds_itself_and_is_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load()
    monkeypatch.setattr("repro.commands.command.COMMANDS", here := dict(COMMANDS))
    monkeypatch.setattr(command_line, "COMMANDS", here)

    @command("twice", experiment=True, settings=(COUNT,), help="say a seed twice", description="Say a seed twice.")
    def twice(options: argparse.Namespace) -> int:
        say(f"{experiment_of(options).seed * 2} {options.count}")
        return 1

    assert command_line.main(["twice", "--seed", "21", "--count", "3"]) == 1
    assert capsys.readouterr().out == "42 3\n"
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--help"])
    assert ended.value.code == 0
    assert "say a seed twice" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="2"):
        command_line.main(["twice", "--seed", "none"])


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        command_line.main(["--version"])
    assert capsys.readouterr().out == f"python -m repro {__version__}\n"
