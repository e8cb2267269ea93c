"""Pairs: two runs that start together, the second with its twist."""

from dataclasses import replace

import pytest
from records import LONG, PATIENCE, SMALL, finish, refusal, wait_until

from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.studies.pair import Pair
from repro.verdicts.verdict import compare


def test_a_seeded_pair_is_identical_and_another_seed_is_not(launcher: Launcher) -> None:
    same, other = (Pair.start(launcher, SMALL, twist) for twist in ("none", "seed"))
    assert compare(finish(same.a), finish(same.b)).identical
    assert other.b.history.experiment.seed == SMALL.seed + 1
    verdict = compare(finish(other.a), finish(other.b))
    assert verdict.first is not None
    assert (verdict.first.step, verdict.first.quantity) == (0, "initial_weights")
    assert same.ended
    assert other.ended


def test_cancelling_a_pair_stops_both_runs(launcher: Launcher) -> None:
    pair = Pair.start(launcher, LONG, "none")
    assert not pair.ended
    pair.cancel()
    assert pair.ended
    assert pair.a.join(PATIENCE)
    assert pair.b.join(PATIENCE)
    assert pair.a.history.stopped
    assert pair.b.history.stopped


def test_a_twist_that_the_experiment_cannot_have_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, launcher: Launcher
) -> None:
    monkeypatch.setattr(launcher, "start", lambda *_: pytest.fail("something was started"))
    assert refusal(lambda: Pair.start(launcher, Experiment(seed=2**32 - 1), "seed")).startswith(
        "twist cannot be 'seed'"
    )


def test_a_twist_comes_with_a_control_that_shows_whether_this_machine_repeats(launcher: Launcher) -> None:
    pair = Pair.start(launcher, SMALL, "one-bit", control=True)
    assert pair.repeats is None
    assert [finish(run).finished for run in pair.runs] == [True] * 3
    assert pair.repeats is True
    assert pair.distances.by_epoch.keys() == {0, 1, 2}
    assert 0 < pair.distances.by_epoch[0] < 1e-7
    pair.control.history.loss[7] += 1
    assert pair.repeats is False


def test_there_is_no_control_where_it_would_show_nothing(launcher: Launcher) -> None:
    for experiment, twist in ((SMALL, "none"), (replace(SMALL, steps=("initializers",)), "one-bit")):
        pair = Pair.start(launcher, experiment, twist, control=True)
        pair.cancel()
        assert len(pair.runs) == 2


def test_in_the_same_process_run_b_starts_when_run_a_ends(launcher: Launcher) -> None:
    pair = Pair.start(launcher, replace(SMALL, steps=("numpy", "initializers")), "same-process")
    wait_until(lambda: pair.a.history.started)
    assert pair.b.history.activity == "waiting for the other run to end"
    a, b = finish(pair.a), finish(pair.b)
    first = compare(a, b).first
    assert first is not None
    assert (first.step, first.quantity) == (0, "initial_weights")
    assert a.batch_order == b.batch_order
    assert pair.distances.by_epoch.keys() == {0, 1, 2}
