"""An executor whose work waits in the line of a server, like any run: for what is no training of ours."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from repro.engine import journal
from repro.engine.line import Line, Task
from repro.experiment.errors import NoRoomError

P = ParamSpec("P")
T = TypeVar("T")
FIRST_GUESS = 10.0  # seconds that a piece of work takes, before the first has ended


class InLine(Executor):
    """Does pieces of work in their turn, each on a thread of its own, for one visitor. `what` says in a word what they
    are, for the operator.

    QueueFullError, of one line, from `submit` where the line is full. Shutting it down takes what still waits out of
    the line.
    """

    def __init__(self, line: Line, visitor: str, what: str) -> None:
        self._line, self._visitor, self._what = line, visitor, what
        self._seconds = FIRST_GUESS
        self._waiting: dict[Task, Future[object]] = {}
        self._going: set[threading.Thread] = set()
        self._shut = False
        self._change = threading.Condition()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def work() -> T:
            return fn(*args, **kwargs)

        task = Task(
            self._visitor,
            begin=lambda: self._begin(task, future, work),
            seconds=lambda: self._seconds,
            activity=lambda: self._what,
        )
        with self._change:
            if self._shut:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting[task] = future  # type: ignore[assignment]
        try:
            self._line.join(task)
        except BaseException:
            with self._change:
                del self._waiting[task]
            raise
        return future

    @property
    def waiting(self) -> bool:
        """Whether there is work, and all of it waits for its turn."""
        with self._change:
            return bool(self._waiting) and not self._going

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._change:
            self._shut = True
            waiting = list(self._waiting.items())
        for task, future in waiting if cancel_futures else ():
            if self._line.give_up(task):
                future.cancel()
                with self._change:
                    self._waiting.pop(task, None)
                    self._change.notify_all()
        with self._change:
            self._change.wait_for(lambda: not wait or not (self._going or self._waiting))

    def _begin(self, task: Task, future: Future[T], work: Callable[[], T]) -> bool:
        thread = threading.Thread(target=self._do, args=(task, future, work), daemon=True)
        with self._change:
            self._waiting.pop(task, None)
            if future.set_running_or_notify_cancel():
                self._going.add(thread)
            else:
                self._change.notify_all()
                return False
        try:
            thread.start()
        except RuntimeError:
            with self._change:
                self._going.discard(thread)
                self._change.notify_all()
            future.set_exception(NoRoomError())
            return False
        return True

    def _do(self, task: Task, future: Future[T], work: Callable[[], T]) -> None:
        outcome = "finished"
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 — whoever asks for the result gets it
            outcome = "failed"
            self._over(task, outcome)
            future.set_exception(error)
        else:
            self._over(task, outcome)
            future.set_result(result)

    def _over(self, task: Task, outcome: str) -> None:
        """The line is told first, and then whoever waits for the result: what it asks for next comes behind the
        others."""
        if task.began is not None:
            self._seconds = time.monotonic() - task.began
        self._line.end(task)
        with self._change:
            self._going.discard(threading.current_thread())
            self._change.notify_all()
        journal.tell_work(task, self._what, outcome)
