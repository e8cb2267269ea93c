"""Audits every script of the gallery and prints what was found beside what its table expects, as Markdown.

`python tests/bench/gallery.py [NAME…]` takes some minutes; exit status 1 where something disagrees.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from repro.audits.audit import audit
from repro.audits.gallery.table import GALLERY, Exhibit
from repro.audits.report.result import Result
from repro.programs.mnist import PATH

HEADER = "| script | verdict | first difference | unseeded, and matters | seeding lines | sufficient | seconds | |"


def disagreements(exhibit: Exhibit, result: Result, *, causes: bool = True) -> list[str]:
    """What a result says otherwise than the gallery's table; without `causes`, of what two runs can say."""
    found = []
    if result.repeats is not exhibit.repeats:
        return [f"repeats: {result.repeats}"]
    first = result.first_difference
    harmful = [row for row in result.unseeded if row.matters or (row.matters is None and not result.repeats)]
    lines = {row.line for row in harmful} | {first.line if first else None}
    sources = {row.source for row in harmful} | {first.source if first else None}
    if exhibit.lines and not lines & set(exhibit.lines) and exhibit.causes not in (("hash",), ("files",)):
        found.append(f"lines: {sorted(line for line in lines if line)}")
    if causes and exhibit.causes and not sources & set(exhibit.causes):
        found.append(f"sources: {sorted(source for source in sources if source)}")
    if (
        causes
        and exhibit.sufficient
        and not any(set(pins) in map(set, exhibit.sufficient) for pins in result.sufficient or ())
    ):
        found.append(f"sufficient: {result.sufficient}")
    if causes and exhibit.has_effect is not None and result.seed_has_effect is not exhibit.has_effect:
        found.append(f"seed_has_effect: {result.seed_has_effect}")
    return found


def row(exhibit: Exhibit, result: Result) -> str:
    """A row of the table."""
    first = result.first_difference
    at = "–" if first is None else f"{first.quantity}, line {first.line or '–'}, step {first.step}"
    harmful = ", ".join(f"{one.line}: {one.source}" for one in result.unseeded if one.matters) or "–"
    words = {True: "matters", False: "no effect", None: "not tried"}
    seeds = "; ".join(f"{one.line}: {'too late' if one.too_late else words[one.matters]}" for one in result.seeding)
    enough = "; ".join(" + ".join(pins) for pins in result.sufficient or ()) or "–"
    verdict = "repeats" if result.repeats else "does not repeat"
    wrong = "; ".join(disagreements(exhibit, result)) or "as expected"
    cells = [f"`{exhibit.name}`", verdict, at, harmful, seeds or "–", enough, f"{result.seconds:.0f}", wrong]
    return f"| {' | '.join(cells)} |"


def main(names: Sequence[str]) -> int:
    """Audits the scripts of these names, all where there is none."""
    print(HEADER, "|---" * HEADER.count(" | ") + "|---|", sep="\n", flush=True)
    status = 0
    for name in names or list(GALLERY):
        try:
            result = audit(GALLERY[name].path, [str(PATH)])
            print(row(GALLERY[name], result), flush=True)
            status |= bool(disagreements(GALLERY[name], result))
        except Exception as error:  # noqa: BLE001 — the others are to be audited all the same
            print(f"| `{name}` | **{type(error).__name__}: {error}** |", flush=True)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
