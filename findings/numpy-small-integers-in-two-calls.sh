#!/usr/bin/env bash
# NumPy 2.4.6: Generator.integers(0, 10, size=6, dtype=np.uint8) and two calls with size=3 give different numbers,
# also for int16 and bool. For int32, int64, random and normal one call and two give the same.
#
# Why it surprises: To fetch a stream in pieces (a batch at a time) is expected to give the stream. For small integers
# and coin flips, such as augmentation flags and labels, another batch size is another sequence of numbers, from the
# second batch on.
#
# Seen:
#   bool:  300 numbers in one call, and 3 in each of 100, are different
#   uint8: 300 numbers in one call, and 3 in each of 100, are different
#   int16: 300 numbers in one call, and 3 in each of 100, are different
#   int32: 300 numbers in one call, and 3 in each of 100, are the same
#   int64: 300 numbers in one call, and 3 in each of 100, are the same
#
# Upstream: NumPy cuts a 32-bit word into small numbers and drops what is left of it at the end of a call
# (numpy/random/src/distributions).
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
"$python" - <<'PYTHON'
import numpy as np


def same(dtype):
    limit = 2 if dtype is bool else 10
    whole = np.random.default_rng(1).integers(0, limit, size=300, dtype=dtype)
    generator = np.random.default_rng(1)
    pieces = [generator.integers(0, limit, size=3, dtype=dtype) for _ in range(100)]
    return np.array_equal(whole, np.concatenate(pieces))


found = {np.dtype(dtype).name: same(dtype) for dtype in (bool, np.uint8, np.int16, np.int32, np.int64)}
for name, equal in found.items():
    print(f"{name + ':':6} 300 numbers in one call, and 3 in each of 100, are", "the same" if equal else "different")
assert list(found.values()) == [False, False, False, True, True]
PYTHON
