"""The process that has imported TensorFlow and the images, and forks a child for each run that it is asked for."""

import contextlib
import ctypes
import gc
import json
import os
import random
import select
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from repro.engine.resident import END
from repro.experiment.errors import NoRoomError, RunFailedError
from repro.history.events import encode

THREAD_ENDS = 1.0  # seconds that the system may take to end a thread that Python has joined
MAX_REQUEST = 65_536  # bytes
PR_SET_PDEATHSIG = 1  # of Linux's <sys/prctl.h>


def serve(
    control: socket.socket,
    prepare_once: Callable[[], Any],
    run: Callable[..., None],
    environment: Mapping[str, str | None],
    next_launcher: Callable[[], socket.socket | None] | None = None,
) -> None:
    """Call `prepare_once`, set or delete the variables of `environment`, then fork a child that calls `run` for
    each request, which has a number, `"run": n`, besides, and comes with two descriptors: that which the run's events
    go to, and that for all that it prints.

    Reports `{"threads": [names]}` when it is ready; of each child `{"run": n, "process": id}`, with a descriptor of the
    process, and at its end `{"run": n, "status": …}`, with the status as `os.waitstatus_to_exitcode` gives it. When the
    socket closes its children end; it too, but for one with `next_launcher`, which waits for another socket.
    """
    ready = threading.Event()
    watching = threading.Thread(target=_exit_without_launcher, args=(control, ready))
    watching.start()
    try:
        train = prepare_once()
        prepare: Callable[[], Any] = lambda: train  # noqa: E731
    except Exception as error:  # noqa: BLE001 — each run that is asked for reports it, in words
        next_launcher = None

        def prepare(reason: Exception = error) -> Any:
            raise reason

    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    ready.set()
    watching.join()
    deadline = time.monotonic() + THREAD_ENDS
    while len(threads()) != 1 and time.monotonic() < deadline:
        time.sleep(0.001)
    gc.freeze()  # a child's garbage collection would otherwise touch, and so copy, every page that it shares with us
    if next_launcher is not None:
        _let_go()
    following: socket.socket | None = control
    while following is not None:
        with following:
            asked_to_end = _serve_launcher(following, prepare, run)
        following = None if asked_to_end or next_launcher is None else next_launcher()


def _serve_launcher(control: socket.socket, prepare: Callable[[], Any], run: Callable[..., None]) -> bool:
    """Do what a launcher asks for until it is gone, and end its children; whether it asked this process to end."""
    _report(control, {"threads": threads()})
    children: dict[int, tuple[int, int]] = {}  # run: its process id, and a descriptor of the process
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    selector.unregister(key.fd)
                    _report(control, {"run": key.data, "status": _ended(*children.pop(key.data))})
                    continue
                text, descriptors = _received(control)
                if text in (b"", END):
                    for process, descriptor in children.values():
                        os.kill(process, signal.SIGKILL)
                        _ended(process, descriptor)
                    return text == END
                request = json.loads(text)
                started = _start(control, request, descriptors, prepare, run)
                if started is not None:
                    children[request["run"]] = started
                    selector.register(started[1], selectors.EVENT_READ, request["run"])


def _received(control: socket.socket) -> tuple[bytes, list[int]]:
    """A message and its descriptors; an empty one if the other end is gone."""
    try:
        text, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, 2)
    except ConnectionResetError:
        return b"", []
    return text, descriptors


def _ended(process: int, descriptor: int) -> int:
    """The status of a child that has ended, or is about to."""
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _let_go() -> None:
    """Hold no terminal, file or pipe of the command that has started this process."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _start(
    control: socket.socket,
    request: Any,
    descriptors: Sequence[int],
    prepare: Callable[[], Any],
    run: Callable[..., None],
) -> tuple[int, int] | None:
    """Start a child that does what is asked for, and report it: its process id and a descriptor of the process; None
    if there is none."""
    try:
        process = _fork(control, request, descriptors, prepare, run)
    except RunFailedError as error:
        events, printed = descriptors
        os.close(printed)
        with os.fdopen(events, "w", encoding="utf-8") as stream:
            stream.write(encode({"event": "failed", "message": str(error)}) + "\n")
        _report(control, {"run": request["run"], "status": 1})
        return None
    for descriptor in descriptors:
        os.close(descriptor)
    found = os.pidfd_open(process)
    _report(control, {"run": request["run"], "process": process}, [found])
    return process, found


def _fork(
    control: socket.socket,
    request: Any,
    descriptors: Sequence[int],
    prepare: Callable[[], Any],
    run: Callable[..., None],
) -> int:
    """Fork a child that does what is asked for; return its process id. RunFailedError if that cannot be."""
    names = threads()
    if len(names) != 1:
        raise RunFailedError(f"A process with {len(names)} threads cannot be forked safely: {', '.join(names)}.")
    template = os.getpid()
    try:
        process = os.fork()
    except OSError:
        raise RunFailedError(str(NoRoomError())) from None
    if process == 0:
        status = 1
        try:
            end_with(template)
            control.close()
            own, printed = descriptors
            for standard in (1, 2):
                os.dup2(printed, standard)
            os.close(printed)
            events = os.fdopen(own, "w", encoding="utf-8")
            _unseed()
            run(request, events, prepare)
            status = 0
        except BaseException:  # noqa: BLE001 — or the child would become a second template
            traceback.print_exc()
        os._exit(status)  # without closing `events`, which would flush once more if its reader is gone
    return process


def _report(control: socket.socket, news: Any, descriptors: Sequence[int] = ()) -> None:
    with contextlib.suppress(OSError):  # the launcher is gone: the next look at the socket says so
        socket.send_fds(control, [json.dumps(news).encode()], descriptors)


def threads() -> list[str]:
    """The names of this process's threads, those of libraries included; of the calling thread alone if the system
    does not say."""
    try:
        return [task.joinpath("comm").read_text(encoding="utf-8").strip() for task in Path("/proc/self/task").iterdir()]
    except OSError:
        return [threading.current_thread().name]


def _exit_without_launcher(control: socket.socket, ready: threading.Event) -> None:
    """End this process at once if the launcher ends before it is `ready`: to import takes seconds."""
    other_end = select.poll()
    other_end.register(control, 0)  # its end is reported in any case, and nothing else
    while not ready.is_set():
        if other_end.poll(100):
            os._exit(1)


def end_with(parent: int) -> None:
    """End this process when its parent ends, however that ends, if the system can do so: Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended already
            os._exit(1)


def _unseed() -> None:
    """Seeds the generators that a forked child inherits from the operating system again."""
    import numpy as np

    random.seed()
    np.random.seed()
