"""One experiment over many seeds: how far a change of seed alone moves the test accuracy."""

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from statistics import NormalDist, mean, stdev

from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.kinds import WholeNumber
from repro.experiment.limits import LIMITS
from repro.experiment.settings import LARGEST_SEED, Setting
from repro.records.events import plain
from repro.studies.jobs import Job
from repro.studies.study import Study

COUNT = Setting(
    name="count",
    label="How many seeds",
    help="how many seeds are tried, from the chosen one on",
    default=10,
    kind=WholeNumber(1, min(1000, LIMITS.runs_of_a_study)),
)
CONFIDENCE = 0.95


class Seeds:
    """The experiment with the seeds seed … seed + count - 1, each once. InputError, of one line, where `count` is not
    allowed or the seeds run past the largest."""

    def __init__(self, executor: Executor, experiment: Experiment, *, count: int) -> None:
        check(experiment, count)
        self.experiment = experiment
        self.seeds = range(experiment.seed, experiment.seed + count)
        self.study = Study(executor, [Job(replace(experiment, seed=seed)) for seed in self.seeds])

    def found(self) -> dict[int, float]:
        """Test accuracy by seed, of the runs that have finished: the float32 in its shortest digits."""
        pairs = zip(self.seeds, self.study.outcomes, strict=True)
        return {seed: plain(outcomes[0].test_accuracy) for seed, outcomes in pairs if outcomes is not None}


def check(experiment: Experiment, count: int) -> None:
    """Raises InputError, of one line, where `count` seeds are not allowed or run past the largest."""
    if not COUNT.kind.accepts(count):
        raise InputError(COUNT.refusal(count))
    if experiment.seed + count - 1 > LARGEST_SEED:
        raise InputError(
            f"count cannot be {count}: from seed {experiment.seed} on there are only"
            f" {LARGEST_SEED - experiment.seed + 1}, up to {LARGEST_SEED}"
        )


@dataclass(frozen=True)
class Spread:
    """How values lie: their number, mean, sample standard deviation, and the half width of the mean's 95 % interval;
    the last two are None for a single value."""

    count: int
    mean: float
    std: float | None
    interval: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """That of one value or more."""
        if len(values) == 1:
            return cls(1, values[0], None, None)
        std = stdev(values)
        return cls(len(values), mean(values), std, student(len(values) - 1) * std / math.sqrt(len(values)))


def student(freedom: int) -> float:
    """The two-sided 95 % quantile of Student's t with `freedom` degrees of freedom: Abramowitz & Stegun 26.7.5, which
    is 11 % short for one degree, 1 % for two and exact to three digits from five on."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms)))


def in_words(values: Sequence[float], experiment: Experiment) -> str:
    """What the spread of the test accuracies of `experiment` means, in one sentence."""
    if len(values) < 2:
        return "One seed says nothing about how far another would move the result. Try more."
    spread = Spread.of(values)
    assert spread.std is not None
    # Of two runs, each with this standard deviation, the difference has one of √2 times that.
    means_nothing = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt(2) * spread.std
    cause, alike = ("A change of seed alone", "nothing but their seeds")
    if experiment.sources_left_to_chance:
        cause, alike = ("A change of seed, together with draws that no step that is on seeds,", "nothing but chance")
    return (
        f"{cause} moved the test accuracy between {min(values):.4f} and {max(values):.4f} in"
        f" {len(values)} seeds: two results of one run each that lie less than {100 * means_nothing:.2f} percentage"
        f" points apart may differ by {alike}."
    )
