"""The lines of a script that seed, and those that draw and nothing seeds, as traces and trials show them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from repro.audits.causes.search import Found, Pins
from repro.audits.comparison.comparison import Comparison
from repro.audits.comparison.trace import Trace, where
from repro.audits.observer.format import LINE_BY_LINE, Birth, Draw, Seed, Site
from repro.audits.report.facts import Seeding, Unseeded


def seeding_lines(trace: Trace) -> list[Seeding]:
    """The lines that set a generator, in the order in which they first did: not those that only pass on what another
    line drew."""
    lines: dict[tuple[str, int], list[Seed]] = {}
    for seed in trace.all(Seed):
        key = where(seed.site)
        if key is not None and seed.derived is None and not (seed.value is None and seed.level == "op"):
            lines.setdefault(key, []).append(seed)
    late = _too_late(trace)
    found = []
    for (file, line), seeds in lines.items():
        sets = tuple(dict.fromkeys(seed.source for seed in seeds))
        site = seeds[0].site
        found.append(
            Seeding(
                file=file,
                line=line,
                code=site.code if site else None,
                sets=sets,
                value=seeds[0].value,
                library=next((seed.library for seed in seeds if seed.library), None),
                too_late=(file, line) in late,
            )
        )
    return found


def _too_late(trace: Trace) -> set[tuple[str, int] | None]:
    """The lines that set a global generator after lines of the person's had drawn from it, unseeded, in the same
    process."""
    late = set()
    for records in (trace.main, *trace.others):
        drawn: set[str] = set()
        for record in records:
            if isinstance(record, Draw) and not record.seeded and not record.importing and record.origin is None:
                drawn |= {record.source} if record.site is not None else set()
            elif isinstance(record, Seed) and record.level == "global" and record.source in drawn:
                late.add(where(record.site))
    return late


def entropy(trace: Trace, sources: Pins) -> list[tuple[str, int]]:
    """The lines that take entropy: that make generators without a seed, or draw from the system."""
    lines = [where(one.site) for one in trace.all(Birth) if one.source in sources]
    if "system" in sources:
        lines += [where(draw.site) for draw in trace.all(Draw) if draw.source == "system" and not draw.importing]
    return list(dict.fromkeys(line for line in lines if line is not None))


Line = tuple[str, int] | None
Drawing = tuple[Draw | Birth, Site | None]


def unseeded(
    a: Trace,
    b: Trace,
    comparison: Comparison,
    found: Found | None,
    lines: Pins | None = None,
    matter: Mapping[tuple[str, str, int], bool] = MappingProxyType({}),
) -> list[Unseeded]:
    """What drew and nothing seeded, by source and line; whether it matters, as far as trials say.

    Pinned in a smallest set that is sufficient: it does. Not pinned in a pair that repeats all the same: it does not.
    `lines`: of several that took entropy, those that do, as `file:line`; `matter`: of several that draw from a global
    generator, whether each does, by source, file and line.
    """
    rows = _unseeded_of(a)
    for key, drawn in _unseeded_of(b).items():
        rows.setdefault(key, drawn)
    made = [
        _row(
            source,
            drawn,
            matter[source, *at]
            if at is not None and (source, *at) in matter
            else _matters(source, at, drawn, comparison, found, lines, _elsewhere(drawn, (a, b))),
        )
        for (source, at), drawn in rows.items()
    ]
    return sorted(made, key=lambda row: (row.matters is not True, row.matters is False))


def _unseeded_of(trace: Trace) -> dict[tuple[str, Line], list[Drawing]]:
    """The unseeded draws of a run, and the births of generators, by source and line."""
    rows: dict[tuple[str, Line], list[Drawing]] = {}
    for birth in trace.all(Birth):  # it took entropy, and what NumPy's own generators draw from it is not seen
        if birth.site is not None:
            rows.setdefault((birth.source, where(birth.site)), []).append((birth, birth.site))
    for draw in trace.all(Draw):
        if draw.seeded or draw.importing:
            continue
        site = origin(trace, draw) if draw.source in ("generators", "tf-generators") else draw.site
        if site is None and draw.source in ("system", "generators"):
            continue  # a library's own affair, such as the name of a temporary file
        rows.setdefault((draw.source, where(site)), []).append((draw, site))
    return rows


def _row(source: str, drawn: Sequence[Drawing], matters: bool | None) -> Unseeded:
    site = drawn[0][1]
    return Unseeded(
        source=source,
        file=site.file if site else None,
        line=site.line if site else None,
        code=site.code if site else None,
        draws=sum(draw.count for draw, _ in drawn if isinstance(draw, Draw)) or len(drawn),
        matters=matters,
    )


def _matters(
    source: str,
    at: Line,
    drawn: Sequence[Drawing],
    comparison: Comparison,
    found: Found | None,
    lines: Pins | None,
    elsewhere: bool,
) -> bool | None:
    """Whether what a line drew changed a result; None if that is not known. `elsewhere`: only processes that the script
    started drew it."""
    if comparison.repeats:
        return False
    if found is None or found.sufficient is None:
        return None
    if source not in found.sufficient:
        if elsewhere and "order" in found.sufficient:
            return None  # its pin lets one worker do it, which may draw from what the script has seeded
        # The seed that was given instead of it may have been made of it.
        given = [change.record for change in comparison.causes if isinstance(change.record, Seed)]
        return None if "clock" in found.sufficient and _may_be_of(given, drawn) else False
    if lines is not None and source in LINE_BY_LINE and at is not None:
        return f"{at[0]}:{at[1]}" in lines
    first = comparison.first_effect
    if first is not None and first.n is not None and all(one.n > first.n for one, _ in drawn):
        return None  # it drew only after the runs differed already
    return True


def _elsewhere(drawn: Sequence[Drawing], pair: tuple[Trace, Trace]) -> bool:
    """Whether none of some draws was made in the script's own process."""
    mine = {id(record) for trace in pair for record in trace.main}
    return not any(id(one) in mine for one, _ in drawn)


def _may_be_of(seeds: Sequence[Seed], drawn: Sequence[tuple[Draw | Birth, Site | None]]) -> bool:
    """Whether one of the seeds that had two values may be made of what was drawn: no clock was read for it, and it
    was given after it."""
    return any(seed.clock is None and one.n < seed.n for seed in seeds for one, _ in drawn)


def origin(trace: Trace, draw: Draw) -> Site | None:
    """The line that made the generator of a draw; the draw's own if that is not known."""
    birth = trace.origin(draw)
    return birth.site if isinstance(birth, Birth) and birth.site is not None else draw.site
