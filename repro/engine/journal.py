"""The journal of a server: one line of the log for each run, without personal data.

A visitor's name there is the one that visits.py gives, which opens nothing.
"""

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from repro.engine.queue import Task
from repro.engine.run import Run

LOG = logging.getLogger("repro")


def write(task: Task[Any], run: Run) -> None:
    """Write the line of a run whose process has ended: whose it was, start and end in UTC, how long its process waited
    and ran, how the run ended, and the outcome of its pair."""
    history = run.history
    what = f"program={history.experiment.program} steps={history.steps_done}/{history.experiment.total_steps}"
    _write(task, what, run.state.value, run.outcome())


def write_work(task: Task[Any], what: str, outcome: str) -> None:
    """Write the line of work that has ended and is no training of ours, such as a run of somebody's script."""
    _write(task, f"program={what} steps=-", outcome, "")


def _write(task: Task[Any], what: str, outcome: str, verdict: str) -> None:
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
        task.began - task.submitted,
        now - task.began,
        outcome,
        verdict or "-",
    )
