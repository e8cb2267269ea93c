"""The matrix: minimal sets by their definition, and a made-up program whose needs are known read back from its runs."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import PATIENCE, SMALL, refusal

from repro.engine.launcher import Launcher
from repro.engine.queue import Queue, Task
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.studies.jobs import Local
from repro.studies.matrix import (
    COMBINATIONS,
    QUANTITIES,
    Cell,
    Matrix,
    Steps,
    in_words,
    minimal_sets,
    sufficient,
    without_effect,
)

subsets = st.sets(st.sampled_from(COMBINATIONS)).map(list)


def included(one: Iterable[str], other: Iterable[str]) -> bool:
    return all(step in list(other) for step in one)


def test_every_combination_is_there_once() -> None:
    assert len(COMBINATIONS) == 16
    assert {frozenset(steps) for steps in COMBINATIONS} == {
        frozenset(step for step, on in zip(SEEDING_STEPS, mask, strict=True) if on)
        for mask in itertools.product((False, True), repeat=4)
    }


@given(subsets)
def test_minimal_sets_are_enough_and_none_lies_within_another(enough: list[Steps]) -> None:
    minimal = minimal_sets(enough)
    assert set(minimal) <= set(enough)
    assert not any(included(one, other) for one, other in itertools.permutations(minimal, 2))
    assert all(any(included(one, steps) for one in minimal) for steps in enough)
    assert [len(steps) for steps in minimal] == sorted(len(steps) for steps in minimal)
    assert sorted(minimal_sets(enough[::-1])) == sorted(minimal)


@given(subsets)
def test_a_monotone_need_is_read_back(needs: list[Steps]) -> None:
    """All sets that hold one of `needs` are enough: what comes back is `needs` without those that hold another."""
    enough = [steps for steps in COMBINATIONS if any(included(need, steps) for need in needs)]
    expected = {need for need in needs if not any(included(other, need) for other in needs if other != need)}
    assert set(minimal_sets(enough)) == expected


def test_no_set_is_enough_where_none_is_and_the_empty_one_where_it_is() -> None:
    assert minimal_sets([]) == []
    assert minimal_sets(COMBINATIONS) == [()]


Same = Callable[[set[str]], tuple[bool, bool, bool]]


class MadeUp:
    """A launcher of a program that trains nothing: `same` says what its runs have in common when these steps are on."""

    def __init__(self, same: Same, fails: bool = False) -> None:
        self._same, self._fails, self._count = same, fails, itertools.count()
        self.processes: list[int] = []
        self.queue = Queue(1, 1)

    def seconds(self, _: Experiment) -> float:
        return 0.0

    def train(self, runs: Sequence[Run], _: Task[Any]) -> None:
        self.processes.append(len(runs))
        for run in runs:
            same = self._same(set(run.history.experiment.steps))
            digests = ["0" if alike else str(next(self._count) + 1) for alike in same]
            initial_weights, batch_order, final_weights = digests
            run.take({"event": "started", "environment": {}})
            run.take({"event": "initialized", "initial_weights": initial_weights})
            if self._fails:
                run.fail("Out of memory.")
                return
            figures = dict.fromkeys(("loss", "accuracy", "test_loss", "test_accuracy"), 0.5)
            run.take({"event": "epoch", "epoch": 1} | figures)
            end = {"predictions": "", "training_seconds": 0.0}
            run.take({"event": "finished", "batch_order": batch_order, "final_weights": final_weights} | end)


def found(same: Same, *, rerun: str = "new-process", repeats: int = 2) -> Matrix:
    matrix = Matrix(Local(MadeUp(same)), SMALL, rerun=rerun, repeats=repeats)
    assert matrix.study.join(PATIENCE)
    return matrix


def test_the_needs_of_a_made_up_program_are_read_back() -> None:
    def same(on: set[str]) -> tuple[bool, bool, bool]:
        weights, batches = "python" in on, bool(on & {"numpy", "tensorflow"})
        return weights, batches, weights and batches

    matrix = found(same)
    cells = matrix.cells()
    assert list(cells) == list(COMBINATIONS)
    for steps, cell in cells.items():
        assert (cell.initial_weights, cell.batch_order, cell.final_weights) == same(set(steps))
    assert sufficient(cells, "final_weights") == [("numpy", "python"), ("tensorflow", "python")]
    assert without_effect(cells) == ["initializers"]
    assert in_words(matrix) == (
        "Batches repeat with `numpy`, or `tensorflow`; initial weights repeat with `python`; so the training repeats"
        " exactly with `numpy` and `python`, or `tensorflow` and `python` (in 2 of 2 runs each). `initializers` never"
        " changed anything."
    )


def test_a_program_that_never_repeats_and_one_that_always_does() -> None:
    never, always = found(lambda _: (False, False, False)), found(lambda _: (True, True, True), repeats=3)
    assert "no set of steps is enough for the training to repeat" in in_words(never)
    assert "repeats exactly without any step (in 3 of 3 runs each)" in in_words(always)
    assert without_effect(never.cells()) == without_effect(always.cells()) == list(SEEDING_STEPS)


def test_a_step_that_breaks_what_was_the_same_is_not_hidden() -> None:
    matrix = found(lambda on: (True, True, on == {"numpy"}))
    assert sufficient(matrix.cells(), "final_weights") == [("numpy",)]
    assert without_effect(matrix.cells()) == []


@pytest.mark.parametrize(("rerun", "processes"), [("new-process", [1] * 48), ("same-process", [3] * 16)])
def test_the_runs_of_a_combination_share_a_process_only_where_they_should(rerun: str, processes: list[int]) -> None:
    launcher = MadeUp(lambda _: (True, True, True))
    matrix = Matrix(Local(launcher), SMALL, rerun=rerun, repeats=3)
    assert matrix.study.join(PATIENCE)
    assert launcher.processes == processes
    assert matrix.study.runs == matrix.study.runs_finished == 48


def test_one_run_of_three_that_differs_is_enough_to_differ() -> None:
    outcomes = [found(lambda _: (True, True, True)).study.outcomes[0]] * 3
    same = [outcome for job in outcomes if job for outcome in job]
    assert Cell.of((), same).final_weights
    assert not Cell.of((), [*same[:2], replace(same[2], final_weights="ff")]).final_weights


def test_a_failure_is_told_and_no_cell_made_up() -> None:
    matrix = Matrix(Local(MadeUp(lambda _: (True, True, True), fails=True)), SMALL, rerun="new-process", repeats=2)
    assert matrix.study.join(PATIENCE)
    assert matrix.cells() == {}
    assert matrix.study.failure == "Out of memory."
    assert in_words(matrix) == "0 of 16 combinations tried so far."


@pytest.mark.parametrize(
    ("rerun", "repeats", "quoted"), [("again", 2, "rerun cannot be 'again'"), ("new-process", 1, "repeats cannot be 1")]
)
def test_bad_input_is_refused_before_anything_starts(rerun: str, repeats: int, quoted: str) -> None:
    launcher = MadeUp(lambda _: (True, True, True))
    assert refusal(lambda: Matrix(Local(launcher), SMALL, rerun=rerun, repeats=repeats)).startswith(quoted)
    assert launcher.processes == []


def test_real_runs_fill_the_matrix_and_stopping_keeps_what_was_found(launcher: Launcher) -> None:
    matrix = Matrix(Local(launcher), Experiment(images=320, epochs=1), rerun="same-process", repeats=2)
    while len(matrix.cells()) < 3:
        assert not matrix.study.join(0.01)
    matrix.study.cancel()
    assert matrix.study.join(PATIENCE)
    cells = matrix.cells()
    assert 3 <= len(cells) < 16
    assert not any(getattr(cells[()], name) for name in QUANTITIES)
    assert matrix.study.failure is None
