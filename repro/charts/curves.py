"""The chart of a pair: the loss of both runs, over each other."""

import functools
import math
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repro.charts.style import HEIGHT, ORANGE, RUNS, TABLE, blue
from repro.history.history import History
from repro.verdicts.verdict import Verdict

MAX_POINTS = 120  # of one run's curve: few enough that the dashes of run B can be told from noise
MAX_DETAILS = 400  # steps of each run that are drawn one by one
BRUSH = "steps"  # the parameter of a chart: which steps are chosen on it
TRAINING, TEST = 0, 1  # in the column `series`: a mean over a window of steps, or over all test images after an epoch
GRID = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
ROOM = 1.025  # of the axis of steps, for the whole ring of a test after the last step
MARGIN = 7  # pixels above and below the curves, for their width


def curves(a: History, b: History, verdict: Verdict) -> pd.DataFrame:
    """The table of the chart: a row for each point, of both runs where both have come so far; empty if there is none.

    Columns: `step`, from 0, int32; `a` and `b`, float32; `series`, TRAINING or TEST; `first_difference`, the verdict's
    step, in the table's first row only. That row lies before step 0 and is not drawn: without a value of each series
    Vega warns of an axis without an extent. Pictures may be thinned; verdicts never come from here.
    """
    total, tests = a.experiment.total_steps, [[float(epoch.test_loss) for epoch in one.epochs] for one in (a, b)]
    ends = [a.experiment.steps_per_epoch * (number + 1) - 1 for number in range(max(map(len, tests)))]
    trained = [windowed_mean(one.loss[: one.steps_done], total) for one in (a, b)]
    first = None if verdict.first is None else verdict.first.step
    return table(trained, tests, ends, first=first, total=total)


def table(
    trained: list[tuple[np.ndarray, np.ndarray]],
    tests: list[list[float]],
    ends: list[int],
    *,
    first: int | None,
    total: int,
) -> pd.DataFrame:
    """Such a table of what two runs trained, as of `windowed_mean`, and of their tests at the steps `ends`."""
    steps = max((ends for ends, _ in trained), key=len)
    columns = [
        np.concatenate([_filled(means, len(steps)), _filled(tested, len(ends))])
        for (_, means), tested in zip(trained, tests, strict=True)
    ]
    finite = np.concatenate([column[np.isfinite(column)] for column in columns])
    if not len(finite):
        return pd.DataFrame({"step": [], "a": [], "b": [], "series": [], "first_difference": []})
    rows = len(steps) + len(ends)
    return pd.DataFrame(
        {
            "step": np.concatenate([[-total, -total], steps, ends]).astype(np.int32),
            "a": np.concatenate([[finite[0]] * 2, columns[0]]).astype(np.float32),
            "b": np.concatenate([[finite[0]] * 2, columns[1]]).astype(np.float32),
            "series": np.array([TRAINING, TEST] + [TRAINING] * len(steps) + [TEST] * len(ends), np.int8),
            "first_difference": np.array([np.nan if first is None else first] + [np.nan] * (rows + 1), np.float32),
        }
    )


def _filled(values: np.ndarray | list[float], length: int) -> np.ndarray:
    """`values` as far as a log axis can show them, up to `length`; NaN elsewhere: the curve has a gap there."""
    found = np.full(length, np.nan)
    found[: len(values)] = values
    found[~(np.isfinite(found) & (found > 0))] = np.nan
    return found


