"""What two runs printed, compared: without what differs between any two runs, such as clock times and addresses."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
UNIT = r"(?:ns|us|µs|μs|ms|s|sec|secs|(?:nano|micro|milli)?seconds?|min|minutes?|h|hours?|days?)"
COUNTED = r"(?:steps?|epochs?|iterations?|batch(?:es)?|tries|updates?|errors?)"  # no time: "took 5 steps"
NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+)?"
# What is replaced, in this order. Hypothetical losses are safe: a number alone matches none of these.
MASKS = tuple(
    (re.compile(pattern, re.IGNORECASE if folded else 0), mask)
    for pattern, mask, folded in (
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uuid>", True),
        (r"^[^|]*\d%\|[^|]*\|[^\[]*\[[^\],]*,[^\],]*", "<bar>", False),  # of tqdm's, up to its rate
        (r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ", "<date> ", False),  # of absl's logging
        (r"\d{4}-\d\d-\d\d(?:[T _]\d\d[:.-]\d\d(?:[:.-]\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?", "<date>", False),
        (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,? +(?:\d+ +)?[A-Z][a-z]{2}\w* +[\d: ]+\d(?: +\w+)?", "<date>", False),
        (r"(?<!\d)\d{8}[-_T]\d{4,6}(?:[-_.]\d{3,6})?(?!\d)", "<date>", False),
        (r"(?<!\d)20\d{12}(?:\d{6})?(?!\d)", "<date>", False),
        (r"(?<!\d)\d\d[-_.]\d\d[-_.]\d\d[-_.]\d{6}\b", "<time>", False),
        (r"(?:\b\d+ days?, )?\b\d{1,3}:\d\d(?::\d\d)?(?:\.\d+)?\b", "<time>", False),
        (r"\b0x[0-9a-f]{6,}\b", "<address>", True),
        (r"\b(?:\d+ ?h ?)?\d+ ?m ?\d+(?:\.\d+)? ?s\b", "<time>", False),
        (r"\btmp[a-z0-9_]{8}\b", "<temporary>", False),  # as Python's tempfile makes them up
        (r"<temp>/[\w.-]{0,100}[a-z0-9_]{8}\b", "<temporary>", False),  # the same with a prefix
        (rf"\b{NUMBER} ?{UNIT}(?:/\w+)?(?![\w.])", "<time>", False),
        (rf"\b{NUMBER} ?(?:it|steps?|batch(?:es)?|images?|samples?|examples?)/s(?:ec)?\b", "<speed>", False),
        (
            r"\b((?:took|elapsed|duration|runtime|seconds|secs?|(?:\w+[ _])?time(?: taken| per \w+)?)"
            rf"(?: \w+)?(?: \(\w+\))?['\"]?[ \t]{{0,20}}[:=]?[ \t]{{0,20}}){NUMBER}(?![\w.]| {COUNTED}\b)",
            r"\1<time>",
            True,
        ),
        (r"\b((?:pid|process(?: id)?)[ =:]*)\d+\b", r"\1<process>", True),
    )
)
HEX = re.compile(r"\b[0-9a-f]{32}\b")  # uuid4().hex, but an MD5 digest as well
NUMBERS = re.compile(r"(?<![\w.])\d{9,}(?:\.\d+)?(?![\w.])")
FRACTION = re.compile(  # a time with a fraction of a second
    r"(?<![\w.])(?:\d+\.\d+(?:e[+-]?\d+)?|\d+e-\d+)(?![\w.])"
)
MASKED = re.compile("<[a-z]+>")
OF_IDS = re.compile("<(?:uuid|id|temporary)>")  # masks of what the system draws
# Before a number: what it is called says that it is none.
NO_TIME = re.compile(
    r"(?:loss|acc|accuracy|score|error|mse|mae|rmse|auc|f1|reward|return|precision|recall|result)"
    r"\W{0,9}$",
    re.IGNORECASE,
)
DAY = 86_400
ADDRESSES = 0x7E00_0000_0000, 0x8000_0000_0000  # of a 64-bit process's libraries and threads, on Linux
# TensorFlow and its libraries log their start there, each line with the clock and a thread.
OF_LIBRARIES = re.compile(
    r"^(?:[IWEF]\d{4} \d\d:(?!.*\.py:\d+\] )|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWEF] "
    r"|WARNING: All log messages before absl|To enable the following instructions)"
)


@dataclass(frozen=True)
class Difference:
    """The first line printed that differs: what A and B printed there, None if one had ended."""

    a: str | None
    b: str | None


Place = tuple[str, int]
"""A line of an output: what the output is called, and the line's number in it, from 0."""


@dataclass
class Differing:
    """The lines that differ: `all`, and of them those that do in what is left out alone: in what is `masked`, or in
    numbers that are taken for `times`, of which one is `shown`."""

    all: dict[Place, str] = field(default_factory=dict)  # with its shape: the masked line without its digits
    masked: set[Place] = field(default_factory=set)
    times: set[Place] = field(default_factory=set)
    shown: str = ""


