#!/usr/bin/env bash
# Keras 3.15.1: keras.utils.split_dataset(…, shuffle=True, seed=1) calls random.seed(1) on Python's global generator.
#
# Why it surprises: A function that splits data is not expected to seed the program. Keras takes the seeds of
# initializers and of dropout from that generator, so every network made after the split starts from the same weights,
# whatever seed was set before; ten runs with ten seeds are one.
#
# Seen:
#   without split_dataset: 5 initial weights of 5 seeds
#   with split_dataset:    1 initial weights of 5 seeds
#
# Upstream: keras/src/utils/dataset_utils.py, `random.seed(seed)`.
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


def kernel(seed, split):
    keras.utils.set_random_seed(seed)
    if split:
        keras.utils.split_dataset(np.arange(10.0), left_size=0.5, shuffle=True, seed=1)
    layer = keras.layers.Dense(3)
    layer.build((None, 4))
    return layer.kernel.numpy().tobytes()


for split in (False, True):
    starts = len({kernel(seed, split) for seed in range(5)})
    print("with split_dataset:   " if split else "without split_dataset:", starts, "initial weights of 5 seeds")
    assert starts == (1 if split else 5)
random.seed(99)
keras.utils.split_dataset(np.arange(10.0), left_size=0.5, shuffle=True, seed=1)
state = random.getstate()
random.seed(1)
random.shuffle(list(range(10)))
assert state == random.getstate()
PYTHON
