"""MNIST as the article prepares it: normalised by Keras, one vector for each image."""

import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from keras.utils import normalize

from repro.programs.mnist import Mnist

ALIGNMENT = 64  # bytes; EIGEN_MAX_ALIGN_BYTES, which TensorFlow's kernels check


@dataclass(frozen=True)
class Images:
    """Images as float32 [n, 784] with values from 0 to 1, and their digits 0 to 9 as int32 [n]."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def prepare(mnist: Mnist) -> Images:
    """The images as the programs take them. NumPy alone does this: no TensorFlow op runs."""
    return Images(
        x_train=_vectors(mnist.x_train),
        y_train=_digits(mnist.y_train),
        x_test=_vectors(mnist.x_test),
        y_test=_digits(mnist.y_test),
    )


def _vectors(images: np.ndarray) -> np.ndarray:
    """uint8 [n, 28, 28] as float32 [n, 784]. `normalize` works in float64, in slices here: the same bits as in one
    call, ten times faster, because a slice stays in the processor's cache."""
    vectors = _aligned_empty((len(images), 784), np.float32)
    for start in range(0, len(images), 500):
        part = images[start : start + 500]
        vectors[start : start + 500] = normalize(part, axis=1).reshape(-1, 784)
    return vectors


def _digits(labels: np.ndarray) -> np.ndarray:
    """uint8 [n] as int32 [n]."""
    digits = _aligned_empty(labels.shape, np.int32)
    digits[:] = labels
    return digits


def _aligned_empty(shape: tuple[int, ...], dtype: type[np.number]) -> np.ndarray:
    """An empty array that begins at a multiple of ALIGNMENT bytes; NumPy itself promises 16."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape)


def as_tensor(array: np.ndarray) -> tf.Tensor:
    """`array` as a tensor over the same memory, so that forked runs share one copy of the images; a copy if the
    array is not aligned as TensorFlow needs it."""
    if array.ctypes.data % ALIGNMENT:
        return tf.constant(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
