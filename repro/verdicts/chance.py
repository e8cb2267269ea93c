"""How probable it is that two runs agree although a draw is not seeded: what an agreement shows, and what it does not.

Logarithms, because the probabilities themselves are too small for a float.
"""

import math

from repro.experiment.experiment import Experiment

MAX_CHANCE = 1e-6  # of an agreement by chance that is not reckoned with


def of_orders(experiment: Experiment, steps: int | None = None) -> float:
    """The natural logarithm of the probability that two unseeded runs take the images in the same order in their first
    `steps` steps, or in all: -inf if there is only one order, which is no coincidence.

    Of n images there are n! orders in each epoch, and n! / (n - k)! of the first k.
    """
    if experiment.images == 1:
        return -math.inf
    epochs, seen = _images_seen(experiment, steps)
    return math.lgamma(experiment.images - seen + 1) - (epochs + 1) * math.lgamma(experiment.images + 1)


def of_masks(experiment: Experiment, steps: int | None = None) -> float:
    """The natural logarithm of the probability that two unseeded runs draw the same dropout masks in their first
    `steps` steps, or in all: those of one unit, dropped with probability r, agree with probability r² + (1 - r)²."""
    epochs, seen = _images_seen(experiment, steps)
    units = 2 * experiment.hidden * (epochs * experiment.images + seen)
    rate = experiment.dropout
    return units * math.log(rate**2 + (1 - rate) ** 2)


def _images_seen(experiment: Experiment, steps: int | None) -> tuple[int, int]:
    """How many whole epochs the first `steps` steps make, or all, and how many images they take of the next."""
    epochs, rest = divmod(experiment.total_steps if steps is None else steps, experiment.steps_per_epoch)
    return epochs, min(rest * experiment.batch_size, experiment.images)
