"""The Keras program: watching changes nothing, and what is reported is what `fit` did."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import keras
import numpy as np
import pytest
from records import SMALL, finish
from scripts import LEAN

from repro.engine.launcher import Launcher
from repro.engine.processes import ROOT
from repro.engine.run import Run
from repro.experiment.conditions import Conditions
from repro.experiment.experiment import Experiment
from repro.history.history import History
from repro.programs import keras_fit

VARIANTS = [(0.0, False), (0.25, False), (0.25, True)]  # dropout, XLA
KERAS = replace(SMALL, program="keras", steps=("tensorflow", "python"))
SHORT = replace(KERAS, epochs=1)
PLAIN = """
import json, random, sys
import keras, numpy as np, tensorflow as tf
from repro.programs import mnist
from repro.programs.fingerprint import digest
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
images = mnist.load()
for dropout, jit_compile in json.loads(sys.argv[1]):
    tf.random.set_seed(42)
    random.seed(42)
    layers = [keras.Input((28, 28)), keras.layers.Flatten()]
    for _ in range(2):
        layers.append(keras.layers.Dense(128, activation="relu"))
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
    print(digest(variable.numpy() for variable in model.trainable_variables))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"],
                  jit_compile=jit_compile)
    x = keras.utils.normalize(images.x_train, axis=1).astype(np.float32)
    history = model.fit(x[:650], images.y_train[:650].astype(np.int32), epochs=2, verbose=0).history
    print(digest(variable.numpy() for variable in model.trainable_variables))
    print(*history["loss"], *history["accuracy"])
"""


@pytest.fixture(scope="module")
def told(launcher: Launcher) -> History:
    return finish(launcher.start(KERAS))


@pytest.fixture(scope="module")
def plain() -> dict[tuple[float, bool], list[str]]:
    """What a script of Keras's alone prints of each of VARIANTS: the digests of its weights, its losses and accuracies.
    One process does, since the seeds of TensorFlow and of `random` are set anew for each."""
    command = [sys.executable, "-c", PLAIN, json.dumps(VARIANTS)]
    variables = {**os.environ, "PYTHONPATH": str(LEAN)}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    return {variant: lines[3 * number : 3 * number + 3] for number, variant in enumerate(VARIANTS)}


@pytest.mark.parametrize(("dropout", "xla"), VARIANTS)
def test_a_plain_model_gives_the_same_bits(
    launcher: Launcher, plain: dict[tuple[float, bool], list[str]], dropout: float, xla: bool
) -> None:
    initial, final, figures = plain[dropout, xla]
    watched = finish(launcher.start(replace(KERAS, dropout=dropout, conditions=Conditions(xla=xla))))
    assert watched.initial_weights == initial
    assert watched.final_weights == final
    told = [float(getattr(epoch, name)) for name in ("loss", "accuracy") for epoch in watched.epochs]
    assert told == [float(figure) for figure in figures.split()]


def test_every_step_has_a_batch_of_its_own(told: History) -> None:
    """In an epoch. From one epoch to the next, `fit` repeats its order where `tf.random.set_seed` was called: each
    epoch begins its data set anew, and with it the seeded shuffling."""
    epochs = told.batch.reshape(2, 21)
    assert [len(set(epoch)) for epoch in epochs.tolist()] == [21, 21]


def test_epochs_have_orders_of_their_own_where_nothing_is_seeded(launcher: Launcher) -> None:
    assert len(set(finish(launcher.start(replace(KERAS, steps=()))).batch.tolist())) == KERAS.total_steps


def test_the_means_over_the_steps_are_those_that_keras_reports(told: History) -> None:
    images = [32] * 20 + [10]
    for epoch in told.epochs:
        of_epoch = slice(21 * (epoch.epoch - 1), 21 * epoch.epoch)
        for name in ("loss", "accuracy"):
            steps = getattr(told, name)[of_epoch].tolist()
            mean = sum(Fraction(value) * count for value, count in zip(steps, images, strict=True)) / 650
            assert float(getattr(epoch, name)) == pytest.approx(float(mean), rel=1e-6)


def test_a_batch_has_the_fingerprint_that_base_tensorflow_gives_it(launcher: Launcher) -> None:
    """One batch of all images in the order that the epoch has them: with one image there is one order."""
    one = Experiment(images=1, batch_size=1, epochs=1)
    records = [finish(launcher.start(replace(one, program=program))) for program in ("tensorflow", "keras")]
    assert records[0].batch.tolist() == records[1].batch.tolist()


def test_a_forked_run_and_a_fresh_interpreter_give_the_same_bits(
    launcher: Launcher, told: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a person has configured Keras to do: https://keras.io/api/utils/config_utils."""
    (tmp_path / "keras.json").write_text('{"floatx": "float64", "epsilon": 0.1, "backend": "tensorflow"}')
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    fresh = finish(launcher.start(KERAS, fresh=True))
    for name in ("loss", "accuracy", "batch", "weights"):
        assert getattr(fresh, name).tobytes() == getattr(told, name).tobytes()
    assert (fresh.final_weights, fresh.batch_order) == (told.final_weights, told.batch_order)


