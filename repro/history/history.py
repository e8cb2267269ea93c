"""What a run has reported so far, as NumPy arrays: every step, unrounded."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from repro.experiment.errors import EventError
from repro.experiment.experiment import Experiment
from repro.history.events import Event, float32, float32_array

# How fingerprints of weights are made: 1 was a hash of sums, 2 is a hash of all bits (programs/fingerprint.py).
FINGERPRINTS = 2

# The digests of a finished run, SHA-256 in hex, each with its name in words.
DIGESTS = {"initial_weights": "initial weights", "batch_order": "batch order", "final_weights": "final weights"}

STEPS = ("loss", "accuracy", "batch", "weights")  # what each step reports; where there is dropout, "masks" besides

MASKS = "dropout_masks"  # the digest that a run has besides where there is dropout


@dataclass(frozen=True)
class Epoch:
    """An epoch's figures: the means over training, and over all 10,000 test images; and the digest of all weights at
    its end, SHA-256 in hex, None in a record of version 1."""

    epoch: int
    loss: np.float32
    accuracy: np.float32
    test_loss: np.float32
    test_accuracy: np.float32
    epoch_weights: str | None = None


@dataclass
class History:
    """One run. Of its steps the first `steps_done` have happened; the arrays have a place for each step to come.

    `loss`, `accuracy`: float32 [steps]; `batch`, `weights`: fingerprints, int64 [steps]. Digests are SHA-256 in hex,
    None until they are known; `predictions` are the digits that the trained network takes the test images for.
    `fingerprints`: how those of the weights are made; they can be compared only with those that are made alike.
    `moved`: which weight was moved before the training, from what to what. `dropout_masks` is the digest of the
    fingerprints of all steps' masks, and `masks` are these, int64 [steps]; both are None where there are none or a
    record does not hold them.
    """

    experiment: Experiment
    steps_done: int = 0
    epochs: list[Epoch] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    initial_weights: str | None = None
    moved: dict[str, Any] | None = None
    batch_order: str | None = None
    final_weights: str | None = None
    dropout_masks: str | None = None
    predictions: str | None = None
    training_seconds: float | None = None
    fingerprints: int = FINGERPRINTS

    def __post_init__(self) -> None:
        steps = self.experiment.total_steps
        self.loss = np.zeros(steps, np.float32)
        self.accuracy = np.zeros(steps, np.float32)
        self.batch = np.zeros(steps, np.int64)
        self.weights = np.zeros(steps, np.int64)
        self.masks: np.ndarray | None = None

    @property
    def total_steps(self) -> int:
        """How many steps it has at its end."""
        return self.experiment.total_steps

    @property
    def finished(self) -> bool:
        """Whether the run reached its end."""
        return self.final_weights is not None

    @property
    def digests(self) -> dict[str, str]:
        """The digests of a finished run, by their names in DIGESTS."""
        assert self.finished
        return {name: getattr(self, name) for name in DIGESTS}

    @property
    def distinct_orders(self) -> int:
        """How many orders of batches the epochs of a finished run had, told apart by the batches' fingerprints: 1 if
        each epoch took the same batches in the same order."""
        assert self.finished
        return len({order.tobytes() for order in self.batch.reshape(self.experiment.epochs, -1)})

    def add(self, event: Event) -> None:
        """Add one event, as `events.decode` gives it. EventError, of one line, if it is malformed."""
        take = getattr(self, "_take_" + event["event"], None)
        if take is None:
            raise EventError(f"unknown event {event['event']!r}")
        try:
            take(event)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise EventError(f"malformed event {event['event']!r}: {error}") from None

    def _take_started(self, event: dict[str, Any]) -> None:
        self.environment = event["environment"]

    def _take_initialized(self, event: dict[str, Any]) -> None:
        self.initial_weights = event["initial_weights"]
        self.moved = event.get("moved")

    def _take_weights(self, event: dict[str, Any]) -> None:
        """Keep nothing: the weights of all epochs would fill the memory. Whoever needs them watches the run."""

    def _take_steps(self, event: dict[str, Any]) -> None:
        first, end = event["first"], event["first"] + len(event["loss"])
        if first != self.steps_done or end > len(self.loss):
            raise EventError(f"steps {first} to {end} do not follow step {self.steps_done} of {len(self.loss)}")
        masks = [event["masks"]] if "masks" in event else []
        if len({len(values) for values in (*(event[name] for name in STEPS), *masks)}) != 1:
            raise EventError("the lists of an event of steps have different lengths")
        self.loss[first:end] = float32_array(event["loss"])
        self.accuracy[first:end] = float32_array(event["accuracy"])
        self.batch[first:end] = event["batch"]
        self.weights[first:end] = event["weights"]
        if masks:
            self.masks = np.zeros(len(self.loss), np.int64) if self.masks is None else self.masks
            self.masks[first:end] = event["masks"]
        self.steps_done = end  # last: another thread may be reading

    def _take_epoch(self, event: dict[str, Any]) -> None:
        figures = {name: float32(event[name]) for name in ("loss", "accuracy", "test_loss", "test_accuracy")}
        self.epochs.append(Epoch(epoch=event["epoch"], **figures, epoch_weights=event.get("epoch_weights")))

    def _take_finished(self, event: dict[str, Any]) -> None:
        self.batch_order = event["batch_order"]
        self.dropout_masks = event.get("dropout_masks")
        self.predictions = event["predictions"]
        self.training_seconds = event["training_seconds"]
        self.final_weights = event["final_weights"]  # last: it marks the history as finished
