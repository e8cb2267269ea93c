"""The verdict in words: what happened, why, and what to do, from what the records show."""

from collections.abc import Sequence
from dataclasses import dataclass

from repro.experiment.seeding import RANDOM_SOURCES, SEEDING_STEPS, RandomSource
from repro.experiment.twists import TWIST, describe_twist, parse_twist
from repro.records.history import History
from repro.verdicts.verdict import QUANTITIES, Verdict

WHAT_DIFFERS = {
    "initial_weights": "the initial weights differ",
    "batch": "the batch order differs",
    "loss": "the loss differs",
    "weights": "the weights differ",
}
REPEAT = "Train the pair once more: a machine may not repeat even a seeded training."
NO_CONTROL = "The machine does not repeat run A even untouched: a second one came out different."


@dataclass(frozen=True, kw_only=True)
class Words:
    """A verdict to be read: the headline says what happened, then come the reason and the remedy, each may be empty.

    `sign` is "same", "different" or "open": a page chooses icon and colour by it.
    """

    sign: str
    headline: str
    reasons: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


def in_words(
    verdict: Verdict, a: History, b: History, twist: str = TWIST.default, repeats: bool | None = None
) -> Words:
    """The words for `verdict` on the records `a` and `b`, finished or still growing; run B carries `twist`. `repeats`
    is whether the machine repeats run A untouched, None where that is not known."""
    total = max(a.experiment.total_steps, b.experiment.total_steps)
    if verdict.identical:
        headline = f"Identical: bit for bit, {verdict.steps_compared:,} of {total:,} steps, same final weights"
        nothing = f"{parse_twist(twist)[0].what} That changed nothing, not one bit."
        return Words(sign="same", headline=headline, reasons=() if twist == TWIST.default else (nothing,))
    if verdict.first is not None:
        reasons, remedies = _explain_twist(verdict, a, b, twist, repeats) or _explain(verdict, a, b)
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
        expected = "the runs wait in line" if a.waiting else "the runs are starting"
        if b.waiting and not a.waiting:
            expected = "run B starts when run A ends"
        return Words(sign="open", headline=f"Nothing to compare yet: {expected}")
    return Words(sign="open", headline=f"So far {agreed}")


def since_when(verdict: Verdict) -> str:
    """Since which step the weights, those before the training among them, and the losses of two runs differ."""
    steps = verdict.first_by_quantity
    weights = min((steps[name] for name in ("initial_weights", "weights") if name in steps), default=None)
    loss = verdict.first_loss_difference
    if weights is None and loss is None:
        return "Neither weights nor losses differ in the steps compared."
    if weights is None or loss is None:
        name, step, other = ("weights", weights, "losses") if loss is None else ("losses", loss, "weights")
        return f"The {name} differ since step {step:,}; the {other} are the same in all steps compared."
    return f"The weights differ since step {weights:,}, the loss since step {loss:,}."


def _explain(verdict: Verdict, a: History, b: History) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Reasons and remedies: one for each random source whose draw is seen to differ."""
    reasons, remedies = [], []
    for source in sources_seen(verdict, a):
        seeding = [step for step in source.seeded_by if step in a.experiment.steps]
        if not seeding:
            reason, remedy = left_to_chance(source, a)
        elif a.experiment.seed != b.experiment.seed:
            reason = f"{source.draw} from the seed: {a.experiment.seed} in run A, {b.experiment.seed} in run B."
            remedy = "Give both runs the same seed."
        else:
            reason = f"{source.draw}, differently each time although seeded by {_code(seeding, ' and ', a)}."
            remedy = REPEAT
        reasons.append(reason)
        remedies.append(remedy)
    if not reasons:
        reasons.append("Both runs began with the same weights and saw the same batches: the arithmetic differs.")
        remedies.append(REPEAT)
    return tuple(reasons), tuple(dict.fromkeys(remedies))


def _explain_twist(
    verdict: Verdict, a: History, b: History, twist: str, repeats: bool | None
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Reasons and remedies where run B carries a twist; None where it does not, or where its seed says all. The twist
    is blamed only where nothing else can be."""
    if twist == TWIST.default:
        return None
    chance = [left_to_chance(source, a) for source in a.experiment.sources_left_to_chance]
    if chance:
        reasons, remedies = zip(*chance, strict=True)
        return (*reasons, f"So the twist ({describe_twist(twist)}) is not alone to blame."), tuple(
            dict.fromkeys(remedies)
        )
    if repeats is False:
        return (NO_CONTROL, f"So nothing can be said of the twist ({describe_twist(twist)})."), (REPEAT,)
    control = "Whether run A repeats untouched is not known yet: the control says it."
    if repeats:
        control = "Nothing else differs: a second run A, untouched, came out identical."
    if a.experiment.seed != b.experiment.seed:
        reasons, remedies = _explain(verdict, a, b)
        return (*reasons, control, since_when(verdict)), remedies
    return (parse_twist(twist)[0].what, control, since_when(verdict)), (parse_twist(twist)[0].remedy,)


def left_to_chance(source: RandomSource, a: History) -> tuple[str, str]:
    """Reason and remedy where no step that is on seeds `source`."""
    return f"{source.draw}, and no step that is on seeds it.", f"Switch on {_code(source.seeded_by, ' or ', a)}."


def sources_seen(verdict: Verdict, a: History) -> list[RandomSource]:
    """The random sources whose draws are seen to differ. What a source did shows in its own quantity; dropout's masks
    have none: they are the cause where losses part on the same weights and the same batches."""
    sources = RANDOM_SOURCES[a.experiment.program]
    seen = [sources[name] for name in QUANTITIES if name in sources and name in verdict.first_by_quantity]
    if not seen and a.experiment.dropout and verdict.first is not None and verdict.first.quantity == "loss":
        seen.append(sources["dropout"])
    return seen


def _code(steps: Sequence[str], conjunction: str, a: History) -> str:
    return conjunction.join(f"`{SEEDING_STEPS[step].code(a.experiment.seed)}`" for step in steps)
