"""Which batches come again in which epoch."""

import numpy as np
from records import history

from repro.experiment.experiment import Experiment
from repro.verdicts.epochs import MAX_BATCHES, MAX_EPOCHS, batches_by_epoch


def numbered(*epochs: str, steps_done: int | None = None) -> list[list[int]]:
    """Of a run whose batches have these letters as fingerprints."""
    letters = np.array([ord(letter) for letter in "".join(epochs)], np.int64)
    experiment = Experiment(images=len(epochs[0]), batch_size=1, epochs=len(epochs))
    return batches_by_epoch(history(experiment, batch=letters, steps_done=steps_done))


def test_a_batch_that_comes_again_has_the_number_of_its_first_step() -> None:
    assert numbered("zbc", "zbc", "bzq") == [[1, 2, 3], [1, 2, 3], [2, 1, 9]]


def test_an_epoch_that_is_not_over_has_the_batches_so_far() -> None:
    assert numbered("abc", "bca", steps_done=4) == [[1, 2, 3], [2]]
    assert numbered("abc", "bca", steps_done=0) == []


def test_the_first_batches_of_the_first_epochs_are_shown() -> None:
    alphabet = "".join(map(chr, range(97, 97 + MAX_BATCHES + 9)))
    rows = numbered(*[alphabet] * (MAX_EPOCHS + 2))
    assert rows == [list(range(1, MAX_BATCHES + 1))] * MAX_EPOCHS
