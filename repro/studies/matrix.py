"""Every combination of seeding steps, each trained again: which sets of steps are enough.

Nothing is known beforehand: all that is said here comes from the outcomes of runs. Where few orders of the images
exist, unseeded runs agree by chance; then the answer is withheld.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import combinations

from repro.engine.job import Job
from repro.experiment.errors import InputError, sentence
from repro.experiment.experiment import Experiment
from repro.experiment.kinds import Choice, WholeNumber
from repro.experiment.limits import LIMITS
from repro.experiment.seeding import SEEDING_STEPS
from repro.experiment.settings import Setting
from repro.records.history import DIGESTS, MASKS
from repro.studies.jobs import Outcome
from repro.studies.study import Study

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
MOST_REPEATS = LIMITS.runs_of_a_study // 2 ** len(SEEDING_STEPS)
REPEATS = Setting(
    name="repeats",
    label="Runs of each combination",
    help="how often each combination is trained",
    default=2,
    kind=WholeNumber(2, MOST_REPEATS),
)
Steps = tuple[str, ...]
COMBINATIONS: tuple[Steps, ...] = tuple(
    steps for size in range(len(SEEDING_STEPS) + 1) for steps in combinations(SEEDING_STEPS, size)
)


LARGEST_CHANCE = 1e-6  # that some combination of a matrix agrees by chance, for the matrix to be an answer


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What was the same in all runs of one combination, `on` being the steps that were on. `dropout_masks` is None
    without dropout."""

    on: Steps
    initial_weights: bool
    batch_order: bool
    final_weights: bool
    dropout_masks: bool | None = None

    @classmethod
    def of(cls, on: Steps, outcomes: Sequence[Outcome]) -> "Cell":
        """That of two or more runs."""
        found = {name: {getattr(outcome, name) for outcome in outcomes} for name in (*DIGESTS, MASKS)}
        return cls(on=on, **{name: len(digests) == 1 for name, digests in found.items() if None not in digests})


class Matrix:
    """All combinations of steps of one experiment, each trained `repeats` times; the experiment's own steps do not
    matter. InputError, of one line, if `rerun` or `repeats` is not allowed."""

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

    @property
    def quantities(self) -> dict[str, str]:
        """What the runs of a combination are compared in, as `compared` has it: the masks only where there is dropout,
        and all runs have recorded them."""
        recorded = all(cell.dropout_masks is not None for cell in self.cells().values())
        return compared(masks=bool(self.experiment.dropout) and recorded)

    def cells(self) -> dict[Steps, Cell]:
        """The combinations of which all runs have finished."""
        found = {}
        for number, steps in enumerate(COMBINATIONS):
            of_cell = self.study.outcomes[number * self._processes : (number + 1) * self._processes]
            outcomes = [outcome for job in of_cell if job is not None for outcome in job]
            if len(outcomes) == self.repeats:
                found[steps] = Cell.of(steps, outcomes)
        return found

    def chance(self, quantity: str) -> float:
        """An upper bound, at most 1, on the probability that in some of the 16 combinations all runs agree in
        `quantity`, although a draw that decides it is not seeded."""
        log_chance = math.log(len(COMBINATIONS)) + (self.repeats - 1) * log_chance_to_agree(self.experiment, quantity)
        return math.exp(min(log_chance, 0.0))

    def decides(self, quantity: str) -> bool:
        """Whether the matrix says with which sets of steps `quantity` repeats: all combinations have been tried, and
        those that agree do not do so by chance."""
        cells = self.cells()
        if len(cells) < len(COMBINATIONS):
            return False
        none_agrees = not any(getattr(cell, quantity) for cell in cells.values())
        return none_agrees or self.chance(quantity) <= LARGEST_CHANCE


def compared(*, masks: bool) -> dict[str, str]:
    """What runs are compared in, each with its name in words, from the draws to what follows from them."""
    *draws, (last, name) = DIGESTS.items()
    return dict(draws) | ({MASKS: "dropout masks"} if masks else {}) | {last: name}


def log_chance_to_agree(experiment: Experiment, quantity: str) -> float:
    """The natural logarithm of the probability that two runs of `experiment` agree in `quantity` although a draw that
    decides it is not seeded: -inf if that cannot be.

    Of n images there are n! orders in each epoch. Orders that differ only within batches of b1, b2, … images count as
    one, as their sums may round alike: n! / (b1! b2! …) are left. Of a single batch this leaves one, and says nothing;
    then all n! count. A dropout mask of rate r agrees with another in one unit with probability r² + (1 - r)².
    """
    if quantity == "initial_weights":
        return -math.inf  # hundreds of float32 at least
    images, batch_size = experiment.images, experiment.batch_size
    whole, rest = divmod(images, batch_size)
    same_batches = whole * math.lgamma(batch_size + 1) + math.lgamma(rest + 1) if images > batch_size else 0.0
    orders = -math.inf if images == 1 else experiment.epochs * (same_batches - math.lgamma(images + 1))
    rate = experiment.dropout
    if quantity == "batch_order" or (not rate and quantity != MASKS):
        return orders
    units = 2 * experiment.hidden * images * experiment.epochs
    masks = units * math.log(rate**2 + (1 - rate) ** 2)
    return masks if quantity == MASKS else max(orders, masks)


def repeats_needed(experiment: Experiment, quantity: str) -> int | None:
    """How many runs of each combination are enough for `quantity` not to agree by chance; None if no number is that is
    allowed here."""
    log_chance = log_chance_to_agree(experiment, quantity)
    if log_chance == 0:
        return None
    needed = 1 + math.ceil(math.log(len(COMBINATIONS) / LARGEST_CHANCE) / -log_chance)
    return max(needed, 2) if needed <= MOST_REPEATS else None


