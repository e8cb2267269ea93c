"""What the observer sees of trainings, and that it changes no bit of them. Few processes: each imports TensorFlow."""

from pathlib import Path

import pytest
from watching import Run, run

from repro.audits.observer.format import Draw, End, EndOfTraining, Hook, Race, Seed, Step, Training, Variable

DATA = """\
import hashlib, os, sys
import numpy as np
import tensorflow as tf
import keras

def told(name, weights, *losses):
    digest = hashlib.sha256(b"".join(np.asarray(w).tobytes() for w in weights)).hexdigest()
    print(name, digest, *(float(loss).hex() for loss in losses))

made = np.random.RandomState(0)
x = made.rand(120, 8).astype("float32")
y = made.randint(3, size=120)
"""

KERAS = (
    DATA
    + """\
keras.utils.set_random_seed(3)

def model(late=False, **options):
    layers = [keras.layers.Dense(6, "relu"), keras.layers.Dropout(0.3), keras.layers.Dense(3)]
    made = keras.Sequential(layers if late else [keras.Input((8,)), *layers])
    made.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), **options)
    return made

arrays = model()
told("arrays", arrays.weights, *arrays.fit(x, y, epochs=2, batch_size=30, verbose=0).history["loss"])
late = model(late=True, steps_per_execution=3)
history = late.fit(x, y, epochs=2, batch_size=20, validation_split=0.1, verbose=0).history
told("late", late.weights, *history["loss"])

class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3, kernel_initializer=keras.initializers.GlorotUniform(seed=4))

    def call(self, x):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"own": loss}

own = Own()
own.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(120).map(lambda a, b: (a * 2, b), 4).batch(40)
losses = own.fit(dataset, epochs=1, verbose=1).history["own"]
told("dataset", own.weights, *losses)

class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(30 * index, 30 * index + 30)
        return x[rows], y[rows]

workers = model()
told("workers", workers.weights, *workers.fit(Batches(workers=2), epochs=1, verbose=0).history["loss"])
eager = model(run_eagerly=True)
told("eager", eager.weights, *eager.fit(x, y, batch_size=60, epochs=1, verbose=0).history["loss"])

def generator():
    for rows in np.split(np.random.permutation(120), 4):
        yield x[rows], y[rows]

generated = model()
told("generator", generated.weights, *generated.fit(generator(), epochs=1, verbose=0).history["loss"])
single = model()
losses = [single.train_on_batch(x[:60], y[:60]), single.train_on_batch(x[60:], y[60:])]
told("single", single.weights, *losses)
single.evaluate(x, y, verbose=0)
single.predict(x, verbose=0)
"""
)


@pytest.fixture(scope="module")
def keras_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    folder = tmp_path_factory.mktemp("keras")
    return run(folder / "script", KERAS, observed=False), run(folder / "script", KERAS)


def line(source: str, text: str) -> int:
    return next(number for number, code in enumerate(source.splitlines(), 1) if text in code)


def test_a_keras_script_has_the_same_weights_and_losses_with_and_without_the_observer(
    keras_runs: tuple[Run, Run],
) -> None:
    plain, watched = keras_runs
    assert plain.status == watched.status == 0, watched.err
    told = [
        [text for text in done.out.splitlines() if " " in text and len(text.split()[1]) == 64] for done in keras_runs
    ]
    assert len(told[0]) == 7
    assert told[0] == told[1]


def test_every_hook_is_active(keras_runs: tuple[Run, Run]) -> None:
    assert [hook for hook in keras_runs[1].all(Hook) if not hook.active] == []
    assert {hook.source for hook in keras_runs[1].all(Hook)} >= {"steps", "weights", "batches", "tensorflow", "order"}


