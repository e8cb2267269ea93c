"""Run A and run B of one experiment, side by side, and a control run if run B carries a twist."""

from dataclasses import dataclass, field, replace

from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST, apply_twist, parse_twist
from repro.history.history import History
from repro.history.state import State
from repro.records.saved import Saved
from repro.studies.jobs import Starter
from repro.verdicts.control import Control, ControlState
from repro.verdicts.growth import WeightDistances, epochs_reported
from repro.verdicts.verdict import compare


@dataclass(frozen=True)
class Pair:
    """Two runs of one experiment; run B may carry a twist. Then the `control_run`, an unmodified repeat of run A, shows
    whether and where this machine repeats the experiment at all. An `earlier` pair of the same experiment can show it
    in its place: by its run A, or by not having repeated."""

    experiment: Experiment
    twist: str
    a: Run
    b: Run
    control_run: Run | None = None
    earlier: History | Control | None = None
    distances: WeightDistances = field(default_factory=WeightDistances)

    @classmethod
    def start(
        cls,
        starter: Starter,
        experiment: Experiment,
        twist: str,
        *,
        control: bool = False,
        earlier: "Pair | None" = None,
    ) -> "Pair":
        """Start the runs, the control run last: what differs is seen before anybody knows why. InputError, and nothing
        started, if there can be no such twist. There is a control run if it is asked for, B has a twist, and the
        `earlier` pair does not show as much."""
        chosen, _ = parse_twist(twist)
        distances, epochs = WeightDistances(), epochs_reported(experiment)
        pair: Pair

        def outcome() -> str:
            return pair.outcome

        a = Run(experiment, distances.watcher("A"), epochs, outcome)
        b = Run(apply_twist(experiment, twist), distances.watcher("B"), epochs, outcome)
        known = None if earlier is None or twist == TWIST.default else earlier.known_of(experiment)
        needed = control and twist != TWIST.default and known is None
        pair = cls(experiment, twist, a, b, Run(experiment) if needed else None, known, distances)
        processes = [[a, b]] if chosen.same_process else [[a], [b]]
        starter.start_together(processes if pair.control_run is None else [*processes, [pair.control_run]])
        return pair

    @property
    def runs(self) -> list[Run]:
        """Run A, run B, and the control run if there is one."""
        return [self.a, self.b] if self.control_run is None else [self.a, self.b, self.control_run]

    @property
    def ended(self) -> bool:
        """Whether all runs have ended, one way or another."""
        return all(run.ended for run in self.runs)

    @property
    def waiting(self) -> bool:
        """Whether both runs still wait in the queue."""
        return all(run.state is State.WAITING for run in (self.a, self.b))

    @property
    def states(self) -> tuple[State, State]:
        """Those of run A and run B."""
        return self.a.state, self.b.state

    @property
    def outcome(self) -> str:
        """The outcome of the pair, in a word."""
        verdict = compare(self.a.history, self.b.history)
        return "identical" if verdict.identical else "diverged" if verdict.first is not None else "open"

    @property
    def control(self) -> Control:
        """What the control run, or an earlier pair, has shown so far."""
        if self.control_run is not None:
            states = self.a.state, self.control_run.state
            return Control.of(self.a.history, self.control_run.history, states=states)
        if isinstance(self.earlier, History):
            states = self.a.state, State.FINISHED
            return Control.of(self.a.history, self.earlier, earlier=True, states=states)
        return self.earlier or Control()

    def known_of(self, experiment: Experiment) -> History | Control | None:
        """What this pair can show in place of a control run of `experiment`: where run A differed from its unmodified
        repeat, or a finished run A to compare with; None if neither."""
        if self.experiment != experiment:
            return None
        unmodified = Control.of(self.a.history, self.b.history) if self.twist == TWIST.default else self.control
        if unmodified.state is ControlState.DIFFERENT:
            return replace(unmodified, earlier=True)
        return self.a.history if self.a.history.finished else self.earlier

    def saved(self) -> Saved:
        """The pair as it is saved, once runs A and B have finished."""
        return Saved(self.twist, self.a.history, self.b.history, self.control)

    def cancel(self) -> None:
        """Stop every run that has not ended."""
        if not (self.a.history.finished and self.b.history.finished):
            self.distances.give_up()
        for run in self.runs:
            run.cancel()
