#!/usr/bin/env bash
# Keras 3.15.1 with TensorFlow 2.21.0: once tf.random.set_seed is called, model.fit(x, y, shuffle=True) on arrays
# takes the examples in the same order in every epoch, and in every later call of fit.
#
# Why it surprises: shuffle=True is documented as shuffling before each epoch, and without a seed it does. The line
# that is written to make a training repeat also ends its shuffling, silently.
#
# Seen:
#   without a seed:             5 orders in 5 epochs
#   after tf.random.set_seed(1): 1 order in 5 epochs
#
# Upstream: keras/src/trainers/data_adapters/array_data_adapter.py draws the order with tf.random.shuffle inside a
# Dataset.map; with a global seed that operation starts anew with each iterator, that is with each epoch. Keras issue
# 4950 (2017) asks the same of Keras 1.
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
import keras
import numpy as np
import tensorflow as tf


class Watch(keras.Model):
    def train_step(self, data):
        def note(batch):
            orders.append(tuple(batch.numpy().ravel().astype(int).tolist()))

        tf.py_function(note, [data[0]], [])
        return {"loss": tf.constant(0.0)}


def distinct_orders():
    orders.clear()
    model = Watch()
    model.compile("sgd", "mse")
    model.fit(examples, examples, batch_size=50, epochs=3, shuffle=True, verbose=0)
    model.fit(examples, examples, batch_size=50, epochs=2, shuffle=True, verbose=0)
    return len(set(orders)), len(orders)


orders = []
examples = np.arange(50, dtype="float32").reshape(50, 1)
unseeded = distinct_orders()
tf.random.set_seed(1)
seeded = distinct_orders()
print("without a seed:             %d orders in %d epochs" % unseeded)
print("after tf.random.set_seed(1): %d order in %d epochs" % seeded)
assert unseeded == (5, 5)
assert seeded == (1, 5)
PYTHON
