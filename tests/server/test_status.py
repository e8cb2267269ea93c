"""What a server reports to its operator, on a socket that nobody else can open."""

import os
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import ENDLESS
from records import LONG, wait_until

from repro.__main__ import main
from repro.engine import processes
from repro.engine.journal import LOG
from repro.engine.launcher import Launcher
from repro.experiment import machine
from repro.experiment.limits import LIMITS
from repro.experiment.machine import private_folder
from repro.server import status
from repro.server.visits import Visits


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Visits]:
    """Visits of a server with two visitors, whose runs never end, one at once."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", ENDLESS])
    visits = Visits(Launcher(limits=replace(LIMITS, runs_at_once=1)))
    yield visits
    visits.close()


def test_a_server_reports_who_waits_what_runs_and_memory(visits: Visits, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = visits.new(), visits.new()
    for visit in (first, second):
        visits.keep(visit)
        visit.train(LONG, "none")
    assert first.pair is not None
    a = first.pair.a
    wait_until(lambda: a.history.steps_done)
    status.answer(visits)
    assert main(["status"]) == 0
    title, *tasks = capsys.readouterr().out.splitlines()
    assert title.startswith(f"Server {os.getpid()}: visits 2, memory ")
    assert [line.split()[:3] for line in tasks] == [
        ["runs", "session", first.name],
        ["waits", "session", first.name],
        ["waits", "session", second.name],
        ["waits", "session", second.name],
    ]
    (answer,), silent = status.ask()
    assert silent == []
    assert answer["process"] == os.getpid()
    if machine.CPU_INFORMATION.exists():
        assert answer["memory"] > 10e6
    assert first.token not in str(answer)


def test_nobody_else_can_open_the_socket(visits: Visits) -> None:
    status.answer(visits)
    assert stat.S_IMODE(private_folder().stat().st_mode) == 0o700
    private_folder().chmod(0o777)
    with pytest.raises(PermissionError):
        status.ask()


def test_sockets_of_servers_that_have_ended_are_cleared_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stale = private_folder() / "1.socket"
    with socket.socket(socket.AF_UNIX) as ended:
        ended.bind(str(stale))
    with pytest.raises(SystemExit) as exit_:
        main(["status"])
    assert exit_.value.code == 2
    assert "no server of yours runs" in capsys.readouterr().err
    assert not stale.exists()


def test_a_server_that_is_too_busy_to_answer_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(status, "TIMEOUT", 0.1)
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(private_folder() / "4711.socket"))
        busy.listen()
        assert main(["status"]) == 0
    assert capsys.readouterr().err == "python -m repro: server 4711 did not answer within 0.1 s: ask again\n"


def test_a_server_continues_where_there_is_no_room_for_a_socket(
    visits: Visits, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    monkeypatch.setattr(LOG, "propagate", True)
    status.answer(visits)
    assert "will not see this server" in caplog.text
