"""Whole audits of small scripts, most of them with NumPy alone: a run of one takes half a second."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import venv
from pathlib import Path

import numpy
import pytest
from audited import audited, contents, left_running, script

from repro import __version__
from repro.audits.audit import IN_COPIES, audit
from repro.audits.report import findings, lines, words
from repro.audits.runs.pairs import Progress, StoppedError
from repro.engine.processes import ROOT
from repro.experiment.errors import InputError, RunFailedError
from repro.records import audits


@pytest.fixture(name="copies")
def _copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs work in copies of the folder, as where the system permits no layers."""
    monkeypatch.setattr("repro.audits.runs.workspace.refusal", lambda *_: "it was tried in a test")


def test_a_script_that_repeats_and_whose_seeds_matter(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import random
        import numpy as np
        np.random.seed(3)
        random.seed(5)
        rng = np.random.default_rng(7)
        print(np.random.rand() + rng.normal())
        """,
    )
    assert result.repeats
    assert result.first_difference is None
    assert result.sufficient is None
    assert {line.line: line.matters for line in result.seeding} == {3: True, 4: False, 5: True}
    assert result.seed_has_effect is True
    assert words.verdict(result).startswith("Repeats: 2 of 2 runs")


def test_seeds_without_an_effect_are_said_first(tmp_path: Path) -> None:
    result = audited(tmp_path, "import random\nrandom.seed(1)\nrandom.seed(2)\nrandom.random()\nprint('result 5')\n")
    assert result.repeats
    assert result.seed_has_effect is False
    assert words.verdict(result).startswith("Repeats, but its seeds have no effect")


def test_whether_seeds_have_an_effect_is_not_known_while_one_was_not_tried(tmp_path: Path) -> None:
    seeds = [f"random.seed({number})" for number in range(9)]  # the last decides, and eight are tried
    result = audited(tmp_path, "\n".join(["import random", *seeds, "print(random.random())"]) + "\n")
    assert result.repeats
    assert [line.matters for line in result.seeding] == [False] * 8 + [None]
    assert result.seed_has_effect is None
    assert words.verdict(result).startswith("Repeats: 2 of 2 runs")


def test_a_seed_that_matters_and_comes_too_late_for_other_draws(tmp_path: Path) -> None:
    result = audited(tmp_path, "import random\nrandom.random()\nrandom.seed(1)\nprint(random.random())\n")
    assert [(line.matters, line.too_late) for line in result.seeding] == [(True, True)]
    assert "sets python: matters, and too late for the numbers drawn before it" in str(result)
    assert lines.marks(result)[3].sign is lines.Sign.SEEDS


def test_a_generator_without_a_seed(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import time, uuid
        import numpy as np
        name, began = uuid.uuid4().hex, time.time()
        unused = np.random.default_rng()
        rng = np.random.default_rng()
        print(name, rng.normal(), "after", time.time() - began)
        """,
    )
    assert not result.repeats
    assert result.sufficient == (("generators",),)
    assert {row.line: row.matters for row in result.unseeded} == {3: False, 4: False, 5: True}
    first = result.first_difference
    assert first is not None
    assert (first.quantity, first.source) == ("draw", "generators")
    assert [one.where for one in result.advice] == ["in line 5"]
    assert words.verdict(result).startswith("Does not repeat: ")


def test_two_sources_are_both_needed(tmp_path: Path) -> None:
    result = audited(tmp_path, "import random\nimport numpy as np\nprint(random.random() + np.random.rand())\n")
    assert result.sufficient == (("python", "numpy"),)


def test_a_seed_that_comes_too_late(tmp_path: Path) -> None:
    result = audited(tmp_path, "import random\nx = random.random()\nrandom.seed(1)\nprint(x, random.random())\n")
    assert result.sufficient == (("python",),)
    assert [line.too_late for line in result.seeding] == [True]
    assert result.advice[0].words == "Move line 3, `random.seed(1)`, before line 2: it seeds too late."


def test_a_seed_from_the_clock(tmp_path: Path) -> None:
    result = audited(tmp_path, "import os\nimport random\nrandom.seed(os.getpid())\nprint(random.random())\n")
    assert result.sufficient == (("clock",),)
    first = result.first_difference
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("seed", "clock", 3)


