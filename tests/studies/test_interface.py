"""The Python interface: what `import repro` offers, that it is light, and that its answers are the command line's."""

import contextlib
import json
import subprocess
import sys
from dataclasses import fields, replace

import pytest
from records import SMALL, refusal

import repro
from repro import Experiment, compare, matrix, seeds
from repro import __main__ as command_line
from repro.engine import processes
from repro.engine.launcher import Launcher
from repro.engine.processes import ROOT
from repro.experiment.errors import RunFailedError
from repro.studies import interface

QUICK = replace(SMALL, images=64, epochs=1)
OPTIONS = ["--images", "64", "--epochs", "1"]


def test_the_package_offers_these_names_and_no_others() -> None:
    assert sorted(repro.__all__) == ["Experiment", "audit", "compare", "matrix", "seeds"]
    assert set(repro.__all__) <= set(dir(repro))
    assert repro.Experiment is Experiment
    with pytest.raises(AttributeError, match="'tain'"):
        repro.tain  # noqa: B018


def test_importing_the_package_loads_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import repro; print(*(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    names = loaded.stdout.split()
    assert [name for name in names if name.startswith("repro")] == ["repro"]
    heavy = {"typing", "enum", "numpy", "tensorflow", "keras", "streamlit", "altair"}
    assert not {name.partition(".")[0] for name in names} & heavy


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch, quick_launcher: Launcher) -> None:
    """Has the interface start made-up runs, from the launcher that the tests share."""
    monkeypatch.setattr(interface, "Launcher", lambda **_: contextlib.nullcontext(quick_launcher))


@pytest.mark.usefixtures("shared")
def test_a_comparison_prints_as_words_and_has_the_fields_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    answer = compare(QUICK, twist="one-bit", progress=lines.append)
    assert command_line.main(["compare", *OPTIONS, "--twist", "one-bit"]) == 1
    assert str(answer) == capsys.readouterr().out.rstrip("\n")
    assert answer.identical is False
    assert answer.first_difference == {"step": 0, "quantity": "initial_weights"}
    assert answer.to_json() == json.loads(json.dumps(answer.to_json()))
    assert list(answer.to_json()) == [field.name for field in fields(answer) if field.name != "pair"]
    assert answer.a["batch_order"] == answer.b["batch_order"]
    assert any(line.startswith("Run A: ") for line in lines)
    assert lines[-1] == ""


@pytest.mark.usefixtures("shared")
def test_the_matrix_and_the_seeds_have_the_fields_of_json() -> None:
    found = matrix(QUICK, rerun="same-process")
    assert found.rerun == "same-process"
    assert found.sufficient is not None
    assert ["numpy", "tensorflow"] in found.sufficient
    assert str(found).startswith("tensorflow, same-process, seed 42\n")
    assert found.to_json()["cells"] == found.cells
    spread = seeds(QUICK, count=2)
    assert spread.seeds == [42, 43]
    assert spread.mean == sum(spread.test_accuracy) / 2
    assert list(spread.to_json()) == ["seeds", "test_accuracy", "mean", "std"]
    assert str(spread).startswith("tensorflow, seed 42, ")


def test_what_cannot_be_is_refused_before_anything_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.studies.interface.Launcher", None)
    assert "twist cannot be 'magic'" in refusal(lambda: compare(QUICK, twist="magic"))
    assert "count cannot be 0" in refusal(lambda: seeds(QUICK, count=0))


@pytest.mark.parametrize("ask", [compare, lambda experiment: seeds(experiment, count=1)], ids=["compare", "seeds"])
def test_a_run_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch, ask: object) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", "pass"])
    with pytest.raises(RunFailedError, match=" failed: "):
        ask(QUICK)  # type: ignore[operator]
