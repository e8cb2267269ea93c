"""The gallery in one table: each script, its story and where that comes from, what an audit of it must find, its fix.

What is expected here is for the tests. The page says what an audit found, and nothing that this table knows before.
"""

from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).with_name("scripts")


@dataclass(frozen=True)
class Fix:
    """The one place of a script that changes when its fault is mended: `code`, which stands in it once, becomes
    `by`."""

    code: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One script of the gallery.

    `title` is what its author would say of it, `story` what they did; `source` and `link` name the public page that
    it is modelled on. What an audit must find: `repeats`; of `causes`, names of sources, and of `lines`, 1-based, one
    at least; of `enough`, sets of pins, one; `has_effect`: whether other seeds give other weights (None: not tried
    where it does not repeat). `fix` is None if nothing is wrong.
    """

    name: str
    title: str
    story: str
    source: str
    link: str
    repeats: bool
    causes: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    enough: tuple[tuple[str, ...], ...] = ()
    has_effect: bool | None = None
    fix: Fix | None = None

    @property
    def path(self) -> Path:
        return SCRIPTS / f"{self.name}.py"

    @property
    def code(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def fixed(self) -> str | None:
        """The script with its fix in place; None if nothing is wrong."""
        return None if self.fix is None else self.code.replace(self.fix.code, self.fix.by)


GALLERY: dict[str, Exhibit] = {
    exhibit.name: exhibit
    for exhibit in (
        Exhibit(
            name="own_generator",
            title="I set every seed, and it still differs",
            story="The first line after the imports is Keras's own utility that sets three seeds. The noise on the"
            " images comes from a NumPy generator, as NumPy's documentation recommends.",
            source="keras.utils.set_random_seed does not set seeds (Keras, issue 19322)",
            link="https://github.com/keras-team/keras/issues/19322",
            repeats=False,
            causes=("generators",),
            lines=(19, 20),
            enough=(("generators",),),
            fix=Fix("np.random.default_rng()", "np.random.default_rng(123)"),
        ),
        Exhibit(
            name="keras_weights",
            title="NumPy and TensorFlow are seeded, and the first loss differs already",
            story="Two seeds, as tutorials have set them for years. Then the project moved to Keras 3.",
            source="Use the Keras set_random_seed in tests (Transformers, pull request 30504)",
            link="https://github.com/huggingface/transformers/pull/30504",
            repeats=False,
            causes=("python",),
            lines=(17, 20, 21, 25),
            enough=(("python",),),
            fix=Fix("tf.random.set_seed(SEED)", "tf.keras.utils.set_random_seed(SEED)"),
        ),
        Exhibit(
            name="shuffled_dataset",
            title="The weights start the same, the batches do not",
            story="Python's and NumPy's generators are seeded, and so the weights repeat. The images go through a"
            " `tf.data` pipeline that shuffles them.",
            source="Dataset shuffle operation is not deterministic (TensorFlow, issue 15569)",
            link="https://github.com/tensorflow/tensorflow/issues/15569",
            repeats=False,
            causes=("tensorflow",),
            lines=(23, 28),
            enough=(("tensorflow",),),
            fix=Fix("shuffle(buffer_size=1000)", "shuffle(buffer_size=1000, seed=7)"),
        ),
        Exhibit(
            name="augmented_in_parallel",
            title="All three seeds are set, and the augmented images differ",
            story="Python, NumPy and TensorFlow are seeded, the shuffle has a seed of its own. The images are augmented"
            " by several threads at once.",
            source="Non-determinism from tf.data.Dataset.map with random ops (TensorFlow, issue 13932)",
            link="https://github.com/tensorflow/tensorflow/issues/13932",
            repeats=False,
            causes=("order", "arithmetic"),
            lines=(20, 21, 22, 28, 40),
            enough=(("order",), ("arithmetic",)),
            fix=Fix(".map(augment, num_parallel_calls=tf.data.AUTOTUNE)", ".map(augment)"),
        ),
        Exhibit(
            name="class_names",
            title="PYTHONHASHSEED is 0, and the loss still differs",
            story="Every seed is set, and `PYTHONHASHSEED` in the first lines, as an answer to the same complaint"
            " advises. The class numbers come from a set of names.",
            source="Each time I run the Keras, I get different result (Keras, issue 2743)",
            link="https://github.com/keras-team/keras/issues/2743",
            repeats=False,
            causes=("hash",),
            lines=(21, 22),
            enough=(("hash",),),
            fix=Fix("enumerate(set(labels))", "enumerate(sorted(set(labels)))"),
        ),
        Exhibit(
            name="seeded_in_main",
            title="The seed is the first line of main()",
            story="The model is built at the top of the module, and `main` begins by setting the seeds.",
            source="Weird behaviour of random seed for initialization (Keras, issue 3908)",
            link="https://github.com/keras-team/keras/issues/3908",
            repeats=False,
            causes=("python",),
            lines=(11, 12, 23),
            enough=(("python",),),
            fix=Fix("MODEL = build(hidden=100)", "keras.utils.set_random_seed(1234)\nMODEL = build(hidden=100)"),
        ),
        Exhibit(
            name="default_seed",
            title="My seed is 0, by default",
            story="An option `--seed`, 0 unless somebody asks for another, and one call that sets it everywhere.",
            source="fix the bug that _DataLoaderIterMultiProcess use time to generate the seed"
            " (PaddlePaddle, pull request 43318)",
            link="https://github.com/PaddlePaddle/Paddle/pull/43318",
            repeats=False,
            causes=("clock",),
            lines=(13, 14),
            enough=(("clock",),),
            fix=Fix("seed = options.seed or time.time_ns() % 2**32", "seed = options.seed"),
        ),
        Exhibit(
            name="saved_model",
            title="The second run is better than the first",
            story="Everything is seeded. The best weights are kept in a file, so that no work is lost.",
            source="A comment on lack of repeatability in tf.estimator.DNNClassifier (TensorFlow, issue 13744)",
            link="https://github.com/tensorflow/tensorflow/issues/13744",
            repeats=False,
            causes=("files",),
            lines=(26, 27, 29),
            enough=(("files",),),
            fix=Fix("if BEST.exists():\n    model.load_weights(BEST)\n", "BEST.unlink(missing_ok=True)\n"),
        ),
        Exhibit(
            name="four_workers",
            title="With one worker it repeats, with four it does not",
            story="Everything is seeded, the order of the batches is fixed. Four workers prepare the batches, and shift"
            " each image by a pixel or two.",
            source="seed argument doesn't work for generator wrapped with multi-worker OrderedEnqueuer"
            " (Keras, issue 11365)",
            link="https://github.com/keras-team/keras/issues/11365",
            repeats=False,
            causes=("order",),
            lines=(25, 33),
            enough=(("order",),),
            fix=Fix("Shifted(workers=4)", "Shifted(workers=1)"),
        ),
        Exhibit(
            name="pixel_table",
            title="Nothing is random, and the last digits differ",
            story="The weights are seeded, the batches come in order, there is no dropout. The loss agrees to five"
            " digits and no further.",
            source="tf.config.experimental.enable_op_determinism (TensorFlow's documentation)",
            link="https://www.tensorflow.org/api_docs/python/tf/config/experimental/enable_op_determinism",
            repeats=False,
            causes=("arithmetic", "order"),
            lines=(27, 34),
            enough=(("arithmetic",), ("order",)),
            fix=Fix(
                "tf.keras.utils.set_random_seed(5)",
                "tf.keras.utils.set_random_seed(5)\ntf.config.experimental.enable_op_determinism()",
            ),
        ),
        Exhibit(
            name="compiled_dropout",
            title="It repeats, whatever seed I give",
            story="Weights and dropout come from TensorFlow's own random operations, in functions compiled by XLA for"
            " speed. Seed 1, seed 2 and seed 3 give the same loss.",
            source="tf.random.shuffle is deterministic when XLA is used (TensorFlow, issue 52277)",
            link="https://github.com/tensorflow/tensorflow/issues/52277",
            repeats=True,
            has_effect=False,
            fix=Fix(
                "@tf.function(jit_compile=True)\ndef train_step(images, labels):",
                "@tf.function\ndef train_step(images, labels):",
            ),
        ),
        Exhibit(
            name="own_tensorflow_generator",
            title="I use TensorFlow's new generators, and set the seed",
            story="The noise comes from TensorFlow's global generator object, the successor of its seeded operations.",
            source="Surprising random seed behavior when using @tf.function (TensorFlow, issue 33297)",
            link="https://github.com/tensorflow/tensorflow/issues/33297",
            repeats=False,
            causes=("tf-generators",),
            lines=(7, 23, 33),
            enough=(("tf-generators",),),
            fix=Fix("tf.random.get_global_generator()", "tf.random.Generator.from_seed(11)"),
        ),
        Exhibit(
            name="image_folder",
            title="The images come from a folder, and in another order",
            story="Python's and TensorFlow's generators are seeded, and the weights repeat. Keras reads the images from"
            " a folder.",
            source="flow_from_dictionary cannot produce the same list of augmented data with fixed seed"
            " (Keras, issue 10169)",
            link="https://github.com/keras-team/keras/issues/10169",
            repeats=False,
            causes=("numpy",),
            lines=(24, 25, 31),
            enough=(("numpy",),),
            fix=Fix("random.seed(1)\ntf.random", "random.seed(1)\nnp.random.seed(1)\ntf.random"),
        ),
        Exhibit(
            name="logged_run",
            title="There are a clock and a random name in it: is it safe?",
            story="Each run has a folder with a random name and a log with the time that it took. After the training a"
            " few examples are drawn to be looked at.",
            source="Refactor generate_readable_name to ensure unique name generation (Trackio, pull request 95)",
            link="https://github.com/gradio-app/trackio/pull/95",
            repeats=True,
            has_effect=True,
        ),
        Exhibit(
            name="all_seeded",
            title="This one is all right",
            story="One seed, given to Keras's utility and to the one generator that the script makes.",
            source="Reproducibility in Keras Models (Keras's documentation)",
            link="https://keras.io/examples/keras_recipes/reproducibility_recipes/",
            repeats=True,
            has_effect=True,
        ),
    )
}
