"""A template that stays when its command has ended, for the next one, and ends by itself if none comes.

It waits on a socket in a folder that its user alone can open. The socket's name holds a key of all that a template has
read when it started: a command of another key never meets it, and starts a template of its own. One of a user's waits,
the newest. As mypy's `dmypy` does (https://mypy.readthedocs.io/en/stable/mypy_daemon.html).
"""

import contextlib
import hashlib
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from repro.experiment.machine import private_folder

ROOT = Path(__file__).resolve().parents[2]
SUFFIX = ".template"
END = b"end"  # what asks a template that waits to end
ANSWER_SECONDS = 2.0  # that one may take to answer
# From where a shell was called, which no library reads at its import.
OF_THE_SHELL = ("_", "OLDPWD", "PWD", "SHLVL")


def key(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """32 hex digits of what a template that is started now by this command with these variables reads: the interpreter,
    the files of this program and the folders of packages by size and time, the variables, and what limits a process."""
    variables = sorted((name, value) for name, value in environment.items() if name not in OF_THE_SHELL)
    beside = sorted(path.name for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir())
    own = sorted(path for path in (ROOT / "repro").rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__")
    folders = [Path(name) for name in sys.path if name and Path(name) not in (ROOT, Path.cwd())]
    files = [_state(path) for path in (*own, *folders, Path(sys.executable))]
    what = [*command, sys.version, sys.flags, variables, beside, files, _limits()]
    return hashlib.sha256(json.dumps(what).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _state(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), 0 if path.is_dir() else found.st_size, found.st_mtime_ns, found.st_ino


def _limits() -> list[object]:
    """What the system lets this process do, which its children inherit."""
    import resource

    names = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))
    group = Path("/proc/self/cgroup")
    return [
        [resource.getrlimit(getattr(resource, name)) for name in names],
        sorted(os.sched_getaffinity(0)),
        os.nice(0),
        group.read_text(encoding="utf-8") if group.exists() else "",
    ]


@dataclass
class Found:
    """A template that waited, and now belongs to this process: the socket to it, its process id, and its threads. It
    is nobody's child, and is told from others by a descriptor."""

    control: socket.socket
    pid: int
    descriptor: int
    threads: list[str]

    def kill(self) -> None:
        """End it, if it has not ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)

    def wait(self) -> None:
        """Wait until it has ended."""
        select.select([self.descriptor], [], [])


def find(wanted: str) -> Found | None:
    """The template of this key that waits, if there is one and it answers."""
    try:
        paths = sorted(private_folder().glob(f"{wanted}-*{SUFFIX}"))
    except OSError:
        return None
    return next(filter(None, map(_met, paths)), None)


def _met(path: Path) -> Found | None:
    control = _connected(path)
    if control is None:
        return None
    try:
        control.settimeout(ANSWER_SECONDS)
        threads = json.loads(control.recv(4096))["threads"]
        control.settimeout(None)
        process = _peer(control)[0]
        return Found(control, process, os.pidfd_open(process), threads)
    except (OSError, ValueError):  # it has just ended, or another command has met it
        control.close()
        return None


def _connected(path: Path) -> socket.socket | None:
    """A socket to a process of this user's that waits at `path`; what one that was killed has left is taken away."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        control.connect(str(path))
        if _peer(control)[1] == os.getuid():
            return control
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
    except OSError:
        pass
    control.close()
    return None


def _end(path: Path) -> None:
    """Have the template that waits at `path` end, and wait until it has, for a moment."""
    control = _connected(path)
    if control is not None:
        with control, contextlib.suppress(OSError):
            control.settimeout(ANSWER_SECONDS)
            control.recv(4096)  # that it is ready: what is left unread when a socket closes is an error to the other
            control.send(END)
            control.recv(4096)


def _peer(control: socket.socket) -> tuple[int, int]:
    """The process at the other end, and its user: see unix(7), SO_PEERCRED."""
    size = struct.calcsize("3i")
    process, user, _ = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return process, user


def waiting() -> list[tuple[int, float]]:
    """The process ids of this user's templates that wait, and for how many seconds each has; OSError as
    `private_folder`."""
    found = []
    for path in sorted(private_folder().glob(f"*{SUFFIX}")):
        process = int(path.stem.rpartition("-")[2])
        with contextlib.suppress(OSError):
            since = time.time() - path.stat().st_mtime
            os.kill(process, 0)
            found.append((process, max(since, 0.0)))
    return found


@dataclass(frozen=True)
class Stay:
    """How a template stays: under this key, for so many seconds."""

    key: str
    seconds: float

    def next_command(self) -> socket.socket | None:
        """Wait for the next command; the socket to it, None if none has come in time, or if this cannot be."""
        try:
            folder = private_folder()
            for other in folder.glob(f"*{SUFFIX}"):
                _end(other)
            return self._wait(folder / f"{self.key}-{os.getpid()}{SUFFIX}")
        except OSError:
            return None

    def _wait(self, path: Path) -> socket.socket | None:
        until = time.monotonic() + self.seconds
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(path))
            try:
                listener.listen()
                while (left := until - time.monotonic()) > 0:
                    listener.settimeout(left)
                    control, _ = listener.accept()
                    if _peer(control)[1] == os.getuid():
                        control.settimeout(None)
                        return control
                    control.close()
            except TimeoutError:
                pass
            finally:
                path.unlink(missing_ok=True)
        return None
