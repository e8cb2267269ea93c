#!/usr/bin/env bash
# TensorFlow 2.21.0: in a tf.function with jit_compile=True, tf.random.uniform and tf.nn.dropout do not repeat,
# although tf.random.set_seed and seed= are both given. The same function without jit_compile repeats.
#
# Why it surprises: jit_compile is expected to change speed and, at most, rounding. The stateless operations
# (tf.random.stateless_uniform) repeat under XLA.
#
# Seen:
#   uniform, jit_compile=False:    1 different of 4 runs
#   uniform, jit_compile=True:     4 different of 4 runs
#   dropout, jit_compile=False:    1 different of 4 runs
#   dropout, jit_compile=True:     4 different of 4 runs
#   stateless, jit_compile=False:  1 different of 4 runs
#   stateless, jit_compile=True:   1 different of 4 runs
#
# Upstream: https://www.tensorflow.org/xla/known_issues, "Random number generation ignores TF seed".
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


def uniform():
    return tf.random.uniform((64,), seed=1)


def dropout():
    return tf.nn.dropout(tf.ones(256), 0.5, seed=1)


def stateless():
    return tf.random.stateless_uniform((64,), seed=(1, 1))


found = {}
for draw in (uniform, dropout, stateless):
    for compiled in (False, True):
        runs = set()
        for _ in range(4):
            tf.random.set_seed(1)
            runs.add(tf.function(draw, jit_compile=compiled)().numpy().tobytes())
        found[draw.__name__, compiled] = len(runs)
        print(f"{draw.__name__ + ', jit_compile=' + str(compiled) + ':':30} {len(runs)} different of 4 runs")
assert found.pop(("uniform", True)) == found.pop(("dropout", True)) == 4
assert set(found.values()) == {1}
PYTHON
