"""What a server does now, for its operator: who waits in the queue, what runs, memory.

A running server answers on a socket in a folder that only its own user can open; `python -m repro status` asks there.
"""

import json
import os
import socket
import threading
import time
from typing import Any

from repro.engine import resident
from repro.engine.journal import LOG
from repro.engine.queue import Task
from repro.experiment import machine
from repro.server.visits import Visits

TIMEOUT = 2.0  # seconds that a server may take to answer


def answer(visits: Visits) -> None:
    """Answers who asks, on a thread of its own, until the process ends. If that cannot be, the log says so, and the
    server continues without it."""
    try:
        path = machine.private_folder() / f"{os.getpid()}.socket"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
    except (OSError, AttributeError) as error:  # AttributeError: Windows has neither the socket nor the user
        LOG.warning("`python -m repro status` will not see this server: %s", error)
        return

    def serve() -> None:
        while True:
            try:
                with listener.accept()[0] as asker:
                    asker.settimeout(TIMEOUT)
                    asker.sendall(json.dumps(report(visits)).encode())
            except OSError:  # who asked is gone, or no descriptor is left: then there is none in the next moment either
                time.sleep(TIMEOUT)
            except Exception:  # noqa: BLE001 — the next one may be answered
                LOG.exception("A status request could not be answered")

    threading.Thread(target=serve, daemon=True).start()


def ask() -> tuple[list[dict[str, Any]], list[str]]:
    """What each of this user's servers on this machine does, and the processes of those that did not answer in
    TIMEOUT; sockets of servers that have ended are cleared away."""
    answers, silent = [], []
    for path in sorted(machine.private_folder().glob("*.socket")):
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.settimeout(TIMEOUT)
                server.connect(str(path))
                text = b"".join(iter(lambda server=server: server.recv(65_536), b""))  # type: ignore[misc]
            answers.append(json.loads(text))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except TimeoutError:
            silent.append(path.stem)
        except (OSError, ValueError):
            continue  # it is just ending
    return answers, silent


def templates() -> list[str]:
    """In words, the processes of earlier commands that wait for the next one: a line each."""
    return [
        f"Process {process} of an earlier command has waited for the next one for {seconds:.0f} s, memory"
        f" {_in_words(machine.memory(process))}"
        for process, seconds in resident.waiting()
    ]


def report(visits: Visits) -> dict[str, Any]:
    """What a server does now as plain JSON values. Memory is proportional set size in bytes: null if the system
    does not say."""
    queue, template = visits.launcher.queue, visits.launcher.template
    below = [] if template is None else [template, *machine.children(template)]
    sizes = [machine.memory(process) for process in (os.getpid(), *below)]
    return {
        "process": os.getpid(),
        "visits": len(visits.kept),
        "runs": [_task(task, task.began) for task in queue.running()],
        "line": [_task(task, task.submitted) for task in queue.waiting()],
        "memory": None if None in sizes else sum(size or 0 for size in sizes),
    }


def _task(task: Task[Any], since: float | None) -> dict[str, Any]:
    return {
        "session": task.visitor,
        "what": task.activity(),
        "seconds": round(time.monotonic() - (since or time.monotonic()), 1),
    }


def lines(answer: dict[str, Any]) -> list[str]:
    """The same in words."""
    text = [f"Server {answer['process']}: visits {answer['visits']}, memory {_in_words(answer['memory'])}"]
    for name, title in (("runs", "runs"), ("line", "waits")):
        for task in answer[name]:
            text.append(f"  {title:<6}session {task['session'] or '-':<9}{task['seconds']:>7.1f} s  {task['what']}")
    return text if len(text) > 1 else [*text, "  nothing runs, and nobody waits"]


def _in_words(memory: int | None) -> str:
    return "not known" if memory is None else f"{memory / 1e6:.0f} MB"
