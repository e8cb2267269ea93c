"""What an audit saw, taken from traces."""

from repro.audits.comparison.seen import MAX_OUTPUT, Drawn, drawn, losses, outputs
from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Birth, Draw, Process, Record, Seed, Site, Step

PROCESS = Process(pid=1, main=True, versions={})


def site(line: int) -> Site:
    return Site(file="train.py", line=line, function="<module>", code="…")


def trace(*records: Record) -> Trace:
    return Trace.of([PROCESS, *records])


def step(number: int, value: float | None, count: int = 1) -> Step:
    return Step(
        training=0,
        step=number,
        total=number,
        count=count,
        site=None,
        batch=None,
        before=None,
        loss=None,
        after=None,
        value=value,
    )


def test_losses_have_one_value_for_each_step() -> None:
    assert losses(trace(step(0, 2.5), step(1, None), step(2, 1.5, count=2))) == (2.5, None, 1.5, 1.5)
    assert losses(trace()) == ()


def test_draws_are_counted_by_line_and_name_what_seeded_them() -> None:
    seed = Seed(n=1, source="numpy", site=site(3), what="seed", value=1)
    found = drawn(
        trace(
            seed,
            Draw(n=2, source="numpy", site=site(5), what="normal", seeded=True, origin=1, count=4),
            Draw(n=3, source="numpy", site=site(5), what="normal", seeded=True, origin=1, count=2),
        )
    )
    assert found == (
        Drawn(source="numpy", file="train.py", line=5, draws=6, seeded=True, by_file="train.py", by_line=3),
    )


def test_an_unseeded_draw_names_no_line_that_seeded_it() -> None:
    birth = Birth(n=1, source="generators", site=site(3), what="default_rng")
    (found,) = drawn(trace(birth, Draw(n=2, source="generators", site=site(5), what="normal", seeded=False, origin=1)))
    assert (found.seeded, found.by_line) == (False, None)


def test_draws_of_imports_and_of_no_line_are_left_out() -> None:
    imported = Draw(n=1, source="python", site=site(1), what="random", seeded=False, importing=True)
    library = Draw(n=2, source="python", site=None, what="random", seeded=False)
    assert drawn(trace(imported, library)) == ()


def test_outputs_hide_what_each_run_has_to_itself_and_end_somewhere() -> None:
    a, b = outputs("saved /t/a/folder/x", "saved /t/b/folder/x", [["/t/a", "/t/a/folder"], ["/t/b", "/t/b/folder"]])
    assert a == b == "saved …/x"
    assert len(outputs("x" * (MAX_OUTPUT + 5), "", [[], []])[0]) == MAX_OUTPUT
