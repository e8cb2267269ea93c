"""The flipped bit: one bit of one weight, one unit in the last place, whatever the weight is."""

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from repro.programs.one_bit import flip_lowest_bit

LARGEST = 0x7F7FFFFE  # the largest even float32: its neighbour is the largest of all
weights_bits = st.integers(0, LARGEST)
signed_bits = weights_bits | weights_bits.map(lambda spelled: spelled | 0x80000000)


@given(signed_bits)
def test_one_bit_and_one_unit_in_the_last_place_of_one_weight(spelled: int) -> None:
    before = np.random.RandomState(0).normal(size=(784, 3)).astype(np.float32)
    before.view(np.uint32)[14 * 28 + 5, 0] = spelled
    images = np.zeros((2, 784), np.float32)
    images[:, 14 * 28 + 5] = 1
    images[0, 3] = 1
    kernel = tf.Variable(before)
    moved = flip_lowest_bit(kernel, images)["moved"]
    differing = kernel.numpy().view(np.uint32) ^ before.view(np.uint32)
    assert differing.sum() == differing[14 * 28 + 5, 0] == 1
    assert (moved["row"], moved["column"], moved["unit"]) == (14, 5, 0)
    assert moved["before"].view(np.uint32) == spelled
    assert moved["after"].view(np.uint32) == spelled ^ 1
    neighbours = [np.nextafter(moved["before"], np.float32(end)) for end in (-np.inf, np.inf)]
    assert moved["after"] in neighbours
