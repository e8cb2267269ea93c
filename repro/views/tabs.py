"""The table of the page's tabs: another one is a row, and a module that draws it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from repro.server.visits import Visit, Visits
from repro.views import controls, every_combination, many_seeds, presence, two_runs, your_script


@dataclass(frozen=True)
class Tab:
    """One tab: its name, how it is drawn, and whether the settings of the experiment stand above it, and among them
    its length."""

    name: str
    draw: Callable[[Visit, Visits, controls.Current], None]
    settings: bool = False
    length: bool = True


TABS = [
    Tab(two_runs.TAB, lambda visit, visits, now: two_runs.draw(visit, visits.guesses, now)),
    Tab(
        every_combination.TAB,
        lambda visit, _, now: every_combination.draw(visit, now.refusal),
        settings=True,
        length=False,
    ),
    Tab(many_seeds.TAB, lambda visit, _, now: many_seeds.draw(visit, now.experiment, now.refusal), settings=True),
    Tab(your_script.TAB, lambda visit, *_: your_script.draw(visit)),
]


def draw(visit: Visit, visits: Visits, now: controls.Current) -> None:
    """Draws the tabs, and in the one that is open what it shows."""
    every_combination.rename_tab()
    places = st.tabs([tab.name for tab in TABS], key="tab", on_change="rerun", bind="query-params")
    for tab, place in zip(TABS, places, strict=True):
        with place:
            if not place.open:
                continue
            presence.draw_notes(visit)
            if tab.settings:
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    controls.draw(with_twist=False, with_length=tab.length)
            tab.draw(visit, visits, now)
