"""Where a script's own code reads the clock: numbers in its output may then be times, which differ in any two runs."""

import ast
from collections.abc import Iterable
from pathlib import Path

READ_BY = {
    "time",
    "time_ns",
    "perf_counter",
    "perf_counter_ns",
    "monotonic",
    "monotonic_ns",
    "process_time",
    "process_time_ns",
    "now",
    "utcnow",
    "today",
    "ctime",
    "strftime",
    "default_timer",
}


def reading(folder: Path, files: Iterable[str]) -> tuple[str, int] | None:
    """The first line, as file and number, that calls one of the functions that read the clock; None where none does.
    It is read off the code, so a function of another module with such a name counts as well."""
    for name in files:
        try:
            tree = ast.parse((folder / name).read_text(encoding="utf-8", errors="replace"))
        except (OSError, SyntaxError, ValueError):  # another version of Python may know more than this one
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func
                if (isinstance(called, ast.Attribute) and called.attr in READ_BY) or (
                    isinstance(called, ast.Name) and called.id in READ_BY
                ):
                    return name, node.lineno
    return None
