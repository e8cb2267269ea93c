"""The digests of values: what they tell apart, what they are equal for, and that nothing is done to what is read."""

import array
import collections
import datetime
import enum
import io
import itertools
import random
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from repro.audits.observer import digest_walk
from repro.audits.observer.digests import Digest, digest


def of(value: Any) -> str:
    made = digest(value)
    assert isinstance(made, Digest)
    return made.digest


@dataclass
class Point:
    x: int
    held: list[int] = field(default_factory=list)


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a: int) -> None:
        self.a = a


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Hostile:
    """Whatever is asked of it is an error: nothing may be asked."""

    def __init__(self, value: int) -> None:
        self.value = value

    def _refuse(self, *_: Any) -> Any:
        raise AssertionError("a method of the person's was called")

    __repr__ = __str__ = __eq__ = __hash__ = __iter__ = __len__ = __bool__ = _refuse
    __getitem__ = __contains__ = __next__ = __array__ = __index__ = __float__ = __reduce__ = _refuse

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"{name} was looked up")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was looked up")

    @property
    def computed(self) -> int:
        raise AssertionError("a property was read")


class HostileList(list):  # type: ignore[type-arg]
    __iter__ = __len__ = __getitem__ = __repr__ = __eq__ = __contains__ = Hostile._refuse


class HostileDict(dict):  # type: ignore[type-arg]
    __iter__ = __len__ = __getitem__ = __repr__ = __eq__ = items = keys = Hostile._refuse


class HostileText(str):
    __iter__ = __len__ = __getitem__ = __repr__ = __str__ = Hostile._refuse


def reordered(*keys: str) -> dict[str, int]:
    return dict.fromkeys(keys, 0)


DIFFERENT = [
    (1, 2),
    (1, True),
    (1, 1.0),
    (0.0, -0.0),
    (0.1 + 0.2, 0.3),
    ("a", b"a"),
    (10**5000, 10**5000 + 1),
    ([1, 2], [2, 1]),
    ([1, 2], (1, 2)),
    ([[1], [2]], [[1, 2]]),
    ([1, None], [1]),
    (reordered("a", "b"), reordered("b", "a")),
    (collections.Counter("ab"), collections.Counter("aab")),
    (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
    (collections.deque([1, 2]), collections.deque([2, 1])),
    (Point(1), Point(2)),
    (Point(1, [1, 2]), Point(1, [2, 1])),
    (Slots(1), Slots(2)),
    (Colour.RED, Colour.BLUE),
    (types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)),
    (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, microsecond=1)),
    (Path("a"), Path("b")),
    (random.Random(1), random.Random(2)),
    (np.random.default_rng(1), np.random.default_rng(2)),
    (np.random.RandomState(1), np.random.RandomState(2)),
    (np.arange(5), np.arange(5)[::-1]),
    (np.arange(6), np.arange(6).reshape(2, 3)),
    (np.arange(6), np.arange(6, dtype="int32")),
    (np.array([0.0]), np.array([-0.0])),
    (np.float32(1), np.float64(1)),
    (np.array([[1], "a"], dtype=object), np.array([[2], "a"], dtype=object)),
    (np.ma.array([1, 2], mask=[False, True]), np.ma.array([1, 2], mask=[True, False])),
    (array.array("i", [1, 2]), array.array("i", [2, 1])),
    (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [2, 1]})),
    (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2]}, index=[1, 0])),
    (pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"b": [1], "a": [1]})),
    (pd.Series(["x", "y"]), pd.Series(["y", "x"])),
    (pd.Series(["x", "y"], dtype="category"), pd.Series(["y", "x"], dtype="category")),
    (pd.Timestamp(1), pd.Timestamp(2)),
    (Hostile(1), Hostile(2)),
    (HostileList([1]), HostileList([2])),
    (HostileDict(a=1), HostileDict(a=2)),
    (HostileText("a"), HostileText("b")),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=[str(number) for number in range(len(DIFFERENT))])
def test_what_differs_has_other_digests(one: Any, other: Any) -> None:
    assert of(one) != of(other)
    assert of(one) == of(one)
    assert of([one, 5]) != of([other, 5])


