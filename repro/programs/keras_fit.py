"""The Keras tutorial that the article rewrote: seeds, data, network, loss and optimizer, training with `fit`.

Whatever the seeding lines leave alone is Keras's default. Watching draws nothing at random and changes no bit of the
training: a test compares it with a plain model.
"""

import random
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from repro.experiment.experiment import Experiment
from repro.experiment.seeding import initializer_seeds
from repro.history.events import Report
from repro.programs.fingerprint import (
    as_53_bits,
    batch_fingerprint,
    digest,
    dropout_mask,
    example_fingerprints,
    weights_fingerprint,
)
from repro.programs.images import Images
from repro.programs.one_bit import flip_lowest_bit

REPORT_SECONDS = 0.2  # between two events of steps


def layers(experiment: Experiment) -> list[keras.layers.Layer]:
    """The tutorial's layers; a dropout layer after each hidden one if the experiment has dropout."""
    on = "initializers" in experiment.steps
    initializers = [
        keras.initializers.GlorotUniform(seed=seed) if on else "glorot_uniform"
        for seed in initializer_seeds(experiment.seed)
    ]
    stack = [keras.Input((28, 28)), keras.layers.Flatten()]
    for initializer in initializers[:2]:
        stack.append(keras.layers.Dense(experiment.hidden, activation="relu", kernel_initializer=initializer))
        if experiment.dropout:
            stack.append(WatchedDropout(experiment.dropout))
    return [*stack, keras.layers.Dense(10, activation="softmax", kernel_initializer=initializers[2])]


def train(experiment: Experiment, images: Images, report: Report) -> None:
    """One run of `experiment`; reports its events after `started`, to `finished`. May run again in the same process, as
    a notebook's cell does."""
    # Seeds.
    seed, on = experiment.seed, experiment.steps
    if "python" in on:
        random.seed(seed)
    if "numpy" in on:
        np.random.seed(seed)
    if "tensorflow" in on:
        tf.random.set_seed(seed)

    # Data.
    x_train, y_train = images.x_train[: experiment.images].reshape(-1, 28, 28), images.y_train[: experiment.images]
    x_test, y_test = images.x_test.reshape(-1, 28, 28), images.y_test

    # Network.
    model = WatchedModel(layers(experiment))
    first_kernel = model.trainable_variables[0].value
    moved = flip_lowest_bit(first_kernel, x_train.reshape(-1, 784)) if experiment.conditions.one_bit else {}
    report({"event": "initialized", "initial_weights": digest(model.get_weights_to_learn())} | moved)
    report({"event": "weights", "epoch": 0, "values": model.get_weights_to_learn()})

    # Loss and optimizer.
    optimizer = keras.optimizers.Adam(experiment.learning_rate)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    # Training, and accuracy.
    began = time.perf_counter()
    watch = Watch(experiment, x_test, y_test, report)
    model.watch = watch
    model.by_xla = experiment.conditions.xla
    model.fit(
        x_train, y_train, batch_size=experiment.batch_size, epochs=experiment.epochs, verbose=0, callbacks=[watch]
    )
    predicted = model(x_test, training=False).numpy().argmax(axis=1)
    report(
        {
            "event": "finished",
            "batch_order": digest([watch.fingerprints("batch")]),
            "final_weights": digest(model.get_weights_to_learn()),
            "predictions": "".join(map(str, predicted)),
            "training_seconds": round(time.perf_counter() - began, 3),
        }
        | ({"dropout_masks": digest([watch.fingerprints("masks")])} if experiment.dropout else {})
    )


class WatchedDropout(keras.layers.Dropout):  # type: ignore[misc]
    """Keras's dropout, which keeps the mask of its last call in training, bool [n, hidden], within the same graph."""

    kept: tf.Tensor

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Keras's dropout; keeps the mask."""
        dropped = super().call(inputs, training)
        if training:
            self.kept = dropout_mask(dropped, inputs)
        return dropped


