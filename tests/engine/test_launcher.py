"""Runs in processes of their own: the same bits however started, and words for whatever ends one."""

import contextlib
import errno
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import IO

import pytest
from made_up import ENDLESS
from proc import children, command, forks, lives, templates
from records import EIGHT_STEPS, LONG, SMALL, TIMEOUT, finish, refusal, steps_event, wait_until

from repro.engine import processes, worker
from repro.engine.job import Job
from repro.engine.launcher import Launcher
from repro.engine.processes import CAN_FORK, ROOT, Interpreter, Process, Template
from repro.engine.run import LOG, Run, read
from repro.engine.worker import Train
from repro.experiment import machine
from repro.experiment.conditions import STAMPED_VARIABLES
from repro.experiment.errors import NoRoomError, RunFailedError
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.history.events import Event, Report, decode
from repro.history.history import History
from repro.history.state import State

NO_ROOM = str(NoRoomError())
has_proc = pytest.mark.skipif(not CAN_FORK, reason="reads /proc, and looks for forked processes")
ARRAYS = ("loss", "accuracy", "batch", "weights")
REQUEST = Job(EIGHT_STEPS).to_json()
SILENT = Experiment(epochs=100, seed=0)
DIGESTS = ("initial_weights", "batch_order", "final_weights")


def process_of(run: Run, template: int | None, *, fresh: bool = False) -> int:
    """The process of the only run that trains: a fork of `template`, or a fresh interpreter of this process."""
    wait_until(lambda: run.history.steps_done)
    assert template is not None
    interpreters = [child for child in children(os.getpid()) if command(child) == processes.WORKER]
    (process,) = interpreters if fresh else forks(template)
    return process


@pytest.fixture
def template(launcher: Launcher) -> int:
    """The process id of the launcher's template, which has no children."""
    process = launcher.template
    assert process is not None
    wait_until(lambda: not children(process))
    return process


