"""What two runs have left in files, compared: all that each has made, changed or removed, wherever it lies.

Text is compared line by line, the formats in FORMATS by what they hold, everything else byte by byte.
"""

import gzip
import hashlib
import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repro.audits.comparison.output import WHOLE, Differing, Names, aligned, difference, same

MAX_TEXT = 64 * 2**20  # bytes of a file that is compared line by line
CHUNK = 2**20


@dataclass(frozen=True)
class Left:
    """One thing that a run has left: its absolute `path`, as the run saw it; `at`, the file that now holds it, None if
    it was removed; `link`, where a symbolic link leads."""

    path: str
    at: Path | None = None
    link: str | None = None

    @property
    def state(self) -> str:
        """What it is, in a text that is the same for the same: of a file the SHA-256 of its bytes."""
        if self.link is not None:
            return f"a link to {self.link}"
        if self.at is None:
            return "removed"
        digest = hashlib.sha256()
        try:
            with self.at.open("rb") as file:
                while part := file.read(CHUNK):
                    digest.update(part)
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        return f"SHA-256 {digest.hexdigest()}"


def compare(
    a: Mapping[str, Left],
    b: Mapping[str, Left],
    names: tuple[Names, Names],
    differing: Differing,
    ignore: re.Pattern[str] | None = None,
) -> list[str]:
    """Add to `differing` what differs in what two runs left, by name; give the names of those files that differ in
    bytes alone, and not in what they hold."""
    alike = []
    for name, other in _pairs(a, b, names):
        here, there = a.get(name), b.get(other)
        if here is None or there is None:
            only = (None, other) if here is None else (name, None)
            if ignore is None or not ignore.search(name):
                told = tuple(None if one is None else "is left by this run alone" for one in only)
                differing.lines[name, WHOLE] = told[0], told[1]
            continue
        if name != other and not same(name, other, names):
            differing.lines[f"name of {name}", WHOLE] = name, other
        states = here.state, there.state
        if states[0] == states[1]:
            continue
        if here.at is not None and there.at is not None and here.link is None and there.link is None:
            texts = _text(here.at), _text(there.at)
            if texts[0] is not None and texts[1] is not None:
                difference(name, texts[0], texts[1], names, differing, ignore)
                continue
            held = _held(name, here.at), _held(name, there.at)
            if held[0] is not None and held[0] == held[1]:
                alike.append(name)
                continue
        differing.lines[name, WHOLE] = states
    return alike


def _pairs(a: Mapping[str, Left], b: Mapping[str, Left], names: tuple[Names, Names]) -> list[tuple[str, str]]:
    """The names that belong together: the same ones; those that differ in what each run has to itself; those that hold
    the same; and, in their order, those that differ in digits alone. What has no partner is paired with itself."""
    found = [(name, name) for name in a if name in b]
    here, there = [name for name in a if name not in b], [name for name in b if name not in a]

    def take(alike: Callable[[str, str], bool]) -> None:
        for name in list(here):
            other = next((other for other in there if alike(name, other)), None)
            if other is not None:
                found.append((name, other))
                here.remove(name)
                there.remove(other)

    take(lambda name, other: same(name, other, names))
    states: dict[str, str] = {}

    def state(name: str, left: Mapping[str, Left]) -> str:
        return states.setdefault(left[name].path, left[name].state)

    take(lambda name, other: _shape(name) == _shape(other) and state(name, a) == state(other, b))
    take(lambda name, other: re.sub(r"\d+", "#", name) == re.sub(r"\d+", "#", aligned(name, other, names)))
    take(lambda name, other: _shape(name) == _shape(other))
    return sorted([*found, *((name, name) for name in here), *((name, name) for name in there)])


def _shape(name: str) -> tuple[str, str]:
    path = Path(name)
    return str(path.parent), path.suffix


def _text(path: Path) -> str | None:
    try:
        if path.stat().st_size > MAX_TEXT:
            return None
        data = path.read_bytes()
        return None if b"\0" in data else data.decode()
    except (OSError, UnicodeDecodeError):
        return None


# What files hold, without what their format adds: a digest of it.


def _held(name: str, path: Path) -> str | None:
    for suffix, read in FORMATS.items():
        if name.lower().endswith(suffix) or suffix in Path(name).name:
            try:
                return hashlib.sha256(repr(read(path.read_bytes())).encode()).hexdigest()
            except Exception:  # noqa: BLE001 — it is no such file after all, or damaged: its bytes are compared
                return None
    return None


def _zip(data: bytes) -> Any:
    """The members of a zip, without their times; of a Keras model not the date on which it was saved."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for name in sorted(file.namelist()):
            held: Any = file.read(name)
            if name == "metadata.json":
                told = json.loads(held)
                told.pop("date_saved", None)
                held = told
            elif name.endswith(".h5"):
                held = _hdf5(held)
            found.append((name, held if isinstance(held, dict) else hashlib.sha256(held).hexdigest()))
    return found


def _hdf5(data: bytes) -> bytes:
    """The data sets and attributes of an HDF5 file, without the times of its objects."""
    import h5py  # type: ignore[import-untyped]  # it comes with TensorFlow

    found: list[str] = []

    def visit(name: str, held: Any) -> None:
        attributes = [(key, repr(held.attrs[key])) for key in sorted(held.attrs)]
        values = hashlib.sha256(held[()].tobytes()).hexdigest() if hasattr(held, "dtype") else ""
        found.append(f"{name} {getattr(held, 'shape', '')} {getattr(held, 'dtype', '')} {values} {attributes}")

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(visit)
    return "\n".join(found).encode()


def _gzip(data: bytes) -> bytes:
    return gzip.decompress(data)


def _events(data: bytes) -> list[bytes]:
    """The events of TensorBoard's files without the time of each: TFRecords of protocol buffers, whose first field is
    `wall_time`: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto."""
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = data[at + 12 : at + 12 + length]
        found.append(event[9:] if event[:1] == b"\x09" else event)
        at += 16 + length
    return found


FORMATS: dict[str, Callable[[bytes], Any]] = {
    ".keras": _zip,
    ".npz": _zip,
    ".zip": _zip,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".gz": _gzip,
    ".tfevents.": _events,
}
"""How files of a format are read to compare what they hold, by the end or a part of their names."""
