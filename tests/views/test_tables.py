"""The page's tables: digits that differ are marked, steps around the first difference shown."""

import numpy as np
import pytest
from records import history

from repro.history.history import Epoch
from repro.verdicts.verdict import compare
from repro.views.tables import around_first_difference, environments, epochs, mark


def cells(table: str) -> list[list[str]]:
    """The rows of the Markdown table in `table`, without its header."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [
        [cell.strip().replace("\N{NO-BREAK SPACE}", " ") for cell in line.strip("|").split("|")] for line in lines[2:]
    ]


def epoch(number: int, loss: float) -> Epoch:
    return Epoch(
        epoch=number,
        loss=np.float32(loss),
        accuracy=np.float32(0.5),
        test_loss=np.float32(2),
        test_accuracy=np.float32(1),
    )


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("0.25", "0.25", "0.25"),
        ("0.251", "0.259", "0.25:orange[**1**]"),
        ("1.5", "0.5", ":orange[**1.5**]"),
        ("0.25", "0.2512", "0.2:orange[**5**]"),
        ("0.2512", "0.25", "0.25:orange[**12**]"),
    ],
)
def test_marks_from_the_first_digit_that_differs(text: str, other: str, expected: str) -> None:
    assert mark(text, other) == expected


def test_epochs_stand_side_by_side_in_full() -> None:
    a, b = (
        history(epochs=[epoch(1, 0.1), epoch(2, 0.3)]),
        history(epochs=[epoch(1, 0.1), epoch(2, np.nextafter(np.float32(0.3), np.float32(1)))]),
    )
    rows = cells(epochs(a, b))
    assert rows[0] == ["1", "loss", "0.1", "0.1"]
    assert rows[4] == ["2", "loss", "0.:orange[**3**]", "0.3:orange[**0000004**]"]
    assert [row[1] for row in rows[:4]] == ["loss", "accuracy", "test loss", "test accuracy"]


def test_an_epoch_that_one_run_has_still_to_finish_is_open() -> None:
    assert cells(epochs(history(epochs=[epoch(1, 0.1)]), history(steps_done=2)))[0] == ["1", "loss", "0.1", "…"]


def test_the_steps_around_the_first_difference_in_decimal_and_bits_apart() -> None:
    a, b = history(), history()
    a.loss[4], b.loss[4] = np.float32(1), np.nextafter(np.float32(1), np.float32(2))
    b.weights[4:] += 1
    rows = cells(around_first_difference(a, b, compare(a, b)))
    assert [row[0] for row in rows] == ["2", "3", "**4**", "5", "6", "7"]
    assert rows[2] == ["**4**", "1.:orange[**0**]", "1.0:orange[**000001**]", "1", "same", "≠ **differs**"]
    assert rows[1][3:] == ["0", "same", "same"]


def test_environments_stand_side_by_side_with_what_differs_first() -> None:
    table = environments({"python": "3.11", "numpy": "2"}, {"python": "3.11", "numpy": "3"}, ("Theirs", "Yours"))
    assert table.to_numpy().tolist() == [["≠ numpy", "2", "3"], ["python", "3.11", "3.11"]]
    assert list(table.columns) == ["", "Theirs", "Yours"]
