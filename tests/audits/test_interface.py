"""Scripts held against themselves with one change: tiny ones, of which a run takes a fraction of a second."""

import json
import os
import subprocess
import textwrap
import venv
from pathlib import Path

import pytest
from audited import contents, left_running, script

from repro.__main__ import main
from repro.audits.against.result import Against
from repro.audits.interface import audit
from repro.experiment.errors import InputError, RunFailedError

SEEDED = """
import os, random, time
random.seed(3)
started = time.time()
values = [random.random() for _ in range(3)]
scale = float(os.environ.get("SCALE", "1"))
print("result", scale * sum(values))
print("took", time.time() - started)
"""


def held(folder: Path, text: str, **how: object) -> Against:
    """A script held against itself, whose folder must be as it was afterwards."""
    path = script(folder / "project", text)
    before = contents(path.parent)
    result = audit(path, **how)  # type: ignore[arg-type]
    assert isinstance(result, Against)
    assert contents(path.parent) == before
    assert not left_running(folder)
    return result


def plain(folder: Path, text: str, **environment: str) -> str:
    """What a script prints, without us."""
    path = script(folder / "plain", text)
    done = subprocess.run(
        ["python", str(path)], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[0]


def test_another_seed_is_the_script_with_its_seeds_edited(tmp_path: Path) -> None:
    found = held(tmp_path, SEEDED, twist="seed:11")
    edited = SEEDED.replace("random.seed(3)", "random.seed(11)")
    assert found.identical is False
    assert found.printed == (plain(tmp_path, SEEDED), plain(tmp_path, edited))
    assert found.seeds == ((2, 3, 11),)
    assert found.took is True
    assert found.readings == 1  # the line with the time
    assert found.enters is not None
    assert (found.enters.line, found.enters.name) == (4, "values")
    assert "line 2: 3 → 11" in str(found)


def test_all_seeding_lines_are_moved_together(tmp_path: Path) -> None:
    text = "import random\na = random.Random(5)\nb = random.Random(8)\nprint(a.random() + b.random())\n"
    edited = text.replace("5", "4").replace("8", "7")
    found = held(tmp_path, text, twist="seed:4")
    assert found.printed == (plain(tmp_path, text), plain(tmp_path, edited))
    with pytest.raises(InputError, match=r"line 2, which gives 5|line 3, which gives 1"):
        held(tmp_path, text.replace("8", "1"), twist="seed:0")


def test_a_variable_of_the_environment(tmp_path: Path) -> None:
    found = held(tmp_path, SEEDED, twist="env:SCALE=2")
    assert found.printed == (plain(tmp_path, SEEDED), plain(tmp_path, SEEDED, SCALE="2"))
    assert found.enters is not None
    assert (found.enters.line, found.enters.name, found.enters.a, found.enters.b) == (5, "scale", "1.0", "2.0")
    assert str(found).splitlines()[1].startswith("Diverged")


def test_a_twist_that_changes_nothing(tmp_path: Path) -> None:
    found = held(tmp_path, SEEDED, twist="hash-seed:5")
    assert found.identical
    assert found.took
    assert "Identical: bit for bit" in str(found)


@pytest.mark.parametrize(
    ("text", "twist", "words"),
    [
        ("import os\nos.environ['SCALE'] = '1'\nprint(1)\n", "env:SCALE=2", "the script sets SCALE itself, to '1'"),
        ("print(1)\n", "seed", "sets no seed that could be moved"),
        ("print(1)\n", "threads:2", "nothing that reads it was imported: TensorFlow, NumPy or PyTorch"),
        ("print(1)\n", "onednn-off", "nothing that reads it was imported: TensorFlow"),
    ],
)
def test_a_twist_that_did_not_take_is_said(tmp_path: Path, text: str, twist: str, words: str) -> None:
    found = held(tmp_path, text, twist=twist)
    assert found.took is False
    assert found.did_not_take is not None
    assert words in found.did_not_take
    assert words in str(found).splitlines()[1]


def test_a_script_that_does_not_repeat_by_itself_is_said_first(tmp_path: Path) -> None:
    found = held(tmp_path, "import random\nvalue = random.random()\nprint(value)\n", twist="env:A=b")
    assert found.identical is None
    assert found.control == "different"
    assert found.runs == 2  # no run B
    assert found.first_difference is not None
    assert found.first_difference.line == 2
    verdict = str(found).splitlines()[1]
    assert verdict.startswith("Does not repeat by itself")
    assert "Nothing can be said of another environment variable: A=b" in verdict


def test_a_twist_that_breaks_the_script(tmp_path: Path) -> None:
    with pytest.raises(RunFailedError) as told:
        held(tmp_path, SEEDED, twist="env:SCALE=x")
    assert "run B, another environment variable: SCALE=x, ended with exit status 1: ValueError" in str(told.value)
    assert "Run A and the control run finished" in str(told.value)


OLD = """
import random
random.seed(3)
weights = [random.random() for _ in range(3)]
noise = random.random()
print("result", sum(weights) + noise)
"""
NEW = """
import random


def main():
    # In a function now, and with an order.
    random.seed(3)
    {order}
    weights = [random.random() for _ in range(3)]
    noise = random.random()
    print("result", sum(weights) + noise)


main()
"""


def test_a_refactoring_is_proved(tmp_path: Path) -> None:
    script(tmp_path / "project", OLD, "old.py")
    found = held(tmp_path, NEW.format(order=""), against=str(tmp_path / "project/old.py"))
    assert found.identical
    assert found.moved_draw is None
    assert "The two versions compute the same on this input." in str(found)


def test_the_draw_that_moved(tmp_path: Path) -> None:
    script(tmp_path / "project", OLD, "old.py")
    found = held(tmp_path, NEW.format(order="order = random.random()"), against=str(tmp_path / "project/old.py"))
    assert found.identical is False
    moved = found.moved_draw
    assert moved is not None
    assert (moved.run, moved.line, moved.draws, moved.next_line, moved.further) == ("A", 7, 1, 8, True)
    assert found.enters is not None
    assert (found.enters.line, found.enters.name) == (8, "weights")
    assert "each later draw of this generator is one further" in str(found)


def test_a_draw_that_is_gone_is_the_other_versions(tmp_path: Path) -> None:
    script(tmp_path / "project", NEW.format(order="order = random.random()"), "old.py")
    found = held(tmp_path, OLD, against=str(tmp_path / "project/old.py"))
    moved = found.moved_draw
    assert moved is not None
    assert (moved.run, moved.line, moved.file) == ("B", 7, "train.py (old.py)")


def test_a_value_that_was_edited(tmp_path: Path) -> None:
    script(tmp_path / "project", "rate = 0.1\nprint('loss', 1 - rate)\n", "old.py")
    found = held(tmp_path, "\nrate = 0.2\nprint('loss', 1 - rate)\n", against=str(tmp_path / "project/old.py"))
    assert found.moved_draw is None
    assert found.enters is not None
    assert (found.enters.name, found.enters.a, found.enters.b) == ("rate", "0.2", "0.1")


def test_two_versions_that_read_different_files(tmp_path: Path) -> None:
    for name in "ab":
        script(tmp_path / "project", name, f"{name}.txt")
    script(tmp_path / "project", "print(open('a.txt').read())\n", "old.py")
    found = held(tmp_path, "print(open('b.txt').read())\n", against=str(tmp_path / "project/old.py"))
    assert found.draw is not None
    assert found.draw.quantity == "files"
    assert "a file that it reads differs" in str(found).lower()


def test_a_version_of_another_folder_brings_its_modules(tmp_path: Path) -> None:
    script(tmp_path / "before", "VALUE = 1\n", "helper.py")
    old = script(tmp_path / "before", "import helper\nprint(helper.VALUE)\n")
    script(tmp_path / "project", "VALUE = 2\n", "helper.py")
    found = held(tmp_path, "import helper\nprint(helper.VALUE)\n", against=str(old))
    assert found.printed == ("2", "1")


def test_the_version_of_a_commit(tmp_path: Path) -> None:
    project = script(tmp_path / "project", OLD).parent
    script(project, "x = 1\n", "other.py")

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, *arguments], cwd=project, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    with pytest.raises(InputError, match="no file of the script's folder differs"):
        audit(project / "train.py", against_commit="HEAD")
    found = held(tmp_path, NEW.format(order="random.random()"), against_commit="HEAD")
    assert found.change["what"].endswith("train.py.")
    assert found.moved_draw is not None
    with pytest.raises(InputError, match="--against-commit 'nothing'"):
        audit(project / "train.py", against_commit="nothing")


