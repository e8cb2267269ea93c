"""What a server logs: the journal of its runs, and what libraries report, each kind of message once a minute."""

import logging
import math
import sys
import time

from repro.engine.journal import LOG

OTHER_LOGS = (
    "asyncio",
    "streamlit.error_util",
    "streamlit.runtime.app_session",
    "streamlit.runtime.scriptrunner.exec_code",
    "streamlit.runtime.scriptrunner.script_runner",
    "uvicorn.error",
)


def write_to_standard_error() -> None:
    """Lets the journal be written; without that, nobody reads it."""
    if not LOG.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOG.addHandler(handler)
        LOG.setLevel(logging.INFO)
        LOG.propagate = False


class Bound(logging.Filter):
    """Lets one message of each kind through every SECONDS. Messages are of one kind if they have the same logger, the
    same first line before values are put in, and the same exception, raised by the same line of code. The next one that
    goes through says how many were left out."""

    SECONDS = 60.0
    MAX_KINDS = 1000

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[tuple[object, ...], tuple[float, int]] = {}  # when one was let through, how many not since

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the message goes into the log."""
        trace = record.exc_info[2] if record.exc_info else None
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        raised = None if trace is None else (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        error = record.exc_info[0] if record.exc_info else None
        kind = (record.name, str(record.msg).partition("\n")[0][:100], error, raised)
        now = time.monotonic()
        last, left_out = self._kinds.get(kind, (-math.inf, 0))
        if now - last < self.SECONDS:
            self._kinds[kind] = last, left_out + 1
            return False
        if len(self._kinds) >= self.MAX_KINDS:
            self._kinds.clear()
        self._kinds[kind] = now, 0
        if left_out:
            record.msg, record.args = f"{record.getMessage()}\n({left_out} more like this were left out)", ()
        return True


def bound_other_logs() -> None:
    """Bounds what asyncio and Streamlit write. If descriptors run out, asyncio's `_accept_connection` (in
    selector_events.py) logs a traceback for each of 2,048 attempts a second. Whoever speaks Streamlit's protocol can
    have it log one for each message, by a widget's value of a wrong type say: `_log_uncaught_app_exception` in
    streamlit/error_util.py, as long as its option `logger.enableRich` is off; or a line, by asking for a part of the
    page that there is not: `request_rerun` in streamlit/runtime/app_session.py."""
    bound = Bound()
    for name in OTHER_LOGS:
        logging.getLogger(name).addFilter(bound)
