"""What the command line prints of records and verdicts."""

import json
from typing import Any

import numpy as np
from records import record

from repro.experiment.experiment import Experiment
from repro.records.history import Epoch, History
from repro.verdicts.reasons import in_words
from repro.verdicts.report import (
    comparison_json,
    comparison_lines,
    digest_lines,
    digits,
    epoch_line,
    sentence,
    summary_line,
)
from repro.verdicts.verdict import compare

EPOCH = Epoch(
    epoch=2, loss=np.float32(0.1), accuracy=np.float32(1), test_loss=np.float32(1e-10), test_accuracy=np.float32(0.9712)
)


def finished(**changes: Any) -> History:
    return record(epochs=[EPOCH], **changes)


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
    assert value == {
        "identical": False,
        "first_difference": {"step": 6, "quantity": "loss"},
        "first_loss_difference": 6,
        "largest_loss_difference": abs(float(b.loss[6]) - float(a.loss[6])),
        "test_disagreements": 1,
        "a": summary,
        "b": summary,
    }


def test_the_experiment_in_a_line() -> None:
    assert summary_line(Experiment(seed=7, steps=())) == "tensorflow, seed 7, seeding steps on: none"


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    assert sentence("it is not JSON in UTF-8. Try again") == "It is not JSON in UTF-8. Try again"
    assert sentence("") == ""
