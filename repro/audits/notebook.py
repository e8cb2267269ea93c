"""A notebook as a script: its code cells in order, without the lines that only a notebook can run."""

import io
import json
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repro.experiment.errors import InputError

# Magics, commands of the shell and what takes their output, questions, and calls of the notebook itself.
OF_NOTEBOOKS = re.compile(r"^[%!?]|^[\w., ]+=\s*[%!](?!=)|^[\w.]+\?{1,2}$|^get_ipython\(\)")


@dataclass(frozen=True)
class Made:
    """The code of a notebook; for each of its lines the cell and the line there, both from 1; what was left out."""

    code: str
    cells: tuple[tuple[int, int], ...]
    left_out: tuple[str, ...]


def script_of(path: Path) -> Made:
    """Reads a notebook (nbformat 3 or 4); InputError, of one line, if it is not one or has no code."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path.name!r} cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputError(f"{path.name!r} is not a notebook: it is not JSON") from None
    if isinstance(read, dict) and "worksheets" in read:  # nbformat 3
        cells: list[Any] | None = [cell for sheet in read["worksheets"] for cell in sheet.get("cells", [])]
    else:
        held = read.get("cells") if isinstance(read, dict) else None
        cells = held if isinstance(held, list) else None
    if cells is None:
        raise InputError(f"{path.name!r} is not a notebook: it has no cells")
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    left_out: list[str] = []
    number = 0
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        number, began = number + 1, len(lines)
        source: Any = cell.get("source", cell.get("input", ""))
        text = source if isinstance(source, str) else "".join(source)
        whole = text.lstrip().startswith("%%") and not text.lstrip().startswith(("%%time", "%%capture"))
        for at, line in enumerate(text.splitlines(), 1):
            bare = line.strip()
            indent = line[: len(line) - len(line.lstrip())]
            timed = re.match(r"%time\s+(.*)", bare)
            if timed and not whole:
                line = indent + timed[1]
            elif bare and (whole or (OF_NOTEBOOKS.search(bare) and not _continues(lines[began:]))):
                left_out.append(f"cell {number}, line {at}: {bare}")
                line = indent + "pass  # left out: only a notebook can run it"
            lines.append(line)
            places.append((number, at))
    if not any(line.strip() and not line.lstrip().startswith("pass  # left out") for line in lines):
        raise InputError(f"{path.name!r} has no code: there is nothing to run")
    if re.search(r"^\s*display\(", "\n".join(lines), re.MULTILINE):
        # A function that every notebook has. `from __future__` must come before.
        at = next(n for n, line in enumerate(lines) if not line.startswith("from __future__"))
        lines.insert(at, "display = print")
        places.insert(at, places[at])
    return Made("\n".join(lines) + "\n", tuple(places), tuple(left_out))


def _continues(lines: Sequence[str]) -> bool:
    """Whether the next line of a cell continues these, as `%` does in an expression over several lines: a bracket, a
    string or a line with a backslash is open."""
    if lines and lines[-1].rstrip().endswith("\\"):
        return True
    try:
        list(tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline))
    except tokenize.TokenError as error:
        return "multi-line" in str(error) or "triple-quoted" in str(error)  # the second is Python 3.12's
    except SyntaxError:
        return False
    return False
