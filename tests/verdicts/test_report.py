"""What the command line prints of runs and verdicts."""

import json
from typing import Any

import numpy as np
import pytest
from records import history

from repro.experiment.experiment import Experiment
from repro.history.history import Epoch, History
from repro.verdicts.reasons import Words, in_words
from repro.verdicts.report import (
    comparison_json,
    comparison_lines,
    digest_lines,
    digits,
    epoch_line,
    moved_line,
    shuffling_lines,
    summary_line,
)
from repro.verdicts.verdict import compare

EPOCH = Epoch(
    epoch=2, loss=np.float32(0.1), accuracy=np.float32(1), test_loss=np.float32(1e-10), test_accuracy=np.float32(0.9712)
)


def finished(**changes: Any) -> History:
    return history(epochs=[EPOCH], **changes)


def test_an_epoch_is_a_line_of_every_digit() -> None:
    line = " ".join(epoch_line(EPOCH, 3).split())
    assert line == "Epoch 2 of 3 loss 0.1 accuracy 1.0 test loss 1e-10 test accuracy 0.9712"


def test_digits_read_back_as_the_same_float32() -> None:
    for value in np.random.RandomState(3).uniform(0, 1e-3, 200).astype(np.float32):
        assert np.float32(digits(value)) == value


def test_digits_are_those_that_numpy_prints() -> None:
    for text in ("nan", "inf", "-inf", "1e-10", "1e+20", "0.1", "1.2345678e+07"):
        assert digits(np.float32(text)) == text


def test_digests_are_printed_in_full() -> None:
    assert [line.split()[-1] for line in digest_lines(finished())] == ["1a", "2b", "3c"]


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ([[1, 2], [1, 2], [1, 2]], "3 epochs, 1 order: each epoch took the same batches in the same order"),
        ([[1, 2], [2, 1], [1, 2]], "3 epochs, 2 orders"),
        ([[1, 2], [2, 1], [1, 3]], "3 epochs, 3 orders"),
    ],
)
def test_how_many_orders_the_epochs_had_is_printed(orders: list[list[int]], words: str) -> None:
    made = history(Experiment(images=4, batch_size=2, epochs=3), batch=np.array(orders).reshape(-1), epochs=[EPOCH])
    assert shuffling_lines(made) == [f"shuffling       {words}"]
    lines = comparison_lines(in_words(compare(made, made), made, made), compare(made, made), made, made, {})
    assert f"Run A  shuffling       {words}  (both runs)" in lines
    assert comparison_json(compare(made, made), made, made)["a"]["distinct_orders"] == int(words.split()[2])


@pytest.mark.parametrize("settings", [{"images": 4, "epochs": 1}, {"images": 1, "epochs": 3}])
def test_nothing_is_said_of_the_order_where_there_can_be_but_one(settings: dict[str, Any]) -> None:
    assert shuffling_lines(history(Experiment(batch_size=1, **settings))) == []


def test_equal_digests_of_a_pair_are_printed_once() -> None:
    a, b = finished(), finished(final_weights="ff")
    lines = comparison_lines(in_words(compare(a, b), a, b), compare(a, b), a, b, {0: 0.0, 1: 0.25})
    assert lines[0] == "Diverged at step 7: the weights differ"
    assert "Run A  batch order     2b  (both runs)" in lines
    assert "Run A  final weights   3c" in lines
    assert "Run B  final weights   ff" in lines
    assert lines[-1] == "Distance between their weights, by epoch: 0 (0), 0.25 (1)"


def test_the_comparison_for_programs_has_what_the_contract_lists() -> None:
    a, b = finished(), finished(predictions="7211")
    b.loss[6] = a.loss[6] + np.float32(0.5)
    value = json.loads(json.dumps(comparison_json(compare(a, b), a, b)))
    summary = {"initial_weights": "1a", "batch_order": "2b", "final_weights": "3c", "test_accuracy": 0.9712}
    summary |= {"distinct_orders": 2}
    assert value == {
        "identical": False,
        "first_difference": {"step": 6, "quantity": "loss"},
        "first_loss_difference": 6,
        "largest_loss_difference": abs(float(b.loss[6]) - float(a.loss[6])),
        "test_disagreements": 1,
        "a": summary,
        "b": summary,
    }


def test_losses_that_do_not_differ_are_said_to_be_the_same() -> None:
    a, b = finished(), finished(final_weights="ff", predictions="7219")
    lines = comparison_lines(in_words(compare(a, b), a, b), compare(a, b), a, b, {})
    at = lines.index("The losses are the same in all steps.")
    assert lines[at - 1 :] == [
        "",
        "The losses are the same in all steps.",
        "Test images on which the predictions differ: 1 of 10,000",
    ]


def test_losses_that_differ_are_reported_with_step_and_distance() -> None:
    a, b = finished(), finished()
    b.loss[6] = a.loss[6] + np.float32(0.5)
    lines = comparison_lines(in_words(compare(a, b), a, b), compare(a, b), a, b, {})
    assert lines[-3:-1] == [
        "First step whose losses differ: 6",
        f"Largest difference of losses: {float(b.loss[6]) - float(a.loss[6]):.6g}",
    ]


def test_of_identical_runs_no_difference_is_printed() -> None:
    a, b = finished(), finished()
    lines = comparison_lines(in_words(compare(a, b), a, b), compare(a, b), a, b, {0: 0.0})
    assert lines[0].startswith("Identical")
    assert lines[-4:-1] == [
        "Run A  initial weights 1a  (both runs)",
        "Run A  batch order     2b  (both runs)",
        "Run A  final weights   3c  (both runs)",
    ]
    runs = [" ".join(line.split()[:5]) for line in lines if "Epoch" in line]
    assert runs == ["Run A Epoch 2 of", "Run B Epoch 2 of"]


def test_the_words_of_a_verdict_are_printed_without_marks_for_code() -> None:
    a, b = finished(), finished()
    b.batch[:] += 1
    lines = comparison_lines(Words(sign="different", headline="H", reasons=("a `b`",), remedies=("`c`",)),
                             compare(a, b), a, b, {})  # fmt: skip
    assert lines[:4] == ["H", "a b", "c", ""]


def test_the_weight_that_moved_is_named_with_bits_and_units() -> None:
    moved = {
        "row": 14,
        "column": 16,
        "unit": 5,
        "before": np.float32(1),
        "after": np.nextafter(np.float32(1), np.float32(2)),
    }
    assert moved_line(moved) == (
        "Changed in run B: the weight from the pixel in row 14, column 16 to hidden unit 5, counted from 0, from 1.0 to"
        " 1.0000001: 1 bit, 1 unit in the last place"
    )
    moved["after"] = np.float32(1) + 3 * np.float32(2**-23)
    assert moved_line(moved).endswith(": 2 bits, 3 units in the last place")
    a, b = finished(), finished(moved=moved, initial_weights="ff")
    assert comparison_lines(in_words(compare(a, b), a, b), compare(a, b), a, b, {})[-1] == moved_line(moved)


def test_the_experiment_in_a_line_names_every_setting_that_is_not_the_default() -> None:
    assert summary_line(Experiment(seed=7, steps=())) == "tensorflow, seed 7, seeding lines on: none"
    assert summary_line(Experiment(program="keras", epochs=1, images=640, dropout=0.5), "threads:4") == (
        "keras, seed 42, seeding lines on: numpy, tensorflow, initializers; epochs 1, images 640, dropout 0.5; run B:"
        " another number of threads: 4"
    )
