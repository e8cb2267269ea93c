#!/usr/bin/env bash
# NumPy 2.4.6: default_rng([1]), default_rng([1, 0]) and default_rng([1, 0, 0]) are the stream of default_rng(1), and
# default_rng([0, 1]) is that of default_rng(2**32).
#
# Why it surprises: Seeds such as [seed, worker] or [seed, epoch] are written to have a stream for each, independent
# of those that the seed itself gives. Worker 0 has the stream of the main program, which draws, say, the initial
# weights and the worker's noise from the same numbers. [worker, seed], as NumPy's documentation has it, is free of
# this unless the seed is 0.
#
# Seen:
#   default_rng([1]) and default_rng(1): same stream
#   default_rng([1, 0]) and default_rng(1): same stream
#   default_rng([1, 0, 0, 0]) and default_rng(1): same stream
#   default_rng([0, 1]) and default_rng(4294967296): same stream
#   default_rng([1, 1]) and default_rng(1): other stream
#   default_rng([0, 1]) and default_rng(1): other stream
#   default_rng([1, 0, 0, 0, 0]) and default_rng(1): other stream
#
# Upstream: NumPy issue 27380 speaks of the padding with zeros; SeedSequence splits entropy into 32-bit words and pads
# them to its pool of four.
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


def stream(seed):
    return np.random.default_rng(seed).bytes(64)


pairs = [([1], 1), ([1, 0], 1), ([1, 0, 0, 0], 1), ([0, 1], 2**32), ([1, 1], 1), ([0, 1], 1), ([1, 0, 0, 0, 0], 1)]
for one, other in pairs:
    same = stream(one) == stream(other)
    print(f"default_rng({one}) and default_rng({other}):", "same stream" if same else "other stream")
assert [stream(one) == stream(other) for one, other in pairs] == [True] * 4 + [False] * 3
PYTHON
