"""What the browser does by itself: it keeps a cookie, and notices another theme, and a server that is silent.

That is said as long as runs may continue.
"""

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
# Streamlit shows a lost connection only once the socket is closed, which takes a minute or more without a network. It
# draws nothing again when the theme changes: https://github.com/streamlit/streamlit/issues/11920.
# The page is shown once it is whole, which it is when this comes, and has had the same height for a moment: what
# Streamlit draws piece by piece, and letters of another width, would move what is there already (page.css). At the
# latest after MAX_LOOKS.
SCRIPT = """let timer, asked, watching;
const PAUSE = 50, LOOKS = 3, MAX_LOOKS = 30;
const settle = (before, same, looks) => {
  const root = document.documentElement.classList;
  const height = document.querySelector('.stMainBlockContainer')?.scrollHeight;
  const late = document.fonts.status === 'loading' || document.querySelector('[data-testid=stSkeleton]');
  same = height === before && !late ? same + 1 : 0;
  if (same === LOOKS || looks === MAX_LOOKS) root.add('drawn');
  else if (!root.contains('drawn')) setTimeout(settle, PAUSE, height, same, looks + 1);
};
export default function ({ parentElement, data, setTriggerValue }) {
  const show = (shown) => { parentElement.querySelector('[role="alert"]').hidden = !shown; };
  const wait = () => { timer = setTimeout(() => document.hidden ? wait() : show(true), data.wait); };
  clearTimeout(timer);
  show(false);
  if (data.wait) wait();

  document.cookie = `${data.cookie}; path=${location.pathname}`;
  settle(-1, 0, 0);

  const app = document.querySelector('.stApp');
  const look = () => {
    const theme = getComputedStyle(app).colorScheme;
    if (theme === data.theme) asked = null;
    else if (theme !== asked) setTriggerValue('theme', asked = theme);  // once: this is called again before the answer
  };
  watching?.disconnect();
  watching = new MutationObserver(look);
  watching.observe(app, { attributes: true, attributeFilter: ['class'] });
  look();
}"""


@functools.cache
def _component() -> Callable[..., Any]:
    return st.components.v2.component("browser", html=NOTE, css=STYLE, js=SCRIPT)


def watch(seconds: float | None, cookie: str) -> None:
    """Shows the note unless this is called again within `seconds`, or never; has the part of the page that calls this
    drawn again when the theme is not that with which it was drawn; and keeps the cookie."""
    data = {
        "drawn": time.monotonic(),
        "wait": seconds and round(1000 * seconds),
        "theme": st.context.theme.type,
        "cookie": cookie,
    }
    _component()(key="browser", data=data, height="content", on_theme_change=lambda: None)
