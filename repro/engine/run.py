"""One training: its state, its history, and how both follow from the events of its process."""

import errno
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from repro.engine.job import Job
from repro.engine.processes import GONE, Process
from repro.engine.queue import Task
from repro.experiment import machine
from repro.experiment.errors import EventError, NoRoomError, ReproError, TemplateGoneError
from repro.experiment.experiment import Experiment
from repro.history.events import Event, decode
from repro.history.history import History
from repro.history.state import NEXT, State

Start = Callable[[Job], Process]
LOG = logging.getLogger("repro")
BUG_IN_WORDS = "The run ended because of an error in this program. The log has the details."


class Run:
    """One training. A thread reads its events into `history`, from which others may read, and calls `watch` with each
    of them. It reports its weights after the epochs in `report_weights`, 0 being before the training. `outcome` gives
    that of its pair in a word, once the run has ended, for the journal. `task` is its place in the queue.
    """

    def __init__(
        self,
        experiment: Experiment,
        watch: Callable[[Event], None] | None = None,
        report_weights: Sequence[int] = (),
        outcome: Callable[[], str] = lambda: "",
    ) -> None:
        self.history = History(experiment)
        self.report_weights = tuple(report_weights)
        self.outcome = outcome
        self.task: Task[Any] | None = None
        self.bug: Exception | None = None  # what ended it, if that is a bug of ours
        self.over = threading.Event()  # set once it has ended and its process, if it was the last there, has too
        self._watch = watch
        self._kill: Callable[[], object] | None = None
        self._state = State.WAITING
        self._reason = ""
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """Where the run is."""
        return self._state

    @property
    def ended(self) -> bool:
        """Whether nothing more will come: the run has finished, failed or was stopped."""
        return self._state.ended

    @property
    def finished(self) -> bool:
        """Whether the run reached its end."""
        return self._state is State.FINISHED

    @property
    def failure(self) -> str | None:
        """Why the run failed, a line; None if it did not."""
        return self._reason if self._state is State.FAILED else None

    @property
    def reason(self) -> str:
        """Why the run failed or was stopped, a line; empty if it did neither, or if a person stopped it."""
        return self._reason

    @property
    def activity(self) -> str:
        """What the run is doing, in words."""
        history = self.history
        if self._state is State.WAITING:
            behind = self.task is not None and self.task.began is not None
            return "waiting for the other run to end" if behind else "waiting in the queue"
        if self._state is State.STOPPED:
            return f"stopped at step {history.steps_done:,}"
        if self._state is not State.RUNNING:
            return str(self._state.value)
        if history.initial_weights is None:
            return "reading images"
        if history.steps_done == history.experiment.steps_per_epoch * (len(history.epochs) + 1):
            return f"testing after epoch {len(history.epochs) + 1}"
        return f"step {history.steps_done:,} of {history.experiment.total_steps:,}"

    def begin(self) -> bool:
        """Note that the run's turn has come; whether it is still wanted."""
        with self._lock:
            if not self.ended:
                self._move(State.STARTING)
            return not self.ended

    def take(self, event: Event) -> None:
        """Handle one event; EventError if it is malformed. What comes after the run's end is dropped."""
        if self.task is not None:
            self.task.note_progress()
        with self._lock:
            if self.ended:
                return
            kind = event["event"]
            if kind == "failed":
                self._move(State.FAILED, str(event.get("message", "")))
            elif kind != "started" and self._state is not State.RUNNING:
                raise EventError(f"event {kind!r} came before the run had started")
            else:
                self.history.add(event)
                if kind == "started":
                    self._move(State.RUNNING)
                elif kind == "finished":
                    self._move(State.FINISHED)
        if self._watch is not None:
            self._watch(event)

    def fail(self, message: str) -> None:
        """End the run with a message, unless it has ended."""
        self.take({"event": "failed", "message": message})

    def stop(self, reason: str = "") -> None:
        """End the run, unless it has ended, and kill its process; its history stays."""
        with self._lock:
            if not self.ended:
                self._move(State.STOPPED, reason)
        self.kill()

    def cancel(self, reason: str = "") -> None:
        """Stop the run, unless it has ended, and the other runs of its process that have not."""
        if self.ended:
            return
        if self.task is None:
            self.stop(reason)
        else:
            self.task.cancel(reason)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended, at most `timeout` seconds; whether it has."""
        return self.over.wait(timeout)

    def attach(self, kill: Callable[[], object]) -> None:
        """Say how to kill the run's process; do so at once if the run has ended already."""
        self._kill = kill
        if self.ended:
            kill()

    def kill(self) -> None:
        """Kills the run's process, if it has one."""
        if self._kill is not None:
            self._kill()

    def _move(self, state: State, reason: str = "") -> None:
        """Change the state, the lock being held: here alone."""
        assert state in NEXT[self._state], (self._state, state)
        self._reason = reason
        self._state = state


