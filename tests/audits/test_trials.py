"""Which seeding line makes a run repeat numbers inside of itself, found by switching each off."""

from pathlib import Path

from audited import audited

from repro.audits.report.facts import Repeated

RESEEDED = """
import random

def sample():
    random.seed(7)
    return random.random()

random.seed(3)
print(random.random(), [sample() for _ in range(3)])
"""
FORKED = """
import multiprocessing
import numpy as np

def work(told):
    told.put(np.random.rand())

np.random.seed(1)
context = multiprocessing.get_context("fork")
told = context.Queue()
workers = [context.Process(target=work, args=(told,)) for _ in range(2)]
for worker in workers:
    worker.start()
print([told.get() for _ in workers])
for worker in workers:
    worker.join()
"""


def repeated(folder: Path, text: str) -> tuple[Repeated, str]:
    """The only thing that a script repeats, and the sentence about it."""
    result = audited(folder, text)
    (found,) = result.repeated_inside
    assert result.repeats
    (sentence,) = [line for line in str(result).splitlines() if found.what in line]
    return found, sentence.partition(found.what)[2]


def test_the_line_without_which_it_does_not_repeat_is_named(tmp_path: Path) -> None:
    found, sentence = repeated(tmp_path, RESEEDED)
    assert (found.kind, found.seeded_by) == ("reseeded", (("train.py", 4),))
    assert sentence == ". With line 4 switched off it did not repeat."


def test_what_repeats_without_any_seed_is_said_to(tmp_path: Path) -> None:
    found, sentence = repeated(tmp_path, FORKED)
    assert (found.kind, found.seeded_by) == ("processes", ())
    assert sentence == ". It did so too with each seeding line switched off by itself."


def test_of_a_script_that_does_not_repeat_nothing_is_switched_off(tmp_path: Path) -> None:
    result = audited(tmp_path, RESEEDED.replace("random.seed(3)", "random.seed()"))
    (found,) = result.repeated_inside
    assert (result.repeats, found.kind, found.seeded_by) == (False, "reseeded", None)


def test_without_causes_nothing_is_switched_off(tmp_path: Path) -> None:
    (found,) = audited(tmp_path, RESEEDED, causes=False).repeated_inside
    assert found.seeded_by is None
