"""What held at the end of the script's own process: environment variables, and what libraries say of themselves."""

import contextlib
import os
import sys
from typing import Any

from .format import Conditions
from .observer import Observer

LIBRARIES = ("numpy", "tensorflow", "keras", "torch", "jax", "sklearn", "pandas")


def hook(observer: Observer) -> None:
    """Have the conditions recorded at the end, if that is asked for."""
    names = observer.config.variables
    if names is not None and observer.trace.main_process:
        observer.at_end.append(lambda: observer.guarded(_record, observer, names))


def _record(observer: Observer, names: tuple[str, ...]) -> None:
    tensorflow, torch = sys.modules.get("tensorflow"), sys.modules.get("torch")
    threads: dict[str, int] = {}
    determinism = None
    observer.local.quiet += 1
    try:
        if tensorflow is not None:
            threads["tensorflow"] = tensorflow.config.threading.get_intra_op_parallelism_threads()
            with contextlib.suppress(Exception):  # a private name: where it has gone, that is not known
                determinism = bool(_determinism())
        if torch is not None:
            threads["torch"] = torch.get_num_threads()
    finally:
        observer.local.quiet -= 1
    observer.trace.emit(
        Conditions(
            variables={name: os.environ.get(name) for name in names},
            imported={
                name: str(getattr(sys.modules[name], "__version__", "unknown"))
                for name in LIBRARIES
                if name in sys.modules
            },
            threads=threads,
            determinism=determinism,
        )
    )


def _determinism() -> Any:
    """As `enable_op_determinism` and TF_DETERMINISTIC_OPS have set it: tensorflow/python/framework/config.py."""
    return sys.modules["tensorflow.python.framework.config"].is_op_determinism_enabled()
