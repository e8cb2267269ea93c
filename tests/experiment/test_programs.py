"""The table of programs: another one is a row and a module."""

import contextlib
from pathlib import Path

import another_program
import pytest
from another_program import ROW

from repro import __main__ as command_line
from repro.engine import processes
from repro.engine.pace import Pace
from repro.engine.processes import ROOT
from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS, Program


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_each_row_names_a_module_with_a_function_that_trains(program: Program) -> None:
    path = ROOT / Path(*program.module.split(".")).with_suffix(".py")
    assert "\ndef train(" in path.read_text(encoding="utf-8")
    assert program.sources


def test_another_program_is_a_row_and_a_module_and_is_trained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="one of tensorflow, keras"):
        Experiment(program="coin")
    monkeypatch.setitem(PROGRAMS, ROW.name, ROW)
    monkeypatch.setattr(processes, "WORKER", another_program.WORKER)
    experiment = Experiment(program="coin", images=64, epochs=1, steps=())
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert [source.what for source in experiment.unseeded_sources] == ["the first throw"]
    assert Pace().seconds(experiment) == pytest.approx(2.0)  # two steps of half a second, and the start
    options = ["--program", "coin", "--images", "64", "--epochs", "1"]
    assert command_line.main(["compare", *options]) == 0
    assert "Identical" in capsys.readouterr().out
    assert command_line.main(["compare", *options, "--twist", "seed"]) == 1
    with contextlib.suppress(SystemExit):
        command_line.main(["train", "--help"])
    assert "tensorflow, keras, coin" in " ".join(capsys.readouterr().out.split())
