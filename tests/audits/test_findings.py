from traces import birth, draw, race, read, seed, steps, trace, training

from repro.audits import output
from repro.audits.comparison import compare
from repro.audits.findings import entropy, first_difference, seeding, unseeded
from repro.audits.search import Found
from repro.audits.suspects import guesses, may_repeat_by_luck
from repro.audits.trace import Trace

A_STEP = (training(), *steps(("b", "l", "w")))
ANOTHER_STEP = (training(), *steps(("c", "m", "x")))


def found(*pins: str) -> Found:
    return Found(frozenset(pins) or None, None, (), {})


def guessed(a: Trace, b: Trace) -> list[list[str]]:
    return [list(guess) for guess in guesses(a, b, compare(a, b))]


def test_a_seeding_line_sets_all_that_it_does_and_is_late_where_draws_came_before() -> None:
    a = trace(draw(3, "d", "python", seeded=False), seed(5, 1, "python"), seed(5, 1, "numpy"), seed(7, 1, "python"))
    (first, second) = seeding(a)
    assert (first.line, first.sets, first.too_late) == (5, ("python", "numpy"), True)
    assert second.line == 7


def test_a_seeding_line_is_not_late_for_draws_of_an_import_or_of_a_generator_of_its_own() -> None:
    early = trace(
        draw(3, "d", "python", seeded=False, importing=True), draw(4, "e", seeded=False, origin=9), seed(5, 1)
    )
    assert [line.too_late for line in seeding(early)] == [False]
    own = trace(draw(3, "d", "generators", seeded=False), seed(5, 1, "generators", level="own"))
    assert [line.too_late for line in seeding(own)] == [False]


def test_what_only_passes_on_a_draw_is_no_seeding_line() -> None:
    assert seeding(trace(seed(5, 1, derived=3))) == []


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


def test_what_drew_unseeded_is_the_first_suspect_and_the_system_the_last() -> None:
    a = trace(draw(2, "u", "system", seeded=False), draw(3, "d", "python", seeded=False), *A_STEP)
    b = trace(draw(2, "v", "system", seeded=False), draw(3, "e", "python", seeded=False), *ANOTHER_STEP)
    assert guessed(a, b)[:2] == [["python"], ["python", "system"]]


def test_in_the_same_process_a_seeded_generator_is_a_suspect_too() -> None:
    a, b = trace(draw(2, "s", "tensorflow"), *A_STEP), trace(draw(2, "s", "tensorflow"), *ANOTHER_STEP)
    assert list(guesses(a, b, compare(a, b), same_process=True)[0]) == ["tensorflow"]
    assert list(guesses(a, b, compare(a, b))[0]) == ["hash"]


def test_two_values_of_a_seed_make_the_clock_a_suspect() -> None:
    assert guessed(trace(read(1), seed(2, 5), *A_STEP), trace(read(1), seed(2, 6), *ANOTHER_STEP))[0] == ["clock"]


def test_without_a_draw_the_hash_is_a_suspect_and_a_race_where_something_raced() -> None:
    assert guessed(trace(*A_STEP), trace(*ANOTHER_STEP))[0] == ["hash"]
    raced = race(3, "order", "code of yours")
    assert guessed(trace(raced, *A_STEP), trace(raced, *ANOTHER_STEP))[0] == ["order"]


def test_other_weights_after_an_equal_step_make_the_arithmetic_a_suspect() -> None:
    other = (training(), *steps(("b", "l", "x")))
    assert guessed(trace(*A_STEP), trace(*other))[0] == ["arithmetic"]


def test_two_equal_runs_say_little_where_something_races_or_a_training_reads_the_clock() -> None:
    more = steps(("b", "l", "w"), ("c", "m", "x"))
    assert not may_repeat_by_luck(trace(read(1), training(), *more, read(40)))
    assert may_repeat_by_luck(trace(training(), more[0], read(9), more[1]))
    assert may_repeat_by_luck(trace(race(3)))
    assert may_repeat_by_luck(trace(race(3, "arithmetic")))


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
    printed = output.Difference("1", "2")
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


def test_a_seed_made_of_what_was_drawn_is_looked_for_there_first_and_one_of_the_clock_is_not() -> None:
    a, b = (
        trace(draw(3, f"{value}", "system", seeded=False), seed(4, value, clock=None), *end)
        for value, end in ((5, A_STEP), (6, ANOTHER_STEP))
    )
    assert guessed(a, b)[0] == ["system"]
    # The value that the pin `clock` gave hides what it is made of.
    assert [row.matters for row in unseeded(a, b, compare(a, b), found("clock"))] == [None]
    a, b = (
        trace(draw(3, f"{value}", "system", seeded=False), seed(4, value, clock="time.time"), *end)
        for value, end in ((5, A_STEP), (6, ANOTHER_STEP))
    )
    assert guessed(a, b)[0] == ["clock"]
    assert [row.matters for row in unseeded(a, b, compare(a, b), found("clock"))] == [False]


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
