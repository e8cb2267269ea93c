"""The page: widgets in, views out; nothing is computed here. Start it with `streamlit run app.py`."""

import gc

import streamlit as st

from repro.launcher import Launcher
from repro.views import sidebar, two_runs

st.set_page_config(page_title="Which seed matters?", page_icon=":material/casino:", layout="wide")


@st.cache_resource(show_spinner=False)
def launcher() -> Launcher:
    """One owner of processes for all sessions. It gets ready in the background while the page is read."""
    # Streamlit collects garbage after each run of a script or fragment: over the 120,000 objects of the modules, which
    # stay for ever, that takes 35 ms or more each time, three times a second while runs go on.
    gc.freeze()
    return Launcher()


st.title("Which seed matters?")
experiment, twist, refusal = sidebar.draw()
(two_runs_tab,) = st.tabs(["Two runs"])
with two_runs_tab:
    two_runs.draw(launcher(), experiment, twist, refusal)
