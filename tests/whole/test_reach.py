"""The reference's table of what a seed does not reach, on the versions that are installed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from repro.engine.processes import ROOT

# Each row of the table: its beginning, what measures it (tests/support/reach.py), and what that must give.
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "the position in a `Dropout` layer's stream of masks": (
        "position_in_the_masks",
        {
            ".keras": 1,
            ".weights.h5": 1,
            "get_weights": 1,
            "tf.train.Checkpoint": 1,
            "pickle": 1,
            "deepcopy": 1,
            "the model itself": 3,
        },
    ),
    "the number of steps that the optimizer has taken": (
        "steps_of_the_optimizer",
        {"SGD": [1, False], "SGD with momentum": [0, True], "Adam": [0, True]},
    ),
    "layers made before the seed and built after it": (
        "layers_made_before_the_seed",
        {"MultiHeadAttention": True, "Dense": False, "LSTM": False, "Conv1D": False},
    ),
    "layers that are never called": (
        "layers_that_are_never_called",
        {
            "Dropout(0.5)": True,
            "LSTM": True,
            "Dropout(0.0)": False,
            "Dropout(0.5, seed=3)": False,
            "BatchNormalization": False,
        },
    ),
    "two `Dropout` layers with the same `seed=`": ("layers_with_one_seed", {"one seed": 3, "no seed": 0}),
    "two layers that share one initializer without a seed": (
        "one_initializer_object",
        {"one object": True, "by name": False},
    ),
    "`keras.random` without `seed=`": (
        "streams_of_keras_random",
        {"65 and 195": [False, True, True], "65 and 66": [False, False, False]},
    ),
    "`keras.utils.split_dataset(shuffle=True, seed=1)`": (
        "splitting_a_dataset",
        {"shuffle=True, seed=1": 1, "shuffle=False": 3},
    ),
    "the order of a `PyDataset` in `fit`": ("order_of_a_pydataset", {"TensorFlow and NumPy": 2, "and Python": 1}),
    "seeds that differ by 2³¹ − 1": (
        "seeds_apart_by_2_31_less_1",
        {"tf.function": True, "Dataset.map": True, "eager": False, "Dataset.shuffle": False},
    ),
    "seeds with a fraction": (
        "seeds_with_a_fraction",
        {"1.5, eager": False, "float32 1.5, eager": True, "1.5, tf.function": True},
    ),
    "a `tf.function` that was traced before": ("a_function_traced_before", {"traced once": 1, "eager": 5}),
    "a `tf.function` with `jit_compile=True`": (
        "functions_that_xla_compiles",
        {"jit_compile=True": 3, "jit_compile=False": 1},
    ),
    "`tf.random.get_global_generator()`": ("the_global_generator", {"results": 3}),
    "the replicas of a `MirroredStrategy`": ("replicas", {"Dropout(seed=7)": 3, "Dropout": 3, "tf.nn.dropout": 0}),
    "`tf.random` in `Dataset.map` after `tf.random.set_seed`": ("iterations_of_a_map", {"map": 1, "shuffle": 3}),
    "`Dataset.random` and `Dataset.sample_from_datasets` without a seed": (
        "iterations_without_a_seed",
        {"random": 1, "sample_from_datasets": 1, "random, rerandomized": 3},
    ),
    "`shuffle(seed=1)`, then `take` and `skip`": (
        "a_split_by_take_and_skip",
        {"shuffle(seed=1)": True, "reshuffle_each_iteration=False": False},
    ),
    "`np.random.random` itself, sent to workers": ("a_method_sent_to_workers", {"np.random.random": 1}),
    "`np.random.default_rng()`": ("generators_of_numpy", {"default_rng()": 3, "np.random": 1}),
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("reach")
    program = [sys.executable, str(Path(__file__).parent.with_name("support") / "reach.py"), str(folder)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_HOME": str(folder)}
    ended = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_is_as_measured(row: str, measured: dict[str, Any]) -> None:
    function, expected = ROWS[row]
    assert measured[function] == expected


def test_the_table_has_the_rows_that_are_measured(measured: dict[str, Any]) -> None:
    reference = (ROOT / ".github" / "REFERENCE.md").read_text(encoding="utf-8")
    _, _, rest = reference.partition("\n## What a seed does not reach\n")
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == list(ROWS)
    assert {function for function, _ in ROWS.values()} == set(measured)
