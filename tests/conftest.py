"""What the tests share: one launcher for the whole session, one seeded run, servers, browsers, hypothesis without
deadlines."""

import gc
import os
import sys
from collections.abc import Iterator
from dataclasses import replace

os.environ["REPRO_SECONDS_OF_A_TEMPLATE"] = "0"  # a test's command leaves no process, unless that is what it tests

import hypothesis
import made_up
import numpy as np
import pytest
from browsers import chromium
from live_server import Server, serve
from playwright.sync_api import Browser, expect
from records import SMALL, finish
from scripts import LEAN

from repro.engine import processes
from repro.engine.journal import LOG
from repro.engine.launcher import Launcher
from repro.experiment.limits import LIMITS
from repro.history.history import History
from repro.programs import mnist

hypothesis.settings.register_profile("repro", deadline=None, max_examples=60)
hypothesis.settings.load_profile("repro")

expect.set_options(timeout=60_000)  # milliseconds; a page that loads while others train takes its time

# Files of tests that take long though few of them train with TensorFlow: they have the mark `slow`.
SLOW = """
test_gallery test_soak test_stage test_agreement test_audit_cases test_audit test_printed test_page test_launcher
test_script test_visits test_your_script test_steps test_keras_fit test_room test_command_line test_remote test_live
test_process test_starts test_observer test_server test_loop test_reach test_repeated test_entering test_background
"""

# They begin early, for the processes of the suite to end at the same time, and in this order, for those that wait to
# run beside those that keep both cores busy; then those that train much.
EARLY = {name: place for place, name in enumerate([*SLOW.split(), "test_twists", "test_seeding", "test_reasons"])}

# What a test of each mark takes part in, by the fixtures that it uses.
MARKS = {"trains": {"launcher", "seeded"}, "serves": {"server", "quick_server", "browser"}}


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs in three processes, for two cores: some of the tests wait. Tests that are named run in the
    process that was started."""
    return 3 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


def pytest_collection() -> None:
    """Leaves garbage where it is while modules are imported, TensorFlow among them: what they make stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by what they use, and puts those of the files EARLY before the others."""
    for item in items:
        if item.path.stem in SLOW.split():
            item.add_marker("slow")
        for mark, fixtures in MARKS.items():
            if fixtures & {*getattr(item, "fixturenames", ())}:
                item.add_marker(mark)
    items.sort(key=lambda item: EARLY.get(item.path.stem, len(EARLY)))


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives back `__main__`, which Streamlit's AppTest replaces (script_runner.py, `_run_script`): a process that a
    later test spawns would run the page."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """Gives the log back as it was: the page has it written to standard error, and no longer handed on, for good."""
    handlers, level, propagate = list(LOG.handlers), LOG.level, LOG.propagate
    yield
    LOG.handlers[:], LOG.propagate = handlers, propagate
    LOG.setLevel(level)


@pytest.fixture
def lean_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes audited scripts that import TensorFlow start and end sooner."""
    monkeypatch.setenv("PYTHONPATH", str(LEAN))


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where an uncompressed copy of the images is, for scripts: to decompress them takes each 0.15 s."""
    path = tmp_path_factory.mktemp("images") / "mnist.npz"
    with np.load(mnist.PATH) as archive:
        np.savez(path, **archive)
    return str(path)


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """A launcher whose template process has imported TensorFlow once for all tests."""
    with Launcher(limits=replace(LIMITS, runs_at_once=3)) as launcher:
        yield launcher


@pytest.fixture(scope="session")
def quick_launcher() -> Iterator[Launcher]:
    """A launcher of made-up runs, for tests in which the training is not the point."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "WORKER", made_up.WORKER)
        launcher = Launcher(limits=replace(LIMITS, runs_at_once=3))
    with launcher:
        yield launcher


@pytest.fixture
def made_up_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has launchers that a test starts train made-up programs."""
    monkeypatch.setattr(processes, "WORKER", made_up.WORKER)


@pytest.fixture(scope="session")
def seeded(launcher: Launcher) -> History:
    """The history of a finished run of SMALL, seeded as in the article."""
    return finish(launcher.start(SMALL))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the page, for the tests of one file."""
    with serve(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same with made-up runs, for tests in which the training is not the point."""
    with serve(tmp_path_factory.mktemp("server"), worker=made_up.WORKER) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, for the tests of one file."""
    with chromium() as browser:
        yield browser
