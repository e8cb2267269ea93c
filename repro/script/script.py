"""The experiment as a stand-alone script to take home: the lab's own program, in the order of the article.

What decides the bits is not written a second time: network, loss, optimizer and accuracy are the source of the lab's
program itself, read from its file. A test runs scripts and compares every digit with the lab.
"""

import functools
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS, initializer_seeds
from repro.experiment.twists import TWIST, apply_twist, parse_twist
from repro.script.templates import DATA, KERAS, TENSORFLOW

PROGRAMS = Path(__file__).parents[1] / "programs"
TITLES = {"tensorflow": "base TensorFlow", "keras": "Keras"}
INITIALIZERS = "initializer_seeds = {seeds}"
SEEDED_DRAWS = {
    "tensorflow": "tf.random.uniform(shape, -limit, limit, seed=initializer_seeds[layer])",
    "keras": "keras.initializers.GlorotUniform(seed=initializer_seeds[layer])",
}


def script(experiment: Experiment, twist: str = TWIST.default) -> str:
    """The Python source of run B of `experiment` with `twist`; without one, that is run A's. It prints what
    `python -m repro train` prints of the same run, but for the order of Keras's batches; with the twist
    `same-process`, of run A before it. InputError, of one line, if there can be no such twist."""
    run = apply_twist(experiment, twist)
    head, seeds, data = f"{_head(run)}\n\n{_conditions(run)}", _seeds(run), DATA.format(images=run.images).strip("\n")
    training = (_train_tensorflow if run.program == "tensorflow" else _train_keras)(run).strip("\n")
    if parse_twist(twist)[0].same_process:
        cell = textwrap.indent(f"{seeds}\n\n{training}".replace("\n\n\n", "\n\n"), "    ")
        parts = [f"{head}\n\n{data}", _definitions(run), f"for run in (1, 2):  # the same cell, run twice\n{cell}"]
    else:
        parts = [f"{head}\n\n{seeds}\n\n{data}", _definitions(run), training]
    return "\n\n\n".join(parts) + "\n"


def seeding_lines(program: str, steps: Sequence[str], seed: int) -> str:
    """The lines of code of seeding `steps` for `program`, each with why it is there."""
    lines = []
    for step in steps:
        lines.append(f"# {SEEDING_STEPS[step].feeds}")
        if step == "initializers":
            lines += [INITIALIZERS.format(seeds=initializer_seeds(seed)), f"# for each layer: {SEEDED_DRAWS[program]}"]
        else:
            lines.append(SEEDING_STEPS[step].code(seed))
    return "\n".join(lines)


@functools.cache
def source(file: str, *names: str) -> str:
    """The source of classes and functions, by their names, of a file of the lab's programs."""
    # Not with `ast`, which two threads at once confuse before Python 3.11.8 (python/cpython#106905), and every visitor
    # of the page has one.
    text = (PROGRAMS / file).read_text(encoding="utf-8")
    # A definition ends where the next line begins at the margin, but for the bracket that closes a long signature.
    found = [re.search(rf"^(?:class|def) {name}\b.*\n(?:(?:[ )].*)?\n)*", text, re.MULTILINE) for name in names]
    return "\n\n\n".join(definition[0].rstrip() for definition in found if definition)


def _head(run: Experiment) -> str:
    steps = ", ".join(run.steps) or "none"
    types = "Iterable, Sequence" if run.program == "tensorflow" else "Iterable"
    imports = ["import hashlib", "import sys", f"from collections.abc import {types}"]
    if "python" in run.steps:
        imports.insert(1, "import random")
    if run.conditions.one_bit:
        imports.append("from typing import Any")
    variables = [f'os.environ["{name}"] = "{value}"' for name, value in run.conditions.environment.items()]
    if variables:
        imports.insert(1, "import os")
        variables = ["", "# Libraries read these when they are imported.", *variables]
    return "\n".join(
        [
            f'"""MNIST in {TITLES[run.program]}, seed {run.seed}, seeding steps on: {steps}.',
            "",
            "Needs TensorFlow and NumPy only. Run it as `python FILE [path/to/mnist.npz]`: without the path,",
            "Keras fetches the images.",
            '"""',
            "",
            *imports,
            *variables,
            "",
            "import keras",
            "import numpy as np",
            "import tensorflow as tf",
        ]
    )


def _conditions(run: Experiment) -> str:
    lines = [
        "# Threads as in the lab, and no GPU.",
        'tf.config.set_visible_devices([], "GPU")',
        f"tf.config.threading.set_intra_op_parallelism_threads({run.conditions.threads})",
        "tf.config.threading.set_inter_op_parallelism_threads(1)",
    ]
    if run.program == "keras":
        lines += [
            "# Keras's own defaults, whatever a keras.json says.",
            'keras.config.set_floatx("float32")',
            "keras.config.set_epsilon(1e-7)",
        ]
    if run.conditions.determinism:
        lines.append("tf.config.experimental.enable_op_determinism()")
    return "\n".join(lines)


def _seeds(run: Experiment) -> str:
    lines = ["# Seeds. A line that is off stands as a comment."]
    for step in ("python", "numpy", "tensorflow"):
        call = SEEDING_STEPS[step].code(run.seed)
        lines.append(call if step in run.steps else f"# {call}")
    seeds = initializer_seeds(run.seed)
    if "initializers" in run.steps:
        return "\n".join([*lines, INITIALIZERS.format(seeds=seeds)])
    return "\n".join([*lines, "# " + INITIALIZERS.format(seeds=seeds), INITIALIZERS.format(seeds=[None] * 3)])


def _definitions(run: Experiment) -> str:
    parts = [source("fingerprint.py", "digest")]
    if run.program == "tensorflow":
        names = ("Network", "glorot_uniform", "zeros", "cross_entropy", "Adam", "matches", "mean_over_images")
        parts.append(source("base_tensorflow.py", *names, "predictions"))
    if run.conditions.one_bit:
        parts.append(source("one_bit.py", "flip_lowest_bit"))
    return "\n\n\n".join(parts)


def _train_tensorflow(run: Experiment) -> str:
    return TENSORFLOW.format(
        **vars(run),
        move="\nflip_lowest_bit(network.w1, x_train.numpy())" if run.conditions.one_bit else "",
        compiled=", jit_compile=True" if run.conditions.xla else "",
    )


def _train_keras(run: Experiment) -> str:
    dropout = f"\n        keras.layers.Dropout({run.dropout}),"
    return KERAS.format(
        **vars(run),
        drop=dropout if run.dropout else "",
        move="\nflip_lowest_bit(model.trainable_variables[0].value, x_train.reshape(-1, 784))"
        if run.conditions.one_bit
        else "",
        compiled=", jit_compile=True" if run.conditions.xla else "",
    )
