"""Calls a function once a module has been imported, before anything else can take a name from it."""

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

After = Callable[[ModuleType], None]


class Finder:
    """A finder for `sys.meta_path` that finds nothing itself: it lets the others find, and adds to the loader."""

    def __init__(self) -> None:
        self.after: dict[str, list[After]] = {}
        self.watched: dict[str, str] = {}
        self._busy: set[str] = set()

    def add(self, name: str, function: After, source: str | None = None) -> None:
        """Call `function` with the module `name` when it has been imported, at once if it is there already.
        `source`: what is not watched if a library has no such module."""
        if source is not None:
            self.watched[name] = source
        module = sys.modules.get(name)
        if module is not None:
            function(module)
        else:
            self.after.setdefault(name, []).append(function)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self.after or name in self._busy:
            return None
        self._busy.add(name)
        try:
            for finder in list(sys.meta_path):
                find = getattr(finder, "find_spec", None)
                spec: ModuleSpec | None = None if finder is self or find is None else find(name, path, target)
                if spec is not None:
                    self._extend(name, spec)
                    return spec
            return None
        finally:
            self._busy.discard(name)

    def gone(self) -> dict[str, str]:
        """The modules that a library which has been imported does not have, and what would have been watched there."""
        return {name: source for name, source in self.watched.items() if name in self.after and _is_gone(name)}

    def _extend(self, name: str, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        original = getattr(loader, "exec_module", None)
        if original is None:
            return

        def exec_module(module: ModuleType) -> None:
            # The loader is its own again before the module runs, so nothing sees the difference.
            with contextlib.suppress(AttributeError):
                del loader.exec_module
            with _without_collection():
                original(module)
            for function in self.after.pop(name, ()):
                function(module)

        try:
            loader.exec_module = exec_module
        except (AttributeError, TypeError):
            return


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Leave garbage where it is, unless the script does so itself: what a library makes as it is imported stays, and to
    search it again and again takes a quarter of the time in which TensorFlow is imported."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if gc.get_freeze_count() == 0:  # none that the script has frozen
                gc.freeze()
                gc.unfreeze()  # all are of the oldest generation now: otherwise they would be searched at once
            gc.enable()


def _is_gone(name: str) -> bool:
    """Whether a module cannot be imported, though the package that would hold it has been. Imports nothing."""
    package, _, rest = name.partition(".")
    if package not in sys.modules:
        return False
    while rest:
        held = sys.modules[package]
        child, _, rest = rest.partition(".")
        package = f"{package}.{child}"
        if package not in sys.modules:
            return PathFinder.find_spec(package, getattr(held, "__path__", [])) is None
    return False
