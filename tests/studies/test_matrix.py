"""The matrix: minimal sets by their definition, and a made-up program whose needs are known read back from its runs."""

import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import SMALL, TIMEOUT, refusal

from repro.engine.launcher import Launcher
from repro.engine.queue import Queue, Task
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.experiment.seeding import SEEDING_STEPS
from repro.history.history import DIGESTS
from repro.studies.jobs import Local
from repro.studies.matrix import (
    COMBINATIONS,
    MAX_REPEATS,
    REPEATS,
    RERUN,
    Cell,
    Matrix,
    Steps,
    contradictions,
    doubts,
    in_words,
    log_chance_to_agree,
    minimal_sets,
    repeats_needed,
    sufficient,
    without_effect,
)
from repro.studies.report import matrix_json, matrix_lines

subsets = st.sets(st.sampled_from(COMBINATIONS)).map(list)


def included(one: Iterable[str], other: Iterable[str]) -> bool:
    return all(step in list(other) for step in one)


def test_each_combination_is_trained_twice_in_new_processes_unless_asked_otherwise() -> None:
    assert (REPEATS.default, RERUN.default) == (2, "new-process")
    assert [REPEATS.kind.accepts(count) for count in (1, 2, MAX_REPEATS, MAX_REPEATS + 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert LIMITS.runs_of_a_study // 16 == MAX_REPEATS


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


Same = Callable[[set[str]], tuple[bool, ...]]


class MadeUp:
    """A launcher of a program that trains nothing: `same` says what its runs have in common when these steps are on:
    initial weights, batch order, final weights, and perhaps dropout masks."""

    def __init__(self, same: Same, fails: bool = False) -> None:
        self._same, self._fails, self._count = same, fails, itertools.count()
        self.processes: list[int] = []
        self.queue = Queue(1, 1)

    def seconds(self, _: Experiment) -> float:
        return 0.0

    def train(self, runs: Sequence[Run], _: Task[Any]) -> None:
        self.processes.append(len(runs))
        for run in runs:
            initial_weights, batch_order, final_weights, *masks = self.digests(set(run.history.experiment.steps))
            run.history.batch[:] = self.batches(run.history.experiment)
            run.take({"event": "started", "environment": {}})
            run.take({"event": "initialized", "initial_weights": initial_weights})
            if self._fails:
                run.fail("Out of memory.")
                return
            figures = dict.fromkeys(("loss", "accuracy", "test_loss", "test_accuracy"), 0.5)
            run.take({"event": "epoch", "epoch": 1} | figures)
            end = {"predictions": "", "training_seconds": 0.0} | dict(zip(["dropout_masks"], masks, strict=False))
            run.take({"event": "finished", "batch_order": batch_order, "final_weights": final_weights} | end)

    def batches(self, experiment: Experiment) -> np.ndarray:
        """The fingerprints of a run's batches: no two alike."""
        return np.arange(experiment.total_steps)

    def digests(self, on: set[str]) -> list[str]:
        """Those of one run, in the order of `same`."""
        return ["0" if alike else str(next(self._count) + 1) for alike in self._same(on)]


def found(same: Same, *, rerun: str = "new-process", repeats: int = 2, experiment: Experiment = SMALL) -> Matrix:
    matrix = Matrix(Local(MadeUp(same)), experiment, rerun=rerun, repeats=repeats)
    assert matrix.study.join(TIMEOUT)
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
    assert sufficient(cells, "training") == [("numpy", "python"), ("tensorflow", "python")]
    assert without_effect(cells) == ["initializers"]
    assert in_words(matrix) == (
        "Batches repeat with `numpy`, or `tensorflow`; initial weights repeat with `python`; so the training repeats"
        " exactly with `numpy` and `python`, or `tensorflow` and `python` (in 2 of 2 runs each). `initializers` never"
        " changed what repeats."
    )


def test_with_dropout_its_masks_are_named_among_what_decides() -> None:
    def same(on: set[str]) -> tuple[bool, ...]:
        weights, batches, masks = bool(on & {"python", "initializers"}), "tensorflow" in on, "python" in on
        return weights, batches, weights and batches and masks, masks

    dropped = replace(SMALL, dropout=0.2)
    matrix = found(same, experiment=dropped)
    assert sufficient(matrix.cells(), "dropout_masks") == [("python",)]
    assert in_words(matrix) == (
        "Batches repeat with `tensorflow`; initial weights repeat with `initializers`, or `python`; dropout masks"
        " repeat with `python`; so the training repeats exactly with `tensorflow` and `python` (in 2 of 2 runs each)."
        " `numpy` never changed what repeats."
    )
    # Runs that did not report their masks.
    words = in_words(found(lambda on: same(on)[:3], experiment=dropped))
    assert "or `python`; the training repeats exactly with `tensorflow` and `python` (in" in words
    assert "masks" not in words


def test_a_program_that_never_repeats_and_one_that_always_does() -> None:
    never, always = found(lambda _: (False, False, False)), found(lambda _: (True, True, True), repeats=3)
    assert in_words(never) == (
        "Batches never repeated; initial weights never repeated; and no set of seeding lines is sufficient"
        f" for the training to repeat (in 2 of 2 runs each)."
        f" {' and '.join(f'`{step}`' for step in SEEDING_STEPS)} never changed what repeats."
    )
    assert "repeats exactly without any step (in 3 of 3 runs each)" in in_words(always)
    assert without_effect(never.cells()) == without_effect(always.cells()) == list(SEEDING_STEPS)


def test_a_set_that_a_larger_one_contradicts_is_not_enough_and_the_contradiction_is_reported() -> None:
    matrix = found(lambda on: (True, True, on in ({"numpy"}, {"tensorflow", "python"}, set(SEEDING_STEPS))))
    cells = matrix.cells()
    assert contradictions(cells, "training") == [
        (("numpy",), ("numpy", "tensorflow")),
        (("tensorflow", "python"), ("numpy", "tensorflow", "python")),
    ]
    assert sufficient(cells, "training") == [tuple(SEEDING_STEPS)]
    assert doubts(matrix) == [
        "A contradiction: the whole training was the same with `numpy`, and differed with `numpy` and `tensorflow`.",
        "A contradiction: the whole training was the same with `tensorflow` and `python`, and differed with `numpy`"
        " and `tensorflow` and `python`.",
    ]
    assert without_effect(cells) == []
    assert in_words(matrix) == (
        "Batches repeat without any step; initial weights repeat without any step; so the training repeats exactly with"
        f" {' and '.join(f'`{step}`' for step in SEEDING_STEPS)} (in 2 of 2 runs each). {' '.join(doubts(matrix))}"
    )


def test_a_contradiction_of_the_batch_order_is_reported_in_the_singular() -> None:
    matrix = found(lambda on: (True, on == {"numpy"}, False))
    assert doubts(matrix) == [
        "A contradiction: the batch order was the same with `numpy`, and differed with `numpy` and `tensorflow`."
    ]


@given(st.sets(st.sampled_from(COMBINATIONS)))
def test_no_set_is_enough_that_differs_with_more_steps(same: set[Steps]) -> None:
    cells = {
        on: Cell(on=on, initial_weights=True, batch_order=True, final_weights=on in same, training=on in same)
        for on in COMBINATIONS
    }
    enough = sufficient(cells, "training")
    for on in COMBINATIONS:
        holds = all(other in same for other in COMBINATIONS if included(on, other))
        assert holds == any(included(one, on) for one in enough)
    assert {smaller for smaller, _ in contradictions(cells, "training")} == {
        on for on in same if not any(included(one, on) for one in enough)
    }


def few_images(images: int, **settings: Any) -> Experiment:
    return Experiment(images=images, **{"batch_size": images, "epochs": 1} | settings)


@pytest.mark.parametrize(
    ("experiment", "orders"),
    [
        (few_images(2), 2),
        (few_images(3), 6),
        (few_images(3, epochs=3), 6**3),
        (few_images(4, batch_size=2), 24),
        (few_images(5, batch_size=2, epochs=2), 120**2),
    ],
)
def test_as_many_orders_as_there_are_permutations(experiment: Experiment, orders: int) -> None:
    for quantity in ("batch_order", "training"):
        assert math.exp(-log_chance_to_agree(experiment, quantity)) == pytest.approx(orders)
    assert log_chance_to_agree(experiment, "initial_weights") == -math.inf


def test_one_image_has_one_order_which_is_no_coincidence() -> None:
    assert log_chance_to_agree(few_images(1, epochs=3), "batch_order") == -math.inf


def test_the_masks_of_a_few_units_agree_by_chance() -> None:
    """By enumeration: both masks of two units, each of two layers, one image, one epoch."""
    experiment = few_images(1, hidden=2, dropout=0.25)
    masks = list(itertools.product((0.25, 0.75), repeat=4))
    agree = sum(math.prod(mask) ** 2 for mask in masks)
    assert math.exp(log_chance_to_agree(experiment, "training")) == pytest.approx(agree)
    assert math.exp(log_chance_to_agree(experiment, "dropout_masks")) == pytest.approx(agree)
    assert log_chance_to_agree(experiment, "batch_order") == -math.inf
    twice = math.exp(log_chance_to_agree(replace(experiment, images=1, epochs=2), "training"))
    assert twice == pytest.approx(agree**2)
    assert log_chance_to_agree(Experiment(dropout=0.2), "training") < -1e3  # as the images have many orders
    many = few_images(3, hidden=1024, dropout=0.5)
    assert log_chance_to_agree(many, "training") == pytest.approx(-math.log(6))
    assert log_chance_to_agree(many, "dropout_masks") < -1e3


@pytest.mark.parametrize(("images", "needed"), [(2, 25), (3, 11), (4, 7), (12, 2)])
def test_as_many_runs_are_asked_for_as_make_a_coincidence_improbable(images: int, needed: int) -> None:
    experiment = few_images(images)
    assert repeats_needed(experiment, "training") == needed
    agree = 1 / math.factorial(images)
    assert 16 * agree ** (needed - 1) <= 1e-6
    assert needed == 2 or 16 * agree ** (needed - 2) > 1e-6
    for rate in (1e-9, 1e-20):  # masks that agree almost always, and, as far as floats tell, always
        assert repeats_needed(few_images(1, hidden=1, dropout=rate), "training") is None


def test_weights_that_no_batch_moves_do_not_make_the_training_repeat() -> None:
    """As with a learning rate that is too small to move any weight."""
    matrix = found(lambda on: ("tensorflow" in on, "numpy" in on, "tensorflow" in on))
    assert sufficient(matrix.cells(), "training") == [("numpy", "tensorflow")]
    assert "so the training repeats exactly with `numpy` and `tensorflow`" in in_words(matrix)


class Ordered(MadeUp):
    """A program whose epochs take the same batches where `tensorflow` is on, and others where it is not."""

    def batches(self, experiment: Experiment) -> np.ndarray:
        different = super().batches(experiment)
        return different % experiment.steps_per_epoch if "tensorflow" in experiment.steps else different


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, True),
        ({"images": 8, "batch_size": 1}, False),  # two orders of 8 images are the same once in 40,320
        ({"epochs": 1}, False),
    ],
)
def test_says_which_steps_stop_the_shuffling(settings: dict[str, Any], said: bool) -> None:
    experiment = replace(SMALL, **settings)
    matrix = Matrix(Local(Ordered(lambda _: (True, True, True))), experiment, rerun="new-process", repeats=2)
    assert matrix.study.join(TIMEOUT)
    for on, cell in matrix.cells().items():
        assert cell.distinct_orders == (1 if "tensorflow" in on else experiment.epochs)
    words = "With `tensorflow`, all 2 epochs of a run took the same batches in the same order."
    assert (words in in_words(matrix)) == said
    header, *rows = matrix_lines(matrix)[2:]
    assert header.endswith("orders of batches") == said
    if said:
        assert [row.endswith("1 in 2 epochs") for row in rows] == ["tensorflow" in on for on in COMBINATIONS]
        assert not any("distinct_orders" in cell for cell in matrix_json(matrix)["cells"])


