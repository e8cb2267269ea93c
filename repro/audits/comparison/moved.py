"""What moves with the clock: two runs, one of which was given the readings of the other, later and stretched.

A time moves with them, by about as much or not at all: a duration by a thousandth, a time of the day by the shift, a
date as the reading that it renders. A result that a reading decides, as one that a seed from the clock gives, jumps.
"""

import datetime
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

STRETCH = 0.001  # by which readings are stretched
SHIFT = 3 * 86_400 + 3_661.0  # seconds by which those of the time of day are moved: each field of a date is another
SHIFTS = (SHIFT, SHIFT + 40 * 86_400 + 7_322)  # a result that jumps may come down where a time would once, not twice
PRECISION = 1e-6
UNITS = (1.0, 1e3, 1e6, 1e9, 1 / 60, 1 / 3600, 1 / 86_400)  # in which a time of the day is printed, per second
NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
PIECES = re.compile(r"\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]\d+|\d+|[A-Za-zµ]+|[^\dA-Za-zµ]")
DIGITS_OR_WORDS = re.compile(r"\d+|[A-Za-zµ]+|[^\dA-Za-zµ]")
FORMS = ("%Y%m%d", "%H%M%S", "%y%m%d", "%m%d", "%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M", "%d%m%Y", "%m%d%Y", "%j", "%s")
WORDS = ("%a", "%A", "%b", "%B", "%p")


@dataclass
class Clock:
    """The times of the day that a run read, in seconds since 1970, and with it all that renders them. `shift`: by
    how many seconds they were moved, in the run whose were; `precision`: by which part of itself a duration may be off,
    since times between readings are stretched to whole units."""

    seconds: Iterable[float]
    shift: float = SHIFT
    precision: float = PRECISION
    numbers: set[int] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for second in sorted({int(one) for one in self.seconds})[:5000]:
            for zone in (None, datetime.UTC):
                at = datetime.datetime.fromtimestamp(second, zone)
                fields = (at.year, at.year % 100, at.month, at.day, at.hour, at.hour % 12 or 12, at.minute, at.second)
                self.numbers |= {*fields, *(int(at.strftime(form)) for form in FORMS)}
                self.words |= {at.strftime(form) for form in WORDS}


def is_time(a: str | None, moved: str | None, clocks: tuple[Clock, Clock], *, differed: bool) -> bool:
    """Whether a line of run A and the same line of the run whose readings were moved differ as times do. `differed`: it
    differs between two runs as they are, so that it may hold a duration; else it can only hold a time of the day."""
    if a is None or moved is None:
        return False
    a, moved = re.sub(" +", " ", a), re.sub(" +", " ", moved)  # columns are as wide as what stands in them
    if a == moved:
        return True
    precision, shift = clocks[1].precision, clocks[1].shift
    if differed and _numbers_move(a, moved, lambda one, other: _moves(one, other, precision, shift)):
        return True
    if _numbers_move(a, moved, lambda one, other: _shifts(one, other, shift)):
        return True
    in_a, in_b = PIECES.findall(a), PIECES.findall(moved)
    if len(in_a) != len(in_b):
        return False
    before = ""  # of digits: after a second there may stand a fraction of it
    for one, other in zip(in_a, in_b, strict=True):
        numbers = one[0].isdigit() and other[0].isdigit()
        if not (differed and numbers and _moves(one, other, precision, shift)) and not _render(
            one, other, clocks, before
        ):
            return False
        before = (before + one)[-16:]
    return True


def _render(one: str, other: str, clocks: tuple[Clock, Clock], before: str) -> bool:
    """Whether two pieces are the same, or each part of them renders readings: 22.647683 may be seconds with a fraction
    of one."""
    parts = DIGITS_OR_WORDS.findall(one), DIGITS_OR_WORDS.findall(other)
    if len(parts[0]) != len(parts[1]):
        return False
    for part, its in zip(*parts, strict=True):
        if part != its and not _renders(part, its, clocks, before):
            return False
        before = (before + part)[-16:]
    return True


def _renders(one: str, other: str, clocks: tuple[Clock, Clock], before: str) -> bool:
    """Whether two pieces render readings of their runs."""
    if one.isdigit() and other.isdigit():
        fraction = re.search(r"\d\d[-_:]\d\d[-_:.,]$|\d\d\d\d\d\d[-_.]$", before) is not None and len(one) in (3, 6)
        return fraction or (int(one) in clocks[0].numbers and int(other) in clocks[1].numbers)
    return one in clocks[0].words and other in clocks[1].words


def _numbers_move(a: str, moved: str, alike: Callable[[str, str], bool]) -> bool:
    if re.sub(" +", " ", NUMBER.sub("", a)) != re.sub(" +", " ", NUMBER.sub("", moved)):
        return False
    pairs = zip(NUMBER.findall(a), NUMBER.findall(moved), strict=True)
    return all(one == other or alike(one, other) for one, other in pairs)


def _moves(one: str, other: str, precision: float, shift: float) -> bool:
    """Whether a number moves as a duration does, or a rate, which shrinks: by a thousandth, or not at all as far as its
    last digit shows it; or as a time of the day."""
    x, y = (float(text.replace(",", "")) for text in (one, other))
    unit = 10.0 ** _last_place(one)
    rounding = 1.01 * unit + precision * abs(x)
    grows, shrinks = x * (1 + STRETCH), x / (1 + STRETCH)
    return min(abs(y - grows), abs(y - shrinks)) <= rounding or _shifts(one, other, shift)


def _shifts(one: str, other: str, shift: float) -> bool:
    """Whether a number moves as a time of the day does."""
    x, y = (float(text.replace(",", "")) for text in (one, other))
    unit = 10.0 ** _last_place(one)
    return any(
        x > shift * scale and abs(y - x - shift * scale) <= unit + 4 * abs(x) * 2**-52 + STRETCH * 3600 * scale
        for scale in UNITS
    )


def _last_place(number: str) -> int:
    """The power of ten of a number's last digit: -6 of 1.2e-05."""
    return int(Decimal(number.replace(",", "")).as_tuple().exponent)
