"""Starts runs in their turn, each in a process of its own, and stops those that hang or take too long."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from repro.engine import journal
from repro.engine.job import Job
from repro.engine.pace import Pace
from repro.engine.processes import CAN_FORK, Interpreter, Process, Template
from repro.engine.queue import Queue, Task
from repro.engine.run import Run, read
from repro.experiment.errors import NoRoomError, RunFailedError
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS, Limits, check
from repro.history.events import Event

T = TypeVar("T")
POLL_INTERVAL = 1.0  # between two looks for runs that hang or take too long
LOG = logging.getLogger("repro")
CLOSED = "The program is shutting down."


class Training(Task[T]):
    """A task that trains: `runs` are those of its present process, and end with it."""

    def __init__(
        self, work: Callable[[], T], *, visitor: str, seconds: Callable[[], float], runs: Sequence[Run] = ()
    ) -> None:
        super().__init__(
            work,
            visitor=visitor,
            stop=self._stop_runs,
            time_out=self._fail_runs,
            seconds=seconds,
            activity=self._activity_of_runs,
            runs_finished=lambda: self._finished_before + sum(run.finished for run in self.runs),
        )
        self.runs = runs
        self._finished_before = 0

    def next_process(self, runs: Sequence[Run]) -> None:
        """Replace the runs of the last process by those of the next: the histories of 1,000 would fill the memory."""
        self._finished_before, self.runs = self.runs_finished(), runs
        if self.cancel_requested:
            self._stop_runs("")

    def _stop_runs(self, reason: str) -> None:
        for run in self.runs:
            run.stop(reason)

    def _fail_runs(self, message: str) -> None:
        for run in self.runs:
            run.fail(message)
            run.kill()

    def _activity_of_runs(self) -> str:
        activities = "; then ".join(run.activity for run in self.runs)
        return f"{self.runs[0].history.experiment.program}: {activities}" if self.runs else ""


class Launcher:
    """Starts runs, each in a process that has trained nothing before, as many at once as `limits` allow; the others
    wait in the queue. Closing it ends all of them, but for the template if it `stays`, for so many seconds, for the
    next launcher that starts as this one did. LimitError if an environment variable's limit cannot be used."""

    def __init__(self, *, limits: Limits = LIMITS, stays: int = 0) -> None:
        check()
        self.queue = Queue(limits.runs_at_once, limits.queue_length)
        self._limits, self._stays = limits, stays
        self._pace = Pace()
        self._templates: list[Template] = []  # the last is in use; of the others children are still running
        self._lock = threading.Lock()  # runs are started from several threads
        self._closed = threading.Event()
        if CAN_FORK:
            with contextlib.suppress(OSError, NoRoomError):  # the first run says so, in words
                self._templates.append(Template(stays=self._stays))
        threading.Thread(target=self._watch, daemon=True).start()

    def start(
        self, experiment: Experiment, *, fresh: bool = False, watch: Callable[[Event], None] | None = None
    ) -> Run:
        """Start a run: forked from the template, or in a `fresh` interpreter. `watch` is called with each event, on
        another thread."""
        run = Run(experiment, watch)
        self.start_together([[run]], fresh=fresh)
        return run

    def start_together(self, processes: Sequence[Sequence[Run]], *, fresh: bool = False, visitor: str = "") -> None:
        """Start processes as one turn of the visitor of this name, each for runs of one experiment, which are trained
        one after the other, as when a notebook's cell is run again. QueueFullError if too many visitors wait."""
        self.queue.submit(*(self._task(runs, fresh, visitor) for runs in processes))

    def train(self, runs: Sequence[Run], task: Task[Any], *, fresh: bool = False) -> None:
        """Train runs of one experiment in one process, now, as part of `task`, which has begun; return when they have
        ended."""
        experiment = runs[0].history.experiment
        for run in runs:
            run.task = task
        fresh = fresh or not CAN_FORK or bool(experiment.conditions.environment)
        began = time.monotonic()
        read(runs, Interpreter if fresh else self._fork)
        if all(run.finished for run in runs):
            self._pace.learn(experiment, (time.monotonic() - began) / len(runs))
        for run in runs:
            journal.write(task, run)

    def seconds(self, experiment: Experiment) -> float:
        """How long a run of `experiment` will take, about."""
        return self._pace.seconds(experiment)

    def close(self) -> None:
        """Stop all tasks and the template."""
        self._closed.set()
        self.queue.close(CLOSED)
        with self._lock:
            for template in self._templates:
                template.close()

    @property
    def template(self) -> int | None:
        """The process id of the template in use, if there is one."""
        return self._templates[-1].process_id if self._templates else None

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _task(self, runs: Sequence[Run], fresh: bool, visitor: str) -> "Training[None]":
        experiment = runs[0].history.experiment
        task: Training[None] = Training(
            lambda: self.train(runs, task, fresh=fresh),
            visitor=visitor,
            seconds=lambda: len(runs) * self.seconds(experiment),
            runs=runs,
        )

        def end(task: Task[None]) -> None:
            error = None if task.cancelled() else task.exception()
            for run in runs:
                if error is not None:
                    run.fail(str(error))
                run.over.set()

        for run in runs:
            run.task = task
        task.add_done_callback(end)  # type: ignore[arg-type]
        return task

    def _fork(self, job: Job) -> Process:
        """A child of the template; of a new one if the last has ended or was given up. A fresh interpreter if this
        system's template has threads that cannot be avoided."""
        with self._lock:
            if self._closed.is_set():
                raise RunFailedError(CLOSED)
            threads = self._templates[-1].threads if self._templates else None
            if threads is not None and len(threads) != 1:
                LOG.warning("Runs start in fresh interpreters: importing starts threads here: %s", ", ".join(threads))
                return Interpreter(job)
            if not self._templates or not self._templates[-1].usable:
                self._templates = [template for template in self._templates if not template.ended]
                self._templates.append(Template(stays=self._stays))
            return self._templates[-1].start(job)

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._closed.wait(POLL_INTERVAL):
            now = time.monotonic()
            try:
                for task in self.queue.running():
                    self._look_at(task, now, now - before)
            except Exception:
                LOG.exception("The search for runs that hang failed; it will be repeated")
            before = now

    def _look_at(self, task: Task[Any], now: float, passed: float) -> None:
        """Stop a task that hangs, or that has run for too long while others waited."""
        if now - task.last_progress > self._limits.seconds_without_progress:
            task.time_out(f"Timed out: no progress for {self._limits.seconds_without_progress} s.")
        if self.queue.others_wait(task.visitor):
            task.contended += passed
            if task.contended > self._limits.seconds_while_others_wait:
                task.cancel(
                    f"Stopped: it ran for {self._limits.seconds_while_others_wait} s while other visitors waited, the"
                    " limit of this server. Its results so far are kept."
                )