def test_equal_values_made_anew_have_equal_digests() -> None:
    def made() -> list[Any]:
        frame = pd.DataFrame({"a": np.arange(5), "b": list("vwxyz"), "c": pd.Categorical(list("aabba"))})
        frame["d"] = frame["a"] / 3
        big = {"x": np.linspace(0, 1, 10_000).reshape(100, 100).T, "y": [Point(1, [2]), Slots(3), None, "ä\ud800"]}
        return [frame, frame.groupby("c").mean(numeric_only=True), big, set(range(100)), np.random.default_rng(3)]

    assert of(made()) == of(made())


def test_the_order_in_which_a_set_is_walked_counts() -> None:
    one, other = {8, 0}, {0, 8}  # both fall into one place of the table: the first that came stays first
    assert list(one) != list(other)
    assert of(one) != of(other)
    assert digest(one).shown == "{8, 0}"  # type: ignore[union-attr]


def test_what_has_no_value_has_no_digest() -> None:
    assert digest(np) is digest(len) is digest(Point) is digest(of) is None


def test_a_value_that_holds_itself() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert of(value) != of([1, [1]])


def test_nothing_is_consumed(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("one\ntwo\n")
    with (tmp_path / "text").open() as file:
        lazy: list[Any] = [
            (number for number in range(3)),
            zip([1, 2], [3, 4], strict=True),
            map(str, [1, 2]),
            filter(None, [1, 2]),
            enumerate("ab"),
            iter([1, 2]),
            iter({1: 2}),
            itertools.count(),
            reversed([1, 2]),
            file,
            io.StringIO("text"),
            io.BytesIO(b"bytes"),
        ]
        before = [of(one) for one in lazy]
        assert of(lazy) == of(lazy)
        assert [of(one) for one in lazy] == before
        taken = [next(one) for one in lazy[:10]]
    assert taken == [0, (1, 3), "1", 1, (0, "a"), 1, 1, 0, 2, "one\n"]
    assert lazy[10].read() == "text"
    assert lazy[11].read() == b"bytes"


def test_a_generator_of_numbers_goes_on_as_if_it_had_not_been_read() -> None:
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    old, older = random.Random(3), random.Random(3)
    of([one, old])
    assert one.normal() == other.normal()
    assert old.random() == older.random()
    assert of(one) == of(other)


def test_a_data_frame_stays_as_it_was() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    before = {name: id(held) for name, held in vars(frame).items()}
    of(frame)
    assert {name: id(held) for name, held in vars(frame).items()} == before


def test_a_large_array_is_read_in_blocks_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_walk, "MAX_BYTES", 1 << 16)
    value = np.arange(100_000, dtype="float64").reshape(1000, 100)
    made = digest(value)
    assert made is not None
    assert not made.whole
    changed = value.copy()
    changed[0, 0] = changed[-1, -1] = 5
    assert of(changed) != made.digest
    assert digest(value[:10]).whole  # type: ignore[union-attr]


def test_a_long_list_of_objects_ends_somewhere_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_walk, "MAX_ITEMS", 100)
    made = digest([[[number]] for number in range(1000)])
    assert made is not None
    assert not made.whole


def test_parts_say_where_a_value_differs() -> None:
    one, other = (digest({"seen": list(range(100)), "w": Point(1, [2, last])}) for last in (3, 4))
    assert one is not None
    assert other is not None
    differing = [a.path for a, b in zip(one.parts, other.parts, strict=True) if a.digest != b.digest]
    assert differing == ["['w'].held[1]", "['w'].held", "['w']"]
    one, other = digest(list(range(100))), digest([*range(99), 0])
    assert one is not None
    assert other is not None
    assert [(a.path, b.shown) for a, b in zip(one.parts, other.parts, strict=True) if a.digest != b.digest] == [
        ("[98:]", "[98, 0]")
    ]


def test_a_value_looks_as_python_writes_it() -> None:
    for value in ((), (1,), (1, "a"), [], [None, 2.5], {3}, {"a": (1,)}, "it's", b"x", -0.0, 10**30):
        assert digest(value).shown == repr(value).replace("set()", "{}")  # type: ignore[union-attr]


def test_what_lies_between_the_fields_of_an_array_is_not_read() -> None:
    kind = np.dtype([("a", "f8"), ("b", "u1")], align=True)
    one, other = np.zeros(3, kind), np.frombuffer(b"\xff" * (3 * kind.itemsize), kind).copy()
    other["a"], other["b"] = 0, 0
    assert one.tobytes() != other.tobytes()
    assert of(one) == of(other)
    other["b"][1] = 1
    assert of(one) != of(other)
