"""What is suspected, of traces that are made up."""

from traces import A_STEP, ANOTHER_STEP, draw, found, race, read, seed, steps, trace, training

from repro.audits.causes.suspects import guesses, may_repeat_by_luck
from repro.audits.comparison.comparison import compare
from repro.audits.comparison.trace import Trace
from repro.audits.report.draws import unseeded


def guessed(a: Trace, b: Trace) -> list[list[str]]:
    return [list(guess) for guess in guesses(a, b, compare(a, b))]


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
