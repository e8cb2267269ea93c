"""The result of an audit in words: the verdict first, at most a screen in all."""

import re
from collections.abc import Iterable, Sequence

from repro.audits.report import facts
from repro.audits.report.facts import Facts, FirstDifference, Looked, Repeated, lasted
from repro.audits.runs.pairs import SAME_PROCESS
from repro.audits.sources import SOURCES, Kind

MAX_ROWS = 8  # of a table
MAX_NOTES = 6
WIDTH = 110

OUTPUT = "its output and the files that it leaves"

MAX_DRAWN = 4  # lines that are named in a sentence

# What differs, as the subject of a sentence, and what had been compared before it.
NAMES = {
    "seed": "the value given to a seeding call",
    "draw": "a random draw",
    "files": "a file that it reads",
    "initial_weights": "the initial weights",
    "batch": "a batch",
    "loss": "the loss",
    "weights": "the weights after a step",
    "steps": "the number of training steps",
    "output": "its output",
}
PLURAL = (NAMES["initial_weights"], NAMES["weights"])


def verdict(result: Facts) -> str:
    """The sentence that says it all; it begins with "Repeats" or "Does not repeat"."""
    again = "in the process of the first" if result.rerun == SAME_PROCESS else "in a new process"
    if result.repeats:
        compared = f"{result.steps[0]:,} training steps" if result.steps[0] else OUTPUT
        told = f"{result.runs} of {result.runs} runs are the same to the bit ({compared})"
        if result.seed_has_effect is False:
            return (
                f"Repeats, but its seeds have no effect: {told}, and with another value in each seeding line, one line"
                " at a time, the result was the same."
            )
        if result.from_readings:
            return f"Repeats, but for {_but_for(result)}. All else: {told}, each run {again}."
        return f"Repeats: {told}, each run {again}."
    first = result.first_difference
    assert first is not None
    same = _same(result)
    found = " ".join(filter(None, [f"Does not repeat: {same}{_differs(first, result)}.", enters(result)]))
    if result.sufficient:
        return f"{found} With {_and(SOURCES[name].title for name in result.sufficient[0])} pinned, it repeats."
    if result.everything is False:
        return f"{found} Even with everything pinned that this audit can pin, it does not repeat."
    if result.sufficient is not None:
        return f"{found} What would be sufficient is not known: the pins broke the script."
    return found


def _but_for(result: Facts) -> str:
    """What differs by readings alone: "what lines 12 and 40 read from the clock: 3 lines of output or files"."""
    kinds = dict.fromkeys(one.reads for one in result.readings)
    told = []
    for reads in kinds:
        places = list(dict.fromkeys(place(one.file, one.line, result) for one in result.readings if one.reads == reads))
        if len(places) > 1 and all(re.fullmatch(r"line \d+", one) for one in places):
            places = ["lines " + places[0].removeprefix("line "), *(one.removeprefix("line ") for one in places[1:])]
        shown = _and([*places[:3], *([f"{len(places) - 3} more"] if len(places) > 3 else [])])
        told.append(f"what {shown} {'reads' if len(places) == 1 else 'read'} from {reads}")
    count = result.from_readings
    return f"{_and(told)}: {count:,} line{'' if count == 1 else 's'} of output or files"


def enters(result: Facts) -> str:
    """Where the difference enters, in a sentence; empty where that is not known."""
    entered, looked = result.enters, result.looked
    if entered is None or looked is None:
        return ""
    where = place(entered.file, entered.line, result)
    if entered.name is None:
        said = f"after it run A {entered.a}, run B {entered.b}"
    else:
        name = entered.name if " " in entered.name.split("[")[0] else f"`{entered.name}`"
        said = f"{name} is {entered.a} in run A and {entered.b} in run B"
    visit = f", when it runs for the {looked.visit:,}{_ordinal(looked.visit)} time" if looked.visit > 1 else ""
    before = "other threads come to it in any order" if looked.thread else "all values of the lines before it agree"
    times = f" It does so in {looked.differed} of {looked.pairs} pairs." if looked.differed < looked.pairs else ""
    return f"The difference enters in {where}{visit}: {said}; {before}.{times}"


def _ordinal(number: int) -> str:
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def lines(result: Facts) -> list[str]:
    """The whole report."""
    parts = [
        [verdict(result)],
        _first(result),
        _unseeded(result),
        _seeding(result),
        _sufficient(result),
        _repeated(result),
        _limits(result),
    ]
    said: list[str] = []
    for part in parts:
        if part:
            said += ["", *part] if said else part
    return said


