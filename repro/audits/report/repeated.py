"""What run A repeated inside of itself although it draws at random there: numbers that somebody seeded too well.

Observations alone: a run cannot tell whether a repetition is meant. What draws nothing at random, such as `fit` with
`shuffle=False`, the zeros of biases or validation data, is never among them.
"""

from collections.abc import Iterator

from repro.audits.comparison.trace import Trace, where
from repro.audits.observer.format import Draw, Record, Seed, Site, Step, Training, Variable
from repro.audits.report.facts import Repeated
from repro.audits.sources import SOURCES

MIN_BATCHES = 5  # of an epoch, for one order of them to be no coincidence: 120 orders, and each epoch is another try
MIN_DIFFERENT = 3  # numbers, for a variable to be drawn at random: zeros, ones and identities have fewer


def repeated_inside(trace: Trace) -> list[Repeated]:
    """What was seen to repeat, in the order of its lines."""
    found = [*_orders(trace), *_starts(trace), *_reseeded(trace), *_processes(trace), *_keys(trace)]
    return sorted(found, key=lambda one: (one.file or "", one.line or 0, one.kind))


def _repeated(kind: str, times: int, what: str, site: Site | None) -> Repeated:
    at = (None, None, None) if site is None else (site.file, site.line, site.code)
    return Repeated(kind=kind, times=times, what=what, file=at[0], line=at[1], code=at[2])


def _orders(trace: Trace) -> Iterator[Repeated]:
    """Trainings whose epochs all took the same batches in the same order, although a shuffle was drawn for them."""
    shuffled = {where(draw.site) for draw in trace.of_main(Draw) if draw.what.endswith("shuffle")}
    for training in trace.of_main(Training):
        if training.how != "fit" or where(training.site) not in shuffled:
            continue
        batches = [step.batch for step in trace.of_main(Step) if step.training == training.number]
        size = _period(batches)
        if size is not None and size >= MIN_BATCHES:
            epochs = len(batches) // size
            what = f"all {epochs} epochs took the same {size:,} batches in the same order, although it shuffles them"
            yield _repeated("order", epochs, what, training.site)


def _period(batches: list[str | None]) -> int | None:
    """After how many batches, all of them different, the rest repeats them, to the end; None if that is not so."""
    if None in batches or not batches:
        return None
    size = batches.index(batches[0], 1) if batches[0] in batches[1:] else len(batches)
    whole = len(batches) // size
    if whole < 2 or len(batches) % size or len(set(batches[:size])) < size:
        return None
    return size if batches == batches[:size] * whole else None


def _starts(trace: Trace) -> Iterator[Repeated]:
    """Variables of one shape that start with the same numbers, drawn at random, though nothing was seeded anew between
    them, and no code was run again, as it is where a model is built twice."""
    known: dict[object, list[tuple[int, Variable]]] = {}
    for place, variable in enumerate(trace.main):
        if isinstance(variable, Variable) and variable.digest and variable.different >= MIN_DIFFERENT:
            known.setdefault((tuple(variable.shape), variable.dtype, variable.digest), []).append((place, variable))
    for several in known.values():
        (first, _), (last, variable) = several[0], several[-1]
        if len(several) > 1 and not _begun_again(trace.main, first, last):
            shape = ", ".join(map(str, variable.shape))
            what = f"{len(several)} variables, {variable.dtype} [{shape}], start with the same numbers"
            yield _repeated("start", len(several), what, variable.site)


def _begun_again(records: list[Record], first: int, last: int) -> bool:
    """Whether between two records a generator was set, or a seed was given by a line that had given one before."""
    before = {(where(seed.site), seed.what) for seed in records[:first] if isinstance(seed, Seed)}
    return any(
        seed.level == "global" or (where(seed.site), seed.what) in before
        for seed in records[first:last]
        if isinstance(seed, Seed)
    )


def _reseeded(trace: Trace) -> Iterator[Repeated]:
    """Lines that set a global generator to one value again and again, after each of which the same was drawn."""
    for records in (trace.main, *trace.others):
        seeds: dict[object, list[Seed]] = {}
        for seed in records:
            if isinstance(seed, Seed) and seed.level == "global" and seed.site is not None:
                seeds.setdefault((where(seed.site), seed.source, repr(seed.value)), []).append(seed)
        drawn = _drawn_after(records)
        for several in seeds.values():
            after = [drawn.get(seed.n, ()) for seed in several]
            if len(several) > 1 and after[0] and len(set(after)) == 1:
                title = SOURCES[several[0].source].title
                what = (
                    f"{len(several):,} times it sets {title} to {several[0].value}, and each time the same numbers were"
                    " drawn after it"
                )
                yield _repeated("reseeded", len(several), what, several[0].site)


def _drawn_after(records: list[Record]) -> dict[int, tuple[object, ...]]:
    """The draws of a process by the number of the seed that set their generator; draws whose numbers were not seen, as
    those of TensorFlow's operations, are left out."""
    found: dict[int, tuple[object, ...]] = {}
    for draw in records:
        if isinstance(draw, Draw) and draw.origin is not None and draw.digest and draw.source != "tensorflow":
            found[draw.origin] = (*found.get(draw.origin, ()), (where(draw.site), draw.what, draw.count, draw.digest))
    return found


def _processes(trace: Trace) -> Iterator[Repeated]:
    """Lines at which several processes that the script started drew the same numbers."""
    drawn: dict[object, list[Draw]] = {}
    for records in trace.others:
        mine: dict[object, Draw] = {}
        for draw in records:
            if isinstance(draw, Draw) and draw.digest and draw.site is not None and draw.source in ("python", "numpy"):
                mine.setdefault((where(draw.site), draw.source, draw.what, draw.count, draw.digest), draw)
        for key, draw in mine.items():
            drawn.setdefault(key, []).append(draw)
    for several in drawn.values():
        if len(several) > 1:
            title = SOURCES[several[0].source].title
            what = f"{len(several)} processes drew the same numbers here, from {title}"
            yield _repeated("processes", len(several), what, several[0].site)


def _keys(trace: Trace) -> Iterator[Repeated]:
    """Keys of JAX that were given to the same function several times, for numbers of one shape."""
    drawn: dict[str, list[Draw]] = {}
    for draw in trace.of_main(Draw):
        if draw.source == "jax" and draw.site is not None and draw.count == 1:
            drawn.setdefault(draw.digest, []).append(draw)
    told: dict[object, tuple[int, str, Site | None]] = {}
    for several in drawn.values():
        lines = list(dict.fromkeys(draw.site.line for draw in several if draw.site is not None))
        if len(several) > 1:
            last = several[-1]
            name = last.what.rpartition(".")[2]
            before = "" if len(lines) == 1 else f", first in line {lines[0]}"
            what = f"one key was given to `{name}` {len(several):,} times{before}: it gives the same numbers each time"
            told.setdefault((where(last.site), last.what), (len(several), what, last.site))
    for times, what, site in told.values():
        yield _repeated("key", times, what, site)
