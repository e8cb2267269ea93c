"""Which pins are enough: from a pair that differs to a smallest set of sources, found by trying.

With the sources of that set pinned the pair repeats. What is assumed: pinning more does not undo what pinning less has
achieved. Then a set is minimal if it is enough and none of the sets with one source less is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from repro.audits.sources import SOURCES

Pins = frozenset[str]

TIMES_FOR_A_RACE = 3  # that a set with a race in it, or everything, must repeat: it can repeat by luck


def races(pins: Iterable[str]) -> bool:
    """Whether one of the sources can repeat by luck."""
    return any(SOURCES[pin].races for pin in pins)


class Outcome(Enum):
    """The outcome of a trial of a set of pins."""

    REPEATS = "repeats"
    DIFFERS = "differs"
    BROKEN = "broken"  # the pins broke the script: nothing can be said


Try = Callable[[Pins, int], Outcome]  # a set, and how many pairs must repeat before it is said to


@dataclass
class Search:
    """Tries sets of pins and remembers the outcome of each."""

    trial: Try
    times: int = 1  # that a set without a race must repeat
    tried: dict[Pins, Outcome] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # pins that could not be tried

    def sufficient(self, pins: Iterable[str], *, everything: bool = False) -> bool:
        """Whether the pair repeats with these pins; known without a trial if a subset does, or a superset does
        not."""
        wanted = frozenset(pins)
        if not wanted:
            return False  # the pair itself, which differs
        for known, outcome in self.tried.items():
            if outcome is Outcome.REPEATS and known <= wanted:
                return True
            if outcome is Outcome.DIFFERS and wanted <= known:
                return False
        if self.tried.get(wanted) is None:
            times = TIMES_FOR_A_RACE if everything or races(wanted) else self.times
            self.tried[wanted] = self.trial(wanted, times)
        return self.tried[wanted] is Outcome.REPEATS

    def was_broken(self, pins: Iterable[str]) -> bool:
        """Whether these pins have broken the script."""
        return self.tried.get(frozenset(pins)) is Outcome.BROKEN


@dataclass(frozen=True)
class Found:
    """What a search found: the smallest set, None if there is none; whether the pair repeats with every pin,
    None if that was not needed; and the pins that broke the script."""

    sufficient: Pins | None
    everything: bool | None
    could_not_be_tried: tuple[str, ...]


def search(guesses: Sequence[Sequence[str]], pins: Sequence[str], trial: Try, *, times: int = 1) -> Found:
    """Look for a smallest set among all `pins`: each of the `guesses` first, its likeliest pins in front. Sets without
    a race in them must repeat `times` times."""
    looking = Search(trial, times)
    guesses = [[pin for pin in dict.fromkeys(guess) if pin in pins] for guess in guesses]
    for guess in guesses:
        if guess and looking.sufficient(guess):
            return _found(looking, smallest(looking.sufficient, guess), None)
    suspects = list(dict.fromkeys(pin for guess in guesses for pin in guess))
    left = [pin for pin in pins if pin not in suspects] + suspects[::-1]
    everything = looking.sufficient(left, everything=True)
    while not everything and looking.was_broken(left):
        given_up = max((pin for pin in left if SOURCES[pin].breaks), key=lambda pin: SOURCES[pin].breaks, default=None)
        if given_up is None:
            return _found(looking, None, None)
        left.remove(given_up)
        looking.broken.add(given_up)
        everything = bool(left) and looking.sufficient(left, everything=True)
    if not everything:
        return _found(looking, None, False)
    return _found(looking, smallest(looking.sufficient, left[::-1]), True)


def smallest(enough: Callable[[Sequence[str]], bool], pins: Sequence[str]) -> Pins:
    """A set that is enough, of which nothing can be left out, from `pins`, which are; those that come first are kept
    rather than others. QuickXplain: Junker, AAAI 2004, in about k log(n/k) trials for k of n."""

    def needed(given: Sequence[str], tell: bool, among: Sequence[str]) -> list[str]:
        if tell and given and enough(given):
            return []
        if len(among) == 1:
            return list(among)
        half = (len(among) + 1) // 2
        first, last = among[:half], among[half:]
        of_last = needed([*given, *first], True, last)
        of_first = needed([*given, *of_last], bool(of_last), first)
        return [*of_first, *of_last]

    return frozenset(needed([], False, pins))


def _found(looking: Search, enough: Pins | None, everything: bool | None) -> Found:
    alone = {
        pin for pins, outcome in looking.tried.items() if outcome is Outcome.BROKEN and len(pins) == 1 for pin in pins
    }
    return Found(enough, everything, tuple(sorted(looking.broken | alone)))
