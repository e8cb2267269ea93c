"""The queue: a limited number at once, visitors in turn, what is said of places in it, and tasks that are cancelled."""

import random
import threading
import time
from concurrent.futures import CancelledError

import pytest
from held import TIMEOUT, Held
from hypothesis import given
from hypothesis import strategies as st
from records import refusal, wait_until

from repro.engine.queue import Queue, Task
from repro.experiment.errors import NoRoomError


def served(turns: list[tuple[str, int]], at_once: int = 1) -> str:
    """The visitors in the order in which their tasks begin, of these turns, all of which wait at first."""
    held = Held(Queue(at_once, 1000))
    blocking = held.submit("blocking", turn=at_once)
    tasks = [task for visitor, count in turns for task in held.submit(visitor, turn=count)]
    foretold = "".join(task.visitor for task in held.queue.waiting())
    for task in blocking:
        held.end(task)
    while not all(task.done() for task in tasks):
        held.end(held.queue.running()[0])
    begun = "".join(task.visitor for task in sorted(tasks, key=lambda task: task.began or 0))
    assert begun == foretold
    return begun


def test_visitors_take_turns_and_what_was_submitted_together_is_one_turn() -> None:
    assert served([("a", 1)] * 4 + [("b", 2), ("c", 1), ("b", 1)]) == "abbcabaa"
    assert served([("a", 2), ("b", 2), ("c", 2)]) == "aabbcc"
    assert served([("a", 3), ("a", 1), ("b", 1)], at_once=2) == "aaaba"


@given(
    st.integers(1, 3),
    st.lists(st.sampled_from(["submit", "end", "cancel"]), max_size=30),
    st.randoms(use_true_random=False),
)
def test_never_too_many_run_and_nobody_waits_if_there_is_room(
    at_once: int, moves: list[str], numbers: random.Random
) -> None:
    held = Held(Queue(at_once, 1000))
    for move in moves:
        running = held.queue.running()
        if move == "submit":
            held.submit(numbers.choice("abc"), turn=numbers.choice([1, 2]))
        elif move == "end" and running:
            held.end(numbers.choice(running))
        elif move == "cancel" and held.tasks:
            leaving = numbers.choice(held.tasks)
            waited = leaving in held.queue.waiting()
            leaving.cancel()
            assert leaving.cancelled() or not waited
            if not leaving.cancelled():
                leaving.result(TIMEOUT)
        running, waiting = held.queue.running(), held.queue.waiting()
        assert len(running) <= at_once
        assert len(running) == at_once or not waiting
        assert {*running, *waiting} == {task for task in held.tasks if not task.done()}
        for visitor in "abc":
            own = [task for task in waiting if task.visitor == visitor]
            assert own == [task for task in held.tasks if task in own]  # in their order
            served = any(task.visitor == visitor for task in running)
            assert (held.queue.place(visitor) is None) is (served or not own)
    held.queue.close("")


def test_a_place_counts_the_visitors_ahead_and_estimates_their_time() -> None:
    held = Held(Queue(2, 10))
    running = held.submit("a", seconds=4.0, turn=2)
    for visitor, seconds in (("b", 3.0), ("b", 5.0), ("c", 2.0), ("d", 100.0), ("d", 100.0), ("b", 1.0)):
        held.submit(visitor, seconds=seconds)
    running[0].began = running[1].began = time.monotonic() - 1
    for visitor, number, seconds in (("b", 1, 3.0), ("c", 2, 3.0), ("d", 3, 5.0)):
        place = held.queue.place(visitor)
        assert place is not None
        assert place.number == number
        assert place.seconds == pytest.approx(seconds, abs=0.5)
    assert held.queue.place("a") is None
    assert held.queue.others_wait("b")
    held.queue.close("")


def test_a_visitor_whose_task_runs_waits_for_nobody() -> None:
    """A study's runs are tasks of their own: those that wait do so for the study itself."""
    held = Held(Queue(1, 10))
    first, second, third = (held.submit("a")[0] for _ in range(3))
    assert held.queue.place("a") is None
    (other,) = held.submit("b")
    assert held.queue.place("b") is not None
    held.end(first)
    assert held.queue.running() == [second]
    assert held.queue.place("a") is None
    held.end(second)
    assert held.queue.running() == [other]
    place = held.queue.place("a")
    assert place is not None
    assert place.number == 1
    held.end(other)
    assert held.queue.running() == [third]
    assert held.queue.place("a") is None
    held.end(third)


def test_what_is_left_counts_all_tasks_in_their_turns() -> None:
    held = Held(Queue(2, 10))
    first, second, third = (held.submit("a", seconds=seconds)[0] for seconds in (10.0, 4.0, 3.0))
    (other,) = held.submit("b", seconds=20.0)
    (last,) = held.submit("a", seconds=2.0)  # b's turn comes before it
    for tasks, seconds in (
        ([first, second], 10.0),
        ([third], 7.0),
        ([other], 27.0),
        ([third, last], 12.0),
        ([], 0.0),
    ):
        assert held.queue.seconds_left(tasks) == pytest.approx(seconds, abs=0.5)
    held.end(first)
    assert held.queue.seconds_left([first]) == 0
    held.queue.close("")


def test_who_waits_begins_when_the_first_of_those_before_ends() -> None:
    held = Held(Queue(3, 10))
    for seconds in (90.0, 60.0, 20.0):
        held.submit("a", seconds=seconds)
    held.submit("b", seconds=15.0)
    held.submit("c")
    for visitor, seconds in (("b", 20.0), ("c", 35.0)):
        place = held.queue.place(visitor)
        assert place is not None
        assert place.seconds == pytest.approx(seconds, abs=5)
    held.queue.close("")


