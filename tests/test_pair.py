"""Pairs: two runs that start together, the second with its twist."""

import pytest
from records import LONG, PATIENCE, SMALL, finish, refusal

from repro.experiment import Experiment
from repro.launcher import Launcher
from repro.pair import Pair
from repro.verdict import compare


def test_a_seeded_pair_is_identical_and_another_seed_is_not(launcher: Launcher) -> None:
    same, other = (Pair.start(launcher, SMALL, twist) for twist in ("none", "seed"))
    assert compare(finish(same.a), finish(same.b)).identical
    assert other.b.record.experiment.seed == SMALL.seed + 1
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
    assert pair.a.record.stopped
    assert pair.b.record.stopped


def test_a_twist_that_the_experiment_cannot_have_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, launcher: Launcher
) -> None:
    monkeypatch.setattr(launcher, "start", lambda *_: pytest.fail("something was started"))
    assert refusal(lambda: Pair.start(launcher, Experiment(seed=2**32 - 1), "seed")).startswith(
        "twist cannot be 'seed'"
    )
