"""A notebook as a script: its code cells in order, without the lines that only a notebook can run."""

import ast
import inspect
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


# A function that every notebook has, here of the plain text of what it is given.
DISPLAY = "display = lambda *values: [*map(__import__('sys').displayhook, values)] and None"


@dataclass(frozen=True)
class Made:
    """The code of a notebook; for each of its lines the cell and the line there, both from 1; what was left out."""

    code: str
    cells: tuple[tuple[int, int], ...]
    left_out: tuple[str, ...]


def _cells(path: Path) -> list[Any]:
    """The cells of a notebook; InputError, of one line, if it is not one."""
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
    return cells


def script_of(path: Path) -> Made:
    """Read a notebook (nbformat 3 or 4); InputError, of one line, if it is not one or has no code."""
    cells = _cells(path)
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
            plain = None if _continues(lines[began:]) else _in_python(bare)
            if timed and not whole:
                line = indent + timed[1]
            elif plain is not None and not whole:
                line = indent + plain
            elif at == 1 and (written := _written(text)) is not None:
                line = written
            elif whole and _written(text) is not None:
                line = ""
            elif bare and (whole or (OF_NOTEBOOKS.search(bare) and not _continues(lines[began:]))):
                left_out.append(f"cell {number}, line {at}: {bare}")
                line = indent + "pass  # left out: only a notebook can run it"
            lines.append(line)
            places.append((number, at))
        lines[began:] = _showing(lines[began:])
    _check_names("\n".join(lines), left_out, places, path.name)
    if not any(line.strip() and not line.lstrip().startswith("pass  # left out") for line in lines):
        raise InputError(f"{path.name!r} has no code: there is nothing to run")
    if _awaits("\n".join(lines)):
        raise InputError(
            f"{path.name!r} awaits something outside of a function, which only a notebook can do: put it into a"
            " function, and call that with `asyncio.run(…)`"
        )
    if re.search(r"^\s*display\(", "\n".join(lines), re.MULTILINE):
        # `from __future__` must come before.
        at = max((n for n, line in enumerate(lines) if line.startswith("from __future__")), default=-1) + 1
        lines.insert(at, DISPLAY)
        places.insert(at, places[min(at, len(places) - 1)])
    return Made("\n".join(lines) + "\n", tuple(places), tuple(left_out))


# Lines of a notebook that plain Python does as well, without braces and dollar signs, for which names are put in.
_ENV = re.compile(r"%(?:set_)?env\s+(\w+)(?:=|\s+)([^{}$]+)$")
_CD = re.compile(r"%cd\s+(?:-q\s+)?([^{}$-][^{}$]*)$")
_SHELL = re.compile(r"(?:(\w+)\s*=\s*)?!([^!{}$][^{}$]*)$")
_WRITEFILE = re.compile(r"\s*%%writefile\s+([^\s{}$-][^\s{}$]*)[ \t]*\n(.*)", re.DOTALL)
_INSTALLS = re.compile(r"\b(?:pip3?|conda|mamba|apt(?:-get)?|uv)\b")


def _in_python(line: str) -> str | None:
    """What a line that only a notebook can run says in Python: an environment variable, a change of the folder, a
    command of the shell, whose failure is none of the notebook's; None if it is another one, or installs something."""
    if found := _ENV.match(line):
        return f"__import__('os').environ[{found[1]!r}] = {found[2].strip().strip(chr(34) + chr(39))!r}"
    if found := _CD.match(line):
        folder = found[1].strip().strip("'\"")
        return f"__import__('os').chdir(__import__('os').path.expanduser({folder!r}))"
    found = _SHELL.match(line)
    if found is None or _INSTALLS.search(found[2]):
        return None
    run = f"__import__('subprocess').run({found[2]!r}, shell=True"
    if found[1]:
        return f"{found[1]} = {run}, stdout=-1, text=True).stdout.splitlines()"
    return f"(__import__('sys').stdout.flush(), {run})) and None"


def _written(cell: str) -> str | None:
    """What a cell that writes itself into a file does, in Python; None if it is none."""
    found = _WRITEFILE.match(cell)
    if found is None:
        return None
    return f"__import__('pathlib').Path({found[1]!r}).expanduser().write_text({found[2]!r}) and None"


def _check_names(code: str, left_out: Sequence[str], places: Sequence[tuple[int, int]], name: str) -> None:
    """InputError if a line that is left out sets a name that another line uses: what came of it would be no verdict on
    the notebook."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return
    used = {node.id: node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for line in left_out:
        place, _, bare = line.partition(": ")
        for one in re.findall(r"\w+", (re.match(r"([\w., ]+)=\s*[%!](?!=)", bare) or ["", ""])[1]):
            if one in used:
                cell, at = places[used[one] - 1]
                raise InputError(
                    f"{name!r}, {place} sets `{one}`, which cell {cell}, line {at} uses, and only a notebook can run"
                    f" it: {bare}. Write it in Python"
                )


def _showing(cell: list[str]) -> list[str]:
    """The lines of a cell, so that they show the value of a last expression, as a notebook does but before a `;`."""
    try:
        body = ast.parse("\n".join(cell)).body
    except (SyntaxError, ValueError):  # it fails when it is run, in Python's words
        return cell
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr) or last.end_lineno is None or last.end_col_offset is None:
        return cell
    if isinstance(last.value, ast.Call) and ast.unparse(last.value.func) in ("print", "display"):
        return cell
    lines = [line.encode() for line in cell]  # columns are counted in bytes
    begin, end = last.lineno - 1, last.end_lineno - 1
    if lines[end][last.end_col_offset :].lstrip().startswith(b";"):
        return cell
    lines[end] = lines[end][: last.end_col_offset] + b")" + lines[end][last.end_col_offset :]
    lines[begin] = lines[begin][: last.col_offset] + b"display(" + lines[begin][last.col_offset :]
    return [line.decode() for line in lines]


def _awaits(code: str) -> bool:
    """Whether code awaits something outside of a function."""
    try:
        made = compile(code, "notebook", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return False
    return bool(made.co_flags & inspect.CO_COROUTINE)


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
