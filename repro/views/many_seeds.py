"""The tab "Many seeds": one experiment over many seeds, and how far a change of seed alone moves its test accuracy."""

import streamlit as st

from repro.charts import seeds as charts
from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.studies.seeds import COUNT, Seeds, Spread, check, in_words
from repro.verdicts.report import summary_line
from repro.views import presence, widgets

TAB = "Many seeds"
TICK = 0.5  # seconds between two looks at runs that go on
INVITATION = """Is a better accuracy a better network, or only a luckier seed? Press **Train all seeds**: the same
experiment, once with each seed from the chosen one on."""


def draw(visit: Visit, experiment: Experiment, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    seeds = visit.seeds
    running = seeds is not None and not seeds.study.ended
    with st.container(width=300):
        widgets.draw(COUNT)
    count = st.session_state[COUNT.name]
    try:
        check(experiment, count)
    except InputError as error:
        refusal = refusal or str(error)
    with st.container(horizontal=True):
        st.button(
            "Train all seeds",
            type="primary",
            disabled=running or refusal is not None,
            on_click=_start,
            args=(visit, experiment, count),
        )
        st.button("Stop", disabled=not running, on_click=seeds.study.cancel if seeds else None, key="stop seeds")
    if refusal is not None:
        st.error(refusal, icon=":material/error:")
    if seeds is None:
        st.markdown(INVITATION)
        return
    if seeds.experiment != experiment:
        st.caption(f":material/history: These runs have older settings: {summary_line(seeds.experiment)}.")
    st.fragment(_seeds, run_every=TICK if running else None)(visit, seeds, running)


def _start(visit: Visit, experiment: Experiment, count: int) -> None:
    presence.start(visit.try_seeds, experiment, count)


def _seeds(visit: Visit, seeds: Seeds, running: bool) -> None:
    """All that changes while the runs go on."""
    study = seeds.study
    ended = study.ended  # before anything is drawn: what is drawn then is final
    found = seeds.found()
    presence.draw_place(visit)
    if study.failure is not None:
        st.error(f"A run failed: {study.failure}", icon=":material/error:")
    if not ended:
        st.progress(study.runs_finished / study.runs, text=f"{study.runs_finished} of {study.runs} runs finished")
    elif study.stopped:
        st.caption(f"Stopped after {len(found)} of {study.runs} seeds: what was found stays.")
    spread = Spread.of(list(found.values())) if found else None
    if spread is not None:
        st.info(in_words(list(found.values()), seeds.experiment), icon=":material/straighten:")
        if spread.std is not None:
            interval = "" if spread.interval is None else f" ± {spread.interval:.5f} (its 95 % interval)"
            st.markdown(
                f"Mean **{spread.mean:.5f}**{interval} · standard deviation **{spread.std:.5f}** · {spread.count} seeds"
            )
    pair = _accuracies(visit.pair)
    if pair:
        st.caption(f"The pair on the first tab: run A {pair[0]:.4f}, run B {pair[1]:.4f}, {abs(pair[0] - pair[1]):.4f}"
                   " apart.")  # fmt: skip
    dark = st.context.theme.type == "dark"
    table = charts.accuracies(found, spread, pair)
    st.markdown("**Each seed** (dots), their mean and one standard deviation to either side (line and band)")
    st.vega_lite_chart(
        table,
        charts.accuracies_specification(seeds.seeds[0], seeds.seeds[-1], dark=dark),
        width="stretch",
        key="chart of seeds",
        alt="Test accuracy of each seed, with their mean and standard deviation",
    )
    st.markdown("**Distribution**")
    st.vega_lite_chart(
        table,
        charts.distribution_specification(dark=dark),
        width="stretch",
        key="chart of distribution",
        alt="How many seeds came to which test accuracy",
    )
    if running and ended:
        st.rerun()  # once more, without the timer


def _accuracies(pair: Pair | None) -> list[float]:
    """The final test accuracies of runs A and B; none before both have finished."""
    if pair is None or not (pair.a.history.finished and pair.b.history.finished):
        return []
    return [float(run.history.epochs[-1].test_accuracy) for run in (pair.a, pair.b)]
