"""The matrix as a picture: a row of dots for each combination of seeding steps, and what was the same in its runs.

HTML tables, so that they are read aloud cell by cell and fit any width; a row is a link that opens its combination.
"""

import html
from collections.abc import Callable, Mapping

from repro.experiment.seeding import SEEDING_STEPS
from repro.studies.matrix import COMBINATIONS, Cell, Steps, compared, sufficient
from repro.studies.recipes import RECIPES

MARKS = {True: ("same", "=", "same"), False: ("differs", "≠", "differs"), None: ("open", "…", "not tried yet")}
ENOUGH = {True: ("same", "=", "enough"), False: ("differs", "≠", "not enough"), None: ("open", "…", "no answer yet")}


def picture(
    cells: Mapping[Steps, Cell], link: Callable[[Steps], str], *, decided: bool, dark: bool, masks: bool = False
) -> str:
    """The table of all combinations: dots for the steps that are on, and a mark for each quantity, dropout's `masks`
    among them where there is dropout. The minimal sets that were enough are framed once all are tried, if the runs have
    `decided` that and not chance. `link` gives the address that opens a combination."""
    quantities = compared(masks=masks)
    enough = sufficient(cells, "final_weights") if decided and len(cells) == len(COMBINATIONS) else []
    head = "".join(f'<th scope="col">{name}</th>' for name in (*SEEDING_STEPS, *quantities.values()))
    rows = "".join(
        f"<tr{_frame(steps in enough)}>{_dots(steps)}{_marks(cells.get(steps), quantities)}"
        f'<td><a href="{html.escape(link(steps))}" target="_self" aria-label="Open {_words(steps)}">open</a></td></tr>'
        for steps in COMBINATIONS
    )
    kind = "matrix dark" if dark else "matrix"
    return f'<table class="{kind}"><thead><tr>{head}<td></td></tr></thead><tbody>{rows}</tbody></table>'


def recipes(cells: Mapping[Steps, Cell], *, dark: bool) -> str:
    """The table of recipes that people follow: their steps, their source, and whether they were enough here, by cells
    that have decided it."""
    rows = "".join(
        f'<tr><td><a href="{html.escape(recipe.source)}" target="_blank">{html.escape(recipe.name)}</a>'
        f"<small>{_words(recipe.steps)}</small></td>{_mark(*ENOUGH[recipe.enough(cells)])}</tr>"
        for recipe in RECIPES
    )
    kind = "recipes dark" if dark else "recipes"
    return f'<table class="{kind}"><tbody>{rows}</tbody></table>'


def _frame(enough: bool) -> str:
    return ' class="enough"' if enough else ""


def _dots(steps: Steps) -> str:
    return "".join(
        f'<td class="{kind}"><span class="unseen">{state}</span><span aria-hidden="true">{sign}</span></td>'
        for kind, state, sign in (
            ("dot", "on", "●") if name in steps else ("hole", "off", "○") for name in SEEDING_STEPS
        )
    )


def _marks(cell: Cell | None, quantities: Mapping[str, str]) -> str:
    return "".join(_mark(*MARKS[None if cell is None else getattr(cell, name)]) for name in quantities)


def _mark(kind: str, sign: str, word: str) -> str:
    return f'<td><span class="mark {kind}"><span aria-hidden="true">{sign}</span> {word}</span></td>'


def _words(steps: Steps) -> str:
    return " + ".join(steps) or "none"
