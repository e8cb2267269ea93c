"""The process that has imported TensorFlow and the images, and forks a child for each run that it is asked for."""

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
from collections.abc import Callable
from typing import Any

from repro.experiment.errors import NoRoomError
from repro.records.events import encode

LONGEST_REQUEST = 65_536  # bytes
PR_SET_PDEATHSIG = 1  # of Linux's <sys/prctl.h>


def serve(control: socket.socket, prepare_once: Callable[[], Any], run: Callable[..., None]) -> None:
    """Calls `prepare_once`, then forks a child that calls `run` for each request, which has a number, `"run": n`,
    besides, and comes with the descriptor that the run's events go to; kills on `{"kill": n}`; reports each child's end
    as `{"run": n, "status": …}`, with the status as `os.waitstatus_to_exitcode` gives it. Ends, and its children with
    it, when the socket closes."""
    ready = threading.Event()
    watching = threading.Thread(target=_end_if_alone, args=(control, ready))
    watching.start()
    try:
        train = prepare_once()
        prepare: Callable[[], Any] = lambda: train  # noqa: E731
    except Exception as error:  # noqa: BLE001 — each run that is asked for reports it, in words

        def prepare(reason: Exception = error) -> Any:
            raise reason

    ready.set()
    watching.join()  # lest a process with two threads be forked
    gc.freeze()  # a child's garbage collection would otherwise touch, and so copy, every page that it shares with us
    template = os.getpid()
    children: dict[int, tuple[int, int]] = {}  # run: its process id, and a descriptor that tells of its end
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:  # a child has ended
                    process, watch = children.pop(key.data)
                    selector.unregister(watch)
                    os.close(watch)
                    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
                    control.send(json.dumps({"run": key.data, "status": status}).encode())
                    continue
                text, descriptors, _, _ = socket.recv_fds(control, LONGEST_REQUEST, 1)
                if not text:  # the launcher is gone
                    for process, _ in children.values():
                        os.kill(process, signal.SIGKILL)
                    return
                request = json.loads(text)
                if "kill" in request:
                    if request["kill"] in children:  # else it has ended by itself meanwhile
                        os.kill(children[request["kill"]][0], signal.SIGKILL)
                    continue
                try:
                    process = os.fork()
                except OSError:  # no room for another process
                    with os.fdopen(descriptors[0], "w", encoding="utf-8") as events:
                        events.write(encode({"event": "failed", "message": str(NoRoomError())}) + "\n")
                    control.send(json.dumps({"run": request["run"], "status": 1}).encode())
                    continue
                if process == 0:
                    end_with(template)
                    control.close()
                    events = os.fdopen(descriptors[0], "w", encoding="utf-8")
                    _unseed()
                    run(request, events, prepare)
                    os._exit(0)  # without closing `events`, which would flush once more where its reader is gone
                os.close(descriptors[0])
                watch = os.pidfd_open(process)
                children[request["run"]] = (process, watch)
                selector.register(watch, selectors.EVENT_READ, request["run"])


def _end_if_alone(control: socket.socket, ready: threading.Event) -> None:
    """Ends this process at once if the launcher ends before it is `ready`: to import takes seconds."""
    other_end = select.poll()
    other_end.register(control, 0)  # told of its end alone
    while not ready.is_set():
        if other_end.poll(100):
            os._exit(1)


def end_with(parent: int) -> None:
    """Ends this process when its parent ends, however that ends, where the system can do so: Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended already
            os._exit(1)


def _unseed() -> None:
    """Draws the generators that a forked child inherits anew from the operating system."""
    import numpy as np

    random.seed()
    np.random.seed()
