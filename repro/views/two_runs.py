"""The tab "Two runs": the stage, on which a pair is trained live, and below it what its difference means."""

import functools

import streamlit as st

from repro.charts.style import RUNS
from repro.engine.run import Run
from repro.experiment.path import Station, station_of
from repro.experiment.twists import TWIST, parse_twist
from repro.server.guesses import Guesses, outcome
from repro.server.guesses import in_words as guess_in_words
from repro.server.visits import Visit
from repro.studies.pair import Pair
from repro.studies.recipes import ARTICLE
from repro.studies.tried import Tried
from repro.verdicts.disagreements import IMAGES
from repro.verdicts.reasons import ANYWHERE, Words, in_words
from repro.verdicts.strip import strip as match_strip
from repro.verdicts.verdict import Verdict, compare
from repro.views import controls, difference, every_combination, guess, path, presence, shelf, take_home, wiring
from repro.views.differing import differing_settings
from repro.views.epochs import epochs
from repro.views.island import Tree, tag, to_html
from repro.views.link import Expected
from repro.views.live import FIRST_TICK, live, tick
from repro.views.strip import strip

TAB = "Two runs"
PAIRS, REPLACED = "pairs when last drawn", "pair replaced elsewhere"  # keys of the session's state
FLIPPED = "a line was flipped"  # the key of whether that is so since the page was drawn
BESIDE = "pair beside"  # the key of which earlier pair is shown beside the last
ELSEWHERE = "The result below was trained on another tab of this browser"
WAITING_TICK = 2.0  # while one's own runs wait
WHAT_THIS_IS = (
    "A small network learns to read handwritten digits (MNIST), twice. Which line makes the second training repeat the"
    " first?"
)
SOURCE = f"Rewritten from [“Getting reproducible results in TensorFlow”]({ARTICLE}) (2019)."
BOXES = {
    "same": (st.success, ":material/check_circle:"),
    "different": (st.warning, ":material/call_split:"),
}


def train(visit: Visit) -> None:
    """Trains what the widgets show at this moment, which may be newer than what the button was drawn with: a number
    that was typed is sent together with the click."""
    now = controls.settle()
    if now.refusal is not None:
        return
    st.session_state.refused_link = None
    presence.start(visit.train, now.experiment, now.twist)
    st.session_state[PAIRS], st.session_state[REPLACED] = visit.pairs, False


def draw(visit: Visit, guesses: Guesses, now: controls.Current) -> None:
    """Draws the tab; trains what is set `now`, if it has changed and that is wanted."""
    _train_change(visit, now)
    running = visit.pair_running
    with st.container(gap="xsmall", key="stage"):
        _actions(visit, now, running=running)
        path.draw(now.experiment, now.twist, tab=every_combination.TAB, go=_go)
        with st.container(key="saying"):
            st.markdown(_line_above(visit, now))
        live(
            lambda: _stage_and_all_after_a_flip(visit, guesses),
            every=lambda: _tick(visit),
            running=running,
            ended=lambda: not visit.pair_running,
        )
    take_home.draw(visit, now.experiment, now.twist)
    st.caption(SOURCE)


def _tick(visit: Visit) -> float:
    """Seconds until the next look at the pair."""
    if visit.pair is None or visit.pair.waiting:
        return WAITING_TICK
    begins = not (visit.pair.a.history.initial_weights and visit.pair.b.history.initial_weights)
    return FIRST_TICK if begins and not visit.others_wait else tick(visit.others_wait)


def _train_change(visit: Visit, now: controls.Current) -> None:
    if now.changed and now.refusal is None and st.session_state[controls.AUTO]:
        train(visit)


def _actions(visit: Visit, now: controls.Current, *, running: bool) -> None:
    pair = visit.pair
    trains_it = running and pair is not None and (pair.experiment, pair.twist) == now.pair
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="actions"):
        st.button(
            "Train both runs",
            type="primary",
            disabled=trains_it or (running and visit.verifying) or now.refusal is not None,
            on_click=train,
            args=(visit,),
        )
        st.button("Stop", disabled=not running, on_click=visit.cancel_pairs)
        st.toggle(
            "Train at each change",
            key=controls.AUTO,
            help="Each change of a setting or a line trains both runs anew, and stops those in progress.",
        )
        controls.draw(with_twist=True)


def _go(station: Station) -> None:
    """Sets up a step of the path. Nothing trains: first there is something to guess."""
    if station.every_combination:
        st.session_state.tab = every_combination.TAB
        return
    controls.show(station.settings(controls.current().experiment), station.twist)


