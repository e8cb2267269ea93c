"""The tab "Two runs": the stage, on which a pair is trained live, and below it what its difference means."""

import functools
import html

import streamlit as st

from repro.charts import curves
from repro.charts.style import RUNS
from repro.charts.wiring import evidence, wiring
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.experiment.stories import story_of
from repro.experiment.twists import TWIST
from repro.records.history import History
from repro.server.guesses import GUESSES, Guesses, outcome
from repro.server.guesses import in_words as guess_in_words
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.studies.recipes import ARTICLE
from repro.verdicts.reasons import ANYWHERE, Words, in_words
from repro.verdicts.report import summary_line
from repro.verdicts.verdict import Verdict, compare
from repro.views import difference, presence, sidebar, tables
from repro.views.chart import draw_chart
from repro.views.differing import differing_settings
from repro.views.link import Expected
from repro.views.live import live

TAB = "Two runs"
PAIRS, REPLACED = "pairs when last drawn", "pair replaced elsewhere"  # keys of the session's state
ELSEWHERE = "The result below was trained on another tab or device that has this page open"
TICK = 0.3  # seconds between two looks at runs in progress
BUSY_TICK = 1.0  # the same while others wait: what drawing takes, their runs lack
WAITING_TICK = 2.0  # while one's own runs wait
INVITATION = "The same network, trained twice. Which of these lines make the second training repeat the first?"
SOURCE = f"Rewritten from [“Getting reproducible results in TensorFlow”]({ARTICLE}) (2019)."
BOXES = {
    "same": (st.success, ":material/check_circle:"),
    "different": (st.warning, ":material/call_split:"),
}


def draw(visit: Visit, guesses: Guesses, experiment: Experiment, twist: str, refusal: str | None) -> None:
    """Draws the tab; `refusal` says what is wrong with the settings that were asked for."""
    pair = visit.pair
    running = pair is not None and not pair.ended
    with st.container(gap="xsmall"):
        _actions(visit, guesses, (experiment, twist), refusal)
        with st.container(key="saying"):
            st.markdown(_line_above(visit, experiment, twist))
        refusal = refusal or st.session_state.refused_link
        if pair is None:
            _invitation(experiment, twist, refusal)
        else:
            live(
                lambda: _pair(visit, guesses, pair, (experiment, twist), refusal),
                every=WAITING_TICK if pair.waiting else tick(visit),
                running=running,
                ended=lambda: pair.ended,
            )


def _actions(visit: Visit, guesses: Guesses, now: tuple[Experiment, str], refusal: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Train both runs",
            type="primary",
            disabled=visit.pair_running or refusal is not None,
            on_click=_train,
            args=(visit, guesses),
        )
        st.button("Stop", disabled=not visit.pair_running, on_click=visit.cancel_pairs)
        st.space("stretch")
        st.markdown("Will they repeat?", width="content")
        guessed = guesses.of(now, visit.name)
        st.segmented_control(
            "Will they repeat?",
            list(GUESSES),
            default=guessed,
            format_func=GUESSES.__getitem__,
            disabled=guessed is not None,
            label_visibility="collapsed",
            wrap=True,
            key=_guess_key(now),
        )


def _guess_key(pair: tuple[Experiment, str]) -> str:
    """The key of the guess: a guess at one pair is none at another."""
    return f"guess at {hash(pair)}"


def _invitation(experiment: Experiment, twist: str, refusal: str | None) -> None:
    """What the tab shows before the first pair: the settings, and what seeds what."""
    with st.container(gap="xsmall"):  # see live.py
        if refusal is not None:
            with st.container(key="verdict"):
                st.error(refusal, icon=":material/error:")
        _settings(experiment, twist)
        _wiring(experiment, None)
        st.caption(SOURCE)


