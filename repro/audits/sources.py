"""The sources of randomness that an audit knows, and the pin that holds each one still: all of them, in one table.

It gives remedies, never causes: what made a script differ is found by running it. The observer, which runs in a
person's process, does not import it: its hooks and pins have the same names.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What sort of thing a source is, and with it how many trials prove that its pin is what was missing."""

    SEED = "seed"  # A generator: with a seed it gives the same numbers. One trial proves it.
    RACE = "race"  # Who comes first, in which order sums are made. It can repeat by luck: three trials.
    SURROUNDINGS = "surroundings"  # Hash seed, clock, files: set from outside the script. One trial.


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of randomness, which is also the name of its pin.

    `draws` says in words what draws from it, `pinned` how the audit holds it still. `advice` is what a person can
    write, with `{where}` for the place ("before line 31", "in line 14").
    """

    name: str
    kind: Kind
    draws: str
    pinned: str
    advice: str


# The order is that of reports. Keras 3 takes default seeds from `random`: keras/src/random/seed_generator.py
# (make_default_seed); the batch order of a PyDataset: keras/src/trainers/data_adapters/py_dataset_adapter.py.
SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            name="python",
            kind=Kind.SEED,
            draws="Python's `random`, from which Keras 3 takes the default seeds of weights, dropout and augmentation",
            pinned="seeded at the start",
            advice="Write `random.seed(42)` {where}; `keras.utils.set_random_seed(42)` seeds NumPy and TensorFlow too.",
        ),
        Source(
            name="numpy",
            kind=Kind.SEED,
            draws="NumPy's global generator (`np.random.…`), which pandas, scikit-learn and Keras's loaders use too",
            pinned="seeded when NumPy is imported",
            advice="Write `np.random.seed(42)` {where}, or give the call a `seed=`.",
        ),
        Source(
            name="generators",
            kind=Kind.SEED,
            draws="generators that were made without a seed (`default_rng()`, `RandomState()`, `Random()`)",
            pinned="their entropy replaced by a fixed stream, line by line",
            advice="Give the generator a seed {where}, as in `np.random.default_rng(42)`.",
        ),
        Source(
            name="tensorflow",
            kind=Kind.SEED,
            draws="TensorFlow's random operations and `tf.data` shuffles without a seed",
            pinned="`tf.random.set_seed` when TensorFlow is imported",
            advice="Write `tf.random.set_seed(42)` {where}.",
        ),
        Source(
            name="tf-generators",
            kind=Kind.SEED,
            draws="`tf.random.Generator` made from no fixed state, `tf.random.get_global_generator()`",
            pinned="its state replaced by a fixed one",
            advice="Make the generator with `tf.random.Generator.from_seed(42)` {where}.",
        ),
        Source(
            name="system",
            kind=Kind.SEED,
            draws="the operating system: `os.urandom`, `uuid.uuid4`, `secrets`",
            pinned="replaced by a fixed stream",
            advice="Draw from a seeded generator instead {where}: `os.urandom`, `uuid4` and `secrets` take no seed.",
        ),
        Source(
            name="hash",
            kind=Kind.SURROUNDINGS,
            draws="the order of sets of strings, and `hash()` of a string",
            pinned="`PYTHONHASHSEED=0`",
            advice="Sort what comes from a set (`sorted(…)`), or start Python with `PYTHONHASHSEED=0`: set inside the "
            "script it comes too late.",
        ),
        Source(
            name="clock",
            kind=Kind.SURROUNDINGS,
            draws="a seed that is a time, a process id or a hash",
            pinned="run B is given the value that run A had",
            advice="Give a number that does not change as the seed {where}.",
        ),
        Source(
            name="order",
            kind=Kind.RACE,
            draws="the order in which threads and workers finish",
            pinned="one after the other: parallel calls of tf.data and map_fn, Keras workers, pools, threads",
            advice="Let one worker do it {where}: no `num_parallel_calls` and `parallel_iterations=1`, `workers=1`, "
            "or draw what is random before the work is distributed.",
        ),
        Source(
            name="arithmetic",
            kind=Kind.RACE,
            draws="sums whose order is not fixed (scatter updates, weighted counts) with several threads",
            pinned="op determinism, one thread",
            advice="Write `tf.config.experimental.enable_op_determinism()` before the first operation.",
        ),
        Source(
            name="files",
            kind=Kind.SURROUNDINGS,
            draws="a file that a run leaves and the next one reads; the order of a listing",
            pinned="each run in a fresh copy of the folder, listings sorted",
            advice="Delete what the last run left before you start, or sort the listing {where} with `sorted()`.",
        ),
    )
}
