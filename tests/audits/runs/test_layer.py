import contextlib
import os
import pwd
import subprocess
import sys
import textwrap
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from repro.audits.comparison.left import Left
from repro.audits.runs.layer import Layer, mounts_for, refusal
from repro.audits.runs.process import Command, End, Ended, LayerError, run
from repro.engine.processes import ROOT

needs_layers = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="whether a user may lay layers is for the system to say"
)


def made(tmp_path: Path, name: str = "room", after: Layer | None = None) -> Layer:
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    room = tmp_path / name
    (room / "trace").mkdir(parents=True)
    mounts = mounts_for(folder, folder / "train.py", [], os.environ)
    return Layer(room / "layer", mounts, after, (str(room / "trace"),))


def start(code: str, layer: Layer, folder: Path) -> Ended:
    room = layer.root.parent
    command = [sys.executable, "-c", textwrap.dedent(code), str(room / "trace")]
    return run(Command(command, folder, os.environ, room, 30, layer=layer), threading.Event())


def left(layer: Layer, folder: Path) -> Mapping[str, Left]:
    return {one.path.removeprefix(f"{folder}/"): one for one in layer.left()}


CHANGES = """
import os, shutil, sys
print(os.getcwd(), os.path.abspath("a.txt"))
open("a.txt", "a").write(" and more")
open("new.txt", "w").write("new")
open("b.txt", "r+").read()
with open("same.txt", "w") as file:
    file.write("same")
os.utime("touched.txt", (1, 1))
os.remove("gone.txt")
shutil.rmtree("data")
os.makedirs("data/inner")
open("data/inner/x", "w").write("x")
os.mkdir("fresh")
os.rename("fresh", "moved")
os.symlink("a.txt", "link")
os.replace("new.txt", "renamed.txt")
home = os.path.expanduser("~/.a-test-of-layers")
open(home, "w").write("home")
open("/tmp/a-test-of-layers", "w").write("temporary")
os.system("echo shell >> c.txt")
open(os.path.join(sys.argv[1], "told"), "w").write("told")
"""


def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "c.txt", "same.txt", "touched.txt", "gone.txt", "data/1"):
        (folder / name).write_text("same" if name == "same.txt" else name)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@needs_layers
def test_all_that_a_run_changes_anywhere_lies_in_its_layer(tmp_path: Path) -> None:
    folder = project(tmp_path)
    before = contents(folder)
    layer = made(tmp_path)
    ended = start(CHANGES, layer, folder)
    assert (ended.failure, ended.error.text) == (None, "")
    assert ended.out.text == f"{folder} {folder}/a.txt\n"  # its own paths, as in a plain run
    assert contents(folder) == before
    assert not Path("~/.a-test-of-layers").expanduser().exists()
    assert not Path("/tmp/a-test-of-layers").exists()
    assert (tmp_path / "room/trace/told").read_text() == "told"
    found = left(layer, folder)
    assert set(found) == {
        *("a.txt", "c.txt", "gone.txt", "data/", "data/inner/x", "link", "renamed.txt"),
        *("/tmp/a-test-of-layers", str(Path("~/.a-test-of-layers").expanduser())),
    }
    at = found["a.txt"].at
    assert at is not None
    assert at.read_text() == "a.txt and more"
    assert found["gone.txt"].at is None
    assert found["link"].link == "a.txt"


@needs_layers
def test_a_run_on_top_of_a_layer_finds_what_was_left_there_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    folder = project(tmp_path)
    first = made(tmp_path, "first")
    assert start("import os; open('state', 'w').write('1'); os.remove('gone.txt')", first, folder).failure is None
    second = made(tmp_path, "second", first)
    code = "import os; print(os.path.exists('gone.txt')); open('state', 'a').write('2'); open('gone.txt', 'w')"
    ended = start(code, second, folder)
    assert (ended.failure, ended.out.text) == (None, "False\n")
    (one,) = [one for name, one in left(first, folder).items() if name == "state"]
    assert one.at is not None
    assert one.at.read_text() == "1"
    assert set(left(second, folder)) == {"state", "gone.txt"}
    third = made(tmp_path, "third", second)
    assert start("print(open('state').read())", third, folder).out.text == "12\n"
    assert not (folder / "state").exists()


@needs_layers
def test_what_is_put_into_a_layer_is_there_and_is_not_left(tmp_path: Path) -> None:
    folder = project(tmp_path)
    layer = made(tmp_path)
    layer.put(folder / "data/book.py", b"print(5)")
    ended = start("print(open('data/book.py').read(), open('data/1').read())", layer, folder)
    assert ended.out.text == "print(5) data/1\n"
    assert not left(layer, folder)
    assert not (folder / "data/book.py").exists()


