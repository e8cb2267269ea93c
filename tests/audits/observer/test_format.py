from pathlib import Path

import pytest

from repro.audits.observer import format as form


def test_a_configuration_reads_back_as_it_was_written(tmp_path: Path) -> None:
    config = form.Config(
        trace="/t",
        folder="/f",
        script="/f/train.py",
        steps=3,
        pins=("python", "generators"),
        lines=(("train.py", 12),),
        values=({"kind": "seed", "value": 5},),
        moved=form.Moved(lines=(("train.py", 7),)),
    )
    assert form.Config.read(config.way_in(tmp_path / "way")) == config


def test_a_record_reads_back_as_it_was_written() -> None:
    import json

    site = form.Site(file="train.py", line=3, function="<module>", code="random.seed(1)")
    record = form.Seed(n=4, source="python", site=site, what="random.seed", value=1)
    assert form.parse(json.dumps(record.to_json())) == record


@pytest.mark.parametrize("line", ["", "{", "[]", '{"kind": "nothing"}', '{"kind": "seed"}', "null"])
def test_a_line_that_is_cut_off_is_no_record(line: str) -> None:
    assert form.parse(line) is None
