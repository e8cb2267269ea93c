"""The process a run lives in: one experiment in, events out.

`python -m repro.engine.worker` is a fresh interpreter for one run: it reads a job, one line of JSON, from standard
input and writes the run's events to standard output. `python -m repro.engine.worker --template FD` imports TensorFlow
and the images once, runs no TensorFlow op, and forks itself for each run that it is asked for on the socket FD: such a
run starts at once and shares the images' memory. A seeded run gives the same bits either way. With a key and seconds
besides it stays for the next command (resident.py).

An experiment that is trained more than once in the same process reports its events, from `started` to `finished`, for
each run in turn.
"""

import contextlib
import gc
import importlib
import json
import os
import platform
import re
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, TextIO

from repro import __version__
from repro.engine.job import Job
from repro.engine.resident import Stay
from repro.engine.template import end_with, serve
from repro.experiment import machine
from repro.experiment.conditions import STAMPED_VARIABLES, Conditions
from repro.experiment.errors import ReproError, RunFailedError, missing
from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS
from repro.history.events import Event, Report, encode, pack

PATH = r"(?<![\w/])/[^\s'\":,;)]+"  # of this machine: a visitor need not know it

Train = Callable[[Experiment, Report], None]


def main() -> None:
    """Serve as a template if asked to, otherwise as the process of one run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the launcher's to handle; we end when it does
    if sys.argv[1:2] == ["--template"]:
        stay = Stay(sys.argv[4], float(sys.argv[5])).next_command if sys.argv[4:] else None
        serve(socket.socket(fileno=int(sys.argv[2])), _prepare, _run, json.loads(sys.argv[3]), stay)
        return
    end_with(os.getppid())
    # What libraries print must not get between the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _run(json.loads(sys.stdin.readline()), events, _prepare)


def _run(values: Mapping[str, Any], events: TextIO, prepare: Callable[[], Train]) -> None:
    """Train what is asked for and write the events; whatever goes wrong becomes a `failed` event of one line."""
    job = Job.from_json(values)
    experiment = job.experiment

    def report(event: Event) -> None:
        if event["event"] == "weights":
            if event["epoch"] not in job.report_weights:
                return
            event = event | {"values": pack(event["values"])}
        events.write(encode(event) + "\n")
        events.flush()

    with contextlib.suppress(BrokenPipeError):  # our reader is gone: nobody needs this run any more
        try:
            train = prepare()
            for _ in range(job.times):
                report(
                    {
                        "event": "started",
                        "experiment": experiment.to_json(),
                        "environment": _environment(experiment.conditions),
                    }
                )
                train(experiment, report)
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 — the page and the command line show it in words
            report({"event": "failed", "message": _in_words(error)})


def _in_words(error: Exception) -> str:
    """What a run says that `error` ended, a line; the traceback of any that is not foreseen goes to the log."""
    # The second is what glibc's loader says if it finds no room for a library (elf/dl-map-segments.h).
    if isinstance(error, MemoryError) or "failed to map segment" in str(error):
        return f"This run ran out of memory. {machine.memory_advice() or 'Try fewer hidden units or images.'}"
    line = re.sub(PATH, "…", " ".join(str(error).split()))[:300]
    if isinstance(error, ReproError):
        return line
    traceback.print_exception(error)
    return f"{type(error).__name__}: {line}"


def _prepare() -> Train:
    """Import TensorFlow and load the images, without running an op; give the function that trains."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # warnings, but not what XLA reports of its start
    gc.disable()  # what libraries make as they are imported stays: to search it takes a quarter of the time
    # Keras imports pandas if it can, to know its data frames (array_slicing.py), of which we have none. That takes a
    # quarter of the time, and its pyarrow starts a thread, beside which no process can be forked safely.
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]  # https://docs.python.org/3/reference/import.html
    with _silence():
        try:
            import tensorflow as tf
        except ModuleNotFoundError as error:
            raise RunFailedError(missing(error)) from None

        import keras

        from repro.programs import mnist
        from repro.programs.images import prepare

        keras.config.set_floatx("float32")  # whatever a person's keras.json says
        keras.config.set_epsilon(1e-7)
        programs: dict[str, ModuleType] = {name: importlib.import_module(one.module) for name, one in PROGRAMS.items()}
        tf.config.set_visible_devices([], "GPU")  # asks CUDA, which complains if there is none
    tf.config.threading.set_inter_op_parallelism_threads(1)
    images = prepare(mnist.load())
    gc.freeze()
    gc.enable()

    def train(experiment: Experiment, report: Report) -> None:
        _set_conditions(experiment.conditions)
        programs[experiment.program].train(experiment, images, report)

    return train


def _set_conditions(conditions: Conditions) -> None:
    """Set the conditions that hold for a whole process, before TensorFlow runs its first op. Environment variables
    are set already; what changes the program itself the programs look up."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(conditions.threads)
    if conditions.determinism:
        tf.config.experimental.enable_op_determinism()
    if conditions.xla and not tf.test.is_built_with_xla():
        raise RunFailedError(
            "This TensorFlow was built without XLA. Install one that has it, or choose another change."
        )


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Send standard error to nowhere: TensorFlow greets there at import, and no option turns that off."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _environment(conditions: Conditions) -> dict[str, str]:
    """The environment stamp: what the results of a run are known to depend on, besides its experiment."""
    import keras
    import numpy as np
    import tensorflow as tf

    return {
        "repro": __version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "platform": platform.platform(),
        "processor": machine.processor(),
        "instruction sets": " ".join(machine.instruction_sets() or ["not known"]),
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "not set"),
        "ONEDNN_MAX_CPU_ISA": os.environ.get("ONEDNN_MAX_CPU_ISA", "not set"),
        "XLA": "compiles the training step" if conditions.xla else "not used",
        "op determinism": "on" if conditions.determinism else "off",
        "threads": str(conditions.threads),
    } | {name: re.sub(PATH, "…", os.environ[name])[:200] for name in STAMPED_VARIABLES if name in os.environ}


if __name__ == "__main__":
    main()
