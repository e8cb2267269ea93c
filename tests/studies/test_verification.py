"""A saved pair trained again here: the same to the last bit, or where not, and the likely reason."""

from dataclasses import replace

from records import EIGHT_STEPS, SMALL, finish, record

from repro.engine.launcher import Launcher
from repro.engine.run import Run
from repro.studies import saved
from repro.studies.pair import Pair
from repro.studies.saved import Saved
from repro.studies.verification import verification


def test_a_record_is_verified_where_it_was_made(launcher: Launcher) -> None:
    made = Pair.start(launcher, SMALL, "one-bit")
    for run in made.runs:
        finish(run)
    theirs = saved.read(saved.write(made.saved()).encode())
    yours = Pair.start(launcher, theirs.experiment, theirs.twist)
    for run in yours.runs:
        finish(run)
    found = verification(theirs, yours)
    assert found.identical
    assert found.lines == tuple(f"Run {name} is the record's, bit for bit, 42 steps." for name in "AB")

    theirs.b.weights[5:] += 1
    theirs.b.environment["numpy"] = "1.0"
    found = verification(theirs, yours)
    assert not found.identical
    assert found.lines[1:] == (
        "Run B differs from the record's at step 5: the weights.",
        "The likely reason, where the two environments differ:",
        f"  numpy: 1.0 there, {yours.b.history.environment['numpy']} here",
    )


def test_what_no_step_seeds_is_named_before_the_machines_are() -> None:
    unseeded = replace(EIGHT_STEPS, steps=("tensorflow", "initializers"))
    a, b, c = (record(unseeded) for _ in "abc")
    b.batch[:] += 1
    b.environment = {"numpy": "1.0"}
    yours = Pair(unseeded, "none", Run(unseeded), Run(unseeded))
    yours.a.history, yours.b.history = b, c
    assert verification(Saved("none", a, c), yours).lines == (
        "Run A differs from the record's at step 0: the batch order.",
        "NumPy's np.random.permutation draws the batch order, and no step that is on seeds it.",
        "So it would differ there, too, at every training.",
        "Run B is the record's, bit for bit, 8 steps.",
    )
