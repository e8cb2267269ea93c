"""Audits of small scripts of the kinds that a first version judged wrongly, each with what is true of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from audit_cases import faults_of
from scripts import LEAN

from repro.audits.audit import audit

CASES = Path(__file__).resolve().parents[1] / "data/audit_cases"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
# Keras trainings on MNIST, to which a difference comes from what no hook sees: the line where it enters is to be named.
ENTERING = CASES.with_name("audit_cases_enter")
ENTERS: dict[str, dict[str, Any]] = json.loads((ENTERING / "expected.json").read_text(encoding="utf-8"))


def test_every_script_has_its_truth() -> None:
    assert {path.name for path in CASES.glob("*.py")} == set(EXPECTED)
    assert {path.name for path in ENTERING.glob("*.py")} == set(ENTERS)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_judged_as_is_true_of_it(tmp_path: Path, name: str) -> None:
    script = tmp_path / name
    shutil.copy(CASES / name, script)
    result = audit(script)
    assert faults_of(result.to_json(), EXPECTED[name]) == [], str(result)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTERS)
def test_the_line_is_named_where_a_difference_enters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, images: str
) -> None:
    script = tmp_path / name
    shutil.copy(ENTERING / name, script)
    if "pandas" not in script.read_text(encoding="utf-8"):
        monkeypatch.setenv("PYTHONPATH", str(LEAN))
    found = audit(script, [images]).to_json()
    assert faults_of(found, ENTERS[name]) == []
    assert found["enters"] is not None
    assert found["enters"]["line"] in ENTERS[name]["lines"]
