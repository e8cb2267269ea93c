"""One run of an audit: the person's script in a process of its own, limited, stopped and cleaned up as a whole."""

import contextlib
import json
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
from typing import IO, Any

from repro.audits.runs.begin import NO_LAYER, below
from repro.audits.runs.layer import BEGIN, Layer, write_job
from repro.audits.runs.standard_input import StandardInput
from repro.experiment import machine
from repro.experiment.errors import RunFailedError

MAX_OUTPUT = 2**20  # bytes kept of what a run printed: the first half, and the last half
POLL_INTERVAL = 0.05  # between two looks at a run
MEMORY_SECONDS = 1.0  # between two looks at its memory
GRACE_SECONDS = 5.0  # that a run and all it has started may take to end before they are killed from here


class LayerError(RunFailedError):
    """The system does not permit the run's layer; the words say why."""


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
        """Add what was printed next."""
        self.length += len(data)
        room = MAX_OUTPUT // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data[-MAX_OUTPUT // 2 :]
            del self._tail[: -MAX_OUTPUT // 2]

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
    """What a run executes: the command, its working directory and environment variables, and its limits. `room` is a
    folder for what is said between the run and this process; `memory` how many bytes its processes may take;
    `layer` where what it writes lies, None for where it writes it; `stdin` what it reads, None for nothing.
    `fixed_addresses`: its memory lies at the same addresses in each run."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    room: Path
    seconds: float
    memory: int | None = None
    layer: Layer | None = None
    stdin: StandardInput | None = None
    fixed_addresses: bool = False


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
    def own_status(self) -> bool:
        """Whether it ended by itself with a status of its own, as a script does that counts what has failed."""
        return self.end is End.BY_ITSELF and self.status > 0

    @property
    def last_error(self) -> str:
        """The script's own last line of error; empty if there is none."""
        lines = [line.strip() for line in self.error.text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of the person, without the one that speaks to Dask's workers alone."""
    return {name: value for name, value in own.items() if name != "MALLOC_TRIM_THRESHOLD_"}


def run(job: Command, stop: threading.Event, watch: Callable[[], bool] | None = None) -> Ended:
    """Run a command and wait for its end; end it early when `stop` is set or `watch`, called now and then, is true.
    LayerError if its layer is not permitted.

    The thread that calls this must live as long as the run: the system ends the run with the thread that began it.
    """
    began = time.monotonic()
    report = job.room / "ended.json"
    said = job.room / "job.json"
    write_job(
        said,
        command=job.command,
        folder=job.folder,
        layer=job.layer,
        report=report,
        fixed_addresses=job.fixed_addresses,
    )
    stdin = subprocess.DEVNULL if job.stdin is None else job.stdin.open()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(BEGIN), str(os.getpid()), str(said)],
        cwd=job.folder,
        env=dict(job.environment),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    if stdin >= 0:
        os.close(stdin)
    if job.stdin is not None and process.stdin is not None:
        job.stdin.feed(process.stdin)
    out, error = Output(), Output()
    streams = ((process.stdout, out), (process.stderr, error))
    try:
        with selectors.DefaultSelector() as selector:
            for stream, kept in streams:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, kept)
            end = _follow(process, selector, job, began, lambda: stop.is_set() or (watch is not None and watch()))
    finally:
        _end(process)
        for stream, kept in streams:
            _drain(stream, kept)
            stream.close()
    told = _told(report)
    if process.returncode == NO_LAYER and told.get("layer"):
        raise LayerError(str(told["layer"]))
    return Ended(end, process.returncode, out, error, time.monotonic() - began, told.get("left", 0), job.memory)


def _follow(
    process: "subprocess.Popen[bytes]",
    selector: selectors.BaseSelector,
    job: Command,
    began: float,
    stopped: Callable[[], bool],
) -> End:
    """Keep what a process prints until it ends, or is to be ended; how it ended, or why it is to be."""
    looked = began
    while process.poll() is None:
        now = time.monotonic()
        if stopped():
            return End.STOPPED
        if now - began > job.seconds:
            return End.TIME
        if job.memory is not None and now - looked > MEMORY_SECONDS:
            looked = now
            if _memory(process.pid) > job.memory:
                return End.MEMORY
        if selector.get_map():
            for key, _ in selector.select(POLL_INTERVAL):
                if not _drain(key.fileobj, key.data, most=2**22):  # type: ignore[arg-type]
                    selector.unregister(key.fileobj)
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_INTERVAL)
    return End.BY_ITSELF


def _told(report: Path) -> dict[str, Any]:
    """What begin.py says of a run; nothing if it was stopped, or has become the script."""
    try:
        told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told


def _drain(stream: IO[bytes], kept: Output, most: int | None = None) -> bool:
    """Read what a pipe holds, `most` bytes at most; whether more may come."""
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


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run with everything that it has started: begin.py does so when it is told to, and when the script ends."""
    if sys.platform == "linux":
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                for other in below(process.pid):
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(other, signal.SIGKILL)
                process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _memory(process: int) -> int:
    """The memory of a run's processes in bytes, what they share counted once; 0 if the system does not say."""
    if not Path("/proc/self").exists():
        return 0
    return sum(machine.memory(other) or 0 for other in below(process))