def _settings(experiment: Experiment, twist: str) -> None:
    """Shows the settings that a link or a person has set, because a phone hides the sidebar; nothing if all are the
    defaults."""
    expected: Expected | None = st.session_state.get("expected")
    sent = expected is not None and (expected.experiment, expected.twist) == (experiment, twist)
    if not sent and (experiment, twist) == (Experiment(), TWIST.default):
        return
    text = f":material/tune: Set here: {summary_line(experiment, twist)}."
    if expected is not None and sent:
        text += f" The sender's final weights of run B, `{expected.digest[:8]}…`, will be compared with yours."
    st.caption(text)


def tick(visit: Visit) -> float:
    """Seconds between two looks at runs in progress."""
    return BUSY_TICK if visit.others_wait else TICK


def _train(visit: Visit, guesses: Guesses) -> None:
    """Trains what the widgets show at this moment, which may be newer than what the button was drawn with: a number
    that was typed is sent together with the click."""
    now = sidebar.current()
    if now.refusal is not None:
        return
    st.session_state.refused_link = None
    guess = st.session_state.get(_guess_key((now.experiment, now.twist)))
    if guess is not None:
        guesses.take((now.experiment, now.twist), visit.name, guess)
    presence.start(visit.train, now.experiment, now.twist)
    st.session_state[PAIRS], st.session_state[REPLACED] = visit.pairs, False


def _line_above(visit: Visit, experiment: Experiment, twist: str) -> str:
    """The line above the verdict: which settings of the results below are not those set now, or what to watch for."""
    pair = visit.pair
    elsewhere = _replaced_elsewhere(visit)
    if pair is not None and (pair.experiment, pair.twist) != (experiment, twist):
        changed = differing_settings((pair.experiment, pair.twist), (experiment, twist))
        if elsewhere:
            return f":material/tab: {ELSEWHERE}, with other settings: {changed}."
        return f":material/history: The result below was trained with other settings: {changed}."
    if elsewhere:
        return f":material/tab: {ELSEWHERE}, in place of the pair that was here."
    if visit.pair_running and (pair is None or pair.ended):
        return ":material/fact_check: A record is being compared: see the tab “Take it home”."
    story = story_of(experiment, twist)
    if story is not None:
        return f"**{story.title}.** {story.watch}"
    return INVITATION if pair is None else ""


def _pair(visit: Visit, guesses: Guesses, pair: Pair, now: tuple[Experiment, str], refusal: str | None) -> None:
    """All that changes while the runs are in progress. Each part has a container of its own: what appears in one leaves
    the others, and the charts in them, where they are."""
    a, b = pair.a.history, pair.b.history
    verdict = compare(a, b)
    trained = (pair.experiment, pair.twist)
    current = trained == now
    with st.container(gap="xsmall"):
        with st.container(key="verdict"):
            words = in_words(verdict, a, b, pair.twist, pair.control, states=pair.states)
            guessed = guess_in_words(outcome(verdict), guesses.of(trained, visit.name), guesses.all_of(trained))
            if refusal is None:
                _verdict(words, guessed, pair, visit, current=current)
            else:
                st.error(refusal, icon=":material/error:")
        both = min(a.steps_done, b.steps_done)
        for column, name, run in zip(st.columns(2, gap="xsmall"), RUNS, (pair.a, pair.b), strict=True):
            with column:
                st.html(_progress(name, run, both or run.history.steps_done))
        draw_curves(a, b, verdict)
    with st.container(gap="xsmall"):
        _wiring(now[0], (a, b, verdict) if current else None)
    _draw_expected(pair)
    with st.container():
        if verdict.first is not None:
            difference.draw_details(a, b, verdict)
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
    st.caption(SOURCE)


def _replaced_elsewhere(visit: Visit) -> bool:
    """Whether another page of this visit, on another tab or device, has trained its pair in place of one that was here.
    A page that was just opened, or reloaded, counts the pair that it finds as its own."""
    before = st.session_state.setdefault(PAIRS, visit.pairs)
    if before != visit.pairs:
        st.session_state[PAIRS], st.session_state[REPLACED] = visit.pairs, before > 0
    return visit.pair is not None and st.session_state.get(REPLACED, False)


