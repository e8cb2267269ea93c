"""The charts of a difference: what is drawn where, what is equal below, and that it can be swapped in place."""

import json

import altair as alt
import numpy as np
import pytest
from records import history

from repro.charts import growth
from repro.experiment.experiment import Experiment
from repro.history.history import History


def rows(a: History, b: History) -> tuple[dict[int, float], dict[int, int]]:
    """The largest difference of each window that has one, and how many steps are equal in each that has such."""
    table = growth.of_losses(a, b)
    apart, equal = table[table["y"].notna()], table[table["equal"] > 0]
    return dict(zip(apart["x"], apart["y"], strict=True)), dict(zip(equal["x"], equal["equal"], strict=True))


def test_equal_steps_stand_on_a_line_below_all_differences() -> None:
    a, b = history(), history()
    b.loss[3:5] += np.float32(0.5)
    apart, equal = rows(a, b)
    assert list(apart) == [3, 4]
    assert list(apart.values()) == pytest.approx([0.5, 0.5], rel=1e-6)
    assert equal == dict.fromkeys((0, 1, 2, 5, 6, 7), 1)
    on_zero = growth.specification("Step", 8, dark=False)["layer"][0]
    assert on_zero["encoding"]["y"]["datum"] == growth.EQUAL < growth.LEAST
    assert on_zero["transform"] == [{"filter": "(datum.equal > 0)"}]


def test_a_difference_below_the_axis_is_not_taken_for_none() -> None:
    a, b = history(), history()
    a.loss[0], b.loss[0] = np.float32(1e-30), np.float32(2e-30)
    assert rows(a, b)[0] == pytest.approx({0: growth.LEAST})


def test_what_is_no_number_is_a_gap() -> None:
    a, b = history(), history()
    b.loss[2] = np.nan
    apart, equal = rows(a, b)
    assert apart == {}
    assert 2 not in equal


def test_weights_are_drawn_by_epoch() -> None:
    table = growth.of_weights({0: 0.0, 1: 0.25, 2: 3.0})
    assert table["x"].tolist() == [0, 1, 2]
    assert np.isnan(table["y"][0])
    assert table["y"][1:].tolist() == [0.25, 3.0]
    assert table["equal"].tolist() == [1, 0, 0]


def test_tables_without_a_row_have_the_same_columns() -> None:
    assert list(growth.of_weights({}).columns) == list(growth.of_losses(history(), history()).columns)
    assert list(growth.of_losses(history(steps_done=0), history()).columns) == ["x", "y", "equal"]


def test_a_picture_of_the_articles_training_is_thin() -> None:
    a = history(Experiment())
    b = history(Experiment())
    b.loss[::2] += 1
    assert len(growth.of_losses(a, b)) <= 1_000


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("over", "last"), [("Step", 5_625), ("Epoch", 3)])
def test_the_specification_is_valid_and_holds_no_data(over: str, last: int, dark: bool) -> None:
    specification = growth.specification(over, last, dark=dark)
    alt.LayerChart.from_dict(specification)
    assert specification.get("data", {"name": "table"}) == {"name": "table"}
    assert json.loads(json.dumps(specification)) == specification
    axis = specification["layer"][0]["encoding"]["y"]
    assert axis["scale"]["type"] == "log"
    assert axis["scale"]["domain"][0] == growth.EQUAL
