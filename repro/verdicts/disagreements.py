"""What a difference means: the test images on which the predictions of two trained networks differ."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OfDigit:
    """The test images of one digit: how many there are, on how many the predictions differ, and how many each network
    takes for that digit."""

    digit: int
    images: int
    disagreements: int
    right_a: int
    right_b: int


def as_digits(predictions: str) -> np.ndarray:
    """The digits in a run's `predictions`, uint8 [n]."""
    return np.frombuffer(predictions.encode("ascii"), np.uint8) - ord("0")


def places(a: str, b: str) -> np.ndarray:
    """The numbers of the images on which the predictions `a` and `b`, equally many, differ, int64 [n]."""
    return np.flatnonzero(as_digits(a) != as_digits(b))


def by_digit(a: str, b: str, digits: np.ndarray) -> list[OfDigit]:
    """The predictions `a` and `b` of images that show `digits`, uint8 [n], for each digit from 0 to 9."""
    of_a, of_b = as_digits(a), as_digits(b)
    return [
        OfDigit(
            digit=digit,
            images=int(np.sum(digits == digit)),
            disagreements=int(np.sum((of_a != of_b) & (digits == digit))),
            right_a=int(np.sum((of_a == digit) & (digits == digit))),
            right_b=int(np.sum((of_b == digit) & (digits == digit))),
        )
        for digit in range(10)
    ]
