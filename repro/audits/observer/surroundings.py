"""What a script takes from around it: files that are read, written and listed."""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from .format import File
from .observer import Observer, pose, replace

_LIMIT = 64 << 20
_TIMES = 20
_CHANGES = ("os.truncate", "os.chmod", "os.chown", "os.utime", "sqlite3.connect")  # of a file that is named first
_CODE = (".py", ".pyc", ".pyi", ".so")


def hook(observer: Observer) -> None:
    """Set the hooks and pins of this file."""
    if observer.config.linked:
        observer.hook("large files", "files", lambda: _large_files(observer))
    observer.hook("files", "files", lambda: _files(observer))
    observer.hook("listings", "files", lambda: _listings(observer))
    observer.finder.add(
        "h5py._hl.files", lambda module: observer.hook("h5py", "files", lambda: _h5py(observer, module))
    )
    if "files" in observer.pins:
        observer.finder.add("tensorflow.python.lib.io.file_io", lambda module: _tensorflow(observer, module))


def _inside(observer: Observer, path: Any) -> str | None:
    """The path relative to the script's folder, if it is in it and holds no code."""
    if isinstance(path, int) or path is None:
        return None
    name = os.fsdecode(path)
    whole = os.path.realpath(name)
    if not whole.startswith(observer.sites.folder) or whole.endswith(_CODE):
        return None
    return whole[len(observer.sites.folder) :]


_digests: dict[str, tuple[tuple[int, int, int], str | None]] = {}  # of files, with their states


def _digest(path: str) -> str | None:
    """The SHA-256 of a file; read again only if it has changed. None if it is large, or cannot be read."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    if found.st_size > _LIMIT:
        return None
    state = (found.st_size, found.st_mtime_ns, found.st_ino)
    if _digests.get(path, (None, None))[0] != state:
        _digests[path] = state, _hashed(path)
    return _digests[path][1]


def _hashed(path: str) -> str | None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    digest = hashlib.sha256()
    try:
        while part := os.read(handle, 1 << 20):
            digest.update(part)
    except OSError:
        return None
    finally:
        os.close(handle)
    return digest.hexdigest()


def _record(observer: Observer, action: str, path: str, digest: Callable[[], str | None], depth: int = 2) -> None:
    """Record what is done to a file the first times; `digest` is asked for then alone."""
    if observer.trace.count("file", action, path) >= _TIMES:
        return
    site, _, importing = observer.sites.site(depth)
    if site is not None and not importing:
        occurrence = observer.trace.occurrence("file", action, path)
        observer.trace.emit(File(action=action, path=path, site=site, digest=digest(), occurrence=occurrence))


def _opened(observer: Observer, path: Any, writes: bool, depth: int = 2) -> None:
    inside = _inside(observer, path)
    if inside is None:
        return
    observer.local.quiet += 1
    try:
        if writes:
            _record(observer, "write", inside, lambda: None, depth + 1)
        elif os.path.isfile(observer.sites.folder + inside):
            _record(observer, "read", inside, lambda: _digest(observer.sites.folder + inside), depth + 1)
    finally:
        observer.local.quiet -= 1


def _files(observer: Observer) -> None:
    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or observer.local.quiet:
            return
        try:
            path, mode, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR)) if isinstance(flags, int) else "r" not in (mode or "r")
            if path is not None and not isinstance(path, int):
                _opened(observer, path, writes)
        except Exception as error:  # noqa: BLE001  # Never the script's trouble.
            observer.once("files", error)

    sys.addaudithook(audit)


def _large_files(observer: Observer) -> None:
    """The working copy links to the person's own large files: one that is about to be changed becomes a copy first."""

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR)) if isinstance(flags, int) else (mode or "r") != "r"
        else:
            path, writes = arguments[0] if arguments else None, event in _CHANGES
        if writes and isinstance(path, (str, bytes, os.PathLike)):
            own_copy(observer, path)

    sys.addaudithook(audit)


def own_copy(observer: Observer, path: Any) -> None:
    """Replace a link to one of the person's large files with a copy of it."""
    whole = os.path.abspath(os.fsdecode(path))
    whole = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
    inside = whole[len(observer.sites.folder) :] if whole.startswith(observer.sites.folder) else None
    if inside in observer.config.linked and os.path.islink(whole):
        shutil.copy2(whole, whole + ".copy")
        os.replace(whole + ".copy", whole)


def _h5py(observer: Observer, module: Any) -> None:
    kind = module.File
    original = kind.__init__

    @replace(kind, "__init__")
    def __init__(self: Any, name: Any, mode: Any = "r", *args: Any, **kwargs: Any) -> None:  # noqa: N807
        try:
            if isinstance(name, (str, bytes, os.PathLike)) and not observer.local.quiet:
                if mode != "r":
                    own_copy(observer, name)
                _opened(observer, name, mode != "r")
        except Exception as error:  # noqa: BLE001
            observer.once("h5py", error)
        original(self, name, mode, *args, **kwargs)


def _listed(observer: Observer, path: Any, names: list[Any]) -> None:
    """Record a listing of the person's: in their folder by its relative path, elsewhere by its own."""
    if observer.local.quiet or isinstance(path, int):  # `shutil.rmtree` lists what it removes by descriptor
        return
    try:
        whole = os.path.realpath(os.fsdecode(path) if path is not None else os.curdir)
        if (whole + os.sep).startswith(observer.sites.folder):
            whole = whole[len(observer.sites.folder) :] or os.curdir
        elif whole.startswith((os.path.realpath(tempfile.gettempdir()), sys.prefix, sys.base_prefix)):
            return
        text = "\n".join(os.fsdecode(name) for name in names)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        _record(observer, "list", whole, lambda: digest, 3)
    except Exception as error:  # noqa: BLE001
        observer.once("listings", error)


class _Entries:
    """What `os.scandir` gives, in an order of its own."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> "_Entries":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def _listings(observer: Observer) -> None:
    in_order = "files" in observer.pins
    listdir, scandir = os.listdir, os.scandir

    @replace(os, "listdir")
    def watched_listdir(path: Any = None) -> Any:
        names = listdir(path)
        if in_order:
            names.sort()
        _listed(observer, path, names)
        return names

    pose(watched_listdir, listdir, "os")

    @replace(os, "scandir")
    def watched_scandir(path: Any = None) -> Any:
        with scandir(path) as found:
            entries = list(found)
        if in_order:
            entries.sort(key=lambda entry: os.fsencode(entry.name))
        _listed(observer, path, [entry.name for entry in entries])
        return _Entries(entries)

    pose(watched_scandir, scandir, "os")


def _tensorflow(observer: Observer, module: Any) -> None:
    def sort(name: str) -> None:
        original = getattr(module, name)

        @replace(module, name)
        def in_order(*args: Any, **kwargs: Any) -> Any:
            return sorted(original(*args, **kwargs))

    for name in ("list_directory_v2", "get_matching_files_v2"):
        try:
            sort(name)
        except Exception as error:  # noqa: BLE001
            observer.unpinned("files", error)
