"""Fingerprints and digests: exact checksums, against Python's whole numbers and hashlib."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from repro.programs.fingerprint import (
    _multipliers,
    as_53_bits,
    batch_fingerprint,
    digest,
    example_fingerprints,
    weights_fingerprint,
)

SHAPES = ((5, 3), (3,), (3, 2), (2,))  # of the weights of a small network


def network() -> list[np.ndarray]:
    numbers = np.random.RandomState(1)
    return [numbers.normal(size=shape).astype(np.float32) for shape in SHAPES]


def spelled(array: np.ndarray) -> np.ndarray:
    """The bits of a float32 array, as a view."""
    return array.view(np.uint32)


def fingerprint(weights: list[np.ndarray]) -> int:
    return int(as_53_bits(weights_fingerprint([tf.constant(weight) for weight in weights]))[0])


def hash_of(row: list[int]) -> int:
    """TensorFlow's hash of whole numbers below 2**32, its first 53 bits."""
    eight_bytes = tf.fingerprint(np.array([row], np.uint32).view(np.int32)).numpy().tobytes()
    return int.from_bytes(eight_bytes, "little") >> 11


def test_weights_fingerprint_hashes_the_bits_of_vectors_and_the_columns_sums_of_matrices() -> None:
    weights = network()
    row: list[int] = []
    for weight in weights:
        if weight.ndim == 1:
            row += spelled(weight).tolist()
        else:
            factors = _multipliers(len(weight)).view(np.uint32)[0].tolist()
            for column in spelled(weight).T.tolist():
                row.append(sum(factor * bits for factor, bits in zip(factors, column, strict=True)) % 2**32)
    assert fingerprint(weights) == hash_of(row)


def test_the_multipliers_are_odd_and_differ_from_row_to_row() -> None:
    factors = _multipliers(784)[0].tolist()
    assert all(factor % 2 for factor in factors)
    assert len(set(factors)) == 784
    assert _multipliers(784)[0].tolist() == factors


def test_the_multipliers_leave_numpys_generator_alone() -> None:
    _multipliers.cache_clear()
    state = np.random.get_state(legacy=False)
    _multipliers(11)
    np.testing.assert_equal(np.random.get_state(legacy=False), state)


def test_equal_bits_give_equal_fingerprints_in_a_graph_too() -> None:
    in_graph = tf.function(weights_fingerprint, autograph=False)([tf.constant(weight) for weight in network()])
    assert as_53_bits(in_graph).tolist() == [fingerprint(network())] == [fingerprint(network())]


@given(st.data(), st.integers(0, len(SHAPES) - 1), st.integers(0, 31))
def test_any_flipped_bit_of_any_weight_changes_the_fingerprint(data: st.DataObject, which: int, bit: int) -> None:
    weights = network()
    index = data.draw(st.integers(0, weights[which].size - 1))
    spelled(weights[which]).reshape(-1)[index] ^= 1 << bit
    assert fingerprint(weights) != fingerprint(network())


@given(st.permutations(range(5)).filter(lambda rows: rows != sorted(rows)))
def test_the_order_of_rows_matters(rows: list[int]) -> None:
    weights = network()
    weights[0] = weights[0][rows]
    assert fingerprint(weights) != fingerprint(network())


@given(st.permutations(range(3)).filter(lambda columns: columns != sorted(columns)))
def test_the_order_of_columns_matters(columns: list[int]) -> None:
    weights = network()
    weights[0] = weights[0][:, columns]
    assert fingerprint(weights) != fingerprint(network())


@pytest.mark.parametrize("which", range(len(SHAPES)))
@pytest.mark.parametrize(("a", "b"), [(0x00000000, 0x80000000), (0x7FC00000, 0x7FC00001), (0x7FC00000, 0xFFC00000)])
def test_the_sign_of_nought_and_the_bits_of_nan_matter(which: int, a: int, b: int) -> None:
    one, other = network(), network()
    spelled(one[which]).reshape(-1)[0] = a
    spelled(other[which]).reshape(-1)[0] = b
    assert fingerprint(one) != fingerprint(other)


