"""Runs printed scripts, for the test of them: in a fork of a process that has imported TensorFlow, which saves seconds
for each, or in a fresh interpreter."""

import contextlib
import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from repro.programs import mnist

LEAN = Path(__file__).with_name("lean")
"""On PYTHONPATH, has scripts that import TensorFlow start and end sooner."""


@contextlib.contextmanager
def runner() -> Iterator["Runner"]:
    """Runs scripts, two at a time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tensorflow", "keras"])
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as forks, ThreadPoolExecutor(1) as threads:
        yield Runner(forks, threads)


class Runner:
    def __init__(self, forks: ProcessPoolExecutor, threads: ThreadPoolExecutor) -> None:
        self._forks, self._threads = forks, threads

    def start(self, script: Path, *, fresh: bool) -> Future[list[str]]:
        """The lines that a script prints. `fresh`: in an interpreter of its own, for what libraries read at import."""
        return self._threads.submit(_fresh, script) if fresh else self._forks.submit(_forked, script)


def _fresh(script: Path) -> list[str]:
    command = [sys.executable, str(script), str(mnist.PATH)]
    variables = {**os.environ, "PYTHONPATH": str(LEAN)}
    done = subprocess.run(command, cwd=script.parent, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _forked(script: Path) -> list[str]:
    sys.argv = [str(script), str(mnist.PATH)]
    output = script.with_suffix(".out")
    with output.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        runpy.run_path(str(script), run_name="__main__")
    return output.read_text(encoding="utf-8").splitlines()
