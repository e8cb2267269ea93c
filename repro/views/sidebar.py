"""The sidebar: seed, seeding steps, twist and training; the experiment they make, kept in the address bar."""

import secrets
from typing import Any

import streamlit as st

from repro.experiment import Experiment
from repro.seeding import SEEDING_STEPS
from repro.settings import LARGEST_SEED, SETTINGS
from repro.twists import TWIST, TWISTS
from repro.views import widgets

TRAINING = ("program", "epochs", "batch_size", "images", "hidden", "learning_rate", "dropout")


def draw() -> tuple[Experiment, str, str | None]:
    """Draws the widgets. Returns the experiment and twist that they make, or the last good ones together with one
    line that says what was refused."""
    if "experiment" not in st.session_state:
        _open_link()
    with st.sidebar:
        _seed()
        _seeding_steps()
        st.selectbox(TWIST.label, list(TWISTS), key="twist", format_func=lambda name: TWISTS[name].label)
        with st.expander("Training"):
            for name in TRAINING:
                widgets.draw(SETTINGS[name])
    try:
        experiment = Experiment(**{name: _value(name) for name in SETTINGS})
        TWISTS[st.session_state.twist].change(experiment)
    except ValueError as error:
        return st.session_state.experiment, st.session_state.good_twist, str(error)
    if (experiment, st.session_state.twist) != (st.session_state.experiment, st.session_state.good_twist):
        st.session_state.refused_link = None
    st.session_state.experiment, st.session_state.good_twist = experiment, st.session_state.twist
    _write_link(experiment, st.session_state.twist)
    return experiment, st.session_state.twist, st.session_state.refused_link


def _open_link() -> None:
    """Sets the widgets to the link that opened the page; to the defaults where the link cannot be used."""
    parameters = st.query_params.to_dict()
    try:
        experiment = Experiment.from_link(parameters)
        twist = TWIST.read(parameters.get("twist", TWIST.default))
        TWISTS[twist].change(experiment)
        st.session_state.refused_link = None
    except ValueError as error:
        experiment, twist = Experiment(), TWIST.default
        st.session_state.refused_link = f"This link cannot be opened: {error}"
    show(experiment, twist)


def show(experiment: Experiment, twist: str = TWIST.default) -> None:
    """Sets the widgets to `experiment` and `twist`, before they are drawn: at the start, or in a callback."""
    st.session_state.experiment, st.session_state.good_twist = experiment, twist
    st.session_state.twist = twist
    for name in SETTINGS:
        if name != "steps":
            st.session_state[name] = getattr(experiment, name)
    for step in SEEDING_STEPS:
        st.session_state[f"step {step}"] = step in experiment.steps


def _write_link(experiment: Experiment, twist: str) -> None:
    """Puts the experiment into the address bar, and leaves other parameters there alone."""
    link = experiment.to_link() | ({"twist": twist} if twist != TWIST.default else {})
    for name in (*SETTINGS, "twist"):
        if name in link and st.query_params.get(name) != link[name]:
            st.query_params[name] = link[name]
        elif name not in link and name in st.query_params:
            del st.query_params[name]


def _value(name: str) -> Any:
    if name == "steps":
        return tuple(step for step in SEEDING_STEPS if st.session_state[f"step {step}"])
    return st.session_state[name]


def _seed() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Seed", 0, LARGEST_SEED, key="seed")
        st.button(":material/casino: Random", on_click=_random_seed)


def _random_seed() -> None:
    st.session_state.seed = secrets.randbelow(LARGEST_SEED + 1)


def _seeding_steps() -> None:
    st.markdown("**Seeding steps**")
    for name, step in SEEDING_STEPS.items():
        with st.container(gap=None):
            st.toggle(f"`{step.code(st.session_state.seed)}`", key=f"step {name}")
            st.caption(step.feeds)
