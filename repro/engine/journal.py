"""The journal of a server: one line of the log for each run, without personal data.

A visitor's name there is the one that visits.py gives, which opens nothing.
"""

import logging
import sys
import time
from datetime import UTC, datetime, timedelta

from repro.engine.line import Task
from repro.records.history import History

LOG = logging.getLogger("repro")


def write_to_standard_error() -> None:
    """Lets the journal be written; without that, nobody reads it."""
    if not LOG.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOG.addHandler(handler)
        LOG.setLevel(logging.INFO)
        LOG.propagate = False


def tell(task: Task, record: History, comes_to: str) -> None:
    """Writes the line of a run whose process has ended: whose it was, start and end in UTC, how long its process waited
    and went on, how the run ended, and what it came to."""
    if task.began is None:
        return
    now = time.monotonic()
    end = datetime.now(UTC)
    start = end - timedelta(seconds=now - task.began)
    outcome = "finished" if record.finished else "failed" if record.failure is not None else "stopped"
    LOG.info(
        "run session=%s program=%s steps=%d/%d start=%s end=%s waited=%.2f seconds=%.2f outcome=%s verdict=%s",
        task.visitor or "-",
        record.experiment.program,
        record.steps_done,
        record.experiment.total_steps,
        *(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") for moment in (start, end)),
        task.began - task.came,
        now - task.began,
        outcome,
        comes_to or "-",
    )
