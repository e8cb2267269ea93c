"""Disagreements: counted by hand, and added up against a plain loop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from repro.verdicts.disagreements import by_digit, places

answers = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=50)


def test_places_are_where_the_answers_differ() -> None:
    assert places("0123456789", "0193456780").tolist() == [2, 9]
    assert places("777", "777").tolist() == []


@given(answers)
def test_counts_are_those_of_a_plain_loop(images: list[tuple[int, int, int]]) -> None:
    digits = np.array([digit for digit, _, _ in images], np.uint8)
    a, b = "".join(str(a) for _, a, _ in images), "".join(str(b) for _, _, b in images)
    assert places(a, b).tolist() == [number for number, (_, of_a, of_b) in enumerate(images) if of_a != of_b]
    for of in by_digit(a, b, digits):
        mine = [(of_a, of_b) for digit, of_a, of_b in images if digit == of.digit]
        assert of.images == len(mine)
        assert of.disagreements == sum(of_a != of_b for of_a, of_b in mine)
        assert of.right_a == sum(of_a == of.digit for of_a, _ in mine)
        assert of.right_b == sum(of_b == of.digit for _, of_b in mine)
