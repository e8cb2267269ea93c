#!/usr/bin/env bash
# scikit-learn 1.9.1: HistGradientBoostingClassifier() without random_state repeats on 10,000 rows and does not on
# 10,001.
#
# Why it surprises: A script that is tried on a part of the data repeats, and is taken to be deterministic; on all of
# the data it does not. Above 10,000 rows early_stopping="auto" turns itself on and draws a validation set.
#
# Seen:
#   10000 rows: 1 different of 3 fits
#   10001 rows: 3 different of 3 fits
#
# Upstream: documented as the parameter early_stopping of the class.
set -euo pipefail
packages=(scikit-learn==1.9.1 numpy==2.4.6)

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
"$python" - <<'PYTHON'
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier


def distinct(rows):
    generator = np.random.default_rng(1)
    values = generator.normal(size=(rows, 3))
    labels = values[:, 0] + generator.normal(size=rows) > 0
    fits = [HistGradientBoostingClassifier(max_iter=10).fit(values, labels) for _ in range(3)]
    return len({fit.predict_proba(values).tobytes() for fit in fits})


for rows in (10_000, 10_001):
    print(f"{rows} rows: {distinct(rows)} different of 3 fits")
assert (distinct(10_000), distinct(10_001)) == (1, 3)
PYTHON