def always(experiment: Experiment, repeats: int) -> Matrix:
    launcher = MadeUp(lambda _: (True, True, True))
    matrix = Matrix(Local(launcher), experiment, rerun="new-process", repeats=repeats)
    assert matrix.study.join(TIMEOUT)
    return matrix


def test_the_answer_is_withheld_where_runs_agree_by_chance() -> None:
    matrix = always(few_images(2), 24)
    assert matrix.chance("training") == pytest.approx(16 * 0.5**23)
    assert [matrix.decides(quantity) for quantity in matrix.quantities] == [True, False, False]
    assert in_words(matrix) == (
        "Initial weights repeat without any step (in 24 of 24 runs each). Which steps make the batch order and the"
        " whole training repeat is not decided: with 2 images, two unseeded runs agree by chance with a probability of"
        " up to 0.5. Use more images, or 25 runs of each combination."
    )
    decided = always(few_images(2), 25)
    assert decided.chance("training") < 1e-6
    assert all(decided.decides(quantity) for quantity in decided.quantities)
    assert doubts(decided) == []


def test_what_agreed_with_some_steps_alone_may_be_chance_too() -> None:
    launcher = MadeUp(lambda on: (True, "numpy" in on, "numpy" in on))
    matrix = Matrix(Local(launcher), few_images(3), rerun="new-process", repeats=2)
    assert matrix.study.join(TIMEOUT)
    assert [matrix.decides(quantity) for quantity in matrix.quantities] == [True, False, False]


