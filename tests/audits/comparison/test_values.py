"""The first value that differs, in made-up traces."""

from dataclasses import replace
from typing import Any

from traces import site, trace

from repro.audits.comparison.values import Entry, entry, looked
from repro.audits.observer.format import Read, Value


def value(line: int, visit: int = 1, *, thread: str = "main", **names: str) -> Value:
    """A line with names, whose values are told by their looks alone."""
    held: list[list[Any]] = [[name, f"digest of {shown}", shown, True, []] for name, shown in names.items()]
    return Value(site=site(line), visit=visit, names=held, thread=thread)


def place(found: Entry | None) -> tuple[int, str | None, str, str, int] | None:
    return None if found is None else (found.site.line, found.name, found.a, found.b, found.visit)


def test_equal_values_are_no_difference() -> None:
    same = (value(1, a="1"), value(2, b="2"))
    assert entry(trace(*same), trace(*same)) is None
    assert looked(trace(*same))
    assert not looked(trace())


def test_the_first_in_time_counts() -> None:
    a = trace(value(1, a="1"), value(2, b="2"), value(2, 2, b="3"), value(3, c="4"))
    b = trace(value(1, a="1"), value(2, b="2"), value(2, 2, b="30"), value(3, c="40"))
    assert place(entry(a, b)) == (2, "b", "3", "30", 2)


def test_a_name_that_one_run_alone_has_is_no_difference() -> None:
    assert entry(trace(value(1, a="1")), trace(value(1, b="1"))) is None


def test_runs_that_go_on_in_different_lines() -> None:
    a, b = trace(value(1, a="1"), value(2)), trace(value(1, a="1"), value(5))
    assert place(entry(a, b)) == (1, None, "goes on to line 2", "goes on to line 5", 1)
    shorter = trace(value(1, a="1"))
    assert place(entry(a, shorter)) == (1, None, "goes on to line 2", "goes no further", 1)
    assert entry(a, shorter, so_far=True) is None


def test_a_reading_of_the_clock_counts_only_where_nothing_else_differs() -> None:
    def run(now: str, result: str) -> Any:
        read = Read(site=site(1), what="time.time")
        return trace(
            read,
            value(1, began=now),
            value(2, began=now),
            value(3, took=f"1{now}", began=now),
            value(4, x=f"[{result}]"),
        )

    found = entry(run("10.5", "1"), run("20.5", "2"))
    assert place(found) == (4, "x", "[1]", "[2]", 1)
    only = entry(run("10.5", "1"), run("20.5", "1"))
    assert place(only) == (1, "began", "10.5", "20.5", 1)
    assert only is not None
    assert only.reading


def test_what_is_made_of_a_reading_and_is_no_number_is_a_difference() -> None:
    def run(now: str) -> Any:
        return trace(Read(site=site(1), what="time.time"), value(1, now=now), value(2, weights=f"[{now}]", now=now))

    assert place(entry(run("1.0"), run("2.0"))) == (2, "weights", "[1.0]", "[2.0]", 1)


def test_the_part_that_differs_is_named() -> None:
    def run(last: str) -> Any:
        parts = [["['a']", "same", "1"], ["['b'][0]", last, last], ["['b']", last, "[…]"]]
        return trace(replace(value(1), names=[["held", last, "<Held>", True, parts]]))

    assert place(entry(run("2"), run("3"))) == (1, "held['b'][0]", "2", "3", 1)


def test_lines_of_other_threads_in_another_order_are_no_difference() -> None:
    one, other = value(7, 1, thread="other", n="1"), value(7, 2, thread="other", n="2")
    swapped = value(7, 1, thread="other", n="2"), value(7, 2, thread="other", n="1")
    assert entry(trace(one, other), trace(*swapped)) is None
    changed = entry(trace(one, other), trace(one, value(7, 2, thread="other", n="3")))
    assert place(changed) == (7, "n", "2", "3", 2)
    assert changed is not None
    assert changed.thread


def test_the_main_thread_counts_before_others() -> None:
    a = trace(value(7, thread="other", n="1"), value(9, total="1"))
    b = trace(value(7, thread="other", n="2"), value(9, total="2"))
    assert place(entry(a, b)) == (9, "total", "1", "2", 1)
