"""The first difference of two runs: of all that was compared the first that differs, and the source it comes from."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from repro.audits.causes.search import Found, Pins
from repro.audits.comparison.comparison import Change, Comparison
from repro.audits.comparison.trace import Trace, where
from repro.audits.observer.format import LINE_BY_LINE, Birth, Draw, Race, Site
from repro.audits.report.draws import origin
from repro.audits.report.facts import FirstDifference
from repro.audits.sources import SOURCES, Kind


def first_difference(
    a: Trace,
    b: Trace,
    comparison: Comparison,
    found: Found | None,
    *,
    used_folder: bool,
    lines: Pins | None = None,
    matter: Mapping[tuple[str, str, int], bool] = MappingProxyType({}),
) -> FirstDifference | None:
    """The first of `result.QUANTITIES` that differs, among the causes those that trials have confirmed, if there were
    any. `used_folder`: run B took place in the folder that run A had left, which differs from what A found. `lines`: of
    several that took entropy, those that matter, as `file:line`; `matter`: of those that draw from a global generator,
    whether each does, by source, file and line."""
    effect = comparison.first_effect
    if effect is None:
        return None
    enough = found.sufficient if found is not None else None
    no_trials = found is None
    took = [
        Change("draw", birth.source, birth.site, n=birth.n, record=birth)
        for birth in a.all(Birth)
        if birth.site is not None
    ]
    in_time = sorted([*comparison.causes, *took], key=lambda change: (change.n is None, change.n or 0))
    if no_trials:
        # What a generator without a seed gave was not seen: it is named where it is the one, and nothing else drew.
        took = took if len({where(change.site) for change in took}) == 1 else []
        seen_to_differ = any(_source(change, None, no_trials=True) for change in comparison.causes)
        in_time = list(comparison.causes) if seen_to_differ else took
    for quantity in ("seed", "draw", "files"):
        for change in in_time:
            if change.quantity != quantity or not _before(change, effect):
                continue
            source = _source(change, enough, no_trials=no_trials)
            site = change.site
            if isinstance(change.record, Draw) and change.source in ("generators", "tf-generators"):
                site = origin(a if change.record in a.main else b, change.record)
            harmless = lines is not None and change.source in LINE_BY_LINE and _named(site) not in lines
            if source is not None and site is not None and matter.get((source, site.file, site.line)) is False:
                continue
            if source is not None and not harmless:
                return _of(change, source, site)
    if enough is not None and "files" in enough and used_folder:
        return FirstDifference(quantity="files", source="files")
    source = None if enough is None else _first_of(enough)
    read = next((read.site for read in a.readings), None) if source == "clock" else None
    return _of(effect, source, raced(a, source) or read or effect.site)


def _source(change: Change, enough: Pins | None, *, no_trials: bool) -> str | None:
    """The source that a change comes from, as far as trials confirm it; None if they do not."""
    if enough is None:
        if not no_trials:
            return None
        if change.source == "system" or (isinstance(change.record, Draw) and change.record.seeded):
            return None  # mostly harmless, or what it comes from is not known
        return "clock" if change.quantity == "seed" else change.source
    if change.quantity == "seed":
        return next((source for source in ("clock", "hash") if source in enough), None)
    if change.source in enough and not (isinstance(change.record, Draw) and change.record.seeded):
        return change.source
    races = [source for source in enough if SOURCES[source].kind is Kind.RACE]
    if isinstance(change.record, Draw) and change.record.seeded and change.record.thread != "main" and races:
        return races[0]
    return None


def _named(site: Site | None) -> str | None:
    return None if site is None else f"{site.file}:{site.line}"


def raced(trace: Trace, source: str | None) -> Site | None:
    """The line that set up what races: one where something draws at random rather than another."""
    races = sorted((race for race in trace.all(Race) if race.source == source), key=lambda race: not race.random)
    return races[0].site if races else None


def _before(change: Change, effect: Change) -> bool:
    return change.n is None or effect.n is None or change.n <= effect.n


def _first_of(enough: Iterable[str]) -> str | None:
    return next((name for name in SOURCES if name in set(enough)), None)


def _of(change: Change, source: str | None, site: Site | None) -> FirstDifference:
    return FirstDifference(
        quantity=change.quantity,
        source=source,
        file=site.file if site else None,
        line=site.line if site else None,
        code=site.code if site else None,
        step=change.step,
    )
