"""The result of an audit in words: the verdict first, at most a screen in all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from repro.audits.pairs import SAME_PROCESS
from repro.audits.sources import SOURCES, Kind

if TYPE_CHECKING:  # a result prints itself as its report, and so imports this module
    from repro.audits.result import FirstDifference, Result

MOST_ROWS = 8  # of a table
MOST_NOTES = 6
WIDTH = 110

OUTPUT = "its output, but for times, addresses and ids"

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


def verdict(result: Result) -> str:
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
        return f"Repeats: {told}, each run {again}."
    first = result.first_difference
    assert first is not None
    found = f"Does not repeat: {_differs(first, result)}."
    if result.enough:
        return f"{found} With {_and(result.enough[0])} pinned, it repeats."
    if result.everything is False:
        return f"{found} Even with everything pinned that this audit can pin, it does not repeat."
    if result.enough is not None:
        return f"{found} What would be enough is not known: the pins broke the script."
    return found


def lines(result: Result) -> list[str]:
    """The whole report."""
    parts = [[verdict(result)], _first(result), _unseeded(result), _seeding(result), _enough(result), _limits(result)]
    said: list[str] = []
    for part in parts:
        if part:
            said += ["", *part] if said else part
    return said


def _differs(first: FirstDifference, result: Result) -> str:
    source = "" if first.source is None else f" ({first.source})"
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


def place(file: str | None, line: int, result: Result) -> str:
    """A line in words; of a notebook its cell and the line there."""
    if result.cells and file == f"{result.script}.py" and line <= len(result.cells):
        cell, inside = result.cells[line - 1]
        return f"cell {cell}, line {inside}"
    return f"line {line}" if file in (None, result.script) else f"line {line} of {file}"


def _first(result: Result) -> list[str]:
    """The first difference with the person's own line, and how much agreed before it."""
    first = result.first_difference
    if first is None:
        return []
    said = []
    if first.code is not None and first.line is not None:
        said.append(f"  {place(first.file, first.line, result)}: {_short(first.code)}")
    if first.source is not None:
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


def _unseeded(result: Result) -> list[str]:
    if not result.unseeded:
        return ["No draw was seen that nothing seeds."] if result.seen["draws"] or result.repeats else []
    harmful = [row for row in result.unseeded if row.matters is not False]
    harmless = [row for row in result.unseeded if row.matters is False]
    said = []
    if harmful:
        said.append("Drawn, and seeded by nothing:")
        for row in harmful[:MOST_ROWS]:
            where = "no line of yours" if row.line is None else place(row.file, row.line, result)
            known = "matters" if row.matters else "not known whether it matters"
            code = "" if row.code is None else f"  {_short(row.code, 50)}"
            count = f"{row.draws:,} draw{'' if row.draws == 1 else 's'}"
            said.append(f"  {where:12} {row.source:13} {count:>12}  {known:8}{code}")
        said += _more(len(harmful) - MOST_ROWS)
    if harmless:
        places = [
            row.source if row.line is None else f"{place(row.file, row.line, result)} ({row.source})"
            for row in harmless
        ]
        listed = _and(dict.fromkeys(places[:MOST_ROWS]))
        held = f"the {result.runs} runs gave the same result" if result.repeats else "not pinned when the pair repeated"
        said.append(f"Also drawn without a seed, and {held}: {listed}.")
    return said


def _seeding(result: Result) -> list[str]:
    if not result.seeding:
        return ["No line of the script gives a generator a value of its own."]
    said = ["Seeding lines:"]
    for line in result.seeding[:MOST_ROWS]:
        words = {True: "matters", False: "another value changed nothing", None: "not known"}[line.matters]
        if line.too_late:
            words = f"{words}, and too late for the numbers drawn before it"
        code = _short(line.code or "", 44)
        said.append(f"  {place(line.file, line.line, result):12} {code:44}  sets {', '.join(line.sets)}: {words}")
    return said + _more(len(result.seeding) - MOST_ROWS)


def _enough(result: Result) -> list[str]:
    said = []
    if result.enough:
        pins = result.enough[0]
        said.append(f"Enough: {_and(pins)}, found by trying and confirmed; none of them can be left out.")
        said += [f"  {name}: {SOURCES[name].pinned}" for name in pins]
        said += [f"To do: {one.words}" for one in result.advice]
    if result.could_not_be_tried:
        said.append(f"Could not be tried, because it broke the script: {_and(result.could_not_be_tried)}.")
    return said


def _limits(result: Result) -> list[str]:
    draws = result.seen["draws"]
    watched = ", ".join(f"{count:,} from {source}" for source, count in draws.items()) or "none"
    said = [f"Draws seen: {watched}. Runs: {result.pairs}, in {result.seconds:.0f} seconds."]
    said += [f"Note: {note}." for note in result.notes[:MOST_NOTES]]
    said += _more(len(result.notes) - MOST_NOTES)
    said.append(f"Not watched: {'; '.join(result.not_seen)}.")
    if result.repeats:
        said.append("Identical a few times is no proof: a race can repeat by luck.")
    return said


def _more(count: int) -> list[str]:
    return [f"  … and {count} more"] if count > 0 else []


def _and(names: Iterable[str]) -> str:
    listed: Sequence[str] = list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}" if listed else ""


def _short(text: str, width: int = WIDTH - 20) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