def test_forked_runs_without_a_step_differ(launcher: Launcher) -> None:
    a, b = (finish(launcher.start(replace(SHORT, steps=()))) for _ in range(2))
    assert a.initial_weights != b.initial_weights
    assert a.batch_order != b.batch_order


@pytest.mark.parametrize("program", ["tensorflow", "keras"])
def test_a_second_run_in_the_same_process_is_a_run_of_its_own(launcher: Launcher, program: str) -> None:
    experiment = replace(SHORT, program=program, steps=("numpy", "tensorflow", "initializers", "python"))
    alone = finish(launcher.start(experiment))
    seeded, unseeded = ([Run(one), Run(one)] for one in (experiment, replace(experiment, steps=())))
    launcher.start_together([seeded, unseeded])
    for history in map(finish, seeded):
        assert history.loss.tobytes() == alone.loss.tobytes()
        assert history.final_weights == alone.final_weights
    first, second = map(finish, unseeded)
    assert first.initial_weights != second.initial_weights
    assert first.batch_order != second.batch_order


def test_dropout_stands_after_each_hidden_layer_only_where_it_is_asked_for() -> None:
    without, having = (
        [isinstance(layer, keras.layers.Dropout) for layer in keras_fit.layers(replace(KERAS, dropout=share))]
        for share in (0.0, 0.5)
    )
    assert not any(without)
    assert having[-5:] == [False, True, False, True, False]


@pytest.mark.parametrize(("program", "step"), [("tensorflow", "tensorflow"), ("keras", "python")])
def test_dropout_masks_repeat_where_their_generator_is_seeded(launcher: Launcher, program: str, step: str) -> None:
    """Whatever else differs: the step does not seed the order of the batches."""
    seeded = replace(SHORT, program=program, dropout=0.25, steps=(step,))
    a, b, unseeded = (finish(launcher.start(one)) for one in (seeded, seeded, replace(seeded, steps=())))
    assert a.dropout_masks is not None
    assert unseeded.dropout_masks is not None
    assert a.dropout_masks == b.dropout_masks != unseeded.dropout_masks
    assert a.batch_order != b.batch_order


def test_initializer_seeds_alone_fix_the_initial_weights(launcher: Launcher) -> None:
    a, b = (finish(launcher.start(replace(SHORT, steps=("initializers",)))) for _ in range(2))
    assert a.initial_weights == b.initial_weights
    assert np.any(a.loss != b.loss)


REMEDY = """
import hashlib, random, sys
import keras, tensorflow as tf
from repro.programs import mnist
random.seed(42)
tf.random.set_seed(42)
images = mnist.load()
x = keras.utils.normalize(images.x_train[:640], axis=1)
data = tf.data.Dataset.from_tensor_slices((x, images.y_train[:640]))
if sys.argv[1] == "remedy":
    data = data.shuffle(len(x), seed=42, reshuffle_each_iteration=True).batch(32)
    train = dict(x=data)
else:
    train = dict(x=x, y=images.y_train[:640], batch_size=32)
seen = []
class Model(keras.Sequential):
    def train_step(self, batch):
        result = super().train_step(batch)
        tf.py_function(lambda digits: seen.append(bytes(digits.numpy())), [batch[1]], [])
        return result
model = Model([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
model.fit(epochs=3, verbose=0, **train)
epochs = [hashlib.sha256(b"".join(seen[at : at + 20])).hexdigest() for at in range(0, 60, 20)]
print(*epochs, hashlib.sha256(b"".join(map(bytes, model.get_weights()))).hexdigest())
"""


@pytest.mark.parametrize(("how", "orders"), [("plain", 1), ("remedy", 3)])
def test_a_seeded_pipeline_repeats_and_shuffles_each_epoch_anew(how: str, orders: int) -> None:
    """What REFERENCE has people write where `tf.random.set_seed` makes every epoch of `fit` take the same order."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", REMEDY, how],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(LEAN)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in "AB"
    ]
    assert runs[0] == runs[1]
    assert len(set(runs[0][:3])) == orders
