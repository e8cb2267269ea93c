"""What a page offers: the gallery, and the operator's folder, of which only names are shown."""

import json
from pathlib import Path

import pytest

from repro.audits.background import without_folders
from repro.audits.gallery.offered import VARIABLE, Offered, offered
from repro.audits.gallery.table import GALLERY
from repro.engine.processes import ROOT
from repro.experiment.errors import InputError, LimitError
from repro.programs import mnist


def test_without_a_folder_it_is_the_gallery() -> None:
    assert list(offered({})) == list(GALLERY)
    assert offered({VARIABLE: ""}).keys() == GALLERY.keys()


def test_scripts_of_the_folder_come_first_by_name(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", ".hidden.py", "notes.txt", "_part.py"):
        (tmp_path / name).write_text("print(1)\n", encoding="utf-8")
    (tmp_path / "folder.py").mkdir()
    found = offered({VARIABLE: str(tmp_path)})
    assert list(found) == ["a.py", "b.py", *GALLERY]
    assert found["a.py"].title == "a.py"
    assert found["a.py"].exhibit is None


def test_notebooks_are_offered_as_the_scripts_that_they_are_run_as(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "# Title"},
        {"cell_type": "code", "source": ["%pip install x\n", "a = 1\n"], "outputs": ["x" * 300_000]},
        {"cell_type": "code", "source": "import sys\nprint(sys.argv[1])"},
    ]
    (tmp_path / "train.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    found = offered({VARIABLE: str(tmp_path)})
    notebook = found["train.ipynb"]
    assert notebook.code.splitlines()[1:] == ["a = 1", "import sys", "print(sys.argv[1])"]
    assert notebook.made.cells == ((1, 1), (1, 2), (2, 1), (2, 2))
    assert notebook.read_arguments(notebook.arguments) == (str(mnist.PATH),)
    with pytest.raises(InputError, match="is not a notebook: it is not JSON"):
        _ = found["broken.ipynb"].code


@pytest.fixture
def own(tmp_path: Path) -> Offered:
    """A script of an operator's folder with data beside and below it."""
    (tmp_path / "data").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("train.py", "other.py", "my table.csv", "data/x.npy", ".secret", ".git/config"):
        (tmp_path / name).write_text("import sys\nsys.argv\n", encoding="utf-8")
    return offered({VARIABLE: str(tmp_path)})["train.py"]


def test_the_files_of_the_folder_are_offered_by_their_names_in_it(own: Offered) -> None:
    assert own.files == ["my table.csv", "other.py", "data/x.npy"]
    assert offered({})["own_generator"].files == []


def test_arguments_are_taken_apart_as_a_shell_does_and_files_get_their_paths(own: Offered) -> None:
    folder = own.path.parent
    assert own.read_arguments("--epochs 3 'my table.csv' --data=data/x.npy mnist.npz adam") == (
        "--epochs",
        "3",
        str(folder / "my table.csv"),
        f"--data={folder}/data/x.npy",
        str(mnist.PATH),
        "adam",
    )
    (folder / "mnist.npz").write_bytes(b"")
    assert own.read_arguments("mnist.npz") == (str(folder / "mnist.npz"),)
    assert own.read_arguments("") == ()


@pytest.mark.parametrize(
    "outside",
    [
        "/etc/passwd",
        "--data=/etc/passwd",
        "-o/etc/passwd",
        "../other/secret.csv",
        "data/../../secret.csv",
        "..",
        "~/secret",
        "'C:\\secret'",
        "'; cat /etc/passwd'",
        "README.md",  # beside the server, where an audit would find it
        "--data=README.md",
        ".secret/x",
        "'open",
        "x" * 201,
        "'a\nb'",
        " ".join("x" * 21),
    ],
)
def test_arguments_that_lead_out_of_the_folder_are_refused(
    own: Offered, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError) as refused:
        own.read_arguments(outside)
    assert "\n" not in str(refused.value)


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="there is no such folder"):
        offered({VARIABLE: str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("import sys\nprint(sys.argv[1])\n", True),
        ("from sys import argv\n", True),
        ("import argparse\n", False),
        ("print('sys.argv')\n", False),
        ("not Python at all (", False),
    ],
)
def test_a_script_that_reads_its_arguments_is_given_the_images(tmp_path: Path, code: str, given: bool) -> None:
    (tmp_path / "train.py").write_text(code, encoding="utf-8")
    assert offered({VARIABLE: str(tmp_path)})["train.py"].arguments == ("mnist.npz" if given else "")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"#" * 300_000])
def test_a_script_that_cannot_be_shown_is_refused_without_its_folder(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train.py").write_bytes(content)
    with pytest.raises(InputError) as refused:
        _ = offered({VARIABLE: str(tmp_path)})["train.py"].code
    assert str(tmp_path) not in str(refused.value)


def test_words_name_no_folder() -> None:
    told = "the script ended: FileNotFoundError: [Errno 2] No such file or directory: '/home/ada/data/x.npz'"
    assert without_folders(told).endswith("directory: '…/x.npz'")
    assert without_folders(r"C:\Users\ada\x.py failed") == "…/x.py failed"
    assert without_folders("see https://keras.io/examples/x and 3/4 of it") == (
        "see https://keras.io/examples/x and 3/4 of it"
    )
