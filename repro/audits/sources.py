"""The sources of randomness that an audit knows, and the pin that holds each one still: all of them, in one table.

It gives remedies, never causes: what made a script differ is found by running it. The observer, which runs in a
person's process, does not import it: its hooks and pins have the same names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What sort of thing a source is, and with it how many pairs must repeat with its pin to prove it missing."""

    SEED = "seed"  # A generator: with a seed it gives the same numbers. One trial proves it.
    RACE = "race"  # Who comes first, in which order sums are made. It can repeat by luck: three trials.
    SURROUNDINGS = "surroundings"  # Hash seed, clock, files: set from outside the script. One trial.


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source of randomness, which is also the name of its pin: what holds it still during a trial.

    `title` names it in a sentence, `draws` says what draws from it, `pinned` how it is held still. `advice` is what a
    person can write, with `{where}` for the place ("before line 31", "in line 14"). `environment`: the variables that
    the pin sets. `hook`: the module that watches and pins it, loaded in the script's process beside those of the
    observer: see OBSERVER.md. `breaks`: how readily the pin breaks a script; where all pins together do, the one that
    does so most readily is given up first. `unseen`: no draw of it can be seen, so it is suspected where nothing else
    is. `in_place`, `in_one_process`, `in_new_process`: whether it can make runs differ that take place in one folder,
    in one process, or each in a new one.
    """

    name: str
    kind: Kind
    title: str
    draws: str
    pinned: str
    advice: str
    environment: Mapping[str, str] = field(default_factory=dict)
    hook: Path | None = None
    breaks: int = 0
    unseen: bool = False
    in_place: bool = True
    in_one_process: bool = True
    in_new_process: bool = True

    @property
    def races(self) -> bool:
        """Whether it can repeat by luck."""
        return self.kind is Kind.RACE


# The order is that of reports. Keras 3 takes default seeds from `random`: keras/src/random/seed_generator.py
# (make_default_seed); the batch order of a PyDataset: keras/src/trainers/data_adapters/py_dataset_adapter.py.
SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            name="python",
            kind=Kind.SEED,
            title="Python's `random`",
            draws="Python's `random`, from which Keras 3 takes the default seeds of weights, dropout and augmentation",
            pinned="seeded at the start",
            advice="Write `random.seed(42)` {where}; `keras.utils.set_random_seed(42)` seeds NumPy and TensorFlow too.",
        ),
        Source(
            name="numpy",
            kind=Kind.SEED,
            title="NumPy's global generator",
            draws="NumPy's global generator (`np.random.…`), which pandas, scikit-learn and Keras's loaders use too",
            pinned="seeded when NumPy is imported",
            advice="Write `np.random.seed(42)` {where}.",
        ),
        Source(
            name="generators",
            kind=Kind.SEED,
            title="generators made without a seed",
            draws="generators that were made without a seed (`default_rng()`, `RandomState()`, `Random()`)",
            pinned="their entropy replaced by a fixed stream, line by line",
            advice="Give the generator a seed {where}, as in `np.random.default_rng(42)`.",
        ),
        Source(
            name="tensorflow",
            kind=Kind.SEED,
            title="TensorFlow's operations without a seed",
            draws="TensorFlow's random operations and `tf.data` shuffles without a seed",
            pinned="`tf.random.set_seed` when TensorFlow is imported",
            advice="Write `tf.random.set_seed(42)` {where}.",
        ),
        Source(
            name="tf-generators",
            kind=Kind.SEED,
            title="a `tf.random.Generator` of no fixed state",
            draws="`tf.random.Generator` made from no fixed state, `tf.random.get_global_generator()`",
            pinned="its state replaced by a fixed one",
            advice="Make the generator with `tf.random.Generator.from_seed(42)` {where}.",
            breaks=4,
        ),
        Source(
            name="torch",
            kind=Kind.SEED,
            title="PyTorch's global generator",
            draws="PyTorch's global generator, from which weights, dropout and the order of a `DataLoader` come",
            pinned="`torch.manual_seed` when PyTorch is imported",
            advice="Write `torch.manual_seed(42)` {where}.",
        ),
        Source(
            name="jax",
            kind=Kind.SEED,
            title="JAX's keys",
            draws="JAX's random functions, each from the key that it is given",
            pinned="nothing: a key always has a value, and one from the clock is pinned by `clock`",
            advice="Give `jax.random.key` a number that does not change {where}.",
        ),
        Source(
            name="boosting",
            kind=Kind.SEED,
            title="the generators of LightGBM and XGBoost",
            draws="LightGBM and XGBoost, which sample rows and columns with generators of their own",
            pinned="nothing: they start from a fixed seed where none is given",
            advice="Give the model a `random_state=` {where}.",
        ),
        Source(
            name="system",
            kind=Kind.SEED,
            title="the operating system's random numbers",
            draws="the operating system: `os.urandom`, `uuid.uuid4`, `secrets`",
            pinned="replaced by a fixed stream",
            advice="Draw from a seeded generator instead {where}: `os.urandom`, `uuid4` and `secrets` take no seed.",
            breaks=2,
        ),
        Source(
            name="hash",
            kind=Kind.SURROUNDINGS,
            title="the hash seed, which orders sets",
            draws="the order of sets of strings, and `hash()` of a string",
            pinned="`PYTHONHASHSEED=0`",
            advice="Sort what comes from a set (`sorted(…)`), or start Python with `PYTHONHASHSEED=0`: set inside the "
            "script it comes too late.",
            environment={"PYTHONHASHSEED": "0"},
            breaks=1,
            unseen=True,
            in_one_process=False,
        ),
        Source(
            name="clock",
            kind=Kind.SURROUNDINGS,
            title="a reading of the clock",
            draws="readings of the clock, the process id, memory and the machine",
            pinned="each run is given what run A read, and the value of each seed made of it",
            advice="Give a number that does not change in place of what is read {where}.",
            breaks=3,
        ),
        Source(
            name="addresses",
            kind=Kind.SURROUNDINGS,
            title="where objects lie in memory",
            draws="where objects lie in memory: the order of a set of them, `hash(None)` before Python 3.12",
            pinned="memory at the same addresses in each run (no address randomisation), `PYTHONHASHSEED=0`",
            advice="Sort what comes from a set of objects {where} by something that they hold (`sorted(…, key=…)`).",
            environment={"PYTHONHASHSEED": "0"},
            breaks=1,
            unseen=True,
            in_one_process=False,
        ),
        Source(
            name="order",
            kind=Kind.RACE,
            title="the order in which threads and workers finish",
            draws="the order in which threads and workers finish",
            pinned="one after the other: parallel calls of tf.data and map_fn, Keras workers, pools, threads",
            advice="Let one worker do it {where}: no `num_parallel_calls` and `parallel_iterations=1`, `workers=1`, "
            "or draw what is random before the work is distributed.",
            breaks=5,
        ),
        Source(
            name="arithmetic",
            kind=Kind.RACE,
            title="the order in which numbers are summed",
            draws="sums whose order is not fixed (scatter updates, weighted counts) with several threads",
            pinned="op determinism, one thread",
            advice="Write `tf.config.experimental.enable_op_determinism()` before the first operation.",
            breaks=6,
        ),
        Source(
            name="files",
            kind=Kind.SURROUNDINGS,
            title="files that an earlier run left",
            draws="a file that a run leaves and the next one reads; the order of a listing",
            pinned="each run in a fresh copy of the folder, listings sorted",
            advice="Delete what the last run left before you start, or sort the listing {where} with `sorted()`.",
            in_place=False,
        ),
        Source(
            name="names",
            kind=Kind.SURROUNDINGS,
            title="names that the first run has left",
            draws="names that the first run in the process has left: a list that goes on, a flag that is set",
            pinned="a fresh namespace for the second run",
            advice="Give each name its value before it is used: in the same process the first run has left it.",
            unseen=True,
            in_new_process=False,
        ),
        Source(
            name="modules",
            kind=Kind.SURROUNDINGS,
            title="modules that stay imported",
            draws="what a module beside the script makes when it is imported, which is once in a process",
            pinned="imported anew in the second run",
            advice="Make what the module keeps {where} in a function, and call that: in one process a module is "
            "imported once.",
            unseen=True,
            in_new_process=False,
        ),
    )
}
