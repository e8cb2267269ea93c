"""What a change has made less of: a seed that is given again and again makes a script repeat, and each draw the same.

A run with the change is held against run A and run B of the script as it is: how many different draws each line made,
how many different batches a training saw, and whether its loss still falls.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Birth, Draw, Seed, Site, Step

PART = 2  # of so many different draws less than one is left: by chance two runs differ by less, but for a few draws


@dataclass(frozen=True)
class Fewer:
    """Of `what` ("draws", "generators", "batches") a line made `now` different ones with a change, and `before`
    without; "loss": it fell before, and no longer does."""

    what: str
    site: Site | None
    before: int
    now: int


def fewer(a: Trace, b: Trace, patched: Trace, lines: Mapping[tuple[str, int], int]) -> list[Fewer]:
    """What there is less of in a run with a change than in run A and run B without. `lines`: the line of the script as
    it is that each line of a file with a change comes from, where that is another one; 0 for a new one."""
    found = []
    one, other = _drawn(a, {}), _drawn(b, {})
    for key, (_, now) in _drawn(patched, lines).items():
        before = [len(drawn[key][1]) if key in drawn else 0 for drawn in (one, other)]
        if len(now) * PART <= min(before):
            found.append(Fewer(key[0], one[key][0], min(before), len(now)))
    training = next((step.site for step in a.of_main(Step)), None)
    batches = [len({step.batch for step in one.of_main(Step) if step.batch}) for one in (a, b, patched)]
    if 0 < batches[2] * PART <= min(batches[:2]):
        found.append(Fewer("batches", training, min(batches[:2]), batches[2]))
    if _falls(a) and _falls(b) and not _falls(patched):
        found.append(Fewer("loss", training, 0, 0))
    return found


Key = tuple[str, str, str, int]


def _drawn(trace: Trace, lines: Mapping[tuple[str, int], int]) -> dict[Key, tuple[Site, set[object]]]:
    """What each line drew, and which generators it made, all that differs once. Numbers that nobody saw, and entropy,
    are taken to differ each time."""
    found: dict[Key, tuple[Site, set[object]]] = {}
    for what, one, value in _values(trace):
        if one.site is not None:
            line = lines.get((one.site.file, one.site.line), one.site.line)
            key = what, one.source, one.site.file, line
            found.setdefault(key, (one.site, set()))[1].add(value)
    return found


def _values(trace: Trace) -> Iterator[tuple[str, Draw | Birth | Seed, object]]:
    for draw in trace.all(Draw):
        if not draw.importing and draw.count == 1:
            yield "draws", draw, draw.digest or ("unseen", draw.n)
    for birth in trace.all(Birth):
        yield "generators", birth, ("entropy", birth.n)
    for seed in trace.all(Seed):
        if seed.level == "own":
            yield "generators", seed, repr(seed.value)


def _falls(trace: Trace) -> bool:
    """Whether the loss of its training is less at its end than at its beginning."""
    losses = [step.value for step in trace.of_main(Step) if step.value is not None]
    return len(losses) > 1 and losses[-1] < losses[0]
