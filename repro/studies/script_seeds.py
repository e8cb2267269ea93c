"""Many seeds of any script: how far they move each number that it prints, and whether two scripts differ by more.

The seeding lines are moved together in each run, nothing is edited. A script that sets no seed is run as it is: its own
runs are the sample.
"""

import math
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from typing import Any

from repro.audits.against.hold import refuse_seeds_out_of_range
from repro.audits.audit import perform, prepare
from repro.audits.observer.format import Moved
from repro.audits.report.draws import seeding_lines
from repro.audits.runs.failures import check, reason
from repro.audits.runs.pairs import NEW_PROCESS, Progress, Run, Runs, Setting, Wanted
from repro.audits.runs.workspace import Script
from repro.experiment.errors import InputError, RunFailedError
from repro.studies.seeds import COUNT, MIN_SEEDS, Spread, student

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
MOST_SEEDS = 100_000  # that are named as how many would show a difference
MAX_RESULTS = 8  # that are printed
FORMAT, VERSION = "repro-seeds", 1
ONE_SEED = "choosing the seed of the best run is choosing by chance: report the mean over all seeds, and their number"


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """One number that a script prints, over its runs: its `name`, the text around it; the `values` by seed, in their
    order; the spread; and the seeds of the highest and of the lowest value."""

    name: str
    values: tuple[float, ...]
    mean: float
    std: float | None
    interval: float | None
    highest: int
    lowest: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The difference of one number of two scripts, this one's less the other's, paired by seed: `more`, whether its
    95 % interval leaves out 0, None below five seeds; and with how many seeds it would, if the differences go on as
    they are: None where that is not known or more than 100,000."""

    name: str
    mean: float
    std: float | None
    interval: float | None
    more: bool | None
    seeds_needed: int | None


@dataclass(frozen=True, kw_only=True)
class ScriptSpread:
    """Many seeds of a script. `moved`: its seeding lines were, so that the first one gives each of `seeds`; else these
    count its runs. `repeats`: whether a run with its own seeds repeats; `effect`: whether another seed changed a
    number; `failed`: the seeds with which it failed, and why, which are left out; `dropped`: numbers that are left out,
    since a repeat gave another one. `against` is the other script's, and `differences` this one's less that one's."""

    script: str
    arguments: tuple[str, ...]
    seeds: tuple[int, ...]
    moved: bool
    repeats: bool
    effect: bool
    results: tuple[Numbers, ...]
    failed: tuple[tuple[int, str], ...]
    dropped: tuple[str, ...]
    runs: int
    notes: tuple[str, ...] = ()
    against: "ScriptSpread | None" = None
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        """The report."""
        return "\n".join(_lines(self))

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {"format": FORMAT, "version": VERSION} | asdict(self)


def seeds_of_script(
    script: str | os.PathLike[str],
    arguments: Sequence[str] = (),
    *,
    count: int = COUNT.default,
    first: int | None = None,
    metric: str | None = None,
    against: str | os.PathLike[str] | None = None,
    progress: Callable[[Progress], object] | None = None,
    stop: threading.Event | None = None,
    executor: Executor | None = None,
    **how: Any,
) -> ScriptSpread:
    """Run a script with `count` seeds from `first` on, that of its own first seeding line if it is None. `metric`: a
    regular expression whose first group, or whole match, is the number; else each number that is printed last in a line
    is one. `against`: another script, with the same seeds and arguments. `how` are the keywords of `audits.audit`.

    InputError, of one line, if that cannot be; RunFailedError if the script fails with its own seeds.
    """
    if not COUNT.kind.accepts(count):
        raise InputError(COUNT.refusal(count))
    pattern = _pattern(metric)
    prepared = prepare(script, arguments, causes=False, **how)
    if prepared.options.rerun != NEW_PROCESS:
        raise InputError("each seed needs a new process: --rerun same-process cannot be given")
    other = None if against is None else prepare(against, arguments, causes=False, **how)

    def study(of: int | None) -> Callable[[Script, Runs], ScriptSpread]:
        return lambda script, runs: _study(script, runs, count, of, pattern)

    found = perform(prepared, study(first), progress=progress, stop=stop, executor=executor)
    if other is None:
        return found
    begin = found.seeds[0] if found.moved else first
    beside = perform(other, study(begin), progress=progress, stop=stop, executor=executor)
    paired = found.moved and beside.moved
    differences = tuple(
        one
        for one in (_difference(result, found, beside, paired=paired) for result in found.results)
        if one is not None
    )
    if not differences:
        raise InputError(
            f"the two scripts print no number in lines of one shape: {_names(found)} here, {_names(beside)} there; name"
            " it with --metric"
        )
    return replace(found, against=beside, differences=differences)


def _names(found: ScriptSpread) -> str:
    return ", ".join(repr(one.name) for one in found.results[:3])


def _pattern(metric: str | None) -> re.Pattern[str] | None:
    try:
        return None if metric is None else re.compile(metric)
    except re.error as error:
        raise InputError(f"--metric {metric!r} is not a regular expression: {error}") from None


