"""What one run reported: the records of its processes, read while they are written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from repro.audits.observer.format import (
    Birth,
    Draw,
    End,
    EndOfTraining,
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
        self._folder = folder
        self._files: dict[Path, _File] = {}

    def read_on(self) -> "Trace":
        """Reads what was written since the last time."""
        for path in sorted(self._folder.glob("*.jsonl")):
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
        return [read for read in self.all(Read) if read.site is not None]

    @property
    def unseeded(self) -> set[str]:
        """The sources that lines of the person's drew from unseeded."""
        drawn = {draw.source for draw in self.all(Draw) if not (draw.seeded or draw.importing or draw.site is None)}
        return drawn | {birth.source for birth in self.all(Birth) if birth.site is not None}

    @property
    def processes(self) -> set[int]:
        """The ids of the script's process and of those that it started."""
        return {process.pid for process in self.all(Process)}

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
