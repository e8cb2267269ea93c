"""Reads large JSON from strangers without stalling the process: counted first, then parsed in pieces.

`json.loads` holds Python's global interpreter lock until it is done: for 19 MB of `[[],[],…]` that is four seconds in
which no other thread runs, for 20 MB of numbers 0.3 s. So what has too many parts is refused by counting bytes, and
the long lists of numbers, which are nearly all of a record, are cut out and parsed some thousand numbers at a time.
What is left holds the lock for about 0.1 s at most: a regular expression that looks through 20 MB.
"""

import json
import re
from typing import Any

MAX_NUMBERS = 1_250_000  # of a record: 8 lists of 150,000 steps or 10 of 115,000, and some more
MAX_QUOTES = 2 * MAX_NUMBERS  # as many as there are if every number is NaN, which is a string in a record
MAX_BRACKETS = 1000  # a record of 100 epochs has about 220
MAX_REST = 2**20  # bytes outside the lists of numbers: predictions are 20,000 of them
MAX_NUMBER = 40  # characters
NUMBERS_AT_ONCE = 5000  # a few milliseconds
BYTES_AT_ONCE = 2**16  # the same

Number = int | float | str


class UntrustedError(ValueError):
    """The bytes are no JSON, or have more parts than are read."""


def parse(data: bytes, lists: tuple[str, ...]) -> tuple[Any, list[list[Number]]]:
    """The JSON in `data`, and the flat lists of numbers and strings that stood at the keys in `lists`, in their order:
    in the JSON each stands as its place in that order. UntrustedError if `data` is no JSON, or has too many parts."""
    brackets = data.count(b"[") + data.count(b"{")
    if data.count(b",") > MAX_NUMBERS or data.count(b'"') > MAX_QUOTES or brackets > MAX_BRACKETS:
        raise UntrustedError("too many parts")
    # Inside a string a quotation mark has a backslash before it: '"loss":[' can only be a key and its list.
    cut = re.compile(rb'"(%s)":\[([^][{}]*+)\]' % b"|".join(name.encode("ascii") for name in lists))
    texts: list[bytes] = []

    def keep(match: re.Match[bytes]) -> bytes:
        texts.append(match[2])
        return b'"%s":%d' % (match[1], len(texts) - 1)

    rest = cut.sub(keep, data)
    if len(rest) > MAX_REST:
        raise UntrustedError("too large")
    return _loads(rest), [_numbers(text) for text in texts]


def _numbers(text: bytes) -> list[Number]:
    values: list[Number] = []
    start = 0
    while start <= len(text):
        comma = text.find(b",", start + BYTES_AT_ONCE)
        end = len(text) if comma == -1 else comma
        parts = text[start:end].split(b",")
        if max(map(len, parts)) > MAX_NUMBER:
            raise UntrustedError("a number is too long")
        portion = _loads(b"[%s]" % b",".join(parts))
        if len(portion) != len(parts) and text.strip():  # a comma too many, where a portion begins
            raise UntrustedError("not JSON")
        values += portion
        start = end + 1
    return values


def _loads(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise UntrustedError("not JSON") from None


def _refuse(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are Python's, not JSON's
