"""An audit as a file: its result, written as JSON, and read back without trusting it in anything.

The file is one JSON object: `format`, `version`, `result`, and the SHA-256 of the result.
"""

import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from repro import __version__
from repro.audits.report.facts import QUANTITIES
from repro.audits.report.result import Result
from repro.audits.runs.workspace import MAX_SHOWN
from repro.audits.sources import SOURCES
from repro.experiment.errors import RecordError

FORMAT, VERSION = "which seed matters: audit", 2
OLDER_NAMES = {"enough": "sufficient", "pairs": "all_runs", "tried": "trials", "came_to": "outcome"}  # in version 1
MAX_BYTES = 20 * 2**20
MAX_BRACKETS, MAX_COMMAS = 100_000, 300_000  # to read more stops all other threads for too long: untrusted.py
DAMAGED = "this record cannot be opened: it is damaged or was changed"


def write(result: Result) -> str:
    """The file of an audit."""
    content = result.to_record()
    return (
        json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "repro": __version__,
                "result": content,
                "sha256": _checksum(content),
            }
        )
        + "\n"
    )


def is_audit(data: bytes) -> bool:
    """Whether a file's bytes are meant to be the record of an audit."""
    return data[:100].lstrip().startswith(b'{"format": "' + FORMAT.encode())


def read(data: bytes) -> Result:
    """The audit in a file's bytes; RecordError, of one line, if it is anything but what `write` makes."""
    if len(data) > MAX_BYTES:
        raise RecordError("this record cannot be opened: it is larger than 20 MB")
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS or data.count(b",") > MAX_COMMAS:
        raise RecordError("this record cannot be opened: it holds more than is read here")
    try:
        content = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise RecordError("this record cannot be opened: it is not JSON in UTF-8, or is truncated") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise RecordError("this record cannot be opened: it is not the record of an audit")
    if content.get("version") not in (1, VERSION):
        raise RecordError(f"this record cannot be opened: it is of version {str(content.get('version'))[:20]!r}")
    held = content.get("result")
    if content.get("sha256") != _checksum(held):
        raise RecordError(DAMAGED)
    result: Result = _read(Result, _renamed(held) if content["version"] == 1 else held)
    if len(result.code or "") > MAX_SHOWN:
        raise RecordError(DAMAGED)
    first, draws = result.first_difference, result.seen.get("draws")
    named = [*([] if first is None else [first.source]), *(name for one in result.sufficient or () for name in one)]
    known = all(name is None or name in SOURCES for name in named) and isinstance(draws, dict)
    known = known and all(isinstance(count, int) for count in typing.cast(dict[str, Any], draws).values())
    quantities = [*result.differs, *([] if first is None else [first.quantity])]
    if not known or result.repeats is not (first is None) or not all(one in QUANTITIES for one in quantities):
        raise RecordError(DAMAGED)
    return result


def _renamed(value: Any) -> Any:
    """What version 1 holds, its fields called as they are now."""
    if isinstance(value, dict):
        return {OLDER_NAMES.get(name, name): _renamed(inner) for name, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value


def _checksum(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read(kind: Any, value: Any) -> Any:
    """A value of a type, from what JSON made of it; RecordError if it cannot be one."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        return _read(next(one for one in inner if one is not type(None)), value)
    if is_dataclass(kind):
        return _read_fields(kind, value)
    if origin is tuple and isinstance(value, list):
        if inner[-1] is Ellipsis:
            return tuple(_read(inner[0], one) for one in value)
        if len(inner) == len(value):
            return tuple(_read(one, held) for one, held in zip(inner, value, strict=True))
    if origin is Mapping and isinstance(value, dict):
        return value
    if (
        isinstance(kind, type)
        and origin is None
        and isinstance(value, kind)
        and isinstance(value, bool) <= (kind is bool)
    ):
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    raise RecordError(DAMAGED)


def _read_fields(kind: Any, value: Any) -> Any:
    """An object of a dataclass, from what JSON made of it."""
    if not isinstance(value, dict) or not value.keys() <= {field.name for field in fields(kind)}:
        raise RecordError(DAMAGED)
    hints = typing.get_type_hints(kind)
    try:
        return kind(**{name: _read(hints[name], held) for name, held in value.items()})
    except TypeError:
        raise RecordError(DAMAGED) from None
