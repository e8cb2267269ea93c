"""A real server of the page, for tests, pictures and the benchmark; its runs may be made up, for speed. On SIGUSR1 it
lists its modules in a file, on SIGUSR2 it writes to its output where its threads stand."""

import contextlib
import faulthandler
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server: where the page is, its process, and the folder of its output."""

    address: str
    process: int
    folder: Path

    def modules(self) -> set[str]:
        """The names in the server's `sys.modules`, now."""
        listing = self.folder / "modules"
        listing.unlink(missing_ok=True)
        os.kill(self.process, signal.SIGUSR1)
        deadline = time.monotonic() + 10
        while not listing.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        return set(listing.read_text().split())


@contextlib.contextmanager
def serve(
    folder: Path, page: Path = ROOT / "app.py", *options: str, worker: Sequence[str] = (), **variables: str
) -> Iterator[Server]:
    """Serves `page` on a free port until the context ends, with these options of Streamlit's and environment variables;
    its output goes to a file in `folder`. Its runs take place in processes of the command `worker`, if one is given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        __file__,
        str(folder / "modules"),
        json.dumps([*worker]),
        "run",
        str(page),
        "--server.port",
        str(port),
        *options,
    ]
    with (folder / "output").open("a") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | variables, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health", process, folder / "output")
        yield Server(f"http://127.0.0.1:{port}", process.pid, folder)
    finally:
        process.terminate()
        process.wait(10)


def _wait(health: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(health, timeout=1) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{output.read_text()}")


def _main() -> None:
    from streamlit.watcher.polling_path_watcher import PollingPathWatcher
    from streamlit.web.cli import main

    listing, worker = Path(sys.argv.pop(1)), json.loads(sys.argv.pop(1))
    if worker:
        sys.path.insert(0, str(ROOT))
        from repro.engine import processes

        processes.WORKER = worker

    def write_modules(*_: object) -> None:
        part = listing.with_suffix(".part")
        part.write_text("\n".join(sys.modules))
        part.rename(listing)

    # Streamlit's pool of file watchers starts its threads by chance, where one of its tasks submits another before it
    # ends (`_schedule` in polling_path_watcher.py): who counts threads finds all of them from the first.
    for _ in range(PollingPathWatcher._executor._max_workers):
        PollingPathWatcher._executor.submit(time.sleep, 0.1)
    signal.signal(signal.SIGUSR1, write_modules)
    faulthandler.register(signal.SIGUSR2, all_threads=True)
    main()


if __name__ == "__main__":
    _main()
