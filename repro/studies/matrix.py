"""Every combination of seeding lines, each trained again: which sets of lines are sufficient.

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
from repro.history.history import DIGESTS, MASKS
from repro.studies.jobs import Outcome
from repro.studies.study import Study
from repro.verdicts import chance
from repro.verdicts.chance import MAX_CHANCE

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
MAX_REPEATS = LIMITS.runs_of_a_study // 2 ** len(SEEDING_STEPS)
REPEATS = Setting(
    name="repeats",
    label="Runs of each combination",
    help="how often each combination is trained",
    default=2,
    kind=WholeNumber(2, MAX_REPEATS),
)
TRAINING = "training"  # all that the runs of a pair are compared in: what a matrix answers for
Steps = tuple[str, ...]
COMBINATIONS: tuple[Steps, ...] = tuple(
    steps for size in range(len(SEEDING_STEPS) + 1) for steps in combinations(SEEDING_STEPS, size)
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What was the same in all runs of one combination, `on` being the steps that were on. `training` is everything
    that a pair is compared in: initial weights, and batches, dropout masks, losses and weights of every step.
    `dropout_masks` is None without dropout. `distinct_orders` is how many orders of batches the epochs of one run had,
    the most of all runs."""

    on: Steps
    initial_weights: bool
    batch_order: bool
    final_weights: bool
    training: bool
    dropout_masks: bool | None = None
    distinct_orders: int | None = None

    @classmethod
    def of(cls, on: Steps, outcomes: Sequence[Outcome]) -> "Cell":
        """That of two or more runs."""
        found = {name: {getattr(outcome, name) for outcome in outcomes} for name in (*DIGESTS, TRAINING, MASKS)}
        same = {name: len(digests) == 1 for name, digests in found.items() if None not in digests}
        return cls(on=on, **same, distinct_orders=max(outcome.distinct_orders for outcome in outcomes))


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
        return none_agrees or self.chance(quantity) <= MAX_CHANCE


def compared(*, masks: bool) -> dict[str, str]:
    """What runs are compared in, each with its name in words, from the draws to what follows from them."""
    draws = {name: words for name, words in DIGESTS.items() if name != "final_weights"}
    return draws | ({MASKS: "dropout masks"} if masks else {}) | {TRAINING: "whole training"}


def log_chance_to_agree(experiment: Experiment, quantity: str) -> float:
    """The natural logarithm of the probability that two runs of `experiment` agree in `quantity` although a draw that
    decides it is not seeded: -inf if that cannot be."""
    if quantity == "initial_weights":
        return -math.inf  # hundreds of float32 at least
    orders = chance.of_orders(experiment)
    if quantity == "batch_order" or (not experiment.dropout and quantity != MASKS):
        return orders
    masks = chance.of_masks(experiment)
    return masks if quantity == MASKS else max(orders, masks)


def repeats_needed(experiment: Experiment, quantity: str) -> int | None:
    """How many runs of each combination are enough for `quantity` not to agree by chance; None if no number is that is
    allowed here."""
    log_chance = log_chance_to_agree(experiment, quantity)
    if log_chance == 0:
        return None
    needed = 1 + math.ceil(math.log(len(COMBINATIONS) / MAX_CHANCE) / -log_chance)
    return max(needed, 2) if needed <= MAX_REPEATS else None


def minimal_sets(sets: Iterable[Steps]) -> list[Steps]:
    """Of sets that are sufficient those of which no proper subset is: the smaller first, then in their order.

    That larger sets are sufficient as well is not taken for granted: adding a step may break what was the same.
    """
    found = list(dict.fromkeys(sets))
    return sorted((one for one in found if not any(set(other) < set(one) for other in found)), key=len)


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
    return any(getattr(cells[without], name) != getattr(cells[with_step], name) for name in (*DIGESTS, TRAINING, MASKS))


