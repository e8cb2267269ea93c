"""The picture of what two runs printed: side by side, the lines that differ marked."""

import html
from itertools import zip_longest

from repro.charts.style import RUNS

MOST_LINES = 300  # that are shown of each


def outputs(a: str, b: str) -> str:
    """Both outputs as HTML, line by line; a line that differs has the sign ≠."""
    rows = list(zip_longest(a.splitlines(), b.splitlines()))
    columns = []
    for run, name in enumerate(RUNS):
        lines = [_line(row[run], differs=row[0] != row[1]) for row in rows[:MOST_LINES]]
        columns.append(f"<section><h4>{name}</h4><pre>{''.join(lines)}</pre></section>")
    more = f"<p>… and {len(rows) - MOST_LINES:,} lines more.</p>" if len(rows) > MOST_LINES else ""
    return f'<div class="outputs">{"".join(columns)}</div>{more}'


def _line(text: str | None, *, differs: bool) -> str:
    sign = '<b aria-label="differs">≠</b>' if differs else "<b></b>"
    kind = ' class="differing"' if differs else ""
    return f"<span{kind}>{sign}<i>{'' if text is None else html.escape(text)}</i></span>"