def test_where_no_number_of_runs_decides_more_images_do() -> None:
    words = in_words(always(few_images(1, hidden=1, dropout=1e-9), 2))
    assert words.startswith("Batches repeat without any step; initial weights repeat without any step (in 2 of 2")
    assert "Which steps make the whole training repeat is not decided: with 1 image, " in words
    assert words.endswith("up to 1. Use more images.")


def test_what_always_differed_is_decided_however_few_images_there_are() -> None:
    launcher = MadeUp(lambda _: (True, False, False))
    matrix = Matrix(Local(launcher), few_images(2), rerun="new-process", repeats=2)
    assert matrix.study.join(TIMEOUT)
    assert all(matrix.decides(quantity) for quantity in matrix.quantities)
    assert "no set of seeding lines is sufficient for the training to repeat" in in_words(matrix)


def test_what_never_repeated_is_told_where_the_batch_order_is_not_decided() -> None:
    launcher = MadeUp(lambda _: (True, True, False))
    matrix = Matrix(Local(launcher), few_images(2), rerun="new-process", repeats=2)
    assert matrix.study.join(TIMEOUT)
    assert in_words(matrix) == (
        "Initial weights repeat without any step; no set of seeding lines is sufficient for the training to repeat"
        " (in 2 of 2 runs each). Which steps make the batch order repeat is not decided: with 2 images, two unseeded"
        " runs agree by chance with a probability of up to 0.5. Use more images, or 25 runs of each combination."
    )


