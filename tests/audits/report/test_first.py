"""The first difference of two runs, of traces that are made up."""

from traces import A_STEP, ANOTHER_STEP, birth, draw, found, race, trace

from repro.audits.comparison import output
from repro.audits.comparison.comparison import compare
from repro.audits.report.draws import entropy, unseeded
from repro.audits.report.first import first_difference


def test_the_first_difference_is_that_of_the_source_that_trials_confirmed() -> None:
    a = trace(draw(2, "u", "system", seeded=False), draw(3, "d", seeded=False), *A_STEP)
    b = trace(draw(2, "v", "system", seeded=False), draw(3, "e", seeded=False), *ANOTHER_STEP)
    first = first_difference(a, b, compare(a, b), found("numpy"), used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("draw", "numpy", 3)


def test_a_difference_without_a_draw_is_that_of_the_result() -> None:
    a, b = trace(*A_STEP), trace(*ANOTHER_STEP)
    first = first_difference(a, b, compare(a, b), found("hash"), used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line, first.step) == ("batch", "hash", 31, 0)


def test_nothing_is_blamed_where_no_pin_helps() -> None:
    a, b = trace(draw(3, "d", seeded=False), *A_STEP), trace(draw(3, "e", seeded=False), *ANOTHER_STEP)
    first = first_difference(a, b, compare(a, b), found(), used_folder=False)
    assert first is not None
    assert (first.quantity, first.source) == ("batch", None)


def test_without_trials_a_seeded_draw_that_differs_is_not_said_to_be_unseeded() -> None:
    a = trace(draw(3, "d", thread="other"), draw(4, "e", "python", seeded=False), *A_STEP)
    b = trace(draw(3, "f", thread="other"), draw(4, "g", "python", seeded=False), *ANOTHER_STEP)
    first = first_difference(a, b, compare(a, b), None, used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("draw", "python", 4)
    only_raced = compare(
        trace(draw(3, "d", thread="other"), *A_STEP), trace(draw(3, "f", thread="other"), *ANOTHER_STEP)
    )
    first = first_difference(a, b, only_raced, None, used_folder=False)
    assert first is not None
    assert (first.quantity, first.source) == ("batch", None)


def test_without_trials_no_generator_is_named_whose_numbers_were_not_seen_where_others_drew() -> None:
    printed = output.Differing({("standard output", 0): ("1", "2")})
    a, b = (trace(birth(4), birth(5), draw(6, digest, "python", seeded=False)) for digest in "de")
    first = first_difference(a, b, compare(a, b, printed), None, used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("draw", "python", 6)
    a = b = trace(birth(4), birth(5))
    first = first_difference(a, b, compare(a, b, printed), None, used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("output", None, None)
    a = b = trace(birth(4), draw(5, "d", "system", seeded=False))
    first = first_difference(a, b, compare(a, b, printed), None, used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("draw", "generators", 4)


def test_of_several_lines_that_drew_from_the_system_the_first_that_matters_is_named() -> None:
    a, b = (
        trace(draw(3, f"{value}", "system", seeded=False), draw(4, f"{value}", "system", seeded=False), *end)
        for value, end in ((5, A_STEP), (6, ANOTHER_STEP))
    )
    lines = frozenset({"train.py:4"})
    assert entropy(a, frozenset({"system"})) == [("train.py", 3), ("train.py", 4)]
    assert {row.line: row.matters for row in unseeded(a, b, compare(a, b), found("system"), lines)} == {
        3: False,
        4: True,
    }
    first = first_difference(a, b, compare(a, b), found("system"), used_folder=False, lines=lines)
    assert first is not None
    assert first.line == 4


def test_what_races_is_named_by_the_line_that_set_it_up() -> None:
    a, b = trace(race(12), race(14, "order", "RandomUniform"), *A_STEP), trace(*ANOTHER_STEP)
    first = first_difference(a, b, compare(a, b), found("order"), used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("batch", "order", 14)
