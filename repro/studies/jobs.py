"""The outcomes of jobs, and the executor that does them on this machine; any other executor does them as well."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any, Protocol, TypeVar

import numpy as np

from repro.engine.executor import QueueExecutor
from repro.engine.job import Job
from repro.engine.launcher import Launcher, Training
from repro.engine.queue import Queue, Task
from repro.engine.run import Run
from repro.experiment.errors import RunFailedError
from repro.experiment.experiment import Experiment
from repro.history.history import History
from repro.verdicts.verdict import digest_of_all

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a finished run: its digests, SHA-256 in hex, and the accuracy on all test images at its end.
    `training` is the digest of all that a pair is compared in, `distinct_orders` how many orders of batches its epochs
    had; `dropout_masks` is None without dropout."""

    initial_weights: str
    batch_order: str
    final_weights: str
    training: str
    distinct_orders: int
    test_accuracy: np.float32
    dropout_masks: str | None = None

    @classmethod
    def of(cls, history: History) -> "Outcome":
        """That of a finished history."""
        test_accuracy = history.epochs[-1].test_accuracy
        return cls(
            **history.digests,
            training=digest_of_all(history),
            distinct_orders=history.distinct_orders,
            test_accuracy=test_accuracy,
            dropout_masks=history.dropout_masks,
        )


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
    """Do a job: in its turn, if the executor `Local` has called, or else, as on another machine, with a launcher that
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
    a job ends the job even if it has begun. How long a job takes is estimated from those of its size that it has done,
    before the first from what the trainer knows."""

    def __init__(self, trainer: Trainer, visitor: str = "") -> None:
        super().__init__(trainer.queue, visitor, "")
        self._trainer = trainer
        self._taken: dict[tuple[int, int], list[float]] = {}  # by training steps and runs

    def task(self, call: "partial[T]") -> Task[T]:
        job = next((value for value in call.args if isinstance(value, Job)), None)

        def work() -> T:
            _turn.set((self._trainer, task))  # the thread, and so its context, is this task's alone
            try:
                result = call()
            finally:
                task.next_process(())
            if job is not None and task.began is not None:
                self._taken.setdefault(_size(job), []).append(time.monotonic() - task.began)
            return result

        task: Training[T] = Training(work, visitor=self._visitor, seconds=lambda: self._estimate(job))
        return task

    def _estimate(self, job: Job | None) -> float:
        if job is None:
            return 0.0
        taken = self._taken.get(_size(job))
        return median(taken) if taken else job.times * self._trainer.seconds(job.experiment)


def _size(job: Job) -> tuple[int, int]:
    return job.experiment.total_steps, job.times
