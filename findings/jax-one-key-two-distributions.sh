#!/usr/bin/env bash
# JAX 0.10.2: with one key, uniform, normal and bernoulli draw the same numbers in different clothes: normal is a
# rising function of uniform, a bernoulli mask is uniform < 0.5; and a larger array begins with the smaller one.
#
# Why it surprises: That one key gives one array is known. That it also ties arrays of other shapes and distributions
# together is not: noise and dropout mask drawn with one key drop exactly the units with negative noise, and two
# layers of different sizes start with common numbers.
#
# Seen:
#   uniform and normal have the same ranks: True
#   bernoulli(0.5) is where normal is negative: True
#   uniform of 1,000 begins with uniform of 10: True
#   split into 3 begins with split into 2: True
#
# Upstream: JAX's documentation says to use a key once; jax_debug_key_reuse finds it.
set -euo pipefail
packages=(jax==0.10.2 numpy==2.4.6)

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
import jax
import numpy as np

key = jax.random.key(0)
uniform, normal = jax.random.uniform(key, (1000,)), jax.random.normal(key, (1000,))
mask = jax.random.bernoulli(key, 0.5, (1000,))
found = {
    "uniform and normal have the same ranks": np.array_equal(np.argsort(uniform), np.argsort(normal)),
    "bernoulli(0.5) is where normal is negative": np.array_equal(mask, normal < 0),
    "uniform of 1,000 begins with uniform of 10": np.array_equal(uniform[:10], jax.random.uniform(key, (10,))),
    "split into 3 begins with split into 2": np.array_equal(
        jax.random.key_data(jax.random.split(key, 3))[:2], jax.random.key_data(jax.random.split(key, 2))
    ),
}
for what, holds in found.items():
    print(f"{what}: {holds}")
assert all(found.values())
PYTHON
