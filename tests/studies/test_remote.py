"""A study on a Dask cluster: the digests of this machine, whatever becomes of a worker, and its refusals."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster
from proc import forks, templates
from records import LONG, PATIENCE, SMALL, refusal, wait_until

from repro import __main__ as command_line
from repro.engine.launcher import Launcher
from repro.engine.processes import ROOT
from repro.experiment.experiment import Experiment
from repro.studies import remote
from repro.studies.jobs import Job, Local
from repro.studies.matrix import COMBINATIONS, Matrix
from repro.studies.remote import cluster
from repro.studies.seeds import Seeds
from repro.studies.study import Study

QUICK = Experiment(images=320, epochs=1)
SEEDED = ("numpy", "tensorflow", "initializers", "python")

# Dask leaves it to the garbage collector to close some of its sockets.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*unclosed.*:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """A cluster of two worker processes, whose address others may connect to."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    try:
        with LocalCluster(
            n_workers=2, processes=True, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as cluster:
            yield cluster
    finally:
        os.environ.pop("PYTHONPATH")
        if before is not None:
            os.environ["PYTHONPATH"] = before


@pytest.fixture
def client(workers: Any) -> Iterator[Any]:
    """Somebody who looks at the cluster from outside."""
    with Client(workers.scheduler_address, set_as_default=False) as client:
        yield client


def tasks(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


def test_seeds_and_matrix_are_those_of_this_machine_digest_for_digest(
    workers: Any, client: Any, launcher: Launcher
) -> None:
    with cluster(workers.scheduler_address) as dask, Local(launcher) as local:
        seeds = [Seeds(executor, QUICK, count=4) for executor in (dask, local)]
        assert all(tried.study.join(PATIENCE) for tried in seeds)
        assert seeds[0].study.outcomes == seeds[1].study.outcomes
        assert None not in seeds[0].study.outcomes
        for rerun in ("new-process", "same-process"):
            there, here = (Matrix(executor, QUICK, rerun=rerun, repeats=2) for executor in (dask, local))
            assert there.study.join(PATIENCE)
            assert here.study.join(PATIENCE)
            assert there.cells() == here.cells()
            assert len(there.cells()) == len(COMBINATIONS)
            seeded = [number for number, job in enumerate(here.study.jobs) if job.experiment.steps == SEEDED]
            for number in seeded:
                assert there.study.outcomes[number] == here.study.outcomes[number]
            assert there.study.runs_finished == there.study.runs == 32
        wait_until(
            lambda: client.run_on_scheduler(tasks) == 0
        )  # nothing that a lost worker would make it compute again


def test_equal_jobs_are_each_done(workers: Any) -> None:
    job = Job(replace(QUICK, steps=()))
    with cluster(workers.scheduler_address) as dask:
        study = Study(dask, [job, job])
        assert study.join(PATIENCE)
    (first,), (second,) = (outcomes or () for outcomes in study.outcomes)
    assert first.final_weights != second.final_weights


def test_a_worker_killed_in_the_middle_costs_time_not_results(workers: Any, client: Any, launcher: Launcher) -> None:
    jobs = [Job(replace(SMALL, seed=seed)) for seed in range(12)]
    with cluster(workers.scheduler_address) as dask:
        study = Study(dask, jobs)
        wait_until(lambda: study.runs_finished >= 2)
        processes = client.run(os.getpid)
        victim = next(processes[worker] for worker, keys in client.processing().items() if keys)
        os.kill(victim, signal.SIGKILL)
        assert study.join(2 * PATIENCE)
    assert study.failure is None
    here = Study(Local(launcher), jobs)
    assert here.join(PATIENCE)
    assert study.outcomes == here.outcomes
    assert None not in study.outcomes
    wait_until(lambda: len(client.run(os.getpid)) == 2)  # Dask has started another
    assert victim not in client.run(os.getpid).values()


def failure(executor: Executor, owner: Callable[[], int]) -> str | None:
    """What a study says whose run is killed in the process that the launcher of process `owner()` has started."""
    study = Study(executor, [Job(LONG)])
    seen: list[int] = []

    def seen_twice() -> bool:
        """Whether the fork of before is there again: a process that has yet to become another program is not."""
        before = seen[:]
        seen[:] = [run for template in templates(owner()) for run in forks(template)]
        return bool(seen) and seen == before

    wait_until(seen_twice)
    os.kill(seen[0], signal.SIGKILL)
    assert study.join(PATIENCE)
    assert study.outcomes == [None]
    return study.failure


def test_a_failure_is_told_in_the_words_of_this_machine(workers: Any, client: Any) -> None:
    def busy() -> int:
        wait_until(lambda: any(client.processing().values()))
        worker = next(worker for worker, keys in client.processing().items() if keys)
        return int(client.run(os.getpid)[worker])

    with cluster(workers.scheduler_address) as dask:
        there = failure(dask, busy)
    program = "import sys, test_remote; print(test_remote.failure_here())"
    here = subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT}/tests"},
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert there == here.stdout.strip()
    assert there is not None
    assert there.startswith("The process of this run was killed (signal 9).")


def failure_here() -> str | None:
    """The same on this machine."""
    with Launcher() as launcher, Local(launcher) as local:
        return failure(local, os.getpid)


def test_trainings_do_not_inherit_what_dask_asks_of_the_memory_of_its_workers(workers: Any, client: Any) -> None:
    with cluster(workers.scheduler_address) as dask:
        assert Study(dask, [Job(replace(QUICK, seed=seed)) for seed in range(4)]).join(PATIENCE)
    launchers = client.run(os.getpid).values()
    started = [template for launcher in launchers for template in templates(launcher)]
    assert started
    for template in started:
        assert b"MALLOC_TRIM_THRESHOLD_" not in Path(f"/proc/{template}/environ").read_bytes()


def test_stopping_begins_nothing_more(workers: Any, client: Any) -> None:
    with cluster(workers.scheduler_address) as dask:
        study = Study(dask, [Job(replace(SMALL, seed=seed)) for seed in range(20)])
        wait_until(lambda: study.runs_finished >= 1)
        study.cancel()
        assert study.join(PATIENCE)
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
    monkeypatch.setattr(remote, "PATIENCE", 1.0)
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
