"""The first difference of two histories: every step compared, bit by bit."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from repro.history.history import History
from repro.verdicts.disagreements import places

# In the order in which a step decides them. The initial weights count as part of step 0.
QUANTITIES = ("initial_weights", "batch", "masks", "loss", "weights")


@dataclass(frozen=True)
class Difference:
    """The step, from 0 on, and the quantity in which two runs differ first."""

    step: int
    quantity: str

    def comes_before(self, other: "Difference") -> bool:
        """Whether it is decided before `other`: in an earlier step, or earlier in the same one."""
        return (self.step, QUANTITIES.index(self.quantity)) < (other.step, QUANTITIES.index(other.quantity))


def earliest(first_by_quantity: Mapping[str, int]) -> Difference | None:
    """The first difference of all, of the first step in which each quantity differs; None if none does."""
    differences = (Difference(step, quantity) for quantity, step in first_by_quantity.items())
    return min(differences, key=lambda one: (one.step, QUANTITIES.index(one.quantity)), default=None)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How far two runs agree. `first` is the first difference of all, `first_by_quantity` the first step in which
    each quantity that differs does so; `steps_compared` counts the steps that both runs have done.
    `identical` only when both have finished and no bit differs. `largest_loss_difference` is NaN if a loss that differs
    is no number; `test_disagreements` is None until both have finished."""

    identical: bool
    first: Difference | None
    first_by_quantity: dict[str, int]
    steps_compared: int
    largest_loss_difference: float
    test_disagreements: int | None

    @property
    def first_loss_difference(self) -> int | None:
        """The first step whose losses differ, if one is known."""
        return self.first_by_quantity.get("loss")


def compare(a: History, b: History) -> Verdict:
    """The verdict on what both runs, of as many steps, have done so far."""
    steps = min(a.steps_done, b.steps_done)
    unequal = {
        "batch": a.batch[:steps] != b.batch[:steps],
        "loss": bits(a.loss[:steps]) != bits(b.loss[:steps]),
        "weights": (a.weights[:steps] != b.weights[:steps]) & (a.fingerprints == b.fingerprints),
    }
    if a.masks is not None and b.masks is not None:
        unequal["masks"] = a.masks[:steps] != b.masks[:steps]
    first_by_quantity = {name: int(np.argmax(mask)) for name, mask in unequal.items() if mask.any()}
    if a.initial_weights and b.initial_weights and a.initial_weights != b.initial_weights:
        first_by_quantity["initial_weights"] = 0
    # The digests see every bit. Where they differ, the fingerprints should have said so before.
    for epoch_a, epoch_b in zip(a.epochs, b.epochs, strict=False):
        if None not in (digests := {epoch_a.epoch_weights, epoch_b.epoch_weights}) and len(digests) == 2:
            end = min(a.experiment.steps_per_epoch * epoch_a.epoch, steps) - 1
            first_by_quantity["weights"] = min(end, first_by_quantity.get("weights", end))
    finished = a.finished and b.finished
    if finished:
        last = steps - 1
        if a.batch_order != b.batch_order:
            first_by_quantity.setdefault("batch", last)
        if a.final_weights != b.final_weights:
            first_by_quantity.setdefault("weights", last)
    first = earliest(first_by_quantity)
    return Verdict(
        identical=finished and first is None,
        first=first,
        first_by_quantity=first_by_quantity,
        steps_compared=steps,
        largest_loss_difference=largest_difference(a.loss[:steps], b.loss[:steps]),
        test_disagreements=len(places(a.predictions, b.predictions)) if a.predictions and b.predictions else None,
    )


def digest_of_all(history: History) -> str:
    """SHA-256, in hex, of all that `compare` compares of a finished history of as many steps: two histories whose
    fingerprints are made alike have the same one if and only if their verdict is identical."""
    sha = hashlib.sha256()
    for values in (bits(history.loss), history.batch, history.weights, history.masks):
        sha.update(b"" if values is None else values.tobytes())
    epochs = [epoch.epoch_weights for epoch in history.epochs]
    sha.update(repr((history.initial_weights, history.batch_order, history.final_weights, epochs)).encode())
    return sha.hexdigest()


def bits(values: np.ndarray) -> np.ndarray:
    """The bits of `values`, float32 or float64 [n], as int32 or int64 [n]: unlike floats, these are equal only if every
    bit is."""
    return values.view(np.int32 if values.dtype == np.float32 else np.int64)


def units_apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The distance between `a` and `b`, both float32 or both float64 [n], in units in the last place, int64 [n]: 1 for
    neighbours.

    The bits of a positive number grow with it; those of a negative one are counted down from -0.0, which lies one
    below 0.0 (Dawson, "Comparing floating point numbers", 2012). A NaN lies beyond infinity.
    """

    least = np.iinfo(bits(a).dtype).min
    rank_a, rank_b = (
        np.where(whole >= 0, whole, least - whole - 1) for whole in (bits(values).astype(np.int64) for values in (a, b))
    )
    return np.asarray(np.abs(rank_a - rank_b))


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    """The largest |a - b|, in float64; NaN if one of two different values is no number; 0 if all are equal."""
    different = bits(a) != bits(b)
    with np.errstate(invalid="ignore"):
        distances = np.abs(a[different].astype(np.float64) - b[different].astype(np.float64))
    return float(distances.max(initial=0.0))
