"""The processes that runs live in: a fresh interpreter, or a child forked from a template."""

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from repro.engine.request import Request
from repro.experiment.conditions import UNTOUCHED, Conditions, variables_of_a_run
from repro.experiment.errors import NoRoomError, TemplateGoneError

# TensorFlow forks safely as long as it has run no op; Apple's libraries do not promise that.
CAN_FORK = sys.platform == "linux"
WORKER = [sys.executable, "-m", "repro.engine.worker"]
ROOT = Path(__file__).resolve().parents[2]
GONE = "The process that starts runs ends at once. Start the run again; if that does not help, the server."
LAST_WORD = 5.0  # seconds that a run's exit status may come after its last event


def _environment(conditions: Conditions = UNTOUCHED) -> dict[str, str]:
    """The environment variables that processes are started with: `variables_of_a_run` of ours, but for one that Dask
    sets for its workers. Handed on to a training, it made ten times the page faults, and the training took about a
    third longer: memory went back to the system again and again."""
    variables = variables_of_a_run(os.environ, conditions)
    return {name: value for name, value in variables.items() if name != "MALLOC_TRIM_THRESHOLD_"}


class Process(Protocol):
    """A worker process: the stream of its events, how to kill it, and how it ended."""

    events: IO[str]

    @property
    def orphaned(self) -> bool:
        """Whether the process that was to begin it, or has begun it, has ended before its time."""

    def kill(self) -> None: ...

    def status(self) -> int | None:
        """Its exit status, negative for a signal, once its events have ended; None where nobody can tell."""


class Interpreter:
    """A run in a fresh Python interpreter: slower to start, needed where nothing can be forked, and where environment
    variables are to be set, which libraries read when they are imported."""

    def __init__(self, request: Request) -> None:
        self._process = subprocess.Popen(
            WORKER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=_environment(request.experiment.conditions),
            text=True,
            encoding="utf-8",
            start_new_session=True,  # as below
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.events: IO[str] = self._process.stdout
        with contextlib.suppress(BrokenPipeError), self._process.stdin as requests:
            requests.write(json.dumps(request.to_json()) + "\n")

    @property
    def orphaned(self) -> bool:
        return False

    def kill(self) -> None:
        self._process.kill()

    def status(self) -> int | None:
        return self._process.wait()


@dataclass
class Fork:
    """A run in a child of the template."""

    number: int
    events: IO[str]
    template: "Template"

    @property
    def orphaned(self) -> bool:
        return self.template.ended

    def kill(self) -> None:
        self.template.kill(self.number)

    def status(self) -> int | None:
        return self.template.status(self.number)


class Template:
    """The process that has imported TensorFlow and the images, and forks a child for each run; see template.py."""

    def __init__(self) -> None:
        # SEQPACKET keeps messages apart; either side sees the other's end as an empty message.
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # A session of its own: Ctrl-C in the terminal reaches the launcher alone.
            self._process = subprocess.Popen(
                [*WORKER, "--template", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=_environment(),
                start_new_session=True,
            )
        self._numbers = itertools.count()
        self._sending = threading.Lock()
        self._statuses: dict[int, int] = {}
        self._ended = False
        self._news = threading.Condition()
        try:
            threading.Thread(target=self._listen, daemon=True).start()
        except RuntimeError:  # no other thread can be started
            self._process.kill()
            self._process.wait()
            raise NoRoomError from None

    def start(self, request: Request) -> Fork:
        """Asks for a child that does what is asked for; TemplateGoneError where the template has ended."""
        ours, theirs = os.pipe()
        number = next(self._numbers)
        try:
            with self._sending:
                socket.send_fds(self._control, [json.dumps(request.to_json() | {"run": number}).encode()], [theirs])
        except OSError:
            os.close(ours)
            with self._news:
                self._news.wait_for(lambda: self._ended, LAST_WORD)
            raise TemplateGoneError(GONE) from None
        finally:
            os.close(theirs)
        return Fork(number, os.fdopen(ours, encoding="utf-8"), self)

    def kill(self, number: int) -> None:
        """Kills the child of run `number`, if it still lives."""
        with contextlib.suppress(OSError), self._sending:
            self._control.send(json.dumps({"kill": number}).encode())

    def status(self, number: int) -> int | None:
        """How the child of run `number` ended, waited for a moment."""
        with self._news:
            self._news.wait_for(lambda: number in self._statuses or self._ended, LAST_WORD)
            return self._statuses.pop(number, None)

    @property
    def ended(self) -> bool:
        """Whether the template has ended: its children have, too."""
        return self._ended

    @property
    def process_id(self) -> int:
        """The template's."""
        return self._process.pid

    def end(self) -> None:
        """Kills the template, and its children with it, at once: for one that no longer answers."""
        self._process.kill()

    def close(self) -> None:
        """Ends the template and its children."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._process.kill()  # and its children with it: it may still be importing, and not listening yet
        self._process.wait()
        self._control.close()

    def _listen(self) -> None:
        while True:
            try:
                text = self._control.recv(4096)
            except OSError:
                text = b""
            with self._news:
                if text:
                    news = json.loads(text)
                    self._statuses[news["run"]] = news["status"]
                else:
                    self._ended = True
                self._news.notify_all()
            if not text:
                with self._sending:
                    self._control.close()
                self._process.wait()  # or it would stay, as a process that nobody has waited for
                return
