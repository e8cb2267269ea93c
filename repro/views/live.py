"""Parts of the page that are drawn again alone: while runs are in progress, and then the whole page once more.

A place on the page must not hold an element in one drawing and a container in another: what comes and goes before a
part has a container of its own. Otherwise Streamlit's front end can stop with "'setIn' cannot be called on an
ElementNode", and the page is empty: seen when a matrix was stopped on a busy machine.
"""

import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from repro.views import bounds

FIRST_TICK = 0.1  # seconds between two looks at a pair until its initial weights are there, which may decide
TICK = 0.3  # seconds between two looks at runs in progress
BUSY_TICK = 1.0  # the same while others wait: what drawing takes, their runs lack

# A timer of Streamlit's (`run_every`) asks again however long the browser has taken to draw: a slow one would do
# nothing else, and show a click late.
_pace = st.components.v2.component("pace", js=Path(__file__).with_name("live.js").read_text("utf-8"))


def part(draw: Callable[[], None], *, every: float | None) -> None:
    """Calls `draw` now, and again every `every` seconds and when a widget in it is used, no more often than a page may
    be drawn."""
    drawn = False

    def again() -> None:
        nonlocal drawn
        if drawn:  # the first time it is part of the page, which was held back as a whole
            bounds.hold_back()
        drawn = True
        draw()

    st.fragment(again, run_every=every)()


def live(draw: Callable[[], None], *, every: Callable[[], float], running: bool, ended: Callable[[], bool]) -> None:
    """Calls `draw` now and, until `ended`, again whenever the browser has shown the last drawing, at most every
    `every()` seconds; then runs the whole page once more, so that its buttons change.

    `running` is whether runs were in progress before the page's buttons were drawn. It is not asked again here: runs
    that end, or begin, between the buttons and this part would leave buttons that nothing changes any more."""

    def look() -> None:
        over = ended()  # asked before anything is drawn: what is drawn then is final
        draw()
        pace(None if over else every())
        if running is over:
            st.rerun()

    part(look, every=None)


def pace(seconds: float | None) -> None:
    """Has the part of the page that calls this, at its end, drawn again once the browser has shown it, at most every so
    many `seconds`; never again if that is None."""
    every = None if seconds is None else round(1000 * seconds)
    _pace(key="pace", data={"every": every, "drawn": time.monotonic()}, on_look_change=lambda: None)


def tick(others_wait: bool) -> float:
    """Seconds between two looks at runs in progress, for a visitor who may keep others waiting."""
    return BUSY_TICK if others_wait else TICK
