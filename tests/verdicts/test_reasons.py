"""Verdicts in words: what happened, which source did it, what to do."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from records import finish, history

from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS
from repro.experiment.twists import TWISTS, apply_twist
from repro.history.history import History
from repro.history.state import State
from repro.studies.pair import Pair
from repro.verdicts.control import Control, ControlState
from repro.verdicts.reasons import Words, in_words, since_when, unseeded_source
from repro.verdicts.verdict import compare

NUMPY, TENSORFLOW, DROPOUT = "np.random.permutation", "tf.random.uniform", "tf.nn.dropout"
NO_STEP = "none of the enabled lines seeds it"
AT_ONCE = {"batch": 0, "loss": 0, "weights": 0}
RUNNING, FINISHED, FAILED, STOPPED = State.RUNNING, State.FINISHED, State.FAILED, State.STOPPED
EIGHT_STEPS = {"images": 8, "batch_size": 2, "epochs": 2}


def words_for(a: History, b: History, *, states: tuple[State, State] | None = None) -> Words:
    return in_words(compare(a, b), a, b, states=states)


def words_of(experiment: Experiment, first: dict[str, int], other: Experiment | None = None) -> Words:
    """The words for two finished runs, of `experiment` and of `other`, that differ in each quantity of `first`."""
    a, b = history(experiment), history(other or experiment)
    if "initial_weights" in first:
        b.initial_weights = "ff"
    for quantity in first.keys() - {"initial_weights"}:
        getattr(b, quantity)[first[quantity] :] += 1
    return words_for(a, b)


def eight_steps(**settings: Any) -> Experiment:
    return Experiment(**EIGHT_STEPS | settings)


def test_identical() -> None:
    assert words_for(history(Experiment()), history(Experiment())) == Words(
        sign="same",
        headline="Identical: bit for bit, 5,625 of 5,625 steps, same final weights",
        reasons=(
            "Seeded: the initial weights by `tf.random.set_seed(42)` and `initializer seeds`, the batch order by"
            " `np.random.seed(42)`.",
        ),
        remedies=("Try it without `initializer seeds`: is it still identical?",),
    )


@pytest.mark.parametrize(
    ("steps", "reasons", "remedies"),
    [
        (
            ("numpy", "initializers"),
            ("Seeded: the initial weights by `initializer seeds`, the batch order by `np.random.seed(42)`.",),
            ("Try it without `initializer seeds`: is it still identical?",),
        ),
        (
            ("numpy",),
            (
                "Seeded: the batch order by `np.random.seed(42)`.",
                "None of the enabled lines seeds the initial weights: to be the same there is chance.",
            ),
            ("Try it without `np.random.seed(42)`: is it still identical?",),
        ),
        (
            (),
            (
                "None of the enabled lines seeds the initial weights and the batch order: to be the same there is"
                " chance.",
            ),
            (),
        ),
    ],
)
def test_identical_says_what_seeds_each_draw_and_one_line_to_try_without(
    steps: tuple[str, ...], reasons: tuple[str, ...], remedies: tuple[str, ...]
) -> None:
    words = words_for(history(eight_steps(steps=steps)), history(eight_steps(steps=steps)))
    assert words.sign == "same"
    assert (words.reasons, words.remedies) == (reasons, remedies)


@pytest.mark.parametrize(
    ("first", "headline"),
    [
        ({"initial_weights": 0, "loss": 0}, "Diverged at step 0: the initial weights differ"),
        ({"batch": 0, "loss": 0}, "Diverged at step 0: the batch order differs"),
        ({"loss": 1234, "weights": 1234}, "Diverged at step 1,234: the loss differs"),
        ({"weights": 5624}, "Diverged at step 5,624: the weights differ"),
    ],
)
def test_headline_of_runs_that_differ(first: dict[str, int], headline: str) -> None:
    words = words_of(Experiment(), first)
    assert words.headline == headline
    assert words.sign == "different"


def test_numpy_forgotten() -> None:
    words = words_of(eight_steps(steps=("tensorflow", "initializers")), AT_ONCE)
    assert len(words.reasons) == 1
    assert NUMPY in words.reasons[0]
    assert NO_STEP in words.reasons[0]
    assert words.remedies == ("Switch on `np.random.seed(42)`.",)


def test_weights_not_seeded() -> None:
    words = words_of(eight_steps(steps=("numpy",), seed=7), {"initial_weights": 0, "loss": 0, "weights": 0})
    assert len(words.reasons) == 1
    assert TENSORFLOW in words.reasons[0]
    assert NO_STEP in words.reasons[0]
    assert words.remedies == ("Switch on `tf.random.set_seed(7)` or `initializer seeds`.",)


@pytest.mark.parametrize("steps", [(), ("python",)])
def test_a_second_source_is_named_besides_where_it_is_seen_to_differ(steps: tuple[str, ...]) -> None:
    words = words_of(eight_steps(steps=steps), {"initial_weights": 0} | AT_ONCE)
    assert words.reasons == (
        f"The initial weights come from TensorFlow's `{TENSORFLOW}`; {NO_STEP}.",
        f"At step 0 the batch order differs as well. The batch order comes from NumPy's `{NUMPY}`; {NO_STEP}.",
    )
    assert words.remedies == (
        "Switch on `tf.random.set_seed(42)` or `initializer seeds`.",
        "Switch on `np.random.seed(42)`.",
    )


def test_a_source_that_is_not_seen_to_differ_is_not_named() -> None:
    words = words_of(eight_steps(steps=()), {"initial_weights": 0, "loss": 0, "weights": 0})
    assert NUMPY not in " ".join(words.reasons + words.remedies)
    words = words_of(eight_steps(steps=("numpy",), dropout=0.5), {"initial_weights": 0, "loss": 0, "weights": 0})
    assert DROPOUT not in " ".join(words.reasons)


def test_a_batch_order_that_differs_later_is_not_the_reason_of_the_headline() -> None:
    words = words_of(eight_steps(steps=("initializers",)), {"loss": 1, "batch": 4})
    assert words.reasons == (
        "The initial weights and the batches were the same up to this step. The difference arose in the arithmetic.",
        f"At step 4 the batch order differs as well. The batch order comes from NumPy's `{NUMPY}`; {NO_STEP}.",
    )


def test_another_seed_is_the_reason_where_run_b_has_one() -> None:
    words = words_of(eight_steps(), {"initial_weights": 0} | AT_ONCE, eight_steps(seed=43))
    assert len(words.reasons) == 2
    assert all("42 in run A, 43 in run B" in reason for reason in words.reasons)
    assert words.remedies == ("Give both runs the same seed.",)


def test_another_seed_is_no_reason_for_what_no_step_seeds() -> None:
    a, b = (eight_steps(seed=seed, steps=("numpy",)) for seed in (42, 43))
    words = words_of(a, {"initial_weights": 0} | AT_ONCE, b)
    assert [NO_STEP in reason for reason in words.reasons] == [True, False]
    assert words.remedies == (
        "Switch on `tf.random.set_seed(42)` or `initializer seeds`.",
        "Give both runs the same seed.",
    )


def test_dropout_is_the_reason_if_losses_differ_on_the_same_weights_and_batches() -> None:
    words = words_of(eight_steps(steps=("numpy", "initializers"), dropout=0.5), {"loss": 0, "weights": 0})
    assert len(words.reasons) == 1
    assert words.reasons == (
        "The initial weights and the batches were the same up to this step. The dropout masks come from TensorFlow's"
        f" `{DROPOUT}`; {NO_STEP}. The masks themselves are not recorded.",
    )
    assert words.remedies == ("Switch on `tf.random.set_seed(42)`.",)


@pytest.mark.parametrize(
    ("masks", "done", "words"),
    [
        (("4d", "5e"), None, f"`{DROPOUT}`; {NO_STEP}. The masks differ."),
        (("4d", "4d"), None, "The dropout masks were the same in all steps. The difference arose in the arithmetic."),
        ((None, None), 4, "Whether the masks differ is known when both runs have finished."),
    ],
)
def test_of_masks_is_said_what_was_recorded(masks: tuple[str | None, str | None], done: int | None, words: str) -> None:
    experiment = eight_steps(steps=("numpy", "initializers"), dropout=0.5)
    a, b = (history(experiment, steps_done=done, dropout_masks=digest) for digest in masks)
    b.loss += 1
    assert words_for(a, b).reasons[0].endswith(words)


def test_dropout_is_not_blamed_where_there_is_none() -> None:
    words = words_of(eight_steps(steps=("numpy", "initializers")), {"loss": 0, "weights": 0})
    assert DROPOUT not in " ".join(words.reasons)


@pytest.mark.parametrize(
    "first", [{"initial_weights": 0, "loss": 0}, {"batch": 3, "loss": 3}, {"loss": 5, "weights": 5}, {"weights": 2}]
)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_fully_seeded_and_yet_different(first: dict[str, int], dropout: float) -> None:
    words = words_of(eight_steps(steps=("numpy", "tensorflow", "initializers", "python"), dropout=dropout), first)
    assert len(words.reasons) == 1
    assert NO_STEP not in words.reasons[0]
    assert words.remedies == ("Train the pair again: some machines do not repeat even a seeded training.",)


def test_what_is_seeded_alike_and_differs_is_said_to_be() -> None:
    words = words_of(eight_steps(steps=("numpy", "tensorflow", "initializers")), {"initial_weights": 0})
    assert words.reasons == (
        "The initial weights come from TensorFlow's `tf.random.uniform`, seeded alike in both runs by"
        " `tf.random.set_seed(42)` and `initializer seeds`.",
    )


@pytest.mark.parametrize(
    ("twist", "waits", "expected"),
    [
        ("none", "", "the runs are starting"),
        ("none", "AB", "the runs wait in the queue"),
        ("none", "B", "run B waits in the queue"),
        ("one-bit", "B", "run B waits in the queue"),
        ("same-process", "B", "run B starts when run A ends"),
        ("same-process", "", "run B starts when run A ends"),
        ("same-process", "AB", "the runs wait in the queue"),
    ],
)
def test_before_the_first_step_it_says_what_is_waited_for(twist: str, waits: str, expected: str) -> None:
    a, b = history(steps_done=0), history(steps_done=0)
    first, second = (State.WAITING if name in waits else State.STARTING for name in "AB")
    words = in_words(compare(a, b), a, b, twist, states=(first, second))
    assert words == Words(sign="open", headline=f"Nothing to compare yet: {expected}")


def test_runs_that_have_not_ended() -> None:
    for words in (words_for(history(steps_done=5), history(steps_done=3)), words_for(history(), history(steps_done=3))):
        assert words == Words(sign="open", headline="So far bitwise identical in 3 of 8 steps")


@pytest.mark.parametrize(
    ("a", "b", "headline"),
    [
        ((3, STOPPED), (3, STOPPED), "bitwise identical in 3 of 8 steps, then run A was stopped and run B was stopped"),
        ((None, FINISHED), (3, STOPPED), "bitwise identical in 3 of 8 steps, then run B was stopped"),
        ((5, FAILED), (3, STOPPED), "bitwise identical in 3 of 8 steps, then run A failed and run B was stopped"),
        ((3, FAILED), (6, RUNNING), "bitwise identical in 3 of 8 steps, then run A failed"),
        ((0, FAILED), (0, FAILED), "run A failed and run B failed before a step could be compared"),
        ((0, FAILED), (0, RUNNING), "run A failed before a step could be compared"),
        ((0, RUNNING), (0, FAILED), "run B failed before a step could be compared"),
        ((2, RUNNING), (0, STOPPED), "run B was stopped before a step could be compared"),
    ],
)
def test_a_pair_of_which_a_run_ended_early_gets_no_verdict(
    a: tuple[int | None, State], b: tuple[int | None, State], headline: str
) -> None:
    words = words_for(*(history(steps_done=steps) for steps, _ in (a, b)), states=(a[1], b[1]))
    assert words.sign == "open"
    assert words.headline == f"No verdict: {headline}"
    assert words.remedies == ("Train the pair again to compare all of its steps.",)


def test_as_long_as_the_other_run_reaches_the_step_at_which_one_failed_it_is_compared() -> None:
    words = words_for(history(steps_done=5), history(steps_done=3), states=(FAILED, RUNNING))
    assert words.headline == "So far bitwise identical in 3 of 8 steps"


def test_a_stopped_pair_that_had_parted_before_has() -> None:
    a, b = history(steps_done=3), history(steps_done=3)
    b.loss[2] += 1
    assert words_for(a, b, states=(STOPPED, STOPPED)).headline == "Diverged at step 2: the loss differs"


# Where run B carries a twist: the control run says what run A repeats.

SAME = Control(state=ControlState.SAME, steps_compared=8)
IDENTICAL = "Control run: an unmodified repeat of run A was bitwise identical."
SINCE = "The weights first differ at step 0, the loss at step 3."


def differed(**first: int) -> Control:
    return Control(state=ControlState.DIFFERENT, first_differences=first, steps_compared=8)


def words_with_twist(twist: str, control: Control, first: dict[str, int] | None = None, **settings: Any) -> Words:
    """The words for a pair whose run B carries `twist`, and that differs in each quantity of `first`."""
    a, b = history(eight_steps(**settings)), history(apply_twist(eight_steps(**settings), twist))
    first = {"initial_weights": 0, "loss": 3, "weights": 0} if first is None else first
    if "initial_weights" in first:
        b.initial_weights = "ff"
    for quantity in first.keys() - {"initial_weights"}:
        getattr(b, quantity)[first[quantity] :] += 1
    return in_words(compare(a, b), a, b, twist, control)


def test_a_twist_is_the_reason_where_the_control_repeats() -> None:
    words = words_with_twist("one-bit", SAME)
    assert words.headline == "Diverged at step 0: the initial weights differ"
    assert words.reasons == (TWISTS["one-bit"].what, IDENTICAL, SINCE)
    assert words.remedies == (TWISTS["one-bit"].remedy,)


def test_one_bit_is_the_reason_of_the_initial_weights_where_numpy_is_not_seeded() -> None:
    words = words_with_twist(
        "one-bit", differed(batch=0, loss=0, weights=0), {"initial_weights": 0} | AT_ONCE, steps=("initializers",)
    )
    assert words.headline == "Diverged at step 0: the initial weights differ"
    assert words.reasons == (
        TWISTS["one-bit"].what,
        "Control run: an unmodified repeat of run A differed, first at step 0 in the batch order. Up to this"
        " difference it agreed with run A, so the change in run B (one bit of one weight) is its cause.",
        "The weights first differ at step 0, the loss at step 0.",
        f"At step 0 the batch order differs as well. The batch order comes from NumPy's `{NUMPY}`; {NO_STEP}.",
    )
    assert words.remedies == (TWISTS["one-bit"].remedy, "Switch on `np.random.seed(42)`.")


def test_a_batch_order_that_both_runs_have_is_not_the_reason() -> None:
    words = words_with_twist("xla", SAME, {"loss": 0, "weights": 0}, steps=("tensorflow",))
    assert words.reasons[:2] == (TWISTS["xla"].what, IDENTICAL)
    assert NUMPY not in " ".join(words.reasons + words.remedies)


def test_the_same_process_is_the_reason_of_the_initial_weights_where_dropout_is_not_seeded() -> None:
    words = words_with_twist(
        "same-process",
        differed(loss=0, weights=0),
        {"initial_weights": 0, "loss": 0, "weights": 0},
        steps=("numpy", "initializers"),
        dropout=0.3,
    )
    assert words.reasons[0] == TWISTS["same-process"].what
    assert words.reasons[1].endswith("so the change in run B (the same process again) is its cause.")
    assert DROPOUT not in " ".join(words.reasons + words.remedies)


def test_an_unseeded_order_that_the_control_repeats_by_chance_is_no_effect_of_the_same_process() -> None:
    words = words_with_twist(
        "same-process", SAME, {"batch": 0, "loss": 0, "weights": 0}, steps=("tensorflow", "initializers")
    )
    assert words.reasons[0].endswith(f"{NO_STEP}.")
    assert words.reasons[-1] == BY_CHANCE.format("the same process again")
    assert words.remedies == ("Switch on `np.random.seed(42)`.",)


BY_CHANCE = "Unseeded draws can be equal by chance: whether the change in run B ({}) has a part in this is not known."
UNSEEDED_MASKS: dict[str, Any] = {"steps": ("numpy", "initializers"), "dropout": 0.2}


@pytest.mark.parametrize("first", [{"loss": 0, "weights": 0}, {"loss": 3, "weights": 3}, {"weights": 2}])
@pytest.mark.parametrize("control", [SAME, differed(loss=4, weights=4)])
def test_masks_that_the_control_may_repeat_by_chance_are_no_effect_of_the_threads(
    control: Control, first: dict[str, int]
) -> None:
    words = words_with_twist("threads", control, first, **UNSEEDED_MASKS)
    assert f"`{DROPOUT}`; {NO_STEP}" in words.reasons[0]
    assert words.reasons[1:] == (control.sentence, BY_CHANCE.format("another number of threads"))
    assert words.remedies == ("Switch on `tf.random.set_seed(42)`.",)


def test_masks_that_were_the_same_leave_the_threads_as_the_cause() -> None:
    experiment = eight_steps(**UNSEEDED_MASKS)
    a, b = (history(one, dropout_masks="4d") for one in (experiment, apply_twist(experiment, "threads")))
    b.loss[1:] += 1
    words = in_words(compare(a, b), a, b, "threads", SAME)
    assert words.reasons[:2] == ("Run B used 2 threads within an operation, run A 1.", IDENTICAL)


@pytest.mark.parametrize(("twist", "name"), [("seed:7", "another seed: 7"), ("same-process", "the same process again")])
@pytest.mark.parametrize(("images", "by_chance"), [(2, True), (4, True), (64, False)])
def test_an_unseeded_order_that_agrees_is_chance_where_there_are_few_orders(
    images: int, by_chance: bool, twist: str, name: str
) -> None:
    """Of 64 images two are taken alike with a probability of 1/4032, all 16 of eight steps with 10⁻²⁸."""
    settings = {"steps": ("initializers",), "images": images, "batch_size": 2, "epochs": 1}
    words = words_with_twist(twist, SAME, {"batch": images // 2 - 1 if images < 64 else 7}, **settings)
    assert (BY_CHANCE.format(name) in words.reasons) == by_chance


def with_masks(experiment: Experiment, **first: int) -> tuple[History, History]:
    """Two finished runs that recorded their masks, and differ in each quantity of `first`."""
    a, b = (history(experiment, masks=np.arange(8)) for _ in "AB")
    for quantity, step in first.items():
        getattr(b, quantity)[step:] += 1
    return a, b


def test_masks_are_a_quantity_of_their_own() -> None:
    a, b = with_masks(eight_steps(**UNSEEDED_MASKS), masks=2, loss=2, weights=2)
    assert words_for(a, b) == Words(
        sign="different",
        headline="Diverged at step 2: the dropout masks differ",
        reasons=(f"The dropout masks come from TensorFlow's `{DROPOUT}`; {NO_STEP}.",),
        remedies=("Switch on `tf.random.set_seed(42)`.",),
    )


def test_the_compiler_is_the_cause_of_other_masks() -> None:
    a, b = with_masks(eight_steps(steps=("numpy", "tensorflow"), dropout=0.2), masks=0, loss=0, weights=0)
    words = in_words(compare(a, b), a, b, "xla", SAME)
    assert words.headline == "Diverged at step 0: the dropout masks differ"
    assert words.reasons[:2] == (TWISTS["xla"].what, IDENTICAL)


@pytest.mark.parametrize(("step", "by_chance"), [(0, True), (7, False)])
def test_masks_that_the_control_repeats_may_be_chance_where_there_are_few(step: int, by_chance: bool) -> None:
    """Of one unit in each of two layers: 0.68 to the fourth in the first step, of two images, 0.68³² in eight."""
    experiment = eight_steps(**UNSEEDED_MASKS | {"hidden": 2 if not by_chance else 1})
    a, b = with_masks(experiment, masks=step, loss=step)
    words = in_words(compare(a, b), a, b, "threads", SAME)
    acts = "The change in run B (another number of threads) acts on the loss first."
    assert words.reasons[-1] == acts
    words = in_words(compare(a, b), a, b, "xla", SAME)
    assert (BY_CHANCE.format("compiled by XLA") in words.reasons) == by_chance


@pytest.mark.parametrize("first", [{"loss": 3, "weights": 3}, {"weights": 2}])
def test_what_differs_although_recorded_masks_do_not_is_the_arithmetic(first: dict[str, int]) -> None:
    a, b = with_masks(eight_steps(**UNSEEDED_MASKS), **first)
    same = "The initial weights, the batches and the dropout masks were the same up to this step."
    assert words_for(a, b).reasons == (f"{same} The difference arose in the arithmetic.",)
    assert unseeded_source(next(iter(first)), a, b) is None
    assert (
        in_words(compare(a, b), a, b, "threads", SAME).reasons[0]
        == "Run B used 1 threads within an operation, run A 1."
    )


def test_initial_weights_that_the_control_does_not_repeat_are_no_effect_of_the_twist() -> None:
    words = words_with_twist(
        "determinism",
        differed(initial_weights=0, loss=0, weights=0),
        {"initial_weights": 0, "loss": 0, "weights": 0},
        program="keras",
        steps=("numpy", "tensorflow"),
        dropout=0.2,
    )
    assert words.reasons == (
        f"The initial weights come from Keras's initializers, seeded from Python's `random` by default; {NO_STEP}.",
        "Control run: an unmodified repeat of run A differed, first at step 0 in the initial weights.",
        "This difference therefore shows nothing about the change in run B (op determinism).",
    )
    assert words.remedies == ("Switch on `initializer seeds` or `random.seed(42)`.",)


def test_masks_that_differ_in_the_control_too_are_the_reason() -> None:
    words = words_with_twist(
        "threads", differed(loss=0, weights=0), {"loss": 0, "weights": 0}, steps=("numpy", "initializers"), dropout=0.2
    )
    assert f"`{DROPOUT}`; {NO_STEP}" in words.reasons[0]
    assert (
        words.reasons[-1]
        == "This difference therefore shows nothing about the change in run B (another number of threads)."
    )
    assert words.remedies == ("Switch on `tf.random.set_seed(42)`.",)


def test_a_twist_is_not_blamed_where_a_seeded_control_differs() -> None:
    words = words_with_twist("one-bit", differed(initial_weights=0))
    assert TWISTS["one-bit"].what not in words.reasons
    assert words.remedies == ("Train the pair again: some machines do not repeat even a seeded training.",)


@pytest.mark.parametrize("control", [SAME, Control(), differed(loss=3)])
def test_a_batch_order_that_nobody_seeds_is_no_effect_of_a_twist_of_the_arithmetic(control: Control) -> None:
    """Even where the control run had the same order by chance: two images have two orders."""
    words = words_with_twist("xla", control, AT_ONCE, steps=("initializers",))
    assert words.reasons == (
        f"The batch order comes from NumPy's `{NUMPY}`; {NO_STEP}.",
        control.sentence,
        "The change in run B (compiled by XLA) acts on the loss first.",
    )


def test_the_cause_of_a_difference_is_said_when_the_control_run_has_shown_it() -> None:
    for done in (0, 2):
        words = words_with_twist("one-bit", Control(state=ControlState.RUNNING, steps_compared=done), {"loss": 5})
        assert words.headline == "Diverged at step 5: the loss differs"
        assert words.reasons[-1] == (
            f"Control run: {done} of 8 steps, the same so far. It shows whether the change in run B (one bit of one"
            " weight) is the cause."
        )
        assert TWISTS["one-bit"].what not in words.reasons
        assert words.remedies == ()


@pytest.mark.parametrize("control", [Control(), Control(state=ControlState.STOPPED)])
def test_a_twist_may_not_be_the_only_cause_where_the_control_says_nothing(control: Control) -> None:
    words = words_with_twist("one-bit", control)
    assert words.reasons == (
        TWISTS["one-bit"].what,
        control.sentence,
        "So the change in run B (one bit of one weight) may not be the only cause.",
        SINCE,
    )
    words = words_with_twist("one-bit", control, steps=("numpy",))
    assert words.reasons[:2] == (
        TWISTS["one-bit"].what,
        f"The initial weights come from TensorFlow's `{TENSORFLOW}`; {NO_STEP}.",
    )
    assert words.remedies == (
        TWISTS["one-bit"].remedy,
        "Switch on `tf.random.set_seed(42)` or `initializer seeds`.",
    )


def test_a_control_that_still_trains_vouches_for_the_steps_it_has_done() -> None:
    words = words_with_twist("one-bit", Control(state=ControlState.RUNNING, steps_compared=1))
    assert words.reasons[1] == (
        "Control run, not finished yet: an unmodified repeat of run A is bitwise identical in 1 step. Up to this"
        " difference it agreed with run A, so the change in run B (one bit of one weight) is its cause."
    )


def test_another_seed_names_what_it_decided() -> None:
    words = words_with_twist("seed:7", SAME)
    assert words.reasons == (
        "The initial weights come from TensorFlow's `tf.random.uniform`, seeded with 42 in run A, 7 in run B.",
        IDENTICAL,
        SINCE,
    )
    assert words.remedies == ("Give both runs the same seed.",)


def test_a_twist_that_changes_nothing_is_a_result() -> None:
    a, b = history(eight_steps()), history(apply_twist(eight_steps(), "threads:4"))
    words = in_words(compare(a, b), a, b, "threads:4", SAME)
    assert words.sign == "same"
    assert words.headline.startswith("Identical")
    assert words.reasons == ("Run B used 4 threads within an operation, run A 1. No bit changed.",)
    unsteady = in_words(compare(a, b), a, b, "threads:4", differed(loss=2))
    assert unsteady.reasons[1:] == (
        "Control run: an unmodified repeat of run A differed, first at step 2 in the loss.",
    )


SMALL = Experiment(images=64, epochs=1)


@pytest.mark.parametrize(
    ("twist", "settings", "headline", "in_reasons", "not_in_reasons"),
    [
        (
            "one-bit",
            {"steps": ("tensorflow", "initializers")},
            "the initial weights differ",
            (TWISTS["one-bit"].what, "agreed with run A", "the batch order differs as well"),
            (),
        ),
        (
            "xla",
            {"images": 1, "batch_size": 1, "epochs": 3, "steps": ("tensorflow",)},
            "the loss differs",
            (TWISTS["xla"].what, IDENTICAL),
            (NUMPY,),
        ),
        (
            "same-process",
            {"epochs": 3, "dropout": 0.3, "steps": ("numpy", "initializers")},
            "the initial weights differ",
            (TWISTS["same-process"].what, "first at step 0 in the dropout masks", "agreed with run A", DROPOUT),
            (),
        ),
        (
            "determinism",
            {"program": "keras", "steps": ("numpy", "tensorflow"), "dropout": 0.2},
            "the initial weights differ",
            ("Keras's initializers", "first at step 0 in the initial weights", "shows nothing about the change"),
            (),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_real_runs_show_is_explained_by_what_they_show(
    launcher: Launcher,
    twist: str,
    settings: dict[str, Any],
    headline: str,
    in_reasons: tuple[str, ...],
    not_in_reasons: tuple[str, ...],
) -> None:
    pair = Pair.start(launcher, replace(SMALL, **settings), twist, control=True)
    a, b, _ = (finish(run) for run in pair.runs)
    words = in_words(compare(a, b), a, b, twist, pair.control)
    if headline not in words.headline:  # XLA may change the weights before it changes the loss, or nothing here
        assert twist == "xla"
        assert "the batch order" not in words.headline
    told = " ".join(words.reasons)
    assert [text for text in in_reasons if text not in told] == []
    assert [text for text in not_in_reasons if text in told] == []


@pytest.mark.parametrize(
    ("quantity", "settings", "source"),
    [
        ("batch", {"steps": ("initializers",)}, "batch"),
        ("batch", {"steps": ("numpy",)}, None),
        ("loss", {"steps": ("numpy", "initializers"), "dropout": 0.2}, "dropout"),
        ("loss", {"steps": ("numpy", "initializers")}, None),
        ("weights", {"steps": (), "dropout": 0.2}, "dropout"),
        ("weights", {"steps": ("tensorflow",), "dropout": 0.2}, None),
        ("initial_weights", {"steps": ("numpy",)}, "initial_weights"),
    ],
)
def test_the_unseeded_source_of_a_quantity(quantity: str, settings: dict[str, Any], source: str | None) -> None:
    a, b = (history(eight_steps(**settings)) for _ in "AB")
    assert unseeded_source(quantity, a, b) == (None if source is None else PROGRAMS["tensorflow"].sources[source])
    for made in (a, b):
        made.dropout_masks = "4d"
    assert (unseeded_source(quantity, a, b) is None) == (source in (None, "dropout"))


def test_masks_that_nobody_seeds_are_named_besides_a_twist_where_the_control_says_nothing() -> None:
    first = {"loss": 0, "weights": 0}
    words = words_with_twist("threads", Control(), first, steps=("numpy", "initializers"), dropout=0.2)
    assert words.reasons[0] == "Run B used 2 threads within an operation, run A 1."
    assert f"`{DROPOUT}`; {NO_STEP}" in words.reasons[1]
    assert words.remedies == (TWISTS["threads"].remedy, "Switch on `tf.random.set_seed(42)`.")


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ({"batch": 2}, "Neither weights nor losses differ in the steps compared."),
        ({"weights": 2}, "The weights first differ at step 2; the losses are the same in all steps compared."),
        ({"loss": 4}, "The losses first differ at step 4; the weights are the same in all steps compared."),
        ({"loss": 5, "weights": 4}, "The weights first differ at step 4, the loss at step 5."),
        ({"initial_weights": 0, "weights": 4, "loss": 6}, "The weights first differ at step 0, the loss at step 6."),
    ],
)
def test_since_when(first: dict[str, int], sentence: str) -> None:
    a, b = history(), history()
    if "initial_weights" in first:
        b.initial_weights = "ff"
    for quantity in first.keys() - {"initial_weights"}:
        getattr(b, quantity)[first[quantity] :] += 1
    assert since_when(compare(a, b)) == sentence


def test_a_run_that_waits_for_the_other_says_so() -> None:
    a, b = history(steps_done=5), history(steps_done=0)
    words = in_words(compare(a, b), a, b, "same-process", states=(RUNNING, State.WAITING))
    assert words.headline.endswith("run B starts when run A ends")
