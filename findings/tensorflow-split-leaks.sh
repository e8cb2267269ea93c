#!/usr/bin/env bash
# TensorFlow 2.21.0: dataset.shuffle(n, seed=1), then take() for the held-out part and skip() for training, draws the
# split anew in each iteration. Held-out examples are trained on, although the shuffle has a seed.
#
# Why it surprises: The seed is expected to fix the split. It fixes the sequence of splits: the run repeats, and its
# accuracy on held-out data is too good in each of them. reshuffle_each_iteration=False holds the split.
#
# Seen:
#   shuffle(100, seed=1):                       20 of 20 held-out examples trained on in 5 epochs
#   with reshuffle_each_iteration=False as well: 0 of 20
#
# Upstream: parameter reshuffle_each_iteration of Dataset.shuffle, true by default.
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


def leaked(**options):
    shuffled = tf.data.Dataset.range(100).shuffle(100, seed=1, **options)
    held_out, training = shuffled.take(20), shuffled.skip(20)
    first = {int(item) for item in held_out}
    trained = set()
    for _ in range(5):
        trained |= {int(item) for item in training}
    return len(first & trained), len(first)


default, held = leaked(), leaked(reshuffle_each_iteration=False)
print("shuffle(100, seed=1):                       %d of %d held-out examples trained on in 5 epochs" % default)
print("with reshuffle_each_iteration=False as well: %d of %d" % held)
assert default[0] > 15
assert held[0] == 0
PYTHON
