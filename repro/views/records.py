"""A record from elsewhere, opened: its verdict, and this machine's run laid over it, "theirs" and "yours"."""

import hashlib

import streamlit as st

from repro.experiment.errors import InputError, RecordError, sentence
from repro.experiment.twists import apply_twist
from repro.server.visits import Visit
from repro.studies import saved
from repro.studies.pair import Pair
from repro.studies.saved import Saved
from repro.studies.verification import verification
from repro.verdicts.reasons import in_words
from repro.verdicts.report import summary_line
from repro.verdicts.verdict import compare
from repro.views import presence, tables, two_runs
from repro.views.literal import literal
from repro.views.live import live

NAMES = ("Theirs", "Yours")


def draw(visit: Visit) -> None:
    """Draws the place to open a record, and what is in it."""
    st.subheader("Open a record", anchor=False)
    file = st.file_uploader("A record that was downloaded here or elsewhere", "json", max_upload_size=20)
    if file is None:
        return
    try:
        digest, theirs = _open(file.file_id, file.getvalue())
        apply_twist(theirs.experiment, theirs.twist)
    except InputError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return
    words = in_words(compare(theirs.a, theirs.b), theirs.a, theirs.b, theirs.twist, theirs.control)
    st.markdown(f"{summary_line(theirs.experiment, theirs.twist)}  \n**In the record**: {words.headline}")
    compared, yours = visit.verification or ("", None)
    yours = yours if compared == digest else None  # the same record, sent anew after a reload, is the same
    running = yours is not None and not yours.ended
    with st.container(horizontal=True):
        st.button(
            "Train it here, and compare",
            disabled=visit.pair_running,
            on_click=_train,
            args=(visit, digest, theirs),
        )
        st.button("Stop", disabled=not running, on_click=yours.cancel if yours else None, key="stop verification")
    if yours is not None:
        live(
            lambda: _draw_comparison(visit, theirs, yours),
            every=two_runs.tick(visit),
            running=running,
            ended=lambda: yours.ended,
        )


def _open(file: str, data: bytes) -> tuple[str, Saved]:
    """The SHA-256 of an upload and the record in it, read once; RecordError if it is not one."""
    known: dict[str, tuple[str, Saved] | str] = st.session_state.setdefault("opened record", {})
    if file not in known:
        known.clear()
        try:
            known[file] = hashlib.sha256(data).hexdigest(), saved.read(data)
        except RecordError as error:
            known[file] = str(error)
    opened = known[file]
    if isinstance(opened, str):
        raise RecordError(opened)
    return opened


def _train(visit: Visit, digest: str, theirs: Saved) -> None:
    presence.start(visit.verify, digest, theirs)


def _draw_comparison(visit: Visit, theirs: Saved, yours: Pair) -> None:
    """Theirs against yours: all that changes while the runs are in progress."""
    ended = yours.ended  # before anything is drawn: what is drawn then is final
    found = verification(theirs, yours)
    presence.draw_place(visit)
    box = st.success if found.identical else st.warning if found.headline else st.info
    headline = found.headline or ("No verdict" if ended else "Comparing")
    box("  \n".join([f"**{headline}**", *(literal(line.strip()) for line in found.lines)]))
    for name, run in zip("AB", (yours.a, yours.b), strict=True):
        if run.failure is not None:
            st.error(f"Run {name}: {run.failure}", icon=":material/error:")
    name, there, run, verdict = "A", theirs.a, yours.a, found.a
    if found.a.first is None and found.b.first is not None:
        name, there, run, verdict = "B", theirs.b, yours.b, found.b
    here = run.history
    st.markdown(f"Run {name}, theirs and yours · {run.activity}")
    two_runs.draw_curves(there, here, verdict, NAMES)
    if here.environment:
        st.dataframe(tables.environments(there.environment, here.environment, NAMES), hide_index=True, height="content")
