"""Who may import what: the rooms, their order, and what each file says of itself."""

import ast
import functools
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import repro
from repro.engine.processes import ROOT

# From the lowest to the highest: a room imports from those before it, never from those after it.
ROOMS = (
    "experiment",
    "history",
    "programs",
    "engine",
    "verdicts",
    "audits",
    "records",
    "studies",
    "script",
    "server",
    "charts",
    "views",
    "commands",
)
# The same of the rooms of the audit, with the modules that stand on them.
INSIDE_AUDITS = (
    "sources",
    "observer",
    "comparison",
    "runs",
    "causes",
    "report",
    "trials",
    "against",
    "gallery",
    "audit",
    "interface",
    "background",
)
# Scripts that are run like anybody's, and never imported: they are no part of the package's code.
SCRIPTS = ROOT / "repro/audits/gallery/scripts"
PACKAGE = sorted(path for path in (ROOT / "repro").rglob("*.py") if SCRIPTS not in path.parents)
SOURCES = [*PACKAGE, *(path for path in [ROOT / "app.py"] if path.exists())]
HEAVY = {"tensorflow", "keras"}

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """The full names of all modules that a source file imports: inside functions, for types alone, and relative to
    its own place too."""
    package = path.relative_to(ROOT).parent.parts
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            name = ".".join([*above, *filter(None, [node.module])])
            names |= {name, *(f"{name}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def packages(path: Path) -> set[str]:
    """The top-level names of all that a source file imports."""
    return {name.partition(".")[0] for name in imports(path)}


def test_the_walk_sees_imports_inside_functions_for_types_and_relative_ones() -> None:
    assert packages(ROOT / "repro/engine/worker.py") >= HEAVY
    assert "repro.audits.interface" in imports(ROOT / "repro/__init__.py")
    assert "repro.audits.observer.format" in imports(ROOT / "repro/audits/observer/start.py")
    assert "repro.audits.observer.keras_fit" in imports(ROOT / "repro/audits/observer/start.py")


def test_the_package_holds_rooms_and_its_two_doors_alone() -> None:
    kept = {path.name for path in (ROOT / "repro").iterdir()} - {"__pycache__"}
    assert kept == {"__init__.py", "__main__.py", *ROOMS}
    assert len(ROOMS) <= 13


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


@each_source
def test_no_room_of_the_audit_imports_one_above_it(path: Path) -> None:
    if ROOT / "repro/audits" in path.parents and path.parent.name != "audits":
        room = path.relative_to(ROOT / "repro/audits").parts[0]
        above = set(INSIDE_AUDITS[INSIDE_AUDITS.index(room) + 1 :])
        assert not above & {name.split(".")[2] for name in imports(path) if name.startswith("repro.audits.")}


def test_the_observer_imports_the_standard_library_alone() -> None:
    """It is loaded into a person's process, under another name and perhaps another interpreter."""
    for path in (ROOT / "repro/audits/observer").rglob("*.py"):
        ours = {name for name in imports(path) if name.partition(".")[0] not in sys.stdlib_module_names}
        assert all(name.startswith("repro.audits.observer") for name in ours)
        assert "repro." not in path.read_text(encoding="utf-8")


def test_verdicts_need_no_engine() -> None:
    """They are pure functions of histories."""
    below = {"experiment", "history", "verdicts"}
    for path in (ROOT / "repro/verdicts").glob("*.py"):
        assert {name.split(".")[1] for name in imports(path) if name.startswith("repro.")} <= below


def test_no_import_runs_in_a_circle() -> None:
    """Those for types alone count: what they tie together cannot be read apart."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PACKAGE}
    graph = TopologicalSorter({name: imports(path) & set(names.values()) - {name} for path, name in names.items()})
    graph.prepare()  # CycleError


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for_what_does_not_belong_and_what_it_offers(room: str) -> None:
    """It offers the modules that others import: what it offers besides is nobody's, and the rest is its own affair."""
    docstring = ast.get_docstring(ast.parse((ROOT / "repro" / room / "__init__.py").read_text(encoding="utf-8")))
    assert docstring
    assert "not belong" in docstring or "Nothing here" in docstring or "nothing here" in docstring
    _, offers, listed = " ".join(docstring.split()).partition(" Offers: ")
    assert offers
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PACKAGE}
    outside = (path for path in SOURCES if path.relative_to(ROOT).parts[:2] != ("repro", room))
    used = {name for path in outside for name in imports(path)} & modules
    inside = sorted(name.removeprefix(f"repro.{room}.") for name in used if name.startswith(f"repro.{room}."))
    assert listed == ", ".join(f"`{name}`" for name in inside) + "."


def test_each_file_of_tests_is_named_after_a_module_of_its_room() -> None:
    """Those of `tests/whole` go through many."""
    apart = {ROOT / "tests" / folder for folder in ("whole", "support", "bench")}
    for path in (ROOT / "tests").rglob("test_*.py"):
        inside = path.relative_to(ROOT / "tests")
        if not apart & {*path.parents} and len(inside.parts) > 1:
            assert (ROOT / "repro" / inside.with_name(path.name.removeprefix("test_"))).is_file(), path


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
