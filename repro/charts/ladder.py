"""The picture of an audit's trials: which pins were set, and whether the pair repeated with them."""

import html
from collections.abc import Sequence

from repro.audits.seen import Rung
from repro.audits.sources import SOURCES

CAME_TO = {
    "repeats": ("same", "● same"),
    "differs": ("differs", "✕ differs"),
    "broken": ("broken", "– broke the script"),
}


def ladder(rungs: Sequence[Rung]) -> str:
    """The trials as an HTML list, in the order in which they were made."""
    items = []
    for rung in rungs:
        kind, told = CAME_TO.get(rung.came_to, ("broken", rung.came_to))
        outcome = f'<b class="{kind}">{html.escape(told)}</b>'
        items.append(f'<div role="listitem"><span>{html.escape(words(rung))}</span>{outcome}</div>')
    return f'<div role="list" class="ladder">{"".join(items)}</div>'


def words(rung: Rung) -> str:
    """What was pinned in a trial."""
    if not rung.pins:
        return "as it is"
    if rung.everything:
        return "everything pinned"
    others = [name for name in SOURCES if name not in rung.pins]
    if len(others) < len(rung.pins):
        return f"everything but {', '.join(others)}"
    return f"{', '.join(rung.pins)} pinned"
