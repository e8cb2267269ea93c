"""The standard input of an audit, given to each of its runs whole."""

import contextlib
import os
import stat
import subprocess
import tempfile
import threading
from typing import IO

CHUNK = 2**16


class StandardInput:
    """What stands on a file descriptor, for any number of runs. A file is opened anew by each of them, at the same
    place; what comes through a pipe is kept, and each run reads it from its beginning, also while it comes."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._ended = False
        self._more = threading.Condition()
        self._kept: IO[bytes] | None = None

    @classmethod
    def of(cls, descriptor: int) -> "StandardInput | None":
        """None if there is nothing that a run could be given: a terminal, `/dev/null`, nothing."""
        try:
            kind = os.fstat(descriptor).st_mode
        except OSError:
            return None
        return cls(descriptor) if stat.S_ISREG(kind) or stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind) else None

    def open(self) -> int:
        """What `subprocess.Popen` takes as its `stdin`: a descriptor that the caller closes, or PIPE, to be fed."""
        if self._is_file:
            with contextlib.suppress(OSError):
                opened = os.open(f"/proc/self/fd/{self._descriptor}", os.O_RDONLY | os.O_CLOEXEC)
                os.lseek(opened, os.lseek(self._descriptor, 0, os.SEEK_CUR), os.SEEK_SET)
                return opened
        return subprocess.PIPE

    def feed(self, pipe: IO[bytes]) -> None:
        """Write all of it to a run's pipe, as far as the run reads it, from a thread of its own."""
        with self._more:
            if self._kept is None:
                self._kept = tempfile.TemporaryFile()  # noqa: SIM115 — until the audit ends
                threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._write, args=(pipe,), daemon=True).start()

    def _read(self) -> None:
        assert self._kept is not None
        while True:
            try:
                data = os.read(self._descriptor, CHUNK)
            except OSError:
                data = b""
            with self._more:
                if data:
                    self._kept.seek(0, os.SEEK_END)
                    self._kept.write(data)
                self._ended = not data
                self._more.notify_all()
            if not data:
                return

    def _write(self, pipe: IO[bytes]) -> None:
        assert self._kept is not None
        at = 0
        with contextlib.suppress(OSError, ValueError):  # the run has ended, or closed it
            while True:
                with self._more:
                    self._kept.seek(at)
                    data = self._kept.read(CHUNK)
                    while not data and not self._ended:
                        self._more.wait()
                        self._kept.seek(at)
                        data = self._kept.read(CHUNK)
                if not data:
                    break
                at += len(data)
                pipe.write(data)
                pipe.flush()
        with contextlib.suppress(OSError, ValueError):
            pipe.close()
