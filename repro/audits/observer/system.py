"""The operating system's random numbers: `os.urandom`, and with it `uuid4` and `secrets`."""

import hashlib
import os
import sys
from types import FrameType
from typing import Any

from .observer import Observer, pose
from .readings import ID

# What these draw are keys of connections and names of files: a matter of their own, which no result is made of.
_OF_THEIR_OWN = frozenset({"multiprocessing", "tempfile", "asyncio", "ssl", "http", "urllib", "email"})


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    observer.hook("os.urandom", "system", lambda: _urandom(observer))


def _urandom(observer: Observer) -> None:
    original = os.urandom

    def urandom(size: int, /) -> bytes:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        if observer.local.quiet or caller.partition(".")[0] in _OF_THEIR_OWN:
            return original(size)
        name = _named(sys._getframe(1))
        observer.local.quiet += 1
        try:
            value = _drawn(observer, original, size)
            return value if name is None else bytes.fromhex(observer.readings.read(name, ID, value.hex(), None))
        finally:
            observer.local.quiet -= 1

    os.urandom = pose(urandom, original, "os")
    # `random` takes the name at its import, which may have been before ours.
    import random

    names: Any = random
    if getattr(names, "_urandom", None) is original:
        names._urandom = urandom


def _named(frame: FrameType) -> FrameType | None:
    """The frame of the function that makes up a name of what it draws, if one does: of `uuid`, or a token of
    `secrets`."""
    at: FrameType | None = frame
    for _ in range(4):
        if at is None:
            return None
        module = at.f_globals.get("__name__")
        if module == "uuid" or (module == "secrets" and at.f_code.co_name.startswith("token")):
            return at
        at = at.f_back
    return None


def _drawn(observer: Observer, original: Any, size: int) -> bytes:
    line = observer.line("system", "os.urandom", 2)
    if observer.pins_entropy("system", line.site):
        occurrence = line.count
        blocks = range(-(-size // 64))
        value = b"".join(observer.fixed("system", line.site, f"{line.what} {block}", occurrence) for block in blocks)
        value = value[:size]
    else:
        value = original(size)
    digest = int.from_bytes(hashlib.blake2b(value, digest_size=8).digest(), "big")
    number = observer.trace.draw(line, digest, False, None)
    if number is not None and len(value) <= 16:
        observer.remember(number, int.from_bytes(value, "big"))
        observer.remember(number, int.from_bytes(value, "little"))
    return value
