"""The tab "Which seed matters": every combination of seeding steps tried, in both ways of running again."""

from dataclasses import replace

import streamlit as st

from repro.charts import matrix as charts
from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST
from repro.server.visits import Visit
from repro.studies.matrix import REPEATS, RERUN, RERUNS, Cell, Matrix, Steps, in_words
from repro.views import link, presence, sidebar, widgets
from repro.views.differing import differing_settings
from repro.views.live import live

TAB = "Which seed matters"
TICK = 0.5  # seconds between two looks at runs in progress
INVITATION = """Which of the four steps does this program need? **Try every combination** trains all 16 at least twice,
as a script that is started again and as a notebook cell that is run again, and compares them to the last bit."""
WHY = """**Why the two ways can differ.** `tf.random.set_seed` resets the counters of TensorFlow's operations; a
`seed=` on an operation alone does not. In the same process such an operation therefore draws its *next* numbers
when the cell is run again; only a new process begins with the first ones
([the rules of `tf.random.set_seed`](https://www.tensorflow.org/api_docs/python/tf/random/set_seed))."""


def draw(visit: Visit, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    running = [matrix for matrix in list(visit.matrices.values()) if not matrix.study.ended]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Try every combination",
            type="primary",
            disabled=bool(running) or refusal is not None,
            on_click=_start,
            args=(visit,),
        )
        st.button("Stop", disabled=not running, on_click=_stop, args=(running,), key="stop matrix")
        with st.container(width=220):
            widgets.draw(REPEATS)
        st.session_state.setdefault(RERUN.name, RERUN.default)
        rerun = st.segmented_control(
            RERUN.label,
            list(RERUNS),
            required=True,
            format_func=lambda name: RERUNS[name].capitalize(),
            wrap=True,
            key=RERUN.name,
        )
    with st.container():  # see live.py
        if refusal is not None:
            st.error(refusal, icon=":material/error:")
        if not visit.matrices:
            st.markdown(INVITATION)
    live(
        lambda: _draw(visit, rerun or RERUN.default),
        every=TICK,
        running=bool(running),
        ended=lambda: all(matrix.study.ended for matrix in list(visit.matrices.values())),
    )


def _start(visit: Visit) -> None:
    """Tries all combinations of what the widgets show at this moment, in both ways."""
    now = sidebar.current()
    if now.refusal is None:
        presence.start(visit.try_combinations, now.experiment, tuple(RERUNS), st.session_state[REPEATS.name])


def _stop(running: list[Matrix]) -> None:
    for matrix in running:
        matrix.study.cancel()


def _draw(visit: Visit, rerun: str) -> None:
    """The chosen way of running again, and the recipes: all that changes while runs are in progress."""
    matrices = dict(visit.matrices)
    matrix = matrices.get(rerun)
    experiment = sidebar.current().experiment
    presence.draw_place(visit)
    with st.container():
        if matrix is not None:
            _state(matrix, experiment)
    dark = st.context.theme.type == "dark"
    cells = matrix.cells() if matrix is not None else {}
    decided = cells if matrix is not None and matrix.decides("final_weights") else {}
    of = matrix.experiment if matrix is not None else experiment

    def opening(steps: Steps) -> str:
        return link.query(replace(of, steps=steps), TWIST.default, **presence.parameter(visit))

    combinations, recipes = st.columns([3, 2], gap="large")
    with combinations:
        st.html(charts.picture(cells, opening, decided=bool(decided), dark=dark, masks=of.dropout > 0))
    with recipes:
        st.markdown("**Recipes that people follow**")
        st.html(charts.recipes(decided, dark=dark))
        st.caption(f"Judged by these runs: {of.program}, {RERUNS[rerun]}. A row of the table opens its combination.")
        if _differ([tried.cells() for tried in matrices.values() if all(map(tried.decides, tried.quantities))]):
            st.markdown(WHY)


def _differ(found: list[dict[Steps, Cell]]) -> bool:
    """Whether some combination gave another result in one way of running again than in the other."""
    return any(one[steps] != other[steps] for one in found for other in found for steps in one.keys() & other.keys())


def _state(matrix: Matrix, experiment: Experiment) -> None:
    """What was found, what with, and how far it has come."""
    study = matrix.study
    trained, now = (replace(one, steps=()) for one in (matrix.experiment, experiment))
    if trained != now:
        changed = differing_settings((trained, TWIST.default), (now, TWIST.default))
        st.caption(f":material/history: Tried with other settings: {changed}.")
    if study.failure is not None:
        st.error(f"A run failed: {study.failure}", icon=":material/error:")
    if not study.ended:
        st.progress(study.runs_finished / study.runs, text=study.progress)
    st.markdown(in_words(matrix))
