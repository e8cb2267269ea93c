"""How long runs take on this machine: learned from those that have ended, for estimates."""

import threading

from repro.experiment.experiment import Experiment

START_SECONDS = 1.0  # to fork, trace the graph and test, before and beside the steps
FIRST_GUESS = {"tensorflow": 0.0004, "keras": 0.002}  # seconds a step, until a run has shown it
WEIGHT_OF_THE_LAST = 0.3


class Pace:
    """Seconds a step, by what decides them: the program, the hidden units and the batch size."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], float] = {}
        self._lock = threading.Lock()

    def learn(self, experiment: Experiment, seconds: float) -> None:
        """Notes how many seconds a run of `experiment` has taken."""
        a_step = max(seconds - START_SECONDS, 0.0) / experiment.total_steps
        key = _key(experiment)
        with self._lock:
            before = self._known.get(key, a_step)
            self._known[key] = before + WEIGHT_OF_THE_LAST * (a_step - before)

    def seconds(self, experiment: Experiment) -> float:
        """How long a run of `experiment` will take, about."""
        with self._lock:
            a_step = self._known.get(_key(experiment), FIRST_GUESS[experiment.program])
        return START_SECONDS + a_step * experiment.total_steps


def _key(experiment: Experiment) -> tuple[str, int, int]:
    return experiment.program, experiment.hidden, experiment.batch_size
