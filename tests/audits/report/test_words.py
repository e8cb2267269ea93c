from dataclasses import replace
from typing import Any

import pytest

from repro.audits.report.facts import QUANTITIES, Advice, FirstDifference, Seeding, Unseeded
from repro.audits.report.result import Result
from repro.audits.report.words import lines, verdict
from repro.audits.sources import SOURCES

REPEATS = Result(
    script="train.py",
    arguments=("mnist.npz",),
    rerun="new-process",
    repeats=True,
    first_difference=None,
    unseeded=(),
    seeding=(Seeding(file="train.py", line=3, code="seed(1)", sets=("numpy",), value=1, matters=True),),
    sufficient=None,
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
    said = verdict(differing(quantity, source, sufficient=()))
    assert said.startswith("Does not repeat: ")
    assert said.endswith(".")
    assert source is None or f"({SOURCES[source].title})" in said


def test_the_three_endings() -> None:
    assert verdict(REPEATS).startswith("Repeats: 2 of 2 runs are the same to the bit (100 training steps)")
    enough = differing("draw", "numpy", sufficient=(("numpy", "python"),))
    assert verdict(enough).endswith("With NumPy's global generator and Python's `random` pinned, it repeats.")
    nothing = differing("batch", sufficient=(), everything=False)
    assert "Even with everything pinned that this audit can pin, it does not repeat." in verdict(nothing)


def test_where_the_pins_broke_the_script_that_is_said() -> None:
    result = differing("batch", sufficient=(), could_not_be_tried=("arithmetic",))
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
    result = differing(
        "draw", "python", unseeded=rows, seeding=seeding, sufficient=(("python", "numpy"),), advice=advice
    )
    said = lines(replace(result, notes=tuple(map(str, range(20)))))
    assert len(said) <= 45
    assert sum("… and" in row for row in said) == 3  # rows, seeding lines and notes


def test_draws_that_change_nothing_are_listed_apart_and_without_alarm() -> None:
    row = Unseeded(source="system", file="train.py", line=9, code="uuid4()", draws=1, matters=False)
    said = "\n".join(lines(replace(REPEATS, unseeded=(row,))))
    assert "the 2 runs gave the same result: line 9 (system)" in said
    assert "Unseeded draws" not in said


def test_a_line_of_a_notebook_is_reported_by_its_cell() -> None:
    first = FirstDifference(quantity="draw", source="python", file="book.ipynb.py", line=2, code="draw()")
    result = replace(
        differing("draw", sufficient=()), script="book.ipynb", first_difference=first, cells=((1, 1), (4, 3))
    )
    assert "cell 4, line 3 draws" in verdict(result)


def test_without_trials_what_drew_is_listed_and_no_line_is_the_cause() -> None:
    rows = tuple(Unseeded(source="numpy", file="train.py", line=n, code="draw()", draws=1) for n in (4, 7))
    said = lines(differing("draw", "numpy", differs=("loss", "output"), unseeded=rows))
    assert said[0] == (
        "Does not repeat: the loss differs, and no cause was looked for. Drawn without a seed: line 4 (NumPy's global"
        " generator) and line 7 (NumPy's global generator)."
    )
    assert not any(line.startswith("  line 7: ") for line in said)


def test_where_the_output_alone_differs_it_is_said_what_did_not() -> None:
    same = "Does not repeat: all 100 training steps and the final weights are the same to the bit; its output differs"
    assert verdict(differing("output", differs=("output",), sufficient=(("clock",),))).startswith(same)
    assert "same to the bit" not in verdict(differing("loss", differs=("loss", "output"), sufficient=(("numpy",),)))
    untrained = differing("output", differs=("output",), sufficient=(("numpy",),), steps=(0, 0))
    assert "same to the bit" not in verdict(untrained)
