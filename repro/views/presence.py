"""Which visit a page belongs to: its token is in the address, and while the page is open the visit counts as seen."""

from collections.abc import Callable

import streamlit as st

from repro.engine.queue import Place
from repro.experiment.errors import ReproError, sentence
from repro.experiment.limits import LIMITS
from repro.server.visits import Visit, Visits
from repro.views import browser
from repro.views.live import part

PARAMETER = "visit"
PATIENCE = 5  # seconds that a beat may be late
BEAT = 10  # seconds; browsers slow the timers of hidden tabs down to one a minute
GONE = "The runs of this address no longer exist: the visit expired, or the server was restarted. Train again."
LEFT = f"Stopped: no page asked about these runs for {LIMITS.seconds_unseen} s. Train again."


def current(visits: Visits) -> Visit:
    """The visit of this page: that of its address, if there is one, else a new one."""
    if "visit" not in st.session_state:
        token = st.query_params.get(PARAMETER)
        found = None if token is None else visits.find(token)
        st.session_state.gone = token is not None and found is None
        st.session_state.visit = found or visits.new(st.context.ip_address or "")
    visit: Visit = st.session_state.visit
    return visit


def keep(visits: Visits, visit: Visit) -> None:
    """Keeps the page's visit in its address from the first run on: before that the address may be given on, and opens
    the same settings for everybody."""
    if visit.changes:
        visits.keep(visit)
        if st.query_params.get(PARAMETER) != visit.token:
            st.query_params[PARAMETER] = visit.token
        st.session_state.gone = False
    elif PARAMETER in st.query_params:
        del st.query_params[PARAMETER]
    drawn = _state(visit)
    part(lambda: _beat(visit, drawn), every=BEAT if visit.changes else None)


def draw_notes(visit: Visit) -> None:
    """Says what became of a visit's runs, or of what it wanted to start."""
    with st.container(gap=None):  # see live.py
        if st.session_state.gone:
            st.caption(f":material/history: {GONE}")
        if st.session_state.get("not_started"):
            st.error(f"{sentence(st.session_state.not_started)}.", icon=":material/error:")
        if visit.left:
            st.caption(f":material/visibility_off: {LEFT}")


def start(begin: Callable[..., None], *arguments: object) -> None:
    """Begins something of a visit; if the queue is full, the page says so."""
    try:
        begin(*arguments)
        st.session_state.not_started = None
    except ReproError as error:
        st.session_state.not_started = str(error)


def parameter(visit: Visit) -> dict[str, str]:
    """The visit as a link's query parameter, from the first run on."""
    return {PARAMETER: visit.token} if visit.changes else {}


def _beat(visit: Visit, drawn: tuple[object, ...]) -> None:
    visit.saw()
    browser.watch(BEAT + PATIENCE if visit.changes else None)  # always drawn: what comes below stays where it is
    if _state(visit) != drawn:
        st.rerun()  # something was started on another device, or has ended on another tab, or the theme is another


def _state(visit: Visit) -> tuple[object, ...]:
    return visit.changes, visit.pair_running, st.context.theme.type


def draw_place(visit: Visit) -> None:
    """Says where in the queue the visitor waits, if so."""
    with st.container():
        place = visit.place
        if place is not None:
            st.info(in_line(place), icon=":material/groups:")


def in_line(place: Place) -> str:
    """A place in the queue in words."""
    seconds = max(5 * round(place.seconds / 5), 5)
    time = f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
    return f"**In the queue, place {place.number}**: your turn comes in about {time}."
