"""The widget of a setting: what it takes and what it is called come from the table of settings."""

import streamlit as st

from repro.kinds import RealNumber, WholeNumber
from repro.settings import PROGRAMS, Setting

STEPS_OF_BUTTONS = {"images": 1000, "learning_rate": 0.0005, "dropout": 0.1}  # what a widget's + and − add


def draw(setting: Setting) -> None:
    """Draws the widget of `setting`; its value is in the session's state, under the setting's name."""
    st.session_state.setdefault(setting.name, setting.default)
    if setting.name == "program":
        st.selectbox(setting.label, list(PROGRAMS), key=setting.name, format_func=lambda program: PROGRAMS[program])
    elif isinstance(setting.kind, WholeNumber):
        st.number_input(
            setting.label,
            setting.kind.least,
            setting.kind.most,
            step=STEPS_OF_BUTTONS.get(setting.name),
            key=setting.name,
            help=setting.help.capitalize(),
        )
    elif isinstance(setting.kind, RealNumber):
        # Whether a bound itself is allowed, the widget cannot say; the experiment does.
        st.number_input(
            setting.label,
            float(setting.kind.least),
            float(setting.kind.most),
            step=STEPS_OF_BUTTONS[setting.name],
            format="%g",
            key=setting.name,
            help=setting.help.capitalize(),
        )


def keep(*settings: Setting) -> None:
    """Keeps the values of widgets on tabs that are not open: Streamlit forgets what it does not draw."""
    for setting in settings:
        if setting.name in st.session_state:
            st.session_state[setting.name] = st.session_state[setting.name]
