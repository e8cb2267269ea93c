"""What the observer sees of `random`, NumPy and the operating system, in scripts without TensorFlow."""

import hashlib
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import numpy as np
import pytest
from scripts import LEAN
from watching import Run, run

from repro.audits.observer.format import (
    BETWEEN_THE_RUNS,
    LINE_LIMIT,
    Birth,
    Config,
    Draw,
    End,
    File,
    Hook,
    Moved,
    Process,
    Race,
    Read,
    Seed,
    again_script,
    records,
)

SCRIPT = """\
import os, random, secrets, tempfile, uuid
import numpy as np
first = random.random()
random.seed(3)
print(random.random(), random.randint(0, 5), random.choice("abc"), random.gauss(0, 1), random.sample(range(9), 3))
order = list(range(6)); random.shuffle(order); print(order)
np.random.seed(5)
print(np.random.rand(2), np.random.permutation(4), np.random.normal(), np.random.randn(), np.random.choice(7, 3))
own = random.Random()
given = random.Random(4)
rng = np.random.default_rng()
seeded = np.random.default_rng(3)
old = np.random.RandomState(17)
unseeded = np.random.RandomState()
sequence = np.random.PCG64()
print(given.random(), seeded.random(), old.rand(), isinstance(old, np.random.RandomState))
print(isinstance(np.random.mtrand._rand, np.random.RandomState))
np.random.seed()
random.seed(np.random.randint(1000, 2**31))
random.seed()
name = uuid.uuid4()
key = secrets.token_bytes(8)
tempfile.mkdtemp()
class Mine(np.random.RandomState):
    pass
print(Mine(2).rand(), Mine(2).randint(5, size=3))
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("random") / "script", SCRIPT)


def test_a_script_prints_the_same_with_and_without_the_observer(tmp_path: Path, watched: Run) -> None:
    plain = run(tmp_path / "plain", SCRIPT, observed=False)
    assert (watched.status, watched.out, watched.err) == (0, plain.out, plain.err)


def test_every_hook_is_active(watched: Run) -> None:
    hooks = watched.all(Hook)
    assert {hook.source for hook in hooks} >= {"python", "numpy", "generators", "system"}
    assert [hook for hook in hooks if not hook.active] == []


def test_the_process_is_reported_first_and_its_end_last(watched: Run) -> None:
    first, last = watched.records[0], watched.records[-1]
    assert isinstance(first, Process)
    assert first.main
    assert isinstance(last, End)
    assert [record.n for record in watched.records] == list(range(len(watched.records)))


def test_seeds_are_reported_with_line_and_value(watched: Run) -> None:
    lines = [(seed.source, seed.site.line, seed.value, seed.level) for seed in watched.all(Seed) if seed.site]
    assert lines[:6] == [
        ("python", 4, 3, "global"),
        ("numpy", 7, 5, "global"),
        ("generators", 10, 4, "own"),
        ("generators", 12, 3, "own"),
        ("generators", 13, 17, "own"),
        lines[5],
    ]


def test_generators_without_a_seed_are_births_and_those_with_one_are_not(watched: Run) -> None:
    assert [birth.site.line for birth in watched.all(Birth, source="generators")] == [9, 11, 14, 15]
    assert [birth.site.line for birth in watched.all(Birth, source="numpy")] == [18]
    assert [birth.site.line for birth in watched.all(Birth, source="python")] == [20]


def test_a_draw_before_the_seed_is_unseeded_and_one_after_it_names_the_seed(watched: Run) -> None:
    (before,) = watched.all(Draw, source="python", line=3)
    assert not before.seeded
    seed = watched.all(Seed, source="python", line=4)[0]
    after = watched.all(Draw, source="python", line=5)
    assert all(draw.seeded and draw.origin == seed.n for draw in after)
    assert {draw.what for draw in after} >= {"random.random", "random.Random.randint", "random.Random.choice"}
    assert all(draw.digest for draw in after)


def test_nested_calls_of_numpy_count_once(watched: Run) -> None:
    assert [draw.what for draw in watched.all(Draw, source="numpy", line=8)] == [
        f"numpy.random.{name}" for name in ("rand", "permutation", "normal", "randn", "choice")
    ]


def test_a_seed_that_is_an_unseeded_draw_is_known_as_derived(watched: Run) -> None:
    (draw,) = watched.all(Draw, source="numpy", line=19)
    (seed,) = watched.all(Seed, source="python", line=19)
    assert not draw.seeded
    assert seed.derived == draw.n


def test_the_systems_numbers_are_reported_but_not_the_names_of_temporary_files(watched: Run) -> None:
    assert [draw.site.line for draw in watched.all(Draw, source="system") if draw.site] == [21, 22]


SEQUENCES = """\
import copy, pickle
import numpy as np
root = np.random.SeedSequence(42)
print([np.random.default_rng(one).random() for one in root.spawn(2)])
bits = np.random.PCG64(7)
print(bits.random_raw(), np.random.RandomState(np.random.MT19937(seed=8)).rand(), np.random.Philox(key=9).random_raw())
print(copy.deepcopy(bits).random_raw(), pickle.loads(pickle.dumps(bits)).random_raw(), bits.jumped().random_raw())
print(isinstance(np.random.default_rng(1).bit_generator, np.random.PCG64), isinstance(root.spawn(1)[0], type(root)))
print(np.random.SFC64(np.random.SeedSequence(entropy=5)).random_raw(), pickle.loads(pickle.dumps(root)).entropy)
"""


def test_seed_sequences_and_bit_generators_are_seeds_and_their_copies_are_not(tmp_path: Path) -> None:
    plain, watched = run(tmp_path / "script", SEQUENCES, observed=False), run(tmp_path / "script", SEQUENCES)
    assert (watched.status, watched.out, watched.err) == (0, plain.out, "")
    assert [(seed.site.line, seed.value) for seed in watched.all(Seed)] == [
        (3, 42), (5, 7), (6, 8), (6, 9), (8, 1), (9, 5)
    ]  # fmt: skip
    assert not watched.all(Birth)
    moved = run(tmp_path / "script", SEQUENCES, moved=Moved(lines=(("train.py", 3),))).out.splitlines()
    expected = [np.random.default_rng(one).random() for one in np.random.SeedSequence(43).spawn(2)]
    assert (moved[0], moved[1:4]) == (str(expected), plain.out.splitlines()[1:4])


def test_seeds_that_are_text_bytes_or_fractions_are_moved_too(tmp_path: Path) -> None:
    source = "import random\nfor value in ('text', b'bytes', 0.5, bytearray(b'x')):\n    random.seed(value)\n"
    source += "    print(random.random())\n"
    plain, moved = (run(tmp_path / "script", source, moved=by) for by in (None, Moved(lines=(("train.py", 3),))))
    assert (moved.status, moved.err) == (0, "")
    assert [a != b for a, b in zip(plain.out.split(), moved.out.split(), strict=True)] == [True] * 4


STATES = """\
import random
import numpy as np
random.seed(1)
kept, unseeded = random.getstate(), np.random.get_state()
random.random()
np.random.rand()
random.setstate(kept)
np.random.set_state(unseeded)
random.random()
np.random.rand()
np.random.set_state(np.random.RandomState(4).get_state(legacy=False))
random.setstate(random.Random(5).getstate())
print(np.random.normal(), random.random())
"""


def test_a_state_that_is_set_again_brings_its_seed_and_one_from_elsewhere_is_a_seed(tmp_path: Path) -> None:
    watched = run(tmp_path / "script", STATES)
    assert watched.out == f"{np.random.RandomState(4).normal()} {random.Random(5).random()}\n"
    assert [(draw.source, draw.site.line, draw.seeded) for draw in watched.all(Draw) if draw.site] == [
        ("python", 5, True), ("numpy", 6, False), ("python", 9, True), ("numpy", 10, False),
        ("numpy", 13, True), ("python", 13, True),
    ]  # fmt: skip
    seeds = [(seed.source, seed.site.line) for seed in watched.all(Seed, level="global")]
    assert seeds == [("python", 3), ("numpy", 11), ("python", 12)]


def test_the_keys_of_a_librarys_connections_are_no_draws(tmp_path: Path) -> None:
    source = "import multiprocessing, uuid\nif __name__ == '__main__':\n"
    source += "    print(len(multiprocessing.Manager().list([1])))\n    uuid.uuid4()\n"
    watched = run(tmp_path / "script", source)
    assert watched.out == "1\n"
    assert [draw.site.line for draw in watched.all(Draw, source="system") if draw.site] == [4]


CLOCKS = """\
import pickle, time
from datetime import date, datetime, timezone
class Mine(datetime):
    pass
