"""The scripts that a page offers: those of the gallery, and those in the folder that the operator names.

`REPRO_SCRIPTS=/path streamlit run app.py` offers the scripts and notebooks in that folder. They run with the operator's
rights.
"""

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from repro.audits.gallery.table import GALLERY, Exhibit
from repro.audits.notebook import Made, script_of
from repro.audits.workspace import MOST_SHOWN
from repro.experiment.errors import InputError, LimitError
from repro.programs import mnist

VARIABLE = "REPRO_SCRIPTS"
KINDS = (".py", ".ipynb")
MOST_OF_A_NOTEBOOK = 20 * 2**20  # bytes: of its pictures nothing is shown


@dataclass(frozen=True)
class Offered:
    """A script or notebook that can be audited: `key` names it in a link, `title` on the page; `exhibit` is None for
    those of the operator."""

    key: str
    title: str
    path: Path
    exhibit: Exhibit | None = None

    @property
    def code(self) -> str:
        """Its text, of a notebook that of the script made from it; InputError, which names no folder, if it cannot be
        read."""
        return self.made.code

    @property
    def made(self) -> Made:
        """Its text, and of a notebook what is known of each line; InputError as for `code`."""
        notebook = self.path.suffix == ".ipynb"
        most = MOST_OF_A_NOTEBOOK if notebook else MOST_SHOWN
        try:
            if self.path.stat().st_size > most:
                raise InputError(f"{self.key} is larger than {most:,} bytes")
            made = script_of(self.path) if notebook else Made(self.path.read_text(encoding="utf-8"), (), ())
        except (OSError, UnicodeDecodeError):
            raise InputError(f"{self.key} cannot be read") from None
        if len(made.code) > MOST_SHOWN:
            raise InputError(f"the code of {self.key} is larger than {MOST_SHOWN:,} bytes")
        return made

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
        scripts = sorted(
            one
            for one in path.iterdir()
            if one.suffix in KINDS and one.is_file() and not one.name.startswith((".", "_"))
        )
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
