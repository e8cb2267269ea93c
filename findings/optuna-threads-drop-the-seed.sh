#!/usr/bin/env bash
# Optuna 5.0.0: study.optimize(…, n_jobs=2) reseeds the sampler from the system, so RandomSampler(seed=1) draws other
# parameters in each run. It is not their order alone that changes.
#
# Why it surprises: With two threads the order of the trials is expected to vary. For independent random draws one
# expects the same set of values; none of them comes back.
#
# Seen:
#   n_jobs=1: 8 of 8 values in both runs
#   n_jobs=2: 0 of 8 values in both runs
#
# Upstream: optuna/study/_optimize.py calls sampler.reseed_rng(); Optuna issue 4412, answered by a note in the
# documentation (pull request 5233).
set -euo pipefail
packages=(optuna==5.0.0 numpy==2.4.6)

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
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)


def values(jobs):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=8, n_jobs=jobs)
    return {trial.params["x"] for trial in study.trials}


found = {jobs: len(values(jobs) & values(jobs)) for jobs in (1, 2)}
for jobs, common in found.items():
    print(f"n_jobs={jobs}: {common} of 8 values in both runs")
assert found == {1: 8, 2: 0}
PYTHON
