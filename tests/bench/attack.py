"""What one client can do to a server and its other visitors: `python tests/bench/load.py attack`. Linux only.

Each attack is tried on a server of its own at 127.0.0.1, with made-up runs, for what is attacked is the server and not
the training. Clients connect from other addresses of this machine, as from other machines.
"""

import contextlib
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import made_up
from live_server import ROOT, Server, serve
from proc import MEGABYTE, memory
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileUploaderState, FileURLs, UploadedFileInfo
from streamlit.proto.WidgetStates_pb2 import WidgetState
from visitors import Visitor

from repro.records.untrusted import MAX_NUMBERS
from repro.server import status
from repro.views import bounds
from repro.views.presence import STARTED

GREEDY, HONEST = "127.0.0.2", "127.0.0.3"
MILLION_STEPS = "images=10000&epochs=100&batch_size=1&hidden=1024"
SHORT = "images=320&epochs=1"
VERDICT = "^\\*\\*Identical: bit for bit"
REFUSED = "(?i)visitors from your network address wait already|queue is full|the server keeps the runs of"
TIMEOUT = 180.0  # seconds
LARGE = 19 * MEGABYTE
HOSTILE: dict[str, Callable[[], bytes]] = {  # records of up to 19 MB that are none
    "empty lists": lambda: b"[[]" + b",[]" * (LARGE // 3) + b"]",
    "keys": lambda: b"{" + b",".join(b'"%d":0' % number for number in range(LARGE // 12)) + b"}",
    "numbers": lambda: b"[0.1" + b",0.1" * (LARGE // 4) + b"]",
    "quotation marks": lambda: b'"' * LARGE,
    "as many numbers as are read": lambda: b'{"loss":[0.12345678901' + b",0.12345678901" * (MAX_NUMBERS - 1) + b"]}",
}


class Table:
    """Rows of what was tried, what was measured, and its bound."""

    def __init__(self) -> None:
        self.broken = 0
        print("| what | measured | bound | kept |\n| --- | --- | --- | --- |", flush=True)

    def row(self, what: str, measured: str, bound: str, *, kept: bool) -> None:
        """Prints a row."""
        self.broken += not kept
        print(f"| {what} | {measured} | {bound} | {'yes' if kept else '**no**'} |", flush=True)


@contextlib.contextmanager
def server_with(*options: str, **variables: str) -> Iterator[Server]:
    """A server of made-up runs with these options of Streamlit's and environment variables."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), ROOT / "app.py", *options, worker=made_up.WORKER, **variables) as server,
    ):
        yield server


def visitors(server: Server, count: int, query: str, source: str, *, hidden: bool = False) -> list[Visitor]:
    """`count` visitors with a page each, of the same address."""
    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(lambda _: Visitor(server.address, query, source=source, hidden=hidden), range(count)))


def all_of(guests: list[Visitor], action: Callable[[Visitor], object]) -> None:
    """Has all visitors do something, some at a time."""
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(action, guests))


def seconds_to_verdict(server: Server) -> float:
    """How long an honest visitor who starts a pair now waits for the right verdict."""
    visitor = Visitor(server.address, SHORT, source=HONEST)
    visitor.wait_for("^Rewritten from", TIMEOUT)
    began = time.monotonic()
    visitor.click("Train both runs", TIMEOUT)
    visitor.wait_for(VERDICT, TIMEOUT)
    visitor.close()
    return time.monotonic() - began


@contextlib.contextmanager
def clicking(server: Server) -> Iterator[list[float]]:
    """An honest visitor who clicks again and again meanwhile, not so often that the page is held back; how long it took
    each time, in seconds."""
    visitor = Visitor(server.address, "epochs=3", source=HONEST)  # of runs so long that a click starts none
    visitor.wait_for("^Rewritten from", TIMEOUT)
    waits, over = list[float](), threading.Event()

    def click() -> None:
        while not over.is_set():
            wanted, seen, began = "python" not in visitor.query, visitor.finished_runs, time.perf_counter()
            visitor.press("random.seed(42)", TIMEOUT)
            with contextlib.suppress(TimeoutError):
                visitor.wait_until(
                    lambda wanted=wanted, seen=seen: (  # type: ignore[misc]
                        visitor.finished_runs > seen and ("python" in visitor.query) == wanted
                    ),
                    TIMEOUT,
                )
            waits.append(time.perf_counter() - began)
            over.wait(1.2 * bounds.SECONDS * bounds.WHOLE / bounds.AT_ONCE)

    clicker = threading.Thread(target=click, daemon=True)
    clicker.start()
    try:
        yield waits
    finally:
        over.set()
        clicker.join(TIMEOUT)
        visitor.close()


def many_connections(table: Table) -> None:
    """One client with 130 pages, each with a pair of a million steps."""
    most, turn = 5, 5
    limits = {"REPRO_WAITING_OF_AN_ADDRESS": str(most), "REPRO_SECONDS_WHILE_OTHERS_WAIT": str(turn)}
    with server_with(**limits) as server:
        greedy = visitors(server, 130, MILLION_STEPS, GREEDY)
        refused: list[str] = []

        def start(visitor: Visitor) -> None:
            visitor.click("Train both runs", TIMEOUT)
            with contextlib.suppress(TimeoutError):
                refused.append(visitor.wait_for(REFUSED, 30))

        all_of(greedy, start)
        table.row("130 pairs of one address: refused in words", str(len(refused)), "120 or more",
                  kept=len(refused) >= 120)  # fmt: skip
        taken = seconds_to_verdict(server)
        # Each visitor before has a turn of that many seconds, and the server checks once a second.
        bound = (most + 2) * (turn + 2)
        table.row(
            "meanwhile, an honest visitor has a verdict", f"after {taken:.1f} s", f"{bound} s", kept=taken <= bound
        )
        all_of(greedy, Visitor.close)


def greedy_visit(table: Table) -> None:
    """One visit with a pair, a matrix and 1,000 seeds."""
    settings = "images=6400&epochs=1"
    with server_with() as server:
        seeds = Visitor(server.address, f"{settings}&tab=Many+seeds", source=GREEDY)
        seeds.wait_for("^Which seed matters", TIMEOUT)
        drawn = seeds.finished_runs
        seeds.set("How many seeds", 1000.0, TIMEOUT)
        seeds.wait_until_drawn(drawn, TIMEOUT)
        seeds.click("Train all seeds", TIMEOUT)
        seeds.wait_until(lambda: seeds.cookie.endswith(STARTED), TIMEOUT)
        matrix = Visitor(server.address, f"{settings}&tab=Every+combination", source=GREEDY, cookie=seeds.cookie)
        matrix.click("Try every combination", TIMEOUT)
        matrix.wait_for(r"\d of 16 combinations tried", TIMEOUT)
        pair = Visitor(server.address, settings, source=GREEDY, cookie=seeds.cookie)
        pair.click("Train both runs", TIMEOUT)
        seeds.wait_for(r"(?i)\d of 1,?000", TIMEOUT)
        taken = seconds_to_verdict(server)
        table.row("beside a pair, a matrix and 1,000 seeds of one visit, an honest visitor has a verdict",
                  f"after {taken:.1f} s", "10 s", kept=taken <= 10)  # fmt: skip
        all_of([seeds, matrix, pair], Visitor.close)


def upload(server: Server, visitor: Visitor, data: bytes) -> str:
    """Sends a file to a page's own address; its id."""
    with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=TIMEOUT) as answer:
        cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
    file, border = str(uuid.uuid4()), uuid.uuid4().hex
    head = f'--{border}\r\nContent-Disposition: form-data; name="f"; filename="record.json"\r\n\r\n'.encode()
    request = urllib.request.Request(
        f"{server.address}/_stcore/upload_file/{visitor.session}/{file}",
        head + data + f"\r\n--{border}--\r\n".encode(),
        {
            "Content-Type": f"multipart/form-data; boundary={border}",
            "Cookie": cookie,
            "X-Xsrftoken": cookie.partition("=")[2].strip('"'),
        },
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT):
        return file


def uploads(table: Table) -> None:
    """Files that no page has asked for."""
    most = 100
    with server_with(REPRO_MEGABYTES_UPLOADED=str(most)) as server:
        pages = visitors(server, 13, "", GREEDY)
        for visitor in pages:
            visitor.wait_for("^Which seed matters", TIMEOUT)
        before = memory(server.process)
        for _ in range(25):
            upload(server, pages[0], bytes(LARGE))
        grown = (memory(server.process) - before) / MEGABYTE
        # Two files are kept, one comes in, and Python may hold what one took.
        table.row("25 files of 19 MB to one page: the server grows by", f"{grown:.0f} MB", "80 MB", kept=grown <= 80)
        for visitor in pages[1:]:
            for _ in range(2):
                upload(server, visitor, bytes(LARGE))
        grown = (memory(server.process) - before) / MEGABYTE
        table.row(f"24 files more to 12 pages, where {most} MB may be kept: it has grown by", f"{grown:.0f} MB",
                  f"{most + 40} MB", kept=grown <= most + 40)  # fmt: skip
        all_of(pages, Visitor.close)


def hostile_records(table: Table) -> None:
    """Files that take long to read, sent one after the other for some seconds."""
    for name, made in HOSTILE.items():
        data = made()
        with server_with() as server:
            visitor = Visitor(server.address, "tab=Take+it+home", source=GREEDY)
            (uploader,) = visitor.wait_until(partial(visitor.elements, "file_uploader"), TIMEOUT)
            before, peaks, sent = memory(server.process), list[int](), 0
            with clicking(server) as waits:
                time.sleep(2)
                waits.clear()
                end = time.monotonic() + 5
                while time.monotonic() < end:
                    file, drawn = upload(server, visitor, data), visitor.finished_runs
                    info = UploadedFileInfo(file_id=file, name="record.json", size=len(data),
                                            file_urls=FileURLs(file_id=file))  # fmt: skip
                    state = FileUploaderState(uploaded_file_info=[info])
                    visitor.rerun_with(WidgetState(id=uploader.content.id, file_uploader_state_value=state))
                    visitor.wait_until_drawn(drawn, TIMEOUT)
                    assert any("cannot be opened" in text for text in visitor.texts())
                    peaks.append(memory(server.process))
                    sent += 1
            visitor.close()
            grown = (max(peaks) - before) / MEGABYTE
            what = f"{sent} records of {len(data) / MEGABYTE:.0f} MB of {name} in 5 s"
            table.row(f"{what}: a click elsewhere, longest of {len(waits)}",
                      f"{max(waits):.2f} s", "0.5 s", kept=max(waits) <= 0.5)  # fmt: skip
            # Two files are kept, one comes in, in two copies, and Python may hold what some took.
            table.row("meanwhile, the server grows by", f"{grown:.0f} MB", "100 MB", kept=grown <= 100)


def flood(table: Table) -> None:
    """Three connections that ask for the page, or for a part of it, as fast as they can, for ten seconds."""
    for what, query in (("the page", ""), ("a part of the page", MILLION_STEPS)):
        with server_with() as server:
            flooding = visitors(server, 3, query, GREEDY)
            for visitor in flooding:
                visitor.wait_for("^Which seed matters", TIMEOUT)
                if query:
                    visitor.click("Train both runs", TIMEOUT)
                    visitor.wait_until(lambda visitor=visitor: len(visitor.fragments) > 1, TIMEOUT)  # type: ignore[misc]
            over, sent = threading.Event(), [0, 0, 0]

            def send(
                number: int,
                visitor: Visitor,
                parts: list[str],
                over: threading.Event = over,
                sent: list[int] = sent,
            ) -> None:
                with contextlib.suppress(Exception):  # a server that closes the connection has done what it can
                    while not over.is_set():
                        part = parts[sent[number] % len(parts)]
                        asked = ClientState(query_string=f"seed={number}&{visitor.query}", fragment_id=part)
                        visitor.send(BackMsg(rerun_script=asked))
                        sent[number] += 1
                        time.sleep(3 / 700)

            threads = [
                threading.Thread(target=send, args=(number, visitor, visitor.fragments if query else [""]))
                for number, visitor in enumerate(flooding)
            ]
            with clicking(server) as waits:
                time.sleep(2)
                waits.clear()
                for thread in threads:
                    thread.start()
                time.sleep(10)
                over.set()
            for thread in threads:
                thread.join(TIMEOUT)
            table.row(f"{what} asked for {sum(sent) / 10:.0f} times a second: a click elsewhere, longest of"
                      f" {len(waits)}", f"{max(waits):.2f} s", "1 s", kept=max(waits) <= 1)  # fmt: skip
            all_of(flooding, Visitor.close)


def many_visits(table: Table) -> None:
    """200 visits that wait, train, leave, and are forgotten, their tabs in the background."""
    count, kept_for = 200, 150  # seconds: a tab in the background shows signs of life once a minute
    limits = {
        "REPRO_QUEUE_LENGTH": "300",
        "REPRO_WAITING_OF_AN_ADDRESS": "300",
        "REPRO_SECONDS_WHILE_OTHERS_WAIT": "86400",
        "REPRO_SECONDS_KEPT": str(kept_for),
        "REPRO_SECONDS_UNSEEN": str(kept_for),
        "REPRO_MEGABYTES_KEPT": "100",
    }
    with server_with("--server.disconnectedSessionTTL", "10", **limits) as server:

        def measure(what: str, bound: float) -> float:
            taken = memory(server.process) / MEGABYTE
            table.row(f"{what}: memory of the server", f"{taken:.0f} MB", f"{bound:.0f} MB", kept=taken <= bound)
            return taken

        first = Visitor(server.address, MILLION_STEPS, source=HONEST)
        first.wait_for("^Which seed matters", TIMEOUT)
        guests = visitors(server, count, "images=3200&epochs=10", GREEDY, hidden=True)
        all_of(guests, lambda visitor: visitor.wait_for("^Which seed matters", TIMEOUT))
        measure(f"{count} pages open, nothing trained", 500)
        first.click("Train both runs")
        first.wait_until(lambda: first.cookie.endswith(STARTED), TIMEOUT)
        all_of(guests, lambda visitor: visitor.click("Train both runs", TIMEOUT))
        all_of(guests, lambda visitor: visitor.wait_for("In the queue, place", TIMEOUT))
        measure(f"{count} visits with a pair that waits, beside one of a million steps", 600)
        first.click("Stop")
        _wait_for_runs(server, 2 + count)
        measure("half of them trained", 600)
        _wait_for_runs(server, 2 + 2 * count)
        all_of(guests, Visitor.look)
        all_of(guests, lambda visitor: visitor.wait_for(VERDICT, TIMEOUT))
        most = measure("all of them trained, with their verdicts and charts", 600)
        all_of([first, *guests], Visitor.close)
        time.sleep(kept_for + 15)
        # Streamlit lets go of pages that were left when another is opened or left: it keeps them in a
        # `cachetools.TTLCache`, in streamlit/runtime/memory_session_storage.py.
        last = Visitor(server.address, source=HONEST)
        last.wait_for("^Rewritten from", TIMEOUT)
        last.close()
        time.sleep(15)  # until garbage is collected
        kept = next(answer["visits"] for answer in status.ask()[0] if answer["process"] == server.process)
        table.row(f"all left, {kept_for + 30} s later: visits that are kept", str(kept), "0", kept=kept == 0)
        measure("then", 1.05 * most)  # Python keeps nearly all of it for what comes next
        greedy = visitors(server, 3, MILLION_STEPS, GREEDY)
        all_of(greedy, lambda visitor: visitor.click("Train both runs", TIMEOUT))
        refused = sum(map(_refused, greedy))
        table.row("of three pairs of a million steps, 46 MB each, if 100 MB may be kept: refused in words",
                  str(refused), "1", kept=refused == 1)  # fmt: skip
        all_of(greedy, Visitor.close)


def _wait_for_runs(server: Server, count: int) -> None:
    """Waits until `count` runs have ended, by the server's journal."""
    end = time.monotonic() + 3 * TIMEOUT
    while (server.folder / "output").read_text().count(" outcome=") < count:
        if time.monotonic() > end:
            raise TimeoutError(f"fewer than {count} runs have ended")
        time.sleep(0.5)


def _refused(visitor: Visitor) -> bool:
    try:
        return bool(visitor.wait_for(REFUSED, 5))
    except TimeoutError:
        return False


ATTACKS = (many_connections, greedy_visit, uploads, hostile_records, flood, many_visits)


def main(names: list[str]) -> int:
    """Tries these attacks, all if none is named, and prints the table; 0 if all bounds were kept."""
    table = Table()
    for attack in ATTACKS:
        if not names or attack.__name__ in names:
            try:
                attack(table)
            except Exception as error:  # noqa: BLE001 - told in the table
                print(f"{attack.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
                table.row(
                    attack.__name__.replace("_", " "), f"could not be tried: {type(error).__name__}", "", kept=False
                )
    return 1 if table.broken else 0
