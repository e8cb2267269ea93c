"""The chart of many seeds: each seed, the pair and the spread are drawn, and ten dots or a thousand fit."""

import altair as alt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.charts.seeds import MAX_DOT, ROOM, WIDTH, accuracies, accuracies_specification, dot_plot
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
    assert rows["mean"][0] == pytest.approx(0.97)


@given(st.lists(st.integers(9_500, 9_800), min_size=1, max_size=1_000))
def test_dots_lie_in_the_picture_near_their_value_and_not_on_each_other(hits: list[int]) -> None:
    values = [count / 10_000 for count in hits]
    across, places = dot_plot(values)
    assert 0 < across <= MAX_DOT
    span = max(values) - min(values)
    for value, (x, y) in zip(values, places, strict=True):
        assert abs(x - value) <= span * across / WIDTH + 1e-9
        assert 0 < y < 1
    in_pixels = {(round(x * 1e9), int(y * ROOM / across)) for x, y in places}
    assert len(in_pixels) == len(values)


def test_ten_equal_values_are_one_stack() -> None:
    across, places = dot_plot([0.97] * 10)
    assert across == MAX_DOT
    assert {x for x, _ in places} == {0.97}
    assert [y * ROOM / across for _, y in places] == pytest.approx([n + 0.5 for n in range(10)])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_specification_of_many_seeds_is_valid(dark: bool) -> None:
    alone, with_pair = (accuracies_specification(with_pair=pair, dark=dark) for pair in (False, True))
    alt.LayerChart.from_dict(alone)
    alt.LayerChart.from_dict(with_pair)
    assert len(with_pair["layer"]) == len(alone["layer"]) + 2
