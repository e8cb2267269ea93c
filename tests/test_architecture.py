"""Who may import what, and how large a file may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from repro.processes import ROOT

PACKAGE = sorted((ROOT / "repro").rglob("*.py"))
SOURCES = [*PACKAGE, *(path for path in [ROOT / "app.py"] if path.exists())]
HEAVY = {"tensorflow", "keras"}
MOST_LINES = 220

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def imports(path: Path) -> Iterator[str]:
    """The top-level names of all that a source file imports, those inside its functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_walk_sees_imports_inside_functions() -> None:
    assert set(imports(ROOT / "repro/worker.py")) >= HEAVY


@each_source
def test_only_the_page_imports_streamlit(path: Path) -> None:
    if "streamlit" in imports(path):
        assert path == ROOT / "app.py" or ROOT / "repro/views" in path.parents


@each_source
def test_only_the_worker_and_the_programs_import_tensorflow(path: Path) -> None:
    if HEAVY & set(imports(path)):
        assert path == ROOT / "repro/worker.py" or ROOT / "repro/programs" in path.parents


@each_source
def test_every_file_says_what_it_is_and_fits_on_a_few_screens(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))
    assert len(text.splitlines()) <= MOST_LINES


def test_the_command_line_loads_neither_tensorflow_nor_streamlit() -> None:
    program = "import sys, repro.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = loaded.stdout.split()
    assert "repro.launcher" in modules
    assert not {name.partition(".")[0] for name in modules} & (HEAVY | {"streamlit", "pandas", "altair", "distributed"})
