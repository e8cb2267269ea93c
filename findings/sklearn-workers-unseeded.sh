#!/usr/bin/env bash
# scikit-learn 1.9.1 with joblib 1.6.0: after np.random.seed(1), cross_val_score repeats with n_jobs=1 and not with
# n_jobs=2. RandomForestClassifier(n_jobs=2) repeats.
#
# Why it surprises: n_jobs is expected to decide how fast, not what. The estimators take their numbers from the global
# generator of the worker process, which nothing seeds; a forest draws its trees' seeds before it hands them out.
#
# Seen:
#   scores, n_jobs=1: 1 different of 3 runs
#   scores, n_jobs=2: 3 different of 3 runs
#   forest, n_jobs=1: 1 different of 3 runs
#   forest, n_jobs=2: 1 different of 3 runs
#
# Upstream: random_state=None stands for the global generator, here of whichever process it is.
set -euo pipefail
packages=(scikit-learn==1.9.1 joblib==1.6.0 numpy==2.4.6)

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
cat >cross.py <<'PYTHON'
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

generator = np.random.default_rng(1)
values = generator.normal(size=(500, 8))
labels = values[:, 0] + generator.normal(size=500) > 0


def scores(jobs):
    return cross_val_score(DecisionTreeClassifier(splitter="random"), values, labels, cv=10, n_jobs=jobs).tobytes()


def forest(jobs):
    return RandomForestClassifier(5, n_jobs=jobs).fit(values, labels).predict_proba(values).tobytes()


found = {}
for what in (scores, forest):
    for jobs in (1, 2):
        runs = set()
        for _ in range(3):
            np.random.seed(1)
            runs.add(what(jobs))
        found[what.__name__, jobs] = len(runs)
        print(f"{what.__name__}, n_jobs={jobs}: {len(runs)} different of 3 runs")
assert found.pop(("scores", 2)) == 3
assert set(found.values()) == {1}
PYTHON
"$python" cross.py
