"""The states of a run, and which may follow which."""

from enum import Enum


class State(Enum):
    """Where a run is."""

    # In the queue, or behind another run of the same process.
    WAITING = "waiting"
    # Its turn has come: its process was asked for, and has reported nothing.
    STARTING = "starting"
    # Its process reports events.
    RUNNING = "running"
    # It reached its end: its history is whole.
    FINISHED = "finished"
    # It ended before that by itself, or because of an error.
    FAILED = "failed"
    # A person, a limit or the end of the program ended it.
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        """Whether nothing can follow."""
        return not NEXT[self]


NEXT = {
    State.WAITING: {State.STARTING, State.RUNNING, State.FAILED, State.STOPPED},
    State.STARTING: {State.RUNNING, State.FAILED, State.STOPPED},
    State.RUNNING: {State.FINISHED, State.FAILED, State.STOPPED},
    State.FINISHED: set[State](),
    State.FAILED: set[State](),
    State.STOPPED: set[State](),
}
