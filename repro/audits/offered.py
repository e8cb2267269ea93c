"""The scripts that a page offers: those of the gallery, and those in the folder that the operator names.

`REPRO_SCRIPTS=/path streamlit run app.py` offers the scripts in that folder. They run with the operator's rights.
"""

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from repro.audits.gallery.table import GALLERY, Exhibit
from repro.experiment.errors import InputError, LimitError
from repro.programs import mnist

VARIABLE = "REPRO_SCRIPTS"
MOST_BYTES = 200_000  # of a script that is shown


@dataclass(frozen=True)
class Offered:
    """A script that can be audited: `key` names it in a link, `title` on the page; `exhibit` is None for one of the
    operator's."""

    key: str
    title: str
    path: Path
    exhibit: Exhibit | None = None

    @property
    def code(self) -> str:
        """Its text; InputError, which names no folder, if it cannot be read."""
        try:
            if self.path.stat().st_size > MOST_BYTES:
                raise InputError(f"{self.key} is larger than {MOST_BYTES:,} bytes")
            return self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise InputError(f"{self.key} cannot be read") from None

    @property
    def arguments(self) -> tuple[str, ...]:
        """Its arguments: the path of the bundled images if it reads `sys.argv`, and in the gallery."""
        return (str(mnist.PATH),) if self.exhibit is not None or _reads_argv(self.code) else ()


def offered(environment: Mapping[str, str] = os.environ) -> dict[str, Offered]:
    """All of them by key: the gallery first, then the operator's by name. LimitError if the operator names no
    folder."""
    found = {exhibit.name: Offered(exhibit.name, exhibit.title, exhibit.path, exhibit) for exhibit in GALLERY.values()}
    folder = environment.get(VARIABLE)
    if folder:
        path = Path(folder).expanduser()
        if not path.is_dir():
            raise LimitError(f"{VARIABLE} cannot be {folder[:60]!r}: there is no such folder")
        scripts = sorted(one for one in path.glob("*.py") if one.is_file() and not one.name.startswith((".", "_")))
        found |= {one.name: Offered(one.name, one.name, one) for one in scripts}
    return found


def _reads_argv(code: str) -> bool:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "argv")
        or (isinstance(node, ast.ImportFrom) and any(alias.name == "argv" for alias in node.names))
        for node in ast.walk(tree)
    )
