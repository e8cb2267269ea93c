"""The result of an audit: its facts, which print themselves as the report, and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from repro.audits.report import words
from repro.audits.report.facts import Facts


@dataclass(frozen=True, kw_only=True)
class Result(Facts):
    """What an audit found: `print` shows the report."""

    def __str__(self) -> str:
        """The report."""
        return "\n".join(words.lines(self))

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        found = self.to_record()
        head = {"format": FORMAT, "version": VERSION}
        older = {name: found[newer] for name, newer in OLDER_NAMES.items()}
        return head | {name: found[name] for name in CONTRACT} | older

    def to_record(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return _plain(asdict(self))  # type: ignore[no-any-return]


FORMAT, VERSION = "repro-audit", 2
CONTRACT = (
    "script",
    "arguments",
    "rerun",
    "repeats",
    "first_difference",
    "unseeded",
    "seeding",
    "sufficient",
    "readings",
    "seed_has_effect",
    "steps",
    "final_weights",
    "seconds",
    "seen",
    "not_seen",
    "repeated_inside",
    "enters",
    "patch",
)


OLDER_NAMES = {"enough": "sufficient"}  # what version 1 called it is printed as well, until version 3


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
