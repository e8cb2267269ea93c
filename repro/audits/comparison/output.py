"""What two runs printed, or left as text, compared line by line.

A name that a run has to itself, as its process id, a random id that it gave itself or an address of its memory, is the
same as the other run's: it is known by its value, whatever it looks like. All else that differs is a difference;
whether it comes from a reading of the clock is for a further run to say (causes/readings.py).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What C++ logs of TensorFlow and its libraries when they start: with a clock and a thread that no hook sees it read.
# Lines that Python has logged by absl name a file of Python's, and are compared.
OF_LIBRARIES = re.compile(
    r"^(?:[IWEF]\d{4} \d\d:(?!.*\.py:\d+\] )|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWEF] "
    r"|WARNING: All log messages before absl|To enable the following instructions)"
)
WORD = re.compile(r"\w+|\W")
SHORTEST_ID = 4  # characters of an id that stand for it

Place = tuple[str, int]
"""A line of an output or a file: what that is called, and the line's number in it, from 0."""

WHOLE = -1
"""In a `Place`, stands for a file as a whole."""


@dataclass(frozen=True)
class Difference:
    """The first line that differs: what A and B have there, None if one had ended."""

    a: str | None
    b: str | None


@dataclass
class Differing:
    """The lines that differ, with what A and B have there, None where one has no such line."""

    lines: dict[Place, tuple[str | None, str | None]] = field(default_factory=dict)

    def first(self, places: Iterable[Place] | None = None) -> Difference | None:
        """The first of them, or of those at some places."""
        wanted = None if places is None else set(places)
        for (text, number), (a, b) in self.lines.items():
            if wanted is None or (text, number) in wanted:
                if text in (*STREAMS, STATUS):
                    return Difference(a, b)
                where = text if number == WHOLE else f"in the file {text}"
                return Difference(*(f"{where}: {line or 'nothing more'}" for line in (a, b)))
        return None


STREAMS, STATUS = ("standard output", "standard error"), "exit status"


@dataclass(frozen=True)
class Names:
    """What a run has to itself: `paths`, the ids of its `processes`, the random `ids` that it gave itself, each in the
    order in which they were made, and the `memory` of its processes, as pairs of addresses."""

    paths: Sequence[str] = ()
    processes: frozenset[int] = frozenset()
    ids: Sequence[str] = ()
    memory: Sequence[tuple[int, int]] = ()

    def of(self, word: str) -> Iterator[tuple[str, int | str]]:
        """What a word may stand for: the process, one of the ids, by its number and what stands around it, an address
        of its memory."""
        number = _number(word)
        if number is not None and number in self.processes:
            yield "process", 0
        if number is not None and any(low <= number < high for low, high in self.memory):
            yield "address", 0
        for at, text in enumerate(self.ids):
            if len(word) >= SHORTEST_ID and word.lower() in text:
                wanted = word.lower()
                yield from ((f"id {at}", start) for start in range(len(text)) if text.startswith(wanted, start))
            elif len(text) >= SHORTEST_ID and text in word:
                yield f"id {at}", word.replace(text, "\0")


def _number(word: str) -> int | None:
    try:
        return int(word, 16) if word.lower().startswith("0x") else int(word) if word.isdigit() else None
    except ValueError:
        return None


def lines_of(text: str, ignore: re.Pattern[str] | None = None) -> list[str]:
    """The lines of a text as they stand on a terminal in the end, but for empty ones, those of libraries, and those
    that are to be ignored."""
    found = []
    for raw in text.split("\n"):
        line = CONTROL.sub("", raw).rstrip("\r\b ")
        line = re.split(r"[\r\b]", line)[-1].rstrip()
        if line and not OF_LIBRARIES.match(line) and (ignore is None or not ignore.search(line)):
            found.append(line)
    return found


def difference(
    text: str,
    a: str,
    b: str,
    names: tuple[Names, Names],
    differing: Differing,
    ignore: re.Pattern[str] | None = None,
) -> None:
    """Add to `differing` the lines of two texts, called `text`, that differ, but for what each run has to itself."""
    in_a, in_b = lines_of(a, ignore), lines_of(b, ignore)
    for number, (here, there) in enumerate(zip(in_a, in_b, strict=False)):
        if here != there and not same(here, there, names):
            differing.lines[text, number] = here, there
    if len(in_a) != len(in_b):
        at = min(len(in_a), len(in_b))
        differing.lines[text, at] = (in_a[at] if at < len(in_a) else None, in_b[at] if at < len(in_b) else None)


def same(here: str, there: str, names: tuple[Names, Names]) -> bool:
    """Whether two lines are the same but for what each run has to itself."""
    here, there = (
        re.sub(" +", " ", _without_paths(line, own.paths)) for line, own in zip((here, there), names, strict=True)
    )  # columns are as wide as what stands in them
    if here == there:
        return True
    in_a, in_b = WORD.findall(here), WORD.findall(there)
    return len(in_a) == len(in_b) and all(
        one == other or not set(names[0].of(one)).isdisjoint(names[1].of(other))
        for one, other in zip(in_a, in_b, strict=True)
    )


def aligned(here: str, there: str, names: tuple[Names, Names]) -> str:
    """The other run's line with this run's names in place of its own."""
    here, there = (_without_paths(line, own.paths) for line, own in zip((here, there), names, strict=True))
    in_a, in_b = WORD.findall(here), WORD.findall(there)
    if len(in_a) != len(in_b):
        return there
    return "".join(
        one if one != other and not set(names[0].of(one)).isdisjoint(names[1].of(other)) else other
        for one, other in zip(in_a, in_b, strict=True)
    )


def _without_paths(line: str, paths: Sequence[str]) -> str:
    for path in paths:
        line = line.replace(path, "…")
    return line
