"""Guesses: each visitor counts once, with the first guess, and the words say what was counted."""

from typing import Any

import numpy as np
import pytest
from records import history

from repro.experiment.experiment import Experiment
from repro.server.guesses import GUESSES, MAX_EXPERIMENTS, MAX_VISITORS, Guesses, in_words, outcome
from repro.verdicts.verdict import compare

PAIR = (Experiment(), "none")


def test_two_visitors_count_as_two_and_one_who_guesses_again_as_one() -> None:
    guesses = Guesses()
    guesses.take(PAIR, "ann", "yes")
    guesses.take(PAIR, "bob", "batch")
    guesses.take(PAIR, "bob", "yes")
    guesses.take((Experiment(seed=7), "none"), "cid", "later")
    assert guesses.all_of(PAIR) == ["yes", "batch"]
    assert guesses.of(PAIR, "bob") == "batch"
    assert guesses.of(PAIR, "cid") is None


def test_what_is_kept_is_bounded() -> None:
    guesses = Guesses()
    for visitor in range(MAX_VISITORS + 5):
        guesses.take(PAIR, str(visitor), "yes")
    assert len(guesses.all_of(PAIR)) == MAX_VISITORS
    for seed in range(MAX_EXPERIMENTS):
        guesses.take((Experiment(seed=seed), "seed"), "ann", "yes")
    assert guesses.all_of(PAIR) == []
    assert guesses.all_of((Experiment(seed=0), "seed")) == ["yes"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "yes"),
        ({"initial_weights": "ff"}, "initial_weights"),
        ({"batch": np.zeros(8, np.int64)}, "batch"),
        ({"loss": np.zeros(8, np.float32)}, "later"),
        ({"weights": np.zeros(8, np.int64)}, "later"),
    ],
)
def test_the_verdict_proves_one_guess_right(changes: dict[str, Any], expected: str) -> None:
    assert outcome(compare(history(), history(**changes))) == expected
    assert expected in GUESSES


def test_runs_that_go_on_alike_prove_nothing() -> None:
    assert outcome(compare(history(steps_done=4), history(steps_done=4))) is None


@pytest.mark.parametrize(
    ("right", "own", "everybody", "expected"),
    [
        (None, "yes", ["yes"], ""),
        ("yes", None, [], ""),
        ("yes", "yes", ["yes"], "You guessed it."),
        ("yes", "yes", ["yes", "batch", "yes"], "You guessed it, as did 1 of 2 others here."),
        ("yes", "batch", ["batch"], "You guessed “no: batch order”."),
        ("yes", "batch", ["batch", "yes"], "You guessed “no: batch order”. 1 of 2 here guessed it."),
        ("yes", None, ["batch", "yes"], "1 of 2 here guessed it."),
    ],
)
def test_words(right: str | None, own: str | None, everybody: list[str], expected: str) -> None:
    assert in_words(right, own, everybody) == expected
