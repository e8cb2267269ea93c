"""The audit of the scripts that `python -m repro script` prints, against the runs of the same experiments: two methods
that know nothing of each other."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from records import finish

from repro.audits.audit import audit
from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.script.script import script
from repro.studies.pair import Pair

pytestmark = pytest.mark.usefixtures("lean_scripts")

# The source that a seeding step makes repeat. A `seed=` on an initializer is in one program that of an operation of
# TensorFlow's; in the other that of a Keras initializer, which without it draws from Python's `random`.
SOURCES = {
    "tensorflow": {"numpy": "numpy", "tensorflow": "tensorflow", "initializers": "tensorflow", "python": "python"},
    "keras": {"numpy": "numpy", "tensorflow": "tensorflow", "initializers": "python", "python": "python"},
}


def repeats(launcher: Launcher, experiment: Experiment) -> bool:
    """Whether two runs of our own end with the same weights."""
    pair = Pair.start(launcher, experiment, "none")
    return finish(pair.a).final_weights == finish(pair.b).final_weights


@pytest.mark.parametrize(
    ("program", "on"),
    [
        ("tensorflow", ("tensorflow", "initializers")),
        ("keras", ("numpy", "tensorflow")),
        ("keras", ("tensorflow", "python")),
    ],
)
def test_audit_and_our_own_runs_agree(
    launcher: Launcher, images: str, tmp_path: Path, program: str, on: tuple[str, ...]
) -> None:
    experiment = Experiment(program=program, steps=on, epochs=1, images=320)
    path = tmp_path / "experiment.py"
    path.write_text(script(experiment, "none"), encoding="utf-8")
    repeating = repeats(launcher, experiment)
    found = audit(path, [images], causes=not repeating)
    assert found.repeats is repeating
    if repeating:
        return
    # The steps that were off: the smallest sets that make our own runs repeat name the sources that the audit found.
    off = [step for step in SOURCES[program] if step not in on]
    enough: list[set[str]] = []
    for size in range(1, len(off) + 1):
        for added in combinations(off, size):
            steps = tuple(step for step in SOURCES[program] if step in (*on, *added))
            known = any(one <= set(added) for one in enough)
            if not known and repeats(launcher, replace(experiment, steps=steps)):
                enough.append(set(added))
    assert found.sufficient
    assert set(found.sufficient[0]) in [{SOURCES[program][step] for step in steps} for steps in enough]
