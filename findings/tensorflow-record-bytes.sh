#!/usr/bin/env bash
# TensorFlow 2.21.0 (protobuf 7.36.2): tf.train.Example.SerializeToString() puts the features into another order in
# each process, so a TFRecord file of the same examples has other bytes each time that it is written.
#
# Why it surprises: The same records are expected to make the same file; its digest says that the data set changed.
# SerializeToString(deterministic=True) gives the same bytes each time here.
#
# Seen:
#   default: two processes write other bytes
#   deterministic: two processes write the same bytes
#
# Upstream: the features are a protobuf map, whose order on the wire is undefined; protobuf's documentation on
# serialization says that it is not canonical.
set -euo pipefail
packages=(tensorflow==2.21.0 keras==3.15.1 numpy==2.4.6 protobuf==7.36.2)

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
cat >write.py <<'PYTHON'
import hashlib
import sys

import tensorflow as tf

features = {
    f"feature {number}": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])) for number in range(20)
}
example = tf.train.Example(features=tf.train.Features(feature=features))
options = {"deterministic": True} if sys.argv[1] == "deterministic" else {}
print(hashlib.sha256(example.SerializeToString(**options)).hexdigest()[:16])
PYTHON
for how in default deterministic; do
  first=$("$python" write.py "$how")
  second=$("$python" write.py "$how")
  same=$([ "$first" = "$second" ] && echo the same bytes || echo other bytes)
  echo "$how: two processes write $same"
  [ "$how: $same" = "default: other bytes" ] || [ "$how: $same" = "deterministic: the same bytes" ] || exit 1
done
