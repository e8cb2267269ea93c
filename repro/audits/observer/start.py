"""Starts the observer in a process: reads the configuration, sets the hooks, hides what is ours from the person."""

import atexit
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from . import keras_fit, numpy_random, order, python_random, surroundings, system, tensorflow_random
from .format import VARIABLE, Config
from .observer import Observer

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

OBSERVER: Observer | None = None


def start() -> None:
    """Watch this process from now on. Called once, by `sitecustomize`."""
    global OBSERVER
    OBSERVER = observer = Observer(Config.read(Path(os.environ[VARIABLE])))
    _hide()
    for module in (surroundings, system, python_random, numpy_random, tensorflow_random, order, keras_fit):
        try:
            module.hook(observer)
        except Exception as error:  # noqa: BLE001  # The script continues without this one.
            observer.failed(module.__name__, error)
    sys.meta_path.insert(0, observer.finder)
    atexit.register(_end, observer)


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
