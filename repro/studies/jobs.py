"""Jobs, what they come to, and the executor that does them on this machine; any other executor does them as well."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, Protocol, TypeVar

import numpy as np

from repro.engine.launcher import Launcher
from repro.engine.run import Run
from repro.experiment.errors import NoRoomError, QueueFullError, RunFailedError
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.records.history import History

P = ParamSpec("P")
T = TypeVar("T")


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
    def of(cls, record: History) -> "Outcome":
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
    """What a job needs of a launcher."""

    def start_in_one_process(self, runs: Sequence[Run]) -> Sequence[Run]: ...


_starter: ContextVar[Starter] = ContextVar("starter")
_own: list[Launcher] = []
_owning = threading.Lock()


def perform(job: Job) -> tuple[Outcome, ...]:
    """Does a job, in a process that a launcher starts: that of the executor `Local`, or else, as on another machine,
    one that this process starts once and keeps. RunFailedError if a run fails, CancelledError if one is stopped."""
    starter = _starter.get(None) or _own_launcher()
    try:
        runs = starter.start_in_one_process([Run(job.experiment) for _ in range(job.times)])
    except QueueFullError as error:
        raise RunFailedError(str(error)) from None
    for run in runs:
        run.join()
    if all(run.history.finished for run in runs):
        return tuple(Outcome.of(run.history) for run in runs)
    for run in runs:
        if run.history.failure is not None:
            raise RunFailedError(run.history.failure)
    raise CancelledError("The run was stopped.")


def _own_launcher() -> Launcher:
    """It ends with this process, whose end its template sees."""
    with _owning:
        if not _own:
            _own.append(Launcher())
        return _own[0]


class LocalFuture(Future[T]):
    """Work of `Local`, and the starter of its runs: cancelling it kills them, where it goes on already."""

    def __init__(self, starter: Starter, work: Callable[[], T]) -> None:
        super().__init__()
        self._starter, self._work = starter, work
        self._runs: Sequence[Run] = ()
        self._stopped = False
        self._lock = threading.Lock()

    @property
    def runs_finished(self) -> int:
        """How many of its runs have finished."""
        return sum(run.history.finished for run in self._runs)

    def start_in_one_process(self, runs: Sequence[Run]) -> Sequence[Run]:
        with self._lock:
            if self._stopped:
                raise CancelledError
            self._runs = self._starter.start_in_one_process(runs)
        return self._runs

    def cancel(self) -> bool:
        with self._lock:
            self._stopped = True
        for run in self._runs:
            run.cancel()
        return super().cancel()

    def run(self) -> None:
        """Does the work, on this thread."""
        if not self.set_running_or_notify_cancel():
            return
        token = _starter.set(self)
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 — whoever asks for the result gets it
            self.set_exception(error)
        else:
            self.set_result(result)
        finally:
            _starter.reset(token)


class Local(Executor):
    """The executor of this machine: `at_once` pieces of work at a time, in their order, as many as go on at once
    where nothing is said. Its threads end when there is nothing left to do."""

    def __init__(self, starter: Starter, at_once: int | None = None) -> None:
        self._starter, self._at_once = starter, at_once or LIMITS.runs_at_once
        self._waiting: deque[LocalFuture[object]] = deque()
        self._going: dict[threading.Thread, LocalFuture[object] | None] = {}
        self._shut = False
        self._change = threading.Condition()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        task: LocalFuture[T] = LocalFuture(self._starter, partial(fn, *args, **kwargs))
        with self._change:
            if self._shut:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append(task)  # type: ignore[arg-type]
            if len(self._going) < self._at_once:
                thread = threading.Thread(target=self._work, daemon=True)
                self._going[thread] = None
                try:
                    thread.start()
                except RuntimeError:
                    del self._going[thread]
                    if not self._going:  # nobody is there to do it
                        self._waiting.remove(task)  # type: ignore[arg-type]
                        raise NoRoomError from None
        return task

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._change:
            self._shut = True
            tasks = [*self._going.values(), *self._waiting] if cancel_futures else []
        for task in tasks:
            if task is not None:
                task.cancel()
        with self._change:
            self._change.wait_for(lambda: not (wait and self._going))

    def _work(self) -> None:
        thread = threading.current_thread()
        while True:
            with self._change:
                if not self._waiting:
                    del self._going[thread]
                    self._change.notify_all()
                    return
                task = self._going[thread] = self._waiting.popleft()
            task.run()