now = datetime.now(timezone.utc)
print(type(Mine.now()) is Mine, now <= datetime.now(tz=timezone.utc), now.utcnow() <= now.utcnow())
print(pickle.loads(pickle.dumps(now)) == now, pickle.loads(pickle.dumps(datetime)) is datetime, datetime.now.__name__)
date.today()
time.strftime("%Y"), time.localtime()
print(time.strftime("%Y", time.localtime(0)), time.gmtime(0).tm_year, datetime.fromtimestamp(0, timezone.utc).year)
"""


def test_readings_of_the_clock_are_told_and_what_is_given_a_time_reads_none(tmp_path: Path) -> None:
    watched = run(tmp_path / "script", CLOCKS)
    assert (watched.status, watched.err) == (0, "")
    assert watched.out == "True True True\nTrue True now\n1970 1970 1970\n"
    assert [(read.site.line, read.what) for read in watched.all(Read)] == [
        (5, "datetime.now"), (6, "datetime.now"), (6, "datetime.now"), (6, "datetime.utcnow"), (6, "datetime.utcnow"),
        (8, "time.time"), (9, "time.strftime"), (9, "time.localtime"),
    ]  # fmt: skip


LARGE = """\
import os, sqlite3
import h5py
import numpy as np
with open("read") as file:
    file.read()