def windowed_mean(values: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """The means of `values`, float32 [n], over windows of equal length, in float64, and each window's last index.

    The length follows from `total`, how many values there will be, so that a growing curve keeps its points. A window
    counts when it is full, or the last of all: the mean of few values would be a spike.
    """
    length = math.ceil(total / MAX_POINTS)
    whole = len(values) if len(values) >= total else len(values) // length * length
    starts = np.arange(0, whole, length)
    ends = np.minimum(starts + length, whole)
    sums = np.add.reduceat(values[:whole].astype(np.float64), starts) if whole else np.empty(0)
    return (ends - 1).astype(np.float64), sums / (ends - starts)


def details(a: History, b: History, window: tuple[int, int], names: tuple[str, str] = RUNS) -> pd.DataFrame:
    """The table of a chart of the steps from `window[0]` to `window[1]`, both included, that both runs have done.

    Columns: `step`, `value`, `run`; `exact`, a step's float32 in its shortest digits, or over how many steps
    `value` is the mean if the window holds more than MAX_DETAILS.
    """
    first, end = window[0], min(window[1] + 1, a.steps_done, b.steps_done)
    parts = []
    for run, history in zip(names, (a, b), strict=True):
        values = history.loss[first:end]
        if len(values) <= MAX_DETAILS:
            steps, means, exact = np.arange(len(values)), values.astype(np.float64), [str(value) for value in values]
        else:
            steps, means = windowed_mean(values, len(values))
            exact = [f"mean of {math.ceil(len(values) / MAX_POINTS)} steps"] * len(steps)
        finite = np.where(np.isfinite(means), means, np.nan)
        parts.append(pd.DataFrame({"step": steps + first, "value": finite, "run": run, "exact": exact}))
    return pd.concat(parts, ignore_index=True)


@functools.cache
def details_specification(*, dark: bool, names: tuple[str, str] = RUNS) -> dict[str, Any]:
    """The Vega-Lite specification for such a table: every step a point, run B on run A."""
    base = alt.Chart(TABLE).encode(
        x=alt.X(
            "step:Q", title="Step", scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(format="d", tickMinStep=1)
        ),
        y=alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
        color=alt.Color("run:N", scale=alt.Scale(domain=names, range=[ORANGE, blue(dark=dark)]), legend=None),
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("step:Q", title="Step", format=","),
            alt.Tooltip("exact:N", title="Loss, float32"),
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
def curves_specification(total_steps: int, *, dark: bool, names: tuple[str, str] = RUNS) -> dict[str, Any]:
    """The Vega-Lite specification for such a table: run A wide and light, run B thin and dashed on top, so that two
    equal runs show as one band with a dashed line inside; after each epoch the test result as a ring (A) and a dot
    (B). Altair checks every field of it, which takes longer than drawing: hence it is made once for each length of an
    experiment, and theme of the page.
    """
    colours = alt.Scale(domain=names, range=[ORANGE, blue(dark=dark)])
    legend = alt.Legend(
        title=None, direction="horizontal", orient="top-right", symbolType="stroke", symbolSize=700, symbolOpacity=1
    )
    widths = alt.Scale(domain=names, range=[6, 1.8])
    dashes = alt.Scale(domain=names, range=[[1, 0], [7, 4]])

    def layer(column: str, name: str, series: int) -> alt.Chart:
        of = "training, mean of a window" if series == TRAINING else "all test images"
        return (
            alt.Chart(TABLE)
            .transform_filter(alt.datum.series == series)
            .transform_calculate(run=f"'{name}'")
            .encode(
                x=alt.X(
                    "step:Q",
                    title=None,
                    scale=alt.Scale(domain=[0, ROOM * total_steps], nice=False),
                    axis=alt.Axis(tickCount=8),
                ),
                y=alt.Y(
                    f"{column}:Q",
                    title=None,
                    scale=alt.Scale(type="log", nice=False, padding=MARGIN),
                    # Without a precision Vega chooses one, and calls 0.95 and 0.9 both "0.9"; unless it is greedy, it
                    # leaves out every second label where only the lowest overlap.
                    axis=alt.Axis(format=".3~g", values=GRID, labelOverlap="greedy"),
                ),
                color=alt.Color("run:O", scale=colours, legend=legend),
                tooltip=[
                    alt.Tooltip("step:Q", title="Step", format=","),
                    alt.Tooltip(f"{column}:Q", title=f"{name}, {of}", format=".6g"),
                ],
            )
        )

    def line(column: str, name: str) -> alt.Chart:
        drawn: alt.Chart = (
            layer(column, name, TRAINING)
            .mark_line(opacity=0.5 if name == names[0] else 1, clip=True)
            .encode(
                strokeWidth=alt.StrokeWidth("run:O", scale=widths, legend=legend),
                strokeDash=alt.StrokeDash("run:O", scale=dashes, legend=legend),
            )
        )
        return drawn

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
        line("a", names[0]).add_params(alt.selection_interval(name=BRUSH, encodings=["x"])),
        line("b", names[1]),
        layer("a", names[0], TEST).mark_point(size=190, strokeWidth=3.5, opacity=0.8, clip=True),
        layer("b", names[1], TEST).mark_point(size=35, filled=True, opacity=1, clip=True),
    )
    specification: dict[str, Any] = chart.to_dict()
    return specification
