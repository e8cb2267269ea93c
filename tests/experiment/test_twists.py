"""The twists: what run B does differently, what is refused, and that each does what it says in a real process."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from records import SMALL, experiments, finish, refusal

from repro import __main__ as command_line
from repro.engine.launcher import Launcher
from repro.experiment import machine
from repro.experiment.conditions import DEFAULT_CONDITIONS
from repro.experiment.experiment import Experiment
from repro.experiment.twists import (
    TWIST,
    TWISTS,
    Twist,
    TwistText,
    apply_twist,
    describe_twist,
    parse_twist,
    run_b_in_words,
    twist_of_script,
)
from repro.history.history import History
from repro.verdicts.verdict import compare


@given(experiments())
def test_none_changes_nothing(experiment: Experiment) -> None:
    assert apply_twist(experiment, "none") == experiment


@given(experiments())
def test_seed_adds_one_to_the_seed_and_changes_nothing_else(experiment: Experiment) -> None:
    assume(experiment.seed < 2**32 - 1)
    assert apply_twist(experiment, "seed").to_json() == experiment.to_json() | {"seed": experiment.seed + 1}


@given(experiments(), st.integers(0, 2**32 - 1))
def test_a_seed_that_is_named_is_taken(experiment: Experiment, seed: int) -> None:
    assume((experiment.seed - seed) % (2**31 - 1))
    assert apply_twist(experiment, f"seed:{seed}").seed == seed


@pytest.mark.parametrize(
    ("twist", "changed"),
    [
        ("one-bit", {"one_bit": True}),
        ("xla", {"xla": True}),
        ("determinism", {"determinism": True}),
        ("onednn-off", {"onednn": False}),
        ("avx2", {"instructions": "AVX2"}),
        ("threads", {"threads": 2}),
        ("threads:256", {"threads": 256}),
        ("same-process", {}),
    ],
)
def test_the_others_change_one_condition(monkeypatch: pytest.MonkeyPatch, twist: str, changed: dict[str, Any]) -> None:
    monkeypatch.setattr(machine, "has_newer_than_avx2", lambda: True)
    assert apply_twist(SMALL, twist) == replace(SMALL, conditions=replace(DEFAULT_CONDITIONS, **changed))


@pytest.mark.parametrize(
    ("experiment", "twist", "words"),
    [
        (Experiment(seed=2**32 - 1), "seed", "there is no next seed after 4294967295"),
        (Experiment(), "seed:42", "run A has this seed too"),
        (Experiment(), "seed:2147483689", "TensorFlow takes seeds modulo 2**31 - 1"),
        (Experiment(seed=2147483689), "seed:42", "run A's seed, 2147483689"),
        (Experiment(seed=0), "seed:4294967294", "modulo"),
        (Experiment(), "threads:1", "run A has as many"),
        (Experiment(steps=("numpy",)), "determinism", "the initial weights come from TensorFlow's tf.random.uniform"),
        (Experiment(steps=("numpy", "initializers"), dropout=0.5), "determinism", "tf.nn.dropout"),
        (Experiment(program="keras", steps=("python",)), "determinism", "tf.random.shuffle"),
    ],
)
def test_what_an_experiment_cannot_have_is_refused(experiment: Experiment, twist: str, words: str) -> None:
    message = refusal(lambda: apply_twist(experiment, twist))
    assert message.startswith(f"twist cannot be '{twist}': ")
    assert words in message


@pytest.mark.parametrize("newer", [True, None, False])
def test_avx2_is_refused_only_where_the_processor_has_nothing_newer(
    monkeypatch: pytest.MonkeyPatch, newer: bool | None
) -> None:
    monkeypatch.setattr(machine, "has_newer_than_avx2", lambda: newer)
    if newer is False:
        assert "nothing newer than AVX2" in refusal(lambda: apply_twist(SMALL, "avx2"))
    else:
        assert apply_twist(SMALL, "avx2").conditions.instructions == "AVX2"


def test_one_core_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, said in ((1, True), (2, False)):
        monkeypatch.setattr(machine, "cores", lambda cores=cores: cores)
        assert bool(TWISTS["threads"].seen_here()) is said


@pytest.mark.parametrize("name", TwistText().twists)
def test_every_twist_is_read_by_its_name_and_says_what_it_is(name: str) -> None:
    twist, number = parse_twist(TWIST.read(name))
    assert (twist.name, number) == (name, None)
    assert twist.what.endswith(".")
    assert describe_twist(name) == twist.label
    assert run_b_in_words(name) == f"run B: {twist.label}"
    if name != "none":
        assert twist.remedy
        assert twist.why.count(". ") <= 2
        assert "](http" in twist.why


@pytest.mark.parametrize(
    "text",
    [
        *("", "sed", "none,seed", "Seed", "none:1", "one-bit:2", "threads:0", "threads:257", "threads:2:2"),
        *("seed:", "seed:-1", "seed:4294967296", "seed:1e3", "seed:٣", "seed: 7", "seed:" + "9" * 10_000),
    ],
)
def test_the_setting_refuses_all_else(text: str) -> None:
    assert refusal(lambda: TWIST.read(text)).startswith("twist cannot be ")
    assert len(refusal(lambda: TWIST.read(text))) < 400


def test_a_twist_of_a_script_is_a_row_of_the_same_table() -> None:
    assert set(TWISTS) == set(TwistText().twists) | set(TwistText(of_script=True).twists)
    assert set(TWISTS) - set(TwistText(of_script=True).twists) == {"one-bit", "same-process"}
    for text, name, number in (("threads:4", "threads", 4), ("seed", "seed", None), ("env:A=b:c", "env", "A=b:c")):
        twist, given = twist_of_script(text)
        assert (twist.name, given) == (name, number)
    assert TWISTS["env"].outside is not None
    assert TWISTS["env"].outside("A=b=c") == {"A": "b=c"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("env", "env:NAME=VALUE"),
        ("env:1A=b", "env:NAME=VALUE"),
        ("hash-seed:-1", "hash-seed:N with N a whole number"),
        ("one-bit", "not known before it has trained"),
        ("same-process", "--rerun same-process"),
        ("sed", "one of none, seed"),
    ],
)
def test_what_a_script_cannot_have_is_refused(text: str, words: str) -> None:
    message = refusal(lambda: twist_of_script(text))
    assert message.startswith(f"twist cannot be '{text}'")
    assert words in message


@pytest.mark.parametrize("text", ["env:A=b", "hash-seed", "hash-seed:3"])
def test_what_only_a_script_can_have_our_programs_cannot(text: str) -> None:
    assert "hash-seed" not in refusal(lambda: apply_twist(SMALL, text)).partition(": it takes")[2]


# In a real process. What a twist changes depends on the machine: only what it promises is tested.


@pytest.fixture(scope="module", params=["tensorflow", "keras"])
def unmodified(request: pytest.FixtureRequest, launcher: Launcher, seeded: History) -> History:
    if request.param == "tensorflow":
        return seeded
    return finish(launcher.start(replace(SMALL, program="keras", epochs=1, steps=("tensorflow", "initializers"))))


def test_one_bit_changes_one_named_weight_by_one_bit_and_one_unit(launcher: Launcher, unmodified: History) -> None:
    moved = finish(launcher.start(apply_twist(unmodified.experiment, "one-bit")))
    assert moved.moved is not None
    before, after = (np.float32(moved.moved[name]) for name in ("before", "after"))
    assert before.view(np.uint32) ^ after.view(np.uint32) == 1
    assert after in (np.nextafter(before, np.float32(-np.inf)), np.nextafter(before, np.float32(np.inf)))
    first = compare(unmodified, moved).first
    assert first is not None
    assert (first.step, first.quantity) == (0, "initial_weights")
    assert moved.batch_order == unmodified.batch_order
    assert unmodified.moved is None


@pytest.mark.parametrize("twist", ["xla", "determinism", "onednn-off", "threads"])
def test_a_twist_leaves_the_draws_alone_and_repeats(launcher: Launcher, unmodified: History, twist: str) -> None:
    experiment = apply_twist(unmodified.experiment, twist)
    a, b = (finish(run) for run in [launcher.start(experiment), launcher.start(experiment)])
    assert compare(a, b).identical
    assert a.initial_weights == unmodified.initial_weights
    assert a.batch_order == unmodified.batch_order
    assert np.allclose(a.loss, unmodified.loss, rtol=0.05)


@pytest.mark.usefixtures("made_up_programs")
def test_another_twist_is_a_row_and_is_used_by_commands_and_scripts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slower = Twist(
        name="slower",
        label="another learning rate",
        what="Run B learns more slowly.",
        remedy="Give both runs the same learning rate.",
        change=lambda experiment, _: replace(experiment, learning_rate=experiment.learning_rate / 2),
    )
    monkeypatch.setitem(TWISTS, slower.name, slower)
    options = ["--images", "64", "--epochs", "1", "--twist", "slower"]
    assert command_line.main(["compare", *options]) in (0, 1)
    said = capsys.readouterr().out
    assert "run B: another learning rate" in said
    assert command_line.main(["script", *options]) == 0
    assert "0.0005" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command_line.main(["compare", "--help"])
    assert "slower" in capsys.readouterr().out
