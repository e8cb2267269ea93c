"""The twists: the one thing that run B does differently from run A."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from repro.experiment import Experiment
from repro.kinds import Choice
from repro.settings import LARGEST_SEED, Setting


@dataclass(frozen=True, kw_only=True)
class Twist:
    """A twist: its name on the command line and in links, its label on the page, and run B's experiment made of A's.

    `change` raises ValueError, of one line, where the experiment cannot have the twist.
    """

    name: str
    label: str
    change: Callable[[Experiment], Experiment]


def _next_seed(experiment: Experiment) -> Experiment:
    if experiment.seed == LARGEST_SEED:
        raise ValueError(f"twist cannot be 'seed': there is no next seed after {LARGEST_SEED}, choose a smaller one")
    return replace(experiment, seed=experiment.seed + 1)


TWISTS = {
    twist.name: twist
    for twist in (
        Twist(name="none", label="same as run A", change=lambda experiment: experiment),
        Twist(name="seed", label="the next seed", change=_next_seed),
    )
}

TWIST = Setting(
    name="twist",
    label="Run B",
    help="what run B does differently",
    default="none",
    kind=Choice(tuple(TWISTS)),
)
