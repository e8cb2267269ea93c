"""Exact checksums of bits: 53-bit fingerprints inside TensorFlow's graph, at every step, and SHA-256 digests.

Nothing is rounded: floats are read as the integers that their bits spell, so -0.0 differs from 0.0. Hashing is done
by TensorFlow's own `tf.fingerprint`, FarmHash64 (https://github.com/google/farmhash).
"""

import functools
import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf


@functools.cache
def _multipliers(rows: int) -> np.ndarray:
    """Odd int32 [1, rows], the same on every machine: RandomState's stream is frozen. NumPy's own state is left
    alone."""
    odd = np.random.RandomState(2019).randint(0, 2**32, size=(1, rows), dtype=np.uint32) | np.uint32(1)
    return odd.view(np.int32)


def weights_fingerprint(weights: Sequence[tf.Tensor]) -> tf.Tensor:
    """int64 [1] of float32 vectors and matrices, for use in a graph.

    Each column of a matrix is summed in wrap-around int32, every row times an odd number of its own; the sums are
    then hashed together with the bits of the vectors. An odd factor can be undone, so one changed number always
    changes its column's sum. Several in one column hide each other with a chance of about 2**-32 for each column,
    but for one kind: an even number of them that differ in nothing but their signs, which no training does, always
    does. The digest of the final weights sees these too. Reading the weights once in a matrix product costs half of
    what hashing all of their bytes does.
    """
    sums = []
    for weight in weights:
        bits = tf.bitcast(weight, tf.int32)
        sums.append(bits[tf.newaxis] if bits.shape.rank == 1 else tf.matmul(_multipliers(bits.shape[0]), bits))
    return _hash_row(tf.concat(sums, axis=1))


def example_fingerprints(images: tf.Tensor, digits: tf.Tensor) -> tf.Tensor:
    """uint8 [n, 16]: for each example the hash of its image, float32 [n, 784], and of its digit, int32 [n]."""
    return tf.concat([tf.fingerprint(images), tf.fingerprint(digits[:, tf.newaxis])], axis=1)


def batch_fingerprint(examples: tf.Tensor) -> tf.Tensor:
    """int64 [1] of a batch, from its `example_fingerprints` in the order in which the batch holds them."""
    return _hash_row(tf.reshape(examples, (1, -1)))


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
