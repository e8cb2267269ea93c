"""One training: started in a process, its events streamed into a record, cancelled."""

import errno
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence

from repro.engine.line import Task
from repro.engine.processes import GONE, Process
from repro.engine.request import Request
from repro.experiment.errors import EventError, NoRoomError, ReproError, TemplateGoneError
from repro.experiment.experiment import Experiment
from repro.records.events import Event, decode
from repro.records.history import History

Start = Callable[[Request], Process]
LOG = logging.getLogger("repro")
BUG_IN_WORDS = "The run could not go on because of an error in this program. The log has the details."


class Run:
    """One training. A thread reads its events into `record`, from which others may read, and calls `watch` with each
    of them. It tells its weights after the epochs in `tell_weights`, 0 being before the training. `comes_to` says, once
    the run has ended, in a word what it came to beside others, for the journal."""

    def __init__(
        self,
        experiment: Experiment,
        watch: Callable[[Event], None] | None = None,
        tell_weights: Sequence[int] = (),
        comes_to: Callable[[], str] = lambda: "",
    ) -> None:
        self.history = History(experiment)
        self.tell_weights = tuple(tell_weights)
        self.comes_to = comes_to
        self.ended = threading.Event()  # set when the record has ended and its process, if it was the last there, too
        self.task: Task | None = None  # the process it is in, or is to be in
        self.bug: Exception | None = None  # what ended it, if that is a bug of ours
        self._watch = watch
        self._kill: Callable[[], object] | None = None

    def cancel(self) -> None:
        """Stops the run, unless it has ended; its record stays. Runs to come in the same process stop with it."""
        if not self.history.ended:
            self.history.stopped = True
            self._sign()
            if self._kill is not None:
                self._kill()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until the run has ended, at most `timeout` seconds; whether it has."""
        return self.ended.wait(timeout)

    def attach(self, kill: Callable[[], object]) -> None:
        """Says what is to be called when the run is cancelled; calls it where that has happened already."""
        self._kill = kill
        if self.history.stopped:
            kill()

    def hang(self) -> None:
        """Ends the run because it has told nothing for too long."""
        self.fail("This run told nothing for too long, and was stopped. Start it again.")
        if self._kill is not None:
            self._kill()

    def take(self, event: Event) -> None:
        """Takes in one event; EventError where it is malformed."""
        self._sign()
        self.history.add(event)
        if self._watch is not None:
            self._watch(event)

    def _sign(self) -> None:
        if self.task is not None:
            self.task.last_sign = time.monotonic()

    def fail(self, message: str) -> None:
        """Ends the run, in words, unless it has ended."""
        if not self.history.ended:
            self.take({"event": "failed", "message": message})


def read(runs: Sequence[Run], start: Start) -> None:
    """Starts a process and reads its events into `runs`, which go on one after the other in it."""
    process: Process | None = None
    try:
        # Where its template ends before a run has begun, nothing is lost: it begins in the next one.
        for attempt in (1, 2):
            try:
                process = start(Request(runs[0].history.experiment, len(runs), runs[0].tell_weights))
            except TemplateGoneError:
                if attempt == 1:
                    continue
                raise
            for run in runs:
                run.attach(process.kill)
            _take_events(runs, process)
            status = process.status()  # asked for in any case: a process that nobody waits for stays
            if runs[0].history.started or runs[0].history.ended or not process.orphaned:
                break
            if attempt == 2:
                raise TemplateGoneError(GONE)
        for run in runs:
            run.fail(_farewell(status))
    except Exception as error:
        if process is not None:
            process.kill()
            process.status()
        words = _in_words(error)
        for run in runs:
            run.bug = error if words is None else None
            run.fail(words or BUG_IN_WORDS)
        if words is None:
            LOG.exception("A run could not go on")
    finally:
        for run in runs:
            run.ended.set()


def _take_events(runs: Sequence[Run], process: Process) -> None:
    number = 0
    with process.events as events:
        for line in events:
            event = decode(line)
            if event["event"] == "started" and runs[number].history.finished:
                runs[number].ended.set()
                number = min(number + 1, len(runs) - 1)
            runs[number].take(event)


def _farewell(status: int | None) -> str:
    """Why a process that said nothing at its end has ended, in words."""
    if status is None:
        return "The process of this run ended without a word. Start the pair again."
    if status == -signal.SIGKILL:
        return (
            "The process of this run was killed (signal 9). Often the machine is out of memory: close other programs."
        )
    if status < 0:
        return f"The process of this run crashed ({signal.Signals(-status).name}). Start the pair again."
    return f"The process of this run ended with status {status}. Start the pair again."


def _in_words(error: Exception) -> str | None:
    """What a run says that `error` ended; None if it is a bug of ours."""
    if isinstance(error, ReproError):
        return f"The run could not go on: {error}" if isinstance(error, EventError) else str(error)
    if not isinstance(error, OSError):
        return None
    if error.errno in (errno.EAGAIN, errno.ENOMEM):
        return str(NoRoomError())
    if error.errno == errno.ENOSPC:
        return "The disk is full. Make room on it, and start the run again."
    return f"The run could not go on: {error.strerror or error}"  # without the file's path
