"""What an audit saw, beside what it concludes: the losses and outputs of the pair, each line that drew, each trial."""

from collections.abc import Sequence
from dataclasses import dataclass

from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Draw, Seed, Site, Step

MAX_STEPS = 100_000  # whose losses are kept of each run
MAX_OUTPUT = 100_000  # characters kept of what each run printed

Losses = tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A line that drew numbers: how many draws from which source, whether something had seeded it, and, if a line
    of the person's did, which: `by_file` and `by_line`."""

    source: str
    file: str
    line: int
    draws: int
    seeded: bool
    by_file: str | None = None
    by_line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial: the pins that were set, none in the pair as it is; whether they are all that the audit knows; and
    its outcome: "repeats", "differs" or "broken"."""

    pins: tuple[str, ...]
    everything: bool
    outcome: str


def losses(trace: Trace) -> Losses:
    """The loss of each training step, None if it could not be taken; of several trainings, one after the other."""
    values: list[float | None] = []
    for step in trace.of_main(Step):
        values += [step.value] * step.count
        if len(values) >= MAX_STEPS:
            break
    return tuple(values[:MAX_STEPS])


def drawn(trace: Trace) -> tuple[Drawn, ...]:
    """The lines of the person's that drew, in the order in which they first did."""
    counts: dict[tuple[str, str, int, bool, tuple[str | None, int | None]], int] = {}
    for draw in trace.all(Draw):
        if draw.site is None or draw.importing:
            continue
        by = _seeded_by(trace, draw)
        setter = (None, None) if by is None else (by.file, by.line)
        key = (draw.source, draw.site.file, draw.site.line, draw.seeded, setter)
        counts[key] = counts.get(key, 0) + draw.count
    return tuple(
        Drawn(
            source=source, file=file, line=line, draws=count, seeded=seeded, by_file=at and at[0], by_line=at and at[1]
        )
        for (source, file, line, seeded, at), count in counts.items()
    )


def _seeded_by(trace: Trace, draw: Draw) -> Site | None:
    origin = trace.origin(draw) if draw.seeded else None
    return origin.site if isinstance(origin, Seed) else None


def outputs(a: str, b: str, hidden: Sequence[Sequence[str]]) -> tuple[str, str]:
    """What two runs printed, without the paths of the folders that each has to itself."""
    shown = []
    for text, paths in zip((a, b), hidden, strict=True):
        for path in sorted(paths, key=len, reverse=True):
            text = text.replace(path, "…")
        shown.append(text[:MAX_OUTPUT])
    return shown[0], shown[1]
