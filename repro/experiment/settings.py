"""The table of settings: what each is called, and which values it takes."""

from dataclasses import dataclass
from typing import Any

from repro.experiment.errors import InputError
from repro.experiment.kinds import Choice, RealNumber, StepSet, TextKind, WholeNumber
from repro.experiment.limits import LIMITS
from repro.experiment.programs import PROGRAMS

MAX_SEED = 2**32 - 1  # what np.random.seed takes
MIN_RATE = 1e-37  # below lie float32's subnormal numbers, which TensorFlow takes for 0, and 0 itself


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting: its name (field, JSON key, link and `--option`), its label and help on the page, its values."""

    name: str
    label: str
    help: str
    default: Any
    kind: TextKind
    lowered: bool = False  # by the limits of this installation: elsewhere the default is another

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    def read(self, text: str) -> Any:
        """The value that `text` spells; InputError quotes the text and says what is allowed."""
        try:
            value = self.kind.read(text)
        except InputError:
            value = None
        if value is None or not self.kind.accepts(value):
            raise InputError(self.refusal(text))
        return value

    def text(self, value: Any) -> str:
        """The text that `read` turns back into `value`."""
        if isinstance(value, tuple):
            return ",".join(value) or "none"
        return str(value)

    def refusal(self, value: object) -> str:
        """One line that quotes `value`, shortened if need be, and says what is allowed."""
        return f"{self.name.replace('_', ' ')} cannot be {quote(value)}: it takes {self.kind.allowed}"


def quote(value: object) -> str:
    """`value` as Python writes it, on one line, shortened to its beginning and its length if it is long."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"  # Python does not write such an int
    return text if len(text) <= 60 else f"{text[:30]}… ({len(str(value))} characters)"


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting(
            name="program",
            label="Program",
            help="the training script under test",
            default="tensorflow",
            kind=Choice(PROGRAMS),
        ),
        Setting(
            name="seed",
            label="Seed",
            help="the seed of every seeding line that is on",
            default=42,
            kind=WholeNumber(0, MAX_SEED),
        ),
        Setting(
            name="steps",
            label="Seeding lines",
            help="the seeding lines that are on",
            default=("numpy", "tensorflow", "initializers"),
            kind=StepSet(),
        ),
        Setting(
            name="epochs",
            label="Epochs",
            help="passes over all training images",
            default=min(3, LIMITS.epochs),
            lowered=LIMITS.epochs < 3,
            kind=WholeNumber(1, LIMITS.epochs),
        ),
        Setting(
            name="batch_size",
            label="Batch size",
            help="images in one training step",
            default=min(32, LIMITS.batch_size, LIMITS.images),
            lowered=min(LIMITS.batch_size, LIMITS.images) < 32,
            kind=WholeNumber(1, LIMITS.batch_size),
        ),
        Setting(
            name="images",
            label="Images",
            help="train on the first N images",
            default=LIMITS.images,
            lowered=LIMITS.images < 60_000,
            kind=WholeNumber(1, LIMITS.images),
        ),
        Setting(
            name="hidden",
            label="Hidden units",
            help="units in each of the two hidden layers",
            default=min(128, LIMITS.hidden),
            lowered=LIMITS.hidden < 128,
            kind=WholeNumber(1, LIMITS.hidden),
        ),
        Setting(
            name="learning_rate",
            label="Learning rate",
            help="Adam's learning rate",
            default=0.001,
            kind=RealNumber(MIN_RATE, 10, least_included=True, most_included=True),
        ),
        Setting(
            name="dropout",
            label="Dropout",
            help="fraction of the hidden units that is dropped at random in each training step",
            default=0.0,
            kind=RealNumber(0, 1, least_included=True, most_included=False),
        ),
    )
}
