"""Lines of an output that are results although they look like times or ids, and times that are none."""

from pathlib import Path

import pytest
from test_audit import audited

from repro.audits import report

RESULTS_LIKE_TIMES = {
    "digest": ("print(hashlib.md5(np.random.rand(9).tobytes()).hexdigest())", "numpy"),
    "digest beside an id": (
        "print(uuid.uuid4().hex)\nprint(hashlib.md5(np.random.rand(9).tobytes()).hexdigest())",
        "numpy",
    ),
    "address": ("print(hex(int(np.random.default_rng().integers(2**30, 2**31))))", "generators"),
    "minutes": ("print(f'Average wait: {random.expovariate(0.1):.6f} minutes')", "python"),
    "date": ("print(datetime.date.fromordinal(random.randrange(1, 10**6)))", "python"),
    "mean of a clock's seed": (
        "random.seed(time.time_ns())\nprint(f'mean waiting time: {random.random():.9f} min')",
        "clock",
    ),
    "time without a clock": (
        "words = {'alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta'}\n"
        "print('makespan time:', sum((i + 1) ** 9 * len(w) for i, w in enumerate(words)))",
        "hash",
    ),
    "sum over a set": (
        "began = time.perf_counter()\nscore = 0.0\nfor word in {str(n) for n in range(200)}:\n"
        "    score = score / 2 + float(word)\nprint(score)\nprint(time.perf_counter() - began)",
        "hash",
    ),
    "the system's numbers": (
        "began = time.time()\nprint(random.SystemRandom().random(), time.time() - began)\n"
        "print(random.SystemRandom().random())",
        "system",
    ),
    "seeded by the system": (
        "began = time.time()\nrng = np.random.default_rng(int.from_bytes(os.urandom(4), 'big'))\n"
        "print(rng.random())\nprint(time.time() - began)",
        "system",
    ),
}


@pytest.mark.parametrize("name", RESULTS_LIKE_TIMES)
def test_a_result_that_looks_like_a_time_or_an_id_is_found_by_pinning_what_it_is_made_of(
    tmp_path: Path, name: str
) -> None:
    code, source = RESULTS_LIKE_TIMES[name]
    imports = "import datetime, hashlib, os, random, time, uuid\nimport numpy as np\n"
    result = audited(tmp_path, f"{imports}{code}\n")
    assert not result.repeats
    assert result.enough == ((source,),)
    assert not [note for note in result.notes if "taken for times" in note]


def test_times_of_many_steps_are_none_of_the_result(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import time
        spent = []
        for _ in range(1500):
            began = time.perf_counter()
            spent.append(time.perf_counter() - began)
        print(sum(spent) / 7)
        """,
    )
    assert result.repeats


def test_times_and_ids_beside_an_unseeded_draw_that_changes_nothing_are_no_results(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import random, time, uuid
        began = time.perf_counter()
        unused = random.random()
        print(f"run {uuid.uuid4()} took {time.perf_counter() - began:.9f} s")
        print(time.perf_counter() - began)
        """,
    )
    assert result.repeats
    assert "its output, but for times, addresses and ids" in report.verdict(result)
    assert len([note for note in result.notes if "were taken for times, since line 2 of train.py reads" in note]) == 1
    assert [row.matters for row in result.unseeded] == [False, False]


def test_what_a_seed_changes_may_look_like_a_time(tmp_path: Path) -> None:
    code = "import random\nrandom.seed(3)\nprint(f'Average wait: {random.expovariate(0.1):.6f} minutes')\n"
    result = audited(tmp_path, code)
    assert result.repeats
    assert [line.matters for line in result.seeding] == [True]


def test_what_the_clock_lets_a_script_do_is_a_result(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import time
        end, weight = time.time() + 0.2, 1.0
        while time.time() < end:
            weight += 0.5
        print(weight + 0.25)
        """,
    )
    assert not result.repeats
    assert "line 2 reads time.time, which no pin can hold constant" in str(result)
