"""How a difference grows: between the losses of two runs, step by step, and between their weights, epoch by epoch."""

import math
import threading
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from repro.experiment.experiment import Experiment
from repro.history.events import Event, unpack
from repro.verdicts.verdict import bits

MAX_BYTES = 128 * 2**20  # of weights that one run may report: all of them are kept if the other run starts later
SIDE = 28  # pixels of an image, in each direction
PIXELS = SIDE * SIDE
MAX_WINDOWS = 400  # of the picture of loss differences: points of different windows can still be told apart


def epochs_reported(experiment: Experiment) -> tuple[int, ...]:
    """The epochs after which the weights are compared, from 0, before the training, to the last: all of them, unless
    these weights took more than MAX_BYTES; then evenly spaced ones."""
    affordable = max(2, MAX_BYTES // (4 * experiment.weights))
    spacing = math.ceil((experiment.epochs + 1) / affordable)
    return tuple(sorted({*range(0, experiment.epochs + 1, spacing), experiment.epochs}))


class WeightDistances:
    """The Euclidean distance between the weights of run A and run B, by epoch: 0 is before the training. Between all
    weights, and of the first layer between those that leave each pixel.

    Takes the `weights` events of both runs, on whichever thread, and keeps weights only until the other run's come.
    """

    def __init__(self) -> None:
        self._distances: dict[int, float] = {}
        self._pixels: dict[int, np.ndarray] = {}
        self._hidden = 0
        self._waiting: dict[tuple[str, int], np.ndarray] = {}
        self._given_up = False
        self._lock = threading.Lock()

    def watcher(self, run: str) -> Callable[[Event], None]:
        """What is to be called with each event of `run`, "A" or "B"."""
        other = "B" if run == "A" else "A"

        def take(event: Event) -> None:
            if event["event"] == "failed":
                self.give_up()
            if event["event"] == "started":
                self._hidden = event["experiment"]["hidden"]
            if event["event"] == "weights":
                weights, epoch = unpack(event["values"]), event["epoch"]
                with self._lock:
                    if self._given_up:
                        return
                    others = self._waiting.pop((other, epoch), None)
                    if others is None:
                        self._waiting[run, epoch] = weights
                    else:
                        difference = weights.astype(np.float64) - others.astype(np.float64)
                        self._distances[epoch] = float(np.linalg.norm(difference))
                        if self._hidden and len(difference) >= PIXELS * self._hidden:
                            self._pixels[epoch] = by_pixel(difference, self._hidden)

        return take

    def give_up(self) -> None:
        """Drop all weights, and keep no others: one of the runs will not report the rest of its own."""
        with self._lock:
            self._given_up = True
            self._waiting.clear()

    @property
    def by_epoch(self) -> dict[int, float]:
        """The distances known so far, in the order of the epochs."""
        with self._lock:
            return dict(sorted(self._distances.items()))

    @property
    def pixels_by_epoch(self) -> dict[int, np.ndarray]:
        """The distances known so far between the weights of the first layer, by pixel, float32 [28, 28]."""
        with self._lock:
            return dict(sorted(self._pixels.items()))


def by_pixel(difference: np.ndarray, hidden: int) -> np.ndarray:
    """The length of what each pixel's weights to the `hidden` units of the first layer differ by, float32 [28, 28].

    `difference`: that of all weights, float64 [n]; those of the first layer, [784, hidden], come first.
    """
    first_layer = difference[: PIXELS * hidden].reshape(PIXELS, hidden)
    return np.asarray(np.linalg.norm(first_layer, axis=1), np.float32).reshape(SIDE, SIDE)


class Steps(Protocol):
    """What is needed of a run: how many steps it will have, how many it has done, and the loss of each, float32 or
    float64 [n]."""

    @property
    def total_steps(self) -> int: ...
    @property
    def steps_done(self) -> int: ...
    @property
    def loss(self) -> np.ndarray[Any, Any]: ...


def loss_differences(a: Steps, b: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """|loss A - loss B| over windows of the steps that both runs have done: each window's last step, int64 [n]; its
    largest difference, float64 [n], NaN if there is none; and how many of its steps are equal to the last bit,
    int64 [n]. Windows begin as single steps and get longer, as what matters happens early; they follow from how many
    steps there will be, so that a growing picture keeps its points."""
    total, steps = a.total_steps, min(a.steps_done, b.steps_done)
    if not steps:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    # Equally wide on an axis of square roots.
    starts = np.unique(np.arange(MAX_WINDOWS, dtype=np.int64) ** 2 * total // MAX_WINDOWS**2)
    ends = np.minimum(np.append(starts[1:], total), steps)
    starts, ends = starts[starts < steps], ends[starts < steps]
    equal = bits(a.loss[:steps]) == bits(b.loss[:steps])
    with np.errstate(invalid="ignore"):  # infinite losses
        differences = np.abs(a.loss[:steps].astype(np.float64) - b.loss[:steps].astype(np.float64))
    # 0.0 and -0.0 differ by nothing, and are not equal to the last bit.
    largest = np.fmax.reduceat(np.where(equal, np.nan, differences), starts)
    return ends - 1, largest, np.add.reduceat(equal.astype(np.int64), starts)
