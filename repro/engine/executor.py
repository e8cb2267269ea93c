"""The queue of a server as an executor, for one visitor."""

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar

from repro.engine import journal
from repro.engine.queue import Queue, Task

P = ParamSpec("P")
T = TypeVar("T")
FIRST_GUESS = 10.0  # seconds that a piece of work takes, before the first has ended


class QueueExecutor(Executor):
    """Calls functions in their turn, each on a thread of its own, for one visitor. `what` says in a word what they do,
    for the operator; each has a line in the journal.

    QueueFullError from `submit` if too many visitors wait. To shut it down with `cancel_futures` takes what still waits
    out of the queue.
    """

    def __init__(self, queue: Queue, visitor: str, what: str) -> None:
        self._queue, self._visitor, self._what = queue, visitor, what
        self._seconds = FIRST_GUESS
        self._tasks: set[Task[Any]] = set()
        self._shut = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        task: Task[T] = self.task(partial(fn, *args, **kwargs))
        self._queue.submit(task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def task(self, call: "partial[T]") -> Task[T]:
        """The place in the queue that `call` is to have."""

        def work() -> T:
            outcome = "failed"
            try:
                result = call()
                outcome = "finished"
            finally:
                self._seconds = time.monotonic() - (task.began or task.submitted)
                journal.write_work(task, self._what, outcome)
            return result

        task: Task[T] = Task(work, visitor=self._visitor, seconds=lambda: self._seconds, activity=lambda: self._what)
        return task

    @property
    def waiting(self) -> bool:
        """Whether there is work, and all of it waits for its turn."""
        tasks = list(self._tasks)
        return bool(tasks) and not any(task.running() for task in tasks)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._shut = True
        tasks = list(self._tasks)
        for task in tasks if cancel_futures else ():
            task.cancel()
        for task in tasks if wait else ():
            with suppress(CancelledError):
                task.exception()
