"""What visitors guessed before they trained a pair: in memory only, by experiment, without any personal data."""

import threading
from collections import OrderedDict

from repro.experiment.experiment import Experiment
from repro.verdicts.verdict import Verdict

GUESSES = {
    "yes": "yes, to the bit",
    "initial_weights": "no: initial weights",
    "batch": "no: batch order",
    "later": "no: later",
}
MAX_EXPERIMENTS = 1_000  # the one that was guessed at longest ago is forgotten first
MAX_VISITORS = 1_000  # of one experiment


class Guesses:
    """Who guessed what of which pair, an experiment and a twist. A visitor's first guess stays: later ones are made by
    somebody who may have seen the result."""

    def __init__(self) -> None:
        self._of: OrderedDict[tuple[Experiment, str], dict[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, pair: tuple[Experiment, str], visitor: str, guess: str) -> None:
        """Keeps the guess, of GUESSES, that `visitor` makes before `pair` is trained."""
        with self._lock:
            guesses = self._of.setdefault(pair, {})
            self._of.move_to_end(pair)
            if len(guesses) < MAX_VISITORS:
                guesses.setdefault(visitor, guess)
            if len(self._of) > MAX_EXPERIMENTS:
                self._of.popitem(last=False)

    def of(self, pair: tuple[Experiment, str], visitor: str) -> str | None:
        """What `visitor` guessed, if anything."""
        with self._lock:
            return self._of.get(pair, {}).get(visitor)

    def all_of(self, pair: tuple[Experiment, str]) -> list[str]:
        """What everybody guessed."""
        with self._lock:
            return list(self._of.get(pair, {}).values())


def outcome(verdict: Verdict) -> str | None:
    """The guess that `verdict` proves right; None as long as it proves none."""
    if verdict.identical:
        return "yes"
    if verdict.first is None:
        return None
    return verdict.first.quantity if verdict.first.quantity in GUESSES else "later"


def in_words(right: str | None, own: str | None, everybody: list[str]) -> str:
    """Whether a visitor's guess was right, and how many guessed it; empty if nobody guessed or nothing is known."""
    if right is None or not everybody:
        return ""
    many, of = everybody.count(right), len(everybody)
    if own is None:
        return f"{many} of {of} here guessed it."
    if own != right:
        return f"You guessed “{GUESSES[own]}”." + (f" {many} of {of} here guessed it." if of > 1 else "")
    return f"You guessed it, as did {many - 1} of {of - 1} others here." if of > 1 else "You guessed it."
