"""Runs a person's script twice in one process, as a notebook does whose cells are all run again.

Started in place of the script: `python twice.py SCRIPT ARGUMENT…`, or with `-m MODULE` in place of SCRIPT. Both runs
share the namespace of `__main__` and all modules, unless the pins `names` and `modules` say otherwise. The second one
begins a trace of its own; between them a line is printed that separates their output.
"""

import contextlib
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


def _spec_of(name: str) -> ModuleSpec:
    spec = find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = find_spec(f"{name}.__main__")
    if spec is None:
        raise ImportError(f"No module named {name}")
    return spec


def _main_module(path: str, spec: ModuleSpec | None) -> ModuleType:
    """A module to run a script in, under the name `__main__`."""
    module = type(sys)("__main__")
    module.__file__ = path
    module.__dict__["__builtins__"] = __builtins__
    if spec is not None:
        module.__spec__, module.__package__ = spec, spec.parent
    sys.modules["__main__"] = module
    return module


def main() -> None:
    """Run the script, and run it again if it reached its end."""
    observer = sys.modules["_repro_audit.observer.start"].OBSERVER
    between = sys.modules["_repro_audit.observer.format"].BETWEEN_THE_RUNS
    spec = None
    if sys.argv[1] == "-m":  # as `python -m` does
        sys.path[0] = os.getcwd()
        spec = _spec_of(sys.argv[2])
        del sys.argv[1]
        sys.argv[1] = str(spec.origin)
    path = os.path.abspath(sys.argv[1])
    sys.argv[:] = [path, *sys.argv[2:]]
    if spec is None:
        sys.path[0] = os.path.dirname(path)
    arguments = list(sys.argv)
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    module = _main_module(path, spec)
    try:
        exec(code, module.__dict__)
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        # The script may have closed it, or put something else in its place.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()  # type: ignore[union-attr]
    for descriptor in (1, 2):  # past whatever the script has made of `sys.stdout`
        with contextlib.suppress(OSError):
            os.write(descriptor, between.encode())
    pins = () if observer is None else observer.pins
    if "modules" in pins:
        for name, held in list(sys.modules.items()):
            origin = getattr(held, "__file__", None)
            if held is not module and isinstance(origin, str) and observer.sites.own(origin) is not None:
                del sys.modules[name]
    if "names" in pins:
        module = _main_module(path, spec)
    if observer is not None:
        observer.again()
    sys.argv[:] = arguments
    exec(code, module.__dict__)


main()