def _same(result: Facts) -> str:
    """What did not differ where the output, or a file, is all that does."""
    if result.differs != ("output",) or not result.steps[0]:
        return ""
    weights = " and the final weights" if result.final_weights[0] is not None else ""
    return f"all {result.steps[0]:,} training steps{weights} are the same to the bit; "


def _differs(first: FirstDifference, result: Facts) -> str:
    if result.sufficient is None and first.quantity in ("seed", "draw"):
        # No trial was made: what drew is listed, and no line of it is the cause.
        drew = dict.fromkeys(
            f"{place(row.file, row.line, result)} ({SOURCES[row.source].title})"
            for row in result.unseeded
            if row.line is not None
        )
        listed = [*drew][:MAX_DRAWN] + [f"{len(drew) - MAX_DRAWN} more"] * (len(drew) > MAX_DRAWN)
        effect = NAMES[result.differs[0] if result.differs else "output"]
        said = f"{effect} differ{'' if effect in PLURAL else 's'}, and no cause was looked for"
        return f"{said}. Drawn without a seed: {_and(listed)}" if listed else said
    source = "" if first.source is None else f" ({SOURCES[first.source].title})"
    line = "a line that is not yours" if first.line is None else place(first.file, first.line, result)
    said = {
        "seed": f"{line} seeds with another value in each run",
        "draw": f"{line} draws numbers that nothing seeds",
        "files": "the script reads what an earlier run left",
        "initial_weights": "the initial weights differ",
        "batch": f"the batch of step {first.step or 0:,} differs",
        "loss": f"the loss of step {first.step or 0:,} differs",
        "weights": f"the weights after step {first.step or 0:,} differ",
        "steps": f"run A made {result.steps[0]:,} training steps, run B {result.steps[1]:,}",
        "output": "its output differs",
    }[first.quantity]
    if first.quantity == "draw" and first.source is not None and SOURCES[first.source].kind is Kind.RACE:
        said = f"{line} draws its numbers in another order"
    if first.quantity == "files" and not result.left_files:
        said = "a file or a listing that it reads differs"
    if first.quantity not in ("seed", "draw") and first.line is not None:
        said += f", in {line}"
    return said + source


def place(file: str | None, line: int, result: Facts) -> str:
    """A line in words."""
    return facts.place(file, line, result.script, result.cells)


def _first(result: Facts) -> list[str]:
    """The first difference with the person's own line, and how much agreed before it."""
    first = result.first_difference
    if first is None:
        return []
    said = []
    tried = result.sufficient is not None or first.quantity not in ("seed", "draw")
    if tried and first.code is not None and first.line is not None:
        said.append(f"  {place(first.file, first.line, result)}: {_short(first.code)}")
    if tried and first.source is not None:
        said.append(f"  {first.source}: {SOURCES[first.source].draws}.")
    if first.step:
        said.append(f"  The training steps before it, {first.step:,}, are the same to the bit.")
    elif first.quantity in ("batch", "loss", "weights"):
        said.append("  The initial weights are the same to the bit.")
    if result.differs and result.differs[0] != first.quantity:
        said.append(f"  What it changes: {_and(NAMES[name] for name in result.differs)}.")
    if result.steps[0] != result.steps[1] and first.quantity != "steps":
        said.append(f"  Run A made {result.steps[0]:,} training steps, run B {result.steps[1]:,}.")
    if result.printed is not None:
        for run, text in zip("AB", result.printed, strict=True):
            said.append(f"  Output of run {run}: {'nothing more' if text is None else _short(text)}")
    return said


def _repeated(result: Facts) -> list[str]:
    """What repeats inside of run A: observations, since it may be meant."""
    if not result.repeated_inside:
        return []
    said = ["Repeated inside of run A, though it draws at random there:"]
    for one in result.repeated_inside[:MAX_ROWS]:
        where = "no line of yours" if one.line is None else place(one.file, one.line, result)
        said.append(f"  {where}: {one.what}.{_seeded_by(one, result)}")
    return said + _more(len(result.repeated_inside) - MAX_ROWS)


def _seeded_by(one: Repeated, result: Facts) -> str:
    """Which seeding line it comes from, if that was tried."""
    if one.seeded_by is None:
        return ""
    if not one.seeded_by:
        return " It did so too with each seeding line switched off by itself."
    lines = " or ".join(place(file, line, result) for file, line in one.seeded_by)
    return f" With {lines} switched off it did not repeat."


