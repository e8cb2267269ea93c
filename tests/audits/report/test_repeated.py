"""What repeats inside of a run: each kind on made-up traces, on real scripts, and never where it is meant."""

from pathlib import Path
from typing import Any

import pytest
from traces import seed, site, trace
from watching import run

from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import Draw, Moved, Seed, Step, Training, Variable
from repro.audits.report.repeated import repeated_inside


def fit(batches: str, *, shuffles: bool = True) -> Trace:
    """A `fit` in line 7 whose batches are these letters."""
    drawn = Draw(source="tensorflow", site=site(7), what="tensorflow.random_shuffle", seeded=True)
    steps = [
        Step(training=0, step=n, total=n, count=1, site=site(7), batch=batch, before=None, loss=None, after=None)
        for n, batch in enumerate(batches)
    ]
    return trace(*([drawn] if shuffles else []), Training(number=0, how="fit", site=site(7), weights=None), *steps)


def test_epochs_that_all_took_one_order_are_told() -> None:
    (found,) = repeated_inside(fit("abcdeabcdeabcde"))
    assert (found.kind, found.times, found.line) == ("order", 3, 7)
    assert found.what == "all 3 epochs took the same 5 batches in the same order, although it shuffles them"


@pytest.mark.parametrize(
    "batches",
    [
        "abcdebacde",  # another order
        "abcdeabcdf",  # another batch at the end
        "abcdeabc",  # it ended within an epoch
        "abcde",  # one epoch
        "abcdabcd",  # few batches can be in one order by chance
        "aaaaaaaaaa",  # equal batches have no order
        "",
    ],
)
def test_other_orders_are_not(batches: str) -> None:
    assert repeated_inside(fit(batches)) == []


def test_epochs_that_are_not_shuffled_are_meant_to_repeat() -> None:
    assert repeated_inside(fit("abcdeabcde", shuffles=False)) == []


def draw(line: int, origin: int | None, digest: str, source: str = "numpy") -> Draw:
    return Draw(source=source, site=site(line), what="rand", seeded=True, origin=origin, digest=digest)


def test_a_line_that_sets_one_value_again_and_again_is_told() -> None:
    made = trace(seed(3, 5), draw(4, 1, "aa"), seed(3, 5), draw(4, 3, "aa"))
    (found,) = repeated_inside(made)
    assert (found.kind, found.times, found.line) == ("reseeded", 2, 3)


@pytest.mark.parametrize(
    "records",
    [
        (seed(3, 5), draw(4, 1, "aa"), seed(3, 6), draw(4, 3, "bb")),  # other values
        (seed(3, 5), draw(4, 1, "aa"), seed(8, 5), draw(4, 3, "aa")),  # two lines, as at two starts
        (seed(3, 5), draw(4, 1, "aa"), seed(3, 5), draw(4, 3, "bb")),  # other numbers
        (seed(3, 5), seed(3, 5), draw(4, 2, "aa")),  # nothing drawn after the first
        (seed(3, 5), draw(4, 1, "aa"), draw(4, 1, "aa")),
    ],
)
def test_a_line_that_does_not_is_not(records: tuple[Any, ...]) -> None:
    assert repeated_inside(trace(*records)) == []


def variable(line: int, digest: str, different: int = 64) -> Variable:
    return Variable(site=site(line), shape=[8, 8], dtype="float32", trainable=True, digest=digest, different=different)


def test_variables_that_start_equal_are_told() -> None:
    op_seed = seed(2, 1, source="python", level="op")
    (found,) = repeated_inside(trace(op_seed, variable(5, "aa"), variable(5, "bb"), variable(6, "aa")))
    assert (found.kind, found.times, found.line) == ("start", 2, 6)
    assert found.what == "2 variables, float32 [8, 8], start with the same numbers"


