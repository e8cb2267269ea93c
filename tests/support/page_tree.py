"""What a browser would show of a Streamlit page: its elements by their place, as the server's messages build it."""

import json
import re
from dataclasses import dataclass
from typing import Any

from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.WidgetStates_pb2 import WidgetState

TEXT = {  # the field of an element that holds its visible text
    "markdown": "body",
    "alert": "body",
    "heading": "body",
    "progress": "text",
    "text": "body",
    "html": "body",
    "code": "code_text",
    "exception": "message",
}
WIDGETS = {"button", "checkbox", "number_input", "selectbox"}
Path = tuple[int, ...]


def state_of(widget: Any, kind: str, value: Any) -> WidgetState:
    """What is sent to the server for a widget that has this value."""
    state = WidgetState(id=widget.id)
    if kind == "checkbox":
        state.bool_value = value
    elif value is not None:
        setattr(state, "double_value" if kind == "number_input" else "string_value", value)
    return state


@dataclass(frozen=True)
class Node:
    """An element or a block of the page, and in which run of the script it was last sent."""

    run: str
    delta: Delta

    @property
    def kind(self) -> str:
        return self.delta.new_element.WhichOneof("type") or "" if self.delta.HasField("new_element") else "block"

    @property
    def content(self) -> Any:
        """The element itself."""
        return getattr(self.delta.new_element, self.kind)

    @property
    def first_value(self) -> Any:
        """What a widget shows before anybody touches it."""
        default = self.content.default if self.kind == "checkbox" or self.content.HasField("default") else None
        return self.content.options[default] if self.kind == "selectbox" and default is not None else default

    @property
    def value_set(self) -> Any:
        """What the script sets a widget to."""
        name = "raw_value" if self.kind == "selectbox" else "value"
        return getattr(self.content, name) if self.kind == "checkbox" or self.content.HasField(name) else None


class Tree:
    """The page as the server has described it so far: elements and blocks by their place."""

    def __init__(self) -> None:
        self.nodes: dict[Path, Node] = {}
        self.run, self.fragments = "", frozenset[str]()

    def put(self, path: Path, delta: Delta) -> None:
        """Puts an element or block in its place; a block that was a block before keeps what is in it."""
        before = self.nodes.get(path)
        node = Node(self.run, delta)
        if before is not None and before.kind == "block" and node.kind != "block":
            self._drop({place for place in self.nodes if is_under(place, {path})})
        self.nodes[path] = node

    def finish(self) -> None:
        """Drops what the run that has ended was to send again, and has not. A run of fragments speaks for them alone,
        and for all that is in their containers."""
        old = {place for place, node in self.nodes.items() if node.run != self.run}
        if self.fragments:
            theirs = {place for place, node in self.nodes.items() if node.delta.fragment_id in self.fragments}
            containers = {place for place in theirs if self.nodes[place].kind == "block"}
            old = {place for place in old if place in theirs or is_under(place, containers)}
        self._drop(old | {place for place in self.nodes if is_under(place, old)})

    def _drop(self, places: set[Path]) -> None:
        for place in places:
            del self.nodes[place]

    def texts(self) -> list[str]:
        """The visible texts, from top to bottom."""
        found: list[str] = []
        for _, node in sorted(self.nodes.items()):
            if node.kind == "bidi_component":
                found += texts_of(json.loads(node.content.json).get("tree", ""))
            elif node.kind in TEXT:
                text = getattr(node.content, TEXT[node.kind])
                parts = text.split("</div>") if text.startswith("<") else [text]
                found += [re.sub(r"<[^>]*>", " ", part) if part.startswith("<") else part for part in parts if part]
        return found

    def widgets(self) -> list[Node]:
        """The widgets, from top to bottom."""
        return [node for _, node in sorted(self.nodes.items()) if node.kind in WIDGETS]


def texts_of(tree: Any) -> list[str]:
    """The texts in a picture of the page's own, as repro/views/island.py has it."""
    return [tree] if isinstance(tree, str) else [text for child in tree[2:] for text in texts_of(child)]


def presses_of(tree: Any) -> list[tuple[str, str]]:
    """What can be pressed in such a picture: what it stands for, and its text."""
    if isinstance(tree, str):
        return []
    own = [(tree[1]["data-press"], "".join(texts_of(tree)))] if "data-press" in tree[1] else []
    return own + [inner for child in tree[2:] for inner in presses_of(child)]


def is_under(place: Path, places: set[Path]) -> bool:
    """Whether an element stands in one of the blocks at `places`."""
    return any(place[:depth] in places for depth in range(1, len(place)))
