"""Where the runs of an audit take place: fresh copies of the folder that holds a person's script.

The person's own folder is read once, into a snapshot, so that an edit made while the audit runs changes nothing.
"""

import filecmp
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repro.audits import notebook, output
from repro.experiment.errors import InputError

LINKED_FROM = 64 * 2**20  # bytes: larger files are linked, not copied
MOST_FILES = 10_000
MOST_BYTES = 2**30
LEFT_OUT = {".git", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints"}
TEXTS = {".txt", ".csv", ".tsv", ".json", ".jsonl", ".md", ".yaml", ".yml", ".log"}
ARRAYS = {".npy", ".npz"}
MOST_SHOWN = 200_000  # bytes of a script that is shown, and kept with what was found
MADE_UP = re.compile(r"tmp[a-z0-9_]{8}")  # by Python's tempfile, in each run another
TEMPORARY = "(temporary files)"  # stands for their folder
ENVIRONMENT_MARK = "pyvenv.cfg"  # in every virtual environment: PEP 405


@dataclass(frozen=True, kw_only=True)
class Script:
    """A person's script: the `folder` that its runs work in a copy of, the `path` of the script in that folder, and
    its `arguments`, those that name files made absolute. Of a notebook, `cells` gives for each line of the script made
    from it the cell and the line there, both from 1, and `left_out` names the lines that only a notebook can run."""

    folder: Path
    path: Path
    arguments: tuple[str, ...] = ()
    code: str | None = None
    cells: tuple[tuple[int, int], ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The script as the person gave it, in its folder."""
        return self.path.as_posix()

    @property
    def runs_as(self) -> str:
        """The file that is run, in the folder: that of a notebook is made from it."""
        return f"{self.name}.py" if self.code is not None else self.name


def find(script: str, arguments: Sequence[str], *, directory: str | None = None, here: Path | None = None) -> Script:
    """Finds a script, its folder and the files that its arguments name, as seen from `here`, the current directory.

    InputError, of one line, if there is no such script or its name is neither a script's nor a notebook's.
    """
    here = (here or Path.cwd()).resolve()
    folder = None if directory is None else (here / Path(directory).expanduser()).resolve()
    if folder is not None and not folder.is_dir():
        raise InputError(f"--directory {directory!r} is not a folder")
    path = (here / Path(script).expanduser()).resolve()
    if folder is not None and (folder / script).is_file():
        path = (folder / script).resolve()
    if path.is_dir():
        raise InputError(f"{script!r} is a folder: name the script in it")
    if not path.is_file():
        raise InputError(
            f"there is no script {script!r}" + ("" if folder is None else f", neither here nor in {folder}")
        )
    folder = folder or path.parent
    if not path.is_relative_to(folder):
        raise InputError(f"--directory {directory!r} does not hold the script {script!r}")
    inside = path.relative_to(folder)
    given = tuple(_argument(argument, here, folder) for argument in arguments)
    if path.suffix == ".ipynb":
        made = notebook.script_of(path)
        _check_syntax(made.code, f"the code of {script!r}")
        return Script(
            folder=folder, path=inside, arguments=given, code=made.code, cells=made.cells, left_out=made.left_out
        )
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"{script!r} cannot be read: {error.strerror}") from None
    _check_syntax(text, repr(script))
    return Script(folder=folder, path=inside, arguments=given)


def _check_syntax(text: str | bytes, what: str) -> None:
    """Refuses what is not text. Whether it is Python is for the interpreter of the runs to say: another version of it
    may know more than this one."""
    if isinstance(text, bytes) and b"\0" in text:
        raise InputError(f"{what} is not a Python script: it holds bytes that no text has")
    if not text.strip():
        raise InputError(f"{what} is empty: there is nothing to run")


def _argument(argument: str, here: Path, folder: Path) -> str:
    """An argument of the script: where it names a file or a folder that exists, with a path that holds in a run."""
    option, equals, value = argument.partition("=")
    if not equals or not option.startswith("-"):
        option, equals, value = "", "", argument
    if not value or not (here / value).exists():
        return argument
    found = Path(os.path.abspath(here / value))  # noqa: PTH100 — resolve() would follow links
    if found.is_relative_to(folder):
        return option + equals + os.path.relpath(found, folder)
    return option + equals + str(found)


@dataclass
class Workspace:
    """The folders of an audit's runs, below `root`, a folder of its own that its owner removes. InputError, of one
    line, if there is too much to copy; `in_place`, every run works in the person's folder, and nothing is copied."""

    root: Path
    script: Script
    in_place: bool = False
    linked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._snapshot = self.root / "snapshot"
        self._kept: dict[Path, dict[str, str]] = {}  # by folder: what the first run in it left, as in `_results`
        self._made = 0
        if self.in_place:
            if self.script.code is not None:
                raise InputError("a notebook cannot be run in place: leave --in-place out")
            return
        _check_size(self.script.folder)
        _copy(self.script.folder, self._snapshot, self.linked)
        self._were = self._states()
        if self.script.code is not None:
            (self._snapshot / self.script.runs_as).write_text(self.script.code, encoding="utf-8")

    @property
    def code(self) -> str | None:
        """The script as its runs read it, of a notebook the one made from it; None where it is too large to be shown,
        or no UTF-8."""
        path = (self.script.folder if self.in_place else self._snapshot) / self.script.runs_as
        try:
            return path.read_text(encoding="utf-8") if path.stat().st_size <= MOST_SHOWN else None
        except (OSError, UnicodeDecodeError):
            return None

    def fresh(self) -> "Place":
        """A folder to run in that no run has worked in."""
        self._made += 1
        room = self.root / f"{self._made:04}"
        for name in ("trace", "tmp"):
            (room / name).mkdir(parents=True)
        if self.in_place:
            return Place(room, self.script.folder, room / "tmp")
        shutil.copytree(self._snapshot, room / "folder", symlinks=True)
        return Place(room, room / "folder", room / "tmp")

    def again(self, place: "Place") -> "Place":
        """The same folders once more, as the run there has left them, with a trace of its own. What that run left is
        kept: the next may write over it."""
        self._kept.setdefault(place.folder, self._results(place))
        self._made += 1
        room = self.root / f"{self._made:04}"
        (room / "trace").mkdir(parents=True)
        return Place(room, place.folder, place.temporary)

    def changed(self) -> list[str]:
        """The person's own linked files that are no longer as they were, since something that is not Python wrote."""
        return [name for name, state in self._states().items() if self._were.get(name) != state]

    def _states(self) -> dict[str, tuple[int, int] | None]:
        found: dict[str, tuple[int, int] | None] = {}
        for name in self.linked:
            path = self.script.folder / name
            found[name] = (path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else None
        return found

    def left_in(self, place: "Place") -> list[str]:
        """The files that a run made or changed in its folder, but for Python's caches, and those among its temporary
        files whose name was not made up for it; none if in place."""
        if self.in_place:
            return []
        before = dict(_files(self._snapshot))
        changed = [
            name
            for name, (size, modified) in _files(place.folder)
            if before.get(name) != (size, modified) and not name.endswith(".pyc")
        ]
        temporary = [name for name, _ in _files(place.temporary) if not MADE_UP.match(name)]
        return sorted(changed) + sorted(f"{TEMPORARY}/{name}" for name in temporary)

    def results(self, a: "Place", b: "Place") -> list[tuple[str, str, str]]:
        """The texts and arrays that runs in two places left: the name, and what each left, of an array a digest. A name
        that holds a date, an id or a number may be another one in each run. Other files hold the time, or what the
        runs are compared by anyway, as weights do."""
        here, there = self._results(a), self._results(b)
        names: dict[str, tuple[list[str], list[str]]] = {}
        for run, left in enumerate((here, there)):
            for name in left:
                names.setdefault(output.shape(name), ([], []))[run].append(name)
        found = []
        for in_a, in_b in names.values():
            pairs = zip(in_a, in_b, strict=True) if len(in_a) == len(in_b) else ((one, one) for one in in_a)
            found += [(one, here[one], there[other]) for one, other in pairs if other in there]
        return found

    def differ_in_others(self, a: "Place", b: "Place") -> bool:
        """Whether runs in two places left files under the same name that `results` does not compare, and that are not
        the same byte for byte."""
        left = [
            name
            for name in set(self.left_in(a)) & set(self.left_in(b))
            if not (name.startswith(TEMPORARY) or _is_result(name))
        ]
        return any(not filecmp.cmp(a.folder / name, b.folder / name, shallow=False) for name in left)

    def _results(self, place: "Place") -> dict[str, str]:
        """What the first run in a place left there of texts and arrays, by name."""
        if place.folder in self._kept:
            return self._kept[place.folder]
        found = {}
        for name in self.left_in(place):
            path = place.folder / name
            if _is_result(name) and path.stat().st_size <= LINKED_FROM:
                found[name] = _text(path) if path.suffix.lower() in TEXTS else _digest(path)
        return found


@dataclass(frozen=True)
class Place:
    """Where one run takes place: its `room`, which holds its trace, the `folder` that is its working directory, and
    the one for `temporary` files."""

    room: Path
    folder: Path
    temporary: Path

    @property
    def trace(self) -> Path:
        """The folder of the run's trace."""
        return self.room / "trace"


def _is_result(name: str) -> bool:
    return not name.startswith(TEMPORARY) and Path(name).suffix.lower() in TEXTS | ARRAYS


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _digest(path: Path) -> str:
    return f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """As os.walk, without what is never copied."""
    for at, folders, files in os.walk(folder):
        here = Path(at)
        folders[:] = sorted(
            name for name in folders if name not in LEFT_OUT and not (here / name / ENVIRONMENT_MARK).exists()
        )
        yield here, folders, sorted(files)


def _check_size(folder: Path) -> None:
    count, size = 0, 0
    for here, _, files in _walk(folder):
        for name in files:
            path = here / name
            if path.is_symlink() or not path.is_file():
                continue
            count += 1
            held = path.stat().st_size
            size += held if held <= LINKED_FROM else 0
            if count > MOST_FILES or size > MOST_BYTES:
                what = f"more than {MOST_FILES:,} files" if count > MOST_FILES else "more than 1 GB of files"
                raise InputError(
                    f"the script's folder {folder} holds {what}, and each run works in a copy of it. Give the option"
                    " --in-place to run there, one run after the other, or move the script to a folder of its own"
                )


def _copy(folder: Path, to: Path, linked: list[str]) -> None:
    """Copies a folder; adds the names of the files that it links to `linked`."""
    for here, folders, files in _walk(folder):
        there = to / here.relative_to(folder)
        there.mkdir(parents=True, exist_ok=True)
        for name in [name for name in folders if (here / name).is_symlink()] + files:
            source = here / name
            if source.is_symlink():
                target = source.resolve()
                kept = str(source.readlink()) if target.is_relative_to(folder) else str(target)
                (there / name).symlink_to(kept)
            elif not source.is_file():
                continue  # a socket or a pipe
            elif source.stat().st_size > LINKED_FROM:
                (there / name).symlink_to(source)
                linked.append(source.relative_to(folder).as_posix())
            else:
                shutil.copy2(source, there / name)


def _files(folder: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each file of a folder, with its size in bytes and the time of its last change in nanoseconds."""
    for here, _, files in _walk(folder):
        for name in files:
            path = here / name
            if path.is_file() and not path.is_symlink():
                stat = path.stat()
                yield path.relative_to(folder).as_posix(), (stat.st_size, stat.st_mtime_ns)
