"""The gallery: its table against its files. What audits find there is compared in `tests/whole/test_gallery.py`."""

import ast
import re

import pytest

from repro.audits.gallery.table import GALLERY, SCRIPTS, Exhibit
from repro.audits.sources import SOURCES

each_exhibit = pytest.mark.parametrize("exhibit", GALLERY.values(), ids=list(GALLERY))


def test_the_table_and_the_folder_hold_the_same_scripts() -> None:
    assert sorted(GALLERY) == sorted(path.stem for path in SCRIPTS.iterdir() if path.suffix == ".py")
    assert len(GALLERY) >= 12


def test_titles_differ() -> None:
    assert len({exhibit.title for exhibit in GALLERY.values()}) == len(GALLERY)


def test_the_kinds_of_faults_that_people_meet_are_there() -> None:
    causes = {cause for exhibit in GALLERY.values() for cause in exhibit.causes}
    seeds = {"python", "numpy", "generators", "tensorflow", "tf-generators"}
    assert causes >= seeds | {"hash", "clock", "order", "arithmetic", "files"}
    assert any(exhibit.repeats and exhibit.fix is None for exhibit in GALLERY.values())
    assert any(exhibit.repeats and exhibit.has_effect is False for exhibit in GALLERY.values())


@each_exhibit
def test_a_script_is_short_and_gives_nothing_away(exhibit: Exhibit) -> None:
    assert 15 <= len(exhibit.code.splitlines()) <= 45
    assert "#" not in exhibit.code
    tree = ast.parse(exhibit.code)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)]
    assert ast.get_docstring(tree) is None


@each_exhibit
def test_a_script_takes_the_images_from_a_path_or_asks_keras(exhibit: Exhibit) -> None:
    assert "keras.datasets.mnist.load_data()" in exhibit.code
    assert re.search(r"np\.load\((sys\.argv\[1\]|options\.data)\)", exhibit.code)


@each_exhibit
def test_what_is_expected_names_what_exists(exhibit: Exhibit) -> None:
    lines = exhibit.code.splitlines()
    assert all(1 <= line <= len(lines) and lines[line - 1].strip() for line in exhibit.lines)
    assert set(exhibit.causes) | {pin for pins in exhibit.sufficient for pin in pins} <= set(SOURCES)
    assert exhibit.repeats == (not exhibit.causes) == (not exhibit.sufficient) == (not exhibit.lines)
    assert exhibit.link.startswith("https://")


@each_exhibit
def test_a_fix_changes_one_place_and_leaves_a_script(exhibit: Exhibit) -> None:
    if exhibit.fix is None:
        assert exhibit.fixed is None
        assert exhibit.repeats
        return
    assert exhibit.code.count(exhibit.fix.code) == 1
    assert exhibit.fixed is not None
    assert exhibit.fixed != exhibit.code
    ast.parse(exhibit.fixed)
