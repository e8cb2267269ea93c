"""How values of Python's own classes are read: rows of the table in digest_walk."""

# ruff: noqa: ARG001  # each row of the table takes the same arguments

import types
from typing import Any

from .digest_walk import (
    PLAINLY,
    SHOWN,
    Node,
    Walk,
    elements,
    hashed,
    name_of,
    opaque,
    own_attributes,
    qualified_name,
    row,
)


@row("builtins.list")
def _list(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.sequence(name_of(type(value)), list.copy(value), level, objects)


@row("builtins.tuple")
def _tuple(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.sequence(name_of(type(value)), list(tuple.__iter__(value)), level, objects, "()")


@row("builtins.set", "builtins.frozenset", "collections.deque")
def _walked(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    brackets = "[]" if base.__name__ == "deque" else "{}"
    return walk.sequence(name_of(type(value)), list(base.__iter__(value)), level, objects, brackets)


@row("collections.OrderedDict", "builtins.dict")
def _dict(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    return walk.mapping(name_of(type(value)), list(base.items(value)), level, objects)


@row("builtins.dict_keys", "builtins.dict_values", "builtins.dict_items")
def _view(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    if type(value.mapping) is not types.MappingProxyType:
        return opaque(value)
    return walk.sequence(name_of(base), list(base.__iter__(value)), level, objects)


@row("enum.Enum")
def _enum(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    held = own_attributes(value).get("_value_")
    node = walk.node(held, level + 1, objects)
    shown = f"<{qualified_name(type(value))}: {node.shown}>"
    return Node(hashed(name_of(type(value)).encode(), node.digest), shown)


@row("builtins.int", "builtins.float", "builtins.str", "builtins.bytes", "builtins.complex")
def _derived(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    """A subclass of a plain type, NumPy's float64 among them, without its own methods."""
    if base is int:
        plain: Any = int.__int__(value)
    elif base is float:
        plain = float.__float__(value)
    elif base is complex:
        plain = complex.__add__(value, 0)
    else:
        plain = base.__getitem__(value, slice(None)) if base is not bytes else bytes.__add__(value, b"")
        plain = base.__str__(value) if base is str and type(plain) is not str else plain
    data, shown = PLAINLY[base](plain)
    return Node(hashed(name_of(type(value)).encode(), data), shown)


@row("datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "decimal.Decimal")
def _written(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    text = base.__str__(value) if base.__name__ != "datetime" else base.isoformat(value)
    return Node(hashed(name_of(type(value)).encode(), str(text).encode()), str(text))


@row("pandas._libs.tslibs.timestamps._Timestamp", "pandas._libs.tslibs.timedeltas._Timedelta")
def _of_pandas(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    held = f"{base._value.__get__(value)} {base._creso.__get__(value)}"  # the number of a unit of time, and that unit
    return Node(hashed(name_of(type(value)).encode(), held.encode()), str(base.isoformat(value)))


@row("pathlib.PurePath")
def _path(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    text = base.__str__(value)
    return Node(hashed(b"path", text.encode("utf-8", "surrogatepass")), repr(text))


@row("array.array")
def _array_array(walk: Walk, base: Any, value: Any, level: int, objects: int) -> Node:
    data = base.tobytes(value)
    shown = elements(base.tolist(value[: SHOWN + 1]), "[]", len(value))
    return Node(hashed(value.typecode.encode(), data), shown)
