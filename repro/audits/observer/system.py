"""The operating system's random numbers: `os.urandom`, and with it `uuid4` and `secrets`."""

import hashlib
import os
from typing import Any

from .observer import Observer


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    observer.hook("os.urandom", "system", lambda: _urandom(observer))


def _urandom(observer: Observer) -> None:
    original = os.urandom

    def urandom(size: int, /) -> bytes:
        if observer.local.quiet:
            return original(size)
        observer.local.quiet += 1
        try:
            return _drawn(observer, original, size)
        finally:
            observer.local.quiet -= 1

    os.urandom = urandom
    # `random` takes the name at its import, which may have been before ours.
    import random

    names: Any = random
    if getattr(names, "_urandom", None) is original:
        names._urandom = urandom


def _drawn(observer: Observer, original: Any, size: int) -> bytes:
    line = observer.line("system", "os.urandom", 2)
    if "system" in observer.pins:
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
