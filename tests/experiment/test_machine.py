"""What this machine is: read from where the system says it."""

import platform
from pathlib import Path

import pytest

from repro.experiment import machine


def test_there_is_a_core_at_least() -> None:
    assert machine.cores() >= 1


@pytest.mark.parametrize(
    ("processor", "information", "newer"),
    [
        ("x86_64", "processor\t: 0\nflags\t\t: fpu avx avx2 avx512f\n", True),
        ("x86_64", "processor\t: 0\nflags\t\t: fpu avx avx2\n", False),
        ("AMD64", "nothing of the kind\n", None),
        ("aarch64", "flags\t\t: avx512f\n", False),
        ("x86_64", None, None),
    ],
)
def test_newer_instructions_than_avx2_are_looked_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, processor: str, information: str | None, newer: bool | None
) -> None:
    path = tmp_path / "cpuinfo"
    if information is not None:
        path.write_text(information)
    monkeypatch.setattr(machine, "CPU_INFORMATION", path)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    assert machine.has_newer_than_avx2() is newer
