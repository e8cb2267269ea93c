"""The smallest change there is: the lowest bit of one weight of the first layer flipped, before training."""

from typing import Any

import numpy as np
import tensorflow as tf


def flip_lowest_bit(kernel: tf.Variable, x_train: np.ndarray) -> dict[str, Any]:
    """Flips the lowest bit of the significand of one weight of `kernel`, float32 [784, hidden]: one bit, and one unit
    in the last place, up or down. It is the weight from the pixel that is black in the fewest of the images `x_train`,
    float32 [n, 784], to the first hidden unit. Returns what an event says of it: the pixel's row and column and the
    unit, from 0 on, and the weight before and after."""
    pixel = int(np.count_nonzero(x_train, axis=0).argmax())
    weights = kernel.numpy().copy()
    before = weights[pixel, 0]
    weights.view(np.uint32)[pixel, 0] ^= 1
    kernel.assign(weights)
    row, column = divmod(pixel, 28)
    return {"moved": {"row": row, "column": column, "unit": 0, "before": before, "after": weights[pixel, 0]}}
