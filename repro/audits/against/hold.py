"""Holds a script against itself with one change: run A, a control run, run B, and what they show.

Run A and the control run are made side by side, then run B, which is given what run A read of clock and machine: what
differs does not come from there. The control run and run B are looked at line by line, run A is not: that the control
run is as run A shows that the looking changes nothing.
"""

import time
from dataclasses import replace
from typing import Any

from repro.audits.against.apart import Apart, apart
from repro.audits.against.change import Change, did_not_take
from repro.audits.against.draws import moved_draw
from repro.audits.against.facts import loss_fields
from repro.audits.against.result import Against
from repro.audits.causes import readings
from repro.audits.comparison import seen
from repro.audits.comparison.comparison import Change as Difference
from repro.audits.comparison.comparison import Comparison
from repro.audits.comparison.output import Place
from repro.audits.comparison.trace import Trace
from repro.audits.comparison.values import Entry, entry, entry_by_line, looked
from repro.audits.observer.format import Moved, Seed
from repro.audits.report.draws import seeding_lines
from repro.audits.report.facts import Enters, FirstDifference
from repro.audits.report.first import first_difference
from repro.audits.runs.failures import check, reason
from repro.audits.runs.pairs import NEW_PROCESS, Run, Runs, Setting, Wanted, own_paths
from repro.audits.runs.workspace import Script
from repro.experiment.errors import InputError, RunFailedError
from repro.experiment.settings import MAX_SEED
from repro.verdicts.control import ControlState


def hold(script: Script, runs: Runs, change: Change) -> Against:
    """Run the script as it is, twice, and with a change; say what differs. RunFailedError if it fails."""
    if runs.options.rerun != NEW_PROCESS:
        raise InputError("a change in run B needs a new process: --rerun same-process cannot be given with it")
    if change.versions is not None and runs.options.in_place:
        raise InputError("another version takes the place of the script in run B alone: leave --in-place out")
    base = Setting(variables=tuple(change.environment))
    look = replace(base, look=runs.options.causes)
    what = "the script as it is, twice"
    a, control = runs.singles(what, [Wanted("A", base), Wanted("control run", look)])
    if control.failed and not a.failed and look != base:
        look = base  # looked at, it fails
        control = runs.single(what, base, label="control run")
    check(runs, a, control)
    runs.first = (a.trace, control.trace)
    held = runs.compare(a, control)
    replay = readings.may_come_from_readings(held, a.trace)
    if not held.repeats and not replay:
        return _alone(script, runs, change, a, control, held)
    b, replayed = _run_b(runs, change, a, look, replay=replay)
    came: frozenset[Place] = frozenset()
    if replayed is not None:
        left = runs.compare(a, replayed)
        if replayed.failed or not left.repeats:
            return _alone(script, runs, change, a, control, held)
        came = frozenset(held.lines.lines)
    if change.versions is not None:
        runs.notes |= dict.fromkeys(change.notes)
        a, b, control = (
            replace(a, trace=change.versions.of_a(a.trace)),
            replace(b, trace=change.versions.of_b(b.trace)),
            replace(control, trace=change.versions.of_a(control.trace)),
        )
    made = replace(runs.compare(a, b), came=came)
    if not set(made.lines.lines) - came:
        made = made.without_output()
    walk = entry if change.versions is None else entry_by_line
    value = walk(control.trace, b.trace) if looked(control.trace) and looked(b.trace) else None
    return _found(
        script, runs, change, (a, b), made, value, _result(made), control_state=ControlState.SAME, came=len(came)
    )


def _alone(script: Script, runs: Runs, change: Change, a: Run, control: Run, held: Comparison) -> Against:
    """What is said where the script does not repeat by itself."""
    first = first_difference(a.trace, control.trace, held, None, used_folder=runs.options.in_place)
    return _found(script, runs, change, (a, control), held, None, first, control_state=ControlState.DIFFERENT)


def _run_b(runs: Runs, change: Change, a: Run, look: Setting, *, replay: bool) -> tuple[Run, Run | None]:
    """Run B, and beside it, if that is asked for, run A once more with what it read; RunFailedError, which names the
    change, if run B fails."""
    lines = seeding_lines(a.trace)
    moved = None
    if change.twist is not None and change.twist.moves_seeds and lines:
        moved = Moved(
            lines=tuple((line.file, line.line) for line in lines), by=_moved_by(change, a.trace, lines[0].value)
        )
    patched = () if change.versions is None else tuple(change.versions.b.items())
    plain = replace(
        look, environment=tuple(change.environment.items()), python=change.python, patched=patched, moved=moved
    )
    setting = plain if change.versions is not None else readings.given(a, ids=True, setting=plain)
    again = [Wanted("with what A read", readings.given(a, ids=True))] if replay else []
    b, *replayed = runs.singles(change.what, [Wanted("B", setting), *again])
    if b.failed and setting.look:
        plain_b = runs.single(f"{change.what} Not looked at", replace(setting, look=False), label="B")
        b = b if plain_b.failed else plain_b
    if b.failed:
        lacks = ""
        if change.kind == "python" and "ModuleNotFoundError" in b.error:
            lacks = f". Install it there: {change.name} -m pip install …"
        raise RunFailedError(
            f"run B, {change.label}, {reason(b)}{lacks}. Run A and the control run finished, and were the same"
        )
    check(runs, b)
    return b, replayed[0] if replayed else None


