"""Many seeds: each trained, their spread by NumPy's formulas, and words for it."""

import math
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import SMALL, TIMEOUT, finish, refusal

from repro.engine.job import Job
from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.experiment.settings import MAX_SEED
from repro.studies.jobs import Local, Outcome
from repro.studies.seeds import Seeds, Spread, in_words, probability_within, student

# Two-sided 95 % quantiles of Student's t: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
TABLE = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201,
    12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 19: 2.093, 20: 2.086, 29: 2.045, 30: 2.042, 50: 2.009, 99: 1.984,
    100: 1.984,
}  # fmt: skip


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_mean_and_standard_deviation_are_numpys(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.mean == pytest.approx(float(np.mean(values)), abs=1e-12)
    assert spread.std == pytest.approx(float(np.std(values, ddof=1)), abs=1e-9)


def test_a_single_seed_has_no_spread() -> None:
    assert Spread.of([0.97]) == Spread(1, 0.97, None, None)


@pytest.mark.parametrize(("count", "begins"), [(1, "One seed says"), (2, "2 seeds say"), (4, "4 seeds say")])
def test_nothing_is_said_below_five_seeds(count: int, begins: str) -> None:
    values = [0.96, 0.97, 0.98, 0.97][:count]
    words = in_words(values, Experiment())
    assert words == f"{begins} too little about how far another would move the result. Try 5 or more."
    assert Spread.of(values).interval is None
    assert Spread.of([*values, *[0.97] * (5 - count)]).interval is not None


@pytest.mark.parametrize(("freedom", "quantile"), TABLE.items())
def test_students_quantile_is_that_of_the_table(freedom: int, quantile: float) -> None:
    assert round(student(freedom), 3) == quantile


def test_students_quantile_where_it_has_a_closed_form() -> None:
    """With one degree of freedom the distribution is Cauchy's; for two see Abramowitz & Stegun 26.7.4 solved for t."""
    assert student(1) == pytest.approx(math.tan(0.95 * math.pi / 2), rel=1e-12)
    assert student(2) == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)), rel=1e-12)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 31])
def test_the_probability_is_the_integral_of_the_density(freedom: int) -> None:
    constant = math.gamma((freedom + 1) / 2) / (math.sqrt(freedom * math.pi) * math.gamma(freedom / 2))
    points = np.linspace(-2.5, 2.5, 200_001)
    density = constant * (1 + points**2 / freedom) ** (-(freedom + 1) / 2)
    assert probability_within(2.5, freedom) == pytest.approx(float(np.trapezoid(density, points)), abs=1e-9)


def test_the_quantile_of_many_degrees_is_close_to_the_normal_one() -> None:
    assert student(999) == pytest.approx(1.96234, abs=1e-5)  # of tables: 1.962 for 1,000


FIVE = [0.96, 0.97, 0.98, 0.97, 0.97]  # standard deviation 0.00707107


def test_the_interval_of_the_mean_by_hand() -> None:
    assert Spread.of(FIVE).interval == pytest.approx(2.776 * 0.00707107 / 5**0.5, rel=2e-4)


def test_words_give_the_range_and_what_means_nothing() -> None:
    words = in_words(FIVE, Experiment())
    assert "between 0.9600 and 0.9800 in 5 seeds" in words
    assert "less than 2.78 percentage points apart" in words  # 2.776 · √2 · 0.00707107


def test_two_results_are_within_the_threshold_as_often_as_it_says() -> None:
    """Simulated: five normal results give the threshold, and two more lie within it in 95 of 100 cases."""
    numbers = np.random.RandomState(0).normal(0.97, 0.002, (4000, 7))
    within = 0
    for row in numbers:
        words = in_words(row[:5].tolist(), Experiment())
        threshold = float(words.split("less than ")[1].split(" ")[0]) / 100
        within += abs(row[5] - row[6]) < threshold
    assert within / len(numbers) == pytest.approx(0.95, abs=0.012)  # 3.5 standard errors


def test_each_seed_is_trained_once_and_gives_what_it_gives_alone(launcher: Launcher) -> None:
    seeds = Seeds(Local(launcher), SMALL, count=3)
    assert seeds.study.join(TIMEOUT)
    found = seeds.found()
    assert list(found) == [42, 43, 44]
    alone = finish(launcher.start(Experiment(images=650, epochs=2, seed=43)))
    assert np.float32(found[43]) == alone.epochs[-1].test_accuracy


class Pending(Executor):
    """Takes jobs, and does none of them."""

    def __init__(self) -> None:
        self.jobs: dict[Job, Future[Any]] = {}

    def submit(self, _: object, job: Any) -> Future[Any]:  # type: ignore[override]
        self.jobs[job] = Future()
        return self.jobs[job]


def test_what_has_finished_is_found_by_its_seed() -> None:
    pending = Pending()
    seeds = Seeds(pending, SMALL, count=3)
    assert [job.experiment for job in pending.jobs] == [replace(SMALL, seed=seed) for seed in (42, 43, 44)]
    assert [job.times for job in pending.jobs] == [1, 1, 1]
    assert seeds.found() == {}
    digests: dict[str, Any] = {"initial_weights": "a", "batch_order": "b", "final_weights": "c", "training": "d"}
    digests["distinct_orders"] = 3
    for seed, accuracy in ((44, "0.97"), (42, "0.1")):
        job = Job(replace(SMALL, seed=seed))
        pending.jobs[job].set_result((Outcome(test_accuracy=np.float32(accuracy), **digests),))
    assert seeds.found() == {42: 0.1, 44: 0.97}
    assert list(seeds.found()) == [42, 44]


@pytest.mark.parametrize(
    ("seed", "count", "quoted"),
    [
        (42, 0, "count cannot be 0"),
        (42, 1001, "count cannot be 1001"),
        (MAX_SEED, 2, "count cannot be 2: from seed 4294967295 on there are only 1"),
    ],
)
def test_bad_counts_are_refused_before_anything_starts(seed: int, count: int, quoted: str) -> None:
    pending = Pending()
    assert refusal(lambda: Seeds(pending, Experiment(seed=seed), count=count)).startswith(quoted)
    assert pending.jobs == {}
    Seeds(pending, Experiment(seed=MAX_SEED), count=1)
    assert len(pending.jobs) == 1


def test_words_leave_the_seed_out_where_no_draw_has_it() -> None:
    for experiment in (
        Experiment(steps=()),
        Experiment(steps=("python",)),
        Experiment(program="keras", steps=("numpy",)),
    ):
        assert in_words(FIVE, experiment).startswith("Draws that no enabled line seeds, and not the seed, moved")
    assert in_words([0.5] * 5, Experiment()).startswith("All 5 seeds gave the test accuracy 0.5000: ")


@pytest.mark.parametrize(
    ("experiment", "chance"),
    [
        (Experiment(), False),
        (Experiment(dropout=0.2), False),
        (Experiment(steps=("tensorflow",)), True),
        (Experiment(steps=("numpy", "initializers")), False),
        (Experiment(steps=("numpy", "initializers"), dropout=0.2), True),
        (Experiment(program="keras"), False),
        (Experiment(program="keras", dropout=0.2), True),
    ],
)
def test_words_blame_the_seed_alone_only_where_all_draws_are_seeded(experiment: Experiment, chance: bool) -> None:
    words = in_words(FIVE, experiment)
    assert words.startswith("A change of seed, together with" if chance else "A change of seed alone moved")
    assert words.endswith("by nothing but chance." if chance else "by nothing but their seeds.")
