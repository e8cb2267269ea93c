"""MNIST as the programs take it: Keras's `normalize`, bit by bit, in memory that runs share."""

import keras
import numpy as np
import pytest

from repro.programs.images import ALIGNMENT, Images, as_tensor, prepare
from repro.programs.mnist import Mnist, load


@pytest.fixture(scope="module")
def mnist() -> Mnist:
    whole = load()
    return Mnist(x_train=whole.x_train[:1234], y_train=whole.y_train[:1234], x_test=whole.x_test, y_test=whole.y_test)


@pytest.fixture(scope="module")
def images(mnist: Mnist) -> Images:
    return prepare(mnist)


@pytest.mark.parametrize("name", ["x_train", "x_test"])
def test_images_are_what_keras_normalizes_in_one_call(mnist: Mnist, images: Images, name: str) -> None:
    in_one_call = keras.utils.normalize(getattr(mnist, name), axis=1)
    assert in_one_call.dtype == np.float64
    expected = in_one_call.astype(np.float32).reshape(-1, 784)
    prepared = getattr(images, name)
    assert prepared.dtype == np.float32
    assert prepared.shape == expected.shape
    assert prepared.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["y_train", "y_test"])
def test_digits_stay_what_they_are(mnist: Mnist, images: Images, name: str) -> None:
    assert getattr(images, name).dtype == np.int32
    assert getattr(images, name).tolist() == getattr(mnist, name).tolist()


def test_values_lie_between_0_and_1(images: Images) -> None:
    assert images.x_test.min() == 0
    assert 0 < images.x_test.max() <= 1


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_every_array_is_aligned_as_tensorflow_needs_it(images: Images, name: str) -> None:
    array = getattr(images, name)
    assert ALIGNMENT == 64
    assert array.ctypes.data % ALIGNMENT == 0
    assert array.flags.c_contiguous


def test_shared_shares_the_memory_of_an_aligned_array(mnist: Mnist) -> None:
    array = prepare(mnist).x_train
    for part in (array, array[:650]):
        tensor = as_tensor(part)
        assert tensor.numpy().tobytes() == part.tobytes()
        part[0, 0] += 1
        assert tensor.numpy()[0, 0] == part[0, 0]


def test_shared_copies_an_array_that_is_not_aligned(mnist: Mnist) -> None:
    part = prepare(mnist).y_train[1:]
    assert part.ctypes.data % ALIGNMENT != 0
    tensor, before = as_tensor(part), part.tolist()
    part[:] = -1
    assert tensor.numpy().tolist() == before
