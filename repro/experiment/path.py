"""The path: the settings of a page without a link, and the few steps from there to each insight, each with a question.

How long a run takes is no part of a step: whoever has chosen a number of images and epochs keeps it.
"""

from dataclasses import dataclass, replace

from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import TWIST

# What an address without parameters opens: nothing is seeded, and a pair takes seconds.
QUICK = Experiment(steps=(), images=min(12_800, LIMITS.images), epochs=1)
# Up to so many steps a pair takes a few seconds: each change can train.
FEW_STEPS = 1_000
ARTICLE_STEPS = SETTINGS["steps"].default


@dataclass(frozen=True, kw_only=True)
class Station:
    """A step of the path: its title, the program, the seeding lines that are on, the twist of run B, the epochs that it
    takes at least, and what to guess; or another tab, that of every combination."""

    title: str
    steps: tuple[str, ...] = ARTICLE_STEPS
    twist: str = TWIST.default
    program: str = QUICK.program
    epochs: int = 1
    question: str
    every_combination: bool = False

    def settings(self, now: Experiment) -> Experiment:
        """The settings that it sets up in place of `now`, whose images and epochs stay if they are enough."""
        epochs = min(max(now.epochs, self.epochs), LIMITS.epochs)
        return replace(
            QUICK,
            program=self.program,
            steps=self.steps,
            images=now.images,
            epochs=epochs,
            batch_size=now.batch_size,
        )


PATH = (
    Station(
        title="Nothing seeded",
        steps=(),
        question="No line seeds anything. Will the second training repeat the first? If not, what parts first?",
    ),
    Station(
        title="NumPy",
        steps=("numpy",),
        question="One line more, for NumPy. What is the same in both runs now, and what still differs?",
    ),
    Station(
        title="TensorFlow",
        steps=("tensorflow",),
        question="TensorFlow's line instead of NumPy's. Which of the two draws does it seed?",
    ),
    Station(
        title="Three lines", question="The article's three lines. Is the second training the first, to the last bit?"
    ),
    Station(
        title="Remove one",
        steps=("numpy", "initializers"),
        question="Without `tf.random.set_seed`. Is it still the same, or was that line needed?",
    ),
    Station(
        title="In a notebook",
        steps=("numpy", "initializers"),
        twist="same-process",
        question="The same two lines, but run B is run A's cell run again. Does it repeat there, too?",
    ),
    Station(
        title="One bit",
        twist="one-bit",
        question="All is seeded; of 118,282 weights one has its lowest bit flipped. What becomes of that?",
    ),
    Station(
        title="Shuffling",
        program="keras",
        steps=("tensorflow", "python"),
        epochs=3,
        question="Keras's `fit`, seeded so that it repeats, for three epochs. Is each epoch shuffled anew?",
    ),
    Station(
        title="Every combination",
        question="Which of the four lines are sufficient?",
        every_combination=True,
    ),
)


def station_of(experiment: Experiment, twist: str) -> Station | None:
    """The step of the path that sets up these settings, whatever the images and epochs, if there is one."""
    fitting = (
        station
        for station in PATH
        if not station.every_combination and (station.settings(experiment), station.twist) == (experiment, twist)
    )
    return next(fitting, None)


def is_quick(experiment: Experiment) -> bool:
    """Whether a pair of it takes a few seconds."""
    return experiment.total_steps <= FEW_STEPS
