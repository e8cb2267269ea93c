"""Runs a person's script twice in one process, as a notebook does whose cells are all run again.

Started in place of the script: `python twice.py SCRIPT ARGUMENT…`. Both runs share the namespace of `__main__`. The
second one begins a trace of its own; between them a line is printed that separates their output.
"""

import os
import sys


def main() -> None:
    """Run the script, and run it again if it reached its end."""
    observer = sys.modules["_repro_audit.observer.start"].OBSERVER
    between = sys.modules["_repro_audit.observer.format"].BETWEEN_THE_RUNS
    path = os.path.abspath(sys.argv[1])
    sys.argv[:] = [path, *sys.argv[2:]]
    sys.path[0] = os.path.dirname(path)
    arguments = list(sys.argv)
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    module = type(sys)("__main__")
    module.__file__ = path
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        stream.write(between)
        stream.flush()
    if observer is not None:
        observer.again()
    sys.argv[:] = arguments
    exec(code, module.__dict__)


main()
