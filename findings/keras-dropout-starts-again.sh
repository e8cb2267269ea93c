#!/usr/bin/env bash
# Keras 3.15.1: the position in a Dropout layer's stream of masks is carried by none of .keras, .weights.h5,
# get_weights, tf.train.Checkpoint, pickle, deepcopy and clone_model. The copy draws the first mask again.
#
# Why it surprises: A training that is stopped and resumed is expected to go on where it was, optimizer and all; with
# dropout it draws the masks of its first epochs a second time, and is not the training that was never stopped.
#
# Seen:
#   .keras:      mask 1
#   .weights.h5: mask 1
#   set_weights: mask 1
#   Checkpoint:  mask 1
#   pickle:      mask 1
#   deepcopy:    mask 1
#   clone_model: mask 1
#   the model itself: mask 3
#
# Upstream: keras/src/random/seed_generator.py keeps the position in `SeedGenerator.state`, which is none of a layer's
# weights.
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
import copy
import pickle

import keras
import numpy as np
import tensorflow as tf


def make():
    return keras.Sequential([keras.Input((64,)), keras.layers.Dropout(0.5, seed=7)])


def mask(model):
    return model(np.ones((1, 64), "float32"), training=True).numpy().astype(bool).tobytes()


whole = make()
masks = [mask(whole) for _ in range(4)]
assert len(set(masks)) == 4

model = make()
assert [mask(model), mask(model)] == masks[:2]
copies = {}
model.save("model.keras")
copies[".keras"] = keras.models.load_model("model.keras")
model.save_weights("model.weights.h5")
copies[".weights.h5"] = make()
copies[".weights.h5"].load_weights("model.weights.h5")
copies["set_weights"] = make()
copies["set_weights"].set_weights(model.get_weights())
path = tf.train.Checkpoint(model).write("checkpoint")
copies["Checkpoint"] = make()
tf.train.Checkpoint(copies["Checkpoint"]).read(path)
copies["pickle"] = pickle.loads(pickle.dumps(model))
copies["deepcopy"] = copy.deepcopy(model)
copies["clone_model"] = keras.models.clone_model(model)
for name, other in copies.items():
    drawn = masks.index(mask(other)) + 1
    print(f"{name + ':':12} mask {drawn}")
    assert drawn == 1
print("the model itself: mask", masks.index(mask(model)) + 1)
PYTHON