def test_a_seed_of_the_systems_numbers(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import uuid
        import numpy as np
        name = uuid.uuid4().hex
        rng = np.random.default_rng(uuid.uuid4().int % 2**32)
        print(name, rng.normal())
        """,
    )
    assert result.sufficient == (("system",),)
    assert {row.line: row.matters for row in result.unseeded} == {3: False, 4: True}
    first = result.first_difference
    assert first is not None
    assert (first.quantity, first.source, first.line) == ("draw", "system", 4)


def test_what_the_clock_decides_without_a_seed_is_said_to_be_the_clocks(tmp_path: Path) -> None:
    result = audited(tmp_path, "import time\nnow = time.time_ns()\nprint('count', now % 1_000_003)\n")
    assert result.sufficient == (("clock",),)
    assert result.first_difference is not None
    assert result.first_difference.line == 2


def test_dates_in_what_it_prints_and_in_a_seed(tmp_path: Path) -> None:
    script = """
        import random
        from datetime import datetime
        began = datetime.now()
        random.seed({})
        print(f"{{began:%H-%M-%S-%f}}", random.random(), (datetime.now() - began).total_seconds())
        """
    assert audited(tmp_path, script.format(1)).repeats
    assert audited(tmp_path, script.format("datetime.now().microsecond")).sufficient == (("clock",),)


def test_a_clock_that_no_hook_sees_is_found_by_a_run_that_begins_later(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import numpy as np
        now = np.datetime64("now")
        print("result", (now - np.datetime64("2020-01-01")).astype(int) * 3)
        """,
    )
    assert not result.repeats
    assert result.sufficient == (("clock",),)
    assert result.enters is not None
    assert (result.enters.line, result.enters.name) == (2, "now")
    text = "import random, subprocess, time\nrandom.seed(1)\nsubprocess.run(['true'])\n"
    assert audited(tmp_path, f"{text}print(random.random(), time.time())\n").repeats


@pytest.mark.usefixtures("copies")
def test_the_persons_large_files_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.audits.runs.workspace.LINKED_FROM", 100)
    project = tmp_path / "project"
    project.mkdir()
    (project / "data.bin").write_bytes(bytes(1000))
    result = audited(tmp_path, "with open('data.bin', 'r+b') as file:\n    file.write(b'new')\n")
    assert result.repeats
    assert [note for note in result.notes if "data.bin" in note] == [
        "data.bin was linked, not copied: it is larger than 64 MB"
    ]
    # A program that is not Python writes into the person's own file: that is said.
    (project / "data.bin").write_bytes(bytes(1000))
    changed = "import subprocess\nsubprocess.run(['dd', 'of=data.bin', 'if=/dev/zero', 'count=9', 'status=none'])\n"
    result = audit(script(project, changed))
    assert "data.bin in your own folder has changed during the audit" in result.notes


def test_the_order_of_a_set(tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(30))
    result = audited(tmp_path, f"print(list(set('{words}'.split())))\n")
    assert result.sufficient == (("hash",),)


def test_a_file_that_a_run_leaves(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import pathlib
        state = pathlib.Path("state")
        count = int(state.read_text()) if state.exists() else 0
        state.write_text(str(count + 1))
        print("count", count)
        """,
    )
    assert result.sufficient == (("files",),)
    assert result.left_files == ("state",)
    first = result.first_difference
    assert first is not None
    assert (first.quantity, first.source) == ("files", "files")


def test_a_file_that_a_run_leaves_is_the_cause_also_where_something_draws_besides(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import json, pathlib, random
        unused = random.random()
        state = pathlib.Path("state.json")
        count = json.loads(state.read_text()) if state.exists() else 0
        state.write_text(json.dumps(count + 1))
        print("count", count)
        """,
    )
    assert result.sufficient == (("files",),)
    assert [row.matters for row in result.unseeded] == [False]


def test_a_file_that_each_run_adds_to_is_no_difference(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import random
        from concurrent.futures import ThreadPoolExecutor
        random.seed(1)
        with ThreadPoolExecutor(4) as pool:
            total = sum(pool.map(abs, range(100)))
        with open("log.txt", "a") as log:
            print(total, file=log)
        """,
    )
    assert result.repeats
    assert result.runs == 5  # the fourth and fifth since threads race
    assert [line.matters for line in result.seeding] == [False]


def test_a_seed_of_whole_seconds_is_the_clocks(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import random, time
        unused = random.random()
        random.seed(int(time.time()))
        print(random.random())
        """,
    )
    assert not result.repeats
    assert result.sufficient == (("clock",),)
    assert result.first_difference is not None
    assert (result.first_difference.quantity, result.first_difference.line) == ("seed", 3)


