"""A queue whose tasks end when a test lets them go."""

import threading

from repro.engine.queue import Queue, Task

TIMEOUT = 10.0


class Held:
    """A queue of tasks that end when they are let go."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.tasks: list[Task[str]] = []
        self.begun: list[Task[str]] = []
        self._doors: dict[Task[str], threading.Event] = {}

    def submit(self, visitor: str, *, seconds: float = 0.0, turn: int = 1) -> list[Task[str]]:
        tasks = [self._task(visitor, seconds) for _ in range(turn)]
        self.queue.submit(*tasks)
        self.tasks += tasks
        return tasks

    def end(self, task: Task[str]) -> None:
        self._doors[task].set()
        assert task.result(TIMEOUT) == task.visitor

    def _task(self, visitor: str, seconds: float) -> Task[str]:
        door = threading.Event()

        def work() -> str:
            assert door.wait(TIMEOUT)
            return visitor

        task = Task(work, visitor=visitor, seconds=lambda: seconds, stop=lambda _: door.set())
        self._doors[task] = door
        return task
