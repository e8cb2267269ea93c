"""The tab "Every combination": every set of seeding lines tried, in both ways of running again."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from repro.experiment.errors import InputError, sentence
from repro.experiment.experiment import Experiment
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import TWIST
from repro.script.script import seeding_lines
from repro.server.visits import Visit
from repro.studies.matrix import (
    COMBINATIONS,
    REPEATS,
    RERUN,
    RERUNS,
    TRAINING,
    Cell,
    Matrix,
    Steps,
    in_words,
    sufficient,
)
from repro.views import combinations, controls, link, presence, widgets
from repro.views.differing import differing_settings
from repro.views.live import live

TAB, BEFORE = "Every combination", "Which seed matters"  # its name, and the one that links of earlier versions have
TICK = 0.5  # seconds between two looks at runs in progress
# How long its trainings are, of which there are many: short ones show which lines are needed as well as long ones.
IMAGES = replace(
    SETTINGS["images"], name="matrix_images", label="Images of each run", default=min(6400, SETTINGS["images"].default)
)
EPOCHS = replace(SETTINGS["epochs"], name="matrix_epochs", label="Epochs of each run", default=1)
WHY = """**Why the two ways can differ.** `tf.random.set_seed` resets the counters of TensorFlow's operations; a
`seed=` on an operation alone does not. In the same process such an operation therefore draws its *next* numbers
when the cell is run again; only a new process begins with the first ones
([the rules of `tf.random.set_seed`](https://www.tensorflow.org/api_docs/python/tf/random/set_seed))."""


def rename_tab() -> None:
    """Opens this tab where a link names it as earlier versions did; before the tabs are drawn."""
    if st.query_params.get("tab") == BEFORE:
        st.session_state["tab"] = TAB


def draw(visit: Visit, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    st.html(Path(combinations.__file__).with_suffix(".css"))
    running = [matrix for matrix in list(visit.matrices.values()) if not matrix.study.ended]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        train, stop = st.empty(), st.empty()
        with st.popover("Length of the runs", icon=":material/tune:"):
            for setting in (IMAGES, EPOCHS, REPEATS):
                widgets.draw(setting)
        st.session_state.setdefault(RERUN.name, RERUN.default)
        rerun = st.segmented_control(
            RERUN.label,
            list(RERUNS),
            required=True,
            format_func=lambda name: RERUNS[name].capitalize(),
            wrap=True,
            label_visibility="collapsed",
            key=RERUN.name,
        )
    experiment: Experiment | None = None
    try:
        experiment = _experiment()
    except InputError as error:
        refusal = refusal or sentence(str(error))
    train.button(
        "Try every combination",
        type="primary",
        disabled=bool(running) or refusal is not None,
        on_click=_start,
        args=(visit,),
    )
    stop.button("Stop", disabled=not running, on_click=_stop, args=(running,), key="stop matrix")
    with st.container(gap="xsmall"):  # see live.py
        if refusal is not None or experiment is None:
            st.error(refusal, icon=":material/error:")
        else:
            st.markdown(_what_it_takes(visit, experiment, running=bool(running)))
    live(
        lambda: _draw(visit, rerun or RERUN.default),
        every=lambda: TICK,
        running=bool(running),
        ended=lambda: all(matrix.study.ended for matrix in list(visit.matrices.values())),
    )


def _experiment() -> Experiment:
    """What is trained: the experiment of this moment, at the length set here. InputError if they do not fit."""
    lengths = {"images": st.session_state[IMAGES.name], "epochs": st.session_state[EPOCHS.name]}
    return replace(controls.current().experiment, **lengths)


def _what_it_takes(visit: Visit, experiment: Experiment, *, running: bool) -> str:
    """What a click starts: of what, how many trainings, and about how long that takes."""
    repeats = st.session_state[REPEATS.name]
    runs = len(COMBINATIONS) * len(RERUNS) * repeats
    length = f"{experiment.images:,} images × {experiment.epochs} epoch{'' if experiment.epochs == 1 else 's'}"
    text = (
        f"Which of the four lines does `{experiment.program}` need? All {len(COMBINATIONS)} combinations, each trained"
        f" {repeats} times on {length}, with the script started again and with the notebook cell run again"
    )
    if running:
        return f"{text}."
    return f"{text}: **{runs} trainings, about {presence.duration(visit.seconds_needed(experiment, runs))}**."


def _start(visit: Visit) -> None:
    """Tries all combinations of what the widgets show at this moment, in both ways."""
    try:
        experiment = _experiment()
    except InputError:
        return  # the page says so
    if controls.current().refusal is None:
        presence.start(visit.try_combinations, experiment, tuple(RERUNS), st.session_state[REPEATS.name])


def _stop(running: list[Matrix]) -> None:
    for matrix in running:
        matrix.study.cancel()


def _draw(visit: Visit, rerun: str) -> None:
    """The chosen way of running again, and the recipes: all that changes while runs are in progress."""
    matrices = dict(visit.matrices)
    matrix = matrices.get(rerun)
    presence.draw_place(visit)
    with st.container():
        presence.draw_progress(visit, [one.study for one in matrices.values()])
    with st.container():
        if matrix is not None:
            _state(matrix)
    of = matrix.experiment if matrix is not None else controls.current().experiment

    def opening(steps: Steps) -> str:
        return link.query(replace(of, steps=steps), TWIST.default)

    complete = matrix is not None and len(matrix.cells()) == len(COMBINATIONS)
    judged = f"Judged by these runs: {of.program}, {RERUNS[rerun]}. A row of the table opens its combination."
    st.html(combinations.picture(matrix, opening, judged, masks=of.dropout > 0))
    with st.container():
        if matrix is not None and complete:
            st.caption(in_words(matrix))
            _lines(matrix)
    with st.container():
        if _differ([tried.cells() for tried in matrices.values() if all(map(tried.decides, tried.quantities))]):
            st.markdown(WHY)


def _lines(matrix: Matrix) -> None:
    """The lines of code of the first set that was sufficient, if that is decided."""
    sets = sufficient(matrix.cells(), TRAINING) if matrix.decides(TRAINING) else []
    if not sets or not sets[0]:
        return
    st.markdown(f"**The lines to write** where {RERUNS[matrix.rerun]}, for these settings:")
    st.code(seeding_lines(matrix.experiment.program, sets[0], matrix.experiment.seed), wrap_lines=True)


def _differ(found: list[dict[Steps, Cell]]) -> bool:
    """Whether some combination gave another result in one way of running again than in the other."""
    return any(one[steps] != other[steps] for one in found for other in found for steps in one.keys() & other.keys())


def _state(matrix: Matrix) -> None:
    """What was tried with, how far it has come, and what stopped it."""
    try:
        now = replace(_experiment(), steps=())
    except InputError:
        now = replace(matrix.experiment, steps=())
    trained = replace(matrix.experiment, steps=())
    if trained != now:
        changed = differing_settings((trained, TWIST.default), (now, TWIST.default))
        st.caption(f":material/history: Tried with other settings: {changed}.")
    if matrix.study.failure is not None:
        st.error(f"A run failed: {matrix.study.failure}", icon=":material/error:")
    if len(matrix.cells()) < len(COMBINATIONS):
        st.markdown(in_words(matrix))
