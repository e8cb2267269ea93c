"""What a person can write, and where: the change that was tried and cured, or what is true of the lines that drew."""

import re
from collections.abc import Sequence

from repro.audits.causes import patches
from repro.audits.causes.patches import Change
from repro.audits.causes.patching import Patching
from repro.audits.causes.search import Found, Pins
from repro.audits.comparison.trace import Trace, where
from repro.audits.observer.format import Birth, Draw, Race, Seed
from repro.audits.observer.order import SHARED_MEMORY
from repro.audits.report.facts import Advice, Unseeded, place
from repro.audits.runs.workspace import Script
from repro.audits.sources import SOURCES

MAX_LINES = 3  # of a source that are named


def advice(
    script: Script,
    rows: Sequence[Unseeded],
    found: Found | None,
    pair: tuple[Trace, Trace],
    patch: Patching | None,
    lines: Pins | None,
) -> list[Advice]:
    """What a person can write, and where. `lines`: of those that take entropy the ones that matter."""
    names = [name for name in SOURCES if found is not None and name in (found.sufficient or ())]
    if patch is not None and patch.repeats:
        return [_of_change(change, names[0] if names else "", script) for change in patch.changes]
    sources = patches.reader(script.folder, script.runs_as, script.code)
    said = []
    for name in names:
        drew = [row for row in rows if row.source == name and row.line is not None and row.matters is not False]
        races = [race for race in pair[0].all(Race) if race.source == name and race.site is not None]
        if races:
            workers = [other for other in patches.SEEDING if other not in names and _in_workers_alone(pair[0], other)]
            for other in workers:
                said.append(_of_workers(other, [row for row in rows if row.source == other and row.line], script))
            said.append(_of_races(name, races, script))
        elif _in_workers_alone(pair[0], name):
            said.append(_of_workers(name, drew, script))
        else:
            changes = _untried(sources, name, pair, lines)
            tried = len(names) == 1 and patch is not None and patch.runs > 0
            taken = [] if changes else _takes(pair[0], name, drew)
            if changes and not tried:
                said += [_of_change(change, name, script) for change in changes]
            elif taken:
                said += [_of_what_takes_a_seed(name, one, script) for one in taken]
            elif name == "generators" and drew and not _makers(sources, drew):
                said.append(_of_a_library(drew, script))
            else:
                said.append(_of_row(name, _place(name, drew, pair, sources, script), tried=bool(changes)))
    return said


def _of_change(change: Change, source: str, script: Script) -> Advice:
    """A part of a change of the script, in words."""
    here = line_of(change.file, change.line, script)
    code = " and ".join(f"`{line.strip()}`" for line in change.code.splitlines() if line.strip())
    if change.moved is not None:
        where = f"before {here}"
        words = f"Move {line_of(change.file, change.moved, script)}, {code}, {where}: it seeds too late."
    elif change.last is None:
        where = f"before {here}"
        words = f"Write {code} {where}."
    else:
        last = "" if change.last == change.line else f" to {line_of(change.file, change.last, script)}"
        where = f"in {here}{last}"
        words = f"{where[0].upper()}{where[1:]} write {code}."
    return Advice(source=source, code=change.code, where=where, words=words)


def _untried(sources: patches.Sources, name: str, pair: tuple[Trace, Trace], lines: Pins | None) -> list[Change]:
    """The likeliest change for one source alone."""
    made = patches.candidates(sources, frozenset([name]), *pair, None, lines)
    return sources.changes(made[0].edits) if made else []


def _of_races(name: str, races: Sequence[Race], script: Script) -> Advice:
    """What to do where something runs at the same time, by what each line set up there."""
    if not any(race.remedy for race in races):
        return _of_row(name, _lines([(race.site.file, race.site.line) for race in races if race.site], script))
    first = [race for race in races if race.random] or list(races)  # those that draw, rather than others
    remedies = dict.fromkeys(race.remedy for race in first if race.remedy)
    where = _lines([(race.site.file, race.site.line) for race in first if race.site is not None], script)
    code = next(iter(remedies))
    words = f"Let one worker do it {where} ({' or '.join(f'`{one}`' for one in remedies)})"
    draws = any(set(one.random) - {SHARED_MEMORY} for one in first)
    words += ", or draw what is random before the work is distributed." if draws else "."
    return Advice(source=name, code=code, where=where, words=words)


def _in_workers_alone(trace: Trace, name: str) -> bool:
    """Whether lines of the person's draw unseeded from a source in processes that the script started, and nowhere
    else."""
    drew = [
        one
        for one in trace.all(Draw)
        if one.source == name and one.site is not None and not (one.seeded or one.importing)
    ]
    return bool(drew) and name in patches.SEEDING and not any(one in trace.main for one in drew)


