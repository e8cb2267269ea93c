"""A saved pair trained again here: the same to the last bit, or where not, and the likely reason."""

from records import SMALL, finish

from repro import saved
from repro.launcher import Launcher
from repro.pair import Pair
from repro.verification import verification


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
        f"  numpy: 1.0 there, {yours.b.record.environment['numpy']} here",
    )