def test_an_even_number_of_changed_signs_in_one_column_is_left_to_the_digest() -> None:
    weights = network()
    weights[0][[1, 3], 0] *= -1
    assert fingerprint(weights) == fingerprint(network())
    assert digest(weights) != digest(network())


def test_fingerprints_keep_the_first_53_of_64_bits() -> None:
    whole = np.array([[0], [2**11 - 1], [2**11], [-1], [-(2**63)], [2**63 - 1]], np.int64)
    assert as_53_bits(tf.constant(whole)).tolist() == [0, 0, 1, 2**53 - 1, 2**52, 2**52 - 1]
    assert as_53_bits(tf.constant(whole)).dtype == np.int64


def examples(images: np.ndarray, digits: np.ndarray) -> tf.Tensor:
    return example_fingerprints(tf.constant(images), tf.constant(digits, tf.int32))


@pytest.fixture
def images() -> np.ndarray:
    return np.random.RandomState(2).uniform(size=(4, 784)).astype(np.float32)


DIGITS = np.array([7, 2, 1, 0])


def test_an_example_is_the_hash_of_its_image_and_of_its_digit(images: np.ndarray) -> None:
    rows = examples(images, DIGITS).numpy()
    assert rows.shape == (4, 16)
    for row, image, digit in zip(rows, images, DIGITS.tolist(), strict=True):
        assert int.from_bytes(row[:8].tobytes(), "little") >> 11 == hash_of(spelled(image).tolist())
        assert int.from_bytes(row[8:].tobytes(), "little") >> 11 == hash_of([digit])


def test_the_fingerprint_of_a_batch_is_that_of_its_examples_in_their_order(images: np.ndarray) -> None:
    rows = examples(images, DIGITS)
    orders = [[0, 1, 2, 3], [0, 1, 3, 2], [3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 2], [0, 1, 2, 2]]
    seen = [int(as_53_bits(batch_fingerprint(tf.gather(rows, order)))[0]) for order in orders]
    assert len(set(seen)) == len(orders)
    assert all(0 <= number < 2**53 for number in seen)
    assert int(as_53_bits(batch_fingerprint(tf.gather(rows, orders[0])))[0]) == seen[0]


@given(st.integers(0, 3), st.integers(0, 783), st.integers(0, 31))
def test_any_flipped_bit_of_any_image_changes_the_fingerprint_of_its_batch(image: int, pixel: int, bit: int) -> None:
    one, other = (np.random.RandomState(2).uniform(size=(4, 784)).astype(np.float32) for _ in range(2))
    spelled(other)[image, pixel] ^= 1 << bit
    a, b = (as_53_bits(batch_fingerprint(examples(images, DIGITS))).tolist() for images in (one, other))
    assert a != b


def test_another_digit_changes_the_fingerprint_of_a_batch(images: np.ndarray) -> None:
    a, b = (as_53_bits(batch_fingerprint(examples(images, digits))).tolist() for digits in (DIGITS, DIGITS[::-1]))
    assert a != b


@given(st.lists(st.lists(st.floats(width=32), max_size=6), max_size=4))
def test_digest_is_sha256_of_the_bytes_one_array_after_the_other(rows: list[list[float]]) -> None:
    arrays = [np.array(row, np.float32) for row in rows]
    assert digest(arrays) == hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def test_digest_reads_rows_first_whatever_the_layout_in_memory() -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    expected = hashlib.sha256(b"".join(int(number).to_bytes(4, "little") for number in range(6))).hexdigest()
    assert digest([array]) == digest([np.asfortranarray(array)]) == digest(iter(array)) == expected


def test_digest_sees_the_sign_of_nought_and_every_bit_of_nan() -> None:
    numbers = np.array([0x00000000, 0x80000000, 0x7FC00000, 0x7FC00001], np.uint32).view(np.float32)
    assert all(a != b for a, b in pairwise(digest([number]) for number in numbers))
