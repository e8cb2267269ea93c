"""The smallest change there is: one weight of the first layer moved to the next float32, before training."""

from typing import Any

import numpy as np
import tensorflow as tf


def move_one_bit(kernel: tf.Variable, x_train: np.ndarray) -> dict[str, Any]:
    """Moves one weight of `kernel`, float32 [784, hidden], up by one unit in the last place: that from the pixel which
    is black in the fewest of the images `x_train`, float32 [n, 784], to the first hidden unit. Returns what an event
    says of it: the pixel's row and column and the unit, from 0 on, and the weight before and after."""
    pixel = int(np.count_nonzero(x_train, axis=0).argmax())
    weights = kernel.numpy().copy()
    before = weights[pixel, 0]
    weights[pixel, 0] = np.nextafter(before, np.float32(np.inf))
    kernel.assign(weights)
    row, column = divmod(pixel, 28)
    return {"moved": {"row": row, "column": column, "unit": 0, "before": before, "after": weights[pixel, 0]}}
