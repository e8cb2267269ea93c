"""What a run reports while it trains: events as lines of JSON, floats to the last bit."""

import base64
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from repro.experiment.errors import EventError

# The kinds, their fields and their meaning are listed in .github/REFERENCE.md under "Events".
Event = dict[str, Any]
Report = Callable[[Event], None]

# JSON has no word for these; the names are those of Protocol Buffers' JSON mapping, and float() reads them. Of NaN
# there are 2**24 - 2 float32: those that float() does not make of "NaN" and "-NaN" are written with their bits.
NOT_FINITE = {"inf": "Infinity", "-inf": "-Infinity", 0x7FC00000: "NaN", 0xFFC00000: "-NaN"}
NAN = re.compile(r"NaN\(0x([0-9a-f]{8})\)")


def encode(event: Event) -> str:
    """`event` as one line of JSON. A float32 goes out in the fewest digits that read back as the same float32;
    infinities as the strings "Infinity" and "-Infinity"; NaN as "NaN", "-NaN" with its sign bit set, and every other
    one with its bits, as in "NaN(0x7fc00001)"."""
    return json.dumps(plain(event), separators=(",", ":"), allow_nan=False)


def decode(line: str) -> Event:
    """The event that `encode` wrote; EventError if `line` is not one."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise EventError(f"not an event: {line[:60]!r}")
    return event


def plain(value: Any) -> Any:
    """`value` in types that JSON has: NumPy's numbers and arrays become Python's, as `encode` describes."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return value.tolist()
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.floating | float):
        if value != value:
            spelled = int(value.view(np.uint32)) if isinstance(value, np.float32) else 0x7FC00000
            return NOT_FINITE.get(spelled, f"NaN({spelled:#010x})")
        text = str(value)  # NumPy writes the shortest text that reads back as the same number
        if text in NOT_FINITE:
            return NOT_FINITE[text]
        # JSON's readers make a float64 of the text first: a few float32 are then rounded twice, to a neighbour.
        return float(text) if type(value)(float(text)) == value else float(value)
    return value.item() if isinstance(value, np.generic) else value


def float32(value: float | str) -> np.float32:
    """The float32 that `encode` wrote; ValueError if `value` is not one."""
    if isinstance(value, str) and (match := NAN.fullmatch(value)):
        return np.uint32(int(match[1], 16)).view(np.float32)
    return np.float32(float(value))


def float32_array(values: list[float | str]) -> np.ndarray:
    """The float32 [n] that `encode` wrote; ValueError if one of `values` is not one."""
    try:
        return np.array([float(value) for value in values], np.float32)
    except ValueError:
        return np.array([float32(value) for value in values], np.float32)


def pack(arrays: Iterable[np.ndarray]) -> str:
    """The bytes of float32 `arrays`, one after the other, little-endian, as base64."""
    return base64.b64encode(b"".join(array.astype("<f4").tobytes() for array in arrays)).decode()


def unpack(text: str) -> np.ndarray:
    """The float32 [n] that `pack` wrote; EventError if `text` is not one."""
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except ValueError:
        raise EventError(f"not packed float32: {text[:60]!r}") from None
