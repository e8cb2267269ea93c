from dataclasses import replace
from typing import Any

import pytest

from repro.audits.report import lines, verdict
from repro.audits.result import QUANTITIES, Advice, FirstDifference, Result, Seeding, Unseeded
from repro.audits.sources import SOURCES

REPEATS = Result(
    script="train.py",
    arguments=("mnist.npz",),
    rerun="new-process",
    repeats=True,
    first_difference=None,
    unseeded=(),
    seeding=(Seeding(file="train.py", line=3, code="seed(1)", sets=("numpy",), value=1, matters=True),),
    enough=None,
    seed_has_effect=True,
    steps=(100, 100),
    final_weights=("a", "a"),
    seconds=12.3,
    seen={"draws": {"numpy": 3}, "hooks": []},
    not_seen=("GPU kernels",),
)


def differing(quantity: str, source: str | None = None, **other: Any) -> Result:
    first = FirstDifference(quantity=quantity, source=source, file="train.py", line=7, code="draw()", step=4)
    return replace(REPEATS, repeats=False, first_difference=first, seed_has_effect=None, **other)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("source", [None, *SOURCES])
def test_every_verdict_of_a_pair_that_differs_begins_alike_and_is_a_sentence(quantity: str, source: str | None) -> None:
    said = verdict(differing(quantity, source))
    assert said.startswith("Does not repeat: ")
    assert said.endswith(".")
    assert source is None or f"({source})" in said


def test_the_three_endings() -> None:
    assert verdict(REPEATS).startswith("Repeats: 2 of 2 runs are the same to the bit (100 training steps)")
    enough = differing("draw", "numpy", enough=(("numpy", "python"),))
    assert verdict(enough).endswith("With numpy and python pinned, it repeats.")
    nothing = differing("batch", enough=(), everything=False)
    assert "Even with everything pinned that this audit can pin, it does not repeat." in verdict(nothing)


def test_where_the_pins_broke_the_script_that_is_said() -> None:
    result = differing("batch", enough=(), could_not_be_tried=("arithmetic",))
    assert "the pins broke the script" in verdict(result)
    assert "Could not be tried, because it broke the script: arithmetic." in lines(result)


def test_seeds_without_an_effect_come_first() -> None:
    line = replace(REPEATS.seeding[0], matters=False)
    said = lines(replace(REPEATS, seed_has_effect=False, seeding=(line,)))
    assert said[0].startswith("Repeats, but its seeds have no effect")
    assert said[0].endswith("another value in each seeding line, one line at a time, the result was the same.")
    assert any("another value changed nothing" in row for row in said)


def test_the_longest_report_is_a_screen() -> None:
    rows = tuple(
        Unseeded(source="python", file="train.py", line=n, code="x" * 200, draws=n, matters=n % 2 == 0)
        for n in range(50)
    )
    seeding = tuple(replace(REPEATS.seeding[0], line=n, code="y" * 200) for n in range(50))
    advice = tuple(Advice(source=name, code="line", where="", words="Write it.") for name in list(SOURCES)[:2])
    result = differing("draw", "python", unseeded=rows, seeding=seeding, enough=(("python", "numpy"),), advice=advice)
    said = lines(replace(result, notes=tuple(map(str, range(20)))))
    assert len(said) <= 45
    assert sum("… and" in row for row in said) == 3  # rows, seeding lines and notes


def test_draws_that_change_nothing_are_listed_apart_and_without_alarm() -> None:
    row = Unseeded(source="system", file="train.py", line=9, code="uuid4()", draws=1, matters=False)
    said = "\n".join(lines(replace(REPEATS, unseeded=(row,))))
    assert "the 2 runs gave the same result: line 9 (system)" in said
    assert "Drawn, and seeded by nothing" not in said


def test_a_line_of_a_notebook_is_reported_by_its_cell() -> None:
    first = FirstDifference(quantity="draw", source="python", file="book.ipynb.py", line=2, code="draw()")
    result = replace(differing("draw"), script="book.ipynb", first_difference=first, cells=((1, 1), (4, 3)))
    assert "cell 4, line 3 draws" in verdict(result)
