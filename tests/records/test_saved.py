"""Saved pairs: there and back to the last bit; whatever else is read is refused in a line."""

import contextlib
import csv
import hashlib
import importlib.metadata
import io
import json
import math
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import EIGHT_STEPS, experiments, history, refusal

from repro.experiment.conditions import Conditions
from repro.experiment.errors import RecordError
from repro.experiment.experiment import Experiment
from repro.history.history import Epoch, History
from repro.records import saved
from repro.records.saved import Saved
from repro.server import visits
from repro.verdicts.control import Control, ControlState

ARRAYS = ("loss", "accuracy", "batch", "weights")
PLAIN = ("experiment", "environment", "epochs", "initial_weights", "batch_order", "final_weights", "predictions",
         "training_seconds", "moved", "steps_done", "dropout_masks")  # fmt: skip


def finished(experiment: Experiment = EIGHT_STEPS, **changes: Any) -> History:
    numbers = np.random.RandomState(5).uniform(size=(experiment.epochs, 4)).astype(np.float32)
    epochs = [
        Epoch(epoch=number, loss=loss, accuracy=accuracy, test_loss=test_loss, test_accuracy=test_accuracy)
        for number, (loss, accuracy, test_loss, test_accuracy) in enumerate(numbers, start=1)
    ]
    values: dict[str, Any] = {
        "environment": {"python": "3.11.7", "processor": "Intel(R)"},
        "epochs": epochs,
        "initial_weights": "1a" * 32,
        "batch_order": "2b" * 32,
        "final_weights": "3c" * 32,
        "predictions": "0123456789" * 1000,
        "training_seconds": 0.25,
    }
    return history(experiment, **values | changes)


def pair(**changes: Any) -> Saved:
    b = finished(replace(EIGHT_STEPS, conditions=Conditions(one_bit=True)), initial_weights="1b" * 32, **changes)
    b.moved = {"row": 14, "column": 16, "unit": 0, "before": 0.5, "after": 0.50000006}
    return Saved("one-bit", finished(), b, Control(state=ControlState.SAME, steps_compared=8))


WRITTEN = saved.write(pair())


def changed(**values: Any) -> bytes:
    """A file whose fields are changed, with the checksum that fits."""
    content = {name: value for name, value in json.loads(WRITTEN).items() if name != "sha256"} | values
    return signed(content)


def signed(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, separators=(",", ":"))
    return f'{text[:-1]},"sha256":"{hashlib.sha256(text.encode()).hexdigest()}"}}'.encode()


def same(a: History, b: History) -> None:
    for name in ARRAYS:
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes()
    for name in PLAIN:
        assert getattr(a, name) == getattr(b, name), name


def test_a_pair_comes_back_to_the_last_bit() -> None:
    back = saved.read(WRITTEN.encode())
    assert (back.twist, back.control.state) == ("one-bit", ControlState.SAME)
    same(back.a, pair().a)
    same(back.b, pair().b)
    assert saved.write(back) == WRITTEN
    assert saved.read(changed()).control.repeats is True  # the helper's own checksum fits


@given(experiments(), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6))
def test_any_finished_pair_comes_back(experiment: Experiment, losses: list[int]) -> None:
    """Any 32 bits are a float32, or one of the many NaN."""
    if experiment.total_steps > 500:
        experiment = replace(experiment, epochs=1, images=8, batch_size=3)
    a, b = finished(experiment), finished(experiment)
    b.loss.view(np.uint32)[: len(losses)] = losses[: len(b.loss)]
    back = saved.read(saved.write(Saved("none", a, b)).encode())
    same(back.a, a)
    same(back.b, b)


