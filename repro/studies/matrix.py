"""Every combination of seeding steps, each trained again: which sets of steps are enough.

Nothing is known beforehand: all that is said here comes from the outcomes of runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import combinations

from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.kinds import Choice, WholeNumber
from repro.experiment.limits import LIMITS
from repro.experiment.seeding import SEEDING_STEPS
from repro.experiment.settings import Setting
from repro.studies.jobs import Job, Outcome
from repro.studies.study import Study

QUANTITIES = {"initial_weights": "initial weights", "batch_order": "batch order", "final_weights": "final weights"}
RERUNS = {
    "new-process": "the script is started again",
    "same-process": "the notebook cell is run again",
}
RERUN = Setting(
    name="rerun",
    label="Run again",
    help="how a run is repeated, in a process of its own or after the first in the same one",
    default="new-process",
    kind=Choice(tuple(RERUNS)),
)
REPEATS = Setting(
    name="repeats",
    label="Runs of each combination",
    help="how often each combination is trained",
    default=2,
    kind=WholeNumber(2, LIMITS.runs_of_a_study // 2 ** len(SEEDING_STEPS)),
)
Steps = tuple[str, ...]
COMBINATIONS: tuple[Steps, ...] = tuple(
    steps for size in range(len(SEEDING_STEPS) + 1) for steps in combinations(SEEDING_STEPS, size)
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What came out the same in all runs of one combination, `on` being the steps that were on."""

    on: Steps
    initial_weights: bool
    batch_order: bool
    final_weights: bool

    @classmethod
    def of(cls, on: Steps, outcomes: Sequence[Outcome]) -> "Cell":
        """That of two or more runs."""
        same = {name: len({getattr(outcome, name) for outcome in outcomes}) == 1 for name in QUANTITIES}
        return cls(on=on, **same)


class Matrix:
    """All combinations of steps of one experiment, each trained `repeats` times; the experiment's own steps do not
    matter. InputError, of one line, where `rerun` or `repeats` is not allowed."""

    def __init__(self, executor: Executor, experiment: Experiment, *, rerun: str, repeats: int) -> None:
        for setting, value in ((RERUN, rerun), (REPEATS, repeats)):
            if not setting.kind.accepts(value):
                raise InputError(setting.refusal(value))
        self.experiment, self.rerun, self.repeats = experiment, rerun, repeats
        self._processes = 1 if rerun == "same-process" else repeats  # of each combination
        self.study = Study(
            executor,
            [
                Job(replace(experiment, steps=steps), repeats // self._processes)
                for steps in COMBINATIONS
                for _ in range(self._processes)
            ],
        )

    def cells(self) -> dict[Steps, Cell]:
        """The combinations of which all runs have finished."""
        found = {}
        for number, steps in enumerate(COMBINATIONS):
            of_cell = self.study.outcomes[number * self._processes : (number + 1) * self._processes]
            outcomes = [outcome for job in of_cell if job is not None for outcome in job]
            if len(outcomes) == self.repeats:
                found[steps] = Cell.of(steps, outcomes)
        return found


def minimal_sets(enough: Iterable[Steps]) -> list[Steps]:
    """Of sets that are enough those of which no proper subset is: the smaller first, then in their order.

    That larger sets are enough as well is not taken for granted: adding a step may break what was the same.
    """
    sets = list(dict.fromkeys(enough))
    return sorted((one for one in sets if not any(set(other) < set(one) for other in sets)), key=len)


def sufficient(cells: Mapping[Steps, Cell], quantity: str) -> list[Steps]:
    """The minimal sets of steps with which `quantity`, of QUANTITIES, came out the same."""
    return minimal_sets(steps for steps, cell in cells.items() if getattr(cell, quantity))


def without_effect(cells: Mapping[Steps, Cell]) -> list[str]:
    """The steps that never changed anything: with and without them, the same came out the same."""
    return [step for step in SEEDING_STEPS if not any(_changes(step, steps, cells) for steps in cells)]


def _changes(step: str, without: Steps, cells: Mapping[Steps, Cell]) -> bool:
    with_step = tuple(name for name in SEEDING_STEPS if name in without or name == step)
    if with_step == without or with_step not in cells:
        return False
    return any(getattr(cells[without], name) != getattr(cells[with_step], name) for name in QUANTITIES)


def in_words(matrix: Matrix) -> str:
    """What the matrix found, from its cells alone; how far it has come, as long as some are missing."""
    cells = matrix.cells()
    if len(cells) < len(COMBINATIONS):
        return f"{len(cells)} of {len(COMBINATIONS)} combinations tried so far."
    parts = [
        _repeats("Batches repeat", "Batches never repeated", sufficient(cells, "batch_order")),
        _repeats("initial weights repeat", "initial weights never repeated", sufficient(cells, "initial_weights")),
        _repeats(
            "so the training repeats exactly",
            "and no set of steps is enough for the training to repeat",
            sufficient(cells, "final_weights"),
        ),
    ]
    idle = without_effect(cells)
    changed = f" {_all_of(idle)} never changed anything." if idle else ""
    return f"{'; '.join(parts)} (in {matrix.repeats} of {matrix.repeats} runs each).{changed}"


def _repeats(yes: str, no: str, sets: Sequence[Steps]) -> str:
    if not sets:
        return no
    return f"{yes} without any step" if sets == [()] else f"{yes} with {', or '.join(map(_all_of, sets))}"


def _all_of(steps: Sequence[str]) -> str:
    return " and ".join(f"`{step}`" for step in steps)
