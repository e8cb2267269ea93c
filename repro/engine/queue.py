"""The queue in which processes wait for their turn: a limited number run at once, and visitors are served in turn."""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from repro.experiment.errors import NoRoomError, QueueFullError

T = TypeVar("T")


class Task(Future[T]):
    """A call that waits for its turn, usually to start a process and read it: the future of what it returns, which can
    be cancelled while it runs as well.

    `work` is called on a thread of its own when the turn of the `visitor` has come. `stop` is called, once, with a
    reason in words or "", when the task is cancelled; it must make `work` return soon. So must `time_out`, which is
    called with a message if the task makes no progress for too long; without it the task may take as long as it likes.
    `seconds` estimates how long it takes, `activity` says in a few words what it does, `runs_finished` counts trainings
    in it. Times are those of `time.monotonic`: when the task was `submitted`, when it `began`, and when it made its
    `last_progress`; `contended` are the seconds that it has run while other visitors waited.
    """

    def __init__(
        self,
        work: Callable[[], T],
        *,
        visitor: str = "",
        stop: Callable[[str], object] = lambda _: None,
        time_out: Callable[[str], object] = lambda _: None,
        seconds: Callable[[], float] = lambda: 0.0,
        activity: Callable[[], str] = lambda: "",
        runs_finished: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__()
        self.work, self.visitor = work, visitor
        self.seconds, self.activity, self.runs_finished = seconds, activity, runs_finished
        self.time_out = time_out
        self.submitted = time.monotonic()
        self.began: float | None = None
        self.last_progress = self.submitted
        self.contended = 0.0
        self.cancel_requested = False
        self.noticed = False  # whether those who wait know that it was cancelled before it began
        self._stop = stop
        self._lock = threading.Lock()

    def cancel(self, reason: str = "") -> bool:
        """Take the task out of the queue, or make it end soon if it has begun."""
        with self._lock:
            first = not self.cancel_requested
            self.cancel_requested = True
        if first and not self.done():
            self._stop(reason)
        return super().cancel()

    def note_progress(self) -> None:
        """Note that the task makes progress."""
        self.last_progress = time.monotonic()


@dataclass(frozen=True)
class Place:
    """A place in the queue: 1 for the visitor who is next; and about how many seconds are left until then."""

    number: int
    seconds: float


class Queue:
    """At most `at_once` tasks run; of visitors at most `longest` wait. Tasks that are submitted together are one turn;
    visitors who wait take turns, so that a hundred turns of one keep another waiting for no more than one of them."""

    def __init__(self, at_once: int, longest: int) -> None:
        self.at_once, self._longest = at_once, longest
        self._running: list[Task[Any]] = []
        self._turn: deque[Task[Any]] = deque()  # what is left of the turn that is being served
        self._waiting: dict[str, deque[deque[Task[Any]]]] = {}  # the turns of each visitor; the next visitor first
        self._closed = False
        self._lock = threading.Lock()

    def submit(self, *tasks: Task[Any]) -> None:
        """Add one turn of a visitor: the tasks begin in their order, at once if there is room. QueueFullError, and
        nothing is added, if too many visitors wait."""
        visitor = tasks[0].visitor
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            known = {task.visitor for task in (*self._running, *self._turn)} | set(self._waiting)
            waiting = len(self._waiting)
            if waiting >= self._longest and visitor not in known:
                raise QueueFullError(f"the queue is full: {waiting} visitors are waiting. Try again later")
            self._waiting.setdefault(visitor, deque()).append(deque(tasks))
        for task in tasks:
            task.add_done_callback(self._left)  # type: ignore[arg-type]
        self._advance()

    def place(self, visitor: str) -> Place | None:
        """The place of the first waiting task of `visitor`; None if none waits, or if one runs: the others then wait
        for the visitor's own, as the runs of a study do."""
        with self._lock:
            if any(task.visitor == visitor for task in self._running):
                return None
            ahead: set[str] = set()
            for task, begins, _ in itertools.islice(self._foreseen(), len(self._running), None):
                if task.visitor == visitor:
                    return Place(len(ahead) + 1, begins)
                ahead.add(task.visitor)
        return None

    def seconds_left(self, tasks: Collection[Task[Any]]) -> float:
        """About how many seconds pass until all of `tasks` have ended, with what others do before and between them."""
        with self._lock:
            return max((ends for task, _, ends in self._foreseen() if task in tasks), default=0.0)

    def running(self) -> list[Task[Any]]:
        """The tasks that have begun."""
        with self._lock:
            return list(self._running)

    def waiting(self) -> list[Task[Any]]:
        """The tasks that wait, in the order in which they will begin if no other comes."""
        with self._lock:
            return list(self._order())

    def others_wait(self, visitor: str) -> bool:
        """Whether another visitor waits."""
        with self._lock:
            return any(task.visitor != visitor for task in self._order())

    def close(self, reason: str) -> None:
        """Cancel all tasks, and take no more."""
        with self._lock:
            self._closed = True
            tasks = [*self._order(), *self._running]
        for task in tasks:
            task.cancel(reason)

    def _foreseen(self) -> Iterator[tuple[Task[Any], float, float]]:
        """Each task that runs or waits, with about how many seconds pass until it begins and until it ends."""
        now = time.monotonic()
        free = [0.0] * (self.at_once - len(self._running))
        for task in self._running:
            free.append(max(task.seconds() - (now - (task.began or now)), 0.0))
            yield task, 0.0, free[-1]
        heapq.heapify(free)
        for task in self._order():
            begins = heapq.heappop(free)
            ends = begins + task.seconds()
            heapq.heappush(free, ends)
            yield task, begins, ends

    def _order(self) -> Iterable[Task[Any]]:
        """The waiting tasks in the order of their turns."""
        rounds = itertools.zip_longest(*self._waiting.values(), fillvalue=())
        for turn in itertools.chain([self._turn], *rounds):
            yield from (task for task in turn if not task.cancelled())

    def _next(self) -> Task[Any] | None:
        """Take out the task whose turn it is."""
        if not self._turn and self._waiting:
            visitor = next(iter(self._waiting))
            turns = self._waiting.pop(visitor)
            self._turn = turns.popleft()
            if turns:
                self._waiting[visitor] = turns  # behind all others
        return self._turn.popleft() if self._turn else None

    def _advance(self) -> None:
        while True:
            with self._lock:
                task = self._next() if len(self._running) < self.at_once else None
                if task is None:
                    return
                if task.noticed or not task.set_running_or_notify_cancel():
                    task.noticed = True
                    continue
                task.began = task.last_progress = time.monotonic()
                self._running.append(task)
            try:
                threading.Thread(target=self._perform, args=(task,), daemon=True).start()
            except RuntimeError:
                self._end(task)
                task.set_exception(NoRoomError())

    def _perform(self, task: Task[Any]) -> None:
        try:
            result = task.work()
        except BaseException as error:  # noqa: BLE001 — whoever asks for the result gets it
            self._end(task)
            self._advance()
            task.set_exception(error)
        else:
            self._end(task)
            self._advance()
            task.set_result(result)

    def _end(self, task: Task[Any]) -> None:
        with self._lock:
            self._running.remove(task)

    def _left(self, task: Task[Any]) -> None:
        """Forget a visitor all of whose tasks were cancelled while they waited. One task alone is left where it is,
        and passed over when its turn comes."""
        if not task.cancelled():
            return
        with self._lock:
            if not task.noticed:  # `concurrent.futures.wait` waits for that
                task.noticed = True
                task.set_running_or_notify_cancel()
            for visitor, turns in list(self._waiting.items()):
                if all(other.cancelled() for turn in turns for other in turn):
                    del self._waiting[visitor]
