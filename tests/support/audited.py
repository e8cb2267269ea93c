"""Audits of small scripts that a test writes, and what must not be left of them."""

import os
import textwrap
from pathlib import Path

from repro.audits.audit import audit
from repro.audits.report.result import Result
from repro.audits.runs.layer import BEGIN


def script(folder: Path, text: str, name: str = "train.py") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip())
    return path


def audited(folder: Path, text: str, *arguments: str, **how: object) -> Result:
    """The audit of a script, whose folder must be as it was afterwards."""
    path = script(folder / "project", text)
    before = contents(path.parent)
    result = audit(path, arguments, **how)  # type: ignore[arg-type]
    assert contents(path.parent) == before
    assert not left_running(folder)
    return result


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def left_running(folder: Path) -> list[str]:
    """The command lines of processes that an audit of this process begins, or that work in a folder."""
    found = []
    beginning = f"{BEGIN} {os.getpid()} "  # another process tests audits at the same time
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = path.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
            where = os.readlink(path / "cwd")  # noqa: PTH115
        except OSError:
            continue
        if beginning in command or where.startswith(str(folder)):
            found.append(command)
    return found
