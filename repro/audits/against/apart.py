"""How far the losses of two runs of any script are apart, step by step: by the functions of our programs' pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from repro.verdicts.growth import loss_differences
from repro.verdicts.verdict import bits, largest_difference, units_apart

Growth = tuple[tuple[int, float], ...]


class LossSteps:
    """The losses of a run of any script, as `verdicts.growth` takes those of a run: float32 where each of both runs'
    is one, else float64 [n]; NaN where there is none."""

    def __init__(self, losses: Sequence[float | None], total_steps: int, dtype: type[np.floating]) -> None:
        self.loss = np.array([np.nan if loss is None else loss for loss in losses], dtype)
        self.total_steps, self.steps_done = total_steps, len(self.loss)


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far two runs are apart in their losses: the first step, from 0, in which these differ, None if none does; by
    how many units in the last place there; the largest difference; and how it grows, as (step, difference), each the
    largest of a window that ends with the step."""

    first_loss_difference: int | None = None
    units: int | None = None
    largest_loss_difference: float = 0.0
    growth: Growth = ()


def steps_of(a: Sequence[float | None], b: Sequence[float | None]) -> tuple[LossSteps, LossSteps]:
    """The losses of two runs, of one precision."""
    known = np.array([loss for loss in (*a, *b) if loss is not None], np.float64)
    with np.errstate(over="ignore"):
        single = bool(np.all((known.astype(np.float32) == known) | np.isnan(known)))
    dtype = np.float32 if single else np.float64
    total = max(len(a), len(b))
    return LossSteps(a, total, dtype), LossSteps(b, total, dtype)


def apart(a: Sequence[float | None], b: Sequence[float | None]) -> Apart:
    """How far the losses of two runs are apart, as far as both have come."""
    one, other = steps_of(a, b)
    steps = min(one.steps_done, other.steps_done)
    here, there = one.loss[:steps], other.loss[:steps]
    different = np.flatnonzero(bits(here) != bits(there))
    if not len(different):
        return Apart()
    first = int(different[0])
    ends, largest, _ = loss_differences(one, other)
    growth = tuple((int(end), float(value)) for end, value in zip(ends, largest, strict=True) if value > 0)
    known = np.isfinite(here[first]) and np.isfinite(there[first])
    return Apart(
        first_loss_difference=first,
        units=int(units_apart(here[first : first + 1], there[first : first + 1])[0]) if known else None,
        largest_loss_difference=largest_difference(here, there),
        growth=growth,
    )
