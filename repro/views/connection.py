"""A note that appears in the browser when nothing has come from the server for a while, although runs may continue."""

import functools
import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from repro.experiment.limits import LIMITS

NOTE = f"""<div role="alert" hidden>Connection lost. Runs continue on the server for {LIMITS.seconds_unseen} seconds,
and this page shows them again when the connection is back.</div>"""
STYLE = """[role="alert"] { position: fixed; top: .5rem; left: 50%; transform: translateX(-50%); z-index: 1000000;
  padding: .6rem 1rem; border-radius: .5rem; background: #7a3500; color: #fff; font-family: var(--st-font); }"""
# Streamlit shows a lost connection only once the socket is closed, which takes a minute or more without a network.
SCRIPT = """let timer;
export default function ({ parentElement, data }) {
  const show = (shown) => { parentElement.querySelector('[role="alert"]').hidden = !shown; };
  const wait = () => { timer = setTimeout(() => document.hidden ? wait() : show(true), data.wait); };
  clearTimeout(timer);
  show(false);
  if (data.wait) wait();
}"""


@functools.cache
def _component() -> Callable[..., Any]:
    return st.components.v2.component("connection", html=NOTE, css=STYLE, js=SCRIPT)


def watch(seconds: float | None) -> None:
    """Shows the note unless this is called again within `seconds`, or never."""
    wait = seconds and round(1000 * seconds)
    _component()(key="connection", data={"drawn": time.monotonic(), "wait": wait}, height="content")
