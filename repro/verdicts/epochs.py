"""The order of the batches in each epoch: which batches come again, and which are new."""

import numpy as np

from repro.history.history import History

MAX_EPOCHS, MAX_BATCHES = 6, 16  # the first of them are shown


def batches_by_epoch(history: History) -> list[list[int]]:
    """For each of the first epochs that have begun the numbers of its first batches: a batch has the number, from 1, of
    the step in which the run took it first, so one that comes again has the same."""
    steps = history.experiment.steps_per_epoch
    taken = history.batch[: history.steps_done]
    _, first, which = np.unique(taken, return_index=True, return_inverse=True)
    numbers = (first[which] + 1).tolist()
    starts = range(0, min(len(numbers), MAX_EPOCHS * steps), steps)
    return [numbers[start : min(start + steps, start + MAX_BATCHES)] for start in starts]
