import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import draw, end, file, seed, steps, trace, training

from repro.audits.comparison.comparison import compare, effects_of
from repro.audits.comparison.output import Differing
from repro.audits.observer.format import Record

GOOD = (training(), *steps(("b0", "l0", "w0"), ("b1", "l1", "w1")), end("final"))


def test_equal_runs_repeat() -> None:
    comparison = compare(trace(seed(1, 3), draw(2, "d"), *GOOD), trace(seed(1, 3), draw(2, "d"), *GOOD))
    assert comparison.repeats
    assert comparison.causes == ()


def test_a_draw_that_changes_no_result_is_no_difference_of_the_runs() -> None:
    comparison = compare(trace(draw(2, "d", seeded=False), *GOOD), trace(draw(2, "e", seeded=False), *GOOD))
    assert comparison.repeats
    assert [change.quantity for change in comparison.causes] == ["draw"]


@pytest.mark.parametrize(
    ("other", "quantity", "step"),
    [
        ((training("v"), *steps(("b0", "l0", "w0"), before="v")), "initial_weights", None),
        ((training(), *steps(("b0", "l0", "w0"), ("x", "y", "z")), end("z")), "batch", 1),
        ((training(), *steps(("b0", "l0", "w0"), ("b1", "y", "z")), end("z")), "loss", 1),
        ((training(), *steps(("b0", "l0", "w0"), ("b1", "l1", "z")), end("z")), "weights", 1),
        ((training(), *steps(("b0", "l0", "w0")), end("w0")), "steps", 1),
        ((training(), *steps(("b0", "l0", "w0"), ("b1", "l1", "w1")), end("z")), "weights", 1),
    ],
)
def test_the_first_result_that_differs_is_found(other: tuple[Record, ...], quantity: str, step: int | None) -> None:
    for pair in ((GOOD, other), (other, GOOD)):
        first = compare(trace(*pair[0]), trace(*pair[1])).first_effect
        assert first is not None
        assert (first.quantity, first.step) == (quantity, step)


def test_a_second_training_from_other_weights_is_found() -> None:
    second = (training("x", 1), *steps(("b0", "l0", "w0"), number=1, before="x"), end("e", 1))
    other = (training("y", 1), *steps(("b0", "l9", "w9"), number=1, before="y"), end("f", 1))
    first = compare(trace(*GOOD, *second), trace(*GOOD, *other)).first_effect
    assert first is not None
    assert first.quantity == "initial_weights"


def test_what_differs_in_the_first_training_comes_before_the_weights_of_the_second() -> None:
    first = (training(), *steps(("b0", "l0", "w0")), training("x", 1))
    other = (training(), *steps(("b9", "l9", "w9")), training("y", 1))
    effect = compare(trace(*first), trace(*other)).first_effect
    assert effect is not None
    assert effect.quantity == "batch"


def test_a_run_that_continues_does_not_differ_by_what_it_has_not_reached() -> None:
    assert effects_of(trace(*GOOD), trace(*GOOD[:2]), so_far=True) == []
    assert effects_of(trace(*GOOD), trace(), so_far=True) == []
    assert effects_of(trace(*GOOD), trace(training("v")), so_far=True)


def test_printed_lines_count() -> None:
    first = compare(trace(), trace(), Differing({("standard output", 0): ("a", "b")})).first_effect
    assert first is not None
    assert first.quantity == "output"


def test_one_draw_more_does_not_make_those_after_it_differ() -> None:
    a = trace(draw(2, "d"), draw(9, "x"), draw(3, "e"))
    b = trace(draw(2, "d"), draw(3, "e"))
    assert [
        change.record.site.line
        for change in compare(a, b).causes
        if isinstance(change.record, type(draw(1, ""))) and change.record.site
    ] == [9]


@given(st.permutations(["p", "q", "r"]))
def test_draws_of_other_processes_belong_together_whoever_comes_first(order: list[str]) -> None:
    a = trace(others=tuple((draw(4, digest),) for digest in ("p", "q", "r")))
    b = trace(others=tuple((draw(4, digest),) for digest in order))
    assert compare(a, b).causes == ()


def test_a_seed_with_two_values_is_found_and_one_that_passes_on_a_draw_is_not() -> None:
    found = compare(trace(seed(1, 3), seed(2, 5, derived=1)), trace(seed(1, 4), seed(2, 6, derived=1))).causes
    assert [(change.quantity, change.site and change.site.line) for change in found] == [("seed", 1)]


def test_a_file_that_only_the_second_run_finds_is_found() -> None:
    found = compare(trace(file("data.csv", "d")), trace(file("data.csv", "d"), file("left.h5", "e"))).causes
    assert [(change.quantity, change.source) for change in found] == [("files", "files")]
    assert compare(trace(file("out.txt", "d", "write")), trace(file("out.txt", "e", "write"))).causes == ()
