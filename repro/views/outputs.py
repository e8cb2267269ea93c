"""The picture of what two runs printed: side by side, the lines that differ marked, most of the others left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from repro.charts.style import RUNS
from repro.views.templates import render

MAX_LINES = 300  # of each run that are looked at
CONTEXT = 2  # lines that are the same and are shown before and after those that differ

Parts = tuple[str, str, str]  # what a line begins with, what differs in it, and what it ends with


@dataclass(frozen=True)
class Row:
    """A line of run A beside its counterpart of run B, None if a run has none; or so many lines that are left out."""

    texts: tuple[Parts | None, Parts | None] = (None, None)
    differs: bool = False
    left_out: int = 0


def outputs(a: str, b: str) -> str:
    """Both outputs as an HTML table; lines that differ have the sign ≠, and what differs in them is marked."""
    lines = a.splitlines(), b.splitlines()
    shown = [of_run[:MAX_LINES] for of_run in lines]
    more = max(map(len, lines)) - MAX_LINES
    return render("outputs", runs=RUNS, rows=list(_rows(*shown)), more=max(more, 0))


def _rows(a: Sequence[str], b: Sequence[str]) -> Iterator[Row]:
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    for number, (kind, first_a, last_a, first_b, last_b) in enumerate(blocks):
        if kind == "equal":
            before = 0 if number == 0 and len(blocks) > 1 else CONTEXT
            after = 0 if number == len(blocks) - 1 and len(blocks) > 1 else CONTEXT
            yield from _same(a[first_a:last_a], before, after)
            continue
        for place in range(max(last_a - first_a, last_b - first_b)):
            texts = (
                a[first_a + place] if first_a + place < last_a else None,
                b[first_b + place] if first_b + place < last_b else None,
            )
            yield Row(_parts(*texts), differs=True)


def _same(lines: Sequence[str], before: int, after: int) -> Iterator[Row]:
    """Lines that are the same: the first and the last of them, and how many are left out between."""
    left_out = len(lines) - before - after
    hidden = range(before, before + left_out) if left_out > 1 else range(0)
    for place, line in enumerate(lines):
        if place not in hidden:
            yield Row(((line, "", ""), (line, "", "")))
        elif place == hidden.start:
            yield Row(left_out=left_out)


def _parts(a: str | None, b: str | None) -> tuple[Parts | None, Parts | None]:
    """Both lines, cut where they begin and cease to differ."""
    if a is None or b is None:
        return (None if a is None else ("", a, "")), (None if b is None else ("", b, ""))
    start = _shared(a, b)
    end = _shared(a[start:][::-1], b[start:][::-1])
    first, second = ((one[:start], one[start : len(one) - end], one[len(one) - end :]) for one in (a, b))
    return first, second


def _shared(a: str, b: str) -> int:
    """With how many characters both begin."""
    return next(
        (place for place, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b))
    )