def _verdict(words: Words, guessed: str, pair: Pair, visit: Visit, *, current: bool) -> None:
    """The verdict, in a box that is announced when it appears; what is not decided yet, or was trained with other
    settings, in plain text."""
    failures = [f"Run {name}: {run.reason}" for name, run in (("A", pair.a), ("B", pair.b)) if run.reason]
    headline = f"**{words.headline}**" + (f" · {guessed}" if guessed else "")
    text = f"{headline}  \n" + " ".join([*failures, *words.reasons, *words.remedies])
    if current and words.sign in BOXES:
        box, icon = BOXES[words.sign]
        box(text, icon=icon)
        return
    place = visit.place if pair.waiting else None
    if place is not None:
        text = presence.in_line(place)
    elif pair.control_run is not None and not pair.control_run.ended:
        text += f"Control run: {pair.control_run.activity}."
    st.markdown(text if current else f":gray[{text}]")


def _progress(name: str, run: Run, shown: int) -> str:
    """A run's state, and its loss and accuracy at the step before `shown`."""
    history = run.history
    figures = ""
    if shown:
        loss, accuracy = (f"{values[shown - 1]:.4f}" for values in (history.loss, history.accuracy))
        figures = f" · loss <b>{loss}</b> · accuracy <b>{accuracy}</b>"
    return (
        f'<div class="run"><b>{name}</b><progress aria-label="{name}" max="{history.experiment.total_steps}"'
        f' value="{history.steps_done}"></progress><span>{html.escape(run.activity)}{figures}</span></div>'
    )


def _wiring(experiment: Experiment, found: tuple[History, History, Verdict] | None) -> None:
    st.markdown("**What seeds what in this program**" + (", and what the runs showed" if found else ""))
    dark = st.context.theme.type == "dark"
    st.html(wiring(experiment, evidence(*found) if found else {}, dark=dark))


def _draw_expected(pair: Pair) -> None:
    """Says whether run B's final digest is that of the machine of the link's sender, if the link has one."""
    expected: Expected | None = st.session_state.get("expected")
    final = pair.b.history.final_weights
    with st.container():
        if expected is None or final is None or (expected.experiment, expected.twist) != (pair.experiment, pair.twist):
            return
        unseeded = " and ".join(source.what for source in pair.experiment.unseeded_sources)
        not_the_links = "the final weights of run B are not those of the link."
        if final == expected.digest:
            st.success(
                "**Same as the sender's machine**: the final weights of run B are those of the link, to the last bit.",
                icon=":material/link:",
            )
        elif unseeded:
            st.warning(
                f"**Differs from the sender's machine**: {not_the_links} None of the enabled steps seeds {unseeded}."
                f" {ANYWHERE}",
                icon=":material/link_off:",
            )
        else:
            st.warning(
                f"**Differs from the sender's machine**: {not_the_links} To see where, and what differs between the"
                " machines, open the sender's record on the tab “Take it home”.",
                icon=":material/link_off:",
            )


def draw_curves(a: History, b: History, verdict: Verdict, names: tuple[str, str] = RUNS) -> None:
    """Draws loss and accuracy of two runs, with the verdict's first difference."""
    dark = st.context.theme.type == "dark"
    for column, quantity in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        with column, st.container(gap=None):
            st.markdown(f"**{quantity.capitalize()}** by step, in training (lines) and on test images (points)")
            with st.container(key=f"plot of {quantity} of {names[0]}"):
                draw_chart(
                    curves.curves(quantity, a, b, verdict, names),
                    curves.curves_specification(quantity, a.experiment.total_steps, dark=dark, names=names),
                    key=f"chart of {quantity} of {names[0]}",
                    alt=f"{quantity.capitalize()} of {names[0]} and {names[1]} by training step",
                    height="stretch",
                    on_select=functools.partial(difference.choose, f"chart of {quantity} of {names[0]}"),
                )
