"""The observer's checksums of arrays, against whole numbers of Python's."""

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structured import STRUCTURED, weights

from repro.audits.observer.fingerprints import fingerprint, odd_numbers

MASK = 2**64 - 1
WORDS_AT_ONCE = 65_536
HASHED_WHOLE = 4_096


def odd_number(index: int) -> int:
    """The output of SplitMix64 from 0 with this index, from 0, made odd."""
    z = (index + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31 | 1


ODD_NUMBERS = [odd_number(index) for index in range(WORDS_AT_ONCE)]


def expected(*data: bytes) -> str:
    """The checksum as its docstring has it, in whole numbers: sizes, sums of words as they are and reversed, and what
    is too small for a sum."""
    digest = hashlib.blake2b(digest_size=8)
    for part in data:
        digest.update(len(part).to_bytes(8, "little"))
        summed = len(part) // 8 * 8 if len(part) > HASHED_WHOLE else 0
        for at in range(0, summed, 8 * WORDS_AT_ONCE):
            words = [part[place : place + 8] for place in range(at, min(at + 8 * WORDS_AT_ONCE, summed), 8)]
            for order in ("little", "big"):
                numbers = (int.from_bytes(word, order) for word in words)
                total = sum(number * odd for number, odd in zip(numbers, ODD_NUMBERS, strict=False)) & MASK
                digest.update(total.to_bytes(8, "little"))
        digest.update(part[summed:])
    return digest.hexdigest()


def test_the_odd_numbers_are_those_of_splitmix64() -> None:
    """The first two outputs from 0 are in the tests of many implementations: 0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4."""
    assert ODD_NUMBERS[:2] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4 | 1]
    assert odd_numbers(np).tolist() == ODD_NUMBERS


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_it_is_the_hash_of_bytes_and_sizes_in_their_order(data: list[bytes]) -> None:
    assert fingerprint([np.frombuffer(part, np.uint8) for part in data]) == expected(*data)


@pytest.mark.parametrize("size", [4_095, 4_096, 4_097, 4_104, 8 * WORDS_AT_ONCE, 8 * WORDS_AT_ONCE + 13])
def test_larger_arrays_are_summed(size: int) -> None:
    data = np.random.RandomState(5).bytes(size)
    assert fingerprint([np.frombuffer(data, np.uint8)]) == expected(data)


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int32])
@pytest.mark.parametrize("name", STRUCTURED)
def test_structured_changes_are_seen(name: str, dtype: type) -> None:
    before = weights(dtype)
    assert before.nbytes > HASHED_WHOLE
    after = STRUCTURED[name](before)
    assert after.tobytes() != before.tobytes()
    assert fingerprint([after]) != fingerprint([before])


@given(st.lists(st.integers(0, 1_023), min_size=2, max_size=9, unique=True), st.integers(0, 63))
def test_one_bit_in_several_words_is_seen(words: list[int], bit: int) -> None:
    before = np.random.RandomState(6).randint(0, 2**63, 1_024).astype(np.uint64)
    after = before.copy()
    after[words] ^= np.uint64(1 << bit)
    assert fingerprint([after]) != fingerprint([before])
