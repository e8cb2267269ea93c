"""What all visitors of a server share: one owner of processes and visits; and how the server ends, in a moment."""

import gc
import os
import signal
import threading
from types import FrameType

import streamlit as st
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from repro.engine.journal import LOG
from repro.engine.launcher import Launcher
from repro.experiment import limits
from repro.experiment.errors import LimitError
from repro.server import logs, status
from repro.server.visits import Visits
from repro.views import bounds

LAST_SECONDS = 1.0  # in which open pages learn that the server ends

_lock = threading.Lock()
_visits: Visits | None = None


def check_environment() -> None:
    """Ends the page with a message, which the log has too, if an environment variable of the operator's cannot be
    used."""
    try:
        limits.check()
    except LimitError as error:
        logs.write_to_standard_error()
        LOG.error("This server cannot start: %s", error)
        st.error(f"This server cannot start: {error}. Its operator can correct that.", icon=":material/error:")
        st.stop()


def visits() -> Visits:
    """The owner of processes and visits, made for the first page. Not a resource of Streamlit's cache: whoever speaks
    its protocol can have that emptied, and each time the server would have had one owner more."""
    global _visits
    with _lock:
        if _visits is None:
            gc.freeze()  # the modules' 120,000 objects stay for ever: to look through them for garbage takes 35 ms
            logs.write_to_standard_error()
            _visits = Visits(Launcher())
            status.answer(_visits)
            if runtime.exists():
                files = runtime.get_instance().uploaded_file_mgr
                if isinstance(files, MemoryUploadedFileManager):
                    bounds.bound_uploads(files, limits.LIMITS.megabytes_uploaded)
                loop = runtime.get_instance()._get_async_objs().eventloop  # Streamlit has no public way to it
                loop.call_soon_threadsafe(_end_in_a_moment)
        return _visits


def _end_in_a_moment() -> None:
    """Bounds what Streamlit does at SIGTERM and Ctrl-C: it waits without end for each open connection to take what it
    was sent, so a laptop that was closed meanwhile would keep the server, and its runs, alive. Runs on the main thread,
    where the event loop is: nowhere else can signals be handled. All other processes end with this one."""
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def end(number: int, frame: FrameType | None, before: object = before) -> None:
            timer = threading.Timer(LAST_SECONDS, os._exit, [0])
            timer.daemon = True
            timer.start()
            if callable(before):
                before(number, frame)

        signal.signal(number, end)
