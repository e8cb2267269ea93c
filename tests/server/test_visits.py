"""Visits: found again by their token, one pair each, stopped when nobody looks, forgotten later; nothing is shared."""

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from made_up import ENDLESS
from records import LONG, SMALL, wait_until

from repro.engine import processes
from repro.engine.launcher import Launcher
from repro.experiment.errors import InputError, QueueFullError, ReproError, ServerFullError
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.history.history import History
from repro.history.state import State
from repro.records.saved import Saved
from repro.server.visits import MAX_TRIED, Visit, Visits
from repro.studies.pair import Pair
from repro.verdicts.strip import BINS


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> Iterator[Visits]:
    """Visits of a server whose runs never end, two at once; one of them is stopped after two seconds unseen."""
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", ENDLESS])
    limits = replace(LIMITS, runs_at_once=2, seconds_unseen=2, seconds_kept=4)
    visits = Visits(Launcher(limits=limits), limits=limits)
    yield visits
    visits.close()


def kept(visits: Visits) -> Visit:
    visit = visits.new()
    visits.keep(visit)
    return visit


def pair_of(visit: Visit) -> Pair:
    assert visit.pair is not None
    return visit.pair


def test_a_visit_is_found_by_its_token_alone_while_a_page_holds_it_or_it_is_kept(visits: Visits) -> None:
    visit, other = kept(visits), kept(visits)
    assert visits.find(visit.token) is visit
    assert visits.find(other.token) is other
    assert visits.find(visit.name) is None
    assert visits.find("") is None
    open_page = visits.new()
    token = open_page.token
    assert visits.find(token) is open_page
    del open_page
    assert visits.find(token) is None
    assert visit.token not in visit.name
    assert len(visit.token) >= 22  # 128 bits


def test_visitors_wait_for_one_another_and_see_their_own_runs_only(visits: Visits) -> None:
    first, second, third = (kept(visits) for _ in range(3))
    for visit in (first, second, third):
        visit.train(LONG, "none")
    wait_until(lambda: pair_of(first).a.history.steps_done and pair_of(first).b.history.steps_done)
    assert first.place is None
    assert second.place is not None
    assert third.place is not None
    assert (second.place.number, third.place.number) == (1, 2)
    assert pair_of(second).a.activity == "waiting in the queue"
    first.cancel()
    wait_until(lambda: pair_of(second).a.history.steps_done)
    assert third.place is not None
    assert third.place.number == 1


def test_a_visitor_has_one_pair_at_a_time_the_last_that_was_wanted(visits: Visits) -> None:
    visit = kept(visits)
    visit.train(LONG, "none")
    first = pair_of(visit)
    wait_until(lambda: first.a.history.steps_done and first.b.history.steps_done)
    with pytest.raises(InputError):
        visit.train(SMALL, "threads:1")
    assert pair_of(visit) is first
    assert not first.ended
    visit.train(LONG, "seed")
    second = pair_of(visit)
    assert [run.state for run in first.runs] == [State.STOPPED, State.STOPPED]
    assert visit.changes == 2
    wait_until(lambda: second.a.history.steps_done and second.b.history.steps_done)
    visit.try_seeds(LONG, 5)
    seeds = visit.seeds
    visit.try_seeds(SMALL, 5)
    assert visit.seeds is seeds
    visit.cancel()
    wait_until(lambda: not visit.running)


def test_the_last_pairs_that_were_compared_are_remembered(visits: Visits) -> None:
    visit = kept(visits)
    for seed in range(MAX_TRIED + 2):
        visit.train(replace(LONG, seed=seed), "none")
        pair = pair_of(visit)
        wait_until(lambda pair=pair: pair.a.history.steps_done and pair.b.history.steps_done)  # type: ignore[misc]
    assert [one.experiment.seed for one in visit.tried] == list(range(1, MAX_TRIED + 1))  # not the last itself
    assert {len(row) for one in visit.tried for row in one.strip.values()} == {BINS}
    visit.train(SMALL, "none")  # in place of one that had a step
    visit.train(SMALL, "none")  # in place of one that had none
    assert [one.experiment.seed for one in visit.tried] == list(range(2, MAX_TRIED + 2))
    visit.forget()
    assert not visit.tried


def test_runs_that_nobody_looks_at_are_stopped_and_their_place_is_given_on(visits: Visits) -> None:
    away, here = kept(visits), kept(visits)
    away.train(LONG, "none")
    here.train(LONG, "none")

    def given_on() -> bool:
        here.saw()
        return bool(pair_of(here).a.history.steps_done)

    wait_until(given_on)
    assert away.left
    assert pair_of(away).a.state is State.STOPPED
    assert not here.left
    assert visits.find(away.token) is away  # it can still be told what happened
    away.train(LONG, "none")
    assert not away.left


