"""What one run reported: the records of its processes, read while they are written."""

import base64
import contextlib
import json
import math
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from repro.audits.comparison.moved import STRETCH
from repro.audits.observer.format import (
    Birth,
    Conditions,
    Draw,
    End,
    EndOfTraining,
    Failed,
    Hook,
    Process,
    Read,
    Record,
    Seed,
    Site,
    Step,
    Training,
    Unpinned,
    Version,
    parse,
)

ID, TEMPORARY = "id", "temporary name"  # as the observer calls what a run makes up (observer/readings.py)
OF_THE_DAY = ("time.time", "time.localtime", "time.gmtime", "time.ctime", "time.strftime", "time.asctime", "datetime.")
OWN = "own "
MAX_IDS = 200

R = TypeVar("R", bound=Record)


@dataclass
class _File:
    """The trace of one process, and how far it has been read."""

    path: Path
    read: int = 0
    rest: bytes = b""
    records: list[Record] = field(default_factory=list)

    def read_on(self) -> None:
        with self.path.open("rb") as stream:
            stream.seek(self.read)
            new = stream.read()
        self.read += len(new)
        *whole, self.rest = (self.rest + new).split(b"\n")
        for line in whole:
            record = parse(line.decode("utf-8", errors="replace"))
            if record is not None:
                self.records.append(record)


