"""The article's program in base TensorFlow: seeds, data, network, loss and optimizer, accuracy, training."""

import random
import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from repro.experiment.experiment import Experiment
from repro.experiment.seeding import initializer_seeds
from repro.history.events import Report
from repro.programs.fingerprint import digest, dropout_mask
from repro.programs.images import Images, as_tensor
from repro.programs.loop import TrainingLoop
from repro.programs.one_bit import flip_lowest_bit


class Network:
    """784 inputs, two hidden layers with relu, ten classes."""

    def __init__(self, hidden: int, seeds: Sequence[int | None]) -> None:
        self.w1, self.b1 = glorot_uniform(784, hidden, seed=seeds[0]), zeros(hidden)
        self.w2, self.b2 = glorot_uniform(hidden, hidden, seed=seeds[1]), zeros(hidden)
        self.w3, self.b3 = glorot_uniform(hidden, 10, seed=seeds[2]), zeros(10)
        self.variables = [self.w1, self.b1, self.w2, self.b2, self.w3, self.b3]

    def __call__(self, x: tf.Tensor, *, dropout: float = 0.0) -> tf.Tensor:
        """Logits, float32 [n, 10], of images, float32 [n, 784]; their softmax is the classes' probabilities."""
        h1 = self.drop(tf.nn.relu(tf.nn.bias_add(x @ self.w1, self.b1)), dropout)
        h2 = self.drop(tf.nn.relu(tf.nn.bias_add(h1 @ self.w2, self.b2)), dropout)
        return tf.nn.bias_add(h2 @ self.w3, self.b3)

    def drop(self, units: tf.Tensor, rate: float) -> tf.Tensor:
        """`units`, float32 [n, hidden], a share `rate` of them dropped at random and the others scaled up."""
        return tf.nn.dropout(units, rate) if rate else units


class WatchedNetwork(Network):
    """A network that keeps the dropout masks of its last call, bool [n, hidden] for each hidden layer."""

    def __init__(self, hidden: int, seeds: Sequence[int | None]) -> None:
        super().__init__(hidden, seeds)
        self.masks: list[tf.Tensor] = []

    def __call__(self, x: tf.Tensor, *, dropout: float = 0.0) -> tf.Tensor:
        """The logits, as `Network` computes them; the masks of an earlier call are dropped."""
        self.masks = []
        return super().__call__(x, dropout=dropout)

    def drop(self, units: tf.Tensor, rate: float) -> tf.Tensor:
        """As `Network.drop`; keeps the mask."""
        dropped = super().drop(units, rate)
        if rate:
            self.masks.append(dropout_mask(dropped, units))
        return dropped


def glorot_uniform(rows: int, columns: int, *, seed: int | None) -> tf.Variable:
    """Uniform up to sqrt(6 / (rows + columns)), either sign: Glorot & Bengio 2010, equation 16. TensorFlow's own op
    draws it; a Keras initializer would draw its seed from Python's `random`."""
    limit = (6 / (rows + columns)) ** 0.5
    return tf.Variable(tf.random.uniform((rows, columns), -limit, limit, seed=seed))


def zeros(*shape: int) -> tf.Variable:
    """A variable of that shape, all 0.0."""
    return tf.Variable(tf.zeros(shape))


def cross_entropy(digits: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The mean over the images of -log(softmax probability of the right digit)."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(digits, logits))


class Adam:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980) with Keras's constants, by the kernel that TensorFlow has for it."""

    def __init__(self, variables: Sequence[tf.Variable], learning_rate: float) -> None:
        self.variables, self.learning_rate = variables, learning_rate
        self.m = [zeros(*variable.shape) for variable in variables]
        self.v = [zeros(*variable.shape) for variable in variables]
        self.beta1_power, self.beta2_power = tf.Variable(0.9), tf.Variable(0.999)

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        beta1_power, beta2_power = self.beta1_power.read_value(), self.beta2_power.read_value()
        for variable, m, v, gradient in zip(self.variables, self.m, self.v, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=beta1_power,
                beta2_power=beta2_power,
                lr=self.learning_rate,
                beta1=0.9,
                beta2=0.999,
                epsilon=1e-7,
                grad=gradient,
            )
        self.beta1_power.assign(beta1_power * 0.9)
        self.beta2_power.assign(beta2_power * 0.999)