def test_a_visit_is_forgotten_once_no_page_holds_it(visits: Visits) -> None:
    open_page, closed_page = kept(visits), kept(visits)
    tokens = open_page.token, closed_page.token
    del closed_page
    wait_until(lambda: not visits.kept)
    gc.collect()
    assert visits.find(tokens[1]) is None
    assert visits.find(tokens[0]) is open_page


def test_what_was_open_when_the_modules_were_frozen_is_let_go_too(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = kept(visits)
    visit.cycle = visit  # type: ignore[attr-defined]
    page = weakref.ref(visit)
    gc.freeze()
    try:
        del visit
        wait_until(lambda: not visits.kept)
        gc.collect()
        assert page() is not None
        monkeypatch.setattr("repro.server.visits.TIDY_SECONDS", 0.0)
        monkeypatch.setattr("repro.server.visits.THAW_SECONDS", 0.0)
        wait_until(lambda: page() is None and gc.get_freeze_count())
    finally:
        gc.unfreeze()


def test_the_pair_of_a_record_is_stopped_as_any_other(visits: Visits) -> None:
    visit = kept(visits)
    visit.verify("digest", Saved("none", History(LONG), History(LONG)))
    assert visit.pair_running
    visit.cancel_pairs()
    wait_until(lambda: not visit.pair_running)


def limited(visits: Visits, **limits: int) -> Visits:
    """The same with other limits."""
    visits._limits = replace(visits._limits, **limits)
    return visits


def message(start: Callable[[], object], kind: type[ReproError]) -> str:
    with pytest.raises(kind, match=r"\A[^\n]+\Z") as caught:
        start()
    return str(caught.value)


def from_address(visits: Visits, address: str) -> Visit:
    visit = visits.new(address)
    visits.keep(visit)
    return visit


def test_only_so_many_visitors_of_one_address_wait(visits: Visits) -> None:
    limited(visits, waiting_of_an_address=2)
    neighbours = [from_address(visits, "192.0.2.1") for _ in range(4)]
    for visit in neighbours[:3]:  # one trains, two wait
        visit.train(LONG, "none")
    said = message(lambda: neighbours[3].train(LONG, "none"), QueueFullError)
    assert said == "2 visitors from your network address wait already. Try again later"
    assert neighbours[3].pair is None
    neighbours[2].try_seeds(LONG, 2)  # who waits already takes no more places
    for elsewhere in ("192.0.2.2", "", ""):
        other = from_address(visits, elsewhere)
        other.train(LONG, "none")
        assert other.place is not None


def test_only_so_many_visits_are_kept_and_those_that_nobody_looks_at_make_room(visits: Visits) -> None:
    limited(visits, visits_kept=2, seconds_kept=1000, seconds_unseen=1000)
    first, second, third = (kept(visits) for _ in range(3))
    for visit in (first, second):
        visit.train(LONG, "none")
    said = message(lambda: third.train(LONG, "none"), ServerFullError)
    assert said.startswith("the server keeps the runs of 2 visitors, ")
    for visit in (first, second):
        visit.cancel()
    wait_until(lambda: not first.running and not second.running)
    message(lambda: third.train(LONG, "none"), ServerFullError)  # their pages are open
    second.seen -= 1001
    first.seen -= 1002
    third.train(LONG, "none")
    assert visits.find(first.token) is None
    assert first.pair is None
    assert visits.find(second.token) is second
    assert second.pair is not None


def test_runs_take_only_so_much_memory(visits: Visits) -> None:
    million = Experiment(images=10_000, batch_size=1, epochs=100)
    limited(visits, megabytes_kept=100, seconds_kept=1000, seconds_unseen=1000)
    first, second, third = (kept(visits) for _ in range(3))
    first.train(million, "none")
    assert first.size == sum(
        getattr(run.history, name).nbytes
        for run in pair_of(first).runs
        for name in ("loss", "accuracy", "batch", "weights")
    )
    said = message(lambda: second.train(million, "one-bit"), ServerFullError)  # three runs
    assert said.endswith("46 MB, and may keep 500, 100 MB, in all. Ask for fewer steps, or try again later")
    second.train(million, "none")
    said = message(lambda: third.train(million, "none"), ServerFullError)
    assert "the runs of 2 visitors, 92 MB" in said
    third.train(SMALL, "none")
    assert third.pair is not None
