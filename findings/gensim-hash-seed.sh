#!/usr/bin/env bash
# gensim 4.4.0: Word2Vec(seed=1, workers=1) repeats across processes with different PYTHONHASHSEED, although its
# documentation says that the variable is needed on Python 3.
#
# Why it surprises: The advice to set PYTHONHASHSEED is copied into many scripts as the cure; in this version it
# changes nothing: what is left to decide is workers, three by default.
#
# Seen:
#   PYTHONHASHSEED=1: 36723cb49c231cc9
#   PYTHONHASHSEED=2: 36723cb49c231cc9
#
# Upstream: docstring of gensim.models.Word2Vec, parameter seed; the initial vectors are drawn by numpy's
# default_rng(seed) (gensim/models/keyedvectors.py).
set -euo pipefail
packages=(gensim==4.4.0 numpy==2.4.6)

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
cat >train.py <<'PYTHON'
import hashlib
import random

from gensim.models import Word2Vec

random.seed(1)
words = [f"word {number}" for number in range(200)]
sentences = [random.choices(words, k=20) for _ in range(5000)]
model = Word2Vec(sentences, vector_size=20, min_count=1, seed=1, workers=1, epochs=2)
assert "PYTHONHASHSEED" in Word2Vec.__init__.__doc__
print(hashlib.sha256(model.wv.vectors.tobytes()).hexdigest()[:16])
PYTHON
one=$(PYTHONHASHSEED=1 "$python" train.py)
other=$(PYTHONHASHSEED=2 "$python" train.py)
echo "PYTHONHASHSEED=1: $one"
echo "PYTHONHASHSEED=2: $other"
[ "$one" = "$other" ]
