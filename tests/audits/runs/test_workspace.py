import json
from pathlib import Path

import pytest
from records import refusal

from repro.audits.runs import workspace
from repro.audits.runs.workspace import Workspace, find


def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "train.py").write_text("import helper\n")
    (folder / "helper.py").write_text("x = 1\n")
    (folder / "data" / "images.npy").write_bytes(b"123")
    return folder


def test_a_copy_holds_modules_data_and_links_as_they_are(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "inside").symlink_to("data/images.npy")
    (folder / "elsewhere").symlink_to(tmp_path)
    place = Workspace(tmp_path / "room", find("project/train.py", [], here=tmp_path), layers=False).fresh()
    assert (place.folder / "helper.py").read_text() == "x = 1\n"
    assert (place.folder / "inside").resolve() == place.folder / "data/images.npy"
    assert (place.folder / "elsewhere").resolve() == tmp_path


def test_repositories_and_virtual_environments_are_left_out(tmp_path: Path) -> None:
    folder = project(tmp_path)
    for name in (".git", "venv", "__pycache__"):
        (folder / name).mkdir()
        (folder / name / "file").write_text("")
    (folder / "venv" / "pyvenv.cfg").write_text("")
    place = Workspace(tmp_path / "room", find("project/train.py", [], here=tmp_path), layers=False).fresh()
    assert {path.name for path in place.folder.iterdir()} == {"train.py", "helper.py", "data"}


def test_large_files_are_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(tmp_path)
    monkeypatch.setattr(workspace, "LINKED_FROM", 2)
    made = Workspace(tmp_path / "room", find("project/train.py", [], here=tmp_path), layers=False)
    assert "data/images.npy" in made.linked
    assert (made.fresh().folder / "data/images.npy").resolve() == folder / "data/images.npy"


@pytest.mark.parametrize(("limit", "words"), [("MAX_FILES", "more than 2 files"), ("MAX_BYTES", "1 GB")])
def test_too_much_to_copy_is_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, words: str
) -> None:
    project(tmp_path)
    monkeypatch.setattr(workspace, limit, 2)
    with pytest.raises(ValueError, match=words) as refused:
        Workspace(tmp_path / "room", find("project/train.py", [], here=tmp_path), layers=False)
    assert "--in-place" in str(refused.value)
    made = Workspace(tmp_path / "room", find("project/train.py", [], here=tmp_path), in_place=True)
    assert made.fresh().folder == tmp_path / "project"


def test_what_a_run_leaves_is_found_and_seen_by_the_next_one_there_alone(tmp_path: Path) -> None:
    folder = project(tmp_path)
    made = Workspace(tmp_path / "room", find("project/train.py", [], here=tmp_path), layers=False)
    first = made.fresh()
    assert first.temporary is not None
    assert made.left_in(first) == []
    (first.folder / "weights.h5").write_text("w")
    (first.folder / "helper.py").write_text("x = 22\n")
    (first.temporary / "tmpabcd_123").write_text("made up")
    (first.temporary / "best.h5").write_text("w")
    assert made.left_in(first) == ["(temporary files)/best.h5", "helper.py", "weights.h5"]
    again = made.again(first)
    assert again.temporary is not None
    assert (again.temporary / "best.h5").exists()
    assert (made.again(first).folder / "weights.h5").exists()
    assert not (made.fresh().folder / "weights.h5").exists()
    assert (folder / "helper.py").read_text() == "x = 1\n"


def test_arguments_that_name_files_hold_in_a_run(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (tmp_path / "mnist.npz").write_bytes(b"")
    given = ["mnist.npz", "--epochs=3", "--data=mnist.npz", "project/data/images.npy", "adam", "--lr", "0.1", ""]
    (tmp_path / "adam").mkdir()  # a word, all the same
    assert find("train.py", given, here=folder).arguments == tuple(given)  # they hold as they are
    script = find("project/train.py", given, here=tmp_path)
    images = str(tmp_path / "mnist.npz")
    assert script.arguments == (images, "--epochs=3", f"--data={images}", "data/images.npy", "adam", "--lr", "0.1", "")
    assert (script.folder, script.name) == (folder, "train.py")


def test_another_folder_may_hold_the_script(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "run.py").write_text("pass\n")
    for name in ("scripts/run.py", "project/scripts/run.py"):
        script = find(name, [], directory="project", here=tmp_path)
        assert (script.folder, script.name) == (folder, "scripts/run.py")
    with pytest.raises(ValueError, match="does not hold"):
        find("project/train.py", [], directory="project/scripts", here=tmp_path)
    with pytest.raises(ValueError, match="not a folder"):
        find("train.py", [], directory="nowhere", here=tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.py", None, "there is no script"),
        ("empty.py", b"\n", "is empty"),
        ("binary.py", b"\x7fELF\0\0", "not a Python script"),
        ("broken.ipynb", b"{", "not JSON"),
        ("other.ipynb", b"[1]", "no cells"),
        ("text.ipynb", json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}]}).encode(), "no code"),
        ("magic.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": ["%pip"]}]}).encode(), "no code"),
    ],
)
def test_what_is_no_script_is_refused_in_words(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words) as refused:
        find(name, [], here=tmp_path)
    assert "\n" not in str(refused.value)


