"""Which line of one version of a script is which line of another: aligned by content, not by number."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Site

ALIKE = 0.6  # of the characters of two lines, from which on one is taken for the other, edited
LEAST = 8  # characters of a line that is known again elsewhere


def align(a: Sequence[str], b: Sequence[str]) -> dict[int, int]:
    """For each line of `b` that is one of `a`, from 1, that line of `a`: the same text, however far it is indented; an
    edited line in the same place; or one of a kind that stands elsewhere."""
    texts_a, texts_b = ([line.strip() for line in lines] for lines in (a, b))
    found: dict[int, int] = {}
    for what, low_a, high_a, low_b, high_b in difflib.SequenceMatcher(
        None, texts_a, texts_b, autojunk=False
    ).get_opcodes():
        if what == "equal" or (what == "replace" and high_a - low_a == high_b - low_b):
            for line_a, line_b in zip(range(low_a, high_a), range(low_b, high_b), strict=True):
                if what == "equal" or _alike(texts_a[line_a], texts_b[line_b]):
                    found[line_b + 1] = line_a + 1
    taken = set(found.values())
    counts_a, counts_b = Counter(texts_a), Counter(texts_b)
    place = {text: number for number, text in enumerate(texts_a, 1)}
    for number, text in enumerate(texts_b, 1):
        once = counts_b[text] == counts_a[text] == 1 and len(text) >= LEAST
        if number not in found and once and place[text] not in taken:
            found[number] = place[text]
    return found


def _alike(a: str, b: str) -> bool:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE


@dataclass(frozen=True)
class Versions:
    """Two versions of files: their texts, by their names in the script's folder, and what run B's is called.

    A line of B's version that is none of A's has the name of its own version for its file.
    """

    a: Mapping[str, str]
    b: Mapping[str, str]
    name: str

    def of_a(self, trace: Trace) -> Trace:
        """Run A's trace as it is compared: a line that has moved into a function is the same line."""
        return trace.with_sites(lambda site: replace(site, function="") if site.file in self.b else site)

    def of_b(self, trace: Trace) -> Trace:
        """Run B's trace with the lines of A's version, where they are the same."""
        lines = {
            name: (self.a[name].splitlines(), align(self.a[name].splitlines(), text.splitlines()))
            for name, text in self.b.items()
            if name in self.a
        }

        def moved(site: Site) -> Site:
            if site.file not in self.b:
                return site
            texts, known = lines.get(site.file, ([], {}))
            if site.line not in known:
                return replace(site, file=f"{site.file} ({self.name})", function="")
            line = known[site.line]
            return replace(site, line=line, code=texts[line - 1].strip(), function="")

        return trace.with_sites(moved)