def test_the_digest_of_dropout_masks_is_in_a_file_only_where_there_is_dropout() -> None:
    dropped = finished(replace(EIGHT_STEPS, dropout=0.5), dropout_masks="4d" * 32)
    text = saved.write(Saved("none", dropped, dropped))
    assert saved.read(text.encode()).a.dropout_masks == "4d" * 32
    without = finished(replace(EIGHT_STEPS, dropout=0.5))  # as a program wrote it that did not record them
    assert saved.read(saved.write(Saved("none", without, without)).encode()).a.dropout_masks is None
    assert "dropout_masks" not in WRITTEN
    assert "damaged" in refusal(lambda: saved.read(edited(lambda a: a[-1].update(dropout_masks="4d" * 32))))


def test_the_masks_of_each_step_are_in_a_file_where_there_is_dropout() -> None:
    experiment = replace(EIGHT_STEPS, dropout=0.5)
    a, b = (finished(experiment, masks=np.arange(8) + 2**52 + number) for number in range(2))
    back = saved.read(saved.write(Saved("none", a, b)).encode())
    assert back.a.masks is not None
    assert back.a.masks.tolist() == list(range(2**52, 2**52 + 8))
    assert json.loads(saved.write(back))["verdict"]["first_difference"] == {"step": 0, "quantity": "masks"}
    assert "masks" in saved.metrics_csv(back).splitlines()[0]


def test_masks_without_dropout_are_refused() -> None:
    assert "damaged" in refusal(lambda: saved.read(edited(lambda a: a[2].update(masks=list(range(8))))))


