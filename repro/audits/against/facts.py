"""What was found of a script held against itself with one change, as plain data."""

from dataclasses import asdict, dataclass, field
from typing import Any

from repro.audits.against.apart import Apart, Growth
from repro.audits.against.draws import MovedDraw
from repro.audits.comparison.seen import Losses
from repro.audits.report.facts import Enters, FirstDifference
from repro.verdicts.control import ControlState


@dataclass(frozen=True, kw_only=True)
class Held:
    """A pair of a person's script in which run B does one thing differently, and a control run.

    `change` says what run B does: its `kind`, `name`, and a sentence; `took`: whether it did, None where that cannot be
    seen, and `did_not_take` why it did not. `control`: whether an unmodified repeat of run A was the same; where it was
    not, run B was not made, `identical` is None, and `first_difference` is that of the control run. `first_difference`
    is the first result that differs; `draw` the first draw, file or seed that does; `enters` where the difference was
    first seen in a value of the script's own lines. `moved_draw`: of two versions, the first draw that one alone makes.
    `versions`: the libraries whose versions differ, as name, A's and B's. The losses, of both runs: the first step
    that differs, by how many units in the last place (`units`), the largest difference, and the `growth`, as step and
    difference. `seeds`: the first value that each seeding line gave, as line, A's and B's.
    """

    script: str
    arguments: tuple[str, ...]
    change: dict[str, str]
    identical: bool | None
    control: str
    first_difference: FirstDifference | None
    draw: FirstDifference | None
    enters: Enters | None
    took: bool | None
    did_not_take: str | None
    moved_draw: MovedDraw | None
    versions: tuple[tuple[str, str | None, str | None], ...]
    first_loss_difference: int | None
    units: int | None
    largest_loss_difference: float
    growth: Growth
    steps: tuple[int, int]
    final_weights: tuple[str | None, str | None]
    printed: tuple[str | None, str | None] | None
    seeds: tuple[tuple[int, Any, Any], ...]
    readings: int
    runs: int
    seconds: float
    notes: tuple[str, ...] = ()
    losses: tuple[Losses, Losses] = field(default=((), ()), repr=False)
    outputs: tuple[str, str] = field(default=("", ""), repr=False)
    differs: tuple[str, ...] = field(default=(), repr=False)

    @property
    def repeats_by_itself(self) -> bool:
        """Whether the control run was as run A."""
        return self.control == ControlState.SAME


def loss_fields(found: Apart) -> dict[str, Any]:
    """The fields of how far the losses are apart."""
    return asdict(found)
