"""The trace of a run as a text that a record holds: digests of all that was compared, what drew and seeded.

Records come from anybody: a text is unpacked to a limit, and what is no record of a trace is left out.
"""

import base64
import binascii
import json
import zlib

from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import (
    Birth,
    Draw,
    EndOfTraining,
    File,
    Process,
    Record,
    Seed,
    Step,
    Training,
    Variable,
    Version,
    parse,
)

KINDS = (Process, Version, Seed, Birth, Draw, Variable, Training, Step, EndOfTraining, File)
MOST_PACKED = 8 * 2**20  # characters
MOST = 256 * 2**20  # bytes of what is unpacked


def pack(trace: Trace) -> str | None:
    """The records of the script's own process; None if they are too many."""
    lines = "\n".join(json.dumps(record.to_json()) for record in trace.main if isinstance(record, KINDS))
    if len(lines) > MOST:
        return None
    text = base64.b64encode(zlib.compress(lines.encode("utf-8", "surrogatepass"))).decode()
    return text if len(text) <= MOST_PACKED else None


def unpack(text: str) -> Trace | None:
    """The trace that `pack` has packed; None if it is none."""
    try:
        unpacker = zlib.decompressobj()
        lines = unpacker.decompress(base64.b64decode(text, validate=True), MOST)
    except (zlib.error, binascii.Error, ValueError):
        return None
    if not unpacker.eof:
        return None
    records: list[Record] = []
    for line in lines.decode("utf-8", "replace").splitlines():
        record = parse(line)
        if isinstance(record, KINDS):
            records.append(record)
    return Trace.of(records) if records and isinstance(records[0], Process) else None
