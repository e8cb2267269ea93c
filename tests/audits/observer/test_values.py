"""What the observer looks at in a person's own lines, in scripts of pure Python and NumPy."""

import sys
from pathlib import Path
from typing import Any

import pytest
from watching import Run, run

from repro.audits.observer import values
from repro.audits.observer.format import Hook, Value

SCRIPT = """\
import random
import numpy as np
def double(numbers, times=2):
    made = [number * times for number in numbers]
    return made
def counted(most):
    for number in range(most):
        yield number
class Net:
    def __init__(self, size):
        self.weights = np.zeros(size)
    def step(self):
        self.weights += 1
        return self.weights.sum()
net = Net(3)
for turn in range(100):
    loss = net.step()
print(double([1, 2]), list(counted(3)), loss)
try:
    double(None)
except TypeError as error:
    failed = str(error)
print(failed)
"""


def seen(found: Run, line: int, **wanted: Any) -> list[dict[str, str]]:
    """The names and values seen in the visits of a line."""
    return [{one[0]: one[2] for one in value.names} for value in found.all(Value, line=line, **wanted)]


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("looked") / "project", SCRIPT, look=True)


def test_the_script_runs_as_it_does_without(looked: Run, tmp_path: Path) -> None:
    plain = run(tmp_path / "project", SCRIPT, observed=False)
    assert (looked.status, looked.out, looked.err) == (plain.status, plain.out, plain.err)
    assert looked.status == 0
    assert not [hook for hook in looked.all(Hook) if not hook.active]


def test_names_that_a_line_sets_are_seen_after_it(looked: Run) -> None:
    assert seen(looked, 4) == [{"made": "[2, 4]", "numbers": "[1, 2]", "times": "2"}]
    assert seen(looked, 5) == [{"what it returns": "[2, 4]", "made": "[2, 4]"}]


def test_a_value_that_a_method_changes_is_seen_in_the_line_that_names_it(looked: Run) -> None:
    first, second = looked.all(Value, line=13)[:2]
    assert first.names[0][0] == second.names[0][0] == "self"
    assert first.names[0][1] != second.names[0][1]


def test_a_line_is_looked_at_in_its_first_visits_and_then_at_powers_of_two(looked: Run) -> None:
    assert [value.visit for value in looked.all(Value, line=17)] == [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64]
    assert seen(looked, 17)[-1] == {"loss": "192.0", "net": "<Net>"}


def test_what_a_generator_yields_is_seen_and_it_is_not_advanced(looked: Run) -> None:
    assert [one["what it yields"] for one in seen(looked, 8)] == ["0", "1", "2"]


def test_a_line_that_raises_has_no_values_and_those_after_it_have(looked: Run) -> None:
    assert len(looked.all(Value, line=4)) == 1  # of two calls
    assert seen(looked, 22)[0]["failed"] == repr("'NoneType' object is not iterable")


def test_nothing_of_a_library_is_looked_at(looked: Run) -> None:
    assert {value.site.file for value in looked.all(Value)} == {"train.py"}


def test_lines_of_threads_are_looked_at_and_told_apart(tmp_path: Path) -> None:
    script = "import threading\ndef work(n):\n    m = n + 1\nt = threading.Thread(target=work, args=(4,))\n"
    script += "t.start()\nt.join()\n"
    found = run(tmp_path / "project", script, look=True)
    assert seen(found, 3, thread="other") == [{"m": "5", "n": "4"}]
    assert not found.all(Value, line=3, thread="main")


def test_a_process_that_the_script_starts_is_not_looked_at(tmp_path: Path) -> None:
    script = "import os\nx = 1\nif not os.fork():\n    y = 2\n    os._exit(0)\nos.wait()\nz = 3\n"
    found = run(tmp_path / "project", script, look=True)
    assert not found.all(Value, line=4)
    assert seen(found, 7) == [{"z": "3"}]


