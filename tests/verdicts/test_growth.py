"""How a difference grows: windows that cover every step once, and distances that NumPy works out."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import EIGHT_STEPS, history

from repro.experiment.experiment import Experiment
from repro.history.events import pack
from repro.verdicts.growth import MAX_BYTES, MAX_WINDOWS, WeightDistances, epochs_reported, loss_differences


@given(st.integers(1, 3000), st.data())
def test_windows_cover_every_step_once_and_hold_the_largest_difference(steps: int, data: st.DataObject) -> None:
    experiment = Experiment(images=steps, batch_size=1, epochs=1)
    done = data.draw(st.integers(0, steps))
    a, b = history(experiment, steps_done=done), history(experiment, steps_done=done)
    numbers = np.random.RandomState(steps)
    changed = numbers.uniform(size=steps) < 0.5
    b.loss[changed] += numbers.uniform(0.1, 1, changed.sum()).astype(np.float32)
    ends, largest, equal = loss_differences(a, b)
    assert len(ends) <= MAX_WINDOWS
    assert equal.sum() == np.sum(~changed[:done])
    starts = [0, *(ends[:-1] + 1)][: len(ends)]
    assert (ends[-1] if done else -1) == done - 1
    for start, end, value, count in zip(starts, ends, largest, equal, strict=True):
        apart = [abs(float(a.loss[step]) - float(b.loss[step])) for step in range(start, end + 1) if changed[step]]
        assert count == end + 1 - start - len(apart)
        assert value == max(apart) if apart else np.isnan(value)


def test_a_growing_picture_keeps_its_points() -> None:
    experiment = Experiment()
    whole, _, _ = loss_differences(history(experiment), history(experiment))
    part, _, _ = loss_differences(history(experiment, steps_done=1000), history(experiment))
    assert part[:-1].tolist() == whole[: len(part) - 1].tolist()
    assert whole[-1] == 5_624
    assert whole[:5].tolist() == [0, 1, 2, 3, 4]


def test_zeros_of_different_sign_differ_by_nothing_and_are_not_equal() -> None:
    a, b = history(), history()
    a.loss[:2], b.loss[:2] = [0.0, 0.0], [-0.0, 0.0]
    _, largest, equal = loss_differences(a, b)
    assert (largest[0], equal[0]) == (0, 0)
    assert (np.isnan(largest[1]), equal[1]) == (True, 1)


def weights(values: list[float], epoch: int) -> dict[str, object]:
    return {"event": "weights", "epoch": epoch, "values": pack([np.array(values, np.float32)])}


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_distances_come_whichever_run_is_first(order: str) -> None:
    distances = WeightDistances()
    of = {"A": [1.0, 2.0, 3.0], "B": [1.0, 5.0, 7.0]}
    for run in order:
        for epoch in (0, 1):
            distances.watcher(run)(weights(of[run] if epoch else of["A"], epoch))
        if run == order[0]:
            assert distances.by_epoch == {}
    assert distances.by_epoch == {0: 0.0, 1: 5.0}
    assert not distances._waiting


def test_weights_are_dropped_if_the_other_run_will_not_report_its_own() -> None:
    distances = WeightDistances()
    distances.watcher("A")(weights([1.0], 0))
    distances.watcher("B")(weights([2.0], 0))
    distances.watcher("A")(weights([1.0], 1))
    distances.watcher("B")({"event": "failed", "message": "Enough."})
    distances.watcher("A")(weights([1.0], 2))
    assert not distances._waiting
    assert distances.by_epoch == {0: 1.0}


def test_other_events_are_left_alone() -> None:
    distances = WeightDistances()
    distances.watcher("A")({"event": "epoch", "epoch": 1})
    assert distances.by_epoch == {}


def test_all_epochs_are_reported_where_that_is_affordable() -> None:
    assert epochs_reported(EIGHT_STEPS) == (0, 1, 2)
    assert epochs_reported(Experiment(epochs=100)) == tuple(range(101))


@given(st.integers(1, 100), st.integers(1, 1024))
def test_told_weights_fit_into_the_memory_and_begin_and_end_with_the_training(epochs: int, hidden: int) -> None:
    experiment = Experiment(epochs=epochs, hidden=hidden)
    told = epochs_reported(experiment)
    assert (told[0], told[-1]) == (0, epochs)
    # The last epoch may come on top of evenly spaced ones.
    assert (len(told) - 1) * 4 * experiment.weights <= MAX_BYTES
    assert len({later - earlier for earlier, later in pairwise(told[:-1])}) <= 1


def test_the_distance_by_pixel_is_that_of_its_weights_in_the_first_layer() -> None:
    hidden = 3
    a, b = np.zeros((2, 784 * hidden + 50), np.float32)
    b[5 * hidden : 6 * hidden] = [3, 0, 4]  # of the sixth pixel
    b[784 * hidden :] = 9  # of other layers
    distances = WeightDistances()
    for run, weights in (("A", a), ("B", b)):
        take = distances.watcher(run)
        take({"event": "started", "experiment": {"hidden": hidden}})
        take({"event": "weights", "epoch": 2, "values": pack([weights])})
    (pixels,) = distances.pixels_by_epoch.values()
    assert pixels.dtype == np.float32
    assert pixels[0, 5] == 5.0
    assert np.count_nonzero(pixels) == 1
    assert list(distances.pixels_by_epoch) == [2]
