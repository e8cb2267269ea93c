"""The seeding steps and the random sources that they seed."""

from dataclasses import replace

import pytest
from records import finish

from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS
from repro.experiment.seeding import SEEDING_STEPS
from repro.verdicts.verdict import QUANTITIES, Difference, compare


def test_every_step_shows_its_line_of_code() -> None:
    assert {name: step.code(7) for name, step in SEEDING_STEPS.items()} == {
        "numpy": "np.random.seed(7)",
        "tensorflow": "tf.random.set_seed(7)",
        "initializers": "initializer seeds",
        "python": "random.seed(7)",
    }


def test_every_random_source_is_a_quantity_of_a_verdict_or_dropout() -> None:
    for sources in (program.sources for program in PROGRAMS.values()):
        assert set(sources) <= {*QUANTITIES, "dropout"}


def test_every_random_source_is_seeded_by_steps_that_exist() -> None:
    for sources in (program.sources for program in PROGRAMS.values()):
        for source in sources.values():
            assert source.seeded_by
            assert set(source.seeded_by) <= set(SEEDING_STEPS)


SEEDED = {
    "tensorflow": {"initial_weights": ("numpy",), "batch": ("tensorflow",), "dropout": ("numpy", "initializers")},
    "keras": {
        "initial_weights": ("tensorflow",),
        "batch": ("initializers", "python"),
        "dropout": ("tensorflow", "initializers"),
    },
}  # all that is drawn but one source


@pytest.mark.parametrize(
    ("program", "name"), [(program, name) for program, row in PROGRAMS.items() for name in row.sources]
)
def test_the_table_is_what_runs_show_when_one_source_alone_is_not_seeded(
    launcher: Launcher, program: str, name: str
) -> None:
    """The source's own quantity differs first; with any of the steps that the table gives, nothing differs."""
    source = PROGRAMS[program].sources[name]
    experiment = Experiment(
        program=program,
        images=64,
        epochs=1,
        batch_size=16,
        steps=SEEDED[program][name],
        dropout=0.5 if name == "dropout" else 0.0,
    )
    seeded = [
        replace(experiment, steps=tuple(step for step in SEEDING_STEPS if step in {*experiment.steps, seeding}))
        for seeding in source.seeded_by
    ]
    pairs = [[launcher.start(one) for _ in "AB"] for one in (experiment, *seeded)]
    differs, *same = [compare(finish(a), finish(b)) for a, b in pairs]
    assert differs.first == Difference(0, "masks" if name == "dropout" else name)
    assert [verdict.identical for verdict in same] == [True] * len(seeded)
