from hypothesis import given
from hypothesis import strategies as st

from repro.audits.against.alignment import align


def test_lines_are_known_again_by_content() -> None:
    old = ["import random", "random.seed(3)", "a = random.random()", "print(a)"]
    new = [
        "import random",
        "",
        "def main():",
        "    random.seed(3)",
        "    b = 1",
        "    a = random.random()",
        "    print(a)",
    ]
    assert align(old, new) == {1: 1, 4: 2, 6: 3, 7: 4}


def test_an_edited_line_in_the_same_place_is_the_same_line() -> None:
    assert align(["rate = 0.1", "x = f(rate)"], ["rate = 0.25", "x = f(rate)"]) == {1: 1, 2: 2}
    assert align(["rate = 0.1", "x"], ["import numpy as np", "x"]) == {2: 2}


def test_a_line_that_has_moved_up_is_known_again() -> None:
    old = ["first = f(1)", "second = f(2)", "third = f(3)"]
    assert align(old, ["third = f(3)", "first = f(1)", "second = f(2)"]) == {1: 3, 2: 1, 3: 2}


@given(st.lists(st.sampled_from(["a = 1", "bbbbbbbb = 2", "", "cccccccc = 3"])))
def test_a_text_is_aligned_with_itself_line_by_line(lines: list[str]) -> None:
    assert align(lines, lines) == {number: number for number in range(1, len(lines) + 1)}


@given(*2 * [st.lists(st.text("ab =", max_size=12), max_size=12)])
def test_no_line_is_taken_twice(a: list[str], b: list[str]) -> None:
    found = align(a, b)
    assert len(set(found.values())) == len(found)
    assert all(1 <= line <= len(b) and 1 <= other <= len(a) for line, other in found.items())
