"""Histories: events in, arrays out; and what a run is doing, in words."""

from typing import Any

import numpy as np
import pytest
from records import EIGHT_STEPS, history, refusal, steps_event

from repro.experiment.experiment import Experiment
from repro.history.history import History

STARTED = {"event": "started", "experiment": EIGHT_STEPS.to_json(), "environment": {"python": "3.11"}}
INITIALIZED = {"event": "initialized", "initial_weights": "1a"}
FINISHED = {
    "event": "finished",
    "batch_order": "2b",
    "final_weights": "3c",
    "predictions": "7210",
    "training_seconds": 1.5,
}


def epoch_event(epoch: int) -> dict[str, Any]:
    return {"event": "epoch", "epoch": epoch, "loss": 0.1, "accuracy": 0.5, "test_loss": "NaN", "test_accuracy": 1}


def test_events_become_arrays_and_figures() -> None:
    made = History(EIGHT_STEPS)
    made.add(STARTED)
    made.add(INITIALIZED)
    made.add(
        {
            "event": "steps",
            "first": 0,
            "loss": [0.1, "NaN", "-Infinity"],
            "accuracy": [0, 0.3, 1],
            "batch": [0, 1, 2**53 - 1],
            "weights": [3, 2, 1],
        }
    )
    assert made.steps_done == 3
    assert made.environment == {"python": "3.11"}
    assert made.initial_weights == "1a"
    assert made.loss[:3].tobytes() == np.array([0.1, np.nan, -np.inf], np.float32).tobytes()
    assert made.accuracy[:3].tobytes() == np.array([0, 0.3, 1], np.float32).tobytes()
    assert made.batch[:3].tolist() == [0, 1, 2**53 - 1]
    assert made.weights[:3].tolist() == [3, 2, 1]
    made.add(epoch_event(1))
    assert made.epochs[0].epoch == 1
    assert made.epochs[0].loss == np.float32(0.1)
    assert np.isnan(made.epochs[0].test_loss)
    assert {type(value) for name, value in vars(made.epochs[0]).items()} == {int, np.float32, type(None)}
    made.add(epoch_event(2) | {"epoch_weights": "1a"})
    assert made.epochs[1].epoch_weights == "1a"
    assert not made.finished
    made.add(FINISHED)
    assert made.finished
    assert (made.batch_order, made.final_weights, made.predictions) == ("2b", "3c", "7210")
    assert made.training_seconds == 1.5


def test_the_arrays_have_a_place_for_each_step_to_come() -> None:
    made = History(EIGHT_STEPS)
    assert [len(array) for array in (made.loss, made.accuracy, made.batch, made.weights)] == [8, 8, 8, 8]


def test_steps_follow_each_other() -> None:
    made = History(EIGHT_STEPS)
    for first, count in ((0, 3), (3, 1), (4, 4)):
        made.add(steps_event(first, count))
    assert made.loss.tolist() == made.batch.tolist() == list(range(8))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"event": "danced"}, id="an unknown event"),
        pytest.param(steps_event(3, 1), id="a gap"),
        pytest.param(steps_event(1, 2), id="a step reported twice"),
        pytest.param(steps_event(0, 2), id="from the start again"),
        pytest.param(steps_event(-1, 2), id="before the first step"),
        pytest.param(steps_event(2, 7), id="beyond the last step"),
        pytest.param({"event": "steps", "first": 2}, id="nothing reported"),
        pytest.param(steps_event(2, 2, accuracy=[]), id="no accuracies"),
        pytest.param(steps_event(2, 2, weights=[1, 2, 3]), id="too many fingerprints"),
        pytest.param(steps_event(2, 2, loss=["one", "two"]), id="losses that are no numbers"),
        pytest.param(steps_event(2, 2, batch=["one", "two"]), id="fingerprints that are no numbers"),
        pytest.param({"event": "epoch", "epoch": 1, "loss": 0.1}, id="half an epoch"),
        pytest.param({"event": "finished"}, id="an end without digests"),
        pytest.param({"event": "failed"}, id="a failure without words"),
        pytest.param(steps_event(2, 2, accuracy=[1]), id="one accuracy for two steps"),
        pytest.param(steps_event(2, 2, batch=7), id="one fingerprint for two steps"),
        pytest.param(steps_event(2, 2, loss=None), id="no list of losses"),
        pytest.param(steps_event(2, 2, loss=[None, None]), id="empty losses"),
        pytest.param(steps_event(2, 2) | {"first": "2"}, id="a first step that is text"),
        pytest.param(steps_event(2, 1, batch=[2**64]), id="a fingerprint of too many bits"),
        pytest.param(epoch_event(1) | {"loss": []}, id="a loss that is a list"),
    ],
)
def test_a_malformed_event_is_refused_and_changes_no_step(event: dict[str, Any]) -> None:
    made = History(EIGHT_STEPS)
    made.add(steps_event(0, 2))
    refusal(lambda: made.add(event))
    assert made.steps_done == 2
    assert made.epochs == []


def test_says_which_steps_were_out_of_order() -> None:
    made = History(EIGHT_STEPS)
    assert refusal(lambda: made.add(steps_event(3, 2))) == "steps 3 to 5 do not follow step 0 of 8"


def test_weights_are_not_kept_and_a_moved_one_is_named() -> None:
    history = History(EIGHT_STEPS)
    history.add({"event": "initialized", "initial_weights": "1a"})
    assert history.moved is None
    before = len(str(vars(history)))
    history.add({"event": "weights", "epoch": 0, "values": "AAAA" * 1000})
    assert len(str(vars(history))) == before
    history.add({"event": "initialized", "initial_weights": "1a", "moved": {"row": 14}})
    assert history.moved == {"row": 14}


def test_the_orders_of_its_epochs_are_counted() -> None:
    made = finished_of_epochs([5, 6], [6, 5], [5, 6])
    assert made.distinct_orders == 2
    assert finished_of_epochs([5, 6], [5, 6], [5, 6]).distinct_orders == 1


def finished_of_epochs(*orders: list[int]) -> History:
    experiment = Experiment(images=4, batch_size=2, epochs=len(orders))
    return history(experiment, batch=np.array(orders, np.int64).reshape(-1))
