"""The journal of a server: one line of the log for each run, without personal data.

A visitor's name there is the one that visits.py gives, which opens nothing.
"""

import logging
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from repro.engine.queue import Task
from repro.engine.run import Run

LOG = logging.getLogger("repro")


def write_to_standard_error() -> None:
    """Lets the journal be written; without that, nobody reads it."""
    if not LOG.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOG.addHandler(handler)
        LOG.setLevel(logging.INFO)
        LOG.propagate = False


def tell(task: Task[Any], run: Run) -> None:
    """Writes the line of a run whose process has ended: whose it was, start and end in UTC, how long its process waited
    and ran, how the run ended, and what it came to."""
    history = run.history
    what = f"program={history.experiment.program} steps={history.steps_done}/{history.experiment.total_steps}"
    _write(task, what, run.state.value, run.comes_to())


def tell_work(task: Task[Any], what: str, outcome: str) -> None:
    """Writes the line of work that has ended and is no training of ours, such as a run of somebody's script."""
    _write(task, f"program={what} steps=-", outcome, "")


def _write(task: Task[Any], what: str, outcome: str, comes_to: str) -> None:
    if task.began is None:
        return
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
