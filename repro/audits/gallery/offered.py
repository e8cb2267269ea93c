"""The scripts that a page offers: those of the gallery, and those in the folder that the operator names.

`REPRO_SCRIPTS=/path streamlit run app.py` offers the scripts and notebooks in that folder. They run with the operator's
rights.
"""

import ast
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from repro.audits.gallery.table import GALLERY, Exhibit
from repro.audits.runs.notebook import Made, script_of
from repro.audits.runs.workspace import MAX_SHOWN
from repro.experiment.errors import InputError, LimitError
from repro.experiment.settings import quote
from repro.programs import mnist

VARIABLE = "REPRO_SCRIPTS"
KINDS = (".py", ".ipynb")
MAX_FILES = 200  # that are offered of a folder
MAX_ARGUMENTS, MAX_LENGTH = 20, 200  # of a script, and characters of one
BUNDLED = "mnist.npz"  # what names the bundled images among a script's arguments
OUTSIDE = re.compile(r"[/\\~]|\.\.")  # what a name that leads out of the folder has
MAX_OF_A_NOTEBOOK = 20 * 2**20  # bytes: of its pictures nothing is shown


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
        most = MAX_OF_A_NOTEBOOK if notebook else MAX_SHOWN
        try:
            if self.path.stat().st_size > most:
                raise InputError(f"{self.key} is larger than {most:,} bytes")
            made = script_of(self.path) if notebook else Made(self.path.read_text(encoding="utf-8"), (), ())
        except (OSError, UnicodeDecodeError):
            raise InputError(f"{self.key} cannot be read") from None
        if len(made.code) > MAX_SHOWN:
            raise InputError(f"the code of {self.key} is larger than {MAX_SHOWN:,} bytes")
        return made

    @property
    def arguments(self) -> str:
        """Those that it is given where nothing else is asked for, as `read_arguments` takes them: the bundled images if
        it reads `sys.argv`, and in the gallery."""
        return BUNDLED if self.exhibit is not None or _reads_argv(self.code) else ""

    @property
    def files(self) -> list[str]:
        """The operator's files beside it and below, by their names in the folder: what its arguments can name."""
        if self.exhibit is not None:
            return []
        found = []
        for folder, folders, names in os.walk(self.path.parent):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
            paths = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
            found += [path.relative_to(self.path.parent).as_posix() for path in paths if path != self.path]
            if len(found) >= MAX_FILES:
                break
        return found[:MAX_FILES]

    def read_arguments(self, text: str) -> tuple[str, ...]:
        """The arguments in a line, as a shell would take it apart; those that name a file with its path. InputError, of
        one line, if they are none, too many, or name something outside of the folder: whoever reaches the page can
        write them."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise InputError(f"these arguments cannot be read: {str(error).lower()}") from None
        if len(words) > MAX_ARGUMENTS:
            raise InputError(f"a script takes at most {MAX_ARGUMENTS} arguments here")
        files = {name: self.path.parent / name for name in self.files}
        return tuple(_argument(word, {BUNDLED: mnist.PATH} | files) for word in words)


def offered(environment: Mapping[str, str] = os.environ) -> dict[str, Offered]:
    """All of them by key: the operator's by name first, then the gallery. LimitError if the operator names no
    folder."""
    gallery = {one.name: Offered(one.name, one.title, one.path, one) for one in GALLERY.values()}
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
        return {one.name: Offered(one.name, one.name, one) for one in scripts} | gallery
    return gallery


def _argument(word: str, files: Mapping[str, Path]) -> str:
    """One argument: where it, or what it gives an option, names one of `files`, with that file's path. A name that an
    audit would look for beside the server is none either: see `find` in runs/workspace.py."""
    if len(word) > MAX_LENGTH or not word.isprintable():
        raise InputError(f"an argument takes at most {MAX_LENGTH} printable characters")
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if value in files:
        return f"{option}{equals}{files[value]}"
    if OUTSIDE.search(word) or Path(value).is_file():
        raise InputError(f"{quote(word)} names no file of the script's folder")
    return word


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
