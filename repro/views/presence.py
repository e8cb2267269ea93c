"""Which visit a page belongs to: the browser keeps its token in a cookie.

The address holds the experiment alone. While the page is open the visit counts as seen.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import streamlit as st

from repro.engine.queue import Place
from repro.experiment.errors import ReproError, sentence
from repro.experiment.limits import LIMITS
from repro.server.visits import Visit, Visits
from repro.studies.study import Study
from repro.views import browser
from repro.views.live import part

BEFORE = "visit"  # the parameter that held the token in links of earlier versions: nobody's is taken from a link
STARTED, NEW = "started", "new"  # what the cookie says of its visit
TIMEOUT = 5  # seconds that a beat may be late
BEAT = 10  # seconds; browsers slow the timers of hidden tabs down to one a minute
GONE = "The runs of this browser no longer exist: the visit expired, or the server was restarted. Train again."
LEFT = f"Stopped: no page asked about these runs for {LIMITS.seconds_unseen} s. Train again."


def current(visits: Visits) -> Visit:
    """The visit of this page: that of its browser, if there is one, else a new one."""
    if "visit" not in st.session_state:
        token, _, state = st.context.cookies.to_dict().get(_cookie_name(), "").partition(".")
        found = visits.find(token) if token else None
        st.session_state.gone = found is None and state == STARTED
        st.session_state.visit = found or visits.new(st.context.ip_address or "")
    visit: Visit = st.session_state.visit
    return visit


def keep(visits: Visits, visit: Visit) -> None:
    """Keeps the page's visit in its browser, and on the server from the first run on."""
    if visit.changes:
        visits.keep(visit)
        st.session_state.gone = False
    if BEFORE in st.query_params:
        del st.query_params[BEFORE]
    drawn = _state(visit)
    part(lambda: _beat(visit, drawn), every=BEAT if visit.changes else None)


def draw_notes(visit: Visit) -> None:
    """Says what became of a visit's runs, or of what it wanted to start."""
    with st.container(gap=None):  # see live.py
        if st.session_state.gone and not visit.changes:
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


def _beat(visit: Visit, drawn: tuple[object, ...]) -> None:
    visit.saw()
    # Always drawn: what comes below stays where it is.
    browser.watch(BEAT + TIMEOUT if visit.changes else None, _cookie(visit))
    if _state(visit) != drawn:
        st.rerun()  # something was started on another device, or has ended on another tab, or the theme is another


def _cookie(visit: Visit) -> str:
    """The cookie of a visit. All tabs of a browser have the same one: it is there from the first of them on."""
    secure = "; secure" if urlsplit(st.context.url or "").scheme == "https" else ""
    return f"{_cookie_name()}={visit.token}.{STARTED if visit.changes else NEW}; samesite=strict{secure}"


def _cookie_name() -> str:
    """With the port: a browser sends a cookie to all servers of a machine."""
    return f"visit-{urlsplit(st.context.url or '').port or 0}"


def _state(visit: Visit) -> tuple[object, ...]:
    return visit.changes, visit.pair_running, st.context.theme.type


def draw_place(visit: Visit) -> None:
    """Says where in the queue the visitor waits, if so."""
    with st.container():
        place = visit.place
        if place is not None:
            st.info(in_line(place), icon=":material/groups:")


def draw_progress(visit: Visit, studies: Sequence[Study]) -> None:
    """Shows how many runs of `studies` have finished, and about how long the others will take; nothing once all have
    ended."""
    done, runs = sum(study.runs_finished for study in studies), sum(study.runs for study in studies)
    if not all(study.ended for study in studies):
        left = f", about {duration(visit.seconds_left(studies))} left" if done < runs else ""
        st.progress(done / runs, text=f"{done} of {runs} runs finished{left}")


def in_line(place: Place) -> str:
    """A place in the queue in words."""
    return f"**In the queue, place {place.number}**: your turn comes in about {duration(place.seconds)}."


def duration(seconds: float) -> str:
    """An estimate in words, no finer than it can be right."""
    if seconds < 90:
        return f"{max(5 * round(seconds / 5), 5)} seconds"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
