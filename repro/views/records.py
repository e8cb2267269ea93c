"""A record from elsewhere, opened: its verdict, and this machine's run laid over it, "theirs" and "yours"."""

import hashlib

import streamlit as st

from repro.experiment.errors import InputError, RecordError, sentence
from repro.experiment.twists import apply_twist
from repro.records import saved
from repro.records.saved import Saved
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.studies.verification import verification
from repro.verdicts.reasons import in_words
from repro.verdicts.report import comparison_lines, summary_line
from repro.verdicts.strip import strip as match_strip
from repro.verdicts.verdict import compare
from repro.views import difference, presence, tables
from repro.views.island import to_html
from repro.views.literal import literal
from repro.views.live import live, tick
from repro.views.strip import strip

NAMES = ("Theirs", "Yours")
RECORDED = ("Recorded A", "Recorded B")


def draw(visit: Visit) -> None:
    """Draws the place to open a record, and what is in it."""
    file = st.file_uploader("A record that was downloaded here or elsewhere", "json", max_upload_size=20)
    if file is None:
        return
    try:
        digest, theirs = _open(file.file_id, file.getvalue())
        apply_twist(theirs.experiment, theirs.twist)
    except InputError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return
    _draw_record(theirs)
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
            every=lambda: tick(visit.others_wait),
            running=running,
            ended=lambda: yours.ended,
        )


def _draw_record(theirs: Saved) -> None:
    """What is in a record: its verdict, the curves, where they match, what `show` prints, and the images."""
    a, b = theirs.a, theirs.b
    verdict = compare(a, b)
    words = in_words(verdict, a, b, theirs.twist, theirs.control)
    text = f"{summary_line(theirs.experiment, theirs.twist)}  \n**In the record**: {words.headline}"
    st.markdown("  \n".join([text, " ".join([*words.reasons, *words.remedies])]))
    difference.draw_curves(a, b, verdict, RECORDED)
    st.html(to_html(strip(match_strip(a, b, verdict), label="Where both runs of the record match")))
    st.code("\n".join(comparison_lines(words, verdict, a, b, {})), language=None, wrap_lines=True)
    if a.predictions and b.predictions and verdict.test_disagreements:
        st.markdown("**The test images that are read differently**")
        difference.draw_images(a, b, key="page of images of a record")


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
    difference.draw_curves(there, here, verdict, NAMES)
    if here.environment:
        st.dataframe(tables.environments(there.environment, here.environment, NAMES), hide_index=True, height="content")
