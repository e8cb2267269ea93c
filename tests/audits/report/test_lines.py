"""The marks beside a script's lines: what each says follows from the result alone."""

from dataclasses import replace

import pytest

from repro.audits.comparison.seen import Drawn
from repro.audits.report.facts import FirstDifference, Seeding, Unseeded
from repro.audits.report.lines import Sign, marks
from repro.audits.report.result import Result

REPEATS = Result(
    script="train.py",
    arguments=(),
    rerun="new-process",
    repeats=True,
    first_difference=None,
    unseeded=(),
    seeding=(),
    sufficient=None,
    seed_has_effect=None,
    steps=(10, 10),
    final_weights=("a", "a"),
    seconds=1.0,
    seen={"draws": {}, "hooks": [], "versions": {}},
    not_seen=(),
)
DIFFERS = replace(
    REPEATS,
    repeats=False,
    first_difference=FirstDifference(quantity="loss", file="train.py", line=9, step=3),
)
SEEDING = Seeding(file="train.py", line=4, code="np.random.seed(1)", sets=("numpy",), value=1)
UNSEEDED = Unseeded(source="generators", file="train.py", line=5, code="default_rng()", draws=2)


def test_a_result_without_lines_has_no_marks() -> None:
    assert not marks(REPEATS)


def test_the_first_difference_is_marked_with_its_quantity_and_step() -> None:
    (mark,) = marks(DIFFERS).values()
    assert mark.sign is Sign.FIRST_DIFFERENCE
    assert mark.short == "first difference: the loss of step 3"


@pytest.mark.parametrize(
    ("matters", "too_late", "sign", "words"),
    [
        (True, False, Sign.SEEDS, "matters"),
        (False, False, Sign.NO_EFFECT, "no effect"),
        (None, True, Sign.NO_EFFECT, "too late"),
        (None, False, Sign.SEEDS, "seeds numpy"),
    ],
)
def test_a_seeding_line_says_what_was_tried(matters: bool | None, too_late: bool, sign: Sign, words: str) -> None:
    found = marks(replace(REPEATS, seeding=(replace(SEEDING, matters=matters, too_late=too_late),)))
    assert list(found) == [4]
    assert found[4].sign is sign
    assert found[4].short.endswith(words)


def test_what_was_not_tried_is_not_said_to_matter() -> None:
    found = marks(replace(DIFFERS, seeding=(SEEDING,), unseeded=(UNSEEDED,)))
    for line in (4, 5):
        assert "not known" in " ".join(found[line].sentences)
        assert "It matters" not in " ".join(found[line].sentences)


@pytest.mark.parametrize(("matters", "sign"), [(True, Sign.UNSEEDED), (None, Sign.UNSEEDED), (False, Sign.HARMLESS)])
def test_an_unseeded_draw_is_alarming_only_where_no_trial_has_cleared_it(matters: bool | None, sign: Sign) -> None:
    found = marks(replace(DIFFERS, unseeded=(replace(UNSEEDED, matters=matters),)))
    assert found[5].sign is sign


def test_a_line_that_does_several_things_has_the_gravest_sign_and_all_words() -> None:
    first = FirstDifference(quantity="draw", source="generators", file="train.py", line=5)
    found = marks(replace(DIFFERS, first_difference=first, unseeded=(replace(UNSEEDED, matters=True),)))
    assert found[5].sign is Sign.FIRST_DIFFERENCE
    assert found[5].short == "first difference · unseeded: 2 draws of generators"
    assert len(found[5].sentences) == 2


def test_a_seeded_draw_names_the_line_that_seeded_it() -> None:
    draw = Drawn(source="python", file="train.py", line=7, draws=2, seeded=True, by_file="train.py", by_line=4)
    found = marks(replace(REPEATS, drawn=(draw,)))
    assert found[7].sign is Sign.SEEDED
    assert found[7].short == "2 draws of python, seeded by line 4"
    elsewhere = marks(replace(REPEATS, drawn=(replace(draw, by_file="seeds.py", by_line=2),)))
    assert elsewhere[7].short.endswith("seeded by line 2 of seeds.py")


def test_in_a_notebook_what_seeded_a_draw_is_named_by_its_cell() -> None:
    draw = Drawn(source="python", file="a.ipynb.py", line=2, draws=2, seeded=True, by_file="a.ipynb.py", by_line=1)
    found = marks(replace(REPEATS, script="a.ipynb", cells=((1, 1), (2, 1)), drawn=(draw,)))
    assert found[2].short == "2 draws of python, seeded by cell 1, line 1"


def test_lines_of_other_files_are_not_marked() -> None:
    other = replace(SEEDING, file="data.py")
    assert not marks(replace(REPEATS, seeding=(other,), unseeded=(replace(UNSEEDED, file="data.py"),)))
