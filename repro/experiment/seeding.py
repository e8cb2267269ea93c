"""The seeding steps: the line of code each one is, the generator it sets, and what draws from that generator."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SeedingStep:
    """One line that a careful person adds to a training script.

    `name` is what links, records and the command line call it; `label` is the line as the page shows it, with
    `{seed}` for the seed; `feeds` says in words what the seeded generator decides.
    """

    name: str
    label: str
    feeds: str

    def code(self, seed: int) -> str:
        """The line of code with `seed` in its place."""
        return self.label.format(seed=seed)


SEEDING_STEPS = {
    step.name: step
    for step in (
        SeedingStep(
            name="numpy",
            label="np.random.seed({seed})",
            feeds="NumPy's generator. In base TensorFlow it shuffles the images: the batch order.",
        ),
        SeedingStep(
            name="tensorflow",
            label="tf.random.set_seed({seed})",
            feeds="TensorFlow's generator: initial weights and dropout in base TensorFlow, the batch order in Keras.",
        ),
        SeedingStep(
            name="initializers",
            label="initializer seeds",
            feeds="`seed=` for the initial weights, one for each layer.",
        ),
        SeedingStep(
            name="python",
            label="random.seed({seed})",
            feeds="Python's generator. Keras draws its own seeds from it; base TensorFlow does not.",
        ),
    )
}


def initializer_seeds(seed: int) -> list[int]:
    """The `seed=` of each layer's initializer. Each layer has its own: equal seeds draw equal numbers. Nor do two
    experiments share one, up to seeds of seven hundred million; beyond, TensorFlow takes op seeds modulo 2**31 - 1."""
    return [3 * seed + layer for layer in range(3)]


@dataclass(frozen=True, kw_only=True)
class RandomSource:
    """Something a program draws at random: `what` is drawn, and by which `function`, also as a clause (`drawn`); the
    steps of which any one seeds it; and whether it is an operation of TensorFlow's that keeps a generator of its own.
    """

    what: str
    drawn: str
    function: str
    seeded_by: tuple[str, ...]
    tensorflow_op: bool = False

    @property
    def clause(self) -> str:
        """What is drawn, and by which function."""
        return f"{self.what} {self.drawn}"


# Where each program's random numbers come from: what to switch on if a draw is seen to differ. Whether it is a draw
# that differs, and which, a verdict takes from the runs. The step names are of SEEDING_STEPS; the keys are the
# quantities of a verdict, and "dropout" for masks, which show first in the loss. For TensorFlow's rule that a seed on
# the op alone is enough, see https://www.tensorflow.org/api_docs/python/tf/random/set_seed.
RANDOM_SOURCES: dict[str, dict[str, RandomSource]] = {
    "tensorflow": {
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
    # Keras 3: random/seed_generator.py (make_default_seed) and trainers/data_adapters/array_data_adapter.py.
    "keras": {
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
}
