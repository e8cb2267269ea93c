#!/usr/bin/env bash
# NumPy 2.4.6: data = np.load("data.npz") reads data["x"] from the file at each access. A shuffle of data["x"] in
# place shuffles a copy that is thrown away.
#
# Why it surprises: np.load of a .npy file gives an array, and rng.shuffle(data["x"]) reads as if it shuffled; the
# training then runs unshuffled, the same with every seed, and no warning is given.
#
# Seen:
#   shuffled in place, then read: [0 1 2 3 4 5] …
#   taken out, then shuffled:    [705 649 543 927 577 471] …
#
# Upstream: numpy.lib.npyio.NpzFile loads lazily and does not keep what it has read.
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

np.savez("data.npz", x=np.arange(1000))
data = np.load("data.npz")
np.random.default_rng(1).shuffle(data["x"])
kept = data["x"]
np.random.default_rng(1).shuffle(kept)
print("shuffled in place, then read:", data["x"][:6], "…")
print("taken out, then shuffled:   ", kept[:6], "…")
assert np.array_equal(data["x"], np.arange(1000))
assert not np.array_equal(kept, np.arange(1000))
PYTHON
