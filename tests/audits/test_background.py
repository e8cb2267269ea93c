"""An audit in the background, of real scripts that need nothing but Python."""

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from audited import left_running

from repro.audits.background import BackgroundAudit
from repro.audits.gallery.offered import Offered
from repro.engine.executor import QueueExecutor
from repro.engine.queue import Queue, Task

TIMEOUT = 60.0


def auditing(
    folder: Path, code: str, queue: Queue | None = None, *, causes: bool = False, fix: str | None = None
) -> BackgroundAudit:
    path = folder / "mine" / "train.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(code, encoding="utf-8")
    queue = queue or Queue(2, 10)
    return BackgroundAudit(
        Offered("train.py", "train.py", path), queue, "visitor", causes=causes, seconds=30.0, code=fix
    )


def test_a_script_that_repeats_and_one_that_does_not(tmp_path: Path) -> None:
    same = auditing(tmp_path, "print(1)\n")
    assert same.join(TIMEOUT)
    assert same.result is not None
    assert same.result.repeats
    assert same.result.outputs == ("1\n", "1\n")
    other = auditing(tmp_path, "import random\nprint(random.random())\n", causes=True)
    assert other.join(TIMEOUT)
    assert other.result is not None
    assert not other.result.repeats
    assert other.result.sufficient == (("python",),)
    assert [trial.outcome for trial in other.result.trials][:1] == ["differs"]
    assert other.result.trials[-1].outcome == "repeats"
    assert [(draw.line, draw.seeded) for draw in other.result.drawn] == [(2, False)]


def test_code_in_its_place_is_what_runs(tmp_path: Path) -> None:
    unseeded = "import random\nprint(random.random())\n"
    fixed = auditing(tmp_path, unseeded, fix="import random\nprint(random.Random(1).random())\n")
    assert fixed.join(TIMEOUT)
    assert fixed.result is not None
    assert fixed.result.repeats
    assert (tmp_path / "mine" / "train.py").read_text(encoding="utf-8") == unseeded


def test_a_script_that_fails_is_reported_without_its_folder(tmp_path: Path) -> None:
    failed = auditing(tmp_path, f"open({str(tmp_path / 'secret' / 'x.csv')!r})\n")
    assert failed.join(TIMEOUT)
    assert failed.result is None
    assert failed.failure is not None
    assert "No such file" in failed.failure
    assert str(tmp_path) not in failed.failure


def test_stopping_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # the runs work below it
    endless = auditing(tmp_path, "import time\nwhile True:\n    time.sleep(0.1)\n")
    until = time.monotonic() + TIMEOUT
    while not left_running(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert left_running(tmp_path)
    endless.cancel()
    assert endless.join(TIMEOUT)
    assert endless.stopped
    assert endless.result is None
    assert endless.failure is None
    assert not left_running(tmp_path)


def test_its_runs_wait_in_the_queue_and_leave_it_when_it_is_stopped(tmp_path: Path) -> None:
    queue = Queue(1, 10)
    release = threading.Event()
    queue.submit(Task(lambda: release.wait(TIMEOUT), visitor="another"))
    audit = auditing(tmp_path, "print(1)\n", queue)
    until = time.monotonic() + TIMEOUT
    while not audit.waiting and time.monotonic() < until:
        time.sleep(0.01)
    assert audit.waiting
    assert queue.place("visitor") is not None
    audit.cancel()
    assert audit.join(TIMEOUT)
    assert audit.stopped
    assert queue.place("visitor") is None
    release.set()


def test_a_stop_between_the_starts_of_two_runs_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submit, ready, calls = QueueExecutor.submit, threading.Event(), []

    def stopping(self: QueueExecutor, *args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            assert ready.wait(TIMEOUT)
            audit.cancel()
        return submit(self, *args)

    monkeypatch.setattr(QueueExecutor, "submit", stopping)
    audit = auditing(tmp_path, "print(1)\n", Queue(1, 10))
    ready.set()
    assert audit.join(TIMEOUT)
    assert (audit.stopped, audit.failure) == (True, None)


def test_a_full_queue_is_a_failure_in_words(tmp_path: Path) -> None:
    queue = Queue(1, 1)
    release = threading.Event()
    for visitor in ("one", "two"):
        queue.submit(Task(lambda: release.wait(TIMEOUT), visitor=visitor))
    audit = auditing(tmp_path, "print(1)\n", queue)
    assert audit.join(TIMEOUT)
    assert audit.failure is not None
    assert "full" in audit.failure
    release.set()
