"""A layer for a run: what it writes anywhere lies there, and nothing that was there before is changed.

On Linux a run enters a mount namespace of its own, and an overlay (overlayfs) is mounted over each folder that it can
write to (begin.py does so). The run sees everything under its own path, its own folder, home, temporary files; what
it makes, changes or removes lies in the upper folders of the layer, outside of them. Nothing is copied. Not every
system permits this: `refusal` tries it.
"""

import contextlib
import filecmp
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from repro.audits.comparison.left import Left

BEGIN = Path(__file__).with_name("begin.py")
NO_FILES = frozenset(  # file systems that hold no files of a person's, or none that an overlay can lie over
    (
        *("autofs", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs", "fusectl"),
        *("hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs", "sysfs", "tracefs"),
    )
)
NEVER = ("/proc", "/sys", "/dev", "/run", "/var/run", "/boot", "/lost+found")
SHARED_MEMORY = "/dev/shm"  # the same name in two runs at once would be one segment: each run has its own
DEEPEST = 3  # folders below the root in which folders are looked for that an ordinary user can write to
MAX_LOOKED_AT = 4000
OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")  # a folder of the run's own in place of one that was there
REDIRECT = ("trusted.overlay.redirect", "user.overlay.redirect")  # a folder that was there, under another name
CACHES = (".pyc",)  # made by Python, with the times of its sources in them
ABSOLUTE = re.compile(r"(?<![\w:/.~])/(?:[\w.+@-]+/)*[\w.+@-]+")
TRIED = """
import os, sys
for folder in sys.argv[1:]:
    path = os.path.join(folder, ".repro-layer")
    for again in range(2):
        os.makedirs(os.path.join(path, "a"))
        with open(os.path.join(path, "a", "b"), "w") as file:
            file.write("c")
        os.rename(os.path.join(path, "a"), os.path.join(path, "d"))
        os.remove(os.path.join(path, "d", "b"))
        os.rmdir(os.path.join(path, "d"))
        os.rmdir(path)
"""


@dataclass(frozen=True)
class Mounts:
    """Over which folders overlays are mounted; which paths below them stay what they are; and which mounts are made
    read-only, so that nothing is written past the overlays."""

    folders: tuple[str, ...]
    kept: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()


@dataclass
class Layer:
    """The layer of one run: its upper folders lie below `root`. `after`: the layer that it is a copy of; a run there
    finds what the run before has left. `real`: paths that the run shares with this process."""

    root: Path
    mounts: Mounts
    after: "Layer | None" = None
    real: tuple[str, ...] = ()
    _put: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for number, folder in enumerate(self.mounts.folders):
            upper = self.upper(number)
            if self.after is not None:
                # As a further layer below it would have to lie outside of the folder that it belongs to.
                _copy(self.after.upper(number), upper)
            upper.mkdir(parents=True, exist_ok=True)
            (self.root / str(number) / "work").mkdir()
            upper.chmod(stat.S_IMODE(os.stat(folder).st_mode))  # that of the overlay's root is its own

    def upper(self, number: int) -> Path:
        """Where what is written into a folder lies."""
        return self.root / str(number) / "upper"

    def put(self, path: Path, data: bytes) -> None:
        """Has the run find a file there from its start: it is not among what it leaves unless it changes it."""
        number, inside = self._inside(path)
        at = self.upper(number)
        lower = Path(self.mounts.folders[number])
        for part in Path(inside).parent.parts:
            at, lower = at / part, lower / part
            if not at.exists():
                at.mkdir()
                at.chmod(stat.S_IMODE(lower.stat().st_mode))
        (at / path.name).write_bytes(data)
        self._put.add(str(path))
        self._data = {**getattr(self, "_data", {}), str(path): data}

    def _inside(self, path: Path) -> tuple[int, str]:
        inside = [number for number, folder in enumerate(self.mounts.folders) if path.is_relative_to(folder)]
        number = max(inside, key=lambda one: len(self.mounts.folders[one]))
        return number, os.path.relpath(path, self.mounts.folders[number])

    def to_json(self) -> dict[str, object]:
        """What begin.py needs to know."""
        folders = [
            {
                "path": folder,
                "upper": str(self.upper(number)),
                "work": str(self.root / str(number) / "work"),
            }
            for number, folder in enumerate(self.mounts.folders)
        ]
        empty = [SHARED_MEMORY] if os.path.isdir(SHARED_MEMORY) else []
        root = self.root / "root"
        root.mkdir(exist_ok=True)
        return {
            "root": str(root),  # where that of all files is put together, if there is an overlay over it
            "folders": folders,
            "kept": [*self.mounts.kept, *self.real],
            "empty": empty,
            "read_only": self.mounts.read_only,
        }

    def left(self) -> list[Left]:
        """All that the run has made, changed or removed, by path, but for caches of Python's and folders without
        anything in them. What was written again as it was is not changed."""
        found: list[Left] = []
        for number, folder in enumerate(self.mounts.folders):
            found += _left_in(self.upper(number), folder)
        own = getattr(self, "_data", {})
        hidden = [*self.real, str(self.root)]
        return sorted(
            (
                one
                for one in found
                if not any(one.path == path or one.path.startswith(path + os.sep) for path in hidden)
                and not (one.path in own and one.at is not None and one.at.read_bytes() == own[one.path])
            ),
            key=lambda one: one.path,
        )


def _copy(source: Path, to: Path) -> None:
    """Copy an upper folder, with what overlayfs keeps in it: marks of what was removed, and attributes."""
    to.mkdir(parents=True)
    for entry in os.scandir(source):
        there = to / entry.name
        info = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            _copy(Path(entry.path), there)
        elif stat.S_ISCHR(info.st_mode):
            os.mknod(there, info.st_mode, info.st_rdev)
        elif stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode):
            shutil.copy2(entry.path, there, follow_symlinks=False)
    shutil.copystat(source, to)
    for name in (*OPAQUE, *REDIRECT):  # copystat copies those of users alone
        with contextlib.suppress(OSError):
            os.setxattr(to, name, os.getxattr(source, name))
    if os.geteuid() == 0:
        info = source.stat()
        os.chown(to, info.st_uid, info.st_gid)


