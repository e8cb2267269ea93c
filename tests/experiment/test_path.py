"""The path: settings that the page sets up, found again by them, and links for operators."""

import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from repro.engine.processes import ROOT
from repro.experiment.experiment import Experiment
from repro.experiment.path import PATH, QUICK, Station, is_quick, station_of
from repro.experiment.twists import TWIST, apply_twist

SET_UP = [station for station in PATH if not station.every_combination]
each_station = pytest.mark.parametrize("station", SET_UP, ids=lambda station: station.title)


@each_station
def test_a_station_is_found_by_its_settings_and_can_be_trained(station: Station) -> None:
    told = station.settings(QUICK)
    assert station_of(told, station.twist) is station
    apply_twist(told, station.twist)


@each_station
def test_what_to_guess_does_not_give_the_result_away(station: Station) -> None:
    assert station.question.rstrip().endswith("?")
    assert not re.search("diverge|does not repeat|is identical", station.question, re.IGNORECASE)


@each_station
def test_a_station_leaves_how_long_a_run_takes_as_it_is(station: Station) -> None:
    now = Experiment(program="keras", images=640, epochs=2, batch_size=64, seed=7, dropout=0.5)
    told = station.settings(now)
    epochs = 3 if station.title == "Shuffling" else 2  # it is about three epochs
    assert told == replace(
        QUICK, program=station.program, steps=station.steps, images=640, epochs=epochs, batch_size=64
    )
    assert station_of(told, station.twist) is station


def test_the_path_begins_where_nothing_is_seeded_and_ends_with_every_combination() -> None:
    assert PATH[0].settings(QUICK) == QUICK
    assert QUICK.steps == ()
    assert is_quick(QUICK)
    assert not is_quick(Experiment())
    assert [station.every_combination for station in PATH] == [False] * (len(PATH) - 1) + [True]


def test_other_settings_are_on_no_station() -> None:
    assert station_of(Experiment(seed=7), "none") is None
    assert station_of(Experiment(), "xla") is None


def test_the_guide_links_every_station() -> None:
    guide = (ROOT / ".github/OPERATING.md").read_text(encoding="utf-8")
    links = dict(re.findall(r"^- \[([^]]+)\]\((http://localhost:8501/[^)]*)\)", guide, re.MULTILINE))
    found = {title: dict(parse_qsl(urlsplit(link).query)) for title, link in links.items()}
    assert found == {
        station.title: {"tab": "Every combination"}
        if station.every_combination
        else station.settings(QUICK).to_link() | ({} if station.twist == TWIST.default else {"twist": station.twist})
        for station in PATH
    }
