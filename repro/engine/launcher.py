"""Starts runs in their turn, each in a process of its own, and stops those that hang."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence

from repro.engine import journal
from repro.engine.line import Line, Task
from repro.engine.pace import Pace
from repro.engine.processes import CAN_FORK, Interpreter, Process, Template
from repro.engine.request import Request
from repro.engine.run import Run, Start, read
from repro.experiment.errors import NoRoomError, RunFailedError
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS, Limits, check
from repro.records.events import Event

LOOK_SECONDS = 1.0  # between two looks for runs that hang
KILLED_SECONDS = 30.0  # that a run which was to be stopped may take to end: its template may still be importing


class Launcher:
    """Starts runs, each in a process that has trained nothing before, as many at once as `limits` allow; the others
    wait in line. Closing it ends all of them. LimitError if an environment variable's limit cannot be used."""

    def __init__(self, *, limits: Limits = LIMITS) -> None:
        check()
        self.line = Line(limits.runs_at_once, limits.line_length)
        self._limits = limits
        self._pace = Pace()
        self._template: Template | None = None
        self._runs: list[Run] = []
        self._lock = threading.Lock()  # runs are started from several threads
        self._closed = threading.Event()
        if CAN_FORK:
            with contextlib.suppress(OSError, NoRoomError):  # the first run says so, in words
                self._template = Template()
        threading.Thread(target=self._look_for_hanging, daemon=True).start()

    def start(
        self, experiment: Experiment, *, fresh: bool = False, watch: Callable[[Event], None] | None = None
    ) -> Run:
        """Starts a run: forked from the template, or in a `fresh` interpreter. `watch` is called with each event, on
        another thread."""
        (run,) = self.start_in_one_process([Run(experiment, watch)], fresh=fresh)
        return run

    def start_in_one_process(self, runs: Sequence[Run], *, fresh: bool = False, visitor: str = "") -> Sequence[Run]:
        """Starts runs of one experiment, one after the other in the same process, as when a notebook's cell is run
        again; QueueFullError, of one line, where the line is full. Whose runs they are is `visitor`'s name."""
        experiment = runs[0].history.experiment
        fresh = fresh or not CAN_FORK or bool(experiment.conditions.environment)
        start: Start = Interpreter if fresh else self._fork
        task = Task(
            visitor,
            begin=lambda: self._begin(task, runs, start),
            seconds=lambda: len(runs) * self._pace.seconds(experiment),
            activity=lambda: f"{experiment.program}: {'; then '.join(run.history.activity for run in runs)}",
        )
        for run in runs:
            run.history.waiting = "in line"
            run.task = task
            run.attach(lambda: self._give_up(task, runs))
        self.line.join(task)
        with self._lock:
            self._runs = [known for known in self._runs if not known.ended.is_set()] + [*runs]
        return runs

    def close(self) -> None:
        """Stops all runs and the template."""
        self._closed.set()
        for run in self._runs:
            run.cancel()
        with self._lock:
            if self._template is not None:
                self._template.close()

    @property
    def template(self) -> int | None:
        """The process id of the template, if there is one."""
        return None if self._template is None else self._template.process_id

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _begin(self, task: Task, runs: Sequence[Run], start: Start) -> bool:
        for run in runs:
            run.history.waiting = "" if run is runs[0] else "for the other run to end"

        def go() -> None:
            try:
                read(runs, start)
            finally:
                self.line.end(task)
            if all(run.history.finished for run in runs) and task.began is not None:
                self._pace.learn(runs[0].history.experiment, (time.monotonic() - task.began) / len(runs))
            for run in runs:
                journal.tell(task, run.history, run.comes_to())

        try:
            threading.Thread(target=go, daemon=True).start()
        except RuntimeError:
            for run in runs:
                run.fail(str(NoRoomError()))
                run.ended.set()
            return False
        return True

    def _give_up(self, task: Task, runs: Sequence[Run]) -> None:
        """Takes runs out of the line."""
        if self.line.give_up(task):
            for run in runs:
                run.history.stopped = True
                run.ended.set()

    def _fork(self, request: Request) -> Process:
        """A child of the template; of a new one where the last has ended."""
        with self._lock:
            if self._closed.is_set():
                raise RunFailedError("The program is being stopped.")
            if self._template is None or self._template.ended:
                self._template = Template()
            return self._template.start(request)

    def _look_for_hanging(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            for run in list(self._runs):
                if run.task is None or run.task.began is None or run.ended.is_set():
                    continue
                silent = time.monotonic() - max(run.task.began, run.task.last_sign)
                if silent > self._limits.seconds_without_progress and not run.history.ended:
                    run.hang()
                elif silent > KILLED_SECONDS and run.history.ended and self._template is not None:
                    self._template.end()  # it was to kill the run, and has not: it hangs itself
