"""The journal: a line for each run, with what an operator wants to know and nothing that opens a visit."""

import logging
import re
import sys
from collections.abc import Iterator

import pytest
from made_up import ENDLESS
from records import LONG, SMALL, finish, wait_until

from repro.engine import journal, processes
from repro.engine.launcher import Launcher
from repro.server.visits import Visits

LINE = re.compile(
    r"run session=[0-9a-f]{8} program=tensorflow steps=(\d+)/42 start=\S+Z end=\S+Z waited=\d+\.\d\d seconds=\d+\.\d\d"
    r" outcome=(\w+) verdict=(\w+|-)"
)


class Kept(logging.Handler):
    """Keeps the lines that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The lines of the journal, from now on."""
    kept, level = Kept(), journal.LOG.level
    journal.LOG.addHandler(kept)
    journal.LOG.setLevel(logging.INFO)
    yield kept.lines
    journal.LOG.removeHandler(kept)
    journal.LOG.setLevel(level)


def test_each_run_has_a_line(launcher: Launcher, lines: list[str]) -> None:
    visit = Visits(launcher).new()
    visit.train(SMALL, "none")
    assert visit.pair is not None
    for run in visit.pair.runs:
        finish(run)

    def own() -> list[str]:
        return [line for line in lines if visit.name in line]  # runs of other tests may end meanwhile

    wait_until(lambda: len(own()) == 2)
    found = [match.groups() for line in own() if (match := LINE.fullmatch(line))]
    assert len(found) == 2
    assert found[-1] == ("42", "finished", "identical")
    assert visit.token not in "".join(lines)


def test_a_run_that_was_stopped_says_so(monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", ENDLESS])
    with Launcher() as launcher:
        run = launcher.start(LONG)
        wait_until(lambda: run.history.steps_done)
        run.cancel()
        wait_until(lambda: any("outcome=stopped verdict=-" in line for line in lines))
