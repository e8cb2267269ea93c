"""The article's program: its parts against NumPy, and a run against what can be worked out without it."""

import hashlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from records import SMALL, history

from repro.experiment.experiment import Experiment
from repro.experiment.twists import TENSORFLOW_SEEDS
from repro.history.history import History
from repro.programs import base_tensorflow, mnist
from repro.programs.base_tensorflow import (
    Adam,
    Network,
    WatchedNetwork,
    cross_entropy,
    glorot_uniform,
    matches,
    mean_over_images,
)
from repro.programs.fingerprint import as_53_bits, batch_fingerprint, example_fingerprints
from repro.programs.images import Images, prepare

LOGITS = np.random.RandomState(6).normal(scale=3, size=(32, 10)).astype(np.float32)
DIGITS = np.random.RandomState(7).randint(0, 10, 32).astype(np.int32)


def test_adam_follows_the_paper() -> None:
    """Not bit for bit: the kernel works in float32 and in an order of its own, and the oracle here in float64. The
    form is that before section 2.1 of the paper, as in Keras; small gradients show what epsilon does."""
    numbers = np.random.RandomState(8)
    sizes = 10 ** numbers.uniform(-8, 1, size=(7, 5))
    gradients = (sizes * numbers.normal(size=(20, 7, 5))).astype(np.float32)
    variable = tf.Variable(tf.zeros((7, 5)))
    adam = Adam([variable], learning_rate=0.01)
    expected, m, v = np.zeros((7, 5)), np.zeros((7, 5)), np.zeros((7, 5))
    for t, gradient in enumerate(gradients.astype(np.float64), start=1):
        adam.apply([tf.constant(gradient, tf.float32)])
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        expected -= 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7)
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_adam_keeps_the_state_of_each_variable_apart() -> None:
    variables = [tf.Variable([1.0, 2.0]), tf.Variable([[1.0, 2.0]])]
    alone = tf.Variable([1.0, 2.0])
    together, by_itself = Adam(variables, 0.01), Adam([alone], 0.01)
    for gradient in (1.0, -2.0, 0.5):
        together.apply([tf.constant([gradient, 0.1]), tf.constant([[7.0, 7.0]])])
        by_itself.apply([tf.constant([gradient, 0.1])])
    assert variables[0].numpy().tobytes() == alone.numpy().tobytes()


@pytest.mark.parametrize(("rows", "columns"), [(784, 128), (128, 128), (128, 10)])
def test_glorot_uniform_fills_its_limits(rows: int, columns: int) -> None:
    weights = glorot_uniform(rows, columns, seed=1).numpy()
    limit = (6 / (rows + columns)) ** 0.5
    assert weights.shape == (rows, columns)
    assert weights.dtype == np.float32
    assert -np.float32(limit) <= weights.min() < -0.98 * limit
    assert 0.98 * limit < weights.max() <= np.float32(limit)


def test_cross_entropy_is_that_of_numpy() -> None:
    logits = LOGITS.astype(np.float64)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log(probabilities[np.arange(32), DIGITS]).mean()
    np.testing.assert_allclose(cross_entropy(tf.constant(DIGITS), tf.constant(LOGITS)).numpy(), expected, rtol=1e-6)


def test_accuracy_is_matches_divided_by_all() -> None:
    right = sum(int(np.argmax(logits)) == digit for logits, digit in zip(LOGITS, DIGITS.tolist(), strict=True))
    assert matches(tf.constant(DIGITS), tf.constant(LOGITS)).numpy() == np.float32(right / 32)
    best = LOGITS.argmax(axis=1).astype(np.int32)
    assert matches(tf.constant(best), tf.constant(LOGITS)).numpy() == 1
    assert matches(tf.constant((best + 1) % 10), tf.constant(LOGITS)).numpy() == 0


def test_the_network_is_that_of_numpy() -> None:
    network = Network(16, [1, 2, 3])
    for variable in network.variables:
        variable.assign(np.random.RandomState(9).normal(size=variable.shape) / 9)
    w1, b1, w2, b2, w3, b3 = (variable.numpy().astype(np.float64) for variable in network.variables)
    x = np.random.RandomState(10).uniform(size=(4, 784)).astype(np.float32)
    expected = np.maximum(np.maximum(x @ w1 + b1, 0) @ w2 + b2, 0) @ w3 + b3
    np.testing.assert_allclose(network(tf.constant(x)).numpy(), expected, rtol=1e-5, atol=1e-5)