def _left_in(upper: Path, folder: str) -> Iterator[Left]:
    """What lies in an upper folder, and what of the one below it, `folder`, it has removed."""
    try:
        entries = sorted(os.scandir(upper), key=lambda one: one.name)
    except OSError:  # the script has taken its own rights away
        yield Left(folder, upper)
        return
    for entry in entries:
        path = os.path.join(folder, entry.name)
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            yield from _of_folder(entry.path, path)
            yield from _left_in(Path(entry.path), path)
        else:
            yield from _of_file(entry, path)


def _of_folder(upper: str, path: str) -> Iterator[Left]:
    moved = _attribute(upper, REDIRECT)
    if moved is not None:
        yield Left(path, None, f"moved from {moved}")
    if _attribute(upper, OPAQUE) == "y" and os.path.lexists(path):
        yield Left(path + os.sep)


def _of_file(entry: "os.DirEntry[str]", path: str) -> Iterator[Left]:
    info, upper, before = entry.stat(follow_symlinks=False), Path(entry.path), Path(path)
    if stat.S_ISLNK(info.st_mode):
        link = os.readlink(upper)
        if not (before.is_symlink() and os.readlink(before) == link):
            yield Left(path, upper, link)
    elif entry.name.endswith(CACHES):
        return
    elif stat.S_ISCHR(info.st_mode) and info.st_rdev == 0:  # a whiteout: it was removed
        yield Left(path)
    elif stat.S_ISREG(info.st_mode) and not _same(upper, before, info.st_size):
        yield Left(path, upper)


def _same(here: Path, there: Path, size: int) -> bool:
    try:
        return (
            there.is_file()
            and not there.is_symlink()
            and there.stat().st_size == size
            and filecmp.cmp(here, there, shallow=False)
        )
    except OSError:
        return False


def _attribute(path: str, names: Sequence[str]) -> str | None:
    for name in names:
        with contextlib.suppress(OSError):
            return os.getxattr(path, name, follow_symlinks=False).decode(errors="replace")
    return None


# Which folders a run can write to


