#!/usr/bin/env bash
# Altair 6.3.0 (Vega-Lite, drawn by vl-convert 1.9.0.post1): transform_sample and the expression random() draw anew in
# each rendering; np.random.seed does not reach them, and Altair has no place for a seed.
#
# Why it surprises: The chart's specification is the same, bit for bit, and its picture is not: a sample of points, or
# a jitter, differs between two exports of one notebook. To be reproducible it has to be drawn in the data.
#
# Seen:
#   plain:            1 different of 3 pictures
#   transform_sample: 3 different of 3 pictures
#   random():         3 different of 3 pictures
#
# Upstream: Vega draws from Math.random unless the page calls vega.setRandom.
set -euo pipefail
packages=(altair==6.3.0 vl-convert-python==1.9.0.post1)

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
import random

import altair as alt
import vl_convert

data = alt.Data(values=[{"x": number} for number in range(1000)])
charts = {
    "plain": alt.Chart(data).mark_point().encode(x="x:Q"),
    "transform_sample": alt.Chart(data).transform_sample(5).mark_point().encode(x="x:Q"),
    "random()": alt.Chart(data).transform_calculate(jitter="random()").mark_point().encode(x="x:Q", y="jitter:Q"),
}
found = {}
for name, chart in charts.items():
    pictures = set()
    for _ in range(3):
        random.seed(1)
        pictures.add(vl_convert.vegalite_to_svg(chart.to_json()))
    found[name] = len(pictures)
    print(f"{name + ':':17} {len(pictures)} different of 3 pictures")
assert found == {"plain": 1, "transform_sample": 3, "random()": 3}
PYTHON
