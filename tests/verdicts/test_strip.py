"""The match strip: each cell against a look at every step of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from records import EIGHT_STEPS, history

from repro.experiment.experiment import Experiment
from repro.history.history import History
from repro.verdicts.strip import BINS, in_words, strip
from repro.verdicts.verdict import compare


def of(a: History, b: History) -> dict[str, str]:
    return strip(a, b, compare(a, b))


def test_the_same_runs_are_equal_in_every_cell() -> None:
    assert of(history(), history()) == dict.fromkeys(("batch", "loss", "weights"), "=" * 8)


def test_a_row_for_each_quantity_says_what_parts_first() -> None:
    a, b = history(), history()
    b.loss[3:] += 1
    b.weights[4:] += 1
    assert of(a, b) == {"batch": "========", "loss": "===≠≠≠≠≠", "weights": "====≠≠≠≠"}


def test_masks_have_a_row_where_both_runs_recorded_them() -> None:
    a, b = history(masks=np.arange(8)), history(masks=np.arange(8))
    assert b.masks is not None
    b.masks[5] += 1
    assert list(of(a, b)) == ["batch", "masks", "loss", "weights"]
    assert of(a, b)["masks"] == "=====≠=="
    assert "masks" not in of(a, history())


def test_it_fills_as_the_runs_go_on() -> None:
    assert of(history(steps_done=3), history(steps_done=5))["loss"] == "===·····"
    assert of(History(EIGHT_STEPS), History(EIGHT_STEPS))["loss"] == "········"


def test_initial_weights_are_part_of_the_first_step_and_a_digest_shows_what_no_fingerprint_did() -> None:
    assert of(history(), history(initial_weights="9" * 64))["weights"] == "≠======="
    assert of(history(), history(final_weights="9" * 64))["weights"] == "=======≠"


@given(st.integers(1, 400), st.data())
def test_a_cell_is_equal_where_each_of_its_steps_is(total: int, data: st.DataObject) -> None:
    experiment = Experiment(images=total, batch_size=1, epochs=1)
    done, first = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    a, b = history(experiment, steps_done=done), history(experiment, steps_done=done)
    b.loss[first:] += 1
    row = of(a, b)["loss"]
    assert len(row) == min(BINS, total)
    edges = [total * place // len(row) for place in range(len(row) + 1)]
    for cell, start, end in zip(row, edges, edges[1:], strict=False):
        differs = any(a.loss[step] != b.loss[step] for step in range(start, min(end, done)))
        assert cell == ("≠" if differs else "=" if end <= done else "·")


def test_differences_of_bits_count_that_no_number_shows() -> None:
    a, b = history(), history()
    a.loss[2], b.loss[2] = np.float32(0.0), np.float32(-0.0)
    assert of(a, b)["loss"] == "==≠====="


def test_in_words() -> None:
    assert in_words("====") == "the same in every step"
    assert in_words("==··") == "the same so far"
    assert in_words("····") == "nothing compared yet"
    assert in_words("==≠≠") == "the same at first, then differs"
    assert in_words("≠≠··") == "differs"
