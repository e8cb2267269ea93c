"""The templates of the pictures that are HTML, and of their styles: files beside the modules that fill them.

What is filled in is escaped. Colours follow the theme by `light-dark()` in the style sheets.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent


def render(name: str, **values: object) -> str:
    """The template `NAME.html`, filled in."""
    return _environment().get_template(f"{name}.html").render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