def test_dropout_switches_units_off_only_where_it_is_asked_for() -> None:
    network = Network(64, [1, 2, 3])
    x = tf.ones((1, 784))
    assert network(x).numpy().tobytes() == network(x).numpy().tobytes()
    assert network(x, dropout=0.5).numpy().tobytes() != network(x, dropout=0.5).numpy().tobytes()


def test_mean_over_images_weights_the_short_batch_by_its_images() -> None:
    steps = [np.array([1.0] * 20, np.float32), np.array([22.0], np.float32)]
    assert mean_over_images(steps, 650, 32) == np.float32((20 * 32 * 1 + 10 * 22) / 650)
    assert mean_over_images([np.array([1.0, 4.0], np.float32)], 64, 32) == np.float32(2.5)


def first_draws(
    monkeypatch: pytest.MonkeyPatch, experiment: Experiment
) -> tuple[list[np.ndarray], Sequence[int | None]]:
    """The first hundred weights of each layer of a run that begins, as shares of the layer's limit, and its seeds."""
    made: list[tuple[Network, Sequence[int | None]]] = []

    class Seen(WatchedNetwork):
        def __init__(self, hidden: int, seeds: Sequence[int | None]) -> None:
            super().__init__(hidden, seeds)
            made.append((self, seeds))

    monkeypatch.setattr(base_tensorflow, "WatchedNetwork", Seen)
    nothing = Images(*(np.zeros(shape, np.float32) for shape in ((1, 784), (1,), (1, 784), (1,))))

    class EnoughError(Exception):
        pass

    def stop(_: object) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        base_tensorflow.train(experiment, nothing, stop)
    ((network, seeds),) = made
    matrices = [variable.numpy() for variable in network.variables if variable.shape.rank == 2]
    return [(matrix / (6 / sum(matrix.shape)) ** 0.5).reshape(-1)[:100] for matrix in matrices], seeds


@pytest.mark.parametrize("steps", [(), ("tensorflow",), ("initializers",), ("tensorflow", "initializers")])
def test_no_two_layers_begin_with_the_same_numbers(monkeypatch: pytest.MonkeyPatch, steps: tuple[str, ...]) -> None:
    draws, _ = first_draws(monkeypatch, Experiment(steps=steps, hidden=10))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not np.any(np.isclose(draws[one], draws[other], rtol=1e-5, atol=0))


def test_no_two_layers_of_neighbouring_seeds_have_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = [
        seed
        for of_run in (41, 42, 43)
        for seed in first_draws(monkeypatch, Experiment(steps=("initializers",), seed=of_run, hidden=10))[1]
    ]
    assert None not in seeds
    assert len(set(seeds)) == 9


def test_the_layers_have_no_seeds_where_the_step_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_draws(monkeypatch, Experiment(steps=("numpy", "tensorflow"), hidden=10))[1] == [None, None, None]


def orders() -> list[np.ndarray]:
    """What `np.random.seed(42)` makes `np.random.permutation` draw in each epoch of SMALL."""
    numpys = np.random.RandomState(42)
    return [numpys.permutation(650).astype(np.int32) for _ in range(2)]


def test_the_batch_order_is_numpys_from_the_seed(seeded: History) -> None:
    assert seeded.batch_order == hashlib.sha256(b"".join(order.tobytes() for order in orders())).hexdigest()


def test_every_batch_holds_the_images_that_the_order_says(seeded: History) -> None:
    whole = mnist.load()
    images = prepare(mnist.Mnist(whole.x_train[:650], whole.y_train[:650], whole.x_test[:0], whole.y_test[:0]))
    examples = example_fingerprints(tf.constant(images.x_train), tf.constant(images.y_train))
    batches = [order[start : start + 32] for order in orders() for start in range(0, 650, 32)]
    expected = [int(as_53_bits(batch_fingerprint(tf.gather(examples, batch)))[0]) for batch in batches]
    assert seeded.batch.tolist() == expected