def read(runs: Sequence[Run], start: Start) -> None:
    """Start a process and read its events into `runs`, which take turns in it, one after the other."""
    started: list[Process] = []
    try:
        if not runs[0].begin():
            return
        words = _exit_in_words(_follow(runs, start, started))
        for run in runs:
            run.fail(words)
    except Exception as error:
        for process in started[-1:]:
            process.kill()
            process.events.close()
            process.status()
        message = _in_words(error)
        for run in runs:
            run.bug = error if message is None else None
            run.fail(message or BUG_IN_WORDS)
        if message is None:
            LOG.exception("A run ended because of an error in this program")
    finally:
        for run in runs:
            run.over.set()


def _follow(runs: Sequence[Run], start: Start, started: list[Process]) -> int | None:
    """Start a process, which `started` then holds, and take its events; its exit status, None if it was killed before
    it began. If its template ends before a run has begun, nothing is lost: it begins in the next one."""
    for attempt in (1, 2):
        try:
            process = start(Job(runs[0].history.experiment, len(runs), runs[0].report_weights))
            started.append(process)
            for run in runs:
                run.attach(process.kill)
            begun = process.wait_until_begun()
        except TemplateGoneError:
            for process in started:
                process.events.close()
            if attempt == 1:
                continue
            raise
        if not begun:  # it was killed before
            process.events.close()
            return None
        _take_events(runs, process)
        status = process.status()  # asked for in any case: a process that nobody waits for stays
        if runs[0].state is not State.STARTING or not process.orphaned:
            return status
    raise TemplateGoneError(GONE)


def _take_events(runs: Sequence[Run], process: Process) -> None:
    number = 0
    with process.events as events:
        for line in events:
            if not line.endswith("\n"):
                return  # its process was killed as it wrote
            event = decode(line)
            if event["event"] == "started" and runs[number].finished:
                runs[number].over.set()
                number = min(number + 1, len(runs) - 1)
            runs[number].take(event)


def _exit_in_words(status: int | None) -> str:
    """Why a process exited that reported no end of its run, in words."""
    again = machine.memory_advice() or "Train again."
    if status is None:
        return f"The worker process exited unexpectedly. {again}"
    if status == -signal.SIGKILL:
        return (
            "The worker process was killed (signal 9). Often the machine is out of memory:"
            f" {machine.memory_advice() or 'close other programs.'}"
        )
    if status < 0:
        return f"The worker process crashed ({signal.Signals(-status).name}). {again}"
    return f"The worker process exited with status {status}. {again}"


def _in_words(error: Exception) -> str | None:
    """What a run says that `error` ended; None if it is a bug of ours."""
    if isinstance(error, ReproError):
        return f"Unexpected output of the worker process: {error}" if isinstance(error, EventError) else str(error)
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.EAGAIN, errno.ENOMEM):
        return str(NoRoomError())
    if error.errno == errno.ENOSPC:
        return "The disk is full. Free some space, and train again."
    return f"The worker process could not be started: {error.strerror or error}"  # without the file's path