def test_as_many_runs_are_asked_for_as_all_that_is_not_decided_takes() -> None:
    """Orders of four images agree with a probability of 1/24, the masks of eight units with 0.82⁸."""
    assert 16 * 0.82 ** (8 * 11) <= 1e-6 < 16 * 0.82 ** (8 * 10)
    words = in_words(always(few_images(4, hidden=1, dropout=0.1), 2))
    assert "make the batch order and the whole training repeat is not decided" in words
    assert words.endswith(f"a probability of up to {0.82**8:.2g}. Use more images, or 12 runs of each combination.")


def test_of_combinations_that_were_not_tried_nothing_is_said() -> None:
    """Of each step but NumPy's there is no pair of combinations that differ in it alone."""
    tried: list[Steps] = [(), ("numpy",), ("tensorflow", "python"), ("initializers", "python")]
    cells = {
        on: Cell(on=on, initial_weights=True, batch_order=True, final_weights=bool(on), training=bool(on))
        for on in tried
    }
    assert without_effect(cells) == ["tensorflow", "initializers", "python"]
    assert without_effect({on: cell for on, cell in cells.items() if on}) == list(SEEDING_STEPS)


class Shuffling(MadeUp):
    """A program of which `weights` and `batches` seed the initial weights and the order of the images; the order is
    drawn, and what it is within a batch may not move the weights."""

    def __init__(self, experiment: Experiment, weights: set[str], batches: set[str], matters: bool, seed: int) -> None:
        super().__init__(lambda _: (False, False, False))
        self._experiment, self._weights, self._batches, self._matters = experiment, weights, batches, matters
        self._numbers = random.Random(seed)

    def digests(self, on: set[str]) -> list[str]:
        weights = "0" if on & self._weights else str(next(self._count) + 1)
        numbers = random.Random(0) if on & self._batches else self._numbers
        size = self._experiment.batch_size
        orders = []
        for _ in range(self._experiment.epochs):
            order = numbers.sample(range(self._experiment.images), self._experiment.images)
            batches = [order[at : at + size] for at in range(0, len(order), size)]
            orders.append(batches)
        moved = orders if self._matters else [[sorted(batch) for batch in batches] for batches in orders]
        return [weights, str(orders), weights + str(moved)]


