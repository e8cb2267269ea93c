"""The line in which processes wait: so many go on at once, and the others begin in the order in which they came."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from repro.experiment.errors import QueueFullError


@dataclass(eq=False)
class Task:
    """A process to come: whose it is, how to begin it (false where it could not), about how many seconds it will take,
    what it does, in words; and, on the clock of `time.monotonic`, when it came, when it began, and when it last told
    something or was told to stop."""

    visitor: str
    begin: Callable[[], bool]
    seconds: Callable[[], float] = lambda: 0.0
    activity: Callable[[], str] = lambda: ""
    came: float = field(default_factory=time.monotonic)
    began: float | None = None
    last_sign: float = 0.0


@dataclass(frozen=True)
class Place:
    """A place in line: 1 for the visitor who is next; and about how many seconds are left until then."""

    number: int
    seconds: float


class Line:
    """At most `at_once` tasks go on; of visitors at most `longest` wait. Whoever leaves makes room."""

    def __init__(self, at_once: int, longest: int) -> None:
        self._at_once, self._longest = at_once, longest
        self._going: list[Task] = []
        self._waiting: deque[Task] = deque()
        self._lock = threading.Lock()

    def join(self, task: Task) -> None:
        """Begins `task`, at once or when its turn comes. QueueFullError, of one line, where the line is full."""
        with self._lock:
            visitors = {waiting.visitor for waiting in self._waiting}
            known = visitors | {going.visitor for going in self._going}
            if len(visitors) >= self._longest and task.visitor not in known:
                raise QueueFullError(f"the line is full: {len(visitors)} are waiting. Try again in a while")
            self._waiting.append(task)
        self._advance()

    def give_up(self, task: Task) -> bool:
        """Takes out `task` if it still waits; whether it did."""
        with self._lock:
            if task not in self._waiting:
                return False
            self._waiting.remove(task)
            return True

    def end(self, task: Task) -> None:
        """Takes out `task`, which has begun and ended: the next one begins."""
        with self._lock:
            self._going.remove(task)
        self._advance()

    def place(self, visitor: str) -> Place | None:
        """Where the first waiting task of `visitor` stands; None where none waits."""
        with self._lock:
            ahead = list(itertools.takewhile(lambda task: task.visitor != visitor, self._waiting))
            if len(ahead) == len(self._waiting):
                return None
            now = time.monotonic()
            left = [max(going.seconds() - (now - (going.began or now)), 0.0) for going in self._going]
            seconds = (sum(left) + sum(other.seconds() for other in ahead)) / self._at_once
            return Place(len({other.visitor for other in ahead}) + 1, seconds)

    def going(self) -> list[Task]:
        """The tasks that go on now."""
        with self._lock:
            return list(self._going)

    def waiting(self) -> list[Task]:
        """The tasks that wait, the next one first."""
        with self._lock:
            return list(self._waiting)

    def _advance(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or len(self._going) >= self._at_once:
                    return
                task = self._waiting.popleft()
                task.began = time.monotonic()
                self._going.append(task)
            if not task.begin():
                with self._lock:
                    self._going.remove(task)
