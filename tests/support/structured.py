"""Structured changes of an array: what a training or a fault does to many of its numbers at once."""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
ROWS, COLUMNS = 96, 40  # both even


def weights(dtype: type) -> Array:
    """Numbers other than 0, [96, 40], that stay so when they are doubled or halved."""
    numbers = np.random.RandomState(7).uniform(1, 2, (ROWS, COLUMNS))
    return (numbers * (2**20 if np.issubdtype(dtype, np.integer) else 1)).astype(dtype)


def _at(place: Any, change: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def changed(before: Array) -> Array:
        after = before.copy()
        after[place] = change(after[place])
        return after

    return changed


def _highest_bits(values: Array) -> Array:
    whole = np.ascontiguousarray(values)
    bits = whole.view(f"u{whole.itemsize}")
    flipped: Array = (bits ^ bits.dtype.type(1 << (8 * whole.itemsize - 1))).view(whole.dtype)
    return flipped


PLACES: dict[str, Any] = {
    "everywhere": np.s_[:],
    "in even rows": np.s_[::2],
    "in odd rows": np.s_[1::2],
    "in even columns": np.s_[:, ::2],
    "in odd columns": np.s_[:, 1::2],
    "in the first two rows": np.s_[:2],
    "in two columns": np.s_[:, [3, 5]],
    "in two numbers": ([0, 0], [1, 3]),
    "in two distant numbers": ([0, 90], [1, 1]),
}
CHANGES: dict[str, Callable[[Array], Array]] = {
    "signs": lambda values: -values,
    "highest bits": _highest_bits,
    "doubled": lambda values: values * 2,
    "halved": lambda values: values // 2 if values.dtype.kind == "i" else values / 2,
}


def _neighbours(before: Array) -> Array:
    """Three whole numbers in progression: the differences of neighbouring 64-bit words add up to 0, and so do they
    when they are multiplied by numbers in a progression."""
    after = before.copy()
    words = after.reshape(-1).view(np.uint64)
    words[:3] += np.array([1, 2**64 - 2, 1], np.uint64)
    return after


STRUCTURED: dict[str, Callable[[Array], Array]] = {
    f"{change} {place}": _at(PLACES[place], CHANGES[change]) for change in CHANGES for place in PLACES
} | {
    "two rows exchanged": _at([0, 1], lambda rows: rows[::-1]),
    "two columns exchanged": _at(np.s_[:, [0, 1]], lambda columns: columns[:, ::-1]),
    "rows in reverse": lambda values: values[::-1].copy(),
    "columns in reverse": lambda values: values[:, ::-1].copy(),
    "three neighbours": _neighbours,
}
