from pathlib import Path

from traces import draw, seed, trace

from repro.audits.observer.format import Hook
from repro.audits.report.findings import ALWAYS_NOT_SEEN, SETS, not_seen, shared_by_threads
from repro.audits.runs.workspace import Script


def test_what_is_not_watched_is_said_without_names_of_ours() -> None:
    gone = (
        Hook(name="keras: SeedGenerator", source="steps", active=False, why="this version has no such module"),
        Hook(name="Fit.batch_ends", source="", active=False, why="KeyError: 'tensorflow'"),
        Hook(name="Fit.batch_begins", source="", active=False, why="KeyError: 'tensorflow'"),
    )
    assert not_seen(trace(*gone), one_folder=False) == [
        "steps through keras: SeedGenerator (this version has no such module)",
        "a part of the training: a library does it in another way than the versions that are known",
        *ALWAYS_NOT_SEEN,
    ]


def test_where_the_line_is_told_that_went_through_a_set_nothing_else_is_said_of_it() -> None:
    said = not_seen(trace(), one_folder=False, entered=True)
    assert SETS in ALWAYS_NOT_SEEN
    assert said == [one for one in ALWAYS_NOT_SEEN if one != SETS]


def test_two_threads_that_draw_from_one_seeded_generator_are_named() -> None:
    script = Script(folder=Path(), path=Path("train.py"))
    one = trace(seed(3, 1), draw(5, "a", origin=1), draw(9, "b", origin=1, thread="other"))
    assert shared_by_threads(script, one) == [
        "line 5 and line 9, in another thread, draw from NumPy's global generator: a seed sets the numbers, and not"
        " whose turn it is"
    ]
    alone = trace(seed(3, 1), draw(5, "a", origin=1), draw(6, "b", origin=1))
    apart = trace(seed(3, 1), draw(5, "a", origin=1), draw(9, "b", source="python", origin=2, thread="other"))
    assert shared_by_threads(script, alone) == shared_by_threads(script, apart) == []
