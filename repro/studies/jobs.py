"""The outcomes of jobs, and the executor that does them on this machine; any other executor does them as well."""

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from repro.engine.executor import QueueExecutor
from repro.engine.job import Job
from repro.engine.launcher import Launcher, Training
from repro.engine.queue import Queue, Task
from repro.engine.run import Run
from repro.experiment.errors import RunFailedError
from repro.experiment.experiment import Experiment
from repro.records.history import History

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a finished run: its digests, SHA-256 in hex, and the accuracy on all test images at its end.
    `dropout_masks` is None without dropout."""

    initial_weights: str
    batch_order: str
    final_weights: str
    test_accuracy: np.float32
    dropout_masks: str | None = None

    @classmethod
    def of(cls, history: History) -> "Outcome":
        """That of a finished history."""
        test_accuracy = history.epochs[-1].test_accuracy
        return cls(**history.digests, test_accuracy=test_accuracy, dropout_masks=history.dropout_masks)


class Starter(Protocol):
    """What a pair needs of a launcher."""

    def start_together(self, processes: Sequence[Sequence[Run]]) -> None: ...


class Trainer(Protocol):
    """What a job needs of a launcher."""

    queue: Queue

    def train(self, runs: Sequence[Run], task: Training[Any]) -> None: ...

    def seconds(self, experiment: Experiment) -> float: ...


_turn: ContextVar[tuple[Trainer, Training[Any]]] = ContextVar("turn")
_own: list[Launcher] = []
_owning = threading.Lock()


def perform(job: Job) -> tuple[Outcome, ...]:
    """Does a job: in its turn, if the executor `Local` has called, or else, as on another machine, with a launcher that
    this process starts once and keeps. RunFailedError if a run fails, CancelledError if one is stopped."""
    runs = [Run(job.experiment) for _ in range(job.times)]
    turn = _turn.get(None)
    if turn is None:
        _own_launcher().start_together([runs])
        for run in runs:
            run.join()
    else:
        trainer, task = turn
        task.next_process(runs)
        if not task.cancel_requested:
            trainer.train(runs, task)
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
        job = next((value for value in call.args if isinstance(value, Job)), None)

        def work() -> T:
            _turn.set((self._trainer, task))  # the thread, and so its context, is this task's alone
            try:
                return call()
            finally:
                task.next_process(())

        task: Training[T] = Training(
            work,
            visitor=self._visitor,
            seconds=lambda: 0.0 if job is None else job.times * self._trainer.seconds(job.experiment),
        )
        return task
