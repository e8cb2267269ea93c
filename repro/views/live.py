"""Parts of the page that are drawn again alone: while runs are in progress, and then the whole page once more.

A place on the page must not hold an element in one drawing and a container in another: what comes and goes before a
part has a container of its own. Otherwise Streamlit's front end can stop with "'setIn' cannot be called on an
ElementNode", and the page is empty: seen when a matrix was stopped on a busy machine.
"""

from collections.abc import Callable

import streamlit as st

from repro.views import bounds


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


def live(draw: Callable[[], None], *, every: float, running: bool, ended: Callable[[], bool]) -> None:
    """Calls `draw` now and, until `ended`, again every `every` seconds; then runs the whole page once more, so that
    its buttons change and the timer goes.

    `running` is whether runs were in progress before the page's buttons were drawn. It is not asked again here: runs
    that end between the buttons and this part would leave buttons that nothing changes any more."""

    def look() -> None:
        over = ended()  # asked before anything is drawn: what is drawn then is final
        draw()
        if running and over:
            st.rerun()

    part(look, every=every if running else None)
