"""Audits of scripts that use scikit-learn, pandas and SciPy, with the interpreter that REPRO_PYTHON_LIBRARIES names."""

import os
from pathlib import Path

import pytest
from audited import audited

PYTHON = os.environ.get("REPRO_PYTHON_LIBRARIES", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="REPRO_PYTHON_LIBRARIES names no interpreter that has the libraries")

FOREST = """
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier

x, y = make_classification(200, random_state=0)
forest = RandomForestClassifier(10, n_jobs=2).fit(x, y)
print(forest.predict_proba(x).sum(axis=0).tolist())
"""
FRAME = """
import numpy as np
import pandas

frame = pandas.DataFrame({"a": np.arange(100)})
print(frame.sample(5)["a"].tolist())
"""
STATISTICS = """
import numpy as np
from scipy import stats

np.random.seed(3)
print(stats.norm.rvs(size=3).tolist())
print(stats.qmc.Sobol(2).random(4).tolist())
"""


@pytest.mark.parametrize(
    ("script", "source", "line"),
    [(FOREST, "numpy", 5), (FRAME, "numpy", 5), (STATISTICS, "generators", 6)],
    ids=["scikit-learn", "pandas", "scipy"],
)
def test_the_line_that_draws_unseeded_is_named_and_the_change_cures(
    tmp_path: Path, script: str, source: str, line: int
) -> None:
    result = audited(tmp_path, script, python=PYTHON)
    assert not result.repeats
    assert result.sufficient == ((source,),)
    assert [(row.source, row.line) for row in result.unseeded if row.matters] == [(source, line)]


def test_a_random_state_is_a_seeding_line(tmp_path: Path) -> None:
    result = audited(tmp_path, FOREST.replace("n_jobs=2", "random_state=1"), python=PYTHON)
    assert result.repeats
    assert [(one.line, one.sets, one.matters) for one in result.seeding] == [
        (4, ("generators",), True),
        (5, ("generators",), True),
    ]
