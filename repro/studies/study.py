"""Many runs, on this machine or on many: the outcome of each job is kept, the rest is not."""

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Executor, Future

from repro.engine.job import Job
from repro.engine.queue import Task
from repro.experiment.errors import ReproError
from repro.studies.jobs import Outcome, perform


class Study:
    """Jobs that an executor is given at once, in their order. `outcomes[n]` has those of job n once all of its runs
    have finished; `failure` is what the first run that failed said."""

    def __init__(self, executor: Executor, jobs: Sequence[Job]) -> None:
        self.jobs = tuple(jobs)
        self.outcomes: list[tuple[Outcome, ...] | None] = [None] * len(self.jobs)
        self.failure: str | None = None
        self.stopped = False
        self._lock = threading.RLock()  # a future that is cancelled calls back at once
        self._ended = threading.Event()
        if not self.jobs:
            self._ended.set()
        # Futures are dropped when they are done: a cluster would compute again what is asked for and lost.
        self._pending: dict[int, Future[tuple[Outcome, ...]]] = {}
        with self._lock:
            self._pending |= {number: executor.submit(perform, job) for number, job in enumerate(self.jobs)}
        for number, future in list(self._pending.items()):
            future.add_done_callback(lambda future, number=number: self._take(number, future))  # type: ignore[misc]

    @property
    def runs(self) -> int:
        """How many runs there are in all."""
        return sum(job.times for job in self.jobs)

    @property
    def runs_finished(self) -> int:
        """How many runs have finished, as far as is known: another machine reports it when the job is done."""
        with self._lock:
            of_pending = sum(future.runs_finished() for future in self._pending.values() if isinstance(future, Task))
            return of_pending + sum(len(outcomes) for outcomes in self.outcomes if outcomes is not None)

    @property
    def pending(self) -> list[tuple[Job, Task[tuple[Outcome, ...]]]]:
        """The jobs that run, or wait, in a queue of this process, with their tasks there; another executor has none."""
        with self._lock:
            return [(self.jobs[number], one) for number, one in self._pending.items() if isinstance(one, Task)]

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.is_set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until all jobs have ended, at most `timeout` seconds; whether they have."""
        return self._ended.wait(timeout)

    def cancel(self) -> None:
        """Stop what runs, if the executor can, and begin nothing more; the outcomes found so far stay."""
        with self._lock:
            if self.ended:
                return
            self.stopped = True
            pending = list(self._pending.values())
        for future in reversed(pending):  # what waits first, so that it does not begin
            future.cancel()

    def _take(self, number: int, future: Future[tuple[Outcome, ...]]) -> None:
        error = None if future.cancelled() else future.exception()
        with self._lock:
            del self._pending[number]
            if not future.cancelled() and error is None:
                self.outcomes[number] = future.result()
            elif self.failure is None and not self.stopped:
                self.failure = _in_words(error)
            if not self._pending:
                self._ended.set()


def _in_words(error: BaseException | None) -> str:
    if error is None:
        return "The executor cancelled it: its worker may have exited."
    line = " ".join(str(error).split())[:300]
    return line if isinstance(error, ReproError | CancelledError) else f"{type(error).__name__}: {line}"
