"""Pairs: two runs that start together, the second with its twist."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from records import EIGHT_STEPS, LONG, SMALL, TIMEOUT, finish, history, refusal, wait_until

from repro.engine.launcher import Launcher
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.history.events import pack
from repro.history.state import State
from repro.studies.pair import Pair
from repro.verdicts.control import Control, ControlState
from repro.verdicts.verdict import Difference, compare


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
    assert pair.a.join(TIMEOUT)
    assert pair.b.join(TIMEOUT)
    assert pair.states == (State.STOPPED, State.STOPPED)


class Queue:
    """Takes runs, and starts none of them."""

    def __init__(self) -> None:
        self.processes: list[list[Run]] = []

    def start_together(self, processes: Sequence[Sequence[Run]]) -> None:
        self.processes += [list(runs) for runs in processes]


def finished(pair: Pair) -> Pair:
    """`pair` with runs that all have finished alike."""
    for run in pair.runs:
        run.history = history(run.history.experiment)
    return pair


def test_a_twist_that_the_experiment_cannot_have_starts_nothing() -> None:
    queue = Queue()
    last = Experiment(seed=2**32 - 1)
    assert refusal(lambda: Pair.start(queue, last, "seed", control=True)).startswith("twist cannot be 'seed'")
    assert queue.processes == []
    Pair.start(queue, last, "seed:7", control=True)
    assert len(queue.processes) == 3


def test_the_control_run_is_started_last_where_there_is_a_twist_even_if_nothing_is_seeded() -> None:
    for twist, experiment in itertools.product(("one-bit", "seed", "same-process"), (SMALL, replace(SMALL, steps=()))):
        queue = Queue()
        pair = Pair.start(queue, experiment, twist, control=True)
        assert pair.control_run is not None
        assert pair.control_run.history.experiment == experiment
        rest = [[pair.a, pair.b]] if twist == "same-process" else [[pair.a], [pair.b]]
        assert queue.processes == [*rest, [pair.control_run]]
        assert pair.runs == [pair.a, pair.b, pair.control_run]
        assert pair.control.state is ControlState.RUNNING


def test_there_is_no_control_run_without_a_twist_or_where_none_is_asked_for() -> None:
    for pair in (Pair.start(Queue(), SMALL, "none", control=True), Pair.start(Queue(), SMALL, "one-bit")):
        assert pair.control_run is None
        assert pair.control == Control()


def test_an_earlier_pair_of_the_same_experiment_is_the_control() -> None:
    first = finished(Pair.start(Queue(), EIGHT_STEPS, "none", control=True))
    pair = Pair.start(Queue(), EIGHT_STEPS, "one-bit", control=True, earlier=first)
    assert pair.control_run is None
    assert pair.control == Control(state=ControlState.RUNNING, earlier=True)
    finished(pair)
    assert pair.control == Control(state=ControlState.SAME, steps_compared=8, earlier=True)
    third = finished(Pair.start(Queue(), EIGHT_STEPS, "xla", control=True, earlier=pair))
    assert third.control.state is ControlState.SAME
    third.a.history.weights[5:] += 1
    assert third.control.first == Difference(5, "weights")


def test_what_did_not_repeat_in_an_earlier_pair_is_remembered() -> None:
    first = finished(Pair.start(Queue(), EIGHT_STEPS, "none", control=True))
    first.b.history.loss[3:] += 1
    second = finished(Pair.start(Queue(), EIGHT_STEPS, "one-bit", control=True, earlier=first))
    third = finished(Pair.start(Queue(), EIGHT_STEPS, "xla", control=True, earlier=second))
    for pair in (second, third):
        assert pair.control_run is None
        assert (pair.control.state, pair.control.earlier) == (ControlState.DIFFERENT, True)
        assert pair.control.first == Difference(3, "loss")


def test_an_earlier_pair_shows_nothing_where_it_is_of_another_experiment_or_did_not_finish() -> None:
    other = finished(Pair.start(Queue(), replace(EIGHT_STEPS, seed=7), "none"))
    unfinished = Pair.start(Queue(), EIGHT_STEPS, "none")
    for earlier in (other, unfinished):
        assert Pair.start(Queue(), EIGHT_STEPS, "one-bit", control=True, earlier=earlier).control_run is not None
    assert Pair.start(Queue(), EIGHT_STEPS, "none", earlier=finished(unfinished)).earlier is None


def test_a_control_run_of_this_machine_repeats_run_a(launcher: Launcher) -> None:
    pair = Pair.start(launcher, SMALL, "one-bit", control=True)
    assert [finish(run).finished for run in pair.runs] == [True] * 3
    assert pair.control == Control(state=ControlState.SAME, steps_compared=42)
    assert pair.saved().control == pair.control
    assert pair.distances.by_epoch.keys() == {0, 1, 2}
    assert 0 < pair.distances.by_epoch[0] < 1e-7


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [({}, "identical"), ({"final_weights": "ff"}, "diverged"), ({"final_weights": None}, "open")],
)
def test_the_outcome_of_a_pair_in_a_word(changes: dict[str, Any], outcome: str) -> None:
    pair = finished(Pair.start(Queue(), EIGHT_STEPS, "none"))
    pair.b.history = history(**changes)
    assert pair.outcome == outcome


def test_a_pair_waits_as_long_as_both_runs_do() -> None:
    pair = Pair.start(Queue(), EIGHT_STEPS, "none")
    assert pair.waiting
    pair.b.begin()
    assert not pair.waiting
    pair.a.begin()
    assert not pair.waiting


def test_in_the_same_process_run_b_starts_when_run_a_ends(launcher: Launcher) -> None:
    pair = Pair.start(launcher, replace(SMALL, steps=("numpy", "initializers")), "same-process")
    wait_until(lambda: pair.a.state is State.RUNNING)
    assert pair.b.activity == "waiting for the other run to end"
    a, b = finish(pair.a), finish(pair.b)
    first = compare(a, b).first
    assert first is not None
    assert (first.step, first.quantity) == (0, "initial_weights")
    assert a.batch_order == b.batch_order
    assert pair.distances.by_epoch.keys() == {0, 1, 2}


def test_a_pair_is_saved_with_what_its_control_run_has_shown() -> None:
    pair = finished(Pair.start(Queue(), EIGHT_STEPS, "one-bit", control=True))
    saved = pair.saved()
    assert (saved.twist, saved.a, saved.b) == ("one-bit", pair.a.history, pair.b.history)
    assert saved.control == pair.control == Control(state=ControlState.SAME, steps_compared=8)


def test_runs_a_and_b_tell_their_weights_and_the_outcome_and_the_control_run_does_not() -> None:
    pair = Pair.start(Queue(), EIGHT_STEPS, "one-bit", control=True)
    assert pair.control_run is not None
    assert [run.report_weights for run in pair.runs] == [(0, 1, 2), (0, 1, 2), ()]
    told = {pair.a: ([3.0, 0.0], [1.0, 1.0]), pair.b: ([0.0, -4.0], [1.0, 3.0]), pair.control_run: ([9.0, 9.0],) * 2}
    for run in told:
        assert run.begin()
        run.take({"event": "started", "environment": {}, "experiment": run.history.experiment.to_json()})
    for epoch, order in ((0, list(told)), (1, list(told)[::-1])):  # whichever run is first
        for run in order:
            values = pack([np.array(told[run][epoch], np.float32)])
            run.take({"event": "weights", "epoch": epoch, "values": values})
    assert pair.distances.by_epoch == {0: 5.0, 1: 2.0}
    assert [run.outcome() for run in pair.runs] == ["open", "open", ""]


def test_a_pair_has_ended_once_all_its_runs_have_and_is_stopped_as_a_whole() -> None:
    pair = Pair.start(Queue(), EIGHT_STEPS, "one-bit", control=True)
    for run in (pair.b, pair.a):
        run.fail("Out of memory.")
        assert not pair.ended
    assert pair.states == (State.FAILED, State.FAILED)
    assert pair.control.state is ControlState.FAILED
    pair.cancel()
    assert pair.ended
    assert pair.control_run is not None
    assert pair.control_run.state is State.STOPPED


def test_a_control_run_of_an_earlier_pair_shows_nothing_of_a_run_that_failed() -> None:
    first = finished(Pair.start(Queue(), EIGHT_STEPS, "none"))
    pair = Pair.start(Queue(), EIGHT_STEPS, "one-bit", control=True, earlier=first)
    pair.a.fail("Out of memory.")
    assert pair.control == Control(state=ControlState.FAILED, earlier=True)


@pytest.mark.parametrize("done", ["", "A", "B", "AB"])
def test_weights_wait_for_the_other_run_no_longer_once_a_pair_is_cancelled_that_has_not_finished(done: str) -> None:
    pair = Pair.start(Queue(), EIGHT_STEPS, "none")
    for name, run in (("A", pair.a), ("B", pair.b)):
        run.history = history(steps_done=None if name in done else 3)
    pair.cancel()
    for name, value in (("A", 1.0), ("B", 4.0)):
        values = pack([np.array([value], np.float32)])
        pair.distances.watcher(name)({"event": "weights", "epoch": 0, "values": values})
    assert pair.distances.by_epoch == ({0: 3.0} if done == "AB" else {})
