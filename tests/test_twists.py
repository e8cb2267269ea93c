"""The twists: what run B does differently."""

import pytest
from hypothesis import assume, given
from records import experiments, refusal

from repro.experiment import Experiment
from repro.twists import TWIST, TWISTS


@given(experiments())
def test_none_changes_nothing(experiment: Experiment) -> None:
    assert TWISTS["none"].change(experiment) == experiment


@given(experiments())
def test_seed_adds_one_to_the_seed_and_changes_nothing_else(experiment: Experiment) -> None:
    assume(experiment.seed < 2**32 - 1)
    assert TWISTS["seed"].change(experiment).to_json() == experiment.to_json() | {"seed": experiment.seed + 1}


def test_seed_is_refused_where_there_is_no_next_seed() -> None:
    message = refusal(lambda: TWISTS["seed"].change(Experiment(seed=2**32 - 1)))
    assert message.startswith("twist cannot be 'seed': ")
    assert "4294967295" in message


@pytest.mark.parametrize("name", TWISTS)
def test_the_setting_reads_the_name_of_every_twist(name: str) -> None:
    assert TWISTS[name].name == name
    assert TWIST.read(name) == name


@pytest.mark.parametrize("name", ["", "sed", "none,seed", "Seed"])
def test_the_setting_refuses_other_names(name: str) -> None:
    assert refusal(lambda: TWIST.read(name)).startswith(f"twist cannot be {name!r}: it takes one of none, seed")
