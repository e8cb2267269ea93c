"""A saved pair against the same pair trained here: "theirs" against "yours", run by run."""

from collections.abc import Mapping
from dataclasses import dataclass

from repro.history.history import FINGERPRINTS, History
from repro.records.saved import Saved
from repro.studies.pair import Pair
from repro.verdicts.control import NAMES
from repro.verdicts.reasons import ANYWHERE, unseeded_in_words, unseeded_source
from repro.verdicts.verdict import Verdict, compare


@dataclass(frozen=True)
class Verification:
    """How far the runs trained here agree with those of a record: the verdicts on run A and on run B."""

    a: Verdict
    b: Verdict
    lines: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What was found, in a few words; empty as long as nothing is decided."""
        if self.identical:
            return "Same as the record"
        return "Differs from the record" if self.a.first is not None or self.b.first is not None else ""

    @property
    def identical(self) -> bool:
        """Whether both runs are the record's, to the last bit."""
        return self.a.identical and self.b.identical


def verification(theirs: Saved, yours: Pair) -> Verification:
    """That of a record and a pair which was started from it; while the pair is in progress, of what it has done so far.
    Its lines say what was found, and what may be the reason of a difference."""
    runs = (("A", theirs.a, yours.a.history), ("B", theirs.b, yours.b.history))
    a, b = (compare(saved, here) for _, saved, here in runs)
    lines: list[str] = []
    for (name, saved, here), verdict in zip(runs, (a, b), strict=True):
        if verdict.identical:
            lines.append(f"Run {name} is bitwise identical to the record's, {verdict.steps_compared:,} steps.")
        elif verdict.first is not None:
            what = NAMES[verdict.first.quantity]
            lines.append(f"Run {name} differs from the record's at step {verdict.first.step:,}: {what}.")
            lines += [line for line in _reasons(verdict, saved, here) if line not in lines]
            if saved.moved and here.moved and saved.moved != here.moved:
                there, now = (f"from {moved['before']} to {moved['after']}" for moved in (saved.moved, here.moved))
                lines.append(f"The twist changed a weight {there} in the record, and {now} here.")
        elif not verdict.steps_compared:
            lines.append(f"Run {name}: no step compared yet.")
        else:
            lines.append(f"Run {name} is bitwise identical to the record's so far, {verdict.steps_compared:,} steps.")
    if theirs.a.fingerprints != FINGERPRINTS:
        lines.append(
            "The record is of an older version: its weights are compared by their digests, before the training and at"
            " its end, and not at each step."
        )
    return Verification(a, b, tuple(lines))


def _reasons(verdict: Verdict, theirs: History, here: History) -> list[str]:
    """Why a run differs from the record's: a draw that is not seeded, if it is what differs first; else the
    machines."""
    source = None if verdict.first is None else unseeded_source(verdict.first.quantity, theirs, here)
    if source is not None:
        reason, _ = unseeded_in_words(source, theirs)
        return [reason.replace("`", ""), ANYWHERE]
    rows = environment_differences(theirs.environment, here.environment).items()
    if not rows:
        return ["The environment stamps are the same, and do not show the reason."]
    named = [f"  {name}: {there} there, {now} here" for name, (there, now) in rows]
    return ["The environments differ, which may be the reason:", *named]


def environment_differences(a: Mapping[str, str], b: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The rows in which the environment stamps of two runs differ, with both values, "–" for one that has none."""
    names = dict.fromkeys([*a, *b])
    return {name: (a.get(name, "–"), b.get(name, "–")) for name in names if a.get(name) != b.get(name)}
