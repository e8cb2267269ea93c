"""How a value is walked and hashed: containers, objects, arrays; and the table of how classes are read."""

import hashlib
import marshal
import struct
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .fingerprints import fingerprint

MAX_ITEMS = 200_000  # Python objects that one digest walks
MAX_BYTES = 64 << 20  # of an array that is hashed whole; of a larger one so many, in blocks
MAX_LEVELS = 6  # of containers in containers
MAX_OBJECTS = 3  # of objects in attributes of objects
BLOCKS = 16  # parts of a long sequence that are told apart
MAX_PARTS = 64  # of any value that are told apart
SHOWN = 6  # elements
WIDTH = 120  # characters
_WHOLE = 1 << 12  # bytes that are hashed at once

_SCALARS = frozenset({int, float, bool, str, bytes, type(None), complex})
module_of = type.__dict__["__module__"].__get__
qualified_name = type.__dict__["__qualname__"].__get__
bases_of = type.__dict__["__mro__"].__get__
namespace_of = type.__dict__["__dict__"].__get__
# Classes of the standard library whose attributes are plain data of the person's.
PLAIN = frozenset(
    {
        "types.SimpleNamespace",
        "argparse.Namespace",
        "collections.UserDict",
        "collections.UserList",
        "collections.UserString",
        "fractions.Fraction",
        "uuid.UUID",
    }
)
# Whose attributes say nothing of their values, or would have to be asked for them.
OPAQUE = ("tensorflow.python.data.", "tensorflow.python.framework.func_graph", "google.protobuf.", "_repro_audit")


class Part(NamedTuple):
    """A part of a value: how it is reached from it (".weights[0]", "['loss']"), its digest, and how it looks."""

    path: str
    digest: str
    shown: str


class Digest(NamedTuple):
    """`digest`: sixteen hexadecimal digits; `shown`: the value in a few characters; `whole`: whether all of it was
    read; `parts`: some of its parts; `work`: about how many bytes were read."""

    digest: str
    shown: str
    whole: bool
    parts: tuple[Part, ...]
    work: int


class Node(NamedTuple):
    """What a value came to: the digest of it, how it looks, and some of its parts."""

    digest: bytes
    shown: str
    parts: tuple[Part, ...] = ()


WITHOUT = frozenset(
    {
        types.ModuleType,
        types.FunctionType,
        types.BuiltinFunctionType,
        types.MethodType,
        types.GetSetDescriptorType,
        types.MemberDescriptorType,
        type,
    }
)


