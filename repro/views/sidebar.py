"""The sidebar: seed, seeding steps, twist and training; the experiment they make, kept in the address bar."""

import secrets
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from repro.experiment.errors import InputError, sentence
from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.experiment.settings import LARGEST_SEED, SETTINGS
from repro.experiment.stories import STORIES, story_of
from repro.experiment.twists import TWIST, TWISTS, apply_twist, parse_twist
from repro.views import link, widgets
from repro.views.differing import differing_settings
from repro.views.literal import literal

TRAINING = ("program", "epochs", "batch_size", "images", "hidden", "learning_rate", "dropout")


def draw() -> tuple[Experiment, str, str | None]:
    """Draws the widgets. Returns the experiment and twist that they make, or the last good ones together with one
    line that says what was refused."""
    if "experiment" not in st.session_state:
        _open_link()
    with st.sidebar:
        top = st.container()
        _seed()
        _seeding_steps()
        _twist()
        with st.expander("Training"):
            for name in TRAINING:
                widgets.draw(SETTINGS[name])
    now = current()
    if (now.experiment, now.twist) != (st.session_state.experiment, st.session_state.good_twist):
        st.session_state.refused_link = None
    if now.refusal is None:
        st.session_state.experiment, st.session_state.good_twist = now.experiment, now.twist
        link.write(now.experiment, now.twist)
    with top:
        _story(now.experiment, now.twist)
    return now.experiment, now.twist, now.refusal


@dataclass(frozen=True)
class Current:
    """An experiment and twist; or the last good ones, with one line that says what was refused since."""

    experiment: Experiment
    twist: str
    refusal: str | None = None


def current() -> Current:
    """What the widgets make at this moment, also in a callback."""
    try:
        experiment = Experiment(**{name: _value(name) for name in SETTINGS})
        twist = _twist_text()
        apply_twist(experiment, twist)
    except InputError as error:
        return Current(st.session_state.experiment, st.session_state.good_twist, sentence(str(error)))
    return Current(experiment, twist)


def _open_link() -> None:
    """Sets the widgets to the link that opened the page; to the defaults if the link cannot be used."""
    try:
        experiment, twist, st.session_state.expected = link.read(st.query_params.to_dict())
        st.session_state.refused_link = None
    except InputError as error:
        experiment, twist = Experiment(), TWIST.default
        reason = literal(str(error))
        st.session_state.refused_link = f"This link cannot be opened: {reason}. The default settings are shown."
    show(experiment, twist)


def show(experiment: Experiment, twist: str = TWIST.default) -> None:
    """Sets the widgets to `experiment` and `twist`, before they are drawn: at the start, or in a callback."""
    st.session_state.experiment, st.session_state.good_twist = experiment, twist
    chosen, number = parse_twist(twist)
    widgets.show(
        {"twist": chosen.name, f"number of {chosen.name}": number}
        | {name: getattr(experiment, name) for name in SETTINGS if name != "steps"}
        | {f"step {step}": step in experiment.steps for step in SEEDING_STEPS}
    )


def _value(name: str) -> Any:
    if name == "steps":
        return tuple(step for step in SEEDING_STEPS if st.session_state[f"step {step}"])
    return st.session_state[name]


def _story(experiment: Experiment, twist: str) -> None:
    """The box of stories, set to the story that has these settings, if there is one."""
    story = story_of(experiment, twist)
    title = story and story.title
    if st.session_state.get("story") != title:
        st.session_state.story = title
    st.selectbox(
        "Try a story",
        [story.title for story in STORIES],
        key="story",
        index=None,
        placeholder="Choose one of five",
        on_change=_tell_story,
    )


def _tell_story() -> None:
    """Sets up what the chosen story needs. Its seeding steps and twist are in sight; a toast names each other setting
    that changes, with both values."""
    now = current()
    for story in STORIES:
        if story.title == st.session_state.story:
            wanted = story.settings(now.experiment)
            others = differing_settings((replace(now.experiment, steps=wanted.steps), ""), (wanted, ""))
            if others:
                st.toast(f"Set by this story: {others}.", icon=":material/tune:", duration="long")
            show(wanted, story.twist)


def _seed() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Seed", value=widgets.last_value("seed"), key="seed")
        st.button(":material/casino: Random", on_click=_random_seed)


def _random_seed() -> None:
    widgets.show({"seed": secrets.randbelow(LARGEST_SEED + 1)})


def _seeding_steps() -> None:
    st.markdown("**Seeding steps**")
    for name, step in SEEDING_STEPS.items():
        key = f"step {name}"
        st.toggle(f"`{step.code(st.session_state.seed)}`", widgets.last_value(key), key=key, help=step.feeds)


def _twist() -> None:
    st.selectbox(
        TWIST.label,
        list(TWISTS),
        list(TWISTS).index(widgets.last_value("twist")),
        key="twist",
        format_func=lambda name: TWISTS[name].label,
    )
    twist = TWISTS[st.session_state.twist]
    if twist.number is not None:
        key = f"number of {twist.name}"
        st.session_state.setdefault(key, None)
        st.number_input(
            twist.number.label,
            value=widgets.last_value(key),
            step=1,
            key=key,
            placeholder=twist.number.otherwise,
        )
    st.caption(f"{twist.what} {twist.seen_here()}")


def _twist_text() -> str:
    """The twist that the widgets make, as links and the command line have it."""
    number = st.session_state.get(f"number of {st.session_state.twist}")
    return st.session_state.twist if number is None else f"{st.session_state.twist}:{number}"
