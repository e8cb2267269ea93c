"""Recipes that people follow to make a training repeat: what each is in seeding lines, and where it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from repro.studies.matrix import TRAINING, Cell, Steps, contradictions

ARTICLE = "https://medium.com/datadriveninvestor/getting-reproducible-results-in-tensorflow-3705536aa185"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe: its name, its steps in the order of SEEDING_STEPS, and the address of its source."""

    name: str
    steps: Steps
    source: str

    def sufficient(self, cells: Mapping[Steps, Cell]) -> bool | None:
        """Whether the training repeated with its steps, and with every larger set that was tried; None as long as
        its steps were not."""
        if self.steps not in cells:
            return None
        contradicted = [steps for steps, _ in contradictions(cells, TRAINING)]
        return cells[self.steps].training and self.steps not in contradicted


RECIPES = (
    Recipe(
        name="“Getting reproducible results in TensorFlow”, 2019",
        steps=("numpy", "tensorflow", "initializers"),
        source=ARTICLE,
    ),
    Recipe(
        name="keras.utils.set_random_seed",
        steps=("numpy", "tensorflow", "python"),
        source="https://www.tensorflow.org/api_docs/python/tf/keras/utils/set_random_seed",
    ),
    Recipe(
        name="NumPy and TensorFlow alone",
        steps=("numpy", "tensorflow"),
        source="https://machinelearningmastery.com/reproducible-results-neural-networks-keras/",
    ),
    Recipe(
        name="NumPy alone",
        steps=("numpy",),
        source="https://numpy.org/doc/stable/reference/random/generated/numpy.random.seed.html",
    ),
    Recipe(
        name="Everything",
        steps=("numpy", "tensorflow", "initializers", "python"),
        source="https://keras.io/examples/keras_recipes/reproducibility_recipes/",
    ),
)
