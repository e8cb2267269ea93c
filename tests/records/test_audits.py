"""An audit as a file: read back as it was, and refused in a line where it is anything else."""

from pathlib import Path

import pytest
from audited import audited

from repro.engine.processes import ROOT
from repro.experiment.errors import RecordError
from repro.records import audits


def test_a_record_is_read_back_as_it_was_and_refused_where_it_was_changed(tmp_path: Path) -> None:
    result = audited(tmp_path, "import random\nprint(random.random())\n")
    data = audits.write(result).encode()
    assert audits.is_audit(data)
    assert audits.read(data) == result
    for before, after in ((b'"repeats": false', b'"repeats": true'), (b"train.py", b"other.py"), (b"{", b"")):
        with pytest.raises(RecordError, match="cannot be opened"):
            audits.read(data.replace(before, after, 1))


def test_a_record_with_too_much_in_it_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.records.audits.json.loads", lambda _: pytest.fail("parsed"))
    for part in (b"[]", b"{}", b"0"):
        with pytest.raises(RecordError, match="holds more"):
            audits.read(b"[" + b",".join([part] * 2_000_000) + b"]")


def test_a_record_of_version_1_still_opens_with_its_older_names() -> None:
    data = (ROOT / "tests/data/audit-of-version-1.json").read_bytes()
    result = audits.read(data)
    assert result.sufficient == (("generators",),)
    assert [trial.outcome for trial in result.trials] == ["differs", "repeats"]
    assert audits.read(audits.write(result).encode()) == result
    with pytest.raises(RecordError, match="damaged"):
        audits.read(data.replace(b'"enough"', b'"sufficient"'))
