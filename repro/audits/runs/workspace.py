"""Where the runs of an audit take place: in the folder that holds a person's script, each in a layer of its own.

Where the system permits no layers (layer.py) it is fresh copies of that folder, made of a snapshot that is read once.
"""

import os
import re
import shutil
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from repro.audits.comparison.left import Left
from repro.audits.runs import notebook
from repro.audits.runs.layer import Layer, Mounts, mounts_for, refusal
from repro.experiment.errors import InputError

LINKED_FROM = 64 * 2**20  # bytes: larger files are linked, not copied
MAX_FILES = 10_000
MAX_BYTES = 2**30
LEFT_OUT = {".git", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints"}
MAX_SHOWN = 200_000  # bytes of a script that is shown, and kept with what was found
MADE_UP = re.compile(r"tmp[a-z0-9_]{8}")  # by Python's tempfile, in each run another
TEMPORARY = "(temporary files)"  # stands for their folder
ENVIRONMENT_MARK = "pyvenv.cfg"  # in every virtual environment: PEP 405


@dataclass(frozen=True, kw_only=True)
class Script:
    """A person's script: the `folder` that its runs work in, the `path` of the script in that folder, and its
    `arguments`, those that name files made absolute. Of a notebook, `cells` gives for each line of the script made
    from it the cell and the line there, both from 1, and `left_out` names the lines that only a notebook can run.
    `module`: its name, if it is run as one."""

    folder: Path
    path: Path
    arguments: tuple[str, ...] = ()
    code: str | None = None
    cells: tuple[tuple[int, int], ...] = ()
    left_out: tuple[str, ...] = ()
    module: str | None = None

    @property
    def command(self) -> list[str]:
        """What stands after the interpreter to run it."""
        return [self.runs_as, *self.arguments] if self.module is None else ["-m", self.module, *self.arguments]

    @property
    def name(self) -> str:
        """The script as the person gave it, in its folder."""
        return self.path.as_posix()

    @property
    def runs_as(self) -> str:
        """The file that is run, in the folder: that of a notebook is made from it."""
        return f"{self.name}.py" if self.code is not None else self.name


def find(
    script: str,
    arguments: Sequence[str],
    *,
    directory: str | None = None,
    here: Path | None = None,
    module: bool = False,
) -> Script:
    """Find a script, its folder and the files that its arguments name, as seen from `here`, the current directory.
    `module`: what is named is not a file but a module of the folder, as `python -m` takes it.

    InputError, of one line, if there is no such script or its name is neither a script's nor a notebook's.
    """
    here = (here or Path.cwd()).resolve()
    folder = None if directory is None else (here / Path(directory).expanduser()).resolve()
    if folder is not None and not folder.is_dir():
        raise InputError(f"--directory {directory!r} is not a folder")
    name = script if module else None
    if name is not None:
        folder = folder or here
        script = str(_file_of(name, folder))
    path = _without_its_links(here / Path(script).expanduser())
    if folder is not None and (folder / script).is_file():
        path = _without_its_links(folder / script)
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
    return Script(folder=folder, path=inside, arguments=given, module=name)


def _file_of(module: str, folder: Path) -> Path:
    """The file of a module in a folder; InputError, of one line, if there is none."""
    place = folder.joinpath(*module.split("."))
    for path in (place.with_name(f"{place.name}.py"), place / "__main__.py"):
        if path.is_file():
            return path
    raise InputError(f"there is no module {module!r} in {folder} that could be run")


def _without_its_links(path: Path) -> Path:
    """A path whose folders are no links; the file itself may be one, since a script may lie by a link's name."""
    path = Path(os.path.normpath(path))
    return path.parent.resolve() / path.name


def _check_syntax(text: str | bytes, what: str) -> None:
    """Refuse what is not text. Whether it is Python is for the interpreter of the runs to say: another version of it
    may know more than this one."""
    if isinstance(text, bytes) and b"\0" in text:
        raise InputError(f"{what} is not a Python script: it holds bytes that no text has")
    if not text.strip():
        raise InputError(f"{what} is empty: there is nothing to run")


def _argument(argument: str, here: Path, folder: Path) -> str:
    """An argument of the script: where it names a file, or a folder by a path, with one that holds in a run. A word
    that happens to be the name of a folder stays a word."""
    option, equals, value = argument.partition("=")
    if not equals or not option.startswith("-"):
        option, equals, value = "", "", argument
    is_path = os.sep in value and (here / value).exists()
    if here == folder or not value or not (is_path or (here / value).is_file()):
        return argument
    found = Path(os.path.abspath(here / value))  # noqa: PTH100 — resolve() would follow links
    if found.is_relative_to(folder):
        return option + equals + os.path.relpath(found, folder)
    return option + equals + str(found)


@dataclass
class Workspace:
    """The places of an audit's runs, below `root`, a folder of its own that its owner removes. `in_place`, every run
    works in the person's folder, and nothing is kept apart. `layers`: whether they are to be tried.

    `copies_because` says why the runs work in copies, None where each has a layer. InputError, of one line, if there is
    too much to copy.
    """

    root: Path
    script: Script
    in_place: bool = False
    layers: bool = True
    linked: list[str] = field(default_factory=list)
    copies_because: str | None = None

    def __post_init__(self) -> None:
        self._snapshot = self.root / "snapshot"
        self._made = 0
        self._mounts: Mounts | None = None
        script = self.script.folder / self.script.path
        self._was = _state(script)
        self._code = self._read_code()
        if self.in_place:
            if self.script.code is not None:
                raise InputError("a notebook cannot be run in place: leave --in-place out")
            return
        if self.layers:
            mounts = mounts_for(self.script.folder, script, self.script.arguments, os.environ)
            self.copies_because = refusal(mounts, self.root)
            if self.copies_because is None:
                self._mounts = mounts
                return
        if script.is_symlink() and not script.resolve().is_relative_to(self.script.folder):
            self.script = replace(self.script, folder=script.resolve().parent, path=Path(script.resolve().name))
        _check_size(self.script.folder)
        _copy(self.script.folder, self._snapshot, self.linked)
        self._were = self._states()
        if self.script.code is not None:
            (self._snapshot / self.script.runs_as).write_text(self.script.code, encoding="utf-8")

    @property
    def code(self) -> str | None:
        """The script as it was at the start, of a notebook the one made from it; None where it is too large to be
        shown, or no UTF-8."""
        return self._code

    def _read_code(self) -> str | None:
        if self.script.code is not None:
            return self.script.code if len(self.script.code) <= MAX_SHOWN else None
        path = self.script.folder / self.script.path
        try:
            return path.read_text(encoding="utf-8") if path.stat().st_size <= MAX_SHOWN else None
        except (OSError, UnicodeDecodeError):
            return None

    def fresh(self) -> "Place":
        """A place that no run has worked in."""
        return self._place(None)

    def again(self, place: "Place") -> "Place":
        """A place as the run in another one has left it. That one stays as it is."""
        return self._place(place)

    def _place(self, after: "Place | None") -> "Place":
        """A new place, whose room is removed when nothing refers to it any more."""
        place = self._new_place(after)
        weakref.finalize(place, shutil.rmtree, place.room, ignore_errors=True).atexit = False
        return place

    def _new_place(self, after: "Place | None") -> "Place":
        self._made += 1
        room = self.root / f"{self._made:04}"
        for name in ("trace", "again"):
            (room / name).mkdir(parents=True)
        if self._mounts is not None:
            before = None if after is None else after.layer
            layer = Layer(room / "layer", self._mounts, before, (str(room / "trace"), str(room / "again")))
            if self.script.code is not None:
                layer.put(self.script.folder / self.script.runs_as, self.script.code.encode())
            return Place(room, self.script.folder, layer=layer, after=after)
        (room / "tmp").mkdir()
        if self.in_place:
            return Place(room, self.script.folder, room / "tmp", after=after)
        shutil.copytree(self._snapshot if after is None else after.folder, room / "folder", symlinks=True)
        if after is not None and after.temporary is not None:
            shutil.copytree(after.temporary, room / "tmp", symlinks=True, dirs_exist_ok=True)
        return Place(room, room / "folder", room / "tmp", after=after)

    def put(self, place: "Place", name: str, data: bytes) -> None:
        """Has a run find other bytes in a file of the script's folder; never in place."""
        if place.layer is not None:
            place.layer.put(self.script.folder / name, data)
        else:
            assert not self.in_place
            (place.folder / name).write_bytes(data)

    def changed(self) -> list[str]:
        """The script, if the person has changed it meanwhile, and, of those that were linked, the files that are no
        longer as they were, since something that is not Python wrote."""
        script = self.script.folder / self.script.path
        found = [self.script.name] if self._mounts is not None and _state(script) != self._was else []
        return found + [name for name, state in self._states().items() if self._were.get(name) != state]

    def _states(self) -> dict[str, tuple[int, int] | None]:
        return {name: _state(self.script.folder / name) for name in self.linked}

    def left(self, place: "Place") -> dict[str, Left]:
        """What a run made, changed or removed, by a name for people: relative to the script's folder, with `~` for
        home, or the whole path. In a copy that is what happened there and among its temporary files, but for those
        whose name was made up; none if in place."""
        if place.layer is not None:
            return {_name(one.path, self.script.folder): one for one in place.layer.left()}
        if self.in_place:
            return {}
        before, now = dict(_files(self._snapshot)), dict(_files(place.folder))
        changed = [name for name, state in now.items() if before.get(name) != state and not name.endswith(".pyc")]
        found = {name: Left(name, place.folder / name) for name in changed}
        found |= {name: Left(name) for name in before if name not in now and not name.endswith(".pyc")}
        if place.temporary is not None:
            temporary = [name for name, _ in _files(place.temporary) if not MADE_UP.match(name)]
            found |= {f"{TEMPORARY}/{name}": Left(name, place.temporary / name) for name in temporary}
        return dict(sorted(found.items()))

    def left_in(self, place: "Place") -> list[str]:
        """The names of what a run left."""
        return list(self.left(place))


def _state(path: Path) -> tuple[int, int] | None:
    """Of a file its size in bytes and the time of its last change in nanoseconds; None if there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _name(path: str, folder: Path) -> str:
    """A path in words for people."""
    for base, short in ((str(folder), ""), (str(Path.home()), "~/")):
        if base != "/" and path.startswith(base + os.sep):
            return short + path[len(base) + 1 :]
    return path


@dataclass(frozen=True)
class Place:
    """Where one run takes place: its `room`, which holds its trace, the `folder` that is its working directory, and its
    `layer`, or, where there is none, the folder for `temporary` files. `after`: the place whose run has left it as
    it is, if one has."""

    room: Path
    folder: Path
    temporary: Path | None = None
    layer: Layer | None = None
    after: "Place | None" = None

    @property
    def trace(self) -> Path:
        """The folder of the run's trace."""
        return self.room / "trace"

    @property
    def own(self) -> tuple[str, ...]:
        """The paths that this run alone has, that of its temporary files first."""
        temporary = () if self.temporary is None else (str(self.temporary),)
        return (*temporary, str(self.folder), str(self.room))


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
            if count > MAX_FILES or size > MAX_BYTES:
                what = f"more than {MAX_FILES:,} files" if count > MAX_FILES else "more than 1 GB of files"
                raise InputError(
                    f"the script's folder {folder} holds {what}, and each run works in a copy of it. Give the option"
                    " --in-place to run there, one run after the other, or move the script to a folder of its own"
                )


def _copy(folder: Path, to: Path, linked: list[str]) -> None:
    """Copy a folder; add the names of the files that it links to `linked`."""
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