def test_the_figures_of_an_epoch_are_the_means_of_its_steps_weighted_by_images(seeded: History) -> None:
    assert [epoch.epoch for epoch in seeded.epochs] == [1, 2]
    images = [32] * 20 + [10]
    for epoch in seeded.epochs:
        of_epoch = slice(21 * (epoch.epoch - 1), 21 * epoch.epoch)
        for name in ("loss", "accuracy"):
            steps = getattr(seeded, name)[of_epoch].tolist()
            mean = sum(Fraction(value) * count for value, count in zip(steps, images, strict=True)) / 650
            assert getattr(epoch, name) == np.float32(float(mean))


def test_the_accuracy_of_each_step_is_a_count_of_its_images(seeded: History) -> None:
    for step, accuracy in enumerate(seeded.accuracy):
        images = 10 if step % 21 == 20 else 32
        assert accuracy in [np.float32(right) / np.float32(images) for right in range(images + 1)]


def test_the_predictions_are_ten_thousand_digits_that_give_the_test_accuracy(seeded: History) -> None:
    assert seeded.predictions is not None
    assert len(seeded.predictions) == 10_000
    digits = mnist.load().y_test.tolist()
    right = sum(int(predicted) == digit for predicted, digit in zip(seeded.predictions, digits, strict=True))
    assert seeded.epochs[-1].test_accuracy == np.float32(right) / np.float32(10_000)
    assert right > 5_000


def test_the_weights_change_in_every_step(seeded: History) -> None:
    assert len(set(seeded.weights.tolist())) == SMALL.total_steps
    assert seeded.initial_weights != seeded.final_weights


def test_a_record_made_by_hand_has_the_shapes_of_a_real_one(seeded: History) -> None:
    by_hand = history(SMALL)
    for name in ("loss", "accuracy", "batch", "weights"):
        assert getattr(by_hand, name).shape == getattr(seeded, name).shape == (42,)
        assert getattr(by_hand, name).dtype == getattr(seeded, name).dtype


def test_tensorflow_takes_both_kinds_of_seeds_modulo_two_to_the_31_minus_1() -> None:
    """What the refusal of a twist relies on."""

    def drawn(*, seed: int | None, of_operation: int | None) -> list[bytes]:
        tf.random.set_seed(seed)
        eager = tf.random.uniform((4,), seed=of_operation)
        traced = tf.function(lambda: tf.random.uniform((4,), seed=of_operation), autograph=False)()
        return [eager.numpy().tobytes(), traced.numpy().tobytes()]

    for seed, other in ((42, 42 + TENSORFLOW_SEEDS), (0, TENSORFLOW_SEEDS), (7, 7 + 2 * TENSORFLOW_SEEDS)):
        assert drawn(seed=seed, of_operation=1) == drawn(seed=other, of_operation=1)
        assert drawn(seed=1, of_operation=seed) == drawn(seed=1, of_operation=other)
        in_graph = [drawn(seed=which, of_operation=None)[1] for which in (seed, other)]
        assert in_graph[0] == in_graph[1]
    assert drawn(seed=42, of_operation=1) != drawn(seed=43, of_operation=1)
    assert drawn(seed=1, of_operation=42) != drawn(seed=1, of_operation=43)


# Where TensorFlow takes seeds modulo 2**31 - 1, as REFERENCE says of the twist `seed`, and where it does not.

DRAWS: dict[str, tuple[Callable[[], Any], bool]] = {
    "in a function": (lambda: tf.function(lambda: tf.random.uniform((3,)))(), True),
    "with a seed of its own": (lambda: tf.random.uniform((3,), seed=7), True),
    "eager": (lambda: tf.random.uniform((3,)), False),
    "of a data set": (lambda: tf.stack(list(tf.data.Dataset.range(10).shuffle(10))), False),
}


def drawn(draw: Callable[[], Any], seed: int) -> list[Any]:
    tf.random.set_seed(seed)
    values: list[Any] = draw().numpy().tolist()
    return values


@pytest.mark.parametrize(("draw", "modulo"), DRAWS.values(), ids=DRAWS)
def test_where_seeds_are_taken_modulo(draw: Callable[[], Any], modulo: bool) -> None:
    assert drawn(draw, 42) == drawn(draw, 42) != drawn(draw, 43)
    assert (drawn(draw, 42) == drawn(draw, 42 + TENSORFLOW_SEEDS)) == modulo
