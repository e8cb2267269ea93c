"""Which sources two traces make suspect of a difference: an order in which to try pins, and no more than that.

What made the runs differ is found by trying (search.py).
"""

import re
from collections.abc import Iterable, Sequence

from repro.audits.comparison.comparison import Comparison
from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Birth, Draw, Race, Read, Seed, Step
from repro.audits.sources import SOURCES

NEVER = 1 << 60


def guesses(a: Trace, b: Trace, comparison: Comparison, *, same_process: bool = False) -> Sequence[Sequence[str]]:
    """Sets of pins to try, one after the other, the likeliest of each first: the likeliest alone, what drew unseeded
    or was seeded by two values, and that with the races that were set up and what no trace can show."""
    first = comparison.first_effect
    until = first.n if first is not None and first.n is not None else NEVER
    drawn = list(_ranked_draws(a, b, comparison, until, same_process))
    raced = list(_ranked_races(a, comparison))
    unseen = [change.source for change in comparison.causes if change.quantity == "files" and change.source]
    unseen += [
        name
        for name, source in SOURCES.items()
        if source.unseen and (source.in_one_process if same_process else source.in_new_process)
    ]
    in_update = first is not None and first.quantity in ("loss", "weights") and first.n is not None
    if not drawn:
        drawn = raced[:1] if raced and (in_update or _random(a)) else unseen[:1]
    everything = list(dict.fromkeys([*drawn, *raced, *unseen]))
    return [one for one in dict.fromkeys(map(tuple, (drawn[:1], drawn, [*drawn, *raced[:1]], everything))) if one]


def _ranked_draws(a: Trace, b: Trace, comparison: Comparison, until: int, same_process: bool) -> Iterable[str]:
    """The sources that drew unseeded, and `clock` if a seeding call had two values; first those that did so before
    the first result that differs, and among them those that a script draws its data and weights from. What was drawn
    before a seed with two values, and no clock was read for it, may be what it was made of: this comes before `clock`.
    """
    found: dict[str, tuple[bool, bool, int]] = {}
    seeds = [change.record for change in comparison.causes if isinstance(change.record, Seed)]
    drawn_seed = min((seed.n for seed in seeds if seed.clock is None), default=-1)

    def add(source: str, n: int) -> None:
        rank = (n > until, source == "system" and n > drawn_seed, n)
        found[source] = min(found.get(source, rank), rank)

    for seed in seeds:
        add("clock", seed.n)
    for draw in [*a.all(Draw), *b.all(Draw)]:
        # A generator that a first run in the process has left in another state gives other numbers, seeded or not.
        if not draw.importing and (not draw.seeded or same_process):
            add(draw.source, draw.n)
    for birth in [*a.all(Birth), *b.all(Birth)]:  # NumPy's own generators draw unseen
        if birth.site is not None:
            add(birth.source, birth.n)
    yield from sorted(found, key=lambda source: found[source])


def _ranked_races(a: Trace, comparison: Comparison) -> Iterable[str]:
    """`order` and `arithmetic` if something raced, or may have: first what fits the first result that differs."""
    found = {race.source for race in a.all(Race)}
    raced = any(
        change.quantity == "draw"
        and isinstance(change.record, Draw)
        and change.record.seeded
        and change.record.thread != "main"
        for change in comparison.causes
    )
    if raced or any(draw.thread != "main" for draw in a.all(Draw)):
        found.add("order")
    first = comparison.first_effect
    arithmetic_first = first is not None and first.quantity in ("loss", "weights") and not raced and not _random(a)
    if arithmetic_first:
        found.add("arithmetic")
    ranked = ["arithmetic", "order"] if arithmetic_first else ["order", "arithmetic"]
    yield from (source for source in ranked if source in found)


def _random(a: Trace) -> bool:
    """Whether something draws at random, or is code of the person's, where the order is not fixed."""
    return any(race.random for race in a.all(Race) if race.source == "order")


# What reads a clock that no hook sees: NumPy's and pandas' own C code, other programs, C libraries.
UNSEEN_CLOCKS = re.compile(
    r"""datetime64\(\s*["'](?:now|today)|\bTimestamp\b|to_datetime\(\s*["'](?:now|today)|\bsubprocess\b|\bos\.(?:system|popen)"""
    r"""|\bctypes\b|\bcffi\b"""
)


def may_read_a_clock_unseen(code: str | None) -> bool:
    """Whether something in a script may read a clock that no hook sees: two runs that begin together read it alike."""
    return code is not None and UNSEEN_CLOCKS.search(code) is not None


def may_repeat_by_luck(a: Trace) -> bool:
    """Whether two equal runs say little: work is shared out among threads or processes, something is summed up where
    the order is not fixed, or the clock is read during a training, which may end by it."""
    steps = [step.n for step in a.of_main(Step)]
    clock = (read.n for read in a.of_main(Read) if read.site is not None)
    in_training = bool(steps) and any(steps[0] < n < steps[-1] for n in clock)
    return in_training or bool(list(a.all(Race)))
