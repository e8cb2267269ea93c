"""The line where a difference enters, from sources that no hook knows, in whole audits of small scripts."""

import json
import os
from pathlib import Path

import pytest
from audited import audited

from repro.audits.report import lines, words

NEITHER_SEES = {
    "rows of a query in random order": (
        """
        import random
        import sqlite3
        random.seed(3)
        base = sqlite3.connect(":memory:")
        base.execute("CREATE TABLE scans (number INTEGER PRIMARY KEY)")
        base.executemany("INSERT INTO scans VALUES (?)", [(number,) for number in range(4000)])
        limit = 150
        chosen = [number for (number,) in base.execute("SELECT number FROM scans ORDER BY RANDOM() LIMIT 150")]
        print("sum", sum(chosen))
        """,
        [8],
        "chosen",
    ),
    "a set of objects": (
        """
        class Sample:
            def __init__(self, number):
                self.number = number
        samples = [Sample(number) for number in range(20_000)]
        padding = [bytearray(n % 4096) for n in range(500)]
        kept = set(samples)
        order = [sample.number for sample in kept]
        print(order[:20])
        """,
        [6, 7],
        None,
    ),
    "a number from a function in C": (
        """
        import ctypes, os
        size = 8
        def number():
            buffer = (ctypes.c_char * size)()
            ctypes.CDLL(None).getrandom(buffer, size, 0)
            return int.from_bytes(bytes(buffer), "big")
        start = 5
        weights = [start, number() % 10**9]
        print("result", weights)
        """,
        [5, 6],
        None,
    ),
}


@pytest.mark.parametrize("name", NEITHER_SEES)
def test_the_line_is_named_that_no_hook_sees(tmp_path: Path, name: str) -> None:
    script, expected, named = NEITHER_SEES[name]
    result = audited(tmp_path, script)
    assert not result.repeats
    assert result.enters is not None, str(result)
    assert result.enters.line in expected, str(result)
    assert named is None or result.enters.name == named
    assert result.enters.a != result.enters.b
    sentence = words.enters(result)
    assert sentence.startswith(f"The difference enters in line {result.enters.line}")
    assert sentence in words.verdict(result)
    assert result.to_json()["enters"] == {
        "file": "train.py",
        "line": result.enters.line,
        "code": result.enters.code,
        "name": result.enters.name,
        "a": result.enters.a,
        "b": result.enters.b,
    }
    assert lines.marks(result)[result.enters.line].sign in (lines.Sign.ENTERS, lines.Sign.FIRST_DIFFERENCE)
    assert json.dumps(result.to_json())


def test_an_unseeded_draw_that_changes_nothing_is_not_where_it_enters(tmp_path: Path) -> None:
    script = """
        import random, sqlite3, time, uuid
        name = uuid.uuid4().hex
        began = time.time()
        unused = random.random()
        base = sqlite3.connect(":memory:")
        (result,) = base.execute("SELECT RANDOM()").fetchone()
        print("score", result % 1000)
        """
    result = audited(tmp_path, script)
    assert result.enters is not None, str(result)
    assert (result.enters.line, result.enters.name) == (6, "result")


def test_the_order_of_a_set_of_texts_is_found_in_its_line(tmp_path: Path) -> None:
    script = """
        import random
        name = random.random()
        names = {"zero", "one", "two", "three", "four", "five"}
        classes = {key: number for number, key in enumerate(names)}
        print(classes["two"], classes["three"], classes["five"])
        """
    result = audited(tmp_path, script)
    assert result.sufficient == (("hash",),)
    assert result.enters is not None
    assert (result.enters.line, result.enters.name) == (3, "names")


def test_where_a_draw_names_the_cause_values_are_looked_at_only_on_request(tmp_path: Path) -> None:
    script = "import random\nx = random.random()\ny = [x]\nprint(y)\n"
    for name in ("known", "asked"):
        (tmp_path / name).mkdir()
    known = audited(tmp_path / "known", script)
    assert known.enters is None
    assert known.looked is None
    asked = audited(tmp_path / "asked", script, where=True)
    assert asked.enters is not None
    assert (asked.enters.line, asked.enters.name) == (2, "x")
    assert asked.all_runs == known.all_runs + 2


def test_a_script_that_repeats_is_not_looked_at(tmp_path: Path) -> None:
    result = audited(tmp_path, "x = 1\nprint(x)\n", where=True)
    assert result.repeats
    assert result.enters is None
    assert result.looked is None


def test_the_rows_of_a_query_in_a_second_run_in_the_process(tmp_path: Path) -> None:
    script = """
        import sqlite3
        base = sqlite3.connect(":memory:")
        (drawn,) = base.execute("SELECT abs(RANDOM()) % 100000").fetchone()
        print("score", drawn)
        """
    result = audited(tmp_path, script, rerun="same-process")
    assert result.enters is not None, str(result)
    assert (result.enters.line, result.enters.name) == (3, "drawn")


def test_threads_that_append_as_they_finish(tmp_path: Path) -> None:
    script = """
        import sqlite3, threading, time
        def work(number, done):
            base = sqlite3.connect(":memory:")
            (pause,) = base.execute("SELECT abs(RANDOM()) % 100").fetchone()
            time.sleep(pause / 1000)
            done.append(number)
        done = []
        threads = [threading.Thread(target=work, args=(number, done)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        order = [number * 2 for number in done]
        print("order", order)
        """
    result = audited(tmp_path, script)
    assert not result.repeats
    assert result.enters is not None, str(result)
    assert result.enters.line in (4, 6, 10, 12, 13)


@pytest.mark.skipif(not os.environ.get("REPRO_PYTHON_313"), reason="REPRO_PYTHON_313 names no other interpreter")
@pytest.mark.parametrize("name", NEITHER_SEES)
def test_the_same_with_the_python_of_another_version(tmp_path: Path, name: str) -> None:
    script, expected, _ = NEITHER_SEES[name]
    result = audited(tmp_path, script, python=os.environ["REPRO_PYTHON_313"])
    assert result.enters is not None, str(result)
    assert result.enters.line in expected
