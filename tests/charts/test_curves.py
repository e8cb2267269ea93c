"""The chart of a pair: what is drawn, and that it can be swapped in place."""

import json

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import EIGHT_STEPS, history

from repro.charts.curves import (
    BRUSH,
    MAX_POINTS,
    TEST,
    TRAINING,
    curves,
    curves_specification,
    details,
    details_specification,
    windowed_mean,
)
from repro.experiment.experiment import Experiment
from repro.history.history import Epoch, History
from repro.verdicts.verdict import compare

EPOCH = Epoch(
    epoch=1, loss=np.float32(1), accuracy=np.float32(0), test_loss=np.float32(0.5), test_accuracy=np.float32(0.75)
)


def drawn(a: History, b: History) -> pd.DataFrame:
    """The table's rows that are drawn."""
    table = curves(a, b, compare(a, b))
    assert table["step"][:2].lt(0).all()
    return table[2:]


@given(st.integers(1, 2000), st.integers(0, 2000))
def test_windows_cover_every_step_once_and_a_growing_curve_keeps_its_points(total: int, done: int) -> None:
    values = np.random.RandomState(0).uniform(size=total).astype(np.float32)
    steps, means = windowed_mean(values[:done], total)
    all_steps, all_means = windowed_mean(values, total)
    assert len(all_steps) <= MAX_POINTS
    assert all_steps[-1] == total - 1
    starts = [0, *(steps[:-1].astype(int) + 1)]
    for start, end, mean in zip(starts, steps.astype(int) + 1, means, strict=False):
        assert mean == pytest.approx(values[start:end].astype(np.float64).mean(), rel=1e-12)
    assert steps.tolist() == all_steps[: len(steps)].tolist()
    assert means.tolist() == all_means[: len(steps)].tolist()
    if len(all_steps) > len(steps):  # the next window is not full yet
        assert all_steps[len(steps)] >= min(done, total)


def test_the_newest_point_is_no_mean_of_few_steps() -> None:
    values = np.ones(1000, np.float32)
    values[9] = 100
    assert windowed_mean(values[:10], 1000)[0].tolist() == [8]
    assert windowed_mean(values[:18], 1000)[0].tolist() == [8, 17]
    assert windowed_mean(values, 1000)[0][-1] == 999  # the last of all need not be full


def test_the_table_holds_both_runs_their_tests_and_the_first_difference() -> None:
    a, b = history(epochs=[EPOCH]), history(epochs=[EPOCH])
    b.loss[5] += 1
    table = curves(a, b, compare(a, b))
    assert table["first_difference"][0] == 5.0
    assert table["first_difference"][1:].isna().all()
    for column, made in (("a", a), ("b", b)):
        training = table[2:][table[2:]["series"] == TRAINING]
        assert training[column].tolist() == made.loss.tolist()
        assert training["step"].tolist() == list(range(8))
        test = table[2:][table[2:]["series"] == TEST]
        assert (test["step"].tolist(), test[column].tolist()) == ([3], [float(EPOCH.test_loss)])


def test_a_run_that_is_behind_has_gaps() -> None:
    rows = drawn(history(steps_done=5), history(steps_done=2))
    assert rows["a"].notna().sum() == 5
    assert rows["b"].notna().sum() == 2


def test_each_series_has_a_value_that_is_not_drawn_from_the_beginning_on() -> None:
    table = curves(history(), history(), compare(history(), history()))
    assert table["series"][:2].tolist() == [TRAINING, TEST]
    assert table["step"][:2].lt(0).all()
    assert table[["a", "b"]][:2].gt(0).all().all()


def test_without_a_step_there_is_nothing_to_draw() -> None:
    empty = curves(History(EIGHT_STEPS), History(EIGHT_STEPS), compare(History(EIGHT_STEPS), History(EIGHT_STEPS)))
    assert len(empty) == 0
    assert list(empty.columns) == list(curves(history(), history(), compare(history(), history())).columns)


