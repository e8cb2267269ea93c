"""What is said of waiting, as finely as it can be known."""

import pytest

from repro.engine.queue import Place
from repro.views.presence import duration, in_line


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "5 seconds"),
        (0.4, "5 seconds"),
        (12.4, "10 seconds"),
        (88.0, "90 seconds"),
        (90.0, "2 minutes"),
        (1800.0, "30 minutes"),
        (5400.0, "1.5 hours"),
    ],
)
def test_an_estimate_is_said_no_finer_than_it_can_be_right(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_place_is_said_with_the_time_until_then() -> None:
    assert in_line(Place(3, 42.0)) == "**In the queue, place 3**: your turn comes in about 40 seconds."
