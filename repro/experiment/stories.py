"""Five stories for a presenter: each sets the page up, and says what to watch for without giving the result away.

How long a run takes is no part of a story: whoever has chosen a number of images and epochs keeps it.
"""

from dataclasses import dataclass, replace

from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWIST


@dataclass(frozen=True)
class Story:
    """A title, the settings that it needs, and what to watch for, in a line."""

    title: str
    experiment: Experiment
    twist: str
    watch: str

    def settings(self, now: Experiment) -> Experiment:
        """The settings that it sets up in place of `now`, whose images and epochs stay."""
        return replace(self.experiment, images=now.images, epochs=now.epochs)

    def to_link(self) -> dict[str, str]:
        """The query parameters of a link that opens it."""
        return self.experiment.to_link() | ({} if self.twist == TWIST.default else {TWIST.name: self.twist})


STORIES = (
    Story(
        "The article's recipe",
        Experiment(),
        "none",
        "Seeds for NumPy, TensorFlow and every initializer. Watch the verdict, and the digests below the curves.",
    ),
    Story(
        "NumPy forgotten",
        Experiment(steps=("tensorflow", "initializers")),
        "none",
        "One line of the recipe is missing. Watch which digest is still the same, and how long the curves stay close.",
    ),
    Story(
        "A notebook cell, run again",
        Experiment(steps=("numpy", "initializers")),
        "same-process",
        "Every initializer has its seed. Watch the initial weights when run B begins where run A has ended.",
    ),
    Story(
        "Another seed",
        Experiment(),
        "seed",
        "The recipe, with 42 in run A and 43 in run B. Watch the accuracies, and then the single images.",
    ),
    Story(
        "One bit",
        Experiment(),
        "one-bit",
        "Of 118,282 weights one has its lowest bit flipped. Watch what becomes of it, beside what another seed did.",
    ),
)


def story_of(experiment: Experiment, twist: str) -> Story | None:
    """The story that sets up these settings, whatever the images and epochs, if there is one."""
    fitting = (story for story in STORIES if (story.settings(experiment), story.twist) == (experiment, twist))
    return next(fitting, None)
