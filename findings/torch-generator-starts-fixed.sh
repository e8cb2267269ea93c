#!/usr/bin/env bash
# PyTorch 2.13.0: torch.Generator() starts from the same fixed seed in each process, where the global generator starts
# from another one each time.
#
# Why it surprises: A script that seeds nothing repeats all the same, as far as it draws from generators of its own; and
# two such generators, made for two things, draw the same numbers.
#
# Seen:
#   global generator in two processes the same: False
#   own generator in two processes the same: True (seed 67280421310721)
#   two own generators in one process the same: True
#
# Upstream: c10/core/GeneratorImpl.h, default_rng_seed_val.
set -euo pipefail
packages=(torch==2.13.0 numpy==2.4.6)

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

installed = {pin: version(pin.partition("==")[0]).partition("+")[0] for pin in sys.argv[1:]}  # without "+cpu"
wrong = [pin for pin in sys.argv[1:] if installed[pin] != pin.partition("==")[2]]
sys.exit(f"not installed as pinned: {wrong}" if wrong else 0)
PYTHON
cd "$folder"
"$python" - <<'PYTHON'
import subprocess
import sys

SHOW = """
import torch
one, other = torch.Generator(), torch.Generator()
print(torch.rand(3).tolist(), end="|")
print(one.initial_seed(), torch.rand(3, generator=one).tolist(), end="|")
print(torch.rand(3, generator=torch.Generator()).equal(torch.rand(3, generator=other)))
"""
a, b = (
    subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True).stdout.strip().split("|")
    for _ in range(2)
)
print("global generator in two processes the same:", a[0] == b[0])
print(f"own generator in two processes the same: {a[1] == b[1]} (seed {a[1].split()[0]})")
print("two own generators in one process the same:", a[2])
assert a[0] != b[0]
assert a[1] == b[1]
assert a[2] == b[2] == "True"
PYTHON
