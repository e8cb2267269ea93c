"""Agreement by chance: every probability by enumeration."""

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.experiment.experiment import Experiment
from repro.verdicts import chance


@given(st.integers(2, 5), st.integers(1, 5), st.integers(1, 2), st.data())
def test_orders_agree_as_often_as_enumeration_says(
    images: int, batch_size: int, epochs: int, data: st.DataObject
) -> None:
    experiment = Experiment(images=images, batch_size=min(batch_size, images), epochs=epochs)
    steps = data.draw(st.integers(0, experiment.total_steps))
    full, rest = divmod(steps, experiment.steps_per_epoch)
    orders = list(itertools.permutations(range(images)))
    alike = [order for order in orders if order[: rest * batch_size] == orders[0][: rest * batch_size]]
    expected = Fraction(1, len(orders)) ** full * Fraction(len(alike), len(orders))
    assert math.exp(chance.of_orders(experiment, steps)) == pytest.approx(float(expected))
    assert chance.of_orders(experiment) == pytest.approx(chance.of_orders(experiment, experiment.total_steps))


def test_one_image_has_one_order_which_is_no_coincidence() -> None:
    assert chance.of_orders(Experiment(images=1, batch_size=1, epochs=3)) == -math.inf


def test_masks_agree_as_often_as_enumeration_says() -> None:
    """Both masks of two units, each of two layers, one image."""
    experiment = Experiment(images=1, batch_size=1, epochs=1, hidden=2, dropout=0.25)
    agree = sum(math.prod(mask) ** 2 for mask in itertools.product((0.25, 0.75), repeat=4))
    assert math.exp(chance.of_masks(experiment)) == pytest.approx(agree)
    longer = Experiment(images=3, batch_size=2, epochs=2, hidden=2, dropout=0.25)
    images_after = [0, 2, 3, 5, 6]
    for steps, images in enumerate(images_after):
        assert math.exp(chance.of_masks(longer, steps)) == pytest.approx(agree**images)
