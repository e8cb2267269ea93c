"""The matrix as a picture: its answer, a row for each combination of seeding lines, and the recipes, judged.

HTML tables, so that they are read aloud cell by cell and fit any width; a row is a link that opens its combination.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from repro.experiment.seeding import SEEDING_STEPS
from repro.studies.matrix import COMBINATIONS, TRAINING, Cell, Matrix, Steps, compared, shuffles, shuffling, sufficient
from repro.studies.recipes import RECIPES
from repro.views.templates import render


@dataclass(frozen=True)
class Mark:
    """What is shown of a cell or a recipe: its class, its sign, and the sign in words."""

    kind: str
    sign: str
    word: str


SAME, DIFFERS = Mark("same", "=", "same"), Mark("differs", "≠", "differs")
BEGUN, OPEN = Mark("begun", "…", "training"), Mark("open", "·", "not tried yet")
SUFFICIENT = {
    True: Mark("same", "=", "sufficient"),
    False: Mark("differs", "≠", "not sufficient"),
    None: Mark("open", "·", "no answer yet"),
}


@dataclass(frozen=True)
class Need:
    """What one quantity needs to repeat: its name, and the minimal sufficient sets of seeding lines, none if there is
    none; None if it is not decided."""

    quantity: str
    sets: tuple[Steps, ...] | None


def picture(matrix: Matrix | None, link: Callable[[Steps], str], note: str, *, masks: bool = False) -> str:
    """The answer, once all combinations are tried; their table: dots for the lines that are on, and a mark for each
    quantity, dropout's `masks` among them where there is dropout; and the recipes. `link` gives the address that opens
    a combination, `note` says what the recipes were judged by."""
    cells = {} if matrix is None else matrix.cells()
    quantities = compared(masks=masks)
    decided = matrix is not None and matrix.decides(TRAINING)
    training = [] if matrix is None else [job.experiment.steps for job, task in matrix.study.pending if task.running()]
    sets = sufficient(cells, TRAINING) if decided else []
    ordered = matrix is not None and shuffles(matrix.experiment)
    said = shuffling(matrix) if matrix is not None and len(cells) == len(COMBINATIONS) else []
    return render(
        "combinations",
        needs=[] if matrix is None else _needs(matrix, cells),
        lines=list(SEEDING_STEPS),
        quantities=[*quantities.values(), *(["orders of batches"] if ordered else [])],
        shuffling=[sentence.replace("`", "") for sentence in said],
        rows=[
            {
                "steps": steps,
                "words": _words(steps),
                "link": link(steps),
                "sufficient": steps in sets,
                "marks": [_mark(steps, cells, name, training) for name in quantities],
                "orders": _orders(matrix, cells.get(steps)) if ordered else None,
            }
            for steps in COMBINATIONS
        ],
        recipes=[
            {
                "name": recipe.name,
                "source": recipe.source,
                "words": _words(recipe.steps),
                "mark": SUFFICIENT[recipe.sufficient(cells if decided else {})],
            }
            for recipe in RECIPES
        ],
        note=note,
    )


def _needs(matrix: Matrix, cells: Mapping[Steps, Cell]) -> list[Need]:
    """What was found of each quantity that was compared; nothing before all combinations are tried."""
    if len(cells) < len(COMBINATIONS):
        return []
    return [
        Need(name, tuple(sufficient(cells, quantity)) if matrix.decides(quantity) else None)
        for quantity, name in matrix.quantities.items()
    ]


def _orders(matrix: Matrix | None, cell: Cell | None) -> str:
    """How many orders of batches the epochs of a run had."""
    return "" if matrix is None or cell is None else f"{cell.distinct_orders} in {matrix.experiment.epochs} epochs"


def _words(steps: Steps) -> str:
    return " + ".join(steps) or "none"


def _mark(steps: Steps, cells: Mapping[Steps, Cell], quantity: str, training: Collection[Steps]) -> Mark:
    if steps not in cells:
        return BEGUN if steps in training else OPEN
    return SAME if getattr(cells[steps], quantity) else DIFFERS
