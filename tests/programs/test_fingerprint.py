"""Fingerprints and digests: exact checksums, against Python's whole numbers and hashlib."""

import hashlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from repro.programs.fingerprint import (
    as_53_bits,
    batch_fingerprint,
    digest,
    dropout_mask,
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


def test_weights_fingerprint_is_the_hash_of_the_hashes_of_all_bits() -> None:
    whole = b"".join(
        tf.fingerprint(spelled(weight).reshape(1, -1).view(np.uint8)).numpy().tobytes() for weight in network()
    )
    eight_bytes = tf.fingerprint(np.frombuffer(whole, np.uint8)[np.newaxis]).numpy().tobytes()
    assert fingerprint(network()) == int.from_bytes(eight_bytes, "little") >> 11


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


# Structured changes: those that a training or a fault makes to many weights at once, of a layer as large as the lab's.

LAYER = np.random.RandomState(3).uniform(-0.08, 0.08, (784, 16)).astype(np.float32)
PAIRS = 50


def seen_by_the_fingerprint(changed: np.ndarray) -> bool:
    return fingerprint([changed]) != fingerprint([LAYER])


def doubled(values: np.ndarray) -> np.ndarray:
    return values * np.float32(2)


def with_its_sign_changed(values: np.ndarray) -> np.ndarray:
    return -values


def flipped(bit: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: (values.view(np.uint32) ^ np.uint32(1 << bit)).view(np.float32)


CHANGES = {"doubled": doubled, "negated": with_its_sign_changed} | {f"bit {bit}": flipped(bit) for bit in range(32)}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_one_change_to_two_weights_of_one_column_is_seen(change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Sums of weights times odd numbers miss some: two changed signs always, and rows 2 and 36, both doubled."""
    numbers = np.random.RandomState(4)
    for rows in [np.array([2, 36]), *(numbers.choice(784, 2, replace=False) for _ in range(PAIRS))]:
        changed = LAYER.copy()
        changed[rows, 0] = change(changed[rows, 0])
        assert seen_by_the_fingerprint(changed)


@given(st.data(), st.sampled_from(list(CHANGES)))
def test_one_change_to_any_number_of_weights_is_seen(data: st.DataObject, name: str) -> None:
    kind = data.draw(st.sampled_from(["row", "column", "block", "scattered", "all"]))
    numbers = np.random.RandomState(data.draw(st.integers(0, 2**32 - 1)))
    row, column = numbers.randint(784), numbers.randint(16)
    place: Any = {
        "row": (slice(row, row + 1), slice(None)),
        "column": (slice(None), slice(column, column + 1)),
        "block": (slice(row, row + 8), slice(column, column + 4)),
        "scattered": (numbers.choice(784, 2 * numbers.randint(1, 100)), np.array(column)),
        "all": (slice(None), slice(None)),
    }[kind]
    changed = LAYER.copy()
    changed[place] = CHANGES[name](changed[place])
    assert changed.tobytes() != LAYER.tobytes()
    assert seen_by_the_fingerprint(changed)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(LAYER[::-1], id="rows reversed"),
        pytest.param(np.roll(LAYER, 1, axis=0), id="rows moved by one"),
        pytest.param(np.roll(LAYER, 1, axis=1), id="columns moved by one"),
        pytest.param(LAYER.T.reshape(LAYER.shape), id="transposed in memory"),
        pytest.param(LAYER.byteswap(), id="bytes swapped"),
        pytest.param(LAYER + np.float32(1e-9), id="a small number added"),
    ],
)
def test_a_rearranged_layer_is_seen(changed: np.ndarray) -> None:
    assert seen_by_the_fingerprint(changed)


def test_two_weights_that_trade_places_are_seen() -> None:
    numbers = np.random.RandomState(5)
    for _ in range(100):
        changed = LAYER.copy().reshape(-1)
        one, other = numbers.choice(changed.size, 2, replace=False)
        changed[[one, other]] = changed[[other, one]]
        assert seen_by_the_fingerprint(changed.reshape(LAYER.shape))


def test_weights_moved_from_one_layer_to_the_next_are_seen() -> None:
    one, other, *rest = network()
    one.reshape(-1)[-1], other[0] = other[0], one.reshape(-1)[-1]
    assert fingerprint([one, other, *rest]) != fingerprint(network())


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


def test_the_mask_of_a_dropout_is_seen_whatever_the_units_are() -> None:
    """Units above 0 show the mask themselves; those of the same seed that are 0 hide it."""

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def masks(units: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        dropped = tf.nn.experimental.stateless_dropout(units, 0.4, seed=[1, 2])
        return dropout_mask(dropped, units), dropped

    kept, dropped = masks(tf.ones((8, 16)))
    assert kept.numpy().tolist() == (dropped.numpy() > 0).tolist()
    assert 0 < np.count_nonzero(kept) < 8 * 16
    hidden, nothing = masks(tf.zeros((8, 16)))
    assert not np.any(nothing)
    assert hidden.numpy().tolist() == kept.numpy().tolist()
