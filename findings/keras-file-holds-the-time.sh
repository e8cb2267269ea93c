#!/usr/bin/env bash
# Keras 3.15.1: model.save("model.keras") of one unchanged model gives another file each second;
# save_weights("model.weights.h5") gives the same bytes.
#
# Why it surprises: The digest of the saved model is the obvious proof that two trainings came out the same, and in a
# pipeline the key of a cache; for .keras it always says that they differ. Compare get_weights, or the .weights.h5
# file.
#
# Seen:
#   .keras:      other bytes
#   .weights.h5: same bytes
#     metadata.json:    other content, same time
#     config.json:      same content, same time
#     model.weights.h5: same content, other time
#
# Upstream: metadata.json in the archive has `date_saved`, and the archive's entry of the weights the time of day.
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
import hashlib
import time
import zipfile
from pathlib import Path

import keras

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
digests = {"keras": [], "weights.h5": []}
archives = []
for turn in range(2):
    for kind in digests:
        path = Path(f"{turn}.{kind}")
        (model.save if kind == "keras" else model.save_weights)(path)
        digests[kind].append(hashlib.sha256(path.read_bytes()).hexdigest())
    archives.append(zipfile.ZipFile(f"{turn}.keras"))
    time.sleep(2.5)  # an archive's times are even seconds
for kind, (first, second) in digests.items():
    print(f"{'.' + kind + ':':12}", "same bytes" if first == second else "other bytes")
for entry in archives[0].namelist():
    parts = [archive.read(entry) for archive in archives]
    times = [archive.getinfo(entry).date_time for archive in archives]
    print(f"  {entry + ':':17}", "same content," if parts[0] == parts[1] else "other content,", end=" ")
    print("same time" if times[0] == times[1] else "other time")
    assert (parts[0] == parts[1]) == (entry != "metadata.json")
assert len(set(digests["keras"])) == 2
assert len(set(digests["weights.h5"])) == 1
PYTHON
