"""How commands print, and how they save a record."""

import contextlib
import io
import os
import stat
import sys
from pathlib import Path

from repro.experiment.errors import OutputError, RecordError


def say(text: str, end: str = "\n") -> None:
    """Print `text` to standard output at once; OutputError if that fails."""
    try:
        print(text, end=end, flush=True)
    except OSError as error:
        sys.stdout = None  # what is left in its buffer cannot be written either: Python would try at its end
        raise OutputError(error) from None


def open_standard_streams() -> None:
    """Open the null device for each standard stream that the caller has closed, as by `>&-`: the next file to be
    opened would otherwise take its number, and what a process prints would end up in it."""
    for number, mode in enumerate(("r", "w", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free: this
            setattr(sys, ("stdin", "stdout", "stderr")[number], os.fdopen(number, mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what an encoding lacks is written as an escape
            stream.reconfigure(errors="backslashreplace")


class RecordFile:
    """The file that a record is to be saved in. RecordError if there can be none; what the file held stays until the
    new record is written, and a file that is new goes again if none is."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._written = False
        self._new = not os.path.lexists(path)
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        except OSError as error:
            raise RecordError(_cannot_be_written(path, error)) from None

    def write(self, text: str) -> None:
        """Save the record; say so on standard error if that fails: what was trained is not lost with it."""
        try:
            if stat.S_ISREG(os.fstat(self._file).st_mode):
                os.ftruncate(self._file, 0)
            with os.fdopen(self._file, "w", encoding="utf-8", closefd=False) as file:
                file.write(text)
            self._written = True
        except OSError as error:
            print(f"python -m repro: {_cannot_be_written(self._path, error)}", file=sys.stderr)

    def __enter__(self) -> "RecordFile":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the writing; remove the file if it is new and nothing was written."""
        os.close(self._file)
        if self._new and not self._written:
            with contextlib.suppress(OSError):
                Path(self._path).unlink()


def _cannot_be_written(path: str, error: OSError) -> str:
    return f"the record {path!r} cannot be written: {error.strerror}"