def _of_workers(name: str, drew: Sequence[Unseeded], script: Script) -> Advice:
    where = _lines([(row.file or "", row.line or 0) for row in drew], script)
    words = (
        f"Give each task a seed of its own, and draw from a generator made of it {where}: what draws there are worker"
        " processes, which no seeding line of the main process reaches."
    )
    return Advice(source=name, code=None, where=where, words=" ".join(words.split()))


def _takes(trace: Trace, name: str, drew: Sequence[Unseeded]) -> list[Draw | Birth]:
    """Of lines that drew, what takes a seed there and was given none, each once."""
    lines = {(row.file, row.line) for row in drew}
    records: list[Draw | Birth] = [*trace.all(Draw), *trace.all(Birth)]
    found = {
        (one.site.file, one.site.line, *one.takes): one
        for one in records
        if one.source == name and one.takes and one.site is not None and (one.site.file, one.site.line) in lines
    }
    return list(found.values())


def _of_what_takes_a_seed(name: str, one: Draw | Birth, script: Script) -> Advice:
    """The seed that something of a library takes, by its own signature."""
    how, thing, argument = one.takes
    where = "" if one.site is None else f"in {line_of(one.site.file, one.site.line, script)}"
    code = f"{argument}=42" if how != "method" else f"{argument}(42)"
    words = {
        "argument": f"Give `{thing}` a seed {where}: `{code}`.",
        "made": f"Make the `{thing}` that draws {where} with `{code}`: nothing seeds it.",
        "method": f"Call `{code}` of the `{thing}` that draws {where}, once, before it draws.",
    }[how]
    return Advice(source=name, code=code, where=where, words=words)


def _makers(sources: patches.Sources, drew: Sequence[Unseeded]) -> bool:
    """Whether one of some lines makes a generator itself."""
    lines = [(row.file, row.line) for row in drew if row.file is not None and row.line is not None]
    return any(patches.makes_a_generator(sources, file, line) for file, line in lines)


def _of_a_library(drew: Sequence[Unseeded], script: Script) -> Advice:
    where = _lines([(row.file or "", row.line or 0) for row in drew], script)
    words = (
        f"Look in the documentation of what is called {where} for what seeds it: it makes generators from the system's"
        " numbers, and none of its own arguments there is a seed."
    )
    return Advice(source="generators", code=None, where=where, words=words)


def _place(
    name: str, drew: Sequence[Unseeded], pair: tuple[Trace, Trace], sources: patches.Sources, script: Script
) -> str:
    """Where the words of a source's row apply."""
    if name == "clock":
        return _lines([(read.site.file, read.site.line) for read in pair[0].readings[:1] if read.site], script)
    if name == "modules":  # what only the first run did
        made, again = (
            [*(where(one.site) for one in trace.all(Seed)), *(where(one.site) for one in trace.all(Birth))]
            for trace in pair
        )
        return _lines([line for line in made if line is not None and line not in again], script)
    if not drew:
        return ""
    if name in patches.SEEDING:
        own = [row.line for row in drew if row.file == sources.main and row.line]
        begin = patches.begins(sources, min(own) if own else None)
        return "" if begin is None else f"before {line_of(sources.main, begin, script)}"
    if name in ("generators", "tf-generators", "system", "files", "order"):
        return _lines([(row.file or "", row.line or 0) for row in drew], script)
    return f"before {line_of(drew[0].file, drew[0].line, script)}"


def _of_row(name: str, where: str, *, tried: bool = False) -> Advice:
    """The words of a source's row; where just that was `tried`, that it is not sufficient."""
    words = re.sub(r"\s+(?=[,.:])", "", " ".join(SOURCES[name].advice.format(where=where).split()))
    line = re.search(r"`([^`…]+)`", words)
    if tried:
        told = f"`{line[1]}` {where}".strip() if line else "the likeliest change"
        return Advice(
            source=name, code=None, where=where, words=f"{told[0].upper()}{told[1:]} was tried, and is not sufficient."
        )
    return Advice(source=name, code=line[1] if line else None, where=where, words=words)


def _lines(lines: Sequence[tuple[str, int]], script: Script) -> str:
    places = [line_of(file, line, script) for file, line in dict.fromkeys(lines)]
    more = f" and {len(places) - MAX_LINES} more" if len(places) > MAX_LINES else ""
    return f"in {' and '.join(places[:MAX_LINES])}{more}" if places else ""


def line_of(file: str | None, line: int | None, script: Script) -> str:
    """A line of the script, or of a module beside it, in words."""
    return place(file, line, script.name, script.cells)
