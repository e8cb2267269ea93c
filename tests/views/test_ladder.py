"""The trials of an audit in words and signs."""

import pytest

from repro.audits.comparison.seen import Trial
from repro.audits.sources import SOURCES
from repro.views.ladder import ladder, words


def trial(*pins: str, everything: bool = False, outcome: str = "repeats") -> Trial:
    return Trial(pins=pins, everything=everything, outcome=outcome)


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        (trial(), "as it is"),
        (trial("python", "hash"), "pinned: Python's random; the hash seed, which orders sets"),
        (trial(*SOURCES, everything=True), "everything pinned"),
        (
            trial(*(name for name in SOURCES if name != "hash")),
            "everything pinned but: the hash seed, which orders sets",
        ),
    ],
)
def test_a_trial_is_named_by_what_was_pinned(tried: Trial, told: str) -> None:
    assert words(tried) == told


def test_what_a_trial_came_to_is_a_sign_and_a_word() -> None:
    shown = ladder([trial(outcome="differs"), trial("hash"), trial("order", outcome="broken")])
    assert shown.count('role="listitem"') == 3
    assert [told in shown for told in ("≠ differs", "= same", "– broke the script")] == [True] * 3
    assert "&lt;b&gt;" in ladder([trial("<b>")])