class Walk:
    """One digest under way."""

    def __init__(self, read_variable: Callable[[Any], Any] | None) -> None:
        self.read_variable = read_variable
        self.whole = True
        self.work = 0
        self.items = 0
        self._path: set[int] = set()

    def node(self, value: Any, level: int, objects: int) -> Node:
        """The digest of a value that is so many levels, and objects, inside the one that was asked for."""
        kind = type(value)
        plain = PLAINLY.get(kind)
        if plain is not None:
            data, shown = plain(value)
            self.work += len(data) + 50
            return Node(hashed(name_of(kind).encode(), data), shown)
        if kind in WITHOUT:
            return opaque(value)
        self.items += 1
        if self.items > MAX_ITEMS or level > MAX_LEVELS:
            self.whole = False
            return opaque(value)
        if id(value) in self._path:
            return Node(hashed(b"itself"), "…")
        self._path.add(id(value))
        try:
            for base in bases_of(kind):
                handler = ROWS.get(name_of(base))
                if handler is not None:
                    return handler(self, base, value, level, objects)
            if types.ModuleType in bases_of(kind) or type in bases_of(kind):
                return opaque(value)
            return self.object(value, level, objects)
        except Exception:  # noqa: BLE001  # As another version of a library keeps its numbers elsewhere.
            self.whole = False
            return opaque(value)
        finally:
            self._path.discard(id(value))

    # Containers

    def sequence(self, name: str, values: list[Any], level: int, objects: int, brackets: str = "[]") -> Node:
        """The digest of elements in their order."""
        length = len(values)
        kinds = set(map(type, values))
        parts: list[Part] = []
        self.items += length // 16
        if kinds <= _SCALARS:
            self.work += 20 * length
            size = max(-(-length // BLOCKS), 1)
            digests = []
            for start in range(0, length, size):
                block = values[start : start + size]
                # Format 0 writes each value out, without references, which depend on who else holds it.
                digests.append(hashed(marshal.dumps(block, 0)))
                if size == 1:
                    parts.append(Part(f"[{start}]", digests[-1].hex(), scalar(block[0])))
                else:
                    parts.append(Part(f"[{start}:]", digests[-1].hex(), elements(block[:SHOWN], "[]", len(block))))
            shown = elements(values[: SHOWN + 1], brackets, length)
            return Node(hashed(name.encode(), *digests), shown, tuple(parts))
        digests = []
        shown_parts = []
        for number, value in enumerate(values):
            if self.items > MAX_ITEMS:
                self.whole = False
                break
            node = self.node(value, level + 1, objects)
            digests.append(node.digest)
            if number <= SHOWN:
                shown_parts.append(node.shown)
            if length <= BLOCKS or number % -(-length // BLOCKS) == 0:
                parts += below(f"[{number}]", node, min(length, BLOCKS))
        return Node(hashed(name.encode(), *digests), listed(shown_parts, brackets, length), tuple(parts))

    def mapping(self, name: str, pairs: list[tuple[Any, Any]], level: int, objects: int) -> Node:
        """The digest of keys and values in the order in which they are walked."""
        digests: list[bytes] = []
        parts: list[Part] = []
        shown: list[str] = []
        order = []
        for key, value in pairs:
            if self.items > MAX_ITEMS:
                self.whole = False
                break
            of_key, node = self.node(key, level + 1, objects), self.node(value, level + 1, objects)
            digests += [of_key.digest, node.digest]
            order.append(of_key.digest)
            if len(shown) <= SHOWN:
                shown.append(f"{of_key.shown}: {node.shown}")
            if len(parts) < MAX_PARTS:
                parts += below(f"[{of_key.shown}]", node, len(pairs))
        names = listed([one.split(": ")[0] for one in shown], "{}", len(pairs))
        keys = Part(" (its order)", hashed(*order).hex(), names)
        return Node(hashed(name.encode(), *digests), listed(shown, "{}", len(pairs)), (keys, *parts[:MAX_PARTS]))

    def object(self, value: Any, level: int, objects: int) -> Node:
        """The digest of an object by its attributes, as they lie in it."""
        kind = type(value)
        name = name_of(kind)
        module = str(module_of(kind))
        if module.partition(".")[0] in sys.stdlib_module_names and module != "__main__" and name not in PLAIN:
            return opaque(value)
        if name.startswith(OPAQUE):
            return opaque(value)
        if objects >= MAX_OBJECTS:
            return opaque(value)
        own = attributes(value)
        digests: list[bytes] = []
        parts: list[Part] = []
        for key, held in own:
            if self.items > MAX_ITEMS:
                self.whole = False
                break
            node = self.node(held, level + 1, objects + 1)
            digests += [key.encode("utf-8", "surrogatepass"), node.digest]
            if len(parts) < MAX_PARTS:
                parts += below(f".{key}", node, len(own))
        return Node(hashed(name.encode(), *digests), f"<{qualified_name(kind)}>", tuple(parts[:MAX_PARTS]))

    # Numbers in bulk

    def array(self, value: Any, name: str = "array") -> Node:
        """The digest of an array of NumPy's."""
        numpy: Any = sys.modules["numpy"]
        plain = value if type(value) is numpy.ndarray else numpy.ndarray.view(value, numpy.ndarray)
        if plain.dtype.hasobject:
            node = self.sequence(name, plain.reshape(-1).tolist(), 1, 1)
            return Node(hashed(repr(plain.shape).encode(), node.digest), array_in_words(plain, node.shown), node.parts)
        if plain.dtype.names:  # between its fields may lie bytes that nobody has set
            fields = [self.array(numpy.ascontiguousarray(plain[field]), field).digest for field in plain.dtype.names]
            return Node(hashed(name.encode(), repr(plain.dtype).encode(), *fields), array_in_words(plain, None))
        size = plain.nbytes
        head = f"{name} {plain.dtype.str} {plain.shape}".encode()
        parts: list[Part] = []
        self.work += min(size, MAX_BYTES)
        if size <= MAX_BYTES and plain.size > BLOCKS and plain.ndim and len(plain) > 1:
            rows = -(-len(plain) // BLOCKS)
            digests = []
            for start in range(0, len(plain), rows):
                block = plain[start : start + rows]
                digests.append(hash_of_array(block))
                parts.append(Part(f"[{start}:]", digests[-1], array_in_words(block, None)))
        elif size <= MAX_BYTES:
            digests = [hash_of_array(plain)]
        else:
            self.whole = False
            digests = [hash_of_array(block) for block in _blocks(plain)]
        return Node(hashed(head, *map(str.encode, digests)), array_in_words(plain, None), tuple(parts))

    def arrays(self, name: str, named: Iterable[tuple[str, Any]], shown: str) -> Node:
        """The digest of several values that belong together, such as the weights of a model."""
        digests: list[bytes] = []
        parts: list[Part] = []
        for path, value in named:
            node = self.node(value, 1, 1)
            digests.append(node.digest)
            if len(parts) < MAX_PARTS:
                parts.append(Part(path, node.digest.hex(), node.shown))
        return Node(hashed(name.encode(), *digests), shown, tuple(parts))


def hashed(*pieces: bytes) -> bytes:
    """Eight bytes for some pieces in their order."""
    made = hashlib.blake2b(digest_size=8)
    for piece in pieces:
        made.update(len(piece).to_bytes(8, "little"))
        made.update(piece)
    return made.digest()


def name_of(kind: type) -> str:
    """The module and name of a class."""
    return f"{module_of(kind)}.{qualified_name(kind)}" if type(module_of(kind)) is str else str(qualified_name(kind))


def opaque(value: Any) -> Node:
    """What counts by its type alone."""
    name = name_of(type(value))
    return Node(hashed(b"opaque", name.encode()), f"<{name.rpartition('.')[2]}>")


def below(path: str, node: Node, among: int) -> list[Part]:
    """A node as one of so many parts of what holds it: with some of its own, if they can be told apart."""
    inner = node.parts[: MAX_PARTS // max(among, 1)]
    return [
        *(Part(path + part.path, part.digest, part.shown) for part in inner),
        Part(path, node.digest.hex(), node.shown),
    ]


def attributes(value: Any) -> list[tuple[str, Any]]:
    """The attributes that lie in an object itself, in the order in which they were set: nothing is computed."""
    found: list[tuple[str, Any]] = []
    for base in bases_of(type(value)):
        namespace = namespace_of(base)
        held = namespace.get("__dict__")
        if type(held) in (types.GetSetDescriptorType, types.MemberDescriptorType):
            own: Any = held.__get__(value)
            if type(own) is dict:
                found += [(key, one) for key, one in list(dict.items(own)) if type(key) is str]
        for key, one in list(namespace.items()):
            if type(one) is types.MemberDescriptorType and key not in ("__weakref__", "__dict__"):
                try:
                    found.append((key, one.__get__(value)))
                except AttributeError:
                    continue
    return found


def elements(values: list[Any], brackets: str, length: int) -> str:
    """The first of so many elements, as text."""
    return listed([scalar(value) for value in values], brackets, length)


def listed(shown: list[str], brackets: str, length: int) -> str:
    """The first of so many texts, in brackets."""
    kept: list[str] = []
    for one in shown[:SHOWN]:
        if kept and sum(map(len, kept)) + len(one) > WIDTH:
            break
        kept.append(one)
    if length > len(kept):
        kept.append("…")
    if brackets == "()" and length == 1:
        kept[0] += ","
    return f"{brackets[0]}{', '.join(kept)}{brackets[1]}"[: 2 * WIDTH]


def scalar(value: Any) -> str:
    """A plain value as text; of any other that there is one."""
    plain = PLAINLY.get(type(value))
    return "…" if plain is None else plain(value)[1]


def _text(value: str) -> tuple[bytes, str]:
    shown = repr(value if len(value) <= WIDTH else value[:WIDTH] + "…")
    return value.encode("utf-8", "surrogatepass"), shown


def _bytes(value: Any) -> tuple[bytes, str]:
    kept = bytes(value)
    shown = repr(kept[:40]) + ("…" if len(kept) > 40 else "")
    return (kept if len(kept) <= _WHOLE else bytes.fromhex(hash_of_bytes(memoryview(kept)))), shown


def _integer(value: int) -> tuple[bytes, str]:
    bits = value.bit_length()
    return value.to_bytes(bits // 8 + 1, "little", signed=True), str(value) if bits < 400 else f"{bits} bits"


def _float(value: float) -> tuple[bytes, str]:
    return struct.pack("<d", value), repr(value)


PLAINLY: dict[type, Callable[[Any], tuple[bytes, str]]] = {
    int: _integer,
    bool: lambda value: (b"1" if value else b"0", repr(value)),
    float: _float,
    complex: lambda value: (_float(value.real)[0] + _float(value.imag)[0], repr(value)),
    str: _text,
    bytes: _bytes,
    bytearray: _bytes,
    type(None): lambda _: (b"", "None"),
    type(...): lambda _: (b"", "..."),
    range: lambda value: (repr(value).encode(), repr(value)),
}


def hash_of_bytes(data: memoryview) -> str:
    """Sixteen hexadecimal digits for bytes, many or few."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and data.nbytes > _WHOLE and hasattr(numpy, "frombuffer"):
        return fingerprint([numpy.frombuffer(data, numpy.uint8)])
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def hash_of_array(array: Any) -> str:
    """The same for an array of NumPy's."""
    if array.size == 0:
        return "0" * 16
    return fingerprint([array])


def _blocks(array: Any) -> Iterable[Any]:
    """Blocks of an array that is too large to be hashed whole, at equal distances from its first to its last."""
    if array.ndim == 0:
        return
    per_row = max(array.nbytes // max(len(array), 1), 1)
    rows = max((MAX_BYTES // 64) // per_row, 1)
    count = max(min(64, MAX_BYTES // (rows * per_row)), 1)
    step = max((len(array) - rows) // max(count - 1, 1), 1)
    for start in range(0, len(array), step):
        block = array[start : start + rows]
        yield from _blocks(block[0]) if block.nbytes > 2 * MAX_BYTES else [block]


def array_in_words(array: Any, shown: str | None) -> str:
    """The first numbers of an array, or what is `shown` of it, its type and shape."""
    shape = " × ".join(map(str, array.shape))
    if shown is None:
        flat = array
        while flat.ndim > 1:
            flat = flat[0] if len(flat) else flat.reshape(-1)
        head = flat.reshape(-1)[: SHOWN + 1].tolist()
        shown = listed([_number(one) for one in head], "[]", array.size)
    return f"{shown} ({array.dtype}{', ' + shape if array.ndim != 1 or array.size > SHOWN else ''})"


def _number(value: Any) -> str:
    return repr(value) if type(value) is not str else _text(value)[1]


def own_attributes(value: Any) -> dict[str, Any]:
    """The attributes that lie in an object itself."""
    return dict(attributes(value))


# The rows: a class by its module and name, and how what derives from it is read. `base` is that class itself.

Handler = Callable[[Walk, Any, Any, int, int], Node]
ROWS: dict[str, Handler] = {}


def row(*names: str) -> Callable[[Handler], Handler]:
    """Add a row to the table: how what derives from the classes of these names is read."""

    def add(handler: Handler) -> Handler:
        for name in names:
            ROWS[name] = handler
        return handler

    return add
