"""What was found of a script held against itself with one change: it prints itself, and is JSON."""

from dataclasses import asdict, dataclass
from typing import Any

from repro.audits.against import words
from repro.audits.against.facts import Held

FORMAT, VERSION = "repro-against", 1
HIDDEN = ("losses", "outputs", "differs")


@dataclass(frozen=True, kw_only=True)
class Against(Held):
    """What was found: `print` shows the report."""

    def __str__(self) -> str:
        """The report."""
        return "\n".join(words.lines(self))

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        found = {name: value for name, value in asdict(self).items() if name not in HIDDEN}
        return {"format": FORMAT, "version": VERSION} | found