def test_a_record_of_version_2_still_opens_and_has_no_masks_of_steps() -> None:
    assert saved.read(changed(version=2)).a.masks is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON"),
        (WRITTEN[:-1].encode(), "truncated"),
        (WRITTEN[: len(WRITTEN) // 2].encode(), "truncated"),
        (WRITTEN.encode("utf-16"), "UTF-8"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[" * 100_000, "holds more than"),
        (b'{"a":' * 100_000, "holds more than"),
        (b"[" * 900, "not JSON"),
        (b"[" + b"[]," * 6_300_000 + b"[]]", "holds more than"),
        (b"[" + b"0," * 9_000_000 + b"0]", "holds more than"),
        (b'{"loss":[' + b"9" * 41 + b"]}", "holds more than"),
        (b'{"format":"' + b"x" * 2**20 + b'"}', "holds more than"),
        (b"[" + b"9" * 10_000 + b"]", "not JSON"),
        (b"NaN", "not JSON"),
        (b"[]", "not a record of this program"),
        (b"{}", "not a record of this program"),
        (changed(version=4), "1, 2 and 3"),
        (changed(version="1"), "1, 2 and 3"),
        (changed(version=True), "1, 2 and 3"),
        (json.dumps(json.loads(WRITTEN)).encode(), "SHA-256 does not fit"),
        (WRITTEN.replace("3c3c", "3d3c").encode(), "damaged"),
        (WRITTEN.replace('"loss":[', '"loss":[NaN,').encode(), "not JSON"),
        (changed(extra=1), "damaged"),
        (changed(twist="magic"), "damaged"),
        (changed(repeats="yes"), "damaged"),
        (changed(a=[]), "damaged"),
        (changed(a=None), "damaged"),
        (changed(b=[{}] * 6), "damaged"),
        (b" " * (20 * 2**20 + 1), "larger than 20 MB"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(len(value)),
)
def test_what_is_no_record_is_refused_in_a_line(data: bytes, words: str) -> None:
    assert words in refusal(lambda: saved.read(data))


def edited(change: Any, run: str = "a") -> bytes:
    """A file of which `change` has edited one run's events, signed again."""
    content = {name: value for name, value in json.loads(WRITTEN).items() if name != "sha256"}
    change(content[run])
    return signed(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a[0]["experiment"].update(images=60_000, epochs=100, batch_size=6),  # a million steps
        lambda a: a[0]["experiment"].update(program="rm -rf"),
        lambda a: a[0]["environment"].update(python=3),
        lambda a: a[0]["environment"].update(python="\x1b[2J"),
        lambda a: a[0]["environment"].update(python="x" * 1000),
        lambda a: a[1].update(initial_weights="../../etc/passwd"),
        lambda a: a[1].update(moved={"row": "<script>"}),
        lambda a: a[2].update(first=1),
        lambda a: a[2]["loss"].append(1.0),
        lambda a: a[2]["loss"].__setitem__(0, "1_0"),
        lambda a: a[2]["loss"].__setitem__(0, True),
        lambda a: a[2]["loss"].__setitem__(0, 1e300),
        lambda a: a[2]["loss"].__setitem__(0, 10**39),
        lambda a: a[2]["batch"].__setitem__(0, 0.5),
        lambda a: a[2]["weights"].__setitem__(0, -1),
        lambda a: a[2]["weights"].__setitem__(0, 2**63),
        lambda a: a[3].update(epoch=2),
        lambda a: a[3].update(loss=None),
        lambda a: a[-1].update(predictions="x" * 10_000),
        lambda a: a[-1].update(final_weights=None),
        lambda a: a[-1].update(training_seconds=[[]]),
        lambda a: a[-1].update(event="failed", message="no"),
        lambda a: a.pop(),
        lambda a: a.insert(1, a[1]),
        lambda a: a.reverse(),
    ],
)
def test_a_run_that_no_worker_reported_is_refused_even_with_a_checksum_that_fits(change: Any) -> None:
    assert "damaged" in refusal(lambda: saved.read(edited(change)))


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b[1]["moved"].pop("row"),
        lambda b: b[1]["moved"].update(x=1),
        lambda b: b[1].pop("moved"),
        lambda b: b[0]["experiment"].update(seed=9),
        lambda b: b[0]["experiment"].update(program="keras"),
        lambda b: b[0]["experiment"]["conditions"].update(xla=True),
        lambda b: b[0]["experiment"]["conditions"].update(one_bit=False),
        lambda b: b[0]["environment"].update({f"row {number}": "" for number in range(50)}),
    ],
)
def test_a_run_b_that_its_twist_does_not_make_is_refused(change: Any) -> None:
    assert "damaged" in refusal(lambda: saved.read(edited(change, "b")))


@pytest.mark.parametrize(
    "verdict",
    [
        {"identical": True},
        {"first_difference": None},
        {"first_difference": {"step": 1, "quantity": "initial_weights"}},
        {"first_loss_difference": 3},
        {"largest_loss_difference": 0.5},
        {"test_disagreements": 7},
    ],
)
def test_a_verdict_that_does_not_follow_from_the_runs_is_refused(verdict: dict[str, Any]) -> None:
    written = json.loads(WRITTEN)["verdict"]
    assert saved.read(changed(verdict=written)).twist == "one-bit"
    assert "damaged" in refusal(lambda: saved.read(changed(verdict=written | verdict)))
    assert "damaged" in refusal(lambda: saved.read(changed(verdict={})))


def test_a_list_that_stands_for_two_is_refused() -> None:
    """In the middle of reading, a list's place in the file stands for it."""
    data = edited(lambda a: a[2].update(accuracy=0)).replace(b'"batch":[', b'"x":1,"batch":[', 1)
    assert "SHA-256" in refusal(lambda: saved.read(data))
    assert "damaged" in refusal(lambda: saved.read(edited(lambda a: a[2].update(accuracy=0))))


def test_what_is_added_to_experiments_has_its_default_in_older_files(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Later(Experiment):
        momentum: float = 0.5

    monkeypatch.setattr(saved, "Experiment", Later)
    found = saved.read(WRITTEN.encode())
    assert isinstance(found.a.experiment, Later)
    assert found.a.experiment.momentum == 0.5
    without_a_seed = edited(lambda a: a[0]["experiment"].pop("seed"))
    assert "damaged" in refusal(lambda: saved.read(without_a_seed))
    unknown = edited(lambda a: a[0]["experiment"].update(nesterov=True))
    assert "damaged" in refusal(lambda: saved.read(unknown))


def test_jsonschema_comes_with_what_is_required() -> None:
    assert any(re.match(r"jsonschema\b", requirement) for requirement in importlib.metadata.requires("altair") or [])


def longest_pause(work: Callable[[], object]) -> float:
    """The most seconds of processor time that `work` took on its thread while another one waited for its turn. Time in
    which the machine did something else does not count."""
    longest, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal longest
        before = time.process_time()
        while not ended.is_set():
            time.sleep(0.001)
            now = time.process_time()
            longest, before = max(longest, now - before), now

    watcher = threading.Thread(target=watch)
    watcher.start()
    with contextlib.suppress(ValueError):
        work()
    ended.set()
    watcher.join()
    return longest


@pytest.fixture
def no_search_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner of visits that a simulated page leaves in this process (AppTest) searches all that the tests have
    imported once a minute, for 0.4 s in which no other thread runs."""
    monkeypatch.setattr(visits, "TIDY_SECONDS", math.inf)


def test_a_pause_of_all_other_threads_is_seen() -> None:
    at_once = b"[" + b"[]," * 500_000 + b"[]]"
    assert longest_pause(lambda: json.loads(at_once)) > longest_pause(lambda: saved.read(at_once))


@pytest.fixture(scope="module")
def longest_record() -> bytes:
    """As many steps as a record may have, each of as many bytes as one may take."""
    longest = finished(Experiment(images=1500, batch_size=1, epochs=100))
    longest.loss.view(np.uint32)[:] = 0x7FC00001
    longest.accuracy[:] = np.float32(-1.1754944e-38)
    longest.batch[:] = longest.weights[:] = 2**53 - 1
    return saved.write(Saved("none", longest, longest)).encode()


def test_the_longest_record_that_is_written_can_be_read(longest_record: bytes) -> None:
    assert 0.95 * saved.MAX_BYTES < len(longest_record) < saved.MAX_BYTES
    assert saved.read(longest_record).experiment.total_steps == saved.MAX_STEPS
    too_long = finished(Experiment(images=1501, batch_size=1, epochs=100))
    assert "150,000 steps" in refusal(lambda: saved.write(Saved("none", too_long, too_long)))


@pytest.mark.usefixtures("no_search_for_garbage")
@pytest.mark.parametrize("name", ["the longest record", "brackets", "keys", "floats", "long numbers", "one text"])
def test_whatever_is_read_other_threads_go_on(longest_record: bytes, name: str) -> None:
    """A click elsewhere must not wait for half a second: parsing the first two at once stops all threads for longer."""
    size = 19 * 2**20
    data = {
        "the longest record": lambda: longest_record,
        "brackets": lambda: b"[" + b"[]," * (size // 3) + b"[]]",
        "keys": lambda: b"{" + b",".join(b'"%07d":0' % number for number in range(size // 12)) + b"}",
        "floats": lambda: b'{"loss":[' + b"0.123456789012345," * (size // 19) + b"0]}",
        "long numbers": lambda: b'{"loss":[' + (b"9" * 4000 + b",") * (size // 4001) + b"0]}",
        "one text": lambda: b'{"format":"' + b"x" * size + b'"}',
    }[name]()
    assert longest_pause(lambda: saved.read(data)) < 0.4


@pytest.mark.usefixtures("no_search_for_garbage")
def test_while_the_longest_record_is_written_other_threads_go_on() -> None:
    longest = finished(Experiment(images=1500, batch_size=1, epochs=100))
    assert longest_pause(lambda: saved.write(Saved("none", longest, longest))) < 0.4


def test_a_run_a_is_unmodified() -> None:
    touched = finished(replace(EIGHT_STEPS, conditions=Conditions(threads=256)))
    assert "damaged" in refusal(lambda: saved.read(saved.write(Saved("none", touched, touched)).encode()))


def test_a_pair_of_an_older_processor_s_instructions_is_read_on_any_machine() -> None:
    b = finished(replace(EIGHT_STEPS, conditions=Conditions(instructions="AVX2")))
    assert saved.read(saved.write(Saved("avx2", finished(), b)).encode()).twist == "avx2"


def mutated(numbers: random.Random, value: Any) -> Any:
    """`value` with something in it replaced, dropped or doubled, somewhere."""
    junk: list[Any] = [
        None,
        True,
        -1,
        2**64,
        1e400,
        "",
        "NaN",
        "\u202e",
        [],
        {},
        [[[]]],
        {"event": "steps"},
        0.1,
        "9" * 70,
    ]
    if isinstance(value, dict) and value and numbers.random() < 0.9:
        key = numbers.choice(list(value))
        return value | {key: mutated(numbers, value[key])}
    if isinstance(value, list) and value and numbers.random() < 0.9:
        place = numbers.randrange(len(value))
        return numbers.choice([
            [*value[:place], mutated(numbers, value[place]), *value[place + 1 :]],
            value[:place],
            [*value, value[place]],
        ])  # fmt: skip
    return numbers.choice(junk)


def test_mutated_records_are_refused_or_read_as_what_they_say() -> None:
    numbers = random.Random(4)
    content = {name: value for name, value in json.loads(WRITTEN).items() if name != "sha256"}
    refused = read = 0
    for _ in range(400):
        other = mutated(numbers, content)
        try:
            data = signed(other) if isinstance(other, dict) else json.dumps(other).encode()
            back = saved.read(data)
        except RecordError as error:
            words = str(error)
            refused += words.startswith("this record cannot be opened: ") and "\n" not in words
        else:
            read += 1
            again = saved.read(saved.write(back).encode())
            same(again.a, back.a)
            same(again.b, back.b)
    assert refused + read == 400
    assert refused > 300


@pytest.mark.parametrize(("before", "after"), [(1.5, 0.5), ("NaN(0x7fc00001)", 0.5), (0.5, 0.5), (0.5, "Infinity")])
def test_a_weight_that_cannot_have_been_flipped_is_refused(before: float | str, after: float | str) -> None:
    content = json.loads(WRITTEN)
    content.pop("sha256")
    for event in content["b"]:
        if event["event"] == "initialized":
            event["moved"] |= {"before": before, "after": after}
    assert "cannot be opened" in refusal(lambda: saved.read(signed(content)))


def test_mutated_bytes_are_refused() -> None:
    numbers = random.Random(5)
    for _ in range(200):
        data = bytearray(WRITTEN.encode())
        for _ in range(numbers.randrange(1, 4)):
            data[numbers.randrange(len(data))] = numbers.randrange(256)
        if bytes(data) != WRITTEN.encode():
            refusal(lambda data=bytes(data): saved.read(data))  # type: ignore[misc]


def test_every_step_is_in_the_csv() -> None:
    found = pair()
    rows = list(csv.DictReader(io.StringIO(saved.metrics_csv(found))))
    assert len(rows) == 16
    for name, run in (("A", found.a), ("B", found.b)):
        mine = [row for row in rows if row["run"] == name]
        assert [int(row["step"]) for row in mine] == list(range(8))
        assert np.array([row["loss"] for row in mine], np.float32).tobytes() == run.loss.tobytes()
        assert [int(row["weights"]) for row in mine] == run.weights.tolist()


def test_a_record_of_version_1_made_before_the_rooms_still_opens() -> None:
    path = Path(__file__).parents[1] / "data" / "record-of-version-1.json"
    found = saved.read(path.read_bytes())
    assert found.twist == "one-bit"
    assert found.experiment.steps == ("tensorflow", "initializers")
    assert (found.a.fingerprints, found.a.epochs[0].epoch_weights) == (1, None)
    assert saved.read(saved.write(found).encode()).b.fingerprints == 1
    assert found.a.final_weights == "fe350a3033815c035c939b929e4a97ceefbc8ceade7deae46642f38d982943a0"
