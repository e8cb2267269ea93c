#!/usr/bin/env bash
# Keras 3.15.1: two Dropout layers with the same seed= draw the same masks, step for step, wherever their inputs have
# the same shape.
#
# Why it surprises: seed=SEED in every layer is what is written to be on the safe side, and the layers are expected to
# be random independently of each other. They drop the same units in each layer. Layers without seed= do not.
#
# Seen:
#   seed=7 in both: 5 of 5 steps have equal masks
#   no seed=:       0 of 5 steps have equal masks
#
# Upstream: keras/src/random/seed_generator.py: the state begins as [seed, 0], whichever layer it belongs to.
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


def equal_steps(**seed):
    keras.utils.set_random_seed(1)
    first, second = keras.layers.Dropout(0.5, **seed), keras.layers.Dropout(0.5, **seed)
    ones = np.ones((32, 128), "float32")
    return sum(np.array_equal(first(ones, training=True), second(ones, training=True)) for _ in range(5))


print("seed=7 in both:", equal_steps(seed=7), "of 5 steps have equal masks")
print("no seed=:      ", equal_steps(), "of 5 steps have equal masks")
assert equal_steps(seed=7) == 5
assert equal_steps() == 0
PYTHON