@pytest.fixture
def endless_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes new workers start at once and train for ever, without TensorFlow; silently, where the seed is 0."""
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", ENDLESS])


def both(launcher: Launcher, experiment: Experiment) -> tuple[History, History]:
    runs = [launcher.start(experiment) for _ in "AB"]
    a, b = map(finish, runs)
    return a, b


def assert_same_bits(a: History, b: History) -> None:
    for name in ARRAYS:
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes()
    for name in (*DIGESTS, "predictions", "epochs"):
        assert getattr(a, name) == getattr(b, name)


# The same bits.


def test_a_seeded_run_gives_the_same_bits_forked_and_in_a_fresh_interpreter(
    launcher: Launcher, seeded: History
) -> None:
    assert_same_bits(finish(launcher.start(SMALL, fresh=True)), seeded)


def test_a_seeded_run_gives_the_same_bits_beside_others(launcher: Launcher, seeded: History) -> None:
    other = launcher.start(Experiment(images=650, epochs=2, seed=7))
    for history in both(launcher, SMALL):
        assert_same_bits(history, seeded)
    assert finish(other).final_weights != seeded.final_weights


def test_a_seeded_run_with_dropout_gives_the_same_bits(launcher: Launcher) -> None:
    assert_same_bits(*both(launcher, Experiment(images=650, epochs=1, dropout=0.5)))


@pytest.mark.parametrize(
    ("steps", "same"),
    [
        ((), set()),
        (("python",), set()),
        (("numpy",), {"batch_order"}),
        (("tensorflow",), {"initial_weights"}),
        (("initializers",), {"initial_weights"}),
        (("numpy", "tensorflow"), set(DIGESTS)),
        (("numpy", "initializers"), set(DIGESTS)),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, tuple) else None,
)
def test_steps_fix_what_they_say_and_nothing_else(launcher: Launcher, steps: tuple[str, ...], same: set[str]) -> None:
    a, b = both(launcher, Experiment(images=64, epochs=1, steps=steps))
    assert {name for name in DIGESTS if getattr(a, name) == getattr(b, name)} == same


# Events.


def test_watch_gets_every_event_in_order(launcher: Launcher) -> None:
    told: list[Event] = []
    history = finish(launcher.start(SMALL, watch=told.append))
    kinds = [event["event"] for event in told]
    assert kinds[:3] == ["started", "initialized", "steps"]
    assert [kind for kind in kinds if kind != "steps"] == ["started", "initialized", "epoch", "epoch", "finished"]
    assert told[0]["experiment"] == SMALL.to_json()
    assert told[0]["environment"] == history.environment
    steps = [event for event in told if event["event"] == "steps"]
    assert all(after["first"] == before["first"] + len(before["loss"]) for before, after in pairwise(steps))


# How runs end.


@has_proc
def test_a_killed_run_says_so_and_the_other_run_finishes(launcher: Launcher, template: int, seeded: History) -> None:
    victim = launcher.start(LONG)
    process = process_of(victim, template)
    other = launcher.start(SMALL)
    os.kill(process, signal.SIGKILL)
    assert victim.join(TIMEOUT)
    assert victim.failure is not None
    assert "signal 9" in victim.failure
    assert victim.activity == "failed"
    assert victim.history.steps_done > 0
    assert_same_bits(finish(other), seeded)


@has_proc
@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
@pytest.mark.usefixtures("endless_runs")
def test_a_cancelled_run_stops_and_keeps_its_record(fresh: bool) -> None:
    with Launcher() as launcher:
        run = launcher.start(LONG, fresh=fresh)
        process = process_of(run, launcher.template, fresh=fresh)
        run.cancel()
        assert run.join(TIMEOUT)
        wait_until(lambda: not lives(process))
    assert run.state is State.STOPPED
    assert run.ended
    assert run.failure is None
    assert run.history.initial_weights == "1a"
    assert run.history.steps_done > 0
    assert run.activity == f"stopped at step {run.history.steps_done:,}"


def test_a_run_that_trains_stops_where_it_is_cancelled(launcher: Launcher) -> None:
    run = launcher.start(LONG)
    wait_until(lambda: run.history.steps_done)
    run.cancel()
    assert run.join(TIMEOUT)
    assert 0 < run.history.steps_done < LONG.total_steps
    assert run.failure is None


def test_a_run_cancelled_at_once_stops(launcher: Launcher) -> None:
    run = launcher.start(LONG)
    run.cancel()
    assert run.join(TIMEOUT)
    assert run.state is State.STOPPED
    assert run.failure is None


def test_to_cancel_a_finished_run_changes_nothing(launcher: Launcher) -> None:
    run = launcher.start(Experiment(images=64, epochs=1))
    finish(run)
    run.cancel()
    assert run.state is not State.STOPPED
    assert run.activity == "finished"


def run_of(experiment: Experiment, start: Callable[..., Process]) -> Run:
    """A run in the process that `start` makes."""
    run = Run(experiment)
    threading.Thread(target=read, args=([run], start), daemon=True).start()
    return run


class Told:
    """A process that prints the given lines, and ends with the given status."""

    def __init__(self, *lines: str, status: int | None = 0) -> None:
        self.events: IO[str] = io.StringIO("".join(line + "\n" for line in lines))
        self.killed = False
        self.orphaned = False
        self._status = status

    def wait_until_begun(self) -> bool:
        return True

    def kill(self) -> None:
        self.killed = True

    def status(self) -> int | None:
        return self._status


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        '{"event":"danced"}',
        '{"event":"finished"}',
        json.dumps(steps_event(1, 2)),
        json.dumps(steps_event(0, 9)),
        pytest.param(json.dumps(steps_event(0, 1, loss=None))),
    ],
)
def test_a_run_that_reports_junk_fails_in_words_and_is_ended(line: str) -> None:
    process = Told('{"event":"started","environment":{}}', line)
    run = run_of(EIGHT_STEPS, lambda _: process)
    assert run.join(TIMEOUT)
    assert run.state is not State.STARTING
    assert run.failure is not None
    assert run.failure.startswith("Unexpected output of the worker process: ")
    assert "\n" not in run.failure
    assert process.killed
    assert process.events.closed


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "exited unexpectedly"),
        (0, "exited with status 0"),
        (7, "exited with status 7"),
        (-signal.SIGKILL, "was killed (signal 9)"),
        (-signal.SIGSEGV, "crashed (SIGSEGV)"),
        (-signal.SIGABRT, "crashed (SIGABRT)"),
    ],
)
def test_a_run_whose_process_ends_too_early_fails_in_words(status: int | None, words: str) -> None:
    run = run_of(EIGHT_STEPS, lambda _: Told('{"event":"started","environment":{}}', status=status))
    assert run.join(TIMEOUT)
    assert run.failure is not None
    assert words in run.failure


def test_a_run_that_reports_its_failure_is_believed() -> None:
    run = run_of(EIGHT_STEPS, lambda _: Told('{"event":"failed","message":"No more memory."}', status=1))
    assert run.join(TIMEOUT)
    assert run.failure == "No more memory."


def test_a_run_that_is_killed_in_the_middle_of_a_line_says_that_it_was_killed() -> None:
    process = Told('{"event":"started","environment":{}}', status=-signal.SIGKILL)
    process.events = io.StringIO(process.events.read() + '{"event":"steps","first":0,"lo')
    run = run_of(EIGHT_STEPS, lambda _: process)
    assert run.join(TIMEOUT)
    assert run.failure is not None
    assert "was killed (signal 9)" in run.failure


def test_an_end_under_a_limit_of_memory_comes_with_advice_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory_limit", lambda: 2 * 10**9)
    for status in (None, 1, -signal.SIGABRT, -signal.SIGKILL):
        run = run_of(EIGHT_STEPS, lambda _, status=status: Told(status=status))
        assert run.join(TIMEOUT)
        assert run.failure is not None
        assert run.failure.endswith(
            "A process may use 2.0 GB here (`ulimit -v`), and TensorFlow may need more: raise the limit."
        )


def test_a_run_that_cannot_start_fails_in_words() -> None:
    def start(job: Job) -> Told:
        raise OSError(f"no process for seed {job.experiment.seed}")

    run = run_of(EIGHT_STEPS, start)
    assert run.join(TIMEOUT)
    assert run.failure == "The worker process could not be started: no process for seed 42"


def test_a_crash_of_a_fresh_interpreter_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", crash])
    run = run_of(EIGHT_STEPS, Interpreter)
    assert run.join(TIMEOUT)
    assert run.failure is not None
    assert "crashed (SIGSEGV)" in run.failure


@has_proc
@pytest.mark.usefixtures("endless_runs")
def test_a_killed_template_takes_its_runs_along_and_is_replaced() -> None:
    with Launcher(limits=replace(LIMITS, runs_at_once=1)) as launcher:
        going = launcher.start(SILENT)
        waiting = launcher.start(LONG)
        template = launcher.template
        assert template is not None
        child = process_of(going, template)
        os.kill(template, signal.SIGKILL)
        assert going.join(TIMEOUT)
        assert going.failure is not None
        assert "exited unexpectedly" in going.failure
        wait_until(lambda: not lives(child))
        wait_until(lambda: waiting.history.steps_done)
        assert launcher.template not in (None, template)
        assert not lives(template)


@has_proc
def test_a_run_whose_template_is_killed_before_it_begins_begins_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", "import time; time.sleep(600)"])
    with Launcher() as launcher:
        template = launcher.template
        assert template is not None
        run = launcher.start(LONG)
        monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", ENDLESS])
        os.kill(template, signal.SIGKILL)
        wait_until(lambda: run.history.steps_done)


@has_proc
@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
@pytest.mark.usefixtures("endless_runs")
def test_a_run_that_hangs_is_stopped_and_the_next_begins(fresh: bool) -> None:
    with Launcher(limits=replace(LIMITS, runs_at_once=1, seconds_without_progress=2)) as launcher:
        stuck = launcher.start(SILENT, fresh=fresh)
        after = launcher.start(LONG)
        process = process_of(stuck, launcher.template, fresh=fresh)
        os.kill(process, signal.SIGSTOP)
        assert stuck.join(TIMEOUT)
        assert stuck.failure == "Timed out: no progress for 2 s."
        wait_until(lambda: not lives(process))
        wait_until(lambda: after.history.steps_done > 250)  # 2.5 seconds, with progress
        assert not after.ended


@has_proc
@pytest.mark.usefixtures("endless_runs")
def test_a_template_that_hangs_is_replaced_and_keeps_no_run_and_ends_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "ANSWER_SECONDS", 1.0)
    with Launcher(limits=replace(LIMITS, runs_at_once=2, seconds_without_progress=5)) as launcher:
        healthy, stuck = launcher.start(LONG), launcher.start(SILENT)
        wait_until(lambda: healthy.history.steps_done and stuck.history.steps_done)
        first = launcher.template
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        after = launcher.start(LONG)
        assert stuck.join(TIMEOUT)
        assert stuck.failure == "Timed out: no progress for 5 s."
        wait_until(lambda: after.history.steps_done)
        assert launcher.template != first
        before = healthy.history.steps_done
        wait_until(lambda: healthy.history.steps_done > before)
        healthy.cancel()
        assert healthy.join(TIMEOUT)
        wait_until(lambda: not lives(first))  # with the last of its children
        assert not after.ended


@has_proc
def test_where_there_is_no_room_for_another_process_runs_fail_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    full = ENDLESS.replace(
        "worker.main()",
        "import os, errno\ndef fork(): raise OSError(errno.EAGAIN, 'no')\nos.fork = fork\nworker.main()",
    )
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", full])
    with Launcher() as launcher:
        for run in [launcher.start(EIGHT_STEPS) for _ in "AB"]:
            assert run.join(TIMEOUT)
            assert run.failure == NO_ROOM


@pytest.mark.parametrize(
    ("error", "words"),
    [(errno.EAGAIN, NO_ROOM), (errno.ENOMEM, NO_ROOM), (errno.ENOSPC, "The disk is full.")],
    ids=["EAGAIN", "ENOMEM", "ENOSPC"],
)
def test_a_fresh_interpreter_that_cannot_be_started_fails_in_words(
    monkeypatch: pytest.MonkeyPatch, error: int, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    with Launcher() as launcher:
        monkeypatch.setattr(subprocess, "Popen", refuse)
        run = launcher.start(EIGHT_STEPS, fresh=True)
        assert run.join(TIMEOUT)
    assert run.failure is not None
    assert run.failure.startswith(words)


# The template.


@has_proc
def test_the_template_has_one_thread_and_its_runs_have_the_variables_of_the_launcher(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until(lambda: launcher._templates[-1].threads is not None)
    assert len(launcher._templates[-1].threads or []) == 1
    telling = ENDLESS.replace("lambda conditions: {}", "lambda conditions: dict(os.environ)").replace(
        "import itertools", "import os, itertools"
    )
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", telling])
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    with Launcher() as own:
        forked, fresh = own.start(LONG), own.start(LONG, fresh=True)
        wait_until(lambda: forked.history.steps_done and fresh.history.steps_done)
        assert forked.history.environment == fresh.history.environment
        assert forked.history.environment["OPENBLAS_NUM_THREADS"] == "3"


@has_proc
def test_a_run_that_no_template_answers_for_says_so_and_can_be_stopped_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", "import time; time.sleep(600)"])
    monkeypatch.setattr(processes, "IMPORT_SECONDS", 1.0)
    monkeypatch.setattr(processes, "ANSWER_SECONDS", 0.5)
    with Launcher() as launcher:
        run = launcher.start(LONG)
        assert run.join(TIMEOUT)
        assert run.failure == processes.SILENT
    monkeypatch.setattr(processes, "IMPORT_SECONDS", 600.0)
    with Launcher() as launcher:
        run = launcher.start(LONG)
        wait_until(lambda: run.state is State.STARTING)
        run.cancel()
        assert run.join(TIMEOUT)
        assert run.state is State.STOPPED
        wait_until(lambda: not launcher.queue.running())


@has_proc
def test_a_template_with_threads_is_not_forked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    thread = "threading.Thread(target=time.sleep, args=(600,)).start()"
    threaded = ENDLESS.replace("lambda: train", f"lambda: {thread} or train").replace(
        "import ", "import threading, ", 1
    )
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", threaded])
    monkeypatch.setattr(LOG, "propagate", True)
    with Launcher() as launcher:
        run = launcher.start(LONG)
        wait_until(lambda: run.history.steps_done)
        assert launcher._templates[-1].threads == ["python", "python"]
        assert process_of(run, launcher.template, fresh=True)
    assert "Runs start in fresh interpreters" in caplog.text


# The queue.


@pytest.mark.usefixtures("endless_runs")
def test_a_run_is_stopped_that_takes_too_long_while_others_wait() -> None:
    with Launcher(limits=replace(LIMITS, runs_at_once=1, seconds_while_others_wait=1)) as launcher:
        greedy, waiting = Run(LONG), Run(LONG)
        launcher.start_together([[greedy]], visitor="a")
        launcher.start_together([[Run(LONG)]], visitor="a")
        wait_until(lambda: greedy.history.steps_done > 150)  # 1.5 seconds, with nobody else waiting
        launcher.start_together([[waiting]], visitor="b")
        assert greedy.join(TIMEOUT)
        assert greedy.state is State.STOPPED
        assert greedy.reason == (
            "Stopped: it ran for 1 s while other visitors waited, the limit of this server."
            " Its results so far are kept."
        )
        wait_until(lambda: waiting.history.steps_done)


@has_proc
@pytest.mark.usefixtures("endless_runs")
def test_no_more_processes_run_at_once_than_allowed_and_the_others_wait_in_the_queue() -> None:
    with Launcher(limits=replace(LIMITS, runs_at_once=2)) as launcher:
        runs = [launcher.start(LONG) for _ in range(4)]
        wait_until(lambda: runs[0].history.steps_done and runs[1].history.steps_done)
        assert [run.activity for run in runs[2:]] == ["waiting in the queue", "waiting in the queue"]
        assert launcher.template is not None
        assert len(forks(launcher.template)) == 2
        runs[2].cancel()
        assert runs[2].join(0)
        assert runs[2].state is State.STOPPED
        assert runs[2].task not in launcher.queue.waiting()
        runs[0].cancel()
        wait_until(lambda: runs[3].history.steps_done)
        assert runs[0].ended
        assert len(launcher.queue.running()) == 2


@pytest.mark.usefixtures("endless_runs")
def test_a_full_queue_takes_no_other_visitor() -> None:
    with Launcher(limits=replace(LIMITS, runs_at_once=1, queue_length=1)) as launcher:
        for visitor in "ab":
            launcher.start_together([[Run(LONG)]], visitor=visitor)
        launcher.start_together([[Run(LONG)]], visitor="b")  # who is in line already
        assert refusal(lambda: launcher.start_together([[Run(LONG)]], visitor="c")).startswith("the queue is full: 1")


def test_every_run_fails_in_words_where_the_images_are_damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "mnist.npz"
    broken.write_bytes(b"PK\x03\x04")
    script = f"""
