"""The table of sources: another one is a row, and a module that watches and pins it."""

from pathlib import Path

import pytest
from audited import audited

from repro.audits import sources
from repro.audits.report import words
from repro.audits.sources import SOURCES, Kind, Source

# A module of the person's with a generator of its own, which nothing else would see.
DICE = """
import _random
_own = _random.Random()
def throw():
    return _own.random()
"""
HOOK = '''
"""Watches and pins the dice of a module `dice`."""


def hook(observer):
    observer.hook("dice.throw", "dice", lambda: observer.finder.add("dice", lambda dice: replace(observer, dice)))


def replace(observer, dice):
    original = dice.throw

    def throw():
        line = observer.line("dice", "dice.throw", 1)
        value = line.count / 10 if "dice" in observer.pins else original()
        observer.trace.draw(line, hash(value), False, None)
        return value

    dice.throw = throw
'''


def test_another_source_is_a_row_and_a_module_and_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = tmp_path / "watched_dice.py"
    hook.write_text(HOOK)
    row = Source(
        name="dice",
        kind=Kind.SEED,
        title="the dice of the game",
        draws="dice that are thrown",
        pinned="they fall in turn",
        advice="Throw no dice {where}.",
        hook=hook,
    )
    monkeypatch.setitem(sources.SOURCES, "dice", row)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "dice.py").write_text(DICE)
    result = audited(tmp_path, "import random\nfrom dice import throw\nrandom.seed(1)\nprint(throw(), throw())\n")
    assert not result.repeats
    assert result.sufficient == (("dice",),)
    assert result.first_difference is not None
    assert (result.first_difference.source, result.first_difference.line) == ("dice", 4)
    assert [advice.words for advice in result.advice] == ["Throw no dice before line 4."]
    assert "the dice of the game" in words.verdict(result)


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_each_row_says_what_it_is(source: Source) -> None:
    assert source.title[0].islower() or source.title.startswith(("Python", "NumPy", "TensorFlow", "PyTorch", "JAX"))
    assert not source.title.endswith(".")
    assert source.advice.endswith(".")
