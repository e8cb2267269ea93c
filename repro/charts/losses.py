"""The table of the chart of an audit's two runs: the loss of each training step, for the chart of a pair."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from repro.charts.curves import windowed_mean
from repro.charts.style import RUNS

SERIES = ("training", "test")
FIRST_GUESS = 64  # steps that a training has, as long as nothing else is known


def losses(
    a: Sequence[float | None], b: Sequence[float | None], total: int, first_difference: int | None
) -> pd.DataFrame:
    """The columns of `curves.curves`, without any test images: `step`, from 0; `value`; `run`; `series`;
    `first_difference` in the first row only. The first four rows, one for each run and series, lie before step 0 and
    are not drawn: an axis without any value is one that Vega warns of."""
    head = pd.DataFrame(
        {
            "step": -float(total),
            "value": next((value for value in a if value is not None and value > 0), 1.0),
            "run": [run for run in RUNS for _ in SERIES],
            "series": [*SERIES, *SERIES],
            "first_difference": [np.nan if first_difference is None else float(first_difference), *[np.nan] * 3],
        }
    )
    parts = [head]
    for run, values in zip(RUNS, (a, b), strict=True):
        known = np.array([np.nan if value is None else value for value in values], dtype=np.float32)
        steps, means = windowed_mean(known, total)
        means[~(means > 0)] = np.nan  # a log axis has no place for 0: the curve has a gap there
        parts.append(
            pd.DataFrame({"step": steps, "value": means, "run": run, "series": "training", "first_difference": np.nan})
        )
    return pd.concat(parts, ignore_index=True)


def axis_end(steps: int, *, ended: bool) -> int:
    """Where the axis of steps ends: at their number, if it is known; before that at a power of two, so that a
    growing curve keeps its chart."""
    return max(steps, 1) if ended else max(FIRST_GUESS, 1 << steps.bit_length())
