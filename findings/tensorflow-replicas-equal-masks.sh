#!/usr/bin/env bash
# TensorFlow 2.21.0 with Keras 3.15.1: under MirroredStrategy a Dropout layer draws the same mask in every replica,
# with seed= or without. tf.nn.dropout in the same step draws another mask in each.
#
# Why it surprises: Replicas work on different examples and are expected to drop different units. The masks of a
# global batch of 64 on two replicas are 32 masks, each used twice; a training on one device and one on two differ in
# more than rounding.
#
# Seen:
#   Dropout(0.5, seed=7): 5 of 5 steps with equal masks in both replicas
#   Dropout(0.5):         5 of 5 steps with equal masks in both replicas
#   tf.nn.dropout:        0 of 5 steps with equal masks in both replicas
#
# Upstream: keras/src/random/seed_generator.py: each replica has its own copy of the state, and all begin as [seed,
# 0].
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
import tensorflow as tf

processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
tf.random.set_seed(1)
with strategy.scope():
    ones = tf.ones((32, 128))
    seeded, unseeded = keras.layers.Dropout(0.5, seed=7), keras.layers.Dropout(0.5)
    for layer in (seeded, unseeded):
        layer.build(ones.shape)


@tf.function
def step():
    def replica():
        return seeded(ones, training=True), unseeded(ones, training=True), tf.nn.dropout(ones, 0.5)

    return strategy.run(replica)


kinds = ("Dropout(0.5, seed=7)", "Dropout(0.5)", "tf.nn.dropout")
equal = dict.fromkeys(kinds, 0)
for _ in range(5):
    for kind, masks in zip(kinds, step(), strict=True):
        first, second = strategy.experimental_local_results(masks)
        equal[kind] += bool(tf.reduce_all(first == second))
for kind, steps in equal.items():
    print(f"{kind + ':':21} {steps} of 5 steps with equal masks in both replicas")
assert list(equal.values()) == [5, 5, 0]
PYTHON
