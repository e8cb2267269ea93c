"""The digest of a value of the person's, taken without side effects.

Nothing of the person's runs: no `__repr__`, `__eq__`, `__iter__`, property or `__getattr__` of theirs. Containers are
walked by the methods of the built-in types, objects by their `__dict__` and slots, what a library made by that
library's own read of its numbers. Whatever hands out its values only once, or makes them only when asked, is not
touched: files, sockets, generators, iterators, data sets that are read lazily. Those, and what is not known, count by
their type alone.
"""

import types
from collections.abc import Callable
from typing import Any

from . import digest_libraries, digest_python  # noqa: F401 — they fill the table of digest_walk
from .digest_walk import WITHOUT, Digest, Part, Walk, bases_of

__all__ = ["Digest", "Part", "digest"]


def digest(value: Any, read_variable: Callable[[Any], Any] | None = None) -> Digest | None:
    """The digest of a value; None of what has none: modules, functions, classes. `read_variable` reads a variable of
    TensorFlow's as an array."""
    kind = type(value)
    if kind in WITHOUT or types.ModuleType in bases_of(kind) or type in bases_of(kind):
        return None
    walk = Walk(read_variable)
    node = walk.node(value, 0, 0)
    return Digest(node.digest.hex(), node.shown, walk.whole, node.parts, walk.work)
