"""Starts runs, streams their events into records, cancels them."""

import signal
import threading
from collections.abc import Callable

from repro.events import Event, decode
from repro.experiment import Experiment
from repro.processes import CAN_FORK, Interpreter, Process, Template
from repro.record import Record


class Run:
    """One training in a process of its own. A thread reads its events into `record`, from which others may read, and
    calls `watch` with each."""

    def __init__(
        self, experiment: Experiment, start: Callable[[Experiment], Process], watch: Callable[[Event], None] | None
    ) -> None:
        self.record = Record(experiment)
        self._watch = watch
        self._process: Process | None = None
        self._thread = threading.Thread(target=self._read, args=(start,), daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Stops the run, unless it has ended; its record stays."""
        if not self.record.ended:
            self.record.stopped = True
            if self._process is not None:
                self._process.kill()

    def join(self, timeout: float | None = None) -> bool:
        """Waits until the run has ended, at most `timeout` seconds; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _read(self, start: Callable[[Experiment], Process]) -> None:
        try:
            self._process = start(self.record.experiment)
            if self.record.stopped:
                self._process.kill()
            with self._process.events as events:
                for line in events:
                    self._take(decode(line))
            status = self._process.status()  # asked for in any case: a process that nobody waits for stays
            if not self.record.ended:
                self._take({"event": "failed", "message": _farewell(status)})
        except (OSError, ValueError) as error:
            if self._process is not None:
                self._process.kill()
                self._process.status()
            if not self.record.ended:
                self._take({"event": "failed", "message": f"The run could not go on: {error}"})

    def _take(self, event: Event) -> None:
        self.record.add(event)
        if self._watch is not None:
            self._watch(event)


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

    def start(
        self, experiment: Experiment, *, fresh: bool = False, watch: Callable[[Event], None] | None = None
    ) -> Run:
        """Starts a run, at once: forked from the template, or in a `fresh` interpreter. `watch` is called with each
        event, on another thread."""
        start = Interpreter if self._template is None or fresh else self._template.start
        run = Run(experiment, start, watch)
        self._runs = [known for known in self._runs if not known.record.ended] + [run]
        return run

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