@dataclass
class Times:
    """The numbers of an output that are times, by their place: what is called, line, and which number there. While
    `learning`, numbers that differ can be nothing else."""

    places: set[tuple[str, int, int]] = field(default_factory=set)
    learning: bool = False

    def explain(self, text: str, line: int, a: str, b: str) -> bool:
        """Whether two lines differ in times alone."""
        if FRACTION.sub("", a) != FRACTION.sub("", b):
            return False
        both = list(zip(FRACTION.finditer(a), FRACTION.finditer(b), strict=True))
        if any(here[0] != there[0] and NO_TIME.search(a, 0, here.start()) for here, there in both):
            return False
        differing = {(text, line, at) for at, (here, there) in enumerate(both) if here[0] != there[0]}
        if self.learning:
            self.places |= differing
        return differing <= self.places


def difference(
    a: str,
    b: str,
    *,
    own: tuple[Sequence[str], Sequence[str]],
    processes: tuple[Set[int], Set[int]] = (frozenset(), frozenset()),
    now: float,
    ids_are_drawn: bool,
    times: Times | None = None,
    text: str = "",
    results: Set[Place] = frozenset(),
    differing: Differing | None = None,
) -> Difference | None:
    """The first difference of two texts that two runs printed; None if there is none.

    `own`: the paths that each run has to itself, that of its temporary files first, and `processes` the ids of its
    processes. `now`: the time of the audit, in seconds since 1970: a number of this day is a clock's.
    `ids_are_drawn`: whether the script drew from the system, so that 32 hexadecimal digits are the id of a run
    rather than a digest. `times`: the numbers known to be times, of the output that is called `text` there.
    `results`: the lines of which nothing is left out. `differing`: where the lines that differ are noted.
    """
    lines_a = list(_lines(a, own[0], now, ids_are_drawn))
    lines_b = list(_lines(b, own[1], now, ids_are_drawn))
    differing = Differing() if differing is None else differing
    first: Difference | None = None
    for number, (in_a, in_b) in enumerate(zip(lines_a, lines_b, strict=False)):
        if in_a.whole == in_b.whole:
            continue
        place = (text, number)
        differing.all[place] = _without_digits(in_a.masked)
        if place in results:
            first = first or Difference(in_a.shown, in_b.shown)
        elif in_a.masked == in_b.masked or _unnamed(in_a, processes[0]) == _unnamed(in_b, processes[1]):
            differing.masked.add(place)
        elif times is not None and times.explain(*place, in_a.masked, in_b.masked):
            differing.shown = differing.shown or in_a.shown
            differing.times.add(place)
        else:
            first = first or Difference(in_a.shown, in_b.shown)
    if first is not None:
        return first
    if len(lines_a) == len(lines_b):
        return None
    at = min(len(lines_a), len(lines_b))
    return Difference(*(lines[at].shown if at < len(lines) else None for lines in (lines_a, lines_b)))


@dataclass(frozen=True)
class _Line:
    """A line as it stands on a terminal in the end: as it is, without the run's own paths, and masked."""

    shown: str
    whole: str
    masked: str


def _without_digits(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def shape(name: str) -> str:
    """The name of a file without what differs between any two runs, such as a date in it, and without digits."""
    return _without_digits(_mask(name, 0.0, ids_are_drawn=True))


def _unnamed(line: _Line, processes: Set[int]) -> str:
    """A masked line without the ids of its run's processes; for lines that differ alone, as a result may equal one."""
    ids = {str(process) for process in processes}
    return re.sub(r"\d+", lambda found: "<process>" if found[0] in ids else found[0], line.masked)


def _lines(text: str, own: Sequence[str], now: float, ids_are_drawn: bool) -> Iterator[_Line]:
    """The lines of a text, but for empty ones and those of libraries."""
    for raw in text.split("\n"):
        line = CONTROL.sub("", raw).rstrip("\r\b ")
        line = re.split(r"[\r\b]", line)[-1].rstrip()
        if not line or OF_LIBRARIES.match(line):
            continue
        whole = line
        for path in own:
            whole = whole.replace(path, "<temp>" if path == own[0] else "<folder>")
        masked = _mask(whole, now, ids_are_drawn=ids_are_drawn)
        if masked not in ("<bar>", "<bar>]"):  # without a figure of the person's: there are as many as time allows
            yield _Line(line, whole, masked)


def _mask(text: str, now: float, *, ids_are_drawn: bool) -> str:
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    if ids_are_drawn:
        text = HEX.sub("<id>", text)
    text = NUMBERS.sub(lambda found: _mask_of(found[0], now), text)
    return re.sub(r" +", " ", text)  # columns are as wide as what stands in them


def _mask_of(number: str, now: float) -> str:
    if of_this_day(float(number), now):
        return "<clock>"
    return "<address>" if ADDRESSES[0] <= float(number) < ADDRESSES[1] else number


def of_this_day(number: float, now: float) -> bool:
    """Whether a number is a time of the day of `now`: seconds since 1970, or a unit down to nanoseconds."""
    return any(abs(number / unit - now) < DAY for unit in (1, 1e3, 1e6, 1e9))
