"""The processes that runs live in: a fresh interpreter, or a child forked from a template."""

import contextlib
import itertools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import IO, Protocol

from repro.engine import resident
from repro.engine.job import Job
from repro.experiment.conditions import DEFAULT_CONDITIONS, Conditions, variables_of_a_run
from repro.experiment.errors import NoRoomError, TemplateGoneError

# TensorFlow forks safely as long as it has run no op; Apple's libraries do not promise that.
CAN_FORK = sys.platform == "linux"
ROOT = resident.ROOT
WORKER = [sys.executable, "-m", "repro.engine.worker"]
GONE = "The process that starts runs exited. Train again; if that fails too, restart the server."
SILENT = "The process that starts runs does not respond: this machine may be overloaded. Train again later."
LAST_WORD = 5.0  # seconds that a run's exit status may come after its last event
IMPORT_SECONDS = 90.0  # that a template may take to be ready, on a busy machine
ANSWER_SECONDS = 20.0  # that it may then take to fork
LOG = logging.getLogger("repro")

# A process forks safely only if it has one thread: a lock that another holds stays locked in the child. Importing
# NumPy starts threads of OpenBLAS (https://github.com/OpenMathLib/OpenBLAS/wiki/Faq#multi-threaded). The template
# starts with this variable, and its children have that of the launcher again.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def _environment(conditions: Conditions = DEFAULT_CONDITIONS) -> dict[str, str]:
    """The environment variables that processes are started with: `variables_of_a_run` of ours, but for one that Dask
    sets for its workers. With it a training had ten times the page faults and took about a third longer: memory went
    back to the system again and again."""
    variables = variables_of_a_run(os.environ, conditions)
    return {name: value for name, value in variables.items() if name != "MALLOC_TRIM_THRESHOLD_"}


_LEFT: list[object] = []  # templates that stay: kept, or Python would warn of a process that nobody has waited for


def _started(environment: dict[str, str], stay: list[str]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A new template, and the socket to it."""
    # SEQPACKET keeps messages apart; either side sees the other's end as an empty message.
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    restored = {name: environment.get(name) for name in ONE_THREAD}
    with theirs:
        # A session of its own: Ctrl-C in the terminal reaches the launcher alone.
        process = subprocess.Popen(
            [*WORKER, "--template", str(theirs.fileno()), json.dumps(restored), *stay],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment | ONE_THREAD,
            start_new_session=True,
        )
    return process, control


def _standard_error() -> int:
    """A descriptor of where this process's errors go, for what a child prints; of nowhere, if it is closed."""
    try:
        return os.dup(2)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)


class Process(Protocol):
    """A worker process: the stream of its events, how to kill it, and how it ended."""

    events: IO[str]

    @property
    def orphaned(self) -> bool:
        """Whether the process that was to begin it, or has begun it, has ended before its time."""

    def wait_until_begun(self) -> bool:
        """Wait until there is a process; whether there is, or false if it was killed before. TemplateGoneError if
        that which was to begin it has ended or does not answer."""

    def kill(self) -> None: ...

    def status(self) -> int | None:
        """Its exit status, negative for a signal, once its events have ended; None if it is not known."""


