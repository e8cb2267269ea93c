"""Estimates: a first guess, then what was seen."""

import pytest

from repro.engine.pace import START_SECONDS, Pace
from repro.experiment.experiment import Experiment


def test_an_estimate_follows_what_runs_took() -> None:
    pace = Pace()
    experiment = Experiment()
    assert pace.seconds(experiment) == pytest.approx(START_SECONDS + 0.0004 * 5625)
    pace.learn(Experiment(epochs=1), 1875 * 0.002 + START_SECONDS)
    assert pace.seconds(experiment) == pytest.approx(START_SECONDS + 0.002 * 5625)
    for _ in range(30):
        pace.learn(experiment, START_SECONDS)
    assert pace.seconds(experiment) == pytest.approx(START_SECONDS, abs=0.01)


def test_a_run_that_takes_less_than_was_guessed_for_its_start_is_known_by_its_size() -> None:
    pace = Pace()
    short = Experiment(images=6400, epochs=1)
    pace.learn(short, START_SECONDS / 4)
    assert pace.seconds(short) == START_SECONDS / 4
    assert pace.seconds(Experiment(images=3200, epochs=1)) == START_SECONDS  # of another size it says less


def test_what_one_kind_of_experiment_took_says_nothing_of_another() -> None:
    pace = Pace()
    pace.learn(Experiment(), 1000.0)
    assert pace.seconds(Experiment(hidden=64)) < 10
    assert pace.seconds(Experiment(program="keras")) == pytest.approx(START_SECONDS + 0.002 * 5625)
