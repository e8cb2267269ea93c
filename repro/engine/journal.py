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
    if task.began is not None:
        outcome = "finished" if record.finished else "failed" if record.failure is not None else "stopped"
        what = f"program={record.experiment.program} steps={record.steps_done}/{record.experiment.total_steps}"
        _write(task, what, outcome, comes_to)


def tell_work(task: Task, what: str, outcome: str) -> None:
    """Writes the line of work that has ended and is no training of ours, such as a run of somebody's script."""
    if task.began is not None:
        _write(task, f"program={what} steps=-", outcome, "")


def _write(task: Task, what: str, outcome: str, comes_to: str) -> None:
    assert task.began is not None
    now = time.monotonic()
    end = datetime.now(UTC)
    start = end - timedelta(seconds=now - task.began)
    LOG.info(
        "run session=%s %s start=%s end=%s waited=%.2f seconds=%.2f outcome=%s verdict=%s",
        task.visitor or "-",
        what,
        *(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") for moment in (start, end)),
        task.began - task.came,
        now - task.began,
        outcome,
        comes_to or "-",
    )
