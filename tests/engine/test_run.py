"""A run: its states, what its events make of them, and what it says of itself."""

import itertools
import threading

import pytest
from records import EIGHT_STEPS, TIMEOUT, refusal, steps_event

from repro.engine.queue import Queue, Task
from repro.engine.run import Run
from repro.history.events import Event
from repro.history.state import NEXT, State

STARTED: Event = {"event": "started", "environment": {"python": "3"}}
INITIALIZED: Event = {"event": "initialized", "initial_weights": "1a"}
FINISHED: Event = {
    "event": "finished",
    "batch_order": "2b",
    "final_weights": "3c",
    "predictions": "7",
    "training_seconds": 1.0,
}
FIGURES = dict.fromkeys(("loss", "accuracy", "test_loss", "test_accuracy"), 0.5)


def epoch_event(epoch: int) -> Event:
    return {"event": "epoch", "epoch": epoch} | FIGURES


def running() -> Run:
    run = Run(EIGHT_STEPS)
    assert run.begin()
    for event in (STARTED, INITIALIZED, steps_event(0, 3)):
        run.take(event)
    return run


def test_states_and_words_follow_a_runs_life() -> None:
    run = Run(EIGHT_STEPS)
    told = [(run.state, run.activity)]
    run.begin()
    told.append((run.state, run.activity))
    for event in (
        STARTED,
        INITIALIZED,
        steps_event(0, 1),
        steps_event(1, 3),
        epoch_event(1),
        steps_event(4, 4),
        epoch_event(2),
        FINISHED,
    ):
        run.take(event)
        told.append((run.state, run.activity))
    assert told == [
        (State.WAITING, "waiting in the queue"),
        (State.STARTING, "starting"),
        (State.RUNNING, "reading images"),
        (State.RUNNING, "step 0 of 8"),
        (State.RUNNING, "step 1 of 8"),
        (State.RUNNING, "testing after epoch 1"),
        (State.RUNNING, "step 4 of 8"),
        (State.RUNNING, "testing after epoch 2"),
        (State.RUNNING, "step 8 of 8"),
        (State.FINISHED, "finished"),
    ]
    assert run.finished
    assert run.ended
    assert run.failure is None


def test_a_run_that_failed_says_why() -> None:
    run = running()
    run.fail("No more memory.")
    assert (run.state, run.activity, run.failure) == (State.FAILED, "failed", "No more memory.")
    assert run.history.steps_done == 3


def test_a_run_that_was_stopped_keeps_what_it_has_and_says_why_if_there_is_a_reason() -> None:
    for reason in ("", "Too long."):
        run = running()
        run.stop(reason)
        assert (run.state, run.activity) == (State.STOPPED, "stopped at step 3")
        assert (run.failure, run.reason) == (None, reason)


@pytest.mark.parametrize("end", ["finished", "failed", "stopped"])
def test_nothing_follows_an_end(end: str) -> None:
    run = running()
    if end == "stopped":
        run.stop()
    else:
        run.take(FINISHED if end == "finished" else {"event": "failed", "message": "No."})
    before = run.state, run.reason, run.history.steps_done
    assert run.state.value == end
    for event in (STARTED, steps_event(3, 2), FINISHED):
        run.take(event)
    run.fail("Again.")
    run.stop("Again.")
    assert not run.begin()
    assert (run.state, run.reason, run.history.steps_done) == before


def test_events_before_the_start_are_refused() -> None:
    run = Run(EIGHT_STEPS)
    run.begin()
    for event in (INITIALIZED, steps_event(0, 1), FINISHED):
        assert "came before the run had started" in refusal(lambda event=event: run.take(event))  # type: ignore[misc]
    assert run.state is State.STARTING


def test_only_ends_have_nothing_next_and_every_state_can_be_reached() -> None:
    assert {state for state in State if state.ended} == {State.FINISHED, State.FAILED, State.STOPPED}
    assert set(itertools.chain(*NEXT.values())) == set(State) - {State.WAITING}
    assert set(NEXT) == set(State)


def test_whoever_ends_a_run_first_decides_how() -> None:
    for _ in range(200):
        run = running()
        both = threading.Barrier(2)

        def stop(run: Run = run, both: threading.Barrier = both) -> None:
            both.wait(TIMEOUT)
            run.stop("Stopped.")

        thread = threading.Thread(target=stop)
        thread.start()
        both.wait(TIMEOUT)
        run.take(FINISHED)
        thread.join()
        assert (run.state is State.FINISHED) == (run.history.final_weights is not None)
        assert run.reason == ("" if run.finished else "Stopped.")


def test_a_run_behind_another_of_its_process_says_so() -> None:
    run = Run(EIGHT_STEPS)
    run.task = Task(lambda: None)
    assert run.activity == "waiting in the queue"
    Queue(1, 1).submit(run.task)
    run.task.result(TIMEOUT)
    assert run.activity == "waiting for the other run to end"


def test_who_watches_a_run_sees_each_event_once_its_history_has_it() -> None:
    seen: list[tuple[str, int]] = []
    run = Run(EIGHT_STEPS, lambda event: seen.append((event["event"], run.history.steps_done)))
    for event in (STARTED, INITIALIZED, steps_event(0, 3), {"event": "failed", "message": "No."}, FINISHED):
        run.take(event)
    assert seen == [("started", 0), ("initialized", 0), ("steps", 3), ("failed", 3)]