def test_a_seed_that_is_a_list_is_given_to_run_b(tmp_path: Path) -> None:
    code = "import time\nimport numpy as np\nprint(np.random.default_rng([time.time_ns(), 7]).random())\n"
    assert audited(tmp_path, code).sufficient == (("clock",),)


def test_a_seed_in_another_process_is_not_too_late_for_draws_of_this_one(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import multiprocessing, random

        def drawn(seed):
            random.seed(seed)
            return random.random()

        if __name__ == "__main__":
            unused = random.random()
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.map(drawn, [5]))
        """,
    )
    assert result.repeats
    assert [(line.line, line.too_late) for line in result.seeding] == [(4, False)]


def test_a_script_that_starts_itself_anew_is_watched_all_the_same(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import os, random, sys
        if os.environ.get("PYTHONHASHSEED") != "0":
            os.environ["PYTHONHASHSEED"] = "0"
            os.execv(sys.executable, [sys.executable] + sys.argv)
        kept = random.random()
        with open("kept.bin", "wb") as file:
            file.write(repr(kept).encode())
        print(hash("a"), f"Average wait: {kept:.9f} minutes")
        """,
    )
    assert result.sufficient == (("python",),)
    assert [(row.line, row.matters) for row in result.unseeded] == [(5, True)]


def test_a_seed_matters_where_it_has_changed_a_file_of_any_kind(tmp_path: Path) -> None:
    code = (
        "import pickle, random\nrandom.seed(7)\npickle.dump(random.random(), open('data.pkl', 'wb'))\nprint('saved')\n"
    )
    result = audited(tmp_path, code)
    assert result.repeats
    assert ([line.matters for line in result.seeding], result.seed_has_effect) == ([True], True)


def test_a_file_with_another_name_in_each_run(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import json, os, random, uuid
        folder = os.path.join("runs", str(uuid.uuid4()))
        os.makedirs(folder)
        with open(os.path.join(folder, "metrics.json"), "w") as file:
            json.dump({"accuracy": random.random()}, file)
        """,
    )
    assert result.sufficient == (("python",),)


def test_the_value_that_a_cell_of_a_notebook_shows(tmp_path: Path) -> None:
    book = tmp_path / "book.ipynb"
    cells = ["import random", "x = [random.random() for _ in range(5)]", "sum(x) / len(x)"]
    book.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}))
    result = audit(book)
    assert result.sufficient == (("python",),)
    assert "cell 2, line 1 draws numbers that nothing seeds (Python's `random`)" in words.verdict(result)


def test_a_script_that_ends_its_process_cannot_be_run_again_in_it(tmp_path: Path) -> None:
    code = "import os\nprint(1, flush=True)\nos._exit(0)\n"
    assert audited(tmp_path, code).repeats
    with pytest.raises(RunFailedError, match="ended its process itself"):
        audited(tmp_path, code, rerun="same-process")


def test_a_copy_of_a_seeded_generator_is_seeded(tmp_path: Path) -> None:
    result = audited(tmp_path, "import copy, random\nprint(copy.deepcopy(random.Random(7)).random())\n")
    assert result.repeats
    assert result.unseeded == ()


def test_a_seed_of_thousands_of_digits(tmp_path: Path) -> None:
    code = "import random\nrandom.seed(7 ** 20_000)\nprint(random.random())\n"
    assert audited(tmp_path, code).repeats


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "random.seed()",
            ["In line 3 write `random.seed(42)`."],
        ),
        (
            "print(random.random())\nrandom.seed()",
            ["Write `random.seed(42)` before line 3.", "In line 4 write `random.seed(42)`."],
        ),
    ],
)
def test_where_a_line_seeds_from_the_operating_system_it_is_that_which_needs_a_value(
    tmp_path: Path, code: str, words: list[str]
) -> None:
    result = audited(tmp_path, f"import random\n\n{code}\nprint(random.random())\n")
    assert result.sufficient == (("python",),)
    assert [one.words for one in result.advice] == words


def test_what_no_pin_helps_is_said_to_differ_all_the_same(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import subprocess
        print(subprocess.run(["cat", "/proc/sys/kernel/random/uuid"], capture_output=True, text=True).stdout[:8])
        """,
    )
    assert not result.repeats
    assert result.sufficient == ()
    assert result.everything is False
    assert "Even with everything pinned" in words.verdict(result)


def test_two_runs_and_no_trials_where_no_causes_are_asked_for(tmp_path: Path) -> None:
    result = audited(tmp_path, "import random\nprint(random.random())\n", causes=False)
    assert (result.repeats, result.sufficient, result.all_runs) == (False, None, 2)
    assert [row.matters for row in result.unseeded] == [None]


