"""The page: widgets in, views out; nothing is computed here. Start it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from repro.studies.matrix import REPEATS, RERUN
from repro.studies.seeds import COUNT
from repro.views import (
    bounds,
    every_combination,
    many_seeds,
    presence,
    server,
    sidebar,
    take_home,
    two_runs,
    widgets,
    your_script,
)

bounds.hold_back(bounds.WHOLE)
st.set_page_config(page_title="Which seed matters?", page_icon="🎲", layout="wide")
st.html(Path(two_runs.__file__).with_name("page.css"))

server.check_environment()
visits = server.visits()
visit = presence.current(visits)
widgets.keep(RERUN, REPEATS, COUNT)
with st.container(key="title"):
    st.title("Which seed matters?", anchor=False)
experiment, twist, refusal = sidebar.draw()
presence.keep(visits, visit)
two_runs_tab, matrix_tab, seeds_tab, script_tab, home_tab = st.tabs(
    [two_runs.TAB, every_combination.TAB, many_seeds.TAB, your_script.TAB, take_home.TAB],
    key="tab",
    on_change="rerun",
    bind="query-params",
)
with two_runs_tab:
    if two_runs_tab.open:
        presence.draw_notes(visit)
        two_runs.draw(visit, visits.guesses, experiment, twist, refusal)
with matrix_tab:
    if matrix_tab.open:
        presence.draw_notes(visit)
        every_combination.draw(visit, refusal)
with seeds_tab:
    if seeds_tab.open:
        presence.draw_notes(visit)
        many_seeds.draw(visit, experiment, refusal)
with script_tab:
    if script_tab.open:
        presence.draw_notes(visit)
        your_script.draw(visit)
with home_tab:
    if home_tab.open:
        presence.draw_notes(visit)
        take_home.draw(visit, experiment, twist, refusal)
