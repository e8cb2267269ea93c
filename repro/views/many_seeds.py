"""The tab "Many seeds": one experiment over many seeds, and how far a change of seed alone moves its test accuracy."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from repro.charts import seeds as charts
from repro.experiment.errors import InputError, sentence
from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.studies.seeds import COUNT, Seeds, Spread, check, in_words
from repro.views import controls, presence, widgets
from repro.views.chart import draw_chart
from repro.views.differing import differing_settings
from repro.views.live import live

TAB = "Many seeds"
TICK = 0.5  # seconds between two looks at runs in progress
INVITATION = "Is a better accuracy a better network, or only a luckier seed?"


def draw(visit: Visit, experiment: Experiment, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    seeds = visit.seeds
    running = seeds is not None and not seeds.study.ended
    with st.container(horizontal=True, vertical_alignment="bottom"):
        train, stop = st.empty(), st.empty()
        with st.container(width=220):
            widgets.draw(COUNT)
    try:
        check(experiment, st.session_state[COUNT.name])
    except InputError as error:
        refusal = refusal or sentence(str(error))
    train.button(
        "Train all seeds", type="primary", disabled=running or refusal is not None, on_click=_start, args=(visit,)
    )
    stop.button("Stop", disabled=not running, on_click=seeds.study.cancel if seeds else None, key="stop seeds")
    with st.container():  # see live.py
        if refusal is not None:
            st.error(refusal, icon=":material/error:")
        elif not running:
            st.markdown(_what_it_takes(visit, experiment))
        if seeds is not None and seeds.experiment != experiment:
            changed = differing_settings((seeds.experiment, TWIST.default), (experiment, TWIST.default))
            st.caption(f":material/history: These runs were trained with other settings: {changed}.")
    if seeds is not None:
        live(lambda: _seeds(visit, seeds), every=lambda: TICK, running=running, ended=lambda: seeds.study.ended)


def _what_it_takes(visit: Visit, experiment: Experiment) -> str:
    """What a click starts: how many trainings, and about how long they take."""
    count = st.session_state[COUNT.name]
    seeds = f"seeds {experiment.seed} to {experiment.seed + count - 1}" if count > 1 else f"seed {experiment.seed}"
    runs = f"{count} training{'' if count == 1 else 's'}"
    left = presence.duration(visit.seconds_needed(experiment, count))
    length = f"{experiment.images:,} images, {experiment.epochs} epoch{'' if experiment.epochs == 1 else 's'}"
    return f"{INVITATION} The same network with {seeds}, {length} each: **{runs}, about {left}**."


def _start(visit: Visit) -> None:
    """Trains as many seeds of what the widgets show at this moment."""
    now = controls.current()
    if now.refusal is None:
        presence.start(visit.try_seeds, now.experiment, st.session_state[COUNT.name])


def _seeds(visit: Visit, seeds: Seeds) -> None:
    """All that changes while the runs are in progress."""
    found = seeds.found()
    presence.draw_place(visit)
    with st.container():
        _state(visit, seeds, found)
    if not found:
        return
    spread = Spread.of(list(found.values()))
    pair = _accuracies(visit.pair, seeds.experiment)
    with st.container():
        _in_numbers(seeds, list(found.values()), spread, pair)
    dark = st.context.theme.type == "dark"
    st.markdown("**Each seed** is a dot; the line is their mean, the band one standard deviation to either side")
    draw_chart(
        charts.accuracies(found, spread, pair),
        charts.accuracies_specification(with_pair=bool(pair), dark=dark),
        key="chart of seeds",
        alt=f"Test accuracies of {len(found)} seeds, from {min(found.values()):.4f} to {max(found.values()):.4f}",
    )


def _state(visit: Visit, seeds: Seeds, found: Mapping[int, float]) -> None:
    """How far the runs have come, and what stopped them."""
    study = seeds.study
    if study.failure is not None:
        st.error(f"A run failed: {study.failure}", icon=":material/error:")
    presence.draw_progress(visit, [study])
    if study.stopped and study.ended:
        st.caption(f"Stopped after {len(found)} of {study.runs} seeds. The results so far are kept.")


def _in_numbers(seeds: Seeds, found: list[float], spread: Spread, pair: list[float]) -> None:
    """What the seeds found, in words and numbers, and how far apart the pair is beside them."""
    st.info(in_words(found, seeds.experiment), icon=":material/straighten:")
    if spread.std is not None and spread.interval is not None:
        st.markdown(
            f"Mean **{spread.mean:.5f}** ± {spread.interval:.5f} (its 95 % interval) · standard deviation"
            f" **{spread.std:.5f}** · {spread.count} seeds"
        )
    if pair:
        st.caption(f"The pair on the first tab: run A {pair[0]:.4f}, run B {pair[1]:.4f}, {abs(pair[0] - pair[1]):.4f}"
                   " apart.")  # fmt: skip


def _accuracies(pair: Pair | None, experiment: Experiment) -> list[float]:
    """The final test accuracies of runs A and B, if both have finished and differ from `experiment` in the seed alone:
    those of other settings do not belong among its seeds."""
    if pair is None or not (pair.a.history.finished and pair.b.history.finished):
        return []
    histories = (pair.a.history, pair.b.history)
    if any(replace(history.experiment, seed=experiment.seed) != experiment for history in histories):
        return []
    return [float(history.epochs[-1].test_accuracy) for history in histories]