def _study(script: Script, runs: Runs, count: int, first: int | None, pattern: re.Pattern[str] | None) -> ScriptSpread:
    a, control = runs.singles(f"{script.name} as it is, twice", [Wanted("A", Setting()), Wanted("again", Setting())])
    check(runs, a, control)
    own = _read(a, pattern)
    repeats = runs.compare(a, control).without_output().repeats
    lines = seeding_lines(a.trace)
    again = _read(control, pattern)
    dropped: tuple[str, ...] = ()
    notes: list[str] = []
    if lines and repeats:  # what a repeat prints otherwise is a time, and no result
        dropped = tuple(name for name in own if own[name] != again.get(name))
        if set(own) <= set(dropped):
            repeats, dropped = False, ()
        own = {name: value for name, value in own.items() if name not in dropped}
    made: dict[int, dict[str, float]] = {}
    failed: dict[int, str] = {}
    if lines:
        value = lines[0].value
        base = value if isinstance(value, int) else 0
        if not isinstance(value, int):
            notes.append(f"line {lines[0].line} gives {value!r}, no whole number: seeds count how far it was moved")
        begin = base if first is None else first
        numbers = list(range(begin, begin + count))
        places = tuple((line.file, line.line) for line in lines)
        for edge in (numbers[0], numbers[-1]):
            refuse_seeds_out_of_range(a.trace, edge - base, f"{count} seeds from {begin} on cannot be")
        settings = {
            number: Setting(moved=Moved(lines=places, by=number - base)) for number in numbers if number != base
        }
        if base in numbers:
            made[base] = own
    else:
        numbers = list(range(1, count + 1))
        made |= dict(list({1: own, 2: again}.items())[:count])
        settings = {number: Setting() for number in numbers[2:]}
    what = f"{script.name} with {len(settings)} {'more seeds' if lines else 'more runs'}"
    done = runs.singles(what, [Wanted(f"{number}", one) for number, one in settings.items()]) if settings else []
    for number, run in zip(settings, done, strict=True):
        if run.failed:
            failed[number] = reason(run)
        else:
            made[number] = _read(run, pattern)
    kept = [number for number in numbers if number in made]
    if not kept:
        raise RunFailedError(f"the script fails with every other seed: {next(iter(failed.values()))}")
    results = _results(kept, made, own)
    if not results:
        raise InputError("no number stands in a line of one shape in all runs: name it with --metric")
    effect = any(len(set(one.values)) > 1 for one in results)
    return ScriptSpread(
        script=script.name,
        arguments=script.arguments,
        seeds=tuple(kept),
        moved=bool(lines),
        repeats=repeats,
        effect=effect,
        results=results,
        failed=tuple(failed.items()),
        dropped=dropped,
        runs=runs.made,
        notes=(*notes, *runs.notes),
    )


def _read(run: Run, pattern: re.Pattern[str] | None) -> dict[str, float]:
    """The numbers that a run printed on standard output, by name: of lines of one shape that of the last line.
    InputError if there is none, or the lines in which `pattern` is found have several shapes."""
    return numbers_in(run.printed[0], pattern)


def numbers_in(text: str, pattern: re.Pattern[str] | None = None) -> dict[str, float]:
    """The numbers in what was printed: the last one of each line, of lines of one shape that of the last; or what
    `pattern` finds."""
    found: dict[str, float] = {}
    for line in re.split(r"[\r\n]+", text):
        shape = " ".join(NUMBER.sub("#", line).split())
        if pattern is not None:
            match = pattern.search(line)
            if match is None:
                continue
            told = match[1] if pattern.groups else match[0]
            try:
                found[shape] = float(told)
            except (TypeError, ValueError):
                raise InputError(f"--metric {pattern.pattern!r} finds {told!r}, which is no number") from None
            continue
        numbers = list(NUMBER.finditer(line))
        if numbers:
            found[shape] = float(numbers[-1][0])
    if pattern is not None and len(found) > 1:
        shapes = ", ".join(repr(shape[:40]) for shape in list(found)[:3])
        raise InputError(f"--metric {pattern.pattern!r} is found in lines of {len(found)} shapes, {shapes}: name one")
    if not found:
        where = "no number stands in any line" if pattern is None else f"--metric {pattern.pattern!r} is in no line"
        raise InputError(f"{where} that the script prints on its standard output")
    return found


def _results(
    numbers: Sequence[int], made: Mapping[int, Mapping[str, float]], own: Mapping[str, float]
) -> tuple[Numbers, ...]:
    results = []
    for name in own:
        if not all(name in made[number] and math.isfinite(made[number][name]) for number in numbers):
            continue
        values = [made[number][name] for number in numbers]
        spread = Spread.of(values)
        results.append(
            Numbers(
                name=name,
                values=tuple(values),
                mean=spread.mean,
                std=spread.std,
                interval=spread.interval,
                highest=numbers[values.index(max(values))],
                lowest=numbers[values.index(min(values))],
            )
        )
    return tuple(results)


