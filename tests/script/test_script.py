"""Scripts to take home: run for real, each prints what the lab's run of its experiment reported, to the last digit."""

import ast
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import SMALL, experiments, finish, refusal
from scripts import runner

from repro.engine.launcher import Launcher
from repro.experiment import machine
from repro.experiment.errors import InputError
from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.experiment.twists import TwistText, apply_twist
from repro.script.script import FOLDER, script, seeding_lines, source
from repro.studies.pair import Pair
from repro.verdicts.report import digest_lines, epoch_line

ALL = tuple(SEEDING_STEPS)
SPREAD = [
    (SMALL, "none"),
    (replace(SMALL, steps=ALL, dropout=0.3, batch_size=50, hidden=32, learning_rate=0.01), "seed:9"),
    (replace(SMALL, steps=("numpy", "initializers")), "same-process"),
    (replace(SMALL, epochs=1), "xla"),
    (replace(SMALL, epochs=1), "onednn-off"),
    (replace(SMALL, epochs=1, seed=7), "one-bit"),
    (replace(SMALL, epochs=1), "determinism"),
    (replace(SMALL, program="keras", steps=("tensorflow", "python"), dropout=0.2), "none"),
    (replace(SMALL, program="keras", steps=ALL, epochs=1), "one-bit"),
    (replace(SMALL, epochs=1), "threads:3"),
    (replace(SMALL, program="keras", epochs=1), "xla"),
    (replace(SMALL, program="keras", epochs=1, steps=("tensorflow", "python")), "same-process"),
    (replace(SMALL, program="keras", epochs=1), "onednn-off"),
]
if machine.has_newer_than_avx2():
    SPREAD.append((replace(SMALL, epochs=1), "avx2"))


@pytest.fixture(scope="module")
def printed(images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Future[list[str]]]]:
    """What each script of SPREAD prints, line by line."""
    folder = tmp_path_factory.mktemp("scripts")
    with runner(images) as run:
        started = []
        for number, (experiment, twist) in enumerate(SPREAD):
            file = folder / f"{number}.py"
            file.write_text(script(experiment, twist), encoding="utf-8")
            # What these set is read as TensorFlow is imported.
            started.append(run.start(file, fresh="os.environ" in file.read_text(encoding="utf-8")))
        yield started


@pytest.mark.parametrize(
    "number", range(len(SPREAD)), ids=lambda number: f"{SPREAD[number][0].program}-{SPREAD[number][1]}"
)
def test_a_script_prints_the_labs_losses_and_digests(
    launcher: Launcher, printed: list[Future[list[str]]], number: int
) -> None:
    experiment, twist = SPREAD[number]
    if twist == "same-process":
        lab = finish(Pair.start(launcher, experiment, twist).b)
    else:
        lab = finish(launcher.start(apply_twist(experiment, twist)))
    epochs = [epoch_line(epoch, experiment.epochs) for epoch in lab.epochs]
    # Keras's batches, and the masks of dropout, are not a script's to see.
    unseen = ("dropout masks", "batch order" if experiment.program == "keras" else "dropout masks")
    digests = [line for line in digest_lines(lab) if not line.startswith(unseen)]
    expected = [*epochs, "", *digests]
    lines = printed[number].result()
    assert lines[-len(expected) :] == expected
    assert len(lines) == len(expected) * (2 if twist == "same-process" else 1)


@given(experiments(), st.sampled_from([*TwistText().twists, "threads:3", "seed:1"]))
def test_every_script_is_python_and_names_what_is_off(experiment: Experiment, twist: str) -> None:
    try:
        text = script(experiment, twist)
    except InputError:
        return  # refused, as the twists' own tests have it
    ast.parse(text)
    assert text.isascii()  # however it is redirected
    assert max(map(len, text.splitlines())) <= 120
    for step, call in (("numpy", "np.random.seed("), ("tensorflow", "tf.random.set_seed("), ("python", "random.seed(")):
        (line,) = [line.strip() for line in text.splitlines() if line.strip().lstrip("# ").startswith(call)]
        assert line.startswith("#") is (step not in experiment.steps)


def test_seeds_come_first_as_in_the_article() -> None:
    text = script(SMALL)
    parts = [text.index(part) for part in ("# Seeds", "# Data", "# Network", "# Loss and optimizer", "# Training, and")]
    assert parts == sorted(parts)


@pytest.mark.parametrize("file", ["base_tensorflow.py", "fingerprint.py", "one_bit.py"])
def test_definitions_are_the_labs_own_source(file: str) -> None:
    text = (FOLDER / file).read_text(encoding="utf-8")
    definitions = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assert definitions
    for node in definitions:
        assert source(file, node.name) == ast.get_source_segment(text, node)


def test_the_network_is_in_the_script() -> None:
    assert source("base_tensorflow.py", "Network") in script(SMALL)


def test_a_twist_that_cannot_be_is_refused() -> None:
    assert refusal(lambda: script(SMALL, "seed:42")).startswith("twist cannot be ")


def test_seeding_lines_are_code_with_a_reason_each() -> None:
    text = seeding_lines("tensorflow", ("numpy", "tensorflow"), 7)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "np.random.seed(7)",
        "tf.random.set_seed(7)",
    ]
    assert text.count("# ") == 2
    for program in ("tensorflow", "keras"):
        found: dict[str, list[int]] = {}
        exec(seeding_lines(program, ("initializers",), 7), found)
        assert found["initializer_seeds"] == [21, 22, 23]
