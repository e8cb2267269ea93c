"""The fast loop around a plain training step: many steps in one call of TensorFlow, each of them fingerprinted."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from repro.programs.fingerprint import as_53_bits, batch_fingerprint, example_fingerprints, weights_fingerprint

FIRST_CALL = 20  # steps: few, so that the first point of a chart is there at once
MAX_CALL = 625  # steps: a third of the article's epoch
CALL_SECONDS = 0.2  # calls grow until one takes about this long, and stay there

TrainingStep = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, ...]]


@dataclass(frozen=True)
class StepResults:
    """What each of n steps gave: loss and accuracy, float32 [n]; fingerprints of batch and weights, int64 [n], and of
    the dropout masks, if there are any."""

    loss: np.ndarray
    accuracy: np.ndarray
    batch: np.ndarray
    weights: np.ndarray
    masks: np.ndarray | None = None

    @property
    def reported(self) -> dict[str, np.ndarray]:
        """The fields of an event of steps."""
        return {name: values for name, values in vars(self).items() if values is not None}


class TrainingLoop:
    """Runs `step(images, digits) -> (loss, accuracy)` over batches of `x`, float32 [n, 784], and `y`, int32 [n]. If
    it is `masked`, the step also gives the masks of its dropout, bool [batch, hidden] each.

    The order of steps and every number are those of calling `step` in a Python loop.
    """

    def __init__(
        self, step: TrainingStep, x: tf.Tensor, y: tf.Tensor, weights: Sequence[tf.Variable], *, masked: bool = False
    ) -> None:
        self._step, self._x, self._y, self._weights, self._masked = step, x, y, weights, masked
        self._examples = example_fingerprints(x, y)
        self._traced = tf.function(self._run, autograph=False)
        self._steps_in_call = FIRST_CALL

    def epoch(self, order: np.ndarray, batch_size: int) -> Iterator[StepResults]:
        """One epoch over the images in `order`, int32 [n], in portions of some steps; the last batch may be short."""
        whole = len(order) // batch_size
        batches = order[: whole * batch_size].reshape(whole, batch_size)
        start = 0
        while start < whole:
            began = time.perf_counter()
            results = self._call(batches[start : start + self._steps_in_call])
            start += self._steps_in_call
            yield results
            if time.perf_counter() - began < CALL_SECONDS / 2:
                self._steps_in_call = min(2 * self._steps_in_call, MAX_CALL)
        if whole * batch_size < len(order):
            yield self._call(order[np.newaxis, whole * batch_size :])

    def _call(self, batches: np.ndarray) -> StepResults:
        # One trace for any number of batches, but a size that is known: TensorFlow plans fixed shapes better.
        function = self._traced.get_concrete_function(tf.TensorSpec((None, batches.shape[1]), tf.int32))
        loss, accuracy, *fingerprints = function(tf.constant(batches))
        return StepResults(loss.numpy(), accuracy.numpy(), *map(as_53_bits, fingerprints))

    def _run(self, batches: tf.Tensor) -> list[tf.Tensor]:
        """`step` over `batches`, int32 [steps, batch], as one loop in the graph."""
        count = tf.shape(batches)[0]

        def body(index: tf.Tensor, results: list[tf.TensorArray]) -> tuple[tf.Tensor, list[tf.TensorArray]]:
            batch = tf.gather(batches, index)
            loss, accuracy, *masks = self._step(tf.gather(self._x, batch), tf.gather(self._y, batch))
            # In a graph, what reads a variable comes after what was written to it earlier in the program.
            of_batch = batch_fingerprint(tf.gather(self._examples, batch))
            values = [loss, accuracy, of_batch, weights_fingerprint(self._weights)]
            if self._masked:
                values.append(weights_fingerprint(masks))
            return index + 1, [array.write(index, value) for array, value in zip(results, values, strict=True)]

        results = [
            tf.TensorArray(dtype, count, element_shape=shape)
            for dtype, shape in [(tf.float32, ())] * 2 + [(tf.int64, (1,))] * (3 if self._masked else 2)
        ]
        # Batch after batch, never two at once: each step needs the weights of the one before.
        _, results = tf.while_loop(lambda index, _: index < count, body, (0, results), parallel_iterations=1)
        return [array.stack() for array in results]
