"""PyTorch under observation, with the interpreter that REPRO_PYTHON_TORCH names: it has PyTorch, and NumPy."""

import os
from pathlib import Path

import pytest
from audited import audited
from watching import Run, run

from repro.audits.observer.format import Draw, EndOfTraining, Hook, Race, Seed, Step, Training
from repro.audits.report import words

PYTHON = os.environ.get("REPRO_PYTHON_TORCH", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="REPRO_PYTHON_TORCH names no interpreter that has PyTorch")

TRAINS = """
import hashlib
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(64, 10)
model = nn.Sequential(nn.Linear(10, 8), nn.Dropout(0.2), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(2):
    for (batch,) in DataLoader(TensorDataset(x), batch_size=16, shuffle=True):
        loss = model(batch).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
model(x)
digest = hashlib.sha256()
for weight in model.parameters():
    digest.update(weight.detach().numpy().tobytes())
print(digest.hexdigest(), loss.item())
"""

# What wraps, compiles, copies, scripts and replays PyTorch's random operations.
UNUSUAL = """
import copy
import hashlib
import pickle
import threading

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(1)


def put(*tensors):
    for tensor in tensors:
        print(hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest())


@torch.jit.script
def scripted(x):
    return F.dropout(torch.rand_like(x), 0.5, True)


def compiled(x):
    return F.dropout(x * torch.randn(8), 0.5) + torch.rand(8)


class Mine(torch.overrides.TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        print(func is torch.randn)
        return func(*args, **(kwargs or {}))


put(scripted(torch.ones(8)), torch.compile(compiled, backend="eager", fullgraph=True)(torch.ones(8)))
q = torch.randn(5, 2, 8)
put(nn.MultiheadAttention(8, 2, dropout=0.3)(q, q, q)[0], nn.LSTM(8, 8, 2, dropout=0.5)(q)[0])
encoder = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True).eval()
with torch.no_grad():
    put(encoder(torch.randn(8, 5, 16)))  # the quick way
put(torch.compile(encoder, backend="eager", fullgraph=True)(torch.randn(8, 5, 16)))
g = torch.Generator().manual_seed(4)
put(torch.randperm(9, generator=pickle.loads(pickle.dumps(g))), torch.randn(2, generator=copy.deepcopy(g)))
print(isinstance(g, torch.Generator), isinstance(3, torch.Generator))
print(isinstance(torch.default_generator, torch.Generator))
with torch.random.fork_rng():
    put(torch.randn(3))
state = torch.get_rng_state()
put(torch.rand(3))
torch.set_rng_state(state)
put(torch.rand(3))
with Mine():
    put(torch.randn(3))
thread = threading.Thread(target=lambda: put(torch.randn(3)))
thread.start()
thread.join()
torch.set_default_device("meta")
print(torch.randn(3).device)
torch.set_default_device("cpu")
weight = nn.Parameter(torch.randn(5))
optimizer = torch.optim.LBFGS([weight])


def closure():
    optimizer.zero_grad()
    loss = (weight**2).sum()
    loss.backward()
    return loss


optimizer.step(closure)
put(weight, torch.get_rng_state())
"""

WORKERS = """
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor([index + np.random.rand(), random.random(), torch.rand(1).item()])


def seed_worker(worker):
    np.random.seed(torch.initial_seed() % 2**32)


g = torch.Generator()
g.manual_seed(0)
for batch in DataLoader(Noisy(), batch_size=4, num_workers=2, worker_init_fn=seed_worker, generator=g):
    print(batch.sum().item())
"""


def torched(folder: Path, source: str, **how: object) -> Run:
    done = run(folder, source.lstrip(), python=PYTHON, **how)  # type: ignore[arg-type]
    assert done.status == 0, done.err
    return done


@pytest.mark.parametrize("source", [TRAINS, UNUSUAL, WORKERS], ids=["trains", "unusual", "workers"])
def test_no_bit_is_another_one(tmp_path: Path, source: str) -> None:
    watched, plain = torched(tmp_path / "a", source), torched(tmp_path / "b", source, observed=False)
    assert (watched.out, watched.err) == (plain.out, plain.err)
    assert not [hook for hook in watched.all(Hook, active=False) if "torch" in hook.name]


