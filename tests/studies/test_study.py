"""Studies: no more processes at once than allowed, every job once, outcomes kept, failures named, stopping in order."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from records import LONG, SMALL, TIMEOUT, finish, wait_until

from repro.engine.job import Job
from repro.engine.launcher import Launcher
from repro.engine.queue import Queue, Task
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.history.history import History
from repro.studies.jobs import Local, Outcome
from repro.studies.study import Study


class Held:
    """A launcher whose runs end only when they are let go."""

    def __init__(self, at_once: int) -> None:
        self.queue = Queue(at_once, 1)
        self.going: list[Run] = []
        self.most = 0
        self.lock = threading.Lock()

    def seconds(self, _: Experiment) -> float:
        return 0.0

    def train(self, runs: Sequence[Run], _: Task[Any]) -> None:
        with self.lock:
            self.going += runs
            self.most = max(self.most, len(self.going))
        for run in runs:
            assert run.join(TIMEOUT)

    def let_go(self) -> None:
        with self.lock:
            run = self.going.pop(0)
        run.fail("Enough.")
        run.over.set()


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_no_more_go_on_at_once_than_allowed_and_every_job_begins_once(at_once: int) -> None:
    held = Held(at_once)
    jobs = [Job(Experiment(seed=seed)) for seed in range(7)]
    study = Study(Local(held), jobs)
    begun = []
    for _ in jobs:
        wait_until(lambda: held.going)
        begun.append(held.going[0].history.experiment.seed)
        held.let_go()
    assert study.join(TIMEOUT)
    assert sorted(begun) == list(range(7))
    assert held.most <= at_once
    assert study.failure == "Enough."
    assert study.outcomes == [None] * 7


def test_outcomes_are_those_of_the_runs_whatever_order_they_end_in(launcher: Launcher) -> None:
    jobs = [Job(replace(SMALL, seed=seed), times) for seed, times in ((1, 1), (2, 2), (1, 1))]
    study = Study(Local(launcher), jobs)
    assert study.join(TIMEOUT)
    alone = Outcome.of(finish(launcher.start(jobs[0].experiment)))
    assert study.outcomes[0] == study.outcomes[2] == (alone,)
    assert study.outcomes[1] is not None
    assert [outcome == alone for outcome in study.outcomes[1]] == [False, False]
    assert study.runs == study.runs_finished == 4


def test_stopping_ends_what_continues_and_begins_nothing_more(launcher: Launcher) -> None:
    study = Study(Local(launcher), [Job(LONG), Job(LONG), Job(SMALL)])
    study.cancel()
    assert study.join(TIMEOUT)
    assert study.stopped
    assert study.failure is None
    assert study.outcomes == [None, None, None]


def test_an_outcome_holds_the_digests_and_the_last_accuracy(seeded: History) -> None:
    outcome = Outcome.of(seeded)
    assert outcome.final_weights == seeded.final_weights
    assert outcome.test_accuracy == seeded.epochs[-1].test_accuracy
    assert isinstance(outcome.test_accuracy, np.float32)


def test_seeds_on_the_operations_alone_repeat_in_a_new_process_only(launcher: Launcher) -> None:
    """TensorFlow's documented rule, by which a second run in the same process differs from one in a new process."""
    experiment = Experiment(images=64, epochs=1, steps=("initializers",))
    study = Study(Local(launcher), [Job(experiment), Job(experiment), Job(experiment, 2)])
    assert study.join(TIMEOUT)
    (a,), (b,), (first, second) = (outcomes or () for outcomes in study.outcomes)
    assert a.initial_weights == b.initial_weights == first.initial_weights
    assert second.initial_weights != first.initial_weights
