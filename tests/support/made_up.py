"""A worker whose program is made up, for tests in which the training is not the point: it reports what a real one
does, at about its pace, and needs no TensorFlow. Seeding steps fix what they fix in base TensorFlow; twists make runs
differ."""

import os
import sys
import time
from hashlib import sha256
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from repro.engine import worker
from repro.experiment.conditions import Conditions
from repro.experiment.experiment import Experiment
from repro.history.events import Report

WORKER = [sys.executable, __file__]
PORTION, PORTION_SECONDS = 125, 0.025  # steps that are told at once, and how long they take
# The source of a worker whose runs never end, and say nothing more after their first step if their seed is 0.
ENDLESS = """
import itertools, time
from repro.engine import worker

def train(experiment, report):
    report({"event": "initialized", "initial_weights": "1a"})
    for step in itertools.count():
        report({"event": "steps", "first": step} | dict.fromkeys(("loss", "accuracy", "batch", "weights"), [step]))
        time.sleep(600 if experiment.seed == 0 else 0.01)

worker._prepare, worker._environment = lambda: train, lambda conditions: {}
worker.main()"""
_trained: list[Experiment] = []  # in this process


def generator(*words: object, seeded: bool) -> np.random.RandomState:
    """Random numbers that `words` decide, or chance."""
    drawn = sha256(repr(words).encode()).digest() if seeded else os.urandom(32)
    return np.random.RandomState(np.frombuffer(drawn, np.uint32))


def train(experiment: Experiment, report: Report) -> None:
    """One made-up run; the events of a real one."""
    on, conditions = set(experiment.steps), experiment.conditions
    # A seed on the operations alone gives a second run in the same process other numbers, as TensorFlow documents.
    before = 0 if "tensorflow" in on else len(_trained)
    _trained.append(experiment)
    draws = generator("weights", experiment.seed, before, seeded=bool(on & {"tensorflow", "initializers"}))
    weights = draws.uniform(-1, 1, 16).astype(np.float32)
    shuffling = generator("batches", experiment.seed, seeded="numpy" in on)
    masks = generator("masks", experiment.seed, seeded=not experiment.dropout or "tensorflow" in on)
    moved = {}
    if conditions.one_bit:
        old, weights[0] = weights[0], np.nextafter(weights[0], np.float32(2))
        moved = {"moved": {"row": 14, "column": 16, "unit": 0, "before": old, "after": weights[0]}}
    report({"event": "initialized", "initial_weights": sha256(weights.tobytes()).hexdigest()} | moved)
    report({"event": "weights", "epoch": 0, "values": [weights]})
    began = time.perf_counter()
    orders = sha256()
    mask = masks.randint(2**31)
    last = generator(weights.tobytes(), conditions, mask, seeded=True)
    steps = experiment.steps_per_epoch
    for epoch in range(1, experiment.epochs + 1):
        batches = shuffling.randint(0, 2**53, steps)
        orders.update(batches.tobytes())
        last = generator(last.randint(2**31), batches.tobytes(), seeded=True)
        loss = (2.3 / (1 + np.arange(steps) / 100 + epoch) + last.uniform(0, 0.1, steps)).astype(np.float32)
        accuracy = (1 - loss / 2.5).astype(np.float32)
        fingerprints = last.randint(0, 2**53, steps)
        kept = generator(mask, epoch, seeded=True).randint(0, 2**53, steps)
        for start in range(0, steps, PORTION):
            part = slice(start, start + PORTION)
            time.sleep(PORTION_SECONDS * len(loss[part]) / PORTION)
            report(
                {
                    "event": "steps",
                    "first": (epoch - 1) * steps + start,
                    "loss": loss[part],
                    "accuracy": accuracy[part],
                    "batch": batches[part],
                    "weights": fingerprints[part],
                }
                | ({"masks": kept[part]} if experiment.dropout else {})
            )
        weights = last.uniform(-1, 1, 16).astype(np.float32)
        predictions = last.randint(0, 10, 10_000)
        tested = {"test_loss": loss.mean(), "test_accuracy": np.float32(last.randint(9000, 9900) / 10_000)}
        trained = {
            "loss": loss.mean(),
            "accuracy": accuracy.mean(),
            "epoch_weights": sha256(weights.tobytes()).hexdigest(),
        }
        report({"event": "epoch", "epoch": epoch} | trained | tested)
        report({"event": "weights", "epoch": epoch, "values": [weights]})
    report(
        {
            "event": "finished",
            "batch_order": orders.hexdigest(),
            "final_weights": sha256(weights.tobytes()).hexdigest(),
            "predictions": "".join(map(str, predictions)),
            "training_seconds": round(time.perf_counter() - began, 3),
        }
        | ({"dropout_masks": sha256(str(mask).encode()).hexdigest()} if experiment.dropout else {})
    )


def environment(conditions: Conditions) -> dict[str, str]:
    """What a run is said to run on."""
    del conditions
    return {"python": "made up"}


if __name__ == "__main__":
    worker._prepare, worker._environment = lambda: train, environment
    worker.main()
