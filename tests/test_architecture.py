"""Who may import what: the rooms, their order, and what each file says of itself."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import repro
from repro.engine.processes import ROOT

# From the lowest to the highest: a room imports from those before it, never from those after it.
ROOMS = (
    "experiment",
    "records",
    "programs",
    "engine",
    "verdicts",
    "studies",
    "script",
    "audits",
    "server",
    "charts",
    "views",
    "commands",
)
# Scripts that are run like anybody's, and never imported: they are no part of the package's code.
SCRIPTS = ROOT / "repro/audits/gallery/scripts"
PACKAGE = sorted(path for path in (ROOT / "repro").rglob("*.py") if SCRIPTS not in path.parents)
SOURCES = [*PACKAGE, *(path for path in [ROOT / "app.py"] if path.exists())]
HEAVY = {"tensorflow", "keras"}

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def imports(path: Path) -> Iterator[str]:
    """The full names of all modules that a source file imports when it runs, those inside its functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(path: Path) -> set[str]:
    """The top-level names of all that a source file imports."""
    return {name.partition(".")[0] for name in imports(path)}


def test_the_walk_sees_imports_inside_functions() -> None:
    assert packages(ROOT / "repro/engine/worker.py") >= HEAVY


def test_the_package_holds_rooms_and_its_two_doors_alone() -> None:
    kept = {path.name for path in (ROOT / "repro").iterdir()} - {"__pycache__"}
    assert kept == {"__init__.py", "__main__.py", *ROOMS}
    assert len(ROOMS) <= 12


def test_no_room_has_the_name_of_a_function_of_the_package() -> None:
    """To import a room sets its name in the package, where the function would be looked for."""
    assert not set(ROOMS) & set(repro.__all__)


@each_source
def test_no_room_imports_one_above_it(path: Path) -> None:
    inside = path.relative_to(ROOT).parts
    if inside[0] == "repro" and inside[1] in ROOMS:
        above = set(ROOMS[ROOMS.index(inside[1]) + 1 :])
        rooms = {name.split(".")[1] for name in imports(path) if name.startswith("repro.")}
        assert not rooms & above


def test_verdicts_need_no_engine() -> None:
    """They are pure functions of histories."""
    below = {"experiment", "records", "verdicts"}
    for path in (ROOT / "repro/verdicts").glob("*.py"):
        assert {name.split(".")[1] for name in imports(path) if name.startswith("repro.")} <= below


def test_no_import_runs_in_a_circle() -> None:
    """Those for types alone, in a block `if TYPE_CHECKING:`, do not count: nothing runs them."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PACKAGE}
    graph = TopologicalSorter({name: set(imports(path)) & set(names.values()) - {name} for path, name in names.items()})
    graph.prepare()  # CycleError


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for_what_does_not_belong_and_what_it_offers(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / "repro" / room / "__init__.py").read_text(encoding="utf-8")))
    assert docstring
    assert "not belong" in docstring or "Nothing here" in docstring or "nothing here" in docstring
    assert "\nOffers: " in docstring


def test_tests_mirror_the_rooms() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert folders <= {*ROOMS, "__pycache__", "data", "lean"}


@each_source
def test_only_the_page_imports_streamlit(path: Path) -> None:
    if "streamlit" in packages(path):
        assert path == ROOT / "app.py" or ROOT / "repro/views" in path.parents


@each_source
def test_only_the_worker_and_the_programs_import_tensorflow(path: Path) -> None:
    if HEAVY & packages(path):
        assert path == ROOT / "repro/engine/worker.py" or ROOT / "repro/programs" in path.parents


def test_nothing_imports_a_script_of_the_gallery() -> None:
    assert list(SCRIPTS.glob("*.py"))
    assert not (SCRIPTS / "__init__.py").exists()
    assert not [
        path for path in SOURCES if any(name.startswith("repro.audits.gallery.scripts") for name in imports(path))
    ]


@each_source
def test_every_file_says_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))


def test_the_command_line_loads_neither_tensorflow_nor_streamlit() -> None:
    program = "import sys, repro.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = loaded.stdout.split()
    assert "repro.engine.launcher" in modules
    assert not {name.partition(".")[0] for name in modules} & (HEAVY | {"streamlit", "pandas", "altair", "distributed"})