print(os.path.islink("read"))
np.memmap("mapped", mode="r+", shape=3)[:] = 7
with open("written", "r+b") as file:
    file.write(b"new")
os.truncate("cut", 1)
with h5py.File("file.h5", "a") as file:
    file["x"] = 3
with h5py.File("file.h5") as file:
    print(int(file["x"][()]))
print(*(os.path.islink(name) for name in ("mapped", "written", "cut", "file.h5")))
"""


def test_a_link_to_a_large_file_of_the_persons_becomes_a_copy_before_it_is_changed(tmp_path: Path) -> None:
    folder, own = tmp_path / "script", tmp_path / "own"
    folder.mkdir()
    own.mkdir()
    with h5py.File(own / "file.h5", "w"):
        pass
    names = ("read", "mapped", "written", "cut", "file.h5")
    for name in names:
        if not name.endswith("h5"):
            (own / name).write_text("before")
        (folder / name).symlink_to(own / name)
    before = {path.name: path.read_bytes() for path in own.iterdir()}
    watched = run(folder, LARGE, linked=names)
    assert (watched.status, watched.err) == (0, "")
    assert watched.out == "True\n3\nFalse False False False\n"
    assert {path.name: path.read_bytes() for path in own.iterdir()} == before
    assert ((folder / "written").read_bytes(), (folder / "mapped").read_bytes()) == (b"newore", b"\7\7\7ore")
    # What h5py opens in C is recorded as well.
    assert [(file.action, file.site.line) for file in watched.all(File) if file.path == "file.h5"] == [
        ("write", 11), ("read", 13)
    ]  # fmt: skip


POOLS = """\
import concurrent.futures, multiprocessing, multiprocessing.pool, threading
if __name__ == "__main__":
    for make in (
        lambda: concurrent.futures.ThreadPoolExecutor(3),
        lambda: concurrent.futures.ProcessPoolExecutor(max_workers=3),
        lambda: multiprocessing.Pool(3),
        lambda: multiprocessing.pool.ThreadPool(processes=3),
        lambda: concurrent.futures.ThreadPoolExecutor(1),
    ):
        with make() as pool:
            print(getattr(pool, "_max_workers", getattr(pool, "_processes", None)), list(pool.map(abs, [-1])))
