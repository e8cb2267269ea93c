"""Bounds on what a page may ask of the server: only the newest uploads, and a limited number of runs a second."""

import ast
import time
from collections import OrderedDict
from types import SimpleNamespace

import pytest
from live_server import ROOT
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from repro.views import bounds


def sent(files: MemoryUploadedFileManager, page: str, name: str, megabytes: float = 1) -> None:
    """Adds a file as Streamlit's route for uploads does, by keywords."""
    data = bytes(int(megabytes * bounds.MEGABYTE))
    files.add_file(session_id=page, file=UploadedFileRec(file_id=name, name="", type="", data=data))


def kept(files: MemoryUploadedFileManager) -> set[tuple[str, str]]:
    return {(page, name) for page, of_page in files.file_storage.items() for name in of_page}


def test_of_each_page_the_newest_files_are_kept() -> None:
    files = MemoryUploadedFileManager("")
    bounds.bound_uploads(files, 100)
    for name in "abca":
        sent(files, "one", name)
    sent(files, "other", "a")
    assert kept(files) == {("one", "c"), ("one", "a"), ("other", "a")}


def test_of_all_pages_so_much_is_kept_as_is_allowed() -> None:
    files = MemoryUploadedFileManager("")
    bounds.bound_uploads(files, 50)
    for page in range(9):
        sent(files, str(page), "a", 19)
    assert kept(files) == {("7", "a"), ("8", "a")}
    files.remove_session_files("8")
    for page in range(3):
        sent(files, str(page), "b", 10)
    assert kept(files) == {("7", "a"), ("0", "b"), ("1", "b"), ("2", "b")}


@pytest.mark.parametrize("parts", [1, bounds.WHOLE])
def test_a_page_is_drawn_only_so_often(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    page = SimpleNamespace(session_id=f"a page of {parts}")
    monkeypatch.setattr(bounds, "get_script_run_ctx", lambda **_: page)
    monkeypatch.setattr(bounds, "SECONDS", 0.2)
    times = []
    for _ in range(2 * bounds.AT_ONCE // parts + 1):
        bounds.hold_back(parts)
        times.append(time.monotonic())
    assert all(later - time >= 0.2 for time, later in zip(times, times[bounds.AT_ONCE // parts :], strict=False))
    monkeypatch.setattr(bounds, "SECONDS", 600.0)
    page.session_id = f"another page of {parts}"
    bounds.hold_back(parts)  # does not wait


def test_the_pages_that_were_drawn_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_drawn", OrderedDict())
    monkeypatch.setattr(bounds, "MAX_PAGES", 2)
    for name in "abac":
        monkeypatch.setattr(bounds, "get_script_run_ctx", lambda name=name, **_: SimpleNamespace(session_id=name))
        bounds.hold_back()
    assert list(bounds._drawn) == ["a", "c"]


def test_a_page_is_held_back_before_anything_else() -> None:
    """Whatever is called before begins the page anew, unheld, where another request waits."""
    statements = ast.parse((ROOT / "app.py").read_text(encoding="utf-8")).body[1:]
    first = next(one for one in statements if not isinstance(one, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == "bounds.hold_back(bounds.WHOLE)"
