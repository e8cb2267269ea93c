import math

import numpy as np

from repro.audits.against.apart import apart


def test_equal_losses_are_not_apart() -> None:
    assert apart([0.5, None, 0.25], [0.5, None, 0.25]).first_loss_difference is None


def test_units_are_those_of_the_precision_of_the_losses() -> None:
    single = float(np.float32(0.1))
    found = apart([single, single], [single, float(np.nextafter(np.float32(0.1), np.float32(1)))])
    assert (found.first_loss_difference, found.units) == (1, 1)
    found = apart([0.1], [math.nextafter(math.nextafter(0.1, 1), 1)])
    assert (found.first_loss_difference, found.units) == (0, 2)
    assert found.largest_loss_difference == math.nextafter(math.nextafter(0.1, 1), 1) - 0.1


def test_the_growth_ends_with_the_last_step_and_holds_the_largest() -> None:
    b = [0.5 + 2.0**-20 * step for step in range(100)]
    found = apart([0.5] * 100, b)
    assert found.growth[-1] == (99, 99 * 2.0**-20)
    assert found.largest_loss_difference == max(value for _, value in found.growth)


def test_a_loss_that_is_no_number_has_no_units() -> None:
    found = apart([0.5], [math.nan])
    assert (found.first_loss_difference, found.units) == (0, None)
