"""What a difference means: the test images that two trained networks read differently."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OfDigit:
    """The test images of one digit: how many there are, how many the networks read differently, and how many each
    reads as that digit."""

    digit: int
    images: int
    disagreements: int
    right_a: int
    right_b: int


def as_digits(predictions: str) -> np.ndarray:
    """The digits that a record's predictions spell, uint8 [n]."""
    return np.frombuffer(predictions.encode("ascii"), np.uint8) - ord("0")


def places(a: str, b: str) -> np.ndarray:
    """Which images the networks with the predictions `a` and `b` read differently: their numbers, int64 [n]."""
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
