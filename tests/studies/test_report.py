"""What is printed of a study: the matrix cell by cell, and the seeds."""

import json
from dataclasses import replace

import numpy as np
import pytest
from made_up_matrix import MadeUpMatrix

from repro.experiment.experiment import Experiment
from repro.studies.matrix import COMBINATIONS, Cell, Steps
from repro.studies.report import matrix_json, matrix_lines, seeds_json, seeds_lines


def same(on: Steps) -> tuple[bool, bool, bool]:
    return "python" in on, "numpy" in on, {"python", "numpy"} <= set(on)


def test_each_row_of_the_printed_matrix_says_what_was_on_and_what_was_the_same() -> None:
    words, blank, header, *rows = matrix_lines(MadeUpMatrix({on: same(on) for on in COMBINATIONS}))
    assert words.startswith("Batches repeat with numpy; initial weights repeat with python; so the training repeats")
    assert blank == ""
    names = ["numpy", "tensorflow", "initializers", "python", "initial weights", "batch order", "whole training"]
    names += ["orders of batches"]
    assert header == "  ".join(names)
    assert len(rows) == 16
    for on, row in zip(COMBINATIONS, rows, strict=True):
        starts = [header.index(name) for name in names]
        cells = [row[start : start + len(name)].strip() for start, name in zip(starts, names, strict=True)]
        assert cells[:4] == ["on" if step in on else "." for step in names[:4]]
        assert cells[4:] == [*("same" if alike else "differs" for alike in same(on)), "2 in 3 epochs"]


class WithMasks(MadeUpMatrix):
    """With dropout, whose masks are the same with `tensorflow`."""

    def cells(self) -> dict[Steps, Cell]:
        return {on: replace(cell, dropout_masks="tensorflow" in on) for on, cell in super().cells().items()}


def test_with_dropout_the_printed_matrix_has_a_column_for_its_masks() -> None:
    _, _, header, *rows = matrix_lines(WithMasks({on: same(on) for on in COMBINATIONS}, Experiment(dropout=0.2)))
    start = header.index("dropout masks")
    assert header.index("batch order") < start < header.index("whole training")
    for on, row in zip(COMBINATIONS, rows, strict=True):
        assert row[start:].split()[0] == ("same" if "tensorflow" in on else "differs")


def test_a_row_that_has_not_been_tried_has_no_result() -> None:
    *_, row = matrix_lines(MadeUpMatrix({on: same(on) for on in COMBINATIONS[:-1]}))
    assert row.split() == ["on", "on", "on", "on"]


def test_the_matrix_for_programs_has_what_the_contract_lists() -> None:
    value = json.loads(json.dumps(matrix_json(MadeUpMatrix({on: same(on) for on in COMBINATIONS}))))
    assert set(value) == {"program", "rerun", "steps", "cells", "sufficient"}
    assert (value["program"], value["rerun"]) == ("tensorflow", "new-process")
    assert value["steps"] == ["numpy", "tensorflow", "initializers", "python"]
    assert value["sufficient"] == [["numpy", "python"]]
    for on, cell in zip(COMBINATIONS, value["cells"], strict=True):
        expected = dict(zip(("initial_weights", "batch_order", "final_weights"), same(on), strict=True))
        assert cell == {"on": list(on)} | expected


def test_a_matrix_that_does_not_decide_has_no_sufficient_sets_for_programs() -> None:
    few = Experiment(images=2, batch_size=2, epochs=1)
    found = MadeUpMatrix(dict.fromkeys(COMBINATIONS, (True, True, True)), few)
    assert matrix_json(found)["sufficient"] is None


FOUND = {42: 0.96, 43: 0.97, 44: 0.98, 45: 0.97, 46: 0.97}


def test_seeds_are_printed_each_with_its_accuracy_then_the_spread() -> None:
    lines = seeds_lines(FOUND, Experiment())
    assert lines[:5] == [f"seed {seed}          test accuracy {accuracy}" for seed, accuracy in FOUND.items()]
    values = list(FOUND.values())
    std = float(np.std(values, ddof=1))
    interval = 2.7764451 * std / 5**0.5
    assert lines[5:7] == ["", f"mean 0.970000 ± {interval:.6f} (95 % interval), standard deviation {std:.6f}"]
    assert lines[7] == ""
    assert lines[8].startswith("A change of seed alone moved")


@pytest.mark.parametrize(("count", "spread"), [(2, "mean 0.965000, standard deviation 0.007071"), (1, None)])
def test_below_five_seeds_there_is_no_interval(count: int, spread: str | None) -> None:
    lines = seeds_lines(dict(list(FOUND.items())[:count]), Experiment())
    assert lines[count:-2] == ([] if spread is None else ["", spread])
    assert "too little" in lines[-1]


def test_seeds_for_programs() -> None:
    value = seeds_json(FOUND)
    assert set(value) == {"seeds", "test_accuracy", "mean", "std"}
    assert value["seeds"] == list(FOUND)
    assert value["test_accuracy"] == list(FOUND.values())
    assert value["mean"] == pytest.approx(0.97)
    assert value["std"] == pytest.approx(np.std(list(FOUND.values()), ddof=1))
    assert seeds_json({42: 0.96})["std"] is None
