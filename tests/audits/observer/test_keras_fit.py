"""Keras's `fit` under observation: the fingerprint of a batch, in the graph."""

import numpy as np
import pytest
import tensorflow as tf
from structured import STRUCTURED, weights

from repro.audits.observer.keras_fit import _in_graph


def in_graph(*batch: object) -> int:
    return int(tf.function(lambda: _in_graph(tf, batch), autograph=False)().numpy())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_structured_changes_of_a_batch_are_seen(dtype: type) -> None:
    """A sum of words times numbers of their places missed a changed sign in every even row."""
    digits = tf.range(96)
    before = in_graph(tf.constant(weights(dtype)), digits)
    for name, change in STRUCTURED.items():
        assert in_graph(tf.constant(change(weights(dtype))), digits) != before, name


def test_it_is_the_hash_of_the_hashes_of_all_bytes() -> None:
    parts = [weights(np.float32), np.arange(96, dtype=np.int64)]
    hashes = [tf.fingerprint(part.reshape(1, -1).view(np.uint8)).numpy() for part in parts]
    whole = tf.fingerprint(np.concatenate(hashes, axis=1)).numpy().tobytes()
    assert in_graph(*parts) == int.from_bytes(whole, "little", signed=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["b", "a"]),
        ([True, False], [True, True]),
        ([1j, 2j], [1j, -2j]),
        (np.array([1, 2], np.float16), np.array([1, -2], np.float16)),
        (tf.ragged.constant([[1], [2, 3]]), tf.ragged.constant([[1, 2], [3]])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_tensor_counts(one: object, other: object) -> None:
    one, other = (value if isinstance(value, tf.RaggedTensor) else tf.constant(value) for value in (one, other))
    assert in_graph(one) == in_graph(one)
    assert in_graph(one) != in_graph(other)


def test_a_batch_of_nothing_has_a_fingerprint() -> None:
    assert in_graph(None) == 0
    assert in_graph(tf.zeros((0, 3))) != 0
