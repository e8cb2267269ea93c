"""A template that stays for the next command: who meets it, what it holds on to, and how it ends."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import made_up
import pytest
from proc import children, forks, lives
from records import LONG, SMALL, finish, wait_until

from repro.engine import processes, resident
from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.experiment.machine import private_folder
from repro.history.history import History
from repro.server import status

pytestmark = pytest.mark.skipif(not processes.CAN_FORK, reason="there is no template")
SECONDS = 60
PAIR = Experiment(images=64, epochs=1)
# A command whose program is made up.
COMMAND = f"""
import sys
from repro.engine import processes
processes.WORKER = {made_up.WORKER!r}
from repro.__main__ import main
sys.exit(main(sys.argv[1:]))"""


def waiting() -> list[int]:
    return [process for process, _ in resident.waiting()]


@pytest.fixture(autouse=True)
def own_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Templates that wait do so where no other test sees them, and end with the test. The folder's name is short: that
    of a socket takes 107 bytes."""
    tmp_path_factory.getbasetemp()  # chosen before that of sockets is
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield
        for process in waiting():
            os.kill(process, signal.SIGKILL)


def train(experiment: Experiment = PAIR, *, stays: int = SECONDS) -> tuple[int, History]:
    """A run, and the process id of the template in which it began."""
    with Launcher(stays=stays) as launcher:
        history = finish(launcher.start(experiment))
        assert launcher.template is not None
        return launcher.template, history


def test_the_next_command_meets_it_and_its_runs_have_the_same_bits(seeded: History) -> None:
    first, one = train(SMALL)
    wait_until(lambda: waiting() == [first])
    second, two = train(SMALL)
    assert second == first
    for history in (one, two):
        assert history.final_weights == seeded.final_weights
        assert history.loss.tobytes() == seeded.loss.tobytes()
        assert history.weights.tobytes() == seeded.weights.tobytes()
    unseeded = [train(Experiment(images=64, epochs=1, steps=()))[1] for _ in "AB"]
    assert unseeded[0].batch_order != unseeded[1].batch_order
    assert unseeded[0].initial_weights != unseeded[1].initial_weights


@pytest.mark.usefixtures("made_up_programs")
def test_one_that_is_not_to_stay_neither_meets_nor_leaves_one() -> None:
    stayed, _ = train()
    wait_until(lambda: waiting() == [stayed])
    fresh, _ = train(stays=0)
    assert fresh != stayed
    assert not lives(fresh)
    assert waiting() == [stayed]


@pytest.mark.usefixtures("made_up_programs")
def test_with_another_variable_it_is_not_met_and_the_newest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    older, _ = train()
    wait_until(lambda: waiting() == [older])
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    newer, _ = train()
    assert newer != older
    wait_until(lambda: waiting() == [newer])
    wait_until(lambda: not lives(older))


@pytest.mark.usefixtures("made_up_programs")
def test_it_ends_by_itself() -> None:
    process, _ = train(stays=1)
    wait_until(lambda: not lives(process))
    assert waiting() == []
    assert list(private_folder().iterdir()) == []


@pytest.mark.usefixtures("made_up_programs")
def test_of_one_that_was_killed_nothing_is_in_the_way() -> None:
    killed, _ = train()
    wait_until(lambda: waiting() == [killed])
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not lives(killed))
    other, _ = train()
    assert other != killed
    wait_until(lambda: waiting() == [other])


def test_the_runs_of_a_command_that_ends_end_and_the_template_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", made_up.ENDLESS])
    with Launcher(stays=SECONDS) as launcher:
        run = launcher.start(LONG)
        wait_until(lambda: run.history.steps_done)
        template = launcher.template
        assert template is not None
        (child,) = forks(template)
    wait_until(lambda: not lives(child))
    wait_until(lambda: waiting() == [template])
    assert children(template) == []


@pytest.mark.usefixtures("made_up_programs")
def test_one_of_another_user_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    stayed, _ = train()
    wait_until(lambda: waiting() == [stayed])
    monkeypatch.setattr(resident, "_peer", lambda _: (stayed, os.getuid() + 1))
    assert train(stays=SECONDS)[0] != stayed


def test_a_command_leaves_one_that_holds_nothing_of_it_open() -> None:
    wanted = [sys.executable, "-c", COMMAND, "compare", "--images", "64", "--epochs", "1"]
    environment = os.environ | {"REPRO_SECONDS_OF_A_TEMPLATE": str(SECONDS)}
    outputs = []
    for more in ([], [], ["--fresh"]):
        ended = subprocess.run([*wanted, *more], capture_output=True, text=True, env=environment, cwd=processes.ROOT)
        assert (ended.returncode, ended.stderr) == (0, "")  # its streams were closed, or this would wait for them
        outputs.append(ended.stdout)
        wait_until(lambda: len(waiting()) == 1)
    assert len(set(outputs)) == 1
    (line,) = status.templates()
    assert line.startswith(f"Process {waiting()[0]} of an earlier command has waited for the next one for ")


def no_files(folder: Path) -> None:
    del folder


def another_time(folder: Path) -> None:
    os.utime(folder / "repro/module.py", ns=(1, 1))


def another_size(folder: Path) -> None:
    path = folder / "repro/module.py"
    before = path.stat()
    path.write_text("x = 10\n", encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def a_module_beside(folder: Path) -> None:
    (folder / "numpy.py").touch()


def a_package(folder: Path) -> None:
    (folder / "packages/other").mkdir()


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (no_files, True),
        (another_time, False),
        (another_size, False),
        (a_module_beside, False),
        (a_package, False),
    ],
)
def test_files_decide_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], same: bool
) -> None:
    (tmp_path / "repro").mkdir()
    (tmp_path / "repro/module.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "packages").mkdir()
    monkeypatch.setattr(resident, "ROOT", tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    before = resident.key(["python"], {})
    change(tmp_path)
    assert (resident.key(["python"], {}) == before) is same


def test_the_command_the_variables_and_the_limits_decide_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resident.key(["python"], {"A": "1"})
    assert len(before) == 32
    assert resident.key(["python"], {"A": "1", "SHLVL": "2", "PWD": "/elsewhere"}) == before
    others = [
        resident.key(["pypy"], {"A": "1"}),
        resident.key(["python"], {"A": "2"}),
        resident.key(["python"], {"A": "1", "B": ""}),
        resident.key(["python"], {}),
    ]
    get = resource.getrlimit
    monkeypatch.setattr(resource, "getrlimit", lambda of: (10**9, 10**9) if of == resource.RLIMIT_AS else get(of))
    others.append(resident.key(["python"], {"A": "1"}))
    assert before not in others
    assert len(set(others)) == len(others)
