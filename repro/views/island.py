"""Pictures of our own that a person can use: trees of HTML, drawn in place in the browser, so that focus stays."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

# A text, or [name, attributes, *children]: plain JSON. No text in it is ever read as HTML.
Tree = str | list[Any]

PRESS = "press"  # the attribute data-press of what can be pressed, and the event

_mount = st.components.v2.component(
    "island", js=Path(__file__).with_name("island.js").read_text("utf-8"), isolate_styles=False
)


def tag(name: str, *children: Tree, **attributes: str | bool | None) -> Tree:
    """An element. `class_` is its class, `aria_label` the attribute aria-label, and so on; None leaves an attribute
    out, and a boolean is spelled as ARIA has it."""
    spelled = {
        key.rstrip("_").replace("_", "-"): str(value).lower() if isinstance(value, bool) else value
        for key, value in attributes.items()
        if value is not None
    }
    return [name, spelled, *children]


def to_html(tree: Tree) -> str:
    """The HTML of a tree, for what nobody presses: `st.html` takes it."""
    if isinstance(tree, str):
        return html.escape(tree)
    name, attributes, *children = tree
    spelled = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{name}{spelled}>{''.join(map(to_html, children))}</{name}>"


def texts(tree: Tree) -> list[str]:
    """The texts in a tree, in their order."""
    return [tree] if isinstance(tree, str) else [text for child in tree[2:] for text in texts(child)]


def draw(tree: Tree, *, key: str, pressed: Callable[[str], None] | None = None) -> None:
    """Draws a tree; `pressed` is called with the `data_press` of what was pressed, before the page is drawn again."""

    def take() -> None:
        value = st.session_state[key].press
        if pressed is not None and isinstance(value, str):  # whoever speaks the protocol can send anything
            pressed(value)

    _mount(key=key, data={"tree": tree}, height="content", on_press_change=take)