class WatchedModel(keras.Sequential):  # type: ignore[misc]
    """A Sequential model that shows its `watch` the batches and losses of `fit`, and the weights after each step."""

    watch: "Watch"
    by_xla = False

    def get_weights_to_learn(self) -> list[np.ndarray]:
        """Kernels and biases, float32, in the order of the layers; without the state of dropout's generator."""
        return [variable.numpy() for variable in self.trainable_variables]

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> tf.Tensor:
        """Keras's loss of a batch."""
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if training:
            self.watch.see_result(y, y_pred, loss)
        return loss

    def train_step(self, data: Any) -> Any:
        """Keras's training step, compiled by XLA as with `jit_compile=True`, if the conditions say so. XLA does
        not know the operation of the fingerprints, which therefore stay outside."""
        self.watch.see_batch(*data)
        train = super().train_step

        def step(data: Any) -> tuple[Any, list[tf.Tensor]]:
            logs = train(data)
            return logs, [layer.kept for layer in self.layers if isinstance(layer, WatchedDropout)]

        logs, masks = (tf.function(step, jit_compile=True) if self.by_xla else step)(data)
        if masks:
            self.watch.see_masks(masks)
        self.watch.see_weights([variable.value for variable in self.trainable_variables])
        return logs

    def test_step(self, data: Any) -> Any:
        """Keras's test step, compiled as the training step is: `jit_compile=True` is for both."""
        step = super().test_step
        return (tf.function(step, jit_compile=True) if self.by_xla else step)(data)


class Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps what each step gave in TensorFlow variables, inside the graph of the step, and reports it now and then."""

    def __init__(self, experiment: Experiment, x_test: np.ndarray, y_test: np.ndarray, report: Report) -> None:
        super().__init__()
        self._x_test, self._y_test, self._report = x_test, y_test, report
        kinds = {"loss": tf.float32, "accuracy": tf.float32, "batch": tf.int64, "weights": tf.int64}
        if experiment.dropout:
            kinds["masks"] = tf.int64
        self._seen = {name: tf.Variable(tf.zeros(experiment.total_steps, kind)) for name, kind in kinds.items()}
        self._step = tf.Variable(0)
        self._reported, self._reported_at = 0, time.perf_counter()

    def see_batch(self, x: tf.Tensor, y: tf.Tensor) -> None:
        """In the graph: a batch of images, float32 [n, 28, 28], and its digits [n]."""
        examples = example_fingerprints(tf.reshape(x, (-1, 784)), _digits(y))
        self._keep("batch", batch_fingerprint(examples)[0])

    def see_result(self, y: tf.Tensor, probabilities: tf.Tensor, loss: tf.Tensor) -> None:
        """In the graph: what the network made of a batch with the digits `y` [n]."""
        matches = tf.argmax(probabilities, axis=1, output_type=tf.int32) == _digits(y)
        self._keep("loss", loss)
        self._keep("accuracy", tf.reduce_mean(tf.cast(matches, tf.float32)))

    def see_masks(self, masks: Sequence[tf.Tensor]) -> None:
        """In the graph: the dropout masks of the step, bool [n, hidden]."""
        self._keep("masks", weights_fingerprint(masks)[0])

    def see_weights(self, weights: Sequence[tf.Variable]) -> None:
        """In the graph: the weights after the step."""
        self._keep("weights", weights_fingerprint(weights)[0])
        self._step.assign_add(1)

    def _keep(self, name: str, value: tf.Tensor) -> None:
        self._seen[name].scatter_nd_update([[self._step]], [value])

    def fingerprints(self, name: str) -> np.ndarray:
        """Those of all steps, "batch", "weights" or "masks", int64 [steps] from 0 to 2**53 - 1."""
        return as_53_bits(self._seen[name].read_value())

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 — Keras's signature
        """Keras calls this after each step."""
        if time.perf_counter() - self._reported_at > REPORT_SECONDS:
            self._report_steps()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keras calls this after each epoch, counted from 0, with the means over its training."""
        self._report_steps()
        test_loss, test_accuracy = self.model.evaluate(self._x_test, self._y_test, verbose=0)
        figures = {
            "loss": logs["loss"],
            "accuracy": logs["accuracy"],
            "test_loss": test_loss,
            "test_accuracy": test_accuracy,
        }
        weights = self.model.get_weights_to_learn()
        self._report(
            {"event": "epoch", "epoch": epoch + 1}
            | {name: np.float32(value) for name, value in figures.items()}
            | {"epoch_weights": digest(weights)}
        )
        self._report({"event": "weights", "epoch": epoch + 1, "values": weights})

    def _report_steps(self) -> None:
        new = slice(self._reported, int(self._step.numpy()))
        if new.start < new.stop:
            values = {name: variable.read_value()[new] for name, variable in self._seen.items()}
            fingerprints = {name: as_53_bits(values[name]) for name in ("batch", "weights", "masks") if name in values}
            measured = {name: values[name].numpy() for name in ("loss", "accuracy")}
            self._report({"event": "steps", "first": new.start} | measured | fingerprints)
        self._reported, self._reported_at = new.stop, time.perf_counter()


def _digits(y: tf.Tensor) -> tf.Tensor:
    """Labels as `fit` passes them on, as int32 [n]."""
    return tf.cast(tf.reshape(y, [-1]), tf.int32)
