"""What traces, their comparison and the trials add up to.

The lines that drew unseeded, the seeding lines, the first difference, the advice, and the result.
"""

import re
import time
from collections.abc import Iterable, Sequence

from repro.audits import seen
from repro.audits.comparison import Change, Comparison
from repro.audits.observer.format import LINE_BY_LINE, Birth, Draw, Race, Seed, Site, Step
from repro.audits.pairs import SAME_PROCESS, Run, Runs
from repro.audits.result import Advice, FirstDifference, Result, Seeding, Unseeded
from repro.audits.search import Found, Pins
from repro.audits.sources import SOURCES, Kind
from repro.audits.trace import Trace, where
from repro.audits.workspace import Script

ALWAYS_NOT_SEEN = (
    "numbers that other libraries draw with generators of their own",
    "the order in which GPU kernels add up",
    "the line that iterated over a set",
    "times, addresses and ids in what it prints",
)
LEFT_FILES = "files that it leaves"


def seeding(trace: Trace) -> list[Seeding]:
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
        code = site.code if site else None
        found.append(
            Seeding(file=file, line=line, code=code, sets=sets, value=seeds[0].value, too_late=(file, line) in late)
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


def unseeded(
    a: Trace, b: Trace, comparison: Comparison, found: Found | None, lines: Pins | None = None
) -> list[Unseeded]:
    """What drew and nothing seeded, by source and line; whether it matters, as far as trials say.

    Pinned in a smallest set that is enough: it does. Not pinned in a pair that repeats all the same: it does not.
    `lines`: of several that took entropy, those that do, as `file:line`.
    """
    first = comparison.first_effect
    given = [change.record for change in comparison.causes if isinstance(change.record, Seed)]
    rows: dict[tuple[str, tuple[str, int] | None], list[tuple[Draw | Birth, Site | None]]] = {}
    for trace in (a, b):
        seen: dict[tuple[str, tuple[str, int] | None], list[tuple[Draw | Birth, Site | None]]] = {}
        for birth in trace.all(Birth):  # it took entropy, and what NumPy's own generators draw from it is not seen
            if birth.site is not None:
                seen.setdefault((birth.source, where(birth.site)), []).append((birth, birth.site))
        for draw in trace.all(Draw):
            if draw.seeded or draw.importing:
                continue
            site = _origin(trace, draw) if draw.source in ("generators", "tf-generators") else draw.site
            if site is None and draw.source in ("system", "generators"):
                continue  # a library's own affair, such as the name of a temporary file
            seen.setdefault((draw.source, where(site)), []).append((draw, site))
        for key, drawn in seen.items():
            rows.setdefault(key, drawn)
    made = []
    for (source, at), drawn in rows.items():
        site = drawn[0][1]
        matters: bool | None = None
        if comparison.repeats:
            matters = False
        elif found is not None and found.enough is not None:
            matters = source in found.enough
            if not matters and "clock" in found.enough and _may_be_of(given, drawn):
                matters = None  # the seed that was given instead of it may have been made of it
            elif matters and lines is not None and source in LINE_BY_LINE and at is not None:
                matters = f"{at[0]}:{at[1]}" in lines
            elif matters and first is not None and first.n is not None and all(one.n > first.n for one, _ in drawn):
                matters = None  # it drew only after the runs differed already
        made.append(
            Unseeded(
                source=source,
                file=site.file if site else None,
                line=site.line if site else None,
                code=site.code if site else None,
                draws=sum(draw.count for draw, _ in drawn if isinstance(draw, Draw)) or len(drawn),
                matters=matters,
            )
        )
    return sorted(made, key=lambda row: (row.matters is not True, row.matters is False))


def _may_be_of(seeds: Sequence[Seed], drawn: Sequence[tuple[Draw | Birth, Site | None]]) -> bool:
    """Whether one of the seeds that had two values may be made of what was drawn: no clock was read for it, and it
    was given after it."""
    return any(seed.clock is None and one.n < seed.n for seed in seeds for one, _ in drawn)


def _origin(trace: Trace, draw: Draw) -> Site | None:
    """The line that made the generator of a draw; the draw's own if that is not known."""
    birth = trace.origin(draw)
    return birth.site if isinstance(birth, Birth) and birth.site is not None else draw.site


def first_difference(
    a: Trace, b: Trace, comparison: Comparison, found: Found | None, *, used_folder: bool, lines: Pins | None = None
) -> FirstDifference | None:
    """The first of `result.QUANTITIES` that differs, among the causes those that trials have confirmed, if there were
    any. `used_folder`: run B took place in the folder that run A had left, which differs from what A found. `lines`: of
    several that took entropy, those that matter, as `file:line`."""
    effect = comparison.first_effect
    if effect is None:
        return None
    enough = found.enough if found is not None else None
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
                site = _origin(a if change.record in a.main else b, change.record)
            harmless = lines is not None and change.source in LINE_BY_LINE and _named(site) not in lines
            if source is not None and not harmless:
                return _of(change, source, site)
    if enough is not None and "files" in enough and used_folder:
        return FirstDifference(quantity="files", source="files")
    source = None if enough is None else _first_of(enough)
    return _of(effect, source, _raced(a, source) or effect.site)


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


def _raced(trace: Trace, source: str | None) -> Site | None:
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


def _own_paths(run: Run) -> tuple[str, ...]:
    return str(run.place.temporary), str(run.place.folder), str(run.place.room)


def _by_the_clock(script: Script, trace: Trace, found: Found | None) -> list[str]:
    """Where everything pinned is not enough: the first line that reads what no pin can hold constant."""
    if found is None or found.everything is not False:
        return []
    reads = trace.readings
    return [
        f"{_place(read.site.file, read.site.line, script)} reads {read.what}, which no pin can hold constant: what"
        " depends on it, such as when to stop, can differ in each run"
        for read in reads[:1]
        if read.site is not None
    ]


def not_seen(trace: Trace, *, one_folder: bool) -> list[str]:
    """What was not watched, in words. `one_folder`: the runs took place in the same folder, one after the other."""
    if not trace.observed:
        return ["anything: the observer was not loaded, as when the interpreter ignores PYTHONPATH"]
    gone = [
        f"{SOURCES[hook.source].draws if hook.source in SOURCES else hook.source or 'something'} through {hook.name}"
        + (f" ({hook.why})" if hook.why else "")
        for hook in trace.unwatched
    ]
    gone += [step.why for step in trace.all(Step) if step.why is not None]
    files = LEFT_FILES if one_folder else f"{LEFT_FILES}, but for texts and arrays of NumPy's"
    return [*dict.fromkeys(gone), *ALWAYS_NOT_SEEN, files]


def advice(
    script: Script,
    rows: Sequence[Unseeded],
    lines: Sequence[Seeding],
    found: Found | None,
    first: FirstDifference | None,
    trace: Trace,
) -> list[Advice]:
    """What a person can write, and where, for each source of the smallest set."""
    if found is None or found.enough is None:
        return []
    said = []
    for name in (name for name in SOURCES if name in found.enough):
        drew = [row for row in rows if row.source == name and row.line is not None and row.matters is not False]
        reseeds = [
            birth for birth in trace.of_main(Birth) if birth.source == name and birth.generator is None and birth.site
        ]
        if reseeds and name not in LINE_BY_LINE:
            said.append(_of_reseeding(name, reseeds, trace, script))
            continue
        late = [line for line in lines if line.too_late and name in line.sets]
        if late and drew:
            first_drawn = min(row.line or 0 for row in drew if row.file == drew[0].file)
            place = f"before {_place(drew[0].file, first_drawn, script)}"
            moved = f"Move {_place(late[0].file, late[0].line, script)}, `{late[0].code}`, {place}: it seeds too late."
            said.append(Advice(source=name, code=late[0].code, where=place, words=moved))
            continue
        raced = _raced(trace, name)
        if raced is not None:
            place = "in " + _place(raced.file, raced.line, script)
        elif name in LINE_BY_LINE and drew:
            place = "in " + " and ".join(_place(row.file, row.line, script) for row in drew[:3])
        elif drew:
            place = "before " + _place(drew[0].file, drew[0].line, script)
        elif first is not None and first.line is not None and name in ("clock", "order", "files", "numpy"):
            place = "in " + _place(first.file, first.line, script)
        else:
            place = ""
        words = re.sub(r"\s+(?=[,.:])", "", " ".join(SOURCES[name].advice.format(where=place).split()))
        line = re.search(r"`([^`…]+)`", words)
        said.append(Advice(source=name, code=line[1] if line else None, where=place, words=words))
    return said


def _of_reseeding(name: str, reseeds: Sequence[Birth], trace: Trace, script: Script) -> Advice:
    """What to do where lines seed a global generator from the operating system: a seed before them would not last."""
    sites = [birth.site for birth in reseeds if birth.site is not None]
    places = list(dict.fromkeys(_place(site.file, site.line, script) for site in sites))
    code = re.search(r"`([^`…]+)`", SOURCES[name].advice)
    assert code is not None
    lines = " and ".join(places[:3])
    words = f"Give the call in {lines} a value, as in `{code[1]}`: without one it takes another each time."
    before = [
        draw.site
        for draw in trace.of_main(Draw)
        if draw.source == name and draw.site is not None and not draw.seeded and draw.n < reseeds[0].n
    ]
    where = f"in {places[0]}"
    if before:
        where = f"before {_place(before[0].file, before[0].line, script)}"
        words = f"Write `{code[1]}` {where} as well. {words}"
    return Advice(source=name, code=code[1], where=where, words=words)


def _place(file: str | None, line: int | None, script: Script) -> str:
    if line is not None and script.cells and file == script.runs_as and line <= len(script.cells):
        cell, inside = script.cells[line - 1]
        return f"cell {cell}, line {inside}"
    return f"line {line}" if file in (None, script.name, script.runs_as) else f"line {line} of {file}"


def result(
    script: Script,
    runs: Runs,
    pair: tuple[Run, Run],
    comparison: Comparison,
    found: Found | None,
    lines: Sequence[Seeding],
    *,
    left: Sequence[str],
    times: int,
    lines_that_matter: Pins | None,
) -> Result:
    """All that was found."""
    a, b = pair[0].trace, pair[1].trace
    one_folder = runs.options.in_place or runs.options.rerun == SAME_PROCESS
    rows = unseeded(a, b, comparison, found, lines_that_matter)
    used = pair[1].place.folder == pair[0].place.folder
    first = first_difference(a, b, comparison, found, used_folder=used, lines=lines_that_matter)
    matters = {line.matters for line in lines}
    enough = (
        None if found is None else ((tuple(name for name in SOURCES if name in found.enough),) if found.enough else ())
    )
    printed = comparison.printed
    return Result(
        script=script.name,
        arguments=script.arguments,
        rerun=runs.options.rerun,
        repeats=comparison.repeats,
        first_difference=first,
        unseeded=tuple(rows),
        seeding=tuple(lines),
        enough=enough,
        seed_has_effect=True if True in matters else False if matters == {False} else None,
        steps=(a.steps, b.steps),
        final_weights=(a.final_weights, b.final_weights),
        seconds=round(time.monotonic() - runs.began, 2),
        seen={"draws": a.draws, "hooks": a.active, "versions": a.versions},
        not_seen=tuple(not_seen(a, one_folder=one_folder)),
        differs=tuple(change.quantity for change in comparison.effects),
        printed=None if printed is None else (printed.a, printed.b),
        could_not_be_tried=() if found is None else found.could_not_be_tried,
        everything=None if found is None else found.everything,
        left_files=tuple(left),
        notes=(
            *(f"{name} was linked, not copied: it is larger than 64 MB" for name in runs.workspace.linked),
            *(f"{name} in your own folder has changed during the audit" for name in runs.workspace.changed()),
            *(f"left out of the notebook: {line}" for line in script.left_out),
            *_by_the_clock(script, a, found),
            *runs.notes,
        ),
        runs=times,
        pairs=runs.made,
        advice=tuple(advice(script, rows, lines, found, first, a)),
        cells=script.cells,
        losses=(seen.losses(a), seen.losses(b)),
        outputs=seen.outputs(pair[0].printed[0], pair[1].printed[0], [_own_paths(run) for run in pair]),
        drawn=seen.drawn(a),
        tried=tuple(runs.tried),
        code=runs.workspace.code,
    )
