"""JAX under observation, with the interpreter that REPRO_PYTHON_LIBRARIES names: it has JAX."""

import os
from pathlib import Path

import pytest
from audited import audited
from watching import run

from repro.audits.observer.format import Draw, Hook, Seed
from repro.audits.report import words

PYTHON = os.environ.get("REPRO_PYTHON_LIBRARIES", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="REPRO_PYTHON_LIBRARIES names no interpreter that has JAX")

TRAINS = """
import hashlib
import jax
import jax.numpy as jnp
import numpy as np

key = jax.random.key(0)
w = jax.random.normal(key, (10, 4))
b = jax.random.normal(jax.random.split(key)[0], (4,))
x = jnp.linspace(-1, 1, 80).reshape(8, 10)


@jax.jit
def step(w, key):
    mask = jax.random.bernoulli(key, 0.8, x.shape)
    return w - 0.1 * jax.grad(lambda w: jnp.mean((x * mask @ w + b) ** 2))(w)


for number in range(5):
    w = step(w, jax.random.fold_in(key, number))
print(hashlib.sha256(np.asarray(w).tobytes()).hexdigest())
"""


def test_no_bit_is_another_one_and_keys_are_seen(tmp_path: Path) -> None:
    watched = run(tmp_path / "a", TRAINS.lstrip(), python=PYTHON)
    plain = run(tmp_path / "b", TRAINS.lstrip(), python=PYTHON, observed=False)
    assert (watched.status, watched.out, watched.err) == (0, plain.out, plain.err)
    assert not [hook for hook in watched.all(Hook, active=False) if "jax" in hook.name]
    assert [(seed.site.line, seed.value) for seed in watched.all(Seed, source="jax")] == [(6, 0)]
    draws = watched.all(Draw, source="jax")
    assert {(draw.site.line, draw.what) for draw in draws} == {(7, "jax.random.normal"), (8, "jax.random.normal")}
    assert len({draw.digest for draw in draws}) == 2


def test_an_audit_knows_the_value_of_a_key(tmp_path: Path) -> None:
    result = audited(tmp_path, TRAINS, python=PYTHON)
    assert result.repeats
    assert [(line.line, line.sets, line.matters) for line in result.seeding] == [(6, ("jax",), True)]
    assert result.repeated_inside == ()
    assert "sets no seed" not in "\n".join(words.lines(result))


def test_a_key_from_the_clock_is_the_cause_and_one_used_twice_is_told(tmp_path: Path) -> None:
    script = TRAINS.replace("key(0)", "key(time.time_ns() % 2**31)").replace("import hashlib", "import hashlib, time")
    script = script.replace("jax.random.split(key)[0], (4,)", "key, (10, 4)").replace("+ b)", "+ b.sum())")
    result = audited(tmp_path, script, python=PYTHON)
    assert not result.repeats
    assert result.sufficient == (("clock",),)
    assert result.first_difference is not None
    assert result.first_difference.line == 6
    assert [(one.kind, one.line, one.times) for one in result.repeated_inside] == [("key", 8, 2)]
    assert result.patch is not None
    assert "+key = jax.random.key(42)" in result.patch.diff
    assert result.patch.repeats
