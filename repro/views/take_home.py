"""The tab "Take it home": the script, the seeding lines, the record, and the link of what is set and was trained."""

from dataclasses import replace

import streamlit as st

from repro.experiment.errors import RecordError, sentence
from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST, run_b_in_words
from repro.script.script import script, seeding_lines
from repro.server.visits import Visit
from repro.studies import saved
from repro.studies.matrix import COMBINATIONS, RERUNS, sufficient
from repro.verdicts.report import summary_line
from repro.views import link, records

TAB = "Take it home"


def draw(visit: Visit, experiment: Experiment, twist: str, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    if refusal is not None:
        st.error(
            f"{refusal}. The script, lines and link below are for the last valid settings.", icon=":material/error:"
        )
    _script(experiment, twist)
    _seeding_lines(visit, experiment)
    _link(visit, experiment, twist)
    _record(visit)
    records.draw(visit)


def _script(experiment: Experiment, twist: str) -> None:
    st.subheader("The script", anchor=False)
    st.markdown(
        f"The experiment as one Python file, which needs TensorFlow and NumPy only. {_what_it_prints(experiment)}"
    )
    run = TWIST.default
    if twist != TWIST.default:
        names = {TWIST.default: "Run A", twist: sentence(run_b_in_words(twist))}
        run = st.segmented_control(
            "Which run",
            list(names),
            default=TWIST.default,
            required=True,
            format_func=names.__getitem__,
            key="run of script",
        )
    source = script(experiment, run)
    st.download_button("Download the script", source, "mnist_experiment.py", "text/x-python", on_click="ignore")
    with st.container(height=320, border=False):  # the code itself, were it to scroll, would not for the keyboard
        st.code(source, language="python", wrap_lines=True)


def _what_it_prints(experiment: Experiment) -> str:
    if not experiment.unseeded_sources:
        return "On this machine it prints the same losses and the same digests as this page, digit for digit."
    drawn = " and ".join(source.what for source in experiment.unseeded_sources)
    return f"No step that is on seeds {drawn}: what it prints can differ in each run."


def _seeding_lines(visit: Visit, experiment: Experiment) -> None:
    st.subheader("The seeding lines alone", anchor=False)
    tried = [
        (matrix, cells)
        for matrix in list(visit.matrices.values())
        if replace(matrix.experiment, seed=experiment.seed, steps=()) == replace(experiment, steps=())
        and len(cells := matrix.cells()) == len(COMBINATIONS)
    ]
    if not tried:
        st.caption("Try every combination for these settings on the tab “Which seed matters” first: the lines that"
                   " were enough then appear here.")  # fmt: skip
    for matrix, cells in tried:
        found = f"as was found here with seed {matrix.experiment.seed}, {matrix.repeats} runs of each combination"
        sets = sufficient(cells, "final_weights")
        if not matrix.decides("final_weights"):
            st.caption(f"Not decided when {RERUNS[matrix.rerun]}: see the tab “Which seed matters”.")
        elif sets:
            st.markdown(f"Enough for **these settings** when {RERUNS[matrix.rerun]}, {found}:")
            st.code(seeding_lines(experiment.program, sets[0], experiment.seed), language="python", wrap_lines=True)
        else:
            st.caption(f"No set of steps was enough when {RERUNS[matrix.rerun]}, {found}.")


def _link(visit: Visit, experiment: Experiment, twist: str) -> None:
    st.subheader("The link", anchor=False)
    pair = visit.pair
    trained = pair is not None and (pair.experiment, pair.twist) == (experiment, twist)
    digest = pair.b.history.final_weights if pair is not None and trained else None
    with_digest = st.checkbox(
        "Include this machine's result, so that others can compare theirs",
        disabled=digest is None,
        help="Train this experiment first: the link then carries the digest of run B's final weights.",
    )
    st.code(link.text(experiment, twist, digest if with_digest else None), language=None, wrap_lines=True)


def _record(visit: Visit) -> None:
    st.subheader("The record", anchor=False)
    pair = visit.pair
    if pair is None or not (pair.a.history.finished and pair.b.history.finished):
        st.caption("Train a pair on the first tab: its record holds every step, the digests, and what it ran on.")
        return
    st.markdown(f"The pair that was trained last: {summary_line(pair.experiment, pair.twist)}.")
    try:
        saved.check(pair.experiment)
    except RecordError as error:
        st.caption(f"It cannot be saved: {error}.")
        return
    kept = pair.saved()
    with st.container(horizontal=True):
        st.download_button(
            "Download the record (JSON)",
            lambda: saved.write(kept),
            "record.json",
            "application/json",
            on_click="ignore",
        )
        st.download_button(
            "Download every step (CSV)", lambda: saved.metrics_csv(kept), "steps.csv", "text/csv", on_click="ignore"
        )
    st.caption(
        "`python -m repro verify record.json` trains it on another machine, and compares the results. The menu of"
        " each chart saves it as a PNG."
    )
