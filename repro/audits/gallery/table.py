"""The gallery as one table, `gallery.toml`: each script, its story, what an audit of it must find, its fix."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).with_name("scripts")


@dataclass(frozen=True)
class Fix:
    """The one place of a script that changes when its fault is mended: `code`, which stands in it once, becomes
    `by`."""

    code: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One script of the gallery.

    `title` is what its author would say of it, `story` what they did; `source` and `link` name the public page that
    it is modelled on. What an audit must find: `repeats`; of `causes`, names of sources, and of `lines`, 1-based, one
    at least; of `sufficient`, sets of pins, one; `has_effect`: whether other seeds give other weights (None: not tried
    where it does not repeat). `fix` is None if nothing is wrong.
    """

    name: str
    title: str
    story: str
    source: str
    link: str
    repeats: bool
    causes: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    sufficient: tuple[tuple[str, ...], ...] = ()
    has_effect: bool | None = None
    fix: Fix | None = None

    @property
    def path(self) -> Path:
        return SCRIPTS / f"{self.name}.py"

    @property
    def code(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def fixed(self) -> str | None:
        """The script with its fix in place; None if nothing is wrong."""
        return None if self.fix is None else self.code.replace(self.fix.code, self.fix.by)


def read(text: str) -> dict[str, Exhibit]:
    """The exhibits of a table in TOML, by their names."""

    def exhibit(name: str, row: dict[str, Any]) -> Exhibit:
        sets = tuple(tuple(pins) for pins in row.pop("sufficient", ()))
        fix = Fix(**row.pop("fix")) if "fix" in row else None
        values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        return Exhibit(name=name, sufficient=sets, fix=fix, **values)

    return {name: exhibit(name, row) for name, row in tomllib.loads(text).items()}


GALLERY = read(Path(__file__).with_name("gallery.toml").read_text(encoding="utf-8"))
