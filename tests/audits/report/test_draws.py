"""The lines that seed, and those that draw unseeded, of traces that are made up."""

from traces import A_STEP, ANOTHER_STEP, birth, draw, found, seed, trace

from repro.audits.comparison.comparison import compare
from repro.audits.report.draws import entropy, seeding_lines, unseeded
from repro.audits.report.first import first_difference


def test_a_seeding_line_sets_all_that_it_does_and_is_late_where_draws_came_before() -> None:
    a = trace(draw(3, "d", "python", seeded=False), seed(5, 1, "python"), seed(5, 1, "numpy"), seed(7, 1, "python"))
    (first, second) = seeding_lines(a)
    assert (first.line, first.sets, first.too_late) == (5, ("python", "numpy"), True)
    assert second.line == 7


def test_whether_draws_of_workers_matter_is_not_known_where_one_worker_did_it_all() -> None:
    a = trace(*A_STEP, others=((draw(6, "d", seeded=False),),))
    b = trace(*ANOTHER_STEP, others=((draw(6, "e", seeded=False),),))
    assert [row.matters for row in unseeded(a, b, compare(a, b), found("order"))] == [None]
    assert [row.matters for row in unseeded(a, b, compare(a, b), found("clock"))] == [False]


def test_a_seeding_line_is_not_late_for_draws_of_an_import_or_of_a_generator_of_its_own() -> None:
    early = trace(
        draw(3, "d", "python", seeded=False, importing=True), draw(4, "e", seeded=False, origin=9), seed(5, 1)
    )
    assert [line.too_late for line in seeding_lines(early)] == [False]
    own = trace(draw(3, "d", "generators", seeded=False), seed(5, 1, "generators", level="own"))
    assert [line.too_late for line in seeding_lines(own)] == [False]


def test_what_only_passes_on_a_draw_is_no_seeding_line() -> None:
    assert seeding_lines(trace(seed(5, 1, derived=3))) == []


def test_draws_that_a_repeating_pair_makes_change_nothing() -> None:
    a, b = trace(draw(3, "d", seeded=False), *A_STEP), trace(draw(3, "e", seeded=False), *A_STEP)
    comparison = compare(a, b)
    assert [row.matters for row in unseeded(a, b, comparison, None)] == [False]
    assert first_difference(a, b, comparison, None, used_folder=False) is None


def test_draws_matter_where_their_pin_is_in_the_smallest_set_alone() -> None:
    a = trace(draw(3, "d", seeded=False), draw(4, "e", "python", seeded=False), *A_STEP, draw(9, "z", seeded=False))
    b = trace(
        draw(3, "f", seeded=False), draw(4, "g", "python", seeded=False), *ANOTHER_STEP, draw(9, "y", seeded=False)
    )
    rows = unseeded(a, b, compare(a, b), found("numpy"))
    assert {row.line: row.matters for row in rows} == {3: True, 4: False, 9: None}


def test_what_no_trial_has_shown_is_not_known_to_matter() -> None:
    a, b = trace(draw(3, "d", seeded=False), *A_STEP), trace(draw(3, "f", seeded=False), *ANOTHER_STEP)
    assert [row.matters for row in unseeded(a, b, compare(a, b), None)] == [None]
    assert [row.matters for row in unseeded(a, b, compare(a, b), found())] == [None]


def test_a_generator_without_a_seed_is_named_by_the_line_that_made_it() -> None:
    a = trace(birth(12), draw(13, "d", "generators", seeded=False, origin=1), *A_STEP)
    b = trace(birth(12), draw(13, "e", "generators", seeded=False, origin=1), *ANOTHER_STEP)
    comparison = compare(a, b)
    assert [(row.line, row.matters) for row in unseeded(a, b, comparison, found("generators"))] == [(12, True)]
    first = first_difference(a, b, comparison, found("generators"), used_folder=False)
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("draw", "generators", 12)
    assert entropy(a, frozenset({"generators"})) == [("train.py", 12)]


def test_of_several_generators_those_that_trials_named_matter() -> None:
    a, b = trace(birth(12), birth(14), *A_STEP), trace(birth(12), birth(14), *ANOTHER_STEP)
    rows = unseeded(a, b, compare(a, b), found("generators"), frozenset({"train.py:14"}))
    assert {row.line: row.matters for row in rows} == {12: False, 14: True}
