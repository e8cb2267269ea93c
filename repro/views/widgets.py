"""The widget of a setting: what it takes and what it is called come from the table of settings."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from repro.experiment.kinds import RealNumber, WholeNumber
from repro.experiment.programs import PROGRAMS
from repro.experiment.settings import Setting

STEPS_OF_BUTTONS = {"images": 1000, "learning_rate": 0.0005, "dropout": 0.1}  # what a widget's + and − add


def show(values: Mapping[str, Any]) -> None:
    """Sets the widgets with these keys, before they are drawn: at the start, or in a callback."""
    st.session_state.update(values)
    st.session_state.shown = st.session_state.get("shown", {}) | dict(values)


def last_value(key: str, default: Any = None) -> Any:
    """What the widget with this key was last set to. Each widget has it as its default too: a browser that draws the
    widget late, because its user was quick or its network slow, would else begin with, and send back, 0 or off."""
    return st.session_state.get("shown", {}).get(key, default)


def draw(setting: Setting) -> None:
    """Draws the widget of `setting`; its value is in the session's state, under the setting's name. Numbers have no
    bounds here: a widget that refuses one keeps showing it, and the page would train another. The experiment says what
    is allowed."""
    st.session_state.setdefault(setting.name, setting.default)
    value = last_value(setting.name, setting.default)
    if setting.name == "program":
        st.selectbox(
            setting.label,
            list(PROGRAMS),
            list(PROGRAMS).index(value),
            key=setting.name,
            format_func=lambda program: PROGRAMS[program].label,
        )
    elif isinstance(setting.kind, WholeNumber):
        st.number_input(
            setting.label,
            value=value,
            step=STEPS_OF_BUTTONS.get(setting.name),
            key=setting.name,
            help=setting.help.capitalize(),
        )
    elif isinstance(setting.kind, RealNumber):
        st.number_input(
            setting.label,
            value=value,
            step=STEPS_OF_BUTTONS[setting.name],
            format="%g",
            key=setting.name,
            help=setting.help.capitalize(),
        )


def keep(*keys: str) -> None:
    """Keeps the values of widgets on tabs that are not open: Streamlit forgets what it does not draw."""
    for key in keys:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
