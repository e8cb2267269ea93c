"""Verdicts on histories made by hand: bit by bit, step by step."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from records import EIGHT_STEPS, history

from repro.history.history import Epoch, History
from repro.verdicts.verdict import Difference, bits, compare, digest_of_all, units_apart

QUIET_NAN, OTHER_NAN, SIGNALING_NAN = 0x7FC00000, 0x7FC00001, 0x7F800001
STEPS = 8
TINIEST = np.nextafter(np.float32(0), np.float32(1))
float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)


def flip(made: History, quantity: str, step: int, bit: int) -> None:
    numbers = getattr(made, quantity)
    numbers.view(np.uint32 if quantity == "loss" else np.uint64)[step] ^= 1 << bit


def with_losses(*losses: float) -> History:
    made = history(EIGHT_STEPS, steps_done=len(losses))
    made.loss[: len(losses)] = losses
    return made


def test_two_records_without_a_different_bit_are_identical() -> None:
    verdict = compare(history(), history())
    assert verdict.identical
    assert verdict.first is None
    assert verdict.first_by_quantity == {}
    assert verdict.first_loss_difference is None
    assert verdict.steps_compared == STEPS
    assert verdict.largest_loss_difference == 0
    assert verdict.test_disagreements == 0


@given(st.data(), st.sampled_from(["batch", "loss", "weights"]), st.integers(0, STEPS - 1), st.booleans())
def test_any_flipped_bit_is_the_first_difference(data: st.DataObject, quantity: str, step: int, in_a: bool) -> None:
    a, b = history(), history()
    flip(a if in_a else b, quantity, step, data.draw(st.integers(0, 31 if quantity == "loss" else 52)))
    verdict = compare(a, b)
    assert not verdict.identical
    assert verdict.first == Difference(step, quantity)
    assert verdict.first_by_quantity == {quantity: step}
    assert verdict.steps_compared == STEPS


def an_epoch(number: int, epoch_weights: str) -> Epoch:
    zero = np.float32(0)
    return Epoch(
        epoch=number, loss=zero, accuracy=zero, test_loss=zero, test_accuracy=zero, epoch_weights=epoch_weights
    )


CHANGES: dict[str, Callable[[History], object]] = {
    "nothing": lambda _: None,
    "first loss": lambda made: flip(made, "loss", 0, 0),
    "sign of a loss": lambda made: flip(made, "loss", 5, 31),
    "batch": lambda made: flip(made, "batch", STEPS - 1, 52),
    "weights": lambda made: flip(made, "weights", 3, 7),
    "initial weights": lambda made: setattr(made, "initial_weights", "ff"),
    "batch order": lambda made: setattr(made, "batch_order", "ff"),
    "final weights": lambda made: setattr(made, "final_weights", "ff"),
    "weights after an epoch": lambda made: made.epochs.append(an_epoch(1, "ff")),
}


@pytest.mark.parametrize("a", CHANGES)
@pytest.mark.parametrize("b", CHANGES)
def test_runs_have_one_digest_of_all_exactly_where_a_pair_is_identical(a: str, b: str) -> None:
    one, other = history(), history()
    for made, change in ((one, a), (other, b)):
        made.epochs.append(an_epoch(0, "ee"))
        CHANGES[change](made)
        if len(made.epochs) == 1:
            made.epochs.append(an_epoch(1, "00"))
    assert (digest_of_all(one) == digest_of_all(other)) == compare(one, other).identical == (a == b)


@given(st.dictionaries(st.sampled_from(["batch", "loss", "weights"]), st.integers(0, STEPS - 1), min_size=1))
def test_the_first_difference_is_of_the_first_step_and_there_of_what_is_decided_first(steps: dict[str, int]) -> None:
    a, b = history(), history()
    for quantity, step in steps.items():
        flip(b, quantity, step, bit=0)
    verdict = compare(a, b)
    assert verdict.first_by_quantity == steps
    earliest = min(steps.values())
    assert verdict.first is not None
    assert verdict.first.step == earliest
    assert verdict.first.quantity == next(q for q in ("batch", "loss", "weights") if steps.get(q) == earliest)
    assert verdict.first_loss_difference == steps.get("loss")


def test_the_initial_weights_count_as_step_0_and_come_first() -> None:
    a, b = history(), history(initial_weights="ff")
    for quantity in ("batch", "loss", "weights"):
        flip(b, quantity, 0, bit=0)
    verdict = compare(a, b)
    assert verdict.first == Difference(0, "initial_weights")
    assert verdict.first_by_quantity == {"initial_weights": 0, "batch": 0, "loss": 0, "weights": 0}


def test_initial_weights_that_one_run_has_not_reported_yet_are_no_difference() -> None:
    assert compare(history(steps_done=0), history(steps_done=0, initial_weights=None)).first is None


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (QUIET_NAN, QUIET_NAN, True),
        (SIGNALING_NAN, SIGNALING_NAN, True),
        (QUIET_NAN, OTHER_NAN, False),
        (0x00000000, 0x80000000, False),
        (0x00000000, 0x00000001, False),
        (0x7F800000, 0x7F800000, True),
        (0x7F800000, 0xFF800000, False),
    ],
)
def test_a_loss_is_its_bits(a: int, b: int, same: bool) -> None:
    record_a, record_b = history(), history()
    bits(record_a.loss)[5], bits(record_b.loss)[5] = np.array([a, b], np.uint32).view(np.int32)
    verdict = compare(record_a, record_b)
    assert verdict.identical == same
    assert verdict.first == (None if same else Difference(5, "loss"))


def test_runs_that_still_go_on_are_compared_as_far_as_both_have_come() -> None:
    a, b = history(steps_done=5), history(steps_done=3)
    flip(a, "loss", 4, bit=0)
    verdict = compare(a, b)
    assert verdict.first is None
    assert verdict.steps_compared == 3
    assert not verdict.identical
    assert verdict.test_disagreements is None
    b = history(steps_done=5)
    assert compare(a, b).first == compare(b, a).first == Difference(4, "loss")


@pytest.mark.parametrize(
    "changes",
    [{}, {"failure": "No more memory."}, {"stopped": True}],
    ids=["still running", "failed", "stopped"],
)
@pytest.mark.parametrize("steps_done", [0, 3, STEPS])
def test_a_run_that_has_not_finished_is_never_identical(changes: dict[str, Any], steps_done: int) -> None:
    unfinished = history(steps_done=steps_done, **changes)
    for a, b in ((unfinished, history()), (history(), unfinished), (unfinished, unfinished)):
        verdict = compare(a, b)
        assert not verdict.identical
        assert verdict.first is None
        assert verdict.steps_compared == steps_done


@pytest.mark.parametrize(("digest", "quantity"), [("batch_order", "batch"), ("final_weights", "weights")])
def test_different_final_digests_count_although_every_fingerprint_agrees(digest: str, quantity: str) -> None:
    b = history()
    setattr(b, digest, "ff")
    verdict = compare(history(), b)
    assert not verdict.identical
    assert verdict.first == Difference(STEPS - 1, quantity)


def test_a_final_digest_does_not_hide_an_earlier_difference() -> None:
    b = history(batch_order="ff", final_weights="ff")
    flip(b, "weights", 2, bit=0)
    assert compare(history(), b).first_by_quantity == {"weights": 2, "batch": STEPS - 1}


@given(st.lists(st.tuples(float32s, float32s), max_size=STEPS))
def test_the_largest_difference_of_losses_is_exact(losses: list[tuple[float, float]]) -> None:
    a, b = (with_losses(*column) for column in (zip(*losses, strict=True) if losses else ((), ())))
    exact = max((abs(Fraction(one) - Fraction(other)) for one, other in losses), default=Fraction(0))
    assert compare(a, b).largest_loss_difference == float(exact)


@pytest.mark.parametrize(
    ("a", "b", "largest"),
    [
        ((1.0, math.inf), (1.5, math.inf), 0.5),
        ((1.0, 2.0), (1.0, math.inf), math.inf),
        ((math.inf, 1.0), (-math.inf, 1.0), math.inf),
        ((0.0,), (-0.0,), 0.0),
        ((math.nan, 1.0), (math.nan, 4.0), 3.0),
    ],
)
def test_the_largest_difference_of_losses_with_infinities(
    a: tuple[float, ...], b: tuple[float, ...], largest: float
) -> None:
    assert compare(with_losses(*a), with_losses(*b)).largest_loss_difference == largest


@pytest.mark.parametrize("nan", [QUIET_NAN, SIGNALING_NAN])
def test_the_largest_difference_of_losses_to_a_nan_is_nan(nan: int) -> None:
    a, b = with_losses(1.0, 2.0), with_losses(7.0, 2.0)
    bits(b.loss)[1] = np.uint32(nan).view(np.int32)
    assert math.isnan(compare(a, b).largest_loss_difference)


def test_counts_the_test_images_that_two_networks_read_differently() -> None:
    assert compare(history(predictions="7210"), history(predictions="7310")).test_disagreements == 1
    assert compare(history(predictions="7210"), history(predictions="0721")).test_disagreements == 4
    assert compare(history(), history(steps_done=STEPS)).test_disagreements is None


def above(number: np.float32) -> np.float32:
    """The float32 that comes next, with -0.0 and 0.0 as two."""
    if number == 0 and np.signbit(number):
        return np.float32(0)
    return np.float32(np.nextafter(number, np.float32(np.inf)))


@given(float32s | st.integers(-40, 40).map(lambda count: float(count * TINIEST)), st.integers(0, 60))
def test_units_apart_counts_the_float32_between(start: float, count: int) -> None:
    low = np.float32(start)
    high = low
    with np.errstate(over="ignore"):
        for _ in range(count):
            high = above(high)
    assume(np.isfinite(high))  # nothing lies above infinity
    for a, b in ((low, high), (high, low)):
        assert units_apart(np.array([a]), np.array([b])).tolist() == [count]


@given(st.lists(st.tuples(float32s, float32s), min_size=1, max_size=8))
def test_units_apart_is_symmetric_and_nought_only_for_equal_bits(pairs: list[tuple[float, float]]) -> None:
    a, b = np.array(pairs, np.float32).T.copy()
    assert units_apart(a, b).tolist() == units_apart(b, a).tolist()
    assert (units_apart(a, b) == 0).tolist() == (bits(a) == bits(b)).tolist()


def test_units_apart_of_the_largest_numbers_and_of_nan() -> None:
    numbers = np.array([-np.inf, np.finfo(np.float32).min, np.finfo(np.float32).max, np.inf, np.nan], np.float32)
    assert units_apart(numbers[:-1], numbers[1:]).tolist() == [1, 2 * 0x7F7FFFFF + 1, 1, 0x7FC00000 - 0x7F800000]


def with_digests(*digests: str | None) -> History:
    made = history(EIGHT_STEPS)
    half = np.float32(0.5)
    made.epochs = [Epoch(number, half, half, half, half, digest) for number, digest in enumerate(digests, start=1)]
    return made


@pytest.mark.parametrize(
    ("a", "b", "step"),
    [
        (("1", "2"), ("1", "2"), None),
        (("1", "2"), ("9", "2"), 3),
        (("1", "2"), ("1", "9"), 7),
        (("1", "2"), ("9", "9"), 3),
        ((None, "2"), ("9", "2"), None),  # a record of an older version
    ],
)
def test_a_digest_at_an_epochs_end_sees_what_fingerprints_do_not(
    a: tuple[str | None, ...], b: tuple[str | None, ...], step: int | None
) -> None:
    verdict = compare(with_digests(*a), with_digests(*b))
    assert verdict.identical is (step is None)
    assert verdict.first == (None if step is None else Difference(step, "weights"))


def test_a_fingerprint_that_differs_before_comes_first() -> None:
    one, other = with_digests("1", "2"), with_digests("1", "9")
    flip(other, "weights", 5, 0)
    assert compare(one, other).first == Difference(5, "weights")


def test_fingerprints_that_are_made_otherwise_are_not_compared() -> None:
    one, other = history(EIGHT_STEPS), history(EIGHT_STEPS)
    one.fingerprints = 1
    other.weights[:] += 1
    assert compare(one, other).identical
    other.final_weights = "4d"
    assert compare(one, other).first == Difference(7, "weights")


def test_epochs_that_one_run_alone_has_ended_are_not_compared() -> None:
    one, other = with_digests("1", "2"), with_digests("1")
    assert compare(one, other).first is None
    assert compare(other, one).first is None
