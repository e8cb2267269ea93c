"""What a run was told, recorded and printed, kept in a folder."""

import json
from pathlib import Path

import pytest
from audited import script

from repro.audits.audit import audit
from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Draw
from repro.experiment.errors import InputError


def test_each_run_leaves_its_configuration_trace_and_output(tmp_path: Path) -> None:
    path = script(tmp_path / "project", "import random\nprint(random.random())\n")
    result = audit(path, keep=tmp_path / "kept")
    assert result.sufficient == (("python",),)
    places = sorted((tmp_path / "kept").glob("*/*"))
    names = [place.name for place in places]
    assert names[:4] == ["00-A", "01-B", "02-A", "03-B"]
    assert [int(name[:2]) for name in names] == list(range(result.all_runs))  # of trials that follow, each run too
    places = places[:4]
    told = [json.loads((place / "run.json").read_text()) for place in places]
    assert [run["pins"] for run in told] == [[], [], ["python"], ["python"]]
    assert {run["end"] for run in told} == {"by_itself"}
    printed = [(place / "stdout").read_text() for place in places]
    assert printed[0] != printed[1]
    assert printed[2] == printed[3]
    assert result.outputs == (printed[0], printed[1])
    for place in places:
        assert json.loads((place / "config.json").read_text())["script"].endswith("train.py")
        assert [draw.source for draw in Trace(place / "trace").read_on().all(Draw)] == ["python"]


def test_what_a_script_that_fails_has_printed_is_kept_too(tmp_path: Path) -> None:
    path = script(tmp_path / "project", "print(1)\nraise ValueError('no')\n")
    with pytest.raises(Exception, match="no"):
        audit(path, keep=tmp_path / "kept")
    (place,) = (tmp_path / "kept").glob("*/00-A")
    assert "ValueError" in (place / "stderr").read_text()


def test_a_folder_that_holds_something_or_that_the_script_would_see_is_refused(tmp_path: Path) -> None:
    path = script(tmp_path / "project", "print(1)\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(InputError, match="not an empty folder"):
        audit(path, keep=tmp_path / "full")
    with pytest.raises(InputError, match="in the script's folder"):
        audit(path, keep=tmp_path / "project" / "kept")
    with pytest.raises(InputError, match="cannot be made"):
        audit(path, keep=tmp_path / "full" / "mine")
