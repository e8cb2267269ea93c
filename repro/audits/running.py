"""One run of an audit: the person's script in a process of its own, limited, stopped and cleaned up as a whole."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO

from repro.experiment import machine

BEGIN = Path(__file__).with_name("begin.py")
MOST_OUTPUT = 2**20  # bytes kept of what a run printed: the first half, and the last half
LOOK_SECONDS = 0.05  # between two looks at a run
MEMORY_SECONDS = 1.0  # between two looks at its memory
ENDING_SECONDS = 0.5  # in which what a script started may end after it, as the tracker of multiprocessing does
GRACE_SECONDS = 2.0  # that a run which is ended may take before it is killed


class End(Enum):
    """How a run ended."""

    BY_ITSELF = "by itself"
    STOPPED = "stopped"  # by whoever wanted it, or because what it was to show has been seen
    TIME = "time"  # it took longer than it may
    MEMORY = "memory"  # it took more than it may


class Output:
    """What a run printed on one stream: its first and last bytes, half a megabyte each, and how many there were."""

    def __init__(self) -> None:
        self.length = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        """Adds what was printed next."""
        self.length += len(data)
        room = MOST_OUTPUT // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data[-MOST_OUTPUT // 2 :]
            del self._tail[: -MOST_OUTPUT // 2]

    @property
    def left_out(self) -> int:
        """How many bytes in the middle were not kept."""
        return self.length - len(self._head) - len(self._tail)

    @property
    def text(self) -> str:
        """What was kept."""
        middle = b"" if not self.left_out else f"\n… {self.left_out:,} bytes were not kept …\n".encode()
        return (bytes(self._head) + middle + bytes(self._tail)).decode(errors="replace")


@dataclass(frozen=True)
class Command:
    """What a run executes: the command, its working directory and environment variables, and its limits. `mark` is an
    environment variable, `NAME=value`, that only this run's processes have; `memory` is how many bytes they may
    take."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    mark: str
    seconds: float
    memory: int | None = None


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status (negative for a signal), what it printed, how long it took, and how many
    processes it left, which were killed."""

    end: End
    status: int
    out: Output
    error: Output
    seconds: float
    left_running: int
    most: int | None = None  # memory that it may take, in bytes

    @property
    def failure(self) -> str | None:
        """Why the run cannot be compared, in words; None if it can."""
        if self.end is End.BY_ITSELF and self.status == 0:
            return None
        if self.end is End.STOPPED:
            return "was stopped"
        if self.end is End.TIME:
            return f"did not end within {self.seconds:.0f} seconds, the most that a run may take"
        if self.end is End.MEMORY:
            return f"was stopped: it took more memory than one of two runs may, {(self.most or 0) / 2**30:.1f} GB"
        if self.status == -signal.SIGKILL:
            return "was killed by the system (signal 9), as happens to a process that takes too much memory"
        if self.status < 0:
            named = {one.value: f" ({one.name})" for one in signal.Signals}  # those of a person's own have no name
            return f"was ended by signal {-self.status}{named.get(-self.status, '')}"
        return f"ended with exit status {self.status}"

    @property
    def last_error(self) -> str:
        """The script's own last line of error; empty if there is none."""
        lines = [line.strip() for line in self.error.text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of the person, without those that speak to us or to Dask's workers alone."""
    return {
        name: value
        for name, value in own.items()
        if not name.startswith(("REPRO_", "STREAMLIT_")) and name != "MALLOC_TRIM_THRESHOLD_"
    }


def run(job: Command, stop: threading.Event, watch: Callable[[], bool] | None = None) -> Ended:
    """Runs a command and waits for its end; ends it early when `stop` is set or `watch`, called now and then, is true.

    The thread that calls this must live as long as the run: the system ends the run with the thread that began it.
    """
    began = time.monotonic()
    shim = [sys.executable, "-I", "-S", str(BEGIN), str(os.getpid()), *job.command]
    process = subprocess.Popen(
        shim,
        cwd=job.folder,
        env=dict(job.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    out, error = Output(), Output()
    end = End.BY_ITSELF
    looked = began
    try:
        with selectors.DefaultSelector() as selector:
            for stream, kept in ((process.stdout, out), (process.stderr, error)):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, kept)
            while process.poll() is None:
                now = time.monotonic()
                if stop.is_set() or (watch is not None and watch()):
                    end = End.STOPPED
                elif now - began > job.seconds:
                    end = End.TIME
                elif job.memory is not None and now - looked > MEMORY_SECONDS:
                    looked = now
                    if _memory(process.pid, job.mark) > job.memory:
                        end = End.MEMORY
                if end is not End.BY_ITSELF:
                    break
                if selector.get_map():
                    for key, _ in selector.select(LOOK_SECONDS):
                        if not _drain(key.fileobj, key.data, most=2**22):  # type: ignore[arg-type]
                            selector.unregister(key.fileobj)
                else:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(LOOK_SECONDS)
    finally:
        left_running = _kill(process, job.mark)
        for stream, kept in ((process.stdout, out), (process.stderr, error)):
            _drain(stream, kept)
            stream.close()
    return Ended(end, process.returncode, out, error, time.monotonic() - began, left_running, job.memory)


def _drain(stream: IO[bytes], kept: Output, most: int | None = None) -> bool:
    """Reads what a pipe holds, `most` bytes at most; whether more may come."""
    read = 0
    while most is None or read < most:
        try:
            data = os.read(stream.fileno(), 2**16)
        except BlockingIOError:
            return True
        if not data:
            return False
        read += len(data)
        kept.add(data)
    return True


def _kill(process: subprocess.Popen[bytes], mark: str) -> int:
    """Kills a run's processes, all of them; how many were left by one that had ended."""
    had_ended = process.poll() is not None
    left = [other for other in _processes(mark) if other != process.pid] if had_ended else []
    until = time.monotonic() + ENDING_SECONDS
    while left and time.monotonic() < until:
        time.sleep(0.02)
        left = [other for other in left if other in _processes(mark)]
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(5):  # one may have begun another while we looked
        others = _processes(mark)
        if not others:
            break
        for other in others:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(other, signal.SIGKILL)
        time.sleep(0.01)
    return len(left)


def _processes(mark: str) -> list[int]:
    """The processes whose environment holds `mark`; none if the system does not say (it is Linux that does)."""
    found = []
    wanted = mark.encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes():
                status = path.with_name("stat").read_text(encoding="utf-8", errors="replace")
                if status.rpartition(")")[2].split()[0] != "Z":
                    found.append(int(path.parent.name))
    return found


def _memory(process: int, mark: str) -> int:
    """The memory of a run's processes in bytes, what they share counted once; 0 if the system does not say."""
    return sum(machine.memory(other) or 0 for other in {process, *_processes(mark)})
