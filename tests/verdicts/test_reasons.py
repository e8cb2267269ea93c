"""Verdicts in words: what happened, which source did it, what to do."""

from typing import Any

import pytest
from records import record

from repro.experiment.experiment import Experiment
from repro.experiment.twists import TWISTS, apply_twist
from repro.records.history import History
from repro.verdicts.reasons import Words, in_words, since_when
from repro.verdicts.verdict import compare

NUMPY, TENSORFLOW, DROPOUT = "np.random.permutation", "tf.random.uniform", "tf.nn.dropout"
NO_STEP = "no step that is on seeds it"
AT_ONCE = {"batch": 0, "loss": 0, "weights": 0}
EIGHT_STEPS = {"images": 8, "batch_size": 2, "epochs": 2}


def words_for(a: History, b: History) -> Words:
    return in_words(compare(a, b), a, b)


def parse_twist(experiment: Experiment, first: dict[str, int], other: Experiment | None = None) -> Words:
    """The words for two finished runs, of `experiment` and of `other`, that part in each quantity of `first`."""
    a, b = record(experiment), record(other or experiment)
    if "initial_weights" in first:
        b.initial_weights = "ff"
    for quantity in first.keys() - {"initial_weights"}:
        getattr(b, quantity)[first[quantity] :] += 1
    return words_for(a, b)


def eight_steps(**settings: Any) -> Experiment:
    return Experiment(**EIGHT_STEPS | settings)


def test_identical() -> None:
    assert words_for(record(Experiment()), record(Experiment())) == Words(
        sign="same", headline="Identical: bit for bit, 5,625 of 5,625 steps, same final weights"
    )


@pytest.mark.parametrize(
    ("first", "headline"),
    [
        ({"initial_weights": 0, "loss": 0}, "Diverged at step 0: the initial weights differ"),
        ({"batch": 0, "loss": 0}, "Diverged at step 0: the batch order differs"),
        ({"loss": 1234, "weights": 1234}, "Diverged at step 1,234: the loss differs"),
        ({"weights": 5624}, "Diverged at step 5,624: the weights differ"),
    ],
)
def test_headline_of_runs_that_part(first: dict[str, int], headline: str) -> None:
    words = parse_twist(Experiment(), first)
    assert words.headline == headline
    assert words.sign == "different"


def test_numpy_forgotten() -> None:
    words = parse_twist(eight_steps(steps=("tensorflow", "initializers")), AT_ONCE)
    assert len(words.reasons) == 1
    assert NUMPY in words.reasons[0]
    assert NO_STEP in words.reasons[0]
    assert words.remedies == ("Switch on `np.random.seed(42)`.",)


def test_weights_not_seeded() -> None:
    words = parse_twist(eight_steps(steps=("numpy",), seed=7), {"initial_weights": 0, "loss": 0, "weights": 0})
    assert len(words.reasons) == 1
    assert TENSORFLOW in words.reasons[0]
    assert NO_STEP in words.reasons[0]
    assert words.remedies == ("Switch on `tf.random.set_seed(7)` or `initializer seeds`.",)


@pytest.mark.parametrize("steps", [(), ("python",)])
def test_several_sources_are_named_together(steps: tuple[str, ...]) -> None:
    words = parse_twist(eight_steps(steps=steps), {"initial_weights": 0} | AT_ONCE)
    assert [source in reason for source, reason in zip((TENSORFLOW, NUMPY), words.reasons, strict=True)] == [True, True]
    assert words.remedies == (
        "Switch on `tf.random.set_seed(42)` or `initializer seeds`.",
        "Switch on `np.random.seed(42)`.",
    )


def test_another_seed_is_the_reason_where_run_b_has_one() -> None:
    words = parse_twist(eight_steps(), {"initial_weights": 0} | AT_ONCE, eight_steps(seed=43))
    assert len(words.reasons) == 2
    assert all("42 in run A, 43 in run B" in reason for reason in words.reasons)
    assert words.remedies == ("Give both runs the same seed.",)


def test_another_seed_is_no_reason_for_what_no_step_seeds() -> None:
    a, b = (eight_steps(seed=seed, steps=("numpy",)) for seed in (42, 43))
    words = parse_twist(a, {"initial_weights": 0} | AT_ONCE, b)
    assert [NO_STEP in reason for reason in words.reasons] == [True, False]
    assert words.remedies == (
        "Switch on `tf.random.set_seed(42)` or `initializer seeds`.",
        "Give both runs the same seed.",
    )


def test_dropout_is_the_reason_where_losses_part_on_the_same_weights_and_batches() -> None:
    words = parse_twist(eight_steps(steps=("numpy", "initializers"), dropout=0.5), {"loss": 0, "weights": 0})
    assert len(words.reasons) == 1
    assert DROPOUT in words.reasons[0]
    assert NO_STEP in words.reasons[0]
    assert words.remedies == ("Switch on `tf.random.set_seed(42)`.",)


def test_dropout_is_not_blamed_where_there_is_none() -> None:
    words = parse_twist(eight_steps(steps=("numpy", "initializers")), {"loss": 0, "weights": 0})
    assert DROPOUT not in " ".join(words.reasons)


