"""Many seeds: each trained, their spread by NumPy's formulas, and words for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import PATIENCE, SMALL, finish, refusal

from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.experiment.settings import LARGEST_SEED
from repro.studies.jobs import Local
from repro.studies.seeds import Seeds, Spread, in_words, student

# Two-sided 95 % quantiles of Student's t, from the tables of Fisher & Yates (1963).
TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 9: 2.262, 19: 2.093, 30: 2.042, 120: 1.980}


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_mean_and_standard_deviation_are_numpys(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.mean == pytest.approx(float(np.mean(values)), abs=1e-12)
    assert spread.std == pytest.approx(float(np.std(values, ddof=1)), abs=1e-9)


def test_a_single_seed_has_no_spread() -> None:
    assert Spread.of([0.97]) == Spread(1, 0.97, None, None)
    assert "One seed says nothing" in in_words([0.97], Experiment())


@pytest.mark.parametrize(("freedom", "quantile"), TABLE.items())
def test_students_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    tolerance = {1: 0.12, 2: 0.01}.get(freedom, 2e-3)
    assert student(freedom) == pytest.approx(quantile, rel=tolerance)


def test_the_interval_of_the_mean_by_hand() -> None:
    assert Spread.of([0.96, 0.97, 0.98, 0.97]).interval == pytest.approx(3.182 * 0.008165 / 2, rel=2e-3)


def test_words_give_the_range_and_what_means_nothing() -> None:
    words = in_words([0.96, 0.97, 0.98, 0.97], Experiment())
    assert "between 0.9600 and 0.9800 in 4 seeds" in words
    assert "less than 2.26 percentage points apart" in words  # 1.96 · √2 · 0.008165


def test_each_seed_is_trained_once_and_gives_what_it_gives_alone(launcher: Launcher) -> None:
    seeds = Seeds(Local(launcher), SMALL, count=3)
    assert seeds.study.join(PATIENCE)
    found = seeds.found()
    assert list(found) == [42, 43, 44]
    alone = finish(launcher.start(Experiment(images=650, epochs=2, seed=43)))
    assert np.float32(found[43]) == alone.epochs[-1].test_accuracy


@pytest.mark.parametrize(
    ("seed", "count", "quoted"),
    [
        (42, 0, "count cannot be 0"),
        (42, 1001, "count cannot be 1001"),
        (LARGEST_SEED, 2, "count cannot be 2: from seed 4294967295 on there are only 1"),
    ],
)
def test_bad_counts_are_refused(launcher: Launcher, seed: int, count: int, quoted: str) -> None:
    assert refusal(lambda: Seeds(Local(launcher), Experiment(seed=seed), count=count)).startswith(quoted)


@pytest.mark.parametrize(
    ("experiment", "chance"),
    [
        (Experiment(), False),
        (Experiment(dropout=0.2), False),
        (Experiment(steps=()), True),
        (Experiment(steps=("tensorflow",)), True),
        (Experiment(steps=("numpy", "initializers")), False),
        (Experiment(steps=("numpy", "initializers"), dropout=0.2), True),
        (Experiment(program="keras"), False),
        (Experiment(program="keras", dropout=0.2), True),
    ],
)
def test_words_blame_the_seed_alone_only_where_all_draws_are_seeded(experiment: Experiment, chance: bool) -> None:
    words = in_words([0.96, 0.97, 0.98], experiment)
    assert words.startswith("A change of seed, together with" if chance else "A change of seed alone moved")
    assert words.endswith("by nothing but chance." if chance else "by nothing but their seeds.")
