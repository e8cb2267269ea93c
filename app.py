"""The page: widgets in, views out; nothing is computed here. Start it with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from repro.studies.matrix import REPEATS, RERUN
from repro.studies.seeds import COUNT
from repro.views import bounds, controls, every_combination, presence, server, tabs, two_runs, widgets

bounds.hold_back(bounds.WHOLE)
st.set_page_config(page_title="Which seed matters?", page_icon="🎲")
st.html(Path(two_runs.__file__).with_name("page.css"))

server.check_environment()
visits = server.visits()
visit = presence.current(visits)
widgets.keep(*(one.name for one in (RERUN, REPEATS, COUNT, every_combination.IMAGES, every_combination.EPOCHS)))
with st.container(key="title", height=1, border=False):  # beside the tabs: the style makes it seen
    st.title("Which seed matters?", anchor=False)
now = controls.settle()
with st.container(key="page", height=1, border=False):  # as the title: without the style it would be of another height
    tabs.draw(visit, visits, now)
presence.keep(visits, visit)  # last: what the browser then shows is whole (browser.py)
