"""Which draw has moved: where the draws of two runs from one generator part, and what that does to those after it."""

import difflib
from dataclasses import dataclass

from repro.audits.comparison.trace import Trace, where
from repro.audits.observer.format import Draw, Site

MAX_DRAWS = 5000  # records of one generator that are aligned
LATER = 3  # later draws that must be the same numbers, one further on, before that is said


@dataclass(frozen=True, kw_only=True)
class MovedDraw:
    """Draws that one run alone makes: from which source, in which line of which `run`, "A" or "B", and how many; the
    line of the `next` draw that both make; and whether each later draw was seen to be so many further on, None where
    that is not known."""

    source: str
    run: str
    file: str
    line: int
    code: str
    draws: int
    next_file: str | None = None
    next_line: int | None = None
    further: bool | None = None


def moved_draw(a: Trace, b: Trace) -> MovedDraw | None:
    """The first draw, in its order in time, that one of two runs alone makes from a global generator."""
    found: list[tuple[int, MovedDraw]] = []
    for source in dict.fromkeys(draw.source for draw in (*a.of_main(Draw), *b.of_main(Draw))):
        in_a, in_b = _drawn(a, source), _drawn(b, source)
        keys = [[(where(one.site), one.what, one.count) for one in drawn] for drawn in (in_a, in_b)]
        matcher = difflib.SequenceMatcher(None, keys[0], keys[1], autojunk=False)
        for what, low_a, high_a, low_b, high_b in matcher.get_opcodes():
            if what == "equal":
                continue
            run, more = ("A", in_a[low_a:high_a]) if high_a - low_a > high_b - low_b else ("B", in_b[low_b:high_b])
            site = next((one.site for one in more if one.site is not None), None)
            if site is not None:
                before = (in_a[high_a:] or in_b[high_b:])[:1]
                found.append(
                    (more[0].n, _moved(source, run, more, site, before, further=_further(in_a, in_b, low_a, low_b)))
                )
            break
    return min(found, key=lambda one: one[0])[1] if found else None


def _drawn(trace: Trace, source: str) -> list[Draw]:
    return [one for one in trace.of_main(Draw) if one.source == source and not one.importing][:MAX_DRAWS]


def _moved(
    source: str, run: str, more: list[Draw], site: Site, before: list[Draw], *, further: bool | None
) -> MovedDraw:
    line = where(site)
    after = where(before[0].site) if before else None
    return MovedDraw(
        source=source,
        run=run,
        file=site.file,
        line=site.line,
        code=site.code,
        draws=sum(one.count for one in more if where(one.site) == line),
        next_file=None if after is None else after[0],
        next_line=None if after is None else after[1],
        further=further,
    )


def _further(a: list[Draw], b: list[Draw], at_a: int, at_b: int) -> bool | None:
    """Whether both runs were handed the same numbers one after the other from there on, whichever line took them."""
    pairs = [
        (one.digest, other.digest)
        for one, other in zip(a[at_a:], b[at_b:], strict=False)
        if one.count == other.count == 1 and one.digest and other.digest
    ]
    if len(pairs) < LATER:
        return None
    return all(one == other for one, other in pairs) or None
