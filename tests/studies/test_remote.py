"""A study on a Dask cluster: the digests of this machine, whatever becomes of a worker, and its refusals.

The programs are made up, here and on the cluster, but for the test that compares digests of real ones."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import made_up
import pytest
from distributed import Client, LocalCluster
from proc import forks, templates
from records import LONG, TIMEOUT, refusal, wait_until

from repro import __main__ as command_line
from repro.engine import processes
from repro.engine.job import Job
from repro.engine.launcher import Launcher
from repro.engine.processes import ROOT
from repro.experiment.experiment import Experiment
from repro.studies import jobs, remote
from repro.studies.jobs import Local
from repro.studies.matrix import COMBINATIONS, Matrix
from repro.studies.remote import cluster
from repro.studies.seeds import Seeds
from repro.studies.study import Study

QUICK = Experiment(images=320, epochs=1)
SLOW = Experiment(images=6400, epochs=20)  # of a made-up program: about a second
SEEDED = ("numpy", "tensorflow", "initializers", "python")
REAL = processes.WORKER
MADE_UP = f"from repro.engine import processes\nprocesses.WORKER = {made_up.WORKER!r}\n"

pytestmark = [
    pytest.mark.usefixtures("made_up_programs"),
    # Dask leaves it to the garbage collector to close some of its sockets.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*unclosed.*:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """A cluster of two worker processes, whose address others may connect to, and whose programs are made up."""
    # It sets variables of this process besides, PYTHONHASHSEED among them: distributed/nanny.py, `pre_spawn_env`.
    with (
        mock.patch.dict(os.environ, PYTHONPATH=str(ROOT)),
        LocalCluster(
            n_workers=2, processes=True, threads_per_worker=1, dashboard_address="127.0.0.1:0", preload=[MADE_UP]
        ) as cluster,
    ):
        yield cluster


def train_with(worker: list[str]) -> None:
    """Has a process of the cluster train with another command from now on."""
    processes.WORKER = worker
    while jobs._own:
        jobs._own.pop().close()


@pytest.fixture
def client(workers: Any) -> Iterator[Any]:
    """Somebody who looks at the cluster from outside."""
    with Client(workers.scheduler_address, set_as_default=False) as client:
        yield client


def tasks(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


def test_the_digests_are_those_of_this_machine(workers: Any, client: Any, launcher: Launcher) -> None:
    keras = replace(QUICK, program="keras", steps=SEEDED)
    real = [Job(QUICK), Job(replace(QUICK, steps=SEEDED), 2), Job(keras)]
    client.run(train_with, REAL)
    try:
        with cluster(workers.scheduler_address) as dask:
            there, here = Study(dask, real), Study(Local(launcher), real)
            assert there.join(TIMEOUT)
            assert here.join(TIMEOUT)
    finally:
        client.run(train_with, made_up.WORKER)
    assert there.failure is None
    assert there.outcomes == here.outcomes
    assert None not in there.outcomes


def test_seeds_and_matrix_find_what_they_find_here(workers: Any, client: Any, quick_launcher: Launcher) -> None:
    with cluster(workers.scheduler_address) as dask, Local(quick_launcher) as local:
        seeds = [Seeds(executor, QUICK, count=4) for executor in (dask, local)]
        assert all(tried.study.join(TIMEOUT) for tried in seeds)
        assert seeds[0].study.outcomes == seeds[1].study.outcomes
        assert None not in seeds[0].study.outcomes
        for rerun in ("new-process", "same-process"):
            there, here = (Matrix(executor, QUICK, rerun=rerun, repeats=2) for executor in (dask, local))
            assert there.study.join(TIMEOUT)
            assert here.study.join(TIMEOUT)
            assert there.cells() == here.cells()
            assert len(there.cells()) == len(COMBINATIONS)
            seeded = [number for number, job in enumerate(here.study.jobs) if job.experiment.steps == SEEDED]
            for number in seeded:
                assert there.study.outcomes[number] == here.study.outcomes[number]
            assert there.study.runs_finished == there.study.runs == 32
        # Nothing is left that a lost worker would make it compute again.
        wait_until(lambda: client.run_on_scheduler(tasks) == 0)


def test_equal_jobs_are_each_done(workers: Any) -> None:
    job = Job(replace(QUICK, steps=()))
    with cluster(workers.scheduler_address) as dask:
        study = Study(dask, [job, job])
        assert study.join(TIMEOUT)
    (first,), (second,) = (outcomes or () for outcomes in study.outcomes)
    assert first.final_weights != second.final_weights


def test_a_worker_killed_in_the_middle_costs_time_not_results(
    workers: Any, client: Any, quick_launcher: Launcher
) -> None:
    going = [Job(replace(SLOW, seed=seed)) for seed in range(8)]
    with cluster(workers.scheduler_address) as dask:
        study = Study(dask, going)
        wait_until(lambda: study.runs_finished >= 2)
        workers_now = client.run(os.getpid)
        victim = next(workers_now[worker] for worker, keys in client.processing().items() if keys)
        os.kill(victim, signal.SIGKILL)
        assert study.join(2 * TIMEOUT)
    assert study.failure is None
    here = Study(Local(quick_launcher), going)
    assert here.join(TIMEOUT)
    assert study.outcomes == here.outcomes
    assert None not in study.outcomes
    wait_until(lambda: len(client.run(os.getpid)) == 2)  # Dask has started another
    assert victim not in client.run(os.getpid).values()


def failure(executor: Executor, template: Callable[[], int | None]) -> str | None:
    """What a study says whose run, a fork of the process `template()`, is killed."""
    study = Study(executor, [Job(LONG)])
    seen: list[int] = []

    def seen_twice() -> bool:
        """Whether the fork of before is there again: a process that has yet to become another program is not."""
        before = seen[:]
        forking = template()
        seen[:] = forks(forking) if forking is not None else []
        return bool(seen) and seen == before

    wait_until(seen_twice)
    os.kill(seen[0], signal.SIGKILL)
    assert study.join(TIMEOUT)
    assert study.outcomes == [None]
    return study.failure


def test_a_failure_has_the_words_of_this_machine(workers: Any, client: Any, quick_launcher: Launcher) -> None:
    def template() -> int | None:
        """That of the worker which is busy."""
        busy = [worker for worker, keys in client.processing().items() if keys]
        found = [forking for worker in busy for forking in templates(int(client.run(os.getpid)[worker]))]
        return found[0] if found else None

    with cluster(workers.scheduler_address) as dask, Local(quick_launcher) as local:
        there, here = failure(dask, template), failure(local, lambda: quick_launcher.template)
    assert there == here
    assert there is not None
    assert there.startswith("The worker process was killed (signal 9).")


def test_trainings_do_not_inherit_what_dask_asks_of_the_memory_of_its_workers(workers: Any, client: Any) -> None:
    with cluster(workers.scheduler_address) as dask:
        assert Study(dask, [Job(replace(QUICK, seed=seed)) for seed in range(4)]).join(TIMEOUT)
    launchers = client.run(os.getpid).values()
    started = [template for launcher in launchers for template in templates(launcher)]
    assert started
    for template in started:
        assert b"MALLOC_TRIM_THRESHOLD_" not in Path(f"/proc/{template}/environ").read_bytes()


def test_stopping_begins_nothing_more(workers: Any, client: Any) -> None:
    with cluster(workers.scheduler_address) as dask:
        study = Study(dask, [Job(replace(SLOW, seed=seed)) for seed in range(20)])
        wait_until(lambda: study.runs_finished >= 1)
        study.cancel()
        assert study.join(TIMEOUT)
        assert study.failure is None
        assert 1 <= study.runs_finished < 20
        wait_until(lambda: client.run_on_scheduler(tasks) == 0)


@pytest.mark.parametrize("command", ["matrix", "seeds"])
def test_the_command_line_prints_what_it_prints_here(
    workers: Any, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    arguments = [command, "--images", "64", "--epochs", "1", "--json"]
    printed = []
    for scheduler in ([], ["--scheduler", workers.scheduler_address]):
        assert command_line.main([*arguments, *scheduler]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def refused(capsys: pytest.CaptureFixture[str], address: str) -> str:
    """The line with which `seeds --scheduler` ends with status 2."""
    with pytest.raises(SystemExit) as ended:
        command_line.main(["seeds", "--scheduler", address])
    printed, complaints = capsys.readouterr()
    assert (ended.value.code, printed) == (2, "")
    (line,) = complaints.splitlines()
    return line


@pytest.mark.parametrize("address", ["", "nonsense", "foo://host:1", "127.0.0.1:9", "tcp://127.0.0.1:99999"])
def test_an_address_where_no_scheduler_is_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(remote, "TIMEOUT", 1.0)
    assert f"no Dask scheduler can be reached at {address!r}: " in refused(capsys, address)


def test_a_worker_is_no_scheduler_and_a_scheduler_without_workers_says_so(client: Any) -> None:
    worker = next(iter(client.nthreads()))
    assert "there is no Dask scheduler, but a Worker" in refusal(lambda: cluster(worker).__enter__())
    with LocalCluster(n_workers=0, processes=True, dashboard_address="127.0.0.1:0") as empty:
        assert "has no workers" in refusal(lambda: cluster(empty.scheduler_address).__enter__())


def test_without_dask_one_line_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refused(capsys, "tcp://127.0.0.1:8786").endswith("--scheduler needs Dask: pip install distributed")
