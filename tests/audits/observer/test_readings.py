"""What a run reads of clock, process, memory and machine is given to another one."""

from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from watching import run

from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Read
from repro.audits.observer.readings import stretched

SOURCE = """\
import datetime, logging, os, resource, tempfile, time, uuid
print(time.time(), time.time_ns(), time.perf_counter(), time.monotonic_ns(), time.process_time())
print(time.strftime("%Y-%m-%d %H:%M:%S"), time.ctime(), time.asctime(), time.localtime().tm_sec, time.gmtime())
print(datetime.datetime.now(), datetime.datetime.utcnow(), datetime.date.today(), datetime.datetime.today())
print(datetime.datetime.now(datetime.timezone.utc), time.clock_gettime(time.CLOCK_MONOTONIC))
print(os.getpid(), os.getppid(), resource.getrusage(resource.RUSAGE_SELF), os.times(), os.getloadavg())
print(open("/proc/self/statm").read(), open("/proc/meminfo", "rb").readline())
print(uuid.uuid4(), os.path.basename(tempfile.mktemp()))
logging.basicConfig(format="%(asctime)s %(process)d %(message)s")
logging.warning("logged")
began = time.perf_counter()
count = 0
while time.perf_counter() - began < 0.05:
    count += 1
print(count)
os.kill(os.getpid(), 0)
for _ in range(100):
    time.time()
"""


def test_a_run_that_is_given_what_another_read_prints_the_same(tmp_path: Path) -> None:
    first = run(tmp_path / "a", SOURCE)
    assert first.status == 0, first.err
    given = str(tmp_path / "a-trace")
    again = run(tmp_path / "b", SOURCE, readings=given, ids=True)
    assert (again.status, again.out, again.err) == (0, first.out, first.err)
    other = run(tmp_path / "c", SOURCE, readings=given)
    differing = [
        n for n, (x, y) in enumerate(zip(first.out.splitlines(), other.out.splitlines(), strict=True)) if x != y
    ]
    assert [first.out.splitlines()[n].count("-") >= 4 for n in differing] == [True]  # the names that it made up
    made_up = first.out.splitlines()[differing[0]].split()
    trace = Trace(tmp_path / "a-trace")
    assert made_up[0] in trace.ids
    assert trace.temporary[-1] in made_up[1]


def test_readings_are_moved_and_stretched(tmp_path: Path) -> None:
    source = "import time\nfirst, began = time.time(), time.perf_counter()\ntime.sleep(0.3)\n"
    source += "print(first, time.time() - first, time.perf_counter() - began, time.strftime('%d'))\n"
    values = [float(one) for one in run(tmp_path / "a", source).out.split()]
    given = str(tmp_path / "a-trace")
    moved = [float(one) for one in run(tmp_path / "b", source, readings=given, shift=86_400.0).out.split()]
    assert moved[0] == values[0] + 86_400
    assert abs(moved[1] / values[1] - 1.001) < 1e-5
    assert abs(moved[2] / values[2] - 1.001) < 1e-9
    assert moved[3] != values[3]


@given(st.lists(st.integers(0, 10**6) | st.integers(0, 10**12), min_size=1), st.booleans())
def test_each_time_between_readings_is_stretched_to_whole_units(times: list[int], whole: bool) -> None:
    unit = 1 if whole else 2**-22  # of `time.time_ns()`, and of `time.time()` from 2004 to 2038
    values = [(1_796_080_265 * (1 if whole else 2**22) + at) * unit for at in accumulate(times)]
    moved = stretched(values, from_zero=False)
    assert moved[values[0]] == values[0]
    for a, b in pairwise(values):
        before, after = Fraction(b) - Fraction(a), Fraction(moved[b]) - Fraction(moved[a])
        assert after % Fraction(unit) == 0
        assert after == before if before < 500 * unit else abs(after - before * 1001 / 1000) <= before / 1000


def test_a_clock_that_counts_from_no_moment_is_stretched_from_zero() -> None:
    assert stretched([5_000, 7_000], from_zero=True) == {5_000: 5_005, 7_000: 7_007}
    assert stretched([0.25], from_zero=True)[0.25] == pytest.approx(0.25025, rel=1e-15)


def test_a_run_that_reads_more_goes_on_from_the_last_reading(tmp_path: Path) -> None:
    source = "import sys, time\ntimes = [time.time() for _ in range(int(sys.argv[1]))]\n"
    source += "print(times[-1] - times[0], times == sorted(times))\n"
    run(tmp_path / "a", source, "3")
    elapsed, in_order = run(tmp_path / "b", source, "300", readings=str(tmp_path / "a-trace")).out.split()
    assert in_order == "True"
    assert float(elapsed) < 0.5


def test_lines_that_read_are_named_those_that_call_a_library_too(tmp_path: Path) -> None:
    source = "import logging, time\ntime.time()\nlogging.warning('x')\nfor _ in range(50):\n    time.time()\n"
    reads = run(tmp_path / "a", source).all(Read)
    own = [(read.site.line, read.occurrence) for read in reads if read.library is None]
    assert own[0] == (2, 0)
    assert own[-1] == (5, 49)
    assert len(own) == 22
    assert {(read.site.line, read.what) for read in reads if read.library} >= {(3, "time.time")}


def test_the_readings_of_workers_are_recorded_and_given(tmp_path: Path) -> None:
    source = """\
import multiprocessing, time
def work(_):
    return time.time()
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print(pool.map(work, range(3)))
"""
    first = run(tmp_path / "a", source)
    assert run(tmp_path / "b", source, readings=str(tmp_path / "a-trace")).out == first.out
