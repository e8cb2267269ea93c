#!/usr/bin/env bash
# TensorFlow 2.21.0: a tf.function keeps the global seed with which it was traced. A later tf.random.set_seed(2)
# changes nothing in it but the position: it draws the numbers of seed 1 from the start.
#
# Why it surprises: A loop over seeds around a step that is defined once is expected to train with each seed. Its
# dropout has the masks of the first seed in all of them, and the spread that is measured is too small.
#
# Seen:
#   eager:       5 different masks of 5 seeds
#   tf.function: 1 different masks of 5 seeds
#
# Upstream: tensorflow/python/framework/random_seed.py: in a graph the seeds become attributes of the operation.
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
import tensorflow as tf


@tf.function
def compiled():
    return tf.nn.dropout(tf.ones(256), 0.5)


def eager():
    return tf.nn.dropout(tf.ones(256), 0.5)


found = {}
for name, step in {"eager": eager, "tf.function": compiled}.items():
    masks = set()
    for seed in range(5):
        tf.random.set_seed(seed)
        masks.add(step().numpy().tobytes())
    found[name] = len(masks)
    print(f"{name + ':':12} {found[name]} different masks of 5 seeds")
assert found == {"eager": 5, "tf.function": 1}
PYTHON
