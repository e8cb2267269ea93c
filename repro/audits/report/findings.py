"""All that traces, their comparison and the trials add up to: the result."""

import os
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from repro.audits.causes.entering import Entering
from repro.audits.causes.fewer import Fewer
from repro.audits.causes.patching import Patching
from repro.audits.causes.readings import kind
from repro.audits.causes.search import Found, Pins
from repro.audits.comparison import packed, seen
from repro.audits.comparison.comparison import Comparison
from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Draw, Read, Site, Step
from repro.audits.report.advice import advice, line_of
from repro.audits.report.draws import unseeded
from repro.audits.report.facts import Enters, Looked, Patch, Reading, Repeated, Seeding
from repro.audits.report.first import first_difference
from repro.audits.report.result import Result
from repro.audits.runs.pairs import SAME_PROCESS, Run, Runs, own_paths
from repro.audits.runs.workspace import Script
from repro.audits.sources import SOURCES
from repro.experiment import conditions, machine

SETS = "which line went through a set whose order the hash seed decides"
ALWAYS_NOT_SEEN = (
    "numbers that other libraries draw with generators of their own",
    "the order in which GPU kernels add up",
    SETS,  # unless the line is told where the difference enters
)
ONE_STREAM = ("python", "numpy")  # global generators, of which whoever draws takes the next number
LEFT_FILES = "files that it leaves"


def _by_the_clock(script: Script, trace: Trace, found: Found | None) -> list[str]:
    """Where everything pinned is not enough: the first line that reads what no pin can hold constant."""
    if found is None or found.everything is not False:
        return []
    reads = trace.readings
    return [
        f"{line_of(read.site.file, read.site.line, script)} reads {read.what}, which no pin can hold constant: what"
        " depends on it, such as when to stop, can differ in each run"
        for read in reads[:1]
        if read.site is not None
    ]


def shared_by_threads(script: Script, trace: Trace) -> list[str]:
    """The lines of several threads that draw from one generator, which a seed sets once: in words."""
    drew: dict[tuple[str, int], dict[str, list[Site]]] = {}
    for draw in trace.of_main(Draw):
        seeded = draw.seeded and draw.origin is not None and not draw.importing
        if seeded and draw.site is not None and draw.source in ONE_STREAM:
            drew.setdefault((draw.source, draw.origin or 0), {}).setdefault(draw.thread, []).append(draw.site)
    found: dict[str, None] = {}
    for (source, _), sites in drew.items():
        if len(sites) > 1:
            mine, other = (line_of(one[0].file, one[0].line, script) for one in (sites["main"], sites["other"]))
            found[
                f"{mine} and {other}, in another thread, draw from {SOURCES[source].title}: a seed sets the numbers,"
                " and not whose turn it is"
            ] = None
    return list(found)