def in_words(matrix: Matrix) -> str:
    """What the matrix found, from its cells alone; how many combinations were tried, if some are missing."""
    cells = matrix.cells()
    if len(cells) < len(COMBINATIONS):
        tried = f"{len(cells)} of {len(COMBINATIONS)} combinations tried"
        if not matrix.study.ended:
            return f"{tried} so far."
        ended = "a run failed" if matrix.study.failure is not None else "the study was stopped"
        return f"{tried}, then {ended}: which seeding lines are sufficient is not known."
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
            "and no set of seeding lines is sufficient for the training to repeat",
            TRAINING,
            cells,
        ),
    ]
    decided = [part for quantity, part in parts if quantity not in undecided]
    masks_unknown = bool(matrix.experiment.dropout) and MASKS not in matrix.quantities
    if (masks_unknown or {"batch_order", MASKS} & {*undecided}) and TRAINING not in undecided:
        decided[-1] = decided[-1].removeprefix("so ").removeprefix("and ")
    joined = "; ".join(decided)
    sentences = [f"{sentence(joined)} (in {matrix.repeats} of {matrix.repeats} runs each)."]
    idle = without_effect(cells)
    if idle and not undecided:
        sentences.append(f"{_all_of(idle)} never changed what repeats.")
    return " ".join([*sentences, *shuffling(matrix), *doubts(matrix)])


def shuffles(experiment: Experiment) -> bool:
    """Whether the orders of two epochs can be told from one another, other than by a coincidence."""
    one_epoch = experiment.total_steps // experiment.epochs
    return experiment.epochs > 1 and -math.inf < chance.of_orders(experiment, one_epoch) <= math.log(MAX_CHANCE)


def shuffling(matrix: Matrix) -> list[str]:
    """With which sets of steps each epoch took the images in the same order: these runs were not shuffled anew."""
    once = [on for on, cell in matrix.cells().items() if cell.distinct_orders == 1]
    if not once or not shuffles(matrix.experiment):
        return []
    epochs = f"all {matrix.experiment.epochs} epochs of a run took the same batches in the same order"
    if len(once) == len(COMBINATIONS):
        return [f"In every combination {epochs}."]
    sets = minimal_sets(once)
    return [f"{sentence(_with(sets[0]))}{''.join(f', or {_all_of(one)}' for one in sets[1:])}, {epochs}."]


def doubts(matrix: Matrix) -> list[str]:
    """What a matrix of which all runs have finished does not decide, and where its cells contradict each other."""
    cells = matrix.cells()
    undecided = [quantity for quantity in matrix.quantities if not matrix.decides(quantity)]
    return [
        *([_undecided(matrix, undecided)] if undecided else []),
        *(
            f"A contradiction: the {name} {_were(quantity)} the same {_with(smaller)}, and differed {_with(larger)}."
            for quantity, name in matrix.quantities.items()
            for smaller, larger in contradictions(cells, quantity)
        ),
    ]


def _undecided(matrix: Matrix, quantities: Sequence[str]) -> str:
    """Why a matrix does not say with which steps `quantities` repeat, and what would decide it."""
    experiment = matrix.experiment
    probability = max(math.exp(log_chance_to_agree(experiment, quantity)) for quantity in quantities)
    needed = [number for quantity in quantities if (number := repeats_needed(experiment, quantity)) is not None]
    remedy = "Use more images."
    if len(needed) == len(quantities):
        remedy = f"Use more images, or {max(needed)} runs of each combination."
    images = f"{experiment.images} image{'' if experiment.images == 1 else 's'}"
    return (
        f"Which steps make {' and '.join(f'the {matrix.quantities[name]}' for name in quantities)} repeat is not"
        f" decided: with {images}, two unseeded runs agree by chance with a probability of up to {probability:.2g}."
        f" {remedy}"
    )


def _repeats(yes: str, no: str, quantity: str, cells: Mapping[Steps, Cell]) -> tuple[str, str]:
    sets = sufficient(cells, quantity)
    if not sets:
        return quantity, no
    return quantity, f"{yes} {', or '.join([_with(sets[0]), *map(_all_of, sets[1:])])}"


def _with(steps: Steps) -> str:
    return f"with {_all_of(steps)}" if steps else "without any step"


def _were(quantity: str) -> str:
    return "was" if quantity in ("batch_order", TRAINING) else "were"


def _all_of(steps: Sequence[str]) -> str:
    return " and ".join(f"`{step}`" for step in steps)