"""


def test_pools_are_races_and_the_pin_order_gives_each_one_worker(tmp_path: Path) -> None:
    plain = run(tmp_path / "script", POOLS)
    assert plain.out == "3 [1]\n" * 4 + "1 [1]\n"
    assert [race.site.line for race in plain.all(Race)] == [4, 5, 6, 7]
    assert run(tmp_path / "script", POOLS, pins=("order",)).out == "1 [1]\n" * 5


PINNED = """\
import random, uuid
import numpy as np
print(random.random(), random.Random().random(), np.random.rand(), np.random.default_rng().random())
print(np.random.RandomState().rand(), uuid.uuid4())
random.seed(); np.random.seed()
print(random.random(), np.random.rand(), [random.Random().random() for _ in range(2)])
"""


def test_pins_make_every_unseeded_number_the_same_and_each_is_needed(tmp_path: Path) -> None:
    pins = ("python", "numpy", "generators", "system")
    a, b = (run(tmp_path / name, PINNED, pins=pins) for name in "ab")
    assert a.out == b.out
    first, second = eval(a.out.splitlines()[2].split(" ", 2)[2])
    assert first != second
    for pin in pins:
        a, b = (run(tmp_path / f"{pin}-{name}", PINNED, pins=tuple(set(pins) - {pin})) for name in "ab")
        assert a.out != b.out, pin


def test_the_values_of_one_line_are_moved_and_no_others(tmp_path: Path) -> None:
    source = "import random\nimport numpy as np\nrandom.seed(3)\nnp.random.seed(5)\nr = np.random.default_rng(7)\n"
    source += "print(random.random(), np.random.rand(), r.random())\n"
    expected: dict[int, list[float]] = {}
    for line, moved in {3: (1, 0, 0), 4: (0, 1, 0), 5: (0, 0, 1)}.items():
        own = np.random.default_rng(7 + moved[2])
        expected[line] = [
            random.Random(3 + moved[0]).random(),
            np.random.RandomState(5 + moved[1]).rand(),
            own.random(),
        ]
    for line, numbers in expected.items():
        done = run(tmp_path / str(line), source, moved=Moved(lines=(("train.py", line),)))
        assert [float(number) for number in done.out.split()] == numbers
        (seed,) = [seed for seed in done.all(Seed) if seed.moved]
        assert seed.site.line == line


def test_the_pin_clock_gives_the_values_of_run_a(tmp_path: Path) -> None:
    source = (
        "import os, random, time\nfor _ in range(2):\n    random.seed(time.time_ns())\n    print(random.random())\n"
    )
    source += "for value in (time.time(), os.urandom(8)):\n    random.seed(value)\n    print(random.random())\n"
    a = run(tmp_path / "a", source)
    values = tuple(seed.to_json() | {"site": vars(seed.site)} for seed in a.all(Seed))
    assert run(tmp_path / "b", source).out != a.out
    pinned = run(tmp_path / "c", source, pins=("clock",), values=values)
    assert pinned.out == a.out


def test_a_million_draws_leave_a_small_trace_that_still_tells_them_apart(tmp_path: Path) -> None:
    source = "import random, sys\nrandom.seed(int(sys.argv[1]))\nfor _ in range(1000):\n    random.random()\n"
    source += "random.seed(8)\nfor _ in range(200_000):\n    random.random()\n"
    a, b, c = (run(tmp_path / f"{n}", source, seed) for n, seed in enumerate(("1", "1", "2")))
    draws = a.all(Draw, line=7)
    assert sum(draw.count for draw in draws) == 200_000
    assert len(draws) < 1100
    assert [draw.digest for draw in draws] == [draw.digest for draw in b.all(Draw, line=7)]
    assert [draw.digest for draw in a.all(Draw, line=4)] != [draw.digest for draw in c.all(Draw, line=4)]


def test_the_persons_traceback_and_exit_status_are_their_own(tmp_path: Path) -> None:
    sources = [
        "import random\ndef f():\n    random.choice([])\nf()\n",
        "import numpy as np\nnp.random.RandomState(-1)\n",
        "import numpy as np, logging, traceback\ntry:\n    np.random.rand('a')\nexcept Exception:\n"
        "    traceback.print_exc()\n    logging.exception('no')\n    raise\n",
        "import sys\nsys.exit(7)\n",
        "import nothing_of_this_name\n",
        "import os\nos._exit(5)\n",
    ]
    for n, source in enumerate(sources):
        plain = run(tmp_path / f"{n}" / "script", source, observed=False)
        watched = run(tmp_path / f"{n}" / "script", source)
        assert (watched.status, watched.out, watched.err) == (plain.status, plain.out, plain.err)


def test_argv_main_and_path_are_those_of_a_plain_run(tmp_path: Path) -> None:
    source = "import sys, __main__\nprint(sys.argv, sys.path[0], __name__, __file__, __main__.__spec__)\n"
    source += "print([name for name in sys.modules if 'audit' in name and not name.startswith('_repro_audit')])\n"
    plain = run(tmp_path / "script", source, "--epochs", "3", observed=False)
    assert run(tmp_path / "script", source, "--epochs", "3").out == plain.out


def test_a_sitecustomize_of_the_persons_own_still_runs(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\nsys.theirs = 5\n")
    script = tmp_path / "script"
    script.mkdir()
    settings = Config(trace=str(tmp_path / "trace"), folder=str(script), script=str(script / "train.py"))
    environment = {"PYTHONPATH": f"{settings.way_in(tmp_path / 'way')}:{folder}"}
    done = run(script, "import sys\nprint(sys.theirs)\n", observed=False, environment=environment)
    assert done.out == "5\n"
    assert list((tmp_path / "trace").glob("*.jsonl"))


def test_forked_and_spawned_children_leave_traces_of_their_own(tmp_path: Path) -> None:
    source = """\
