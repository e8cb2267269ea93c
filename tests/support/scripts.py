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
from multiprocessing import forkserver
from pathlib import Path
from unittest import mock

LEAN = Path(__file__).with_name("lean")
"""On PYTHONPATH, has scripts that import TensorFlow start and end sooner."""


@contextlib.contextmanager
def runner(images: str) -> Iterator["Runner"]:
    """Runs scripts that take the path of the images, two at a time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tensorflow", "keras"])
    with mock.patch.dict(os.environ, PYTHONPATH=str(LEAN)):
        forkserver.ensure_running()
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as forks, ThreadPoolExecutor(1) as threads:
        yield Runner(images, forks, threads)


class Runner:
    def __init__(self, images: str, forks: ProcessPoolExecutor, threads: ThreadPoolExecutor) -> None:
        self._images, self._forks, self._threads = images, forks, threads

    def start(self, script: Path, *, fresh: bool) -> Future[list[str]]:
        """The lines that a script prints. `fresh`: in an interpreter of its own, for what libraries read at import."""
        if fresh:
            return self._threads.submit(_fresh, script, self._images)
        return self._forks.submit(_forked, script, self._images)


def _fresh(script: Path, images: str) -> list[str]:
    command = [sys.executable, str(script), images]
    variables = {**os.environ, "PYTHONPATH": str(LEAN)}
    done = subprocess.run(command, cwd=script.parent, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _forked(script: Path, images: str) -> list[str]:
    sys.argv = [str(script), images]
    output = script.with_suffix(".out")
    with output.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        runpy.run_path(str(script), run_name="__main__")
    return output.read_text(encoding="utf-8").splitlines()
