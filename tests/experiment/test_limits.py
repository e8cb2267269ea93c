"""Limits: set by environment variables, refused in a line, and held by the engine itself."""

import os
import subprocess
import sys

import pytest
from records import refusal

from repro import __version__
from repro.engine.processes import ROOT
from repro.experiment.errors import LimitError
from repro.experiment.limits import KINDS, Limits
from repro.experiment.machine import cores


def test_limits_are_what_the_environment_says() -> None:
    assert Limits.of({}).runs_at_once == cores()
    assert Limits.of({"REPRO_RUNS_AT_ONCE": "7", "REPRO_EPOCHS": "2"}) == Limits(runs_at_once=7, epochs=2)
    assert set(KINDS) == set(vars(Limits.of({})))


@pytest.mark.parametrize("text", ["0", "-1", "x", "1e3", "", "101", "9" * 5000])
def test_a_limit_that_cannot_be_is_refused(text: str) -> None:
    assert refusal(lambda: Limits.of({"REPRO_EPOCHS": text})).endswith("it takes a whole number from 1 to 100")


def test_a_visit_is_not_forgotten_before_its_runs_are_stopped() -> None:
    assert Limits.of({"REPRO_SECONDS_KEPT": "120"}).seconds_kept == 120
    assert "cannot be 119" in refusal(lambda: Limits.of({"REPRO_SECONDS_KEPT": "119"}))
    assert "takes REPRO_SECONDS_UNSEEN, 61" in refusal(
        lambda: Limits.of({"REPRO_SECONDS_KEPT": "60", "REPRO_SECONDS_UNSEEN": "61"})
    )


def train(epochs: str) -> tuple[int, str]:
    """How the command line ends, asked for 5 epochs, where `epochs` are allowed."""
    done = subprocess.run(
        [sys.executable, "-m", "repro", "train", "--epochs", "5"],
        cwd=ROOT,
        env=os.environ | {"REPRO_EPOCHS": epochs},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_the_engine_holds_a_limit_whoever_asks() -> None:
    status, complaints = train("4")
    assert status == 2
    assert "whole number from 1 to 4" in complaints
    assert train("no") == (2, "python -m repro: REPRO_EPOCHS cannot be 'no': it takes a whole number from 1 to 100\n")


@pytest.mark.parametrize("images", ["1", "6400"])
def test_a_link_names_what_limits_have_lowered(images: str) -> None:
    program = """
from repro.experiment.experiment import Experiment
from repro.experiment.path import QUICK
print(Experiment().to_link(), Experiment.from_link(QUICK.to_link()) == QUICK)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"REPRO_IMAGES": images},
        capture_output=True,
        text=True,
        check=True,
    )
    batch = {"batch_size": "1"} if images == "1" else {}
    assert done.stdout == f"{batch | {'images': images}} True\n"


def test_the_older_name_of_the_queues_length_is_read_until_version_2() -> None:
    assert __version__ < "2"
    assert Limits.of({"REPRO_LINE_LENGTH": "7"}).queue_length == 7
    assert Limits.of({"REPRO_LINE_LENGTH": "7", "REPRO_QUEUE_LENGTH": "8"}).queue_length == 8
    with pytest.raises(LimitError, match="REPRO_LINE_LENGTH cannot be 'many'"):
        Limits.of({"REPRO_LINE_LENGTH": "many"})
