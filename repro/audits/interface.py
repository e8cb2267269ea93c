"""What `import repro` and the command line call to audit a script: as it is, or against itself with one change."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from repro.audits.against import change as changes
from repro.audits.against.change import Change
from repro.audits.against.hold import hold
from repro.audits.against.result import Against
from repro.audits.audit import audit as audit_of
from repro.audits.audit import interpreter, perform, prepare
from repro.audits.report.result import Result
from repro.audits.runs.pairs import Progress
from repro.audits.runs.workspace import Script
from repro.experiment.errors import InputError


def audit(
    script: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    *,
    twist: str | None = None,
    against: str | os.PathLike[str] | None = None,
    against_commit: str | None = None,
    against_python: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    executor: Executor | None = None,
    **how: Any,
) -> Result | Against:
    """Audit a script; or, with one of `twist`, `against` (a file), `against_commit` and `against_python`, hold it
    against itself with this one change in run B. `how` are the keywords of `audits.audit.prepare`.

    InputError if the script cannot be run as asked for; RunFailedError if it fails, with its own last line of error.
    """
    asked = {
        "--twist": twist,
        "--against": against,
        "--against-commit": against_commit,
        "--against-python": against_python,
    }
    given = [name for name, value in asked.items() if value is not None]
    if not given:
        return audit_of(script, arguments, progress=progress, stop=stop, executor=executor, **how)
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} cannot be given together: run B does one thing differently")
    if twist is not None:
        changes.of_twist(twist)  # refused before anything else
    prepared = prepare(script, arguments, **how)
    found = prepared.script
    if twist is not None:
        change: Change = changes.of_twist(twist)
    elif against is not None:
        change = changes.of_file(found, os.fspath(against))
    elif against_commit is not None:
        change = changes.of_commit(found, against_commit)
    else:
        assert against_python is not None
        change = changes.of_python(interpreter(against_python, "--against-python"), against_python)

    def conclude(script: Script, runs: Any) -> Against:
        return hold(script, runs, change)

    return perform(prepared, conclude, progress=progress, stop=stop, executor=executor)