def test_what_locals_gave_is_left_as_it_was(tmp_path: Path) -> None:
    script = "def f():\n    a = 1\n    held = locals()\n    b = 2\n    c = 3\n    return sorted(held)\nprint(f())\n"
    found = run(tmp_path / "project", script, look=True)
    if sys.version_info >= (3, 12):
        assert found.out == "['a']\n"
    assert found.status == 0


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later versions let several tools watch")
def test_the_scripts_own_tracer_takes_our_place_and_that_is_said(tmp_path: Path) -> None:
    script = """\
import sys
x = 1
seen = []
def tracer(frame, event, argument):
    seen.append(frame.f_code.co_name)
sys.settrace(tracer)
def f():
    return 2
f()
sys.settrace(None)
print(seen)
"""
    found = run(tmp_path / "project", script, look=True)
    assert found.out == "['f']\n"
    assert found.all(Value, line=2)
    assert not found.all(Value, line=9)
    assert [hook.why for hook in found.all(Hook, name=values.NAME, active=False)] == [
        "the script sets a tracer of its own, as a debugger does"
    ]


def test_a_second_run_in_the_process_is_counted_anew() -> None:
    codes = values._Code((lambda: 1).__code__)
    codes.visits[1] = 5
    looking = values._Looking.__new__(values._Looking)
    looking.codes, looking.records = {1: codes}, 7
    looking._again()
    assert not codes.visits
    assert looking.records == 0


def test_it_ends_after_so_many_records_and_that_is_said(tmp_path: Path) -> None:
    count = values.MAX_RECORDS + 10
    source = "".join(f"x{number % 7} = {number}\n" for number in range(count)) + "print(x3)\n"
    found = run(tmp_path / "project", source, look=True)
    assert found.out == f"{max(number for number in range(count) if number % 7 == 3)}\n"
    assert len(found.all(Value)) == values.MAX_RECORDS
    assert [hook.why for hook in found.all(Hook, name=values.NAME, active=False)] == [
        f"more than {values.MAX_RECORDS:,} lines were looked at: those after them were not"
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a = b + c", {"a": True, "b": False, "c": False}),
        ("a += b", {"a": True, "b": False}),
        ("a.x = b[0]", {"a": False, "b": False}),
        ("for a in b: pass", {"a": True, "b": False}),
        ("import sys", {"sys": True}),
    ],
)
def test_the_names_of_a_line(code: str, expected: dict[str, bool]) -> None:
    assert dict(values._names_by_line(compile(code, "x", "exec"))[1]) == expected


LAZY = """\
import io, sys
import numpy as np
import tensorflow as tf
tf.keras.utils.set_random_seed(3)
numbers = (number * 2 for number in range(5))
pairs = zip([1, 2, 3], [4, 5, 6])
data = tf.data.Dataset.range(6).shuffle(6).batch(2)
batches = iter(data)
made = tf.data.Dataset.from_generator(lambda: iter([1, 2, 3]), output_types=tf.int64)
text = io.StringIO("one\\ntwo\\n")
with open(__file__) as file:
    for turn in range(2):
        line = file.readline()
        both = (numbers, pairs, batches, file, text)
    print(repr(line), list(numbers), list(pairs), text.readline())
print([batch.numpy().tolist() for batch in batches], [one.numpy() for one in made])
model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(4), tf.keras.layers.Dropout(0.5)])
model.compile("adam", "mse")
log = model.fit(np.ones((8, 3), "float32"), np.zeros((8, 4), "float32"), epochs=2, verbose=0)
print(log.history["loss"], [weight.tobytes().hex() for weight in model.get_weights()])
"""


def test_nothing_is_consumed_and_no_bit_changes(tmp_path: Path) -> None:
    plain = run(tmp_path / "plain", LAZY, observed=False)
    found = run(tmp_path / "project", LAZY, look=True)
    assert plain.status == 0, plain.err
    assert (found.status, found.out) == (0, plain.out)
    shown = {name[0]: name[2] for value in found.all(Value) for name in value.names}
    assert shown["numbers"] == "<generator>"
    assert shown["pairs"] == "<zip>"
    assert "arrays of weights" in shown["model"]
