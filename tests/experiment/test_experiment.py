"""Experiments: what is refused, and that JSON and links lead back to the same experiment."""

import dataclasses
import json
import math
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from records import experiments, refusal

from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS


def test_the_defaults_are_the_articles() -> None:
    assert Experiment().to_json() == {
        "program": "tensorflow",
        "seed": 42,
        "steps": ["numpy", "tensorflow", "initializers"],
        "epochs": 3,
        "batch_size": 32,
        "images": 60000,
        "hidden": 128,
        "learning_rate": 0.001,
        "dropout": 0.0,
        "conditions": {
            "threads": 1,
            "xla": False,
            "determinism": False,
            "one_bit": False,
            "onednn": True,
            "instructions": "all",
        },
    }


@given(experiments())
def test_json_leads_back(experiment: Experiment) -> None:
    assert Experiment.from_json(json.loads(json.dumps(experiment.to_json(), allow_nan=False))) == experiment


@given(experiments())
def test_a_link_leads_back(experiment: Experiment) -> None:
    assert Experiment.from_link(dict(parse_qsl(urlencode(experiment.to_link())))) == experiment


@given(experiments())
def test_a_link_holds_only_what_differs_from_the_defaults(experiment: Experiment) -> None:
    changed = {name for name in SETTINGS if getattr(experiment, name) != getattr(Experiment(), name)}
    assert set(experiment.to_link()) == changed


def test_a_whole_link_holds_every_setting() -> None:
    assert set(Experiment().to_link(whole=True)) == set(SETTINGS)
    assert Experiment.from_link(Experiment().to_link(whole=True)) == Experiment()


def test_the_defaults_give_an_empty_link() -> None:
    assert Experiment().to_link() == {}
    assert Experiment.from_link({}) == Experiment()


def test_other_parameters_of_a_link_are_left_alone() -> None:
    assert Experiment.from_link({"tab": "seeds", "seed": "7", "utm_source": "-1"}) == Experiment(seed=7)


def test_a_bad_link_is_refused() -> None:
    assert refusal(lambda: Experiment.from_link({"seed": "-1"})).startswith("seed cannot be '-1': it takes ")


@given(experiments())
def test_counts_its_steps(experiment: Experiment) -> None:
    starts_of_batches = range(0, experiment.images, experiment.batch_size)
    assert experiment.steps_per_epoch == len(starts_of_batches)
    assert experiment.total_steps == len(starts_of_batches) * experiment.epochs


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", True),
        ("seed", 42.0),
        ("seed", "42"),
        ("seed", None),
        ("seed", [42]),
        ("seed", -1),
        ("seed", 2**32),
        ("epochs", 0),
        ("epochs", 101),
        ("epochs", 3.0),
        ("epochs", None),
        ("images", 0),
        ("images", 60001),
        ("images", {}),
        ("hidden", False),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("learning_rate", 0.0),
        ("learning_rate", -1.0),
        ("learning_rate", "0.001"),
        ("learning_rate", None),
        ("learning_rate", True),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", math.nan),
        ("dropout", [0.5]),
        ("steps", None),
        ("steps", 1),
        ("steps", "numpy"),
        ("steps", {"numpy": True}),
        ("steps", ["nunpy"]),
        ("steps", ["numpy", "numpy"]),
        ("steps", [["numpy"]]),
        ("program", None),
        ("program", "pytorch"),
        ("program", ["tensorflow"]),
    ],
)
def test_json_of_the_wrong_type_or_range_is_refused(name: str, value: object) -> None:
    message = refusal(lambda: Experiment.from_json(Experiment().to_json() | {name: value}))
    quoted = repr(tuple(value) if isinstance(value, list) and name == "steps" else value)
    assert message.startswith(f"{name.replace('_', ' ')} cannot be {quoted}: it takes ")


def test_a_set_of_steps_has_no_order_in_json() -> None:
    shuffled = Experiment().to_json() | {"steps": ["initializers", "tensorflow", "numpy"]}
    assert Experiment.from_json(shuffled) == Experiment()


def test_a_whole_number_is_a_number_in_json() -> None:
    assert Experiment.from_json(Experiment().to_json() | {"learning_rate": 1, "dropout": 0}).learning_rate == 1.0


def test_steps_have_no_order_in_python_and_a_whole_number_is_a_number() -> None:
    experiment = Experiment(steps=("initializers", "tensorflow", "numpy"), learning_rate=1, dropout=0)
    assert experiment.steps == Experiment().steps
    assert [type(number) for number in (experiment.learning_rate, experiment.dropout)] == [float, float]


def test_an_int_of_ten_thousand_digits_is_refused_by_name() -> None:
    message = refusal(lambda: Experiment(seed=10**10_000))
    assert message.startswith("seed cannot be ")
    assert len(message) < 200


@pytest.mark.parametrize("missing", SETTINGS)
def test_json_without_a_setting_is_refused(missing: str) -> None:
    values = {name: value for name, value in Experiment().to_json().items() if name != missing}
    assert missing in refusal(lambda: Experiment.from_json(values))


@pytest.mark.parametrize(
    "unknown",
    [
        "colour",
        "",
        pytest.param("two\nlines", id="two lines"),
        pytest.param("x" * 10_000, id="long"),
    ],
)
def test_json_with_an_unknown_setting_is_refused_in_a_short_line(unknown: str) -> None:
    values: dict[str, Any] = Experiment().to_json() | {unknown: 1}
    assert len(refusal(lambda: Experiment.from_json(values))) < 500


def test_a_batch_larger_than_the_images_is_refused() -> None:
    assert Experiment(images=31, batch_size=31).steps_per_epoch == 1
    message = refusal(lambda: Experiment(images=31))
    assert message == "batch size cannot be 32: there are only 31 images"


def test_more_than_a_million_steps_are_refused() -> None:
    assert Experiment(batch_size=1, epochs=16).total_steps == 960_000
    message = refusal(lambda: Experiment(batch_size=1, epochs=17))
    assert message.startswith("epochs cannot be 17: ")
    assert "1020000 steps" in message
    assert message.endswith("at most 1000000")


@pytest.mark.parametrize("name", SETTINGS)
def test_is_frozen(name: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(Experiment(), name, getattr(Experiment(), name))
