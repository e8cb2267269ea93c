"""What is printed of a run and of a pair: the article's output, the digests, the verdict."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import TWIST, run_b_in_words
from repro.history.events import plain
from repro.history.history import DIGESTS, MASKS, Epoch, History
from repro.verdicts.reasons import Words
from repro.verdicts.verdict import Verdict, bits, units_apart

FIGURES = {"loss": "loss", "accuracy": "accuracy", "test_loss": "test loss", "test_accuracy": "test accuracy"}


def epoch_line(epoch: Epoch, epochs: int) -> str:
    """One line of the article's output: every digit that a float32 has."""
    figures = "  ".join(f"{label} {digits(getattr(epoch, name)):<11}" for name, label in FIGURES.items())
    return f"Epoch {epoch.epoch} of {epochs}  {figures}".rstrip()


def digits(value: Any) -> str:
    """A float32 in the fewest digits that read back as the same float32."""
    return str(np.float32(value))  # as the scripts print it


def digest_lines(history: History) -> list[str]:
    """A finished run's digests, one a line."""
    masks = [f"{'dropout masks':<16}{history.dropout_masks}"] if history.dropout_masks else []
    return [f"{DIGESTS[name]:<16}{digest}" for name, digest in history.digests.items()] + masks


def shuffling(history: History) -> str | None:
    """How many orders of batches the epochs of a finished run had, in words; None where there can be but one."""
    epochs, orders = history.experiment.epochs, history.distinct_orders
    if epochs == 1 or history.experiment.images == 1:
        return None
    same = ": each epoch took the same batches in the same order" if orders == 1 else ""
    return f"{epochs} epochs, {orders} order{'' if orders == 1 else 's'}{same}"


def shuffling_lines(history: History) -> list[str]:
    """The same in a line as it is printed, if there is something to say."""
    words = shuffling(history)
    return [] if words is None else [f"{'shuffling':<16}{words}"]


def comparison_lines(
    words: Words, verdict: Verdict, a: History, b: History, distances: Mapping[int, float]
) -> list[str]:
    """The verdict on a finished pair, in words first; then the epochs of A beside B, and the digests; for runs that
    differ also how far, with the distances of their weights by epoch."""
    lines = [words.headline, *(text.replace("`", "") for text in (*words.reasons, *words.remedies)), ""]
    for epoch_a, epoch_b in zip(a.epochs, b.epochs, strict=True):
        for run, epoch in (("A", epoch_a), ("B", epoch_b)):
            lines.append(f"Run {run}  {epoch_line(epoch, a.experiment.epochs)}")
    lines.append("")
    lines_a, lines_b = ([*digest_lines(run), *shuffling_lines(run)] for run in (a, b))
    for line_a, line_b in zip(lines_a, lines_b, strict=True):
        lines += [f"Run A  {line_a}"] if line_a == line_b else [f"Run A  {line_a}", f"Run B  {line_b}"]
        lines[-1] += "  (both runs)" if line_a == line_b else ""
    if not verdict.identical:
        step = verdict.first_loss_difference
        losses = ["The losses are the same in all steps."]
        if step is not None:
            losses = [
                f"First step whose losses differ: {step:,}",
                f"Largest difference of losses: {verdict.largest_loss_difference:.6g}",
            ]
        disagreements = f"Test images on which the predictions differ: {verdict.test_disagreements:,} of 10,000"
        lines += ["", *losses, disagreements]
    if distances and not verdict.identical:
        by_epoch = ", ".join(f"{distance:.3g} ({epoch})" for epoch, distance in distances.items())
        lines.append(f"Distance between their weights, by epoch: {by_epoch}")
    if b.moved:
        lines.append(moved_line(b.moved))
    return lines


def moved_line(moved: Mapping[str, Any]) -> str:
    """Which weight the twist of one bit has changed, from what to what, and by how much."""
    before, after = (np.array([moved[name]], np.float32) for name in ("before", "after"))
    flipped = int(bits(before)[0] ^ bits(after)[0]).bit_count()
    units = int(units_apart(before, after)[0])
    return (
        f"Changed in run B: the weight from the pixel in row {moved['row']}, column {moved['column']} to hidden unit"
        f" {moved['unit']}, counted from 0, from {digits(moved['before'])} to {digits(moved['after'])}:"
        f" {flipped} {'bit' if flipped == 1 else 'bits'}, {units} {'unit' if units == 1 else 'units'} in the last place"
    )


def comparison_json(verdict: Verdict, a: History, b: History) -> dict[str, Any]:
    """The verdict on a finished pair as plain JSON values."""
    first = verdict.first
    return {
        "identical": verdict.identical,
        "first_difference": first and {"step": first.step, "quantity": first.quantity},
        "first_loss_difference": verdict.first_loss_difference,
        "largest_loss_difference": plain(verdict.largest_loss_difference),
        "test_disagreements": verdict.test_disagreements,
        "a": _summary(a),
        "b": _summary(b),
    }


def _summary(history: History) -> dict[str, Any]:
    masks = {MASKS: history.dropout_masks} if history.dropout_masks else {}
    return (
        history.digests
        | masks
        | {
            "test_accuracy": plain(history.epochs[-1].test_accuracy),
            "distinct_orders": history.distinct_orders,
        }
    )


def summary_line(experiment: Experiment, twist: str = TWIST.default) -> str:
    """The experiment in a line: program, seed, seeding lines, every other setting that is not the default, and the
    twist of run B."""
    steps = ", ".join(experiment.steps) or "none"
    parts = [f"{experiment.program}, seed {experiment.seed}, seeding lines on: {steps}"]
    others = [
        f"{setting.label.lower()} {setting.text(getattr(experiment, name))}"
        for name, setting in SETTINGS.items()
        if name not in ("program", "seed", "steps") and getattr(experiment, name) != setting.default
    ]
    parts += [", ".join(others)] if others else []
    parts += [run_b_in_words(twist)] if twist != TWIST.default else []
    return "; ".join(parts)
