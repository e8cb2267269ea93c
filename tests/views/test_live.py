"""Parts of the page that are drawn again alone."""

import itertools
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest
import streamlit as st
from records import SMALL, TIMEOUT
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from repro.audits.background import BackgroundAudit
from repro.audits.gallery.offered import offered
from repro.engine.launcher import Launcher
from repro.engine.processes import ROOT
from repro.engine.queue import Queue
from repro.server.visits import Visit
from repro.studies.matrix import Matrix
from repro.studies.pair import Pair
from repro.studies.seeds import Seeds
from repro.studies.study import Study
from repro.views import bounds, every_combination, live, many_seeds, two_runs, your_script
from repro.views.live import part


def test_a_part_is_held_back_once_it_is_drawn_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    happened, asked_for_alone = list[str](), list[Callable[[], None]]()

    def fragment(draw: Callable[[], None], *, run_every: float) -> Callable[[], None]:
        assert run_every == 0.3
        asked_for_alone.append(draw)
        return draw

    monkeypatch.setattr(st, "fragment", fragment)
    monkeypatch.setattr(bounds, "hold_back", lambda: happened.append("held back"))
    part(lambda: happened.append("drawn"), every=0.3)
    assert happened == ["drawn"]
    for _ in range(2):
        asked_for_alone[0]()
    assert happened == ["drawn", *["held back", "drawn"] * 2]


class Ending:
    """Whether runs have ended: no for the first `times` that a page asks, and then yes, as of runs that end while it is
    drawn."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __get__(self, instance: object, owner: type) -> bool:
        if get_script_run_ctx(suppress_warning=True) is None:  # the server looks after its visits meanwhile
            return False
        self.left -= 1
        return self.left < 0


class Idle(Executor):
    """Takes functions, and calls none."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        return Future()


def begin(visit: Visit, tab: str, launcher: Launcher) -> type:
    """Has runs of a tab in a visit; the class that says whether they have ended."""
    if tab == two_runs.TAB:
        visit.pair = Pair.start(launcher, SMALL, "none")
        assert all(run.join(TIMEOUT) for run in visit.pair.runs)
        return Pair
    if tab == your_script.TAB:
        script = next(iter(offered({}).values()))
        visit.audit = BackgroundAudit(script, Queue(at_once=0, longest=1), "", causes=False, seconds=1)
        return BackgroundAudit
    if tab == every_combination.TAB:
        visit.matrices["new-process"] = Matrix(Idle(), SMALL, rerun="new-process", repeats=2)
    else:
        visit.seeds = Seeds(Idle(), SMALL, count=2)
    return Study


@pytest.mark.parametrize(
    ("tab", "start", "stop"),
    [
        (two_runs.TAB, "Train both runs", None),
        (every_combination.TAB, "Try every combination", "stop matrix"),
        (many_seeds.TAB, "Train all seeds", "stop seeds"),
        (your_script.TAB, "Audit", "stop audit"),
    ],
)
def test_buttons_are_right_whenever_runs_end_while_the_page_is_drawn(
    quick_launcher: Launcher, monkeypatch: pytest.MonkeyPatch, tab: str, start: str, stop: str | None
) -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.query_params.update(SMALL.to_link() | {"tab": tab})
    timers = list[float | None]()
    monkeypatch.setattr(live, "pace", timers.append)
    running = begin(page.run().session_state["visit"], tab, quick_launcher)
    for times in itertools.count():
        ending = Ending(times)
        monkeypatch.setattr(running, "ended", ending)
        page.run()
        assert not page.exception
        buttons = [button for button in page.button if button.label in (start, "Stop") and button.key in (None, stop)]
        disabled = {button.label: button.disabled for button in buttons}
        if timers[-1] is None:
            assert disabled == {start: False, "Stop": True}, times
        else:  # the page was drawn before they ended, and is drawn again
            assert disabled == {start: True, "Stop": False}, times
        if ending.left > 0:
            break
    assert times > 2
