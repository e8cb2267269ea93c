"""Exact checksums of arrays' bits, quick enough for each training step, and SHA-256 for the few that are shown."""

import hashlib
import sys
from collections.abc import Iterable
from typing import Any

_CHUNK = 1 << 16
_HASHED_WHOLE = 1 << 12  # bytes: to hash fewer takes no longer than the two sums
_coefficients: Any = None


def fingerprint(arrays: Iterable[Any]) -> str:
    """Sixteen hexadecimal digits of the bits, the sizes and the order of NumPy arrays.

    It is a BLAKE2b hash, of small arrays themselves, and of each chunk of a large one of two sums modulo 2**64: each
    64-bit word times an odd number of its own, and the same of the words with their bytes in reverse. A change of one
    word is always seen by both sums. A change of several is missed by a sum if their differences, so multiplied, add up
    to 0: if all are multiples of 2**k, of one in 2**(64 - k) unrelated ones. What is high in a word is low in its
    reverse, so that both sums together miss at most one in 2**58, be it of signs, rows, columns or powers of two.
    Nothing is promised of arrays that were made to collide: the odd numbers are always the same.
    """
    global _coefficients
    numpy: Any = sys.modules["numpy"]
    if _coefficients is None:
        _coefficients = odd_numbers(numpy)
    digest = hashlib.blake2b(digest_size=8)
    for array in arrays:
        if array.dtype.hasobject:
            data = numpy.frombuffer(repr(array.tolist()).encode(), numpy.uint8)
        else:
            data = numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8)
        digest.update(data.size.to_bytes(8, "little"))
        summed = data.size // 8 * 8 if data.size > _HASHED_WHOLE else 0
        words = data[:summed].view(numpy.uint64)
        for start in range(0, words.size, _CHUNK):
            chunk = words[start : start + _CHUNK]
            coefficients = _coefficients[: chunk.size]
            for sum_of in (chunk, chunk.byteswap()):
                digest.update(int(numpy.dot(sum_of, coefficients)).to_bytes(8, "little"))
        digest.update(data[summed:].data)
    return digest.hexdigest()


def odd_numbers(numpy: Any) -> Any:
    """uint64 [65536], all odd and without a pattern: SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom
    number generators", 2014) from 0. Of numbers in a progression the changes of three neighbours could add up to 0."""
    z = numpy.arange(1, _CHUNK + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return (z ^ (z >> numpy.uint64(31))) | numpy.uint64(1)


def sha256(arrays: Iterable[Any]) -> str:
    """The SHA-256 of the bytes of NumPy arrays, one after the other."""
    numpy: Any = sys.modules["numpy"]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8).data)
    return digest.hexdigest()
