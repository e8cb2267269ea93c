"""Loads the audit's observer before a person's script starts, then the `sitecustomize` that would have been found.

The observer's package is loaded by its place, under a name of its own: neither this project nor the folder that
holds it comes onto the person's `sys.path`, and nothing of it can stand in the way of a module of theirs.
"""


def _load_observer() -> None:
    import json
    import os
    import sys
    import types
    from pathlib import Path

    here = Path(os.path.abspath(__file__)).parent
    package = types.ModuleType("_repro_audit")
    package.__path__ = [json.loads((here / "config.json").read_text(encoding="utf-8"))["audits"]]
    sys.modules["_repro_audit"] = package
    import importlib

    importlib.import_module("_repro_audit.observer.start").start(here)


def _load_next() -> None:
    """Run the `sitecustomize` that this one hides, under its own name, as Python would have done."""
    import os
    import sys
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.dirname(os.path.abspath(__file__))
    paths = [path for path in sys.path if os.path.abspath(path or ".") != here]
    spec = PathFinder.find_spec("sitecustomize", paths)
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


try:
    _load_observer()
except Exception as error:  # The script continues unwatched: its trace is missing, which is noticed.
    import sys

    if sys.flags.dev_mode:
        print(f"audit: the observer did not start: {error!r}", file=sys.stderr)
        raise
_load_next()