@pytest.mark.parametrize(
    "records",
    [
        (variable(5, "aa", different=1), variable(6, "aa", different=1)),  # zeros
        (variable(5, "aa", different=2), variable(6, "aa", different=2)),  # identities
        (variable(5, "aa"), seed(3, 1), variable(5, "aa")),  # seeded anew, to start equal
        (seed(4, 1, level="op"), variable(5, "aa"), seed(4, 1, level="op"), variable(5, "aa")),  # built twice
    ],
)
def test_variables_that_are_meant_to_are_not(records: tuple[Any, ...]) -> None:
    assert repeated_inside(trace(*records)) == []


def test_processes_that_drew_the_same_are_told() -> None:
    alike, other = (draw(9, None, digest) for digest in ("aa", "bb"))
    (found,) = repeated_inside(trace(others=((alike,), (other,), (alike,))))
    assert (found.kind, found.times, found.line) == ("processes", 2, 9)
    assert repeated_inside(trace(alike, others=((alike,), (other,)))) == []


KERAS = """
import random
import keras, numpy as np, tensorflow as tf
random.seed(1)
{seeding}
x = np.arange(320, dtype="float32").reshape(40, 8) / 320
{initializer}
model = keras.Sequential([
    keras.Input((8,)),
    keras.layers.Dense(8, kernel_initializer={first}),
    keras.layers.Dense(8, kernel_initializer={second}),
])
model.compile("sgd", "mse")
model.fit(x, x, epochs=3, batch_size=8, verbose=0, shuffle={shuffle})
"""
ONE = {"initializer": "made = keras.initializers.GlorotUniform(seed=3)", "first": "made", "second": "made"}
TWO = {"initializer": "", "first": '"glorot_uniform"', "second": '"glorot_uniform"'}
SEEDED, UNSEEDED = {"seeding": "tf.random.set_seed(1)"}, {"seeding": ""}


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        (SEEDED | TWO | {"shuffle": True}, ["order"]),
        (SEEDED | TWO | {"shuffle": False}, []),
        (UNSEEDED | TWO | {"shuffle": True}, []),
        (UNSEEDED | ONE | {"shuffle": True}, ["start"]),
    ],
)
def test_a_keras_script(tmp_path: Path, settings: dict[str, Any], kinds: list[str]) -> None:
    done = run(tmp_path / "script", KERAS.format(**settings))
    assert done.status == 0, done.err
    found = repeated_inside(Trace.of(done.records))
    assert [one.kind for one in found] == kinds


def test_a_seeding_line_that_is_switched_off_leaves_each_epoch_its_own_order(tmp_path: Path) -> None:
    off = Moved(lines=(("train.py", 5),), by=None)
    done = run(tmp_path / "script", KERAS.format(**SEEDED, **TWO, shuffle=True), moved=off)
    assert done.status == 0, done.err
    assert [seed.value for seed in done.all(Seed, moved=True)] == [None]
    assert repeated_inside(Trace.of(done.records)) == []


WORKERS = """
import multiprocessing
import numpy as np
def work(number, told):
    {own}
    told.put(np.random.rand(2).tolist())
if __name__ == "__main__":
    np.random.seed(1)
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    workers = [context.Process(target=work, args=(number, told)) for number in range(2)]
    for worker in workers:
        worker.start()
    drawn = [told.get() for worker in workers]
    for worker in workers:
        worker.join()
    print(drawn[0] == drawn[1])
"""


@pytest.mark.parametrize(("own", "told"), [("pass", True), ("np.random.seed(number)", False)])
def test_a_pool_of_workers(tmp_path: Path, own: str, told: bool) -> None:
    done = run(tmp_path / "script", WORKERS.format(own=own))
    assert done.status == 0, done.err
    parts: list[list[Any]] = []
    for record in done.records:
        if record.kind == "process":
            parts.append([])
        parts[-1].append(record)
    parts.sort(key=lambda part: not part[0].main)
    kinds = {one.kind for one in repeated_inside(Trace.of(*parts))}
    assert ("processes" in kinds) == told
    assert done.out.strip() == str(told)