def test_clock_times_and_ids_in_what_it_prints_are_no_difference(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import logging, random, time, uuid
        began = time.time()
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
        random.seed(1)
        logging.info("run %s: %s", uuid.uuid4(), random.random())
        print("ready", time.time() - began, time.perf_counter())
        """,
    )
    assert result.repeats


def test_modules_arguments_and_data_beside_the_script(tmp_path: Path) -> None:
    script(tmp_path / "project", "import random\ndef draw():\n    return random.random()\n", "helper.py")
    script(tmp_path / "project", "3\n", "data.txt")
    result = audited(
        tmp_path,
        """
        import sys
        from helper import draw
        if __name__ == "__main__":
            print(sys.argv[1:], open("data.txt").read(), draw())
        """,
        "--json",
        "-x",
    )
    assert [(row.file, row.line) for row in result.unseeded] == [("helper.py", 3)]
    # Before the script's own statement, which runs once: in helper.py the seed would be set again at each call.
    assert [one.where for one in result.advice] == ["before line 3"]


def test_a_notebook(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import random\n"]},
        {"cell_type": "code", "source": ["x = 1\n", "print(random.random())\n"]},
        {
            "cell_type": "code",
            "source": "files = !ls\n%time x = (\n    2)\n%timeit x\nx?\n?x\ndisplay(x %\n  2)\nx = x % 2",
        },
    ]
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    result = audit(path)
    assert [row.code for row in result.unseeded] == ["print(random.random())"]
    left_out = [note for note in result.notes if "left out" in note]
    assert [note.partition("cell ")[2] for note in left_out] == [
        "1, line 1: %matplotlib inline",
        "3, line 4: %timeit x",
        "3, line 5: x?",
        "3, line 6: ?x",
    ]
    said = "\n".join(words.lines(result))
    assert "cell 2, line 2" in said
    assert "left out of the notebook: cell 1, line 1: %matplotlib inline" in said


def _book(folder: Path, *cells: str) -> Path:
    path = folder / "book.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}))
    return path


def test_what_python_can_do_of_a_notebooks_own_lines_is_done(tmp_path: Path) -> None:
    book = _book(
        tmp_path,
        "%env SEED=7\n!mkdir -p made",
        "%%writefile made/helper.py\ndef seven():\n    return 7",
        "%cd made\nimport os, random, sys\nsys.path.insert(0, '.')\nfrom helper import seven",
        "random.seed(int(os.environ['SEED']))\nlisted = !ls\n!no-such-command 2> /dev/null",
        "print(listed, seven(), random.random())",
    )
    result = audit(book)
    assert result.repeats, str(result)
    assert result.outputs[0].startswith("['helper.py'] 7 0.32383276483316")  # Python's own, for the seed 7
    assert not [note for note in result.notes if "left out" in note]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.ipynb"]


def test_a_line_of_a_notebook_that_is_left_out_and_sets_what_another_uses_is_said_first(tmp_path: Path) -> None:
    book = _book(tmp_path, "name = 'x'\nfound = !ls {name}", "import random\nprint(found, random.random())")
    with pytest.raises(InputError, match="cell 1, line 2 sets `found`, which cell 2, line 2 uses"):
        audit(book)
    installs = _book(tmp_path, "!pip install nothing-of-the-kind", "print(1)")
    assert any("!pip install nothing-of-the-kind" in note for note in audit(installs).notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise ValueError('no such data')\n", "ended with exit status 1: ValueError: no such data"),
        ("import os\nprint('half')\nos._exit(7)\n", "ended with exit status 7"),
        ("import argparse\nargparse.ArgumentParser().parse_args(['--what'])\n", "unrecognized arguments: --what"),
        ("class C:\n    def __del__(self): print(1 / 0)\nkept = C()\nraise ValueError('mine')\n", "ValueError: mine"),
        ("import sys\nsys.exit('give a file')\n", "give a file"),
        ("x = (\n", "SyntaxError"),
        ("import os\nos.kill(os.getpid(), 9)\n", "killed by the system"),
    ],
)
def test_a_script_that_fails_is_said_to_in_its_own_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(RunFailedError, match=words):
        audited(tmp_path, text)


def test_a_script_that_never_ends(tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match="did not end within 2 seconds"):
        audited(tmp_path, "import time\nwhile True: time.sleep(1)\n", timeout=2)


def test_one_run_of_two_that_fails(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    text = f"""
        import os, sys
        try:
            os.mkdir({str(flag)!r})
        except FileExistsError:
            sys.exit("it is there already")
        """
    with pytest.raises(RunFailedError, match="The other run finished"):
        audited(tmp_path, text, in_place=True)


def test_a_script_that_changes_its_folder_and_leaves_children(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import os, subprocess, sys
        os.remove(__file__)
        open("new", "w").write("x")
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        print("ready")
        """,
    )
    assert result.repeats
    assert any("running at its end" in note for note in result.notes)
    assert any("run again in the folder that it leaves, the script fails" in note for note in result.notes)


