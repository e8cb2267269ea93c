"""The tab "Take it home": which seeding steps are enough is said of the settings that were tried, and of no others."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from made_up_matrix import MadeUpMatrix
from streamlit.testing.v1 import AppTest

from repro.experiment.experiment import Experiment
from repro.script.script import seeding_lines
from repro.studies.matrix import COMBINATIONS

TRIED = Experiment(epochs=1)


def matrix(needed: set[str] | None, experiment: Experiment = TRIED, rerun: str = "new-process") -> MadeUpMatrix:
    """One in which everything repeats with the steps that are `needed`; None: never."""
    same = {on: (needed is not None and needed <= set(on),) * 3 for on in COMBINATIONS}
    return MadeUpMatrix(same, experiment, rerun)


def draw(visit, experiment):  # type: ignore[no-untyped-def]  # AppTest runs its source, without our imports
    from repro.views import take_home

    take_home._seeding_lines(visit, experiment)


def shown(*matrices: MadeUpMatrix, experiment: Experiment = TRIED) -> tuple[list[str], list[str]]:
    """The texts and the code that the page shows of these matrices, with these settings."""
    visit = SimpleNamespace(matrices={matrix.rerun: matrix for matrix in matrices})
    page = AppTest.from_function(draw, args=(visit, experiment), default_timeout=60).run()
    assert not page.exception
    return [text.value for text in (*page.markdown, *page.caption)], [code.value for code in page.code]


def test_a_set_that_was_enough_is_shown_as_code_with_what_it_was_found_on() -> None:
    texts, code = shown(matrix({"numpy", "python"}), matrix({"tensorflow"}, rerun="same-process"))
    assert [("Enough for" in text, "seed 42, 3 runs of each combination" in text) for text in texts] == [
        (True, True)
    ] * 2
    assert "the script is started again" in texts[0]
    assert "the notebook cell is run again" in texts[1]
    assert code == [
        seeding_lines("tensorflow", ("numpy", "python"), 42),
        seeding_lines("tensorflow", ("tensorflow",), 42),
    ]


def test_another_seed_and_other_steps_take_the_set_over_with_the_seed_it_was_found_with() -> None:
    texts, code = shown(matrix({"numpy"}), experiment=replace(TRIED, seed=7, steps=()))
    assert "seed 42" in texts[0]
    assert code == [seeding_lines("tensorflow", ("numpy",), 7)]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (("numpy", "tensorflow"), "the same losses and the same digests as this page"),
        (("initializers",), "No step that is on seeds the batch order: what it prints can differ in each run."),
    ],
)
def test_the_same_digits_are_promised_where_all_that_is_drawn_is_seeded(steps: tuple[str, ...], words: str) -> None:
    def draw(experiment):  # type: ignore[no-untyped-def]
        from repro.views import take_home

        take_home._script(experiment, "none")

    page = AppTest.from_function(draw, args=(replace(TRIED, steps=steps),), default_timeout=60).run()
    (text,) = [text.value for text in page.markdown if "as one Python file" in text.value]
    assert words in text


@pytest.mark.parametrize(
    "change",
    [{"images": 1, "batch_size": 1}, {"epochs": 2}, {"program": "keras"}, {"dropout": 0.1}, {"hidden": 64}],
    ids=lambda change: next(iter(change)),
)
def test_a_set_is_not_carried_to_other_settings(change: dict[str, Any]) -> None:
    for tried, now in ((replace(TRIED, **change), TRIED), (TRIED, replace(TRIED, **change))):
        texts, code = shown(matrix({"numpy"}, tried), experiment=now)
        assert code == []
        assert not any("Enough for" in text for text in texts)
        assert any(text.startswith("Try every combination for these settings") for text in texts)


def test_what_was_never_enough_or_is_not_decided_is_said_to_be() -> None:
    texts, code = shown(matrix(None))
    assert code == []
    assert texts[0].startswith("No set of steps was enough when the script is started again")
    few = Experiment(images=2, batch_size=2, epochs=1)
    texts, code = shown(matrix({"numpy"}, few), experiment=few)
    assert code == []
    assert texts[0].startswith("Not decided when the script is started again")


def test_a_matrix_that_is_not_complete_is_not_used() -> None:
    partial = MadeUpMatrix(dict.fromkeys(COMBINATIONS[:-1], (True,) * 3), TRIED)
    assert shown(partial)[1] == []