class Trace:
    """The trace in a folder: `main` are the records of the script's own process, `others` those of each process that
    it started, in the order in which they began."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[Path, _File] = {}

    def read_on(self) -> "Trace":
        """Read what was written since the last time."""
        for path in sorted(self.folder.glob("*.jsonl")):
            self._files.setdefault(path, _File(path)).read_on()
        return self

    @classmethod
    def of(cls, *processes: Iterable[Record]) -> "Trace":
        """A trace made of records, those of the main process first."""
        made = cls(Path())
        for number, records in enumerate(processes):
            path = Path(str(number))
            made._files[path] = _File(path, records=list(records))
        return made

    def with_sites(self, moved: Callable[[Site], Site]) -> "Trace":
        """The same, whole, with other lines in the place of its own."""
        made = Trace(self.folder)
        for path, file in self._files.items():
            records = [
                replace(one, site=moved(one.site)) if getattr(one, "site", None) is not None else one  # type: ignore[call-arg, attr-defined]
                for one in file.records
            ]
            made._files[path] = _File(path, file.read, records=records)
        return made

    @property
    def main(self) -> list[Record]:
        """The records of the script's own process, from when it last started a program in its place, if it did; none if
        the observer was not loaded."""
        for file in reversed(self._files.values()):
            if file.records and isinstance(file.records[0], Process) and file.records[0].main:
                return file.records
        return []

    @property
    def others(self) -> list[list[Record]]:
        """The records of the processes that it started."""
        main = self.main
        return [file.records for file in self._files.values() if file.records is not main]

    def all(self, kind: type[R]) -> Iterator[R]:
        """The records of one kind, of all processes, those of the main one first."""
        for records in (self.main, *self.others):
            yield from (record for record in records if isinstance(record, kind))

    def of_main(self, kind: type[R]) -> list[R]:
        """The records of one kind of the main process."""
        return [record for record in self.main if isinstance(record, kind)]

    @property
    def observed(self) -> bool:
        """Whether the observer was loaded at all."""
        return bool(self.main)

    @property
    def steps(self) -> int:
        """How many training steps there were."""
        return max((step.total + step.count for step in self.of_main(Step)), default=0)

    @property
    def final_weights(self) -> str | None:
        """The digest of the weights at the end of the last training; None if there were none."""
        return next((end.weights for end in reversed(self.of_main(EndOfTraining)) if end.weights), None)

    @property
    def trained(self) -> bool:
        """Whether a training was seen."""
        return bool(self.of_main(Step)) or any(one.weights for one in self.of_main(Training))

    @property
    def draws(self) -> dict[str, int]:
        """How many draws there were, by source."""
        found: dict[str, int] = {}
        for draw in self.all(Draw):
            found[draw.source] = found.get(draw.source, 0) + draw.count
        return found

    @property
    def active(self) -> list[str]:
        """The hooks that were active."""
        return sorted({hook.name for hook in self.all(Hook) if hook.active})

    @property
    def readings(self) -> list[Read]:
        """The readings of a clock or a process id that lines of the person's made."""
        return [read for read in self.all(Read) if read.site is not None and read.library is None]

    @property
    def unseeded(self) -> set[str]:
        """The sources that lines of the person's drew from unseeded."""
        drawn = {draw.source for draw in self.all(Draw) if not (draw.seeded or draw.importing or draw.site is None)}
        return drawn | {birth.source for birth in self.all(Birth) if birth.site is not None}

    @cached_property
    def values(self) -> Mapping[str, list[Any]]:
        """All that was read of clock, ids and machine, by what was read, in its order; what lines of the person's read
        with `OWN` before it as well."""
        found: dict[str, list[Any]] = {}
        for path in sorted(self.folder.glob("readings-*.jsonl")):
            what: dict[str, str] = {}
            own: dict[str, bool] = {}
            with path.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    with contextlib.suppress(ValueError, KeyError, IndexError, TypeError):
                        if line.startswith("["):
                            number, at = json.loads(line)
                            what[str(number)] = at[3]
                            own[str(number)] = not at[0].startswith(("/", "<"))
                        else:
                            number, _, value = line.partition(" ")
                            found.setdefault(what[number], []).append(json.loads(value))
                            if own[number]:
                                found.setdefault(OWN + what[number], []).append(json.loads(value))
        return found

    @property
    def ids(self) -> list[str]:
        """The names that its processes made up, in the ways in which they are written."""
        found = self.temporary[:MAX_IDS]
        for text in self.values.get(ID, [])[:MAX_IDS]:
            found.append(text)
            if re.fullmatch("[0-9a-f]{32}", text):
                made = uuid.UUID(text, version=4)
                found += [made.hex, str(made), str(made.int), base64.urlsafe_b64encode(bytes.fromhex(text)).decode()]
        return found

    @property
    def temporary(self) -> list[str]:
        """The names that `tempfile` made up, or a part of each."""
        return [str(name) for name in self.values.get(TEMPORARY, [])]

    @property
    def times_of_the_day(self) -> list[float]:
        """The times of the day that were read, in seconds since 1970."""
        found: list[float] = []
        for what, values in self.values.items():
            if what.startswith(OF_THE_DAY):
                scale = 1e9 if "_ns" in what else 1e6 if what.startswith("datetime.") else 1.0
                found += [value / scale for value in values if isinstance(value, int | float)]
        return found

    @property
    def precision(self) -> float:
        """By which part of itself a time between two readings of the person's may be stretched otherwise than by a
        thousandth: see `repro.audits.observer.readings.stretched`."""
        found = 0.0
        for what in [what.removeprefix(OWN) for what in self.values if what.startswith(OWN)]:
            for a, b in pairwise(sorted({value for value in self.values[what] if isinstance(value, int | float)})):
                units = (b - a) / (1 if isinstance(b, int) else math.ulp(b))
                found = max(found, STRETCH if units < 0.5 / STRETCH else 0.5 / units)
        return found

    @property
    def memory(self) -> list[tuple[int, int]]:
        """The addresses of its processes' memory."""
        return [(low, high) for end in self.all(End) for low, high in end.memory]

    @property
    def processes(self) -> set[int]:
        """The ids of the script's process and of those that it started."""
        return {process.pid for process in self.all(Process)}

    @property
    def conditions(self) -> Conditions | None:
        """What held at its end, if that was asked for."""
        return next(iter(self.of_main(Conditions)), None)

    @property
    def unwatched(self) -> list[Hook]:
        """The hooks that were not, in the main process."""
        return [hook for hook in self.of_main(Hook) if not hook.active]

    @property
    def unpinned(self) -> list[Unpinned]:
        """The pins that could not be set."""
        return list(self.all(Unpinned))

    @property
    def versions(self) -> dict[str, str]:
        """The versions of Python and of the libraries that were imported."""
        found = dict(self.main[0].versions) if self.main and isinstance(self.main[0], Process) else {}
        return found | {version.name: version.version for version in self.of_main(Version)}

    @property
    def failure(self) -> Failed | None:
        """What ended the script as a failure."""
        return next(iter(reversed(self.of_main(Failed))), None)

    @property
    def ended(self) -> bool:
        """Whether the main process ended in order."""
        return bool(self.of_main(End))

    def origin(self, draw: Draw) -> Seed | Birth | None:
        """What set the generator of a draw last, if it was in the same process."""
        if draw.origin is None:
            return None
        records = next((records for records in (self.main, *self.others) if draw in records), [])
        return next((one for one in records if one.n == draw.origin and isinstance(one, Seed | Birth)), None)


def where(site: Site | None) -> tuple[str, int] | None:
    """A line of the person's, as a key."""
    return None if site is None else (site.file, site.line)