def minimal_sets(enough: Iterable[Steps]) -> list[Steps]:
    """Of sets that are enough those of which no proper subset is: the smaller first, then in their order.

    That larger sets are enough as well is not taken for granted: adding a step may break what was the same.
    """
    sets = list(dict.fromkeys(enough))
    return sorted((one for one in sets if not any(set(other) < set(one) for other in sets)), key=len)


def sufficient(cells: Mapping[Steps, Cell], quantity: str) -> list[Steps]:
    """The minimal sets of steps with which `quantity` was the same, and with every larger set that was tried too."""
    contradicted = {steps for steps, _ in contradictions(cells, quantity)}
    return minimal_sets(steps for steps, cell in cells.items() if getattr(cell, quantity) and steps not in contradicted)


def contradictions(cells: Mapping[Steps, Cell], quantity: str) -> list[tuple[Steps, Steps]]:
    """Each set of steps with which `quantity` was the same although it differed with a larger one, beside the first
    such larger set."""
    found = []
    for steps, cell in cells.items():
        larger = [other for other in cells if set(steps) < set(other) and not getattr(cells[other], quantity)]
        if getattr(cell, quantity) and larger:
            found.append((steps, larger[0]))
    return found


def without_effect(cells: Mapping[Steps, Cell]) -> list[str]:
    """The steps that never changed what repeats: with and without them, the same quantities were the same."""
    return [step for step in SEEDING_STEPS if not any(_changes(step, steps, cells) for steps in cells)]


def _changes(step: str, without: Steps, cells: Mapping[Steps, Cell]) -> bool:
    with_step = tuple(name for name in SEEDING_STEPS if name in without or name == step)
    if with_step not in cells:
        return False
    return any(getattr(cells[without], name) != getattr(cells[with_step], name) for name in (*DIGESTS, MASKS))


def in_words(matrix: Matrix) -> str:
    """What the matrix found, from its cells alone; how many combinations were tried, if some are missing."""
    cells = matrix.cells()
    if len(cells) < len(COMBINATIONS):
        tried = f"{len(cells)} of {len(COMBINATIONS)} combinations tried"
        if not matrix.study.ended:
            return f"{tried} so far."
        ended = "a run failed" if matrix.study.failure is not None else "the study was stopped"
        return f"{tried}, then {ended}: which steps are enough is not known."
    undecided = [quantity for quantity in matrix.quantities if not matrix.decides(quantity)]
    parts = [
        _repeats("batches repeat", "batches never repeated", "batch_order", cells),
        _repeats("initial weights repeat", "initial weights never repeated", "initial_weights", cells),
        *(
            [_repeats("dropout masks repeat", "dropout masks never repeated", MASKS, cells)]
            if MASKS in matrix.quantities
            else []
        ),
        _repeats(
            "so the training repeats exactly",
            "and no set of steps is enough for the training to repeat",
            "final_weights",
            cells,
        ),
    ]
    decided = [part for quantity, part in parts if quantity not in undecided]
    masks_unknown = bool(matrix.experiment.dropout) and MASKS not in matrix.quantities
    if (masks_unknown or {"batch_order", MASKS} & {*undecided}) and "final_weights" not in undecided:
        decided[-1] = decided[-1].removeprefix("so ").removeprefix("and ")
    joined = "; ".join(decided)
    sentences = [f"{sentence(joined)} (in {matrix.repeats} of {matrix.repeats} runs each)."]
    idle = without_effect(cells)
    if idle and not undecided:
        sentences.append(f"{_all_of(idle)} never changed what repeats.")
    return " ".join([*sentences, *doubts(matrix)])


def doubts(matrix: Matrix) -> list[str]:
    """What a matrix of which all runs have finished does not decide, and where its cells contradict each other."""
    cells = matrix.cells()
    undecided = [quantity for quantity in matrix.quantities if not matrix.decides(quantity)]
    return ([_undecided(matrix, undecided)] if undecided else []) + [
        f"A contradiction: the {name} {_were(quantity)} the same {_with(smaller)}, and differed {_with(larger)}."
        for quantity, name in matrix.quantities.items()
        for smaller, larger in contradictions(cells, quantity)
    ]


def _undecided(matrix: Matrix, quantities: Sequence[str]) -> str:
    """Why a matrix does not say with which steps `quantities` repeat, and what would decide it."""
    experiment = matrix.experiment
    chance = max(math.exp(log_chance_to_agree(experiment, quantity)) for quantity in quantities)
    needed = [number for quantity in quantities if (number := repeats_needed(experiment, quantity)) is not None]
    remedy = "Use more images."
    if len(needed) == len(quantities):
        remedy = f"Use more images, or {max(needed)} runs of each combination."
    images = f"{experiment.images} image{'' if experiment.images == 1 else 's'}"
    return (
        f"Which steps make {' and '.join(f'the {matrix.quantities[name]}' for name in quantities)} repeat is not"
        f" decided: with {images}, two unseeded runs agree by chance with a probability of up to {chance:.2g}. {remedy}"
    )


def _repeats(yes: str, no: str, quantity: str, cells: Mapping[Steps, Cell]) -> tuple[str, str]:
    sets = sufficient(cells, quantity)
    if not sets:
        return quantity, no
    return quantity, f"{yes} {', or '.join([_with(sets[0]), *map(_all_of, sets[1:])])}"


def _with(steps: Steps) -> str:
    return f"with {_all_of(steps)}" if steps else "without any step"


def _were(quantity: str) -> str:
    return "was" if quantity == "batch_order" else "were"


def _all_of(steps: Sequence[str]) -> str:
    return " and ".join(f"`{step}`" for step in steps)