def _line_above(visit: Visit, now: controls.Current) -> str:
    """The line above the picture: what to guess, which settings of the results below are not those set now, or what
    this is."""
    pair = visit.pair
    elsewhere = _replaced_elsewhere(visit)
    if pair is not None and (pair.experiment, pair.twist) != now.pair:
        changed = differing_settings((pair.experiment, pair.twist), now.pair)
        if elsewhere:
            return f":material/tab: {ELSEWHERE}, with other settings: {changed}."
        return f":material/history: The result below was trained with other settings: {changed}."
    if elsewhere:
        return f":material/tab: {ELSEWHERE}, in place of the pair that was here."
    if visit.verifying:
        return ":material/fact_check: A record is being compared: see “Open a record” below."
    station = station_of(now.experiment, now.twist)
    if station is not None and (pair is not None or station.steps):
        return f"**{station.title}.** {station.question}"
    twist = parse_twist(now.twist)[0]
    if now.twist != TWIST.default:
        return f"{twist.what} {twist.seen_here()}"
    return WHAT_THIS_IS


def _stage_and_all_after_a_flip(visit: Visit, guesses: Guesses) -> None:
    """Draws the stage, and after a flip, which asks for the stage alone, all that is around it too."""
    _stage(visit, guesses)
    if st.session_state.pop(FLIPPED, False):
        st.rerun()


def _stage(visit: Visit, guesses: Guesses) -> None:
    """All that changes while the runs are in progress. Each part has a container of its own: what appears in one leaves
    the others, and the charts in them, where they are."""
    pair, now = visit.pair, controls.current()
    refusal = now.refusal or st.session_state.refused_link
    current = pair is not None and (pair.experiment, pair.twist) == now.pair
    verdict = None if pair is None else compare(pair.a.history, pair.b.history)
    with st.container(key="picture and verdict", gap=None):
        picture, words = st.columns([3, 2], gap="small")
        with picture, st.container(key="picture"):
            found = wiring.evidence(pair.a.history, pair.b.history, verdict) if pair and verdict and current else {}
            wiring.draw(now.experiment, found, flipped=functools.partial(_flip, visit))
        with words, st.container(key="verdict"):
            _words(visit, guesses, now, refusal, verdict, current=current)
    if pair is None or verdict is None:
        return
    with st.container(key="runs", gap="xsmall"):
        _bars(pair)
        difference.draw_curves(pair.a.history, pair.b.history, verdict)
        st.html(to_html(strip(match_strip(pair.a.history, pair.b.history, verdict), label="Where both runs match")))
        with st.container(gap="xsmall"):
            _beside(visit)
    with st.container():
        picture_of_epochs = epochs(pair.a.history) if pair.a.history.finished else None
        if picture_of_epochs is not None:
            st.html(to_html(picture_of_epochs))
        difference.draw(pair, verdict)


def _flip(visit: Visit, step: str) -> None:
    controls.flip(step)
    _train_change(visit, controls.settle())
    st.session_state[FLIPPED] = True


def _words(
    visit: Visit,
    guesses: Guesses,
    now: controls.Current,
    refusal: str | None,
    verdict: Verdict | None,
    *,
    current: bool,
) -> None:
    """What the runs showed; before that, what a visitor and the room guess."""
    pair = visit.pair
    if refusal is not None:
        st.error(refusal, icon=":material/error:")
        return
    if pair is None or verdict is None:
        _sent(now)
        _guess(visit, guesses, now)
        return
    words = in_words(verdict, pair.a.history, pair.b.history, pair.twist, pair.control, states=pair.states)
    if not current:
        _sent(now)
        _guess(visit, guesses, now)
        st.markdown(f":gray[**{words.headline}**, with the other settings.]")
        return
    guessed = guess_in_words(outcome(verdict), guesses.of(now.pair, visit.name), guesses.all_of(now.pair))
    _verdict(words, guessed, pair, visit, verdict)
    _draw_expected(pair)
    if words.sign == "open" and not pair.ended:
        _guess(visit, guesses, now)


def _guess(visit: Visit, guesses: Guesses, now: controls.Current) -> None:
    def take(name: str) -> None:
        guesses.take(now.pair, visit.name, name)
        if not visit.pair_running or (visit.pair is not None and (visit.pair.experiment, visit.pair.twist) != now.pair):
            train(visit)

    guess.draw(guesses.of(now.pair, visit.name), guesses.all_of(now.pair), guessed=take)


