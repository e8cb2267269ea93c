"""A saved pair trained again here: the same to the last bit, or not, and what may be the reason."""

from dataclasses import replace

from records import EIGHT_STEPS, SMALL, finish, history

from repro.engine.launcher import Launcher
from repro.engine.processes import ROOT
from repro.engine.run import Run
from repro.records import saved
from repro.records.saved import Saved
from repro.studies.pair import Pair
from repro.studies.verification import environment_differences, verification


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
    assert found.headline == "Same as the record"
    assert found.lines == tuple(f"Run {name} is bitwise identical to the record's, 42 steps." for name in "AB")

    theirs.b.weights[5:] += 1
    theirs.b.environment["numpy"] = "1.0"
    found = verification(theirs, yours)
    assert not found.identical
    assert found.headline == "Differs from the record"
    assert found.lines[1:] == (
        "Run B differs from the record's at step 5: the weights.",
        "The environments differ, which may be the reason:",
        f"  numpy: 1.0 there, {yours.b.history.environment['numpy']} here",
    )


def test_nothing_is_decided_before_the_runs_have_ended_or_differ() -> None:
    yours = Pair(EIGHT_STEPS, "none", Run(EIGHT_STEPS), Run(EIGHT_STEPS))
    yours.a.history = history(steps_done=3)
    found = verification(Saved("none", history(), history()), yours)
    assert (found.identical, found.headline) == (False, "")
    assert found.lines == (
        "Run A is bitwise identical to the record's so far, 3 steps.",
        "Run B: no step compared yet.",
    )


def test_what_no_step_seeds_is_named_before_the_machines_are() -> None:
    unseeded = replace(EIGHT_STEPS, steps=("tensorflow", "initializers"))
    a, b, c = (history(unseeded) for _ in "abc")
    b.batch[:] += 1
    b.environment = {"numpy": "1.0"}
    yours = Pair(unseeded, "none", Run(unseeded), Run(unseeded))
    yours.a.history, yours.b.history = b, c
    assert verification(Saved("none", a, c), yours).lines == (
        "Run A differs from the record's at step 0: the batch order.",
        "The batch order comes from NumPy's np.random.permutation; none of the enabled lines seeds it.",
        "With these settings, two trainings on one machine can differ as well.",
        "Run B is bitwise identical to the record's, 8 steps.",
    )


def test_a_record_of_an_older_version_is_verified_by_its_digests() -> None:
    theirs = saved.read((ROOT / "tests/data/record-of-version-1.json").read_bytes())
    changed = replace(theirs.b, moved=(theirs.b.moved or {}) | {"after": 0.25})
    for name in ("loss", "accuracy", "batch"):
        getattr(changed, name)[:] = getattr(theirs.b, name)
    yours = Pair(theirs.experiment, theirs.twist, Run(theirs.experiment), Run(theirs.b.experiment))
    yours.a.history, yours.b.history = replace(theirs.a, fingerprints=2), changed
    for name in ("loss", "accuracy", "batch"):
        getattr(yours.a.history, name)[:] = getattr(theirs.a, name)
    changed.initial_weights = "1a"
    found = verification(theirs, yours)
    assert found.a.identical
    assert found.lines[0] == "Run A is bitwise identical to the record's, 10 steps."
    assert any(line.startswith("The twist changed a weight from ") and "to 0.25 here." in line for line in found.lines)
    assert found.lines[-1].startswith("The record is of an older version: its weights are compared by their digests")


HERE = {"python": "3.11.7", "numpy": "2.4.6", "threads": "1"}


def test_rows_of_two_environments_that_differ_are_named_with_both_values() -> None:
    there = {"python": "3.12.1", "numpy": "2.4.6", "XLA": "not used"}
    assert environment_differences(there, HERE) == {
        "python": ("3.12.1", "3.11.7"),
        "XLA": ("not used", "–"),
        "threads": ("–", "1"),
    }
    assert environment_differences(HERE, dict(HERE)) == {}


def test_equal_environments_are_said_to_be() -> None:
    a, b, c = (history(EIGHT_STEPS, environment=dict(HERE)) for _ in "abc")
    b.weights[:] += 1
    yours = Pair(EIGHT_STEPS, "none", Run(EIGHT_STEPS), Run(EIGHT_STEPS))
    yours.a.history, yours.b.history = b, c
    _, reason, *_ = verification(Saved("none", a, c), yours).lines
    assert reason == "The environment stamps are the same, and do not show the reason."
