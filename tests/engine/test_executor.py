"""The executor whose calls wait in a server's queue."""

import threading
from concurrent.futures import wait

import pytest
from held import TIMEOUT, Held

from repro.engine.executor import QueueExecutor
from repro.engine.queue import Queue
from repro.experiment.errors import QueueFullError


def test_work_is_done_and_its_result_or_error_given() -> None:
    executor = QueueExecutor(Queue(2, 10), "visitor", "script")
    assert executor.submit(lambda a, b: a + b, 1, b=2).result(TIMEOUT) == 3
    with pytest.raises(ZeroDivisionError):
        executor.submit(lambda: 1 / 0).result(TIMEOUT)


def test_no_more_runs_at_once_than_the_queue_allows() -> None:
    queue = Queue(2, 10)
    executor = QueueExecutor(queue, "visitor", "script")
    go = threading.Event()
    most: list[int] = []

    def work() -> None:
        most.append(len(queue.running()))
        go.wait(TIMEOUT)

    futures = [executor.submit(work) for _ in range(5)]
    go.set()
    wait(futures, TIMEOUT)
    assert all(future.done() for future in futures)
    assert max(most) <= 2
    assert not queue.running()


def test_work_waits_behind_other_visitors_and_says_so() -> None:
    held = Held(Queue(1, 10))
    held.submit("another")
    executor = QueueExecutor(held.queue, "visitor", "script")
    future = executor.submit(lambda: "done")
    assert executor.waiting
    assert not future.done()
    place = held.queue.place("visitor")
    assert place is not None
    assert place.number == 1
    assert [task.activity() for task in held.queue.waiting()] == ["script"]
    held.end(held.queue.running()[0])
    assert future.result(TIMEOUT) == "done"
    assert not executor.waiting


def test_what_waits_is_taken_out_of_the_queue_when_it_is_shut_down() -> None:
    held = Held(Queue(1, 10))
    held.submit("another")
    executor = QueueExecutor(held.queue, "visitor", "script")
    future = executor.submit(lambda: "done")
    executor.shutdown(wait=True, cancel_futures=True)
    assert future.cancelled()
    assert wait([future], TIMEOUT).done == {future}
    assert not held.queue.waiting()
    with pytest.raises(RuntimeError):
        executor.submit(lambda: "too late")


def test_a_full_queue_refuses_work() -> None:
    held = Held(Queue(1, 1))
    held.submit("another")
    held.submit("a third")
    with pytest.raises(QueueFullError):
        QueueExecutor(held.queue, "visitor", "script").submit(lambda: "done")
