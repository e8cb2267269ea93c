"""The match strip: a row each for batches, loss and weights, a cell for each bin of steps, from left to right."""

from itertools import groupby

from repro.verdicts.strip import DIFFERS, OPEN, ROWS, SAME, Strip, in_words
from repro.views.island import Tree, tag

KINDS = {SAME: "i", DIFFERS: "b", OPEN: "u"}  # the elements of cells: short, as there are many


def strip(rows: Strip, *, label: str) -> Tree:
    """The strip that is as wide as the curves."""
    return tag(
        "div",
        *(
            tag(
                "div",
                tag("span", ROWS[name], class_="name"),
                tag("span", *_cells(cells), class_="cells"),
                role="img",
                aria_label=f"{ROWS[name]}: {in_words(cells)}",
            )
            for name, cells in rows.items()
        ),
        class_="strip",
        role="group",
        aria_label=label,
    )


def _cells(cells: str) -> list[Tree]:
    return [tag(KINDS[cell], cell if cell != OPEN else "") for cell in cells]


def thumbnail(rows: Strip) -> Tree:
    """A small strip: each run of equal cells is one piece."""
    pieces = {name: [(kind, len(list(cells))) for kind, cells in groupby(row)] for name, row in rows.items()}
    return tag(
        "span",
        *(
            tag("span", *(tag(KINDS[kind], style=f"flex-grow:{count}") for kind, count in row))
            for row in pieces.values()
        ),
        class_="thumbnail",
        aria_hidden=True,
    )
