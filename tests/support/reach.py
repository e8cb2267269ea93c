"""What a seed does not reach, measured: prints, as JSON, what each function below returns.

A program of its own, since it needs two logical devices and seeds all global generators.
"""

import copy
import inspect
import json
import logging
import pickle
import random
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Measured = dict[str, Any]
layers, data = keras.layers, tf.data.Dataset
FOLDER = Path(tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else None))


def distinct(draw: Callable[[], Any], times: int = 3) -> int:
    """How many different results several calls have."""
    return len({np.asarray(draw()).tobytes() for _ in range(times)})


def seeded(draw: Callable[[], Any], seed: Any = 1) -> bytes:
    """The bits of what is drawn after TensorFlow's seed is set."""
    tf.random.set_seed(seed)
    return np.asarray(draw()).tobytes()


def in_function() -> Any:
    return tf.function(tf.random.uniform)((8,))


def in_map() -> Any:
    return next(iter(data.range(1).map(lambda _: tf.random.uniform((8,)))))


def in_eager_mode() -> Any:
    return tf.random.uniform((8,))


def items(dataset: Any) -> list[int]:
    return [int(item) for item in dataset]


def kernel_of_a_new_layer() -> Any:
    layer = layers.Dense(3)
    layer.build((None, 4))
    return layer.kernel.numpy()


def position_in_the_masks() -> Measured:
    """The number, from 1, of the mask that a copy draws after two were drawn."""

    def make() -> Any:
        return keras.Sequential([keras.Input((64,)), layers.Dropout(0.5, seed=7)])

    def mask(model: Any) -> bytes:
        return np.asarray(model(np.ones((1, 64), "float32"), training=True)).tobytes()

    masks = [mask(whole) for whole in [make()] for _ in range(4)]
    model = make()
    mask(model)
    mask(model)
    copies = {".weights.h5": make(), "get_weights": make(), "tf.train.Checkpoint": make()}
    model.save(FOLDER / "m.keras")
    model.save_weights(FOLDER / "m.weights.h5")
    copies[".weights.h5"].load_weights(FOLDER / "m.weights.h5")
    copies["get_weights"].set_weights(model.get_weights())
    path = tf.train.Checkpoint(model).write(str(FOLDER / "checkpoint"))
    tf.train.Checkpoint(copies["tf.train.Checkpoint"]).read(path)
    copies |= {
        ".keras": keras.models.load_model(FOLDER / "m.keras"),
        "pickle": pickle.loads(pickle.dumps(model)),
        "deepcopy": copy.deepcopy(model),
        "the model itself": model,
    }
    return {name: masks.index(mask(other)) + 1 for name, other in copies.items()}


def steps_of_the_optimizer() -> Measured:
    """The step count of a compiled copy that was never trained, after one step of the saved network."""

    def make(optimizer: Any) -> Any:
        model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
        model.compile(optimizer, "mse")
        return model

    found = {}
    for name, optimizer in {
        "SGD": keras.optimizers.SGD,
        "SGD with momentum": lambda: keras.optimizers.SGD(momentum=0.9),
        "Adam": keras.optimizers.Adam,
    }.items():
        model, fresh = make(optimizer()), make(optimizer())
        model.optimizer.apply([tf.zeros_like(weight) for weight in model.trainable_weights], model.trainable_weights)
        model.save_weights(FOLDER / "o.weights.h5")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fresh.load_weights(FOLDER / "o.weights.h5")
        found[name] = [int(fresh.optimizer.iterations), any("Skipping" in str(one.message) for one in caught)]
    return found


def layers_made_before_the_seed() -> Measured:
    """Whether the first weights repeat where the seed is set between making and building."""
    found = {}
    for name, make, shapes in [
        ("MultiHeadAttention", lambda: layers.MultiHeadAttention(2, 3), [(None, 3, 4)] * 2),
        ("Dense", lambda: layers.Dense(3), [(None, 4)]),
        ("LSTM", lambda: layers.LSTM(3), [(None, 2, 4)]),
        ("Conv1D", lambda: layers.Conv1D(3, 2), [(None, 5, 4)]),
    ]:

        def first(make: Any = make, shapes: Any = shapes) -> Any:
            random.seed()
            layer = make()
            keras.utils.set_random_seed(1)
            layer.build(*shapes)
            return layer.get_weights()[0]

        found[name] = distinct(first, 2) == 1
    return found


