"""The control run: an unmodified repeat of run A, trained before a change in run B is blamed, and what it showed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from repro.experiment.errors import InputError
from repro.history.history import History
from repro.history.state import State
from repro.verdicts.verdict import QUANTITIES, Difference, compare, earliest

WORDS = ("the initial weights", "the batch order", "the dropout masks", "the loss", "the weights")
NAMES = dict(zip(QUANTITIES, WORDS, strict=True))


States = tuple[State, State]  # of two runs


def states_of(a: History, b: History) -> States:
    """The states of two runs, if nothing but their histories is known of them."""
    one, other = (State.FINISHED if history.finished else State.RUNNING for history in (a, b))
    return one, other


class ControlState(StrEnum):
    """How far the control run has been compared with run A."""

    NONE = "none"  # none was trained, or nothing is known of it
    RUNNING = "running"  # one of the two waits or trains; no difference so far
    SAME = "same"  # both finished, and no bit differs
    DIFFERENT = "different"  # a bit differs
    STOPPED = "stopped"  # one of the two was stopped before any difference
    FAILED = "failed"  # one of the two failed before any difference


@dataclass(frozen=True, kw_only=True)
class Control:
    """What a control run showed. `first_differences`: the first step, from 0, in which each quantity that differs from
    run A's does so; `steps_compared`: how many steps both had done; `earlier`: whether it is a run of an earlier pair
    of the same experiment."""

    state: ControlState = ControlState.NONE
    first_differences: Mapping[str, int] = field(default_factory=dict)
    steps_compared: int = 0
    earlier: bool = False

    @classmethod
    def of(cls, a: History, control: History, *, earlier: bool = False, states: States | None = None) -> "Control":
        """What `control`, a run of the same experiment as run A, shows so far. `states` are those of run A and of
        `control`; if they are not given, they follow from the histories."""
        states = states or states_of(a, control)
        verdict = compare(a, control)
        if verdict.first is not None:
            state = ControlState.DIFFERENT
        elif verdict.identical:
            state = ControlState.SAME
        elif State.FAILED in states:
            state = ControlState.FAILED
        elif State.STOPPED in states:
            state = ControlState.STOPPED
        else:
            state = ControlState.RUNNING
        return cls(
            state=state,
            first_differences=verdict.first_by_quantity,
            steps_compared=verdict.steps_compared,
            earlier=earlier,
        )

    @classmethod
    def of_repeats(cls, repeats: bool | None) -> "Control":
        """That of records of version 1, which hold no more than whether the control was the same, if that."""
        return cls() if repeats is None else cls(state=ControlState.SAME if repeats else ControlState.DIFFERENT)

    @property
    def repeats(self) -> bool | None:
        """Whether run A was repeated to the last bit; None if that is not known."""
        return {ControlState.SAME: True, ControlState.DIFFERENT: False}.get(self.state)

    @property
    def first(self) -> Difference | None:
        """The first difference between the control run and run A, if one is known."""
        return earliest(self.first_differences)

    def repeats_up_to(self, difference: Difference) -> bool | None:
        """Whether the control run agrees with run A up to and with the step and quantity of `difference`; None if
        that is not known."""
        if self.first is not None:
            return difference.comes_before(self.first)
        if self.repeats is False:  # where it differs is not known, as of records of version 1
            return None
        if self.repeats is not None:
            return self.repeats
        return True if self.steps_compared > difference.step else None

    @property
    def sentence(self) -> str:
        """What the control run showed, in a sentence."""
        repeat = "an unmodified repeat of run A"
        if self.earlier:
            repeat = "an unmodified run A of an earlier pair"
        so_far = "before a step could be compared"
        if self.steps_compared:
            so_far = f"after {_steps(self.steps_compared)} that were bitwise identical"
        match self.state:
            case ControlState.NONE:
                return "There is no result of a control run: whether run A repeats is not known."
            case ControlState.RUNNING if self.steps_compared:
                return f"Control run, not finished yet: {repeat} is bitwise identical in {_steps(self.steps_compared)}."
            case ControlState.RUNNING:
                return "Control run, not finished yet: whether run A repeats is not known so far."
            case ControlState.SAME:
                return f"Control run: {repeat} was bitwise identical."
            case ControlState.DIFFERENT:
                where = "; the record does not say where"
                if self.first is not None:
                    where = f", first at step {self.first.step:,} in {NAMES[self.first.quantity]}"
                return f"Control run: {repeat} differed{where}."
            case ControlState.STOPPED:
                return f"Control run: the comparison with {repeat} was stopped {so_far}."
            case ControlState.FAILED:
                return f"Control run: the comparison with {repeat} failed {so_far}."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: every field by its name."""
        return vars(self) | {"state": str(self.state), "first_differences": dict(self.first_differences)}

    @classmethod
    def from_json(cls, values: Any) -> "Control":
        """What `to_json` gave; InputError, of one line, for anything else, and for fields that contradict each other:
        there are first differences only if the state is `different`."""
        names = {"state", "first_differences", "steps_compared", "earlier"}
        if not isinstance(values, Mapping) or set(values) != names or values["state"] not in list(ControlState):
            raise InputError("a control run cannot be read: its fields or its state are not known here")
        state, first, steps = ControlState(values["state"]), values["first_differences"], values["steps_compared"]
        if not (
            isinstance(first, Mapping)
            and set(first) <= set(QUANTITIES)
            and all(type(number) is int and 0 <= number < 2**53 for number in (steps, *first.values()))
            and type(values["earlier"]) is bool
            and (not first or state is ControlState.DIFFERENT)
        ):
            raise InputError("a control run cannot be read: its values do not fit each other")
        return cls(state=state, first_differences=dict(first), steps_compared=steps, earlier=values["earlier"])


def _steps(count: int) -> str:
    return f"{count:,} step{'' if count == 1 else 's'}"
