"""Exact checksums of bits: 53-bit fingerprints inside TensorFlow's graph, at every step, and SHA-256 digests.

Nothing is rounded: floats are read as the bytes that they are stored in, so -0.0 differs from 0.0, and one NaN from
another. What is guaranteed: equal bits give equal fingerprints and equal digests. Different bits give different SHA-256
digests, as far as anybody knows. Different bits can have equal fingerprints, because 53 bits cannot tell everything
apart: FarmHash64 (https://github.com/google/farmhash), which TensorFlow's `tf.fingerprint` computes, spreads its values
evenly, so that two different inputs agree with a probability of about 2**-53, but it promises nothing against inputs
that were made to collide. A digest of all weights at the end of each epoch sees what a fingerprint might have missed.
"""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf


def weights_fingerprint(weights: Sequence[tf.Tensor]) -> tf.Tensor:
    """int64 [1] of float32 vectors and matrices, or of dropout masks, for use in a graph: the hash of the hashes of the
    bytes of each, in row order. Every bit is hashed, so no kind of change is exempt. The shapes are not part of it."""
    return _hash_row(tf.concat([tf.fingerprint(tf.reshape(weight, (1, -1))) for weight in weights], axis=1))


def example_fingerprints(images: tf.Tensor, digits: tf.Tensor) -> tf.Tensor:
    """uint8 [n, 16]: for each example the hash of its image, float32 [n, 784], and of its digit, int32 [n]."""
    return tf.concat([tf.fingerprint(images), tf.fingerprint(digits[:, tf.newaxis])], axis=1)


def batch_fingerprint(examples: tf.Tensor) -> tf.Tensor:
    """int64 [1] of a batch, from its `example_fingerprints` in the order in which the batch holds them."""
    return _hash_row(tf.reshape(examples, (1, -1)))


def dropout_mask(dropped: tf.Tensor, units: tf.Tensor) -> tf.Tensor:
    """Which of `units`, float32 [n, hidden], a dropout kept, bool [n, hidden], where it made `dropped` of them. For use
    in a graph. Read from the gradient, which is 0 for a unit that was dropped, and for no other: `dropped` is 0 where a
    unit was 0 before, too."""
    return tf.not_equal(tf.gradients(dropped, units)[0], 0)


def _hash_row(row: tf.Tensor) -> tf.Tensor:
    return tf.bitcast(tf.fingerprint(row), tf.int64)


def as_53_bits(fingerprints: tf.Tensor) -> np.ndarray:
    """int64 [n] from 0 to 2**53 - 1, of graph fingerprints int64 [n, 1]: what every JSON reader keeps exactly."""
    whole: np.ndarray = fingerprints.numpy().reshape(-1).view(np.uint64)
    return (whole >> np.uint64(11)).astype(np.int64)


def digest(arrays: Iterable[np.ndarray]) -> str:
    """SHA-256, in hex, of the bytes of `arrays`, one after the other."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(array.tobytes())
    return sha.hexdigest()
