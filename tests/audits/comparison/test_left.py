import gzip
import io
import pickle
import struct
import zipfile
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import numpy as np
import pytest

from repro.audits.comparison.left import Left, compare
from repro.audits.comparison.output import WHOLE, Differing, Names

NAMES = Names(ids=["9b241101aa"]), Names(ids=["12345678bb"])


def compared(folder: Path, a: dict[str, bytes | None], b: dict[str, bytes | None]) -> tuple[Differing, list[str]]:
    """What `compare` says of two runs that left these files, None for those that were removed."""
    left: list[dict[str, Left]] = [{}, {}]
    for number, files in enumerate((a, b)):
        for name, data in files.items():
            at = folder / str(number) / name
            at.parent.mkdir(parents=True, exist_ok=True)
            if data is not None:
                at.write_bytes(data)
            left[number][name] = Left(f"/home/me/{name}", None if data is None else at)
    differing = Differing()
    return differing, compare(left[0], left[1], NAMES, differing)


@pytest.mark.parametrize(
    ("a", "b", "places"),
    [
        ({"x.pkl": pickle.dumps(1)}, {"x.pkl": pickle.dumps(2)}, [("x.pkl", WHOLE)]),
        ({"x.dat": b"\0\1"}, {"x.dat": b"\0\1"}, []),
        ({"log": b"a\nb\n"}, {"log": b"a\nc\n"}, [("log", 1)]),
        ({"x": None}, {"x": None}, []),
        ({"x": None}, {"x": b"kept"}, [("x", WHOLE)]),
        ({"x": b"1"}, {}, [("x", WHOLE)]),
        ({}, {"x": b"1"}, [("x", WHOLE)]),
        ({"9b241101/m.json": b"1"}, {"12345678/m.json": b"1"}, []),
        ({"9b241101/m.json": b"1"}, {"12345678/m.json": b"2"}, [("9b241101/m.json", 0)]),
        ({"tmp_xyz.py": b"1", "tmp_abc.py": b"2"}, {"tmp_uvw.py": b"2", "tmp_def.py": b"1"}, None),
        ({"at-12.txt": b"1"}, {"at-13.txt": b"1"}, [("name of at-12.txt", WHOLE)]),
    ],
)
def test_everything_that_was_left_is_compared(
    tmp_path: Path, a: dict[str, bytes | None], b: dict[str, bytes | None], places: list[tuple[str, int]] | None
) -> None:
    differing, alike = compared(tmp_path, a, b)
    if places is None:  # their names alone: what each holds has its partner
        assert all(name.startswith("name of ") for name, _ in differing.lines)
    else:
        assert list(differing.lines) == places
    assert alike == []


def zipped(year: int, value: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(zipfile.ZipInfo("config.json", (year, 1, 1, 0, 0, 0)), "{}")
        file.writestr(zipfile.ZipInfo("model.weights.h5", (year, 1, 1, 0, 0, 0)), hdf5(value))
        file.writestr(zipfile.ZipInfo("metadata.json", (year, 1, 1, 0, 0, 0)), f'{{"date_saved": "{year}"}}')
    return data.getvalue()


def hdf5(value: bytes, *, times: bool = False) -> bytes:
    data = io.BytesIO()
    with h5py.File(data, "w", track_order=times) as file:
        file.create_dataset("layer/w", data=np.frombuffer(value, np.uint8), track_times=times)
    return data.getvalue()


def event(seconds: float, value: bytes) -> bytes:
    held = b"\x09" + struct.pack("<d", seconds) + value
    return struct.pack("<Q", len(held)) + b"crc4" + held + b"crc4"


@pytest.mark.parametrize(
    ("name", "a", "same", "other"),
    [
        ("m.keras", zipped(2020, b"w"), zipped(2021, b"w"), zipped(2020, b"v")),
        ("x.gz", gzip.compress(b"a", mtime=1), gzip.compress(b"a", mtime=2), gzip.compress(b"b", mtime=1)),
        ("events.out.tfevents.1.host", event(1.5, b"loss"), event(2.5, b"loss"), event(1.5, b"more")),
        ("w.h5", hdf5(b"w"), hdf5(b"w", times=True), hdf5(b"v")),
    ],
)
def test_files_of_known_formats_that_hold_the_same_differ_in_bytes_alone(
    tmp_path: Path, name: str, a: bytes, same: bytes, other: bytes
) -> None:
    differing, alike = compared(tmp_path / "same", {name: a}, {name: same})
    assert (differing.lines, alike) == ({}, [name])
    differing, alike = compared(tmp_path / "other", {name: a}, {name: other})
    assert (list(differing.lines), alike) == ([(name, WHOLE)], [])
    differing, alike = compared(tmp_path / "damaged", {name: a}, {name: a[: len(a) // 2]})
    assert (list(differing.lines), alike) == ([(name, WHOLE)], [])
