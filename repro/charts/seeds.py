"""The charts of many seeds: test accuracy by seed, and how it is distributed."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from repro.charts.style import HEIGHT, ORANGE, RUNS, TABLE, blue
from repro.studies.seeds import Spread


def accuracies(found: Mapping[int, float], spread: Spread | None, pair: Sequence[float]) -> pd.DataFrame:
    """The table of the chart of many seeds: a row for each seed, and one for each run of the pair.

    Columns: `accuracy`; `seed`, NaN for a run of the pair; `run`, empty for a seed; `mean`, `low` and `high`, the mean
    and a standard deviation to either side, in the table's first row only.
    """
    deviation = (spread and spread.std) or 0.0
    head = {"mean": spread.mean, "low": spread.mean - deviation, "high": spread.mean + deviation} if spread else {}
    rows: list[dict[str, Any]] = [{"run": "", **head}]
    rows += [{"seed": float(seed), "accuracy": accuracy, "run": ""} for seed, accuracy in found.items()]
    rows += [{"accuracy": accuracy, "run": run} for run, accuracy in zip(RUNS, pair, strict=False)]
    return pd.DataFrame(rows, columns=["seed", "accuracy", "run", "mean", "low", "high"])


@functools.cache
def accuracies_specification(first: int, last: int, *, dark: bool) -> dict[str, Any]:
    """The Vega-Lite specification for such a table, over the seeds `first` to `last`: a dot for each seed, the mean as
    a line with a band of one standard deviation to either side, the pair's runs as lines like their curves."""
    axis = alt.X("accuracy:Q", title="Test accuracy", scale=alt.Scale(zero=False), axis=alt.Axis(format=".4~f"))
    of_pair = alt.Color(
        "run:N",
        scale=alt.Scale(domain=RUNS, range=[ORANGE, blue(dark=dark)]),
        legend=alt.Legend(title="The pair", orient="top", symbolType="stroke", symbolStrokeWidth=4, symbolOpacity=1),
    )

    def of_run(run: str) -> alt.Chart:
        tooltip = [alt.Tooltip("run:N", title="Run"), alt.Tooltip("accuracy:Q", format=".4f")]
        return alt.Chart(TABLE).transform_filter(alt.datum.run == run).encode(x=axis, color=of_pair, tooltip=tooltip)

    chart = alt.layer(
        alt.Chart(TABLE).mark_rect(opacity=0.12, color="gray").encode(x=alt.X("low:Q"), x2="high:Q"),
        alt.Chart(TABLE).mark_rule(color="gray", strokeWidth=1.5).encode(x=alt.X("mean:Q")),
        of_run(RUNS[0]).mark_rule(strokeWidth=6, opacity=0.5),
        of_run(RUNS[1]).mark_rule(strokeDash=[6, 4], strokeWidth=2.5),
        alt.Chart(TABLE)
        .transform_filter(alt.datum.run == "")
        .mark_point(filled=True, size=60, opacity=0.8, color=blue(dark=dark))
        .encode(
            x=axis,
            y=alt.Y(
                "seed:Q",
                title="Seed",
                scale=alt.Scale(domain=[first - 1, last + 1], nice=False),
                axis=alt.Axis(format="d", tickMinStep=1),
            ),
            tooltip=[alt.Tooltip("seed:Q", title="Seed", format="d"), alt.Tooltip("accuracy:Q", format=".4f")],
        ),
    )
    specification: dict[str, Any] = chart.properties(height=HEIGHT).to_dict()
    return specification


@functools.cache
def distribution_specification(*, dark: bool) -> dict[str, Any]:
    """The Vega-Lite specification for such a table as a histogram: how many seeds came to about which accuracy."""
    chart = (
        alt.Chart(TABLE)
        .transform_filter(alt.datum.run == "")
        .transform_filter("isValid(datum.accuracy)")
        .mark_bar(color=blue(dark=dark))
        .encode(
            x=alt.X("accuracy:Q", bin=alt.Bin(maxbins=20), title="Test accuracy"),
            y=alt.Y("count()", title="Seeds", axis=alt.Axis(tickMinStep=1, format="d")),
            tooltip=[alt.Tooltip("count()", title="Seeds")],
        )
    )
    specification: dict[str, Any] = chart.properties(height=HEIGHT // 2).to_dict()
    return specification
