"""Experiments and histories to test with, and how tests wait for runs and read refusals."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from repro.engine.run import Run
from repro.experiment.errors import ReproError
from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.history.events import Event
from repro.history.history import History

SMALL = Experiment(images=650, epochs=2)  # 42 steps; the last batch of each epoch holds 10 images only
LONG = Experiment(images=60_000, epochs=100)  # more than any test waits for
EIGHT_STEPS = Experiment(images=8, batch_size=2, epochs=2)
TIMEOUT = 180.0  # seconds, of a machine that others keep busy, too


def history(experiment: Experiment = EIGHT_STEPS, *, steps_done: int | None = None, **changes: Any) -> History:
    """A history whose numbers are the same at every call, but for `changes`; finished, unless `steps_done` is given."""
    made = History(experiment, initial_weights="1a", steps_done=experiment.total_steps)
    if steps_done is None:
        made.batch_order, made.final_weights, made.predictions = "2b", "3c", "7210"
    else:
        made.steps_done = steps_done
    numbers = np.random.RandomState(0)
    done = slice(made.steps_done)
    made.loss[done] = numbers.uniform(0, 3, experiment.total_steps)[done]
    made.accuracy[done] = numbers.uniform(0, 1, experiment.total_steps)[done]
    made.batch[done] = numbers.randint(0, 2**53, experiment.total_steps)[done]
    made.weights[done] = numbers.randint(0, 2**53, experiment.total_steps)[done]
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Any experiment that is valid."""
    images = draw(st.integers(1, 60_000))
    batch_size = draw(st.integers(1, images))
    steps_per_epoch = -(-images // batch_size)
    return Experiment(
        seed=draw(st.integers(0, 2**32 - 1)),
        steps=tuple(name for name in SEEDING_STEPS if draw(st.booleans())),
        epochs=draw(st.integers(1, min(100, 1_000_000 // steps_per_epoch))),
        batch_size=batch_size,
        images=images,
        hidden=draw(st.integers(1, 1024)),
        learning_rate=draw(st.floats(1e-37, 10)),
        dropout=draw(st.floats(0, 1, exclude_max=True)),
    )


def refusal(call: Callable[[], object]) -> str:
    """The message of the error of ours that `call` raises, which must be one line."""
    with pytest.raises(ReproError, match=r"\A[^\n]+\Z") as caught:
        call()
    return str(caught.value)


def wait_until(condition: Callable[[], object]) -> None:
    """Returns as soon as `condition` holds; fails if it does not hold in time."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def finish(run: Run) -> History:
    """The history of `run`, which must reach its end."""
    assert run.join(TIMEOUT)
    assert run.failure is None
    assert run.finished
    assert run.history.finished
    return run.history


def steps_event(first: int, count: int, **changes: Any) -> Event:
    """An event of `count` steps, as a worker sends it."""
    numbers = {name: list(range(first, first + count)) for name in ("loss", "accuracy", "batch", "weights")}
    return {"event": "steps", "first": first} | numbers | changes
