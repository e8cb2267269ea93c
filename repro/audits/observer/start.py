"""Starts the observer in a process: reads the configuration, sets the hooks, hides what is ours from the person."""

import atexit
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import TracebackType
from typing import Any

from . import (
    boosters,
    conditions,
    jax_random,
    keras_fit,
    numpy_random,
    order,
    python_random,
    readings,
    surroundings,
    system,
    tensorflow_random,
    torch_random,
    torch_steps,
    values,
)
from .format import Config, Failed
from .observer import Observer, pose, replace

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

HOOKS = (
    readings,
    surroundings,
    system,
    python_random,
    numpy_random,
    tensorflow_random,
    torch_random,
    jax_random,
    boosters,
    order,
    keras_fit,
    torch_steps,
)
OBSERVER: Observer | None = None


def start(folder: Path) -> None:
    """Watch this process from now on, as the configuration in a folder says. Called once, by `sitecustomize`."""
    global OBSERVER
    OBSERVER = observer = Observer(Config.read(folder))
    _hide()
    _failures(observer)
    for module in (*HOOKS, conditions):
        _set(module.__name__, module.hook, observer)
    for path in observer.config.hooks:
        _set(path, partial(_hook_of, path), observer)
    _set(values.__name__, values.hook, observer)
    sys.meta_path.insert(0, observer.finder)
    atexit.register(_end, observer)


def _set(name: str, hook: Callable[[Observer], None], observer: Observer) -> None:
    try:
        hook(observer)
    except Exception as error:  # noqa: BLE001  # The script continues without this one.
        observer.failed(name, error)


def _hook_of(path: str, observer: Observer) -> None:
    _load(path).hook(observer)


def _load(path: str) -> Any:
    """A module beside those of this package, which it may import by `from .observer import …`."""
    spec = spec_from_file_location(f"{__package__}.{Path(path).stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _failures(observer: Observer) -> None:
    """Record what ends the script as a failure: the exit status alone does not say so."""
    before, leave = sys.excepthook, sys.exit
    if observer.trace.main_process and not os.path.exists(observer.config.script):
        observer.trace.emit(Failed(error="there is no such script any more"))

    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> Any:
        site = None
        while trace is not None:
            if observer.sites.own(trace.tb_frame.f_code.co_filename) is not None:
                frame = trace.tb_frame
                name = observer.sites.own(frame.f_code.co_filename) or ""
                site = observer.sites.make(name, trace.tb_lineno, frame.f_code.co_name)
            trace = trace.tb_next
        words = traceback.format_exception_only(kind, error)[-1].strip()
        observer.trace.emit(Failed(error=words, site=site))
        return before(kind, error, error.__traceback__)

    def watched_exit(status: Any = None, /) -> Any:
        if isinstance(status, str):
            observer.trace.emit(Failed(error=status.strip()))
        leave(status)

    def usage(module: Any) -> None:
        kind = module.ArgumentParser
        original = kind.error

        @replace(kind, "error")
        def error(self: Any, message: Any) -> Any:
            observer.trace.emit(Failed(error=f"{self.prog}: error: {message}"))
            return original(self, message)

    sys.excepthook = excepthook
    sys.exit = pose(watched_exit, leave, "sys")
    observer.finder.add("argparse", usage)


def _end(observer: Observer) -> None:
    try:
        observer.end()
    except Exception as error:  # noqa: BLE001  # The script has ended: nothing of ours changes its exit status.
        observer.failed("end", error)


def _hide() -> None:
    """Leave our frames out of every traceback, printed by Python or by `traceback`, `logging` and others."""
    original_hook = sys.excepthook

    def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> Any:
        _strip_chain(error, set())
        return original_hook(kind, error, _strip(trace))

    sys.excepthook = excepthook
    walk_tb = traceback.walk_tb

    def walk_tb_without_ours(trace: TracebackType | None) -> Any:
        return walk_tb(_strip(trace))

    traceback.walk_tb = walk_tb_without_ours  # type: ignore[assignment]
    # Python 3.11 and later take the columns from here.
    if hasattr(traceback, "_walk_tb_with_full_positions"):
        walk = traceback._walk_tb_with_full_positions

        def walk_without_ours(trace: TracebackType | None) -> Any:
            return walk(_strip(trace))

        traceback._walk_tb_with_full_positions = walk_without_ours


def _strip(trace: TracebackType | None) -> TracebackType | None:
    """`trace` without the frames of the observer."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    last = trace
    while last is not None and last.tb_next is not None:
        if last.tb_next.tb_frame.f_code.co_filename.startswith(_HERE):
            last.tb_next = last.tb_next.tb_next
        else:
            last = last.tb_next
    return trace


def _strip_chain(error: BaseException | None, seen: set[int]) -> None:
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.__traceback__ = _strip(error.__traceback__)
        _strip_chain(error.__cause__, seen)
        error = error.__context__
