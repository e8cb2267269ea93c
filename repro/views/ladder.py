"""The picture of an audit's trials: which pins were set, and whether the pair repeated with them."""

from collections.abc import Sequence

from repro.audits.comparison.seen import Trial
from repro.audits.sources import SOURCES
from repro.views.templates import render

OUTCOMES = {
    "repeats": ("same", "= same"),
    "differs": ("differs", "≠ differs"),
    "broken": ("broken", "– broke the script"),
}


def ladder(trials: Sequence[Trial]) -> str:
    """The trials as an HTML list, in the order in which they were made."""
    rows = []
    for trial in trials:
        kind, outcome = OUTCOMES.get(trial.outcome, ("broken", trial.outcome))
        rows.append({"words": words(trial), "kind": kind, "outcome": outcome})
    return render("ladder", rows=rows)


def words(trial: Trial) -> str:
    """What was pinned in a trial."""
    if not trial.pins:
        return "as it is"
    if trial.everything:
        return "everything pinned"
    others = [name for name in SOURCES if name not in trial.pins]
    if len(others) < len(trial.pins):
        return f"everything pinned but: {_titles(others)}"
    return f"pinned: {_titles(trial.pins)}"


def _titles(pins: Sequence[str]) -> str:
    return "; ".join(SOURCES[pin].title if pin in SOURCES else pin for pin in pins).replace("`", "")
