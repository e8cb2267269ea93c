"""One experiment over many seeds: how far a change of seed alone moves the test accuracy."""

import functools
import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from statistics import mean, stdev

from repro.engine.job import Job
from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.kinds import WholeNumber
from repro.experiment.limits import LIMITS
from repro.experiment.settings import MAX_SEED, Setting
from repro.history.events import plain
from repro.studies.study import Study

COUNT = Setting(
    name="count",
    label="How many seeds",
    help="how many seeds are tried, from the chosen one on",
    default=10,
    kind=WholeNumber(1, min(1000, LIMITS.runs_of_a_study)),
)
CONFIDENCE = 0.95
MIN_SEEDS = 5  # seeds that a statement on their spread takes


class Seeds:
    """The experiment with the seeds seed … seed + count - 1, each once. InputError, of one line, if `count` is not
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
    """Raise InputError, of one line, if `count` seeds are not allowed or run past the largest."""
    if not COUNT.kind.accepts(count):
        raise InputError(COUNT.refusal(count))
    if experiment.seed + count - 1 > MAX_SEED:
        raise InputError(
            f"count cannot be {count}: from seed {experiment.seed} on there are only"
            f" {MAX_SEED - experiment.seed + 1}, up to {MAX_SEED}"
        )


@dataclass(frozen=True)
class Spread:
    """A distribution: the number of its values, their mean, sample standard deviation, and the half width of the mean's
    95 % interval; `std` is None for a single value, `interval` below MIN_SEEDS values."""

    count: int
    mean: float
    std: float | None
    interval: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """That of one value or more."""
        count = len(values)
        if count == 1:
            return cls(1, values[0], None, None)
        std = stdev(values)
        interval = student(count - 1) * std / math.sqrt(count) if count >= MIN_SEEDS else None
        return cls(count, mean(values), std, interval)


@functools.cache
def student(freedom: int) -> float:
    """The two-sided 95 % quantile of Student's t with `freedom` degrees of freedom, 1 or more, to 12 digits."""
    low, high = 0.0, 16.0  # that with one degree of freedom, the largest, is 12.7
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if probability_within(middle, freedom) < CONFIDENCE else (low, middle)
    return (low + high) / 2


def probability_within(t: float, freedom: int) -> float:
    """The probability that Student's t with `freedom` degrees of freedom lies between -`t` and `t`: the finite series
    of Abramowitz & Stegun, 26.7.3 for odd and 26.7.4 for even degrees."""
    angle = math.atan(t / math.sqrt(freedom))
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for power in range(odd, freedom - 1, 2):
        total += term
        term *= (power + 1) / (power + 2) * math.cos(angle) ** 2
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total


def in_words(values: Sequence[float], experiment: Experiment) -> str:
    """What the spread of the test accuracies of `experiment` means, in one sentence; nothing below MIN_SEEDS seeds."""
    if len(values) < MIN_SEEDS:
        seeds = "One seed says" if len(values) == 1 else f"{len(values)} seeds say"
        return f"{seeds} too little about how far another would move the result. Try {MIN_SEEDS} or more."
    spread = Spread.of(values)
    assert spread.std is not None
    if spread.std == 0:
        return f"All {len(values)} seeds gave the test accuracy {values[0]:.4f}: this says nothing about other seeds."
    # Of two runs, each with this standard deviation, the difference has one of √2 times that; divided by an estimate
    # of it from n runs, it has Student's distribution with n - 1 degrees of freedom.
    means_nothing = student(len(values) - 1) * math.sqrt(2) * spread.std
    cause, alike = ("A change of seed alone", "nothing but their seeds")
    if experiment.unseeded_sources:
        cause, alike = ("A change of seed, together with draws that no enabled line seeds,", "nothing but chance")
        if not experiment.seeded_sources:
            cause = "Draws that no enabled line seeds, and not the seed,"
    return (
        f"{cause} moved the test accuracy between {min(values):.4f} and {max(values):.4f} in"
        f" {len(values)} seeds: two results of one run each that lie less than {100 * means_nothing:.2f} percentage"
        f" points apart may differ by {alike}."
    )
