#!/usr/bin/env bash
# TensorFlow 2.21.0: Dataset.random() and Dataset.sample_from_datasets() without any seed give the same numbers in
# every iteration, and so in every epoch, of one dataset. rerandomize_each_iteration=True changes that;
# Dataset.shuffle reshuffles by itself.
#
# Why it surprises: Nothing is seeded, so nothing is expected to repeat. A mixture of two sources takes its examples
# in the same pattern in each epoch, and noise that is made from Dataset.random is the same in each.
#
# Seen:
#   random():                                1 different of 4 iterations, no seed set
#   random(rerandomize_each_iteration=True): 4 different of 4 iterations, no seed set
#   sample_from_datasets:                    1 different of 4 iterations, no seed set
#   sample_from_datasets, rerandomized:      4 different of 4 iterations, no seed set
#   shuffle:                                 4 different of 4 iterations, no seed set
#
# Upstream: parameter rerandomize_each_iteration of both functions.
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


def distinct(dataset):
    return len({tuple(int(item) for item in dataset) for _ in range(4)})


data = tf.data.Dataset
zeros, ones = data.from_tensors(0).repeat(), data.from_tensors(1).repeat()
found = {
    "random()": distinct(data.random().take(20)),
    "random(rerandomize_each_iteration=True)": distinct(data.random(rerandomize_each_iteration=True).take(20)),
    "sample_from_datasets": distinct(data.sample_from_datasets([zeros, ones]).take(100)),
    "sample_from_datasets, rerandomized": distinct(
        data.sample_from_datasets([zeros, ones], rerandomize_each_iteration=True).take(100)
    ),
    "shuffle": distinct(data.range(50).shuffle(50)),
}
for name, count in found.items():
    print(f"{name + ':':40} {count} different of 4 iterations, no seed set")
assert list(found.values()) == [1, 4, 1, 4, 4]
PYTHON