def matches(digits: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The share of predictions that match: predictions that match / all."""
    return tf.reduce_mean(tf.cast(predictions(logits) == digits, tf.float32))


def predictions(logits: tf.Tensor) -> tf.Tensor:
    """The digits that the network takes the images for, int32 [n]."""
    return tf.argmax(logits, axis=1, output_type=tf.int32)


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
    layer_seeds = initializer_seeds(seed) if "initializers" in on else [None] * 3

    # Data.
    x_train, y_train = as_tensor(images.x_train[: experiment.images]), as_tensor(images.y_train[: experiment.images])
    x_test, y_test = as_tensor(images.x_test), as_tensor(images.y_test)

    # Network.
    network = WatchedNetwork(experiment.hidden, layer_seeds)
    moved = flip_lowest_bit(network.w1, images.x_train[: experiment.images]) if experiment.conditions.one_bit else {}
    report({"event": "initialized", "initial_weights": digest(v.numpy() for v in network.variables)} | moved)
    report({"event": "weights", "epoch": 0, "values": [v.numpy() for v in network.variables]})

    # Loss and optimizer.
    optimizer = Adam(network.variables, experiment.learning_rate)

    # Training, and accuracy.
    def training_step(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            logits = network(x, dropout=experiment.dropout)
            loss = cross_entropy(y, logits)
        optimizer.apply(tape.gradient(loss, network.variables))
        return loss, matches(y, logits), *network.masks

    def test() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        logits = network(x_test)
        return cross_entropy(y_test, logits), matches(y_test, logits), predictions(logits)

    step = tf.function(training_step, autograph=False, jit_compile=True) if experiment.conditions.xla else training_step
    loop = TrainingLoop(step, x_train, y_train, network.variables, masked=bool(experiment.dropout))
    test_in_graph = tf.function(test, autograph=False)
    began = time.perf_counter()
    orders, masks, first = [], [], 0
    for epoch in range(1, experiment.epochs + 1):
        orders.append(np.random.permutation(experiment.images).astype(np.int32))
        losses, accuracies = [], []
        for results in loop.epoch(orders[-1], experiment.batch_size):
            report({"event": "steps", "first": first} | results.reported)
            first += len(results.loss)
            losses.append(results.loss)
            accuracies.append(results.accuracy)
            if results.masks is not None:
                masks.append(results.masks)
        test_loss, test_accuracy, predicted = (tensor.numpy() for tensor in test_in_graph())
        report(
            {
                "event": "epoch",
                "epoch": epoch,
                "loss": mean_over_images(losses, experiment.images, experiment.batch_size),
                "accuracy": mean_over_images(accuracies, experiment.images, experiment.batch_size),
                "test_loss": test_loss,
                "test_accuracy": test_accuracy,
                "epoch_weights": digest(v.numpy() for v in network.variables),
            }
        )
        report({"event": "weights", "epoch": epoch, "values": [v.numpy() for v in network.variables]})
    report(
        {
            "event": "finished",
            "batch_order": digest(orders),
            "final_weights": digest(v.numpy() for v in network.variables),
            "predictions": "".join(map(str, predicted)),
            "training_seconds": round(time.perf_counter() - began, 3),
        }
        | ({"dropout_masks": digest(masks)} if masks else {})
    )


def mean_over_images(steps: Sequence[np.ndarray], images: int, batch_size: int) -> np.float32:
    """The mean over an epoch's steps, each weighted by its images, as Keras reports it; float64 inside."""
    values = np.concatenate(steps).astype(np.float64)
    images_in_step = np.full(len(values), batch_size)
    images_in_step[-1] = images - batch_size * (len(values) - 1)
    return np.float32(np.average(values, weights=images_in_step))
