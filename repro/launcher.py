"""Starts runs, streams their events into records, cancels them."""

import signal
import threading
from collections.abc import Callable, Sequence

from repro.events import Event, decode
from repro.experiment import Experiment
from repro.processes import CAN_FORK, Interpreter, Process, Template
from repro.record import Record
from repro.request import Request

Start = Callable[[Request], Process]


class Run:
    """One training. A thread reads its events into `record`, from which others may read, and calls `watch` with each
    of them. It tells its weights after the epochs in `tell_weights`, 0 being before the training."""

    def __init__(
        self,
        experiment: Experiment,
        watch: Callable[[Event], None] | None = None,
        tell_weights: Sequence[int] = (),
    ) -> None:
        self.record = Record(experiment)
        self.tell_weights = tuple(tell_weights)
        self.ended = threading.Event()  # set when the record has ended and its process, if it was the last there, too
        self._watch = watch
        self._kill: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Stops the run, unless it has ended; its record stays. Runs to come in the same process stop with it."""
        if not self.record.ended:
            self.record.stopped = True
            if self._kill is not None:
                self._kill()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until the run has ended, at most `timeout` seconds; whether it has."""
        return self.ended.wait(timeout)

    def attach(self, process: Process) -> None:
        """Says which process to end when the run is cancelled; ends it where that has happened already."""
        self._kill = process.kill
        if self.record.stopped:
            process.kill()

    def take(self, event: Event) -> None:
        """Takes in one event; ValueError where it is malformed."""
        self.record.add(event)
        if self._watch is not None:
            self._watch(event)

    def fail(self, message: str) -> None:
        """Ends the run, in words, unless it has ended."""
        if not self.record.ended:
            self.take({"event": "failed", "message": message})


def _read(runs: Sequence[Run], start: Start) -> None:
    """Starts a process and reads its events into `runs`, which go on one after the other in it."""
    process: Process | None = None
    try:
        process = start(Request(runs[0].record.experiment, len(runs), runs[0].tell_weights))
        for run in runs:
            run.attach(process)
        number = 0
        with process.events as events:
            for line in events:
                event = decode(line)
                if event["event"] == "started" and runs[number].record.finished:
                    runs[number].ended.set()
                    number = min(number + 1, len(runs) - 1)
                runs[number].take(event)
        status = process.status()  # asked for in any case: a process that nobody waits for stays
        for run in runs:
            run.fail(_farewell(status))
    except (OSError, ValueError) as error:
        if process is not None:
            process.kill()
            process.status()
        for run in runs:
            run.fail(f"The run could not go on: {error}")
    finally:
        for run in runs:
            run.ended.set()


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


class Launcher:
    """Starts runs, each in a process that has trained nothing before. Closing it ends all of them."""

    def __init__(self) -> None:
        self._template = Template() if CAN_FORK else None
        self._runs: list[Run] = []
        self._lock = threading.Lock()  # studies start runs from several threads

    def start(
        self, experiment: Experiment, *, fresh: bool = False, watch: Callable[[Event], None] | None = None
    ) -> Run:
        """Starts a run, at once: forked from the template, or in a `fresh` interpreter. `watch` is called with each
        event, on another thread."""
        (run,) = self.start_in_one_process([Run(experiment, watch)], fresh=fresh)
        return run

    def start_in_one_process(self, runs: Sequence[Run], *, fresh: bool = False) -> Sequence[Run]:
        """Starts runs of one experiment, one after the other in the same process, as when a notebook's cell is run
        again."""
        fresh = fresh or bool(runs[0].record.experiment.conditions.environment)
        start: Start = Interpreter if self._template is None or fresh else self._template.start
        for run in runs[1:]:
            run.record.waiting = True
        with self._lock:
            self._runs = [known for known in self._runs if not known.record.ended] + [*runs]
        threading.Thread(target=_read, args=(runs, start), daemon=True).start()
        return runs

    def close(self) -> None:
        """Stops all runs and the template."""
        for run in self._runs:
            run.cancel()
        if self._template is not None:
            self._template.close()

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