def test_each_training_is_reported_with_its_line_its_steps_and_its_final_weights(keras_runs: tuple[Run, Run]) -> None:
    plain, watched = keras_runs
    trainings = watched.all(Training)
    assert [training.how for training in trainings] == ["fit"] * 6 + ["loop"]
    ends = {end.number: end for end in watched.all(EndOfTraining)}
    assert [ends[training.number].steps for training in trainings] == [8, 12, 3, 4, 2, 4, 2]
    digests = {text.split()[0]: text.split()[1] for text in plain.out.splitlines() if " " in text}
    # The script takes a model's weights as Keras lists them, as the observer does of `fit`; of a loop it takes those
    # that the step uses, in the order of their use.
    names = ["arrays", "late", "dataset", "workers", "eager", "generator"]
    assert [ends[training.number].weights for training in trainings[:6]] == [digests[name] for name in names]
    assert ends[6].weights is not None
    assert trainings[0].site.line == line(KERAS, 'told("arrays"')
    assert trainings[1].site.line == line(KERAS, "history = late.fit")


def test_each_step_has_its_batch_loss_and_weights(keras_runs: tuple[Run, Run]) -> None:
    steps = keras_runs[1].all(Step)
    assert [step.total for step in steps if step.total == 0] == [0]
    for step in steps:
        assert None not in (step.batch, step.before, step.loss, step.after), step
        assert step.before != step.after
    for number in range(7):
        own = [step for step in steps if step.training == number]
        assert [step.before for step in own[1:]] == [step.after for step in own[:-1]]
        # Keras's own shuffle, seeded, takes one order in both epochs. A record of the second training is of 3 steps.
        of_epoch = own[: {0: 4, 1: 2}.get(number, len(own))]
        assert len({step.batch for step in own}) == len(of_epoch)
        assert [step.batch for step in own] == [step.batch for step in of_epoch] * (len(own) // len(of_epoch))
    assert {step.count for step in steps if step.training == 1} == {3}
    assert {step.training for step in steps} == set(range(7))


def test_initial_weights_are_reported_of_models_that_are_built_late_as_well(keras_runs: tuple[Run, Run]) -> None:
    watched = keras_runs[1]
    assert all(training.weights for training in watched.all(Training))
    made = watched.all(Variable, line=line(KERAS, "history = late.fit"))
    assert [variable.shape for variable in made] == [[8, 6], [6], [6, 3], [3]]


def test_seeds_of_layers_and_operations_are_reported_and_workers_are_a_race(keras_runs: tuple[Run, Run]) -> None:
    watched = keras_runs[1]
    assert [seed.source for seed in watched.all(Seed, level="global")] == ["python", "numpy", "tensorflow"]
    (seed,) = [seed for seed in watched.all(Seed, level="op") if seed.source == "python"]
    assert (seed.value, seed.site.code.split("=")[0].strip()) == (4, "self.dense")
    assert [race.what for race in watched.all(Race)] == ["Keras workers"]
    shuffle = watched.all(Draw, source="tensorflow", line=line(KERAS, ".shuffle(120)"))
    assert [draw.what for draw in shuffle] == ["tensorflow.data.shuffle"]


LOOPS = (
    DATA
    + """\
def fresh():
    return [tf.Variable(tf.random.normal([8, 3], seed=1)), tf.Variable(tf.zeros(3))]

def loss_of(weights, images, labels):
    logits = tf.nn.dropout(images, 0.2) @ weights[0] + weights[1]
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

eager = fresh()
optimizer = keras.optimizers.Adam()
for images, labels in tf.data.Dataset.from_tensor_slices((x, y)).shuffle(120, seed=2).batch(40):
    with tf.GradientTape() as tape:
        loss = loss_of(eager, images, labels)
    optimizer.apply_gradients(zip(tape.gradient(loss, eager), eager))
told("eager", eager, loss)

raw = fresh()
for start in range(0, 120, 40):
    with tf.GradientTape() as tape:
        loss = loss_of(raw, x[start : start + 40], y[start : start + 40])
    for weight, gradient in zip(raw, tape.gradient(loss, raw)):
        weight.assign_sub(0.1 * gradient)
told("raw", raw, loss)

graph = fresh()

@tf.function
def step(images, labels):
    with tf.GradientTape() as tape:
        loss = loss_of(graph, images, labels)
    for weight, gradient in zip(graph, tape.gradient(loss, graph)):
        weight.assign_sub(0.1 * gradient)
    return loss

@tf.function
def forward(images):
    return images @ graph[0] + graph[1]

for start in range(0, 120, 40):
    forward(x[:3])
    loss = step(x[start : start + 40], y[start : start + 40])
told("graph", graph, loss)

mixed = fresh()
another = keras.optimizers.SGD(0.1)

@tf.function
def both(images, labels):
    if tf.reduce_sum(images) > 0:
        with tf.GradientTape() as tape:
            loss = loss_of(mixed, images, labels)
        another.apply_gradients(zip(tape.gradient(loss, mixed), mixed))
    else:
        loss = 0.0
    return loss

for start in range(0, 120, 30):
    loss = both(tf.constant(x[start : start + 30]), tf.constant(y[start : start + 30]))
told("mixed", mixed, loss)

whole = fresh()

@tf.function
def epoch(dataset):
    total = 0.0
    for images, labels in dataset:
        with tf.GradientTape() as tape:
            loss = loss_of(whole, images, labels)
        for weight, gradient in zip(whole, tape.gradient(loss, whole)):
            weight.assign_sub(0.1 * gradient)
        total += loss
    return total

dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(40)
for _ in range(2):
    loss = epoch(dataset)
told("whole", whole, loss)
"""
)


def test_loops_of_ones_own_are_reported_and_change_no_bit(tmp_path: Path) -> None:
    # Unseeded dropout is the only thing that differs between two plain runs: give it a seed.
    source = LOOPS.replace("tf.nn.dropout(images, 0.2)", "tf.nn.dropout(images, 0.2, seed=7)")
    plain, watched = run(tmp_path / "script", source, observed=False), run(tmp_path / "script", source)
    assert plain.status == watched.status == 0, watched.err
    assert plain.out == watched.out
    trainings = watched.all(Training)
    assert [training.how for training in trainings] == ["loop"] * 5
    ends = {end.number: end for end in watched.all(EndOfTraining)}
    assert [ends[training.number].steps for training in trainings] == [3, 3, 3, 4, 2]
    assert [ends[training.number].weights for training in trainings] == [
        text.split()[1] for text in plain.out.splitlines()
    ]
    steps = watched.all(Step)
    assert len(steps) == 15
    assert all(None not in (step.before, step.loss, step.after) for step in steps)
    assert [step.batch is None for step in steps] == [False] * 3 + [True] * 3 + [False] * 7 + [True] * 2
    assert [step.site.line for step in steps if step.training == 2] == [line(source, "loss = step(x")] * 3
    assert len(watched.all(Variable)) == 10
    # The line in code that AutoGraph rewrote is the person's.
    assert {seed.site.line for seed in watched.all(Seed, value=7)} == {line(source, "tf.nn.dropout")}


def test_unseeded_operations_are_reported_with_their_line_also_in_traced_code(tmp_path: Path) -> None:
    watched = run(tmp_path / "script", LOOPS, steps=7)
    unseeded = watched.all(Draw, source="tensorflow", seeded=False)
    assert {draw.site.line for draw in unseeded} == {line(LOOPS, "tf.nn.dropout")}
    assert {draw.site.function for draw in unseeded} == {"loss_of"}
    # It was ended after seven steps, with the exit status of a script that reaches its end.
    assert watched.status == 0
    assert watched.all(End)
    assert len(watched.all(Step)) == 7
    assert "mixed" not in watched.out


UNSEEDED = (
    DATA
    + """\
weights = tf.Variable(tf.random.normal([8, 3]))
generator = tf.random.Generator.from_non_deterministic_state()
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(6), keras.layers.Dropout(0.3), keras.layers.Dense(3)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

initial, drawn = model.get_weights(), []

class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        rows = np.random.randint(0, 120, 10)
        drawn.append(rows)
        return x[rows], y[rows]

model.fit(Batches(workers=3), epochs=2, verbose=0)
mapped = tf.data.Dataset.from_tensor_slices(x).map(lambda a: a + tf.random.uniform([]), num_parallel_calls=4)
told("tensorflow", [weights])
told("tf-generators", [generator.normal([3])])
told("python", initial)
told("numpy", drawn)
told("order", [*model.weights, *mapped])
"""
)


HELD = """\
import os
import tensorflow as tf
from tensorflow.python.framework import config
print(config.is_op_determinism_enabled(), tf.config.threading.get_intra_op_parallelism_threads())
names = [name for name in tf.io.gfile.listdir("data")]
print(names == sorted(names), [os.path.basename(name) for name in tf.io.gfile.glob("data/*")] == names)
table = tf.Variable(tf.zeros([3]))
table.scatter_add(tf.IndexedSlices(tf.ones(3), tf.constant([0, 0, 1])))
table.scatter_nd_sub([[0], [0]], tf.ones(2))
tf.math.bincount([1, 1, 2], weights=[0.1, 0.2, 0.3])
tf.math.bincount([1, 1, 2])
tf.Variable([0, 0]).scatter_add(tf.IndexedSlices(tf.ones(2, tf.int32), tf.constant([0, 0])))

@tf.function
def mapped(x):
    return tf.map_fn(lambda one: one + 1, x)

mapped(tf.ones(3))
tf.map_fn(lambda one: one + 1, tf.ones(3))
drawn = tf.Variable(0)  # as the layers of Keras that draw keep one
rows = tf.data.Dataset.range(3)
rows.map(lambda row: drawn.assign_add(1), num_parallel_calls=2)
rows.map(lambda row: row + 1, num_parallel_calls=2)
print("done")
"""


def test_sums_and_map_fn_are_races_and_pins_hold_arithmetic_and_listings(tmp_path: Path) -> None:
    folder = tmp_path / "script"
    (folder / "data").mkdir(parents=True)
    for name in "qwertzuiopasdfghjklyxcvbnm":
        (folder / "data" / name).touch()
    watched = run(folder, HELD, pins=("arithmetic", "files"))
    assert (watched.status, watched.out) == (0, "True 1\nTrue True\ndone\n"), watched.err
    assert list(dict.fromkeys((race.source, race.site.code.partition("(")[0]) for race in watched.all(Race))) == [
        ("arithmetic", "table.scatter_add"),
        ("arithmetic", "table.scatter_nd_sub"),
        ("arithmetic", "tf.math.bincount"),
        ("order", "return tf.map_fn"),
        ("order", "rows.map"),
    ]
    plain = run(folder, HELD)
    assert plain.out.startswith("False 0\nFalse")  # 26 names, as the disk has them


def test_all_pins_together_make_an_unseeded_script_repeat_and_each_is_needed(tmp_path: Path) -> None:
    sources = ("python", "numpy", "tensorflow", "tf-generators")
    a, b = (run(tmp_path / name, UNSEEDED, pins=(*sources, "generators", "order")) for name in "ab")
    unpinned = run(tmp_path / "c", UNSEEDED, pins=("generators", "order"))
    assert a.status == b.status == unpinned.status == 0, a.err
    assert a.out == b.out
    # Each line of the output depends on the source that it is named for alone, the last one on all of them.
    for with_pins, without in zip(a.out.splitlines(), unpinned.out.splitlines(), strict=True):
        assert with_pins.split()[0] == without.split()[0]
        assert with_pins != without
    assert [race.what for race in a.all(Race)] == ["Keras workers", "tf.data map"]
    assert a.all(Race)[1].random == ["RandomUniform"]
