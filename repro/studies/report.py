"""What is printed of a study: the matrix, the spread of seeds."""

from typing import Any

from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.studies import seeds
from repro.studies.matrix import COMBINATIONS, TRAINING, Matrix, in_words, shuffles, sufficient

ORDERS = "orders of batches"
NOT_IN_JSON = (TRAINING, "distinct_orders")  # what the contract of a cell does not list


def matrix_lines(matrix: Matrix) -> list[str]:
    """The sentence, and a row for each combination: the steps that were on, and what was the same."""
    cells = matrix.cells()
    quantities = matrix.quantities
    orders = [ORDERS] if shuffles(matrix.experiment) else []
    header = [*SEEDING_STEPS, *quantities.values(), *orders]
    lines = [in_words(matrix).replace("`", ""), "", "  ".join(header)]
    for steps in COMBINATIONS:
        on = ["on" if step in steps else "." for step in SEEDING_STEPS]
        same = ["same" if getattr(cells[steps], name) else "differs" for name in quantities] if steps in cells else []
        same += [f"{cells[steps].distinct_orders} in {matrix.experiment.epochs} epochs" for _ in orders if same]
        lines.append(
            "  ".join(text.ljust(len(title)) for text, title in zip([*on, *same], header, strict=False)).rstrip()
        )
    return lines


def matrix_json(matrix: Matrix) -> dict[str, Any]:
    """A matrix of which all runs have finished as plain JSON values; `sufficient` is null if it is not decided."""
    cells = matrix.cells()
    return {
        "program": matrix.experiment.program,
        "rerun": matrix.rerun,
        "steps": list(SEEDING_STEPS),
        "cells": [
            {name: value for name, value in vars(cell).items() if value is not None and name not in NOT_IN_JSON}
            | {"on": list(cell.on)}
            for cell in cells.values()
        ],
        "sufficient": [list(steps) for steps in sufficient(cells, TRAINING)] if matrix.decides(TRAINING) else None,
    }


def seeds_lines(found: dict[int, float], experiment: Experiment) -> list[str]:
    """Test accuracy by seed, the spread, and what it means."""
    spread = seeds.Spread.of(list(found.values()))
    lines = [f"seed {seed:<12}test accuracy {accuracy}" for seed, accuracy in found.items()]
    if spread.std is not None:
        interval = "" if spread.interval is None else f" ± {spread.interval:.6f} (95 % interval)"
        lines += ["", f"mean {spread.mean:.6f}{interval}, standard deviation {spread.std:.6f}"]
    return [*lines, "", seeds.in_words(list(found.values()), experiment)]


def seeds_json(found: dict[int, float]) -> dict[str, Any]:
    """The same as plain JSON values; `std` is null for a single seed."""
    spread = seeds.Spread.of(list(found.values()))
    values = {"seeds": list(found), "test_accuracy": list(found.values())}
    return values | {"mean": spread.mean, "std": spread.std}
