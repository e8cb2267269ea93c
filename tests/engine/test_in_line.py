"""The executor whose work waits in a server's line."""

import threading
from concurrent.futures import wait

import pytest

from repro.engine.in_line import InLine
from repro.engine.line import Line, Task
from repro.experiment.errors import QueueFullError

PATIENCE = 10.0


def occupied(line: Line) -> Task:
    """A task of another visitor that goes on until the test ends it."""
    task = Task("another", begin=lambda: True)
    line.join(task)
    return task


def test_work_is_done_and_its_result_or_error_given() -> None:
    executor = InLine(Line(2, 10), "visitor", "script")
    assert executor.submit(lambda a, b: a + b, 1, b=2).result(PATIENCE) == 3
    with pytest.raises(ZeroDivisionError):
        executor.submit(lambda: 1 / 0).result(PATIENCE)


def test_no_more_goes_on_at_once_than_the_line_allows() -> None:
    line = Line(2, 10)
    executor = InLine(line, "visitor", "script")
    go = threading.Event()
    most: list[int] = []

    def work() -> None:
        most.append(len(line.going()))
        go.wait(PATIENCE)

    futures = [executor.submit(work) for _ in range(5)]
    go.set()
    wait(futures, PATIENCE)
    assert all(future.done() for future in futures)
    assert max(most) <= 2
    assert not line.going()


def test_work_waits_behind_other_visitors_and_says_so() -> None:
    line = Line(1, 10)
    other = occupied(line)
    executor = InLine(line, "visitor", "script")
    future = executor.submit(lambda: "done")
    assert executor.waiting
    assert not future.done()
    place = line.place("visitor")
    assert place is not None
    assert place.number == 1
    assert [task.activity() for task in line.waiting()] == ["script"]
    line.end(other)
    assert future.result(PATIENCE) == "done"
    assert not executor.waiting


def test_what_waits_is_taken_out_of_the_line_when_it_is_shut_down() -> None:
    line = Line(1, 10)
    other = occupied(line)
    executor = InLine(line, "visitor", "script")
    future = executor.submit(lambda: "done")
    executor.shutdown(wait=True, cancel_futures=True)
    assert future.cancelled()
    assert not line.waiting()
    with pytest.raises(RuntimeError):
        executor.submit(lambda: "too late")
    line.end(other)
    assert not line.going()


def test_a_full_line_is_refused_and_nothing_is_left_of_it() -> None:
    line = Line(1, 1)
    occupied(line)
    line.join(Task("waiting", begin=lambda: True))
    executor = InLine(line, "visitor", "script")
    with pytest.raises(QueueFullError):
        executor.submit(lambda: None)
    assert not executor.waiting
    executor.shutdown(wait=True)


def test_its_end_is_in_the_journal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="repro")
    executor = InLine(Line(1, 10), "visitor", "audit:keras_weights")
    executor.submit(lambda: None).result(PATIENCE)
    executor.shutdown(wait=True)
    for _ in range(100):
        if caplog.messages:
            break
        threading.Event().wait(0.01)
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("run session=visitor program=audit:keras_weights steps=- start=")
    assert "outcome=finished" in caplog.messages[0]