import multiprocessing, os, random, subprocess, sys

def draw(_):
    return random.random()

if __name__ == "__main__":
    random.seed(1)
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            pool.map(draw, [0])
    subprocess.run([sys.executable, "-c", "import random; random.seed(5); print(random.random())"], check=True)
    if os.fork() == 0:
        random.random()
        os._exit(0)
    os.wait()
"""
    done = run(tmp_path / "script", source)
    assert done.status == 0, done.err
    processes = done.all(Process)
    assert [process.main for process in processes].count(True) == 1
    assert len({process.pid for process in processes}) == len(processes) == 6
    drawn = done.all(Draw, source="python", line=4)
    assert len(drawn) == 2
    # A forked child's `random` is seeded anew by Python itself, a spawned one's never was.
    assert not any(draw.seeded for draw in drawn)
    assert not done.all(Birth, source="python")
    assert done.all(Draw, source="python", line=13)


def test_lines_of_modules_beside_the_script_are_the_persons_and_those_of_libraries_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "script"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "helper.py").write_text("import random\n\ndef draw():\n    return random.random()\n")
    done = run(folder, "import sys\nfrom inner.helper import draw\ndraw()\n")
    (draw,) = done.all(Draw, source="python")
    assert (draw.site.file, draw.site.line, draw.site.function) == ("inner/helper.py", 4, "draw")
    assert draw.site.code == "return random.random()"


def test_a_name_that_has_gone_leaves_its_hook_inactive_and_the_script_continues(tmp_path: Path) -> None:
    source = "import numpy as np\nprint(np.random.RandomState(3).rand())\n"
    folder = tmp_path / "script"
    folder.mkdir()
    # A NumPy of another time: the name that every generator takes its entropy through is not there.
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "sitecustomize.py").write_text(
        "import sys\nnumpy_random = sys.modules['_repro_audit.observer.numpy_random']\n"
        "def gone(observer):\n    raise AttributeError('randbits')\n"
        "numpy_random._entropy = gone\n"
    )
    done = run(folder, source, environment=None)
    assert done.out
    settings = Config(trace=str(tmp_path / "trace"), folder=str(folder), script=str(folder / "train.py"))
    environment = {"PYTHONPATH": f"{settings.way_in(tmp_path / 'way')}:{extra}"}
    without = run(folder, source, observed=False, environment=environment)
    assert (without.status, without.out) == (0, done.out)
    (path,) = (tmp_path / "trace").glob("*.jsonl")
    with path.open(encoding="utf-8") as lines:
        hooks = [record for record in records(lines) if isinstance(record, Hook)]
    (gone,) = [hook for hook in hooks if not hook.active]
    assert (gone.name, gone.source, gone.why) == ("numpy: entropy", "generators", "AttributeError: randbits")


def test_a_module_that_a_library_does_not_have_is_told_at_the_end(tmp_path: Path) -> None:
    # A Keras of another time, in which nothing lies where it does today, and a TensorFlow that is not imported.
    for name in ("keras", "keras/src", "keras/src/random", "tensorflow"):
        (tmp_path / "library" / name).mkdir(parents=True)
        (tmp_path / "library" / name / "__init__.py").touch()
    (tmp_path / "library/keras/src/random/seed_generator.py").touch()
    source = f"import sys\nsys.path.append({str(tmp_path / 'library')!r})\nsys.path.insert(0, sys.path.pop())\n"
    watched = run(tmp_path / "script", source + "import keras.src.random\n")
    assert (watched.status, watched.err) == (0, "")
    gone = {hook.name: hook.source for hook in watched.all(Hook, active=False)}
    assert gone == {
        "keras.src.backend.tensorflow.trainer": "batches",
        "keras.src.optimizers.base_optimizer": "steps",
        "keras.src.trainers.data_adapters.py_dataset_adapter": "order",
        "keras.src.initializers.random_initializers": "python",
    }


FILES = """\
import glob, os, shutil, sys, time
print([os.path.basename(name) for name in glob.glob("data/*")] == os.listdir("data"))
with open("state.txt") as file:
    print(file.read())
