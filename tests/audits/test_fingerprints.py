"""The observer's checksums of arrays, against whole numbers of Python's."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.audits.observer.fingerprints import fingerprint

ODD = 0x9E3779B97F4A7C15
WORDS_AT_ONCE = 65_536


def expected(*data: bytes) -> str:
    """The checksum as its docstring has it: words times odd numbers of their own, sizes, and what is left over."""
    total = 0
    for part in data:
        total = total * ODD + len(part) + 1
        words = [int.from_bytes(part[at : at + 8], "little") for at in range(0, len(part) // 8 * 8, 8)]
        for at in range(0, len(words), WORDS_AT_ONCE):
            total = total * ODD + sum(
                word * (number * ODD % 2**64 | 1) for number, word in enumerate(words[at : at + WORDS_AT_ONCE], 1)
            )
        if rest := part[len(part) // 8 * 8 :]:
            total = total * ODD + int.from_bytes(rest, "little")
    return f"{total % 2**64:016x}"


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_it_is_the_sum_of_words_and_sizes_in_their_order(data: list[bytes]) -> None:
    assert fingerprint([np.frombuffer(part, np.uint8) for part in data]) == expected(*data)


@pytest.mark.parametrize(
    "array",
    [
        np.float32(0.1).reshape(()),
        np.array([0.5], np.float16),
        np.zeros(0, np.float32),
        np.arange(70_000, dtype=np.float64),
        np.arange(12, dtype=np.int16).reshape(3, 4).T,
        np.arange(6, dtype=np.int8).reshape(2, 3).T,
    ],
    ids=lambda array: f"{array.dtype}-{array.shape}",
)
def test_the_bytes_of_any_array_count_in_the_order_of_its_rows(array: Any) -> None:
    assert fingerprint([array]) == expected(array.tobytes())


@given(st.binary(min_size=1, max_size=40), st.data())
def test_one_flipped_bit_is_seen(data: bytes, chosen: st.DataObject) -> None:
    changed = bytearray(data)
    bit = chosen.draw(st.integers(0, 8 * len(data) - 1))
    changed[bit // 8] ^= 1 << bit % 8
    assert fingerprint([np.frombuffer(data, np.uint8)]) != fingerprint([np.frombuffer(bytes(changed), np.uint8)])
