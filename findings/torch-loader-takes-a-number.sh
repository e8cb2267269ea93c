#!/usr/bin/env bash
# PyTorch 2.13.0: to walk a DataLoader takes a number from the global generator, though nothing is shuffled and no
# worker is there to be seeded.
#
# Why it surprises: A loop over validation data draws nothing. Yet every mask and every shuffle after it is another one:
# a training that evaluates each epoch and one that does so at the end have different weights from one seed.
#
# Seen:
#   without a loop   [0.8823, 0.9150, 0.3829]
#   after a loop     [0.3829, 0.9593, 0.3904]
#   with a generator of its own nothing is taken: True
#
# Upstream: torch/utils/data/dataloader.py, _BaseDataLoaderIter.__init__ draws _base_seed for workers always.
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
import torch
from torch.utils.data import DataLoader

data = torch.arange(8.0)


def drawn(loader):
    torch.manual_seed(42)
    for _ in loader:
        pass
    return torch.rand(3)


bare, looped = drawn([]), drawn(DataLoader(data))
own = drawn(DataLoader(data, generator=torch.Generator()))
print("without a loop  ", [f"{one:.4f}" for one in bare.tolist()])
print("after a loop    ", [f"{one:.4f}" for one in looped.tolist()])
print("with a generator of its own nothing is taken:", torch.equal(own, bare))
assert not torch.equal(bare, looped)
assert torch.equal(own, bare)
PYTHON