@pytest.mark.parametrize(
    "first", [{"initial_weights": 0, "loss": 0}, {"batch": 3, "loss": 3}, {"loss": 5, "weights": 5}, {"weights": 2}]
)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_fully_seeded_and_yet_different(first: dict[str, int], dropout: float) -> None:
    words = parse_twist(eight_steps(steps=("numpy", "tensorflow", "initializers", "python"), dropout=dropout), first)
    assert len(words.reasons) == 1
    assert NO_STEP not in words.reasons[0]
    assert words.remedies == ("Train the pair once more: a machine may not repeat even a seeded training.",)


def test_runs_that_start() -> None:
    words = words_for(record(steps_done=0), record(steps_done=0))
    assert words == Words(sign="open", headline="Nothing to compare yet: the runs are starting")


def test_runs_that_go_on() -> None:
    words = words_for(record(steps_done=5), record(steps_done=3))
    assert words == Words(sign="open", headline="So far bit for bit the same for 3 of 8 steps")


def test_a_stopped_pair_gets_no_verdict() -> None:
    stopped = record(steps_done=3, stopped=True)
    for a, b in ((stopped, stopped), (record(), stopped), (record(steps_done=5, failure="No more memory."), stopped)):
        words = words_for(a, b)
        assert words.sign == "open"
        assert words.headline == "No verdict: bit for bit the same for 3 of 8 steps, then a run did not go on"
        assert words.remedies


def test_a_stopped_pair_that_had_parted_before_has() -> None:
    a, b = record(steps_done=3, stopped=True), record(steps_done=3, stopped=True)
    b.loss[2] += 1
    assert words_for(a, b).headline == "Diverged at step 2: the loss differs"


# A twist is blamed only where nothing else can be.

TWISTED = {"initial_weights": 0, "loss": 3, "weights": 0}


def twisted_words(twist: str, repeats: bool | None, **settings: Any) -> Words:
    a, b = record(eight_steps(**settings)), record(apply_twist(eight_steps(**settings), twist))
    b.initial_weights = "ff"
    b.loss[3:] += 1
    b.weights += 1
    return in_words(compare(a, b), a, b, twist, repeats)


def test_a_twist_is_blamed_where_the_control_repeats() -> None:
    words = twisted_words("one-bit", True)
    assert words.headline == "Diverged at step 0: the initial weights differ"
    assert words.reasons == (
        TWISTS["one-bit"].what,
        "Nothing else differs: a second run A, untouched, came out identical.",
        "The weights differ since step 0, the loss since step 3.",
    )
    assert words.remedies == (TWISTS["one-bit"].remedy,)


def test_a_twist_is_not_blamed_where_this_machine_does_not_repeat_untouched() -> None:
    words = twisted_words("one-bit", False)
    assert "does not repeat run A even untouched" in words.reasons[0]
    assert "nothing can be said of the twist" in words.reasons[1]
    assert TWISTS["one-bit"].what not in words.reasons


def test_a_control_that_is_not_known_yet_is_said_to_be() -> None:
    assert "not known yet" in twisted_words("one-bit", None).reasons[1]


def test_a_twist_is_not_alone_to_blame_where_something_is_left_to_chance() -> None:
    words = twisted_words("one-bit", None, steps=("initializers",))
    assert NUMPY in words.reasons[0]
    assert NO_STEP in words.reasons[0]
    assert words.reasons[-1] == "So the twist (one bit of one weight) is not alone to blame."
    assert words.remedies == ("Switch on `np.random.seed(42)`.",)


def test_another_seed_names_what_it_decided() -> None:
    words = twisted_words("seed:7", True)
    assert "42 in run A, 7 in run B" in words.reasons[0]
    assert words.reasons[-1] == "The weights differ since step 0, the loss since step 3."


def test_a_twist_that_changes_nothing_is_a_result() -> None:
    words = in_words(compare(record(), record()), record(), record(), "threads", True)
    assert words.sign == "same"
    assert words.headline.startswith("Identical")
    assert words.reasons == (f"{TWISTS['threads'].what} That changed nothing, not one bit.",)


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ({"batch": 2}, "Neither weights nor losses differ in the steps compared."),
        ({"weights": 2}, "The weights differ since step 2; the losses are the same in all steps compared."),
        ({"loss": 4}, "The losses differ since step 4; the weights are the same in all steps compared."),
        ({"loss": 5, "weights": 4}, "The weights differ since step 4, the loss since step 5."),
        ({"initial_weights": 0, "weights": 4, "loss": 6}, "The weights differ since step 0, the loss since step 6."),
    ],
)
def test_since_when(first: dict[str, int], sentence: str) -> None:
    a, b = record(), record()
    if "initial_weights" in first:
        b.initial_weights = "ff"
    for quantity in first.keys() - {"initial_weights"}:
        getattr(b, quantity)[first[quantity] :] += 1
    assert since_when(compare(a, b)) == sentence


def test_a_run_that_waits_for_the_other_says_so() -> None:
    a, b = record(steps_done=5), record(steps_done=0)
    b.waiting = "for the other run to end"
    assert in_words(compare(a, b), a, b, "same-process").headline.endswith("run B starts when run A ends")
