"""What a visitor guesses before the verdict, and what the room has guessed so far."""

from collections.abc import Callable

from repro.server.guesses import GUESSES
from repro.views import island
from repro.views.island import Tree, tag

LABEL = "Will the second training repeat the first?"


def draw(own: str | None, everybody: list[str], *, guessed: Callable[[str], None]) -> None:
    """Draws the guesses, of which one can be made if `own` is None; `guessed` is called with it."""
    island.draw(guesses(own, everybody), key="guesses", pressed=lambda name: guessed(name) if name in GUESSES else None)


def guesses(own: str | None, everybody: list[str]) -> Tree:
    """A button for each guess, with a bar as long as its share of all guesses."""
    rows = []
    for name, words in GUESSES.items():
        count = everybody.count(name)
        share = 100 * count / max(len(everybody), 1)
        rows.append(
            tag(
                "button",
                tag("span", class_="bar", style=f"width:{share:.0f}%", aria_hidden=True),
                tag("span", words),
                *([tag("small", f"{count} of {len(everybody)}")] if everybody else []),
                type="button",
                aria_pressed=name == own,
                aria_disabled=True if own is not None else None,
                data_press=name,
            )
        )
    return tag("div", tag("b", LABEL), *rows, class_="guesses", role="group", aria_label=LABEL)
