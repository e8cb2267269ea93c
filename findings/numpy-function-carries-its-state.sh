#!/usr/bin/env bash
# NumPy 2.4.6: np.random.random and its kin are bound methods. Sent to a worker process, pickled, they take a copy of
# the global generator along, and every task draws from that copy: the same number each.
#
# Why it surprises: pool.map(np.random.normal, scales) looks like a call of a function. With a spawned pool, whose
# processes are expected to have unseeded generators of their own, all tasks of a call draw alike; a function of one's
# own that calls np.random.normal does not.
#
# Seen:
#   pool.map(np.random.random, …): 1 different results of 8 tasks
#   pool.map(own, …):              8 different results of 8 tasks
#
# Upstream: pickle of a bound method pickles its object; np.random.random.__self__ is the global RandomState.
set -euo pipefail
packages=(numpy==2.4.6)

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
cat >draw.py <<'PYTHON'
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np


def own(size):
    return np.random.random(size)


def distinct(function):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return len({drawn.tobytes() for drawn in pool.map(function, [4] * 8)})


if __name__ == "__main__":
    sent, called = distinct(np.random.random), distinct(own)
    print("pool.map(np.random.random, …):", sent, "different results of 8 tasks")
    print("pool.map(own, …):             ", called, "different results of 8 tasks")
    assert (sent, called) == (1, 8)
PYTHON
"$python" draw.py
