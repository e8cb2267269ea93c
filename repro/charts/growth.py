"""The charts of a difference: how far two runs are apart, by step and by epoch; what is equal on a line below."""

import functools
from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repro.charts.style import TABLE, difference, equal
from repro.history.history import History
from repro.verdicts.growth import loss_differences

# A log axis has no zero: "exactly 0" stands at EQUAL, and what is below LEAST, far under one unit in the last place of
# any loss that people look at, is drawn at LEAST.
EQUAL, LEAST, MOST = 1e-14, 1e-12, 100.0
LABEL = f"datum.value < {2 * EQUAL} ? 'exactly 0' : format(datum.value, datum.value < 0.01 ? '.0e' : '~g')"
GRID = [EQUAL, 1e-12, 1e-9, 1e-6, 1e-3, 1]
HEIGHT = 200  # of the chart by epoch


def of_losses(a: History, b: History) -> pd.DataFrame:
    """The table of |loss A - loss B|: a row for each window of steps. Columns: `x`, the window's last step; `y`, its
    largest difference where it is drawn, NaN if there is none; `equal`, how many of its steps are equal."""
    return _table(*loss_differences(a, b))


def of_weights(distances: Mapping[int, float]) -> pd.DataFrame:
    """The table of the distances between all weights, by epoch; columns as above, `x` being the epoch."""
    found = np.array(list(distances.values()), np.float64)
    return _table(
        np.array(list(distances), np.int64), np.where(found > 0, found, np.nan), (found == 0).astype(np.int64)
    )


def _table(x: np.ndarray, y: np.ndarray, equal: np.ndarray) -> pd.DataFrame:
    shown = np.where(np.isfinite(y), np.clip(y, LEAST, MOST), np.nan).astype(np.float32)
    return pd.DataFrame({"x": x.astype(np.int32), "y": shown, "equal": equal.astype(np.int32)})


@functools.cache
def specification(over: str, last: int, *, dark: bool) -> dict[str, Any]:
    """The Vega-Lite specification for such a table, over "Step" or "Epoch" from 0 to `last`."""
    by_epoch = over == "Epoch"
    x = alt.X(
        "x:Q",
        title=over if by_epoch else None,
        scale=alt.Scale(domain=[-0.04 * last, 1.04 * last], nice=False)
        if by_epoch
        else alt.Scale(type="sqrt", domain=[0, last], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1) if by_epoch else alt.Axis(tickCount=8),
    )
    scale = alt.Scale(type="log", domain=[EQUAL, MOST], nice=False, padding=5)
    axis = alt.Axis(values=GRID, labelExpr=LABEL)
    tooltip = [alt.Tooltip("x:Q", title=over, format=","), alt.Tooltip("y:Q", title="Difference, up to", format=".3g")]
    if not by_epoch:
        tooltip.append(alt.Tooltip("equal:Q", title="Steps that are equal", format=","))
    base = alt.Chart(TABLE).encode(x=x, tooltip=tooltip)
    on_zero = base.transform_filter(alt.datum.equal > 0).encode(
        y=alt.Y(datum=EQUAL, title=None, scale=scale, axis=axis)
    )
    apart = base.transform_filter("isValid(datum.y)").encode(y=alt.Y("y:Q", title=None, scale=scale, axis=axis))
    colour = difference(dark=dark)
    layers = [
        on_zero.mark_point(shape="square", filled=True, size=80 if by_epoch else 30, color=equal(dark=dark), opacity=1),
        apart.mark_line(color=colour, strokeWidth=2 if by_epoch else 0.6, opacity=0.6),
        apart.mark_point(filled=True, size=80 if by_epoch else 16, color=colour, opacity=0.9),
    ]
    chart = alt.layer(*layers)
    made: dict[str, Any] = (chart.properties(height=HEIGHT) if by_epoch else chart).to_dict()
    return made
