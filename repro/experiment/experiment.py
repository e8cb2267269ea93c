"""What decides a run, immutable and checked; JSON and links both ways."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from repro.experiment.conditions import DEFAULT_CONDITIONS, Conditions
from repro.experiment.errors import InputError
from repro.experiment.programs import PROGRAMS
from repro.experiment.seeding import SEEDING_STEPS, RandomSource
from repro.experiment.settings import SETTINGS, Setting, quote

MAX_STEPS = 1_000_000  # a history keeps every step, of 24 bytes each


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Everything that decides a run. Immutable; a value outside its setting's range is an InputError of one line.

    `steps` may come in any order, and a real number as an int.
    """

    program: str = SETTINGS["program"].default
    seed: int = SETTINGS["seed"].default
    steps: tuple[str, ...] = SETTINGS["steps"].default
    epochs: int = SETTINGS["epochs"].default
    batch_size: int = SETTINGS["batch_size"].default
    images: int = SETTINGS["images"].default
    hidden: int = SETTINGS["hidden"].default
    learning_rate: float = SETTINGS["learning_rate"].default
    dropout: float = SETTINGS["dropout"].default
    conditions: Conditions = DEFAULT_CONDITIONS

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            value = _normal(getattr(self, name), setting)
            if not setting.kind.accepts(value):
                raise InputError(setting.refusal(value))
            object.__setattr__(self, name, value)
        if self.batch_size > self.images:
            raise InputError(f"batch size cannot be {self.batch_size}: there are only {self.images} images")
        if self.total_steps > MAX_STEPS:
            raise InputError(
                f"epochs cannot be {self.epochs}: at batch size {self.batch_size} that is {self.total_steps} steps,"
                f" and a run takes at most {MAX_STEPS}"
            )

    @property
    def steps_per_epoch(self) -> int:
        """Training steps in one epoch; the last batch may be smaller."""
        return math.ceil(self.images / self.batch_size)

    @property
    def total_steps(self) -> int:
        """Training steps in the whole run."""
        return self.epochs * self.steps_per_epoch

    @property
    def weights(self) -> int:
        """How many weights the network has, biases among them."""
        return 784 * self.hidden + self.hidden + self.hidden * self.hidden + self.hidden + self.hidden * 10 + 10

    @property
    def unseeded_sources(self) -> list[RandomSource]:
        """The random sources of this experiment that none of the enabled lines seeds."""
        return [source for source in self._drawn if not set(source.seeded_by) & set(self.steps)]

    @property
    def seeded_sources(self) -> list[RandomSource]:
        """Those that one of the enabled lines seeds."""
        return [source for source in self._drawn if set(source.seeded_by) & set(self.steps)]

    @property
    def _drawn(self) -> list[RandomSource]:
        sources = PROGRAMS[self.program].sources.items()
        return [source for name, source in sources if name != "dropout" or self.dropout]

    def to_json(self) -> dict[str, Any]:
        """The experiment as plain JSON values, every setting by its name, and the conditions."""
        return asdict(self) | {"steps": list(self.steps)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Experiment":
        """The experiment that `to_json` gave; a missing, unknown or unfit value is an InputError of one line."""
        names = [field.name for field in fields(cls)]
        for name in names:
            if name not in values:
                raise InputError(f"an experiment needs a value for {name}, and has none")
        for name in values:
            if name not in names:
                raise InputError(f"an experiment has no setting {quote(name)}: it has {', '.join(names)}")
        return cls(**dict(values) | {"conditions": Conditions.from_json(values["conditions"])})

    def to_link(self, *, whole: bool = False) -> dict[str, str]:
        """The settings that differ from the defaults everywhere, or all of them, as a link's query parameters."""
        return {
            name: setting.text(getattr(self, name))
            for name, setting in SETTINGS.items()
            if whole or setting.lowered or getattr(self, name) != setting.default
        }

    @classmethod
    def from_link(cls, parameters: Mapping[str, str]) -> "Experiment":
        """The experiment of a link's query parameters; other parameters are left alone; InputError as above."""
        return cls(**{name: SETTINGS[name].read(text) for name, text in parameters.items() if name in SETTINGS})


def _normal(value: Any, setting: Setting) -> Any:
    """`value` as the setting keeps it, if it is one that is only written otherwise; else as it is."""
    if isinstance(setting.default, tuple) and isinstance(value, list | tuple):
        order = list(SEEDING_STEPS)
        return tuple(sorted(value, key=lambda step: order.index(step) if step in order else len(order)))
    if isinstance(setting.default, float) and type(value) is int and abs(value) < 2**53:
        return float(value)
    return value
