"""A job: what one worker process is to train. The launcher's side writes it, the worker's reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from repro.experiment.experiment import Experiment


@dataclass(frozen=True)
class Job:
    """One process: `experiment`, trained `times` times, one after the other. Each run reports all of its weights after
    the epochs in `report_weights`, 0 being before the training."""

    experiment: Experiment
    times: int = 1
    report_weights: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The job as plain JSON values."""
        return {
            "experiment": self.experiment.to_json(),
            "times": self.times,
            "report_weights": list(self.report_weights),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Job":
        """The job that `to_json` gave."""
        return cls(Experiment.from_json(values["experiment"]), values["times"], tuple(values["report_weights"]))
