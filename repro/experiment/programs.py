"""The table of programs under test: what each is called, its module, its pace, and what it draws at random."""

from collections.abc import Mapping
from dataclasses import dataclass

from repro.experiment.seeding import RandomSource


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program: its name in links and on the command line, its `title` and, for the page, its `label`; the `module`
    whose `train` trains, in a worker process; how long a step takes until a run has shown
    it, in seconds; how it draws a layer's first weights with a seed; and where its random numbers come from.

    The `sources` say what to switch on if a draw is seen to differ. Whether it is a draw that differs, and which, a
    verdict takes from the runs. The keys are the quantities of a verdict, and "dropout" for masks.
    """

    name: str
    title: str
    label: str
    module: str
    seconds_a_step: float
    seeded_draw: str
    sources: Mapping[str, RandomSource]


PROGRAMS: dict[str, Program] = {
    program.name: program
    for program in (
        # For TensorFlow's rule that a seed on the op alone is enough, see
        # https://www.tensorflow.org/api_docs/python/tf/random/set_seed.
        Program(
            name="tensorflow",
            title="base TensorFlow",
            label="base TensorFlow: variables, GradientTape, Adam",
            module="repro.programs.base_tensorflow",
            seconds_a_step=0.0004,
            seeded_draw="tf.random.uniform(shape, -limit, limit, seed=initializer_seeds[layer])",
            sources={
                "initial_weights": RandomSource(
                    what="the initial weights",
                    drawn="come from TensorFlow's `tf.random.uniform`",
                    function="tf.random.uniform",
                    seeded_by=("tensorflow", "initializers"),
                    tensorflow_op=True,
                ),
                "batch": RandomSource(
                    what="the batch order",
                    drawn="comes from NumPy's `np.random.permutation`",
                    function="np.random.permutation",
                    seeded_by=("numpy",),
                ),
                "dropout": RandomSource(
                    what="the dropout masks",
                    drawn="come from TensorFlow's `tf.nn.dropout`",
                    function="tf.nn.dropout",
                    seeded_by=("tensorflow",),
                    tensorflow_op=True,
                ),
            },
        ),
        # Keras 3: random/seed_generator.py (make_default_seed) and trainers/data_adapters/array_data_adapter.py.
        Program(
            name="keras",
            title="Keras",
            label="Keras: Sequential and model.fit",
            module="repro.programs.keras_fit",
            seconds_a_step=0.002,
            seeded_draw="keras.initializers.GlorotUniform(seed=initializer_seeds[layer])",
            sources={
                "initial_weights": RandomSource(
                    what="the initial weights",
                    drawn="come from Keras's initializers, seeded from Python's `random` by default",
                    function="keras.initializers",
                    seeded_by=("initializers", "python"),
                ),
                "batch": RandomSource(
                    what="the batch order",
                    drawn="comes from TensorFlow's `tf.random.shuffle`, which `fit` calls",
                    function="tf.random.shuffle",
                    seeded_by=("tensorflow",),
                    tensorflow_op=True,
                ),
                "dropout": RandomSource(
                    what="the dropout masks",
                    drawn="come from Keras's dropout layers, seeded from Python's `random`",
                    function="keras.layers.Dropout",
                    seeded_by=("python",),
                ),
            },
        ),
    )
}
