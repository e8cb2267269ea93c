"""What a difference means: the test images on which the predictions of two trained networks differ."""

import numpy as np

IMAGES = 10_000  # MNIST's test images


def as_digits(predictions: str) -> np.ndarray:
    """The digits in a run's `predictions`, uint8 [n]."""
    return np.frombuffer(predictions.encode("ascii"), np.uint8) - ord("0")


def places(a: str, b: str) -> np.ndarray:
    """The numbers of the images on which the predictions `a` and `b`, equally many, differ, int64 [n]."""
    return np.flatnonzero(as_digits(a) != as_digits(b))
