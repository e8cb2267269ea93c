#!/usr/bin/env bash
# NumPy 2.4.6: one draw of integers(10) or of random(dtype=np.float32) takes half of a 64-bit word and keeps the other
# half. A second such draw, put in anywhere later, then leaves all float64 draws after it where they were.
#
# Why it surprises: An additional draw is expected to shift everything after it, which is how such a line is found by
# bisection. Every second one shifts nothing. And a state that is saved as its `state` alone, without `has_uint32` and
# `uinteger`, is not the whole state.
#
# Seen:
#   after 0 draws of integers: random() is 0.511822, half a word kept: False
#   after 1 draws of integers: random() is 0.950464, half a word kept: True
#   after 2 draws of integers: random() is 0.950464, half a word kept: False
#   after 3 draws of integers: random() is 0.144160, half a word kept: True
#   after 4 draws of integers: random() is 0.144160, half a word kept: False
#   after 0 draws of float32: random() is 0.511822, half a word kept: False
#   after 1 draws of float32: random() is 0.950464, half a word kept: True
#   after 2 draws of float32: random() is 0.950464, half a word kept: False
#   after 3 draws of float32: random() is 0.144160, half a word kept: True
#   after 4 draws of float32: random() is 0.144160, half a word kept: False
#
# Upstream: `bit_generator.state` of PCG64 has the fields has_uint32 and uinteger.
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


def after(draws, kind):
    generator = np.random.default_rng(1)
    for _ in range(draws):
        generator.integers(10) if kind == "integers" else generator.random(dtype=np.float32)
    return generator.random(), generator.bit_generator.state["has_uint32"]


for kind in ("integers", "float32"):
    found = [after(draws, kind) for draws in range(5)]
    for draws, (value, kept) in enumerate(found):
        print(f"after {draws} draws of {kind}: random() is {value:.6f}, half a word kept: {bool(kept)}")
    values = [value for value, _ in found]
    assert values[1] == values[2] != values[0]
    assert values[3] == values[4] != values[2]
    assert [kept for _, kept in found] == [0, 1, 0, 1, 0]
PYTHON
