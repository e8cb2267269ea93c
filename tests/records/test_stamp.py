"""Environment stamps: the rows that differ, and none else."""

from repro.records import stamp

HERE = {"python": "3.11.7", "numpy": "2.4.6", "threads": "1"}


def test_rows_that_differ_are_named_with_both_values() -> None:
    there = {"python": "3.12.1", "numpy": "2.4.6", "XLA": "not used"}
    assert stamp.differing(there, HERE) == {
        "python": ("3.12.1", "3.11.7"),
        "XLA": ("not used", "–"),
        "threads": ("–", "1"),
    }
    assert stamp.lines(there, HERE)[1] == "  python: 3.12.1 there, 3.11.7 here"


def test_equal_stamps_are_said_to_be() -> None:
    assert stamp.differing(HERE, dict(HERE)) == {}
    assert len(stamp.lines(HERE, dict(HERE))) == 1
