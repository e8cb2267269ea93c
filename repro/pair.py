"""Run A and run B of one experiment, side by side."""

from dataclasses import dataclass

from repro.experiment import Experiment
from repro.launcher import Launcher, Run
from repro.twists import TWISTS


@dataclass(frozen=True)
class Pair:
    """Two runs of one experiment that started together; run B may carry a twist, by its name in TWISTS."""

    experiment: Experiment
    twist: str
    a: Run
    b: Run

    @classmethod
    def start(cls, launcher: Launcher, experiment: Experiment, twist: str) -> "Pair":
        """Starts both runs; ValueError, and nothing started, where the experiment cannot have the twist."""
        twisted = TWISTS[twist].change(experiment)
        return cls(experiment, twist, launcher.start(experiment), launcher.start(twisted))

    @property
    def ended(self) -> bool:
        """Whether both runs have ended, one way or another."""
        return self.a.record.ended and self.b.record.ended

    def cancel(self) -> None:
        """Stops what still goes on of it."""
        self.a.cancel()
        self.b.cancel()