def _sent(now: controls.Current) -> None:
    """Says that a link's sender has a result to compare with."""
    expected: Expected | None = st.session_state.get("expected")
    if expected is not None and (expected.experiment, expected.twist) == now.pair:
        digest = expected.digest[:8]
        st.caption(f":material/link: The sender's final weights of run B, `{digest}…`, will be compared with yours.")


def _replaced_elsewhere(visit: Visit) -> bool:
    """Whether another page of this visit, on another tab of the browser, has trained its pair in place of one that was
    here. A page that was just opened, or reloaded, counts the pair that it finds as its own."""
    before = st.session_state.setdefault(PAIRS, visit.pairs)
    if before != visit.pairs:
        st.session_state[PAIRS], st.session_state[REPLACED] = visit.pairs, before > 0
    return visit.pair is not None and st.session_state.get(REPLACED, False)


def _verdict(words: Words, guessed: str, pair: Pair, visit: Visit, verdict: Verdict) -> None:
    """The verdict, in a box that is announced when it appears; what is not decided yet, in plain text."""
    failures = [f"Run {name}: {run.reason}" for name, run in (("A", pair.a), ("B", pair.b)) if run.reason]
    text = f"**{words.headline}**" + (f" · {guessed}" if guessed else "")
    text += "  \n" + " ".join([*failures, *words.reasons, *words.remedies])
    if verdict.test_disagreements is not None:
        text += "  \n" + _on_test_images(visit, pair, verdict)
    if words.sign in BOXES:
        box, icon = BOXES[words.sign]
        box(text, icon=icon)
        return
    place = visit.place if pair.waiting else None
    st.markdown(presence.in_line(place) if place is not None else text)


def _on_test_images(visit: Visit, pair: Pair, verdict: Verdict) -> str:
    """What both networks make of the test images, in numbers."""
    a, b = (f"{run.history.epochs[-1].test_accuracy:.4f}" for run in (pair.a, pair.b))
    if verdict.identical:
        return f"Test accuracy **{a}** in both runs; no test image is read differently."
    text = f"Test accuracy **{a}** and **{b}**; **{verdict.test_disagreements:,} of {IMAGES:,}** test images are read"
    text += " differently"
    for tried in reversed(visit.tried):
        if tried.experiment == pair.experiment and tried.disagreements and parse_twist(tried.twist)[0].name == "seed":
            return f"{text}, {tried.disagreements:,} with another seed."
    return f"{text}."


def _bars(pair: Pair) -> None:
    both = min(pair.a.history.steps_done, pair.b.history.steps_done)
    bars = [_bar(name, run, both or run.history.steps_done) for name, run in zip(RUNS, (pair.a, pair.b), strict=True)]
    st.html(to_html(tag("div", *bars, class_="bars")))


def _bar(name: str, run: Run, shown: int) -> Tree:
    """A run's state, and its loss at the step before `shown`; in the end its accuracy on all test images."""
    history = run.history
    figures = []
    if history.finished:
        figures = [" · test accuracy ", tag("b", f"{history.epochs[-1].test_accuracy:.4f}")]
    elif shown:
        figures = [" · loss ", tag("b", f"{history.loss[shown - 1]:.4f}")]
    total = history.experiment.total_steps
    progress = tag("progress", aria_label=name, max=str(total), value=str(history.steps_done))
    return tag("div", tag("b", name), progress, tag("span", run.activity, *figures), class_="run")


def _beside(visit: Visit) -> None:
    """The earlier pairs, and of the one that was chosen its strip below that of the last."""
    tried = list(visit.tried)
    chosen: Tried | None = st.session_state.get(BESIDE)
    beside = next((one for one in tried if one is chosen), None)
    if beside is not None:
        changed = shelf.in_short(beside.experiment, beside.twist)
        figures = ""
        if beside.accuracies is not None:
            figures = f" Test accuracy {beside.accuracies[0]:.4f} and {beside.accuracies[1]:.4f}."
        st.markdown(f"**Before: {changed}.** Then it was {beside.in_short}.{figures}")
        st.html(to_html(strip(beside.strip, label=f"Where both runs matched: {changed}")))
    if tried:
        shelf.draw(tried, beside, chosen=_choose)


def _choose(one: Tried) -> None:
    """Shows an earlier pair, or no longer."""
    st.session_state[BESIDE] = None if st.session_state.get(BESIDE) is one else one


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
                f"**Differs from the sender's machine**: {not_the_links} None of the enabled lines seeds {unseeded}."
                f" {ANYWHERE}",
                icon=":material/link_off:",
            )
        else:
            st.warning(
                f"**Differs from the sender's machine**: {not_the_links} To see where, and what differs between the"
                " machines, open the sender's record below.",
                icon=":material/link_off:",
            )
