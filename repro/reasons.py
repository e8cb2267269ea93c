"""The verdict in words: what happened, why, and what to do, from what the records show."""

from collections.abc import Sequence
from dataclasses import dataclass

from repro.record import Record
from repro.seeding import RANDOM_SOURCES, SEEDING_STEPS, RandomSource
from repro.verdict import QUANTITIES, Verdict

WHAT_DIFFERS = {
    "initial_weights": "the initial weights differ",
    "batch": "the batch order differs",
    "loss": "the loss differs",
    "weights": "the weights differ",
}
REPEAT = "Train the pair once more: this machine may not repeat even a seeded training."


@dataclass(frozen=True, kw_only=True)
class Words:
    """A verdict to be read: the headline says what happened, then come the reason and the remedy, each may be empty.

    `sign` is "same", "different" or "open": a page chooses icon and colour by it.
    """

    sign: str
    headline: str
    reasons: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


def in_words(verdict: Verdict, a: Record, b: Record) -> Words:
    """The words for `verdict` on the records `a` and `b`, finished or still growing."""
    total = max(a.experiment.total_steps, b.experiment.total_steps)
    if verdict.identical:
        headline = f"Identical: bit for bit, {verdict.steps_compared:,} of {total:,} steps, same final weights"
        return Words(sign="same", headline=headline)
    if verdict.first is not None:
        reasons, remedies = _explain(verdict, a, b)
        headline = f"Diverged at step {verdict.first.step:,}: {WHAT_DIFFERS[verdict.first.quantity]}"
        return Words(sign="different", headline=headline, reasons=reasons, remedies=remedies)
    agreed = f"bit for bit the same for {verdict.steps_compared:,} of {total:,} steps"
    if a.ended and b.ended:
        return Words(
            sign="open",
            headline=f"No verdict: {agreed}, then a run did not go on",
            remedies=("Start the pair again to compare it to the end.",),
        )
    if verdict.steps_compared == 0:
        return Words(sign="open", headline="Nothing to compare yet: the runs are starting")
    return Words(sign="open", headline=f"So far {agreed}")


def _explain(verdict: Verdict, a: Record, b: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Reasons and remedies: one for each random source whose draw is seen to differ."""
    reasons, remedies = [], []
    for source in _sources_seen(verdict, a):
        seeding = [step for step in source.seeded_by if step in a.experiment.steps]
        if not seeding:
            reasons.append(f"{source.draw}, and no step that is on seeds it.")
            remedies.append(f"Switch on {_code(source.seeded_by, ' or ', a)}.")
        elif a.experiment.seed != b.experiment.seed:
            reasons.append(f"{source.draw} from the seed: {a.experiment.seed} in run A, {b.experiment.seed} in run B.")
            remedies.append("Give both runs the same seed.")
        else:
            reasons.append(f"{source.draw}, differently each time although seeded by {_code(seeding, ' and ', a)}.")
            remedies.append(REPEAT)
    if not reasons:
        reasons.append("Both runs began with the same weights and saw the same batches: the arithmetic differs.")
        remedies.append(REPEAT)
    return tuple(reasons), tuple(dict.fromkeys(remedies))


def _sources_seen(verdict: Verdict, a: Record) -> list[RandomSource]:
    """The random sources whose draws are seen to differ. What a source did shows in its own quantity; dropout's masks
    have none: they are the cause where losses part on the same weights and the same batches."""
    sources = RANDOM_SOURCES[a.experiment.program]
    seen = [sources[name] for name in QUANTITIES if name in sources and name in verdict.first_by_quantity]
    if not seen and a.experiment.dropout and verdict.first is not None and verdict.first.quantity == "loss":
        seen.append(sources["dropout"])
    return seen


def _code(steps: Sequence[str], conjunction: str, a: Record) -> str:
    return conjunction.join(f"`{SEEDING_STEPS[step].code(a.experiment.seed)}`" for step in steps)