def test_the_tasks_of_a_turn_begin_in_their_order_but_for_those_that_were_cancelled() -> None:
    held = Held(Queue(1, 10))
    (running,) = held.submit("a")
    first, gone, last = held.submit("b", turn=3)
    assert gone.cancel()
    assert held.queue.waiting() == [first, last]
    for task in (running, first, last):
        assert held.queue.running() == [task]
        held.end(task)


def test_a_turn_that_comes_while_its_task_is_cancelled_is_passed_over_once(caplog: pytest.LogCaptureFixture) -> None:
    held = Held(Queue(1, 10))
    (running,) = held.submit("a")
    gone = Task(lambda: None, visitor="b")
    gone.add_done_callback(lambda _: held.end(running))  # before the queue hears of it
    held.queue.submit(gone)
    assert gone.cancel()
    assert held.queue.running() == held.queue.waiting() == []
    assert caplog.records == []  # concurrent.futures logs what a callback raises


def test_a_task_of_which_nothing_is_said() -> None:
    reasons: list[str] = []
    task = Task(lambda: None, stop=reasons.append)
    assert (task.visitor, task.seconds(), task.activity(), task.runs_finished()) == ("", 0.0, "", 0)
    task.cancel()
    assert reasons == [""]


def test_only_others_that_wait_are_others_that_wait() -> None:
    held = Held(Queue(1, 10))
    held.submit("a", turn=2)
    assert [held.queue.others_wait(visitor) for visitor in "ab"] == [False, True]
    held.submit("b")
    assert [held.queue.others_wait(visitor) for visitor in "ab"] == [True, True]
    held.queue.close("")
    assert [held.queue.others_wait(visitor) for visitor in "ab"] == [False, False]


def test_what_runs_and_what_waits_is_told_why_the_queue_closes() -> None:
    queue, door, reasons = Queue(1, 10), threading.Event(), list[str]()

    def stop(reason: str) -> None:
        reasons.append(reason)
        door.set()

    tasks = [Task(lambda: door.wait(TIMEOUT), visitor=visitor, stop=stop) for visitor in "ab"]
    for task in tasks:
        queue.submit(task)
    queue.close("The server ends.")
    assert reasons == ["The server ends."] * 2
    assert [tasks[0].result(TIMEOUT), tasks[1].cancelled()] == [True, True]


def test_a_task_knows_when_it_came_began_and_last_gave_a_sign_of_life() -> None:
    held = Held(Queue(1, 10))
    before = time.monotonic()
    running, waiting = held.submit("a", turn=2)
    assert before <= waiting.submitted == waiting.last_progress <= time.monotonic()
    assert waiting.began is None
    assert running.began == running.last_progress
    assert running.submitted <= running.last_progress
    signed = running.last_progress
    time.sleep(0.001)
    running.note_progress()
    assert running.began < running.last_progress
    assert signed < running.last_progress <= time.monotonic()
    held.queue.close("")


def test_an_error_of_a_task_is_its_own_and_the_next_begins() -> None:
    queue = Queue(1, 10)
    tasks = [Task(lambda: 1 // 0), Task(lambda: 5)]
    queue.submit(*tasks)
    assert isinstance(tasks[0].exception(TIMEOUT), ZeroDivisionError)
    assert tasks[1].result(TIMEOUT) == 5
    wait_until(lambda: not queue.running())


def test_a_full_queue_refuses_who_is_not_in_it() -> None:
    held = Held(Queue(1, 2))
    for visitor in "abc":
        held.submit(visitor)
    assert "the queue is full: 2 visitors are waiting" in refusal(lambda: held.submit("d"))
    held.submit("a")
    held.submit("b")
    assert [task.visitor for task in held.queue.waiting()] == ["b", "c", "a", "b"]
    for task in held.queue.waiting():
        if task.visitor == "c":
            task.cancel()
    assert "2 visitors" in refusal(lambda: held.submit("d"))  # a waits now
    held.queue.close("")
    with pytest.raises(RuntimeError):
        held.submit("a")


def test_cancelling_stops_what_runs_once_and_with_its_reason() -> None:
    queue, door, reasons = Queue(1, 2), threading.Event(), list[str]()

    def stop(reason: str) -> None:
        reasons.append(reason)
        door.set()

    def work() -> None:
        door.wait(TIMEOUT)
        raise CancelledError

    task = Task(work, stop=stop)
    queue.submit(task)
    assert not task.cancel("Too long.")
    task.cancel("Again.")
    assert isinstance(task.exception(TIMEOUT), CancelledError)
    task.cancel("After its end.")
    assert reasons == ["Too long."]


def test_what_has_ended_is_not_stopped() -> None:
    reasons: list[str] = []
    task = Task(lambda: 5, stop=reasons.append)
    Queue(1, 1).submit(task)
    assert task.result(TIMEOUT) == 5
    assert not task.cancel("Too late.")
    assert reasons == []


def test_tasks_that_cannot_begin_fail_in_words_however_many_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(Queue(1, 10))
    (first,) = held.submit("a")
    waiting = [held.submit("b")[0] for _ in range(2000)]

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        held.end(first)
        wait_until(lambda: all(task.done() for task in waiting))
    assert {type(task.exception()) for task in waiting} == {NoRoomError}
    assert held.queue.running() == held.queue.waiting() == []