with open("made.txt", "w") as file:
    file.write(sys.argv[1])
os.makedirs("removed/inner")
shutil.rmtree("removed")
class Kept:
    clock = time.time
print(Kept().clock() > 0, os.getpid() > 0)
"""


def test_files_and_listings_of_the_folder_are_reported_and_the_pin_sorts_them(tmp_path: Path) -> None:
    folder = tmp_path / "script"
    (folder / "data").mkdir(parents=True)
    for name in "cabed":
        (folder / "data" / name).write_text(name)
    (folder / "state.txt").write_text("before")
    watched = run(folder, FILES, "x")
    assert (watched.status, watched.err) == (0, "")
    assert [hook for hook in watched.all(Hook) if not hook.active] == []
    (read,) = watched.all(File, action="read")
    assert (read.path, read.site.line) == ("state.txt", 3)
    assert read.digest == hashlib.sha256(b"before").hexdigest()
    assert [file.path for file in watched.all(File, action="write")] == ["made.txt"]
    assert {file.path for file in watched.all(File, action="list")} == {"data"}
    assert [reading.what for reading in watched.all(Read)] == ["time.time", "os.getpid"]
    source = "import os\nprint(os.listdir('data'), [entry.name for entry in os.scandir('data')])\n"
    pinned = run(folder, source, pins=("files",))
    assert pinned.out == f"{sorted('cabed')} {sorted('cabed')}\n"


def test_a_second_run_in_the_same_process_has_a_trace_of_its_own(tmp_path: Path) -> None:
    folder, trace, again = tmp_path / "script", tmp_path / "trace", tmp_path / "again"
    folder.mkdir()
    script = folder / "train.py"
    source = "import random, sys\nif __name__ == '__main__':\n"
    source += "    print(sys.argv[1:], sys.path[0] == sys.argv[0].rpartition('/')[0], random.random())\n"
    script.write_text(source)
    settings = Config(trace=str(trace), folder=str(folder), script=str(script), again=str(again))
    environment = {**os.environ, "PYTHONPATH": str(settings.way_in(tmp_path / "way"))}
    command = [sys.executable, str(again_script()), str(script), "--epochs", "3"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    first, second = done.stdout.split(BETWEEN_THE_RUNS)
    assert first.startswith("['--epochs', '3'] True 0.")
    assert second.startswith("['--epochs', '3'] True 0.")
    assert first != second
    assert done.stderr == BETWEEN_THE_RUNS
    for place in (trace, again):
        (path,) = place.glob("*.jsonl")
        with path.open(encoding="utf-8") as lines:
            found = list(records(lines))
        assert isinstance(found[0], Process)
        (draw,) = [record for record in found if isinstance(record, Draw) and record.site]
        assert (draw.occurrence, draw.site and draw.site.line) == (0, 3)


def test_what_stands_for_functions_of_c_can_be_sent_to_other_processes(tmp_path: Path) -> None:
    source = """\
import multiprocessing, os, pickle, random, sys, time
import numpy as np

if __name__ == "__main__":
    kept = (np.random.default_rng, np.random.SeedSequence, np.random.PCG64, np.random.RandomState, np.random.rand,
            random.random, random.Random, os.listdir, os.scandir, os.urandom, time.time, sys.exit)
    for one in kept:
        assert pickle.loads(pickle.dumps(one)) is not None, one
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            generators = pool.map(np.random.default_rng, [1, 2, 3])
            print([generator.random() for generator in generators], len(pool.map(os.urandom, [3])[0]))
