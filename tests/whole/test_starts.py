"""The script that kills at every stage of a start, in short."""

import subprocess
import sys

import pytest

from repro.engine.processes import CAN_FORK, ROOT


@pytest.mark.skipif(not CAN_FORK, reason="kills forked processes")
def test_whatever_is_killed_both_runs_end() -> None:
    command = [sys.executable, str(ROOT / "tests" / "bench" / "starts.py"), "2"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    rows = [line.split("|")[1:-1] for line in ended.stdout.splitlines() if line.startswith("| ")][1:]
    assert [(row[0].strip(), row[1].strip()) for row in rows] == [
        (stage, victim)
        for stage in ("asked for", "forked", "begun", "first steps")
        for victim in ("run", "template")
        if (stage, victim) != ("asked for", "run")
    ]
    words = {word.strip(" 0123456789") for row in rows for word in row[4].split(",")}
    assert words <= {"finished", "signal", "exited unexpectedly"}
