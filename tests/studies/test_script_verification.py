"""Records of audits of tiny scripts, verified."""

import json
from pathlib import Path

import pytest
from audited import contents, script

from repro.__main__ import main
from repro.audits.audit import audit
from repro.records import audits

SCRIPT = """
import os, random, time
import numpy as np
random.seed(3)
values = np.loadtxt("data.csv") + float(os.environ.get("OFFSET", "0"))
values = values + random.random()
print("result", values.sum())
print("took", time.time())
"""


@pytest.fixture(name="record")
def _record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)  # which a machine may set for all that runs on it
    path = script(tmp_path / "project", SCRIPT)
    script(path.parent, "1.5\n2.5\n", "data.csv")
    record = tmp_path / "train.audit"
    record.write_text(audits.write(audit(path)))
    monkeypatch.chdir(path.parent)
    return record


def verified(record: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    before = contents(Path.cwd())
    capsys.readouterr()
    status = main(["verify", "--json", str(record)])
    assert contents(Path.cwd()) == before
    return status, json.loads(capsys.readouterr().out)


def test_the_same_script_and_data_are_the_record(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = verified(record, capsys)
    assert status == 0
    assert told["identical"]
    assert (told["data"], told["same_script"], told["environment"]) == ([], True, {})
    assert main(["verify", str(record)]) == 0
    assert capsys.readouterr().out.startswith("Same as the record: train.py")


def test_other_data_are_said(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("data.csv").write_text("1.5\n2.25\n")
    status, told = verified(record, capsys)
    assert (status, told["identical"], told["data"]) == (1, False, ["data.csv"])
    assert main(["verify", str(record)]) == 1
    assert "Other data: data.csv" in capsys.readouterr().out


def test_another_text_is_said_and_that_of_the_record_is_run(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("train.py").write_text(SCRIPT.replace("seed(3)", "seed(4)"))
    status, told = verified(record, capsys)
    assert (status, told["identical"], told["same_script"]) == (0, True, False)


def test_another_surrounding_is_seen_in_what_differs(
    record: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFSET", "1")
    status, told = verified(record, capsys)
    assert (status, told["identical"], told["data"]) == (1, False, [])
    monkeypatch.delenv("OFFSET")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    _, told = verified(record, capsys)
    assert told["environment"] == {"OPENBLAS_CORETYPE": ["–", "Haswell"]}
    monkeypatch.setattr("repro.experiment.machine.rows", lambda: {"processor": "another"})
    _, told = verified(record, capsys)
    assert isinstance(told["environment"], dict)
    assert told["environment"]["processor"][1] == "another"


@pytest.mark.parametrize("change", ["older", "damaged", "newer"])
def test_a_record_that_cannot_be_verified_is_refused(
    record: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(record.read_text())
    if change == "newer":
        content["version"] = 9
    else:
        content["result"]["trace"] = None if change == "older" else "AAAA"
        content["sha256"] = audits._checksum(content["result"])
    record.write_text(json.dumps(content))
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(record)])
    assert ended.value.code == 2
    assert "this record cannot be" in capsys.readouterr().err


def test_a_record_of_a_script_that_is_not_here(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(record)])
    assert ended.value.code == 2
    assert "in the folder of its script" in capsys.readouterr().err
