"""What an audit found, as plain data: the same for the report, for JSON, for a record and for the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from repro.audits.comparison.seen import Drawn, Losses, Trial

# What is compared of two runs, from the cause to the effect.
QUANTITIES = ("seed", "draw", "files", "initial_weights", "batch", "loss", "weights", "steps", "output")


@dataclass(frozen=True, kw_only=True)
class FirstDifference:
    """The first of QUANTITIES that differs; where: a line of the person's, from 1, and the step, from 0."""

    quantity: str
    source: str | None = None
    file: str | None = None
    line: int | None = None
    code: str | None = None
    step: int | None = None


@dataclass(frozen=True, kw_only=True)
class Unseeded:
    """A line that drew numbers which nothing seeded; `matters`: whether a trial showed that they change the result."""

    source: str
    file: str | None
    line: int | None
    code: str | None
    draws: int
    matters: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Seeding:
    """A line that sets generators, those of `sets`; `library`: the function of a library that it calls, and that sets
    them on its own account. `too_late`: there were draws from one of them before;
    `matters`: whether another value there changed the result."""

    file: str
    line: int
    code: str | None
    sets: tuple[str, ...]
    value: Any
    library: str | None = None
    too_late: bool = False
    matters: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """Something that run A was seen to repeat although it draws at random there: `kind` is "order" (each of `times`
    epochs took the same batches in the same order), "reseeded" (a line set a generator to one value `times` times, and
    the numbers drawn after it were the same), "start" (`times` variables of one shape start with the same numbers),
    "processes" (`times` processes drew the same numbers) or "key" (one key of JAX was given to a function `times`
    times); `what` says what repeats, and the line is the one that trained, seeded, made the variables or drew.
    `seeded_by`: the seeding lines, each a file and a line, without which it did not repeat, each switched off in a run
    of its own; None if none was."""

    kind: str
    times: int
    what: str
    file: str | None
    line: int | None
    code: str | None
    seeded_by: tuple[tuple[str, int], ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What a person can do about a source: the line to write (null if it is no line), where, and both in words."""

    source: str
    code: str | None
    where: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A line of the person's whose readings are all that differs, or a part of it: what it `reads`, in words."""

    file: str
    line: int
    reads: str


@dataclass(frozen=True, kw_only=True)
class Enters:
    """Where the difference was first seen in a value of the person's own lines: the name, null where the runs go on in
    different lines after this one, and its value in run A and in run B, in a few characters."""

    file: str
    line: int
    code: str | None
    name: str | None
    a: str
    b: str


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A change of the script, as a unified diff, that was tried in a copy: how many runs were made with it, and whether
    they were the same; and, in sentences, what a run with it has less of than one without."""

    diff: str
    tried: int
    repeats: bool
    fewer: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Looked:
    """How the values of the person's lines were looked at: in how many pairs, and in how many of these they differed;
    in which visit of the line, from 1; whether another thread than the main one was there; and why nothing was
    looked at, null if it was."""

    pairs: int
    differed: int
    visit: int = 1
    thread: bool = False
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What an audit found.

    The fields up to `patch`, and `repeated_inside`, are those of `--json`. The others: how values were looked at, null
    if they were not; `no_patch`, why no change was tried, if that is known; `differs`, the quantities that differ;
    `printed`, the first line of output that does, as A and B have it; the pins that broke the script; `everything`,
    whether the pair repeats with every pin, None if that was not tried; files that a run left; what was noticed;
    `runs`, how many runs of the script as it is were compared; `all_runs`, how many there were with those of the
    trials; the advice; of a notebook the cell and line of each line; the script's code, None where it is too large or
    was not kept; `from_readings`, how many lines of output, and files, differ by what the lines of `readings` read
    alone; the `trace` of run A, packed (comparison/packed.py), None where it is too large; and the `machine` that it
    ran on, by rows.
    """

    script: str
    arguments: tuple[str, ...]
    rerun: str
    repeats: bool
    first_difference: FirstDifference | None
    unseeded: tuple[Unseeded, ...]
    seeding: tuple[Seeding, ...]
    sufficient: tuple[tuple[str, ...], ...] | None
    seed_has_effect: bool | None
    steps: tuple[int, int]
    final_weights: tuple[str | None, str | None]
    seconds: float
    seen: Mapping[str, Any]
    not_seen: tuple[str, ...]
    enters: Enters | None = None
    patch: Patch | None = None
    looked: Looked | None = None
    no_patch: str | None = None
    differs: tuple[str, ...] = ()
    printed: tuple[str | None, str | None] | None = None
    could_not_be_tried: tuple[str, ...] = ()
    everything: bool | None = None
    left_files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    all_runs: int = 2
    runs: int = 2
    advice: tuple[Advice, ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    losses: tuple[Losses, Losses] = ((), ())
    outputs: tuple[str, str] = ("", "")
    drawn: tuple[Drawn, ...] = ()
    trials: tuple[Trial, ...] = ()
    code: str | None = None
    repeated_inside: tuple[Repeated, ...] = ()
    readings: tuple[Reading, ...] = ()
    from_readings: int = 0
    trace: str | None = None
    machine: Mapping[str, Any] | None = None


def lasted(seconds: float) -> str:
    """How long an audit took, in words; `seconds` are 0 or more."""
    return "1 second" if round(seconds) == 1 else f"{seconds:.0f} seconds"


def place(file: str | None, line: int | None, script: str, cells: tuple[tuple[int, int], ...]) -> str:
    """A line in words; of a notebook, whose lines stand in `cells`, its cell and the line there."""
    if line is not None and cells and file == f"{script}.py" and line <= len(cells):
        cell, inside = cells[line - 1]
        return f"cell {cell}, line {inside}"
    return f"line {line}" if file in (None, script) else f"line {line} of {file}"
