"""The kinds of values that settings take: what is allowed, in words and in code, and how each is read from text."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from repro.experiment.errors import InputError
from repro.experiment.seeding import SEEDING_STEPS


class Kind(Protocol):
    """What values something takes: `allowed` in words, and whether a typed value is one of them."""

    @property
    def allowed(self) -> str: ...

    def accepts(self, value: object) -> bool:
        """Whether `value` has the right type and lies in the range."""


class TextKind(Kind, Protocol):
    """A kind whose values are read from text too, as those of settings are."""

    def read(self, text: str) -> Any:
        """The value that `text` spells; InputError if it spells none, in range or not."""


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
            raise InputError(text)
        return int(text)

    def accepts(self, value: object) -> bool:
        return type(value) is int and self.least <= value <= self.most


@dataclass(frozen=True)
class Assignment:
    """The name of an environment variable, and its value: NAME=VALUE."""

    @property
    def allowed(self) -> str:
        return "NAME=VALUE"

    def read(self, text: str) -> str:
        return text

    def accepts(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*=[^\0]*", value) is not None


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
        if self.least_included and self.most_included:
            return f"a number from {self.least:g} to {self.most:g}"
        return f"a number {lower} and {upper}"

    def read(self, text: str) -> float:
        if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", text) or len(text) > 40:
            raise InputError(text)
        return float(text)

    def accepts(self, value: object) -> bool:
        if type(value) is not float or not math.isfinite(value):
            return False
        above = value >= self.least if self.least_included else value > self.least
        below = value <= self.most if self.most_included else value < self.most
        return above and below


@dataclass(frozen=True)
class Choice:
    """One of a few names, those of a table among them."""

    names: Collection[str]

    @property
    def allowed(self) -> str:
        return "one of " + ", ".join(self.names) if len(self.names) > 1 else next(iter(self.names))

    def read(self, text: str) -> str:
        return text

    def accepts(self, value: object) -> bool:
        return type(value) is str and value in self.names


@dataclass(frozen=True)
class Flag:
    """True or False."""

    @property
    def allowed(self) -> str:
        return "true or false"

    def accepts(self, value: object) -> bool:
        return type(value) is bool


@dataclass(frozen=True)
class StepSet:
    """A set of seeding lines, kept as a tuple in the order of SEEDING_STEPS; as text `all`, `none` or names."""

    @property
    def allowed(self) -> str:
        return f"names out of {','.join(SEEDING_STEPS)}; as text also all or none"

    def read(self, text: str) -> tuple[str, ...]:
        named = {"all": list(SEEDING_STEPS), "none": []}.get(text, text.split(","))
        if not set(named) <= set(SEEDING_STEPS):
            raise InputError(text)
        return tuple(name for name in SEEDING_STEPS if name in named)

    def accepts(self, value: object) -> bool:
        return isinstance(value, tuple) and value == tuple(name for name in SEEDING_STEPS if name in value)
