"""What a page may ask of the server, whoever speaks for it: how often it is drawn, and what it uploads.

Whoever speaks Streamlit's protocol can send what no browser sends. What cannot be bounded here, a proxy before the
server can: see .github/OPERATING.md.
"""

import math
import threading
import time
from collections import OrderedDict, deque

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

POLL_INTERVAL = 0.05  # between two looks whether a run that waits is still wanted
AT_ONCE, SECONDS = 10, 1.0  # at most this many parts of a page are drawn in this many seconds
WHOLE = 2  # the parts that a whole page counts as, for what it takes
MAX_PAGES = 10_000  # whose drawing is remembered; that which was drawn longest ago is forgotten first
FILES_OF_A_PAGE = 2  # two tabs take a record
MEGABYTE = 2**20

_drawn: OrderedDict[str, deque[float]] = OrderedDict()  # by page: when its last parts were drawn
_lock = threading.Lock()


def hold_back(parts: int = 1) -> None:
    """Waits if this page was drawn too often in the last second. If something else is asked for meanwhile, Streamlit
    ends this run at its next call, and begins another: `request_rerun` in streamlit/runtime/app_session.py.

    Must come before any other call of Streamlit's, so that a run that is to be ended draws nothing.
    """
    context = get_script_run_ctx(suppress_warning=True)
    page = "" if context is None else context.session_id
    with _lock:
        drawn = _drawn.setdefault(page, deque([-math.inf] * AT_ONCE, AT_ONCE))
        _drawn.move_to_end(page)
        if len(_drawn) > MAX_PAGES:
            _drawn.popitem(last=False)
    while (left := drawn[parts - 1] + SECONDS - time.monotonic()) > 0:
        time.sleep(min(left, POLL_INTERVAL))
        "drawn" in st.session_state  # noqa: B015 - a call of Streamlit's, which ends a run that was replaced
    drawn.extend([time.monotonic()] * parts)


def bound_uploads(files: MemoryUploadedFileManager, megabytes: int) -> None:
    """Has Streamlit keep no more than the newest FILES_OF_A_PAGE files of each page, and `megabytes` of all pages
    together, of which the oldest are dropped first. Streamlit itself keeps all that is sent to a page's own address,
    whether the page has asked for it or not: it calls `add_file` in `_upload_put` of
    streamlit/web/server/starlette/starlette_routes.py."""
    add, lock = files.add_file, threading.Lock()
    kept: deque[tuple[str, str]] = deque()  # session and file, the oldest first

    def size(session_id: str, file_id: str) -> int:
        return sum(len(file.data) for file in files.get_files(session_id, [file_id]))  # none if its page is gone

    def add_file(session_id: str, file: UploadedFileRec) -> None:
        with lock:
            gone = [key for key in kept if not files.get_files(key[0], [key[1]]) or key == (session_id, file.file_id)]
            for key in gone:
                kept.remove(key)
            kept.append((session_id, file.file_id))
            add(session_id, file)
            of_page = [key for key in kept if key[0] == session_id]
            over = of_page[:-FILES_OF_A_PAGE]
            total = sum(size(*key) for key in kept if key not in over)
            for key in kept:
                if total > megabytes * MEGABYTE and key not in over:
                    over.append(key)
                    total -= size(*key)
            for key in over:
                kept.remove(key)
                files.remove_file(*key)

    files.add_file = add_file  # type: ignore[method-assign]
