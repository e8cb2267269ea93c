"""The tables of the page, as Markdown: epochs, environments, and the steps around the first difference."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from repro.history.history import Epoch, History
from repro.studies.verification import environment_differences
from repro.verdicts.report import FIGURES, digits
from repro.verdicts.verdict import Verdict, units_apart

STEPS_BEFORE, STEPS_AFTER = 2, 4
UNITS = "Units apart: the distance in units in the last place; it is 1 if no float32 lies between the two losses."


def epochs(a: History, b: History) -> str:
    """The article's output, run A beside run B; the digits that differ are bold and marked."""
    rows = []
    for number in range(max(len(a.epochs), len(b.epochs))):
        own, other = (history.epochs[number] if number < len(history.epochs) else None for history in (a, b))
        for key, label in FIGURES.items():
            rows.append([str(number + 1) if key == "loss" else "", label, *_figures(own, other, key)])
    return f"**Epoch by epoch**\n\n{_table(['Epoch', '', 'Run A', 'Run B'], rows)}"


def _figures(a: Epoch | None, b: Epoch | None, key: str) -> tuple[str, str]:
    text_a, text_b = (None if epoch is None else digits(getattr(epoch, key)) for epoch in (a, b))
    if text_a is None or text_b is None:
        return text_a or "…", text_b or "…"
    return mark(text_a, text_b), mark(text_b, text_a)


def mark(text: str, other: str) -> str:
    """`text` with all from the first character that differs from `other` on in bold and marked."""
    same = 0
    while same < min(len(text), len(other)) and text[same] == other[same]:
        same += 1
    if text == other:
        return text
    # If one text is longer than the other, the shorter one's last digit is what differs.
    same = min(same, len(text) - 1)
    return f"{text[:same]}:orange[**{text[same:]}**]"


def environments(a: Mapping[str, str], b: Mapping[str, str], names: tuple[str, str]) -> pd.DataFrame:
    """Two environment stamps side by side, the rows in which they differ first and marked."""
    different = environment_differences(a, b)
    rows = {f"≠ {name}": values for name, values in different.items()}
    rows |= {name: (value, value) for name, value in a.items() if name not in different}
    return pd.DataFrame([[name, *values] for name, values in rows.items()], columns=["", *names])


def around_first_difference(a: History, b: History, verdict: Verdict) -> str:
    """The steps around the first difference: both losses in full, their distance in units in the last place, and
    whether the fingerprints of batch and weights are the same."""
    assert verdict.first is not None
    start = max(0, verdict.first.step - STEPS_BEFORE)
    end = min(verdict.first.step + STEPS_AFTER, verdict.steps_compared)
    apart = units_apart(a.loss[start:end], b.loss[start:end])
    rows = [
        [
            f"**{step:,}**" if step == verdict.first.step else f"{step:,}",
            mark(digits(a.loss[step]), digits(b.loss[step])),
            mark(digits(b.loss[step]), digits(a.loss[step])),
            f"{apart[step - start]:,}",
            _same(a.batch[step] == b.batch[step]),
            _same(a.weights[step] == b.weights[step]),
        ]
        for step in range(start, end)
    ]
    header = ["Step", "Loss A", "Loss B", "Units apart", "Batch", "Weights after"]
    return f"{_table(header, rows)}\n\n{UNITS}"


def _same(equal: np.bool_ | bool) -> str:
    return "same" if equal else "≠ **differs**"


def _table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose cells do not break into lines; a narrow page scrolls it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace(" ", "\N{NO-BREAK SPACE}") for cell in line) + " |" for line in lines
    )
