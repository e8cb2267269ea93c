"""The control run: its states, each with a sentence, and how far it vouches for run A."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import history, refusal

from repro.history.state import State
from repro.verdicts.control import Control, ControlState
from repro.verdicts.verdict import QUANTITIES, Difference, compare

differences = st.builds(Difference, st.integers(0, 7), st.sampled_from(QUANTITIES))

STOPPED, FAILED = State.STOPPED, State.FAILED
REPEAT = "Control run: an unmodified repeat of run A"
COMPARISON = "Control run: the comparison with an unmodified repeat of run A"


@pytest.mark.parametrize(
    ("a", "control", "state", "words"),
    [
        ({}, {}, "same", f"{REPEAT} was bitwise identical."),
        (
            {},
            {"final_weights": "ff"},
            "different",
            f"{REPEAT} differed, first at step 7 in the weights.",
        ),
        ({}, {"initial_weights": "ff"}, "different", "differed, first at step 0 in the initial weights."),
        (
            {"steps_done": 0},
            {"steps_done": 0},
            "running",
            "not finished yet: whether run A repeats is not known so far.",
        ),
        ({"steps_done": 1}, {}, "running", "an unmodified repeat of run A is bitwise identical in 1 step."),
        ({}, {"steps_done": 5}, "running", "an unmodified repeat of run A is bitwise identical in 5 steps."),
        (
            {},
            {"steps_done": 5, "state": STOPPED},
            "stopped",
            f"{COMPARISON} was stopped after 5 steps that were bitwise identical.",
        ),
        (
            {"steps_done": 0, "state": STOPPED},
            {},
            "stopped",
            f"{COMPARISON} was stopped before a step could be compared.",
        ),
        (
            {},
            {"steps_done": 0, "state": FAILED},
            "failed",
            f"{COMPARISON} failed before a step could be compared.",
        ),
        (
            {"steps_done": 2, "state": FAILED},
            {},
            "failed",
            f"{COMPARISON} failed after 2 steps that were bitwise identical.",
        ),
    ],
)
def test_every_state_has_a_word_and_a_sentence(
    a: dict[str, Any], control: dict[str, Any], state: str, words: str
) -> None:
    states = None
    if "state" in a or "state" in control:
        states = a.pop("state", State.FINISHED), control.pop("state", State.FINISHED)
    found = Control.of(history(**a), history(**control), states=states)
    assert found.state == state
    assert found.sentence.startswith("Control run")
    assert found.sentence.endswith(words)
    assert found.repeats is {"same": True, "different": False}.get(state)


def test_where_it_differed_is_kept_for_each_quantity() -> None:
    other = history()
    other.batch[2:] += 1
    other.loss[5:] += 1
    found = Control.of(history(), other)
    assert found.first_differences == {"batch": 2, "loss": 5}
    assert found.first == Difference(2, "batch")
    assert found.steps_compared == 8


def test_the_words_of_the_states_are_those_of_saved_records() -> None:
    assert [str(state) for state in ControlState] == ["none", "running", "same", "different", "stopped", "failed"]
    assert Control().to_json()["state"] == "none"


def test_what_is_known_does_not_change() -> None:
    for value, name in (
        (Control(), "state"),
        (Difference(1, "loss"), "step"),
        (compare(history(), history()), "first"),
    ):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, None)


def test_no_control_run_and_those_of_old_records() -> None:
    assert Control().sentence == "There is no result of a control run: whether run A repeats is not known."
    assert Control.of_repeats(None) == Control()
    assert Control.of_repeats(True).state is ControlState.SAME
    assert Control.of_repeats(False).sentence.endswith("differed; the record does not say where.")


def test_an_earlier_pair_is_named() -> None:
    found = Control.of(history(), history(), earlier=True)
    assert found.sentence == "Control run: an unmodified run A of an earlier pair was bitwise identical."


@given(differences, differences)
def test_it_vouches_for_all_that_comes_before_its_first_difference(own: Difference, asked: Difference) -> None:
    control = Control(state=ControlState.DIFFERENT, first_differences={own.quantity: own.step}, steps_compared=8)
    order = [(step, quantity) for step in range(8) for quantity in QUANTITIES]
    before = order.index((asked.step, asked.quantity)) < order.index((own.step, own.quantity))
    assert control.repeats_up_to(asked) is before


@pytest.mark.parametrize(
    ("control", "answer"),
    [
        (Control(), None),
        (Control(state=ControlState.SAME), True),
        (Control(state=ControlState.DIFFERENT), None),  # of a record of version 1: where is not known
        (Control(state=ControlState.RUNNING, steps_compared=3), None),
        (Control(state=ControlState.RUNNING, steps_compared=4), True),
        (Control(state=ControlState.STOPPED, steps_compared=3), None),
        (Control(state=ControlState.FAILED, steps_compared=4), True),
    ],
)
def test_it_vouches_for_steps_that_were_compared(control: Control, answer: bool | None) -> None:
    assert control.repeats_up_to(Difference(3, "loss")) is answer


@pytest.mark.parametrize("state", [state for state in ControlState if state is not ControlState.DIFFERENT])
def test_json_brings_every_state_back(state: ControlState) -> None:
    for control in (
        Control(state=state, steps_compared=2**53 - 1, earlier=True),
        Control(state=ControlState.DIFFERENT, first_differences={"initial_weights": 0, "loss": 3}, steps_compared=9),
    ):
        values = control.to_json()
        assert set(values) == {"state", "first_differences", "steps_compared", "earlier"}
        assert Control.from_json(values) == control


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        Control().to_json() | {"state": "fine"},
        Control().to_json() | {"state": None},
        Control().to_json() | {"earlier": 1},
        Control().to_json() | {"steps_compared": -1},
        Control().to_json() | {"steps_compared": True},
        Control().to_json() | {"steps_compared": 2**53},
        Control().to_json() | {"first_differences": {"loss": 3}},
        Control().to_json() | {"first_differences": []},
        Control().to_json() | {"more": 1},
        Control(state=ControlState.DIFFERENT).to_json() | {"first_differences": {"colour": 3}},
        Control(state=ControlState.DIFFERENT).to_json() | {"first_differences": {"loss": "3"}},
    ],
)
def test_json_that_no_control_run_gave_is_refused(values: Any) -> None:
    assert refusal(lambda: Control.from_json(values)).startswith("a control run cannot be read")
