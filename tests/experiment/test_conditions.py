"""Conditions: only what a run can have, there and back as JSON, and the variables that libraries read."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from records import refusal

from repro.experiment.conditions import KINDS, UNTOUCHED, Conditions


def test_every_condition_has_a_kind() -> None:
    assert list(KINDS) == list(asdict(UNTOUCHED))


@pytest.mark.parametrize(
    "changes",
    [
        {"threads": 0},
        {"threads": 257},
        {"threads": True},
        {"xla": 1},
        {"determinism": "true"},
        {"instructions": "SSE41"},
        {"instructions": "AVX2;rm"},
    ],
)
def test_others_are_refused_in_a_line(changes: dict[str, Any]) -> None:
    message = refusal(lambda: Conditions(**changes))
    assert repr(*changes.values()) in message


@pytest.mark.parametrize("values", [None, [], "all", {}, {"threads": 1}, asdict(UNTOUCHED) | {"path": "/"}])
def test_what_is_no_json_of_conditions_is_refused(values: Any) -> None:
    assert refusal(lambda: Conditions.from_json(values)).startswith("conditions cannot be ")


def test_json_there_and_back() -> None:
    conditions = Conditions(threads=7, xla=True, instructions="AVX2")
    assert Conditions.from_json(asdict(conditions)) == conditions


def test_only_what_libraries_read_at_import_becomes_a_variable() -> None:
    assert UNTOUCHED.environment == {}
    assert replace(UNTOUCHED, threads=2, xla=True, determinism=True, one_bit=True).environment == {}
    assert replace(UNTOUCHED, onednn=False).environment == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    assert replace(UNTOUCHED, instructions="AVX2").environment == {"ONEDNN_MAX_CPU_ISA": "AVX2"}
