"""The charts of many seeds: each seed, the pair and the spread are drawn."""

import altair as alt
import pytest

from repro.charts.seeds import accuracies, accuracies_specification, distribution_specification
from repro.studies.seeds import Spread


def test_the_table_of_many_seeds_holds_each_seed_the_pair_and_the_spread() -> None:
    found = {42: 0.96, 43: 0.97, 44: 0.98}
    rows = accuracies(found, Spread.of(list(found.values())), [0.95, 0.99])
    seeds = rows[rows["seed"].notna()]
    assert dict(zip(seeds["seed"], seeds["accuracy"], strict=True)) == found
    pair = rows[rows["run"] != ""]
    assert dict(zip(pair["run"], pair["accuracy"], strict=True)) == {"Run A": 0.95, "Run B": 0.99}
    rest = rows.drop(index=0)
    assert all(rest[name].isna().all() for name in ("low", "mean", "high"))
    assert rows[["low", "mean", "high"]][1:].isna().to_numpy().all()


def test_the_table_of_many_seeds_has_its_columns_before_the_first_has_ended() -> None:
    assert list(accuracies({}, None, []).columns) == ["seed", "accuracy", "run", "mean", "low", "high"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_specifications_of_many_seeds_are_valid(dark: bool) -> None:
    seeds = accuracies_specification(42, 51, dark=dark)
    alt.LayerChart.from_dict(seeds)
    alt.Chart.from_dict(distribution_specification(dark=dark))
    dots = seeds["layer"][-1]
    assert dots["mark"]["type"] == "point"
    assert dots["encoding"]["y"]["scale"]["domain"] == [41, 52]
