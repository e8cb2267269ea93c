"""A part of the page that is drawn again while runs are in progress, and then the whole page once more."""

from collections.abc import Callable

import streamlit as st


def live(draw: Callable[[], None], *, every: float, ended: Callable[[], bool]) -> None:
    """Calls `draw` now and, until `ended`, again every `every` seconds; then runs the whole page once more, so that
    its buttons change and the timer goes."""
    running = not ended()

    def part() -> None:
        over = ended()  # asked before anything is drawn: what is drawn then is final
        draw()
        if running and over:
            st.rerun()

    st.fragment(part, run_every=every if running else None)()