def test_a_folder_is_no_script(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder"):
        find(".", [], here=tmp_path)


def test_a_notebook_becomes_a_script_whose_lines_are_known(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "x = 10\n", "if x:\n", "    %timeit x\n"]},
        {"cell_type": "code", "source": "%%bash\nls"},
        {"cell_type": "code", "source": "z = 7 \\\n% 4"},
    ]
    (tmp_path / "book.ipynb").write_text(json.dumps({"cells": cells}))
    script = find("book.ipynb", [], here=tmp_path)
    assert script.code is not None
    scope: dict[str, int] = {}
    exec(compile(script.code, "book", "exec"), scope)
    assert (scope["x"], scope["z"]) == (10, 3)
    assert script.cells[1] == (1, 2)
    assert script.cells[-1] == (3, 2)
    assert [line.partition(":")[0] for line in script.left_out] == [
        "cell 1, line 1",
        "cell 1, line 4",
        "cell 2, line 1",
        "cell 2, line 2",
    ]
    assert (
        Workspace(tmp_path / "room", script, layers=False).fresh().folder / "book.ipynb.py"
    ).read_text() == script.code


def test_lines_that_continue_another_belong_to_the_program_whatever_they_begin_with(tmp_path: Path) -> None:
    cell = "text = ('%d'\n  % 5)\nlonger = '''\n%d items\n!important\n'''\n%magic\n"
    (tmp_path / "book.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell}]}))
    script = find("book.ipynb", [], here=tmp_path)
    assert script.code is not None
    scope: dict[str, str] = {}
    exec(compile(script.code, "book", "exec"), scope)
    assert (scope["text"], scope["longer"]) == ("5", "\n%d items\n!important\n")
    assert script.left_out == ("cell 1, line 7: %magic",)


def code_of(tmp_path: Path, *cells: str) -> str:
    book = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
    (tmp_path / "book.ipynb").write_text(json.dumps(book))
    script = find("book.ipynb", [], here=tmp_path)
    assert script.code is not None
    assert len(script.cells) == len(script.code.splitlines())
    return script.code


def test_the_last_expression_of_a_cell_is_shown_as_a_notebook_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = ["x = 4", "(x +\n 1)  # five", "'é'; x", "x;", "None", "print(x)", "if x:\n    x", "display(x, 'y')"]
    exec(compile(code_of(tmp_path, *cells), "book", "exec"), {})
    assert capsys.readouterr().out.splitlines() == ["5", "4", "4", "4", "'y'"]


def test_display_comes_after_the_future_and_what_is_awaited_is_refused(tmp_path: Path) -> None:
    compile(code_of(tmp_path, "# setup\nfrom __future__ import annotations", "display(1)"), "book", "exec")
    message = refusal(lambda: code_of(tmp_path, "import asyncio", "await asyncio.sleep(0)"))
    assert message.startswith("'book.ipynb' awaits something outside of a function")


def test_the_code_is_that_which_the_runs_read(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    script = folder / "train.py"
    script.write_text("print('é')\n", encoding="utf-8")
    found = find("train.py", [], here=folder)
    workspace = Workspace(tmp_path / "runs", found)
    script.write_text("print(2)\n", encoding="utf-8")
    assert workspace.code == "print('é')\n"
    assert Workspace(tmp_path / "none", found, in_place=True).code == "print(2)\n"
    for content in (b"#\xff\n", b"#" * 200_001):
        script.write_bytes(content)
        assert Workspace(tmp_path / str(len(content)), found).code is None