def _moved_by(change: Change, trace: Trace, first: Any) -> int:
    """By how much the seeding lines are moved: so that the first one gives the seed that was asked for."""
    if change.number is None:
        return 1
    asked = int(change.number)
    if not isinstance(first, int):
        raise InputError(
            f"twist cannot be {change.name!r}: the script's first seeding line gives {first!r}, which is no whole"
            " number; `seed` alone gives it another"
        )
    by = asked - first
    if by == 0:
        raise InputError(f"twist cannot be {change.name!r}: run A has this seed too, name another")
    refuse_seeds_out_of_range(trace, by, f"twist cannot be {change.name!r}")
    return by


def refuse_seeds_out_of_range(trace: Trace, by: int, what: str) -> None:
    """InputError if a seeding line that gives a number would give one out of range once it is moved `by` so much."""
    for seed in trace.all(Seed):
        if not isinstance(seed.value, int) or seed.derived is not None or seed.site is None:
            continue
        if not 0 <= seed.value + by <= max(MAX_SEED, seed.value):
            raise InputError(
                f"{what}: the seeding lines are moved together, and line {seed.site.line}, which gives"
                f" {seed.value}, would give {seed.value + by}"
            )


def _result(made: Comparison) -> FirstDifference | None:
    return None if made.first_effect is None else _difference(made.first_effect)


def _difference(change: Difference) -> FirstDifference:
    site = change.site
    return FirstDifference(
        quantity=change.quantity,
        source=change.source,
        file=site.file if site else None,
        line=site.line if site else None,
        code=site.code if site else None,
        step=change.step,
    )


def _found(
    script: Script,
    runs: Runs,
    change: Change,
    pair: tuple[Run, Run],
    made: Comparison,
    value: Entry | None,
    first: FirstDifference | None,
    *,
    control_state: ControlState,
    came: int = 0,
) -> Against:
    a, b = pair[0].trace, pair[1].trace
    same = control_state is ControlState.SAME
    losses = seen.losses(a), seen.losses(b)
    moved = any(seed.moved for seed in b.all(Seed))
    why_not = did_not_take(change, a.conditions, b.conditions, moved=moved) if same else None
    far = apart(*losses) if same else Apart()
    draw = next((one for one in made.causes if one.quantity != "seed" or not moved), None)
    printed = made.printed
    return Against(
        script=script.name,
        arguments=script.arguments,
        change={"kind": change.kind, "name": change.name, "label": change.label, "what": change.what},
        identical=made.repeats if same else None,
        control=str(control_state),
        first_difference=first,
        draw=_difference(draw) if draw is not None and same else None,
        enters=None
        if value is None
        else Enters(
            file=value.site.file, line=value.site.line, code=value.site.code, name=value.name, a=value.a, b=value.b
        ),
        took=None if change.twist is None or not same else why_not is None,
        did_not_take=why_not,
        moved_draw=moved_draw(a, b) if same and change.versions is not None else None,
        versions=_versions(a, b) if same else (),
        **loss_fields(far),
        steps=(a.steps, b.steps),
        final_weights=(a.final_weights, b.final_weights),
        printed=None if printed is None else (printed.a, printed.b),
        seeds=_seeds(a, b) if moved else (),
        readings=came,
        runs=runs.made,
        seconds=round(time.monotonic() - runs.began, 2),
        notes=tuple(runs.notes),
        losses=losses,
        outputs=seen.outputs(pair[0].printed[0], pair[1].printed[0], [own_paths(run) for run in pair]),
        differs=tuple(one.quantity for one in made.effects),
    )


def _versions(a: Trace, b: Trace) -> tuple[tuple[str, str | None, str | None], ...]:
    """The libraries whose versions differ."""
    here, there = (
        trace.versions | (trace.conditions.imported if trace.conditions is not None else {}) for trace in (a, b)
    )
    names = dict.fromkeys([*here, *there])
    return tuple((name, here.get(name), there.get(name)) for name in names if here.get(name) != there.get(name))


def _seeds(a: Trace, b: Trace) -> tuple[tuple[int, Any, Any], ...]:
    """The first value that each seeding line gave in both runs."""
    in_b = {(line.file, line.line): line.value for line in seeding_lines(b)}
    return tuple(
        (line.line, line.value, in_b[line.file, line.line])
        for line in seeding_lines(a)
        if (line.file, line.line) in in_b
    )
