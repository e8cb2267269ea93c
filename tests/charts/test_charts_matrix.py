"""The matrix as a picture: each row's dots and marks follow from its combination and its cell."""

import re
from dataclasses import replace
from html.parser import HTMLParser

from repro.charts.matrix import picture, recipes
from repro.studies.matrix import COMBINATIONS, Cell, Steps

CELLS = {
    steps: Cell(
        on=steps,
        initial_weights="tensorflow" in steps,
        batch_order="numpy" in steps,
        final_weights={"numpy", "tensorflow"} <= set(steps),
    )
    for steps in COMBINATIONS
}


class Rows(HTMLParser):
    """The rows of a table: class, texts of the cells, addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[tuple[str, list[str], list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        if tag == "tr":
            self.rows.append((known.get("class") or "", [], []))
        if tag in ("td", "th"):
            self.rows[-1][1].append("")
        if tag == "a":
            self.rows[-1][2].append(str(known["href"]))

    def handle_data(self, data: str) -> None:
        self.rows[-1][1][-1] += data


def link(steps: Steps) -> str:
    return "?steps=" + ",".join(steps) + "&x"


def test_each_combination_has_a_row_of_dots_and_marks() -> None:
    header, *rows = Rows(picture(CELLS, link, decided=True, dark=False)).rows
    assert header[1][:4] == ["numpy", "tensorflow", "initializers", "python"]
    assert header[1][4:7] == ["initial weights", "batch order", "final weights"]
    assert len(rows) == 16
    for steps, (_, texts, links) in zip(COMBINATIONS, rows, strict=True):
        assert texts[:4] == ["on●" if name in steps else "off○" for name in header[1][:4]]
        cell = CELLS[steps]
        found = (cell.initial_weights, cell.batch_order, cell.final_weights)
        assert texts[4:7] == ["= same" if same else "≠ differs" for same in found]
        assert links == [link(steps)]


def test_dropout_masks_have_a_column_where_there_is_dropout() -> None:
    cells = {steps: replace(cell, dropout_masks="python" in steps) for steps, cell in CELLS.items()}
    header, *rows = Rows(picture(cells, link, decided=True, dark=False, masks=True)).rows
    assert header[1][4:8] == ["initial weights", "batch order", "dropout masks", "final weights"]
    for steps, (_, texts, _) in zip(COMBINATIONS, rows, strict=True):
        assert texts[6] == ("= same" if "python" in steps else "≠ differs")


def test_the_minimal_sets_that_were_enough_are_framed_once_all_are_tried() -> None:
    rows = Rows(picture(CELLS, link, decided=True, dark=False)).rows[1:]
    framed = [steps for steps, (kind, *_) in zip(COMBINATIONS, rows, strict=True) if kind == "enough"]
    assert framed == [("numpy", "tensorflow")]
    rows = Rows(picture(CELLS, link, decided=False, dark=False)).rows[1:]
    assert not any(kind for kind, *_ in rows)
    some = {steps: cell for steps, cell in CELLS.items() if steps != ()}
    rows = Rows(picture(some, link, decided=True, dark=False)).rows[1:]
    assert not any(kind for kind, *_ in rows)
    assert rows[0][1][4:7] == ["… not tried yet"] * 3


def test_recipes_are_judged_by_the_cells() -> None:
    rows = Rows(recipes(CELLS, dark=True)).rows
    judged = {re.sub("https?://([^/]*)/.*", r"\1", links[0]): texts[1] for _, texts, links in rows}
    assert judged["numpy.org"] == "≠ not enough"
    assert judged["machinelearningmastery.com"] == "= enough"
    assert all(texts[1] == "… no answer yet" for _, texts, _ in Rows(recipes({}, dark=True)).rows)
