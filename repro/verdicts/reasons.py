"""The verdict in words: what happened, why, and what to do, from what the runs and the control run showed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from repro.experiment.errors import sentence
from repro.experiment.programs import PROGRAMS
from repro.experiment.seeding import SEEDING_STEPS, RandomSource
from repro.experiment.twists import TWIST, describe_twist, done_in_words, parse_twist
from repro.history.history import History
from repro.history.state import State
from repro.verdicts.chance import MAX_CHANCE, of_masks, of_orders
from repro.verdicts.control import NAMES, Control, ControlState, States, states_of
from repro.verdicts.verdict import QUANTITIES, Difference, Verdict

WHAT_DIFFERS = {
    "initial_weights": "the initial weights differ",
    "batch": "the batch order differs",
    "masks": "the dropout masks differ",
    "loss": "the loss differs",
    "weights": "the weights differ",
}
DRAWN = ("initial_weights", "batch", "masks")  # what a random source decides directly; the rest follows from it
ANYWHERE = "With these settings, two trainings on one machine can differ as well."
ARITHMETIC = "The difference arose in the arithmetic."
REPEAT = "Train the pair again: some machines do not repeat even a seeded training."


@dataclass(frozen=True, kw_only=True)
class Words:
    """A verdict to be read: the headline says what happened, then come the reason and the remedy, each may be empty.

    `sign` is "same", "different" or "open": a page chooses icon and colour by it.
    """

    sign: str
    headline: str
    reasons: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reason:
    """A sentence on why something differs, and what to do about it."""

    why: str
    remedy: str


def in_words(
    verdict: Verdict,
    a: History,
    b: History,
    twist: str = TWIST.default,
    control: Control | None = None,
    *,
    states: States | None = None,
) -> Words:
    """The words for `verdict` on the runs `a` and `b`. Run B carries `twist`, and `control` is what the control run
    showed. `states` are those of the two runs; if they are not given, they follow from the histories."""
    states = states or states_of(a, b)
    control = control or Control()
    if verdict.first is not None:
        return _diverged(verdict, a, b, twist, control)
    total = a.experiment.total_steps
    if verdict.identical:
        headline = f"Identical: bit for bit, {verdict.steps_compared:,} of {total:,} steps, same final weights"
        reasons: list[str] = []
        remedies: list[str] = []
        if twist == TWIST.default:
            reasons, remedies = _identical(a)
        else:
            reasons.append(f"{done_in_words(twist, a.experiment, b.experiment)} No bit changed.")
            if control.state is ControlState.DIFFERENT:
                reasons.append(control.sentence)
        return Words(sign="same", headline=headline, reasons=tuple(reasons), remedies=tuple(remedies))
    compared = f"bitwise identical in {verdict.steps_compared:,} of {total:,} steps"
    early = {State.FAILED: "failed", State.STOPPED: "was stopped"}
    # A run has ended early, and the other has been compared as far as that one came.
    if any(
        state in early and run.steps_done == verdict.steps_compared for run, state in zip((a, b), states, strict=True)
    ):
        ends = " and ".join(
            f"run {name} {early[state]}" for name, state in zip("AB", states, strict=True) if state in early
        )
        headline = (
            f"No verdict: {compared}, then {ends}"
            if verdict.steps_compared
            else (f"No verdict: {ends} before a step could be compared")
        )
        return Words(sign="open", headline=headline, remedies=("Train the pair again to compare all of its steps.",))
    if verdict.steps_compared == 0:
        return Words(sign="open", headline=f"Nothing to compare yet: {_expected(states, twist)}")
    return Words(sign="open", headline=f"So far {compared}")


def _expected(states: States, twist: str) -> str:
    if states[0] is State.WAITING:
        return "the runs wait in the queue"
    if parse_twist(twist)[0].same_process:
        return "run B starts when run A ends"
    return "run B waits in the queue" if states[1] is State.WAITING else "the runs are starting"


def _diverged(verdict: Verdict, a: History, b: History, twist: str, control: Control) -> Words:
    assert verdict.first is not None
    headline = f"Diverged at step {verdict.first.step:,}: {WHAT_DIFFERS[verdict.first.quantity]}"
    if twist == TWIST.default:
        found = [_of_itself(verdict.first.quantity, a, b)]
        notes: list[str] = []
    else:
        found, notes = _with_twist(verdict, a, b, twist, control)
    # A draw that differs besides is no cause of the headline, and shows what else is to be seeded.
    for name in DRAWN:
        if name != verdict.first.quantity and name in verdict.first_by_quantity:
            besides = _of_draw(name, a, b)
            step = verdict.first_by_quantity[name]
            notes.append(f"At step {step:,} {WHAT_DIFFERS[name]} as well. {besides.why}")
            found.append(_Reason("", besides.remedy))
    reasons = (*(reason.why for reason in found if reason.why), *notes)
    return Words(
        sign="different",
        headline=headline,
        reasons=reasons,
        remedies=tuple(dict.fromkeys(reason.remedy for reason in found)),
    )


def _with_twist(
    verdict: Verdict, a: History, b: History, twist: str, control: Control
) -> tuple[list[_Reason], list[str]]:
    """Why the first difference is there, if run B carries a twist: the twist only if the control run has shown that
    run A repeats up to this difference; and what else is to be said."""
    assert verdict.first is not None
    quantity = verdict.first.quantity
    chosen = parse_twist(twist)[0]
    change = f"the change in run B ({describe_twist(twist)})"
    own = _of_itself(quantity, a, b)
    unseeded = unseeded_source(quantity, a, b) is not None
    by_seed = quantity in DRAWN and not unseeded and a.experiment.seed != b.experiment.seed
    repeats = control.repeats_up_to(verdict.first)
    if repeats is False:
        return [own], [control.sentence, f"This difference therefore shows nothing about {change}."]
    there = [name for name in QUANTITIES if name != "masks" or a.experiment.dropout]
    acts_on = next(name for name in there if QUANTITIES.index(name) >= QUANTITIES.index(chosen.acts_on))
    if unseeded and QUANTITIES.index(quantity) < QUANTITIES.index(acts_on):
        return [own], [control.sentence, f"{sentence(change)} acts on {NAMES[acts_on]} first."]
    if unseeded and repeats and _may_agree_by_chance(verdict.first, a):
        unknown = f"Unseeded draws can be equal by chance: whether {change} has a part in this is not known."
        return [own], [control.sentence, unknown]
    if repeats is None and control.state is ControlState.RUNNING:
        so_far = f"{control.steps_compared:,} of {a.experiment.total_steps:,} steps, the same so far"
        return [], [since_when(verdict), f"Control run: {so_far}. It shows whether {change} is the cause."]
    reason = own if by_seed else _Reason(done_in_words(twist, a.experiment, b.experiment), chosen.remedy)
    if repeats:
        up_to = "" if control.repeats else f" Up to this difference it agreed with run A, so {change} is its cause."
        return [reason], [control.sentence + up_to, since_when(verdict)]
    unsure = f"whether {change} is a cause is not known" if unseeded else f"{change} may not be the only cause"
    return [reason, own] if unseeded else [reason], [control.sentence, f"So {unsure}.", since_when(verdict)]


def _may_agree_by_chance(first: Difference, a: History) -> bool:
    """Whether a control run can agree with run A up to the difference `first` although the draw that can have made it
    is not seeded, other than by a coincidence that is not reckoned with. Of masks that were not recorded, as in records
    of version 2, this is always so: losses and weights agree more often, since the mask of a unit that is not active
    shows nowhere."""
    if first.quantity == "initial_weights":
        return False  # hundreds of float32 at least
    chance = {"batch": of_orders, "masks": of_masks}.get(first.quantity)
    return chance is None or chance(a.experiment, first.step + 1) > math.log(MAX_CHANCE)


def since_when(verdict: Verdict) -> str:
    """At which step the weights, those before the training among them, and the losses of two runs first differ."""
    steps = verdict.first_by_quantity
    weights = min((steps[name] for name in ("initial_weights", "weights") if name in steps), default=None)
    loss = verdict.first_loss_difference
    if weights is None and loss is None:
        return "Neither weights nor losses differ in the steps compared."
    if weights is None or loss is None:
        name, step, other = ("weights", weights, "losses") if loss is None else ("losses", loss, "weights")
        return f"The {name} first differ at step {step:,}; the {other} are the same in all steps compared."
    return f"The weights first differ at step {weights:,}, the loss at step {loss:,}."


def _identical(a: History) -> tuple[list[str], list[str]]:
    """Why the runs of a pair without a twist are the same: what seeds each draw that was compared; and one line to try
    without."""
    enabled = [
        (source.what, [step for step in source.seeded_by if step in a.experiment.steps])
        for source in (*a.experiment.seeded_sources, *a.experiment.unseeded_sources)
    ]
    seeded = [f"{what} by {_code(steps, ' and ', a)}" for what, steps in enabled if steps]
    by_chance = " and ".join(what for what, steps in enabled if not steps)
    reasons = [f"Seeded: {', '.join(seeded)}."] if seeded else []
    if by_chance:
        reasons.append(f"None of the enabled lines seeds {by_chance}: to be the same there is chance.")
    # A draw that two lines seed shows more without one of them than one that differs for certain.
    without = next((steps[-1] for _, steps in enabled if len(steps) > 1), next((s[0] for _, s in enabled if s), None))
    remedies = [] if without is None else [f"Try it without {_code([without], '', a)}: is it still identical?"]
    return reasons, remedies


def _of_itself(quantity: str, a: History, b: History) -> _Reason:
    """Why `quantity` is the first that differs, if nothing is known of a change in run B."""
    if quantity in DRAWN:
        return _of_draw(quantity, a, b)
    if a.experiment.dropout and _masks_recorded(a, b):
        same = "The initial weights, the batches and the dropout masks were the same up to this step."
        return _Reason(f"{same} {ARITHMETIC}", REPEAT)
    same = "The initial weights and the batches were the same up to this step."
    if a.experiment.dropout:  # a record of version 2 or 1
        if _same_masks(a, b):
            return _Reason(f"{same} The dropout masks were the same in all steps. {ARITHMETIC}", REPEAT)
        masks = _of_draw("masks", a, b)
        seen = "The masks differ." if a.dropout_masks and b.dropout_masks else _masks_unknown(a, b)
        return _Reason(f"{same} {masks.why} {seen}", masks.remedy)
    return _Reason(f"{same} {ARITHMETIC}", REPEAT)


def _masks_recorded(a: History, b: History) -> bool:
    """Whether the masks of each step are compared: where another quantity differs first, they were the same before."""
    return a.masks is not None and b.masks is not None


def _same_masks(a: History, b: History) -> bool:
    """Whether the masks of all steps are known to be the same by their digests."""
    return a.dropout_masks is not None and a.dropout_masks == b.dropout_masks


def _masks_unknown(a: History, b: History) -> str:
    if a.finished and b.finished:
        return "The masks themselves are not recorded."
    return "Whether the masks differ is known when both runs have finished."


def _of_draw(name: str, a: History, b: History) -> _Reason:
    """What the random source `name` draws from, if its draw differs."""
    source = _source(name, a)
    enabled = [step for step in source.seeded_by if step in a.experiment.steps]
    if not enabled:
        return _Reason(*unseeded_in_words(source, a))
    clause = sentence(source.clause)
    if a.experiment.seed != b.experiment.seed:
        seeds = f"seeded with {a.experiment.seed} in run A, {b.experiment.seed} in run B"
        return _Reason(f"{clause}, {seeds}.", "Give both runs the same seed.")
    return _Reason(f"{clause}, seeded alike in both runs by {_code(enabled, ' and ', a)}.", REPEAT)


def _source(drawn: str, a: History) -> RandomSource:
    return PROGRAMS[a.experiment.program].sources["dropout" if drawn == "masks" else drawn]


def unseeded_in_words(source: RandomSource, a: History) -> tuple[str, str]:
    """Reason and remedy if no seeding line that is enabled seeds `source`."""
    return (
        f"{sentence(source.clause)}; none of the enabled lines seeds it.",
        f"Switch on {_code(source.seeded_by, ' or ', a)}.",
    )


def unseeded_source(quantity: str, a: History, b: History) -> RandomSource | None:
    """The random source that none of the enabled lines seeds, and whose draw can be what differs if `quantity` is the
    first that does; None if that has another reason. Where a record does not hold the dropout masks of each step, they
    can be why losses or weights differ although initial weights and batches do not."""
    if quantity not in DRAWN and (_masks_recorded(a, b) or _same_masks(a, b)):
        return None
    source = _source(quantity if quantity in DRAWN else "masks", a)
    return source if source in a.experiment.unseeded_sources else None


def _code(steps: Sequence[str], conjunction: str, a: History) -> str:
    return conjunction.join(f"`{SEEDING_STEPS[step].code(a.experiment.seed)}`" for step in steps)
