"""Disagreements: counted by hand, and against a plain loop."""

from hypothesis import given
from hypothesis import strategies as st

from repro.verdicts.disagreements import places


def test_places_are_where_the_answers_differ() -> None:
    assert places("0123456789", "0193456780").tolist() == [2, 9]
    assert places("777", "777").tolist() == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=50))
def test_they_are_those_of_a_plain_loop(images: list[tuple[int, int]]) -> None:
    a, b = ("".join(str(answers[run]) for answers in images) for run in (0, 1))
    assert places(a, b).tolist() == [number for number, (of_a, of_b) in enumerate(images) if of_a != of_b]
