"""The chart of a pair: loss or accuracy of both runs, over each other."""

import functools
import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repro.charts.style import HEIGHT, ORANGE, RUNS, TABLE, blue
from repro.records.history import History
from repro.verdicts.verdict import Verdict

MOST_POINTS = 120  # of one run's curve: few enough that the dashes of run B can be told from noise
# Both spread what matters late in a training: small losses, and accuracies near 1.
SCALES = {"loss": alt.Scale(type="log", nice=False), "accuracy": alt.Scale(type="pow", exponent=4, zero=False)}
BRUSH = "steps"  # the parameter of a chart: which steps are chosen on it
MOST_DETAILS = 400  # steps of each run that are drawn one by one
SERIES = ("training", "test")
UNTRAINED = {"loss": math.log(10), "accuracy": 0.1}  # of a network that guesses one of ten digits
GRID = {
    "loss": [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    "accuracy": [0.1, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1],
}
# Without a precision Vega chooses one, and calls 0.95 and 0.9 both "0.9"; unless it is greedy, it leaves out every
# second label where only the lowest overlap.
AXES = {quantity: alt.Axis(format=".3~g", values=GRID[quantity], labelOverlap="greedy") for quantity in GRID}
ROOM = 1.025  # of the axis of steps, for the whole ring of a test after the last step


def curves(quantity: str, a: History, b: History, verdict: Verdict, names: tuple[str, str] = RUNS) -> pd.DataFrame:
    """The table of a chart of `quantity`, "loss" or "accuracy": a row for each point.

    Columns: `step`, from 0; `value`; `run`; `series`, "training" (the mean over a window of steps) or "test" (all
    test images, after an epoch); `first_difference`, the verdict's step, in the table's first row only. The first four
    rows, one for each run and series, lie before step 0 and are not drawn: without a value Vega warns of an axis
    without an extent. Pictures may be thinned; verdicts never come from here.
    """
    parts = [_points(quantity, run, history) for run, history in zip(names, (a, b), strict=True)]
    first = np.nan if verdict.first is None else float(verdict.first.step)
    head = pd.DataFrame(
        {
            "step": -float(a.experiment.total_steps),
            "value": UNTRAINED[quantity],
            "run": [name for name in names for _ in SERIES],
            "series": [*SERIES, *SERIES],
            "first_difference": [first, np.nan, np.nan, np.nan],
        }
    )
    return pd.concat([head, *parts], ignore_index=True)


def _points(quantity: str, run: str, history: History) -> pd.DataFrame:
    steps, values = windowed_mean(getattr(history, quantity)[: history.steps_done], history.experiment.total_steps)
    epoch_ends = [epoch.epoch * history.experiment.steps_per_epoch - 1 for epoch in history.epochs]
    tests = [float(getattr(epoch, f"test_{quantity}")) for epoch in history.epochs]
    table = pd.DataFrame(
        {
            "step": np.concatenate([steps, epoch_ends]),
            "value": np.concatenate([values, tests]),
            "run": run,
            "series": ["training"] * len(steps) + ["test"] * len(tests),
            "first_difference": np.nan,
        }
    )
    # A log axis has no place for 0, nor any axis for infinities: the curve has a gap there.
    shown = np.isfinite(table["value"]) & ((table["value"] > 0) | (quantity != "loss"))
    return table.assign(value=table["value"].where(shown))


def windowed_mean(values: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """The means of `values`, float32 [n], over windows of equal length, in float64, and each window's last index.

    The length follows from `total`, how many values there will be, so that a growing curve keeps its points; the last
    window may be short.
    """
    length = math.ceil(total / MOST_POINTS)
    starts = np.arange(0, len(values), length)
    ends = np.minimum(starts + length, len(values))
    sums = np.add.reduceat(values.astype(np.float64), starts) if len(values) else np.empty(0)
    return (ends - 1).astype(np.float64), sums / (ends - starts)


def details(
    quantity: str, a: History, b: History, window: tuple[int, int], names: tuple[str, str] = RUNS
) -> pd.DataFrame:
    """The table of a chart of the steps from `window[0]` to `window[1]`, both included, that both runs have done.

    Columns: `step`, `value`, `run`; `exact`, a step's float32 in its shortest digits, or over how many steps
    `value` is the mean if the window holds more than MOST_DETAILS.
    """
    first, end = window[0], min(window[1] + 1, a.steps_done, b.steps_done)
    parts = []
    for run, history in zip(names, (a, b), strict=True):
        values = getattr(history, quantity)[first:end]
        if len(values) <= MOST_DETAILS:
            steps, means, exact = np.arange(len(values)), values.astype(np.float64), [str(value) for value in values]
        else:
            steps, means = windowed_mean(values, len(values))
            exact = [f"mean of {math.ceil(len(values) / MOST_POINTS)} steps"] * len(steps)
        finite = np.where(np.isfinite(means), means, np.nan)
        parts.append(pd.DataFrame({"step": steps + first, "value": finite, "run": run, "exact": exact}))
    return pd.concat(parts, ignore_index=True)


@functools.cache
def details_specification(quantity: str, *, dark: bool, names: tuple[str, str] = RUNS) -> dict[str, Any]:
    """The Vega-Lite specification for such a table: every step a point, run B on run A."""
    base = alt.Chart(TABLE).encode(
        x=alt.X(
            "step:Q", title=None, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(format="d", tickMinStep=1)
        ),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
        color=alt.Color("run:N", scale=alt.Scale(domain=names, range=[ORANGE, blue(dark=dark)]), legend=None),
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("step:Q", title="Step", format=","),
            alt.Tooltip("exact:N", title=f"{quantity.capitalize()}, float32"),
        ],
    )
    of_a, of_b = (base.transform_filter(alt.datum.run == name) for name in names)
    chart = alt.layer(
        of_a.mark_line(strokeWidth=6, opacity=0.5),
        of_b.mark_line(strokeWidth=1.8, strokeDash=[7, 4]),
        of_a.mark_point(size=120, filled=True, opacity=0.5),
        of_b.mark_point(size=30, filled=True, opacity=1),
    )
    specification: dict[str, Any] = chart.properties(height=HEIGHT).to_dict()
    return specification


@functools.cache
def curves_specification(
    quantity: str, total_steps: int, *, dark: bool, names: tuple[str, str] = RUNS
) -> dict[str, Any]:
    """The Vega-Lite specification for such a table: run A wide and light, run B thin and dashed on top, so that two
    equal runs show as one band with a dashed line inside; after each epoch the test result as a ring (A) and a dot
    (B). Altair checks every field of it, which takes longer than drawing: hence it is made once for each length of an
    experiment, and theme of the page.
    """
    base = alt.Chart(TABLE).encode(
        x=alt.X("step:Q", title=None, scale=alt.Scale(domain=[0, ROOM * total_steps], nice=False)),
        y=alt.Y("value:Q", title=None, scale=SCALES[quantity], axis=AXES[quantity]),
        color=alt.Color(
            "run:N",
            scale=alt.Scale(domain=names, range=[ORANGE, blue(dark=dark)]),
            legend=alt.Legend(
                title=None,
                direction="horizontal",
                orient="top-right" if quantity == "loss" else "bottom-right",
                symbolType="stroke",
                symbolStrokeWidth=4,
                symbolOpacity=1,
            ),
        ),
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("series:N", title="Of"),
            alt.Tooltip("step:Q", title="Step", format=","),
            alt.Tooltip("value:Q", title=quantity.capitalize(), format=".6g"),
        ],
    )

    brush = alt.selection_interval(name=BRUSH, encodings=["x"])

    def layer(run: str, series: str) -> alt.Chart:
        return base.transform_filter((alt.datum.run == run) & (alt.datum.series == series))

    first_difference = (
        alt.Chart(TABLE)
        .mark_rule(strokeDash=[2, 3], strokeWidth=1.5, color="gray")
        .encode(
            x=alt.X("first_difference:Q"),
            tooltip=[alt.Tooltip("first_difference:Q", title="First difference at step", format=",")],
        )
    )
    chart = alt.layer(
        first_difference,
        layer(names[0], "training").mark_line(strokeWidth=6, opacity=0.5, clip=True).add_params(brush),
        layer(names[1], "training").mark_line(strokeWidth=1.8, strokeDash=[7, 4], clip=True),
        layer(names[0], "test").mark_point(size=190, strokeWidth=3.5, opacity=0.8, clip=True),
        layer(names[1], "test").mark_point(size=35, filled=True, opacity=1, clip=True),
    )
    specification: dict[str, Any] = chart.to_dict()
    return specification
