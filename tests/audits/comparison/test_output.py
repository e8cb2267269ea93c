import re
import time

import pytest

from repro.audits.comparison.output import Difference, Differing, Names, difference, lines_of, same

A = Names(
    ["/tmp/1/folder"],
    frozenset({4711}),
    ["9b241101e2bb42558caf4136c566a963", "tmpab12cd_3"],
    [(0x7F0000000000, 0x7F1000000000)],
)
B = Names(
    ["/tmp/2/folder"],
    frozenset({4799}),
    ["12345678123442558caf4136c566a962", "tmpzz99_abc"],
    [(0x7E0000000000, 0x7E1000000000)],
)


def differing(a: str, b: str, ignore: str | None = None) -> dict[tuple[str, int], tuple[str | None, str | None]]:
    found = Differing()
    difference("out", a, b, (A, B), found, None if ignore is None else re.compile(ignore))
    return found.lines


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("loss 0.5\n", "loss 0.5\n"),
        ("run 9b241101-e2bb-4255-8caf-4136c566a963", "run 12345678-1234-4255-8caf-4136c566a962"),
        ("run 9b241101 of 3", "run 12345678 of 3"),
        ("in tmpab12cd_3/x and model-tmpab12cd_3", "in tmpzz99_abc/x and model-tmpzz99_abc"),
        ("saved in /tmp/1/folder/x.npy", "saved in /tmp/2/folder/x.npy"),
        ("pid 4711 and 4711", "pid 4799 and 4799"),
        ("<function f at 0x7f00a2345678>", "<function f at 0x7e00a2340000>"),
        (f"id {0x7F00A2345678}", f"id {0x7E00A2345678}"),
        ("   4711 |  1", " 4799 | 1"),
        ("E0000 00:00:1764.1 12 cuda.cc\nloss 1", "loss 1"),
        ("2026-11-25 13:26:06.123456: I tensorflow/core/x.cc:1] hello\nloss 1", "loss 1"),
        ("\r\x1b[1m 1/63\x1b[0m 1:02 - loss: 2.4\b\b\b\r63/63 - loss: 0.5\n", "\r63/63 - loss: 0.5\n"),
    ],
)
def test_what_a_run_has_to_itself_is_no_difference(a: str, b: str) -> None:
    assert differing(a, b) == {}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("took 3.25", "took 4.75"),  # whether it comes from the clock a further run says
        ("12:03:04", "12:03:05"),
        ("model checksum 9b241101e2bb42558caf4136c566a964", "model checksum 12345678123442558caf4136c566a960"),
        ("9b24 of the first id", "tmpz of another"),
        ("4711", "4712"),
        ("4710", "4799"),
        ("0x7f00a2345678", "0x7f00a2345679"),  # an address of run A's in both
        ("sum 9.000000000000001", "sum 9.000000000000002"),
        ("a", "a\nb"),
        ("I1125 13:26:06.123456 12 train.py:7] loss 0.1", "I1125 13:26:06.123456 12 train.py:7] loss 0.2"),
    ],
)
def test_all_else_that_differs_is_a_difference(a: str, b: str) -> None:
    assert len(differing(a, b)) == 1


def test_lines_that_a_person_knows_better_are_ignored() -> None:
    assert differing("a 1\nb 2", "a 1\nb 3\n", ignore="^b ") == {}
    assert differing("a 1\nb 2", "a 2\nb 3\n", ignore="^b ") == {("out", 0): ("a 1", "a 2")}


def test_the_first_difference_is_told_with_its_file() -> None:
    found = Differing(
        {("metrics.json", 3): ("1", None), ("standard output", 0): ("x", "y"), ("model.pkl", -1): ("p", "q")}
    )
    assert found.first() == Difference("in the file metrics.json: 1", "in the file metrics.json: nothing more")
    assert found.first([("standard output", 0)]) == Difference("x", "y")
    assert found.first([("model.pkl", -1)]) == Difference("model.pkl: p", "model.pkl: q")
    assert found.first([]) is None


def test_long_lines_take_a_time_in_proportion_to_their_length() -> None:
    began = time.process_time()
    assert not same("1 a:" * 100_000, "1 a;" * 100_000, (A, B))
    assert lines_of("x\r" * 500_000) == ["x"]
    assert time.process_time() - began < 5
