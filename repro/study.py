"""Many runs: as many processes at once as there are cores, what each run came to kept, the rest let go."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from repro.experiment import Experiment
from repro.machine import cores
from repro.record import Record
from repro.run import Run


@dataclass(frozen=True)
class Job:
    """One process: the experiment, and how many times it is trained there, one after the other."""

    experiment: Experiment
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a finished run came to: its digests, SHA-256 in hex, and the accuracy on all test images at its end."""

    initial_weights: str
    batch_order: str
    final_weights: str
    test_accuracy: np.float32

    @classmethod
    def of(cls, record: Record) -> "Outcome":
        """That of a finished record."""
        assert record.initial_weights is not None
        assert record.batch_order is not None
        assert record.final_weights is not None
        return cls(
            initial_weights=record.initial_weights,
            batch_order=record.batch_order,
            final_weights=record.final_weights,
            test_accuracy=record.epochs[-1].test_accuracy,
        )


class Starter(Protocol):
    """What a study needs of a launcher."""

    def start_in_one_process(self, runs: Sequence[Run]) -> Sequence[Run]: ...


class Study:
    """Jobs that begin at once, `at_once` of them at a time, in their order. `outcomes[n]` has those of job n once all
    of its runs have finished; `failure` is what the first run that failed said."""

    def __init__(self, starter: Starter, jobs: Sequence[Job], *, at_once: int | None = None) -> None:
        self.jobs = tuple(jobs)
        self.outcomes: list[tuple[Outcome, ...] | None] = [None] * len(self.jobs)
        self.failure: str | None = None
        self.stopped = False
        self._starter = starter
        self._next: Iterator[int] = iter(range(len(self.jobs)))
        self._lock = threading.Lock()
        self._running: dict[int, Sequence[Run]] = {}
        count = min(at_once or cores(), len(self.jobs))
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    @property
    def runs(self) -> int:
        """How many runs there are in all."""
        return sum(job.times for job in self.jobs)

    @property
    def runs_finished(self) -> int:
        """How many runs have finished."""
        going = sum(run.record.finished for runs in list(self._running.values()) for run in runs)
        return going + sum(len(outcomes) for outcomes in self.outcomes if outcomes is not None)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return not any(thread.is_alive() for thread in self._threads)

    def join(self, timeout: float | None = None) -> bool:
        """Waits until all jobs have ended, at most `timeout` seconds for each thread; whether they have."""
        for thread in self._threads:
            thread.join(timeout)
        return self.ended

    def cancel(self) -> None:
        """Stops what runs, and begins nothing more; the outcomes found so far stay."""
        with self._lock:
            self.stopped = True
            running = list(self._running.values())
        for runs in running:
            for run in runs:
                run.cancel()

    def _work(self) -> None:
        while True:
            with self._lock:
                number = None if self.stopped else next(self._next, None)
                if number is None:
                    return
                job = self.jobs[number]
                runs = self._starter.start_in_one_process([Run(job.experiment) for _ in range(job.times)])
                self._running[number] = runs
            for run in runs:
                run.join()
            with self._lock:
                del self._running[number]
                if all(run.record.finished for run in runs):
                    self.outcomes[number] = tuple(Outcome.of(run.record) for run in runs)
                elif self.failure is None and not self.stopped:
                    self.failure = next(run.record.failure for run in runs if run.record.failure is not None)