def test_another_interpreter_with_another_version_of_a_library(tmp_path: Path) -> None:
    pythons = []
    for version in "12":
        made = tmp_path / version
        venv.create(made, with_pip=False)
        package = next(made.glob("lib/python*/site-packages")) / "jax.py"
        package.write_text(f"__version__ = '{version}'\n\ndef add(x):\n    return x + 0.1 * {version}\n")
        pythons.append(str(made / "bin/python"))
    text = "import jax\nbefore = 1.0\nafter = jax.add(before)\nprint(after)\n"
    found = held(tmp_path, text, python=pythons[0], against_python=pythons[1])
    assert found.identical is False
    assert found.versions == (("jax", "1", "2"),)
    assert found.enters is not None
    assert (found.enters.line, found.enters.name) == (3, "after")
    assert "jax 1 in run A, 2 in run B" in str(found)
    assert held(tmp_path, text, python=pythons[0], against_python=pythons[0]).identical


def test_an_interpreter_without_the_library(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    with pytest.raises(RunFailedError) as told:
        held(tmp_path, "import numpy\nprint(numpy.ones(2))\n", against_python=str(tmp_path / "bare/bin/python"))
    assert "No module named 'numpy'" in str(told.value)
    assert "Install it there" in str(told.value)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"twist": "sed"}, "twist cannot be 'sed'"),
        ({"twist": "one-bit"}, "for a script"),
        ({"twist": "seed:3"}, "run A has this seed too"),
        ({"twist": "seed", "against": "x.py"}, "--twist and --against cannot be given together"),
        ({"against": "x.py"}, "there is no such file"),
        ({"against_commit": "HEAD"}, "--against-commit 'HEAD'"),
        ({"against_python": "nothing-here"}, "--against-python 'nothing-here' is not a Python interpreter"),
        ({"twist": "seed", "rerun": "same-process"}, "--rerun same-process cannot be given"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, how: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as told:
        held(tmp_path, SEEDED, **how)
    assert words in str(told.value)


def test_what_the_shell_has_already_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALE", "2")
    with pytest.raises(InputError, match="run A has it too, since SCALE=2 is set in this shell"):
        held(tmp_path, SEEDED, twist="env:SCALE=2")


def test_the_command_prints_words_or_json_and_has_the_statuses_of_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(script(tmp_path, textwrap.dedent(SEEDED)))
    assert main(["audit", "--twist", "env:OTHER=1", path]) == 0
    assert "Identical: bit for bit" in capsys.readouterr().out
    assert main(["audit", "--json", "--twist", "seed", path]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["identical"], told["control"], told["took"]) == (False, "same", True)
    assert told["format"] == "repro-against"
    with pytest.raises(SystemExit) as ended:
        main(["audit", "--twist", "seed", "--record", str(tmp_path / "file"), path])
    assert ended.value.code == 2
