"""Jobs, their outcomes, and the executor that does them on this machine; any other executor does them as well."""

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from repro.engine.executor import QueueExecutor
from repro.engine.launcher import Launcher
from repro.engine.queue import Queue, Task
from repro.engine.run import Run
from repro.experiment.errors import RunFailedError
from repro.experiment.experiment import Experiment
from repro.records.history import History

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """One process: the experiment, and how many times it is trained there, one after the other."""

    experiment: Experiment
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a finished run: its digests, SHA-256 in hex, and the accuracy on all test images at its end."""

    initial_weights: str
    batch_order: str
    final_weights: str
    test_accuracy: np.float32

    @classmethod
    def of(cls, record: History) -> "Outcome":
        """That of a finished record."""
        return cls(**record.digests, test_accuracy=record.epochs[-1].test_accuracy)


class Starter(Protocol):
    """What a pair needs of a launcher."""

    def start_together(self, processes: Sequence[Sequence[Run]]) -> None: ...


class Trainer(Protocol):
    """What a job needs of a launcher."""

    queue: Queue

    def train(self, runs: Sequence[Run], task: Task[Any]) -> None: ...

    def seconds(self, experiment: Experiment) -> float: ...


@dataclass
class _Place:
    """What a call that has its turn in a launcher's queue trains with, and what it trains."""

    trainer: Trainer
    task: Task[Any] | None = None
    runs: Sequence[Run] = ()
    finished: int = 0

    @property
    def runs_finished(self) -> int:
        return self.finished + sum(run.finished for run in self.runs)

    def leave(self) -> None:
        """Lets go of the runs: those of a study of 1,000 would fill the memory, and the outcomes say what they gave."""
        self.finished, self.runs = self.runs_finished, ()

    def train(self, runs: Sequence[Run]) -> None:
        assert self.task is not None
        self.runs = runs
        if self.task.cancel_requested:
            raise CancelledError
        self.trainer.train(runs, self.task)

    def stop(self, reason: str) -> None:
        for run in self.runs:
            run.stop(reason)

    def time_out(self, message: str) -> None:
        for run in self.runs:
            run.fail(message)
            run.kill()


_place: ContextVar[_Place] = ContextVar("place")
_own: list[Launcher] = []
_owning = threading.Lock()


def perform(job: Job) -> tuple[Outcome, ...]:
    """Does a job: in its turn, if the executor `Local` has called, or else, as on another machine, with a launcher that
    this process starts once and keeps. RunFailedError if a run fails, CancelledError if one is stopped."""
    runs = [Run(job.experiment) for _ in range(job.times)]
    place = _place.get(None)
    if place is not None:
        place.train(runs)
    else:
        _own_launcher().start_in_one_process(runs)
        for run in runs:
            run.join()
    if all(run.finished for run in runs):
        return tuple(Outcome.of(run.history) for run in runs)
    for run in runs:
        if run.failure is not None:
            raise RunFailedError(run.failure)
    raise CancelledError(next((run.reason for run in runs if run.reason), "The run was stopped."))


def _own_launcher() -> Launcher:
    """It ends with this process, whose end its template sees."""
    with _owning:
        if not _own:
            _own.append(Launcher())
        return _own[0]


class Local(QueueExecutor):
    """The queue of a launcher as an executor, for one visitor: each job has a turn of its own. To cancel the future of
    a job ends the job even if it has begun."""

    def __init__(self, trainer: Trainer, visitor: str = "") -> None:
        super().__init__(trainer.queue, visitor, "")
        self._trainer = trainer

    def task(self, call: "partial[T]") -> Task[T]:
        place = _Place(self._trainer)

        def work() -> T:
            _place.set(place)  # the thread, and so its context, is this task's alone
            try:
                return call()
            finally:
                place.leave()

        job = next((value for value in call.args if isinstance(value, Job)), None)
        task: Task[T] = Task(
            work,
            visitor=self._visitor,
            stop=place.stop,
            time_out=place.time_out,
            seconds=lambda: 0.0 if job is None else job.times * self._trainer.seconds(job.experiment),
            activity=lambda: "; then ".join(run.activity for run in place.runs),
            runs_finished=lambda: place.runs_finished,
        )
        place.task = task
        return task
