"""The chart of many seeds: how their test accuracies are distributed, a dot for each seed, for ten or a thousand."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from repro.charts.style import HEIGHT, ORANGE, RUNS, TABLE, blue
from repro.studies.seeds import Spread

MAX_DOT = 20.0  # pixels across
# Pixels that the dots have at least: the axis takes the rest of HEIGHT.
WIDTH, ROOM = 700.0, HEIGHT - 80.0


def accuracies(found: Mapping[int, float], spread: Spread, pair: Sequence[float]) -> pd.DataFrame:
    """The table of the chart of many seeds: a row for each of one seed or more, and one for each run of the pair.

    Columns: `accuracy`; `seed`, NaN for a run of the pair; `run`, empty for a seed; `x`, and `y` from 0 to 1, where its
    dot lies: on those of about the same accuracy; `area` of the dot in square pixels; `mean`, `low` and `high`, the
    mean and a standard deviation to either side, in the table's first row only.
    """
    deviation = spread.std or 0.0
    head = {"run": "", "mean": spread.mean, "low": spread.mean - deviation, "high": spread.mean + deviation}
    across, places = dot_plot(list(found.values()))
    rows: list[dict[str, Any]] = [head]
    rows += [
        {"seed": float(seed), "accuracy": accuracy, "run": "", "x": x, "y": y, "area": (0.9 * across) ** 2}
        for (seed, accuracy), (x, y) in zip(found.items(), places, strict=True)
    ]
    rows += [{"accuracy": accuracy, "run": run} for run, accuracy in zip(RUNS, pair, strict=False)]
    return pd.DataFrame(rows, columns=["seed", "accuracy", "run", "x", "y", "area", "mean", "low", "high"])


def dot_plot(values: Sequence[float]) -> tuple[float, list[tuple[float, float]]]:
    """A dot plot of one value or more (Wilkinson, "Dot plots", 1999): how many pixels a dot is across, and for each
    value the middle of its stack and its height there, from 0 to 1. The dots are as large as the highest stack allows.
    """
    least, span = min(values), max(values) - min(values)
    across = MAX_DOT
    while True:
        stacks = max(1, math.floor(WIDTH / across))
        width = span / stacks or 1.0
        numbers = [min(int((value - least) / width), stacks - 1) for value in values]
        highest = int(np.bincount(numbers).max())
        if highest * across <= ROOM or across < 1:
            break
        across *= 0.9
    heights = [0] * stacks
    places = []
    for number in numbers:
        places.append((least + (number + 0.5) * width if span else least, (heights[number] + 0.5) * across / ROOM))
        heights[number] += 1
    return across, places


@functools.cache
def accuracies_specification(*, with_pair: bool, dark: bool) -> dict[str, Any]:
    """The Vega-Lite specification for such a table: a dot for each seed, the mean as a line with a band of one standard
    deviation to either side, and the pair's runs, if there are any, as lines like their curves."""
    axis = alt.X("accuracy:Q", title="Test accuracy", scale=alt.Scale(zero=False), axis=alt.Axis(format=".4~f"))
    of_pair = alt.Color(
        "run:N",
        scale=alt.Scale(domain=RUNS, range=[ORANGE, blue(dark=dark)]),
        legend=alt.Legend(title="The pair", orient="top", symbolType="stroke", symbolStrokeWidth=4, symbolOpacity=1),
    )

    def of_run(run: str) -> alt.Chart:
        tooltip = [alt.Tooltip("run:N", title="Run"), alt.Tooltip("accuracy:Q", format=".4f")]
        return alt.Chart(TABLE).transform_filter(alt.datum.run == run).encode(x=axis, color=of_pair, tooltip=tooltip)

    layers = [
        alt.Chart(TABLE).mark_rect(opacity=0.12, color="gray").encode(x=alt.X("low:Q"), x2="high:Q"),
        alt.Chart(TABLE).mark_rule(color="gray", strokeWidth=1.5).encode(x=alt.X("mean:Q")),
        alt.Chart(TABLE)
        .transform_filter("isValid(datum.seed)")
        .mark_point(filled=True, opacity=0.85, color=blue(dark=dark))
        .encode(
            x=alt.X("x:Q", title="Test accuracy", scale=alt.Scale(zero=False), axis=alt.Axis(format=".4~f")),
            y=alt.Y("y:Q", scale=alt.Scale(domain=[0, 1]), axis=None),
            size=alt.Size("area:Q", scale=None, legend=None),
            tooltip=[alt.Tooltip("seed:Q", title="Seed", format="d"), alt.Tooltip("accuracy:Q", format=".4f")],
        ),
    ]
    if with_pair:
        layers += [
            of_run(RUNS[0]).mark_rule(strokeWidth=6, opacity=0.5),
            of_run(RUNS[1]).mark_rule(strokeDash=[6, 4], strokeWidth=2.5),
        ]
    specification: dict[str, Any] = alt.layer(*layers).properties(height=HEIGHT).to_dict()
    return specification