class Interpreter:
    """A run in a fresh Python interpreter: slower to start, needed if nothing can be forked, and if environment
    variables are to be set, which libraries read when they are imported."""

    def __init__(self, job: Job) -> None:
        self._process = subprocess.Popen(
            WORKER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=_environment(job.experiment.conditions),
            text=True,
            encoding="utf-8",
            start_new_session=True,  # as below
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.events: IO[str] = self._process.stdout
        with contextlib.suppress(BrokenPipeError), self._process.stdin as requests:
            requests.write(json.dumps(job.to_json()) + "\n")

    @property
    def orphaned(self) -> bool:
        return False

    def wait_until_begun(self) -> bool:
        return True

    def kill(self) -> None:
        self._process.kill()

    def status(self) -> int | None:
        return self._process.wait()


class Fork:
    """A run in a child of the template, and what the template has reported of the child: its process id, a descriptor
    of the process, which unlike the id can mean no other process, and its exit status."""

    def __init__(self, number: int, events: IO[str], template: "Template") -> None:
        self.number, self.events = number, events
        self.killed = False
        self.process: int | None = None
        self.descriptor: int | None = None
        self.exit_status: int | None = None
        self._template = template

    @property
    def orphaned(self) -> bool:
        return self._template.ended

    def wait_until_begun(self) -> bool:
        return self._template.wait_until_begun(self)

    def kill(self) -> None:
        self._template.kill(self)

    def status(self) -> int | None:
        return self._template.status(self)


class Template:
    """The process that has imported TensorFlow and the images, and forks a child for each run; see template.py.

    The children are killed from here, not by the template: one that hangs keeps no run alive, and ends no other.
    With `stays` it is one that an earlier command has left, if that has read all as it is now, and stays for so many
    seconds after this one.
    """

    def __init__(self, *, stays: int = 0) -> None:
        self._stays = stays
        self._threads: list[str] | None = None  # once it is ready: the names of its threads
        environment = _environment()
        key = resident.key(WORKER, environment) if stays else ""
        found = resident.find(key) if stays else None
        self._process: subprocess.Popen[bytes] | resident.Found
        if found is not None:
            self._process, self._control, self._threads = found, found.control, found.threads
        else:
            self._process, self._control = _started(environment, [key, str(stays)] if stays else [])
        self._began = time.monotonic()
        self._numbers = itertools.count()
        self._children: dict[int, Fork] = {}
        self._sending = threading.Lock()
        self._closed = False
        self._ended = False
        self._hung = False
        self._news = threading.Condition()
        try:
            threading.Thread(target=self._listen, daemon=True).start()
        except RuntimeError:  # no other thread can be started
            self._process.kill()
            self._process.wait()
            raise NoRoomError from None

    def start(self, job: Job) -> Fork:
        """Ask for a child that does the job; TemplateGoneError if the template has ended."""
        ours, theirs = os.pipe()
        printed = _standard_error()
        fork = Fork(next(self._numbers), os.fdopen(ours, encoding="utf-8"), self)
        with self._news:
            self._children[fork.number] = fork
        try:
            with self._sending:
                message = json.dumps(job.to_json() | {"run": fork.number}).encode()
                socket.send_fds(self._control, [message], [theirs, printed])
        except OSError:
            fork.events.close()
            with self._news:
                del self._children[fork.number]
                self._news.wait_for(lambda: self._ended, LAST_WORD)
            raise TemplateGoneError(GONE) from None
        finally:
            os.close(theirs)
            os.close(printed)
        return fork

    def wait_until_begun(self, fork: Fork) -> bool:
        """Wait until a child exists; false if it was killed before. TemplateGoneError if the template has ended, or is
        given up, because it does not answer or has more threads than one."""

        def known() -> bool:
            return fork.killed or fork.process is not None or fork.exit_status is not None or self._ended

        with self._news:
            importing = max(self._began + IMPORT_SECONDS - time.monotonic(), ANSWER_SECONDS)
            if self._threads is None:
                self._news.wait_for(lambda: known() or self._threads is not None, importing)
            threaded = self._threads is not None and len(self._threads) != 1
            if threaded or not self._news.wait_for(known, ANSWER_SECONDS):
                self._hung = True
                fork.killed = True
                self._forget(fork)
                raise TemplateGoneError(SILENT)
            if fork.process is None and fork.exit_status is None:
                self._forget(fork)
                if not fork.killed:
                    raise TemplateGoneError(GONE)
                return False
            return True

    def kill(self, fork: Fork) -> None:
        """Kills a child; if it does not exist yet, as soon as it does."""
        with self._news:
            if fork.number in self._children:
                fork.killed = True
                if fork.exit_status is None:
                    _kill(fork.process, fork.descriptor)
                self._news.notify_all()

    def status(self, fork: Fork) -> int | None:
        """How a child ended, once its events have; waited for a moment. None if it is not known, or the child was
        killed from here."""
        with self._news:
            if fork.number not in self._children:
                return None
            wanted = not fork.killed and not self._hung
            self._news.wait_for(lambda: fork.exit_status is not None or self._ended, LAST_WORD if wanted else 0)
            self._forget(fork)
            return fork.exit_status

    def _forget(self, fork: Fork) -> None:
        """Drop a child, `_news` being held. A template that has been given up ends with the last of them."""
        del self._children[fork.number]
        if fork.descriptor is not None:
            os.close(fork.descriptor)
        if self._hung and not self._children:
            self._process.kill()

    @property
    def ended(self) -> bool:
        """Whether the template has ended: its children have, too."""
        return self._ended

    @property
    def usable(self) -> bool:
        """Whether it can be asked for another child: it has not ended, and was not given up."""
        return not self._ended and not self._hung

    @property
    def threads(self) -> list[str] | None:
        """The names of its threads, of which there should be one, once it is ready."""
        return self._threads

    @property
    def process_id(self) -> int:
        """The template's."""
        return self._process.pid

    def close(self) -> None:
        """End its children, and the template, unless it stays and is ready."""
        with self._news:
            stays = bool(self._stays) and self._threads is not None and self.usable
            self._closed = stays
            if stays:
                _LEFT.append(self._process)
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # which ends its children
        if not stays:
            self._process.kill()  # and its children with it: it may still be importing, and not listening yet
            self._process.wait()
        self._control.close()

    def _listen(self) -> None:
        try:
            while self._hear():
                pass
        except Exception:
            LOG.exception("The process that starts runs sent what cannot be read")
        with self._news:
            self._ended = True
            self._news.notify_all()
        with self._sending:
            self._control.close()
        if not self._closed:
            self._process.kill()
            self._process.wait()  # or it would stay, as a process that nobody has waited for

    def _hear(self) -> bool:
        """Handle one message of the template; false if it was the end."""
        try:
            text, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
        except OSError:
            return False
        if not text:
            return False
        news = json.loads(text)
        with self._news:
            if "threads" in news:
                self._threads = news["threads"]
            else:
                ended = "status" in news
                fork = self._children.get(news["run"])
                if fork is None:  # nobody waits for it any more
                    if not ended:
                        _kill(news["process"], descriptors[0] if descriptors else None)
                else:
                    fork.process = news.get("process", fork.process)
                    fork.exit_status = news.get("status")
                    if descriptors:
                        fork.descriptor = descriptors.pop()
                    if fork.killed and not ended:
                        _kill(fork.process, fork.descriptor)
            self._news.notify_all()
        for descriptor in descriptors:
            os.close(descriptor)
        return True


def _kill(process: int | None, descriptor: int | None) -> None:
    """Kills a process, if it exists."""
    with contextlib.suppress(ProcessLookupError):
        if descriptor is not None:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        elif process is not None:  # no descriptor was left to send
            os.kill(process, signal.SIGKILL)
