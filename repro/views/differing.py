"""What two sets of settings differ in, in words."""

from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import describe_twist, run_b_in_words


def differing_settings(trained: tuple[Experiment, str], now: tuple[Experiment, str]) -> str:
    """The settings, steps and twist of `trained` that are not those of `now`, with both values."""
    (old, old_twist), (new, new_twist) = trained, now
    parts = [
        f"{setting.label.lower()} {getattr(old, name)} (now {getattr(new, name)})"
        for name, setting in SETTINGS.items()
        if name != "steps" and getattr(old, name) != getattr(new, name)
    ]
    parts += [
        f"`{step.code(new.seed)}` {'on (now off)' if name in old.steps else 'off (now on)'}"
        for name, step in SEEDING_STEPS.items()
        if (name in old.steps) != (name in new.steps)
    ]
    if old_twist != new_twist:
        parts.append(f"{run_b_in_words(old_twist)} (now {describe_twist(new_twist)})")
    return "; ".join(parts)
