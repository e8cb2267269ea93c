"""The tab "Every combination": its own lengths, and the lines that were sufficient, once that is decided."""

from typing import Any

import pytest
from made_up_matrix import MadeUpMatrix
from streamlit.testing.v1 import AppTest

from repro.engine.processes import ROOT
from repro.experiment.experiment import Experiment
from repro.script.script import seeding_lines
from repro.studies.matrix import COMBINATIONS


def matrix(needed: set[str] | None, **settings: Any) -> MadeUpMatrix:
    """One in which everything repeats with the lines that are `needed`; None: never."""
    same = {on: (needed is not None and needed <= set(on),) * 3 for on in COMBINATIONS}
    return MadeUpMatrix(same, Experiment(**settings))


def lines_of(matrix: MadeUpMatrix) -> list[str]:
    def draw(matrix):  # type: ignore[no-untyped-def]  # AppTest runs its source, without our imports
        from repro.views import every_combination

        every_combination._lines(matrix)

    page = AppTest.from_function(draw, args=(matrix,), default_timeout=60).run()
    assert not page.exception
    return [code.value for code in page.code]


def test_the_lines_of_a_set_that_was_sufficient_are_shown_with_the_seed_that_they_were_found_with() -> None:
    expected = seeding_lines("keras", ("numpy", "python"), 7)
    assert lines_of(matrix({"numpy", "python"}, program="keras", seed=7)) == [expected]


@pytest.mark.parametrize(
    "found",
    [
        matrix(None),  # no set was sufficient
        matrix(set()),  # none is needed
        matrix({"numpy"}, images=2, batch_size=2, epochs=1),  # not decided
        MadeUpMatrix(dict.fromkeys(COMBINATIONS[:-1], (True,) * 3)),  # not complete
    ],
    ids=["never", "always", "undecided", "incomplete"],
)
def test_where_no_set_of_lines_was_found_none_is_shown(found: MadeUpMatrix) -> None:
    assert lines_of(found) == []


def test_its_trainings_have_a_length_of_their_own_and_what_a_click_takes_is_said_before_it() -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.query_params.update({"tab": "Every combination", "batch_size": "100"})
    page.run()
    assert not page.exception
    (told,) = [text.value for text in page.markdown if "trainings" in text.value]
    assert "2 times on 6,400 images × 1 epoch" in told
    assert "64 trainings, about " in told
    page.number_input(key="repeats").set_value(3)
    page.number_input(key="matrix_images").set_value(800).run()
    (told,) = [text.value for text in page.markdown if "trainings" in text.value]
    assert "3 times on 800 images × 1 epoch" in told
    assert "96 trainings, about " in told
    assert "images" not in page.query_params
    page.number_input(key="matrix_images").set_value(50).run()
    assert [error.value for error in page.error] == ["Batch size cannot be 100: there are only 50 images"]
    assert next(button for button in page.button if button.label == "Try every combination").disabled