import functools, pathlib
from repro.programs import mnist
from repro.engine import worker
mnist.load = functools.partial(mnist.load, pathlib.Path({str(broken)!r}))
worker.main()"""
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", script])
    with Launcher() as launcher:
        for run in [launcher.start(SMALL, fresh=fresh) for fresh in (False, False, True)]:
            assert run.join(TIMEOUT)
            assert run.failure == (
                "The images are damaged: mnist.npz cannot be read."
                " Put back repro/programs/mnist.npz as it is in the repository."
            )


# No process is left behind.


@has_proc
@pytest.mark.usefixtures("endless_runs")
def test_closing_the_launcher_ends_its_runs_and_its_template() -> None:
    before = children(os.getpid())
    with Launcher() as launcher:
        run = launcher.start(SILENT)
        child = process_of(run, launcher.template)
    assert run.join(TIMEOUT)
    assert run.activity.startswith("stopped at step ")
    assert set(children(os.getpid())) <= set(before)
    wait_until(lambda: not lives(child))


@has_proc
def test_closing_a_launcher_that_has_only_just_started_leaves_nothing() -> None:
    before = children(os.getpid())
    with Launcher() as launcher:
        run = launcher.start(LONG)
    assert run.join(TIMEOUT)
    assert run.state is State.STOPPED
    assert set(children(os.getpid())) <= set(before)


@has_proc
def test_a_fresh_interpreter_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        processes, "WORKER", [sys.executable, "-c", """print('{"event":"failed","message":"Enough."}')"""]
    )
    before = children(os.getpid())
    run = run_of(EIGHT_STEPS, Interpreter)
    assert run.join(TIMEOUT)
    assert run.failure == "Enough."
    assert set(children(os.getpid())) <= set(before)


@has_proc
@pytest.mark.parametrize(
    "start",
    [
        "fresh",
        pytest.param(
            "forked",
        ),
    ],
)
@pytest.mark.usefixtures("endless_runs")
def test_a_worker_ends_quietly_when_its_reader_is_gone(start: str) -> None:
    with contextlib.closing(Template()) as template:
        process = Interpreter(Job(LONG)) if start == "fresh" else template.start(Job(LONG))
        with process.events as events:
            assert decode(events.readline())["event"] == "started"
        assert process.status() == 0


@has_proc
def test_the_template_and_its_runs_end_when_the_launcher_is_killed() -> None:
    program = f"""
