"""The audit of a person's script, from its start to its result.

This is the one entry for the command line, the Python interface and the page.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from repro.audits.report.result import Result
from repro.audits.runs.failures import NotInALayerError
from repro.audits.runs.keep import folder_for
from repro.audits.runs.keep import keep as keep_runs
from repro.audits.runs.pairs import NEW_PROCESS, SAME_PROCESS, Options, Progress, Runs
from repro.audits.runs.standard_input import StandardInput
from repro.audits.runs.workspace import Script, Workspace, find
from repro.audits.trials import Trials
from repro.experiment.errors import InputError

RUNS_AT_ONCE = 2
SHARE_OF_MEMORY = 0.45  # of the machine's, that one run may take: there are two at once
OLDEST_PYTHON = (3, 10)
IN_COPIES = (
    "each run worked in a copy of the script's folder, and what it wrote elsewhere was not kept apart. No layers here"
)


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """An audit that may begin: its script and options, and the folder in which its runs are kept, None for none."""

    script: Script
    options: Options
    kept: Path | None = None


def audit(
    script: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    *,
    progress: Callable[[Progress], object] | None = None,
    stop: threading.Event | None = None,
    executor: Executor | None = None,
    **how: Any,
) -> Result:
    """Run a script twice or more often, and say whether it repeats, what makes it differ and what is sufficient.

    `how` is as in `prepare`. `progress` is called from other threads; setting `stop` ends the audit. `executor` does
    the runs, two at a time.

    InputError if the script cannot be run as asked for; RunFailedError if it fails, with its own last line of
    error; StoppedError if it was stopped.
    """
    prepared = prepare(script, arguments, **how)
    conclude = lambda script, runs: Trials(script, runs).result()  # noqa: E731
    return perform(prepared, conclude, progress=progress, stop=stop, executor=executor)


def prepare(
    script: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    *,
    rerun: str = NEW_PROCESS,
    max_steps: int | None = None,
    timeout: float = 600.0,
    causes: bool = True,
    where: bool = False,
    directory: str | None = None,
    module: bool = False,
    keep: str | os.PathLike[str] | None = None,
    in_place: bool = False,
    python: str | None = None,
    ignore: str | None = None,
    stdin: int | None = None,
    steps: int | None = None,
    seconds: float | None = None,
) -> Prepared:
    """Check how a script is to be audited, before anything is started. InputError, of one line, if it cannot be.

    Each run has a layer of its own: it works where the script is, and nothing that it writes changes what was there.
    Where the system permits none it works in a copy of the folder. `stdin` is the descriptor of what each run reads on
    its standard input, nothing if it is None. `max_steps` ends each run after this number of training steps; `timeout`
    is the most seconds that one run may take (`steps` and `seconds` are their older names); without `causes` there are
    two runs and no trials; `python` is another interpreter; `module` says that `script` names a module, as `python -m`
    takes it; `keep` is a folder for the configuration, trace and output of each run.
    """
    if rerun not in (NEW_PROCESS, SAME_PROCESS):
        raise InputError(f"rerun cannot be {rerun!r}: it is {NEW_PROCESS!r} or {SAME_PROCESS!r}")
    max_steps = max_steps if steps is None else steps
    timeout = timeout if seconds is None else seconds
    if max_steps is not None and max_steps < 1:
        raise InputError(f"the number of training steps cannot be {max_steps}: it is 1 or more")
    if not timeout > 0:
        raise InputError(f"the time-out cannot be {timeout} seconds: it is more than 0")
    found = find(os.fspath(script), arguments, directory=directory, module=module)
    kept = None if keep is None else folder_for(keep, found.folder)
    options = Options(
        rerun=rerun,
        steps=max_steps,
        seconds=timeout,
        causes=causes,
        where=where,
        in_place=in_place,
        python=interpreter(python),
        ignore=_pattern(ignore),
        keep=kept is not None,
        memory=_memory(),
        stdin=None if stdin is None else StandardInput.of(stdin),
    )
    return Prepared(script=found, options=options, kept=kept)


def perform(
    prepared: Prepared,
    conclude: Callable[[Script, Runs], T],
    *,
    progress: Callable[[Progress], object] | None = None,
    stop: threading.Event | None = None,
    executor: Executor | None = None,
) -> T:
    """What `conclude` makes of the script and of what makes its runs; once more, in copies, if layers make it fail."""
    options = prepared.options
    with contextlib.ExitStack() as stack:
        # Windows and some editors keep files open for a while.
        room = stack.enter_context(tempfile.TemporaryDirectory(prefix="audit-", ignore_cleanup_errors=True))
        if executor is None:
            executor = stack.enter_context(ThreadPoolExecutor(RUNS_AT_ONCE))
        stop = stop or threading.Event()
        fails: str | None = None  # why, in a layer
        for name in ("layers", "copies"):
            place = Path(room).resolve() / name
            place.mkdir()
            workspace = Workspace(
                place, prepared.script, in_place=prepared.options.in_place, layers=fails is None, copies_because=fails
            )
            runs = Runs(workspace, options, executor, stop, progress or (lambda _: None))
            if workspace.copies_because is not None:
                runs.notes[f"{IN_COPIES}: {workspace.copies_because}"] = None
            try:
                return conclude(workspace.script, runs)
            except NotInALayerError as error:
                fails = str(error)
            except BaseException:
                stop.set()
                raise
            finally:
                if prepared.kept is not None:
                    keep_runs(runs.all, prepared.kept / name)
        raise AssertionError("copies need no layer")


def _pattern(ignore: str | None) -> re.Pattern[str] | None:
    try:
        return None if ignore is None else re.compile(ignore)
    except re.error as error:
        raise InputError(f"--ignore {ignore!r} is not a regular expression: {error}") from None


def _memory() -> int | None:
    """How much memory one run may take, in bytes; None if the system does not say how much there is."""
    try:
        return int(SHARE_OF_MEMORY * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return None


def interpreter(python: str | None, option: str = "--python") -> str:
    """The path of an interpreter that can be used; InputError if it cannot."""
    if python is None:
        return sys.executable
    path = os.path.expanduser(python)  # noqa: PTH111 — a bare name is looked for on PATH
    program = "import sys; sys.stdout.write('%d %d' % sys.version_info[:2])"  # Python 2 as well
    try:
        told = subprocess.run([path, "-c", program], capture_output=True, text=True, timeout=30, check=True).stdout
        version = tuple(map(int, told.split()))
    except (OSError, ValueError, subprocess.SubprocessError):
        raise InputError(f"{option} {python!r} is not a Python interpreter that runs here") from None
    if version < OLDEST_PYTHON:
        raise InputError(
            f"{option} {python!r} is Python {version[0]}.{version[1]}: the audit needs Python 3.10 or newer there"
        )
    if os.sep in path:
        return os.path.abspath(path)  # noqa: PTH100 — a link in a virtual environment must stay one
    return path
