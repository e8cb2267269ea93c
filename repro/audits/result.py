"""What an audit found, as plain data: the same for the report, for JSON, for a record and for the page."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from repro.audits import report
from repro.audits.seen import Drawn, Losses, Rung

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
    """A line that sets generators, those of `sets`. `too_late`: there were draws from one of them before;
    `matters`: whether another value there changed the result."""

    file: str
    line: int
    code: str | None
    sets: tuple[str, ...]
    value: Any
    too_late: bool = False
    matters: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What a person can do about a source: the line to write (null if it is no line), where, and both in words."""

    source: str
    code: str | None
    where: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an audit found.

    The fields up to `not_seen` are those of `--json`. The others: `differs`, the quantities that differ; `printed`, the
    first line of output that does, as A and B have it; the pins that broke the script; `everything`, whether the pair
    repeats with every pin, None if that was not tried; files that a run left; what was noticed; `runs`, how many
    runs of the script as it is were compared; `pairs`, how many runs there were in all, trials included; the advice;
    of a notebook the cell and line of each line; the script's code, None where it is too large or was not kept.
    """

    script: str
    arguments: tuple[str, ...]
    rerun: str
    repeats: bool
    first_difference: FirstDifference | None
    unseeded: tuple[Unseeded, ...]
    seeding: tuple[Seeding, ...]
    enough: tuple[tuple[str, ...], ...] | None
    seed_has_effect: bool | None
    steps: tuple[int, int]
    final_weights: tuple[str | None, str | None]
    seconds: float
    seen: Mapping[str, Any]
    not_seen: tuple[str, ...]
    differs: tuple[str, ...] = ()
    printed: tuple[str | None, str | None] | None = None
    could_not_be_tried: tuple[str, ...] = ()
    everything: bool | None = None
    left_files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pairs: int = 1
    runs: int = 2
    advice: tuple[Advice, ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    losses: tuple[Losses, Losses] = ((), ())
    outputs: tuple[str, str] = ("", "")
    drawn: tuple[Drawn, ...] = ()
    tried: tuple[Rung, ...] = ()
    code: str | None = None

    def __str__(self) -> str:
        """The report."""
        return "\n".join(report.lines(self))

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        found = self.to_record()
        return {name: found[name] for name in CONTRACT}

    def to_record(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return _plain(asdict(self))  # type: ignore[no-any-return]


CONTRACT = (
    "script",
    "arguments",
    "rerun",
    "repeats",
    "first_difference",
    "unseeded",
    "seeding",
    "enough",
    "seed_has_effect",
    "steps",
    "final_weights",
    "seconds",
    "seen",
    "not_seen",
)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
