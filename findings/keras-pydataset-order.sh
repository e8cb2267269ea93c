#!/usr/bin/env bash
# Keras 3.15.1: fit(dataset, shuffle=True) on a keras.utils.PyDataset takes the order of its batches from Python's
# random; tf.random.set_seed and np.random.seed do not reach it. The order for arrays comes from TensorFlow.
#
# Why it surprises: Whoever has found that tf.random.set_seed makes fit repeat, and then moves the data into a
# PyDataset because they no longer fit into memory, loses that without a word.
#
# Seen:
#   TensorFlow and NumPy seeded, Python's random not: 2 orders in 2 runs
#   random.seed as well:                               1 order in 2 runs
#
# Upstream: keras/src/trainers/data_adapters/py_dataset_adapter.py, `random.shuffle(indices)`.
set -euo pipefail
packages=(tensorflow==2.21.0 keras==3.15.1 numpy==2.4.6)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-$folder/bin/python}
if [ -z "${FINDINGS_PYTHON:-}" ]; then
  python3 -m venv "$folder"
  "$python" -m pip install -q --disable-pip-version-check "${packages[@]}"
fi
"$python" - "${packages[@]}" <<'PYTHON'
import sys
from importlib.metadata import version

wrong = [pin for pin in sys.argv[1:] if version(pin.partition("==")[0]) != pin.partition("==")[2]]
sys.exit(f"not installed as pinned: {wrong}" if wrong else 0)
PYTHON
cd "$folder"
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 KERAS_HOME="$folder"
"$python" - <<'PYTHON'
import random

import keras
import numpy as np
import tensorflow as tf


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 50

    def __getitem__(self, index):
        return np.full((1, 1), index, "float32"), np.zeros((1, 1), "float32")


def order(python_seed):
    random.seed(python_seed)
    np.random.seed(1)
    tf.random.set_seed(1)
    model = Watch()
    model.compile("sgd", "mse")
    seen.clear()
    model.fit(Batches(), epochs=1, shuffle=True, verbose=0)
    return tuple(seen)


class Watch(keras.Model):
    def train_step(self, data):
        tf.py_function(lambda batch: seen.append(int(batch[0, 0])), [data[0]], [])
        return {"loss": tf.constant(0.0)}


seen = []
others, same = len({order(5), order(6)}), len({order(5), order(5)})
print("TensorFlow and NumPy seeded, Python's random not:", others, "orders in 2 runs")
print("random.seed as well:                              ", same, "order in 2 runs")
assert (others, same) == (2, 1)
PYTHON