def _unseeded(result: Facts) -> list[str]:
    if not result.unseeded:
        return ["Every draw that was observed was seeded."] if result.seen["draws"] or result.repeats else []
    harmful = [row for row in result.unseeded if row.matters is not False]
    harmless = [row for row in result.unseeded if row.matters is False]
    said = []
    if harmful:
        said.append("Unseeded draws:")
        for row in harmful[:MAX_ROWS]:
            where = "no line of yours" if row.line is None else place(row.file, row.line, result)
            known = "matters" if row.matters else "not tried"
            code = "" if row.code is None else f"  {_short(row.code, 50)}"
            count = f"{row.draws:,} draw{'' if row.draws == 1 else 's'}"
            said.append(f"  {where:12} {row.source:13} {count:>12}  {known:8}{code}")
        said += _more(len(harmful) - MAX_ROWS)
    if harmless:
        places = [
            row.source if row.line is None else f"{place(row.file, row.line, result)} ({row.source})"
            for row in harmless
        ]
        listed = _and(dict.fromkeys(places[:MAX_ROWS]))
        held = f"the {result.runs} runs gave the same result" if result.repeats else "without changing the result"
        said.append(f"Also drawn without a seed, {'and ' if result.repeats else ''}{held}: {listed}.")
    return said


def _seeding(result: Facts) -> list[str]:
    if not result.seeding:
        return ["The script sets no seed."]
    unknown = "not known" if result.repeats else "not tried: the runs differ already"
    said = ["Seeding lines:"]
    for line in result.seeding[:MAX_ROWS]:
        words = {True: "matters", False: "another value changed nothing", None: unknown}[line.matters]
        if line.too_late:
            words = f"{words}, and too late for the numbers drawn before it"
        by = "" if line.library is None else f" by {line.library}"
        code = _short(line.code or "", 44)
        said.append(f"  {place(line.file, line.line, result):12} {code:44}  sets {', '.join(line.sets)}{by}: {words}")
    return said + _more(len(result.seeding) - MAX_ROWS)


def _sufficient(result: Facts) -> list[str]:
    said = []
    if result.sufficient:
        pins = result.sufficient[0]
        minimal = ", and minimal (each left out once, runs differed)" if len(pins) > 1 else ""
        said.append(f"Sufficient{minimal}: {_and(pins)}. A pin holds one source of randomness still during a trial.")
        said += [f"  {name}: {SOURCES[name].title}, {SOURCES[name].pinned}" for name in pins]
    said += [f"To do: {one.words}" for one in result.advice]
    said += _patch(result)
    if result.could_not_be_tried:
        said.append(f"Could not be tried, because it broke the script: {_and(result.could_not_be_tried)}.")
    return said


def _patch(result: Facts) -> list[str]:
    """The change that was tried, as a diff where it cured."""
    patch = result.patch
    if patch is None:
        return [] if result.no_patch is None else [f"No change of the script was tried: {result.no_patch}."]
    if not patch.repeats:
        return ["A change of the script was tried as well, and it did not repeat with it: none is shown."]
    told = f"Tried: with this change {patch.tried} of {patch.tried} runs are the same to the bit."
    less = [f"But {one}: look whether that is what you want." for one in patch.fewer]
    return [told, *(f"  {line}" for line in patch.diff.splitlines()), *less]


def _limits(result: Facts) -> list[str]:
    draws, looked = result.seen["draws"], result.looked
    watched = ", ".join(f"{count:,} from {source}" for source, count in draws.items()) or "none"
    said = [f"Draws observed: {watched}. Runs: {result.all_runs}, in {lasted(result.seconds)}."]
    if looked is not None:
        said.append(_looked(looked, result))
    said += [f"Note: {note}." for note in result.notes[:MAX_NOTES]]
    said += _more(len(result.notes) - MAX_NOTES)
    said.append(f"Not watched: {'; '.join(result.not_seen)}.")
    if result.repeats:
        said.append("Identical a few times is no proof: a race can repeat by luck.")
    return said


def _looked(looked: Looked, result: Facts) -> str:
    """What was seen of values, and what could not be."""
    if looked.why is not None and not looked.pairs:
        return f"The values of your own lines were not looked at: {looked.why}."
    seen = f"Watched in {looked.pairs} more pair{'s' if looked.pairs > 1 else ''}: values of your own lines"
    if result.enters is None:
        seen += ", of which none differs"
    return f"{seen}; not what compiled code, libraries and other processes hold, nor names inside comprehensions."


def _more(count: int) -> list[str]:
    return [f"  … and {count} more"] if count > 0 else []


def _and(names: Iterable[str]) -> str:
    listed: Sequence[str] = list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}" if listed else ""


def _short(text: str, width: int = WIDTH - 20) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
