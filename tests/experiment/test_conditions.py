"""Conditions: only what a run can have, there and back as JSON, and the variables that libraries read."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from records import SMALL, finish, refusal

from repro.engine.launcher import Launcher
from repro.experiment.conditions import DEFAULT_CONDITIONS, KINDS, OWNED_VARIABLES, Conditions, variables_of_a_run


def test_every_condition_has_a_kind() -> None:
    assert list(KINDS) == list(asdict(DEFAULT_CONDITIONS))


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


@pytest.mark.parametrize("values", [None, [], "all", {}, {"threads": 1}, asdict(DEFAULT_CONDITIONS) | {"path": "/"}])
def test_what_is_no_json_of_conditions_is_refused(values: Any) -> None:
    assert refusal(lambda: Conditions.from_json(values)).startswith("conditions cannot be ")


def test_json_there_and_back() -> None:
    conditions = Conditions(threads=7, xla=True, instructions="AVX2")
    assert Conditions.from_json(asdict(conditions)) == conditions


def test_only_what_libraries_read_at_import_becomes_a_variable() -> None:
    assert DEFAULT_CONDITIONS.environment == {}
    assert replace(DEFAULT_CONDITIONS, threads=2, xla=True, determinism=True, one_bit=True).environment == {}
    assert replace(DEFAULT_CONDITIONS, onednn=False).environment == {"TF_ENABLE_ONEDNN_OPTS": "0"}
    assert replace(DEFAULT_CONDITIONS, instructions="AVX2").environment == {"ONEDNN_MAX_CPU_ISA": "AVX2"}


def test_what_conditions_own_is_not_inherited() -> None:
    inherited = {"HOME": "/home/me", "XLA_FLAGS": "--xla_cpu_use_thunk_runtime=false"}
    shell = inherited | dict.fromkeys(OWNED_VARIABLES, "1") | {"KERAS_BACKEND": "jax"}
    assert variables_of_a_run(shell) == inherited | {"KERAS_BACKEND": "tensorflow"}
    off = replace(DEFAULT_CONDITIONS, onednn=False)
    assert variables_of_a_run(shell, off) == variables_of_a_run(shell) | {"TF_ENABLE_ONEDNN_OPTS": "0"}


def test_a_run_has_its_own_conditions_whatever_the_shell_has_and_stamps_the_rest(
    monkeypatch: pytest.MonkeyPatch, launcher: Launcher
) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=/home/me/dump --xla_cpu_enable_fast_math=false")
    stamp = finish(launcher.start(replace(SMALL, images=64, epochs=1), fresh=True)).environment
    assert stamp["TF_ENABLE_ONEDNN_OPTS"] == stamp["ONEDNN_MAX_CPU_ISA"] == "not set"
    assert stamp["XLA_FLAGS"] == "--xla_dump_to=… --xla_cpu_enable_fast_math=false"
    assert "TF_XLA_FLAGS" not in stamp
