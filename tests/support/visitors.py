"""A visitor of the page without a browser: it speaks Streamlit's protocol over a websocket, as the front end does.

It keeps what a browser would show, and asks for a refresh as often as a browser would, so that thirty of them are to
the server what thirty browsers are.
"""

import contextlib
import json
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from page_tree import Node, Tree, presses_of, state_of
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

TIMEOUT = 60.0  # seconds
HIDDEN = 60.0  # seconds between two refreshes of a tab in the background: browsers slow its timers down to that
NO_TOKEN = "PLACEHOLDER_AUTH_TOKEN"  # keeps the place of the token before the session's id, as the front end does


class Visitor:
    """Somebody who looks at the page at `address` with this query string, and clicks; who connects from `source`, one
    of this machine's addresses, may have the tab `hidden`, in the background, and comes with the `cookie` that the
    page has given another visitor, as from another tab of the same browser."""

    def __init__(
        self, address: str, query: str = "", *, source: str = "127.0.0.1", hidden: bool = False, cookie: str = ""
    ) -> None:
        self._source, self._hidden = source, hidden
        self.cookie = cookie  # name and value
        self.query = query  # as it stands in the address bar
        self.session = ""
        self.finished_runs = 0  # of the whole script
        self._address = address
        self._tree = Tree()
        self._states: dict[str, WidgetState] = {}
        self._timers: dict[str, tuple[float, float]] = {}  # fragment: interval, when it is due
        self._cache: dict[
            str, tuple[int, Any]
        ] = {}  # hash: the number of the run that last sent it, what it stands for
        self._runs = self._age = 0
        self._error: BaseException | None = None
        self._news = threading.Condition(threading.RLock())
        self.connect()

    def connect(self) -> None:
        """Opens the page, or comes back to the session that it had, as after a gap in the Wi-Fi."""
        with urllib.request.urlopen(f"{self._address}/_stcore/health", timeout=TIMEOUT) as answer:
            cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        names = ["streamlit", cookie.partition("=")[2].strip('"') or NO_TOKEN, self.session]
        opening = connect(
            self._address.replace("http", "ws", 1) + "/_stcore/stream",
            origin=Origin(self._address),
            subprotocols=[Subprotocol(name) for name in names if name],
            additional_headers={"Cookie": "; ".join(filter(None, [cookie, self.cookie]))},
            compression=None,
            max_size=None,
            open_timeout=TIMEOUT,
            ping_interval=None,
            source_address=(self._source, 0),
        )
        self._door = contextlib.ExitStack()
        self._connection: ClientConnection = self._door.enter_context(opening)
        self._timers.clear()
        self._rerun()
        self._reader = threading.Thread(target=self._read, args=(self._connection,), daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Leaves, as when a tab is closed."""
        self._door.close()
        self._reader.join(TIMEOUT)

    def drop(self) -> None:
        """Loses the connection, without goodbye."""
        with contextlib.suppress(OSError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(TIMEOUT)

    def texts(self) -> list[str]:
        """What is to be read on the page, in Markdown."""
        with self._news:
            return self._tree.texts()

    def count(self, pattern: str) -> int:
        """How many visible texts match a regular expression."""
        return sum(bool(re.search(pattern, text)) for text in self.texts())

    def wait_until(self, condition: Callable[[], Any], timeout: float = TIMEOUT, what: str = "it") -> Any:
        """Waits until `condition` holds, and returns what it returned; TimeoutError if it does not hold in time."""
        with self._news:
            found = self._news.wait_for(lambda: self._error or condition(), timeout)
            if self._error is not None:
                raise self._error
            if not found:
                raise TimeoutError(f"waited {timeout:g} s for {what}; the page says:\n" + "\n".join(self.texts()))
            return found

    def wait_for(self, pattern: str, timeout: float = TIMEOUT) -> str:
        """Waits until a visible text matches a regular expression, and returns the text."""

        def matching() -> str | None:
            return next((text for text in self.texts() if re.search(pattern, text)), None)

        return str(self.wait_until(matching, timeout, pattern))

    def wait_until_drawn(self, before: int, timeout: float = TIMEOUT) -> None:
        """Waits until the whole page has been drawn more than `before` times."""
        self.wait_until(lambda: self.finished_runs > before, timeout, "the page")

    def state(self, label: str) -> Any:
        """The value of the toggle, number or choice with this label."""
        with self._news:
            state = self._states[self._widget(label).content.id]
            name = state.WhichOneof("value")
            return name and getattr(state, name)

    def click(self, label: str, timeout: float = TIMEOUT) -> None:
        """Presses a button, as soon as that is possible."""
        with self._news:
            button = self._widget(label, timeout)
            self._rerun(button.delta.fragment_id, WidgetState(id=button.content.id, trigger_value=True))

    def press(self, text: str, timeout: float = TIMEOUT) -> None:
        """Presses what has this text in a picture of the page's own, as a seeding line."""

        def found() -> tuple[Node, str] | None:
            presses = (
                (node, press)
                for node in self.elements("bidi_component")
                for press, words in presses_of(json.loads(node.content.json).get("tree", ""))
                if words == text
            )
            return next(presses, None)

        with self._news:
            node, press = self.wait_until(found, timeout, f"{text!r}")
            payload = json.dumps([{"event": "press", "value": press}])
            identity = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{node.content.id}__events"
            self._rerun(node.delta.fragment_id, WidgetState(id=identity, json_trigger_value=payload))

    def set(self, label: str, value: bool | float | str, timeout: float = TIMEOUT) -> None:
        """Sets a toggle, a number or a choice."""
        with self._news:
            widget = self._widget(label, timeout)
            self._states[widget.content.id] = state_of(widget.content, widget.kind, value)
            self._rerun(widget.delta.fragment_id)

    def elements(self, kind: str) -> list[Node]:
        """The elements of the page that are of this kind."""
        with self._news:
            return [node for _, node in sorted(self._tree.nodes.items()) if node.kind == kind]

    @property
    def fragments(self) -> list[str]:
        """The ids of the parts of the page that can be asked for alone."""
        with self._news:
            return sorted({node.delta.fragment_id for node in self._tree.nodes.values()} - {""} | {*self._timers})

    def look(self) -> None:
        """Asks for the page to be drawn."""
        with self._news:
            self._rerun()

    def rerun_with(self, state: WidgetState) -> None:
        """Gives a widget, of whatever kind, this value."""
        with self._news:
            self._rerun("", state)

    def send(self, message: BackMsg) -> None:
        """Sends any message of the protocol."""
        self._connection.send(message.SerializeToString())

    def _widget(self, label: str, timeout: float = TIMEOUT) -> Node:
        def found() -> Node | None:
            named = (widget for widget in self._tree.widgets() if widget.content.label == label)
            return next((widget for widget in named if not widget.content.disabled), None)

        node: Node = self.wait_until(found, timeout, f"the widget {label!r}")
        return node

    def _rerun(self, fragment: str = "", *triggers: WidgetState, automatic: bool = False) -> None:
        state = ClientState(query_string=self.query, fragment_id=fragment, is_auto_rerun=automatic)
        state.widget_states.widgets.extend([*self._states.values(), *triggers])
        state.cached_message_hashes.extend(
            name for name, (run, _) in self._cache.items() if self._runs - run <= self._age
        )
        state.context_info.url, state.context_info.color_scheme = f"{self._address}/?{self.query}", "light"
        state.context_info.locale, state.context_info.timezone = "en-US", "UTC"
        self.send(BackMsg(rerun_script=state))

    def _read(self, connection: ClientConnection) -> None:
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    received = connection.recv(self._until_next_refresh())
                    with self._news:
                        message = ForwardMsg.FromString(bytes(received))  # type: ignore[arg-type]
                        self._take(message)
                        # A page is looked at when it is whole; to look after each of its parts would take more time
                        # than the server's work, on the same cores.
                        if message.WhichOneof("type") in ("script_finished", "page_info_changed"):
                            self._news.notify_all()
                with self._news:
                    self._refresh()
        except ConnectionClosed:
            return
        except Exception as error:  # noqa: BLE001 - whoever waits is told
            with self._news:
                self._error = error
                self._news.notify_all()

    def _until_next_refresh(self) -> float | None:
        with self._news:
            due = min((due for _, due in self._timers.values()), default=None)
        return None if due is None else max(0.0, due - time.monotonic())

    def _refresh(self) -> None:
        now = time.monotonic()
        for fragment, (interval, due) in self._timers.items():
            if due <= now:
                self._timers[fragment] = (interval, now + interval)
                self._rerun(fragment, automatic=True)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
            self._age = message.new_session.config.max_cached_message_age
            run = message.metadata.run
            self._tree.run, self._tree.fragments = run.script_run_id, frozenset(run.fragment_ids)
            if not run.fragment_ids:
                self._timers.clear()
        elif kind in ("delta", "ref_hash"):
            self._take_delta(message)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            interval = max(message.auto_rerun.interval, HIDDEN if self._hidden else 0.0)
            known = self._timers.get(message.auto_rerun.fragment_id)
            if known is None or known[0] != interval:
                self._timers[message.auto_rerun.fragment_id] = (interval, time.monotonic() + interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._timers.pop(fragment, None)
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._finish()
            self.finished_runs += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY

    def _take_delta(self, message: ForwardMsg) -> None:
        name = message.ref_hash or message.hash
        delta = self._cache[name][1] if message.ref_hash else message.delta
        if message.ref_hash or message.metadata.cacheable:
            self._cache[name] = (self._runs, delta)
        if delta.WhichOneof("type") == "new_transient":
            return
        self._tree.put(tuple(message.metadata.delta_path), delta)
        node = Node("", delta)
        if node.kind == "bidi_component":
            self._take_component(delta.fragment_id, node.content.component_name, json.loads(node.content.json))
        if node.kind in ("checkbox", "number_input", "selectbox"):
            if node.content.set_value:
                self._states[node.content.id] = state_of(node.content, node.kind, node.value_set)
            elif node.content.id not in self._states:
                self._states[node.content.id] = state_of(node.content, node.kind, node.first_value)

    def _take_component(self, fragment: str, name: str, data: dict[str, Any]) -> None:
        """Does what a component's script does: keeps the cookie, and asks for the next drawing."""
        if name == "browser":
            self.cookie = data["cookie"].partition(";")[0]
        elif name == "pace" and data["every"] is None:
            self._timers.pop(fragment, None)
        elif name == "pace":
            interval = HIDDEN if self._hidden else data["every"] / 1000
            self._timers[fragment] = (interval, time.monotonic() + interval)

    def _finish(self) -> None:
        self._tree.finish()
        drawn = {widget.content.id for widget in self._tree.widgets()}
        self._states = {name: state for name, state in self._states.items() if name in drawn}
        self._runs += 1
        # The server may still refer to what it was last told of: some more runs are kept than it is told of next.
        self._cache = {name: kept for name, kept in self._cache.items() if self._runs - kept[0] <= self._age + 10}
