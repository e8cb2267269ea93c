"""The seeding steps and the random sources that they seed."""

from repro.experiment.seeding import RANDOM_SOURCES, SEEDING_STEPS
from repro.experiment.settings import PROGRAMS
from repro.verdicts.verdict import QUANTITIES


def test_every_step_shows_its_line_of_code() -> None:
    assert {name: step.code(7) for name, step in SEEDING_STEPS.items()} == {
        "numpy": "np.random.seed(7)",
        "tensorflow": "tf.random.set_seed(7)",
        "initializers": "initializer seeds",
        "python": "random.seed(7)",
    }


def test_every_program_has_its_random_sources() -> None:
    assert set(RANDOM_SOURCES) == set(PROGRAMS)


def test_every_random_source_is_a_quantity_of_a_verdict_or_dropout() -> None:
    for sources in RANDOM_SOURCES.values():
        assert set(sources) <= {*QUANTITIES, "dropout"}


def test_every_random_source_is_seeded_by_steps_that_exist() -> None:
    for sources in RANDOM_SOURCES.values():
        for source in sources.values():
            assert source.seeded_by
            assert set(source.seeded_by) <= set(SEEDING_STEPS)