def _difference(result: Numbers, here: ScriptSpread, there: ScriptSpread, *, paired: bool) -> Difference | None:
    """The difference of a number, paired by seed; of scripts without seeds by their runs, which is as good."""
    other = next((one for one in there.results if one.name == result.name), None)
    if other is None and len(here.results) == len(there.results) == 1:
        other = there.results[0]
    if other is None:
        return None
    by_seed = dict(zip(there.seeds, other.values, strict=True))
    mine = dict(zip(here.seeds, result.values, strict=True))
    if paired:
        differences = [mine[seed] - by_seed[seed] for seed in here.seeds if seed in by_seed]
    else:
        differences = [one - another for one, another in zip(result.values, other.values, strict=False)]
    if not differences:
        return None
    spread = Spread.of(differences)
    more = None if spread.interval is None else abs(spread.mean) > spread.interval
    return Difference(
        name=result.name,
        mean=spread.mean,
        std=spread.std,
        interval=spread.interval,
        more=more,
        seeds_needed=None if spread.std is None else seeds_needed(spread.mean, spread.std),
    )


def seeds_needed(mean: float, std: float) -> int | None:
    """With how many seeds, MIN_SEEDS or more, the 95 % interval of a mean leaves out 0, if mean and standard deviation
    stay as they are; None if with more than MOST_SEEDS."""
    if mean == 0:
        return None
    low, high = MIN_SEEDS, MIN_SEEDS
    while student(high - 1) * std / math.sqrt(high) >= abs(mean):
        low, high = high, 2 * high
        if high > MOST_SEEDS:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if student(middle - 1) * std / math.sqrt(middle) >= abs(mean) else (low, middle)
    return high


def _lines(found: ScriptSpread) -> list[str]:
    """The report: what is said first, then a table of each number, and what the spread means."""
    said = [_headline(found)]
    if found.moved and not found.repeats:
        said.append(
            "With its own seeds the script does not repeat: the spread is that of its seeds and of draws that nothing"
            " seeds. `audit` says which."
        )
    said.append("")
    seed = "seed" if found.moved else "run"
    for result in found.results[:MAX_RESULTS]:
        values = ", ".join(f"{number}: {value:g}" for number, value in zip(found.seeds, result.values, strict=True))
        said.append(_shown(result.name))
        said.append(f"  by {seed}: {values}")
        if result.std is not None:
            interval = "" if result.interval is None else f" ± {result.interval:.6g} (95 % interval)"
            said.append(f"  mean {result.mean:.6g}{interval}, standard deviation {result.std:.6g}")
        if result.std:
            said.append(f"  highest with {seed} {result.highest}, lowest with {seed} {result.lowest}")
    said += [f"… and {len(found.results) - MAX_RESULTS} more numbers"] if len(found.results) > MAX_RESULTS else []
    if len(found.seeds) < MIN_SEEDS:
        said.append(
            f"{len(found.seeds)} {seed}{' says' if len(found.seeds) == 1 else 's say'} too little: try {MIN_SEEDS}."
        )
    elif found.effect:
        said.append(f"Note: {ONE_SEED}.")
    said += [f"Left out: {seed} {number}, with which the script {why}." for number, why in found.failed]
    if found.dropped:
        said.append(f"Not counted, since a repeat printed another: {', '.join(map(_shown, found.dropped))}.")
    if found.against is not None:
        how = "paired by seed" if found.against.moved and found.moved else "run by run"
        said += ["", f"{found.script} less {found.against.script}, {how}:"]
        said += [line for one in found.differences[:MAX_RESULTS] for line in difference_lines(one)]
    said += ["", f"Runs: {found.runs + (found.against.runs if found.against else 0)}."]
    return [*said, *(f"Note: {note}." for note in found.notes)]


def _shown(name: str) -> str:
    """The name of a number without the place where the number stands, if that is its end."""
    return name.removesuffix("#").rstrip(" :=") or name


def _headline(found: ScriptSpread) -> str:
    if not found.moved:
        return f"{found.script} sets no seed: its own {len(found.seeds)} runs are the sample."
    seeds = (
        f"{len(found.seeds)} seeds, {found.seeds[0]} to {found.seeds[-1]}"
        if len(found.seeds) > 1
        else f"seed {found.seeds[0]}"
    )
    if len(found.seeds) > 1 and not found.effect:
        return f"The seeds have no effect: {found.script} prints the same with {seeds}. There is no spread over them."
    return f"{found.script} with {seeds}: all of its seeding lines moved together, so that the first gives each."


def difference_lines(one: Difference) -> list[str]:
    """A difference in words: whether it is more than a seed explains."""
    interval = "" if one.interval is None else f" ± {one.interval:.6g} (95 % interval)"
    head = f"  {_shown(one.name)}: {one.mean:+.6g}{interval}"
    if one.more is None:
        return [head, f"  Too few seeds for an interval: try {MIN_SEEDS} or more."]
    if one.std == 0 and one.mean == 0:
        return [head, "  The two are the same with every seed."]
    if one.more:
        return [head, "  That is more than a change of seed explains."]
    needed = "more than 100,000 seeds" if one.seeds_needed is None else f"about {one.seeds_needed:,} seeds"
    return [
        head,
        f"  A change of seed alone may explain it. If it goes on like this, {needed} would show a difference.",
    ]