def test_a_child_that_ends_by_itself_is_not_said_to_be_left(tmp_path: Path) -> None:
    result = audited(tmp_path, "import subprocess\nsubprocess.Popen(['sleep', '0.2'])\n", causes=False)
    assert result.notes == ()


def test_a_script_with_no_draw_and_no_training(tmp_path: Path) -> None:
    result = audited(tmp_path, "x = 1\n")
    assert result.repeats
    assert (result.unseeded, result.seeding) == ((), ())
    assert result.seed_has_effect is None


@pytest.mark.parametrize("end", [signal.SIGHUP, signal.SIGTERM], ids=lambda end: end.name)
def test_an_audit_that_a_signal_ends_leaves_nothing(tmp_path: Path, end: signal.Signals) -> None:
    path = script(tmp_path / "project", "import time\ntime.sleep(60)\n")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "repro", "audit", str(path)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        for _ in range(300):
            if list(temporary.glob("audit-*/*/0002/trace/main")):
                break
            time.sleep(0.1)
        else:
            pytest.fail("the second run has not begun within 30 seconds")
        process.send_signal(end)
        process.communicate(timeout=30)
    assert process.returncode == 128 + end
    assert list(temporary.iterdir()) == []
    assert not left_running(tmp_path)


def test_an_audit_with_one_cause_makes_few_runs_and_keeps_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    kept: list[int] = []
    result = audited(
        tmp_path,
        "import random\nprint(random.random())\n",
        progress=lambda _: kept.append(len(list(temporary.glob("audit-*/layers/0*")))),
    )
    assert result.patch is not None
    assert result.patch.repeats
    # The pair; with the pin; with two more values of it; with the change: two runs each.
    assert result.all_runs == 8
    assert max(kept) <= 6  # of A and B, the first that the pin held, and those in progress


def test_an_audit_can_be_stopped_and_reports_what_it_does(tmp_path: Path) -> None:
    path = script(tmp_path, "import time\ntime.sleep(60)\n")
    stop, told = threading.Event(), []

    def progress(now: Progress) -> None:
        told.append(now)
        stop.set()

    with pytest.raises(StoppedError):
        audit(path, progress=progress, stop=stop)
    assert [label for label, _, _ in told[0].runs] == ["A", "B"]
    assert not left_running(tmp_path)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"rerun": "notebook"}, "rerun"),
        ({"max_steps": 0}, "training steps cannot be 0"),
        ({"timeout": -1.0}, r"time-out cannot be -1\.0"),
        ({"steps": 0}, "training steps cannot be 0"),  # the older names
        ({"seconds": -1.0}, r"time-out cannot be -1\.0"),
        ({"python": "/bin/false"}, "not a Python interpreter"),
        ({"python": "no-such-python"}, "not a Python interpreter"),
        ({"directory": "nowhere"}, "not a folder"),
    ],
)
def test_options_that_cannot_be_are_refused_in_one_line(tmp_path: Path, how: dict[str, object], words: str) -> None:
    path = script(tmp_path, "x = 1\n")
    with pytest.raises(InputError, match=words) as refused:
        audit(path, **how)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_another_interpreter_with_nothing_installed(tmp_path: Path) -> None:
    venv.create(tmp_path / "other", symlinks=True, with_pip=False)
    python = str(tmp_path / "other" / "bin" / "python")
    result = audited(tmp_path, "import random, sys\nprint(random.random(), sys.prefix)\n", python=python)
    assert result.sufficient == (("python",),)


