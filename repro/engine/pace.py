"""How long runs take on this machine: learned from those that have ended, for estimates."""

import threading
from typing import TypeVar

from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS

T = TypeVar("T")
Kind = tuple[str, int, int]  # program, hidden units, batch size

START_SECONDS = 1.0  # to fork, trace the graph and test, before and beside the steps
WEIGHT_OF_THE_LAST = 0.3


class Pace:
    """Seconds a step, by what decides them: the program, the hidden units and the batch size; and seconds a run, by its
    steps too: of short ones, what comes before and beside the steps is the larger part."""

    def __init__(self) -> None:
        self._a_step: dict[Kind, float] = {}
        self._a_run: dict[tuple[Kind, int], float] = {}
        self._lock = threading.Lock()

    def learn(self, experiment: Experiment, seconds: float) -> None:
        """Note how many seconds a run of `experiment` has taken."""
        kind, steps = _kind(experiment), experiment.total_steps
        with self._lock:
            _mix(self._a_step, kind, max(seconds - START_SECONDS, 0.0) / steps)
            _mix(self._a_run, (kind, steps), seconds)

    def seconds(self, experiment: Experiment) -> float:
        """How long a run of `experiment` will take, about."""
        kind, steps = _kind(experiment), experiment.total_steps
        with self._lock:
            a_step = self._a_step.get(kind, PROGRAMS[experiment.program].seconds_a_step)
            return self._a_run.get((kind, steps), START_SECONDS + a_step * steps)


def _kind(experiment: Experiment) -> Kind:
    return experiment.program, experiment.hidden, experiment.batch_size


def _mix(known: dict[T, float], key: T, seconds: float) -> None:
    """Move what is known towards what was seen last."""
    before = known.get(key, seconds)
    known[key] = before + WEIGHT_OF_THE_LAST * (seconds - before)
