"""The charts of a difference: how far two runs are apart, by step and by epoch; what is equal on a line below."""

import functools
from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repro.charts.style import HEIGHT, TABLE, VERMILION
from repro.records.history import History
from repro.verdicts.growth import loss_differences

# A log axis has no zero: "equal" stands at EQUAL, and what is below LEAST, far under one unit in the last place of
# any loss that people look at, is drawn at LEAST.
EQUAL, LEAST, MOST = 1e-14, 1e-12, 100.0
LABEL = f"datum.value < {2 * EQUAL} ? 'equal' : format(datum.value, datum.value < 0.01 ? '.0e' : '~g')"
GRID = [EQUAL, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1, 100]


def of_losses(a: History, b: History) -> pd.DataFrame:
    """The table of |loss A - loss B|: a row for each window of steps with a difference, and one for each with equal
    steps. Columns: `x`, the window's last step; `y`, where it is drawn; `what`, "different" or "equal"; `says`."""
    steps, largest, equal = loss_differences(a, b)
    return _rows(
        [(step, value, f"up to {value:.3g}") for step, value in zip(steps, largest, strict=True)],
        [(step, f"{count:,} of its steps equal") for step, count in zip(steps, equal, strict=True) if count],
    )


def of_weights(distances: Mapping[int, float]) -> pd.DataFrame:
    """The table of the distances between all weights, by epoch; columns as above, `x` being the epoch."""
    return _rows(
        [(epoch, distance or np.nan, f"{distance:.3g}") for epoch, distance in distances.items()],
        [(epoch, "no distance") for epoch, distance in distances.items() if distance == 0],
    )


def _rows(different: list[tuple[float, float, str]], equal: list[tuple[float, str]]) -> pd.DataFrame:
    rows = [(x, min(max(y, LEAST), MOST), "different", says) for x, y, says in different if np.isfinite(y)]
    rows += [(x, EQUAL, "equal", says) for x, says in equal]
    return pd.DataFrame(rows, columns=["x", "y", "what", "says"])


@functools.cache
def specification(over: str, last: int, *, dark: bool) -> dict[str, Any]:
    """The Vega-Lite specification for such a table, over "Step" or "Epoch" from 0 to `last`."""
    by_epoch = over == "Epoch"
    base = alt.Chart(TABLE).encode(
        x=alt.X(
            "x:Q",
            title=over,
            scale=alt.Scale(domain=[-0.04 * last, 1.04 * last], nice=False)
            if by_epoch
            else alt.Scale(type="sqrt", domain=[0, last], nice=False),
            axis=alt.Axis(format="d", tickMinStep=1) if by_epoch else alt.Axis(),
        ),
        y=alt.Y(
            "y:Q",
            title=None,
            scale=alt.Scale(type="log", domain=[EQUAL, MOST], nice=False),
            axis=alt.Axis(values=GRID, labelExpr=LABEL),
        ),
        tooltip=[alt.Tooltip("x:Q", title=over, format=","), alt.Tooltip("says:N", title="Difference")],
    )
    different = base.transform_filter(alt.datum.what == "different")
    equal = base.transform_filter(alt.datum.what == "equal")
    colour = VERMILION if not dark else "#F08A4B"
    layers = [
        equal.mark_point(shape="square", filled=True, size=80 if by_epoch else 14, color="gray", opacity=0.9),
        different.mark_line(color=colour, strokeWidth=2 if by_epoch else 0.6, opacity=0.6, clip=True),
        different.mark_point(filled=True, size=80 if by_epoch else 16, color=colour, opacity=0.9),
    ]
    made: dict[str, Any] = alt.layer(*layers).properties(height=HEIGHT).to_dict()
    return made
