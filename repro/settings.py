"""The table of settings: what each is called, which values it takes, and how it is read from text."""

import math
import re
from dataclasses import dataclass
from typing import Any, Protocol

from repro.seeding import SEEDING_STEPS

PROGRAMS = {"tensorflow": "base TensorFlow: variables, GradientTape, Adam"}
LARGEST_SEED = 2**32 - 1  # what np.random.seed takes


class Kind(Protocol):
    """What values a setting takes: `allowed` in words, from text, and whether a typed value is one of them."""

    @property
    def allowed(self) -> str: ...

    def read(self, text: str) -> Any:
        """The value that `text` spells; ValueError where it spells none, in range or not."""

    def accepts(self, value: object) -> bool:
        """Whether `value` has the right type and lies in the range."""


@dataclass(frozen=True)
class WholeNumber:
    """An int from `least` to `most`, both included; written in ASCII digits only."""

    least: int
    most: int

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def read(self, text: str) -> int:
        # int() alone would take "٣", "1_000" and " 7", and stops with its own message at 4,300 digits.
        if not re.fullmatch(r"-?[0-9]{1,20}", text):
            raise ValueError(text)
        return int(text)

    def accepts(self, value: object) -> bool:
        return type(value) is int and self.least <= value <= self.most


@dataclass(frozen=True)
class RealNumber:
    """A finite float between `least` and `most`; each bound belongs to the range or not, as `allowed` says."""

    least: float
    most: float
    least_included: bool
    most_included: bool

    @property
    def allowed(self) -> str:
        lower = f"from {self.least:g}" if self.least_included else f"above {self.least:g}"
        upper = f"up to {self.most:g}" if self.most_included else f"below {self.most:g}"
        return f"a number {lower} and {upper}"

    def read(self, text: str) -> float:
        if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", text) or len(text) > 40:
            raise ValueError(text)
        return float(text)

    def accepts(self, value: object) -> bool:
        if type(value) is not float or not math.isfinite(value):
            return False
        above = value >= self.least if self.least_included else value > self.least
        below = value <= self.most if self.most_included else value < self.most
        return above and below


@dataclass(frozen=True)
class Choice:
    """One of a few names."""

    names: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return "one of " + ", ".join(self.names) if len(self.names) > 1 else self.names[0]

    def read(self, text: str) -> str:
        return text

    def accepts(self, value: object) -> bool:
        return type(value) is str and value in self.names


@dataclass(frozen=True)
class StepSet:
    """A set of seeding steps, kept as a tuple in the order of SEEDING_STEPS; as text `all`, `none` or names."""

    @property
    def allowed(self) -> str:
        return "all, none, or names out of " + ",".join(SEEDING_STEPS)

    def read(self, text: str) -> tuple[str, ...]:
        named = {"all": list(SEEDING_STEPS), "none": []}.get(text, text.split(","))
        if not set(named) <= set(SEEDING_STEPS):
            raise ValueError(text)
        return tuple(name for name in SEEDING_STEPS if name in named)

    def accepts(self, value: object) -> bool:
        return isinstance(value, tuple) and value == tuple(name for name in SEEDING_STEPS if name in value)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting: its name (field, JSON key, link and `--option`), its label and help on the page, its values."""

    name: str
    label: str
    help: str
    default: Any
    kind: Kind

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    def read(self, text: str) -> Any:
        """The value that `text` spells; ValueError quotes the text and says what is allowed."""
        try:
            value = self.kind.read(text)
        except ValueError:
            value = None
        if value is None or not self.kind.accepts(value):
            raise ValueError(self.refusal(text))
        return value

    def text(self, value: Any) -> str:
        """The text that `read` turns back into `value`."""
        if isinstance(value, tuple):
            return ",".join(value) or "none"
        return str(value)

    def refusal(self, value: object) -> str:
        """One line that quotes `value`, shortened if need be, and says what is allowed."""
        quoted = repr(value)
        if len(quoted) > 60:
            quoted = f"{quoted[:30]}… ({len(str(value))} characters)"
        return f"{self.name.replace('_', ' ')} cannot be {quoted}: it takes {self.kind.allowed}"


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            name="program",
            label="Program",
            help="the training script under test",
            default="tensorflow",
            kind=Choice(tuple(PROGRAMS)),
        ),
        Setting(
            name="seed",
            label="Seed",
            help="the seed that every step that is on uses",
            default=42,
            kind=WholeNumber(0, LARGEST_SEED),
        ),
        Setting(
            name="steps",
            label="Seeding steps",
            help="the seeding steps that are on",
            default=("numpy", "tensorflow", "initializers"),
            kind=StepSet(),
        ),
        Setting(
            name="epochs",
            label="Epochs",
            help="how often the training goes through all images",
            default=3,
            kind=WholeNumber(1, 100),
        ),
        Setting(
            name="batch_size",
            label="Batch size",
            help="images in one training step",
            default=32,
            kind=WholeNumber(1, 60_000),
        ),
        Setting(
            name="images",
            label="Images",
            help="how many of the training images are used, from the first on",
            default=60_000,
            kind=WholeNumber(1, 60_000),
        ),
        Setting(
            name="hidden",
            label="Hidden units",
            help="units in each of the two hidden layers",
            default=128,
            kind=WholeNumber(1, 1024),
        ),
        Setting(
            name="learning_rate",
            label="Learning rate",
            help="Adam's learning rate",
            default=0.001,
            kind=RealNumber(0, 10, least_included=False, most_included=True),
        ),
        Setting(
            name="dropout",
            label="Dropout",
            help="share of hidden units switched off at random in each training step",
            default=0.0,
            kind=RealNumber(0, 1, least_included=True, most_included=False),
        ),
    )
}
