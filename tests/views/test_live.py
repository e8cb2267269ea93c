"""Parts of the page that are drawn again alone."""

from collections.abc import Callable

import pytest
import streamlit as st

from repro.views import bounds
from repro.views.live import part


def test_a_part_is_held_back_once_it_is_drawn_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    happened, asked_for_alone = list[str](), list[Callable[[], None]]()

    def fragment(draw: Callable[[], None], *, run_every: float) -> Callable[[], None]:
        assert run_every == 0.3
        asked_for_alone.append(draw)
        return draw

    monkeypatch.setattr(st, "fragment", fragment)
    monkeypatch.setattr(bounds, "hold_back", lambda: happened.append("held back"))
    part(lambda: happened.append("drawn"), every=0.3)
    assert happened == ["drawn"]
    for _ in range(2):
        asked_for_alone[0]()
    assert happened == ["drawn", *["held back", "drawn"] * 2]
