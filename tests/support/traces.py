"""Made-up traces, for tests of what is made of them."""

from typing import Any

from repro.audits.causes.search import Found
from repro.audits.comparison.trace import Trace
from repro.audits.observer.format import (
    Birth,
    Draw,
    EndOfTraining,
    File,
    Process,
    Race,
    Read,
    Record,
    Seed,
    Site,
    Step,
    Training,
)


def site(line: int, function: str = "<module>") -> Site:
    return Site(file="train.py", line=line, function=function, code=f"line_{line}()")


def process(main: bool = True) -> Process:
    return Process(pid=1, main=main, versions={"python": "3.11.7"})


def trace(*records: Record, others: tuple[tuple[Record, ...], ...] = ()) -> Trace:
    """A trace of one process, whose records are numbered in their order, and of those that it started."""

    def numbered(some: tuple[Record, ...]) -> list[Record]:
        return [type(one)(**{**one.__dict__, "n": number}) for number, one in enumerate(some)]

    return Trace.of(numbered((process(), *records)), *(numbered((process(main=False), *one)) for one in others))


def seed(line: int, value: Any, source: str = "numpy", **other: Any) -> Seed:
    return Seed(source=source, site=site(line), what="seed", value=value, **other)


def draw(line: int | None, digest: str, source: str = "numpy", *, seeded: bool = True, **other: Any) -> Draw:
    where = None if line is None else site(line)
    return Draw(source=source, site=where, what="rand", seeded=seeded, digest=digest, **other)


def birth(line: int, source: str = "generators") -> Birth:
    return Birth(source=source, site=site(line), what="default_rng")


def training(weights: str | None = "w", number: int = 0) -> Training:
    return Training(number=number, how="fit", site=site(30), weights=weights)


def steps(*parts: tuple[str, str, str], number: int = 0, before: str = "w") -> tuple[Step, ...]:
    """Steps of a training: the batch, the loss and the weights after each."""
    made = []
    for at, (batch, loss, after) in enumerate(parts):
        made.append(
            Step(
                training=number,
                step=at,
                total=at,
                count=1,
                site=site(31),
                batch=batch,
                before=before,
                loss=loss,
                after=after,
            )
        )
        before = after
    return tuple(made)


def end(weights: str, number: int = 0, count: int = 1) -> EndOfTraining:
    return EndOfTraining(number=number, steps=count, weights=weights)


def race(line: int, source: str = "order", *random: str) -> Race:
    return Race(source=source, site=site(line), what="map", random=list(random))


def read(line: int, what: str = "time.time") -> Read:
    return Read(site=site(line), what=what)


def file(path: str, digest: str, action: str = "read", line: int = 5) -> File:
    return File(action=action, path=path, site=site(line), digest=digest)


A_STEP = (training(), *steps(("b", "l", "w")))
ANOTHER_STEP = (training(), *steps(("c", "m", "x")))


def found(*pins: str) -> Found:
    """What a search found: a smallest set, or none."""
    return Found(frozenset(pins) or None, None, ())
