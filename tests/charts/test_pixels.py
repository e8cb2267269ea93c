"""The picture of distances by pixel: what is far is at the end of the ramp, what is equal is the background."""

import numpy as np
import pytest

from repro.charts.pixels import MAGNIFICATION, pixel_picture


@pytest.mark.parametrize(("dark", "background", "end"), [(False, "ffffff", "4a2000"), (True, "1a1a1a", "ffe3c8")])
def test_equal_is_background_and_the_largest_distance_the_end_of_the_ramp(
    dark: bool, background: str, end: str
) -> None:
    distances = np.zeros((28, 28), np.float32)
    distances[3, 4] = 1e-6
    picture = pixel_picture(distances, dark=dark)
    assert picture.shape == (28 * MAGNIFICATION, 28 * MAGNIFICATION, 3)
    assert picture[0, 0].tobytes().hex() == background
    assert picture[3 * MAGNIFICATION, 4 * MAGNIFICATION].tobytes().hex() == end
    assert np.any(picture != picture[0, 0], axis=-1).sum() == MAGNIFICATION**2


@pytest.mark.parametrize("value", [0.0, np.inf, np.nan])
def test_a_scale_that_cannot_be_is_background(value: float) -> None:
    picture = pixel_picture(np.full((28, 28), value, np.float32), dark=False)
    assert (picture == 255).all()
