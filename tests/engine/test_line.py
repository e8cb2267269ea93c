"""The line: first come, first served, so many at once, and what is said of places in it."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import refusal

from repro.engine.line import Line, Task


class Desk:
    """Tasks that note when they begin."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.begun: list[Task] = []
        self.open = True

    def begin(self, task: Task) -> bool:
        self.begun.append(task)
        return self.open

    def join(self, visitor: str, seconds: float = 0.0) -> Task:
        task = Task(visitor, lambda: self.begin(task), lambda: seconds)
        self.line.join(task)
        return task


@given(
    st.integers(1, 4),
    st.lists(st.sampled_from(["join", "end", "give up"]), max_size=60),
    st.randoms(use_true_random=False),
)
def test_tasks_begin_in_their_order_and_never_too_many_at_once(
    at_once: int, moves: list[str], numbers: random.Random
) -> None:
    desk = Desk(Line(at_once, 1000))
    joined: list[Task] = []
    gone: list[Task] = []
    for move in moves:
        if move == "join":
            joined.append(desk.join(numbers.choice("abc")))
        elif move == "end" and desk.line.going():
            gone.append(numbers.choice(desk.line.going()))
            desk.line.end(gone[-1])
        elif move == "give up" and joined:
            leaving = numbers.choice(joined)
            waited = leaving in desk.line.waiting()
            assert desk.line.give_up(leaving) is waited
            gone += [leaving] if waited else []
        going, waiting = desk.line.going(), desk.line.waiting()
        assert len(going) <= at_once
        assert len(going) == at_once or not waiting  # nobody waits where there is room
        assert [task for task in joined if task in going or task in waiting] == [
            task for task in joined if task not in gone
        ]
        assert waiting == [task for task in joined if task in waiting]
        assert desk.begun == [task for task in joined if task in desk.begun]


def test_a_place_counts_the_visitors_ahead_and_estimates_their_time() -> None:
    desk = Desk(Line(2, 10))
    going = [desk.join("a", 4.0), desk.join("a", 4.0)]
    for visitor, seconds in (("b", 3.0), ("b", 5.0), ("c", 2.0), ("d", 100.0), ("d", 100.0), ("b", 1.0)):
        desk.join(visitor, seconds)
    going[0].began = going[1].began = time.monotonic() - 1

    for visitor, number, seconds in (("b", 1, 3.0), ("c", 2, 7.0), ("d", 3, 8.0)):
        place = desk.line.place(visitor)
        assert place is not None
        assert place.number == number
        assert place.seconds == pytest.approx(seconds, abs=0.5)
    assert desk.line.place("a") is None


def test_a_full_line_refuses_who_is_not_in_it() -> None:
    desk = Desk(Line(1, 2))
    for visitor in ("a", "b", "c"):
        desk.join(visitor)
    assert "the line is full: 2 are waiting" in refusal(lambda: desk.join("d"))
    desk.join("a")
    desk.join("b")
    assert [task.visitor for task in desk.line.waiting()] == ["b", "c", "a", "b"]


def test_tasks_that_cannot_begin_leave_the_line_however_many_they_are() -> None:
    desk = Desk(Line(1, 10_000))
    first = desk.join("a")
    waiting = [desk.join("b") for _ in range(2000)]
    desk.open = False
    desk.line.end(first)
    assert desk.begun == [first, *waiting]
    assert desk.line.going() == desk.line.waiting() == []
