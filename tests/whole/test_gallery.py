"""Each script of the gallery, audited, against what its table says.

Two short runs of each, where they show what is to be shown; `python tests/bench/gallery.py` looks for all causes too.
"""

import pytest
from gallery import disagreements

from repro.audits.audit import audit
from repro.audits.gallery.table import GALLERY

pytestmark = pytest.mark.usefixtures("lean_scripts")

STEPS = 40  # of a training: enough for each race to show
# What these are about shows in further runs alone: in a used folder, and with other seeds.
IN_FULL = ("saved_model", "compiled_dropout")


@pytest.mark.parametrize("name", [name for name in GALLERY if name not in IN_FULL])
def test_two_runs_reach_the_verdict_of_the_table(images: str, name: str) -> None:
    result = audit(GALLERY[name].path, [images], causes=False, max_steps=STEPS)
    assert not disagreements(GALLERY[name], result, causes=False)


@pytest.mark.parametrize("name", IN_FULL)
def test_a_whole_audit_finds_what_the_table_says(images: str, name: str) -> None:
    assert not disagreements(GALLERY[name], audit(GALLERY[name].path, [images]))
