"""The seeding lines: the line of code each one is, the generator it sets, and what draws from that generator."""

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
