"""What a Dask cluster gains and costs: `python tests/bench/benchmark.py dask` prints the table of OPERATING.md."""

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from dataclasses import replace

from distributed import LocalCluster

from repro.engine.job import Job
from repro.engine.launcher import Launcher
from repro.engine.processes import ROOT
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.studies.jobs import Local
from repro.studies.remote import cluster
from repro.studies.study import Study

TASKS = 8
TRIVIAL = 1000


def main() -> None:
    """Measures the same study on this machine, one run at a time, and on one and two Dask workers of one thread."""
    os.environ["PYTHONPATH"] = str(ROOT)
    print("| what | seconds |\n| --- | ---: |", flush=True)
    with Launcher() as launcher:
        warm = [launcher.start(Experiment()) for _ in range(2)]
        assert all(run.join() for run in warm)
        runs = []
        for _ in range(5):
            runs.append(launcher.start(Experiment()))
            runs[-1].join()
        training = statistics.median(run.history.training_seconds or 0.0 for run in runs)
        tell("one training, alone", training)
    with Launcher(limits=replace(LIMITS, runs_at_once=1)) as launcher:
        assert launcher.start(Experiment()).join()
        here = seconds(Local(launcher))
    tell(f"{TASKS} trainings, one at a time, without Dask", here)
    taken = {}
    for workers in (1, 2):
        with dask(workers) as executor:
            seconds(executor, tasks=2 * workers)  # each worker imports TensorFlow for its first
            taken[workers] = seconds(executor)
            tell(f"{TASKS} trainings, Dask workers: {workers}", taken[workers])
            if workers == 1:
                wait([executor.submit(abs, 0) for _ in range(TRIVIAL)])
                began = time.perf_counter()
                wait([executor.submit(abs, 0) for _ in range(TRIVIAL)])
                trivial = (time.perf_counter() - began) / TRIVIAL
    tell("overhead of a task: one worker's time ÷ tasks - one training", taken[1] / TASKS - training)
    tell("of this, Dask's: one worker's time less that without Dask, ÷ tasks", (taken[1] - here) / TASKS)
    tell(f"a task that does nothing, mean of {TRIVIAL}", trivial)


def tell(what: str, figure: float) -> None:
    """Prints a row as soon as it is known."""
    print(f"| {what} | {figure:.4f} |", flush=True)


def seconds(executor: Executor, tasks: int = TASKS) -> float:
    """How long the article's training takes with `tasks` seeds."""
    began = time.perf_counter()
    study = Study(executor, [Job(replace(Experiment(), seed=seed)) for seed in range(tasks)])
    study.join()
    assert study.failure is None
    return time.perf_counter() - began


@contextmanager
def dask(workers: int) -> Iterator[Executor]:
    """A cluster of worker processes on this machine."""
    with (
        LocalCluster(n_workers=workers, processes=True, threads_per_worker=1, dashboard_address="127.0.0.1:0") as local,
        cluster(local.scheduler_address) as executor,
    ):
        yield executor
