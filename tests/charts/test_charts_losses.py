"""The table of an audit's losses: the columns of a pair's chart, whatever is known so far."""

import numpy as np
import pytest

from repro.charts.losses import axis_end, losses
from repro.charts.style import RUNS


def test_each_run_has_its_losses_and_the_first_row_the_first_difference() -> None:
    table = losses([2.0, 1.5, 1.0], [2.0, 1.25], 3, 1)
    assert list(table.columns) == ["step", "value", "run", "series", "first_difference"]
    drawn = table[table.step >= 0]
    assert drawn[drawn.run == RUNS[0]].value.tolist() == [2.0, 1.5, 1.0]
    assert drawn[drawn.run == RUNS[1]].value.tolist() == [2.0, 1.25]
    assert table.first_difference.dropna().tolist() == [1.0]


def test_a_loss_that_is_not_known_or_has_no_logarithm_is_a_gap() -> None:
    table = losses([None, 0.0, -1.0, float("nan"), 1.0], [], 5, None)
    values = table[table.step >= 0].value.to_numpy()
    assert np.isnan(values[:4]).all()
    assert values[4] == 1.0
    assert table.first_difference.isna().all()


def test_two_runs_alike_keep_two_rows_for_each_step() -> None:
    table = losses([1.0, 0.5], [1.0, 0.5], 2, None)
    assert (table[table.step >= 0].groupby("step").size() == 2).all()


@pytest.mark.parametrize(
    ("steps", "ended", "end"), [(0, False, 64), (63, False, 64), (64, False, 128), (100, True, 100)]
)
def test_the_axis_ends_at_what_is_known(steps: int, ended: bool, end: int) -> None:
    assert axis_end(steps, ended=ended) == end
