"""LightGBM and XGBoost under observation, with the interpreter that REPRO_PYTHON_LIBRARIES names: it has both."""

import os
from pathlib import Path

import pytest
from audited import audited
from watching import run

from repro.audits.observer.format import Hook, Seed

PYTHON = os.environ.get("REPRO_PYTHON_LIBRARIES", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="REPRO_PYTHON_LIBRARIES names no interpreter that has the libraries")

# Each trains a model whose seed has an effect, since it samples rows, and one whose seed has none.
LIGHTGBM = """
import lightgbm
import numpy as np
from sklearn.model_selection import cross_val_score

x = np.linspace(0, 1, 2000).reshape(400, 5)
y = np.sin(9 * x[:, 0])
model = lightgbm.LGBMRegressor(n_estimators=5, random_state=7, verbose=-1, n_jobs=1)
print(model.fit(x, y).predict(x[:3]), cross_val_score(model, x, y, cv=2))
params = {"seed": 3, "bagging_fraction": 0.5, "bagging_freq": 1, "verbose": -1, "num_threads": 1}
print(lightgbm.train(params, lightgbm.Dataset(x, y), 5).predict(x[:3]))
"""
XGBOOST = """
import numpy as np
import xgboost
from sklearn.model_selection import cross_val_score

x = np.linspace(0, 1, 2000).reshape(400, 5)
y = np.sin(9 * x[:, 0])
model = xgboost.XGBRegressor(n_estimators=5, random_state=7, n_jobs=1)
print(model.fit(x, y).predict(x[:3]), cross_val_score(model, x, y, cv=2))
params = {"seed": 3, "subsample": 0.5, "nthread": 1}
print(xgboost.train(params, xgboost.DMatrix(x, y), 5).predict(xgboost.DMatrix(x[:3])))
"""
BOTH = pytest.mark.parametrize("script", [LIGHTGBM, XGBOOST], ids=["lightgbm", "xgboost"])


@BOTH
def test_no_bit_is_another_one_and_seeds_are_seen(tmp_path: Path, script: str) -> None:
    watched = run(tmp_path / "a", script.lstrip(), python=PYTHON)
    plain = run(tmp_path / "b", script.lstrip(), python=PYTHON, observed=False)
    assert (watched.status, watched.out) == (0, plain.out), watched.err
    assert not [hook for hook in watched.all(Hook, active=False) if "boost" in hook.name or "lightgbm" in hook.name]
    assert {(seed.site.line, seed.value) for seed in watched.all(Seed, source="boosting")} == {(7, 7), (10, 3)}


@BOTH
def test_an_audit_says_whether_a_seed_has_an_effect(tmp_path: Path, script: str) -> None:
    result = audited(tmp_path, script, python=PYTHON)
    assert result.repeats
    found = [(line.line, line.sets, line.library, line.matters) for line in result.seeding]
    assert found == [(7, ("boosting",), None, False), (10, ("boosting",), None, True)]
    assert result.notes == ()