def test_its_seeds_draws_and_steps_are_seen(tmp_path: Path) -> None:
    done = torched(tmp_path / "a", TRAINS)
    assert [(seed.site.line, seed.value, seed.level) for seed in done.all(Seed, source="torch")] == [(6, 0, "global")]
    draws = [draw for draw in done.all(Draw, source="torch") if draw.site is not None]
    assert {draw.site.line for draw in draws} == {7, 8, 11, 12}  # in evaluation, line 17, dropout draws nothing
    assert all(draw.seeded and draw.digest for draw in draws)
    (training,), steps, (end,) = done.all(Training), done.all(Step), done.all(EndOfTraining)
    assert [step.site.line for step in steps] == [15] * 8
    assert end.weights == done.out.split()[0]
    assert training.weights != end.weights
    assert len({step.batch for step in steps}) == len({step.loss for step in steps}) == 8
    assert [step.before for step in steps[1:]] == [step.after for step in steps[:-1]]
    assert steps[-1].value == float(done.out.split()[1])


def test_pinned_it_repeats_and_free_lines_do_not(tmp_path: Path) -> None:
    unseeded = TRAINS.replace("torch.manual_seed(0)", "")
    drawn = torched(tmp_path / "a", unseeded).all(Draw, source="torch")
    assert not any(draw.seeded for draw in drawn)
    pinned = [torched(tmp_path / name, unseeded, pins=("torch",)).out for name in ("b", "c")]
    assert pinned[0] == pinned[1]
    free = [torched(tmp_path / name, unseeded, pins=("torch",), free=("train.py", 12)).out for name in ("d", "e")]
    assert free[0] != free[1]


def test_generators_without_a_fixed_seed_take_one_when_pinned(tmp_path: Path) -> None:
    script = "import torch\ng = torch.Generator()\nprint(g.seed(), torch.seed(), torch.randn(1, generator=g).item())\n"
    bare = [torched(tmp_path / name, script).out for name in ("a", "b")]
    assert bare[0] != bare[1]
    pinned = [torched(tmp_path / name, script, pins=("torch",)).out for name in ("c", "d")]
    assert pinned[0] == pinned[1]


def test_a_worker_passes_on_what_was_drawn_for_it(tmp_path: Path) -> None:
    done = torched(tmp_path / "a", WORKERS)
    own = [seed for seed in done.all(Seed) if seed.derived is None]
    assert [(seed.site.line, seed.what) for seed in own] == [(21, "torch.Generator.manual_seed")]
    assert {draw.source for draw in done.all(Draw) if draw.site is not None} >= {"python", "numpy", "torch"}
    assert all(draw.seeded for draw in done.all(Draw) if draw.site is not None and draw.source != "system")


def test_batches_in_no_order_race(tmp_path: Path) -> None:
    script = WORKERS.replace("generator=g)", "generator=g, in_order=False)")
    (race,) = torched(tmp_path / "a", script).all(Race)
    assert (race.source, race.site.line) == ("order", 22)


def test_an_audit_names_the_line_and_its_change_cures(tmp_path: Path) -> None:
    result = audited(tmp_path, TRAINS.replace("torch.manual_seed(0)\n", ""), python=PYTHON)
    assert not result.repeats
    assert result.sufficient == (("torch",),)
    assert result.first_difference is not None
    assert (result.first_difference.source, result.first_difference.line) == ("torch", 6)
    assert {row.line for row in result.unseeded if row.matters} == {6, 7, 10, 11}
    assert result.patch is not None
    assert "+torch.manual_seed(42)" in result.patch.diff
    assert result.patch.repeats


def test_an_audit_knows_its_seeding_line(tmp_path: Path) -> None:
    result = audited(tmp_path, TRAINS, python=PYTHON)
    assert result.repeats
    assert [(line.line, line.sets, line.matters) for line in result.seeding] == [(6, ("torch",), True)]
    assert result.steps == (8, 8)
    assert result.final_weights[0] is not None
    assert "sets no seed" not in "\n".join(words.lines(result))
