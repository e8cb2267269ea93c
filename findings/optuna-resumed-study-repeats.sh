#!/usr/bin/env bash
# Optuna 5.0.0: a study that is continued from its storage with a seeded sampler draws the parameters of its first
# trials again (TPESampler while it is still in its random start-up trials, RandomSampler always).
#
# Why it surprises: The storage is expected to hold the study, and a resumed one to go on. The seed that makes the
# search repeat makes its continuation a repetition: trials 4 to 6 are trials 1 to 3 once more.
#
# Seen:
#   TPESampler(seed=1): 0.4170 0.7203 0.0001 | continued: 0.4170 0.7203 0.0001
#   RandomSampler(seed=1): 0.4170 0.7203 0.0001 | continued: 0.4170 0.7203 0.0001
#
# Upstream: the sampler is no part of the storage; to go on, it has to be kept beside it, as with pickle.
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
for kind in (optuna.samplers.TPESampler, optuna.samplers.RandomSampler):
    for _ in range(2):  # started, and continued as by a second process
        study = optuna.create_study(
            storage=f"sqlite:///{kind.__name__}.db", study_name="s", load_if_exists=True, sampler=kind(seed=1)
        )
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    drawn = [trial.params["x"] for trial in study.trials]
    first, continued = ([f"{value:.4f}" for value in part] for part in (drawn[:3], drawn[3:]))
    print(f"{kind.__name__}(seed=1):", *first, "| continued:", *continued)
    assert len(drawn) == 6
    assert drawn[:3] == drawn[3:]
    assert len(set(drawn)) == 3
PYTHON
