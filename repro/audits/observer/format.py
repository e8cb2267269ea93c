"""What the audit and its observer say to each other: the configuration on the way in, the trace on the way out.

On the way in: a folder that `Config.way_in` makes stands first on PYTHONPATH. It holds the `sitecustomize` that loads
the observer, and the configuration: no environment variable is of ours.
On the way out: each process that the script is, or starts, writes one file of JSON lines into the trace's folder,
each line flushed at once, because a forked worker may end without notice. The standard library alone is imported.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, TextIO

LINE_LIMIT = 1000
"""How many draws, seeds and births of one line are recorded one by one. After them a record holds many: their count and
one digest."""

LINE_BY_LINE = frozenset({"generators", "tf-generators", "system"})
"""Pins that can be limited to some lines: those that replace entropy where it is taken."""

BETWEEN_THE_RUNS = "\x1f\x1e repro: the second run \x1e\x1f"
"""Printed, on standard output and on standard error, between two runs in one process."""


def again_script() -> Path:
    """The script to start in place of a person's own if that is to run twice in one process: `python FILE SCRIPT
    ARGUMENT…`. Its second run writes into `Config.again`."""
    return Path(__file__).with_name("twice.py")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The seeding lines, each a file and a line, whose values are moved together, and by how much; None: they are
    switched off, as if each were given None in place of its value."""

    lines: tuple[tuple[str, int], ...]
    by: int | None = 1


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the observer of one run is to do.

    `trace` is the folder for the trace. `folder` is the script's folder, as the run sees it, and `script` the absolute
    path of the script in it: files below `folder`, and below the one that the script lies in if it is a link, are the
    person's own. `steps`: end the script after so
    many training steps. `pins`: names of `sources.SOURCES`; the pin `clock` also needs `values`: the `seed` records
    of run A, whose values run B is given. `lines`: those, as (file, line), to which the pins of `LINE_BY_LINE` are
    limited; none means all. `again`: the trace's folder of the second run if the script runs twice in one process.
    `readings`: the trace's folder of the run whose readings this one is given; `shift`: moved by so many seconds, and
    stretched by a thousandth; `ids`: with the names that it made up. `linked`: the files in `folder`, by their relative
    paths, that are links to the person's own.
    `another`: which of several values the pins give. `free`: a line, as (file, line), whose draws no pin holds, while
    those of all other lines are what they would be without it. `hooks`: the files of modules that watch more sources.
    `look`: look at the values of the person's own lines. `variables`: the environment variables whose values at the end
    are recorded, with what libraries say of themselves then.
    """

    trace: str
    folder: str
    script: str
    steps: int | None = None
    pins: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    values: tuple[dict[str, Any], ...] = ()
    moved: Moved | None = None
    again: str | None = None
    linked: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    readings: str | None = None
    shift: float | None = None
    ids: bool = False
    look: bool = False
    another: int = 0
    free: tuple[str, int] | None = None
    variables: tuple[str, ...] | None = None

    def way_in(self, folder: Path) -> Path:
        """Make a folder that is to stand first on PYTHONPATH: its `sitecustomize` loads the observer."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).with_name("hook") / "sitecustomize.py", folder)
        told = {**asdict(self), "audits": str(Path(__file__).resolve().parents[1])}
        (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
        return folder

    @classmethod
    def read(cls, folder: Path) -> "Config":
        """The configuration in a folder that `way_in` has made."""
        data = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        del data["audits"]
        data["pins"] = tuple(data["pins"])
        data["lines"] = tuple((file, line) for file, line in data["lines"])
        data["values"] = tuple(data["values"])
        data["linked"], data["hooks"] = tuple(data["linked"]), tuple(data["hooks"])
        data["free"] = tuple(data["free"]) if data["free"] else None
        data["variables"] = None if data["variables"] is None else tuple(data["variables"])
        if data["moved"]:
            data["moved"] = Moved(
                lines=tuple((file, line) for file, line in data["moved"]["lines"]), by=data["moved"]["by"]
            )
        return cls(**data)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A line of the person's: `file` relative to the script's folder, `line` from 1, `function` ("<module>" outside
    of any), `code` the stripped text of the line. It is the innermost such line when something happened below it."""

    file: str
    line: int
    function: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """One line of a trace. `n` counts the records of one process from 0, so it gives their order in time; `thread` is
    "main" or "other", and no name: threads are numbered differently in each run."""

    kind: ClassVar[str] = ""
    n: int = -1
    thread: str = "main"

    def to_json(self) -> dict[str, Any]:
        data = {"kind": self.kind, **vars(self)}
        if data.get("site") is not None:
            data["site"] = dict(vars(data["site"]))
        return data


@dataclass(frozen=True, kw_only=True)
class Process(Record):
    """The first record of a process. `main` is whether it is the script's own. `versions` holds "python" alone: see
    `Version` for the others."""

    kind: ClassVar[str] = "process"
    pid: int
    main: bool
    versions: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Version(Record):
    """A library was imported: "numpy", "tensorflow", "keras", and its version."""

    kind: ClassVar[str] = "version"
    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Hook(Record):
    """A hook was tried. `source` is a name of `sources.SOURCES`, or "steps", "weights"; where it is not `active`,
    `why` gives the reason, and what it would have seen is "not watched"."""

    kind: ClassVar[str] = "hook"
    name: str
    source: str
    active: bool
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unpinned(Record):
    """A pin could not be set, and why. The script continues without it."""

    kind: ClassVar[str] = "unpinned"
    pin: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Seed(Record):
    """A call set a generator.

    `source` is what it sets, one record for each: `keras.utils.set_random_seed` leaves three. `site` is null if
    a library did it without a line of the person's above it. `what` names the function, `library` the function of a
    library that the person's line called and that set the generator on its own account, such as
    "keras.utils.split_dataset". `level`: "global" for a global generator, "own" for a generator object, "op" for the
    `seed=` of an operation, a layer or an initializer. `value` is an integer, text, a list of integers, or null for
    what cannot be written down. `derived` is the number of the unseeded draw whose value this is, if it is one:
    such a generator only received what another one drew. `clock` names a reading ("time.time", "os.getpid")
    that the same line of the person's, or one before it, made last. `occurrence` counts from 0 by (source, site,
    what). `moved`: the value was moved. Of a line that does so often, a record after
    the first `LINE_LIMIT` holds many: `count` calls, the first of which is `occurrence`, and one digest of the values.
    """

    kind: ClassVar[str] = "seed"
    source: str
    site: Site | None
    what: str
    library: str | None = None
    level: str = "global"
    value: Any = None
    generator: int | None = None
    derived: int | None = None
    clock: str | None = None
    occurrence: int = 0
    moved: bool = False
    count: int = 1
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Birth(Record):
    """A generator was made, or set, without a seed: it took entropy from the operating system. After the first
    `LINE_LIMIT` of a line a record holds `count` of them. `takes`: as of a draw."""

    kind: ClassVar[str] = "birth"
    source: str
    site: Site | None
    what: str
    generator: int | None = None
    occurrence: int = 0
    count: int = 1
    takes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Draw(Record):
    """Numbers were drawn: `count` draws, the first of which is `occurrence` (from 0, by (source, site, what,
    thread)), and one digest of all of them.

    `seeded` is whether something set the generator: for TensorFlow's operations whether they have a seed, for
    `system` never. `origin` is the number of the `seed` or `birth` record that set the generator last. `what` names
    the function that drew, the caller's if that says more ("shuffle"). `importing`: it happened while a module
    was being imported. Where `digest` is empty the numbers were not seen: an operation of TensorFlow's drew them, and
    the digest of a seeded one is that of its two seeds.
    """

    kind: ClassVar[str] = "draw"
    source: str
    site: Site | None
    what: str
    seeded: bool
    origin: int | None = None
    occurrence: int = 0
    count: int = 1
    digest: str = ""
    importing: bool = False
    takes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Race(Record):
    """Something whose order is not fixed was set up: what it is in words, and whether what runs there draws at random
    or is code of the person's. It makes the pin `source` ("order", "arithmetic") a suspect, no more."""

    kind: ClassVar[str] = "race"
    source: str
    site: Site | None
    what: str
    random: list[str] = field(default_factory=list)
    occurrence: int = 0
    remedy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Read(Record):
    """A clock, a process id, memory or the machine was read: "time.time", "time.time_ns", "os.getpid"; by a line of
    the person's, or by the function of a `library` that it called."""

    kind: ClassVar[str] = "read"
    site: Site | None
    what: str
    occurrence: int = 0
    library: str | None = None


@dataclass(frozen=True, kw_only=True)
class Variable(Record):
    """A variable was made: its initial value's digest, null if a graph makes it later, and how many `different` numbers
    are among the first 64 of it. `occurrence` by site."""

    kind: ClassVar[str] = "variable"
    site: Site | None
    shape: list[int]
    dtype: str
    trainable: bool
    digest: str | None
    different: int = 0
    occurrence: int = 0


@dataclass(frozen=True, kw_only=True)
class Training(Record):
    """A training began. `number` counts from 0. `how` is "fit" or "loop". `weights` is the SHA-256 of the weights
    before its first step, in the order of the model; if its first step made them, of the digests of the values that
    they were made with; null if those were not seen."""

    kind: ClassVar[str] = "training"
    number: int
    how: str
    site: Site | None
    weights: str | None


@dataclass(frozen=True, kw_only=True)
class Step(Record):
    """`count` training steps, the first of which is `step` (from 0, in this training); `total` is the steps of the
    process before it.

    `batch`, `before`, `loss`, `after` are fingerprints of the batch, of the weights before, of the loss's raw bits
    and of the weights after; any of them is null if it could not be taken, and `why` says which and why. `value` is
    the loss as a number, for people. `site` is the person's line that made the step: `fit`, a call, `apply_gradients`.
    """

    kind: ClassVar[str] = "step"
    training: int
    step: int
    total: int
    count: int
    site: Site | None
    batch: str | None
    before: str | None
    loss: str | None
    after: str | None
    value: float | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class EndOfTraining(Record):
    """A training ended: its steps, and the SHA-256 of the trainable weights then. A loop of the person's own ends
    where another training begins or the script ends."""

    kind: ClassVar[str] = "end_of_training"
    number: int
    steps: int
    weights: str | None


@dataclass(frozen=True, kw_only=True)
class File(Record):
    """A file below the script's folder was read, written or listed: its path relative to that folder, a digest of
    what was there (for a listing: of the names in their order), null for a file over 64 MB or one being written."""

    kind: ClassVar[str] = "file"
    action: str
    path: str
    site: Site | None
    digest: str | None
    occurrence: int = 0


@dataclass(frozen=True, kw_only=True)
class Value(Record):
    """A line of the person's has ended, for the `visit`-th time, from 1, of the main thread or of all others.

    `names` are those that stand in it and have a digest, the ones that it sets first; a value that the line returned
    stands before them. Each is a list: the name; the digest of its value; the value in a few characters; whether all
    of it was read; and, as lists of a path such as "['loss']", a digest and a few characters, some of its parts.
    """

    kind: ClassVar[str] = "value"
    site: Site
    visit: int
    names: list[list[Any]]


@dataclass(frozen=True, kw_only=True)
class Conditions(Record):
    """What held at the end of the script's own process: the values of the environment variables that were asked for,
    null for one that is not set; the libraries that it had imported, and their versions; the number of `threads` within
    an operation that each of them says it has, 0 for as many as there are cores; and whether TensorFlow's op
    determinism is on, null where that is not known."""

    kind: ClassVar[str] = "conditions"
    variables: dict[str, str | None]
    imported: dict[str, str]
    threads: dict[str, int]
    determinism: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Failed(Record):
    """An exception that nothing caught ended the process, or `sys.exit` with words: the error in a line, and the
    person's innermost line in its traceback."""

    kind: ClassVar[str] = "failed"
    error: str
    site: Site | None = None


@dataclass(frozen=True, kw_only=True)
class End(Record):
    """The last record of a process that ended in order, with the addresses of its `memory`, each as the first and the
    one after the last."""

    kind: ClassVar[str] = "end"
    memory: list[list[int]] = field(default_factory=list)


RECORDS: dict[str, type[Record]] = {
    record.kind: record
    for record in (
        Process,
        Version,
        Hook,
        Unpinned,
        Seed,
        Birth,
        Draw,
        Race,
        Read,
        Variable,
        Training,
        Step,
        EndOfTraining,
        File,
        Value,
        Conditions,
        Failed,
        End,
    )
}


def parse(line: str) -> Record | None:
    """The record in one line of a trace, or None if the line was cut off or holds none of ours."""
    try:
        data = json.loads(line)
        kind = RECORDS[data.pop("kind")]
        if data.get("site"):
            data["site"] = Site(**data["site"])
        known = {field.name for field in fields(kind)}
        return kind(**{name: value for name, value in data.items() if name in known})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def records(lines: TextIO) -> Iterator[Record]:
    """The records of one process, in their order in time."""
    for line in lines:
        if (record := parse(line)) is not None:
            yield record
