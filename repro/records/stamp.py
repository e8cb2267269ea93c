"""The environment stamp: what a run ran on, and in which rows two runs' stamps differ."""

from collections.abc import Mapping


def differing(a: Mapping[str, str], b: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The rows in which two stamps differ, with both values."""
    names = dict.fromkeys([*a, *b])
    return {name: (a.get(name, "–"), b.get(name, "–")) for name in names if a.get(name) != b.get(name)}


def lines(a: Mapping[str, str], b: Mapping[str, str]) -> list[str]:
    """The rows that differ, in a line each, as the likely reason; one line where none does."""
    rows = [f"  {name}: {theirs} there, {ours} here" for name, (theirs, ours) in differing(a, b).items()]
    if rows:
        return ["The likely reason, where the two environments differ:", *rows]
    return ["The two environments have the same stamp: the reason lies in what it does not hold."]