def test_what_a_log_axis_cannot_show_is_a_gap() -> None:
    a = history()
    a.loss[:4] = [0.0, np.nan, np.inf, 2.0]
    rows = drawn(a, history())["a"].tolist()
    assert np.isnan(rows[:3]).all()
    assert rows[3] == 2.0


def test_a_picture_of_the_articles_training_is_thin() -> None:
    a = history(Experiment())
    assert len(curves(a, a, compare(a, a))) <= 1_000


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_specification_is_valid_and_holds_no_data(dark: bool) -> None:
    specification = curves_specification(5_625, dark=dark)
    alt.LayerChart.from_dict(specification)  # raises where Vega-Lite's schema does not allow it
    assert not any(row for rows in specification.get("datasets", {}).values() for row in rows)
    assert specification.get("data", {"name": "table"}) == {"name": "table"}
    assert json.loads(json.dumps(specification)) == specification


def test_run_a_is_wide_and_light_and_run_b_thin_and_dashed_on_top() -> None:
    rule, line_a, line_b, *points = curves_specification(5_625, dark=False)["layer"]
    assert rule["encoding"]["x"]["field"] == "first_difference"
    assert line_a["mark"]["opacity"] < 1
    for line, name in ((line_a, "Run A"), (line_b, "Run B")):  # the legend has the marks of the lines
        widths, dashes = (line["encoding"][channel] for channel in ("strokeWidth", "strokeDash"))
        assert widths["scale"]["domain"] == dashes["scale"]["domain"] == ["Run A", "Run B"]
        assert widths["scale"]["range"][0] > 2 * widths["scale"]["range"][1]
        assert dashes["scale"]["range"][0] == [1, 0]
        assert name in json.dumps(line["transform"])
    assert [layer["mark"]["type"] for layer in points] == ["point", "point"]
    for layer in (line_a, line_b, *points):
        first, last = layer["encoding"]["x"]["scale"]["domain"]
        assert first == 0
        assert 5_625 < last < 6_000  # room for the ring of the last test, and for no further tick


def test_the_loss_has_a_log_axis_with_room_for_its_lowest_and_highest_value() -> None:
    for layer in curves_specification(10, dark=False)["layer"][1:]:
        assert layer["encoding"]["y"]["scale"]["type"] == "log"
        assert layer["encoding"]["y"]["scale"]["padding"] >= 3  # half of the width of run A's line


def test_labels_of_the_axis_are_not_rounded_to_the_same_number() -> None:
    axis = curves_specification(10, dark=False)["layer"][1]["encoding"]["y"]["axis"]
    assert axis["format"] == ".3~g"
    assert all(float(f"{value:.3g}") == value for value in axis["values"])


def test_details_are_exact_step_by_step() -> None:
    a, b = history(), history(steps_done=6)
    rows = details(a, b, (2, 99))
    assert list(rows["step"]) == [2, 3, 4, 5] * 2
    for name, made in (("Run A", a), ("Run B", b)):
        exact = rows[rows["run"] == name]["exact"]
        assert [np.float32(text) for text in exact] == made.loss[2:6].tolist()


def test_details_of_many_steps_are_means_and_say_so() -> None:
    a = history(Experiment())
    rows = details(a, a, (0, 5_624))
    assert len(rows) <= 2 * MAX_POINTS
    assert set(rows["exact"]) == {"mean of 47 steps"}
    assert rows["value"][0] == pytest.approx(a.loss[:47].mean(), rel=1e-6)


def test_the_specification_of_details_is_valid() -> None:
    alt.LayerChart.from_dict(details_specification(dark=False))


def test_steps_are_chosen_on_the_curves() -> None:
    (brush,) = curves_specification(10, dark=False)["params"]
    assert (brush["name"], brush["select"]) == (BRUSH, {"type": "interval", "encodings": ["x"]})
