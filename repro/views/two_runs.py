"""The tab "Two runs": a pair trained live, its verdict, curves, epochs, and the steps around the first difference."""

import streamlit as st

from repro.charts import curves
from repro.charts.style import RUNS
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.experiment.stories import told_by
from repro.experiment.twists import TWIST
from repro.records.history import History
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.verdicts.reasons import Words, in_words, left_to_chance
from repro.verdicts.report import summary_line
from repro.verdicts.verdict import Verdict, compare
from repro.views import difference, presence, tables
from repro.views.link import Expected

TAB = "Two runs"
TICK = 0.3  # seconds between two looks at runs that go on
BUSY_TICK = 1.0  # the same while others wait: what drawing takes, their runs lack
WAITING_TICK = 2.0  # while one's own runs wait
INVITATION = """Two trainings of the same network on the same images, side by side. Press **Train both runs** and see
whether they repeat: to the last bit, or not at all. Then switch a seeding step off, and train again."""
BOXES = {
    "same": (st.success, ":material/check_circle:"),
    "different": (st.warning, ":material/call_split:"),
    "open": (st.info, ":material/hourglass_empty:"),
}


def draw(visit: Visit, experiment: Experiment, twist: str, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    pair = visit.pair
    running = pair is not None and not pair.ended
    story = told_by(experiment, twist)
    with st.container():
        if story is not None and refusal is None:
            st.markdown(f":material/auto_stories: **{story.title}.** {story.watch}")
    with st.container(horizontal=True):
        st.button(
            "Train both runs",
            type="primary",
            disabled=visit.pair_running or refusal is not None,
            on_click=_train,
            args=(visit, experiment, twist),
        )
        st.button("Stop", disabled=not visit.pair_running, on_click=visit.cancel_pairs)
    with st.container():
        if visit.pair_running and not running:
            st.caption(":material/fact_check: A record is being compared: see the tab “Take it home”.")
        if refusal is not None:
            st.error(refusal, icon=":material/error:")
        if pair is not None and (pair.experiment, pair.twist) != (experiment, twist):
            st.caption(
                f":material/history: These runs have older settings: {summary_line(pair.experiment, pair.twist)}."
            )
    if pair is None:
        st.markdown(INVITATION)
        return
    if pair.waiting:
        st.fragment(_waiting, run_every=WAITING_TICK)(visit, pair)
    else:
        st.fragment(_pair, run_every=tick(visit) if running else None)(visit, pair, running)


def tick(visit: Visit) -> float:
    """Seconds between two looks at runs that go on."""
    return BUSY_TICK if visit.others_wait else TICK


def _waiting(visit: Visit, pair: Pair) -> None:
    if not pair.waiting:
        st.rerun()  # the whole page: its turn has come
    place = visit.place
    st.info("…" if place is None else presence.in_line(place), icon=":material/groups:")
    for column, name, run in zip(st.columns(2), "AB", (pair.a, pair.b), strict=True):
        with column, st.container(border=True):
            st.progress(0.0, text=f"**Run {name}** · {run.activity}")


def _train(visit: Visit, experiment: Experiment, twist: str) -> None:
    presence.start(visit.train, experiment, twist)


def _pair(visit: Visit, pair: Pair, running: bool) -> None:
    """All that changes while the runs go on. Each part has a container of its own: what appears in one leaves the
    others, and the charts in them, where they are."""
    ended = pair.ended  # before anything is drawn: what is drawn then is final
    a, b = pair.a.history, pair.b.history
    verdict = compare(a, b)
    _verdict(in_words(verdict, a, b, pair.twist, pair.control, states=pair.states))
    _expected(pair)
    for column, name, run, other in zip(st.columns(2), "AB", (pair.a, pair.b), (b, a), strict=True):
        with column:
            _run(name, run, other)
    with st.container():
        if pair.control_run is not None and not pair.control_run.ended:
            activity = pair.control_run.activity
            st.caption(f":material/science: The control run, an unmodified repeat of run A: {activity}")
    draw_curves(a, b, verdict)
    with st.container():
        if verdict.first is not None:
            st.markdown(tables.around_first_difference(a, b, verdict))
    with st.container():
        if verdict.first is not None or pair.twist != TWIST.default:
            difference.draw_growth(pair)
    with st.container():
        if verdict.first is not None:
            difference.draw_meaning(visit, pair)
    difference.draw_why(pair)
    if a.epochs or b.epochs:
        many = a.experiment.epochs > 5
        st.container(height=600 if many else "content", border=many).markdown(tables.epochs(a, b))
    if a.environment and b.environment:
        with st.expander("What they ran on"):
            st.dataframe(tables.environments(a.environment, b.environment, RUNS), hide_index=True, height="content")
    if running and ended:
        st.rerun()  # once more, without the timer


def _expected(pair: Pair) -> None:
    """Says whether run B came out as on the machine of the link's sender, where the link told of that."""
    expected: Expected | None = st.session_state.get("expected")
    final = pair.b.history.final_weights
    with st.container():
        if expected is None or final is None or (expected.experiment, expected.twist) != (pair.experiment, pair.twist):
            return
        chance = pair.experiment.sources_left_to_chance
        if final == expected.digest:
            st.success(
                "**Same as the sender's machine**: the final weights of run B are those of the link, to the last bit.",
                icon=":material/link:",
            )
        elif chance:
            st.warning(
                f"**Differs from the sender's machine**: {left_to_chance(chance[0], pair.b.history)[0]} It would differ"
                " there, too, at every training.",
                icon=":material/link_off:",
            )
        else:
            st.warning(
                "**Differs from the sender's machine**: the final weights of run B are not those of the link. To see"
                " where, and what differs between the machines, open the sender's record on the tab “Take it home”.",
                icon=":material/link_off:",
            )


def _verdict(words: Words) -> None:
    box, icon = BOXES[words.sign]
    box("  \n".join([f"**{words.headline}**", *words.reasons, *words.remedies]), icon=icon)


def _run(name: str, run: Run, other: History) -> None:
    record = run.history
    with st.container(border=True):
        st.progress(record.steps_done / record.experiment.total_steps, text=f"**Run {name}** · {run.activity}")
        if run.failure is not None:
            st.error(run.failure, icon=":material/error:")
        elif run.reason:
            st.warning(run.reason, icon=":material/timer_off:")
        last = record.steps_done - 1
        loss, accuracy = (f"{values[last]:.4f}" if last >= 0 else "—" for values in (record.loss, record.accuracy))
        st.markdown(f"Loss **{loss}** · accuracy **{accuracy}** in the last step")
        st.markdown(tables.digests(record, other))


def draw_curves(a: History, b: History, verdict: Verdict, names: tuple[str, str] = RUNS) -> None:
    """Draws loss and accuracy of two runs, with the verdict's first difference."""
    dark = st.context.theme.type == "dark"
    for column, quantity in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        with column:
            st.markdown(f"**{quantity.capitalize()}** in training (lines) and on the test images (points)")
            st.vega_lite_chart(
                curves.curves(quantity, a, b, verdict, names),
                curves.curves_specification(quantity, a.experiment.total_steps, dark=dark, names=names),
                width="stretch",
                key=f"chart of {quantity} of {names[0]}",
                alt=f"{quantity.capitalize()} of {names[0]} and {names[1]} by training step",
            )