"""
    plain = run(tmp_path / "script", source, observed=False)
    watched = run(tmp_path / "script", source)
    assert (plain.status, watched.status, watched.err) == (0, 0, plain.err)
    assert watched.out == plain.out


def test_many_generators_of_one_line_are_a_count_and_a_digest(tmp_path: Path) -> None:
    source = (
        "import sys\nimport numpy as np\nfor seed in range(5000):\n    np.random.default_rng(seed + int(sys.argv[1]))\n"
    )
    source += "for _ in range(3000):\n    np.random.default_rng()\n"
    first, same, other = (run(tmp_path / str(n), source, argument) for n, argument in enumerate("001"))
    seeds = first.all(Seed)
    assert sum(seed.count for seed in seeds) == 5000
    assert sum(birth.count for birth in first.all(Birth)) == 3000
    assert len(first.records) < 2 * LINE_LIMIT + 100
    assert [(seed.value, seed.digest) for seed in seeds] == [(seed.value, seed.digest) for seed in same.all(Seed)]
    assert seeds[-1].digest != other.all(Seed)[-1].digest


def test_a_file_is_hashed_once_however_often_it_is_read(tmp_path: Path) -> None:
    source = "import time\nopen('data', 'wb').write(bytes(30_000_000))\nbegan = time.process_time()\n"
    source += "for _ in range(500):\n    open('data').close()\nprint(time.process_time() - began)\n"
    watched = run(tmp_path / "script", source)
    assert float(watched.out) < 1  # a second is enough to hash it some forty times
    assert {file.digest for file in watched.all(File, action="read")} == {hashlib.sha256(bytes(30_000_000)).hexdigest()}


LIBRARY = """
import threading
from concurrent.futures import ThreadPoolExecutor
import numpy as np
def in_a_thread():
    made = []
    thread = threading.Thread(target=lambda: made.append(np.random.default_rng()))
    thread.start()
    thread.join()
    return made[0]
def each(function, values, n_jobs=2):
    with ThreadPoolExecutor(n_jobs) as pool:
        return list(pool.map(function, values))
"""


def _with_a_library(tmp_path: Path, text: str) -> Run:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "lib.py").write_text(LIBRARY)
    return run(tmp_path / "script", text, environment={"PYTHONPATH": f"{LEAN}{os.pathsep}{folder}"})


def test_what_a_librarys_thread_makes_is_of_the_line_that_started_it(tmp_path: Path) -> None:
    seen = _with_a_library(tmp_path, "import lib\n\nlib.in_a_thread()\n")
    births = [one for one in seen.all(Birth) if one.source == "generators"]
    assert [(one.site and one.site.line, one.thread) for one in births] == [(3, "other")]


def test_how_many_workers_there_are_is_said_by_the_librarys_own_argument(tmp_path: Path) -> None:
    text = "import lib\nfrom concurrent.futures import ThreadPoolExecutor\n"
    seen = _with_a_library(tmp_path, f"{text}lib.each(str, [1, 2])\nThreadPoolExecutor(2).shutdown()\n")
    races = [one for one in seen.all(Race) if one.source == "order"]
    assert [(one.site and one.site.line, one.remedy) for one in races] == [(3, "n_jobs=1"), (4, "max_workers=1")]


def test_a_function_that_was_sent_to_a_worker_by_value_has_its_line(tmp_path: Path) -> None:
    # As cloudpickle sends it: the code is the script's, under a made-up name of a file.
    text = """
        import random
        def draw():
            return random.random()
        def other(code):
            exec(compile(code, "<dynamic-code>", "exec"), space := {})
            return space
        other(open(__file__).read().split("def other")[0])["draw"]()
        other("import random\\n\\n\\ndef draw():\\n    return random.random()\\n")["draw"]()
    """
    seen = run(tmp_path / "script", textwrap.dedent(text).lstrip())
    assert seen.status == 0, seen.err
    drew = [one for one in seen.all(Draw) if one.source == "python"]
    # The second has its name in no such line of the script: the line that called it stands for it.
    assert [one.site and one.site.line for one in drew] == [3, 8]


def test_a_seed_made_of_a_drawn_number_of_numpys_own_kind_is_known_again(tmp_path: Path) -> None:
    draws = "import numpy as np\ns = np.random.randint(1000, 2**31, size=3, dtype='u8')\n"
    seen = run(tmp_path / "script", f"{draws}np.random.RandomState(int(s[1]))\nnp.random.RandomState(5)\n")
    drawn = [one.n for one in seen.all(Draw) if one.source == "numpy"]
    assert [one.derived for one in seen.all(Seed) if one.source == "generators"] == [drawn[0], None]
