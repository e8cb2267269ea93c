"""The shelf: the pairs that this visit has trained before, to be held against the one that is on the stage."""

from collections.abc import Callable, Sequence

from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.experiment.twists import TWIST, describe_twist
from repro.studies.tried import Tried
from repro.views import island
from repro.views.island import Tree, tag
from repro.views.strip import thumbnail


def draw(tried: Sequence[Tried], beside: Tried | None, *, chosen: Callable[[Tried], None]) -> None:
    """Draws what was tried, the last first; `chosen` is called with what was pressed, `beside` is what is shown."""

    def pressed(number: str) -> None:
        if number.isascii() and number.isdigit() and int(number) < len(tried):
            chosen(tried[int(number)])

    island.draw(shelf(tried, beside), key="shelf", pressed=pressed)


def shelf(tried: Sequence[Tried], beside: Tried | None) -> Tree:
    """A button for each pair: its settings, its verdict, its strip."""
    buttons = [
        tag(
            "button",
            tag("b", in_short(one.experiment, one.twist)),
            thumbnail(one.strip),
            tag("span", one.in_short, class_="same" if one.first is None else "differs"),
            type="button",
            aria_pressed=one is beside,
            data_press=str(number),
        )
        for number, one in reversed(list(enumerate(tried)))
    ]
    return tag("div", *buttons, class_="shelf", role="group", aria_label="Pairs tried before")


def in_short(experiment: Experiment, twist: str) -> str:
    """The settings of a pair in a few words: the lines that are on, and what differs from the article's."""
    lines = " + ".join(name for name in SEEDING_STEPS if name in experiment.steps) or "nothing seeded"
    program = "" if experiment.program == Experiment().program else f"{experiment.program}: "
    others = [] if twist == TWIST.default else [f"run B: {describe_twist(twist)}"]
    others += [f"seed {experiment.seed}"] if experiment.seed != Experiment().seed else []
    return "; ".join([program + lines, *others, f"{experiment.images:,} × {experiment.epochs}"])
