"""The table of settings: what each reads from text, and how it refuses everything else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import experiments, refusal

from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS

ALLOWED = {
    "seed": "a whole number from 0 to 4294967295",
    "epochs": "a whole number from 1 to 100",
    "batch_size": "a whole number from 1 to 60000",
    "images": "a whole number from 1 to 60000",
    "hidden": "a whole number from 1 to 1024",
    "learning_rate": "a number from 1e-37 to 10",
    "dropout": "a number from 0 and below 1",
    "steps": "names out of numpy,tensorflow,initializers,python; as text also all or none",
}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("program", "tensorflow", "tensorflow"),
        ("seed", "0", 0),
        ("seed", "4294967295", 4294967295),
        ("seed", "007", 7),
        ("steps", "all", ("numpy", "tensorflow", "initializers", "python")),
        ("steps", "none", ()),
        ("steps", "python", ("python",)),
        ("steps", "python,numpy", ("numpy", "python")),
        ("steps", "numpy,numpy", ("numpy",)),
        ("epochs", "100", 100),
        ("batch_size", "1", 1),
        ("images", "60000", 60000),
        ("hidden", "1024", 1024),
        ("learning_rate", "10", 10.0),
        ("learning_rate", "1e-3", 0.001),
        ("learning_rate", ".5", 0.5),
        ("learning_rate", "1e-37", 1e-37),
        ("dropout", "0", 0.0),
        ("dropout", "0.9999999999999999", 0.9999999999999999),
    ],
)
def test_reads_text(name: str, text: str, value: object) -> None:
    read = SETTINGS[name].read(text)
    assert read == value
    assert type(read) is type(value)


@given(experiments())
def test_reads_back_what_it_writes(experiment: Experiment) -> None:
    for name, setting in SETTINGS.items():
        assert setting.read(setting.text(getattr(experiment, name))) == getattr(experiment, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("seed", text) for text in ("-1", "4294967296", "1e3", "٣", "", " 7", "7\n", "1_000", "7.0", "nan", "+7")),
        *(("epochs", text) for text in ("0", "101", "three")),
        *(("images", text) for text in ("0", "60001", "-5")),
        *(("batch_size", text) for text in ("0", "60001")),
        *(("hidden", text) for text in ("0", "1025")),
        *(
            ("learning_rate", text)
            for text in ("nan", "inf", "-inf", "0", "-1", "", "10.1", "1e-46", "9e-38", "1e999", "0,1", "٣")
        ),
        *(("dropout", text) for text in ("1", "-0.1", "nan", "1e-400x")),
        *(("steps", text) for text in ("", "nunpy", "numpy,", "numpy tensorflow", "NUMPY", "all,numpy")),
    ],
)
def test_refuses_text_in_one_line_that_quotes_it_and_says_what_is_allowed(name: str, text: str) -> None:
    words = name.replace("_", " ")
    assert refusal(lambda: SETTINGS[name].read(text)) == f"{words} cannot be {text!r}: it takes {ALLOWED[name]}"


def test_refuses_an_unknown_program() -> None:
    message = refusal(lambda: SETTINGS["program"].read("pytorch"))
    assert message.startswith("program cannot be 'pytorch': it takes ")
    assert "tensorflow" in message


@pytest.mark.parametrize("name", SETTINGS)
def test_refuses_ten_thousand_digits_in_a_short_line(name: str) -> None:
    message = refusal(lambda: SETTINGS[name].read("9" * 10_000))
    assert "'99999" in message
    assert "10000 characters" in message
    assert len(message) < 200


@given(st.sampled_from(sorted(SETTINGS)), st.text())
def test_any_text_is_read_or_refused_in_one_short_line(name: str, text: str) -> None:
    try:
        value = SETTINGS[name].read(text)
    except InputError:
        assert len(refusal(lambda: SETTINGS[name].read(text))) < 200
    else:
        assert SETTINGS[name].read(SETTINGS[name].text(value)) == value


@given(st.floats())
def test_reads_exactly_the_floats_between_the_bounds(value: float) -> None:
    for name, inside in (
        ("learning_rate", math.isfinite(value) and 1e-37 <= value <= 10),
        ("dropout", math.isfinite(value) and 0 <= value < 1),
    ):
        if inside:
            assert SETTINGS[name].read(repr(value)) == value
        else:
            refusal(lambda name=name: SETTINGS[name].read(repr(value)))  # type: ignore[misc]