@needs_layers
def test_each_run_has_shared_memory_of_its_own(tmp_path: Path) -> None:
    folder = project(tmp_path)
    code = """
    from multiprocessing import Lock, shared_memory
    with Lock():
        held = shared_memory.SharedMemory("a-test-of-layers", create=True, size=10)
    print("made")
    held.unlink()
    """
    outside = Path("/dev/shm/a-test-of-layers")
    outside.write_text("mine")
    try:
        assert start(code, made(tmp_path), folder).out.text == "made\n"
    finally:
        outside.unlink()


@needs_layers
def test_a_layer_that_the_system_refuses_is_an_error_that_says_why(tmp_path: Path) -> None:
    folder = project(tmp_path)
    layer = made(tmp_path)
    (layer.root / "0/work").rmdir()
    with pytest.raises(LayerError, match="No such file"):
        start("pass", layer, folder)


@needs_layers
def test_as_an_ordinary_user() -> None:
    """Run as one, from a folder of theirs."""
    python = next((path for path in ("/usr/bin/python3", "/usr/bin/python3.11") if Path(path).exists()), None)
    with contextlib.suppress(KeyError):
        user = pwd.getpwuid(1000)
        home = Path(user.pw_dir)
        if python is None or not home.is_dir():
            pytest.skip("there is no ordinary user here, or no interpreter that they can run")
        folder = home / f"a-test-of-layers-{os.getpid()}"
        folder.mkdir()
        try:
            for name in ("a.txt", "b.txt", "c.txt", "same.txt", "touched.txt", "gone.txt"):
                (folder / name).write_text(name)
            (folder / "data").mkdir()
            (folder / "changes.py").write_text(CHANGES.replace("shutil.rmtree", "os.rmdir"))
            test = folder / "try.py"
            test.write_text(
                textwrap.dedent(f"""
                import os, sys, tempfile, threading
                sys.path.insert(0, {str(ROOT)!r})
                from pathlib import Path
                from repro.audits.runs.layer import Layer, mounts_for, refusal
                from repro.audits.runs.process import Command, run
                folder = Path({str(folder)!r})
                with tempfile.TemporaryDirectory() as room:
                    mounts = mounts_for(folder, folder / "changes.py", [], os.environ)
                    assert {str(home)!r} in mounts.folders, mounts
                    assert refusal(mounts, Path(room)) is None, refusal(mounts, Path(room))
                    os.mkdir(room + "/trace")
                    layer = Layer(Path(room, "own"), mounts, None, (room + "/trace",))
                    command = [sys.executable, "changes.py", room + "/trace"]
                    ended = run(Command(command, folder, os.environ, Path(room), 30, layer=layer), threading.Event())
                    print(ended.failure, ended.error.text)
                    print(sorted(one.path for one in layer.left()))
                """)
            )
            os.chown(folder, 1000, user.pw_gid)
            for path in folder.rglob("*"):
                os.chown(path, 1000, user.pw_gid)
            before = contents(folder)
            done = subprocess.run(
                [python, str(test)], user=1000, group=user.pw_gid, extra_groups=[], capture_output=True, text=True,
                env={**os.environ, "HOME": user.pw_dir}, cwd=folder,
            )  # fmt: skip
            if done.returncode and ("ModuleNotFoundError" in done.stderr or "Permission denied" in done.stderr):
                pytest.skip("an ordinary user cannot read this checkout")
            assert done.returncode == 0, done.stderr
            status, paths = done.stdout.splitlines()[0], done.stdout.splitlines()[-1]
            assert status.strip() == "None"
            assert f"'{folder}/a.txt', '{folder}/c.txt'" in paths
            assert f"'{home}/.a-test-of-layers'" in paths
            assert contents(folder) == before
            assert not (home / ".a-test-of-layers").exists()
        finally:
            subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_a_run_without_a_layer_ends_with_the_status_of_the_script(tmp_path: Path) -> None:
    command = Command([sys.executable, "-c", "import sys; sys.exit(7)"], tmp_path, os.environ, tmp_path, 30)
    ended = run(command, threading.Event())
    assert (ended.end, ended.status) == (End.BY_ITSELF, 7)


def test_that_there_are_no_layers_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(tmp_path)
    mounts = mounts_for(folder, folder / "train.py", [], os.environ)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert refusal(mounts, tmp_path) == "layers need Linux"
