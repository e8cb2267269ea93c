"""Exact checksums of arrays' bits, quick enough for each training step, and SHA-256 for the few that are shown."""

import hashlib
import sys
from collections.abc import Iterable
from typing import Any

_CHUNK = 1 << 16
_ODD = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_coefficients: Any = None


def fingerprint(arrays: Iterable[Any]) -> str:
    """Sixteen hexadecimal digits of the bits, the sizes and the order of NumPy arrays.

    Each 64-bit word is multiplied by an odd number of its own and added, modulo 2**64. A change of one word is always
    seen. A change of several is missed if their differences, so multiplied, add up to 0: of unrelated ones about one in
    2**64 is, but the highest bits of two words, such as the signs of two float64 numbers, always are. The weights
    before and after a training are compared by SHA-256.
    """
    global _coefficients
    numpy: Any = sys.modules["numpy"]
    if _coefficients is None:
        _coefficients = numpy.arange(1, _CHUNK + 1, dtype=numpy.uint64) * numpy.uint64(_ODD) | numpy.uint64(1)
    total = 0
    for array in arrays:
        if array.nbytes < 8 and not array.dtype.hasobject:  # a loss: what follows would give the same, in more time
            total = (total * _ODD + array.nbytes + 1) & _MASK
            if array.nbytes:
                total = (total * _ODD + int.from_bytes(array.tobytes(), "little")) & _MASK
            continue
        if array.dtype.hasobject:
            data = numpy.frombuffer(hashlib.sha256(repr(array.tolist()).encode()).digest(), numpy.uint8)
        else:
            data = numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8)
        size = data.size
        words = data[: size // 8 * 8].view(numpy.uint64)
        total = (total * _ODD + size + 1) & _MASK
        for start in range(0, words.size, _CHUNK):
            chunk = words[start : start + _CHUNK]
            total = (total * _ODD + int(numpy.dot(chunk, _coefficients[: chunk.size]))) & _MASK
        if size % 8:
            total = (total * _ODD + int.from_bytes(data[size // 8 * 8 :].tobytes(), "little")) & _MASK
    return f"{total:016x}"


def sha256(arrays: Iterable[Any]) -> str:
    """The SHA-256 of the bytes of NumPy arrays, one after the other."""
    numpy: Any = sys.modules["numpy"]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8).data)
    return digest.hexdigest()