def layers_that_are_never_called() -> Measured:
    """Whether making them changes the initial weights of the layer made after them."""

    def after(make: Callable[[], Any]) -> bytes:
        keras.utils.set_random_seed(1)
        make()
        return bytes(kernel_of_a_new_layer().tobytes())

    kinds: dict[str, Callable[[], Any]] = {
        "Dropout(0.5)": lambda: layers.Dropout(0.5),
        "LSTM": lambda: layers.LSTM(3),
        "Dropout(0.0)": lambda: layers.Dropout(0.0),
        "Dropout(0.5, seed=3)": lambda: layers.Dropout(0.5, seed=3),
        "BatchNormalization": layers.BatchNormalization,
    }
    return {name: after(make) != after(lambda: None) for name, make in kinds.items()}


def layers_with_one_seed() -> Measured:
    """In how many of three steps two layers draw the same mask."""
    ones = np.ones((8, 64), "float32")

    def equal(**seed: int) -> int:
        first, second = layers.Dropout(0.5, **seed), layers.Dropout(0.5, **seed)
        return sum(np.array_equal(first(ones, training=True), second(ones, training=True)) for _ in range(3))

    return {"one seed": equal(seed=7), "no seed": equal()}


def one_initializer_object() -> Measured:
    """Whether two layers that share an initializer without a seed start from the same weights."""

    def equal(first: Any, second: Any) -> bool:
        kernels = [layers.Dense(3, kernel_initializer=initializer) for initializer in (first, second)]
        for layer in kernels:
            layer.build((None, 4))
        return np.array_equal(kernels[0].kernel, kernels[1].kernel)

    shared = keras.initializers.GlorotUniform()
    return {"one object": equal(shared, shared), "by name": equal("glorot_uniform", "glorot_uniform")}


def streams_of_keras_random() -> Measured:
    """Whether the draws of two seeds are the same, one after the other."""

    def draws(seed: int) -> list[bytes]:
        keras.utils.set_random_seed(seed)
        return [keras.random.normal((8,)).numpy().tobytes() for _ in range(3)]

    return {f"65 and {other}": [a == b for a, b in zip(draws(65), draws(other), strict=True)] for other in (195, 66)}


def splitting_a_dataset() -> Measured:
    """How many initial weights three seeds give, if data are split in between."""

    def starts(**options: Any) -> int:
        found = set()
        for seed in range(3):
            keras.utils.set_random_seed(seed)
            keras.utils.split_dataset(np.arange(10.0), left_size=0.5, **options)
            found.add(kernel_of_a_new_layer().tobytes())
        return len(found)

    return {"shuffle=True, seed=1": starts(shuffle=True, seed=1), "shuffle=False": starts(shuffle=False)}


def order_of_a_pydataset() -> Measured:
    """How many orders of batches two trainings have."""

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras carries no types
        def __len__(self) -> int:
            return 30

        def __getitem__(self, index: int) -> Any:
            return np.full((1, 1), index, "float32"), np.zeros((1, 1), "float32")

    class Watch(keras.Model):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            tf.py_function(lambda batch: seen.append(int(batch[0, 0])), [data[0]], [])
            return {"loss": tf.constant(0.0)}

    seen: list[int] = []

    def order(python_seed: int) -> list[int]:
        keras.utils.set_random_seed(1)
        random.seed(python_seed)
        seen.clear()
        model = Watch()
        model.compile("sgd", "mse")
        model.fit(Batches(), verbose=0)
        return list(seen)

    return {
        "TensorFlow and NumPy": len({*map(tuple, (order(5), order(6)))}),
        "and Python": distinct(lambda: order(5), 2),
    }


def seeds_apart_by_2_31_less_1() -> Measured:
    """Whether seeds 1 and 2**31 draw the same."""
    places = {
        "tf.function": in_function,
        "Dataset.map": in_map,
        "eager": in_eager_mode,
        "Dataset.shuffle": lambda: items(data.range(30).shuffle(30)),
    }
    return {name: seeded(draw) == seeded(draw, 2**31) for name, draw in places.items()}


def seeds_with_a_fraction() -> Measured:
    """Whether a seed draws what seed 1 does."""
    return {
        "1.5, eager": seeded(in_eager_mode, 1.5) == seeded(in_eager_mode),
        "float32 1.5, eager": seeded(in_eager_mode, np.float32(1.5)) == seeded(in_eager_mode),
        "1.5, tf.function": seeded(in_function, 1.5) == seeded(in_function),
    }


