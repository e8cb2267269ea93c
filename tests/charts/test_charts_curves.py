"""The chart of a pair: what is drawn, and that it can be swapped in place."""

import json

import altair as alt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import EIGHT_STEPS, history

from repro.charts.curves import (
    BRUSH,
    MOST_POINTS,
    curves,
    curves_specification,
    details,
    details_specification,
    windowed_mean,
)
from repro.experiment.experiment import Experiment
from repro.records.history import Epoch, History
from repro.verdicts.verdict import compare

QUANTITIES = ("loss", "accuracy")
EPOCH = Epoch(
    epoch=1, loss=np.float32(1), accuracy=np.float32(0), test_loss=np.float32(0.5), test_accuracy=np.float32(0.75)
)


def table(quantity: str, a: History, b: History) -> list[dict[str, object]]:
    """The table's rows that are drawn, after the first, which holds the first difference."""
    rows = curves(quantity, a, b, compare(a, b)).to_dict("records")
    assert all(row["step"] < 0 for row in rows[1:4])
    rows = rows[:1] + rows[4:]
    return [{str(key): value for key, value in row.items()} for row in rows]


@given(st.integers(1, 2000), st.integers(0, 2000))
def test_windows_cover_every_step_once_and_a_growing_curve_keeps_its_points(total: int, done: int) -> None:
    values = np.random.RandomState(0).uniform(size=total).astype(np.float32)
    steps, means = windowed_mean(values[:done], total)
    all_steps, all_means = windowed_mean(values, total)
    assert len(all_steps) <= MOST_POINTS
    assert all_steps[-1] == total - 1
    starts = [0, *(steps[:-1].astype(int) + 1)]
    for start, end, mean in zip(starts, steps.astype(int) + 1, means, strict=False):
        assert mean == pytest.approx(values[start:end].astype(np.float64).mean(), rel=1e-12)
    whole_windows = max(len(steps) - 1, 0)
    assert steps[:whole_windows].tolist() == all_steps[:whole_windows].tolist()
    assert means[:whole_windows].tolist() == all_means[:whole_windows].tolist()


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_table_holds_both_runs_their_tests_and_the_first_difference(quantity: str) -> None:
    a, b = history(epochs=[EPOCH]), history(epochs=[EPOCH])
    b.loss[5] += 1
    rows = table(quantity, a, b)
    assert rows[0]["first_difference"] == 5.0
    assert all(np.isnan(row["first_difference"]) for row in rows[1:])  # type: ignore[call-overload]
    for run, made in (("Run A", a), ("Run B", b)):
        training = [(row["step"], row["value"]) for row in rows[1:] if (row["run"], row["series"]) == (run, "training")]
        assert training == list(enumerate(getattr(made, quantity).astype(np.float64).tolist()))
        test = [(row["step"], row["value"]) for row in rows[1:] if (row["run"], row["series"]) == (run, "test")]
        assert test == [(3.0, float(getattr(EPOCH, f"test_{quantity}")))]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_each_run_and_series_has_a_value_that_is_not_drawn_from_the_beginning_on(quantity: str) -> None:
    empty = History(EIGHT_STEPS)
    rows = curves(quantity, empty, empty, compare(empty, empty))
    assert sorted(zip(rows["run"], rows["series"], strict=True)) == [
        (run, series) for run in ("Run A", "Run B") for series in ("test", "training")
    ]
    assert rows["value"].gt(0).all()
    assert rows["step"].lt(0).all()


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_records_without_a_step_give_a_table_of_the_same_columns(quantity: str) -> None:
    empty, full = (
        curves(
            quantity, History(EIGHT_STEPS), History(EIGHT_STEPS), compare(History(EIGHT_STEPS), History(EIGHT_STEPS))
        ),
        curves(quantity, history(), history(), compare(history(), history())),
    )
    assert len(empty) == 4
    assert list(empty.columns) == list(full.columns)
    assert [kind.kind for kind in empty.dtypes] == [kind.kind for kind in full.dtypes]


