"""Jobs: done with the launcher that the executor has, on any executor, and stopped with their processes."""

import multiprocessing
import threading
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import made_up
import pytest
from records import LONG, SMALL, TIMEOUT, finish, wait_until

from repro.engine import processes
from repro.engine.job import Job
from repro.engine.launcher import Launcher
from repro.engine.queue import Queue
from repro.experiment.errors import NoRoomError, RunFailedError
from repro.experiment.experiment import Experiment
from repro.studies import jobs
from repro.studies.jobs import Local, Outcome, perform
from repro.studies.study import Study


def use_made_up_programs() -> None:
    """Has the launcher of this process train made-up programs."""
    processes.WORKER = made_up.WORKER


def test_a_job_does_what_its_runs_do_on_this_machine_and_in_any_other_process(
    quick_launcher: Launcher,
) -> None:
    other = replace(SMALL, seed=7)
    expected = [(Outcome.of(finish(quick_launcher.start(one))),) for one in (SMALL, other)]
    spawned = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=use_made_up_programs)
    for executor in (Local(quick_launcher), spawned):
        with executor:
            study = Study(executor, [Job(SMALL), Job(other)])
            assert study.join(TIMEOUT)
        assert study.failure is None
        assert study.outcomes == expected


def test_a_failed_run_raises_what_it_said_in_the_same_words_on_any_executor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "WORKER", ["false"])
    with Launcher() as broken, Local(broken) as local, ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(jobs, "_own", [broken])
        studies = [Study(executor, [Job(SMALL)]) for executor in (local, threads)]
        assert all(study.join(TIMEOUT) for study in studies)
        with pytest.raises(RunFailedError) as told:
            local.submit(perform, Job(SMALL)).result(TIMEOUT)
    assert studies[0].failure == studies[1].failure == str(told.value) != ""
    assert "\n" not in str(told.value)


def test_how_long_jobs_take_is_learned_from_those_of_their_size() -> None:
    class Trainer:
        queue = Queue(1, 1)

        def seconds(self, _: Experiment) -> float:
            return 100.0

        def train(self, *_: object) -> None:
            raise AssertionError("nothing is trained here")

    local, go = Local(Trainer()), threading.Semaphore(0)
    job = Job(Experiment())
    futures = [local.submit(lambda _: go.acquire(timeout=TIMEOUT), job) for _ in range(3)]
    assert Trainer.queue.seconds_left(Trainer.queue.waiting()) == pytest.approx(300, abs=1)
    go.release()
    assert futures[0].result(TIMEOUT)
    assert Trainer.queue.seconds_left(Trainer.queue.waiting()) < 50
    twice = local.submit(lambda _: go.acquire(timeout=TIMEOUT), replace(job, times=2))
    assert Trainer.queue.seconds_left(Trainer.queue.waiting()) == pytest.approx(200, abs=50)
    go.release(3)
    assert twice.result(TIMEOUT)


def test_the_local_executor_is_an_executor(launcher: Launcher) -> None:  # which does three things at once
    local: Executor = Local(launcher)
    both = threading.Barrier(2)
    with local:
        futures = [local.submit(lambda: both.wait(TIMEOUT)) for _ in range(4)]  # passed by two at a time only
        assert list(local.map(pow, [2, 3], [5, 2])) == [32, 9]
        with pytest.raises(ZeroDivisionError):
            local.submit(lambda: 1 // 0).result(TIMEOUT)
    assert all(future.done() for future in futures)
    with pytest.raises(RuntimeError):
        local.submit(pow, 2, 3)


def test_shutting_down_with_all_futures_kills_what_continues_and_begins_nothing_more(launcher: Launcher) -> None:
    local = Local(launcher)
    *going, waiting = (local.submit(perform, Job(LONG)) for _ in range(4))
    wait_until(lambda: all(future.running() for future in going))
    local.shutdown(cancel_futures=True)
    assert all(isinstance(future.exception(0), CancelledError) for future in going)
    assert waiting.cancelled()
    assert launcher.queue.waiting() == []


def test_where_there_is_no_room_for_a_thread_nothing_is_left_behind(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Local(launcher) as local:
        with monkeypatch.context() as full:
            full.setattr(threading.Thread, "start", refuse)
            study = Study(local, [Job(SMALL), Job(SMALL)])
            assert study.failure == str(NoRoomError())
        assert Study(local, [Job(SMALL)]).join(TIMEOUT)


def test_stopping_a_study_that_has_ended_changes_nothing(launcher: Launcher) -> None:
    study = Study(Local(launcher), [Job(SMALL)])
    assert study.join(TIMEOUT)
    study.cancel()
    assert not study.stopped


def test_a_future_that_nobody_of_the_study_cancelled_is_a_failure() -> None:
    class Lost(Executor):
        def submit(self, *_: object, **__: object) -> Future:  # type: ignore[type-arg]
            future: Future[object] = Future()
            future.cancel()
            return future

    study = Study(Lost(), [Job(Experiment())])
    assert study.ended
    assert study.failure == "The executor cancelled it: its worker may have exited."


def test_a_launcher_that_is_closed_ends_its_jobs() -> None:
    with Launcher() as launcher:
        study = Study(Local(launcher), [Job(LONG)])
        wait_until(lambda: launcher.queue.running()[0].activity())
    assert study.join(TIMEOUT)
    assert study.failure == "The program is shutting down."


def test_no_jobs_are_done_at_once(launcher: Launcher) -> None:
    assert Study(Local(launcher), []).ended
