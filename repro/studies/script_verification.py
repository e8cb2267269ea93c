"""A recorded audit against the same script run here: where the run first differs from the record's run A."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from repro.audits.against.apart import apart
from repro.audits.audit import perform, prepare
from repro.audits.comparison import packed, seen
from repro.audits.comparison.comparison import Change, compare
from repro.audits.report.facts import FirstDifference, place
from repro.audits.report.result import Result
from repro.audits.runs.failures import check
from repro.audits.runs.pairs import Progress, Runs, Setting, Wanted, own_paths
from repro.audits.runs.workspace import Script
from repro.experiment import conditions, machine
from repro.experiment.errors import InputError, RecordError
from repro.studies.verification import environment_differences

FORMAT, VERSION = "repro-verify", 1
DIFFERS = {
    "initial_weights": "the initial weights differ",
    "batch": "the batch differs",
    "loss": "the loss differs",
    "weights": "the weights differ",
    "steps": "the number of training steps differs",
    "output": "the output differs",
}


@dataclass(frozen=True, kw_only=True)
class ScriptVerification:
    """What a run here shows beside a record: whether it is the same; the files that it reads and that hold something
    else (`data`); whether the script here has the record's text (`same_script`), which is run in any case; whether the
    recorded script repeats by itself; the first result and the first draw that differ; how far the losses are apart;
    and the rows in which the environments differ, with the record's value and that here."""

    script: str
    identical: bool
    data: tuple[str, ...]
    same_script: bool
    repeats_by_itself: bool
    first_difference: FirstDifference | None
    draw: FirstDifference | None
    first_loss_difference: int | None
    units: int | None
    largest_loss_difference: float
    steps: tuple[int, int]
    environment: dict[str, tuple[str, str]]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The report."""
        return "\n".join(_lines(self))

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {"format": FORMAT, "version": VERSION} | asdict(self)


def verify(theirs: Result, *, progress: Callable[[Progress], object] | None = None) -> ScriptVerification:
    """Run the script of a record here, in the current directory, and compare. RecordError if the record holds too
    little for that, InputError if there is no such script, RunFailedError if it fails."""
    if theirs.trace is None or theirs.code is None:
        raise RecordError("this record cannot be verified: it holds no trace, as those of older versions")
    if packed.unpack(theirs.trace) is None:
        raise RecordError("this record cannot be verified: its trace is damaged")
    try:
        prepared = prepare(theirs.script, theirs.arguments, causes=False)
    except InputError as error:
        raise InputError(f"{error}: a record is verified in the folder of its script, with its data") from None
    return perform(prepared, lambda script, runs: _verified(theirs, script, runs), progress=progress)


def _verified(theirs: Result, script: Script, runs: Runs) -> ScriptVerification:
    assert theirs.trace is not None
    assert theirs.code is not None
    same_script = runs.workspace.code == theirs.code
    patched = () if same_script else ((script.runs_as, theirs.code),)
    (run,) = runs.singles("the script of the record, here", [Wanted("here", Setting(patched=patched))])
    check(runs, run)
    there = packed.unpack(theirs.trace)
    assert there is not None
    made = compare(there, run.trace)
    effects = list(made.effects)
    printed = seen.outputs(run.printed[0], run.printed[0], [own_paths(run)] * 2)[0].splitlines()
    a, b = (text.splitlines() for text in theirs.outputs)
    told = [one != other for one, other in zip(a, b, strict=False)]  # what a repeat there prints otherwise
    if len(a) != len(printed) or any(
        one != here and not varies for one, here, varies in zip(a, printed, [*told, *[False] * len(a)], strict=False)
    ):
        effects.append(Change("output"))
    far = apart(theirs.losses[0], seen.losses(run.trace))
    there_versions = {str(name): str(value) for name, value in dict(theirs.seen.get("versions", {})).items()}
    rows_there = there_versions | {str(name): str(value) for name, value in (theirs.machine or {}).items()}
    rows_here = run.trace.versions | machine.rows() | conditions.stamped(os.environ)
    draws = [one for one in made.causes if one.quantity != "files"]
    return ScriptVerification(
        script=theirs.script,
        identical=not effects,
        data=tuple(
            dict.fromkeys(str(getattr(one.record, "path", "")) for one in made.causes if one.quantity == "files")
        ),
        same_script=same_script,
        repeats_by_itself=theirs.repeats,
        first_difference=_difference(effects[0]) if effects else None,
        draw=_difference(draws[0]) if draws else None,
        first_loss_difference=far.first_loss_difference,
        units=far.units,
        largest_loss_difference=far.largest_loss_difference,
        steps=(there.steps, run.trace.steps),
        environment=environment_differences(rows_there, rows_here),
        notes=tuple(runs.notes),
    )


def _difference(change: Change) -> FirstDifference:
    site = change.site
    return FirstDifference(
        quantity=change.quantity,
        source=change.source,
        file=site.file if site else None,
        line=site.line if site else None,
        code=site.code if site else None,
        step=change.step,
    )


def _lines(found: ScriptVerification) -> list[str]:
    said = []
    first = found.first_difference
    if found.identical:
        compared = f"{found.steps[0]:,} training steps" if found.steps[0] else "its output"
        said.append(f"Same as the record: {found.script} is the same to the bit ({compared}).")
    else:
        assert first is not None
        at = "" if first.step is None else f" at step {first.step:,}"
        line = "" if first.line is None else f", in {place(first.file, first.line, found.script, ())}"
        said.append(f"Differs from the record{at}: {DIFFERS[first.quantity]}{line}.")
    if found.data:
        said.append(f"Other data: {', '.join(found.data[:5])} hold something else here, or are read by one run alone.")
    if not found.repeats_by_itself and not found.identical:
        said.append("The record says that the script does not repeat by itself: this says nothing of the machines.")
    if not found.same_script:
        said.append("The script here has another text: that of the record was run in its place.")
    draw = found.draw
    if draw is not None and draw.line is not None:
        said.append(
            f"The first draw or seed that differs: {place(draw.file, draw.line, found.script, ())}: {draw.code}"
        )
    if found.first_loss_difference is not None:
        units = "" if found.units is None else f", by {found.units:,} units in the last place"
        said.append(f"First step whose losses differ: {found.first_loss_difference:,}{units}")
        said.append(f"Largest difference of losses: {found.largest_loss_difference:.6g}")
    if not found.identical and not found.environment:
        said.append("The environments are the same in all rows that are kept, and do not show the reason.")
    if found.environment:
        said.append("The environments differ" + (":" if found.identical else ", which may be the reason:"))
        said += [f"  {name}: {there} there, {here} here" for name, (there, here) in found.environment.items()]
    return [*said, *(f"Note: {note}." for note in found.notes)]
