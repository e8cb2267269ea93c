"""The journal: a line for each run, with what an operator wants to know and nothing that opens a visit."""

import logging
import re
import sys

import pytest
from records import LONG, SMALL, finish, wait_until
from test_launcher import ENDLESS

from repro import journal, processes
from repro.launcher import Launcher
from repro.visits import Visits

LINE = re.compile(
    r"run session=[0-9a-f]{8} program=tensorflow steps=(\d+)/42 start=\S+Z end=\S+Z waited=\d+\.\d\d seconds=\d+\.\d\d"
    r" outcome=(\w+) verdict=(\w+|-)"
)


def test_each_run_has_a_line(
    launcher: Launcher, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal.LOG, "propagate", True)
    with caplog.at_level(logging.INFO, "repro"):
        visit = Visits(launcher).new()
        visit.train(SMALL, "none")
        assert visit.pair is not None
        for run in visit.pair.runs:
            finish(run)
        own = f"session={visit.name} "  # the launcher may end runs of other tests meanwhile
        wait_until(lambda: len([message for message in caplog.messages if own in message]) == 2)
    found = [LINE.fullmatch(message) for message in caplog.messages if own in message]
    assert all(found)
    outcomes = [match.groups() for match in found if match is not None]
    assert outcomes[-1] == ("42", "finished", "identical")
    assert visit.token not in caplog.text


def test_a_run_that_was_stopped_says_so(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", ENDLESS])
    monkeypatch.setattr(journal.LOG, "propagate", True)
    with caplog.at_level(logging.INFO, "repro"), Launcher() as launcher:
        run = launcher.start(LONG)
        wait_until(lambda: run.record.steps_done)
        run.cancel()
        wait_until(lambda: "outcome=stopped verdict=-" in caplog.text)