import sys, time
from repro.engine import launcher, processes
from repro.experiment.experiment import Experiment
processes.WORKER = [sys.executable, "-c", {ENDLESS!r}]
run = launcher.Launcher().start(Experiment(epochs=100, seed=0))
while not run.history.steps_done:
    time.sleep(0.02)
print("training", flush=True)
time.sleep(600)"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT) as launching:
        assert launching.stdout is not None
        assert launching.stdout.readline() == "training\n"
        (template,) = templates(launching.pid)
        (child,) = forks(template)
        launching.kill()
    wait_until(lambda: not lives(template) and not lives(child))


# The worker's own words.


def story_of(train: Train) -> list[Event]:
    events = io.StringIO()
    worker._run(REQUEST, events, lambda: train)
    return [decode(line) for line in events.getvalue().splitlines()]


def failing(error: BaseException) -> Train:
    def train(experiment: Experiment, report: Report) -> None:
        report({"event": "initialized", "initial_weights": f"{experiment.seed}"})
        raise error

    return train


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RunFailedError("These images\nare damaged."), "These images are damaged."),
        (MemoryError("12 GB"), "This run ran out of memory. Try fewer hidden units or images."),
        (RuntimeError("graph\n\n  broken"), "RuntimeError: graph broken"),
        (ValueError("bug"), "ValueError: bug"),
        (KeyError("loss"), "KeyError: 'loss'"),
        (OSError(2, "No such file", "/home/me/secret.txt"), "FileNotFoundError: [Errno 2] No such file: '…'"),
        (TypeError("x" * 1000), "TypeError: " + "x" * 300),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_goes_wrong_in_a_run_becomes_a_line_of_words(error: Exception, message: str) -> None:
    told = story_of(failing(error))
    assert [event["event"] for event in told] == ["started", "initialized", "failed"]
    assert told[-1]["message"] == message


def test_nothing_more_is_sent_to_a_reader_that_is_gone() -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    events = Gone()
    worker._run(REQUEST, events, lambda: failing(ValueError("not reached")))
    assert "failed" not in events.getvalue()


def test_the_first_event_reports_the_experiment_and_the_versions(seeded: History) -> None:
    (started, *_) = story_of(failing(ValueError("enough")))
    assert started["experiment"] == EIGHT_STEPS.to_json()
    assert set(started["environment"]) == {
        *("repro", "python", "tensorflow", "keras", "numpy", "platform", "processor", "instruction sets"),
        *("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "XLA", "op determinism", "threads"),
        *(name for name in STAMPED_VARIABLES if name in os.environ),
    }
    assert started["environment"] == seeded.environment