def test_what_a_log_axis_cannot_show_is_a_gap() -> None:
    a = history()
    a.loss[:4] = [0.0, np.nan, np.inf, 2.0]
    rows = [row["value"] for row in table("loss", a, history())[1:5]]
    assert np.isnan(rows[:3]).all()  # type: ignore[arg-type]
    assert rows[3] == 2.0


def test_an_accuracy_of_nought_is_shown() -> None:
    a = history()
    a.accuracy[0] = 0.0
    assert table("accuracy", a, history())[1]["value"] == 0.0


def test_a_picture_of_the_articles_training_is_thin() -> None:
    a = history(Experiment())
    assert len(curves("loss", a, a, compare(a, a))) <= 1_000


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_specification_is_valid_and_holds_no_data(quantity: str, dark: bool) -> None:
    specification = curves_specification(quantity, 5_625, dark=dark)
    alt.LayerChart.from_dict(specification)  # raises where Vega-Lite's schema does not allow it
    assert not any(row for rows in specification.get("datasets", {}).values() for row in rows)
    assert specification.get("data", {"name": "table"}) == {"name": "table"}
    assert json.loads(json.dumps(specification)) == specification


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_run_a_is_wide_and_light_and_run_b_thin_and_dashed_on_top(quantity: str) -> None:
    rule, line_a, line_b, *points = curves_specification(quantity, 5_625, dark=False)["layer"]
    assert rule["encoding"]["x"]["field"] == "first_difference"
    assert "Run A" in json.dumps(line_a["transform"])
    assert "Run B" in json.dumps(line_b["transform"])
    assert line_a["mark"]["strokeWidth"] > 2 * line_b["mark"]["strokeWidth"]
    assert line_a["mark"]["opacity"] < 1
    assert "strokeDash" in line_b["mark"]
    assert "strokeDash" not in line_a["mark"]
    assert [layer["mark"]["type"] for layer in points] == ["point", "point"]
    for layer in (line_a, line_b, *points):
        first, last = layer["encoding"]["x"]["scale"]["domain"]
        assert first == 0
        assert 5_625 < last < 6_000  # room for the ring of the last test, and for no further tick


def test_the_loss_has_a_log_axis() -> None:
    assert curves_specification("loss", 10, dark=False)["layer"][1]["encoding"]["y"]["scale"]["type"] == "log"


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_labels_of_the_axis_are_not_rounded_to_the_same_number(quantity: str) -> None:
    axis = curves_specification(quantity, 10, dark=False)["layer"][1]["encoding"]["y"]["axis"]
    assert axis["format"] == ".3~g"
    assert all(float(f"{value:.3g}") == value for value in axis["values"])


def test_details_are_exact_step_by_step() -> None:
    a, b = history(), history(steps_done=6)
    rows = details("loss", a, b, (2, 99))
    assert list(rows["step"]) == [2, 3, 4, 5] * 2
    for name, made in (("Run A", a), ("Run B", b)):
        exact = rows[rows["run"] == name]["exact"]
        assert [np.float32(text) for text in exact] == made.loss[2:6].tolist()


def test_details_of_many_steps_are_means_and_say_so() -> None:
    a = history(Experiment())
    rows = details("loss", a, a, (0, 5_624))
    assert len(rows) <= 2 * MOST_POINTS
    assert set(rows["exact"]) == {"mean of 47 steps"}
    assert rows["value"][0] == pytest.approx(a.loss[:47].mean(), rel=1e-6)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_specification_of_details_is_valid(quantity: str) -> None:
    alt.LayerChart.from_dict(details_specification(quantity, dark=False))


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_steps_are_chosen_on_the_curves(quantity: str) -> None:
    (brush,) = curves_specification(quantity, 10, dark=False)["params"]
    assert (brush["name"], brush["select"]) == (BRUSH, {"type": "interval", "encodings": ["x"]})
