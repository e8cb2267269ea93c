#!/usr/bin/env bash
# Hugging Face datasets 5.2.0: dataset.map(f), where f draws from np.random, is kept on disk by f's code. A later run
# with another np.random.seed gets the numbers of the first one.
#
# Why it surprises: Another seed is expected to give another augmentation. It gives that of whoever ran first on this
# machine, and a run on a fresh machine does not repeat it.
#
# Seen:
#   seed 1:                 0.4170 0.7203 0.0001 0.3023
#   seed 2:                 0.4170 0.7203 0.0001 0.3023
#   seed 2, without cache:  0.4360 0.0259 0.5497 0.4353
#
# Upstream: the fingerprint of a mapped dataset is made of the function and its arguments; parameter
# load_from_cache_file.
set -euo pipefail
packages=(datasets==5.2.0 numpy==2.4.6)

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
cat >map.py <<'PYTHON'
import random
import sys

import datasets
import numpy as np

datasets.disable_progress_bars()
random.seed(int(sys.argv[1]))
np.random.seed(int(sys.argv[1]))
dataset = datasets.load_dataset("json", data_files="data.jsonl", cache_dir="cache", split="train")
print(*(f"{value:.4f}" for value in dataset.map(lambda row: {"noise": np.random.random()})["noise"][:4]))
PYTHON
for number in 1 2 3 4; do echo "{\"x\": $number}"; done >data.jsonl
export HF_HOME="$folder/home" HF_HUB_OFFLINE=1
first=$("$python" map.py 1)
second=$("$python" map.py 2)
rm -r cache
fresh=$("$python" map.py 2)
echo "seed 1:                 $first"
echo "seed 2:                 $second"
echo "seed 2, without cache:  $fresh"
[ "$first" = "$second" ] && [ "$second" != "$fresh" ]
