"""What was found of a script held against itself with one change, in words: the verdict first."""

from repro.audits.against.facts import Held
from repro.audits.report.facts import FirstDifference, lasted, place
from repro.audits.sources import SOURCES
from repro.experiment.errors import sentence

MAX_NOTES = 6
MAX_GROWTH = 7  # steps of the growth that are printed
WIDTH = 90
DIFFERS = {
    "seed": "a seeding line gives another value",
    "draw": "a draw differs",
    "files": "a file that it reads differs",
    "initial_weights": "the initial weights differ",
    "batch": "the batch differs",
    "loss": "the loss differs",
    "weights": "the weights differ",
    "steps": "the number of training steps differs",
    "output": "its output differs",
}
DOES_NOT = "Does not repeat by itself"


def verdict(found: Held) -> str:
    """The sentence that says it all; it begins with "Identical", "Diverged" or "Does not repeat by itself"."""
    if found.identical is None:
        first = found.first_difference
        return (
            f"{DOES_NOT}: in two runs of {found.script} as it is, {_differs(first, found)}. Nothing can be said of"
            f" {found.change['label']}, and run B was not made: `audit` alone looks for what makes the script differ."
        )
    if found.did_not_take is not None:
        head = "Identical" if found.identical else "Diverged"
        return f"{head}, but {found.change['label']} did not take: {found.did_not_take}."
    if found.identical:
        steps = (
            f"{found.steps[0]:,} training steps, same final weights"
            if found.steps[0]
            else "all that it prints and leaves"
        )
        return f"Identical: bit for bit, {steps}. {_changes_nothing(found)}"
    first = found.first_difference
    return f"Diverged{_at(first)}: {_differs(first, found)}."


def _changes_nothing(found: Held) -> str:
    if found.change["kind"] in ("file", "commit"):
        drawn = "" if found.draw is None else " Draws differ, and change no result."
        return f"The two versions compute the same on this input.{drawn}"
    return "No bit changed."


def _at(first: FirstDifference | None) -> str:
    return "" if first is None or first.step is None else f" at step {first.step:,}"


def _differs(first: FirstDifference | None, found: Held) -> str:
    if first is None:
        return "something differs"
    line = "" if first.line is None else f", in {_place(first.file, first.line, found)}"
    source = "" if first.source is None else f" ({SOURCES[first.source].title})"
    return f"{DIFFERS[first.quantity]}{line}{source}"


def _place(file: str | None, line: int, found: Held) -> str:
    return place(file, line, found.script, ())


def lines(found: Held) -> list[str]:
    """The whole report."""
    said = [f"{found.script}: run B: {found.change['label']}", verdict(found)]
    if found.identical is not None:
        said += [
            "",
            found.change["what"],
            *_seeds(found),
            "Control run: an unmodified repeat of run A was bitwise identical.",
        ]
        if found.readings:
            count = f"{found.readings} line{'' if found.readings == 1 else 's'} of output or files"
            said.append(f"Not compared: {count} that clock, process id, memory or machine decide.")
        said += _versions(found)
        said += _where(found)
        said += _size(found)
    said += ["", f"Runs: {found.runs}, in {lasted(found.seconds)}."]
    said += [f"Note: {note}." for note in found.notes[:MAX_NOTES]]
    if found.identical is False:
        said.append("One pair shows that bits change, and not by how much a result does in general: `seeds` does.")
    return said


def _seeds(found: Held) -> list[str]:
    if not found.seeds:
        return []
    told = [f"line {line}: {_short(str(a), 20)} → {_short(str(b), 20)}" for line, a, b in found.seeds]
    return [f"Seeding lines moved together: {'; '.join(told)}."]


def _versions(found: Held) -> list[str]:
    if not found.versions:
        return []
    told = [f"{name} {a or 'none'} in run A, {b or 'none'} in run B" for name, a, b in found.versions]
    return [f"Versions that differ: {'; '.join(told)}."]


def _where(found: Held) -> list[str]:
    """Where the difference enters: the draw that moved, the value, the result."""
    if found.identical and found.draw is None:
        return []
    said = [""]
    if found.moved_draw is not None:
        said.append(_moved(found))
    draw = found.draw
    if draw is not None and draw.line is not None:
        what = f"The first draw of {draw.source} that differs" if draw.quantity == "draw" else DIFFERS[draw.quantity]
        said.append(f"{sentence(what)}: {_place(draw.file, draw.line, found)}: {_short(draw.code or '')}")
    elif draw is not None and draw.quantity == "files":
        said.append("The two runs read different files, or files that hold something else.")
    entered = found.enters
    if entered is not None:
        where = _place(entered.file, entered.line, found)
        if entered.name is None:
            said.append(f"The runs part in {where}: after it run A {entered.a}, run B {entered.b}.")
        else:
            said.append(
                f"The difference enters in {where}: `{entered.name}` is {entered.a} in run A and {entered.b} in run B."
            )
        said.append(f"  {where}: {_short(entered.code or '')}")
    first = found.first_difference
    if first is not None:
        if first.quantity == "loss":
            equal = "The initial weights and the batches before it are the same to the bit: the arithmetic differs."
            said.append(equal)
        elif first.quantity == "weights" and first.step is not None:
            said.append(
                f"Up to and with the loss of step {first.step:,} all is the same to the bit: the update differs."
            )
    if found.printed is not None:
        for run, text in zip("AB", found.printed, strict=True):
            said.append(f"  Output of run {run}: {'nothing more' if text is None else _short(text)}")
    return said if len(said) > 1 else []


def _moved(found: Held) -> str:
    moved = found.moved_draw
    assert moved is not None
    count = f"{moved.draws:,} draw{'' if moved.draws == 1 else 's'}"
    who = "run A alone makes" if moved.run == "A" else "run B alone makes"
    before = ""
    if moved.next_line is not None:
        before = f" before {_place(moved.next_file, moved.next_line, found)}"
    after = ""
    if moved.further and moved.next_line is not None:
        after = f": each later draw of this generator is {'one' if moved.draws == 1 else f'{moved.draws:,}'} further"
    where = _place(moved.file, moved.line, found)
    return f"{where}, `{_short(moved.code, 50)}`: {count} of {moved.source} that {who}{before}{after}."


def _size(found: Held) -> list[str]:
    if found.steps[0] != found.steps[1]:
        return ["", f"Run A made {found.steps[0]:,} training steps, run B {found.steps[1]:,}."]
    if not found.steps[0] or found.identical:
        return []
    if found.first_loss_difference is None:
        return ["", "The losses are the same in all steps."]
    units = (
        "" if found.units is None else f", by {found.units:,} unit{'' if found.units == 1 else 's'} in the last place"
    )
    said = [
        "",
        f"First step whose losses differ: {found.first_loss_difference:,}{units}",
        f"Largest difference of losses: {found.largest_loss_difference:.6g}",
    ]
    shown = [found.growth[round(n * (len(found.growth) - 1) / (MAX_GROWTH - 1))] for n in range(MAX_GROWTH)]
    told = (
        ", ".join(f"{difference:.3g} (step {step:,})" for step, difference in dict(shown).items())
        if found.growth
        else ""
    )
    return [*said, f"How it grows: {told}"] if told else said


def _short(text: str, width: int = WIDTH) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
