#!/usr/bin/env bash
# JAX 0.10.2: jax.random.key takes its seed modulo 2**32 (unless 64-bit mode is on): 0, 2**32 and 2**33 are one key,
# and so are -1 and 2**32 - 1. fold_in refuses the same numbers, and takes 1.5 for 1.
#
# Why it surprises: Seeds made from a clock in nanoseconds, a hash or a job's number are larger than 32 bits; that
# part of them which differs may be the part that is dropped. And the same program with JAX_ENABLE_X64=1 has other
# keys for them.
#
# Seen:
#   equal keys of 0 and 2**32, 0 and 2**33, -1 and 2**32 - 1; fold_in of 2**32; fold_in of 1.5 and 1 equal
#     by default:     True True True refused True
#     in 64-bit mode: False False False refused True
#
# Upstream: JAX's documentation of jax.random.PRNGKey; jax_enable_x64.
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
cat >keys.py <<'PYTHON'
import jax


def key(seed):
    return tuple(jax.random.key_data(jax.random.key(seed)).tolist())


def folded(number):
    try:
        return tuple(jax.random.key_data(jax.random.fold_in(jax.random.key(0), number)).tolist())
    except OverflowError:
        return "refused"


print(*(key(seed) == key(0) for seed in (2**32, 2**33)), key(-1) == key(2**32 - 1), end=" ")
print(folded(2**32), folded(1.5) == folded(1))
PYTHON
plain=$("$python" keys.py)
wide=$(JAX_ENABLE_X64=1 "$python" keys.py)
echo "equal keys of 0 and 2**32, 0 and 2**33, -1 and 2**32 - 1; fold_in of 2**32; fold_in of 1.5 and 1 equal"
echo "  by default:     $plain"
echo "  in 64-bit mode: $wide"
[ "$plain" = "True True True refused True" ] && [ "$wide" = "False False False refused True" ]
