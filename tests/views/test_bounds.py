"""Bounds on what a page may ask of the server: the newest uploads alone and so many runs a second."""

import time

import pytest
import streamlit as st
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
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(bounds, "SECONDS", 0.2)
    times = []
    for _ in range(2 * bounds.AT_ONCE // parts + 1):
        bounds.hold_back(parts)
        times.append(time.monotonic())
    at_once = bounds.AT_ONCE // parts
    assert all(later - time >= 0.2 for time, later in zip(times, times[at_once:], strict=False))
    assert len(st.session_state["drawn"]) == bounds.AT_ONCE