def a_function_traced_before() -> Measured:
    """How many results five seeds have."""
    traced = tf.function(tf.random.uniform)

    def results(draw: Callable[[], Any]) -> int:
        return len({seeded(draw, seed) for seed in range(5)})

    return {"traced once": results(lambda: traced((8,))), "eager": results(in_eager_mode)}


def functions_that_xla_compiles() -> Measured:
    """How many results three runs of one seed have."""

    def results(**options: bool) -> int:
        return len({seeded(lambda: tf.function(tf.random.uniform, **options)((8,), seed=1)) for _ in range(3)})

    return {"jit_compile=True": results(jit_compile=True), "jit_compile=False": results()}


def the_global_generator() -> Measured:
    """How many results three runs of one seed have."""
    return {"results": len({seeded(lambda: tf.random.get_global_generator().uniform((8,))) for _ in range(3)})}


def replicas() -> Measured:
    """In how many of three steps both replicas draw the same mask."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    ones = tf.ones((8, 64))
    with strategy.scope():
        seeded_layer, unseeded = layers.Dropout(0.5, seed=7), layers.Dropout(0.5)
        for layer in (seeded_layer, unseeded):
            layer.build(ones.shape)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step() -> Any:
        return strategy.run(
            lambda: (seeded_layer(ones, training=True), unseeded(ones, training=True), tf.nn.dropout(ones, 0.5))
        )

    found = dict.fromkeys(("Dropout(seed=7)", "Dropout", "tf.nn.dropout"), 0)
    tf.random.set_seed(1)
    for _ in range(3):
        for name, masks in zip(found, step(), strict=True):
            first, second = strategy.experimental_local_results(masks)
            found[name] += np.array_equal(first, second)
    return found


def iterations_of_a_map() -> Measured:
    """How many different sequences three iterations of one data set have."""
    tf.random.set_seed(1)
    mapped = data.range(4).map(lambda _: tf.random.uniform(()))
    shuffled = data.range(30).shuffle(30)
    return {
        "map": distinct(lambda: [float(item) for item in mapped]),
        "shuffle": distinct(lambda: items(shuffled)),
    }


def iterations_without_a_seed() -> Measured:
    """How many different sequences three iterations of one data set have."""
    zeros, ones = data.from_tensors(0).repeat(), data.from_tensors(1).repeat()
    made = {
        "random": data.random().take(8),
        "sample_from_datasets": data.sample_from_datasets([zeros, ones]).take(100),
        "random, rerandomized": data.random(rerandomize_each_iteration=True).take(8),
    }

    def iterations(dataset: Any) -> int:
        return distinct(lambda: items(dataset))

    return {name: iterations(dataset) for name, dataset in made.items()}


def a_split_by_take_and_skip() -> Measured:
    """How many of 20 held-out examples are among the training examples of three epochs."""

    def leaked(**options: Any) -> int:
        shuffled = data.range(100).shuffle(100, seed=1, **options)
        held_out = {*items(shuffled.take(20))}
        return len(held_out & {item for _ in range(3) for item in items(shuffled.skip(20))})

    return {
        "shuffle(seed=1)": leaked() > 10,
        "reshuffle_each_iteration=False": leaked(reshuffle_each_iteration=False) > 0,
    }


def a_method_sent_to_workers() -> Measured:
    """How many results three tasks have that get it pickled."""
    return {"np.random.random": distinct(lambda: pickle.loads(pickle.dumps(np.random.random))(4))}


def generators_of_numpy() -> Measured:
    """How many results three runs have after np.random.seed(1)."""

    def results(draw: Callable[[], Any]) -> int:
        found = set()
        for _ in range(3):
            np.random.seed(1)
            found.add(draw().tobytes())
        return len(found)

    return {
        "default_rng()": results(lambda: np.random.default_rng().random(4)),
        "np.random": results(lambda: np.random.random(4)),
    }


def main() -> None:
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    # What is measured without a seed comes first: a global seed cannot be taken back.
    rows = [iterations_without_a_seed] + [
        function
        for function in globals().values()
        if inspect.isfunction(function) and inspect.signature(function).return_annotation is Measured
    ]
    print(json.dumps({function.__name__: function() for function in dict.fromkeys(rows)}))


if __name__ == "__main__":
    main()
