"""Where two runs match: their steps in equal bins, and for batches, masks, loss, weights whether a bin is the same."""

import numpy as np

from repro.history.history import History
from repro.verdicts.verdict import Verdict, bits

BINS = 48  # at most: on a telephone a cell is still wide enough to be told from its neighbours
SAME, DIFFERS, OPEN = "=", "≠", "·"  # of a bin: no bit differs; one does; not all of its steps are done, none differs
ROWS = {"batch": "Batches", "masks": "Masks", "loss": "Loss", "weights": "Weights"}  # of masks where there are any

Strip = dict[str, str]  # by the quantities of ROWS: a character for each bin


def strip(a: History, b: History, verdict: Verdict) -> Strip:
    """A row for each quantity of ROWS, a character for each bin of steps. The initial weights count as part of the
    first step's weights."""
    total, steps = a.experiment.total_steps, verdict.steps_compared
    edges = np.linspace(0, total, min(BINS, total) + 1).astype(np.int64)
    unequal = {
        "batch": a.batch[:steps] != b.batch[:steps],
        **({} if a.masks is None or b.masks is None else {"masks": a.masks[:steps] != b.masks[:steps]}),
        "loss": bits(a.loss[:steps]) != bits(b.loss[:steps]),
        "weights": (a.weights[:steps] != b.weights[:steps]) & (a.fingerprints == b.fingerprints),
    }
    first = dict(verdict.first_by_quantity)
    if "initial_weights" in first:
        first["weights"] = 0
    found = {}
    for name, mask in unequal.items():
        counts = np.add.reduceat(np.append(mask, np.zeros(total - steps + 1, np.bool_)), edges[:-1])
        cells = [
            DIFFERS if count else SAME if end <= steps else OPEN for count, end in zip(counts, edges[1:], strict=True)
        ]
        if name in first:  # the digests see every bit
            cells[int(np.searchsorted(edges, first[name], side="right")) - 1] = DIFFERS
        found[name] = "".join(cells)
    return found


def in_words(cells: str) -> str:
    """A row in words: what is known of all steps of a quantity."""
    if DIFFERS in cells:
        return "differs" if cells[0] == DIFFERS else "the same at first, then differs"
    if OPEN in cells:
        return "the same so far" if SAME in cells else "nothing compared yet"
    return "the same in every step"
