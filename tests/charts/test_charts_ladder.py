"""The trials of an audit in words and signs."""

import pytest

from repro.audits.seen import Rung
from repro.audits.sources import SOURCES
from repro.charts.ladder import ladder, words


def rung(*pins: str, everything: bool = False, came_to: str = "repeats") -> Rung:
    return Rung(pins=pins, everything=everything, came_to=came_to)


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        (rung(), "as it is"),
        (rung("python", "hash"), "python, hash pinned"),
        (rung(*SOURCES, everything=True), "everything pinned"),
        (rung(*(name for name in SOURCES if name != "hash")), "everything but hash"),
    ],
)
def test_a_trial_is_named_by_what_was_pinned(tried: Rung, told: str) -> None:
    assert words(tried) == told


def test_what_a_trial_came_to_is_a_sign_and_a_word() -> None:
    shown = ladder([rung(came_to="differs"), rung("hash"), rung("order", came_to="broken")])
    assert shown.count('role="listitem"') == 3
    assert [told in shown for told in ("✕ differs", "● same", "– broke the script")] == [True] * 3
    assert "&lt;b&gt;" in ladder([rung("<b>")])
