"""The tab "Which seed matters": every combination of seeding steps tried, in both ways of running again."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from repro.experiment.experiment import Experiment
from repro.records.history import DIGESTS
from repro.server.visits import Visit
from repro.studies.matrix import COMBINATIONS, REPEATS, RERUN, RERUNS, Matrix, in_words
from repro.views import presence, sidebar, two_runs, widgets

TAB = "Which seed matters"
TICK = 0.5  # seconds between two looks at runs that go on
HEADERS = {"initial_weights": "Initial", "batch_order": "Batches", "final_weights": "Final"}
INVITATION = """Which of the four steps does this program need? Press **Try every combination**: all 16 are trained
twice, and compared to the last bit."""
WHY = """**Why the two ways can differ.** `tf.random.set_seed` sets the counters of TensorFlow's operations back; a
`seed=` on an operation alone does not. In a process that goes on, such an operation therefore draws its *next* numbers
when the cell is run again; only a new process begins with the first ones
([the rules of `tf.random.set_seed`](https://www.tensorflow.org/api_docs/python/tf/random/set_seed))."""


def draw(visit: Visit, experiment: Experiment, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    matrices = visit.matrices
    running = [matrix for matrix in list(matrices.values()) if not matrix.study.ended]
    st.session_state.setdefault(RERUN.name, RERUN.default)
    st.segmented_control(
        RERUN.label,
        list(RERUNS),
        required=True,
        format_func=lambda name: RERUNS[name].capitalize(),
        key=RERUN.name,
    )
    with st.container(width=300):
        widgets.draw(REPEATS)
    with st.container(horizontal=True):
        st.button(
            "Try every combination",
            type="primary",
            disabled=bool(running) or refusal is not None,
            on_click=_start,
            args=(visit, experiment, st.session_state[RERUN.name], st.session_state[REPEATS.name]),
        )
        st.button("Stop", disabled=not running, on_click=_stop, args=(running,), key="stop matrix")
    if refusal is not None:
        st.error(refusal, icon=":material/error:")
    if not matrices:
        st.markdown(INVITATION)
        return
    st.fragment(_both, run_every=TICK if running else None)(visit, experiment, bool(running))


def _start(visit: Visit, experiment: Experiment, rerun: str, repeats: int) -> None:
    presence.start(visit.try_combinations, experiment, rerun, repeats)


def _stop(running: list[Matrix]) -> None:
    for matrix in running:
        matrix.study.cancel()


def _both(visit: Visit, experiment: Experiment, running: bool) -> None:
    """The two ways of running again, beside each other: all that changes while runs go on."""
    if "clicked" in st.session_state:
        st.rerun()  # the whole page: a click on a cell runs this part alone
    matrices = dict(visit.matrices)
    ended = all(matrix.study.ended for matrix in matrices.values())  # before anything is drawn
    presence.draw_place(visit)
    for column, (rerun, meaning) in zip(st.columns(2), RERUNS.items(), strict=True):
        with column:
            st.markdown(f"**{meaning.capitalize()}**")
            if rerun in matrices:
                _matrix(matrices[rerun], experiment)
            else:
                st.caption("Not tried yet.")
    st.markdown(WHY)
    if running and ended:
        st.rerun()  # once more, without the timer


def _matrix(matrix: Matrix, experiment: Experiment) -> None:
    study = matrix.study
    if replace(matrix.experiment, steps=()) != replace(experiment, steps=()):
        st.caption(f":material/history: Tried with older settings: {matrix.experiment.program}, seed"
                   f" {matrix.experiment.seed}.")  # fmt: skip
    if study.failure is not None:
        st.error(f"A run failed: {study.failure}", icon=":material/error:")
    if not study.ended:
        st.progress(study.runs_finished / study.runs, text=f"{study.runs_finished} of {study.runs} runs finished")
    st.markdown(f"**{matrix.experiment.program}**: {in_words(matrix)}")
    st.dataframe(
        table(matrix),
        hide_index=True,
        height="content",
        row_height=32,
        column_config={
            header: st.column_config.Column(width=82, help=DIGESTS[name].capitalize())
            for name, header in HEADERS.items()
        },
        key=f"cells of {matrix.rerun}",
        on_select=lambda: _remember(matrix),
        selection_mode="single-cell",
        alt=f"What repeats with which seeding steps, when {RERUNS[matrix.rerun]}",
    )
    st.caption("Initial weights, batches and final weights. Click on a cell to open its combination on the first tab.")


def table(matrix: Matrix) -> pd.DataFrame:
    """A row for each combination: the steps that were on, and what came out the same, in words and a sign."""
    cells = matrix.cells()
    rows = []
    for steps in COMBINATIONS:
        cell = cells.get(steps)
        found = ["…" if cell is None else "= same" if getattr(cell, name) else "≠ differs" for name in HEADERS]
        rows.append([" + ".join(steps) or "none", *found])
    return pd.DataFrame(rows, columns=["Steps on", *HEADERS.values()])


def _remember(matrix: Matrix) -> None:
    """Remembers the combination of the cell that was clicked, to open it when the page is drawn next."""
    cells = st.session_state[f"cells of {matrix.rerun}"].selection.cells
    if cells:
        st.session_state.clicked = replace(matrix.experiment, steps=COMBINATIONS[cells[0][0]])


def open_clicked() -> None:
    """Opens the combination that was clicked, if any, on the first tab. Called before any widget is drawn."""
    if "clicked" in st.session_state:
        sidebar.show(st.session_state.pop("clicked"))
        st.session_state.tab = two_runs.TAB
