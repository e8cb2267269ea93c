"""Run A and run B of one experiment, side by side, and a control where run B carries a twist."""

from dataclasses import dataclass, field

from repro.engine.run import Run
from repro.engine.state import State
from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST, apply_twist, parse_twist
from repro.studies.jobs import Starter
from repro.studies.saved import Saved
from repro.verdicts.growth import WeightDistances, epochs_told
from repro.verdicts.verdict import compare


@dataclass(frozen=True)
class Pair:
    """Two runs of one experiment; run B may carry a twist. The `control` is a second, untouched run A: it shows whether
    this machine repeats the experiment at all, before a twist is blamed."""

    experiment: Experiment
    twist: str
    a: Run
    b: Run
    control: Run | None = None
    distances: WeightDistances = field(default_factory=WeightDistances)

    @classmethod
    def start(cls, starter: Starter, experiment: Experiment, twist: str, *, control: bool = False) -> "Pair":
        """Starts the runs; InputError, and nothing started, where there can be no such twist. There is a control, if
        it is asked for, where there is a twist and every draw is seeded: elsewhere it would show nothing."""
        chosen, _ = parse_twist(twist)
        distances, epochs = WeightDistances(), epochs_told(experiment)
        pair: Pair

        def comes_to() -> str:
            return pair.outcome

        a = Run(experiment, distances.watcher("A"), epochs, comes_to)
        b = Run(apply_twist(experiment, twist), distances.watcher("B"), epochs, comes_to)
        needed = control and twist != TWIST.default and not experiment.sources_left_to_chance
        pair = cls(experiment, twist, a, b, Run(experiment) if needed else None, distances)
        processes = [[a, b]] if chosen.same_process else [[a], [b]]
        starter.start_together(processes if pair.control is None else [*processes, [pair.control]])
        return pair

    @property
    def runs(self) -> list[Run]:
        """Run A, run B, and the control if there is one."""
        return [self.a, self.b] if self.control is None else [self.a, self.b, self.control]

    @property
    def ended(self) -> bool:
        """Whether all runs have ended, one way or another."""
        return all(run.ended for run in self.runs)

    @property
    def waiting(self) -> bool:
        """Whether both runs still wait in the queue."""
        return all(run.state is State.WAITING for run in (self.a, self.b))

    @property
    def outcome(self) -> str:
        """What the pair has come to, in a word."""
        verdict = compare(self.a.history, self.b.history)
        return "identical" if verdict.identical else "diverged" if verdict.first is not None else "open"

    @property
    def repeats(self) -> bool | None:
        """Whether this machine repeats the experiment untouched, as far as this pair shows; None where it does not."""
        other = self.b if self.twist == TWIST.default else self.control
        if other is None:
            return None
        verdict = compare(self.a.history, other.history)
        return True if verdict.identical else False if verdict.first is not None else None

    def saved(self) -> Saved:
        """The pair as it is saved, once runs A and B have finished."""
        return Saved(self.twist, self.a.history, self.b.history, self.repeats)

    def cancel(self) -> None:
        """Stops what still goes on of it."""
        if not (self.a.history.finished and self.b.history.finished):
            self.distances.give_up()
        for run in self.runs:
            run.cancel()
