"""Another program than those of the table, and a worker that trains it: a row, and a module with a function `train`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from repro.engine import worker
from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS, Program
from repro.experiment.seeding import RandomSource
from repro.history.events import Report

WORKER = [sys.executable, __file__]
ROW = Program(
    name="coin",
    title="a coin",
    label="A coin that is thrown",
    module="another_program",
    seconds_a_step=0.5,
    seeded_draw="coin(seed)",
    sources={
        "initial_weights": RandomSource(
            what="the first throw", drawn="comes from a coin", function="coin", seeded_by=("python",)
        )
    },
)


def train(experiment: Experiment, report: Report) -> None:
    """A run of which the seed is all that shows."""
    report({"event": "initialized", "initial_weights": f"{experiment.seed:064x}"})
    steps = list(range(experiment.total_steps))
    floats = [0.0] * len(steps)
    report({"event": "steps", "first": 0, "loss": floats, "accuracy": floats, "batch": steps, "weights": steps})
    for epoch in range(1, experiment.epochs + 1):
        figures = dict.fromkeys(("loss", "accuracy", "test_loss", "test_accuracy"), 0.0)
        report({"event": "epoch", "epoch": epoch, "epoch_weights": "0" * 64} | figures)
    digests = dict.fromkeys(("batch_order", "final_weights"), "0" * 64)
    report({"event": "finished", "predictions": "0" * 10_000, "training_seconds": 0.0} | digests)


if __name__ == "__main__":
    PROGRAMS[ROW.name] = ROW
    worker._prepare, worker._environment = (
        lambda: train,
        lambda conditions: {"python": f"made up, {conditions.threads} threads"},
    )
    worker.main()
