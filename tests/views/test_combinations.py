"""The matrix as a picture: each row's dots and marks follow from its combination and its cell."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from made_up_matrix import MadeUpMatrix

from repro.engine.job import Job
from repro.experiment.experiment import Experiment
from repro.studies.matrix import COMBINATIONS, Cell, Steps
from repro.views.combinations import picture

SAME = {
    steps: ("tensorflow" in steps, "numpy" in steps, {"numpy", "tensorflow"} <= set(steps)) for steps in COMBINATIONS
}


class Rows(HTMLParser):
    """The rows of the tables with a class: class, texts of the cells, addresses."""

    def __init__(self, html: str, table: str) -> None:
        super().__init__()
        self.rows: list[tuple[str, list[str], list[str]]] = []
        self._wanted, self._inside, self._cell = table, False, False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        if tag == "table":
            self._inside = known.get("class") == self._wanted
        if not self._inside:
            return
        if tag == "tr":
            self.rows.append((known.get("class") or "", [], []))
        if tag in ("td", "th"):
            self.rows[-1][1].append("")
            self._cell = True
        if tag == "a":
            self.rows[-1][2].append(str(known["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "table"
        self._cell &= tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._inside and self._cell:
            self.rows[-1][1][-1] += data


def link(steps: Steps) -> str:
    return "?steps=" + ",".join(steps) + "&x"


def shown(
    matrix: MadeUpMatrix | None, table: str = "matrix", *, masks: bool = False
) -> list[tuple[str, list[str], list[str]]]:
    return Rows(picture(matrix, link, "Judged.", masks=masks), table).rows


def test_each_combination_has_a_row_of_dots_and_marks() -> None:
    header, *rows = shown(MadeUpMatrix(SAME))
    assert header[1][:4] == ["numpy", "tensorflow", "initializers", "python"]
    assert header[1][4:7] == ["initial weights", "batch order", "whole training"]
    assert len(rows) == 16
    for steps, (_, texts, links) in zip(COMBINATIONS, rows, strict=True):
        assert texts[:4] == ["on●" if name in steps else "off○" for name in header[1][:4]]
        assert texts[4:7] == ["= same" if same else "≠ differs" for same in SAME[steps]]
        assert links == [link(steps)]


def test_the_orders_of_batches_have_a_column_where_there_are_epochs_to_compare() -> None:
    header, *rows = shown(MadeUpMatrix(SAME))
    assert header[1][-2:] == ["orders of batches", ""]
    assert {row[1][-2] for row in rows} == {"2 in 3 epochs"}
    header, *_ = shown(MadeUpMatrix(SAME, Experiment(epochs=1)))
    assert "orders of batches" not in header[1]


def test_dropout_masks_have_a_column_where_there_is_dropout() -> None:
    class Masked(MadeUpMatrix):
        def cells(self) -> dict[Steps, Cell]:
            return {steps: replace(cell, dropout_masks="python" in steps) for steps, cell in super().cells().items()}

    header, *rows = shown(Masked(SAME, Experiment(dropout=0.2)), masks=True)
    assert header[1][4:8] == ["initial weights", "batch order", "dropout masks", "whole training"]
    for steps, (_, texts, _) in zip(COMBINATIONS, rows, strict=True):
        assert texts[6] == ("= same" if "python" in steps else "≠ differs")


def framed(rows: list[tuple[str, list[str], list[str]]]) -> list[Steps]:
    return [steps for steps, (kind, *_) in zip(COMBINATIONS, rows[1:], strict=True) if kind == "sufficient"]


FEW = Experiment(images=2, batch_size=2, epochs=1)  # whose unseeded runs agree by chance


def test_the_minimal_sets_that_were_sufficient_are_framed_once_all_are_tried() -> None:
    assert framed(shown(MadeUpMatrix(SAME))) == [("numpy", "tensorflow")]
    assert framed(shown(MadeUpMatrix(SAME, FEW))) == []
    some = {steps: same for steps, same in SAME.items() if steps != ()}
    rows = shown(MadeUpMatrix(some))
    assert framed(rows) == []
    assert rows[1][1][4:7] == ["· not tried yet"] * 3


def test_a_combination_that_is_trained_at_the_moment_says_so() -> None:
    matrix = MadeUpMatrix({})
    for steps, running in (((), True), (("numpy",), False)):
        task = SimpleNamespace(running=lambda running=running: running)
        matrix.study.pending += ((Job(Experiment(steps=steps)), task),)
    assert [row[1][4] for row in shown(matrix)[1:3]] == ["… training", "· not tried yet"]


def test_the_rows_are_folded_into_what_each_quantity_needs_once_all_are_tried() -> None:
    either = {steps: (bool({"tensorflow", "initializers"} & set(steps)), *SAME[steps][1:]) for steps in COMBINATIONS}
    rows = shown(MadeUpMatrix(either), "answer")
    assert [[" ".join(text.split()) for text in texts] for _, texts, _ in rows] == [
        ["initial weights", "= needs tensorflow or initializers"],
        ["batch order", "= needs numpy"],
        ["whole training", "= needs numpy and tensorflow"],
    ]
    html = picture(MadeUpMatrix(either), link, "Judged.")
    assert html.index("<details>") < html.index('class="matrix"')
    del either[()]
    assert "<details>" not in picture(MadeUpMatrix(either), link, "Judged.")


@pytest.mark.parametrize(
    ("same", "experiment", "told"),
    [
        (dict.fromkeys(COMBINATIONS, (False,) * 3), Experiment(), "≠ no set of lines was sufficient"),
        (dict.fromkeys(COMBINATIONS, (True,) * 3), Experiment(images=6400), "= no line is needed"),
        (SAME, FEW, "not decided by these runs"),
    ],
)
def test_what_is_never_or_always_or_not_known_to_repeat_is_said_to_be(
    same: Mapping[Steps, tuple[bool, bool, bool]], experiment: Experiment, told: str
) -> None:
    *_, (_, (_, text), _) = shown(MadeUpMatrix(same, experiment), "answer")
    assert text.strip() == told


def test_recipes_are_judged_by_the_cells() -> None:
    rows = shown(MadeUpMatrix(SAME), "recipes")
    judged = {re.sub("https?://([^/]*)/.*", r"\1", links[0]): texts[1] for _, texts, links in rows}
    assert judged["numpy.org"] == "≠ not sufficient"
    assert judged["machinelearningmastery.com"] == "= sufficient"
    assert all(texts[1] == "· no answer yet" for _, texts, _ in shown(None, "recipes"))
