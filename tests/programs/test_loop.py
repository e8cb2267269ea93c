"""The fast loop: bit for bit what the plain step gives, called batch after batch."""

import numpy as np
import pytest
import tensorflow as tf

from repro.programs.fingerprint import as_53_bits, batch_fingerprint, example_fingerprints, weights_fingerprint
from repro.programs.loop import FIRST_CALL, TrainingLoop

QUANTITIES = ("loss", "accuracy", "batch", "weights")


class Softmax:
    """A network of one layer that learns by plain gradient descent, of images of six pixels."""

    def __init__(self) -> None:
        numbers = np.random.RandomState(3)
        self.weights = [tf.Variable(numbers.normal(size=shape).astype(np.float32)) for shape in ((6, 4), (4,))]

    def step(self, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        matrix, bias = self.weights
        with tf.GradientTape() as tape:
            logits = x @ matrix + bias
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        for weight, gradient in zip(self.weights, tape.gradient(loss, self.weights), strict=True):
            weight.assign_sub(0.5 * gradient)
        return loss, tf.reduce_mean(tf.cast(tf.argmax(logits, axis=1, output_type=tf.int32) == y, tf.float32))


@pytest.mark.parametrize(
    ("images", "batch_size"),
    [
        pytest.param(131, 2, id="several calls, a short last batch"),
        pytest.param(40, 8, id="one call, no short batch"),
        pytest.param(5, 32, id="one short batch only"),
        pytest.param(7, 1, id="one image in a batch"),
    ],
)
def test_gives_the_bits_of_the_plain_step_called_for_each_batch(images: int, batch_size: int) -> None:
    numbers = np.random.RandomState(4)
    x = tf.constant(numbers.uniform(size=(images, 6)).astype(np.float32))
    y = tf.constant(numbers.randint(0, 4, images).astype(np.int32))
    orders = [numbers.permutation(images).astype(np.int32) for _ in range(2)]

    plain = Softmax()
    step = tf.function(plain.step, autograph=False)
    expected: dict[str, list[tf.Tensor]] = {name: [] for name in QUANTITIES}
    for order in orders:
        for start in range(0, images, batch_size):
            batch = order[start : start + batch_size]
            loss, accuracy = step(tf.gather(x, batch), tf.gather(y, batch))
            examples = example_fingerprints(tf.gather(x, batch), tf.gather(y, batch))
            of_weights = weights_fingerprint([tf.convert_to_tensor(weight) for weight in plain.weights])
            values = (loss.numpy(), accuracy.numpy(), as_53_bits(batch_fingerprint(examples)), as_53_bits(of_weights))
            for name, value in zip(QUANTITIES, values, strict=True):
                expected[name].append(value)

    network = Softmax()
    loop = TrainingLoop(network.step, x, y, network.weights)
    portions = [portion for order in orders for portion in loop.epoch(order, batch_size)]
    for name, dtype in zip(QUANTITIES, (np.float32, np.float32, np.int64, np.int64), strict=True):
        told = np.concatenate([getattr(portion, name) for portion in portions])
        assert told.dtype == dtype
        assert told.tobytes() == np.array(expected[name], dtype).tobytes()
    for weight, same in zip(network.weights, plain.weights, strict=True):
        assert weight.numpy().tobytes() == same.numpy().tobytes()


def test_the_first_portion_is_small_and_the_portions_make_up_the_epoch() -> None:
    network = Softmax()
    x, y = tf.zeros((301, 6)), tf.zeros(301, tf.int32)
    loop = TrainingLoop(network.step, x, y, network.weights)
    sizes = [len(portion.loss) for portion in loop.epoch(np.arange(301, dtype=np.int32), 2)]
    assert sizes[0] == FIRST_CALL
    assert sizes[-1] == 1
    assert sum(sizes) == 151


def test_masks_have_a_fingerprint_in_each_step_where_there_are_any() -> None:
    x = tf.constant(np.random.RandomState(5).uniform(size=(9, 6)).astype(np.float32))
    network, order = Softmax(), np.arange(9, dtype=np.int32)

    def step(batch: tf.Tensor, digits: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return *network.step(batch, digits), batch > 0.5, batch > 0.25

    loop = TrainingLoop(step, x, tf.zeros(9, tf.int32), network.weights, masked=True)
    told = np.concatenate([portion.masks for portion in loop.epoch(order, 2) if portion.masks is not None])
    batches = [x[start : start + 2] for start in range(0, 9, 2)]
    expected = [weights_fingerprint([batch > 0.5, batch > 0.25]) for batch in batches]
    assert told.tolist() == [int(as_53_bits(one)[0]) for one in expected]
    (plain,) = TrainingLoop(network.step, x, tf.zeros(9, tf.int32), network.weights).epoch(order, 9)
    assert plain.masks is None


def test_the_order_of_the_images_decides() -> None:
    x = tf.constant(np.random.RandomState(5).uniform(size=(8, 6)).astype(np.float32))
    y = tf.constant(np.arange(8, dtype=np.int32) % 4)
    told = []
    for order in (range(8), reversed(range(8))):
        network = Softmax()
        (portion,) = TrainingLoop(network.step, x, y, network.weights).epoch(np.array([*order], np.int32), 4)
        told.append(portion)
    assert all(np.all(getattr(told[0], name) != getattr(told[1], name)) for name in ("loss", "batch", "weights"))
