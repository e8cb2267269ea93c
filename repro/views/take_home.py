"""What can be taken home of what is set and was trained: the script, the record, and the link."""

import re

import streamlit as st

from repro.experiment.errors import RecordError
from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST
from repro.records import saved
from repro.script.script import script
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.views import link, records


def draw(visit: Visit, experiment: Experiment, twist: str) -> None:
    """Draws, for below a pair, what can be taken home of what is set and was trained: buttons and the link; and,
    folded, a record from elsewhere."""
    with st.container(gap="xsmall", key="take home"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _script_buttons(experiment, twist)
            refused = _record_buttons(visit.pair)
        st.caption(
            f"The script needs TensorFlow and NumPy only. {_what_it_prints(experiment)}"
            + ("" if refused is None else f" The record cannot be saved: {refused}.")
        )
        _link(visit, experiment, twist)
    with st.expander("Open a record"):
        records.draw(visit)


def _script_buttons(experiment: Experiment, twist: str) -> None:
    names = {TWIST.default: "Download the script"}
    if twist != TWIST.default:
        names[twist] = "Download the script of run B"
    for run, name in names.items():
        st.download_button(
            name,
            script(experiment, run),
            file_name("script", experiment, run, "py"),
            "text/x-python",
            on_click="ignore",
            icon=":material/code:",
        )


def _record_buttons(pair: Pair | None) -> str | None:
    """The buttons for the record of the pair that was trained last, once it has finished; why it has none, if it cannot
    be saved."""
    if pair is None or not (pair.a.history.finished and pair.b.history.finished):
        return None
    try:
        saved.check(pair.experiment)
    except RecordError as error:
        return str(error)
    kept = pair.saved()
    for label, data, name, suffix, kind in (
        ("Download the record (JSON)", lambda: saved.write(kept), "record", "json", "application/json"),
        ("Download every step (CSV)", lambda: saved.metrics_csv(kept), "steps", "csv", "text/csv"),
    ):
        st.download_button(
            label,
            data,
            file_name(name, pair.experiment, pair.twist, suffix),
            kind,
            on_click="ignore",
            icon=":material/download:",
        )
    return None


def file_name(what: str, experiment: Experiment, twist: str, suffix: str) -> str:
    """The name of a file that is downloaded: what it is, and which experiment, as links have it: the settings that
    are not the article's."""
    settings = [f"{name}-{value}" for name, value in link.parameters(experiment, twist).items()] or ["article"]
    return re.sub(r"[^\w.+-]", "-", "_".join([what, *settings]).replace(",", "+")) + f".{suffix}"


def _what_it_prints(experiment: Experiment) -> str:
    if not experiment.unseeded_sources:
        return "On this machine it prints the same losses and the same digests as this page, digit for digit."
    drawn = " and ".join(source.what for source in experiment.unseeded_sources)
    return f"No line that is on seeds {drawn}: what it prints can differ in each run."


def _link(visit: Visit, experiment: Experiment, twist: str) -> None:
    """The link to the experiment, with the digest that was found for it, if that is wanted."""
    pair = visit.pair
    trained = pair is not None and (pair.experiment, pair.twist) == (experiment, twist)
    digest = pair.b.history.final_weights if pair is not None and trained else None
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("**The link** to this experiment", width="content")
        with_digest = st.checkbox(
            "Include this machine's result, so that others can compare theirs",
            disabled=digest is None,
            help="Train this experiment first: the link then carries the digest of run B's final weights.",
        )
    st.code(link.text(experiment, twist, digest if with_digest else None), language=None, wrap_lines=True)