def test_an_interpreter_with_numpy_alone(tmp_path: Path) -> None:
    other, library = tmp_path / "other", tmp_path / "library"
    venv.create(other, symlinks=True, with_pip=False)
    library.mkdir()
    for name in ("numpy", "numpy.libs"):
        (library / name).symlink_to(Path(numpy.__file__).parents[1] / name)
    (packages,) = other.glob("lib/python*/site-packages")
    (packages / "library.pth").write_text(f"{library}\n")
    result = audited(
        tmp_path,
        """
        import importlib.util
        import numpy as np
        assert importlib.util.find_spec("tensorflow") is importlib.util.find_spec("keras") is None
        print(np.random.rand() + np.random.default_rng().normal())
        """,
        python=str(other / "bin" / "python"),
    )
    assert result.sufficient == (("numpy", "generators"),)
    assert result.not_seen == findings.ALWAYS_NOT_SEEN


def test_an_interpreter_that_is_too_old_is_refused_in_words(tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\nprintf '2 7'\n")
    old.chmod(0o700)
    with pytest.raises(InputError, match=r"is Python 2\.7: the audit needs Python 3\.10 or newer there"):
        audit(script(tmp_path, "x = 1\n"), python=str(old))


def test_the_older_names_of_options_are_read_until_version_2(tmp_path: Path) -> None:
    """When this fails, `--steps`, `--seconds` of `audit`, their keywords in Python, and `enough` in its JSON can go."""
    assert __version__ < "2"
    path = str(script(tmp_path, "import time\ntime.sleep(30)\n"))
    ended = command("audit", "--seconds", "1", "--steps", "2", path)
    assert ended.returncode == 3
    assert "--timeout" in ended.stderr


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "repro", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_the_command_its_exit_statuses_its_json_and_its_record(tmp_path: Path) -> None:
    path = str(script(tmp_path, "import random, sys\nrandom.seed(3)\nprint(sys.argv[1:], random.random())\n"))
    ended = command("audit", "--json", "--record", str(tmp_path / "record.json"), path, "--json", "--steps", "3")
    assert ended.returncode == 0
    found = json.loads(ended.stdout)
    assert found["arguments"] == ["--json", "--steps", "3"]
    assert "--steps stands after the script, so it is the script's" in ended.stderr
    assert list(found) == [
        "format", "version", "script", "arguments", "rerun", "repeats", "first_difference", "unseeded", "seeding",
        "sufficient", "readings", "seed_has_effect", "steps", "final_weights", "seconds", "seen", "not_seen",
        "repeated_inside", "enters", "patch", "enough",
    ]  # fmt: skip
    shown = command("show", str(tmp_path / "record.json"))
    assert shown.returncode == 0
    assert shown.stdout.startswith("Repeats")
    assert json.loads(command("show", "--json", str(tmp_path / "record.json")).stdout) == found
    differs = command("audit", str(script(tmp_path, "import random\nprint(random.random())\n", "other.py")))
    assert differs.returncode == 1
    assert differs.stdout.startswith("Does not repeat")
    assert len(differs.stdout.splitlines()) <= 40
    gone = command("audit", "--json", str(tmp_path / "gone.py"))
    assert (gone.returncode, gone.stdout, len(gone.stderr.splitlines())) == (2, "", 1)
    failed = command("audit", "--json", str(script(tmp_path, "import nothing_of_this_name\n", "failing.py")))
    assert (failed.returncode, failed.stdout) == (3, "")
    assert "No module named 'nothing_of_this_name'" in failed.stderr


def test_a_record_that_cannot_be_written_is_refused_before_and_takes_nothing_away_after(tmp_path: Path) -> None:
    path = str(script(tmp_path, "import os\nprint(sorted(os.listdir()))\n"))
    refused = command("audit", "--record", str(tmp_path), path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith(f"the record '{tmp_path}' cannot be written: Is a directory\n")
    full = command("audit", "--record", "/dev/full", path)
    assert full.returncode == 0
    assert full.stdout.startswith("Repeats")
    assert "the record '/dev/full' cannot be written: No space left on device" in full.stderr
    beside = tmp_path / "record.json"  # in the folder that is audited, where it is not seen
    assert command("audit", "--record", str(beside), path).returncode == 0
    assert "record.json" not in audits.read(beside.read_bytes()).outputs[0]


def test_run_again_in_the_same_process_as_a_notebook_does(tmp_path: Path) -> None:
    seeded = "import random\nrandom.seed(3)\nprint(random.random())\n"
    result = audited(tmp_path, seeded, rerun="same-process")
    assert result.repeats
    assert [line.matters for line in result.seeding] == [True]
    # Seeded by the operating system once: a new process differs, and so does a second run in it.
    result = audited(tmp_path, "import random\nprint(random.random())\n", rerun="same-process")
    assert not result.repeats
    assert result.rerun == "same-process"
    assert result.sufficient == (("python",),)


def test_what_a_first_run_in_the_process_has_left_differs(tmp_path: Path) -> None:
    once = "import random\nif 'done' not in globals():\n    random.seed(4)\n    done = True\nprint(random.random())\n"
    assert audited(tmp_path, once).repeats
    result = audited(tmp_path, once, rerun="same-process")
    assert not result.repeats
    assert result.sufficient == (("names",),)  # the first run seeds with 4, and the second does not


def test_what_a_module_made_in_the_first_run_in_the_process_is_named(tmp_path: Path) -> None:
    helper = "import numpy as np\nunused = np.random.RandomState(3)\nrng = np.random.default_rng(7)\n"
    script(tmp_path / "project", helper, "made.py")
    text = "from made import rng\nprint('result', rng.normal())\n"
    assert audited(tmp_path, text).repeats
    result = audited(tmp_path, text, rerun="same-process")
    assert result.sufficient == (("modules",),)
    (said,) = result.advice
    assert said.where == "in line 2 of made.py and line 3 of made.py"
    assert words.verdict(result).endswith("With modules that stay imported pinned, it repeats.")


def test_the_python_interface(tmp_path: Path) -> None:
    program = "from repro import audit; print(audit('train.py', ['3'], max_steps=5))"
    script(tmp_path, "import random\nprint(random.random())\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ended.stdout.startswith("Does not repeat: line 2 draws numbers that nothing seeds (Python's `random`).")
    assert ended.stderr == ""


def test_thousands_of_draws_of_one_line_are_counted_and_stay_seeded(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import random
        from concurrent.futures import ThreadPoolExecutor
        random.seed(8)
        def draw(count):
            return sum(random.random() for _ in range(count))
        with ThreadPoolExecutor(1) as pool:
            print(list(pool.map(draw, [1500, 1500])))
        print(sum(random.random() for _ in range(1500)))
        """,
    )
    assert result.repeats
    assert result.unseeded == ()
    assert {row.line: (row.draws, row.seeded) for row in result.drawn} == {5: (3000, True), 8: (1500, True)}


# What is the person's stays as it is, and a run finds all that a plain run finds.


def test_a_script_may_end_with_a_status_of_its_own(tmp_path: Path) -> None:
    text = "import sys, numpy as np\n{}\nsys.exit(int(np.random.rand(30).sum() * 10) % 200)\n"
    assert audited(tmp_path, text.format("np.random.seed(0)")).repeats
    result = audited(tmp_path, text.format(""))
    assert result.sufficient == (("numpy",),)
    assert result.printed is not None
    assert str(result.printed[0]).startswith("exit status ")


def test_runs_that_get_in_each_others_way_are_made_one_after_the_other(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import random, socket, time
        server = socket.socket()
        server.bind(("127.0.0.1", 18743))
        server.listen()
        random.seed(3)
        time.sleep(0.5)
        print(random.random())
        """,
    )
    assert result.repeats
    assert [line.matters for line in result.seeding] == [True]
    assert any("The runs were made one after the other" in note for note in result.notes)


@pytest.mark.parametrize("piped", [False, True])
def test_each_run_reads_standard_input_whole(tmp_path: Path, piped: bool) -> None:
    path = script(tmp_path / "project", "import sys\nprint(len(sys.stdin.read()), sys.stdin.isatty())\n")
    data = b"line\n" * 100_000
    (tmp_path / "data").write_bytes(data)
    command = [sys.executable, "-m", "repro", "audit", "--record", str(tmp_path / "found"), str(path)]
    if piped:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, input=data)
    else:
        with (tmp_path / "data").open("rb") as file:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, stdin=file)
    assert done.returncode == 0, done.stderr
    assert audits.read((tmp_path / "found").read_bytes()).outputs == ("500000 False\n", "500000 False\n")


def test_environment_variables_are_the_persons_whatever_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPRO_AUDIT", "mine")
    monkeypatch.setenv("STREAMLIT_SEED", "7")
    text = "import os\nprint(sorted(name for name in os.environ if name.startswith(('REPRO', 'STREAMLIT'))))\n"
    mine = [name for name in os.environ if name.startswith(("REPRO", "STREAMLIT"))]
    assert audited(tmp_path, text).outputs[0] == f"{sorted(mine)}\n"


SEEN_FROM_A_COPY = {  # what a run in a copy of the folder would do otherwise
    "its own path": "import os, zlib, random\nrandom.seed(zlib.crc32(os.path.abspath(__file__).encode()))\n",
    "its commit": "import random\ncommit = open('.git/HEAD').read()\nrandom.seed(len(commit))\n",
    "the folder above": "import random\nrandom.seed(len(open('../shared.txt').read()))\n",
    "a folder by a link": "import random\nrandom.seed(5)\nopen('results/x', 'w').write('new')\n",
    "a file elsewhere": "import random\nrandom.seed(5)\nopen({elsewhere!r}, 'a').write('more')\n",
    "a shell": "import os, random\nrandom.seed(5)\nos.system('echo more >> {elsewhere}; cp -r data old; rm -r old')\n",
}


@pytest.mark.parametrize("kind", SEEN_FROM_A_COPY)
def test_a_run_sees_what_a_plain_run_sees_and_changes_nothing(tmp_path: Path, kind: str) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project / ".git", project / "data", elsewhere):
        folder.mkdir(parents=True)
    (project / ".git/HEAD").write_text("ref: refs/heads/main")
    (project / "data/1").write_text("1")
    (project / "results").symlink_to(elsewhere)
    for path in (tmp_path / "shared.txt", elsewhere / "x"):
        path.write_text("before")
    text = SEEN_FROM_A_COPY[kind].replace("{elsewhere!r}", repr(str(elsewhere / "x")))
    text = text.replace("{elsewhere}", str(elsewhere / "x"))
    path = script(project, f"{text}print(random.random())\n")
    plain = subprocess.run([sys.executable, str(path)], cwd=project, capture_output=True, text=True, check=True).stdout
    (elsewhere / "x").write_text("before")
    (project / "data").mkdir(exist_ok=True)
    (project / "data/1").write_text("1")
    before = contents(tmp_path)
    result = audit(path)
    assert contents(tmp_path) == before
    assert result.repeats
    assert result.outputs == (plain, plain)
    assert [line.matters for line in result.seeding] == [True]
    assert not any(IN_COPIES in note for note in result.notes)


def test_a_script_that_is_a_link_finds_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/helper.py").write_text("import random\ndef draw():\n    return random.random()\n")
    (tmp_path / "real/train.py").write_text("import sys, helper\nprint(helper.draw(), sys.argv[0])\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/run.py").symlink_to("../real/train.py")
    result = audit(tmp_path / "mine/run.py")
    assert result.sufficient == (("python",),)
    assert [(row.file, row.line, row.code) for row in result.unseeded] == [("helper.py", 3, "return random.random()")]
    assert result.outputs[0].endswith(" run.py\n")


@pytest.mark.usefixtures("copies")
def test_where_there_are_no_layers_copies_serve_and_it_is_said(tmp_path: Path) -> None:
    text = "import random\nprint(random.random())\nopen('state', 'a').write('x')\n"
    result = audited(tmp_path, text)
    assert result.sufficient == (("python",),)
    assert [note for note in result.notes if IN_COPIES in note] == [f"{IN_COPIES}: it was tried in a test"]


def test_what_only_a_layer_refuses_is_done_in_copies(tmp_path: Path) -> None:
    text = f"import random\nrandom.seed(1)\nprint(random.random())\nif not __file__.startswith({str(tmp_path)!r}):"
    text += " raise SystemExit\nraise OSError(18, 'Invalid cross-device link')\n"
    assert any("in one the script fails" in note for note in audited(tmp_path, text).notes)


@pytest.mark.parametrize("rerun", ["new-process", "same-process"])
def test_a_module_is_run_as_python_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rerun: str) -> None:
    """Its package is imported first, relative imports work, and the folder is on the path."""
    package = tmp_path / "package"
    script(package, "SEED = 3\n", "__init__.py")
    script(package, "import random\n\ndef draw():\n    return random.random()\n", "drawing.py")
    code = """
    import random, sys
    from . import SEED
    from .drawing import draw
    random.seed(SEED)
    print(__name__, __package__, sys.argv[1:], sys.path[0], draw())
    """
    script(package, code, "train.py")
    script(package, code, "__main__.py")
    monkeypatch.chdir(tmp_path)
    for name in ("package.train", "package"):
        result = audit(name, ["--epochs", "3"], module=True, rerun=rerun)
        assert result.repeats, str(result)
        assert "['--epochs', '3']" in result.outputs[0]
    assert audit("package.train", module=True, rerun=rerun).outputs[0].startswith("__main__ package []")
    with pytest.raises(InputError, match="there is no module"):
        audit("package.nothing", module=True)
