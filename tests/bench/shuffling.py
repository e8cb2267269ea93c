"""Does it matter that each epoch of `fit` takes the same order? Test accuracies of many seeds, in three ways.

- `same order`: `tf.random.set_seed` is called, so that every epoch of a run takes the same order;
- `unseeded orders`: it is not called, and each epoch takes an order of its own, another in each run;
- `seeded orders`: a pipeline of `tf.data` shuffles with a seed: runs repeat, and each epoch takes another order.

`python tests/bench/shuffling.py [SEEDS]` trains the Keras tutorial on all images, 3 epochs, and prints the spread of
each way, and the differences between two ways, paired by seed: the initial weights of a seed are the same in all three.
"""

import random
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from repro.studies.seeds import Spread

WAYS = ("same order", "unseeded orders", "seeded orders")
EPOCHS, BATCH_SIZE = 3, 32


def accuracy(way: str, seed: int) -> float:
    """The accuracy of one training on all test images."""
    import keras
    import tensorflow as tf

    from repro.programs import mnist

    images = mnist.load()
    x_train, x_test = (keras.utils.normalize(x.reshape(-1, 28, 28), axis=1) for x in (images.x_train, images.x_test))
    keras.backend.clear_session()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    random.seed(seed)
    if way == "same order":
        tf.random.set_seed(seed)
    layers = [keras.layers.Dense(128, activation="relu") for _ in range(2)]
    output = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), *layers, output])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    training: dict[str, Any] = {"x": x_train, "y": images.y_train, "batch_size": BATCH_SIZE}
    if way == "seeded orders":
        data = tf.data.Dataset.from_tensor_slices((x_train, images.y_train))
        data = data.shuffle(len(x_train), seed=seed, reshuffle_each_iteration=True)
        training = {"x": data.batch(BATCH_SIZE)}
    model.fit(**training, epochs=EPOCHS, verbose=0)
    return float(model.evaluate(x_test, images.y_test, verbose=0)[1])


def in_words(spread: Spread) -> str:
    """Mean, its 95 % interval and standard deviation."""
    interval = "" if spread.interval is None else f" ± {spread.interval:.5f}"
    return f"mean {spread.mean:+.5f}{interval} (95 %), standard deviation {spread.std:.5f}"


def main(count: int) -> None:
    """Prints the spreads and the differences."""
    found = {}
    for way in WAYS:
        # Each training in a process of its own: what one leaves behind is nothing to the next.
        with ProcessPoolExecutor(2, get_context("spawn"), max_tasks_per_child=1) as pool:
            found[way] = np.array(list(pool.map(partial(accuracy, way), range(42, 42 + count))))
        print(f"{way:<16} {in_words(Spread.of(found[way].tolist()))}", flush=True)
    for way in WAYS[1:]:
        difference = found[way] - found["same order"]
        print(f"{way} - same order, paired by seed: {in_words(Spread.of(difference.tolist()))}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
