#!/usr/bin/env bash
# TensorFlow 2.21.0: tf.random.set_seed takes its seed modulo 2**31 - 1 for operations in a tf.function or a
# Dataset.map, and in full for eager operations and Dataset.shuffle. Seeds 1 and 2**31 draw the same dropout in a
# compiled step, and different weights before it.
#
# Why it surprises: A seed is expected to be another one everywhere or nowhere. Seeds made from a clock, a hash or a
# job's number are often so large; two runs then share some of their random numbers.
#
# Seen:
#   eager:           seeds 1 and 2**31 draw different numbers
#   tf.function:     seeds 1 and 2**31 draw the same
#   Dataset.map:     seeds 1 and 2**31 draw the same
#   Dataset.shuffle: seeds 1 and 2**31 draw different numbers
#
# Upstream: tensorflow/python/framework/random_seed.py truncates the seed; in eager mode an operation without seed=
# takes its own from a generator that was seeded with the whole of it.
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


def eager():
    return tf.random.uniform((8,)).numpy().tobytes()


def in_function():
    return tf.function(tf.random.uniform)((8,)).numpy().tobytes()


def in_map():
    return next(iter(tf.data.Dataset.range(1).map(lambda _: tf.random.uniform((8,))))).numpy().tobytes()


def shuffled():
    return tuple(int(item) for item in tf.data.Dataset.range(50).shuffle(50))


def drawn(draw, seed):
    tf.random.set_seed(seed)
    return draw()


found = {}
draws = {"eager": eager, "tf.function": in_function, "Dataset.map": in_map, "Dataset.shuffle": shuffled}
for name, draw in draws.items():
    assert drawn(draw, 1) == drawn(draw, 1) != drawn(draw, 2)
    found[name] = drawn(draw, 1) == drawn(draw, 2**31)
    print(f"{name + ':':16} seeds 1 and 2**31 draw", "the same" if found[name] else "different numbers")
assert found == {"eager": False, "tf.function": True, "Dataset.map": True, "Dataset.shuffle": False}
PYTHON
