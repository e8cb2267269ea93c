"""What is kept of a pair when the next one is trained: enough to hold it against that, without its steps."""

from dataclasses import dataclass

from repro.experiment.experiment import Experiment
from repro.studies.pair import Pair
from repro.verdicts.control import NAMES
from repro.verdicts.strip import Strip, strip
from repro.verdicts.verdict import Difference, compare


@dataclass(frozen=True)
class Tried:
    """A pair that was trained before: where it first differed, if it did, of how many steps that were compared; whether
    it was identical; its match strip; the test
    accuracies of run A and run B once they have finished, and on how many test images their predictions differ."""

    experiment: Experiment
    twist: str
    first: Difference | None
    identical: bool
    steps_compared: int
    strip: Strip
    accuracies: tuple[float, float] | None
    disagreements: int | None

    @classmethod
    def of(cls, pair: Pair) -> "Tried | None":
        """That of `pair`; None if no step of it was compared."""
        a, b = pair.a.history, pair.b.history
        verdict = compare(a, b)
        if not verdict.steps_compared:
            return None
        known = a.finished and b.finished
        return cls(
            pair.experiment,
            pair.twist,
            verdict.first,
            verdict.identical,
            verdict.steps_compared,
            strip(a, b, verdict),
            (float(a.epochs[-1].test_accuracy), float(b.epochs[-1].test_accuracy)) if known else None,
            verdict.test_disagreements,
        )

    @property
    def in_short(self) -> str:
        """The verdict in a few words."""
        if self.first is not None:
            return f"≠ from step {self.first.step:,}: {NAMES[self.first.quantity]}"
        return f"= in {'all ' if self.identical else ''}{self.steps_compared:,} steps"
