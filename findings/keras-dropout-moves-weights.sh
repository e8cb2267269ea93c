#!/usr/bin/env bash
# Keras 3.15.1: to make a Dropout layer changes the initial weights of the layers made after it, although the weights
# are seeded by keras.utils.set_random_seed and the layer is never called. Dropout(0.0), Dropout(0.5, seed=3) and
# BatchNormalization do not.
#
# Why it surprises: Adding dropout is expected to add dropout. An ablation with and without it, or a sweep of rates
# that begins at 0.0, compares networks that start from different weights, although all seeds are the same.
#
# Seen:
#   Dropout(0.5):          the next layer starts elsewhere
#   GaussianNoise(0.1):    the next layer starts elsewhere
#   RandomFlip():          the next layer starts elsewhere
#   Dropout(0.0):          no difference
#   Dropout(0.5, seed=3):  no difference
#   BatchNormalization():  no difference
#
# Upstream: keras/src/random/seed_generator.py and keras/src/initializers/random_initializers.py: a layer or
# initializer without a seed takes one from Python's global `random` when it is made.
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


def next_kernel(make):
    keras.utils.set_random_seed(1)
    make()
    layer = keras.layers.Dense(3)
    layer.build((None, 4))
    return layer.kernel.numpy().tobytes()


layers = keras.layers
nothing = next_kernel(lambda: None)
moved = {}
for name, make in {
    "Dropout(0.5)": lambda: layers.Dropout(0.5),
    "GaussianNoise(0.1)": lambda: layers.GaussianNoise(0.1),
    "RandomFlip()": lambda: layers.RandomFlip(),
    "Dropout(0.0)": lambda: layers.Dropout(0.0),
    "Dropout(0.5, seed=3)": lambda: layers.Dropout(0.5, seed=3),
    "BatchNormalization()": lambda: layers.BatchNormalization(),
}.items():
    moved[name] = next_kernel(make) != nothing
    print(f"{name + ':':22}", "the next layer starts elsewhere" if moved[name] else "no difference")
assert list(moved.values()) == [True, True, True, False, False, False]
PYTHON