def not_seen(trace: Trace, *, one_folder: bool, entered: bool = False) -> list[str]:
    """What was not watched, in words. `one_folder`: the runs took place in the same folder, one after the other;
    `entered`: the line is known where the difference enters."""
    if not trace.observed:
        return ["anything: the observer was not loaded, as when the interpreter ignores PYTHONPATH"]
    # A hook without a source stopped working in the middle: its name is one of ours, and says nothing to a person.
    gone = [
        f"{SOURCES[hook.source].draws if hook.source in SOURCES else hook.source} through {hook.name}"
        + (f" ({hook.why})" if hook.why else "")
        if hook.source
        else "a part of the training: a library does it in another way than the versions that are known"
        for hook in trace.unwatched
    ]
    gone += [step.why for step in trace.all(Step) if step.why is not None]
    always = [one for one in ALWAYS_NOT_SEEN if not (entered and one is SETS)]
    return [*dict.fromkeys(gone), *always, *([LEFT_FILES] if one_folder else [])]


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
    readings: Sequence[Read] = (),
    came: int = 0,
    where: Entering | None = None,
    matter: Mapping[tuple[str, str, int], bool] = MappingProxyType({}),
    patch: Patching | None = None,
    repeated: Sequence[Repeated] = (),
) -> Result:
    """All that was found."""
    a, b = pair[0].trace, pair[1].trace
    one_folder = runs.options.in_place or runs.options.rerun == SAME_PROCESS
    rows = unseeded(a, b, comparison, found, lines_that_matter, matter)
    used = runs.options.in_place or pair[1].place.after is not None or pair[1].place is pair[0].place
    first = first_difference(a, b, comparison, found, used_folder=used, lines=lines_that_matter, matter=matter)
    matters = {line.matters for line in lines}
    sufficient = () if found is None or not found.sufficient else (tuple(n for n in SOURCES if n in found.sufficient),)
    printed = comparison.printed
    return Result(
        script=script.name,
        arguments=script.arguments,
        rerun=runs.options.rerun,
        repeats=comparison.repeats,
        first_difference=first,
        unseeded=tuple(rows),
        seeding=tuple(lines),
        sufficient=None if found is None else sufficient,
        seed_has_effect=True if True in matters else False if matters == {False} else None,
        steps=(a.steps, b.steps),
        final_weights=(a.final_weights, b.final_weights),
        seconds=round(time.monotonic() - runs.began, 2),
        seen={"draws": a.draws, "hooks": a.active, "versions": a.versions},
        not_seen=tuple(not_seen(a, one_folder=one_folder, entered=where is not None and where.entry is not None)),
        differs=tuple(change.quantity for change in comparison.effects),
        printed=None if printed is None else (printed.a, printed.b),
        could_not_be_tried=() if found is None else found.could_not_be_tried,
        everything=None if found is None else found.everything,
        left_files=tuple(left),
        notes=(
            *(f"{name} was linked, not copied: it is larger than 64 MB" for name in runs.workspace.linked),
            *(f"{name} in your own folder has changed during the audit" for name in runs.workspace.changed()),
            *(f"left out of the notebook: {line}" for line in script.left_out),
            *(f"{name} differs in its bytes, but not in what it holds" for name in comparison.alike),
            *_by_the_clock(script, a, found),
            *shared_by_threads(script, a),
            *runs.notes,
        ),
        runs=times,
        all_runs=runs.made,
        advice=tuple(advice(script, rows, found, (a, b), patch, lines_that_matter)),
        cells=script.cells,
        losses=(seen.losses(a), seen.losses(b)),
        outputs=seen.outputs(pair[0].printed[0], pair[1].printed[0], [own_paths(run) for run in pair]),
        drawn=seen.drawn(a),
        trials=tuple(runs.trials),
        code=runs.workspace.code,
        repeated_inside=tuple(repeated),
        readings=tuple(
            Reading(file=read.site.file, line=read.site.line, reads=kind(read.what)) for read in readings if read.site
        ),
        from_readings=came,
        trace=packed.pack(a),
        machine=machine.rows() | conditions.stamped(os.environ),
        enters=_enters(where),
        looked=_looked(where),
        patch=_patch(patch, script),
        no_patch=None if patch is None or patch.diff is not None else patch.why,
    )


def _enters(where: Entering | None) -> Enters | None:
    if where is None or where.entry is None:
        return None
    entry = where.entry
    site = entry.site
    return Enters(file=site.file, line=site.line, code=site.code, name=entry.name, a=entry.a, b=entry.b)


def _patch(patch: Patching | None, script: Script) -> Patch | None:
    if patch is None or patch.diff is None:
        return None
    told = tuple(_fewer(one, script) for one in patch.fewer)
    return Patch(diff=patch.diff, tried=patch.runs, repeats=patch.repeats, fewer=told)


def _fewer(one: Fewer, script: Script) -> str:
    """What a run with a change has less of, in a sentence."""
    where = "the training" if one.site is None else line_of(one.site.file, one.site.line, script)
    if one.what == "loss":
        return f"with it the loss of {where} does not fall, as it does without"
    made = {"draws": "draws", "generators": "makes generators with", "batches": "trains on"}[one.what]
    noun = {"draws": "value", "generators": "seed", "batches": "batch"}[one.what]
    several = {"draws": "values", "generators": "seeds", "batches": "batches"}[one.what]
    now = f"{one.now:,} {noun if one.now == 1 else several}"
    return f"with it {where} {made} {now}, where it {made} {one.before:,} without"


def _looked(where: Entering | None) -> Looked | None:
    if where is None:
        return None
    entry = where.entry
    return Looked(
        pairs=where.pairs,
        differed=where.seen,
        visit=1 if entry is None else entry.visit,
        thread=entry is not None and entry.thread,
        why=where.why,
    )