steps_that_seed = st.sets(st.sampled_from(list(SEEDING_STEPS)), min_size=1)


@given(
    images=st.integers(2, 14),
    batch_size=st.integers(1, 14),
    epochs=st.integers(1, 3),
    repeats=st.sampled_from([2, 3, 11, 25]),
    weights=steps_that_seed,
    batches=steps_that_seed,
    matters=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_a_matrix_says_the_truth_or_that_it_does_not_know(
    images: int,
    batch_size: int,
    epochs: int,
    repeats: int,
    weights: set[str],
    batches: set[str],
    matters: bool,
    seed: int,
) -> None:
    experiment = Experiment(images=images, batch_size=min(batch_size, images), epochs=epochs)
    launcher = Shuffling(experiment, weights, batches, matters, seed)
    matrix = Matrix(Local(launcher), experiment, rerun="new-process", repeats=repeats)
    assert matrix.study.join(TIMEOUT)
    needs = {"initial_weights": [weights], "batch_order": [batches], "training": [weights, batches]}
    for quantity, needed in needs.items():
        truth = minimal_sets(on for on in COMBINATIONS if all(set(on) & one for one in needed))
        if matrix.decides(quantity):
            assert sufficient(matrix.cells(), quantity) == truth
        else:
            assert matrix.chance(quantity) > 1e-6
            assert f"the {matrix.quantities[quantity]}" in doubts(matrix)[0]


@pytest.mark.parametrize(("rerun", "processes"), [("new-process", [1] * 48), ("same-process", [3] * 16)])
def test_the_runs_of_a_combination_share_a_process_only_where_they_should(rerun: str, processes: list[int]) -> None:
    launcher = MadeUp(lambda _: (True, True, True))
    matrix = Matrix(Local(launcher), SMALL, rerun=rerun, repeats=3)
    assert matrix.study.join(TIMEOUT)
    assert launcher.processes == processes
    assert matrix.study.runs == matrix.study.runs_finished == 48


def test_one_run_of_three_that_differs_is_enough_to_differ() -> None:
    outcomes = [found(lambda _: (True, True, True)).study.outcomes[0]] * 3
    same = [outcome for job in outcomes if job for outcome in job]
    assert Cell.of((), same).final_weights
    assert not Cell.of((), [*same[:2], replace(same[2], final_weights="ff")]).final_weights


def test_a_failure_is_reported_and_no_cell_made_up() -> None:
    matrix = Matrix(Local(MadeUp(lambda _: (True, True, True), fails=True)), SMALL, rerun="new-process", repeats=2)
    assert matrix.study.join(TIMEOUT)
    assert matrix.cells() == {}
    assert matrix.study.failure == "Out of memory."
    assert (
        in_words(matrix)
        == "0 of 16 combinations tried, then a run failed: which seeding lines are sufficient is not known."
    )


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
    assert in_words(matrix).endswith(" of 16 combinations tried so far.")
    matrix.study.cancel()
    assert matrix.study.join(TIMEOUT)
    cells = matrix.cells()
    stopped = "then the study was stopped: which seeding lines are sufficient is not known."
    assert in_words(matrix) == f"{len(cells)} of 16 combinations tried, {stopped}"
    assert 3 <= len(cells) < 16
    assert not any(getattr(cells[()], name) for name in DIGESTS)
    assert matrix.study.failure is None