def mounts_for(folder: Path, script: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Mounts:
    """The overlays of runs that work in a folder: over everything that they may write to. For root that is the root of
    all files; for an ordinary user the script's folder, home, the temporary folders, what the script, its arguments and
    environment variables name, and what else is found near the root. The rest is read-only then."""
    table = _mount_table()
    if os.geteuid() == 0:
        found = {"/"}
    else:
        found = {*_writable(_named(folder, script, arguments, environment)), *_near_the_root(), str(folder)} - {"/"}
    found = {path for path in found if not _below(path, NEVER) and _kind(path, table) not in NO_FILES}
    folders = [
        path
        for path in found
        if not any(_below(path, [other]) and path != other for other in found) or _of_another(path)
    ]
    outermost, kept = list(folders), list[str]()
    for path, (kind, read_only) in sorted(table.items()):
        if path in folders or not _below(path, outermost) or _below(path, kept):
            continue
        is_folder = os.path.isdir(path) and not _below(path, NEVER)
        if is_folder and kind not in NO_FILES and not read_only and os.access(path, os.W_OK):
            folders.append(path)
        elif os.path.lexists(path) and os.access(path, os.R_OK):
            kept.append(path)
    read_only_mounts = () if "/" in folders or table.get("/", ("", True))[1] else ("/",)
    return Mounts(tuple(sorted(folders)), tuple(kept), read_only_mounts)


def _named(folder: Path, script: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """The paths that a person's script, folder, arguments and environment name."""
    home = os.path.expanduser("~")
    yield from (home, tempfile.gettempdir(), "/tmp", "/var/tmp", str(folder), os.getcwd(), str(script.parent))
    yield os.path.realpath(script)
    for value in environment.values():
        yield from (part for part in value.split(os.pathsep) if part.startswith("/"))
    for argument in arguments:
        value = argument.rpartition("=")[2]
        yield os.path.join(folder, os.path.expanduser(value))
    with contextlib.suppress(OSError):
        yield from ABSOLUTE.findall(script.read_text(encoding="utf-8", errors="replace")[:1_000_000])
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from (one.path for one in entries if one.is_symlink())


def _writable(paths: Iterator[str]) -> Iterator[str]:
    """The folders that hold these paths, or would, and can be written to."""
    for path in paths:
        at = os.path.realpath(path)
        while not os.path.isdir(at):
            at = os.path.dirname(at)
        if os.access(at, os.W_OK | os.X_OK):
            outer = os.path.dirname(at)
            while at != "/" and os.access(outer, os.W_OK | os.X_OK) and outer != "/":
                at, outer = outer, os.path.dirname(outer)
            if at != "/":
                yield at


def _near_the_root() -> Iterator[str]:
    """Folders that can be written to, at most a few levels below the root."""
    looked_at = 0
    level = ["/"]
    for _ in range(DEEPEST):
        below = []
        for at in level:
            try:
                entries = [one for one in os.scandir(at) if one.is_dir(follow_symlinks=False)]
            except OSError:
                continue
            for one in entries:
                looked_at += 1
                if looked_at > MAX_LOOKED_AT:
                    return
                if _below(one.path, NEVER):
                    continue
                if os.access(one.path, os.W_OK | os.X_OK):
                    yield one.path
                else:
                    below.append(one.path)
        level = below


def _of_another(path: str) -> bool:
    """Whether a folder is another user's: as part of a folder above it, it could not be copied into a layer, which
    would have to give it away (user_namespaces(7))."""
    return os.stat(path).st_uid != os.geteuid()


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in folders)


def _mount_table() -> dict[str, tuple[str, bool]]:
    """For each mount point the kind of its file system, and whether it is read-only; the last one mounted there."""
    found: dict[str, tuple[str, bool]] = {}
    with contextlib.suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            parts = line.split()
            path = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), parts[4])
            found[path] = (parts[parts.index("-") + 1], "ro" in parts[5].split(","))
    return found


def _kind(path: str, table: Mapping[str, tuple[str, bool]]) -> str:
    at = path
    while at not in table and at != "/":
        at = os.path.dirname(at)
    return table.get(at, ("", False))[0]


# Whether the system permits it


def refusal(mounts: Mounts, room: Path) -> str | None:
    """Why no layer can be laid here, in a few words; None if one can. It is tried, in `room`."""
    if sys.platform != "linux":
        return "layers need Linux"
    if not mounts.folders:
        return "the script's folder is the root of the file system"
    layer = Layer(room / "layer", mounts)
    job, report = room / "job.json", room / "report.json"
    folders = [folder for folder in mounts.folders if os.access(folder, os.W_OK)]
    command = [sys.executable, "-I", "-S", "-c", TRIED, *folders]
    write_job(job, command=command, folder=Path("/"), layer=layer, report=report)
    begin = [sys.executable, "-I", "-S", str(BEGIN), str(os.getpid()), str(job)]
    try:
        ended = subprocess.run(begin, capture_output=True, text=True, timeout=30)
        told = json.loads(report.read_text(encoding="utf-8") or "{}")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"it could not be tried: {type(error).__name__}"
    if told.get("layer"):
        return f"the system forbids it: {told['layer']}"
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["it failed"])[-1]
        return f"an overlay does not work here: {last[:200]}"
    return None


def write_job(
    path: Path,
    *,
    command: Sequence[str],
    folder: Path,
    layer: Layer | None,
    report: Path,
    fixed_addresses: bool = False,
) -> None:
    """Write what begin.py is to do."""
    held = None if layer is None else layer.to_json()
    job = {
        "command": list(command),
        "folder": str(folder),
        "layer": held,
        "report": str(report),
        "fixed_addresses": fixed_addresses,
    }
    path.write_text(json.dumps(job), encoding="utf-8")
